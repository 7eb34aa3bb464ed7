//! What is traded at the simulated venue, and how each market behaves.
//!
//! Prices are whole ticks and quantities whole lots, both `i64`; a tick is one unit in the last decimal of the price, a
//! lot one in the last decimal of the quantity.

use crate::market::{Precision, Symbol};

/// Decimals of every quantity.
const QUANTITY_DECIMALS: u8 = 8;

/// The most pairs that a venue is opened with.
pub const MAX_PAIRS: usize = 500;

/// One market and its temper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Its name.
    pub symbol: Symbol,
    /// How its numbers are printed.
    pub precision: Precision,
    /// Where the price starts, in ticks.
    pub start: i64,
    /// The usual distance between two levels near the best price, in ticks.
    pub gap: i64,
    /// How far the fair price moves in a step, in 256ths of a tick.
    pub wander: i64,
    /// The size of a usual order, in lots.
    pub size: i64,
}

/// Name, decimals of the price, start, gap, wander, size.
const STANDARD: [(&str, u8, i64, i64, i64, i64); 5] = [
    ("BTC/USD", 1, 974_121, 12, 1_300, 6_000_000),
    ("ETH/USD", 2, 341_844, 6, 600, 90_000_000),
    ("SOL/USD", 2, 18_706, 1, 110, 1_400_000_000),
    ("ETH/BTC", 5, 3_509, 1, 18, 80_000_000),
    ("USDT/USD", 4, 9_998, 1, 3, 250_000_000_000),
];

impl Pair {
    /// The pairs of the demo.
    pub fn standard() -> Vec<Self> {
        STANDARD.iter().filter_map(|(name, ..)| Some(Self::named(&Symbol::new(name).ok()?))).collect()
    }

    /// So many pairs (at most [`MAX_PAIRS`]): the standard ones first, then made-up ones.
    pub fn many(count: usize) -> Vec<Self> {
        let mut pairs = Self::standard();
        pairs.truncate(count);
        let made_up = (1..=count.min(MAX_PAIRS) - pairs.len()).map(|n| Symbol::new(&format!("SIM{n}/USD")));
        pairs.extend(made_up.filter_map(Result::ok).map(|symbol| Self::named(&symbol)));
        pairs
    }

    /// The pair of this name: the standard one, or one whose temper follows from the name alone.
    pub fn named(symbol: &Symbol) -> Self {
        let known = STANDARD.iter().find(|(name, ..)| *name == symbol.as_str());
        let (decimals, start, gap, wander, size) = match known {
            Some((_, decimals, start, gap, wander, size)) => (*decimals, *start, *gap, *wander, *size),
            None => {
                let number = fingerprint(symbol.as_str());
                let start = 8_000 + i64::try_from((number >> 20) % 400_000).unwrap_or(0);
                let gap = 1 + start / 60_000;
                (2, start, gap, gap * 110, 100_000_000 * (1 + 4_000_000 / start))
            }
        };
        let precision = Precision { price: decimals, quantity: QUANTITY_DECIMALS };
        Self { symbol: symbol.clone(), precision, start, gap, wander, size }
    }
}

/// FNV-1a, so that a name means the same market in every run.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_pairs_as_asked_each_under_its_own_name() {
        for count in [1, 5, 6, 100, MAX_PAIRS] {
            let pairs = Pair::many(count);
            let names: std::collections::BTreeSet<_> = pairs.iter().map(|pair| &pair.symbol).collect();
            assert_eq!((pairs.len(), names.len()), (count, count));
        }
        assert_eq!(Pair::many(MAX_PAIRS + 1).len(), MAX_PAIRS);
        assert_eq!(Pair::many(0).len(), 0);
        assert_eq!(Pair::many(2), Pair::standard()[..2]);
    }

    #[test]
    fn a_name_always_means_the_same_market() {
        let pair = Pair::named(&Symbol::new("DOGE/EUR").unwrap());
        assert_eq!(pair, Pair::named(&Symbol::new("doge/eur").unwrap()));
        assert!(pair.start > 300 * pair.gap, "there is room below for a deep book");
    }
}
