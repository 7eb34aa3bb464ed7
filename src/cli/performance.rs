//! `exchequer performance`: returns, risk and drawdown of a series of values.

use super::output::{Cell, Column};
use super::{Context, Exit, Failure, read};
use crate::portfolio::performance::benchmark::{Comparison, FEWEST};
use crate::portfolio::performance::{DAYS, Performance};
use crate::portfolio::series;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  exchequer performance --series nav.csv                           a table of figures
  exchequer performance --series nav.csv --json                    for a script
  exchequer performance --series shares.csv --periods-per-year 252
  exchequer performance --series nav.csv --benchmark-series btc.csv  beta and correlation too";

/// Arguments of `exchequer performance`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Args {
    /// A CSV file with the columns date, value and perhaps flow: one row a day, the value after the day's flow
    #[arg(long, value_name = "FILE")]
    series: PathBuf,
    /// Another such file to hold it against, joined by date
    #[arg(long, value_name = "FILE")]
    benchmark_series: Option<PathBuf>,
    /// How many rows make a year
    #[arg(long, value_name = "N", default_value_t = DAYS, value_parser = periods)]
    periods_per_year: f64,
}

/// Reads the series and prints what it did.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let points = series::read(read::open(&args.series)?).map_err(|error| read::wrong(&args.series, &error))?;
    let found = Performance::of(&points, args.periods_per_year)
        .map_err(|error| Failure::new(Exit::Usage, "series", error.to_string()))?;
    let compared = match &args.benchmark_series {
        Some(file) => {
            let other = series::read(read::open(file)?).map_err(|error| read::wrong(file, &error))?;
            let compared = Comparison::of(&points, &other);
            Some(compared.map_err(|error| Failure::new(Exit::Usage, "series", error.to_string()))?)
        }
        None => None,
    };
    let undefined = undefined(&found, compared.as_ref());
    if context.output.json {
        return context.output.json(&json(&found, compared.as_ref(), &undefined));
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
