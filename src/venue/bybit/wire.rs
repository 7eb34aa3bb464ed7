//! The JSON of Bybit's messages, borrowed from the frame.

use crate::market::{Change, Symbol};
use crate::venue::names;
use crate::venue::scan::{Fault, Scan};
pub(super) use crate::venue::wire::{Number, Text};
use serde::Deserialize;
use std::borrow::Cow;

/// Levels that a difference has a side, usually.
const USUAL: usize = 32;

/// A message about a book.
pub(super) struct Book<'a> {
    pub symbol: Cow<'a, str>,
    /// The depth that its topic names.
    pub depth: u64,
    pub snapshot: bool,
    /// Milliseconds since the epoch.
    pub at: u64,
    /// The venue's count, `u`.
    pub number: u64,
    pub bids: Vec<Change>,
    pub asks: Vec<Change>,
}

/// Reads an `orderbook` message.
pub(super) fn book(frame: &str) -> Result<Book<'_>, Fault> {
    let mut scan = Scan::new(frame);
    let (mut topic, mut kind, mut at, mut data) = (None, None, None, None);
    scan.object(|scan, name| {
        match name {
            "topic" => topic = Some(scan.string()?),
            "type" => kind = Some(scan.string()?),
            "ts" => at = Some(scan.whole()?),
            "data" => data = Some(body(scan)?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    scan.end()?;
    let missing = |what| Fault { what, at: frame.len() };
    let (symbol, number, bids, asks) = data.ok_or(missing("no data"))?;
    let depth = topic.as_deref().and_then(|topic| topic.split('.').nth(1)?.parse().ok());
    let snapshot = match kind.as_deref() {
        Some("snapshot") => true,
        Some("delta") => false,
        _ => return Err(missing("neither snapshot nor delta")),
    };
    let depth = depth.ok_or(missing("no depth in the topic"))?;
    Ok(Book { symbol, depth, snapshot, at: at.ok_or(missing("no ts"))?, number, bids, asks })
}

/// Symbol, count, bids and asks.
type Body<'a> = (Cow<'a, str>, u64, Vec<Change>, Vec<Change>);

fn body<'a>(scan: &mut Scan<'a>) -> Result<Body<'a>, Fault> {
    let (mut symbol, mut number, mut bids, mut asks) = (None, None, None, None);
    scan.object(|scan, name| {
        match name {
            "s" => symbol = Some(scan.string()?),
            "u" => number = Some(scan.whole()?),
            "b" => bids = Some(levels(scan)?),
            "a" => asks = Some(levels(scan)?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    let (Some(symbol), Some(number), Some(bids), Some(asks)) = (symbol, number, bids, asks) else {
        return Err(scan.fault("one of s, u, b and a is missing"));
    };
    Ok((symbol, number, bids, asks))
}

fn levels(scan: &mut Scan<'_>) -> Result<Vec<Change>, Fault> {
    let mut levels = Vec::with_capacity(USUAL);
    scan.levels(&mut levels)?;
    Ok(levels)
}

/// Enough of a message to tell what it is.
#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub topic: Option<Text<'a>>,
    pub op: Option<serde::de::IgnoredAny>,
    pub success: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct Answer<'a> {
    #[serde(borrow)]
    pub op: Option<Text<'a>>,
    pub success: Option<bool>,
    pub ret_msg: Option<Text<'a>>,
    pub req_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Trades<'a> {
    #[serde(borrow)]
    pub data: Vec<Trade<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Trade<'a> {
    #[serde(rename = "T")]
    pub at: u64,
    #[serde(borrow)]
    pub s: Text<'a>,
    #[serde(rename = "S")]
    pub side: Text<'a>,
    pub v: Number<'a>,
    pub p: Number<'a>,
    pub i: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Tickers<'a> {
    pub ts: u64,
    #[serde(borrow)]
    pub data: Ticker<'a>,
}

#[derive(Deserialize)]
pub(super) struct Ticker<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    #[serde(rename = "lastPrice")]
    pub last: Option<Number<'a>>,
    #[serde(rename = "highPrice24h")]
    pub high: Option<Number<'a>>,
    #[serde(rename = "lowPrice24h")]
    pub low: Option<Number<'a>>,
    #[serde(rename = "volume24h")]
    pub volume: Option<Number<'a>>,
    #[serde(rename = "price24hPcnt")]
    pub change: Option<Number<'a>>,
    #[serde(rename = "bid1Price")]
    pub bid: Option<Number<'a>>,
    #[serde(rename = "ask1Price")]
    pub ask: Option<Number<'a>>,
    #[serde(rename = "markPrice")]
    pub mark: Option<Number<'a>>,
    #[serde(rename = "indexPrice")]
    pub index: Option<Number<'a>>,
    #[serde(rename = "fundingRate")]
    pub funding: Option<Number<'a>>,
    #[serde(rename = "nextFundingTime")]
    pub next_funding: Option<Number<'a>>,
    #[serde(rename = "openInterest")]
    pub open_interest: Option<Number<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Klines<'a> {
    #[serde(borrow)]
    pub data: Vec<Bar<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Bar<'a> {
    pub start: u64,
    #[serde(borrow)]
    pub interval: Text<'a>,
    pub open: Number<'a>,
    pub high: Number<'a>,
    pub low: Number<'a>,
    pub close: Number<'a>,
    pub volume: Number<'a>,
}

#[derive(Deserialize)]
pub(super) struct Listing<'a> {
    #[serde(borrow)]
    pub result: Page<'a>,
}

#[derive(Deserialize)]
pub(super) struct Page<'a> {
    #[serde(borrow)]
    pub list: Vec<Entry<'a>>,
    #[serde(rename = "nextPageCursor")]
    pub cursor: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Entry<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    pub status: Text<'a>,
    #[serde(rename = "baseCoin")]
    base: Text<'a>,
    #[serde(rename = "quoteCoin")]
    quote: Text<'a>,
    /// Of contracts.
    #[serde(rename = "settleCoin")]
    settle: Option<Text<'a>>,
    /// Milliseconds since the epoch; 0 of perpetuals.
    #[serde(rename = "deliveryTime")]
    delivery: Option<Number<'a>>,
    #[serde(rename = "priceFilter")]
    pub prices: PriceFilter<'a>,
    #[serde(rename = "lotSizeFilter")]
    pub lots: LotFilter<'a>,
}

impl Entry<'_> {
    /// The unified symbol.
    pub fn unified(&self) -> Option<Symbol> {
        let Self { base, quote, settle, .. } = self;
        let Some(settle) = settle else { return Symbol::new(&format!("{base}/{quote}")).ok() };
        let delivery: u64 = self.delivery.and_then(|delivery| delivery.text().parse().ok()).unwrap_or_default();
        let dated = if delivery == 0 { String::new() } else { format!("-{}", names::day(delivery)?) };
        Symbol::new(&format!("{base}/{quote}:{settle}{dated}")).ok()
    }
}

#[derive(Deserialize)]
pub(super) struct PriceFilter<'a> {
    #[serde(borrow, rename = "tickSize")]
    pub tick: Number<'a>,
}

#[derive(Deserialize)]
pub(super) struct LotFilter<'a> {
    /// Of contracts.
    #[serde(borrow, rename = "qtyStep")]
    pub step: Option<Number<'a>>,
    /// Of spot pairs.
    #[serde(rename = "basePrecision")]
    pub base: Option<Number<'a>>,
    #[serde(rename = "minOrderQty")]
    pub minimum: Option<Number<'a>>,
}
