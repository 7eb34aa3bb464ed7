//! An amount as people type it, in the smallest unit of what it is an amount of.
//!
//! - Only digits with at most one point: no sign, no exponent, no groups, because these mean different things to different
//!   people.
//! - What does not come out exactly is refused, never rounded.

use alloy_primitives::U256;

/// The longest text that is looked at: no number has more digits.
const LONGEST: usize = 160;

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// It is not written as an amount.
    #[error("an amount has digits and at most one point")]
    Form,
    /// It has more digits behind the point than there are.
    #[error("there are {0} digits behind the point, and only {1} count")]
    Digits(usize, u8),
    /// No number is so large.
    #[error("the amount is larger than any can be")]
    Large,
}

impl AmountError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Form => "amount-form",
            Self::Digits(..) => "amount-digits",
            Self::Large => "amount-large",
        }
    }
}

/// An amount of something that has so many digits behind the point. Zeros at the end say nothing and do not count.
pub fn amount(text: &str, decimals: u8) -> Result<U256, AmountError> {
    let (whole, behind) = match text.split_once('.') {
        Some((whole, behind)) if !behind.is_empty() => (whole, behind),
        Some(_) => return Err(AmountError::Form),
        None => (text, ""),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || text.len() > LONGEST || !digits(whole) || !digits(behind) {
        return Err(AmountError::Form);
    }
    let behind = behind.trim_end_matches('0');
    let zeros = usize::from(decimals).checked_sub(behind.len()).ok_or(AmountError::Digits(behind.len(), decimals))?;
    let ten = U256::from(10);
    let add = |sum: U256, digit: u8| sum.checked_mul(ten)?.checked_add(U256::from(digit.checked_sub(b'0')?));
    let digits = whole.bytes().chain(behind.bytes()).chain(std::iter::repeat_n(b'0', zeros));
    let mut sum = U256::ZERO;
    for digit in digits {
        sum = add(sum, digit).ok_or(AmountError::Large)?;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_amount_is_exact_or_refused() {
        let units = |number: u64| Ok(U256::from(number));
        assert_eq!(amount("1234567.890123", 6), units(1_234_567_890_123));
        assert_eq!(amount("1.5000000000000", 6), units(1_500_000), "zeros at the end");
        assert_eq!(amount("0.000001", 6), units(1));
        assert_eq!(amount("007", 0), units(7));
        assert_eq!(amount("0", 18), units(0));
        assert_eq!(amount("1.0000001", 6), Err(AmountError::Digits(7, 6)));
        assert_eq!(amount("0.5", 0), Err(AmountError::Digits(1, 0)));
        let odd = ["", ".", ".5", "5.", "+1", "-1", "1e3", "1,000", "1_000", " 1", "1.2.3", "0x10", "١", "1\u{1b}"];
        for text in odd {
            assert_eq!(amount(text, 18), Err(AmountError::Form), "{text}");
        }
        assert_eq!(amount(&U256::MAX.to_string(), 0), Ok(U256::MAX));
        assert_eq!(amount(&U256::MAX.to_string(), 1), Err(AmountError::Large));
        assert_eq!(amount("1", 78), Err(AmountError::Large));
        assert_eq!(amount("0", 255), units(0));
        assert_eq!(amount(&"0".repeat(161), 0), Err(AmountError::Form));
    }

    proptest! {
        #[test]
        fn every_amount_is_read_back_as_it_is_written(value in any::<[u8; 32]>(), decimals in 0u8..70) {
            let value = U256::from_be_bytes(value);
            let scale = usize::from(decimals);
            let digits = format!("{:0>width$}", value.to_string(), width = scale + 1);
            let (whole, behind) = digits.split_at(digits.len() - scale);
            let text = if behind.is_empty() { whole.to_owned() } else { format!("{whole}.{behind}") };
            prop_assert_eq!(amount(&text, decimals), Ok(value));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}", decimals: u8) {
            let _ = amount(&text, decimals);
        }
    }
}
