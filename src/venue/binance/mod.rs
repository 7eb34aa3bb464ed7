//! Binance spot, USDⓈ-M futures and Binance.US: one dialect with three addresses.
//!
//! - Combined streams (`{"stream":…,"data":…}`) and raw ones: `depth@100ms`, `bookTicker`, `trade`, `aggTrade`, `kline_…`,
//!   `ticker`, `markPrice`; requests `SUBSCRIBE` and `UNSUBSCRIBE`.
//!   <https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams>,
//!   <https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams>
//! - A book is a snapshot that is fetched once the stream of its changes has begun, and those changes (see
//!   [`Splice`](super::splice)). Spot numbers them in ranges `U` to `u`; futures name the one before (`pu`) as well.
//! - Changes reach every level, so nothing is cut off at a depth: the depth asked for is that of the snapshot, and below it
//!   only what has changed since is known.
//! - The counts show every change that is missing, repeated out of turn or misnumbered. What they cannot show: a price or a
//!   quantity that is wrong in a frame that is otherwise whole, and a change that is missing at the very end, until the next
//!   one comes.
//! - Neither `depth` nor `bookTicker` repeats the other's numbers, so the ticker's best prices and the book's may differ by
//!   the tenth of a second in which changes are gathered.

mod message;
mod names;
mod request;
mod rest;
mod wire;

#[cfg(test)]
mod tests;

use super::names::Names;
use super::roster::Roster;
use super::splice::{Count, Joined, Splice};
use super::{Address, Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt};
use crate::market::{
    BookUpdate, Channel, Event, Subscription, Symbol, Ticker, Timestamp, VenueId, VenueStatus, printable,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// Where Binance's spot markets are.
pub(super) const SPOT: [Endpoint; 1] = [Endpoint {
    name: "spot",
    stream: "wss://stream.binance.com:9443",
    path: "/stream",
    rest: "https://api.binance.com",
    testnet: Some(("wss://stream.testnet.binance.vision", "https://testnet.binance.vision")),
}];

/// Where Binance's futures are.
pub(super) const FUTURES: [Endpoint; 1] = [Endpoint {
    name: "futures",
    stream: "wss://fstream.binance.com",
    path: "/stream",
    rest: "https://fapi.binance.com",
    testnet: Some(("wss://fstream.binancefuture.com", "https://testnet.binancefuture.com")),
}];

/// Where Binance.US is.
pub(super) const US: [Endpoint; 1] = [Endpoint {
    name: "spot",
    stream: "wss://stream.binance.us:9443",
    path: "/stream",
    rest: "https://api.binance.us",
    testnet: None,
}];

/// The depths of snapshots that are worth fetching: a book that begins with fewer levels has holes soon.
const DEPTHS: [usize; 2] = [SHALLOWEST, 5_000];

/// The same of futures.
const FUTURES_DEPTHS: [usize; 1] = [SHALLOWEST];

/// The shallowest of them.
const SHALLOWEST: usize = 1_000;

/// The largest frame or answer that makes sense: the listing of all instruments has some five megabytes.
const MAX_FRAME: usize = 16 << 20;

/// Requests whose answers are awaited at most.
const MAX_PENDING: usize = 1_000;

/// One connection to Binance.
#[derive(Debug)]
pub struct Binance {
    venue: VenueId,
    address: Address,
    requests: u64,
    roster: Roster<State>,
    /// Requests that have not been answered, by their number.
    pending: BTreeMap<u64, Pending>,
    outgoing: Vec<Outgoing>,
}

/// What is kept of an instrument.
#[derive(Debug)]
struct State {
    splice: Splice,
    /// How deep its snapshots are.
    depth: usize,
    /// The summary of the last day and the best prices, which come in messages of their own.
    ticker: Ticker,
    /// Whether its trades come in aggregates, which have numbers of their own.
    aggregates: Option<bool>,
}

/// A request that waits for its answer.
#[derive(Debug)]
struct Pending {
    begins: bool,
    streams: Vec<String>,
}

impl State {
    fn new(count: Count) -> Self {
        Self { splice: Splice::new(count), depth: SHALLOWEST, ticker: Ticker::default(), aggregates: None }
    }
}

impl Binance {
    /// A conversation that has not begun.
    pub fn new(venue: VenueId, address: &Address) -> Self {
        let fresh: fn() -> State = match venue {
            VenueId::BinanceFutures => || State::new(Count::Chain),
            _ => || State::new(Count::Ranges),
        };
        Self {
            venue,
            address: address.clone(),
            requests: 0,
            roster: Roster::new(Names::new(names::rule(venue)), fresh),
            pending: BTreeMap::new(),
            outgoing: Vec::new(),
        }
    }

    /// What Binance calls an instrument.
    fn native(&mut self, symbol: &Symbol) -> String {
        if let Some(name) = self.roster.native(symbol) {
            return name.to_owned();
        }
        let name = names::native(symbol);
        self.roster.learn(&name, symbol);
        name
    }

    /// The requests about these streams.
    fn request(&mut self, begins: bool, wanted: &[Subscription]) -> Vec<Outgoing> {
        let mut streams = Vec::new();
        for subscription in wanted {
            let name = self.native(&subscription.symbol);
            streams.extend(request::streams(self.venue, &name, subscription.channel));
        }
        let method = if begins { "SUBSCRIBE" } else { "UNSUBSCRIBE" };
        let mut frames = Vec::new();
        for streams in streams.chunks(request::STREAMS_PER_FRAME) {
            self.requests += 1;
            frames.push(Outgoing::Frame(request::frame(method, streams, self.requests)));
            self.await_answer(self.requests, Pending { begins, streams: streams.to_vec() });
        }
        frames
    }

    fn await_answer(&mut self, id: u64, pending: Pending) {
        if self.pending.len() == MAX_PENDING {
            self.pending.pop_first();
        }
        self.pending.insert(id, pending);
    }

    fn depths(&self) -> &'static [usize] {
        if self.venue == VenueId::BinanceFutures { &FUTURES_DEPTHS } else { &DEPTHS }
    }

    fn fetch_book(&mut self, name: &str) -> Result<Outgoing, FrameError> {
        let depth = self.roster.entry(name)?.state.depth;
        Ok(Outgoing::Get(request::depth(self.venue, &self.address.rest, name, depth)))
    }

    /// Reads a fetched book; fetches it again when it cannot be joined to the changes that came meanwhile.
    fn snapshot(&mut self, name: &str, body: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let snapshot = wire::snapshot(body).map_err(|fault| fault.of("depth"))?;
        let wire::Snapshot { number, time, bids, asks } = snapshot;
        let exchange_time = time.map(moment);
        let update =
            BookUpdate { snapshot: true, depth: None, bids, asks, sequence: None, checksum: None, exchange_time };
        let entry = self.roster.entry(name)?;
        let mut updates = Vec::new();
        let joined = entry.state.splice.snapshot(number, update, &mut updates);
        let symbol = &entry.symbol;
        events.extend(updates.into_iter().map(|update| Event::Book { symbol: symbol.clone(), update }));
        if joined == Joined::TooOld {
            let again = self.fetch_book(name)?;
            self.outgoing.push(again);
        }
        Ok(Receipt::Understood)
    }
}

impl Dialect for Binance {
    fn venue(&self) -> VenueId {
        self.venue
    }

    fn manners(&self) -> Manners {
        let futures = self.venue == VenueId::BinanceFutures;
        Manners {
            endpoints: match self.venue {
                VenueId::BinanceFutures => &FUTURES,
                VenueId::BinanceUs => &US,
                _ => &SPOT,
            },
            // Binance pings spot connections every 20 seconds, and futures' every 3 minutes.
            ping_after: Duration::from_secs(15),
            dead_after: Duration::from_secs(30),
            // One below the limit, because answers to pings count as well.
            frames_per_second: if futures { 9 } else { 4 },
            max_frame: MAX_FRAME,
            depths: self.depths(),
            // Of 1024 on spot, because a ticker takes two.
            streams: if futures { 200 } else { 512 },
            lifetime: Some(Duration::from_secs(24 * 3_600)),
            // A snapshot weighs 50 of 6000 a minute on spot, 20 of 2400 on futures, and 50 of 1200 on Binance.US.
            gets_per_minute: if self.venue == VenueId::BinanceUs { 20 } else { 60 },
        }
    }

    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.roster.forget();
        self.pending.clear();
        self.outgoing.clear();
        let mut first = vec![Outgoing::Get(request::listing(self.venue, &self.address.rest))];
        if self.venue != VenueId::BinanceFutures {
            first.push(Outgoing::Get(format!("{}/sapi/v1/system/status", self.address.rest)));
        }
        first.extend(self.subscribe(wanted));
        first
    }

    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        let depths = self.depths();
        for subscription in wanted {
            let Channel::Book { depth } = subscription.channel else { continue };
            let name = self.native(&subscription.symbol);
            if let Ok(entry) = self.roster.entry(&name) {
                let served = depths.iter().find(|served| **served >= depth).or(depths.last());
                entry.state.depth = served.copied().unwrap_or(SHALLOWEST);
                entry.state.splice.restart();
            }
        }
        self.request(true, wanted)
    }

    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<Outgoing> {
        self.request(false, unwanted)
    }

    fn resync(&mut self, symbol: &Symbol) -> Vec<Outgoing> {
        let name = self.native(symbol);
        if let Ok(entry) = self.roster.entry(&name) {
            entry.state.splice.wait();
        }
        self.fetch_book(&name).into_iter().collect()
    }

    /// Binance's pings, and ours to it, are those of the WebSocket.
    fn ping(&mut self) -> Option<String> {
        None
    }

    fn receive(&mut self, frame: &str, _received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        if frame.len() > MAX_FRAME {
            return Err(FrameError::TooLarge { size: frame.len(), limit: MAX_FRAME });
        }
        // Nearly every frame is a book or its best prices: read in one pass what is written as usual.
        let usual = match wire::combined(frame) {
            Some((stream, message)) => match stream.split_once('@') {
                Some((_, kind)) if request::is_book(kind) => self.book(message, events).ok(),
                Some((_, "bookTicker")) => self.best_prices(message, events).ok(),
                _ => None,
            },
            None if frame.starts_with(r#"{"e":"depthUpdate","#) => self.book(frame, events).ok(),
            None => None,
        };
        if let Some(receipt) = usual {
            return Ok(receipt);
        }
        if frame.starts_with('[') {
            return self.message(None, frame, events);
        }
        let head: wire::Head<'_> = wire::read("Binance", frame)?;
        match head.data {
            Some(data) => self.message(head.stream.as_deref(), data.get(), events),
            None if head.id.is_some() || head.error.is_some() || head.code.is_some() => self.answer(&head, events),
            None => self.message(None, frame, events),
        }
    }

    fn fetched(
        &mut self,
        url: &str,
        body: &str,
        _received: Timestamp,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        if body.len() > MAX_FRAME {
            return Err(FrameError::TooLarge { size: body.len(), limit: MAX_FRAME });
        }
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let name = request::parameter(url, "symbol");
        if body.starts_with(r#"{"code""#) {
            let refusal: wire::Refusal<'_> = wire::read("refusal", body)?;
            let symbol = name.and_then(|name| self.roster.entry(name).ok()).map(|entry| entry.symbol.clone());
            events.push(Event::Rejected { symbol, reason: reason(refusal.msg.as_deref()) });
            return Ok(Receipt::Understood);
        }
        match (path.rsplit('/').next(), name) {
            (Some("depth"), Some(name)) => self.snapshot(name, body, events),
            (Some("exchangeInfo"), _) => {
                let instruments = rest::instruments(self.venue, body)?;
                for instrument in &instruments {
                    self.roster.learn(&instrument.venue_symbol, &instrument.symbol);
                }
                events.push(Event::Instruments(instruments));
                Ok(Receipt::Understood)
            }
            (Some("status"), _) => {
                let wire::SystemStatus { status, msg } = wire::read("system status", body)?;
                let status = if status == 0 { VenueStatus::Online } else { VenueStatus::Maintenance };
                events.push(Event::Status { status, message: msg.map(|words| reason(Some(&words))) });
                Ok(Receipt::Understood)
            }
            _ => Ok(Receipt::Unknown),
        }
    }

    fn outgoing(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outgoing)
    }

    fn sent(&mut self, frame: &str) {
        let Ok(request) = wire::read::<wire::Request<'_>>("request", frame) else { return };
        let begins = match request.method.as_ref() {
            "SUBSCRIBE" => true,
            "UNSUBSCRIBE" => false,
            _ => return,
        };
        if let Ok(id) = request.id.text().parse() {
            let streams = request.params.iter().map(|stream| stream.to_string()).collect();
            self.await_answer(id, Pending { begins, streams });
        }
    }

    fn venue_symbol(&self, symbol: &Symbol) -> Option<Box<str>> {
        self.roster.native(symbol).map(Into::into)
    }
}

/// A moment in milliseconds.
fn moment(millis: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// The venue's words, made fit to be shown.
fn reason(words: Option<&str>) -> String {
    printable(words.unwrap_or("refused without a reason")).chars().take(200).collect()
}
