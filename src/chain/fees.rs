//! What a server thinks a transaction has to pay, and how a rate is read without floating point.

use crate::market::Timestamp;
use crate::money::parse_decimal;
use bitcoin::FeeRate;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use std::collections::BTreeMap;

/// The highest rate that is believed, in sat/vB.
const HIGHEST: u64 = 10_000;

/// Estimates of one server. They are its opinion and cannot be checked: limits on fees are the review's affair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fees {
    /// For a confirmation within so many blocks, this rate.
    pub rates: BTreeMap<u16, FeeRate>,
    /// The least that the server passes on, where it tells.
    pub floor: Option<FeeRate>,
    /// When it was asked.
    pub taken: Timestamp,
}

impl Fees {
    /// The rate for a confirmation within so many blocks: that of the nearest target that is not longer, and of the
    /// shortest where all are longer. None when the server knows none, as on a quiet test chain.
    pub fn within(&self, blocks: u16) -> Option<FeeRate> {
        let nearest = self.rates.range(..=blocks).next_back().or_else(|| self.rates.first_key_value());
        nearest.map(|(_, rate)| self.floor.map_or(*rate, |floor| floor.max(*rate)))
    }
}

/// The unit that a server counts in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unit {
    /// Satoshi for a virtual byte.
    SatPerVbyte,
    /// Bitcoin for a thousand virtual bytes.
    BtcPerKilobyte,
}

/// A rate as JSON writes it; rounded up to what the type can hold. None for what is no rate: zero, `-1`, nonsense.
pub(super) fn rate(number: &serde_json::Number, unit: Unit) -> Option<FeeRate> {
    let number = parse_decimal(&number.to_string()).ok()?;
    let in_kwu = match unit {
        Unit::SatPerVbyte => Decimal::from(250),
        Unit::BtcPerKilobyte => Decimal::from(25_000_000),
    };
    let rate = number.checked_mul(in_kwu)?.round_dp_with_strategy(0, RoundingStrategy::AwayFromZero).to_u64()?;
    (1..=HIGHEST.saturating_mul(250)).contains(&rate).then(|| FeeRate::from_sat_per_kwu(rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_exactly_and_nonsense_is_none() {
        let read =
            |text: &str, unit| rate(&serde_json::from_str(text).unwrap(), unit).map(|rate| rate.to_sat_per_kwu());
        assert_eq!(read("1.0", Unit::SatPerVbyte), Some(250));
        assert_eq!(read("1.001", Unit::SatPerVbyte), Some(251), "up, never down");
        assert_eq!(read("87.882", Unit::SatPerVbyte), Some(21_971));
        assert_eq!(read("0.00001", Unit::BtcPerKilobyte), Some(250));
        assert_eq!(read("1e-05", Unit::BtcPerKilobyte), Some(250));
        for nothing in ["-1", "0", "10001", "1e300", "-0.5"] {
            assert_eq!(read(nothing, Unit::SatPerVbyte), None, "{nothing}");
        }
    }

    #[test]
    fn a_target_takes_the_nearest_that_is_not_longer() {
        let rate = FeeRate::from_sat_per_vb_unchecked;
        let rates = BTreeMap::from([(2, rate(30)), (6, rate(10)), (144, rate(1))]);
        let fees = Fees { rates, floor: Some(rate(2)), taken: Timestamp::from_secs(0) };
        let within = |blocks| fees.within(blocks).map(|rate| rate.to_sat_per_vb_ceil());
        assert_eq!([within(1), within(2), within(5), within(6), within(143)].map(Option::unwrap), [30, 30, 30, 10, 10]);
        assert_eq!(within(1_000), Some(2), "not below the floor");
        assert_eq!(Fees { rates: BTreeMap::new(), ..fees }.within(6), None);
    }
}
