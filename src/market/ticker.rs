//! A venue's own summary of an instrument.

use super::Timestamp;
use crate::money::{Percent, Price, Quantity};

/// A value from outside, with when it was true and when it reached us. Its source is the listing that it stands in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stamped<T> {
    /// What was said.
    pub value: T,
    /// When it was true, by the venue's clock, where the venue says so.
    pub exchange_time: Option<Timestamp>,
    /// When it reached us, by our clock.
    pub received: Timestamp,
}

impl<T> Stamped<T> {
    /// How long ago the value reached us.
    pub fn age(&self, now: Timestamp) -> std::time::Duration {
        self.received.age(now)
    }
}

/// The last prices and the last 24 hours of an instrument. What a venue does not tell is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ticker {
    /// The best bid.
    pub bid: Option<Price>,
    /// The best ask.
    pub ask: Option<Price>,
    /// The price of the last trade.
    pub last: Option<Price>,
    /// The highest price of the last 24 hours.
    pub high: Option<Price>,
    /// The lowest price of the last 24 hours.
    pub low: Option<Price>,
    /// What changed hands in the last 24 hours.
    pub volume: Option<Quantity>,
    /// The volume-weighted average price of the last 24 hours.
    pub vwap: Option<Price>,
    /// The change over the last 24 hours as the venue computes it.
    pub change: Option<Percent>,
}

impl Ticker {
    /// Takes what `newer` tells and keeps the rest: some venues tell the best prices and the last day apart.
    pub fn update(&mut self, newer: Self) {
        self.bid = newer.bid.or(self.bid);
        self.ask = newer.ask.or(self.ask);
        self.last = newer.last.or(self.last);
        self.high = newer.high.or(self.high);
        self.low = newer.low.or(self.low);
        self.volume = newer.volume.or(self.volume);
        self.vwap = newer.vwap.or(self.vwap);
        self.change = newer.change.or(self.change);
    }
}

/// What a perpetual or a future is marked at, and what holding it costs. What a venue does not tell is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mark {
    /// The price that positions are valued and liquidated at.
    pub mark: Option<Price>,
    /// The price of the underlying index.
    pub index: Option<Price>,
    /// What longs pay to shorts at the next funding, in percent of the position; negative when shorts pay.
    pub funding: Option<Percent>,
    /// When funding is next paid.
    pub next_funding: Option<Timestamp>,
    /// Contracts that are open, in the instrument's own units.
    pub open_interest: Option<Quantity>,
}

impl Mark {
    /// Takes what `newer` tells and keeps the rest.
    pub fn update(&mut self, newer: Self) {
        self.mark = newer.mark.or(self.mark);
        self.index = newer.index.or(self.index);
        self.funding = newer.funding.or(self.funding);
        self.next_funding = newer.next_funding.or(self.next_funding);
        self.open_interest = newer.open_interest.or(self.open_interest);
    }
}
