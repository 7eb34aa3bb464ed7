//! Kraken Futures, WebSocket v1, public feeds.
//!
//! - A book is a snapshot and then one level a message, numbered one by one (`seq`) for each product.
//!   <https://docs.kraken.com/api/docs/futures-api/websocket/book>
//! - Books are whole: nothing is cut off. There is no checksum, so a changed digit in a frame that is well formed cannot
//!   be seen.
//! - Products are `PI_`/`FI_` (inverse, perpetual and dated) and `PF_`/`FF_` (linear); requests may be in lower case, the
//!   venue answers in upper case.

mod wire;

#[cfg(test)]
mod tests;

use super::assets::common_name;
use super::names::Names;
use super::wire::millis;
use super::{Address, Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt, suspects};
use crate::market::{
    BookUpdate, Change, Channel, Event, Instrument, Mark, Precision, Sequence, Side, Subscription, Symbol, Ticker,
    Timestamp, Trade, Trading, VenueId, printable,
};
use crate::money::{Decimal, Fixed, Percent};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// Where Kraken Futures is.
pub(super) const ENDPOINTS: [Endpoint; 1] = [Endpoint {
    name: "futures",
    stream: "wss://futures.kraken.com/ws/v1",
    path: "",
    rest: "https://futures.kraken.com",
    testnet: Some(("wss://demo-futures.kraken.com/ws/v1", "https://demo-futures.kraken.com")),
}];

/// Products in one request.
const PRODUCTS_PER_FRAME: usize = 50;

/// Books of one connection; the venue lists fewer products.
const MAX_BOOKS: usize = 4_000;

/// Kinds of messages that never change a book, by a word that stands in them.
const HARMLESS: [&str; 5] = ["trade", "trade_snapshot", "ticker", "ticker_lite", "heartbeat"];

/// One connection to Kraken Futures.
#[derive(Debug)]
pub struct KrakenFutures {
    address: Address,
    names: Names,
    /// The books of this connection, which a frame that cannot be read may be about.
    books: HashSet<Symbol>,
}

impl KrakenFutures {
    /// A conversation that has not begun.
    pub fn new(address: &Address) -> Self {
        Self { address: address.clone(), names: Names::new(unified), books: HashSet::new() }
    }

    fn level(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let level = wire::level(frame).map_err(|fault| fault.of("book"))?;
        let symbol = self.names.symbol(&level.product)?;
        let change = vec![Change { price: level.price, quantity: level.quantity }];
        let (bids, asks) = match level.side.as_ref() {
            "buy" => (change, Vec::new()),
            "sell" => (Vec::new(), change),
            other => return Err(FrameError::field("side", other, &"neither buy nor sell")),
        };
        let sequence = Sequence { previous: Some(level.number.saturating_sub(1)), last: level.number };
        events.push(Event::Book { symbol, update: update(false, bids, asks, sequence, level.at)? });
        Ok(Receipt::Understood)
    }

    fn snapshot(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let book = wire::snapshot(frame).map_err(|fault| fault.of("book_snapshot"))?;
        let symbol = self.names.symbol(&book.product)?;
        if self.books.len() < MAX_BOOKS {
            self.books.insert(symbol.clone());
        }
        let sequence = Sequence { previous: None, last: book.number };
        events.push(Event::Book { symbol, update: update(true, book.bids, book.asks, sequence, book.at)? });
        Ok(Receipt::Understood)
    }

    fn trade(&mut self, of: &wire::Trade<'_>) -> Result<(Symbol, Trade), FrameError> {
        let taker = match of.side.as_ref() {
            "buy" => Side::Bid,
            "sell" => Side::Ask,
            other => return Err(FrameError::field("side", other, &"neither buy nor sell")),
        };
        let (price, quantity) = (of.price.read("price")?, of.qty.read("qty")?);
        let trade = Trade { price, quantity, taker, id: of.seq, at: millis("time", of.time)? };
        Ok((self.names.symbol(&of.product_id)?, trade))
    }

    fn trades(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let mut trades = Vec::new();
        let mut symbol = None;
        for trade in &wire::read::<wire::Trades<'_>>("trade_snapshot", frame)?.trades {
            let (of, trade) = self.trade(trade)?;
            trades.push(trade);
            symbol = Some(of);
        }
        // The newest comes first.
        trades.sort_by_key(|trade| (trade.id, trade.at));
        events.extend(symbol.map(|symbol| Event::Trades { symbol, trades }));
        Ok(Receipt::Understood)
    }

    fn ticker(&mut self, of: &wire::Ticker<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let symbol = self.names.symbol(&of.product_id)?;
        let exchange_time = of.time.map(|time| millis("time", time)).transpose()?;
        let rate = of.relative_funding_rate.map(|n| n.read::<Percent>("relative_funding_rate")).transpose()?;
        let percent = |rate: Percent| rate.get().checked_mul(Decimal::ONE_HUNDRED).map(Percent::new);
        let mark = Mark {
            mark: of.mark.map(|n| n.read("markPrice")).transpose()?,
            index: of.index.map(|n| n.read("index")).transpose()?,
            funding: rate.and_then(percent),
            next_funding: of.next_funding.map(|at| millis("next_funding_rate_time", at)).transpose()?,
            open_interest: of.open_interest.map(|n| n.read("openInterest")).transpose()?,
        };
        let ticker = Ticker {
            bid: of.bid.map(|n| n.read("bid")).transpose()?,
            ask: of.ask.map(|n| n.read("ask")).transpose()?,
            last: of.last.map(|n| n.read("last")).transpose()?,
            high: of.high.map(|n| n.read("high")).transpose()?,
            low: of.low.map(|n| n.read("low")).transpose()?,
            volume: of.volume.map(|n| n.read("volume")).transpose()?,
            vwap: None,
            change: of.change.map(|n| n.read("change")).transpose()?,
        };
        if mark != Mark::default() {
            events.push(Event::Mark { symbol: symbol.clone(), mark, exchange_time });
        }
        events.push(Event::Ticker { symbol, ticker, exchange_time });
        Ok(Receipt::Understood)
    }

    fn answer(&mut self, of: &wire::Head<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        match of.event.as_deref() {
            Some("subscribed") => {
                let channel = match of.feed.as_deref() {
                    Some("book") => Channel::Book { depth: 1000 },
                    Some("trade") => Channel::Trades,
                    Some("ticker") => Channel::Ticker,
                    _ => return Ok(Receipt::Understood),
                };
                for product in &of.product_ids {
                    let symbol = self.names.symbol(product)?;
                    events.push(Event::Subscribed(Subscription { symbol, channel }));
                }
            }
            Some("unsubscribed" | "info" | "pong") => {}
            Some("alert" | "error" | "subscribed_failed") => {
                let words = of.message.as_deref().unwrap_or("refused without a reason");
                let symbol = of.product_ids.first().and_then(|product| self.names.symbol(product).ok());
                events.push(Event::Rejected { symbol, reason: printable(words).chars().take(200).collect() });
            }
            _ => return Ok(Receipt::Unknown),
        }
        Ok(Receipt::Understood)
    }

    fn message(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        if frame.starts_with(r#"{"feed":"book","#) {
            return self.level(frame, events);
        }
        let head: wire::Head<'_> = wire::read("Kraken Futures", frame)?;
        match (head.event.is_some(), head.feed.as_deref()) {
            (true, _) => self.answer(&head, events),
            (false, Some("book")) => self.level(frame, events),
            (false, Some("book_snapshot")) => self.snapshot(frame, events),
            (false, Some("trade")) => {
                let (symbol, trade) = self.trade(&wire::read("trade", frame)?)?;
                events.push(Event::Trades { symbol, trades: vec![trade] });
                Ok(Receipt::Understood)
            }
            (false, Some("trade_snapshot")) => self.trades(frame, events),
            (false, Some("ticker" | "ticker_lite")) => self.ticker(&wire::read("ticker", frame)?, events),
            (false, Some("heartbeat")) => {
                events.push(Event::Heartbeat);
                Ok(Receipt::Understood)
            }
            _ => Ok(Receipt::Unknown),
        }
    }

    fn instruments(&mut self, body: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let listing: wire::Listing<'_> = wire::read("instruments", body)?;
        let mut instruments = Vec::with_capacity(listing.instruments.len());
        for entry in listing.instruments {
            let name = entry.symbol.to_uppercase();
            // Indices and spreads stand in the same list.
            let (Some(symbol), Some(tick)) = (unified(&name), entry.tick_size) else { continue };
            self.names.learn(&name, &symbol);
            let places = entry.precision.unwrap_or_default();
            instruments.push(Instrument {
                venue: VenueId::KrakenFutures,
                venue_symbol: name.into(),
                precision: Precision {
                    price: tick.read::<Fixed>("tickSize")?.normalized().decimals(),
                    quantity: u8::try_from(places.max(0)).unwrap_or_default(),
                },
                tick: Some(tick.read("tickSize")?),
                lot: None,
                minimum: None,
                trading: if entry.tradeable { Trading::Open } else { Trading::Halted },
                symbol,
            });
        }
        events.push(Event::Instruments(instruments));
        Ok(Receipt::Understood)
    }

    fn ask(&mut self, event: &str, streams: &[Subscription]) -> Vec<Outgoing> {
        let mut by_feed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for stream in streams {
            let feed = match stream.channel {
                Channel::Book { .. } => "book",
                Channel::Trades => "trade",
                Channel::Ticker => "ticker",
                // There are none; candles are built from trades.
                Channel::Candles(_) => continue,
            };
            let name = self.names.native(&stream.symbol).map(str::to_owned).or_else(|| native(&stream.symbol));
            if let Some(name) = name {
                self.names.learn(&name, &stream.symbol);
                by_feed.entry(feed).or_default().push(name);
            }
        }
        let frame = |feed: &str, names: &[String]| {
            Outgoing::Frame(json!({"event": event, "feed": feed, "product_ids": names}).to_string())
        };
        let chunks =
            by_feed.iter().flat_map(|(feed, names)| names.chunks(PRODUCTS_PER_FRAME).map(|some| (*feed, some)));
        chunks.map(|(feed, some)| frame(feed, some)).collect()
    }
}

impl Dialect for KrakenFutures {
    fn venue(&self) -> VenueId {
        VenueId::KrakenFutures
    }

    fn manners(&self) -> Manners {
        Manners {
            endpoints: &ENDPOINTS,
            ping_after: Duration::from_secs(20),
            dead_after: Duration::from_secs(45),
            frames_per_second: 5,
            max_frame: 8 << 20,
            depths: &[1000],
            streams: 1_000,
            lifetime: None,
            gets_per_minute: 30,
        }
    }

    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.books.clear();
        let mut outgoing = vec![Outgoing::Frame(json!({"event": "subscribe", "feed": "heartbeat"}).to_string())];
        outgoing.extend(self.subscribe(wanted));
        outgoing.push(Outgoing::Get(format!("{}/derivatives/api/v3/instruments", self.address.rest)));
        outgoing
    }

    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.ask("subscribe", wanted)
    }

    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<Outgoing> {
        self.ask("unsubscribe", unwanted)
    }

    fn resync(&mut self, symbol: &Symbol) -> Vec<Outgoing> {
        let book = [Subscription { symbol: symbol.clone(), channel: Channel::Book { depth: 1000 } }];
        let mut outgoing = self.unsubscribe(&book);
        outgoing.extend(self.subscribe(&book));
        outgoing
    }

    fn ping(&mut self) -> Option<String> {
        None
    }

    fn receive(&mut self, frame: &str, _received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let limit = self.manners().max_frame;
        if frame.len() > limit {
            return Err(FrameError::TooLarge { size: frame.len(), limit });
        }
        let receipt = self.message(frame, events);
        if receipt.is_err() {
            events.extend(suspects::doubt(frame, &HARMLESS, &self.names, &self.books));
        }
        receipt
    }

    fn fetched(
        &mut self,
        url: &str,
        body: &str,
        _received: Timestamp,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        if url.ends_with("/instruments") { self.instruments(body, events) } else { Ok(Receipt::Unknown) }
    }

    fn sent(&mut self, _frame: &str) {}

    fn venue_symbol(&self, symbol: &Symbol) -> Option<Box<str>> {
        self.names.native(symbol).map(Into::into)
    }
}

fn update(
    snapshot: bool,
    bids: Vec<Change>,
    asks: Vec<Change>,
    sequence: Sequence,
    at: u64,
) -> Result<BookUpdate, FrameError> {
    let exchange_time = Some(millis("timestamp", at)?);
    Ok(BookUpdate { snapshot, depth: None, bids, asks, sequence: Some(sequence), checksum: None, exchange_time })
}

/// The unified symbol of a product: `PI_XBTUSD`, `FI_BCHUSD_210730`, `PF_ETHUSD`.
fn unified(product: &str) -> Option<Symbol> {
    let product = product.to_uppercase();
    let mut parts = product.split('_');
    let (kind, pair, expiry, None) = (parts.next()?, parts.next()?, parts.next(), parts.next()) else { return None };
    let (base, quote) = pair.split_at_checked(pair.len().checked_sub(3)?)?;
    let base = common_name(VenueId::KrakenFutures, base);
    let settle = match kind {
        "PI" | "FI" => base,
        "PF" | "FF" => quote,
        _ => return None,
    };
    let dated = expiry.map(|expiry| format!("-{expiry}")).unwrap_or_default();
    Symbol::new(&format!("{base}/{quote}:{settle}{dated}")).ok()
}

/// What Kraken Futures calls a contract.
fn native(symbol: &Symbol) -> Option<String> {
    let (base, quote) = (symbol.base(), symbol.quote());
    let (_, contract) = symbol.as_str().split_once(':')?;
    let (settle, expiry) = contract.split_once('-').map_or((contract, None), |(settle, expiry)| (settle, Some(expiry)));
    let kind = match (settle == base, expiry.is_some()) {
        (true, false) => "PI",
        (true, true) => "FI",
        (false, false) => "PF",
        (false, true) => "FF",
    };
    let base = if base == "BTC" { "XBT" } else { base };
    Some(format!("{kind}_{base}{quote}{}", expiry.map(|expiry| format!("_{expiry}")).unwrap_or_default()))
}
