//! The orders that a market's participants send, made up from a seed.
//!
//! A fair price wanders: it follows trends, is pulled back to where it started, and jumps about in between. Makers quote
//! around it, takers come in bursts (trading heats a market up, and a hot market trades more and quotes wider), and
//! whoever sees a quote on the wrong side of the fair price takes it.
//!
//! The flow depends on the seed and on the book, never on a clock.

use super::dice::Dice;
use super::engine::{Engine, Order, OrderId, Terms};
use super::pair::Pair;
use crate::market::Side;

/// The fewest and the most levels a side that the makers keep.
const LEVELS: std::ops::Range<usize> = 260..330;

/// The most orders that wait. In a market that hardly moves they would pile up at the same prices.
const WAITING: usize = 1_500;

/// How far from the fair price the deepest quotes stand, in gaps.
const REACH: i64 = 400;

/// The heat of a market in which everybody trades.
const HOTTEST: i64 = 1_000;

/// What a participant does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Sends an order.
    Place(Order),
    /// Takes one back.
    Cancel(OrderId),
}

/// The participants of one market.
#[derive(Clone, Debug)]
pub struct Flow {
    dice: Dice,
    pair: Pair,
    /// The fair price in 256ths of a tick.
    fair: i64,
    trend: i64,
    trend_steps: i64,
    heat: i64,
}

impl Flow {
    /// The participants of a market, before they have done anything.
    pub fn new(pair: Pair, dice: Dice) -> Self {
        Self { dice, fair: pair.start * 256, pair, trend: 0, trend_steps: 0, heat: 0 }
    }

    /// How eager this market is: 0 to 1000, more after trades.
    pub fn heat(&self) -> i64 {
        self.heat
    }

    /// Tells the participants what has been traded.
    pub fn traded(&mut self, fills: usize) {
        let fills = i64::try_from(fills).unwrap_or(HOTTEST);
        self.heat = (self.heat + fills.saturating_mul(60)).min(HOTTEST);
    }

    /// The orders that fill an empty book.
    pub fn opening(&mut self) -> Vec<Order> {
        let mut orders = Vec::new();
        for side in [Side::Bid, Side::Ask] {
            let mut away = 0;
            for _ in 0..LEVELS.start {
                orders.push(self.quote(side, away));
                away += 1 + self.dice.below(2 * self.pair.gap - 1);
            }
        }
        orders
    }

    /// What happens next.
    pub fn next(&mut self, engine: &Engine) -> Act {
        self.wander();
        self.heat = self.heat * 985 / 1_000;
        if let Some(order) = self.take_stale_quote(engine) {
            return Act::Place(order);
        }
        if let Some(act) = [Side::Bid, Side::Ask].into_iter().find_map(|side| self.keep_depth(engine, side)) {
            return act;
        }
        if engine.waiting() > WAITING
            && let Some(act) = self.thin_out(engine)
        {
            return act;
        }
        let side = if self.dice.happens(500 + self.trend.signum() * 40, 1_000) { Side::Bid } else { Side::Ask };
        let wide = self.pair.gap * 4 + self.half_spread() * 4;
        let spread = engine.best(Side::Ask).zip(engine.best(Side::Bid)).map(|((ask, _), (bid, _))| ask - bid);
        if spread.is_none_or(|spread| spread > wide) {
            let away = self.dice.below(self.pair.gap);
            return Act::Place(self.quote(side, away));
        }
        let takers = 50 + self.heat / 8;
        match self.dice.below(1_000) {
            0..2 => Act::Place(self.sweep(side)),
            roll if roll < 2 + takers => Act::Place(Order { side, quantity: self.size(), terms: Terms::Market }),
            roll if roll < 400 + takers => {
                let away = self.near();
                let quote = self.quote(side, away);
                self.withdraw(engine, side).unwrap_or(Act::Place(quote))
            }
            _ => {
                let away = self.near();
                Act::Place(self.quote(side, away))
            }
        }
    }

    fn wander(&mut self) {
        if self.trend_steps == 0 {
            self.trend_steps = 100 + self.dice.below(600);
            self.trend = self.pair.wander * self.dice.bell() / 256 / 12;
        }
        self.trend_steps -= 1;
        let start = self.pair.start * 256;
        let pull = (start - self.fair) / 40_000;
        self.fair += self.trend + pull + self.pair.wander * self.dice.bell() / 256;
        self.fair = self.fair.clamp(start / 2, start * 2);
    }

    /// The fair price, rounded down to a tick.
    fn fair_tick(&self) -> i64 {
        self.fair.div_euclid(256)
    }

    /// How far makers stay from the fair price: wider in a hot market.
    fn half_spread(&self) -> i64 {
        self.pair.gap * (HOTTEST / 4 + self.heat) / (HOTTEST * 2)
    }

    fn quote(&mut self, side: Side, away: i64) -> Order {
        let away = away + self.half_spread();
        let price = match side {
            Side::Bid => self.fair_tick() - away,
            Side::Ask => self.fair_tick() + 1 + away,
        };
        Order { side, quantity: self.size(), terms: Terms::Limit(price.max(1)) }
    }

    /// A large order that takes all that stands within some gaps of the fair price.
    fn sweep(&mut self, side: Side) -> Order {
        let away = self.pair.gap * (5 + self.dice.below(20));
        let price = if side == Side::Bid { self.fair_tick() + away } else { self.fair_tick() - away };
        Order { side, quantity: self.pair.size * 60, terms: Terms::ImmediateOrCancel(price.max(1)) }
    }

    /// A distance at which makers usually quote: the nearer the likelier.
    fn near(&mut self) -> i64 {
        let within = 14 * self.pair.gap;
        self.dice.below(within).min(self.dice.below(within))
    }

    /// Most orders are small, some are round, a few are large.
    fn size(&mut self) -> i64 {
        let unit = self.pair.size;
        let hundredths = match self.dice.below(100) {
            0..15 => return unit * (1 + self.dice.below(4)),
            15..65 => 2 + self.dice.below(100),
            65..94 => 100 + self.dice.below(300),
            _ => 400 + self.dice.below(1_600),
        };
        (unit / 100 * hundredths + self.dice.below(unit / 50)).max(1)
    }

    /// Somebody buys what is offered below the fair price, or sells to who bids above it.
    fn take_stale_quote(&self, engine: &Engine) -> Option<Order> {
        let fair = self.fair_tick();
        let stale = |side: Side, price: i64| if side == Side::Ask { price < fair } else { price > fair + 1 };
        let side = [Side::Ask, Side::Bid]
            .into_iter()
            .find(|side| engine.best(*side).is_some_and(|(price, _)| stale(*side, price)))?;
        let quantity = engine.levels(side).take_while(|(price, _)| stale(side, *price)).map(|(_, lots)| lots).sum();
        let terms = Terms::ImmediateOrCancel(if side == Side::Ask { fair - 1 } else { fair + 2 });
        Some(Order { side: side.opposite(), quantity, terms })
    }

    /// A thin side gets deep quotes, the sooner the thinner it is; a thick one now and then loses its deepest.
    fn keep_depth(&mut self, engine: &Engine, side: Side) -> Option<Act> {
        let depth = engine.depth(side);
        let missing = i64::try_from(LEVELS.start.saturating_sub(depth)).unwrap_or(0);
        if missing > 0 && self.dice.happens(80 + missing * 8, 1_000) {
            let away = self.dice.below(REACH * self.pair.gap);
            return Some(Act::Place(self.quote(side, away)));
        }
        if depth > LEVELS.end && self.dice.happens(150, 1_000) {
            return Some(Act::Cancel(engine.newest(side, engine.worst(side)?)?));
        }
        None
    }

    /// Somebody takes an order back where many wait.
    fn thin_out(&mut self, engine: &Engine) -> Option<Act> {
        let side = if self.dice.happens(1, 2) { Side::Bid } else { Side::Ask };
        let place = usize::try_from(self.dice.below(LEVELS.start as i64)).ok()?;
        let (price, _) =
            engine.levels(side).skip(place).take(20).max_by_key(|(price, _)| engine.crowd(side, *price))?;
        engine.newest(side, price).map(Act::Cancel)
    }

    /// Somebody takes a quote near the best price back.
    fn withdraw(&mut self, engine: &Engine, side: Side) -> Option<Act> {
        let place = usize::try_from(self.dice.below(20).min(self.dice.below(20))).ok()?;
        let (price, _) = engine.levels(side).nth(place)?;
        engine.newest(side, price).map(Act::Cancel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Market {
        engine: Engine,
        flow: Flow,
    }

    impl Market {
        fn open(pair: &Pair, seed: u64) -> Self {
            let mut market = Self { engine: Engine::default(), flow: Flow::new(pair.clone(), Dice::new(seed, 1)) };
            for order in market.flow.opening() {
                market.engine.place(order);
            }
            market
        }

        fn step(&mut self) -> (Act, usize) {
            let act = self.flow.next(&self.engine);
            let outcome = match act {
                Act::Place(order) => self.engine.place(order),
                Act::Cancel(id) => self.engine.cancel(id).expect("only what waits is taken back"),
            };
            self.flow.traded(outcome.fills.len());
            (act, outcome.fills.len())
        }
    }

    #[test]
    fn a_seed_is_a_history() {
        let pair = &Pair::standard()[0];
        let run = |seed| {
            let mut market = Market::open(pair, seed);
            (0..2_000).map(|_| market.step()).collect::<Vec<_>>()
        };
        assert_eq!(run(3), run(3));
        assert_ne!(run(3), run(4));
    }

    #[test]
    fn every_market_stays_deep_tight_and_alive() {
        for pair in Pair::many(7) {
            let mut market = Market::open(&pair, 11);
            let (mut trades, mut wide, mut thin, mut most) = (0, 0, usize::MAX, 0);
            for _ in 0..20_000 {
                let (_, fills) = market.step();
                trades += usize::from(fills > 0);
                let (bids, asks) = (market.engine.depth(Side::Bid), market.engine.depth(Side::Ask));
                thin = thin.min(bids).min(asks);
                most = most.max(market.engine.waiting());
                let spread = market.engine.best(Side::Ask).unwrap().0 - market.engine.best(Side::Bid).unwrap().0;
                wide += usize::from(spread > 12 * pair.gap);
            }
            assert!((600..10_000).contains(&trades), "{}: {trades} of 20 000 steps traded", pair.symbol);
            assert!(wide < 1_000, "{}: the spread was wide {wide} times", pair.symbol);
            assert!(most <= WAITING + 100, "{}: {most} orders", pair.symbol);
            assert!(thin >= 200, "{}: {thin} levels", pair.symbol);
            let moved = (market.flow.fair_tick() - pair.start).abs();
            assert!(moved * 20 < pair.start, "{}: moved by {moved}", pair.symbol);
        }
    }
}
