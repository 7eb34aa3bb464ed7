//! The matching engine of one market: orders in, fills and level changes out.
//!
//! - Better prices match first and, at one price, older orders first. A fill is at the price of the order that waited.
//! - After every order the best bid is below the best ask.
//! - Quantity is conserved: what is placed is filled, rests, is cancelled or is given back as unfilled.

use crate::market::Side;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// The engine's number of an order.
pub type OrderId = u64;

/// What becomes of the part of an order that does not match at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    /// It waits at this price.
    Limit(i64),
    /// It is given back; nothing is paid beyond this price.
    ImmediateOrCancel(i64),
    /// It is given back; any price is paid.
    Market,
}

/// A wish to buy (`Bid`) or to sell (`Ask`) so many lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Buy or sell.
    pub side: Side,
    /// How many lots.
    pub quantity: i64,
    /// On which terms.
    pub terms: Terms,
}

/// Two orders that met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The order that waited.
    pub maker: OrderId,
    /// The price, in ticks.
    pub price: i64,
    /// How many lots.
    pub quantity: i64,
}

/// What an order or a cancellation did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The order's number, if a part of it now waits.
    pub resting: Option<OrderId>,
    /// Whom it met, best price first.
    pub fills: Vec<Fill>,
    /// The levels whose quantity has changed, each once.
    pub touched: Vec<(Side, i64)>,
    /// Lots given back.
    pub unfilled: i64,
}

#[derive(Clone, Debug, Default)]
struct Queue {
    total: i64,
    orders: VecDeque<(OrderId, i64)>,
}

/// The orders of one market.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    bids: BTreeMap<i64, Queue>,
    asks: BTreeMap<i64, Queue>,
    resting: HashMap<OrderId, (Side, i64)>,
    orders: OrderId,
}

impl Engine {
    /// Matches an order. One without lots, or with a price that is not positive, is given back.
    pub fn place(&mut self, order: Order) -> Outcome {
        let Order { side, quantity, terms } = order;
        let limit = match terms {
            Terms::Limit(price) | Terms::ImmediateOrCancel(price) => Some(price),
            Terms::Market => None,
        };
        let mut outcome = Outcome { unfilled: quantity.max(0), ..Outcome::default() };
        if quantity <= 0 || limit.is_some_and(|price| price <= 0) {
            return outcome;
        }
        self.orders += 1;
        while outcome.unfilled > 0 && self.fill_best(side.opposite(), limit, &mut outcome) {}
        if let (Terms::Limit(price), 1..) = (terms, outcome.unfilled) {
            let id = self.orders;
            let queue = self.side_mut(side).entry(price).or_default();
            queue.total += outcome.unfilled;
            queue.orders.push_back((id, outcome.unfilled));
            self.resting.insert(id, (side, price));
            outcome.resting = Some(id);
            outcome.touched.push((side, price));
            outcome.unfilled = 0;
        }
        outcome
    }

    /// Fills from the best level of `side`; `false` when there is none within the limit.
    fn fill_best(&mut self, side: Side, limit: Option<i64>, outcome: &mut Outcome) -> bool {
        let levels = match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        };
        let best = if side == Side::Bid { levels.last_entry() } else { levels.first_entry() };
        let Some(mut level) = best else { return false };
        let price = *level.key();
        if limit.is_some_and(|limit| if side == Side::Bid { price < limit } else { price > limit }) {
            return false;
        }
        let queue = level.get_mut();
        while let Some((maker, waiting)) = queue.orders.front_mut() {
            let quantity = outcome.unfilled.min(*waiting);
            if quantity == 0 {
                break;
            }
            outcome.fills.push(Fill { maker: *maker, price, quantity });
            outcome.unfilled -= quantity;
            queue.total -= quantity;
            *waiting -= quantity;
            if *waiting == 0 {
                self.resting.remove(maker);
                queue.orders.pop_front();
            }
        }
        if queue.orders.is_empty() {
            level.remove();
        }
        outcome.touched.push((side, price));
        true
    }

    /// Takes an order out of the book; `None` when it does not wait there.
    pub fn cancel(&mut self, id: OrderId) -> Option<Outcome> {
        let (side, price) = self.resting.remove(&id)?;
        let levels = self.side_mut(side);
        let queue = levels.get_mut(&price)?;
        let place = queue.orders.iter().position(|(waiting, _)| *waiting == id)?;
        let (_, quantity) = queue.orders.remove(place)?;
        queue.total -= quantity;
        if queue.orders.is_empty() {
            levels.remove(&price);
        }
        Some(Outcome { touched: vec![(side, price)], unfilled: quantity, ..Outcome::default() })
    }

    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<i64, Queue> {
        match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        }
    }

    fn side(&self, side: Side) -> &BTreeMap<i64, Queue> {
        match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        }
    }

    /// The levels of a side as price and lots, best first.
    pub fn levels(&self, side: Side) -> Box<dyn Iterator<Item = (i64, i64)> + '_> {
        let level = |(price, queue): (&i64, &Queue)| (*price, queue.total);
        match side {
            Side::Bid => Box::new(self.bids.iter().rev().map(level)),
            Side::Ask => Box::new(self.asks.iter().map(level)),
        }
    }

    /// The levels of a side that are worse than `price`, best first.
    pub fn beyond(&self, side: Side, price: i64) -> Box<dyn Iterator<Item = (i64, i64)> + '_> {
        let level = |(price, queue): (&i64, &Queue)| (*price, queue.total);
        match side {
            Side::Bid => Box::new(self.bids.range(..price).rev().map(level)),
            Side::Ask => Box::new(self.asks.range(price.saturating_add(1)..).map(level)),
        }
    }

    /// The lots that wait at a price; zero when there is no such level.
    pub fn quantity(&self, side: Side, price: i64) -> i64 {
        self.side(side).get(&price).map_or(0, |queue| queue.total)
    }

    /// The best level of a side.
    pub fn best(&self, side: Side) -> Option<(i64, i64)> {
        self.levels(side).next()
    }

    /// The worst price of a side.
    pub fn worst(&self, side: Side) -> Option<i64> {
        match side {
            Side::Bid => self.bids.keys().next().copied(),
            Side::Ask => self.asks.keys().next_back().copied(),
        }
    }

    /// How many levels a side has.
    pub fn depth(&self, side: Side) -> usize {
        self.side(side).len()
    }

    /// How many orders wait.
    pub fn waiting(&self) -> usize {
        self.resting.len()
    }

    /// How many orders wait at a price.
    pub fn crowd(&self, side: Side, price: i64) -> usize {
        self.side(side).get(&price).map_or(0, |queue| queue.orders.len())
    }

    /// The order that came last to a level.
    pub fn newest(&self, side: Side, price: i64) -> Option<OrderId> {
        self.side(side).get(&price)?.orders.back().map(|(id, _)| *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limit(side: Side, price: i64, quantity: i64) -> Order {
        Order { side, quantity, terms: Terms::Limit(price) }
    }

    #[test]
    fn better_prices_first_then_older_orders() {
        let mut engine = Engine::default();
        let late = engine.place(limit(Side::Ask, 101, 5)).resting.unwrap();
        let first = engine.place(limit(Side::Ask, 100, 2)).resting.unwrap();
        let second = engine.place(limit(Side::Ask, 100, 3)).resting.unwrap();
        let outcome = engine.place(limit(Side::Bid, 103, 7));
        let met: Vec<_> = outcome.fills.iter().map(|fill| (fill.maker, fill.price, fill.quantity)).collect();
        assert_eq!(met, [(first, 100, 2), (second, 100, 3), (late, 101, 2)]);
        assert_eq!(outcome.touched, [(Side::Ask, 100), (Side::Ask, 101)]);
        assert_eq!((outcome.resting, outcome.unfilled), (None, 0));
        assert_eq!(engine.best(Side::Ask), Some((101, 3)));
    }

    #[test]
    fn what_is_not_to_wait_is_given_back() {
        let mut engine = Engine::default();
        engine.place(limit(Side::Bid, 99, 4));
        engine.place(limit(Side::Bid, 98, 4));
        let order = Order { side: Side::Ask, quantity: 6, terms: Terms::ImmediateOrCancel(99) };
        let outcome = engine.place(order);
        assert_eq!((outcome.fills.len(), outcome.unfilled, outcome.resting), (1, 2, None));
        let outcome = engine.place(Order { side: Side::Ask, quantity: 9, terms: Terms::Market });
        assert_eq!((outcome.unfilled, engine.best(Side::Bid)), (5, None));
        assert_eq!(engine.place(limit(Side::Bid, 0, 5)).unfilled, 5);
        assert_eq!(engine.place(limit(Side::Bid, 5, -5)), Outcome::default());
    }

    #[test]
    fn a_cancelled_order_is_gone_and_only_once() {
        let mut engine = Engine::default();
        let id = engine.place(limit(Side::Bid, 99, 4)).resting.unwrap();
        assert_eq!(engine.cancel(id).unwrap().touched, [(Side::Bid, 99)]);
        assert_eq!(engine.cancel(id), None);
        assert_eq!(engine.depth(Side::Bid), 0);
    }

    #[derive(Clone, Debug)]
    enum Act {
        Place(Order),
        Cancel(u64),
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let side = prop_oneof![Just(Side::Bid), Just(Side::Ask)];
        let terms = prop_oneof![
            6 => (90i64..110).prop_map(Terms::Limit),
            1 => (90i64..110).prop_map(Terms::ImmediateOrCancel),
            1 => Just(Terms::Market),
        ];
        let place =
            (side, 1i64..50, terms).prop_map(|(side, quantity, terms)| Act::Place(Order { side, quantity, terms }));
        prop::collection::vec(prop_oneof![4 => place, 1 => (1u64..80).prop_map(Act::Cancel)], 1..120)
    }

    fn waiting(engine: &Engine) -> i64 {
        [Side::Bid, Side::Ask].into_iter().flat_map(|side| engine.levels(side)).map(|(_, lots)| lots).sum()
    }

    proptest! {
        #[test]
        fn never_crossed_nothing_lost_and_older_orders_first(acts in acts()) {
            let mut engine = Engine::default();
            for act in acts {
                let before = waiting(&engine);
                let (placed, outcome) = match act {
                    Act::Place(order) => (order.quantity, engine.place(order)),
                    Act::Cancel(id) => match engine.cancel(id) {
                        Some(outcome) => (0, outcome),
                        None => continue,
                    },
                };
                let filled: i64 = outcome.fills.iter().map(|fill| fill.quantity).sum();
                prop_assert_eq!(before + placed - 2 * filled - outcome.unfilled, waiting(&engine));
                if let (Some((bid, _)), Some((ask, _))) = (engine.best(Side::Bid), engine.best(Side::Ask)) {
                    prop_assert!(bid < ask, "{bid} {ask}");
                }
                for pair in outcome.fills.windows(2) {
                    prop_assert!(pair[0].price != pair[1].price || pair[0].maker < pair[1].maker);
                }
                for side in [Side::Bid, Side::Ask] {
                    for queue in engine.side(side).values() {
                        prop_assert_eq!(queue.total, queue.orders.iter().map(|(_, lots)| lots).sum::<i64>());
                        prop_assert!(queue.orders.iter().all(|(_, lots)| *lots > 0));
                    }
                }
                prop_assert_eq!(engine.resting.len(), engine.bids.values().chain(engine.asks.values())
                    .map(|queue| queue.orders.len()).sum::<usize>());
            }
        }
    }
}
