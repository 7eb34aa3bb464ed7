//! Both sides of a book as sorted fixed-point levels.
//!
//! A level is a pair of `i64`: price and quantity in units of the last decimal that the instrument uses. Each side is one
//! sorted vector, best level first: books change near their best price, so a change is found after a few steps and moves
//! little memory that is not in the cache already.
//!
//! When a number with more decimals arrives, the whole ladder is widened first. Trailing zeros do not count as decimals
//! unless the venue's precision says so, so a venue that prints eight zeros does not use up the range of the integers.

use super::Level;
use crate::market::{Precision, Side};
use crate::money::{Decimal, Price, Quantity};

/// Price and quantity in units of the ladder's last decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticks {
    pub price: i64,
    pub quantity: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Ladder {
    bids: Vec<Ticks>,
    asks: Vec<Ticks>,
    precision: Precision,
    /// The most decimals that the wire has printed, trailing zeros included.
    printed: Precision,
}

impl Default for Ladder {
    fn default() -> Self {
        let none = Precision { price: 0, quantity: 0 };
        Self { bids: Vec::new(), asks: Vec::new(), precision: none, printed: none }
    }
}

impl Ladder {
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    /// The levels of a side, best first.
    pub fn side(&self, side: Side) -> &[Ticks] {
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
    pub fn set(&mut self, side: Side, level: &Level) -> Option<()> {
        let price = level.price.get();
        let quantity = level.quantity.get();
        self.printed.price = self.printed.price.max(price.scale() as u8);
        self.printed.quantity = self.printed.quantity.max(quantity.scale() as u8);
        let ticks = match self.ticks(price, quantity) {
            Some(ticks) => ticks,
            None => {
                let (price, quantity) = (price.normalize(), quantity.normalize());
                self.make_room(price, quantity)?;
                self.ticks(price, quantity)?
            }
        };
        if ticks.quantity < 0 {
            return None;
        }
        let levels = match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        };
        // Bids descend and asks ascend; with the key negated for bids both ascend.
        let key = |price: i64| if side == Side::Bid { price.wrapping_neg() } else { price };
        let found = levels.binary_search_by_key(&key(ticks.price), |l| key(l.price));
        match (found, ticks.quantity) {
            (Ok(at), 0) => {
                levels.remove(at);
            }
            (Ok(at), _) => {
                if let Some(level) = levels.get_mut(at) {
                    *level = ticks;
                }
            }
            // A venue may delete what we never had (it lay beyond our depth): nothing to do.
            (Err(_), 0) => {}
            (Err(at), _) => levels.insert(at, ticks),
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
            price: Price::new(Decimal::new(ticks.price, u32::from(self.precision.price))),
            quantity: Quantity::new(Decimal::new(ticks.quantity, u32::from(self.precision.quantity))),
        }
    }

    fn ticks(&self, price: Decimal, quantity: Decimal) -> Option<Ticks> {
        Some(Ticks { price: units(price, self.precision.price)?, quantity: units(quantity, self.precision.quantity)? })
    }

    fn make_room(&mut self, price: Decimal, quantity: Decimal) -> Option<()> {
        let wanted = Precision {
            price: self.precision.price.max(price.scale() as u8),
            quantity: self.precision.quantity.max(quantity.scale() as u8),
        };
        self.rescale(wanted)
    }

    /// `None` when a level no longer fits; nothing has changed then.
    fn rescale(&mut self, wanted: Precision) -> Option<()> {
        let factor = |from: u8, to: u8| 10i64.checked_pow(u32::from(to.checked_sub(from)?));
        let by_price = factor(self.precision.price, wanted.price)?;
        let by_quantity = factor(self.precision.quantity, wanted.quantity)?;
        let wider = |levels: &[Ticks]| {
            let wider = levels.iter().map(|l| {
                Some(Ticks { price: l.price.checked_mul(by_price)?, quantity: l.quantity.checked_mul(by_quantity)? })
            });
            wider.collect::<Option<Vec<_>>>()
        };
        let (bids, asks) = (wider(&self.bids)?, wider(&self.asks)?);
        (self.bids, self.asks, self.precision) = (bids, asks, wanted);
        Some(())
    }
}

/// `value` in units of its `decimals`-th decimal; `None` when it needs more decimals or more range than there is.
fn units(value: Decimal, decimals: u8) -> Option<i64> {
    let mantissa = i64::try_from(value.mantissa()).ok()?;
    let (have, want) = (value.scale(), u32::from(decimals));
    if have <= want {
        return mantissa.checked_mul(10i64.checked_pow(want - have)?);
    }
    let surplus = 10i64.checked_pow(have - want)?;
    (mantissa % surplus == 0).then_some(mantissa / surplus)
}
