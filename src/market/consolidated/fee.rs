//! What a venue takes from those who take.
//!
//! A fee has at most [`Fee::DECIMALS`] decimals and at most ten percent, so that the net of a book's price is exact: a
//! price of 19 digits and a factor of 7 fit the 28 digits of a decimal.

use crate::market::Side;
use crate::money::{Decimal, NumberError, Percent, Price};
use std::fmt;
use std::str::FromStr;

/// A taker fee. Negative where a venue pays those who take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fee(Percent);

/// Why a percentage is no fee.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeeError {
    /// Not a number.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// Beyond ten percent, or with more decimals than a fee has.
    #[error("a fee is from -10 to 10 percent with at most {} decimals", Fee::DECIMALS)]
    Range,
}

impl Fee {
    /// The most decimals of a fee in percent.
    pub const DECIMALS: u32 = 4;

    /// Checks a percentage.
    pub fn new(percent: Percent) -> Result<Self, FeeError> {
        let value = percent.get().normalize();
        let sound = value.abs() <= Decimal::TEN && value.scale() <= Self::DECIMALS;
        if sound { Ok(Self(Percent::new(value))) } else { Err(FeeError::Range) }
    }

    /// What is left of a bid, or what an ask comes to. `None` where 28 digits do not hold it exactly, which no price of
    /// less than 23 decimals meets.
    pub fn net(self, side: Side, price: Price) -> Option<Price> {
        let share = self.0.get().checked_mul(Decimal::new(1, 2))?;
        let price = price.get().normalize();
        let fee = price.abs().checked_mul(share)?;
        let nothing = price.is_zero() || share.is_zero();
        if !nothing && fee.scale() != price.scale() + share.scale() {
            return None;
        }
        let net = match side {
            Side::Bid => price.checked_sub(fee)?,
            Side::Ask => price.checked_add(fee)?,
        };
        Some(Price::new(net.normalize()))
    }
}

impl FromStr for Fee {
    type Err = FeeError;

    fn from_str(text: &str) -> Result<Self, FeeError> {
        Self::new(text.parse()?)
    }
}

impl fmt::Display for Fee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(fee: &str, side: Side, price: &str) -> Option<String> {
        fee.parse::<Fee>().unwrap().net(side, price.parse().unwrap()).map(|net| net.to_string())
    }

    #[test]
    fn a_fee_makes_bids_lower_and_asks_higher_exactly() {
        assert_eq!(net("0.26", Side::Bid, "97412.1").as_deref(), Some("97158.82854"));
        assert_eq!(net("0.26", Side::Ask, "97412.1").as_deref(), Some("97665.37146"));
        assert_eq!(net("-0.01", Side::Ask, "100").as_deref(), Some("99.99"));
        assert_eq!(net("0", Side::Ask, "100.50").as_deref(), Some("100.5"));
        assert_eq!(net("1", Side::Bid, "-100").as_deref(), Some("-101"), "also where prices are negative");
        assert_eq!(net("0.0001", Side::Ask, "9223372036854775807").as_deref(), Some("9223381260226812661.775807"));
        assert_eq!(net("0.0001", Side::Ask, "0.00000000000000000000000001"), None, "not exact");
    }

    #[test]
    fn what_is_no_fee_is_refused() {
        for wrong in ["", "x", "10.1", "-11", "0.00001", "1e9"] {
            assert!(wrong.parse::<Fee>().is_err(), "{wrong}");
        }
        assert_eq!("0.2600000".parse::<Fee>().unwrap().to_string(), "0.26");
    }
}
