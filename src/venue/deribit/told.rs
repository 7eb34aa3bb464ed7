//! What Deribit's rarer messages say, in the market's words.

use super::wire;
use crate::market::{
    Candle, Contract, Event, Instrument, Mark, Precision, Side, Ticker, Timestamp, Trade, Trading, VenueId, VenueStatus,
};
use crate::money::{Decimal, Percent, Price, Quantity};
use crate::venue::names::Names;
use crate::venue::{FrameError, Receipt};

pub(super) fn trades(
    trades: &[wire::Trade<'_>],
    names: &mut Names,
    events: &mut Vec<Event>,
) -> Result<Receipt, FrameError> {
    for trade in trades {
        let symbol = names.symbol(&trade.instrument_name)?;
        let taker = match trade.direction.as_ref() {
            "buy" => Side::Bid,
            "sell" => Side::Ask,
            other => return Err(FrameError::field("direction", other, &"neither buy nor sell")),
        };
        let trade = Trade {
            price: trade.price.read("price")?,
            quantity: trade.amount.read("amount")?,
            taker,
            id: trade.trade_seq,
            at: Timestamp::from_millis(trade.timestamp),
        };
        match events.last_mut() {
            Some(Event::Trades { symbol: last, trades }) if *last == symbol => trades.push(trade),
            _ => events.push(Event::Trades { symbol, trades: vec![trade] }),
        }
    }
    Ok(Receipt::Understood)
}

pub(super) fn ticker(t: &wire::Ticker<'_>, names: &mut Names, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
    let price = |field, number: &Option<wire::Number<'_>>| -> Result<Option<Price>, FrameError> {
        number.as_ref().map(|n| n.read(field)).transpose()
    };
    // Where nobody bids or offers, the best price is told as zero.
    let best = |field, number| price(field, number).map(|best| best.filter(|price| !price.is_zero()));
    let ticker = Ticker {
        bid: best("best_bid_price", &t.best_bid_price)?,
        ask: best("best_ask_price", &t.best_ask_price)?,
        last: price("last_price", &t.last_price)?,
        high: price("high", &t.stats.high)?,
        low: price("low", &t.stats.low)?,
        volume: t.stats.volume.map(|n| n.read("volume")).transpose()?,
        vwap: None,
        change: t.stats.price_change.map(|n| n.read("price_change")).transpose()?,
    };
    let symbol = names.symbol(&t.instrument_name)?;
    let exchange_time = Some(Timestamp::from_millis(t.timestamp));
    events.push(Event::Ticker { symbol: symbol.clone(), ticker, exchange_time });
    if symbol.contract() != Contract::Spot {
        let mark = Mark {
            mark: price("mark_price", &t.mark_price)?,
            index: price("index_price", &t.index_price)?,
            funding: t.current_funding.map(|n| percent(&n)).transpose()?,
            // Funding is paid all the time.
            next_funding: None,
            open_interest: t.open_interest.map(|n| n.read("open_interest")).transpose()?,
        };
        events.push(Event::Mark { symbol, mark, exchange_time });
    }
    Ok(Receipt::Understood)
}

pub(super) fn instruments(
    listed: &[wire::Listed<'_>],
    names: &mut Names,
    events: &mut Vec<Event>,
) -> Result<Receipt, FrameError> {
    let mut instruments = Vec::with_capacity(listed.len());
    for listed in listed {
        // Combinations of several instruments are listed too.
        let Ok(symbol) = names.symbol(&listed.instrument_name) else { continue };
        let tick: Price = listed.tick_size.read("tick_size")?;
        let lot: Quantity = listed.min_trade_amount.read("min_trade_amount")?;
        let decimals = |number: Decimal| number.normalize().scale() as u8;
        instruments.push(Instrument {
            venue: VenueId::Deribit,
            symbol,
            venue_symbol: listed.instrument_name.as_ref().into(),
            precision: Precision { price: decimals(tick.get()), quantity: decimals(lot.get()) },
            tick: Some(tick),
            // Amounts are multiples of the smallest.
            lot: Some(lot),
            minimum: Some(lot),
            trading: if listed.is_active { Trading::Open } else { Trading::Halted },
        });
    }
    events.push(Event::Instruments(instruments));
    Ok(Receipt::Understood)
}

pub(super) fn candle(c: &wire::Candle<'_>) -> Result<Candle, FrameError> {
    Ok(Candle {
        start: Timestamp::from_millis(c.tick),
        open: c.open.read("open")?,
        high: c.high.read("high")?,
        low: c.low.read("low")?,
        close: c.close.read("close")?,
        volume: c.volume.read("volume")?,
        from_venue: true,
    })
}

pub(super) fn status(platform: &wire::Platform) -> VenueStatus {
    match (platform.maintenance, platform.locked) {
        (Some(true), _) => VenueStatus::Maintenance,
        (_, Some(true)) => VenueStatus::Limited,
        _ => VenueStatus::Online,
    }
}

/// A share as percent.
fn percent(share: &wire::Number<'_>) -> Result<Percent, FrameError> {
    let share: Percent = share.read("current_funding")?;
    let percent = share.get().checked_mul(Decimal::ONE_HUNDRED).map(Percent::new);
    percent.ok_or_else(|| FrameError::field("current_funding", &share.to_string(), &"out of range"))
}
