//! Numbers as the wire prints them, without a detour: digits become an integer in units of the last decimal.
//!
//! A [`Fixed`] is what books are made of. It holds 18 digits always and 19 mostly; a number that needs more, after its
//! trailing zeros are taken off, is no number that a book can hold. Nothing is ever rounded.

use super::{Decimal, NumberError, parse_decimal};
use std::fmt;
use std::str::FromStr;

/// Digits that surely fit an `i64`.
const SAFE_DIGITS: usize = 18;

/// The powers of ten that fit.
const POWERS: [i64; 19] = {
    let mut powers = [1i64; 19];
    let mut n = 1;
    while n < powers.len() {
        powers[n] = powers[n - 1] * 10;
        n += 1;
    }
    powers
};

/// A number in units of its last printed decimal: `12.50` is 1250 with two decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed {
    units: i64,
    decimals: u8,
}

impl Fixed {
    /// Zero without decimals.
    pub const ZERO: Self = Self::new(0, 0);

    /// So many units of the `decimals`-th decimal.
    pub const fn new(units: i64, decimals: u8) -> Self {
        Self { units, decimals }
    }

    /// The number in units of its last decimal.
    pub const fn units(self) -> i64 {
        self.units
    }

    /// How many decimals were printed.
    pub const fn decimals(self) -> u8 {
        self.decimals
    }

    /// Whether it is zero, however many decimals it has.
    pub const fn is_zero(self) -> bool {
        self.units == 0
    }

    /// The same number without trailing zeros.
    pub fn normalized(self) -> Self {
        let Self { mut units, mut decimals } = self;
        while decimals > 0 && units % 10 == 0 {
            units /= 10;
            decimals -= 1;
        }
        Self { units, decimals }
    }

    /// The number in units of a later decimal; `None` when it is an earlier one, or when they are too many.
    #[inline]
    pub fn widened(self, decimals: u8) -> Option<i64> {
        match decimals.checked_sub(self.decimals)? {
            0 => Some(self.units),
            more => self.units.checked_mul(*POWERS.get(usize::from(more))?),
        }
    }

    /// The number in units of another decimal; `None` when it does not fit those exactly.
    pub fn rescaled(self, decimals: u8) -> Option<i64> {
        let fewer = self.normalized();
        if fewer.units == 0 { Some(0) } else { fewer.widened(decimals) }
    }

    /// The exact decimal, with the decimals it was printed with.
    pub fn decimal(self) -> Decimal {
        Decimal::new(self.units, u32::from(self.decimals))
    }

    /// Reads the plain number at the beginning of `text` and how many bytes it takes. `None` when there is none, or one
    /// that [`FromStr`] has to look at: an exponent, or more digits than usual.
    pub fn prefix(text: &[u8]) -> Option<(Self, usize)> {
        let negative = text.first() == Some(&b'-');
        let start = usize::from(negative);
        let mut at = start;
        let mut units = 0i64;
        let mut digits_until = |at: &mut usize| {
            let begin = *at;
            while let Some(digit) = text.get(*at).map(|b| b.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
                // Wrapping is never seen: a number of more digits than surely fit is not taken here.
                units = units.wrapping_mul(10).wrapping_add(i64::from(digit));
                *at += 1;
            }
            *at - begin
        };
        let whole = digits_until(&mut at);
        let mut decimals = 0;
        if whole > 0 && text.get(at) == Some(&b'.') {
            at += 1;
            decimals = digits_until(&mut at);
            if decimals == 0 {
                return None;
            }
        }
        let exponent = matches!(text.get(at), Some(b'e' | b'E'));
        if whole == 0 || whole + decimals > SAFE_DIGITS || exponent {
            return None;
        }
        Some((Self { units: if negative { -units } else { units }, decimals: decimals as u8 }, at))
    }
}

impl fmt::Display for Fixed {
    /// With the decimals that were printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decimal().fmt(f)
    }
}

impl TryFrom<Decimal> for Fixed {
    type Error = NumberError;

    fn try_from(value: Decimal) -> Result<Self, NumberError> {
        let exact = |value: Decimal| {
            let units = i64::try_from(value.mantissa()).ok()?;
            Some(Self { units, decimals: value.scale() as u8 })
        };
        let fixed = exact(value).or_else(|| exact(value.normalize()));
        fixed.ok_or_else(|| NumberError::TooPrecise(value.to_string()))
    }
}

impl FromStr for Fixed {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        match Self::prefix(text.as_bytes()) {
            Some((fixed, length)) if length == text.len() => Ok(fixed),
            _ => parse_decimal(text)?.try_into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_prefix_ends_where_the_number_ends() {
        assert_eq!(Fixed::prefix(b"12.50\","), Some((Fixed::new(1250, 2), 5)));
        assert_eq!(Fixed::prefix(b"-7]"), Some((Fixed::new(-7, 0), 2)));
        assert_eq!(Fixed::prefix(b"0.00000000"), Some((Fixed::new(0, 8), 10)));
        for text in ["", "-", ".5", "5.", "5.x", "x", "1e5", "1234567890123456789"] {
            assert_eq!(Fixed::prefix(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_the_prefix_leaves_is_read_exactly_or_not_at_all() {
        assert_eq!("1e-8".parse(), Ok(Fixed::new(1, 8)));
        assert_eq!("98765432109.000000000000".parse(), Ok(Fixed::new(98_765_432_109, 0)));
        assert!(matches!("99999999999999999999".parse::<Fixed>(), Err(NumberError::TooPrecise(_))));
        for text in ["", "1.2.3", "1 ", "nan", "0x10", "1e", "--1"] {
            assert!(text.parse::<Fixed>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_fixed_number_is_the_decimal_that_was_printed(units in any::<i64>(), decimals in 0u32..19) {
            let printed = Decimal::new(units, decimals).to_string();
            let fixed: Fixed = printed.parse().unwrap();
            prop_assert_eq!(fixed.decimal(), Decimal::new(units, decimals));
            prop_assert_eq!(fixed.normalized().decimal(), fixed.decimal());
        }

        #[test]
        fn rescaling_is_exact(units in -1_000_000i64..1_000_000, from in 0u8..9, to in 0u8..9) {
            let fixed = Fixed::new(units, from);
            match fixed.rescaled(to) {
                Some(units) => prop_assert_eq!(Fixed::new(units, to).decimal(), fixed.decimal()),
                None => prop_assert!(fixed.normalized().decimals() > to),
            }
        }
    }
}
