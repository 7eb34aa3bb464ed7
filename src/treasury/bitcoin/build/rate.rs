//! Fee rates as people write them, `12.5` satoshi for a virtual byte, and as they are: whole satoshi for 1000 weight units.
use bitcoin::FeeRate;

/// Why a text is no fee rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Not a number.
    #[error("not a fee rate such as 12.5 (satoshi for a virtual byte)")]
    Form,
}

/// Reads `12.5`: steps of 0.004 are exact, and nothing else is taken.
pub fn parse(text: &str) -> Result<FeeRate, RateError> {
    todo!()
}

/// Writes a rate as people read it: `12.5`.
pub fn show(rate: FeeRate) -> String {
    todo!()
}
