//! `exchequer nav`: what all of it is worth, now or at a moment of the past.

mod history;
mod onchain;
pub mod owned;
pub mod shown;

use super::output::{Cell, Column, Tone};
use super::{Context, Exit, Failure, console};
use crate::desk::portfolio::{PortfolioQuery, PortfolioView, Standing, as_of};
use crate::desk::{Desk, Owned, Owning, Place, Query, Scope};
use crate::feed::Clock;
use crate::market::{Interval, Symbol, Timestamp};
use crate::money::{Asset, plain};
use crate::portfolio::basis::Method;
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  exchequer nav --venue kraken                      priced by live markets
  exchequer nav --portfolio Treasury --base EUR --json
  exchequer nav --as-of 2026-01-31                  from the ledger and the prices that were stored
  exchequer nav history --since 2026-01-01          the end of every day
  exchequer nav history --export nav.parquet        or .csv, .json";

/// Prices that are on their way are looked for so often.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Arguments of `exchequer nav`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    which: Which,
    /// At a moment of the past: a date (its end) or an RFC 3339 time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    as_of: Option<Timestamp>,
    /// How many seconds to wait for prices
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    wait: u64,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The end of every day, or what was recorded
    History(history::Args),
}

/// Which portfolio, in which currency.
#[derive(Clone, Debug, clap::Args)]
pub struct Which {
    /// One portfolio; without it, all accounts together
    #[arg(long, value_name = "NAME")]
    pub portfolio: Option<String>,
    // Settings: their values are read from the configuration.
    /// The currency to tell it in
    #[arg(long, value_name = "ASSET")]
    base: Option<String>,
    /// Where prices come from; sim shows what the demo owns
    #[arg(long, value_name = "VENUE")]
    venue: Option<String>,
}

/// Prints what is owned and what it is worth.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    if let Some(Command::History(args)) = &args.command {
        return history::run(args, context);
    }
    let owned = owned::owned(context)?;
    let owned = if args.as_of.is_none() { onchain::with(owned, context)? } else { owned };
    let (owned, place, base) = args.which.of(owned, context)?;
    let query = PortfolioQuery { shown: place, base: Some(base), method: Method::Fifo, entries: (0, 0) };
    let settings = owned::settings(context)?;
    let view = match args.as_of {
        Some(at) => as_of(Arc::new(owned), settings, &query, at),
        None => live(args, context, owned, &query)?,
    };
    let view = view.ok_or_else(nothing)?;
    if context.output.json {
        return context.output.json(&shown::json(&view, args.as_of));
    }
    table(&view, context)
}

impl Which {
    /// What is owned, the place of the portfolio, and the currency.
    pub fn find(&self, context: &Context) -> Result<(Owned, usize, Asset), Failure> {
        self.of(owned::owned(context)?, context)
    }

    /// The same of what is owned.
    fn of(&self, owned: Owned, context: &Context) -> Result<(Owned, usize, Asset), Failure> {
        if owned.is_empty() {
            return Err(nothing());
        }
        let place = owned::place(&owned, self.portfolio.as_deref())?;
        let base = owned::base(context, &owned, place)?;
        Ok((owned, place, base))
    }
}

fn nothing() -> Failure {
    Failure::new(Exit::Usage, "nothing_owned", "nothing is owned yet: the ledger is empty")
        .hint("exchequer portfolio import FILE --account NAME; or look at the demo with --venue sim")
}

/// Priced by what the market says: a desk without a screen, for as long as it takes.
fn live(
    args: &Args,
    context: &Context,
    owned: Owned,
    query: &PortfolioQuery,
) -> Result<Option<PortfolioView>, Failure> {
    let settings = owned::settings(context)?;
    let owned = Arc::new(owned);
    let now = Clock::start().now();
    let Some(venue) = context.config.venue else {
        context.output.note("no live prices: name a venue, such as --venue kraken");
        return Ok(crate::desk::portfolio::at(owned, settings, query, now));
    };
    let base = query.base.as_ref().unwrap_or(&settings.base);
    let watch: Vec<Place> = match context.config.symbols.as_slice() {
        // What is held, in the base currency: what the venue does not have stays unpriced.
        [] => {
            let read = owned.balances.iter().flat_map(|balances| balances.held.keys());
            let held: BTreeSet<&Asset> =
                owned.ledger.assets().iter().chain(read).filter(|asset| *asset != base).collect();
            let symbol = |asset: &Asset| Symbol::new(&format!("{asset}/{base}")).ok();
            held.into_iter().filter_map(symbol).map(|symbol| Place { venue, symbol }).collect()
        }
        symbols => {
            let place = |wanted: &crate::cli::config::Wanted| Place {
                venue: wanted.venue.unwrap_or(venue),
                symbol: wanted.symbol.clone(),
            };
            symbols.iter().map(place).collect()
        }
    };
    let runtime = super::link::runtime()?;
    runtime.block_on(async {
        let mut wanted = console::desk_of(context, watch, None)?;
        // Nothing is written: a console may be running.
        (wanted.journal, wanted.cache) = (None, None);
        wanted.portfolio = Some(Owning { settings, given: Some(owned), history: None });
        let _demo = console::demo(&mut wanted).await?;
        let desk = Desk::start(wanted).map_err(console::no_desk)?;
        let mut handle = desk.handle(Scope::local());
        let query = Query {
            focus: None,
            levels: 0,
            group: None,
            trades: 0,
            interval: Interval::Minute1,
            candles: 0,
            across: None,
            portfolio: Some(query.clone()),
            treasury: None,
        };
        let mut view = None;
        for look in 0..args.wait.saturating_mul(10).max(1) {
            tokio::time::sleep(LOOK_EVERY).await;
            if look == 10 {
                context.output.note("waiting for prices…");
            }
            view = handle.view(&query).portfolio;
            let settled = |view: &PortfolioView| {
                // An old look at a chain gets no younger by waiting.
                let mut prices = view.holdings.iter().flat_map(|holding| &holding.path);
                // What has no price yet may get one in the first second.
                view.past.is_some() && look >= 10 && prices.all(|step| step.standing == Standing::Fresh)
            };
            if view.as_ref().is_some_and(settled) {
                break;
            }
        }
        desk.stop("told").await;
        Ok(view)
    })
}

fn table(view: &PortfolioView, context: &Context) -> Result<(), Failure> {
    let base = view.base.as_str();
    let columns = [
        Column::Left("asset"),
        Column::Right("quantity"),
        Column::Right("price"),
        Column::Right("age"),
        Column::Right("value"),
        Column::Right("%"),
        Column::Right("unrealised"),
        Column::Left("source"),
    ];
    let unknown = || Cell::toned("unknown", Tone::Warn);
    let rows: Vec<Vec<Cell>> = view
        .holdings
        .iter()
        .map(|holding| {
            let name = if holding.owed { format!("{} owed", holding.asset) } else { holding.asset.to_string() };
            let tone = if holding.standing == Standing::Fresh { Tone::Plain } else { Tone::Warn };
            let source = holding.path.iter().map(|step| step.source.to_string()).collect::<Vec<_>>().join(", ");
            vec![
                name.into(),
                plain(holding.quantity).into(),
                holding.price.map_or_else(|| "–".into(), |price| Cell::toned(&shown::price(price), tone)),
                holding.age.map_or_else(|| "–".into(), |age| Cell::toned(&shown::age(age), tone)),
                holding.value.map_or_else(unknown, |value| shown::cents(value).into()),
                holding.share.map_or_else(|| "–".into(), |share| format!("{share:.1}").into()),
                holding.unrealised.map_or_else(|| "–".into(), |gain| shown::cents(gain).into()),
                source.into(),
            ]
        })
        .collect();
    context.output.table(&columns, &rows)?;
    let name = view.names.get(view.shown).map(AsRef::as_ref).unwrap_or_default();
    let mut lines = vec![format!("\n{name}: NAV {} {base}, {}", shown::cents(view.total.nav()), shown::complete(view))];
    let changes: Vec<String> = ["today", "7 days", "30 days", "this year"]
        .iter()
        .zip(view.changes)
        .filter_map(|(span, change)| {
            let change = change?;
            let percent = change.percent.map(|percent| format!(" ({percent:+.2} %)")).unwrap_or_default();
            Some(format!("{span} {}{percent}", shown::signed(change.gain)))
        })
        .collect();
    if !changes.is_empty() {
        lines.push(changes.join(", "));
    }
    lines.extend(shown::old(view));
    if let Some(unit) = &view.unit {
        let nav = unit.nav.map_or("unknown".to_owned(), |nav| format!("{nav:.4}"));
        let mark = unit.high_water.map_or(String::new(), |mark| format!(", high-water mark {mark:.4}"));
        lines.push(format!("{} units, {nav} {base} each{mark}", plain(unit.units)));
    }
    context.output.text(&lines.join("\n"))
}

/// A date (its end) or a time.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let date: Date = text.parse().map_err(|_| "write a date such as 2026-01-31, or an RFC 3339 time".to_owned())?;
    let start = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|error| error.to_string())?;
    // The last nanosecond of the day: what happens at midnight belongs to the next.
    let midnight = Timestamp::from_secs(start.timestamp().as_second() + 86_400);
    Ok(Timestamp::from_nanos(midnight.nanos() - 1))
}
