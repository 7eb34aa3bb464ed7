//! The JSON of Kraken's messages, borrowed from the frame.

use crate::market::Change;
use crate::venue::scan::{Fault, Scan};
pub(super) use crate::venue::wire::{Number, Text, read};
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub channel: Option<Text<'a>>,
    pub method: Option<serde::de::IgnoredAny>,
}

/// One book of a `book` message.
#[derive(Default)]
pub(super) struct Book<'a> {
    pub symbol: Cow<'a, str>,
    pub bids: Vec<Change>,
    pub asks: Vec<Change>,
    pub checksum: Option<u32>,
    pub timestamp: Option<Cow<'a, str>>,
}

/// Reads a `book` message: its type, and each of its books.
pub(super) fn books<'a>(frame: &'a str) -> Result<(Cow<'a, str>, Vec<Book<'a>>), Fault> {
    if let Some((kind, book)) = usual(frame) {
        return Ok((kind.into(), vec![book]));
    }
    let mut scan = Scan::new(frame);
    let (mut kind, mut books) = (None, None);
    scan.object(|scan, name| {
        match name {
            "type" => kind = Some(scan.string()?),
            "data" => {
                let mut read = Vec::with_capacity(1);
                scan.list(|scan| {
                    read.push(book(scan)?);
                    Ok::<_, Fault>(())
                })?;
                books = Some(read);
            }
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    scan.end()?;
    let missing = |what| Fault { what, at: frame.len() };
    Ok((kind.ok_or(missing("no type"))?, books.ok_or(missing("no data"))?))
}

/// The message that nearly all are: one book, its members in the order in which Kraken writes them.
fn usual(frame: &str) -> Option<(&str, Book<'_>)> {
    let mut scan = Scan::new(frame);
    scan.pass(r#"{"channel":"book","type":"#)?;
    let kind = scan.plain()?;
    scan.pass(r#","data":[{"symbol":"#)?;
    let symbol = scan.plain()?.into();
    scan.pass(r#","bids":"#)?;
    let bids = scan.named_levels("price", "qty").ok()?;
    scan.pass(r#","asks":"#)?;
    let asks = scan.named_levels("price", "qty").ok()?;
    scan.pass(r#","checksum":"#)?;
    let checksum = Some(checksum(&mut scan).ok()?);
    scan.pass(r#","timestamp":"#)?;
    let timestamp = Some(scan.plain()?.into());
    scan.pass("}]}")?;
    scan.end().ok()?;
    Some((kind, Book { symbol, bids, asks, checksum, timestamp }))
}

fn book<'a>(scan: &mut Scan<'a>) -> Result<Book<'a>, Fault> {
    let mut book = Book::default();
    let (mut symbol, mut sides) = (None, 0);
    scan.object(|scan, name| {
        match name {
            "symbol" => symbol = Some(scan.string()?),
            "bids" => {
                sides += 1;
                book.bids = scan.named_levels("price", "qty")?;
            }
            "asks" => {
                sides += 1;
                book.asks = scan.named_levels("price", "qty")?;
            }
            "checksum" => book.checksum = Some(checksum(scan)?),
            "timestamp" => book.timestamp = Some(scan.string()?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    book.symbol = symbol.ok_or_else(|| scan.fault("no symbol"))?;
    if sides != 2 { Err(scan.fault("not both of bids and asks")) } else { Ok(book) }
}

fn checksum(scan: &mut Scan<'_>) -> Result<u32, Fault> {
    let whole = scan.whole()?;
    u32::try_from(whole).map_err(|_| scan.fault("a checksum of more than 32 bits"))
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
