//! Bitstamp, WebSocket v2, public channels, and the HTTP answers beside them.
//!
//! - Channels: `diff_order_book_PAIR` (changes, to be joined with a snapshot from HTTP), `order_book_PAIR` (100 levels,
//!   whole each time; read where nothing else is subscribed), `live_trades_PAIR`. <https://www.bitstamp.net/websocket/v2/>
//! - Changes carry only the time of the venue, so a missing one is seen by nobody: what cannot be read, or comes in an order
//!   that cannot be, puts the book in doubt, and every book when it does not say which. Not seen: a change that is lost on
//!   the way without a trace, and a digit changed within one.
//! - There is no stream of summaries: they are fetched every minute.
//! - A connection that the venue asks to renew (`bts:request_reconnect`) is not to be trusted from there on.

mod book;
mod pair;
mod told;
mod wire;

#[cfg(test)]
mod tests;

use super::names::Names;
use super::{Address, Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt};
use crate::market::{
    Channel, Desync, Event, Sequence, Subscription, Symbol, Timestamp, VenueId, VenueStatus, printable,
};
use book::{Book, Heard};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// Where Bitstamp is.
pub(super) const ENDPOINTS: [Endpoint; 1] = [Endpoint {
    name: "spot",
    stream: "wss://ws.bitstamp.net",
    path: "",
    rest: "https://www.bitstamp.net",
    testnet: None,
}];

/// Every book is whole, whatever depth is asked for; no book has so many levels.
const DEPTHS: [usize; 1] = [10_000];

/// Summaries are fetched so often.
const SUMMARY: Duration = Duration::from_secs(60);

/// Books followed at most; Bitstamp lists a few hundred pairs.
const MAX_BOOKS: usize = 5_000;

const CHANGES: &str = "diff_order_book";
const WHOLE: &str = "order_book";
const TRADES: &str = "live_trades";

/// One connection to Bitstamp.
#[derive(Debug)]
pub struct Bitstamp {
    address: Address,
    names: Names,
    /// By pair, the books that are made of changes.
    books: HashMap<Box<str>, Book>,
    /// Whether the books above are all that were subscribed, as far as that was told.
    known: bool,
    /// By pair, the time of the latest whole book.
    whole: HashMap<Box<str>, u64>,
    /// The pairs whose summary is wanted, and when it is due.
    summaries: BTreeSet<String>,
    due: Option<Timestamp>,
    outgoing: Vec<Outgoing>,
}

impl Bitstamp {
    /// A conversation that has not begun.
    pub fn new(address: &Address) -> Self {
        Self {
            address: address.clone(),
            names: Names::new(pair::unified),
            books: HashMap::new(),
            known: false,
            whole: HashMap::new(),
            summaries: BTreeSet::new(),
            due: None,
            outgoing: Vec::new(),
        }
    }

    fn get(&self, path: &str) -> Option<Outgoing> {
        let rest = &self.address.rest;
        (!rest.is_empty()).then(|| Outgoing::Get(format!("{rest}/api/v2/{path}/")))
    }

    fn pair(&mut self, symbol: &Symbol) -> Option<String> {
        let known = self.names.native(symbol).map(str::to_owned);
        let pair = known.or_else(|| pair::pair(symbol))?;
        self.names.learn(&pair, symbol);
        Some(pair)
    }

    fn requests(&mut self, event: &str, streams: &[Subscription]) -> Vec<Outgoing> {
        let mut outgoing = Vec::new();
        for stream in streams {
            let Some(pair) = self.pair(&stream.symbol) else { continue };
            let channel = match stream.channel {
                Channel::Book { .. } => CHANGES,
                Channel::Trades => TRADES,
                Channel::Ticker if event == "bts:subscribe" => {
                    outgoing.extend(self.get(&format!("ticker/{pair}")));
                    self.summaries.insert(pair);
                    continue;
                }
                Channel::Ticker => {
                    self.summaries.remove(&pair);
                    continue;
                }
                // The venue streams none: they are built from trades.
                Channel::Candles(_) => continue,
            };
            let channel = format!("{channel}_{pair}");
            self.begin(&channel, event == "bts:subscribe");
            outgoing.push(Outgoing::Frame(json!({"event": event, "data": {"channel": channel}}).to_string()));
        }
        outgoing
    }

    /// A channel was asked for, or has begun. One that was given up stays known until the venue has ended it.
    fn begin(&mut self, channel: &str, begins: bool) {
        let Some((CHANGES, pair)) = kind_and_pair(channel) else { return };
        if begins
            && !self.books.contains_key(pair)
            && self.books.len() < MAX_BOOKS
            && let Ok(symbol) = self.names.symbol(pair)
        {
            self.books.insert(pair.into(), Book::new(symbol));
        }
        self.known |= begins;
    }

    /// Reads a message of a book; the frame's checksum tells it from another of the same time.
    fn book(
        &mut self,
        channel: &str,
        levels: wire::Levels,
        frame: &str,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        match kind_and_pair(channel) {
            Some((CHANGES, pair)) => {
                if !self.known {
                    let symbol = self.names.symbol(pair)?;
                    if self.books.len() < MAX_BOOKS {
                        self.books.entry(pair.into()).or_insert_with(|| Book::new(symbol));
                    }
                }
                let Some(book) = self.books.get_mut(pair) else {
                    // Nobody asked for this one: it is another book's, with a name that was damaged.
                    self.doubt_all(&Desync::Unreadable, events);
                    return Ok(Receipt::Unknown);
                };
                match book.change(levels, crc32fast::hash(frame.as_bytes())) {
                    Heard::Change(update) => events.push(Event::Book { symbol: book.symbol.clone(), update }),
                    Heard::Nothing => {}
                    Heard::Ask => self.outgoing.extend(self.get(&format!("order_book/{pair}"))),
                    Heard::Disorder(reason) => {
                        events.push(Event::Doubt { symbols: vec![book.symbol.clone()], reason });
                    }
                }
            }
            Some((WHOLE, pair)) if !self.books.contains_key(pair) => {
                let symbol = self.names.symbol(pair)?;
                let last = levels.micros;
                if self.whole.get(pair).is_some_and(|newest| last < *newest) {
                    return Ok(Receipt::Understood);
                }
                if self.whole.len() < MAX_BOOKS {
                    self.whole.insert(pair.into(), last);
                }
                let mut update = book::update(levels, true);
                update.sequence = Some(Sequence { previous: None, last });
                events.push(Event::Book { symbol, update });
            }
            Some((WHOLE, _)) => {}
            _ => return Ok(Receipt::Unknown),
        }
        Ok(Receipt::Understood)
    }

    /// A message that may have been a change of a book was not understood.
    fn doubt(&mut self, frame: &str, events: &mut Vec<Event>) {
        let after = |kind| frame.split_once(kind).and_then(|(_, rest)| rest.split(['"', '\\']).next());
        if after("\"live_trades_").is_some() || after("\"order_book_").is_some() {
            return;
        }
        let book = after("\"diff_order_book_").and_then(|pair| self.books.get_mut(pair));
        let Some(book) = book else { return self.doubt_all(&Desync::Unreadable, events) };
        book.doubt();
        events.push(Event::Doubt { symbols: vec![book.symbol.clone()], reason: Desync::Unreadable });
    }

    fn doubt_all(&mut self, reason: &Desync, events: &mut Vec<Event>) {
        let mut symbols = Vec::with_capacity(self.books.len());
        for book in self.books.values_mut() {
            book.doubt();
            symbols.push(book.symbol.clone());
        }
        if !symbols.is_empty() {
            events.push(Event::Doubt { symbols, reason: reason.clone() });
        }
    }

    fn message(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let message: wire::Message<'_> = wire::read("Bitstamp", frame)?;
        let data = message.data.map_or("null", |data| data.get());
        let channel = kind_and_pair(&message.channel);
        match (message.event.as_ref(), channel) {
            ("data", Some((CHANGES | WHOLE, _))) => {
                let levels = wire::levels(data).map_err(|fault| fault.of("book"))?;
                return self.book(&message.channel, levels, frame, events);
            }
            ("trade", Some((TRADES, pair))) => {
                let symbol = self.names.symbol(pair)?;
                events.push(Event::Trades { symbol, trades: vec![told::trade(&wire::read("trade", data)?)?] });
            }
            ("bts:subscription_succeeded", Some((kind, pair))) => {
                self.begin(&message.channel, true);
                let symbol = self.names.symbol(pair)?;
                let channel = match kind {
                    CHANGES => {
                        // Now the changes are held that the snapshot may lack.
                        self.outgoing.extend(self.get(&format!("order_book/{pair}")));
                        Channel::Book { depth: DEPTHS[0] }
                    }
                    WHOLE => Channel::Book { depth: 100 },
                    TRADES => Channel::Trades,
                    _ => return Ok(Receipt::Unknown),
                };
                events.push(Event::Subscribed(Subscription { symbol, channel }));
            }
            ("bts:unsubscription_succeeded", Some((kind, pair))) => {
                if kind == CHANGES {
                    self.books.remove(pair);
                }
                events.push(Event::Unsubscribed(self.names.symbol(pair)?));
            }
            ("bts:heartbeat", _) => events.push(Event::Pong { exchange_time: None }),
            ("bts:request_reconnect", _) => {
                let message = Some("asks to connect anew".to_owned());
                events.push(Event::Status { status: VenueStatus::Limited, message });
                self.doubt_all(&Desync::Disconnected, events);
            }
            ("bts:error", _) => {
                let refusal: wire::Refusal<'_> = wire::read("error", data)?;
                let reason = refusal.message.as_deref().unwrap_or("refused without a reason");
                let symbol = channel.and_then(|(_, pair)| self.names.symbol(pair).ok());
                events.push(Event::Rejected { symbol, reason: printable(reason).chars().take(200).collect() });
            }
            (event, Some((kind, _))) if event == "data" || kind == CHANGES => {
                self.doubt(frame, events);
                return Ok(Receipt::Unknown);
            }
            _ => return Ok(Receipt::Unknown),
        }
        Ok(Receipt::Understood)
    }

    fn snapshot(&mut self, pair: &str, body: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let levels = wire::levels(body).map_err(|fault| fault.of("book"))?;
        let symbol = self.names.symbol(pair)?;
        if !self.books.contains_key(pair) && self.books.len() < MAX_BOOKS {
            self.books.insert(pair.into(), Book::new(symbol.clone()));
        }
        let Some(book) = self.books.get_mut(pair) else { return Ok(Receipt::Understood) };
        let mut updates = Vec::new();
        if !book.snapshot(levels, &mut updates) {
            self.outgoing.extend(self.get(&format!("order_book/{pair}")));
        }
        events.extend(updates.into_iter().map(|update| Event::Book { symbol: symbol.clone(), update }));
        Ok(Receipt::Understood)
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
            max_frame: 16 << 20,
            depths: &DEPTHS,
            streams: 200,
            lifetime: Some(Duration::from_secs(90 * 24 * 3_600)),
            gets_per_minute: 120,
        }
    }

    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.books.clear();
        self.known = false;
        self.whole.clear();
        self.summaries.clear();
        self.outgoing.clear();
        let mut outgoing: Vec<_> = self.get("trading-pairs-info").into_iter().collect();
        outgoing.extend(self.subscribe(wanted));
        outgoing
    }

    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.requests("bts:subscribe", wanted)
    }

    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<Outgoing> {
        self.requests("bts:unsubscribe", unwanted)
    }

    fn resync(&mut self, symbol: &Symbol) -> Vec<Outgoing> {
        let Some(pair) = self.pair(symbol) else { return Vec::new() };
        match self.books.get_mut(pair.as_str()).is_some_and(Book::wait) {
            true => self.get(&format!("order_book/{pair}")).into_iter().collect(),
            // A snapshot is asked for as soon as the next change has come.
            false => Vec::new(),
        }
    }

    fn ping(&mut self) -> Option<String> {
        Some(json!({"event": "bts:heartbeat"}).to_string())
    }

    fn receive(&mut self, frame: &str, received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let limit = self.manners().max_frame;
        if frame.len() > limit {
            return Err(FrameError::TooLarge { size: frame.len(), limit });
        }
        if !self.summaries.is_empty() && self.due.is_none_or(|due| received >= due) {
            // The first are fetched when they are subscribed.
            if self.due.replace(received.plus(SUMMARY)).is_some() {
                let due = self.summaries.iter().filter_map(|pair| self.get(&format!("ticker/{pair}")));
                self.outgoing.extend(due.collect::<Vec<_>>());
            }
        }
        // Most frames are of books, and their levels come first: read those in one pass.
        if frame.starts_with(r#"{"data":{"timestamp":"#)
            && let Ok((event, channel, levels)) = wire::book(frame)
            && event == "data"
        {
            return self.book(&channel, levels, frame, events).inspect(|receipt| {
                if *receipt == Receipt::Unknown && !matches!(kind_and_pair(&channel), Some((CHANGES, _))) {
                    self.doubt(frame, events);
                }
            });
        }
        self.message(frame, events).inspect_err(|_| self.doubt(frame, events))
    }

    fn fetched(
        &mut self,
        url: &str,
        body: &str,
        _received: Timestamp,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        let pair = |kind| url.split_once(kind).and_then(|(_, rest)| rest.split(['/', '?']).next());
        if let Some(pair) = pair("/order_book/") {
            return self.snapshot(pair, body, events);
        }
        if let Some(pair) = pair("/ticker/").filter(|pair| !pair.is_empty()) {
            let (ticker, exchange_time) = told::ticker(&wire::read("ticker", body)?)?;
            events.push(Event::Ticker { symbol: self.names.symbol(pair)?, ticker, exchange_time });
            return Ok(Receipt::Understood);
        }
        match url.contains("/trading-pairs-info") {
            true => told::pairs(&wire::read::<Vec<_>>("trading-pairs-info", body)?, &mut self.names, events),
            false => Ok(Receipt::Unknown),
        }
    }

    fn outgoing(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outgoing)
    }

    fn sent(&mut self, frame: &str) {
        let Ok(request) = wire::read::<wire::Request<'_>>("request", frame) else { return };
        self.begin(&request.data.channel, request.event == "bts:subscribe");
    }

    fn venue_symbol(&self, symbol: &Symbol) -> Option<Box<str>> {
        self.names.native(symbol).map(Into::into)
    }
}

/// What a channel carries, and of which pair.
fn kind_and_pair(channel: &str) -> Option<(&str, &str)> {
    channel.rsplit_once('_')
}
