//! One client's subscriptions, and what waits to be sent to it.

use super::fault::{Injected, Injector, Outgoing};
use super::frame::Frame;
use super::request::Topic;
use std::collections::{BTreeMap, BTreeSet};

/// The number of a market.
pub type PitNumber = usize;

/// One connection.
#[derive(Clone, Debug)]
pub struct Session {
    books: BTreeMap<PitNumber, usize>,
    trades: BTreeSet<PitNumber>,
    tickers: BTreeMap<PitNumber, bool>,
    candles: BTreeMap<PitNumber, u32>,
    instruments: bool,
    injector: Injector,
    outbox: Vec<Outgoing>,
}

impl Session {
    /// A client that has asked for nothing yet.
    pub fn new(injector: Injector) -> Self {
        Self {
            books: BTreeMap::new(),
            trades: BTreeSet::new(),
            tickers: BTreeMap::new(),
            candles: BTreeMap::new(),
            instruments: false,
            injector,
            outbox: Vec::new(),
        }
    }

    /// Begins a subscription. Kraken serves one depth and one interval of a market on one connection.
    pub fn subscribe(&mut self, topic: Topic, pit: PitNumber) -> Result<(), &'static str> {
        const ALREADY: &str = "Already subscribed";
        match topic {
            Topic::Instrument if self.instruments => Err(ALREADY),
            Topic::Book(_) if self.books.contains_key(&pit) => Err(ALREADY),
            Topic::Trade if self.trades.contains(&pit) => Err(ALREADY),
            Topic::Ticker(_) if self.tickers.contains_key(&pit) => Err(ALREADY),
            Topic::Ohlc(_) if self.candles.contains_key(&pit) => {
                Err("Already subscribed to one ohlc interval on this symbol")
            }
            Topic::Instrument => {
                self.instruments = true;
                Ok(())
            }
            Topic::Book(depth) => {
                self.books.insert(pit, depth);
                Ok(())
            }
            Topic::Trade => {
                self.trades.insert(pit);
                Ok(())
            }
            Topic::Ticker(bbo) => {
                self.tickers.insert(pit, bbo);
                Ok(())
            }
            Topic::Ohlc(minutes) => {
                self.candles.insert(pit, minutes);
                Ok(())
            }
        }
    }

    /// Ends a subscription.
    pub fn unsubscribe(&mut self, topic: Topic, pit: PitNumber) -> Result<(), &'static str> {
        let was_there = match topic {
            Topic::Instrument => std::mem::take(&mut self.instruments),
            Topic::Book(depth) => self.depth(pit) == Some(depth) && self.books.remove(&pit).is_some(),
            Topic::Trade => self.trades.remove(&pit),
            Topic::Ticker(_) => self.tickers.remove(&pit).is_some(),
            Topic::Ohlc(minutes) => self.minutes(pit) == Some(minutes) && self.candles.remove(&pit).is_some(),
        };
        if was_there { Ok(()) } else { Err("Subscription not found") }
    }

    /// Whether anything is subscribed to.
    pub fn listens(&self) -> bool {
        self.instruments
            || !(self.books.is_empty() && self.trades.is_empty() && self.tickers.is_empty() && self.candles.is_empty())
    }

    /// The depth of a market's book that is subscribed to.
    pub fn depth(&self, pit: PitNumber) -> Option<usize> {
        self.books.get(&pit).copied()
    }

    /// Whether a market's trades are subscribed to.
    pub fn hears_trades(&self, pit: PitNumber) -> bool {
        self.trades.contains(&pit)
    }

    /// Whether a market's summary is subscribed to, and if so whether with every best price.
    pub fn ticker(&self, pit: PitNumber) -> Option<bool> {
        self.tickers.get(&pit).copied()
    }

    /// The minutes of a market's candles that are subscribed to.
    pub fn minutes(&self, pit: PitNumber) -> Option<u32> {
        self.candles.get(&pit).copied()
    }

    /// Sends the answer to a request.
    pub fn answer(&mut self, frame: Frame) {
        self.outbox.push(Outgoing::Frame(frame));
    }

    /// Sends a message of a channel; `update` tells that it changes a book.
    pub fn tell(&mut self, frame: &Frame, update: bool, injected: &mut Injected) {
        self.injector.send(frame, update, &mut self.outbox, injected);
    }

    /// What is to be sent since the last time.
    pub fn outbox(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outbox)
    }
}
