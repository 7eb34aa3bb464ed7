//! Bitstamp v2: spot pairs; differences over the stream, snapshots by HTTP.
//!
//! - A book is `diff_order_book` joined to `/api/v2/order_book/`, by the venue's clock in microseconds: differences that
//!   are not later than the snapshot are in it. <https://www.bitstamp.net/websocket/v2/>
//! - Nothing in the protocol shows that a difference is missing, and there is no checksum. What we do see is told: a
//!   difference that cannot be read puts its book in doubt, or all of them when it does not say whose it is.
//! - There is no stream of tickers or candles; candles are built from trades.

mod wire;

#[cfg(test)]
mod tests;

use super::names::{Names, split};
use super::splice::{Count, Joined, Numbered, Splice};
use super::wire::micros;
use super::{Address, Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt};
use crate::market::{
    Channel, Desync, Event, Instrument, Precision, Side, Subscription, Symbol, Timestamp, Trade, Trading, VenueId,
    VenueStatus, printable,
};
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;

/// Where Bitstamp is.
pub(super) const ENDPOINTS: [Endpoint; 1] = [Endpoint {
    name: "spot",
    stream: "wss://ws.bitstamp.net",
    path: "",
    rest: "https://www.bitstamp.net",
    testnet: None,
}];

/// What prices are in at Bitstamp; names have no separator.
const QUOTES: [&str; 10] = ["usdt", "usdc", "pyusd", "eurc", "usd", "eur", "gbp", "btc", "eth", "pax"];

/// Books of one connection; the venue lists fewer pairs.
const MAX_BOOKS: usize = 2_000;

/// One connection to Bitstamp.
#[derive(Debug)]
pub struct Bitstamp {
    address: Address,
    names: Names,
    books: HashMap<Symbol, Splice>,
    outgoing: Vec<Outgoing>,
}

impl Bitstamp {
    /// A conversation that has not begun.
    pub fn new(address: &Address) -> Self {
        let names = Names::new(unified);
        Self { address: address.clone(), names, books: HashMap::new(), outgoing: Vec::new() }
    }

    fn splice(&mut self, symbol: &Symbol) -> Result<&mut Splice, FrameError> {
        let full = self.books.len() >= MAX_BOOKS && !self.books.contains_key(symbol);
        if full {
            return Err(FrameError::field("channel", symbol.as_str(), &"more books than the venue has"));
        }
        Ok(self.books.entry(symbol.clone()).or_insert_with(|| Splice::new(Count::Time)))
    }

    fn difference(&mut self, name: &str, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let symbol = self.names.symbol(name)?;
        let (number, update) = wire::difference(frame).map_err(|fault| fault.of("diff_order_book"))?.update(false)?;
        let change = Numbered { first: number, last: number, previous: None, update };
        if let Some(update) = self.splice(&symbol)?.change(change) {
            events.push(Event::Book { symbol, update });
        }
        Ok(Receipt::Understood)
    }

    fn snapshot(&mut self, name: &str, body: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let symbol = self.names.symbol(name)?;
        let (number, update) = wire::snapshot(body).map_err(|fault| fault.of("order_book"))?.update(true)?;
        let mut updates = Vec::new();
        if self.splice(&symbol)?.snapshot(number, update, &mut updates) == Joined::TooOld {
            self.outgoing.push(self.fetch_snapshot(&symbol));
        }
        events.extend(updates.into_iter().map(|update| Event::Book { symbol: symbol.clone(), update }));
        Ok(Receipt::Understood)
    }

    fn trade(&mut self, name: &str, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let of = wire::read::<wire::Told<'_>>("live_trades", frame)?.data;
        let taker = match of.kind {
            0 => Side::Bid,
            1 => Side::Ask,
            other => return Err(FrameError::field("type", &other.to_string(), &"neither 0 nor 1")),
        };
        let trade = Trade {
            price: of.price_str.read("price_str")?,
            quantity: of.amount_str.read("amount_str")?,
            taker,
            id: Some(of.id),
            at: micros("microtimestamp", of.microtimestamp.read("microtimestamp")?)?,
        };
        events.push(Event::Trades { symbol: self.names.symbol(name)?, trades: vec![trade] });
        Ok(Receipt::Understood)
    }

    fn message(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let head: wire::Head<'_> = wire::read("Bitstamp", frame)?;
        let channel = head.channel.as_deref().unwrap_or_default();
        match head.event.as_ref() {
            "data" => match channel.strip_prefix("diff_order_book_") {
                Some(name) => self.difference(name, frame, events),
                None => Ok(Receipt::Unknown),
            },
            "trade" => match channel.strip_prefix("live_trades_") {
                Some(name) => self.trade(name, frame, events),
                None => Ok(Receipt::Unknown),
            },
            "bts:subscription_succeeded" => {
                let stream = [("diff_order_book_", Channel::Book { depth: 1000 }), ("live_trades_", Channel::Trades)];
                for (prefix, channel_of) in stream {
                    if let Some(name) = channel.strip_prefix(prefix) {
                        let symbol = self.names.symbol(name)?;
                        events.push(Event::Subscribed(Subscription { symbol, channel: channel_of }));
                    }
                }
                Ok(Receipt::Understood)
            }
            "bts:unsubscription_succeeded" => Ok(Receipt::Understood),
            "bts:heartbeat" => {
                events.push(Event::Heartbeat);
                Ok(Receipt::Understood)
            }
            // The venue is about to close this connection; a new one will be made then.
            "bts:request_reconnect" => {
                let message = Some("Bitstamp asks its clients to connect again".to_owned());
                events.push(Event::Status { status: VenueStatus::Maintenance, message });
                Ok(Receipt::Understood)
            }
            "bts:error" => {
                let words = wire::read::<wire::Refused<'_>>("bts:error", frame)?.data.message;
                let reason: String = printable(&words).chars().take(200).collect();
                let symbol = channel.rsplit('_').next().and_then(|name| self.names.symbol(name).ok());
                events.push(Event::Rejected { symbol, reason });
                Ok(Receipt::Understood)
            }
            _ => Ok(Receipt::Unknown),
        }
    }

    /// The books that a frame which could not be read may have changed.
    fn in_doubt(&self, frame: &str) -> Vec<Symbol> {
        if frame.contains("\"live_trades_") {
            return Vec::new();
        }
        let named = frame.split_once("\"diff_order_book_").and_then(|(_, rest)| rest.split('"').next());
        let known = named.and_then(unified).filter(|symbol| self.books.contains_key(symbol));
        known.map_or_else(|| self.books.keys().cloned().collect(), |symbol| vec![symbol])
    }

    fn instruments(&mut self, body: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let listing: Vec<wire::Entry<'_>> = wire::read("trading-pairs-info", body)?;
        let mut instruments = Vec::with_capacity(listing.len());
        for entry in listing {
            let Ok(symbol) = Symbol::new(&entry.name) else { continue };
            self.names.learn(&entry.url_symbol, &symbol);
            instruments.push(Instrument {
                venue: VenueId::Bitstamp,
                venue_symbol: entry.url_symbol.as_ref().into(),
                precision: Precision { price: entry.counter_decimals, quantity: entry.base_decimals },
                // The venue tells decimals, which are its steps.
                tick: None,
                lot: None,
                minimum: None,
                trading: if entry.trading == "Enabled" { Trading::Open } else { Trading::Halted },
                symbol,
            });
        }
        events.push(Event::Instruments(instruments));
        Ok(Receipt::Understood)
    }

    fn name(&self, symbol: &Symbol) -> String {
        let rule = || format!("{}{}", symbol.base(), symbol.quote()).to_lowercase();
        self.names.native(symbol).map_or_else(rule, str::to_owned)
    }

    fn fetch_snapshot(&self, symbol: &Symbol) -> Outgoing {
        Outgoing::Get(format!("{}/api/v2/order_book/{}/", self.address.rest, self.name(symbol)))
    }

    fn ask(&mut self, event: &str, streams: &[Subscription]) -> Vec<Outgoing> {
        let frames = streams.iter().filter_map(|stream| {
            let name = self.name(&stream.symbol);
            self.names.learn(&name, &stream.symbol);
            let channel = match stream.channel {
                Channel::Book { .. } => format!("diff_order_book_{name}"),
                Channel::Trades => format!("live_trades_{name}"),
                Channel::Ticker | Channel::Candles(_) => return None,
            };
            Some(Outgoing::Frame(json!({"event": event, "data": {"channel": channel}}).to_string()))
        });
        frames.collect()
    }
}

impl Dialect for Bitstamp {
    fn venue(&self) -> VenueId {
        VenueId::Bitstamp
    }

    fn manners(&self) -> Manners {
        Manners {
            endpoints: &ENDPOINTS,
            ping_after: Duration::from_secs(15),
            dead_after: Duration::from_secs(30),
            frames_per_second: 10,
            max_frame: 8 << 20,
            depths: &[1000],
            streams: 400,
            lifetime: Some(Duration::from_secs(89 * 24 * 3_600)),
            gets_per_minute: 120,
        }
    }

    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.books.clear();
        self.outgoing.clear();
        let mut outgoing = self.subscribe(wanted);
        outgoing.push(Outgoing::Get(format!("{}/api/v2/trading-pairs-info/", self.address.rest)));
        outgoing
    }

    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        let mut outgoing = self.ask("bts:subscribe", wanted);
        let books = wanted.iter().filter(|stream| matches!(stream.channel, Channel::Book { .. }));
        outgoing.extend(books.map(|stream| self.fetch_snapshot(&stream.symbol)));
        outgoing
    }

    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<Outgoing> {
        for book in unwanted.iter().filter(|stream| matches!(stream.channel, Channel::Book { .. })) {
            self.books.remove(&book.symbol);
        }
        self.ask("bts:unsubscribe", unwanted)
    }

    fn resync(&mut self, symbol: &Symbol) -> Vec<Outgoing> {
        if let Some(splice) = self.books.get_mut(symbol) {
            splice.wait();
        }
        vec![self.fetch_snapshot(symbol)]
    }

    fn ping(&mut self) -> Option<String> {
        Some(json!({"event": "bts:heartbeat"}).to_string())
    }

    fn receive(&mut self, frame: &str, _received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let limit = self.manners().max_frame;
        if frame.len() > limit {
            return Err(FrameError::TooLarge { size: frame.len(), limit });
        }
        let receipt = self.message(frame, events);
        if receipt.is_err() {
            let symbols = self.in_doubt(frame);
            for symbol in &symbols {
                if let Some(splice) = self.books.get_mut(symbol) {
                    splice.wait();
                }
            }
            if !symbols.is_empty() {
                events.push(Event::Doubt { symbols, reason: Desync::Unreadable });
            }
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
        let path = url.split('?').next().unwrap_or_default().trim_end_matches('/');
        match path.rsplit_once("/order_book/") {
            Some((_, name)) => self.snapshot(name, body, events),
            None if path.ends_with("/trading-pairs-info") => self.instruments(body, events),
            None => Ok(Receipt::Unknown),
        }
    }

    fn outgoing(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outgoing)
    }

    fn sent(&mut self, _frame: &str) {}

    fn venue_symbol(&self, symbol: &Symbol) -> Option<Box<str>> {
        self.names.native(symbol).map(Into::into)
    }
}

fn unified(name: &str) -> Option<Symbol> {
    let (base, quote) = split(name, &QUOTES)?;
    Symbol::new(&format!("{base}/{quote}")).ok()
}
