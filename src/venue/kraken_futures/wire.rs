//! The JSON of Kraken Futures' messages, borrowed from the frame.

use crate::market::{Change, Side};
use crate::venue::scan::{Fault, Scan};
pub(super) use crate::venue::wire::{Number, Text, read};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub feed: Option<Text<'a>>,
    pub event: Option<Text<'a>>,
}

/// A `book` or a `book_snapshot` message.
pub(super) struct Book<'a> {
    pub snapshot: bool,
    pub product: Text<'a>,
    pub seq: u64,
    /// In milliseconds.
    pub timestamp: Option<u64>,
    pub bids: Vec<Change>,
    pub asks: Vec<Change>,
}

/// Reads a message of a book: a snapshot has both sides, a change has one level and its side.
pub(super) fn book<'a>(frame: &'a str) -> Result<Book<'a>, Fault> {
    let mut scan = Scan::new(frame);
    let (mut feed, mut product, mut seq, mut timestamp) = (None, None, None, None);
    let (mut side, mut price, mut quantity) = (None, None, None);
    let (mut bids, mut asks) = (None, None);
    scan.object(|scan, name| {
        match name {
            "feed" => feed = Some(scan.string()?),
            "product_id" => product = Some(scan.string()?),
            "side" => side = Some(self::side(scan)?),
            "seq" => seq = Some(scan.whole()?),
            "price" => price = Some(scan.fixed()?),
            "qty" => quantity = Some(scan.fixed()?),
            "timestamp" if !scan.null() => timestamp = Some(scan.whole()?),
            "timestamp" => {}
            "bids" => bids = Some(scan.named_levels("price", "qty")?),
            "asks" => asks = Some(scan.named_levels("price", "qty")?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    scan.end()?;
    let missing = |what| Fault { what, at: frame.len() };
    let snapshot = match feed.as_deref() {
        Some("book_snapshot") => true,
        Some("book") => false,
        _ => return Err(missing("no feed of a book")),
    };
    let (bids, asks) = match snapshot {
        true => (bids.ok_or(missing("no bids"))?, asks.ok_or(missing("no asks"))?),
        false => {
            let change =
                Change { price: price.ok_or(missing("no price"))?, quantity: quantity.ok_or(missing("no quantity"))? };
            match side.ok_or(missing("no side"))? {
                Side::Bid => (vec![change], Vec::new()),
                Side::Ask => (Vec::new(), vec![change]),
            }
        }
    };
    let (product, seq) = (product.ok_or(missing("no product"))?, seq.ok_or(missing("no number"))?);
    Ok(Book { snapshot, product, seq, timestamp, bids, asks })
}

fn side(scan: &mut Scan<'_>) -> Result<Side, Fault> {
    match scan.string()?.as_ref() {
        "buy" => Ok(Side::Bid),
        "sell" => Ok(Side::Ask),
        _ => Err(scan.fault("neither buy nor sell")),
    }
}

#[derive(Deserialize)]
pub(super) struct Trade<'a> {
    #[serde(borrow)]
    pub product_id: Text<'a>,
    pub side: Text<'a>,
    /// Grows by one with every trade of the product.
    pub seq: Option<u64>,
    /// In milliseconds.
    pub time: i64,
    pub qty: Number<'a>,
    pub price: Number<'a>,
}

/// The latest trades, newest first.
#[derive(Deserialize)]
pub(super) struct Trades<'a> {
    #[serde(borrow)]
    pub trades: Vec<Trade<'a>>,
}

/// A `ticker`, or the few fields of it that a `ticker_lite` has.
#[derive(Deserialize)]
pub(super) struct Ticker<'a> {
    #[serde(borrow)]
    pub product_id: Text<'a>,
    /// In milliseconds.
    pub time: Option<i64>,
    pub bid: Option<Number<'a>>,
    pub ask: Option<Number<'a>>,
    pub last: Option<Number<'a>>,
    pub high: Option<Number<'a>>,
    pub low: Option<Number<'a>>,
    pub volume: Option<Number<'a>>,
    pub change: Option<Number<'a>>,
    pub index: Option<Number<'a>>,
    #[serde(rename = "markPrice")]
    pub mark: Option<Number<'a>>,
    #[serde(rename = "openInterest")]
    pub open_interest: Option<Number<'a>>,
    /// A share of the position for an hour; `funding_rate` beside it is an amount of money.
    pub relative_funding_rate: Option<Number<'a>>,
    /// In milliseconds.
    pub next_funding_rate_time: Option<i64>,
}

/// An acknowledgement or a complaint.
#[derive(Deserialize)]
pub(super) struct Answer<'a> {
    #[serde(borrow)]
    pub event: Text<'a>,
    pub feed: Option<Text<'a>>,
    #[serde(default)]
    pub product_ids: Vec<Text<'a>>,
    pub message: Option<Text<'a>>,
}

/// The answer to the request for all instruments.
#[derive(Deserialize)]
pub(super) struct Instruments<'a> {
    #[serde(borrow)]
    pub instruments: Vec<Instrument<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Instrument<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    pub tradeable: bool,
    #[serde(default)]
    pub post_only: bool,
    /// Indices have none.
    pub tick_size: Option<Number<'a>>,
    /// Decimals of a quantity; below zero for steps of ten, a hundred and so on.
    pub contract_value_trade_precision: Option<i32>,
    pub minimum_trade_size: Option<Number<'a>>,
}
