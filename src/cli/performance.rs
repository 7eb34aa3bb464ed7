//! `exchequer performance`: returns, risk and drawdown, of what is owned or of a series of values.
//!
//! What is owned is valued at the end of every day, from the ledger and the stored prices.

use super::nav::Which;
use super::output::{Cell, Column};
use super::{Context, Exit, Failure, read};
use crate::desk::portfolio::{Wanted, contributions, never_priced, reckon};
use crate::feed::Clock;
use crate::market::Timestamp;
use crate::money::{Asset, Decimal, plain};
use crate::portfolio::course::{Day, points};
use crate::portfolio::performance::benchmark::{Comparison, FEWEST};
use crate::portfolio::performance::dietz::Period;
use crate::portfolio::performance::{DAYS, Performance, Point, SeriesError};
use crate::portfolio::series;
use std::collections::BTreeMap;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  exchequer performance --since 2026-01-01 --benchmark BTC         of what is owned
  exchequer performance --portfolio Treasury --base EUR --json
  exchequer performance --series nav.csv                           of a table of values
  exchequer performance --series nav.csv --json                    for a script
  exchequer performance --series shares.csv --periods-per-year 252
  exchequer performance --series nav.csv --benchmark-series btc.csv  beta and correlation too";

/// Arguments of `exchequer performance`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// From the end of this day on
    #[arg(long, value_name = "DATE", value_parser = super::nav::moment)]
    since: Option<Timestamp>,
    // The name of the setting: its value is read from there.
    /// What it is compared with, such as BTC or BTC/USD
    #[arg(long, value_name = "ASSET")]
    benchmark: Option<String>,
    /// A CSV file with the columns date, value and perhaps flow: one row a day, the value after the day's flow; instead of the ledger
    #[arg(long, value_name = "FILE", conflicts_with_all = ["portfolio", "since", "benchmark"])]
    series: Option<PathBuf>,
    /// Another such file to hold it against, joined by date
    #[arg(long, value_name = "FILE", requires = "series")]
    benchmark_series: Option<PathBuf>,
    /// How many rows make a year
    #[arg(long, value_name = "N", default_value_t = DAYS, value_parser = periods)]
    periods_per_year: f64,
}

/// What is told of.
struct Told {
    points: Vec<Point>,
    benchmark: Option<Vec<Point>>,
    /// Assets that are left out because they never had a price.
    left_out: Vec<Asset>,
    /// What each asset brought of the return.
    contributions: Option<Vec<(Asset, Decimal)>>,
}

/// Prints how it did.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let told = match &args.series {
        Some(file) => {
            let series = |file| series::read(read::open(file)?).map_err(|error| read::wrong(file, &error));
            let benchmark = args.benchmark_series.as_deref().map(series).transpose()?;
            Told { points: series(file)?, benchmark, left_out: Vec::new(), contributions: None }
        }
        None => owned(args, context)?,
    };
    let wrong = |error: SeriesError| Failure::new(Exit::Usage, "series", error.to_string());
    let found = Performance::of(&told.points, args.periods_per_year).map_err(wrong)?;
    let compared = told.benchmark.as_ref().map(|benchmark| Comparison::of(&told.points, benchmark));
    let compared = compared.transpose().map_err(wrong)?;
    if !told.left_out.is_empty() {
        let names: Vec<&str> = told.left_out.iter().map(Asset::as_str).collect();
        context.output.note(&format!("left out, because they never had a price: {}", names.join(", ")));
    }
    let undefined = undefined(&found, compared.as_ref());
    if context.output.json {
        let mut figures = json(&found, compared.as_ref(), &undefined);
        if let (None, Some(figures)) = (&args.series, figures.as_object_mut()) {
            let parts = told.contributions.map(|parts| {
                parts.into_iter().map(|(asset, part)| (asset.to_string(), plain(part))).collect::<BTreeMap<_, _>>()
            });
            figures.insert("from".to_owned(), told.points.first().map(|point| point.date.to_string()).into());
            figures.insert("to".to_owned(), told.points.last().map(|point| point.date.to_string()).into());
            figures.insert("contributions".to_owned(), serde_json::json!(parts));
            figures.insert("left_out".to_owned(), serde_json::json!(told.left_out));
        }
        return context.output.json(&figures);
    }
    let percent = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{:.2} %", value * 100.0));
    let ratio = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
    let fall = found.max_drawdown;
    let dates = fall.map(|fall| match fall.recovery {
        Some(day) => format!("{} to {}, back on {day}", fall.peak, fall.trough),
        None => format!("{} to {}, not back yet", fall.peak, fall.trough),
    });
    let why = |name: &str| undefined.iter().find(|(key, _)| *key == name).map(|(_, why)| (*why).to_owned());
    let rows = [
        ("periods", found.periods.to_string(), None),
        ("time-weighted return", percent(found.twr), why("twr")),
        ("a year", percent(found.cagr), why("cagr")),
        ("money-weighted return a year", percent(found.mwr), why("mwr")),
        ("volatility a year", percent(found.volatility), why("volatility")),
        ("Sharpe ratio", ratio(found.sharpe), why("sharpe")),
        ("Sortino ratio", ratio(found.sortino), why("sortino")),
        ("maximum drawdown", percent(fall.map(|fall| fall.depth)), dates.or(why("max_drawdown"))),
        ("Calmar ratio", ratio(found.calmar), why("calmar")),
        ("value at risk, 95 %", percent(found.var_95), why("var_95")),
        ("expected shortfall, 95 %", percent(found.es_95), why("es_95")),
    ];
    let against = compared.map(|compared| {
        [("beta", ratio(compared.beta), why("beta")), ("correlation", ratio(compared.correlation), why("correlation"))]
    });
    let rows = rows.into_iter().chain(against.into_iter().flatten());
    let rows = rows.map(|(name, value, note)| vec![Cell::from(name), value.into(), note.unwrap_or_default().into()]);
    let rows: Vec<_> = rows.collect();
    context.output.table(&[Column::Left("figure"), Column::Right("value"), Column::Left("")], &rows)
}

/// What is owned, at the end of every day.
fn owned(args: &Args, context: &Context) -> Result<Told, Failure> {
    let (owned, shown, base) = args.which.find(context)?;
    let now = Clock::start().now();
    let wanted = Wanted { shown, ..Wanted::new(base.clone(), now) };
    let chosen = super::nav::owned::settings(context)?.benchmark.filter(|benchmark| *benchmark != base);
    let days = reckon(&owned, &wanted, None, now).days;
    let days: Vec<_> = days.into_iter().filter(|day| args.since.is_none_or(|since| day.end >= since)).collect();
    let mut points = points(&days);
    // The value of the first day is where it begins: what came in on it did not come in since.
    if let Some(first) = points.first_mut() {
        first.flow = Decimal::ZERO;
    }
    let close = |day: &Day| {
        let value = owned.past.price(chosen.as_ref()?, &base, day.end)?;
        Some(Point { date: day.date, value, flow: Decimal::ZERO })
    };
    let benchmark = chosen.is_some().then(|| days.iter().filter_map(close).collect());
    let ends = points.first().zip(points.last());
    let ends = ends.map(|(first, last)| Period { first: first.date, last: last.date });
    Ok(Told {
        contributions: ends.and_then(|ends| contributions(&owned, &wanted, ends)),
        left_out: never_priced(&owned, &wanted),
        points,
        benchmark,
    })
}

/// Every figure that is not defined, and why.
fn undefined(found: &Performance, compared: Option<&Comparison>) -> Vec<(&'static str, &'static str)> {
    let Performance { periods, twr, cagr, volatility, sharpe, sortino, max_drawdown, calmar, var_95, es_95, mwr } =
        *found;
    let short = "needs two days";
    let figures = [
        ("twr", twr.is_none(), short),
        ("cagr", cagr.is_none(), short),
        ("volatility", volatility.is_none(), "needs two returns"),
        ("sharpe", sharpe.is_none(), "needs returns that differ"),
        ("sortino", sortino.is_none(), "needs a loss"),
        ("max_drawdown", max_drawdown.is_none(), "it never fell"),
        ("calmar", calmar.is_none(), "it never fell"),
        ("var_95", var_95.is_none(), short),
        ("es_95", es_95.is_none(), short),
        ("mwr", mwr.is_none(), "no rate makes the flows worth nothing"),
    ];
    let missing = figures.into_iter().filter(|(_, missing, _)| *missing);
    let mut missing: Vec<_> = missing.map(|(name, _, why)| (name, if periods == 0 { short } else { why })).collect();
    if let Some(Comparison { common, beta, correlation }) = compared {
        let still = |why| if *common < FEWEST { "needs three common returns" } else { why };
        if beta.is_none() {
            missing.push(("beta", still("the benchmark never moved")));
        }
        if correlation.is_none() {
            missing.push(("correlation", still("one of the two never moved")));
        }
    }
    missing
}

/// The keys of a comparison are only there when one was asked for.
fn json(found: &Performance, compared: Option<&Comparison>, undefined: &[(&str, &str)]) -> serde_json::Value {
    let mut figures = serde_json::json!({
        "periods": found.periods,
        "twr": found.twr,
        "cagr": found.cagr,
        "volatility": found.volatility,
        "sharpe": found.sharpe,
        "sortino": found.sortino,
        "max_drawdown": found.max_drawdown.map(|fall| serde_json::json!({
            "depth": fall.depth,
            "peak": fall.peak.to_string(),
            "trough": fall.trough.to_string(),
            "recovery": fall.recovery.map(|day| day.to_string()),
        })),
        "calmar": found.calmar,
        "var_95": found.var_95,
        "es_95": found.es_95,
        "mwr": found.mwr,
        "undefined": undefined.iter().copied().collect::<std::collections::BTreeMap<_, _>>(),
    });
    if let Some((figures, compared)) = figures.as_object_mut().zip(compared) {
        figures.insert("beta".to_owned(), compared.beta.into());
        figures.insert("correlation".to_owned(), compared.correlation.into());
    }
    figures
}

fn periods(text: &str) -> Result<f64, String> {
    let periods = text.parse().ok().filter(|periods: &f64| (1.0..=1_000_000.0).contains(periods));
    periods.ok_or_else(|| "write a number such as 365 or 252".to_owned())
}
