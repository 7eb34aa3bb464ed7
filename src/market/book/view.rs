//! What can be read from a book: best prices, rows with totals, grouping, imbalance, the cost of a size.
//!
//! Every answer that needs a level which is not there is `None`: an empty side has no best price and no mid.

use super::{Book, Level};
use crate::market::Side;
use crate::money::{Decimal, Notional, Price, Quantity};
use rust_decimal::RoundingStrategy;

/// A level with what stands between it and the best price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The level, or the group of levels.
    pub level: Level,
    /// The quantity from the best price up to and including this level.
    pub total: Quantity,
    /// What that quantity is worth at the levels' own prices.
    pub notional: Notional,
}

/// Whether the best bid and the best ask stand as they should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crossing {
    /// The bid is below the ask, or a side is empty.
    Apart,
    /// Bid and ask are equal.
    Locked,
    /// The bid is above the ask.
    Crossed,
}

/// What it costs to take a quantity from a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// What the known levels can fill; less than asked when the depth that we know runs out.
    pub filled: Quantity,
    /// What that costs.
    pub cost: Notional,
    /// The average price, rounded half to even at ten decimals more than the best price has.
    pub average: Price,
    /// How far the average is from the best price, in basis points, never negative; two decimals, half to even.
    pub slippage_bps: Decimal,
}

impl Book {
    /// The levels of a side, best first.
    pub fn levels(&self, side: Side) -> impl ExactSizeIterator<Item = Level> + DoubleEndedIterator + '_ {
        self.ladder.side(side).iter().map(|ticks| self.ladder.level(*ticks))
    }

    /// The best level of a side.
    pub fn best(&self, side: Side) -> Option<Level> {
        self.levels(side).next()
    }

    /// The last level that is known, when the side is cut off by the subscription's depth: beyond it may be more.
    pub fn horizon(&self, side: Side) -> Option<Level> {
        let mut levels = self.levels(side);
        let full = self.depth.is_some_and(|depth| levels.len() >= depth);
        levels.next_back().filter(|_| full)
    }

    /// How bid and ask stand to each other.
    pub fn crossing(&self) -> Crossing {
        match (self.ladder.side(Side::Bid).first(), self.ladder.side(Side::Ask).first()) {
            (Some(bid), Some(ask)) if bid.price > ask.price => Crossing::Crossed,
            (Some(bid), Some(ask)) if bid.price == ask.price => Crossing::Locked,
            _ => Crossing::Apart,
        }
    }

    /// Best ask minus best bid; negative when crossed.
    pub fn spread(&self) -> Option<Price> {
        self.best(Side::Ask)?.price.checked_sub(self.best(Side::Bid)?.price)
    }

    /// Half way between best bid and best ask.
    pub fn mid(&self) -> Option<Price> {
        let sum = self.best(Side::Bid)?.price.checked_add(self.best(Side::Ask)?.price)?;
        sum.get().checked_mul(Decimal::new(5, 1)).map(|mid| Price::new(mid.normalize()))
    }

    /// The spread in basis points of the mid, rounded half to even at two decimals.
    pub fn spread_bps(&self) -> Option<Decimal> {
        bps(self.spread()?.get(), self.mid()?.get())
    }

    /// How far a price is from the mid, in basis points of the mid: positive above it.
    pub fn bps_from_mid(&self, price: Price) -> Option<Decimal> {
        let mid = self.mid()?;
        bps(price.checked_sub(mid)?.get(), mid.get())
    }

    /// (bids − asks) / (bids + asks) over the quantities of the best `levels` a side: 1 when all are bids, −1 when all are
    /// asks; three decimals.
    pub fn imbalance(&self, levels: usize) -> Option<Decimal> {
        let sum = |side| self.levels(side).take(levels).try_fold(Decimal::ZERO, |s, l| s.checked_add(l.quantity.get()));
        let (bids, asks) = (sum(Side::Bid)?, sum(Side::Ask)?);
        let whole = bids.checked_add(asks)?;
        let share = bids.checked_sub(asks)?.checked_div(whole)?;
        Some(share.round_dp_with_strategy(3, RoundingStrategy::MidpointNearestEven))
    }

    /// The best `count` levels of a side with running totals.
    pub fn rows(&self, side: Side, count: usize) -> Vec<Row> {
        totals(self.levels(side).take(count))
    }

    /// The best `count` groups of `step` in price. A bid belongs to the group below it and an ask to the group above it,
    /// so a group never promises a better price than its levels have. The sum of all quantities stays the same.
    pub fn grouped(&self, side: Side, step: Price, count: usize) -> Vec<Row> {
        if step <= Price::ZERO {
            return self.rows(side, count);
        }
        let mut groups: Vec<Level> = Vec::with_capacity(count.min(self.ladder.side(side).len()));
        for level in self.levels(side) {
            let Some(price) = round_to(level.price, step, side) else { break };
            let full = groups.len() == count;
            match groups.last_mut() {
                Some(group) if group.price == price => match group.quantity.checked_add(level.quantity) {
                    Some(sum) => group.quantity = sum,
                    None => break,
                },
                _ if full => break,
                _ => groups.push(Level { price, quantity: level.quantity }),
            }
        }
        totals(groups.into_iter())
    }

    /// What it costs to take `quantity` from a side, or `None` when that side is empty or the quantity is not positive.
    pub fn cost_to_take(&self, side: Side, quantity: Quantity) -> Option<Fill> {
        let best = self.best(side)?.price;
        if quantity <= Quantity::ZERO {
            return None;
        }
        let (mut filled, mut cost) = (Quantity::ZERO, Decimal::ZERO);
        for level in self.levels(side) {
            let take = level.quantity.min(quantity.checked_sub(filled)?);
            cost = cost.checked_add(level.price.times(take)?.get())?;
            filled = filled.checked_add(take)?;
            if filled == quantity {
                break;
            }
        }
        let average = cost.checked_div(filled.get())?;
        let places = best.get().scale() + 10;
        let average = average.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven).normalize();
        let slippage_bps = bps((average - best.get()).abs(), best.get())?;
        Some(Fill { filled, cost: Notional::new(cost), average: Price::new(average), slippage_bps })
    }
}

/// `part` / `whole` in basis points, two decimals.
fn bps(part: Decimal, whole: Decimal) -> Option<Decimal> {
    let ratio = part.checked_mul(Decimal::from(10_000))?.checked_div(whole)?;
    Some(ratio.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven))
}

/// A price in steps, never a better one: bids down, asks up.
pub(in crate::market) fn round_to(price: Price, step: Price, side: Side) -> Option<Price> {
    let steps = price.get().checked_div(step.get())?;
    let whole = match side {
        Side::Bid => steps.floor(),
        Side::Ask => steps.ceil(),
    };
    whole.checked_mul(step.get()).map(Price::new)
}

fn totals(levels: impl Iterator<Item = Level>) -> Vec<Row> {
    let mut total = Quantity::ZERO;
    let mut notional = Decimal::ZERO;
    let rows = levels.map_while(|level| {
        total = total.checked_add(level.quantity)?;
        notional = notional.checked_add(level.price.times(level.quantity)?.get())?;
        Some(Row { level, total, notional: Notional::new(notional) })
    });
    rows.collect()
}
