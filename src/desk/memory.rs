//! What the desk remembers of the market from one run to the next, in the cache.
//!
//! Recalled values are shown at once and marked as old: a recalled book is [`Standing::Remembered`], never live. Nothing
//! here holds the desk's lock while it waits for a disk.

use super::Place;
use super::shared::Shared;
use super::state::State;
use crate::market::{Candle, Instrument, Interval, Level, Side, Stamped, Standing, Ticker, Timestamp, Trade};
use crate::store::Cache;
use crate::store::cache::{Place as Row, Series, Table};
use std::collections::HashMap;
use std::sync::Arc;

/// Levels a side that are remembered.
const LEVELS: usize = 100;

/// Candles of one interval written at a time; older ones were written before.
const NEWEST_CANDLES: usize = 3;

/// A book as it was.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct LastBook {
    bids: Vec<Level>,
    asks: Vec<Level>,
    received: Timestamp,
}

/// Everything of one listing that is worth keeping.
struct Page {
    key: String,
    book: Option<LastBook>,
    ticker: Option<Stamped<Ticker>>,
    instrument: Option<Instrument>,
    trades: Vec<Trade>,
    candles: Vec<(Interval, Vec<Candle>)>,
}

/// Keeps the market in the cache, and knows what it has kept already.
#[derive(Debug)]
pub(super) struct Memory {
    cache: Arc<Cache>,
    kept: HashMap<Place, (u64, Option<Timestamp>)>,
}

impl Memory {
    pub fn new(cache: Arc<Cache>) -> Self {
        Self { cache, kept: HashMap::new() }
    }

    /// Fills the listings on the watchlist with what they last held.
    pub fn recall(&mut self, state: &mut State) -> Result<(), crate::store::Notice> {
        for place in state.watch.clone() {
            let key = key(&place);
            let listing = state.market.listing_mut(place.venue, &place.symbol);
            if let Some(instrument) = self.cache.get::<Instrument>(Table::Instruments, &key)? {
                listing.describe(instrument.value);
            }
            if let Some(last) = self.cache.get::<LastBook>(Table::Books, &key)? {
                listing.book.remember(&last.value.bids, &last.value.asks, last.value.received);
            }
            listing.ticker = self.cache.get(Table::Tickers, &key)?.map(|ticker| ticker.value);
            for trade in self.cache.last::<Trade>(Series::Trades, &key, Series::Trades.kept())? {
                listing.tape.push(trade.value);
            }
            for interval in Interval::ALL {
                let series = candle_key(&key, interval);
                for candle in self.cache.last::<Candle>(Series::Candles, &series, Series::Candles.kept())? {
                    listing.candles.put(interval, candle.value);
                }
            }
            self.kept.insert(place, (listing.tape.seen(), None));
        }
        Ok(())
    }

    /// Writes what has changed since the last time, and waits for the disk.
    pub fn keep(&mut self, shared: &Shared) -> Result<(), crate::store::Notice> {
        let (pages, now) = (self.pages(&shared.state()), shared.now());
        for page in &pages {
            if let Some(book) = &page.book {
                self.cache.put(Table::Books, &page.key, book, now)?;
            }
            if let Some(ticker) = &page.ticker {
                self.cache.put(Table::Tickers, &page.key, ticker, now)?;
            }
            if let Some(instrument) = &page.instrument {
                self.cache.put(Table::Instruments, &page.key, instrument, now)?;
            }
            let trades = page.trades.iter().map(|t| (Row { moment: t.at, number: t.id.unwrap_or_default() }, t));
            self.cache.extend(Series::Trades, &page.key, trades, now)?;
            for (interval, candles) in &page.candles {
                let rows = candles.iter().map(|c| (Row { moment: c.start, number: 0 }, c));
                self.cache.extend(Series::Candles, &candle_key(&page.key, *interval), rows, now)?;
            }
        }
        match pages.is_empty() {
            true => Ok(()),
            false => self.cache.flush(),
        }
    }

    /// Copies what has changed. Called under the desk's lock: no disk here.
    fn pages(&mut self, state: &State) -> Vec<Page> {
        let mut pages = Vec::new();
        for (venue, symbol, listing) in state.market.listings() {
            let place = Place { venue, symbol: symbol.clone() };
            let live = *listing.book.standing() == Standing::Live;
            let (seen, received) = (listing.tape.seen(), listing.book.received().filter(|_| live));
            let before = self.kept.insert(place.clone(), (seen, received));
            let (seen_before, received_before) = before.unwrap_or_default();
            if (seen, received) == (seen_before, received_before) {
                continue;
            }
            let levels = |side| listing.book.levels(side).take(LEVELS).collect();
            let new_trades = usize::try_from(seen.saturating_sub(seen_before)).unwrap_or(usize::MAX);
            // The first time, all candles: a venue's snapshot brings many at once.
            let newest =
                if before.is_none_or(|(_, received)| received.is_none()) { usize::MAX } else { NEWEST_CANDLES };
            let candles = |interval| listing.candles.newest(interval).take(newest).copied().collect::<Vec<_>>();
            pages.push(Page {
                key: key(&place),
                book: received.map(|received| LastBook { bids: levels(Side::Bid), asks: levels(Side::Ask), received }),
                ticker: listing.ticker.clone(),
                instrument: listing.instrument.clone(),
                trades: listing.tape.newest().take(new_trades).copied().collect(),
                candles: Interval::ALL.map(|interval| (interval, candles(interval))).into(),
            });
        }
        pages
    }
}

fn key(place: &Place) -> String {
    format!("{} {}", place.venue, place.symbol)
}

fn candle_key(key: &str, interval: Interval) -> String {
    format!("{key} {interval}")
}
