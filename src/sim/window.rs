//! The best levels of a book, as far as a subscription sees them, kept so that changes can be told.
//!
//! - A window always equals the best `depth` levels of the engine.
//! - A change outside of it is not told. A level that moves in because another one left is told; one that is pushed out is
//!   not, because the reader cuts off at the same depth.

use super::engine::Engine;
use crate::market::Side;
use std::fmt::Write;

/// A level: price in ticks, quantity in lots.
pub type Level = (i64, i64);

/// Levels a side that the checksum covers.
const CHECKED: usize = 10;

/// The changes of a book, to be told to its readers. A quantity of zero takes a level away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Changed bids.
    pub bids: Vec<Level>,
    /// Changed asks.
    pub asks: Vec<Level>,
}

/// What subscriptions of one depth see of one book.
#[derive(Clone, Debug)]
pub struct Window {
    depth: usize,
    bids: Vec<Level>,
    asks: Vec<Level>,
}

impl Window {
    /// A window on a book as it is now.
    pub fn new(engine: &Engine, depth: usize) -> Self {
        let top = |side| engine.levels(side).take(depth).collect();
        Self { depth, bids: top(Side::Bid), asks: top(Side::Ask) }
    }

    /// The levels of a side, best first.
    pub fn side(&self, side: Side) -> &[Level] {
        match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        }
    }

    /// Follows the engine after the levels `touched` have changed; `None` when nothing can be seen of it.
    pub fn follow(&mut self, engine: &Engine, touched: &[(Side, i64)]) -> Option<Changes> {
        let mut changes = Changes::default();
        for (side, levels, told) in
            [(Side::Bid, &mut self.bids, &mut changes.bids), (Side::Ask, &mut self.asks, &mut changes.asks)]
        {
            let prices = touched.iter().filter(|(of, _)| *of == side).map(|(_, price)| *price);
            follow(engine, side, self.depth, levels, prices, told);
        }
        (!changes.bids.is_empty() || !changes.asks.is_empty()).then_some(changes)
    }

    /// Kraken's CRC32: the ten best asks, then the ten best bids, price and quantity as digits without the point and
    /// without leading zeros, which is what ticks and lots are.
    pub fn checksum(&self) -> u32 {
        let mut digits = String::with_capacity(CHECKED * 2 * 20);
        for (price, quantity) in self.asks.iter().take(CHECKED).chain(self.bids.iter().take(CHECKED)) {
            // Writing to a String cannot fail.
            let _ = write!(digits, "{price}{quantity}");
        }
        crc32fast::hash(digits.as_bytes())
    }
}

fn follow(
    engine: &Engine,
    side: Side,
    depth: usize,
    levels: &mut Vec<Level>,
    prices: impl Iterator<Item = i64>,
    told: &mut Vec<Level>,
) {
    // Bids descend and asks ascend; with the price negated for bids both ascend.
    let key = |price: i64| if side == Side::Bid { -price } else { price };
    let horizon = levels.last().filter(|_| levels.len() >= depth).map(|(price, _)| key(*price));
    for price in prices.filter(|price| horizon.is_none_or(|horizon| key(*price) <= horizon)) {
        let quantity = engine.quantity(side, price);
        match (levels.binary_search_by_key(&key(price), |(price, _)| key(*price)), quantity) {
            (Ok(at), 0) => {
                levels.remove(at);
            }
            (Ok(at), _) => match levels.get_mut(at) {
                Some((_, known)) if *known != quantity => *known = quantity,
                _ => continue,
            },
            // Came and went between two looks.
            (Err(_), 0) => continue,
            (Err(at), _) => levels.insert(at, (price, quantity)),
        }
        told.push((price, quantity));
    }
    if let Some((last, _)) = levels.last().copied()
        && levels.len() < depth
    {
        let moved_in = engine.beyond(side, last).take(depth - levels.len());
        for level in moved_in {
            levels.push(level);
            told.push(level);
        }
    } else if levels.is_empty() {
        levels.extend(engine.levels(side).take(depth));
        told.extend_from_slice(levels);
    }
    if levels.len() > depth {
        levels.truncate(depth);
        let end = levels.last().map(|(price, _)| key(*price));
        told.retain(|(price, quantity)| *quantity == 0 || end.is_none_or(|end| key(*price) <= end));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Checksum, Level as Wire, Precision};
    use crate::money::{Decimal, Price, Quantity};
    use crate::sim::engine::{Order, Terms};
    use proptest::prelude::*;

    fn orders() -> impl Strategy<Value = Vec<Order>> {
        let side = prop_oneof![Just(Side::Bid), Just(Side::Ask)];
        let terms = prop_oneof![5 => (80i64..120).prop_map(Terms::Limit), 1 => Just(Terms::Market)];
        let order = (side, 1i64..40, terms).prop_map(|(side, quantity, terms)| Order { side, quantity, terms });
        prop::collection::vec(order, 1..150)
    }

    fn apply(levels: &mut Vec<Level>, changes: &[Level], side: Side, depth: usize) {
        for (price, quantity) in changes {
            levels.retain(|(known, _)| known != price);
            if *quantity > 0 {
                levels.push((*price, *quantity));
            }
        }
        levels.sort_by_key(|(price, _)| if side == Side::Bid { -price } else { *price });
        levels.truncate(depth);
    }

    proptest! {
        #[test]
        fn a_reader_who_applies_the_changes_sees_the_engine(orders in orders(), depth in 1usize..12) {
            let mut engine = Engine::default();
            let mut window = Window::new(&engine, depth);
            let (mut bids, mut asks) = (Vec::new(), Vec::new());
            for order in orders {
                let outcome = engine.place(order);
                if let Some(changes) = window.follow(&engine, &outcome.touched) {
                    apply(&mut bids, &changes.bids, Side::Bid, depth);
                    apply(&mut asks, &changes.asks, Side::Ask, depth);
                }
                for (side, reader) in [(Side::Bid, &bids), (Side::Ask, &asks)] {
                    let truth: Vec<Level> = engine.levels(side).take(depth).collect();
                    prop_assert_eq!(window.side(side), &truth[..]);
                    prop_assert_eq!(reader, &truth);
                }
            }
        }

        #[test]
        fn the_checksum_is_the_one_that_readers_compute(
            bids in prop::collection::btree_map(1i64..90_000, 1i64..1_000_000_000, 0..15),
            asks in prop::collection::btree_map(90_000i64..200_000, 1i64..1_000_000_000, 0..15),
        ) {
            let window = Window { depth: 20, bids: bids.into_iter().rev().collect(), asks: asks.into_iter().collect() };
            let wire = |(price, quantity): &Level| Wire {
                price: Price::new(Decimal::new(*price, 1)),
                quantity: Quantity::new(Decimal::new(*quantity, 8)),
            };
            let side = |side| window.side(side).iter().map(wire).collect::<Vec<_>>();
            let precision = Precision { price: 1, quantity: 8 };
            prop_assert_eq!(
                window.checksum(),
                Checksum::of_kraken(&side(Side::Bid), &side(Side::Ask), precision).expected()
            );
        }
    }
}
