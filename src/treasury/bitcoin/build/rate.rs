//! Fee rates as people write them, `12.5` satoshi for a virtual byte, and as they are: whole satoshi for 1000 weight units.

use bitcoin::FeeRate;

/// The units in a satoshi for a virtual byte.
const UNITS: u64 = 250;

/// What nodes relay at least, and what a replacement pays at least for its own size: 1 sat/vB.
pub const RELAYED: FeeRate = FeeRate::from_sat_per_kwu(UNITS);

/// The highest rate that is read; what may be paid is a matter of limits.
const HIGHEST: u64 = 1_000_000;

/// Why a text is no fee rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Not a number.
    #[error("not a fee rate such as 12.5 (satoshi for a virtual byte)")]
    Form,
    /// A number that cannot be kept exactly.
    #[error("a fee rate goes in steps of 0.004 sat/vB")]
    Step,
    /// Out of all proportion.
    #[error("a fee rate is at most {HIGHEST} sat/vB")]
    High,
}

/// Reads `12.5`: steps of 0.004 are exact, and nothing else is taken.
pub fn parse(text: &str) -> Result<FeeRate, RateError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(RateError::Form);
    }
    let whole: u64 = whole.parse().map_err(|_| RateError::Form)?;
    let thousandths: u64 = format!("{fraction:0<9}").parse().map_err(|_| RateError::Form)?;
    // Nine digits of a satoshi: 4 000 000 of them are one unit.
    const STEP: u64 = 4_000_000;
    if !thousandths.is_multiple_of(STEP) {
        return Err(RateError::Step);
    }
    if whole > HIGHEST {
        return Err(RateError::High);
    }
    let units = whole.checked_mul(UNITS).and_then(|units| units.checked_add(thousandths / STEP));
    units.map(FeeRate::from_sat_per_kwu).ok_or(RateError::High)
}

/// Writes a rate as people read it, exactly: `12.5`.
pub fn show(rate: FeeRate) -> String {
    let units = rate.to_sat_per_kwu();
    let fraction = format!("{:03}", (units % UNITS).saturating_mul(4));
    match fraction.trim_end_matches('0') {
        "" => (units / UNITS).to_string(),
        fraction => format!("{}.{fraction}", units / UNITS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_written_exactly() {
        for (text, units) in
            [("1", 250), ("12.5", 3_125), ("0.004", 1), ("1.004", 251), ("0", 0), ("1000000", 250_000_000)]
        {
            assert_eq!(parse(text), Ok(FeeRate::from_sat_per_kwu(units)), "{text}");
            assert_eq!(show(FeeRate::from_sat_per_kwu(units)), text);
        }
        assert_eq!(parse("2.50000"), parse("2.5"));
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", " 1", "1 ", "0x10", "NaN", "1.0000000000"] {
            assert_eq!(parse(text), Err(RateError::Form), "{text}");
        }
        assert_eq!(parse("1.001"), Err(RateError::Step));
        assert_eq!(parse("1000001"), Err(RateError::High));
    }
}
