//! `exchequer book`: one order book, once or as it changes.
//!
//! - What is printed was checked against the venue's checksums. A book that is out of step is printed as such, without
//!   levels: they would only look like prices.
//! - A followed book is looked at ten times a second; what happens in between is folded into one line.

use super::hearing::{Heard, Hearing};
use super::link::{Target, duration, runtime, stop};
use super::output::{Cell, Column, Output, Tone};
use super::{Context, Exit, Failure};
use crate::market::{Channel, Freshness, Level, Listing, Record, Side, Subscription, Symbol, Timestamp, VenueId};
use crate::money::{Decimal, Price, Quantity, plain};
use std::time::Duration;

/// How often a followed book is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

const EXAMPLES: &str = "\
Examples:
  exchequer book BTC/USD --venue kraken                      the ten best levels a side, now
  exchequer book BTC/USD --venue kraken --depth 100 --json   a hundred, for a script
  exchequer book BTC/USD --venue kraken --follow             a line whenever the best prices change
  exchequer book BTC/USD --venue kraken --follow --json      every change, an object a line";

/// Arguments of `exchequer book`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Args {
    /// Which book, such as BTC/USD
    #[arg(value_name = "SYMBOL")]
    symbol: Symbol,
    // The name of the setting: its value is read from there.
    /// Where it is traded
    #[arg(long = "venue", value_name = "VENUE")]
    venue: Option<VenueId>,
    /// The most levels a side
    #[arg(long, value_name = "N", default_value_t = 10)]
    depth: usize,
    /// Prints the book and ends; this is the usual
    #[arg(long, conflicts_with = "follow")]
    once: bool,
    /// Goes on with a line for every change, at most ten a second
    #[arg(long)]
    follow: bool,
    /// Gives up when there is no book after so long, such as 5s
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = duration)]
    timeout: Duration,
    /// Another address than the venue's own
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// Prints the book once, or until somebody says stop.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let example = format!("exchequer book {} --venue kraken", args.symbol);
    let target = Target::find(context, args.url.as_deref(), &example)?;
    let depth = target.depth(args.depth)?;
    let streams = vec![Subscription { symbol: args.symbol.clone(), channel: Channel::Book { depth } }];
    let eye = Eye {
        venue: target.venue,
        symbol: args.symbol.clone(),
        depth: args.depth,
        stale_after: target.settings.stale_after,
    };
    let runtime = runtime()?;
    let shown = runtime.block_on(async {
        let clock = target.settings.clock;
        let stopped = stop(None)?;
        let mut hearing = Hearing::begin(target, streams)?;
        let shown = tokio::select! {
            () = stopped => Ok(()),
            shown = async {
                let first = hearing
                    .until(&format!("book of {}", eye.symbol), args.timeout, |heard| eye.first(heard, clock.now()))
                    .await?;
                match args.follow {
                    false => show(&first, context.output),
                    true => follow(&eye, first, &hearing, || clock.now(), context.output).await,
                }
            } => shown,
        };
        hearing.end().await;
        shown
    });
    // A reader that does not read must not hold up the way out.
    runtime.shutdown_background();
    shown
}

/// What is looked at, and how.
struct Eye {
    venue: VenueId,
    symbol: Symbol,
    depth: usize,
    stale_after: Duration,
}

impl Eye {
    /// The first book that can be trusted, or the venue's refusal.
    fn first(&self, heard: &Heard, now: Timestamp) -> Option<Result<Shown, Failure>> {
        let shown = self.look(heard, now);
        if shown.standing == "live" {
            return Some(Ok(shown));
        }
        let refusal = heard.refusal.as_ref()?;
        let message = format!("{} refused the book of {}: {refusal}", self.venue, self.symbol);
        Some(Err(Failure::new(Exit::Usage, "symbol_refused", message)
            .hint(format!("exchequer symbols --venue {} lists what there is", self.venue))))
    }

    fn look(&self, heard: &Heard, now: Timestamp) -> Shown {
        let empty = Listing::default();
        let listing = heard.market.listing(self.venue, &self.symbol).unwrap_or(&empty);
        let book = &listing.book;
        let (standing, reason) = match listing.freshness(now, self.stale_after) {
            Freshness::Live(_) => ("live", None),
            Freshness::Stale(age) => ("stale", Some(format!("silent for {} s", age.as_secs()))),
            Freshness::Resync(_, desync) => ("resync", Some(desync.to_string())),
            Freshness::Waiting | Freshness::Remembered(_) => ("waiting", None),
        };
        let known = matches!(standing, "live" | "stale");
        let levels = |side| -> Option<Levels> {
            let level = |Level { price, quantity }| (price, quantity);
            known.then(|| book.levels(side).take(self.depth).map(level).collect())
        };
        let record = book.record();
        Shown {
            venue: self.venue,
            symbol: self.symbol.clone(),
            venue_symbol: listing.instrument.as_ref().map(|instrument| instrument.venue_symbol.clone()),
            standing,
            reason,
            bids: levels(Side::Bid),
            asks: levels(Side::Ask),
            spread: book.spread().filter(|_| known),
            spread_bps: book.spread_bps().filter(|_| known).map(plain),
            mid: book.mid().filter(|_| known),
            sequence: book.sequence(),
            exchange_time: book.exchange_time().map(|time| time.to_string()),
            received: book.received().map(|time| time.to_string()),
            age: book.age(now),
            checksums: Checksums { checked: record.checked, failed: record.failed },
            record,
            decimals: (book.precision().price.into(), book.precision().quantity.into()),
        }
    }
}

type Levels = Vec<(Price, Quantity)>;

/// A book as it is printed. In JSON, prices and quantities are plain decimals in strings.
#[derive(Debug, serde::Serialize)]
struct Shown {
    venue: VenueId,
    symbol: Symbol,
    venue_symbol: Option<Box<str>>,
    standing: &'static str,
    reason: Option<String>,
    bids: Option<Levels>,
    asks: Option<Levels>,
    spread: Option<Price>,
    spread_bps: Option<String>,
    mid: Option<Price>,
    sequence: Option<u64>,
    exchange_time: Option<String>,
    received: Option<String>,
    checksums: Checksums,
    #[serde(skip)]
    age: Option<Duration>,
    #[serde(skip)]
    record: Record,
    /// Decimals of prices and of quantities.
    #[serde(skip)]
    decimals: (usize, usize),
}

#[derive(Debug, serde::Serialize)]
struct Checksums {
    checked: u64,
    failed: u64,
}

impl Shown {
    /// Whether a script has nothing new to learn from this one after `before`.
    fn repeats(&self, before: &Self) -> bool {
        let print = |shown: &Self| (shown.standing, shown.record.snapshots, shown.record.updates, shown.record.resyncs);
        print(self) == print(before)
    }

    /// Whether a person sees the same best prices as `before`.
    fn looks_like(&self, before: &Self) -> bool {
        let best = |levels: &Option<Levels>| levels.as_ref().and_then(|levels| levels.first().copied());
        let print = |shown: &Self| (shown.standing, best(&shown.bids), best(&shown.asks));
        print(self) == print(before)
    }

    fn price(&self, price: Price) -> String {
        format!("{price:.*}", self.decimals.0)
    }

    fn quantity(&self, quantity: Quantity) -> String {
        format!("{quantity:.*}", self.decimals.1)
    }

    /// `2.9 (0.30 bps), mid 97412.15`.
    fn spread(&self) -> String {
        match (self.spread, &self.spread_bps, self.mid) {
            (Some(spread), Some(bps), Some(mid)) => {
                // A mid has half a unit of the last decimal.
                let mid = format!("{mid:.*}", self.decimals.0 + 1);
                format!("spread {} ({bps} bps), mid {mid}", self.price(spread))
            }
            _ => "spread –: a side is empty".into(),
        }
    }

    /// How the book stands, and why.
    fn standing(&self) -> String {
        self.reason.as_ref().map_or_else(|| self.standing.into(), |reason| format!("{} ({reason})", self.standing))
    }
}

/// The whole book: asks above, bids below, the best ones in the middle.
fn show(shown: &Shown, output: Output) -> Result<(), Failure> {
    if output.json {
        return output.json(shown);
    }
    let age = shown.age.map_or("–".into(), |age| format!("{} ms", age.as_millis()));
    output.text(&format!("{} on {}, {}, {age} old", shown.symbol, shown.venue, shown.standing()))?;
    let rows = |name: &str, tone, levels: &Option<Levels>| -> Vec<Vec<Cell>> {
        let mut total = Decimal::ZERO;
        let row = |(price, quantity): &(Price, Quantity)| {
            total = total.checked_add(quantity.get())?;
            let sum = shown.quantity(Quantity::new(total));
            Some(vec![
                Cell::toned(name, tone),
                Cell::toned(&shown.price(*price), tone),
                shown.quantity(*quantity).into(),
                sum.into(),
            ])
        };
        levels.iter().flatten().map_while(row).collect()
    };
    let mut asks = rows("ask", Tone::Bad, &shown.asks);
    asks.reverse();
    asks.extend(rows("bid", Tone::Good, &shown.bids));
    let columns = [Column::Left("side"), Column::Right("price"), Column::Right("quantity"), Column::Right("total")];
    output.table(&columns, &asks)?;
    output.text(&shown.spread())
}

/// Prints the book whenever it has changed, until the reader goes away.
async fn follow(
    eye: &Eye,
    first: Shown,
    hearing: &Hearing,
    now: impl Fn() -> Timestamp,
    output: Output,
) -> Result<(), Failure> {
    let mut last = print(first, output).await?;
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !output.is_closed() {
        looks.tick().await;
        let shown = eye.look(&hearing.heard.borrow(), now());
        let same = if output.json { shown.repeats(&last) } else { shown.looks_like(&last) };
        if !same {
            last = print(shown, output).await?;
        }
    }
    Ok(())
}

/// Prints a line on a thread that may wait for the reader: meanwhile the book goes on, and so does the wait for a stop.
async fn print(shown: Shown, output: Output) -> Result<Shown, Failure> {
    let printed = tokio::task::spawn_blocking(move || line(&shown, output).map(|()| shown)).await;
    printed.unwrap_or_else(|error| Err(Failure::new(Exit::Error, "output", error.to_string())))
}

/// One line: the whole book for a script, the best prices for a person.
fn line(shown: &Shown, output: Output) -> Result<(), Failure> {
    if output.json {
        return output.json(shown);
    }
    let time = shown.received.as_deref().unwrap_or("–");
    let best = |levels: &Option<Levels>| {
        let best = levels.as_ref().and_then(|levels| levels.first().copied());
        best.map_or("–".into(), |(price, quantity)| format!("{} × {}", shown.price(price), shown.quantity(quantity)))
    };
    let text = match shown.bids {
        Some(_) => format!("bid {}  ask {}  {}", best(&shown.bids), best(&shown.asks), shown.spread()),
        None => String::new(),
    };
    let standing = if shown.standing == "live" { String::new() } else { format!("  {}", shown.standing()) };
    output.text(format!("{time}{standing}  {text}").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{BookUpdate, Change, Desync, Event};

    fn level(price: &str, quantity: &str) -> Change {
        Change { price: price.parse().unwrap(), quantity: quantity.parse().unwrap() }
    }

    fn heard(bids: Vec<Change>, asks: Vec<Change>) -> (Eye, Heard) {
        let symbol: Symbol = "BTC/USD".parse().unwrap();
        let (depth, checksum, exchange_time) = (Some(10), None, None);
        let update = BookUpdate { snapshot: true, depth, bids, asks, sequence: None, checksum, exchange_time };
        let mut heard = Heard::default();
        heard.market.apply(VenueId::Sim, Event::Book { symbol: symbol.clone(), update }, Timestamp::from_secs(100));
        (Eye { venue: VenueId::Sim, symbol, depth: 1, stale_after: Duration::from_secs(10) }, heard)
    }

    fn json(shown: &Shown) -> serde_json::Value {
        serde_json::to_value(shown).unwrap()
    }

    #[test]
    fn numbers_are_plain_and_what_is_missing_is_null() {
        let (eye, heard) = heard(vec![level("99.50", "1.000"), level("99.00", "2")], vec![]);
        let shown = json(&eye.look(&heard, Timestamp::from_secs(101)));
        assert_eq!(shown["bids"], serde_json::json!([["99.5", "1"]]));
        assert_eq!(shown["asks"], serde_json::json!([]));
        for missing in ["spread", "spread_bps", "mid", "sequence", "exchange_time", "venue_symbol", "reason"] {
            assert!(shown[missing].is_null(), "{missing}");
        }
        assert_eq!((&shown["standing"], &shown["received"]), (&"live".into(), &"1970-01-01T00:01:40Z".into()));
    }

    #[test]
    fn an_old_book_says_so_and_a_lost_one_shows_no_prices() {
        let (eye, mut heard) = heard(vec![level("99", "1")], vec![level("101", "1")]);
        let live = eye.look(&heard, Timestamp::from_secs(109));
        let stale = eye.look(&heard, Timestamp::from_secs(110));
        assert_eq!((live.standing, stale.standing), ("live", "stale"));
        assert_eq!(stale.mid, Some("100".parse().unwrap()));
        assert!(!stale.repeats(&live) && live.repeats(&live));
        heard.market.lose(VenueId::Sim, &Desync::Disconnected, Timestamp::from_secs(111));
        let lost = json(&eye.look(&heard, Timestamp::from_secs(111)));
        assert_eq!((&lost["standing"], &lost["reason"]), (&"resync".into(), &"connection lost".into()));
        for gone in ["bids", "asks", "spread", "mid"] {
            assert!(lost[gone].is_null(), "{gone}");
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_venues_words() {
        let (eye, mut heard) = heard(vec![], vec![]);
        heard.market = crate::market::Market::default();
        assert!(eye.first(&heard, Timestamp::from_secs(1)).is_none());
        heard.refusal = Some("Currency pair not supported".into());
        let failure = eye.first(&heard, Timestamp::from_secs(1)).unwrap().unwrap_err();
        assert_eq!((failure.exit, failure.key), (Exit::Usage, "symbol_refused"));
        assert_eq!(failure.message, "sim refused the book of BTC/USD: Currency pair not supported");
    }
}
