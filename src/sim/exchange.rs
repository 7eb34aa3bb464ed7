//! All markets of the venue, in one order of events.
//!
//! The seed alone decides what happens and in which order; the clock only says when. Which market acts next depends on how
//! hot each one is, and the whole venue has calm and busy spells, told as the time that a step takes.

use super::chart::{Chart, Trade};
use super::dice::Dice;
use super::engine::{Engine, Outcome, Terms};
use super::flow::{Act, Flow};
use super::pair::Pair;
use crate::market::{Side, Timestamp};
use std::time::Duration;

/// Steps that each market takes before the doors open, and how far apart they lie.
const REHEARSAL: (u32, Duration) = (400, Duration::from_millis(150));

/// The usual time of a message, in the units of [`Step::pause`].
pub const USUAL_PAUSE: i64 = 1_000;

/// How long a message takes while the venue is busy and while it is calm; with the odds below the mean is 1000.
const BUSY_PAUSE: i64 = 400;
const CALM_PAUSE: i64 = 1_300;

/// One market with its records.
#[derive(Clone, Debug)]
pub struct Pit {
    /// What is traded.
    pub pair: Pair,
    /// The orders.
    pub engine: Engine,
    /// The records.
    pub chart: Chart,
    flow: Flow,
}

/// What has happened.
#[derive(Clone, Debug)]
pub struct Step {
    /// The number of the market in [`Exchange::pits`].
    pub pit: usize,
    /// The levels whose quantity has changed.
    pub touched: Vec<(Side, i64)>,
    /// What was traded.
    pub trades: Vec<Trade>,
    /// How long until the next step, in thousandths of the usual time between two messages.
    pub pause: i64,
}

/// The venue's markets.
#[derive(Clone, Debug)]
pub struct Exchange {
    pits: Vec<Pit>,
    dice: Dice,
    busy: bool,
}

impl Exchange {
    /// A venue with a past, as of `now`.
    pub fn open(pairs: Vec<Pair>, seed: u64, now: Timestamp) -> Self {
        let streams = (1u64..).step_by(2);
        let pits = pairs.into_iter().zip(streams).map(|(pair, stream)| Pit::open(pair, seed, stream, now)).collect();
        Self { pits, dice: Dice::new(seed, 0), busy: false }
    }

    /// The markets.
    pub fn pits(&self) -> &[Pit] {
        &self.pits
    }

    /// The next thing that happens; `None` on a venue without markets.
    pub fn step(&mut self, now: Timestamp) -> Option<Step> {
        let number = self.next_pit();
        let pit = self.pits.get_mut(number)?;
        let (touched, trades) = pit.step(now);
        self.busy = if self.busy { !self.dice.happens(1, 60) } else { self.dice.happens(1, 120) };
        let messages = i64::from(!touched.is_empty()) + i64::from(!trades.is_empty());
        let pause = messages * if self.busy { BUSY_PAUSE } else { CALM_PAUSE };
        Some(Step { pit: number, touched, trades, pause })
    }

    /// Hot markets act more often.
    fn next_pit(&mut self) -> usize {
        let weight = |pit: &Pit| 300 + pit.flow.heat();
        let mut throw = self.dice.below(self.pits.iter().map(weight).sum());
        let chosen = self.pits.iter().position(|pit| {
            throw -= weight(pit);
            throw < 0
        });
        chosen.unwrap_or(0)
    }
}

impl Pit {
    fn open(pair: Pair, seed: u64, stream: u64, now: Timestamp) -> Self {
        let (steps, apart) = REHEARSAL;
        let back = i64::try_from((apart * steps).as_nanos()).unwrap_or(0);
        let start = Timestamp::from_nanos(now.nanos() - back);
        let chart = Chart::before(start, &pair, &mut Dice::new(seed, stream + 1));
        let flow = Flow::new(pair.clone(), Dice::new(seed, stream));
        let mut pit = Self { pair, engine: Engine::default(), chart, flow };
        for order in pit.flow.opening() {
            pit.engine.place(order);
        }
        for step in 0..steps {
            pit.step(start.plus(apart * step));
        }
        pit
    }

    fn step(&mut self, now: Timestamp) -> (Vec<(Side, i64)>, Vec<Trade>) {
        let act = self.flow.next(&self.engine);
        let (taker, market, outcome) = match act {
            Act::Place(order) => (order.side, order.terms == Terms::Market, self.engine.place(order)),
            Act::Cancel(id) => (Side::Bid, false, self.engine.cancel(id).unwrap_or_default()),
        };
        let Outcome { fills, touched, .. } = outcome;
        self.flow.traded(fills.len());
        let trades = fills.iter().map(|fill| self.chart.record(fill.price, fill.quantity, taker, market, now));
        (touched, trades.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);

    #[test]
    fn the_seed_decides_and_the_clock_only_paces() {
        let run = |seed, apart| {
            let mut exchange = Exchange::open(Pair::standard(), seed, NOW);
            let steps = (0..3_000u32).filter_map(|n| exchange.step(NOW.plus(apart * n)));
            steps.map(|step| (step.pit, step.touched, step.pause)).collect::<Vec<_>>()
        };
        let first = run(9, Duration::from_millis(1));
        assert_eq!(first, run(9, Duration::from_secs(3)));
        assert_ne!(first, run(10, Duration::from_millis(1)));
        for pit in 0..5 {
            assert!(first.iter().filter(|step| step.0 == pit).count() > 200, "market {pit} sleeps");
        }
    }

    #[test]
    fn messages_take_their_usual_time_on_average() {
        let mut exchange = Exchange::open(Pair::standard(), 1, NOW);
        let (mut messages, mut pause) = (0, 0);
        for _ in 0..60_000 {
            let step = exchange.step(NOW).unwrap();
            messages += i64::from(!step.touched.is_empty()) + i64::from(!step.trades.is_empty());
            pause += step.pause;
        }
        let mean = pause / messages;
        assert!((USUAL_PAUSE - 60..USUAL_PAUSE + 60).contains(&mean), "{mean}");
    }

    #[test]
    fn the_doors_open_on_a_market_that_lives() {
        let exchange = Exchange::open(Pair::standard(), 1, NOW);
        for pit in exchange.pits() {
            assert_eq!(pit.chart.tape().count(), 50, "{}", pit.pair.symbol);
            assert!(pit.chart.tape().all(|trade| trade.at <= NOW));
            assert!(pit.engine.depth(Side::Bid) > 200 && pit.engine.depth(Side::Ask) > 200);
        }
        assert!(Exchange::open(Vec::new(), 1, NOW).step(NOW).is_none());
    }
}
