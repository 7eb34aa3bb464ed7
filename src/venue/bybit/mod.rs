//! Bybit v5: spot, linear and inverse contracts, each at an address of its own.
//!
//! - Topics `orderbook.<depth>`, `publicTrade`, `tickers`, `kline`; requests `subscribe`, `unsubscribe`, `ping`.
//!   <https://bybit-exchange.github.io/docs/v5/ws/connect>
//! - A book begins with a snapshot; each change has the number `u` that follows the one before. A message numbered 1 is a
//!   snapshot too: Bybit's service has begun anew. Bybit itself deletes the levels that leave the depth, so none is cut off
//!   here. A fresh snapshot is had by subscribing again.
//! - A connection that carries one book in several depths is read in one of them.
//! - The tickers of contracts tell what has changed, and are put together here; mark price, funding and open interest come
//!   with them.
//! - The old protocol, `wss://stream.bybit.com/realtime`, is read where a capture holds it (see [`old`]).
//! - The count shows every change that is missing, repeated out of turn or misnumbered. What it cannot show: a price or a
//!   quantity that is wrong in a frame that is otherwise whole, and a change that is missing at the very end, until the next
//!   one comes.

mod message;
mod names;
mod old;
mod request;
mod rest;
mod wire;

#[cfg(test)]
mod tests;

use super::names::Names;
use super::roster::Roster;
use super::{Address, Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt};
use crate::market::{Channel, Event, Subscription, Symbol, Ticker, Timestamp, VenueId, printable};
use names::Category;
use std::collections::BTreeMap;
use std::time::Duration;

/// Where Bybit is: each kind of contract has its own stream.
pub(super) const ENDPOINTS: [Endpoint; 3] =
    [at("spot", "/v5/public/spot"), at("linear", "/v5/public/linear"), at("inverse", "/v5/public/inverse")];

const fn at(name: &'static str, path: &'static str) -> Endpoint {
    Endpoint {
        name,
        stream: "wss://stream.bybit.com",
        path,
        rest: "https://api.bybit.com",
        testnet: Some(("wss://stream-testnet.bybit.com", "https://api-testnet.bybit.com")),
    }
}

/// The depths that all kinds of contracts are served with.
const DEPTHS: [usize; 4] = [1, 50, 200, DEEPEST];

/// The deepest of them.
const DEEPEST: usize = 1_000;

/// The largest frame or answer that makes sense: a page of a thousand instruments has a megabyte.
const MAX_FRAME: usize = 16 << 20;

/// Bybit wants to be pinged so often, however much it says itself.
const PING: Duration = Duration::from_secs(20);

/// Requests whose answers are awaited at most.
const MAX_PENDING: usize = 1_000;

/// The unified symbol of what Bybit calls a pair on spot.
pub(super) fn pair(name: &str) -> Option<Symbol> {
    names::Category::Spot.rule()(name)
}

/// Where an instrument is traded.
pub(super) fn endpoint(symbol: &Symbol) -> &'static Endpoint {
    let [spot, linear, inverse] = &ENDPOINTS;
    let settled_in_base = symbol.as_str().split([':', '-']).nth(1) == Some(symbol.base());
    match symbol.contract() {
        crate::market::Contract::Spot => spot,
        _ if settled_in_base => inverse,
        _ => linear,
    }
}

/// One connection to Bybit.
#[derive(Debug)]
pub struct Bybit {
    address: Address,
    category: Category,
    requests: u64,
    roster: Roster<State>,
    /// The topics of requests that have not been answered, by the requests' numbers.
    pending: BTreeMap<u64, Vec<String>>,
    outgoing: Vec<Outgoing>,
    /// When the last ping was due.
    pinged: Option<Timestamp>,
    /// Pages of the list of instruments that were read.
    pages: usize,
}

/// What is kept of an instrument.
#[derive(Debug, Default)]
struct State {
    /// The depth in which its book is read.
    depth: Option<usize>,
    /// Another depth in which it has come as well.
    beside: Option<usize>,
    ticker: Ticker,
    /// Its book, where it comes in the old protocol.
    old: Option<old::Rows>,
}

impl Bybit {
    /// A conversation that has not begun.
    pub fn new(address: &Address) -> Self {
        let category = Category::at(&address.stream);
        Self {
            address: address.clone(),
            category,
            requests: 0,
            roster: Roster::new(Names::new(category.rule()), State::default),
            pending: BTreeMap::new(),
            outgoing: Vec::new(),
            pinged: None,
            pages: 0,
        }
    }

    /// What Bybit calls an instrument.
    fn native(&mut self, symbol: &Symbol) -> String {
        if let Some(name) = self.roster.native(symbol) {
            return name.to_owned();
        }
        let name = names::native(symbol);
        self.roster.learn(&name, symbol);
        name
    }

    /// The requests about these topics.
    fn request(&mut self, begins: bool, topics: &[String]) -> Vec<Outgoing> {
        let mut frames = Vec::new();
        for topics in topics.chunks(request::TOPICS_PER_FRAME) {
            self.requests += 1;
            frames.push(Outgoing::Frame(request::frame(begins, topics, self.requests)));
            self.await_answer(self.requests, topics.to_vec());
        }
        frames
    }

    fn await_answer(&mut self, id: u64, topics: Vec<String>) {
        if self.pending.len() == MAX_PENDING {
            self.pending.pop_first();
        }
        self.pending.insert(id, topics);
    }

    fn topics(&mut self, streams: &[Subscription]) -> Vec<String> {
        let mut topics = Vec::new();
        for stream in streams {
            let channel = match stream.channel {
                Channel::Book { depth } => Channel::Book { depth: request::served(depth) },
                other => other,
            };
            topics.extend(request::topic(&self.native(&stream.symbol), channel));
        }
        topics
    }

    /// Reads the answer to a request of ours.
    fn answer(&mut self, head: &wire::Head<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let words = head.ret_msg.as_deref().unwrap_or_default();
        let op = head.op.as_deref().or(head.request.as_ref().map(|request| request.op.as_ref()));
        if op == Some("pong") || (op == Some("ping") && head.success != Some(false)) {
            events.push(Event::Pong { exchange_time: None });
            return Ok(Receipt::Understood);
        }
        let begins = match op {
            Some("subscribe") => true,
            Some("unsubscribe") => false,
            _ => return Ok(Receipt::Unknown),
        };
        let id = head.req_id.as_deref().and_then(|id| id.parse().ok());
        let asked = id.and_then(|id: u64| self.pending.remove(&id));
        let repeated = head.request.as_ref().and_then(|request| request.args.as_ref());
        let repeated = repeated.map(|topics| topics.iter().map(ToString::to_string).collect());
        let topics: Vec<String> = asked.or(repeated).unwrap_or_default();
        // What runs already need not begin again.
        let refused = head.success == Some(false) && !words.contains("already subscribed");
        match topics.as_slice() {
            [] if refused => events.push(Event::Rejected { symbol: None, reason: reason(words) }),
            [one] if refused => {
                let symbol = self.subscription(one).map(|subscription| subscription.symbol);
                events.push(Event::Rejected { symbol, reason: reason(words) });
            }
            several if refused => {
                // One topic among them is wrong: each is asked for by itself, and answered by itself.
                for topic in several {
                    let frames = self.request(begins, std::slice::from_ref(topic));
                    self.outgoing.extend(frames);
                }
            }
            topics => {
                let told = topics.iter().filter_map(|topic| self.subscription(topic));
                events.extend(told.map(|subscription| match begins {
                    true => Event::Subscribed(subscription),
                    false => Event::Unsubscribed(subscription.symbol),
                }));
            }
        }
        Ok(Receipt::Understood)
    }

    /// What a topic was subscribed for.
    fn subscription(&mut self, topic: &str) -> Option<Subscription> {
        let (name, channel) = request::channel(topic)?;
        Some(Subscription { symbol: self.roster.entry(name).ok()?.symbol.clone(), channel })
    }
}

impl Dialect for Bybit {
    fn venue(&self) -> VenueId {
        VenueId::Bybit
    }

    fn manners(&self) -> Manners {
        Manners {
            endpoints: &ENDPOINTS,
            ping_after: Duration::from_secs(10),
            dead_after: Duration::from_secs(20),
            frames_per_second: 10,
            max_frame: MAX_FRAME,
            depths: &DEPTHS,
            // The names of a connection's topics may have 21 000 characters together.
            streams: 500,
            lifetime: None,
            gets_per_minute: 60,
        }
    }

    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.roster.forget();
        self.pending.clear();
        self.outgoing.clear();
        (self.pinged, self.pages) = (None, 0);
        let mut first = vec![Outgoing::Get(request::listing(&self.address.rest, self.category, None))];
        first.extend(self.subscribe(wanted));
        first
    }

    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        for stream in wanted {
            let Channel::Book { depth } = stream.channel else { continue };
            let name = self.native(&stream.symbol);
            if let Ok(entry) = self.roster.entry(&name) {
                entry.state.depth = Some(request::served(depth));
            }
        }
        let topics = self.topics(wanted);
        self.request(true, &topics)
    }

    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<Outgoing> {
        let topics = self.topics(unwanted);
        self.request(false, &topics)
    }

    fn resync(&mut self, symbol: &Symbol) -> Vec<Outgoing> {
        let name = self.native(symbol);
        let depth = self.roster.entry(&name).ok().and_then(|entry| entry.state.depth).unwrap_or(DEEPEST);
        let Some(topic) = request::topic(&name, Channel::Book { depth }) else { return Vec::new() };
        let topic = [topic];
        let mut frames = self.request(false, &topic);
        frames.extend(self.request(true, &topic));
        frames
    }

    fn ping(&mut self) -> Option<String> {
        Some(request::PING.to_owned())
    }

    fn receive(&mut self, frame: &str, received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        if frame.len() > MAX_FRAME {
            return Err(FrameError::TooLarge { size: frame.len(), limit: MAX_FRAME });
        }
        if self.pinged.get_or_insert(received).age(received) >= PING {
            self.pinged = Some(received);
            self.outgoing.push(Outgoing::Frame(request::PING.to_owned()));
        }
        // Nearly every frame is a book, and it names its topic first: read it in one pass.
        if frame.starts_with(r#"{"topic":"orderbook."#) {
            return self.book(frame, events);
        }
        let receipt = self.message(frame, events);
        if receipt.is_err() {
            self.doubt_old_books(frame, events);
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
        if body.len() > MAX_FRAME {
            return Err(FrameError::TooLarge { size: body.len(), limit: MAX_FRAME });
        }
        let path = url.split(['?', '#']).next().unwrap_or_default();
        if !path.ends_with("/instruments-info") { Ok(Receipt::Unknown) } else { self.listing(body, events) }
    }

    fn outgoing(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outgoing)
    }

    fn sent(&mut self, frame: &str) {
        let Ok(request) = wire::read::<wire::Request<'_>>("request", frame) else { return };
        let begins = request.op.as_ref() == "subscribe";
        let topics = request.args.unwrap_or_default();
        for topic in &topics {
            let Some((name, Channel::Book { depth })) = request::channel(topic) else { continue };
            if let Ok(entry) = self.roster.entry(name)
                && begins
            {
                // A book that is carried in several depths is read in the deepest.
                entry.state.depth = entry.state.depth.max(Some(depth));
            }
        }
        if let Some(id) = request.req_id.and_then(|id| id.parse().ok()) {
            self.await_answer(id, topics.iter().map(ToString::to_string).collect());
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
fn reason(words: &str) -> String {
    let words = if words.is_empty() { "refused without a reason" } else { words };
    printable(words).chars().take(200).collect()
}
