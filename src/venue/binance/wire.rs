//! The JSON of Binance's messages, borrowed from the frame.

use crate::market::{Change, Symbol};
use crate::venue::scan::{Fault, Scan};
pub(super) use crate::venue::wire::{Number, Text, read};
use serde::Deserialize;
use std::borrow::Cow;

/// Levels that a difference has a side, usually.
const USUAL: usize = 32;

/// A change of a book.
pub(super) struct Depth<'a> {
    pub symbol: Cow<'a, str>,
    /// Milliseconds since the epoch.
    pub at: u64,
    pub first: u64,
    pub last: u64,
    pub previous: Option<u64>,
    pub bids: Vec<Change>,
    pub asks: Vec<Change>,
}

/// Reads a `depthUpdate`.
pub(super) fn depth(payload: &str) -> Result<Depth<'_>, Fault> {
    let mut scan = Scan::new(payload);
    let (mut symbol, mut at, mut first, mut last, mut previous) = (None, None, None, None, None);
    let (mut bids, mut asks) = (None, None);
    scan.object(|scan, name| {
        match name {
            "s" => symbol = Some(scan.string()?),
            "E" => at = Some(scan.whole()?),
            "U" => first = Some(scan.whole()?),
            "u" => last = Some(scan.whole()?),
            "pu" => previous = Some(scan.whole()?),
            "b" => bids = Some(levels(scan)?),
            "a" => asks = Some(levels(scan)?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    scan.end()?;
    let missing = |what| Fault { what, at: payload.len() };
    Ok(Depth {
        symbol: symbol.ok_or(missing("no s"))?,
        at: at.ok_or(missing("no E"))?,
        first: first.ok_or(missing("no U"))?,
        last: last.ok_or(missing("no u"))?,
        previous,
        bids: bids.ok_or(missing("no b"))?,
        asks: asks.ok_or(missing("no a"))?,
    })
}

fn levels(scan: &mut Scan<'_>) -> Result<Vec<Change>, Fault> {
    let mut levels = Vec::with_capacity(USUAL);
    scan.levels(&mut levels)?;
    Ok(levels)
}

/// A snapshot: its number, its time where it is told, bids and asks.
type Snapshot = (u64, Option<u64>, Vec<Change>, Vec<Change>);

/// Reads a snapshot as REST gives it.
pub(super) fn snapshot(body: &str) -> Result<Snapshot, Fault> {
    let mut scan = Scan::new(body);
    let (mut number, mut at, mut bids, mut asks) = (None, None, None, None);
    scan.object(|scan, name| {
        match name {
            "lastUpdateId" => number = Some(scan.whole()?),
            "E" => at = Some(scan.whole()?),
            "bids" => bids = Some(levels(scan)?),
            "asks" => asks = Some(levels(scan)?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    scan.end()?;
    let missing = |what| Fault { what, at: body.len() };
    let (bids, asks) = (bids.ok_or(missing("no bids"))?, asks.ok_or(missing("no asks"))?);
    Ok((number.ok_or(missing("no lastUpdateId"))?, at, bids, asks))
}

/// Enough of a message to tell what it is, and all of an answer.
#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub e: Option<Text<'a>>,
    pub s: Option<serde::de::IgnoredAny>,
    pub u: Option<serde::de::IgnoredAny>,
    pub id: Option<u64>,
    pub error: Option<Refusal<'a>>,
    pub code: Option<i64>,
    pub msg: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Refusal<'a> {
    #[serde(borrow)]
    pub msg: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Trade<'a> {
    #[serde(borrow)]
    pub s: Text<'a>,
    pub p: Number<'a>,
    pub q: Number<'a>,
    /// Its number, of a single trade.
    pub t: Option<u64>,
    /// Its number, of an aggregate; single trades once named an order here.
    pub a: Option<u64>,
    #[serde(rename = "T")]
    pub at: u64,
    /// Whether the buyer was there first.
    pub m: bool,
}

#[derive(Deserialize)]
pub(super) struct Kline<'a> {
    #[serde(borrow)]
    pub s: Text<'a>,
    pub k: Bar<'a>,
}

#[derive(Deserialize)]
pub(super) struct Bar<'a> {
    #[serde(rename = "t")]
    pub start: u64,
    #[serde(borrow)]
    pub i: Text<'a>,
    pub o: Number<'a>,
    pub h: Number<'a>,
    pub l: Number<'a>,
    pub c: Number<'a>,
    pub v: Number<'a>,
}

#[derive(Deserialize)]
pub(super) struct Day<'a> {
    #[serde(rename = "E")]
    pub at: u64,
    #[serde(borrow)]
    pub s: Text<'a>,
    /// Futures have no best prices here.
    pub b: Option<Number<'a>>,
    pub a: Option<Number<'a>>,
    pub c: Number<'a>,
    pub h: Number<'a>,
    pub l: Number<'a>,
    pub v: Number<'a>,
    pub w: Number<'a>,
    #[serde(rename = "P")]
    pub change: Number<'a>,
}

#[derive(Deserialize)]
pub(super) struct Best<'a> {
    #[serde(borrow)]
    pub s: Text<'a>,
    pub b: Number<'a>,
    pub a: Number<'a>,
    #[serde(rename = "E")]
    pub at: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct Mark<'a> {
    #[serde(rename = "E")]
    pub at: u64,
    #[serde(borrow)]
    pub s: Text<'a>,
    pub p: Number<'a>,
    pub i: Option<Number<'a>>,
    pub r: Option<Number<'a>>,
    #[serde(rename = "T")]
    pub next: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct Listing<'a> {
    #[serde(borrow)]
    pub symbols: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Entry<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    pub status: Text<'a>,
    #[serde(rename = "baseAsset")]
    pub base: Text<'a>,
    #[serde(rename = "quoteAsset")]
    pub quote: Text<'a>,
    /// What a contract is margined and settled in.
    #[serde(rename = "marginAsset")]
    pub margin: Option<Text<'a>>,
    #[serde(default)]
    pub filters: Vec<Filter<'a>>,
}

impl Entry<'_> {
    /// The unified symbol; contracts that expire carry the date in their name.
    pub fn unified(&self) -> Option<Symbol> {
        let Self { symbol, base, quote, .. } = self;
        let Some(margin) = &self.margin else { return Symbol::new(&format!("{base}/{quote}")).ok() };
        let dated = symbol.split_once('_').map(|(_, expiry)| format!("-{expiry}")).unwrap_or_default();
        Symbol::new(&format!("{base}/{quote}:{margin}{dated}")).ok()
    }
}

#[derive(Deserialize)]
pub(super) struct Filter<'a> {
    #[serde(borrow, rename = "filterType")]
    pub kind: Text<'a>,
    #[serde(rename = "tickSize")]
    pub tick: Option<Number<'a>>,
    #[serde(rename = "stepSize")]
    pub step: Option<Number<'a>>,
    #[serde(rename = "minQty")]
    pub minimum: Option<Number<'a>>,
}
