//! What inverse contracts spoke before v5, at `/realtime`: nobody connects to it any more, but captures hold it.
//!
//! A level is deleted, updated or inserted by name and carries its price, so the price is its key. The count of a book
//! (`cross_seq`) grows but skips, so a frame that is missing cannot be seen.

use super::taker;
use crate::market::{BookUpdate, Change, Event, Sequence, Side, Symbol, Trade};
use crate::money::Fixed;
use crate::venue::names::Names;
use crate::venue::wire::{Number, Text, micros, millis, read};
use crate::venue::{FrameError, Receipt};
use serde::Deserialize;

#[derive(Deserialize)]
struct Book<'a> {
    #[serde(borrow)]
    data: Data<'a>,
    cross_seq: Number<'a>,
    timestamp_e6: Number<'a>,
}

/// The levels of a snapshot, or what has changed.
#[derive(Deserialize)]
#[serde(untagged)]
enum Data<'a> {
    Levels(#[serde(borrow)] Vec<Level<'a>>),
    Wrapped {
        #[serde(borrow)]
        order_book: Vec<Level<'a>>,
    },
    Changes {
        #[serde(borrow)]
        delete: Vec<Level<'a>>,
        #[serde(borrow)]
        update: Vec<Level<'a>>,
        #[serde(borrow)]
        insert: Vec<Level<'a>>,
    },
}

#[derive(Deserialize)]
struct Level<'a> {
    #[serde(borrow)]
    price: Text<'a>,
    side: Text<'a>,
    /// Whole contracts, or a decimal where contracts are divisible.
    size: Option<serde_json::Number>,
}

#[derive(Deserialize)]
struct Trades<'a> {
    #[serde(borrow)]
    data: Vec<Deal<'a>>,
}

#[derive(Deserialize)]
struct Deal<'a> {
    #[serde(borrow)]
    symbol: Text<'a>,
    side: Text<'a>,
    size: Number<'a>,
    price: Number<'a>,
    trade_time_ms: Number<'a>,
}

/// Reads a message about a book.
pub(super) fn book(symbol: Symbol, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
    let book: Book<'_> = read("orderBookL2_25", frame)?;
    let (snapshot, gone, set) = match book.data {
        Data::Levels(levels) | Data::Wrapped { order_book: levels } => (true, Vec::new(), levels),
        Data::Changes { delete, update, mut insert } => {
            insert.extend(update);
            (false, delete, insert)
        }
    };
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    for (level, gone) in gone.iter().map(|level| (level, true)).chain(set.iter().map(|level| (level, false))) {
        let price: Fixed = number("price", &level.price)?;
        let quantity = match &level.size {
            _ if gone => Fixed::ZERO,
            Some(size) => number("size", &size.to_string())?,
            None => return Err(FrameError::field("size", "", &"a level without a size")),
        };
        match taker(&level.side)? {
            Side::Bid => bids.push(Change { price, quantity }),
            Side::Ask => asks.push(Change { price, quantity }),
        }
    }
    let sequence = Some(Sequence { previous: None, last: book.cross_seq.read("cross_seq")? });
    let exchange_time = Some(micros("timestamp_e6", book.timestamp_e6.read("timestamp_e6")?)?);
    let update = BookUpdate { snapshot, depth: None, bids, asks, sequence, checksum: None, exchange_time };
    events.push(Event::Book { symbol, update });
    Ok(Receipt::Understood)
}

/// Reads trades.
pub(super) fn trades(names: &mut Names, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
    for deal in read::<Trades<'_>>("trade", frame)?.data {
        let trade = Trade {
            price: deal.price.read("price")?,
            quantity: deal.size.read("size")?,
            taker: taker(&deal.side)?,
            id: None,
            at: millis("trade_time_ms", deal.trade_time_ms.read("trade_time_ms")?)?,
        };
        events.push(Event::Trades { symbol: names.symbol(&deal.symbol)?, trades: vec![trade] });
    }
    Ok(Receipt::Understood)
}

fn number(field: &'static str, text: &str) -> Result<Fixed, FrameError> {
    text.parse().map_err(|error: crate::money::NumberError| FrameError::field(field, text, &error))
}
