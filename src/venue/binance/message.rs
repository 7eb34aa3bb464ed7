//! What Binance's streams tell, and what it answers to our requests.

use super::{Binance, Pending, moment, reason, request, wire};
use crate::market::{BookUpdate, Candle, Channel, Event, Mark, Side, Subscription, Ticker, Timestamp, Trade};
use crate::money::{Decimal, Percent, Price};
use crate::venue::splice::Numbered;
use crate::venue::{FrameError, Receipt};

impl Binance {
    pub(super) fn book(&mut self, message: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let depth = wire::depth(message).map_err(|fault| fault.of("depthUpdate"))?;
        let wire::Depth { first, last, previous, bids, asks, .. } = depth;
        if first > last {
            return Err(FrameError::field("U", &first.to_string(), &"after u"));
        }
        let entry = self.roster.entry(&depth.symbol)?;
        let exchange_time = Some(moment(depth.time));
        let update =
            BookUpdate { snapshot: false, depth: None, bids, asks, sequence: None, checksum: None, exchange_time };
        if let Some(update) = entry.state.splice.change(Numbered { first, last, previous, update }) {
            events.push(Event::Book { symbol: entry.symbol.clone(), update });
        }
        Ok(Receipt::Understood)
    }

    pub(super) fn best_prices(&mut self, message: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let best = wire::book_ticker(message).map_err(|fault| fault.of("bookTicker"))?;
        let entry = self.roster.entry(&best.symbol)?;
        let ticker = &mut entry.state.ticker;
        ticker.bid = best.bid.map(|price| Price::new(price.decimal()));
        ticker.ask = best.ask.map(|price| Price::new(price.decimal()));
        let exchange_time = best.time.map(moment);
        events.push(Event::Ticker { symbol: entry.symbol.clone(), ticker: ticker.clone(), exchange_time });
        Ok(Receipt::Understood)
    }

    fn ticker(&mut self, t: &wire::Ticker<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let entry = self.roster.entry(&t.symbol)?;
        let known = &entry.state.ticker;
        let price = |field, number: &wire::Number<'_>| number.read::<Price>(field).map(Some);
        let best = |field, number: Option<wire::Number<'_>>, known| {
            number.map_or(Ok(known), |number| number.read::<Price>(field).map(Some))
        };
        let ticker = Ticker {
            bid: best("b", t.bid, known.bid)?,
            ask: best("a", t.ask, known.ask)?,
            last: price("c", &t.last)?,
            high: price("h", &t.high)?,
            low: price("l", &t.low)?,
            volume: Some(t.volume.read("v")?),
            vwap: price("w", &t.vwap)?,
            change: Some(t.change.read("P")?),
        };
        entry.state.ticker = ticker.clone();
        let exchange_time = Some(Timestamp::from_millis(t.time));
        events.push(Event::Ticker { symbol: entry.symbol.clone(), ticker, exchange_time });
        Ok(Receipt::Understood)
    }

    fn mark(&mut self, m: &wire::Mark<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let funding = told(m.funding).map(|number| number.read::<Percent>("r")).transpose()?;
        let mark = Mark {
            mark: Some(m.mark.read("p")?),
            index: told(m.index).map(|number| number.read("i")).transpose()?,
            funding: funding.and_then(|share| share.get().checked_mul(Decimal::ONE_HUNDRED)).map(Percent::new),
            next_funding: m.next_funding.filter(|time| *time > 0).map(Timestamp::from_millis),
            open_interest: None,
        };
        let exchange_time = Some(Timestamp::from_millis(m.time));
        events.push(Event::Mark { symbol: self.roster.entry(&m.symbol)?.symbol.clone(), mark, exchange_time });
        Ok(Receipt::Understood)
    }

    fn trade(&mut self, t: &wire::Trade<'_>, aggregate: bool, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let trade = Trade {
            price: t.price.read("p")?,
            quantity: t.quantity.read("q")?,
            taker: if t.buyer_made { Side::Ask } else { Side::Bid },
            id: if aggregate { t.aggregate } else { t.id },
            at: Timestamp::from_millis(t.time),
        };
        let entry = self.roster.entry(&t.symbol)?;
        // Whoever asks for both gets every trade twice.
        if *entry.state.aggregates.get_or_insert(aggregate) == aggregate {
            events.push(Event::Trades { symbol: entry.symbol.clone(), trades: vec![trade] });
        }
        Ok(Receipt::Understood)
    }

    fn candle(&mut self, frame: &wire::Candles<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let c = &frame.candle;
        // Binance serves intervals that we do not show.
        let Some(interval) = request::interval(&c.interval) else { return Ok(Receipt::Understood) };
        let candle = Candle {
            start: Timestamp::from_millis(c.start),
            open: c.open.read("o")?,
            high: c.high.read("h")?,
            low: c.low.read("l")?,
            close: c.close.read("c")?,
            volume: c.volume.read("v")?,
            from_venue: true,
        };
        events.push(Event::Candle { symbol: self.roster.entry(&frame.symbol)?.symbol.clone(), interval, candle });
        Ok(Receipt::Understood)
    }

    /// Reads the message of a stream, or a raw one.
    pub(super) fn message(
        &mut self,
        stream: Option<&str>,
        message: &str,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        if message.starts_with('[') {
            // What all instruments do, in one list.
            return Ok(Receipt::Unknown);
        }
        let stream = stream.and_then(|stream| stream.split_once('@')).map(|(_, kind)| kind);
        let head: wire::Kind<'_> = wire::read("Binance", message)?;
        match (head.kind.as_deref(), stream) {
            (Some("depthUpdate"), stream) if stream.is_none_or(request::is_book) => self.book(message, events),
            (Some("bookTicker"), _) | (None, Some("bookTicker")) => self.best_prices(message, events),
            (None, None) if head.bid_size.is_some() && head.ask_size.is_some() => self.best_prices(message, events),
            (Some("trade"), _) => self.trade(&wire::read("trade", message)?, false, events),
            (Some("aggTrade"), _) => self.trade(&wire::read("aggTrade", message)?, true, events),
            (Some("kline"), _) => self.candle(&wire::read("kline", message)?, events),
            (Some("24hrTicker"), _) => self.ticker(&wire::read("24hrTicker", message)?, events),
            (Some("markPriceUpdate"), _) => self.mark(&wire::read("markPriceUpdate", message)?, events),
            _ => Ok(Receipt::Unknown),
        }
    }

    /// Reads the answer to a request. Books are fetched once their changes are known to come.
    pub(super) fn answer(&mut self, head: &wire::Head<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let id = head.id.and_then(|id| id.text().parse().ok());
        let pending = id.and_then(|id: u64| self.pending.remove(&id));
        let refused = head.error.is_some() || head.code.is_some();
        if refused {
            let words = head.error.as_ref().and_then(|error| error.msg.as_deref()).or(head.msg.as_deref());
            let reason = reason(words);
            let streams = pending.map(|pending| pending.streams).unwrap_or_default();
            let mut symbols: Vec<_> =
                streams.iter().filter_map(|stream| Some(self.subscription(stream)?.symbol)).collect();
            symbols.dedup();
            if symbols.is_empty() {
                events.push(Event::Rejected { symbol: None, reason });
            } else {
                let refuse = |symbol| Event::Rejected { symbol: Some(symbol), reason: reason.clone() };
                events.extend(symbols.into_iter().map(refuse));
            }
            return Ok(Receipt::Understood);
        }
        let Some(Pending { begins, streams }) = pending else { return Ok(Receipt::Understood) };
        for stream in &streams {
            let Some(subscription) = self.subscription(stream) else { continue };
            if !begins {
                events.push(Event::Unsubscribed(subscription.symbol));
                continue;
            }
            if let Channel::Book { .. } = subscription.channel {
                let name = self.native(&subscription.symbol);
                let fetch = self.fetch_book(&name)?;
                self.outgoing.push(fetch);
            }
            events.push(Event::Subscribed(subscription));
        }
        Ok(Receipt::Understood)
    }

    /// What a stream was subscribed for; a subscription of several streams is told once.
    fn subscription(&mut self, stream: &str) -> Option<Subscription> {
        let (name, kind) = stream.split_once('@')?;
        let entry = self.roster.entry(&name.to_ascii_uppercase()).ok()?;
        let channel = request::channel(kind, entry.state.depth)?;
        Some(Subscription { symbol: entry.symbol.clone(), channel })
    }
}

/// A number that is there; Binance leaves some empty.
fn told(number: Option<wire::Number<'_>>) -> Option<wire::Number<'_>> {
    number.filter(|number| !number.text().is_empty())
}
