//! The JSON of Deribit's messages, borrowed from the frame.

use crate::market::Change;
use crate::money::Fixed;
use crate::venue::scan::{Fault, Scan};
pub(super) use crate::venue::wire::{Number, Text, read};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Any message: a notification has a method, an answer the number of its request.
#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub method: Option<Text<'a>>,
    #[serde(borrow)]
    pub params: Option<Params<'a>>,
    #[serde(borrow)]
    pub id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub result: Option<&'a RawValue>,
    #[serde(borrow)]
    pub error: Option<Refusal<'a>>,
    /// In microseconds.
    #[serde(rename = "usOut")]
    pub sent: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Params<'a> {
    #[serde(borrow)]
    pub channel: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    pub kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Refusal<'a> {
    #[serde(borrow)]
    pub message: Text<'a>,
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
}

/// A message of a book.
pub(super) struct Book<'a> {
    pub channel: Text<'a>,
    /// `snapshot` or `change`; grouped books, which are always whole, have none.
    pub kind: Option<Text<'a>>,
    pub change_id: u64,
    pub previous: Option<u64>,
    /// In milliseconds.
    pub timestamp: u64,
    pub bids: Vec<Change>,
    pub asks: Vec<Change>,
}

/// Reads a message of a book in one pass.
pub(super) fn book<'a>(frame: &'a str) -> Result<Book<'a>, Fault> {
    let mut scan = Scan::new(frame);
    let (mut channel, mut kind, mut change_id, mut previous, mut timestamp) = (None, None, None, None, None);
    let (mut bids, mut asks) = (None, None);
    scan.object(|scan, name| match name {
        "params" => scan.object(|scan, name| match name {
            "channel" => {
                channel = Some(scan.string()?);
                Ok(())
            }
            "data" => scan.object(|scan, name| {
                match name {
                    "type" => kind = Some(scan.string()?),
                    "change_id" => change_id = Some(scan.whole()?),
                    "prev_change_id" if !scan.null() => previous = Some(scan.whole()?),
                    "prev_change_id" => {}
                    "timestamp" => timestamp = Some(scan.whole()?),
                    "bids" => bids = Some(levels(scan)?),
                    "asks" => asks = Some(levels(scan)?),
                    _ => scan.skip()?,
                }
                Ok::<_, Fault>(())
            }),
            _ => scan.skip(),
        }),
        _ => scan.skip(),
    })?;
    scan.end()?;
    let missing = |what| Fault { what, at: frame.len() };
    Ok(Book {
        channel: channel.ok_or(missing("no channel"))?,
        kind,
        change_id: change_id.ok_or(missing("no change_id"))?,
        previous,
        timestamp: timestamp.ok_or(missing("no timestamp"))?,
        bids: bids.ok_or(missing("no bids"))?,
        asks: asks.ok_or(missing("no asks"))?,
    })
}

/// Levels are `["change", price, amount]`, in grouped books `[price, amount]`.
fn levels(scan: &mut Scan<'_>) -> Result<Vec<Change>, Fault> {
    let mut levels = Vec::new();
    scan.list(|scan| {
        scan.expect(b'[', "a level expected")?;
        let gone = gone(scan)?;
        let price = scan.fixed()?;
        scan.expect(b',', "an amount expected")?;
        let amount = scan.fixed()?;
        while scan.accept(b',') {
            scan.skip()?;
        }
        scan.expect(b']', "the end of a level expected")?;
        levels.push(Change { price, quantity: if gone { Fixed::ZERO } else { amount } });
        Ok::<_, Fault>(())
    })?;
    Ok(levels)
}

/// Whether a level says of itself that it goes; one that says nothing stays.
fn gone(scan: &mut Scan<'_>) -> Result<bool, Fault> {
    let mut ahead = scan.clone();
    let Ok(action) = ahead.string() else { return Ok(false) };
    *scan = ahead;
    scan.expect(b',', "a price expected")?;
    match action.as_ref() {
        "new" | "change" => Ok(false),
        "delete" => Ok(true),
        _ => Err(scan.fault("none of new, change and delete")),
    }
}

#[derive(Deserialize)]
pub(super) struct Trade<'a> {
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    /// Grows by one with every trade of the instrument.
    pub trade_seq: Option<u64>,
    /// In milliseconds.
    pub timestamp: i64,
    pub direction: Text<'a>,
    pub price: Number<'a>,
    pub amount: Number<'a>,
}

#[derive(Deserialize)]
pub(super) struct Ticker<'a> {
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    /// In milliseconds.
    pub timestamp: i64,
    pub best_bid_price: Option<Number<'a>>,
    pub best_ask_price: Option<Number<'a>>,
    pub last_price: Option<Number<'a>>,
    pub mark_price: Option<Number<'a>>,
    pub index_price: Option<Number<'a>>,
    /// A share of the position for eight hours; perpetuals have it.
    pub current_funding: Option<Number<'a>>,
    pub open_interest: Option<Number<'a>>,
    #[serde(default)]
    pub stats: Stats<'a>,
}

#[derive(Default, Deserialize)]
pub(super) struct Stats<'a> {
    #[serde(borrow)]
    pub volume: Option<Number<'a>>,
    pub price_change: Option<Number<'a>>,
    pub low: Option<Number<'a>>,
    pub high: Option<Number<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Candle<'a> {
    /// Where it begins, in milliseconds.
    pub tick: i64,
    #[serde(borrow)]
    pub open: Number<'a>,
    pub high: Number<'a>,
    pub low: Number<'a>,
    pub close: Number<'a>,
    pub volume: Number<'a>,
}

#[derive(Deserialize)]
pub(super) struct Platform {
    pub maintenance: Option<bool>,
    pub locked: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Listed<'a> {
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    pub is_active: bool,
    pub tick_size: Number<'a>,
    pub min_trade_amount: Number<'a>,
}

/// A request that someone sent, read back from a capture.
#[derive(Deserialize)]
pub(super) struct Request<'a> {
    pub id: Option<u64>,
    #[serde(borrow)]
    pub method: Text<'a>,
    #[serde(borrow)]
    pub params: Channels<'a>,
}

#[derive(Deserialize)]
pub(super) struct Channels<'a> {
    #[serde(borrow, default)]
    pub channels: Vec<Text<'a>>,
}
