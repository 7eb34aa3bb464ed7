//! Reads what is owned, keeps its value in step with the market, answers what takes time, and writes the history.
//!
//! The desk's lock is held for what a few prices have changed; the ledger and the history are read and written on threads
//! that may wait.

use super::reckoning::reckon;
use super::{Owned, Portfolios};
use crate::desk::Owning;
use crate::desk::shared::Shared;
use crate::market::{Interval, Market, Symbol, Timestamp, VenueId};
use crate::money::Asset;
use crate::portfolio::ledger::Ledger;
use crate::portfolio::past::{Close, Past};
use crate::store::history::History;
use crate::store::{Cache, read_books};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::{JoinHandle, spawn_blocking};

/// How often the market is looked at.
pub(in crate::desk) const FOLLOW_EVERY: Duration = Duration::from_millis(250);

/// The desk's hold on what it owns.
#[derive(Debug)]
pub(in crate::desk) struct Bookkeeping {
    shared: Arc<Shared>,
    history: Option<Arc<Mutex<History>>>,
    /// The reading of the ledger at first, then the question that is being answered.
    at_work: Option<JoinHandle<()>>,
    /// The minute that was last written.
    minute: i64,
}

impl Bookkeeping {
    /// Begins to read what is owned: what was given, or else the journal in `journal`.
    pub fn begin(owning: Owning, journal: Option<&Path>, cache: Option<Arc<Cache>>, shared: Arc<Shared>) -> Self {
        let history = owning.history.as_ref().map(|dir| {
            let (history, notices) = History::open(dir, cache.unwrap_or_else(|| Arc::new(Cache::off())));
            for notice in notices {
                shared.notice(true, notice.to_string());
            }
            Arc::new(Mutex::new(history))
        });
        let (journal, past, desk) = (journal.map(Path::to_path_buf), history.clone(), Arc::clone(&shared));
        let at_work = spawn_blocking(move || {
            let owned = match (owning.given, journal) {
                (Some(owned), _) => owned,
                (None, Some(dir)) => match read_books(&dir) {
                    Ok(books) => Arc::new(remembered(books.ledger, books.estate, past.as_deref(), &desk)),
                    Err(fault) => return desk.notice(true, format!("portfolios are not shown: {fault}")),
                },
                (None, None) => return,
            };
            let portfolios = Portfolios::new(owned, owning.settings, desk.now());
            desk.state().portfolios = Some(portfolios);
            desk.changed();
        });
        let minute = shared.now().secs().div_euclid(60);
        Self { shared, history, at_work: Some(at_work), minute }
    }

    /// Follows the market and what chains say, and begins to answer a question when none is being answered.
    pub fn follow(&mut self) {
        let now = self.shared.now();
        let mut state = self.shared.state();
        let state = &mut *state;
        let Some(portfolios) = &mut state.portfolios else { return };
        if let Some(balances) = &state.balances {
            portfolios.take(balances);
        }
        if portfolios.is_empty() {
            return;
        }
        portfolios.follow(&state.market, now);
        let free = self.at_work.as_ref().is_none_or(JoinHandle::is_finished);
        if let Some(wanted) = portfolios.unanswered().into_iter().next().filter(|_| free) {
            let (owned, benchmark) = portfolios.owned();
            let shared = Arc::clone(&self.shared);
            self.at_work = Some(spawn_blocking(move || {
                let answer = reckon(&owned, &wanted, benchmark.as_ref(), now);
                if let Err(reason) = &answer.gains {
                    shared.notice(true, format!("no profit and loss: {reason}"));
                }
                if let Some(portfolios) = &mut shared.state().portfolios {
                    portfolios.answer(wanted, answer);
                }
                shared.changed();
            }));
        }
        let minute = now.secs().div_euclid(60);
        if minute != self.minute {
            self.minute = minute;
            let (snapshots, marks) = portfolios.snapshots(now);
            portfolios.remember(&marks);
            self.record(move |history| {
                history.record(&snapshots, &marks, now)?;
                history.thin(now)
            });
        }
        self.shared.changed();
    }

    fn record(&self, write: impl FnOnce(&mut History) -> Result<(), crate::store::Notice> + Send + 'static) {
        let Some(history) = self.history.clone() else { return };
        let shared = Arc::clone(&self.shared);
        spawn_blocking(move || {
            let mut history = history.lock().unwrap_or_else(PoisonError::into_inner);
            let written = write(&mut history);
            for notice in history.notices().into_iter().chain(written.err()) {
                shared.notice(true, notice.to_string());
            }
        });
    }
}

/// What the journal says is owned, with the prices of the past: those of the history, and the days of candles.
fn remembered(
    ledger: Ledger,
    estate: crate::portfolio::estate::Estate,
    history: Option<&Mutex<History>>,
    desk: &Shared,
) -> Owned {
    let mut past = Past::default();
    days(&desk.state().market, &mut past);
    if let Some(history) = history {
        let mut history = history.lock().unwrap_or_else(PoisonError::into_inner);
        recorded(&mut history, ledger.assets(), desk.now(), &mut past);
    }
    Owned { ledger: Arc::new(ledger), estate, past: Arc::new(past), ..Owned::default() }
}

/// The recorded prices of these assets.
pub fn recorded(history: &mut History, assets: &[Asset], now: Timestamp, past: &mut Past) {
    for asset in assets {
        for mark in history.marks(asset, Timestamp::from_nanos(0), now) {
            let close = Close { price: mark.price, at: mark.at, source: mark.source.as_str().into() };
            past.put(&mark.asset, &mark.currency, close);
        }
    }
}

/// The closes of whole days, as far as candles reach back.
fn days(market: &Market, past: &mut Past) {
    let spot = |(_, symbol, _): &(VenueId, &Symbol, _)| symbol.contract() == crate::market::Contract::Spot;
    for (venue, symbol, listing) in market.listings().filter(spot) {
        let (Ok(asset), Ok(currency)) = (Asset::new(symbol.base()), Asset::new(symbol.quote())) else { continue };
        // The newest may not have ended.
        for candle in listing.candles.newest(Interval::Day1).skip(1).filter(|candle| candle.from_venue) {
            let at = candle.start.plus(Interval::Day1.duration());
            let source = format!("{venue} {symbol} 1d close").into();
            past.put(&asset, &currency, Close { price: candle.close.get(), at, source });
        }
    }
}
