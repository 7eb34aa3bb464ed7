//! Kraken's pairs as its HTTP interface lists them, which captures hold beside the older protocol.
//! <https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs>

use super::Kraken;
use crate::market::{Event, Instrument, Precision};
use crate::money::{Decimal, Price, Quantity};
use crate::venue::wire::{Number, Text, read};
use crate::venue::{FrameError, Receipt};
use serde::Deserialize;
use std::collections::BTreeMap;

/// More decimals than any venue counts in.
const MAX_DECIMALS: u8 = 18;

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    result: BTreeMap<Text<'a>, Pair<'a>>,
}

#[derive(Deserialize)]
struct Pair<'a> {
    /// The name over the stream; pairs without one (dark pools) are not streamed.
    #[serde(borrow)]
    wsname: Option<Text<'a>>,
    pair_decimals: u8,
    lot_decimals: u8,
    tick_size: Option<Number<'a>>,
    ordermin: Option<Number<'a>>,
    status: Option<Text<'a>>,
}

/// Reads the list of pairs.
pub(super) fn listed(kraken: &mut Kraken, body: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
    let answer: Answer<'_> = read("AssetPairs", body)?;
    let mut instruments = Vec::with_capacity(answer.result.len());
    for pair in answer.result.values() {
        let Some(name) = &pair.wsname else { continue };
        let (price, quantity) = (pair.pair_decimals, pair.lot_decimals);
        if price.max(quantity) > MAX_DECIMALS {
            return Err(FrameError::field("decimals", name, &"too many"));
        }
        let unit = |decimals| Decimal::new(1, u32::from(decimals));
        instruments.push(Instrument {
            venue: kraken.venue,
            symbol: kraken.symbol(name)?,
            venue_symbol: name.as_ref().into(),
            precision: Precision { price, quantity },
            // A tick of its own came later than the decimals, which until then were the tick.
            tick: Some(pair.tick_size.map_or(Ok(Price::new(unit(price))), |n| n.read("tick_size"))?),
            lot: Some(Quantity::new(unit(quantity))),
            minimum: pair.ordermin.map(|n| n.read("ordermin")).transpose()?,
            trading: super::trading(pair.status.as_deref().unwrap_or("online")),
        });
    }
    events.push(Event::Instruments(instruments));
    Ok(Receipt::Understood)
}
