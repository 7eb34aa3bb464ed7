//! What Bybit's topics tell.

use super::{Bybit, State, moment, request, wire};
use crate::market::{BookUpdate, Candle, Event, Mark, Sequence, Side, Ticker, Timestamp, Trade};
use crate::money::{Decimal, Percent, Price, Quantity};
use crate::venue::{FrameError, Receipt};

impl Bybit {
    pub(super) fn message(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let head: wire::Head<'_> = wire::read("Bybit", frame)?;
        let Some((kind, name)) = head.topic.as_deref().and_then(|topic| topic.split_once('.')) else {
            return self.answer(&head, events);
        };
        match kind {
            "orderbook" => self.book(frame, events),
            "publicTrade" => self.trades(&wire::read("publicTrade", frame)?, events),
            "tickers" => self.ticker(&wire::read("tickers", frame)?, events),
            "kline" => self.candles(name, &wire::read("kline", frame)?, events),
            kind if kind.starts_with("orderBookL") => self.old_book(name, frame, events),
            "trade" => self.old_trades(&wire::read("trade", frame)?, events),
            _ => Ok(Receipt::Unknown),
        }
    }

    pub(super) fn book(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let book = wire::book(frame).map_err(|fault| fault.of("orderbook"))?;
        // Bybit numbers the first message of a service that has begun anew with 1.
        let snapshot = match book.kind.as_ref() {
            "snapshot" => true,
            "delta" => book.data.number == 1,
            other => return Err(FrameError::field("type", other, &"neither snapshot nor delta")),
        };
        let depth = book.topic.split('.').nth(1).and_then(|depth| depth.parse::<usize>().ok());
        let depth = depth.ok_or_else(|| FrameError::field("topic", &book.topic, &"it names no depth"))?;
        let wire::BookData { symbol, number, bids, asks } = book.data;
        let entry = self.roster.entry(&symbol)?;
        let State { depth: read, beside, .. } = &mut entry.state;
        if *read.get_or_insert(depth) != depth {
            if snapshot {
                *beside = Some(depth);
            }
            // A depth that never had a snapshot has no changes either: it is misprinted, and the count is what judges.
            if *beside == Some(depth) {
                return Ok(Receipt::Understood);
            }
        }
        let previous = if snapshot { None } else { number.checked_sub(1) };
        let sequence = Some(Sequence { previous, last: number });
        let exchange_time = Some(moment(book.time));
        let update = BookUpdate { snapshot, depth: None, bids, asks, sequence, checksum: None, exchange_time };
        events.push(Event::Book { symbol: entry.symbol.clone(), update });
        Ok(Receipt::Understood)
    }

    fn trades(&mut self, frame: &wire::Trades<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        for t in &frame.data {
            let trade = Trade {
                price: t.price.read("p")?,
                quantity: t.size.read("v")?,
                taker: side("S", &t.side)?,
                id: t.id.parse().ok(),
                at: Timestamp::from_millis(t.time),
            };
            self.trade(&t.symbol, trade, events)?;
        }
        Ok(Receipt::Understood)
    }

    /// Tells a trade, together with those of the same instrument before it.
    pub(super) fn trade(&mut self, name: &str, trade: Trade, events: &mut Vec<Event>) -> Result<(), FrameError> {
        let symbol = &self.roster.entry(name)?.symbol;
        match events.last_mut() {
            Some(Event::Trades { symbol: last, trades }) if last == symbol => trades.push(trade),
            _ => events.push(Event::Trades { symbol: symbol.clone(), trades: vec![trade] }),
        }
        Ok(())
    }

    fn ticker(&mut self, frame: &wire::Tickers<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let t = &frame.data;
        let entry = self.roster.entry(&t.symbol)?;
        let known = match frame.kind.as_ref() {
            "delta" => entry.state.ticker.clone(),
            _ => Ticker::default(),
        };
        let ticker = Ticker {
            bid: price("bid1Price", t.bid1_price)?.or(known.bid),
            ask: price("ask1Price", t.ask1_price)?.or(known.ask),
            last: price("lastPrice", t.last_price)?.or(known.last),
            high: price("highPrice24h", t.high)?.or(known.high),
            low: price("lowPrice24h", t.low)?.or(known.low),
            volume: price("volume24h", t.volume)?.map(|volume| Quantity::new(volume.get())).or(known.volume),
            vwap: None,
            change: percent("price24hPcnt", t.change)?.or(known.change),
        };
        let mark = Mark {
            mark: price("markPrice", t.mark_price)?,
            index: price("indexPrice", t.index_price)?,
            funding: percent("fundingRate", t.funding_rate)?,
            next_funding: told(t.next_funding_time)
                .and_then(|time| time.text().parse().ok())
                .filter(|millis| *millis > 0)
                .map(Timestamp::from_millis),
            open_interest: price("openInterest", t.open_interest)?.map(|open| Quantity::new(open.get())),
        };
        let exchange_time = Some(Timestamp::from_millis(frame.ts));
        if ticker != entry.state.ticker {
            entry.state.ticker = ticker.clone();
            events.push(Event::Ticker { symbol: entry.symbol.clone(), ticker, exchange_time });
        }
        if mark != Mark::default() {
            events.push(Event::Mark { symbol: entry.symbol.clone(), mark, exchange_time });
        }
        Ok(Receipt::Understood)
    }

    fn candles(
        &mut self,
        topic: &str,
        frame: &wire::Candles<'_>,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        let name = topic.split_once('.').map_or(topic, |(_, name)| name);
        for c in &frame.data {
            // Bybit serves intervals that we do not show.
            let Some(interval) = request::interval(&c.interval) else { continue };
            let candle = Candle {
                start: Timestamp::from_millis(c.start),
                open: c.open.read("open")?,
                high: c.high.read("high")?,
                low: c.low.read("low")?,
                close: c.close.read("close")?,
                volume: c.volume.read("volume")?,
                from_venue: true,
            };
            events.push(Event::Candle { symbol: self.roster.entry(name)?.symbol.clone(), interval, candle });
        }
        Ok(Receipt::Understood)
    }
}

pub(super) fn side(field: &'static str, text: &str) -> Result<Side, FrameError> {
    match text {
        "Buy" => Ok(Side::Bid),
        "Sell" => Ok(Side::Ask),
        other => Err(FrameError::field(field, other, &"neither Buy nor Sell")),
    }
}

/// A number that is there; Bybit leaves some empty.
fn told(number: Option<wire::Number<'_>>) -> Option<wire::Number<'_>> {
    number.filter(|number| !number.text().is_empty())
}

fn price(field: &'static str, number: Option<wire::Number<'_>>) -> Result<Option<Price>, FrameError> {
    told(number).map(|number| number.read(field)).transpose()
}

/// A fraction, in percent.
fn percent(field: &'static str, number: Option<wire::Number<'_>>) -> Result<Option<Percent>, FrameError> {
    let fraction = told(number).map(|number| number.read::<Percent>(field)).transpose()?;
    Ok(fraction.and_then(|fraction| fraction.get().checked_mul(Decimal::ONE_HUNDRED)).map(Percent::new))
}
