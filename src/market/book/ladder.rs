//! Both sides of a book as sorted fixed-point levels.
//!
//! A level is a pair of `i64`: price and quantity in units of the last decimal that the instrument uses.
//!
//! The ladder counts in as many decimals as the wire prints, trailing zeros included, so that nearly every number is
//! taken as it comes. Where a venue prints so many zeros that a number would not fit, the ladder is narrowed to the
//! decimals that its levels need, and from then on trailing zeros do not count.

use super::levels::{Levels, Ticks};
use super::{Change, Level};
use crate::market::{Precision, Side};
use crate::money::{Fixed, Price, Quantity};

#[derive(Clone, Debug)]
pub(super) struct Ladder {
    bids: Levels,
    asks: Levels,
    precision: Precision,
    /// The most decimals that the wire has printed, trailing zeros included.
    printed: Precision,
    /// Whether trailing zeros have stopped to count.
    narrow: bool,
}

impl Default for Ladder {
    fn default() -> Self {
        let none = Precision { price: 0, quantity: 0 };
        Self {
            bids: Levels::new(Side::Bid),
            asks: Levels::new(Side::Ask),
            precision: none,
            printed: none,
            narrow: false,
        }
    }
}

impl Ladder {
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    /// The levels of a side, best first.
    pub fn side(&self, side: Side) -> &Levels {
        match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        }
    }

    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The most decimals that the wire has printed.
    pub fn printed(&self) -> Precision {
        self.printed
    }

    /// Sets or, with a zero quantity, deletes a level. `None` when a number does not fit; the ladder is then unusable.
    pub fn set(&mut self, side: Side, change: &Change) -> Option<()> {
        let ticks = match self.ticks(change.price, change.quantity) {
            Some(ticks) => ticks,
            None => self.make_room(change)?,
        };
        if ticks.quantity < 0 {
            return None;
        }
        match side {
            Side::Bid => self.bids.set(ticks),
            Side::Ask => self.asks.set(ticks),
        }
        Some(())
    }

    /// Forgets the levels beyond `depth`: from now on they are unknown.
    pub fn truncate(&mut self, side: Side, depth: usize) {
        match side {
            Side::Bid => self.bids.truncate(depth),
            Side::Ask => self.asks.truncate(depth),
        }
    }

    /// Makes the ladder print at least these decimals; `None`, and nothing has changed, when a level would not fit.
    pub fn widen(&mut self, wanted: Precision) -> Option<()> {
        self.rescale(Precision {
            price: self.precision.price.max(wanted.price),
            quantity: self.precision.quantity.max(wanted.quantity),
        })
    }

    pub fn level(&self, ticks: Ticks) -> Level {
        Level {
            price: Price::new(Fixed::new(ticks.price, self.precision.price).decimal()),
            quantity: Quantity::new(Fixed::new(ticks.quantity, self.precision.quantity).decimal()),
        }
    }

    /// The change in the ladder's units, after the ladder was rescaled to hold it.
    #[cold]
    fn make_room(&mut self, change: &Change) -> Option<Ticks> {
        let printed = Precision { price: change.price.decimals(), quantity: change.quantity.decimals() };
        self.printed.price = self.printed.price.max(printed.price);
        self.printed.quantity = self.printed.quantity.max(printed.quantity);
        if !self.narrow {
            let ticks = self.widen(printed).and_then(|()| self.ticks(change.price, change.quantity));
            if ticks.is_some() {
                return ticks;
            }
            self.narrow = true;
        }
        let (price, quantity) = (change.price.normalized(), change.quantity.normalized());
        if let Some(ticks) = self.ticks(price, quantity) {
            return Some(ticks);
        }
        let needed = self.needed(price, quantity);
        self.rescale(needed)?;
        self.ticks(price, quantity)
    }

    /// A level in the ladder's units, if those can hold it.
    fn ticks(&self, price: Fixed, quantity: Fixed) -> Option<Ticks> {
        Some(Ticks {
            price: price.widened(self.precision.price)?,
            quantity: quantity.widened(self.precision.quantity)?,
        })
    }

    /// The fewest decimals that hold every level and this one.
    fn needed(&self, price: Fixed, quantity: Fixed) -> Precision {
        let mut needed = Precision { price: price.decimals(), quantity: quantity.decimals() };
        for ticks in self.bids.iter().chain(self.asks.iter()) {
            let price = Fixed::new(ticks.price, self.precision.price).normalized();
            let quantity = Fixed::new(ticks.quantity, self.precision.quantity).normalized();
            needed.price = needed.price.max(price.decimals());
            needed.quantity = needed.quantity.max(quantity.decimals());
        }
        needed
    }

    /// `None` when a level no longer fits; nothing has changed then.
    fn rescale(&mut self, wanted: Precision) -> Option<()> {
        let from = self.precision;
        let rescaled = |ticks: &Ticks| {
            let price = Fixed::new(ticks.price, from.price).rescaled(wanted.price)?;
            let quantity = Fixed::new(ticks.quantity, from.quantity).rescaled(wanted.quantity)?;
            Some(Ticks { price, quantity })
        };
        let (bids, asks) = (self.bids.rescaled(rescaled)?, self.asks.rescaled(rescaled)?);
        (self.bids, self.asks, self.precision) = (bids, asks, wanted);
        Some(())
    }
}
