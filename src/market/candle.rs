//! Candles, built from trades or taken from a venue.
//!
//! A candle covers `[start, start + interval)`. An interval without trades has no candle: a gap is a gap, not a repeated
//! price. A candle from the venue replaces one of our own and is not touched by trades, because the venue has seen the whole
//! interval.

use super::{Timestamp, Trade};
use crate::money::{Price, Quantity};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How long a candle lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Interval {
    /// One second.
    #[serde(rename = "1s")]
    Second1,
    /// One minute.
    #[serde(rename = "1m")]
    Minute1,
    /// Five minutes.
    #[serde(rename = "5m")]
    Minute5,
    /// Fifteen minutes.
    #[serde(rename = "15m")]
    Minute15,
    /// One hour.
    #[serde(rename = "1h")]
    Hour1,
    /// Four hours.
    #[serde(rename = "4h")]
    Hour4,
    /// One day, starting at midnight UTC.
    #[serde(rename = "1d")]
    Day1,
}

impl Interval {
    /// All intervals, shortest first.
    pub const ALL: [Self; 7] =
        [Self::Second1, Self::Minute1, Self::Minute5, Self::Minute15, Self::Hour1, Self::Hour4, Self::Day1];

    /// The length of a candle.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(match self {
            Self::Second1 => 1,
            Self::Minute1 => 60,
            Self::Minute5 => 300,
            Self::Minute15 => 900,
            Self::Hour1 => 3_600,
            Self::Hour4 => 14_400,
            Self::Day1 => 86_400,
        })
    }

    /// The interval of so many minutes, as venues count them.
    pub fn from_minutes(minutes: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|i| i.duration().as_secs() == minutes.saturating_mul(60))
    }

    /// The next longer interval; the longest stays.
    pub fn longer(self) -> Self {
        Self::ALL.into_iter().find(|i| *i > self).unwrap_or(self)
    }

    /// The next shorter interval; the shortest stays.
    pub fn shorter(self) -> Self {
        Self::ALL.into_iter().rev().find(|i| *i < self).unwrap_or(self)
    }
}

impl Interval {
    /// The length as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Second1 => "1s",
            Self::Minute1 => "1m",
            Self::Minute5 => "5m",
            Self::Minute15 => "15m",
            Self::Hour1 => "1h",
            Self::Hour4 => "4h",
            Self::Day1 => "1d",
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Open, high, low, close and volume of one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Candle {
    /// When the interval starts.
    pub start: Timestamp,
    /// The first price.
    pub open: Price,
    /// The highest price.
    pub high: Price,
    /// The lowest price.
    pub low: Price,
    /// The latest price.
    pub close: Price,
    /// What changed hands.
    pub volume: Quantity,
    /// Whether the venue made it, rather than we from the trades that we saw.
    pub from_venue: bool,
}

/// The latest candles of one instrument in every interval, bounded.
#[derive(Clone, Debug, Default)]
pub struct Candles {
    series: BTreeMap<Interval, BTreeMap<Timestamp, Candle>>,
}

impl Candles {
    /// How many candles an interval keeps.
    pub const CAPACITY: usize = 1_500;

    /// Counts a trade into every interval.
    pub fn add_trade(&mut self, trade: &Trade) {
        for interval in Interval::ALL {
            let start = trade.at.floor_to(interval.duration());
            let series = self.series.entry(interval).or_default();
            let Trade { price, quantity, .. } = *trade;
            series
                .entry(start)
                .and_modify(|candle| {
                    if candle.from_venue {
                        return;
                    }
                    candle.high = candle.high.max(price);
                    candle.low = candle.low.min(price);
                    candle.close = price;
                    candle.volume = candle.volume.checked_add(quantity).unwrap_or(candle.volume);
                })
                .or_insert(Candle {
                    start,
                    open: price,
                    high: price,
                    low: price,
                    close: price,
                    volume: quantity,
                    from_venue: false,
                });
            trim(series);
        }
    }

    /// Takes the venue's candle in place of ours.
    pub fn put(&mut self, interval: Interval, candle: Candle) {
        let series = self.series.entry(interval).or_default();
        series.insert(candle.start, candle);
        trim(series);
    }

    /// The latest candles of an interval, newest first.
    pub fn newest(&self, interval: Interval) -> impl Iterator<Item = &Candle> {
        self.series.get(&interval).into_iter().flat_map(|series| series.values().rev())
    }
}

fn trim(series: &mut BTreeMap<Timestamp, Candle>) {
    while series.len() > Candles::CAPACITY {
        series.pop_first();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Side;
    use proptest::prelude::*;

    fn trade(secs: i64, price: i64) -> Trade {
        Trade {
            price: price.to_string().parse().unwrap(),
            quantity: "0.5".parse().unwrap(),
            taker: Side::Ask,
            id: None,
            at: Timestamp::from_secs(secs),
        }
    }

    #[test]
    fn a_minute_is_built_from_its_trades_and_gaps_stay_gaps() {
        let mut candles = Candles::default();
        for t in [trade(0, 10), trade(20, 14), trade(59, 9), trade(180, 11)] {
            candles.add_trade(&t);
        }
        let minutes: Vec<_> = candles.newest(Interval::Minute1).collect();
        assert_eq!(minutes.len(), 2);
        let first = minutes[1];
        let shown = [first.open, first.high, first.low, first.close].map(|p| p.to_string());
        assert_eq!(shown, ["10", "14", "9", "9"]);
        assert_eq!(first.volume.to_string(), "1.5");
    }

    #[test]
    fn intervals_step_and_stop_at_the_ends() {
        assert_eq!(Interval::Minute1.longer(), Interval::Minute5);
        assert_eq!(Interval::Day1.longer(), Interval::Day1);
        assert_eq!(Interval::Second1.shorter(), Interval::Second1);
        assert_eq!(Interval::from_minutes(240), Some(Interval::Hour4));
        assert_eq!(Interval::from_minutes(u64::MAX), None);
    }

    proptest! {
        #[test]
        fn every_candle_holds_its_prices(prices in prop::collection::vec((0i64..100_000, 1i64..1000), 1..60)) {
            let mut candles = Candles::default();
            for (at, price) in &prices {
                candles.add_trade(&trade(*at, *price));
            }
            for interval in Interval::ALL {
                let mut total = Quantity::ZERO;
                for c in candles.newest(interval) {
                    prop_assert!(c.low <= c.open.min(c.close) && c.high >= c.open.max(c.close));
                    total = total.checked_add(c.volume).unwrap();
                }
                prop_assert_eq!(total.get() * crate::money::Decimal::TWO, prices.len().into());
            }
        }
    }
}
