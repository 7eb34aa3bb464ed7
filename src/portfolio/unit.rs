//! The units of a fund: what one is worth, how many a payment buys, and the highest that one has been worth.
//!
//! - NAV per unit = net asset value / units outstanding. Where there are no units there is none; the first payment sets its
//!   own, by convention 100 or 1 000 a unit.
//! - Who pays in at the NAV per unit leaves it where it is, and so does who is paid out at it. A payment at a premium raises
//!   it for those who were in before, one at a discount lowers it.
//! - The high-water mark is the highest NAV per unit at the end of any day so far: what a performance fee is measured from,
//!   so that the same gain is not paid for twice. There is no equalisation: the mark is one for all units.
//! - Money is exact; a division is counted with 28 digits.

use crate::money::{Decimal, exact_sum};
use jiff::civil::Date;

/// A fund at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fund {
    /// The net asset value.
    pub nav: Decimal,
    /// How many units are outstanding.
    pub units: Decimal,
}

/// Why units cannot be given or taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Money or units that are not above zero.
    #[error("a subscription and a redemption are of more than zero, in money and in units")]
    NotPositive,
    /// More than there is.
    #[error("there are not that many units outstanding")]
    TooMany,
    /// A figure with too many digits.
    #[error("the units or the value would have too many digits to be kept exactly")]
    TooPrecise,
}

impl Fund {
    /// What one unit is worth; `None` while there are none.
    pub fn nav_per_unit(&self) -> Option<Decimal> {
        if self.units > Decimal::ZERO { self.nav.checked_div(self.units) } else { None }
    }

    /// The fund after `money` came in for `units`.
    pub fn subscribed(self, money: Decimal, units: Decimal) -> Result<Self, UnitError> {
        positive(money, units)?;
        self.changed(money, units)
    }

    /// The fund after `units` were taken back for `money`.
    pub fn redeemed(self, money: Decimal, units: Decimal) -> Result<Self, UnitError> {
        positive(money, units)?;
        if units > self.units {
            return Err(UnitError::TooMany);
        }
        self.changed(-money, -units)
    }

    fn changed(self, money: Decimal, units: Decimal) -> Result<Self, UnitError> {
        let sum = |a, b| exact_sum(a, b).ok_or(UnitError::TooPrecise);
        Ok(Self { nav: sum(self.nav, money)?, units: sum(self.units, units)? })
    }
}

fn positive(money: Decimal, units: Decimal) -> Result<(), UnitError> {
    if money > Decimal::ZERO && units > Decimal::ZERO { Ok(()) } else { Err(UnitError::NotPositive) }
}

/// A new height of the NAV per unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HighWater {
    /// The day it was first reached.
    pub date: Date,
    /// The NAV per unit then.
    pub nav_per_unit: Decimal,
}

/// The high-water mark after each day of a series that goes up by date. A day on which the mark is only reached again does
/// not move its date.
pub fn high_water(series: &[(Date, Decimal)]) -> Vec<HighWater> {
    let marks = series.iter().scan(None, |mark: &mut Option<HighWater>, (date, value)| {
        if mark.is_none_or(|mark| *value > mark.nav_per_unit) {
            *mark = Some(HighWater { date: *date, nav_per_unit: *value });
        }
        *mark
    });
    marks.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    /// A fund begins with 1 000 000 at 100 a unit and earns 10 %. Someone pays 550 000 at the NAV per unit of 110, then
    /// someone else 120 000 for 1 000 units, which is 120 each.
    #[test]
    fn a_premium_goes_to_those_who_were_in_before() {
        let nothing = Fund { nav: Decimal::ZERO, units: Decimal::ZERO };
        assert_eq!(nothing.nav_per_unit(), None);
        let fund = nothing.subscribed(decimal("1000000"), decimal("10000")).unwrap();
        assert_eq!(fund.nav_per_unit(), Some(decimal("100")));
        let earned = Fund { nav: decimal("1100000"), ..fund };
        let fair = earned.subscribed(decimal("550000"), decimal("5000")).unwrap();
        assert_eq!(fair.nav_per_unit(), Some(decimal("110")), "who pays what a unit is worth changes nothing");
        let dear = fair.subscribed(decimal("120000"), decimal("1000")).unwrap();
        assert_eq!(dear.nav_per_unit(), Some(decimal("110.625")), "1 770 000 / 16 000");
        let after = dear.redeemed(decimal("221250"), decimal("2000")).unwrap();
        assert_eq!(after.nav_per_unit(), Some(decimal("110.625")));
    }

    #[test]
    fn units_that_are_not_there_cannot_be_taken_back() {
        let fund = Fund { nav: decimal("100"), units: Decimal::ONE };
        assert_eq!(fund.redeemed(Decimal::ONE, Decimal::TWO), Err(UnitError::TooMany));
        assert_eq!(fund.subscribed(Decimal::ZERO, Decimal::ONE), Err(UnitError::NotPositive));
        assert_eq!(
            fund.subscribed(decimal("0.0000000000000000000000000001"), Decimal::ONE),
            Err(UnitError::TooPrecise)
        );
        assert_eq!(fund.redeemed(decimal("100"), Decimal::ONE).unwrap().nav_per_unit(), None);
    }

    #[test]
    fn the_mark_only_rises() {
        let series = [("100", 1), ("110", 2), ("105", 3), ("110", 4), ("120", 5)];
        let series = series.map(|(value, day)| (date(2026, 1, day), decimal(value)));
        let found: Vec<_> = high_water(&series).iter().map(|mark| (mark.nav_per_unit, mark.date.day())).collect();
        let expected = [("100", 1), ("110", 2), ("110", 2), ("110", 2), ("120", 5)];
        assert_eq!(found, expected.map(|(value, day)| (decimal(value), day)));
        assert_eq!(high_water(&[]), []);
    }

    proptest! {
        #[test]
        fn a_payment_moves_the_price_towards_its_own(nav in 1i64..1_000_000, units in 1i64..1_000_000, money in 1i64..1_000_000, more in 1i64..1_000_000) {
            let fund = Fund { nav: Decimal::from(nav), units: Decimal::from(units) };
            let after = fund.subscribed(Decimal::from(money), Decimal::from(more)).unwrap();
            let (before, after) = (fund.nav_per_unit().unwrap(), after.nav_per_unit().unwrap());
            let paid = i128::from(money) * i128::from(units);
            let worth = i128::from(nav) * i128::from(more);
            prop_assert_eq!(after.cmp(&before), paid.cmp(&worth), "{} {}", before, after);
        }
    }
}
