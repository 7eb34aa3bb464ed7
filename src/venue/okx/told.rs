//! What OKX tells besides books: trades, summaries, marks, candles, instruments, and how it is.

use super::{Okx, request, wire};
use crate::market::{
    Candle, Event, Instrument, Mark, Precision, Side, Ticker, Timestamp, Trade, Trading, VenueId, VenueStatus,
    printable,
};
use crate::money::{Price, Quantity};
use crate::venue::{FrameError, Receipt};

impl Okx {
    pub(super) fn trades(
        &mut self,
        frame: wire::Data<wire::Trade<'_>>,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        for trade in frame.data {
            let symbol = self.names.symbol(&trade.name)?;
            let taker = match trade.side.as_ref() {
                "buy" => Side::Bid,
                "sell" => Side::Ask,
                other => return Err(FrameError::field("side", other, &"neither buy nor sell")),
            };
            let trade = Trade {
                price: trade.px.read("px")?,
                quantity: trade.sz.read("sz")?,
                taker,
                id: wire::optional(trade.id.as_ref(), "tradeId")?,
                at: wire::moment(&trade.ts, "ts")?,
            };
            match events.last_mut() {
                Some(Event::Trades { symbol: last, trades }) if *last == symbol => trades.push(trade),
                _ => events.push(Event::Trades { symbol, trades: vec![trade] }),
            }
        }
        Ok(Receipt::Understood)
    }

    pub(super) fn tickers(
        &mut self,
        frame: wire::Data<wire::Ticker<'_>>,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        for t in frame.data {
            let price = |field, number: &Option<wire::Number<'_>>| wire::optional::<Price>(number.as_ref(), field);
            let last = price("last", &t.last)?;
            let ticker = Ticker {
                bid: price("bidPx", &t.bid_px)?,
                ask: price("askPx", &t.ask_px)?,
                last,
                high: price("high24h", &t.high24h)?,
                low: price("low24h", &t.low24h)?,
                vwap: None,
                volume: wire::optional::<Quantity>(t.vol24h.as_ref(), "vol24h")?,
                change: wire::change(price("open24h", &t.open24h)?, last),
            };
            let exchange_time = Some(wire::moment(&t.ts, "ts")?);
            events.push(Event::Ticker { symbol: self.names.symbol(&t.name)?, ticker, exchange_time });
        }
        Ok(Receipt::Understood)
    }

    pub(super) fn marks(
        &mut self,
        frame: wire::Data<wire::Mark<'_>>,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        for m in frame.data {
            let next_funding = wire::optional(m.funding_time.as_ref(), "fundingTime")?.map(Timestamp::from_millis);
            let mark = Mark {
                mark: wire::optional(m.mark_px.as_ref(), "markPx")?,
                index: None,
                funding: wire::optional(m.funding_rate.as_ref(), "fundingRate")?.and_then(wire::in_percent),
                next_funding,
                open_interest: wire::optional(m.oi.as_ref(), "oi")?,
            };
            let exchange_time = wire::optional(m.ts.as_ref(), "ts")?.map(Timestamp::from_millis);
            events.push(Event::Mark { symbol: self.names.symbol(&m.name)?, mark, exchange_time });
        }
        Ok(Receipt::Understood)
    }

    pub(super) fn candles(
        &mut self,
        arg: &wire::Arg<'_>,
        frame: wire::Data<wire::Candle<'_>>,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        let (Some(interval), Some(name)) = (request::interval(&arg.channel), arg.name.as_deref()) else {
            return Ok(Receipt::Unknown);
        };
        let symbol = self.names.symbol(name)?;
        for wire::Candle(numbers) in frame.data {
            let [start, open, high, low, close, volume, ..] = numbers.as_slice() else {
                return Err(FrameError::malformed("candle", &"fewer than six numbers"));
            };
            let candle = Candle {
                start: wire::moment(start, "start")?,
                open: open.read("open")?,
                high: high.read("high")?,
                low: low.read("low")?,
                close: close.read("close")?,
                volume: volume.read("volume")?,
                from_venue: true,
            };
            events.push(Event::Candle { symbol: symbol.clone(), interval, candle });
        }
        Ok(Receipt::Understood)
    }

    pub(super) fn instruments(
        &mut self,
        listed: Vec<wire::Instrument<'_>>,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        let mut instruments = Vec::with_capacity(listed.len());
        for i in listed {
            // What is announced but not priced yet has no steps, and what has no symbol cannot be shown.
            let tick: Option<Price> = wire::optional(i.tick_sz.as_ref(), "tickSz")?;
            let lot: Option<Quantity> = wire::optional(i.lot_sz.as_ref(), "lotSz")?;
            let (Some(tick), Some(lot), Ok(symbol)) = (tick, lot, self.names.symbol(&i.name)) else { continue };
            instruments.push(Instrument {
                venue: VenueId::Okx,
                symbol,
                venue_symbol: i.name.as_ref().into(),
                precision: Precision { price: wire::decimals(tick.get()), quantity: wire::decimals(lot.get()) },
                tick: Some(tick),
                lot: Some(lot),
                minimum: wire::optional(i.min_sz.as_ref(), "minSz")?,
                trading: if i.state == "live" { Trading::Open } else { Trading::Halted },
            });
        }
        events.push(Event::Instruments(instruments));
        Ok(Receipt::Understood)
    }
}

/// What is planned is told and changes nothing yet; what is under way closes the venue.
pub(super) fn status(frame: wire::Data<wire::Status<'_>>, events: &mut Vec<Event>) {
    for told in frame.data {
        let status = if told.state == "ongoing" { VenueStatus::Maintenance } else { VenueStatus::Online };
        let title = told.title.filter(|_| matches!(told.state.as_ref(), "ongoing" | "scheduled"));
        let message = title.map(|title| printable(&title).chars().take(200).collect());
        events.push(Event::Status { status, message });
    }
}
