//! Reading a number exactly as it was written.
//!
//! Digits are never dropped: a number with more than 28 significant digits, or one that a decimal of 96 bits cannot hold,
//! is an error with a name, not an approximation.

use super::Fixed;
use rust_decimal::Decimal;

/// Longer texts are not numbers that any market prints.
const MAX_NUMBER_LEN: usize = 64;

/// Why a text is not a number that can be kept exactly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not a decimal number at all.
    #[error("not a decimal number: {0:?}")]
    NotANumber(String),
    /// A number, but not one that fits 28 significant digits.
    #[error("a number with too many digits to be kept exactly: {0:?}")]
    TooPrecise(String),
}

/// Reads a decimal number, keeping its trailing zeros: `-12.50`, `4.0`, and `1e-8` as JSON may write it.
pub fn parse_decimal(text: &str) -> Result<Decimal, NumberError> {
    match Fixed::prefix(text.as_bytes()) {
        Some((fixed, length)) if length == text.len() => Ok(fixed.decimal()),
        _ => parse_any(text),
    }
}

/// The sum, or `None` when it would have to be rounded: the library's own addition rounds to 28 digits without a word.
pub fn exact_sum(a: Decimal, b: Decimal) -> Option<Decimal> {
    a.checked_add(b).filter(|sum| sum.checked_sub(b) == Some(a) && sum.checked_sub(a) == Some(b))
}

fn parse_any(text: &str) -> Result<Decimal, NumberError> {
    let shown = || text.chars().take(MAX_NUMBER_LEN).collect::<String>();
    if text.len() > MAX_NUMBER_LEN {
        return Err(NumberError::NotANumber(shown()));
    }
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, Some(exponent)),
        None => (text, None),
    };
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let numeric = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !numeric(whole) || !numeric(fraction) {
        return Err(NumberError::NotANumber(shown()));
    }
    let value = Decimal::from_str_exact(digits).map_err(|_| NumberError::TooPrecise(shown()))?;
    let Some(exponent) = exponent else { return Ok(value) };
    let exponent: i64 = exponent.parse().map_err(|_| NumberError::NotANumber(shown()))?;
    shift(value, exponent).ok_or_else(|| NumberError::TooPrecise(shown()))
}

/// `value` × 10^`exponent`, exactly.
fn shift(value: Decimal, exponent: i64) -> Option<Decimal> {
    let value = value.normalize();
    let scale = i64::from(value.scale()).checked_sub(exponent)?;
    if scale >= 0 {
        let scale = u32::try_from(scale).ok().filter(|s| *s <= Decimal::MAX_SCALE)?;
        return Decimal::try_from_i128_with_scale(value.mantissa(), scale).ok();
    }
    let factor = 10i128.checked_pow(u32::try_from(-scale).ok()?)?;
    Decimal::try_from_i128_with_scale(value.mantissa().checked_mul(factor)?, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(text: &str) -> String {
        parse_decimal(text).unwrap().to_string()
    }

    #[test]
    fn what_was_written_is_kept() {
        for text in [
            "0",
            "4.00000000",
            "-12.50",
            "97412.1",
            "0.00000001",
            "9412000000000107988",
            "79228162514264337593543950335",
        ] {
            assert_eq!(parsed(text), text);
        }
    }

    #[test]
    fn exponents_are_moved_exactly() {
        assert_eq!(parsed("1e-8"), "0.00000001");
        assert_eq!(parsed("1.50E3"), "1500");
        assert_eq!(parsed("-2.5e+1"), "-25");
        assert!(matches!(parse_decimal("1e-29"), Err(NumberError::TooPrecise(_))));
        assert!(matches!(parse_decimal("1e400"), Err(NumberError::TooPrecise(_))));
        assert!(matches!(parse_decimal("1e99999999999999999999"), Err(NumberError::NotANumber(_))));
    }

    #[test]
    fn nothing_else_is_a_number() {
        for text in
            ["", "-", ".", "1.", ".5", "+1", "1_000", "0x10", "NaN", "inf", "1.2.3", " 1", "1 ", "--1", "1e", "١"]
        {
            assert!(matches!(parse_decimal(text), Err(NumberError::NotANumber(_))), "{text:?}");
        }
        assert!(matches!(parse_decimal(&"9".repeat(40)), Err(NumberError::TooPrecise(_))));
        assert!(matches!(parse_decimal(&"9".repeat(400)), Err(NumberError::NotANumber(_))));
    }

    #[test]
    fn a_sum_is_exact_or_there_is_none() {
        let sum = |a: &str, b: &str| exact_sum(a.parse().unwrap(), b.parse().unwrap()).map(|sum| sum.to_string());
        assert_eq!(sum("1000000000", "0.000000000000000001").as_deref(), Some("1000000000.000000000000000001"));
        assert_eq!(sum("100000000000", "0.000000000000000000000001"), None, "it has 36 digits");
        assert_eq!(sum("79228162514264337593543950335", "1"), None);
        assert_eq!(sum("1.5", "-1.5").as_deref(), Some("0.0"));
    }

    proptest! {
        #[test]
        fn the_short_way_agrees_with_the_library(whole in 0u64..1_000_000_000, fraction in "[0-9]{1,9}", negative: bool) {
            let text = format!("{}{whole}.{fraction}", if negative { "-" } else { "" });
            let library = Decimal::from_str_exact(&text).unwrap();
            let ours = parse_decimal(&text).unwrap();
            prop_assert_eq!(ours, library);
            prop_assert_eq!(ours.scale(), library.scale());
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,80}") {
            let _ = parse_decimal(&text);
        }
    }
}
