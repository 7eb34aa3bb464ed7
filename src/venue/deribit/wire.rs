//! The JSON of Deribit's messages, borrowed from the frame.

use crate::market::Change;
use crate::money::Fixed;
use crate::venue::scan::{Fault, Scan};
pub(super) use crate::venue::wire::{Number, Text, read};
use serde::Deserialize;
use std::borrow::Cow;

/// A message about a book.
#[derive(Default)]
pub(super) struct Book<'a> {
    pub channel: Cow<'a, str>,
    pub kind: Option<Cow<'a, str>>,
    /// Milliseconds since the epoch.
    pub at: u64,
    pub number: u64,
    pub previous: Option<u64>,
    pub bids: Vec<Change>,
    pub asks: Vec<Change>,
}

/// Reads a notification of a `book` channel.
pub(super) fn book(frame: &str) -> Result<Book<'_>, Fault> {
    let mut scan = Scan::new(frame);
    let (mut book, mut channel) = (None, None);
    scan.object(|scan, name| match name {
        "params" => scan.object(|scan, name| {
            match name {
                "channel" => channel = Some(scan.string()?),
                "data" => book = Some(data(scan)?),
                _ => scan.skip()?,
            }
            Ok::<_, Fault>(())
        }),
        _ => scan.skip(),
    })?;
    scan.end()?;
    let mut book = book.ok_or(Fault { what: "no data", at: frame.len() })?;
    book.channel = channel.ok_or(Fault { what: "no channel", at: frame.len() })?;
    Ok(book)
}

fn data<'a>(scan: &mut Scan<'a>) -> Result<Book<'a>, Fault> {
    let mut book = Book::default();
    let (mut at, mut number, mut sides) = (None, None, 0);
    scan.object(|scan, name| {
        match name {
            "type" => book.kind = Some(scan.string()?),
            "timestamp" => at = Some(scan.whole()?),
            "change_id" => number = Some(scan.whole()?),
            "prev_change_id" => book.previous = Some(scan.whole()?),
            "bids" => {
                sides += 1;
                levels(scan, &mut book.bids)?;
            }
            "asks" => {
                sides += 1;
                levels(scan, &mut book.asks)?;
            }
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    let (Some(at), Some(number), 2) = (at, number, sides) else {
        return Err(scan.fault("one of timestamp, change_id, bids and asks is missing"));
    };
    (book.at, book.number) = (at, number);
    Ok(book)
}

/// A level is `["new", price, amount]`, or `[price, amount]` in grouped books. One that is deleted has no amount,
/// whatever number stands there.
fn levels(scan: &mut Scan<'_>, into: &mut Vec<Change>) -> Result<(), Fault> {
    scan.list(|scan| {
        scan.expect(b'[', "a level expected")?;
        let mut deleted = false;
        if let Some(action) = scan.word_in_quotes()? {
            deleted = match action {
                "new" | "change" => false,
                "delete" => true,
                _ => return Err(scan.fault("neither new, change nor delete")),
            };
            scan.expect(b',', "a price expected")?;
        }
        let price = scan.fixed()?;
        scan.expect(b',', "an amount expected")?;
        let amount = scan.fixed()?;
        scan.expect(b']', "the end of a level expected")?;
        into.push(Change { price, quantity: if deleted { Fixed::ZERO } else { amount } });
        Ok(())
    })
}

/// Enough of a message to tell what it is, and all of an answer.
#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub method: Option<Text<'a>>,
    #[serde(borrow)]
    pub params: Option<About<'a>>,
    pub id: Option<u64>,
    pub result: Option<serde_json::Value>,
    #[serde(borrow)]
    pub error: Option<Refusal<'a>>,
}

#[derive(Deserialize)]
pub(super) struct About<'a> {
    #[serde(borrow)]
    pub channel: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    pub kind: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Refusal<'a> {
    #[serde(borrow)]
    pub message: Text<'a>,
}

/// What a channel tells.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct Told<'a, T> {
    pub params: Data<'a, T>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct Data<'a, T> {
    pub data: T,
    #[serde(skip)]
    marker: std::marker::PhantomData<&'a ()>,
}

#[derive(Deserialize)]
pub(super) struct Trade<'a> {
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    pub price: Number<'a>,
    pub amount: Number<'a>,
    #[serde(borrow)]
    pub direction: Text<'a>,
    /// The number of the trade within its instrument.
    pub trade_seq: Option<u64>,
    pub timestamp: u64,
}

#[derive(Deserialize)]
pub(super) struct Ticker<'a> {
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    pub timestamp: u64,
    pub best_bid_price: Option<Number<'a>>,
    pub best_ask_price: Option<Number<'a>>,
    pub last_price: Option<Number<'a>>,
    pub mark_price: Option<Number<'a>>,
    pub index_price: Option<Number<'a>>,
    pub open_interest: Option<Number<'a>>,
    pub current_funding: Option<Number<'a>>,
    #[serde(borrow, default)]
    pub stats: Stats<'a>,
}

#[derive(Default, Deserialize)]
pub(super) struct Stats<'a> {
    #[serde(borrow)]
    pub high: Option<Number<'a>>,
    pub low: Option<Number<'a>>,
    pub volume: Option<Number<'a>>,
    pub price_change: Option<Number<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Bar<'a> {
    /// When it starts, in milliseconds since the epoch.
    pub tick: u64,
    #[serde(borrow)]
    pub open: Number<'a>,
    pub high: Number<'a>,
    pub low: Number<'a>,
    pub close: Number<'a>,
    pub volume: Number<'a>,
}

#[derive(Deserialize)]
pub(super) struct Listing<'a> {
    #[serde(borrow)]
    pub result: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Entry<'a> {
    #[serde(borrow)]
    pub instrument_name: Text<'a>,
    pub tick_size: Number<'a>,
    pub min_trade_amount: Number<'a>,
    pub is_active: bool,
}
