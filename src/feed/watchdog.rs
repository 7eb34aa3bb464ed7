//! Notices books that have gone silent while their connection lives.

use crate::market::{Symbol, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// A book that was silent for so many times the time after which it is stale gets help.
const PATIENCE: u32 = 3;

/// When each book was last heard of.
#[derive(Clone, Debug)]
pub struct Watchdog {
    patience: Duration,
    books: BTreeMap<Symbol, Watched>,
}

#[derive(Clone, Copy, Debug)]
struct Watched {
    heard: Timestamp,
    /// When we last spoke up, or started to listen.
    barked: Timestamp,
}

impl Watchdog {
    /// Silence of `stale_after` makes a book stale.
    pub fn new(stale_after: Duration) -> Self {
        Self { patience: stale_after * PATIENCE, books: BTreeMap::new() }
    }

    /// Starts to watch a book; its silence counts from now.
    pub fn watch(&mut self, symbol: &Symbol, now: Timestamp) {
        self.books.entry(symbol.clone()).or_insert(Watched { heard: now, barked: now });
    }

    /// Watches a book no longer.
    pub fn forget(&mut self, symbol: &Symbol) {
        self.books.remove(symbol);
    }

    /// A word has come from a book.
    pub fn heard(&mut self, symbol: &Symbol, now: Timestamp) {
        if let Some(book) = self.books.get_mut(symbol) {
            book.heard = now;
        }
    }

    /// The books that have been silent too long, and for how long; each once a period.
    pub fn silent(&mut self, now: Timestamp) -> Vec<(Symbol, Duration)> {
        let mut silent = Vec::new();
        for (symbol, book) in &mut self.books {
            if book.heard.max(book.barked).age(now) >= self.patience {
                book.barked = now;
                silent.push((symbol.clone(), book.heard.age(now)));
            }
        }
        silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_book_is_named_once_a_period() {
        let at = Timestamp::from_secs;
        let [btc, eth] = ["BTC/USD", "ETH/USD"].map(|name| Symbol::new(name).unwrap());
        let mut watchdog = Watchdog::new(Duration::from_secs(10));
        watchdog.watch(&btc, at(0));
        watchdog.watch(&eth, at(0));
        let mut named = Vec::new();
        for second in 0..95 {
            if second % 7 == 0 {
                watchdog.heard(&eth, at(second));
            }
            watchdog.watch(&btc, at(second));
            named.extend(watchdog.silent(at(second)).into_iter().map(|(symbol, d)| (second, symbol, d.as_secs())));
        }
        assert_eq!(named, [(30, btc.clone(), 30), (60, btc.clone(), 60), (90, btc.clone(), 90)]);
        watchdog.heard(&btc, at(100));
        watchdog.forget(&eth);
        assert!(watchdog.silent(at(129)).is_empty());
        assert_eq!(watchdog.silent(at(130)), [(btc, Duration::from_secs(30))]);
    }
}
