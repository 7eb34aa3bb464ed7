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
const POWERS: [i64; 19] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
    100_000_000_000,
    1_000_000_000_000,
    10_000_000_000_000,
    100_000_000_000_000,
    1_000_000_000_000_000,
    10_000_000_000_000_000,
    100_000_000_000_000_000,
    1_000_000_000_000_000_000,
];

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
    #[inline]
    pub fn prefix(text: &[u8]) -> Option<(Self, usize)> {
        match by_words(text) {
            Some(usual) => Some(usual),
            None => digit_by_digit(text),
        }
    }
}

/// The number that most numbers are: up to seven digits, a point and up to eight, or no point, and something behind it.
#[inline]
fn by_words(text: &[u8]) -> Option<(Fixed, usize)> {
    let (whole, before) = leading_digits(*text.first_chunk::<8>()?);
    match text.get(before)? {
        b'.' if before > 0 => {
            let behind = text.get(before + 1..)?;
            let (fraction, decimals) = leading_digits(*behind.first_chunk::<8>()?);
            let end = behind.get(decimals)?;
            let units = whole.wrapping_mul(*POWERS.get(decimals)?).wrapping_add(fraction);
            let fixed = Fixed { units, decimals: decimals as u8 };
            (decimals > 0 && ends(*end)).then_some((fixed, before + 1 + decimals))
        }
        end if before > 0 && ends(*end) => Some((Fixed { units: whole, decimals: 0 }, before)),
        _ => None,
    }
}

/// Whether a number has ended before this byte.
#[inline]
fn ends(byte: u8) -> bool {
    !matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E')
}

/// The value of the digits that eight bytes begin with, and how many they are: all at once, in a word whose lowest byte
/// is the first.
#[inline]
fn leading_digits(text: [u8; 8]) -> (i64, usize) {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    let values = u64::from_le_bytes(text) ^ (EACH * 0x30);
    // Above 9 the sum sets the high bit, above 127 it was set; a carry only reaches bytes behind such a one.
    let others = (values.wrapping_add(EACH * (0x80 - 10)) | values) & (EACH * 0x80);
    let bits = others.trailing_zeros() & !7;
    // The digits move to the end of the word, zeros before them; then neighbours are joined to pairs, fours, the whole.
    let ones = if bits == 0 { 0 } else { values << (64 - bits) };
    let pairs = (ones.wrapping_mul((10 << 8) + 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul((100 << 16) + 1) >> 16) & 0x0000_ffff_0000_ffff;
    let whole = fours.wrapping_mul((10_000 << 32) + 1) >> 32;
    (whole.cast_signed(), (bits / 8) as usize)
}

/// The same for what is long, negative, or the last thing in a text.
#[cold]
fn digit_by_digit(text: &[u8]) -> Option<(Fixed, usize)> {
    let negative = text.first() == Some(&b'-');
    let (mut units, mut whole, mut point, mut decimals) = (0i64, 0, false, 0);
    let mut rest = text.iter().skip(usize::from(negative));
    let next = loop {
        match rest.next() {
            Some(digit @ b'0'..=b'9') => {
                // What wraps around has more digits than this takes.
                units = units.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
                *(if point { &mut decimals } else { &mut whole }) += 1usize;
            }
            Some(b'.') if !point => point = true,
            other => break other,
        }
    };
    let plain = whole > 0 && whole + decimals <= SAFE_DIGITS && point == (decimals > 0);
    if !plain || matches!(next, Some(b'e' | b'E' | b'.')) {
        return None;
    }
    let fixed = Fixed { units: if negative { -units } else { units }, decimals: decimals as u8 };
    Some((fixed, usize::from(negative) + whole + usize::from(point) + decimals))
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
            // An exponent, or more digits than usual.
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

        /// The word-wide way and the digit-wise way are one.
        #[test]
        fn both_ways_read_the_same(text in "-?[0-9]{0,12}[.e,x-]?[0-9]{0,12}[\\.eE,\"\\] 0]{0,9}") {
            let padded = format!("{text}\",\"aaaaaaaaaaaaaaaa");
            prop_assert_eq!(Fixed::prefix(padded.as_bytes()), digit_by_digit(padded.as_bytes()));
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
