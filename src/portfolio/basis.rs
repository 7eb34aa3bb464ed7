//! Cost basis: which purchases a sale uses up, and what it gains over them.
//!
//! - Four methods: the oldest purchases first (FIFO), the newest (LIFO), the dearest (HIFO), or all at their average cost.
//! - A purchase costs its price and its fee. A sale brings its price less its fee. What is realised is what it brings less
//!   what the quantity sold had cost.
//! - Quantities are exact: what is left is what was bought less what was sold, to the last digit. Costs are split in
//!   proportion with 28 significant digits, and the parts of a purchase always add up to the whole.
//! - Nothing is sold that is not there.

#![deny(clippy::float_arithmetic)]

use crate::money::{Decimal, exact_sum};
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

/// Which purchases a sale uses up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// The oldest first.
    #[default]
    Fifo,
    /// The newest first.
    Lifo,
    /// Those with the highest cost a unit first; of equal ones the oldest.
    Hifo,
    /// All of them in proportion, at their average cost.
    Average,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 4] = [Self::Fifo, Self::Lifo, Self::Hifo, Self::Average];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fifo => "fifo",
            Self::Lifo => "lifo",
            Self::Hifo => "hifo",
            Self::Average => "average",
        }
    }
}

/// Why a purchase or a sale cannot be counted. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BasisError {
    /// The quantity is zero or less.
    #[error("a quantity of {0} is neither bought nor sold")]
    Quantity(Decimal),
    /// The price or the fee is below zero.
    #[error("{0} is below zero")]
    Negative(Decimal),
    /// More is sold than there is.
    #[error("{sold} are sold, but {held} are held")]
    Oversold {
        /// What was to be sold.
        sold: Decimal,
        /// What is there.
        held: Decimal,
    },
    /// A number does not fit 28 digits.
    #[error("a number has too many digits to be kept exactly")]
    TooPrecise,
}

/// What is left of a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// How much.
    pub quantity: Decimal,
    /// What it cost, fee included.
    pub cost: Decimal,
}

/// The lots of one asset, in the order in which they are used up.
#[derive(Clone, Debug)]
enum Lots {
    /// Oldest first.
    ByAge(VecDeque<Lot>),
    /// By cost a unit, dearest first, and age.
    ByCost(BTreeMap<(Reverse<Decimal>, u64), Lot>),
    /// All in one.
    Pooled(Option<Lot>),
}

/// One asset: what is held of it, what that cost, and what sales of it have realised.
#[derive(Clone, Debug)]
pub struct Holding {
    method: Method,
    lots: Lots,
    bought: u64,
    quantity: Decimal,
    cost: Decimal,
    realised: Decimal,
}

impl Holding {
    /// Nothing is held yet.
    pub fn new(method: Method) -> Self {
        let lots = match method {
            Method::Fifo | Method::Lifo => Lots::ByAge(VecDeque::new()),
            Method::Hifo => Lots::ByCost(BTreeMap::new()),
            Method::Average => Lots::Pooled(None),
        };
        Self { method, lots, bought: 0, quantity: Decimal::ZERO, cost: Decimal::ZERO, realised: Decimal::ZERO }
    }

    /// What is held.
    pub fn quantity(&self) -> Decimal {
        self.quantity
    }

    /// What that cost, fees included.
    pub fn cost(&self) -> Decimal {
        self.cost
    }

    /// What all sales have brought beyond what was sold had cost; negative when they have lost.
    pub fn realised(&self) -> Decimal {
        self.realised
    }

    /// What would be realised if all were sold at `price` without a fee.
    pub fn unrealised(&self, price: Decimal) -> Option<Decimal> {
        self.quantity.checked_mul(price)?.checked_sub(self.cost)
    }

    /// What is left of each purchase, in the order in which it will be used up.
    pub fn lots(&self) -> Vec<Lot> {
        match (&self.lots, self.method) {
            (Lots::ByAge(lots), Method::Lifo) => lots.iter().rev().copied().collect(),
            (Lots::ByAge(lots), _) => lots.iter().copied().collect(),
            (Lots::ByCost(lots), _) => lots.values().copied().collect(),
            (Lots::Pooled(lot), _) => lot.iter().copied().collect(),
        }
    }

    /// Counts a purchase.
    pub fn buy(&mut self, quantity: Decimal, price: Decimal, fee: Decimal) -> Result<(), BasisError> {
        check(quantity, price, fee)?;
        let cost = quantity.checked_mul(price).and_then(|cost| cost.checked_add(fee)).ok_or(BasisError::TooPrecise)?;
        self.bring(quantity, cost)
    }

    /// Counts a sale, and gives what it realises.
    pub fn sell(&mut self, quantity: Decimal, price: Decimal, fee: Decimal) -> Result<Decimal, BasisError> {
        check(quantity, price, fee)?;
        let proceeds = quantity.checked_mul(price).and_then(|gross| gross.checked_sub(fee));
        let proceeds = proceeds.ok_or(BasisError::TooPrecise)?;
        let cost = self.take(quantity)?;
        let gain = proceeds.checked_sub(cost).ok_or(BasisError::TooPrecise)?;
        self.realised = self.realised.checked_add(gain).ok_or(BasisError::TooPrecise)?;
        Ok(gain)
    }

    /// Takes in a lot that cost so much in all.
    pub fn bring(&mut self, quantity: Decimal, cost: Decimal) -> Result<(), BasisError> {
        check(quantity, Decimal::ZERO, Decimal::ZERO)?;
        let held = sum(self.quantity, quantity)?;
        let whole = self.cost.checked_add(cost).ok_or(BasisError::TooPrecise)?;
        let lot = Lot { quantity, cost };
        match &mut self.lots {
            Lots::ByAge(lots) => lots.push_back(lot),
            Lots::ByCost(lots) => {
                let unit = cost.checked_div(quantity).ok_or(BasisError::TooPrecise)?;
                lots.insert((Reverse(unit), self.bought), lot);
            }
            Lots::Pooled(lot) => *lot = Some(Lot { quantity: held, cost: whole }),
        }
        self.bought += 1;
        (self.quantity, self.cost) = (held, whole);
        Ok(())
    }

    /// Takes a quantity out, and gives what it had cost.
    pub fn take(&mut self, quantity: Decimal) -> Result<Decimal, BasisError> {
        check(quantity, Decimal::ZERO, Decimal::ZERO)?;
        if quantity > self.quantity {
            return Err(BasisError::Oversold { sold: quantity, held: self.quantity });
        }
        let left = sum(self.quantity, -quantity)?;
        let cost = self.use_up(quantity)?;
        self.quantity = left;
        // What is left of nothing cost nothing, whatever was rounded on the way.
        self.cost = if left.is_zero() { Decimal::ZERO } else { self.cost - cost };
        Ok(cost)
    }

    /// Takes a quantity out of the lots, and gives what it had cost.
    fn use_up(&mut self, quantity: Decimal) -> Result<Decimal, BasisError> {
        let (mut wanted, mut cost) = (quantity, Decimal::ZERO);
        while !wanted.is_zero() {
            let next = match (&mut self.lots, self.method) {
                (Lots::ByAge(lots), Method::Lifo) => lots.back_mut(),
                (Lots::ByAge(lots), _) => lots.front_mut(),
                (Lots::ByCost(lots), _) => lots.values_mut().next(),
                (Lots::Pooled(lot), _) => lot.as_mut(),
            };
            let Some(lot) = next else { return Err(BasisError::TooPrecise) };
            if lot.quantity > wanted {
                let share = lot.cost.checked_mul(wanted).and_then(|part| part.checked_div(lot.quantity));
                let share = share.ok_or(BasisError::TooPrecise)?;
                *lot = Lot { quantity: sum(lot.quantity, -wanted)?, cost: lot.cost - share };
                return cost.checked_add(share).ok_or(BasisError::TooPrecise);
            }
            wanted = sum(wanted, -lot.quantity)?;
            cost = cost.checked_add(lot.cost).ok_or(BasisError::TooPrecise)?;
            match (&mut self.lots, self.method) {
                (Lots::ByAge(lots), Method::Lifo) => _ = lots.pop_back(),
                (Lots::ByAge(lots), _) => _ = lots.pop_front(),
                (Lots::ByCost(lots), _) => _ = lots.pop_first(),
                (Lots::Pooled(lot), _) => *lot = None,
            }
        }
        Ok(cost)
    }
}

fn check(quantity: Decimal, price: Decimal, fee: Decimal) -> Result<(), BasisError> {
    if quantity <= Decimal::ZERO {
        return Err(BasisError::Quantity(quantity));
    }
    match [price, fee].into_iter().find(|number| *number < Decimal::ZERO) {
        Some(number) => Err(BasisError::Negative(number)),
        None => Ok(()),
    }
}

fn sum(a: Decimal, b: Decimal) -> Result<Decimal, BasisError> {
    exact_sum(a, b).ok_or(BasisError::TooPrecise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    /// Three purchases and a sale that uses up one of them and a part of another.
    fn sold(method: Method) -> Holding {
        let mut holding = Holding::new(method);
        for (quantity, price, fee) in [("10", "100", "0"), ("10", "120", "10"), ("10", "110", "0")] {
            holding.buy(d(quantity), d(price), d(fee)).unwrap();
        }
        holding.sell(d("15"), d("130"), d("5")).unwrap();
        holding
    }

    #[test]
    fn each_method_uses_up_other_purchases() {
        // Proceeds 15 × 130 − 5 = 1945. Costs: 1000 + ½ × 1210; 1100 + ½ × 1210; 1210 + ½ × 1100; ½ × 3310.
        for (method, realised, cost) in [
            (Method::Fifo, "340", "1705"),
            (Method::Lifo, "240", "1605"),
            (Method::Hifo, "185", "1550"),
            (Method::Average, "290", "1655"),
        ] {
            let holding = sold(method);
            assert_eq!((holding.realised(), holding.cost()), (d(realised), d(cost)), "{method:?}");
            assert_eq!(holding.quantity(), d("15"));
            assert_eq!(holding.lots().iter().map(|lot| lot.cost).sum::<Decimal>(), d(cost), "{method:?}");
            assert_eq!(holding.unrealised(d("120")), Some(d("1800") - d(cost)));
        }
    }

    /// Published examples, each with its purchases, its sale and what it realises.
    #[test]
    fn published_examples_come_out() {
        let of = |method, bought: &[(&str, &str)], quantity: &str, price: &str| {
            let mut holding = Holding::new(method);
            for (quantity, price) in bought {
                holding.buy(d(quantity), d(price), d("0")).unwrap();
            }
            holding.sell(d(quantity), d(price), d("0")).unwrap()
        };
        // Recap, "US tax guide for individuals: cost basis methods" (docs.recap.io): 1 BTC for 2000, 2 for 5000, 1 for 8000;
        // 1 is sold for 4000.
        let recap = [("1", "2000"), ("2", "2500"), ("1", "8000")];
        for (method, gain) in [(Method::Lifo, "-4000"), (Method::Fifo, "2000"), (Method::Hifo, "-4000")] {
            assert_eq!(of(method, &recap, "1", "4000"), d(gain), "{method:?}");
        }
        // "FIFO vs LIFO vs HIFO" (randomcalculators.com, blockchain-crypto): 1 BTC at 1000, 2 at 9000, 5 at 6000; 2 are sold
        // at 100 000. The oldest two cost 10 000, the newest 12 000, the dearest 18 000.
        let years = [("1", "1000"), ("2", "9000"), ("5", "6000")];
        for (method, gain) in [(Method::Fifo, "190000"), (Method::Lifo, "188000"), (Method::Hifo, "182000")] {
            assert_eq!(of(method, &years, "2", "100000"), d(gain), "{method:?}");
        }
    }

    /// HMRC, helpsheet HS284, example 3 ("gain for shares in a Section 104 holding"): 1 000 shares at 4.00 with 150 of costs,
    /// 500 at 4.10 with 80, then 700 are sold at 4.80 with 100 and 400 at 5.20 with 105. The gains are 329 and 300; the pool
    /// has 800 shares of 3 349 between them. It rounds to pounds.
    #[test]
    fn a_pool_with_costs_of_dealing() {
        let mut pool = Holding::new(Method::Average);
        pool.buy(d("1000"), d("4"), d("150")).unwrap();
        pool.buy(d("500"), d("4.10"), d("80")).unwrap();
        assert_eq!(pool.sell(d("700"), d("4.80"), d("100")).unwrap().round(), d("329"));
        assert_eq!((pool.quantity(), pool.cost().round()), (d("800"), d("3349")));
        assert_eq!(pool.sell(d("400"), d("5.20"), d("105")).unwrap().round(), d("300"));
    }

    #[test]
    fn a_refused_entry_changes_nothing() {
        let mut holding = sold(Method::Fifo);
        let before = (holding.quantity(), holding.cost(), holding.realised(), holding.lots());
        assert_eq!(
            holding.sell(d("15.1"), d("1"), d("0")),
            Err(BasisError::Oversold { sold: d("15.1"), held: d("15") })
        );
        assert_eq!(holding.buy(d("0"), d("1"), d("0")), Err(BasisError::Quantity(d("0"))));
        assert_eq!(holding.sell(d("-1"), d("1"), d("0")), Err(BasisError::Quantity(d("-1"))));
        assert_eq!(holding.buy(d("1"), d("1"), d("-0.1")), Err(BasisError::Negative(d("-0.1"))));
        assert_eq!(holding.buy(d("0.0000000000000000000000000001"), d("1"), d("0")), Err(BasisError::TooPrecise));
        assert_eq!((holding.quantity(), holding.cost(), holding.realised(), holding.lots()), before);
    }

    #[test]
    fn the_smallest_unit_of_ether_is_neither_lost_nor_won() {
        for method in Method::ALL {
            let mut holding = Holding::new(method);
            holding.buy(d("1000.000000000000000001"), d("3000"), d("0")).unwrap();
            holding.sell(d("1000"), d("3000"), d("0")).unwrap();
            assert_eq!(holding.quantity(), d("0.000000000000000001"));
            holding.sell(d("0.000000000000000001"), d("3000"), d("0")).unwrap();
            assert_eq!((holding.quantity(), holding.cost()), (d("0"), d("0")));
            assert!(holding.lots().is_empty());
        }
    }

    proptest! {
        /// Whatever is traded: quantities are conserved, lots add up, and money that went in is out, realised or held.
        #[test]
        fn nothing_is_lost(trades in prop::collection::vec((any::<bool>(), 1i64..1_000_000, 0i64..1_000_000, 0i64..100), 1..80)) {
            for method in Method::ALL {
                let (mut holding, mut quantity, mut flow) = (Holding::new(method), Decimal::ZERO, Decimal::ZERO);
                for (buys, units, price, fee) in &trades {
                    let (units, price, fee) = (Decimal::new(*units, 5), Decimal::new(*price, 2), Decimal::new(*fee, 2));
                    if *buys {
                        holding.buy(units, price, fee).unwrap();
                        quantity += units;
                        flow -= units * price + fee;
                    } else if units <= quantity {
                        holding.sell(units, price, fee).unwrap();
                        quantity -= units;
                        flow += units * price - fee;
                    } else {
                        let oversold = matches!(holding.sell(units, price, fee), Err(BasisError::Oversold { .. }));
                        prop_assert!(oversold);
                    }
                }
                prop_assert_eq!(holding.quantity(), quantity);
                prop_assert_eq!(holding.lots().iter().map(|lot| lot.quantity).sum::<Decimal>(), quantity);
                let tiny = Decimal::new(1, 15);
                let lots: Decimal = holding.lots().iter().map(|lot| lot.cost).sum();
                prop_assert!((lots - holding.cost()).abs() < tiny);
                prop_assert!((holding.realised() - holding.cost() - flow).abs() < tiny);
            }
        }
    }
}
