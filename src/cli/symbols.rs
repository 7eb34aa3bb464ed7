//! `exchequer symbols`: what can be traded on a venue, and in which steps.
//!
//! The venue is asked. When it cannot be reached, what the cache holds is told with its age; it is what was watched before,
//! not all that there is.

use super::hearing::{Heard, Hearing};
use super::link::{Target, duration, runtime};
use super::output::{Cell, Column, Output, Tone};
use super::{Context, Exit, Failure};
use crate::market::{Instrument, Timestamp, Trading, VenueId};
use crate::money::{Decimal, plain};
use crate::store::Cache;
use crate::store::cache::Table;
use std::time::{Duration, SystemTime};

const EXAMPLES: &str = "\
Examples:
  exchequer symbols --venue kraken          all of them
  exchequer symbols --venue kraken /EUR     those with a price in euros
  exchequer symbols --venue kraken --json   for a script";

/// Arguments of `exchequer symbols`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Args {
    /// Only those whose name has this in it, such as USD or BTC/
    #[arg(value_name = "FILTER")]
    filter: Option<String>,
    // The name of the setting: its value is read from there.
    /// Where they are traded
    #[arg(long = "venue", value_name = "VENUE")]
    venue: Option<VenueId>,
    /// Gives up when the venue has not told after so long, such as 5s
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = duration)]
    timeout: Duration,
    /// Another address than the venue's own
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// What a venue trades, and how old that is.
struct List {
    instruments: Vec<Instrument>,
    /// Since when the cache has the oldest of them; none when the venue has just told.
    cached: Option<Timestamp>,
}

/// Asks the venue and prints what it trades.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let target = Target::find(context, args.url.as_deref(), "exchequer symbols --venue kraken")?;
    let venue = target.venue;
    let mut list = match ask(target, args.timeout) {
        Ok(instruments) => List { instruments, cached: None },
        Err(failure) if failure.exit == Exit::Network => {
            let Some(list) = recall(venue, context) else { return Err(failure) };
            let since = list.cached.map(|time| format!(", since {time}")).unwrap_or_default();
            context.output.note(&format!("{failure}; these are from the cache{since}"));
            list
        }
        Err(failure) => return Err(failure),
    };
    if let Some(filter) = &args.filter {
        let filter = filter.to_ascii_uppercase();
        list.instruments.retain(|instrument| instrument.symbol.as_str().contains(&filter));
    }
    print(venue, &list, context.output)
}

fn ask(target: Target, patience: Duration) -> Result<Vec<Instrument>, Failure> {
    runtime()?.block_on(async {
        let mut hearing = Hearing::begin(target, Vec::new())?;
        let told = |heard: &Heard| heard.described.then(|| Ok(heard.market.instruments().cloned().collect()));
        let found = hearing.until("list of what it trades", patience, told).await;
        hearing.end().await;
        found
    })
}

/// What the cache knows of a venue; none when that is nothing, or when another process has the cache.
fn recall(venue: VenueId, context: &Context) -> Option<List> {
    if !context.config.cache.enabled || !context.paths.cache.is_dir() {
        return None;
    }
    let now = Timestamp::from_system(SystemTime::now());
    let (cache, _) = Cache::open_with(&context.paths.cache, now, context.config.cache.limit);
    let rows = cache.all::<Instrument>(Table::Instruments).ok()?;
    let (instruments, stored): (Vec<_>, Vec<_>) =
        rows.into_iter().map(|(_, row)| (row.value, row.stored)).filter(|(i, _)| i.venue == venue).unzip();
    let cached = Some(stored.into_iter().min()?);
    Some(List { instruments, cached })
}

fn print(venue: VenueId, list: &List, output: Output) -> Result<(), Failure> {
    if output.json {
        let symbols: Vec<_> = list.instruments.iter().map(row).collect();
        return output.json(&serde_json::json!({
            "venue": venue,
            "source": if list.cached.is_some() { "cache" } else { "venue" },
            "cached_since": list.cached.map(|time| time.to_string()),
            "symbols": symbols,
        }));
    }
    let step = |value: Option<Decimal>| Cell::from(value.map_or("–".into(), plain));
    let rows: Vec<Vec<Cell>> = list
        .instruments
        .iter()
        .map(|instrument| {
            let precision = instrument.precision;
            let status = match instrument.trading {
                Trading::Open => Cell::from("open"),
                Trading::Limited => Cell::toned("limited", Tone::Warn),
                Trading::Halted => Cell::toned("halted", Tone::Bad),
            };
            vec![
                instrument.symbol.as_str().into(),
                step(instrument.tick.map(|tick| tick.get())),
                step(instrument.lot.map(|lot| lot.get())),
                step(instrument.minimum.map(|minimum| minimum.get())),
                format!("{}, {}", precision.price, precision.quantity).into(),
                status,
            ]
        })
        .collect();
    let columns = [
        Column::Left("symbol"),
        Column::Right("tick"),
        Column::Right("lot"),
        Column::Right("minimum"),
        Column::Right("decimals"),
        Column::Left("status"),
    ];
    output.table(&columns, &rows)
}

fn row(instrument: &Instrument) -> serde_json::Value {
    serde_json::json!({
        "symbol": instrument.symbol, "venue_symbol": instrument.venue_symbol,
        "tick": instrument.tick, "lot": instrument.lot, "minimum": instrument.minimum,
        "precision": instrument.precision, "status": instrument.trading,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::config::Config;
    use crate::cli::paths::Paths;

    #[test]
    fn the_cache_answers_for_its_venue_with_its_age_and_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::find(None, Some(folder.path()), &|_| Some("/nowhere".into())).unwrap();
        let mut context = Context { config: Config::default(), paths, output: Output::default() };
        context.config.cache.enabled = true;
        context.config.cache.limit = 1 << 20;
        assert!(recall(VenueId::Kraken, &context).is_none());
        assert!(!context.paths.cache.exists());

        let instrument = |venue| Instrument {
            venue,
            symbol: "BTC/USD".parse().unwrap(),
            venue_symbol: "BTC/USD".into(),
            precision: crate::market::Precision { price: 1, quantity: 8 },
            tick: Some("0.10".parse().unwrap()),
            lot: None,
            minimum: None,
            trading: Trading::Limited,
        };
        let (cache, notices) = Cache::open(&context.paths.cache, Timestamp::from_secs(1));
        assert!(notices.is_empty(), "{notices:?}");
        cache.put(Table::Instruments, "a", &instrument(VenueId::Kraken), Timestamp::from_secs(7)).unwrap();
        cache.put(Table::Instruments, "b", &instrument(VenueId::Sim), Timestamp::from_secs(5)).unwrap();
        cache.flush().unwrap();
        drop(cache);
        // A program that another test starts holds the cache's lock, too, until it runs.
        let again = || {
            recall(VenueId::Kraken, &context).or_else(|| {
                std::thread::sleep(std::time::Duration::from_millis(20));
                None
            })
        };
        let list = (0..100).find_map(|_| again()).unwrap();
        assert_eq!((list.instruments.len(), list.cached), (1, Some(Timestamp::from_secs(7))));
        let row = row(&list.instruments[0]);
        assert_eq!((&row["tick"], &row["status"]), (&"0.1".into(), &"limited".into()));
        assert!(row["lot"].is_null() && row["precision"]["price"] == 1);
    }
}
