//! The JSON of Hyperliquid's messages, borrowed from the frame.

use crate::market::Change;
use crate::venue::scan::{Fault, Scan};
pub(super) use crate::venue::wire::{Number, Text, change, in_percent, moment, optional, read};
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub channel: Text<'a>,
}

/// The data of a message.
#[derive(Deserialize)]
pub(super) struct Data<T> {
    pub data: T,
}

/// A whole book.
pub(super) struct Book<'a> {
    pub coin: Cow<'a, str>,
    pub time: i64,
    pub bids: Vec<Change>,
    pub asks: Vec<Change>,
}

/// Reads an `l2Book` message.
pub(super) fn book<'a>(frame: &'a str) -> Result<Book<'a>, Fault> {
    let mut scan = Scan::new(frame);
    let (mut coin, mut time, mut sides) = (None, None, Vec::with_capacity(2));
    scan.object(|scan, member| match member {
        "data" => scan.object(|scan, member| {
            match member {
                "coin" => coin = Some(scan.string()?),
                "time" => {
                    let number = i64::try_from(scan.whole()?);
                    time = Some(number.map_err(|_| scan.fault("a time beyond all times"))?);
                }
                "levels" => scan.list(|scan| {
                    if sides.len() == 2 {
                        return Err(scan.fault("a third side"));
                    }
                    sides.push(scan.named_levels("px", "sz")?);
                    Ok(())
                })?,
                _ => scan.skip()?,
            }
            Ok::<_, Fault>(())
        }),
        _ => scan.skip(),
    })?;
    scan.end()?;
    let missing = |what| Fault { what, at: frame.len() };
    let sides: [Vec<Change>; 2] = sides.try_into().map_err(|_| missing("not both of bids and asks"))?;
    let [bids, asks] = sides;
    Ok(Book { coin: coin.ok_or(missing("no coin"))?, time: time.ok_or(missing("no time"))?, bids, asks })
}

#[derive(Deserialize)]
pub(super) struct Trade<'a> {
    #[serde(borrow)]
    pub coin: Text<'a>,
    pub side: Text<'a>,
    pub px: Number<'a>,
    pub sz: Number<'a>,
    pub time: i64,
    pub tid: u64,
}

#[derive(Deserialize)]
pub(super) struct Candle<'a> {
    #[serde(borrow)]
    pub s: Text<'a>,
    pub i: Text<'a>,
    pub t: Number<'a>,
    pub o: Number<'a>,
    pub h: Number<'a>,
    pub l: Number<'a>,
    pub c: Number<'a>,
    pub v: Number<'a>,
}

/// What goes on in a market.
#[derive(Deserialize)]
pub(super) struct Context<'a> {
    #[serde(borrow)]
    pub coin: Text<'a>,
    pub ctx: Figures<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Figures<'a> {
    #[serde(borrow)]
    pub funding: Option<Number<'a>>,
    pub open_interest: Option<Number<'a>>,
    pub oracle_px: Option<Number<'a>>,
    pub mark_px: Option<Number<'a>>,
    pub prev_day_px: Option<Number<'a>>,
    pub day_base_vlm: Option<Number<'a>>,
}

/// An acknowledgement repeats what was asked.
#[derive(Deserialize)]
pub(super) struct Granted<'a> {
    #[serde(borrow)]
    pub method: Text<'a>,
    pub subscription: Asked<'a>,
}

#[derive(Deserialize)]
pub(super) struct Asked<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    pub coin: Option<Text<'a>>,
    pub interval: Option<Text<'a>>,
}

/// The answer to a request for a list.
#[derive(Deserialize)]
pub(super) struct Answer<'a> {
    #[serde(borrow)]
    pub response: Response<'a>,
}

#[derive(Deserialize)]
pub(super) struct Response<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    /// Read once the kind is known.
    pub payload: &'a serde_json::value::RawValue,
}

#[derive(Deserialize)]
pub(super) struct List<'a> {
    #[serde(borrow)]
    pub data: Listed<'a>,
}

/// Either list: perpetuals have their decimals with them, pairs name the tokens that have them.
#[derive(Deserialize)]
pub(super) struct Listed<'a> {
    #[serde(borrow)]
    pub universe: Vec<Market<'a>>,
    #[serde(default)]
    pub tokens: Vec<Token<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Market<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
    pub sz_decimals: Option<u8>,
    #[serde(default)]
    pub is_delisted: bool,
    /// Base and quote of a pair.
    pub tokens: Option<[u64; 2]>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Token<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
    pub index: u64,
    pub sz_decimals: u8,
}
