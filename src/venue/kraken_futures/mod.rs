//! Kraken Futures, public feeds.
//!
//! - Feeds: `book` (a snapshot, then one level a message), `trade`, `ticker` (with mark price and funding), `heartbeat`.
//!   <https://docs.kraken.com/api/docs/futures-api/websocket/book>
//! - The messages of a product's book are numbered without a gap, so one that is missing or out of turn is seen as soon
//!   as another follows. Not seen: a missing one that none follows, and a digit changed on the way; there is no checksum.
//! - Books are whole: the venue deletes every level by name and none falls out of a window.
//! - The contracts and their steps come by HTTP.
//!   <https://docs.kraken.com/api/docs/futures-api/trading/get-instruments>

mod product;
mod request;
mod wire;

#[cfg(test)]
mod tests;

use super::names::Names;
use super::{Address, Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt};
use crate::market::{
    BookUpdate, Channel, Desync, Event, Instrument, Mark, Precision, Sequence, Side, Subscription, Symbol, Ticker,
    Timestamp, Trade, Trading, VenueId, printable,
};
use crate::money::{Decimal, Percent, Price, Quantity};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Where Kraken Futures is.
pub(super) const ENDPOINTS: [Endpoint; 1] = [Endpoint {
    name: "futures",
    stream: "wss://futures.kraken.com/ws/v1",
    path: "",
    rest: "https://futures.kraken.com",
    testnet: Some(("wss://demo-futures.kraken.com/ws/v1", "https://demo-futures.kraken.com")),
}];

/// Every book is whole, whatever depth is asked for; no book has so many levels.
const DEPTHS: [usize; 1] = [10_000];

/// Books whose number is remembered at most; the venue lists a few hundred contracts.
const MAX_BOOKS: usize = 20_000;

/// Decimals, or zeros, of a lot at most.
const MAX_DECIMALS: u32 = 18;

/// One connection to Kraken Futures.
#[derive(Debug)]
pub struct KrakenFutures {
    address: Address,
    names: Names,
    /// By product, the number of the latest message of its book, and whether that was a snapshot.
    numbers: HashMap<Box<str>, (u64, bool)>,
}

impl KrakenFutures {
    /// A conversation that has not begun.
    pub fn new(address: &Address) -> Self {
        Self { address: address.clone(), names: Names::new(product::unified), numbers: HashMap::new() }
    }

    fn requests(&mut self, event: &str, streams: &[Subscription]) -> Vec<Outgoing> {
        let mut by_feed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for stream in streams {
            let feed = match stream.channel {
                Channel::Book { .. } => "book",
                Channel::Trades => "trade",
                Channel::Ticker => "ticker",
                // The venue streams none: they are built from trades.
                Channel::Candles(_) => continue,
            };
            let known = self.names.native(&stream.symbol).map(str::to_owned);
            let Some(product) = known.or_else(|| product::product(&stream.symbol)) else { continue };
            self.names.learn(&product, &stream.symbol);
            by_feed.entry(feed).or_default().push(product);
        }
        let requests = by_feed.iter().flat_map(|(feed, products)| request::feeds(event, feed, products));
        requests.map(Outgoing::Frame).collect()
    }

    fn book(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let book = wire::book(frame).map_err(|fault| {
            events.extend(self.doubt(frame));
            fault.of("book")
        })?;
        let symbol = self.names.symbol(&book.product)?;
        let room = self.numbers.len() < MAX_BOOKS;
        let mut newest = None;
        match self.numbers.get_mut(&*book.product) {
            Some(number) => newest = Some(std::mem::replace(number, (book.seq, book.snapshot))),
            None if room => _ = self.numbers.insert(book.product.as_ref().into(), (book.seq, book.snapshot)),
            None => {}
        }
        if let Some((newest, snapshot)) = newest
            && !book.snapshot
            && (book.seq < newest || book.seq == newest && snapshot)
        {
            // The count has begun anew, or a number was wrong: a book would take what follows for old.
            let reason = Desync::Gap { expected: newest, got: book.seq };
            events.push(Event::Doubt { symbols: vec![symbol], reason });
            return Ok(Receipt::Understood);
        }
        let update = BookUpdate {
            snapshot: book.snapshot,
            depth: None,
            bids: book.bids,
            asks: book.asks,
            sequence: Some(Sequence {
                previous: if book.snapshot { None } else { book.seq.checked_sub(1) },
                last: book.seq,
            }),
            checksum: None,
            exchange_time: book.timestamp.and_then(|millis| i64::try_from(millis).ok()).map(Timestamp::from_millis),
        };
        events.push(Event::Book { symbol, update });
        Ok(Receipt::Understood)
    }

    /// The book that an unreadable message was of, as far as that can be told. The next message would show the gap, but
    /// it may not come for long.
    fn doubt(&mut self, frame: &str) -> Option<Event> {
        let (_, rest) = frame.split_once(r#""product_id":""#)?;
        let (product, _) = rest.split_once('"')?;
        let symbol = self.names.symbol(product).ok()?;
        Some(Event::Doubt { symbols: vec![symbol], reason: Desync::Unreadable })
    }

    fn trades(&mut self, trades: &[wire::Trade<'_>], events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        for trade in trades {
            let symbol = self.names.symbol(&trade.product_id)?;
            let taker = match trade.side.as_ref() {
                "buy" => Side::Bid,
                "sell" => Side::Ask,
                other => return Err(FrameError::field("side", other, &"neither buy nor sell")),
            };
            let trade = Trade {
                price: trade.price.read("price")?,
                quantity: trade.qty.read("qty")?,
                taker,
                id: trade.seq,
                at: Timestamp::from_millis(trade.time),
            };
            match events.last_mut() {
                Some(Event::Trades { symbol: last, trades }) if *last == symbol => trades.push(trade),
                _ => events.push(Event::Trades { symbol, trades: vec![trade] }),
            }
        }
        Ok(Receipt::Understood)
    }

    fn ticker(&mut self, t: &wire::Ticker<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let price = |field, number: &Option<wire::Number<'_>>| -> Result<Option<Price>, FrameError> {
            number.as_ref().map(|n| n.read(field)).transpose()
        };
        let quantity = |field, number: &Option<wire::Number<'_>>| -> Result<Option<Quantity>, FrameError> {
            number.as_ref().map(|n| n.read(field)).transpose()
        };
        let ticker = Ticker {
            bid: price("bid", &t.bid)?,
            ask: price("ask", &t.ask)?,
            last: price("last", &t.last)?,
            high: price("high", &t.high)?,
            low: price("low", &t.low)?,
            volume: quantity("volume", &t.volume)?,
            vwap: None,
            change: t.change.map(|n| n.read("change")).transpose()?,
        };
        let mark = Mark {
            mark: price("markPrice", &t.mark)?,
            index: price("index", &t.index)?,
            funding: t.relative_funding_rate.map(|n| percent(&n)).transpose()?,
            next_funding: t.next_funding_rate_time.map(Timestamp::from_millis),
            open_interest: quantity("openInterest", &t.open_interest)?,
        };
        let (symbol, exchange_time) = (self.names.symbol(&t.product_id)?, t.time.map(Timestamp::from_millis));
        events.push(Event::Ticker { symbol: symbol.clone(), ticker, exchange_time });
        if mark != Mark::default() {
            events.push(Event::Mark { symbol, mark, exchange_time });
        }
        Ok(Receipt::Understood)
    }

    fn answer(&mut self, answer: &wire::Answer<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let channel = match answer.feed.as_deref() {
            Some("book") => Some(Channel::Book { depth: DEPTHS[0] }),
            Some("trade") => Some(Channel::Trades),
            Some("ticker" | "ticker_lite") => Some(Channel::Ticker),
            _ => None,
        };
        let products = answer.product_ids.iter().map(|product| product.to_ascii_uppercase());
        let mut symbols = products.filter_map(|product| self.names.symbol(&product).ok());
        match answer.event.as_ref() {
            "info" => {}
            "subscribed" => {
                for (symbol, channel) in symbols.filter_map(|symbol| Some((symbol, channel?))) {
                    events.push(Event::Subscribed(Subscription { symbol, channel }));
                }
            }
            "unsubscribed" => events.extend(symbols.map(Event::Unsubscribed)),
            "error" | "alert" | "subscribed_failed" | "unsubscribed_failed" => {
                let reason = answer.message.as_deref().unwrap_or("refused without a reason");
                let reason = printable(reason).chars().take(200).collect();
                events.push(Event::Rejected { symbol: symbols.next(), reason });
            }
            _ => return Ok(Receipt::Unknown),
        }
        Ok(Receipt::Understood)
    }

    fn instruments(&mut self, body: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let mut instruments = Vec::new();
        for listed in wire::read::<wire::Instruments<'_>>("instruments", body)?.instruments {
            // Indices are listed too.
            // They were once listed in small letters, though messages never had them so.
            let product = listed.symbol.to_ascii_uppercase();
            let (Ok(symbol), Some(tick)) = (self.names.symbol(&product), listed.tick_size) else { continue };
            let tick: Price = tick.read("tickSize")?;
            let decimals = listed.contract_value_trade_precision;
            instruments.push(Instrument {
                venue: VenueId::KrakenFutures,
                symbol,
                venue_symbol: product.into(),
                precision: Precision {
                    price: tick.get().normalize().scale() as u8,
                    quantity: decimals.and_then(|n| u8::try_from(n).ok()).unwrap_or(0),
                },
                tick: Some(tick),
                lot: decimals.map(lot).transpose()?,
                minimum: listed.minimum_trade_size.map(|n| n.read("minimumTradeSize")).transpose()?,
                trading: match (listed.tradeable, listed.post_only) {
                    (true, false) => Trading::Open,
                    (true, true) => Trading::Limited,
                    (false, _) => Trading::Halted,
                },
            });
        }
        events.push(Event::Instruments(instruments));
        Ok(Receipt::Understood)
    }
}

impl Dialect for KrakenFutures {
    fn venue(&self) -> VenueId {
        VenueId::KrakenFutures
    }

    fn manners(&self) -> Manners {
        Manners {
            endpoints: &ENDPOINTS,
            ping_after: Duration::from_secs(15),
            dead_after: Duration::from_secs(30),
            frames_per_second: 20,
            max_frame: 16 << 20,
            depths: &DEPTHS,
            streams: 500,
            lifetime: None,
            gets_per_minute: 30,
        }
    }

    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.numbers.clear();
        let mut outgoing = vec![Outgoing::Frame(request::feed("heartbeat"))];
        if !self.address.rest.is_empty() {
            outgoing.push(Outgoing::Get(format!("{}/derivatives/api/v3/instruments", self.address.rest)));
        }
        outgoing.extend(self.subscribe(wanted));
        outgoing
    }

    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.requests("subscribe", wanted)
    }

    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<Outgoing> {
        self.requests("unsubscribe", unwanted)
    }

    fn resync(&mut self, symbol: &Symbol) -> Vec<Outgoing> {
        let book = [Subscription { symbol: symbol.clone(), channel: Channel::Book { depth: DEPTHS[0] } }];
        let mut frames = self.unsubscribe(&book);
        frames.extend(self.subscribe(&book));
        frames
    }

    fn ping(&mut self) -> Option<String> {
        None
    }

    fn receive(&mut self, frame: &str, _received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let limit = self.manners().max_frame;
        if frame.len() > limit {
            return Err(FrameError::TooLarge { size: frame.len(), limit });
        }
        // Nearly every frame is a change of a book, and it names its feed first: read it in one pass.
        if frame.starts_with(r#"{"feed":"book""#) {
            return self.book(frame, events);
        }
        let head: wire::Head<'_> = wire::read("Kraken Futures", frame)?;
        match (head.feed.as_deref(), head.event) {
            (_, Some(_)) => self.answer(&wire::read("answer", frame)?, events),
            (Some("book" | "book_snapshot"), _) => self.book(frame, events),
            (Some("trade"), _) => self.trades(&[wire::read("trade", frame)?], events),
            (Some("trade_snapshot"), _) => {
                let mut trades = wire::read::<wire::Trades<'_>>("trades", frame)?.trades;
                trades.reverse();
                self.trades(&trades, events)
            }
            (Some("ticker" | "ticker_lite"), _) => self.ticker(&wire::read("ticker", frame)?, events),
            (Some("heartbeat"), _) => {
                events.push(Event::Heartbeat);
                Ok(Receipt::Understood)
            }
            _ => Ok(Receipt::Unknown),
        }
    }

    fn fetched(
        &mut self,
        url: &str,
        body: &str,
        _received: Timestamp,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        match url.contains("/instruments") {
            true => self.instruments(body, events),
            false => Ok(Receipt::Unknown),
        }
    }

    /// Every message repeats what it is about: nothing is to be learned from a request.
    fn sent(&mut self, _frame: &str) {}

    fn venue_symbol(&self, symbol: &Symbol) -> Option<Box<str>> {
        self.names.native(symbol).map(Into::into)
    }
}

/// A share as percent.
fn percent(share: &wire::Number<'_>) -> Result<Percent, FrameError> {
    let share: Percent = share.read("relative_funding_rate")?;
    let percent = share.get().checked_mul(Decimal::ONE_HUNDRED).map(Percent::new);
    percent.ok_or_else(|| FrameError::field("relative_funding_rate", &share.to_string(), &"out of range"))
}

/// The step of a quantity with so many decimals.
fn lot(decimals: i32) -> Result<Quantity, FrameError> {
    let lot = match decimals.unsigned_abs() {
        places if places > MAX_DECIMALS => None,
        places if decimals < 0 => 10i64.checked_pow(places).map(Decimal::from),
        places => Some(Decimal::new(1, places)),
    };
    let reason = || FrameError::field("contractValueTradePrecision", &decimals.to_string(), &"out of range");
    lot.map(Quantity::new).ok_or_else(reason)
}
