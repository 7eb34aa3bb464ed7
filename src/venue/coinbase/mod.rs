//! Coinbase, in both of its protocols: Advanced Trade, and Exchange (once Pro).
//!
//! - Which of them is spoken is decided by the address; what comes is read by what it is. Either carries the whole book:
//!   a snapshot, in no particular order at Advanced Trade, then changes that include every deletion.
//! - Advanced Trade (see [`advanced`]) numbers all frames of a connection, acknowledgements included. A number that is
//!   missing puts all books of the connection in doubt, for the frame may have been about any of them; number 0 begins a
//!   new session.
//! - Exchange (see [`exchange`]) has no check at all in its books: that a frame is missing, came twice or in the wrong
//!   order cannot be seen, only that one could not be read. Neither protocol shows a wrong digit in a price or quantity.
//! - `level2` of Exchange needs an account since 2023; `level2_batch` is the same in steps of 50 ms and does not.
//! - For markets in USDC, Advanced Trade sends the data of the USD market, which is the same book there.
//! - Tick and lot come from the list of products, or from the `status` channel. Funding is not public.

mod advanced;
mod count;
mod exchange;
mod names;
mod request;
mod wire;

#[cfg(test)]
mod tests;

use super::names::Names;
use super::{Address, Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt, suspects};
use crate::market::{
    Channel, Desync, Event, Instrument, Precision, Subscription, Symbol, Timestamp, Trading, VenueId, printable,
};
use crate::money::{Price, Quantity};
use count::{Count, Turn};
use std::collections::BTreeSet;
use std::time::Duration;

/// Where Coinbase is, unless Exchange is configured.
pub(super) const ENDPOINTS: [Endpoint; 1] = [Endpoint {
    name: "all",
    stream: "wss://advanced-trade-ws.coinbase.com",
    path: "",
    rest: "https://api.coinbase.com",
    testnet: None,
}];

/// Where products are listed when the stream is that of Exchange.
const EXCHANGE_REST: &str = "https://api.exchange.coinbase.com";

/// Kinds of frames that never touch a book.
const HARMLESS: [&str; 12] = [
    "market_trades",
    "ticker",
    "ticker_batch",
    "candles",
    "heartbeats",
    "subscriptions",
    "status",
    "match",
    "last_match",
    "heartbeat",
    "error",
    "user",
];

/// What is spoken at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Advanced,
    Exchange,
}

/// One connection to Coinbase.
#[derive(Clone, Debug)]
pub struct Coinbase {
    protocol: Protocol,
    rest: String,
    names: Names,
    count: Count,
    /// The books that have come.
    books: BTreeSet<Symbol>,
    /// What the venue says it sends.
    granted: BTreeSet<Subscription>,
}

/// The unified symbol of a product.
pub(super) fn product(name: &str) -> Option<Symbol> {
    names::unified(name)
}

impl Coinbase {
    /// A conversation that has not begun.
    pub fn new(address: &Address) -> Self {
        let feed = ["ws-feed.", "ws-feed-public."].iter().any(|host| address.stream.contains(&format!("//{host}")));
        let protocol = if feed { Protocol::Exchange } else { Protocol::Advanced };
        let [Endpoint { rest: advanced, .. }] = ENDPOINTS;
        let rest = match address.rest.as_str() {
            rest if feed && rest == advanced => EXCHANGE_REST.to_owned(),
            rest => rest.to_owned(),
        };
        Self {
            protocol,
            rest,
            names: Names::new(names::unified),
            count: Count::default(),
            books: BTreeSet::new(),
            granted: BTreeSet::new(),
        }
    }

    fn read(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        // Nearly every frame is about a book, and it says so first: read it in one pass.
        if frame.starts_with(r#"{"channel":"l2_data""#) {
            return self.advanced_books(frame, events);
        }
        if frame.starts_with(r#"{"type":"l2update""#) || frame.starts_with(r#"{"type":"snapshot""#) {
            return self.exchange_book(frame, events);
        }
        let head: wire::Head<'_> = wire::read("Coinbase", frame)?;
        match (head.channel.as_deref(), head.kind.as_deref()) {
            (Some("l2_data"), _) => self.advanced_books(frame, events),
            (Some(channel), _) => match head.sequence_num.is_none_or(|number| self.counted(number, events)) {
                true => self.advanced(channel, frame, events),
                false => Ok(Receipt::Understood),
            },
            (None, Some("snapshot" | "l2update")) => self.exchange_book(frame, events),
            (None, Some("error")) => {
                self.refused(&wire::read("error", frame)?, events);
                Ok(Receipt::Understood)
            }
            (None, Some(kind)) => self.exchange(kind, frame, events),
            (None, None) => Ok(Receipt::Unknown),
        }
    }

    /// Counts a frame of Advanced Trade, and says whether it is to be believed.
    fn counted(&mut self, number: u64, events: &mut Vec<Event>) -> bool {
        let (reason, believed) = match self.count.turn(number) {
            Turn::Next => return true,
            Turn::Repeated => return false,
            Turn::Gap(reason) => (reason, true),
            Turn::Late(reason) => (reason, false),
        };
        self.doubt_all(reason, events);
        believed
    }

    fn doubt_all(&self, reason: Desync, events: &mut Vec<Event>) {
        if !self.books.is_empty() {
            events.push(Event::Doubt { symbols: self.books.iter().cloned().collect(), reason });
        }
    }

    /// The symbol of a product whose book comes over this connection.
    fn book_of(&mut self, product: &str) -> Result<Symbol, FrameError> {
        let symbol = self.names.symbol(product)?;
        if !self.books.contains(&symbol) {
            self.books.insert(symbol.clone());
        }
        Ok(symbol)
    }

    /// Takes in all subscriptions of the connection, and tells what is new and what has ended.
    fn granted(&mut self, told: BTreeSet<(&str, Channel)>, events: &mut Vec<Event>) -> Result<(), FrameError> {
        let mut granted = BTreeSet::new();
        for (product, channel) in told {
            granted.insert(Subscription { symbol: self.names.symbol(product)?, channel });
        }
        events.extend(granted.difference(&self.granted).cloned().map(Event::Subscribed));
        events.extend(self.granted.difference(&granted).map(|gone| Event::Unsubscribed(gone.symbol.clone())));
        self.granted = granted;
        Ok(())
    }

    fn refused(&mut self, refusal: &wire::Refusal<'_>, events: &mut Vec<Event>) {
        let told = [&refusal.message, &refusal.reason].into_iter().flatten();
        let reason = told.map(AsRef::as_ref).collect::<Vec<&str>>().join(": ");
        let mut words = reason.split_whitespace().map(|word| word.trim_matches(['"', '\'', ',', '.', '[', ']']));
        let symbol = words.find_map(names::unified);
        let reason = if reason.is_empty() { "refused without a reason" } else { &reason };
        events.push(Event::Rejected { symbol, reason: printable(reason).chars().take(200).collect() });
    }

    fn instruments(&mut self, products: Vec<wire::Product<'_>>, events: &mut Vec<Event>) -> Result<(), FrameError> {
        let mut instruments = Vec::with_capacity(products.len());
        for p in products {
            // What has no steps or no symbol cannot be shown.
            let tick = p.price_increment.as_ref().or(p.quote_increment.as_ref());
            let tick: Option<Price> = wire::optional(tick, "price_increment")?;
            let lot: Option<Quantity> = wire::optional(p.base_increment.as_ref(), "base_increment")?;
            let (Some(tick), Some(lot), Ok(symbol)) = (tick, lot, self.names.symbol(&p.id)) else { continue };
            let is = |flag: Option<bool>| flag == Some(true);
            let online = p.status.as_deref().is_none_or(|status| matches!(status, "online" | ""));
            instruments.push(Instrument {
                venue: VenueId::Coinbase,
                symbol,
                venue_symbol: p.id.as_ref().into(),
                precision: Precision { price: wire::decimals(tick.get()), quantity: wire::decimals(lot.get()) },
                tick: Some(tick),
                lot: Some(lot),
                minimum: wire::optional(p.base_min_size.as_ref(), "base_min_size")?,
                trading: match online && !is(p.trading_disabled) && !is(p.is_disabled) {
                    false => Trading::Halted,
                    true if is(p.cancel_only) || is(p.limit_only) || is(p.post_only) => Trading::Limited,
                    true => Trading::Open,
                },
            });
        }
        events.push(Event::Instruments(instruments));
        Ok(())
    }
}

impl Dialect for Coinbase {
    fn venue(&self) -> VenueId {
        VenueId::Coinbase
    }

    fn manners(&self) -> Manners {
        Manners {
            endpoints: &ENDPOINTS,
            // Heartbeats come every second.
            ping_after: Duration::from_secs(10),
            dead_after: Duration::from_secs(20),
            frames_per_second: 5,
            // The whole book of the largest market, at some 130 bytes a level.
            max_frame: 32 << 20,
            depths: &[request::WHOLE],
            streams: 200,
            lifetime: None,
            gets_per_minute: 60,
        }
    }

    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.count = Count::default();
        self.books.clear();
        self.granted.clear();
        let mut outgoing = request::first(self.protocol, &self.rest);
        outgoing.extend(self.subscribe(wanted));
        outgoing
    }

    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        for stream in wanted {
            self.names.learn(&names::native(&stream.symbol), &stream.symbol);
        }
        request::frames(self.protocol, "subscribe", wanted)
    }

    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<Outgoing> {
        for stream in unwanted {
            if let Channel::Book { .. } = stream.channel {
                self.books.remove(&stream.symbol);
            }
        }
        request::frames(self.protocol, "unsubscribe", unwanted)
    }

    fn resync(&mut self, symbol: &Symbol) -> Vec<Outgoing> {
        let book = [Subscription { symbol: symbol.clone(), channel: Channel::Book { depth: request::WHOLE } }];
        ["unsubscribe", "subscribe"].into_iter().flat_map(|kind| request::frames(self.protocol, kind, &book)).collect()
    }

    fn ping(&mut self) -> Option<String> {
        None
    }

    fn receive(&mut self, frame: &str, _received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let (limit, before) = (self.manners().max_frame, self.count);
        let receipt = match frame.len() {
            size if size > limit => Err(FrameError::TooLarge { size, limit }),
            _ => self.read(frame, events),
        };
        if receipt.is_err() {
            if self.count == before {
                self.count.unread();
            }
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
        if !url.split('?').next().is_some_and(|path| path.ends_with("/products")) {
            return Ok(Receipt::Unknown);
        }
        let products = match body.trim_start().starts_with('[') {
            true => wire::read("products", body)?,
            false => wire::read::<wire::Products<'_>>("products", body)?.products,
        };
        self.instruments(products, events)?;
        Ok(Receipt::Understood)
    }

    fn sent(&mut self, _frame: &str) {
        // Every frame that comes names its own product: nothing has to be remembered of what was asked.
    }

    fn venue_symbol(&self, symbol: &Symbol) -> Option<Box<str>> {
        self.names.native(symbol).map(Into::into)
    }
}
