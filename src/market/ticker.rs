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
