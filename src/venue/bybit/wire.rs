//! The JSON of Bybit's messages, borrowed from the frame.

use crate::market::Change;
use crate::venue::scan::{Fault, Scan};
pub(super) use crate::venue::wire::{Number, Text, read};
use serde::Deserialize;
use std::borrow::Cow;

/// A frame of any kind, as far as it takes to tell which.
#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub topic: Option<Text<'a>>,
    pub op: Option<Text<'a>>,
    pub success: Option<bool>,
    pub ret_msg: Option<Text<'a>>,
    pub req_id: Option<Text<'a>>,
    /// The old protocol repeats what it answers to.
    pub request: Option<Request<'a>>,
}

/// A request of ours.
#[derive(Deserialize)]
pub(super) struct Request<'a> {
    #[serde(borrow)]
    pub op: Text<'a>,
    pub args: Option<Vec<Text<'a>>>,
    pub req_id: Option<Text<'a>>,
}

/// A snapshot or a change of a book.
pub(super) struct Book<'a> {
    pub topic: Cow<'a, str>,
    pub kind: Cow<'a, str>,
    pub time: u64,
    pub data: BookData<'a>,
}

/// What is in it.
pub(super) struct BookData<'a> {
    pub symbol: Cow<'a, str>,
    pub number: u64,
    pub bids: Vec<Change>,
    pub asks: Vec<Change>,
}

/// Reads an `orderbook` message.
pub(super) fn book(frame: &str) -> Result<Book<'_>, Fault> {
    let mut scan = Scan::new(frame);
    let (mut topic, mut kind, mut time, mut data) = (None, None, None, None);
    scan.object(|scan, name| {
        match name {
            "topic" => topic = Some(scan.string()?),
            "type" => kind = Some(scan.string()?),
            "ts" => time = Some(scan.whole()?),
            "data" => data = Some(book_data(scan)?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    scan.end()?;
    match (topic, kind, time, data) {
        (Some(topic), Some(kind), Some(time), Some(data)) => Ok(Book { topic, kind, time, data }),
        _ => Err(scan.fault("not all of topic, type, ts and data")),
    }
}

fn book_data<'a>(scan: &mut Scan<'a>) -> Result<BookData<'a>, Fault> {
    let (mut symbol, mut number, mut bids, mut asks) = (None, None, None, None);
    scan.object(|scan, name| {
        match name {
            "s" => symbol = Some(scan.string()?),
            "u" => number = Some(scan.whole()?),
            "b" => bids = Some(scan.levels()?),
            "a" => asks = Some(scan.levels()?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    match (symbol, number, bids, asks) {
        (Some(symbol), Some(number), Some(bids), Some(asks)) => Ok(BookData { symbol, number, bids, asks }),
        _ => Err(scan.fault("not all of s, u, b and a")),
    }
}

#[derive(Deserialize)]
pub(super) struct Trades<'a> {
    #[serde(borrow)]
    pub data: Vec<Trade<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Trade<'a> {
    #[serde(borrow, rename = "s")]
    pub symbol: Text<'a>,
    /// What the taker did.
    #[serde(rename = "S")]
    pub side: Text<'a>,
    #[serde(rename = "v")]
    pub size: Number<'a>,
    #[serde(rename = "p")]
    pub price: Number<'a>,
    /// A number on spot, and a name that does not grow elsewhere.
    #[serde(rename = "i")]
    pub id: Text<'a>,
    #[serde(rename = "T")]
    pub time: i64,
}

#[derive(Deserialize)]
pub(super) struct Tickers<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    pub ts: i64,
    pub data: Ticker<'a>,
}

/// A whole summary on spot; on contracts only what has changed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ticker<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    pub bid1_price: Option<Number<'a>>,
    pub ask1_price: Option<Number<'a>>,
    pub last_price: Option<Number<'a>>,
    #[serde(rename = "highPrice24h")]
    pub high: Option<Number<'a>>,
    #[serde(rename = "lowPrice24h")]
    pub low: Option<Number<'a>>,
    #[serde(rename = "volume24h")]
    pub volume: Option<Number<'a>>,
    /// A fraction.
    #[serde(rename = "price24hPcnt")]
    pub change: Option<Number<'a>>,
    pub mark_price: Option<Number<'a>>,
    pub index_price: Option<Number<'a>>,
    /// A fraction.
    pub funding_rate: Option<Number<'a>>,
    pub next_funding_time: Option<Number<'a>>,
    pub open_interest: Option<Number<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Candles<'a> {
    #[serde(borrow)]
    pub data: Vec<Candle<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Candle<'a> {
    pub start: i64,
    #[serde(borrow)]
    pub interval: Text<'a>,
    pub open: Number<'a>,
    pub high: Number<'a>,
    pub low: Number<'a>,
    pub close: Number<'a>,
    pub volume: Number<'a>,
}

/// The answer to an HTTP request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer<'a> {
    pub ret_code: i64,
    #[serde(borrow)]
    pub ret_msg: Option<Text<'a>>,
    pub result: Option<&'a serde_json::value::RawValue>,
}

/// A page of the list of instruments.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listing<'a> {
    #[serde(borrow)]
    pub category: Text<'a>,
    pub list: Vec<Listed<'a>>,
    pub next_page_cursor: Option<Text<'a>>,
}

/// An instrument as Bybit describes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    pub status: Text<'a>,
    pub base_coin: Text<'a>,
    pub quote_coin: Text<'a>,
    pub settle_coin: Option<Text<'a>>,
    pub contract_type: Option<Text<'a>>,
    /// In milliseconds; zero for what does not expire.
    pub delivery_time: Option<Text<'a>>,
    pub price_filter: PriceFilter<'a>,
    pub lot_size_filter: LotFilter<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PriceFilter<'a> {
    #[serde(borrow)]
    pub tick_size: Option<Number<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LotFilter<'a> {
    /// On spot.
    #[serde(borrow)]
    pub base_precision: Option<Number<'a>>,
    /// On contracts.
    pub qty_step: Option<Number<'a>>,
    pub min_order_qty: Option<Number<'a>>,
}

/// The rows of an old book: all of them, or what has changed.
#[derive(Deserialize)]
pub(super) struct OldBook<'a, D> {
    pub data: D,
    #[serde(borrow)]
    pub cross_seq: Number<'a>,
    pub timestamp_e6: Number<'a>,
}

#[derive(Deserialize)]
pub(super) struct OldChanges<'a> {
    #[serde(borrow)]
    pub delete: Vec<OldRow<'a>>,
    pub update: Vec<OldRow<'a>>,
    pub insert: Vec<OldRow<'a>>,
}

#[derive(Deserialize)]
pub(super) struct OldRow<'a> {
    #[serde(borrow)]
    pub price: Number<'a>,
    pub symbol: Text<'a>,
    pub id: u64,
    pub side: Text<'a>,
    pub size: Option<Number<'a>>,
}

#[derive(Deserialize)]
pub(super) struct OldHead<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct OldTrades<'a> {
    #[serde(borrow)]
    pub data: Vec<OldTrade<'a>>,
}

#[derive(Deserialize)]
pub(super) struct OldTrade<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    pub side: Text<'a>,
    pub size: Number<'a>,
    pub price: Number<'a>,
    pub trade_time_ms: Number<'a>,
}
