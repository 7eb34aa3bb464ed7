//! The JSON of Kraken's messages, borrowed from the frame.
//!
//! Numbers stay text until they become exact decimals: a JSON parser would make them floating point. Fields that we do
//! not use are passed over, so added ones do no harm.

use super::FrameError;
use crate::market;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Text that is borrowed from the frame unless it holds escapes.
pub(super) type Text<'a> = Cow<'a, str>;

/// Reads a whole frame as one kind of message.
pub(super) fn read<'a, T: Deserialize<'a>>(kind: &'static str, frame: &'a str) -> Result<T, FrameError> {
    serde_json::from_str(frame).map_err(|error| FrameError::malformed(kind, &error))
}

/// A JSON number, or a string that holds one, as it was written.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Number<'a>(#[serde(borrow)] &'a RawValue);

impl Number<'_> {
    pub fn read<T: FromStr>(&self, field: &'static str) -> Result<T, FrameError>
    where
        T::Err: ToString,
    {
        let raw = self.0.get();
        let text = raw.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(raw);
        text.parse().map_err(|error: T::Err| FrameError::field(field, text, &error))
    }
}

#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub channel: Option<Text<'a>>,
    pub method: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct Books<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    pub data: Vec<Book<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Book<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    #[serde(deserialize_with = "levels")]
    pub bids: Vec<market::Level>,
    #[serde(deserialize_with = "levels")]
    pub asks: Vec<market::Level>,
    pub checksum: Option<u32>,
    pub timestamp: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Level<'a> {
    #[serde(borrow)]
    price: Number<'a>,
    qty: Number<'a>,
}

/// Nearly all that is ever read are levels: they become exact decimals on the way in, without a list in between.
fn levels<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<market::Level>, D::Error> {
    struct Levels;

    impl<'de> Visitor<'de> for Levels {
        type Value = Vec<market::Level>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of levels")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut levels = Vec::new();
            while let Some(level) = seq.next_element::<Level<'de>>()? {
                let price = level.price.read("price").map_err(de::Error::custom)?;
                let quantity = level.qty.read("qty").map_err(de::Error::custom)?;
                levels.push(market::Level { price, quantity });
            }
            Ok(levels)
        }
    }

    deserializer.deserialize_seq(Levels)
}

#[derive(Deserialize)]
pub(super) struct Trades<'a> {
    #[serde(borrow)]
    pub data: Vec<Trade<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Trade<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    pub side: Text<'a>,
    pub price: Number<'a>,
    pub qty: Number<'a>,
    pub trade_id: Option<u64>,
    pub timestamp: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct Tickers<'a> {
    #[serde(borrow)]
    pub data: Vec<Ticker<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Ticker<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    pub bid: Option<Number<'a>>,
    pub ask: Option<Number<'a>>,
    pub last: Option<Number<'a>>,
    pub high: Option<Number<'a>>,
    pub low: Option<Number<'a>>,
    pub volume: Option<Number<'a>>,
    pub vwap: Option<Number<'a>>,
    pub change_pct: Option<Number<'a>>,
    pub timestamp: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Candles<'a> {
    #[serde(borrow)]
    pub data: Vec<Candle<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Candle<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    pub open: Number<'a>,
    pub high: Number<'a>,
    pub low: Number<'a>,
    pub close: Number<'a>,
    pub volume: Number<'a>,
    pub interval_begin: Text<'a>,
    /// In minutes.
    pub interval: u64,
}

#[derive(Deserialize)]
pub(super) struct Instruments<'a> {
    #[serde(borrow)]
    pub data: InstrumentData<'a>,
}

#[derive(Deserialize)]
pub(super) struct InstrumentData<'a> {
    #[serde(borrow, default)]
    pub pairs: Vec<Pair<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Pair<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    pub status: Text<'a>,
    pub price_precision: u8,
    pub qty_precision: u8,
    pub price_increment: Option<Number<'a>>,
    pub qty_increment: Option<Number<'a>>,
    pub qty_min: Option<Number<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Statuses<'a> {
    #[serde(borrow)]
    pub data: Vec<Status<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Status<'a> {
    #[serde(borrow)]
    pub system: Text<'a>,
}

/// An acknowledgement, an error or a pong.
#[derive(Deserialize)]
pub(super) struct Answer<'a> {
    #[serde(borrow)]
    pub method: Text<'a>,
    pub success: Option<bool>,
    pub error: Option<Text<'a>>,
    pub symbol: Option<Text<'a>>,
    pub time_out: Option<Text<'a>>,
    pub result: Option<Granted<'a>>,
}

#[derive(Default, Deserialize)]
pub(super) struct Granted<'a> {
    #[serde(borrow)]
    pub channel: Option<Text<'a>>,
    pub symbol: Option<Text<'a>>,
    pub depth: Option<usize>,
    pub interval: Option<u64>,
}

/// A request of ours, read back from a capture.
#[derive(Deserialize)]
pub(super) struct Request<'a> {
    #[serde(borrow)]
    pub method: Text<'a>,
    pub params: Params<'a>,
}

#[derive(Deserialize)]
pub(super) struct Params<'a> {
    #[serde(borrow)]
    pub channel: Text<'a>,
    #[serde(default)]
    pub symbol: Vec<Text<'a>>,
    pub depth: Option<usize>,
}
