//! OKX v5, public channels: spot, perpetuals, futures and options at one address.
//!
//! - Channels: `books` (400 levels, then changes), `books5` and `bbo-tbt` (whole books), `trades`, `tickers`, of contracts
//!   also `mark-price`, `funding-rate` and `open-interest`, and `status`. <https://www.okx.com/docs-v5/en/#websocket-api>
//! - Changes name the update that they follow (see [`chain`]), and used to carry a CRC32 over 25 levels a side, which is
//!   0 or missing since 2026 and then says nothing. Deletions come for levels that leave the 400 too, also for some that
//!   never were there, so nothing is cut off here.
//! - Whole books come with no chain. One that is older than the last is set aside (see [`Newest`]); that one is missing
//!   cannot be seen, and does not matter, since the next replaces all. A wrong digit in a price or quantity shows in the
//!   CRC32, and where there is none it does not show.
//! - The venue's candles come over another address than its books and are not subscribed: ours are built from trades. They
//!   are read where a capture holds them. Quantities of contracts are in contracts.
//! - A connection on which nothing was said for 30 seconds is closed, so a `ping` goes out well before.

mod chain;
mod names;
mod request;
mod told;
mod wire;

#[cfg(test)]
mod tests;

use super::names::Names;
use super::newest::Newest;
use super::{Address, Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt, suspects};
use crate::market::{
    BookUpdate, Channel, Checksum, Event, Subscription, Symbol, Timestamp, VenueId, VenueStatus, printable,
};
use chain::{Chain, Link};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Where OKX is.
pub(super) const ENDPOINTS: [Endpoint; 1] = [Endpoint {
    name: "all",
    stream: "wss://ws.okx.com:8443",
    path: "/ws/v5/public",
    rest: "https://www.okx.com",
    testnet: Some(("wss://wspap.okx.com:8443", "https://www.okx.com")),
}];

/// Kinds of frames that never touch a book.
const HARMLESS: [&str; 8] =
    ["trades", "tickers", "mark-price", "open-interest", "funding-rate", "status", "instruments", "event"];

/// One connection to OKX.
#[derive(Clone, Debug)]
pub struct Okx {
    rest: String,
    names: Names,
    /// The depths that books were asked with.
    asked: BTreeMap<Symbol, usize>,
    /// The books that have come.
    books: HashMap<Symbol, Carried>,
}

/// The order of one book's frames.
#[derive(Clone, Debug)]
struct Carried {
    depth: usize,
    chain: Chain,
    newest: Newest,
}

impl Carried {
    fn new(depth: usize) -> Self {
        Self { depth, chain: Chain::default(), newest: Newest::default() }
    }
}

impl Okx {
    /// A conversation that has not begun.
    pub fn new(address: &Address) -> Self {
        let names = Names::new(names::unified);
        Self { rest: address.rest.clone(), names, asked: BTreeMap::new(), books: HashMap::new() }
    }

    fn read(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        // Nearly every frame is a book, and it names its channel first: read it in one pass.
        if frame.starts_with(r#"{"arg":{"channel":"b"#) {
            return self.book(frame, events);
        }
        if frame == "pong" {
            events.push(Event::Pong { exchange_time: None });
            return Ok(Receipt::Understood);
        }
        let head: wire::Head<'_> = wire::read("OKX", frame)?;
        let Some(arg) = head.arg.filter(|_| head.event.is_none()) else {
            return if head.event.is_some() {
                self.said(wire::read("event", frame)?, events)
            } else {
                Ok(Receipt::Unknown)
            };
        };
        match arg.channel.as_ref() {
            channel if channel.starts_with('b') => self.book(frame, events),
            "trades" => self.trades(wire::read("trades", frame)?, events),
            "tickers" => self.tickers(wire::read("tickers", frame)?, events),
            "mark-price" | "funding-rate" | "open-interest" => self.marks(wire::read("mark", frame)?, events),
            "instruments" => {
                let frame: wire::Data<wire::Instrument<'_>> = wire::read("instruments", frame)?;
                self.instruments(frame.data, events)
            }
            "status" => {
                told::status(wire::read("status", frame)?, events);
                Ok(Receipt::Understood)
            }
            channel if channel.starts_with("candle") => self.candles(&arg, wire::read("candle", frame)?, events),
            _ => Ok(Receipt::Unknown),
        }
    }

    fn book(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let message = wire::books(frame).map_err(|fault| fault.of("book"))?;
        let known = request::BOOKS.into_iter().find(|(name, ..)| *name == message.channel);
        let Some((_, depth, images)) = known else { return Ok(Receipt::Unknown) };
        let snapshot = match message.action.as_deref() {
            Some("snapshot") => true,
            Some("update") => false,
            None if images => true,
            other => return Err(FrameError::field("action", other.unwrap_or(""), &"neither snapshot nor update")),
        };
        let symbol = self.names.symbol(&message.name)?;
        let carried = self.books.entry(symbol.clone()).or_insert_with(|| Carried::new(depth));
        if depth < carried.depth {
            // Another stream shows more of the same book.
            return Ok(Receipt::Understood);
        }
        if depth > carried.depth {
            *carried = Carried::new(depth);
        }
        for book in message.data {
            if images {
                if !book.number.or(book.time).is_none_or(|number| carried.newest.admit(number)) {
                    continue;
                }
            } else if snapshot {
                carried.chain.begin(book.number);
            } else {
                match carried.chain.link(book.previous, book.number) {
                    Link::Follows => {}
                    Link::Repeats => continue,
                    Link::Breaks(reason) => events.push(Event::Doubt { symbols: vec![symbol.clone()], reason }),
                }
            }
            let update = BookUpdate {
                snapshot,
                depth: None,
                bids: book.bids,
                asks: book.asks,
                sequence: None,
                checksum: book.checksum.filter(|sum| *sum != 0).map(|sum| Checksum::Okx(sum.cast_unsigned())),
                exchange_time: book.time.map(Timestamp::from_millis),
            };
            events.push(Event::Book { symbol: symbol.clone(), update });
        }
        Ok(Receipt::Understood)
    }

    fn said(&mut self, said: wire::Said<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let words = || -> String {
            let words = said.msg.as_deref().or(said.code.as_deref()).unwrap_or("refused without a reason");
            printable(words).chars().take(200).collect()
        };
        let name = said.arg.as_ref().and_then(|arg| arg.name.as_deref());
        match said.event.as_ref() {
            "subscribe" => {
                let channel = said.arg.as_ref().and_then(|arg| request::channel(&arg.channel));
                if let (Some(name), Some(channel)) = (name, channel) {
                    events.push(Event::Subscribed(Subscription { symbol: self.names.symbol(name)?, channel }));
                }
            }
            "unsubscribe" => {
                if let Some(name) = name {
                    events.push(Event::Unsubscribed(self.names.symbol(name)?));
                }
            }
            "error" => {
                // A refused stream is only named in the words: `… channel:books,instId:XXX-YYY doesn't exist …`.
                let told = said.msg.as_deref().and_then(|words| words.split("instId:").nth(1));
                let told = told.and_then(|rest| rest.split([' ', ',', '.']).next());
                let symbol = name.or(told).and_then(|name| self.names.symbol(name).ok());
                events.push(Event::Rejected { symbol, reason: words() });
            }
            "notice" => events.push(Event::Status { status: VenueStatus::Limited, message: Some(words()) }),
            _ => return Ok(Receipt::Unknown),
        }
        Ok(Receipt::Understood)
    }
}

impl Dialect for Okx {
    fn venue(&self) -> VenueId {
        VenueId::Okx
    }

    fn manners(&self) -> Manners {
        Manners {
            endpoints: &ENDPOINTS,
            ping_after: Duration::from_secs(15),
            dead_after: Duration::from_secs(30),
            frames_per_second: 3,
            max_frame: 4 << 20,
            depths: &request::DEPTHS,
            streams: 240,
            lifetime: None,
            gets_per_minute: 60,
        }
    }

    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.asked.clear();
        self.books.clear();
        let mut outgoing = request::instruments(&self.rest, wanted);
        outgoing.extend(self.subscribe(wanted));
        outgoing.push(request::status());
        outgoing
    }

    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        for stream in wanted {
            if let Channel::Book { depth } = stream.channel {
                self.asked.insert(stream.symbol.clone(), depth);
            }
            self.names.learn(&names::native(&stream.symbol), &stream.symbol);
        }
        request::frames("subscribe", wanted)
    }

    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<Outgoing> {
        for stream in unwanted {
            if let Channel::Book { .. } = stream.channel {
                self.asked.remove(&stream.symbol);
                self.books.remove(&stream.symbol);
            }
        }
        request::frames("unsubscribe", unwanted)
    }

    fn resync(&mut self, symbol: &Symbol) -> Vec<Outgoing> {
        let depth = self.asked.get(symbol).copied().unwrap_or(usize::MAX);
        let book = [Subscription { symbol: symbol.clone(), channel: Channel::Book { depth } }];
        // The old stream goes on until then, and so does its order.
        let mut frames = request::frames("unsubscribe", &book);
        frames.extend(request::frames("subscribe", &book));
        frames
    }

    fn ping(&mut self) -> Option<String> {
        Some("ping".to_owned())
    }

    fn receive(&mut self, frame: &str, _received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let limit = self.manners().max_frame;
        let receipt = match frame.len() {
            size if size > limit => Err(FrameError::TooLarge { size, limit }),
            _ => self.read(frame, events),
        };
        if receipt.is_err() {
            events.extend(suspects::doubt(frame, &HARMLESS, &self.names, self.books.keys()));
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
        if !url.contains("/api/v5/public/instruments") {
            return Ok(Receipt::Unknown);
        }
        let answer: wire::Answer<'_> = wire::read("instruments", body)?;
        if answer.code != "0" {
            return Err(FrameError::field("code", &answer.code, &answer.msg.unwrap_or_default()));
        }
        self.instruments(answer.data, events)
    }

    fn sent(&mut self, _frame: &str) {
        // Every frame that comes names its own channel: nothing has to be remembered of what was asked.
    }

    fn venue_symbol(&self, symbol: &Symbol) -> Option<Box<str>> {
        self.names.native(symbol).map(Into::into)
    }
}
