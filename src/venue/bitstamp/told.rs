//! What Bitstamp's rarer messages say, in the market's words.

use super::wire;
use crate::market::{Event, Instrument, Precision, Side, Ticker, Timestamp, Trade, Trading, VenueId};
use crate::money::{Decimal, Price, Quantity};
use crate::venue::names::Names;
use crate::venue::{FrameError, Receipt};

/// More decimals than any venue counts in.
const MAX_DECIMALS: u8 = 18;

pub(super) fn pairs(
    pairs: &[wire::Pair<'_>],
    names: &mut Names,
    events: &mut Vec<Event>,
) -> Result<Receipt, FrameError> {
    let mut instruments = Vec::with_capacity(pairs.len());
    for listed in pairs {
        let (price, quantity) = (listed.counter_decimals, listed.base_decimals);
        if price.max(quantity) > MAX_DECIMALS {
            return Err(FrameError::field("decimals", &listed.url_symbol, &"too many"));
        }
        let Ok(symbol) = names.symbol(&listed.url_symbol) else { continue };
        let unit = |decimals| Decimal::new(1, u32::from(decimals));
        instruments.push(Instrument {
            venue: VenueId::Bitstamp,
            symbol,
            venue_symbol: listed.url_symbol.as_ref().into(),
            precision: Precision { price, quantity },
            tick: Some(Price::new(unit(price))),
            lot: Some(Quantity::new(unit(quantity))),
            // The smallest order is told in what is paid, not in what is bought.
            minimum: None,
            trading: if listed.trading == "Enabled" { Trading::Open } else { Trading::Halted },
        });
    }
    events.push(Event::Instruments(instruments));
    Ok(Receipt::Understood)
}

pub(super) fn trade(trade: &wire::Trade<'_>) -> Result<Trade, FrameError> {
    let micros: u64 = trade.microtimestamp.read("microtimestamp")?;
    let nanos = i64::try_from(micros).ok().and_then(|micros| micros.checked_mul(1_000));
    let taker = match trade.kind {
        0 => Side::Bid,
        1 => Side::Ask,
        other => return Err(FrameError::field("type", &other.to_string(), &"neither 0 nor 1")),
    };
    Ok(Trade {
        price: trade.price_str.unwrap_or(trade.price).read("price")?,
        quantity: trade.amount_str.unwrap_or(trade.amount).read("amount")?,
        taker,
        id: trade.id,
        at: nanos
            .map(Timestamp::from_nanos)
            .ok_or_else(|| FrameError::field("microtimestamp", trade.microtimestamp.text(), &"out of range"))?,
    })
}

pub(super) fn ticker(t: &wire::Ticker<'_>) -> Result<(Ticker, Option<Timestamp>), FrameError> {
    let price = |field, number: &Option<wire::Number<'_>>| -> Result<Option<Price>, FrameError> {
        number.as_ref().map(|n| n.read(field)).transpose()
    };
    let ticker = Ticker {
        bid: price("bid", &t.bid)?,
        ask: price("ask", &t.ask)?,
        last: price("last", &t.last)?,
        high: price("high", &t.high)?,
        low: price("low", &t.low)?,
        vwap: price("vwap", &t.vwap)?,
        volume: t.volume.map(|n| n.read("volume")).transpose()?,
        change: t.percent_change_24.map(|n| n.read("percent_change_24")).transpose()?,
    };
    Ok((ticker, Some(Timestamp::from_secs(t.timestamp.read("timestamp")?))))
}
