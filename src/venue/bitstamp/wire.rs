//! The JSON of Bitstamp's messages, borrowed from the frame.

use crate::market::{BookUpdate, Change};
use crate::venue::FrameError;
use crate::venue::scan::{Fault, Scan};
use crate::venue::wire::micros;
pub(super) use crate::venue::wire::{Number, Text, read};
use serde::Deserialize;

/// Bids and asks and when they were so.
pub(super) struct Sides {
    /// Microseconds since the epoch.
    micros: u64,
    bids: Vec<Change>,
    asks: Vec<Change>,
}

impl Sides {
    /// The update that they are, and its number.
    pub fn update(self, snapshot: bool) -> Result<(u64, BookUpdate), FrameError> {
        let exchange_time = Some(micros("microtimestamp", self.micros)?);
        let Self { micros, bids, asks } = self;
        Ok((micros, BookUpdate { snapshot, depth: None, bids, asks, sequence: None, checksum: None, exchange_time }))
    }
}

/// Reads the data of a `diff_order_book` message.
pub(super) fn difference(frame: &str) -> Result<Sides, Fault> {
    let mut scan = Scan::new(frame);
    let mut data = None;
    scan.object(|scan, name| {
        match name {
            "data" => data = Some(sides(scan)?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    scan.end()?;
    data.ok_or(Fault { what: "no data", at: frame.len() })
}

/// Reads a snapshot as HTTP gives it.
pub(super) fn snapshot(body: &str) -> Result<Sides, Fault> {
    let mut scan = Scan::new(body);
    let sides = sides(&mut scan)?;
    scan.end()?;
    Ok(sides)
}

fn sides(scan: &mut Scan<'_>) -> Result<Sides, Fault> {
    let (mut micros, mut bids, mut asks) = (None, None, None);
    scan.object(|scan, name| {
        match name {
            "microtimestamp" => micros = Some(scan.whole()?),
            "bids" => scan.levels(bids.insert(Vec::new()))?,
            "asks" => scan.levels(asks.insert(Vec::new()))?,
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    let (Some(micros), Some(bids), Some(asks)) = (micros, bids, asks) else {
        return Err(scan.fault("one of microtimestamp, bids and asks is missing"));
    };
    Ok(Sides { micros, bids, asks })
}

/// Enough of a message to tell what it is.
#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub event: Text<'a>,
    #[serde(borrow)]
    pub channel: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Told<'a> {
    #[serde(borrow)]
    pub data: Trade<'a>,
}

#[derive(Deserialize)]
pub(super) struct Trade<'a> {
    pub id: u64,
    #[serde(borrow)]
    pub price_str: Number<'a>,
    pub amount_str: Number<'a>,
    pub microtimestamp: Number<'a>,
    /// 0 when the taker bought.
    #[serde(rename = "type")]
    pub kind: i64,
}

#[derive(Deserialize)]
pub(super) struct Refused<'a> {
    #[serde(borrow)]
    pub data: Words<'a>,
}

#[derive(Deserialize)]
pub(super) struct Words<'a> {
    #[serde(borrow)]
    pub message: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct Entry<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
    pub url_symbol: Text<'a>,
    pub base_decimals: u8,
    pub counter_decimals: u8,
    #[serde(borrow)]
    pub trading: Text<'a>,
}
