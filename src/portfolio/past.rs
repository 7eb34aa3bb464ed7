//! Prices of the past: what assets were worth, as far as anybody wrote it down.
//!
//! A price counts from the moment for which it was written until it is older than a limit; what was not written down is not
//! known, and nothing is put between two prices.

#![deny(clippy::float_arithmetic)]

use crate::market::Timestamp;
use crate::money::{Asset, Decimal};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// A price that was written down counts for so long: it is a day's close, and the next one may be late.
pub const LONGEST: Duration = Duration::from_secs(36 * 3_600);

/// One price of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// What one was worth.
    pub price: Decimal,
    /// When that was right.
    pub at: Timestamp,
    /// Who said so.
    pub source: Arc<str>,
}

/// Prices of the past, by asset and currency.
#[derive(Clone, Debug, Default)]
pub struct Past {
    pairs: HashMap<Asset, HashMap<Asset, BTreeMap<Timestamp, Close>>>,
}

impl Past {
    /// Writes down what one of an asset was worth; the last word for a moment counts.
    pub fn put(&mut self, asset: &Asset, currency: &Asset, close: Close) {
        if close.price > Decimal::ZERO {
            let of = self.pairs.entry(asset.clone()).or_default();
            of.entry(currency.clone()).or_default().insert(close.at, close);
        }
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The last price of an asset in a currency at a moment, if it was not too old then.
    pub fn close(&self, asset: &Asset, currency: &Asset, at: Timestamp) -> Option<&Close> {
        let pair = self.pairs.get(asset)?.get(currency)?;
        let (_, close) = pair.range(..=at).next_back()?;
        (close.at.age(at) < LONGEST).then_some(close)
    }

    /// The last price of every pair that was known at a moment, however old: of what, in what.
    pub fn latest(&self, at: Timestamp) -> impl Iterator<Item = (&Asset, &Asset, &Close)> {
        let pairs =
            self.pairs.iter().flat_map(|(asset, of)| of.iter().map(move |(currency, pair)| (asset, currency, pair)));
        pairs.filter_map(move |(asset, currency, pair)| Some((asset, currency, pair.range(..=at).next_back()?.1)))
    }

    /// Whether any price of an asset was ever written down.
    pub fn knows(&self, asset: &Asset) -> bool {
        self.pairs.contains_key(asset) || self.pairs.values().any(|of| of.contains_key(asset))
    }

    /// What one of an asset was worth in a currency: as it was written down, the other way round, or by way of one other
    /// currency, the first by name that leads there.
    pub fn price(&self, asset: &Asset, currency: &Asset, at: Timestamp) -> Option<Decimal> {
        if asset == currency {
            return Some(Decimal::ONE);
        }
        let direct = |from: &Asset, to: &Asset| {
            let straight = self.close(from, to, at).map(|close| close.price);
            straight.or_else(|| Decimal::ONE.checked_div(self.close(to, from, at)?.price))
        };
        direct(asset, currency).or_else(|| {
            let mut between: Vec<&Asset> = self.pairs.iter().flat_map(|(of, pairs)| pairs.keys().chain([of])).collect();
            between.sort();
            between.dedup();
            between.into_iter().find_map(|via| direct(asset, via)?.checked_mul(direct(via, currency)?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_counts_until_it_is_too_old_and_never_before() {
        let asset = |name: &str| Asset::new(name).unwrap();
        let day = |days: i64| Timestamp::from_secs(86_400 * days);
        let mut past = Past::default();
        let mut put = |pair: &str, days, price: i64| {
            let (of, currency) = pair.split_once('/').unwrap();
            let close = Close { price: Decimal::from(price), at: day(days), source: pair.into() };
            past.put(&asset(of), &asset(currency), close);
        };
        put("BTC/USD", 1, 60_000);
        put("BTC/USD", 2, 61_000);
        put("EUR/USD", 2, 2);
        put("XYZ/USD", 2, 0);
        let price = |of: &str, currency: &str, days| past.price(&asset(of), &asset(currency), day(days));
        assert_eq!(price("BTC", "USD", 0), None);
        assert_eq!(price("BTC", "USD", 1), Some(Decimal::from(60_000)));
        assert_eq!(price("BTC", "USD", 3), Some(Decimal::from(61_000)));
        assert_eq!(price("BTC", "USD", 4), None, "nothing is carried on for ever");
        assert_eq!(price("BTC", "EUR", 2), Some(Decimal::from(30_500)));
        assert_eq!(price("BTC", "EUR", 1), None);
        assert_eq!(price("XYZ", "USD", 2), None);
        assert_eq!(price("XYZ", "XYZ", 2), Some(Decimal::ONE));
    }
}
