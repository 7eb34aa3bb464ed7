//! The JSON of Binance's messages, borrowed from the frame.

use crate::market::Change;
use crate::money::Fixed;
use crate::venue::scan::{Fault, Scan};
pub(super) use crate::venue::wire::{Number, Text, read};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The name of the stream and the message in it, of a frame that is written as Binance writes its combined streams.
///
/// Only the outside is looked at: whoever reads the message sees whether anything follows it.
pub(super) fn combined(frame: &str) -> Option<(&str, &str)> {
    let (stream, rest) = frame.strip_prefix(r#"{"stream":""#)?.split_once('"')?;
    Some((stream, rest.strip_prefix(r#","data":"#)?.strip_suffix('}')?))
}

/// A frame of any kind, as far as it takes to tell which.
#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub stream: Option<Text<'a>>,
    pub data: Option<&'a RawValue>,
    pub id: Option<Number<'a>>,
    pub error: Option<Refusal<'a>>,
    pub code: Option<i64>,
    pub msg: Option<Text<'a>>,
}

/// A message, as far as it takes to tell its kind. Spot's book tickers have no kind; no other message has both of these.
#[derive(Deserialize)]
pub(super) struct Kind<'a> {
    #[serde(borrow, rename = "e")]
    pub kind: Option<Text<'a>>,
    #[serde(rename = "B")]
    pub bid_size: Option<IgnoredAny>,
    #[serde(rename = "A")]
    pub ask_size: Option<IgnoredAny>,
}

/// Why something was refused.
#[derive(Deserialize)]
pub(super) struct Refusal<'a> {
    #[serde(borrow)]
    pub msg: Option<Text<'a>>,
}

/// A request of ours, read back from a capture.
#[derive(Deserialize)]
pub(super) struct Request<'a> {
    #[serde(borrow)]
    pub method: Text<'a>,
    #[serde(default)]
    pub params: Vec<Text<'a>>,
    pub id: Number<'a>,
}

/// A change of a book.
pub(super) struct Depth<'a> {
    pub symbol: Cow<'a, str>,
    pub time: u64,
    pub first: u64,
    pub last: u64,
    pub previous: Option<u64>,
    pub bids: Vec<Change>,
    pub asks: Vec<Change>,
}

/// Reads a `depthUpdate`.
pub(super) fn depth(text: &str) -> Result<Depth<'_>, Fault> {
    let mut scan = Scan::new(text);
    let (mut symbol, mut time, mut first, mut last, mut previous) = (None, None, None, None, None);
    let (mut bids, mut asks) = (None, None);
    scan.object(|scan, name| {
        match name {
            "s" => symbol = Some(scan.string()?),
            "E" => time = Some(scan.whole()?),
            "U" => first = Some(scan.whole()?),
            "u" => last = Some(scan.whole()?),
            "pu" => previous = Some(scan.whole()?),
            "b" => bids = Some(scan.levels()?),
            "a" => asks = Some(scan.levels()?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    scan.end()?;
    match (symbol, time, first, last, bids, asks) {
        (Some(symbol), Some(time), Some(first), Some(last), Some(bids), Some(asks)) => {
            Ok(Depth { symbol, time, first, last, previous, bids, asks })
        }
        _ => Err(scan.fault("not all of s, E, U, u, b and a")),
    }
}

/// A book as it is fetched.
pub(super) struct Snapshot {
    pub number: u64,
    /// Futures only.
    pub time: Option<u64>,
    pub bids: Vec<Change>,
    pub asks: Vec<Change>,
}

/// Reads a fetched book.
pub(super) fn snapshot(text: &str) -> Result<Snapshot, Fault> {
    let mut scan = Scan::new(text);
    let (mut number, mut time, mut bids, mut asks) = (None, None, None, None);
    scan.object(|scan, name| {
        match name {
            "lastUpdateId" => number = Some(scan.whole()?),
            "E" => time = Some(scan.whole()?),
            "bids" => bids = Some(scan.levels()?),
            "asks" => asks = Some(scan.levels()?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    scan.end()?;
    match (number, bids, asks) {
        (Some(number), Some(bids), Some(asks)) => Ok(Snapshot { number, time, bids, asks }),
        _ => Err(scan.fault("not all of lastUpdateId, bids and asks")),
    }
}

/// The best prices.
#[derive(Default)]
pub(super) struct BookTicker<'a> {
    pub symbol: Cow<'a, str>,
    pub bid: Option<Fixed>,
    pub ask: Option<Fixed>,
    /// Futures only.
    pub time: Option<u64>,
}

/// Reads a `bookTicker`.
pub(super) fn book_ticker(text: &str) -> Result<BookTicker<'_>, Fault> {
    let mut scan = Scan::new(text);
    let (mut ticker, mut symbol) = (BookTicker::default(), None);
    scan.object(|scan, name| {
        match name {
            "s" => symbol = Some(scan.string()?),
            "b" => ticker.bid = Some(scan.fixed()?),
            "a" => ticker.ask = Some(scan.fixed()?),
            "E" => ticker.time = Some(scan.whole()?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    scan.end()?;
    ticker.symbol = symbol.ok_or_else(|| scan.fault("no symbol"))?;
    if ticker.bid.is_none() || ticker.ask.is_none() { Err(scan.fault("not both of bid and ask")) } else { Ok(ticker) }
}

/// A `trade`, or an `aggTrade`: what one order took at one price.
#[derive(Deserialize)]
pub(super) struct Trade<'a> {
    #[serde(borrow, rename = "s")]
    pub symbol: Text<'a>,
    /// The number of a trade.
    #[serde(rename = "t")]
    pub id: Option<u64>,
    /// The number of an aggregate.
    #[serde(rename = "a")]
    pub aggregate: Option<u64>,
    #[serde(rename = "p")]
    pub price: Number<'a>,
    #[serde(rename = "q")]
    pub quantity: Number<'a>,
    #[serde(rename = "T")]
    pub time: i64,
    /// Whether the buyer was there first.
    #[serde(rename = "m")]
    pub buyer_made: bool,
}

#[derive(Deserialize)]
pub(super) struct Ticker<'a> {
    #[serde(borrow, rename = "s")]
    pub symbol: Text<'a>,
    #[serde(rename = "E")]
    pub time: i64,
    #[serde(rename = "b")]
    pub bid: Option<Number<'a>>,
    #[serde(rename = "a")]
    pub ask: Option<Number<'a>>,
    #[serde(rename = "c")]
    pub last: Number<'a>,
    #[serde(rename = "h")]
    pub high: Number<'a>,
    #[serde(rename = "l")]
    pub low: Number<'a>,
    #[serde(rename = "v")]
    pub volume: Number<'a>,
    #[serde(rename = "w")]
    pub vwap: Number<'a>,
    #[serde(rename = "P")]
    pub change: Number<'a>,
}

#[derive(Deserialize)]
pub(super) struct Mark<'a> {
    #[serde(borrow, rename = "s")]
    pub symbol: Text<'a>,
    #[serde(rename = "E")]
    pub time: i64,
    #[serde(rename = "p")]
    pub mark: Number<'a>,
    #[serde(rename = "i")]
    pub index: Option<Number<'a>>,
    /// A fraction; empty for contracts that pay none.
    #[serde(rename = "r")]
    pub funding: Option<Number<'a>>,
    #[serde(rename = "T")]
    pub next_funding: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Candles<'a> {
    #[serde(borrow, rename = "s")]
    pub symbol: Text<'a>,
    #[serde(rename = "k")]
    pub candle: Candle<'a>,
}

#[derive(Deserialize)]
pub(super) struct Candle<'a> {
    #[serde(borrow, rename = "i")]
    pub interval: Text<'a>,
    #[serde(rename = "t")]
    pub start: i64,
    #[serde(rename = "o")]
    pub open: Number<'a>,
    #[serde(rename = "h")]
    pub high: Number<'a>,
    #[serde(rename = "l")]
    pub low: Number<'a>,
    #[serde(rename = "c")]
    pub close: Number<'a>,
    #[serde(rename = "v")]
    pub volume: Number<'a>,
}

#[derive(Deserialize)]
pub(super) struct ExchangeInfo<'a> {
    #[serde(borrow)]
    pub symbols: Vec<Listed<'a>>,
}

/// An instrument as Binance describes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    pub status: Text<'a>,
    pub base_asset: Text<'a>,
    pub quote_asset: Text<'a>,
    /// Futures only.
    pub margin_asset: Option<Text<'a>>,
    /// Futures only, in milliseconds; far away for perpetuals.
    pub delivery_date: Option<i64>,
    /// Futures only.
    pub contract_type: Option<Text<'a>>,
    #[serde(default)]
    pub filters: Vec<Filter<'a>>,
}

/// A rule for orders; each kind has fields of its own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Filter<'a> {
    #[serde(borrow)]
    pub filter_type: Text<'a>,
    pub tick_size: Option<Number<'a>>,
    pub step_size: Option<Number<'a>>,
    pub min_qty: Option<Number<'a>>,
}

/// Whether the venue is open.
#[derive(Deserialize)]
pub(super) struct SystemStatus<'a> {
    pub status: i64,
    #[serde(borrow)]
    pub msg: Option<Text<'a>>,
}
