//! The JSON of Kraken Futures' messages, borrowed from the frame.

use crate::market::Change;
use crate::money::Fixed;
use crate::venue::scan::{Fault, Scan};
pub(super) use crate::venue::wire::{Number, Text, read};
use serde::Deserialize;
use std::borrow::Cow;

/// One changed level.
pub(super) struct Level<'a> {
    pub product: Cow<'a, str>,
    pub side: Cow<'a, str>,
    pub number: u64,
    pub price: Fixed,
    pub quantity: Fixed,
    /// Milliseconds since the epoch.
    pub at: u64,
}

/// Reads a `book` message.
pub(super) fn level(frame: &str) -> Result<Level<'_>, Fault> {
    let mut scan = Scan::new(frame);
    let (mut product, mut side, mut number, mut price, mut quantity, mut at) = (None, None, None, None, None, None);
    scan.object(|scan, name| {
        match name {
            "product_id" => product = Some(scan.string()?),
            "side" => side = Some(scan.string()?),
            "seq" => number = Some(scan.whole()?),
            "price" => price = Some(scan.fixed()?),
            "qty" => quantity = Some(scan.fixed()?),
            "timestamp" => at = Some(scan.whole()?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    scan.end()?;
    let missing = |what| Fault { what, at: frame.len() };
    Ok(Level {
        product: product.ok_or(missing("no product_id"))?,
        side: side.ok_or(missing("no side"))?,
        number: number.ok_or(missing("no seq"))?,
        price: price.ok_or(missing("no price"))?,
        quantity: quantity.ok_or(missing("no qty"))?,
        at: at.ok_or(missing("no timestamp"))?,
    })
}

/// A whole book.
pub(super) struct Snapshot<'a> {
    pub product: Cow<'a, str>,
    pub number: u64,
    /// Milliseconds since the epoch.
    pub at: u64,
    pub bids: Vec<Change>,
    pub asks: Vec<Change>,
}

/// Reads a `book_snapshot` message.
pub(super) fn snapshot(frame: &str) -> Result<Snapshot<'_>, Fault> {
    let mut scan = Scan::new(frame);
    let (mut product, mut number, mut at, mut bids, mut asks) = (None, None, None, None, None);
    scan.object(|scan, name| {
        match name {
            "product_id" => product = Some(scan.string()?),
            "seq" => number = Some(scan.whole()?),
            "timestamp" => at = Some(scan.whole()?),
            "bids" => bids = Some(levels(scan)?),
            "asks" => asks = Some(levels(scan)?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    scan.end()?;
    let missing = |what| Fault { what, at: frame.len() };
    Ok(Snapshot {
        product: product.ok_or(missing("no product_id"))?,
        number: number.ok_or(missing("no seq"))?,
        at: at.ok_or(missing("no timestamp"))?,
        bids: bids.ok_or(missing("no bids"))?,
        asks: asks.ok_or(missing("no asks"))?,
    })
}

fn levels(scan: &mut Scan<'_>) -> Result<Vec<Change>, Fault> {
    let mut levels = Vec::new();
    scan.named_levels("price", "qty", &mut levels)?;
    Ok(levels)
}

/// Enough of a message to tell what it is, and all of an answer.
#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub event: Option<Text<'a>>,
    #[serde(borrow)]
    pub feed: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub product_ids: Vec<Text<'a>>,
    #[serde(borrow)]
    pub message: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Trades<'a> {
    #[serde(borrow)]
    pub trades: Vec<Trade<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Trade<'a> {
    #[serde(borrow)]
    pub product_id: Text<'a>,
    #[serde(borrow)]
    pub side: Text<'a>,
    /// The number of the trade within its product.
    pub seq: Option<u64>,
    pub time: u64,
    pub qty: Number<'a>,
    pub price: Number<'a>,
}

#[derive(Deserialize)]
pub(super) struct Ticker<'a> {
    #[serde(borrow)]
    pub product_id: Text<'a>,
    pub time: Option<u64>,
    pub bid: Option<Number<'a>>,
    pub ask: Option<Number<'a>>,
    pub last: Option<Number<'a>>,
    pub high: Option<Number<'a>>,
    pub low: Option<Number<'a>>,
    pub volume: Option<Number<'a>>,
    pub change: Option<Number<'a>>,
    #[serde(rename = "markPrice")]
    pub mark: Option<Number<'a>>,
    pub index: Option<Number<'a>>,
    /// A share of the position, each hour.
    pub relative_funding_rate: Option<Number<'a>>,
    #[serde(rename = "next_funding_rate_time")]
    pub next_funding: Option<u64>,
    #[serde(rename = "openInterest")]
    pub open_interest: Option<Number<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Listing<'a> {
    #[serde(borrow)]
    pub instruments: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Entry<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    #[serde(rename = "tickSize")]
    pub tick_size: Option<Number<'a>>,
    #[serde(rename = "contractValueTradePrecision")]
    pub precision: Option<i64>,
    pub tradeable: bool,
}
