//! What the JSON of every venue's rarer messages is read with: text borrowed from the frame, numbers as they were written.
//!
//! Numbers stay text until they become exact decimals: a JSON parser would make them floating point. Fields that we do
//! not use are passed over, so added ones do no harm.

use super::FrameError;
use crate::market::Timestamp;
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

/// A time in milliseconds since the epoch; the error names the field.
pub fn millis(field: &'static str, number: u64) -> Result<Timestamp, FrameError> {
    scaled(field, number, 1_000_000)
}

/// A time in microseconds since the epoch; the error names the field.
pub fn micros(field: &'static str, number: u64) -> Result<Timestamp, FrameError> {
    scaled(field, number, 1_000)
}

fn scaled(field: &'static str, number: u64, nanos: i64) -> Result<Timestamp, FrameError> {
    let nanos = i64::try_from(number).ok().and_then(|number| number.checked_mul(nanos));
    nanos.map(Timestamp::from_nanos).ok_or_else(|| FrameError::field(field, &number.to_string(), &"not a time"))
}
