//! The JSON of Bitstamp's messages, borrowed from the frame.

use crate::market::Change;
use crate::venue::scan::{Fault, Scan};
pub(super) use crate::venue::wire::{Number, Text, read};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Any message.
#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub event: Text<'a>,
    #[serde(borrow, default)]
    pub channel: Text<'a>,
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
}

/// A change of a book or a whole one, over the stream or by HTTP.
#[derive(Default)]
pub(super) struct Levels {
    /// When, in microseconds: the venue's only count.
    pub micros: u64,
    pub bids: Vec<Change>,
    pub asks: Vec<Change>,
}

/// Reads a message of a book in one pass: its event, its channel and its levels.
pub(super) fn book<'a>(frame: &'a str) -> Result<(Text<'a>, Text<'a>, Levels), Fault> {
    let mut scan = Scan::new(frame);
    let (mut event, mut channel, mut levels) = (None, None, None);
    scan.object(|scan, name| {
        match name {
            "event" => event = Some(scan.string()?),
            "channel" => channel = Some(scan.string()?),
            "data" => levels = Some(content(scan)?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    scan.end()?;
    let missing = |what| Fault { what, at: frame.len() };
    Ok((event.ok_or(missing("no event"))?, channel.ok_or(missing("no channel"))?, levels.ok_or(missing("no data"))?))
}

/// Reads levels that stand alone.
pub(super) fn levels(text: &str) -> Result<Levels, Fault> {
    let mut scan = Scan::new(text);
    let levels = content(&mut scan)?;
    scan.end()?;
    Ok(levels)
}

fn content(scan: &mut Scan<'_>) -> Result<Levels, Fault> {
    let (mut levels, mut micros, mut sides) = (Levels::default(), None, 0);
    scan.object(|scan, name| {
        match name {
            "microtimestamp" => micros = Some(scan.whole()?),
            "bids" => {
                sides += 1;
                levels.bids = scan.levels()?;
            }
            "asks" => {
                sides += 1;
                levels.asks = scan.levels()?;
            }
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    if sides != 2 {
        return Err(scan.fault("not both of bids and asks"));
    }
    levels.micros = micros.ok_or_else(|| scan.fault("no microtimestamp"))?;
    Ok(levels)
}

#[derive(Deserialize)]
pub(super) struct Trade<'a> {
    /// Grows with every trade.
    pub id: Option<u64>,
    #[serde(borrow)]
    pub microtimestamp: Number<'a>,
    pub amount: Number<'a>,
    pub amount_str: Option<Number<'a>>,
    pub price: Number<'a>,
    pub price_str: Option<Number<'a>>,
    /// What the taker did: 0 is a purchase, 1 a sale.
    #[serde(rename = "type")]
    pub kind: u8,
}

#[derive(Deserialize)]
pub(super) struct Refusal<'a> {
    #[serde(borrow)]
    pub message: Option<Text<'a>>,
}

/// The figures of 24 hours, by HTTP.
#[derive(Deserialize)]
pub(super) struct Ticker<'a> {
    #[serde(borrow)]
    pub timestamp: Number<'a>,
    pub bid: Option<Number<'a>>,
    pub ask: Option<Number<'a>>,
    pub last: Option<Number<'a>>,
    pub high: Option<Number<'a>>,
    pub low: Option<Number<'a>>,
    pub volume: Option<Number<'a>>,
    pub vwap: Option<Number<'a>>,
    pub percent_change_24: Option<Number<'a>>,
}

/// One pair of the list, by HTTP.
#[derive(Deserialize)]
pub(super) struct Pair<'a> {
    #[serde(borrow)]
    pub url_symbol: Text<'a>,
    pub base_decimals: u8,
    pub counter_decimals: u8,
    pub trading: Text<'a>,
}

/// A request, read back from a capture.
#[derive(Deserialize)]
pub(super) struct Request<'a> {
    #[serde(borrow)]
    pub event: Text<'a>,
    #[serde(borrow)]
    pub data: Wanted<'a>,
}

#[derive(Deserialize)]
pub(super) struct Wanted<'a> {
    #[serde(borrow)]
    pub channel: Text<'a>,
}
