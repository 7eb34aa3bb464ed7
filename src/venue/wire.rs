//! What the JSON of every venue's rarer messages is read with: text borrowed from the frame, numbers as they were written.
//!
//! Numbers stay text until they become exact decimals: a JSON parser would make them floating point. Fields that we do
//! not use are passed over, so added ones do no harm.

use super::FrameError;
use crate::market::Timestamp;
use crate::money::{Decimal, Percent, Price};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::str::FromStr;

/// Text that is borrowed from the frame unless it holds escapes.
pub type Text<'a> = Cow<'a, str>;

/// Reads a whole frame as one kind of message.
pub fn read<'a, T: Deserialize<'a>>(kind: &'static str, frame: &'a str) -> Result<T, FrameError> {
    serde_json::from_str(frame).map_err(|error| FrameError::malformed(kind, &error))
}

/// A JSON number, or a string that holds one, as it was written.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
pub struct Number<'a>(#[serde(borrow)] &'a RawValue);

impl Number<'_> {
    /// The number, as whatever kind of number it is; the error names the field.
    pub fn read<T: FromStr>(&self, field: &'static str) -> Result<T, FrameError>
    where
        T::Err: ToString,
    {
        let text = self.text();
        text.parse().map_err(|error: T::Err| FrameError::field(field, text, &error))
    }

    /// The digits as they were written, without quotes; empty for an empty string.
    pub fn text(&self) -> &str {
        let raw = self.0.get();
        raw.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(raw)
    }
}

/// A number that may be missing: left out, or an empty string.
pub fn optional<T: FromStr>(number: Option<&Number<'_>>, field: &'static str) -> Result<Option<T>, FrameError>
where
    T::Err: ToString,
{
    number.filter(|number| !matches!(number.text(), "" | "null")).map(|number| number.read(field)).transpose()
}

/// A moment in milliseconds since 1970.
pub fn moment(number: &Number<'_>, field: &'static str) -> Result<Timestamp, FrameError> {
    number.read(field).map(Timestamp::from_millis)
}

/// A share of one, in percent; `None` when it does not fit.
pub fn in_percent(share: Percent) -> Option<Percent> {
    share.get().checked_mul(Decimal::ONE_HUNDRED).map(|percent| Percent::new(percent.normalize()))
}

/// How far `last` is from `open`, in percent with two decimals; `None` without a positive price to compare with.
pub fn change(open: Option<Price>, last: Option<Price>) -> Option<Percent> {
    let (open, last) = (open.filter(|open| *open > Price::ZERO)?.get(), last?.get());
    let share = last.checked_sub(open)?.checked_div(open)?.checked_mul(Decimal::ONE_HUNDRED)?;
    Some(Percent::new(share.round_dp(2)))
}

/// How many decimals the multiples of a step have.
pub fn decimals(step: Decimal) -> u8 {
    // A decimal has at most 28.
    step.normalize().scale() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_changes_are_percent() {
        let price = |text: &str| Some(text.parse().unwrap());
        assert_eq!(change(price("200"), price("199")).unwrap().to_string(), "-0.50");
        assert_eq!(change(price("3"), price("4")).unwrap().to_string(), "33.33");
        assert_eq!(change(price("0"), price("4")), None);
        assert_eq!(change(None, price("4")), None);
        assert_eq!(in_percent("0.0001875".parse().unwrap()).unwrap().to_string(), "0.01875");
    }

    #[test]
    fn a_step_tells_its_decimals() {
        for (step, expected) in [("0.01", 2), ("0.5", 1), ("1", 0), ("100", 0), ("0.010", 2)] {
            assert_eq!(decimals(step.parse().unwrap()), expected, "{step}");
        }
    }
}
