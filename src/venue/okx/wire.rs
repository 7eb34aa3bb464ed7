//! The JSON of OKX's messages, borrowed from the frame.

use crate::market::Change;
use crate::venue::scan::{Fault, Scan};
pub(super) use crate::venue::wire::{Number, Text, change, decimals, in_percent, moment, optional, read};
use serde::Deserialize;
use std::borrow::Cow;

/// What a frame is about.
#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub arg: Option<Arg<'a>>,
    pub event: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Arg<'a> {
    #[serde(borrow)]
    pub channel: Text<'a>,
    #[serde(rename = "instId")]
    pub name: Option<Text<'a>>,
}

/// A message of a channel that carries books.
pub(super) struct Books<'a> {
    pub channel: Cow<'a, str>,
    pub name: Cow<'a, str>,
    pub action: Option<Cow<'a, str>>,
    pub data: Vec<Book>,
}

/// A whole book, or what has changed in one.
#[derive(Default)]
pub(super) struct Book {
    pub bids: Vec<Change>,
    pub asks: Vec<Change>,
    pub time: Option<i64>,
    pub checksum: Option<i32>,
    pub number: Option<i64>,
    pub previous: Option<i64>,
}

/// Reads a message of a channel that carries books.
pub(super) fn books<'a>(frame: &'a str) -> Result<Books<'a>, Fault> {
    let mut scan = Scan::new(frame);
    let (mut channel, mut name, mut action, mut data) = (None, None, None, None);
    scan.object(|scan, member| {
        match member {
            "arg" => scan.object(|scan, member| {
                match member {
                    "channel" => channel = Some(scan.string()?),
                    "instId" => name = Some(scan.string()?),
                    _ => scan.skip()?,
                }
                Ok::<_, Fault>(())
            })?,
            "action" => action = Some(scan.string()?),
            "data" => {
                let mut read = Vec::with_capacity(1);
                scan.list(|scan| {
                    read.push(book(scan)?);
                    Ok::<_, Fault>(())
                })?;
                data = Some(read);
            }
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    scan.end()?;
    let missing = |what| Fault { what, at: frame.len() };
    Ok(Books {
        channel: channel.ok_or(missing("no channel"))?,
        name: name.ok_or(missing("no instId"))?,
        action,
        data: data.ok_or(missing("no data"))?,
    })
}

fn book(scan: &mut Scan<'_>) -> Result<Book, Fault> {
    let mut book = Book::default();
    let mut sides = 0;
    scan.object(|scan, member| {
        match member {
            "asks" => {
                sides += 1;
                book.asks = scan.levels()?;
            }
            "bids" => {
                sides += 1;
                book.bids = scan.levels()?;
            }
            "ts" => book.time = Some(whole(scan)?),
            "checksum" => {
                let checksum = i32::try_from(whole(scan)?).map_err(|_| scan.fault("a checksum of more than 32 bits"));
                book.checksum = Some(checksum?);
            }
            "seqId" => book.number = Some(whole(scan)?),
            "prevSeqId" => book.previous = Some(whole(scan)?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    if sides != 2 { Err(scan.fault("not both of bids and asks")) } else { Ok(book) }
}

/// A whole number, which may be negative.
fn whole(scan: &mut Scan<'_>) -> Result<i64, Fault> {
    let number = scan.fixed()?;
    number.rescaled(0).ok_or_else(|| scan.fault("a whole number expected"))
}

/// The elements of any other channel.
#[derive(Deserialize)]
pub(super) struct Data<T> {
    pub data: Vec<T>,
}

#[derive(Deserialize)]
pub(super) struct Trade<'a> {
    #[serde(borrow, rename = "instId")]
    pub name: Text<'a>,
    #[serde(rename = "tradeId")]
    pub id: Option<Number<'a>>,
    pub px: Number<'a>,
    pub sz: Number<'a>,
    pub side: Text<'a>,
    pub ts: Number<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ticker<'a> {
    #[serde(borrow, rename = "instId")]
    pub name: Text<'a>,
    pub last: Option<Number<'a>>,
    pub ask_px: Option<Number<'a>>,
    pub bid_px: Option<Number<'a>>,
    pub open24h: Option<Number<'a>>,
    pub high24h: Option<Number<'a>>,
    pub low24h: Option<Number<'a>>,
    pub vol24h: Option<Number<'a>>,
    pub ts: Number<'a>,
}

/// An element of `mark-price`, `funding-rate` or `open-interest`: each tells its part.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Mark<'a> {
    #[serde(borrow, rename = "instId")]
    pub name: Text<'a>,
    pub mark_px: Option<Number<'a>>,
    pub funding_rate: Option<Number<'a>>,
    pub funding_time: Option<Number<'a>>,
    pub oi: Option<Number<'a>>,
    pub ts: Option<Number<'a>>,
}

/// Start, open, high, low, close, volume in base or contracts; more follows.
#[derive(Deserialize)]
pub(super) struct Candle<'a>(#[serde(borrow)] pub Vec<Number<'a>>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Instrument<'a> {
    #[serde(borrow, rename = "instId")]
    pub name: Text<'a>,
    pub tick_sz: Option<Number<'a>>,
    pub lot_sz: Option<Number<'a>>,
    pub min_sz: Option<Number<'a>>,
    pub state: Text<'a>,
}

/// The answer to an HTTP request.
#[derive(Deserialize)]
pub(super) struct Answer<'a> {
    #[serde(borrow)]
    pub code: Text<'a>,
    pub msg: Option<Text<'a>>,
    #[serde(default)]
    pub data: Vec<Instrument<'a>>,
}

/// Maintenance, planned or under way.
#[derive(Deserialize)]
pub(super) struct Status<'a> {
    #[serde(borrow)]
    pub title: Option<Text<'a>>,
    pub state: Text<'a>,
}

/// An acknowledgement, an error or a notice.
#[derive(Deserialize)]
pub(super) struct Said<'a> {
    #[serde(borrow)]
    pub event: Text<'a>,
    pub arg: Option<Arg<'a>>,
    pub code: Option<Text<'a>>,
    pub msg: Option<Text<'a>>,
}
