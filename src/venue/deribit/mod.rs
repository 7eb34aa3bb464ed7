//! Deribit, JSON-RPC v2, public channels.
//!
//! - Channels: `book.X.100ms` (and `raw`, which is for those who have logged in; captures hold it), the whole books of
//!   `book.X.none.20.100ms`, `trades`, `ticker` (with mark price and funding), `chart.trades`, `platform_state`.
//!   <https://docs.deribit.com/#book-instrument_name-interval>
//! - Each change of a book names the one that it follows, so one that is missing or out of turn is seen as soon as another
//!   comes. Not seen: a missing one that none follows, and a digit changed on the way; there is no checksum.
//! - A book is read from one channel only: two that run beside each other count in different steps.
//! - Books are whole: the venue deletes every level by name and none falls out of a window.
//! - The venue asks whether we live (`test_request`) and hangs up on those who do not answer.

mod instrument;
mod request;
mod told;
mod wire;

#[cfg(test)]
mod tests;

use super::names::Names;
use super::{Address, Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt};
use crate::market::{
    BookUpdate, Channel, Desync, Event, Sequence, Subscription, Symbol, Timestamp, VenueId, printable,
};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Where Deribit is.
pub(super) const ENDPOINTS: [Endpoint; 1] = [Endpoint {
    name: "all",
    stream: "wss://www.deribit.com/ws/api/v2",
    path: "",
    rest: "https://www.deribit.com",
    testnet: Some(("wss://test.deribit.com/ws/api/v2", "https://test.deribit.com")),
}];

/// Every book is whole, whatever depth is asked for; no book has so many levels.
const DEPTHS: [usize; 1] = [10_000];

/// The venue shows a sign of life so often, in seconds; the least that it takes.
const HEARTBEAT: u64 = 10;

/// Requests without an answer that are remembered at most.
const MAX_ASKED: usize = 1_000;

/// Books whose channel is remembered at most; Deribit lists a few thousand instruments.
const MAX_BOOKS: usize = 20_000;

/// One connection to Deribit.
#[derive(Debug)]
pub struct Deribit {
    address: Address,
    names: Names,
    requests: u64,
    /// Channels that were asked for, or given up, by the number of the request.
    asked: BTreeMap<u64, Asked>,
    /// The channel that each instrument's book is read from.
    books: HashMap<Box<str>, Source>,
    outgoing: Vec<Outgoing>,
}

#[derive(Debug)]
struct Asked {
    begin: bool,
    channels: Vec<String>,
}

#[derive(Debug)]
struct Source {
    channel: Box<str>,
    /// The latest message of it: its number, and that of the one before.
    newest: (u64, Option<u64>),
}

impl Deribit {
    /// A conversation that has not begun.
    pub fn new(address: &Address) -> Self {
        Self {
            address: address.clone(),
            names: Names::new(instrument::unified),
            requests: 0,
            asked: BTreeMap::new(),
            books: HashMap::new(),
            outgoing: Vec::new(),
        }
    }

    fn call(&mut self, method: &str, params: &serde_json::Value) -> String {
        self.requests += 1;
        request::call(self.requests, method, params)
    }

    fn requests(&mut self, begin: bool, channels: &[String]) -> Vec<Outgoing> {
        let method = if begin { "public/subscribe" } else { "public/unsubscribe" };
        let requests = request::channels(method, channels, || {
            self.requests += 1;
            self.requests
        });
        let mut frames = Vec::with_capacity(requests.len());
        for (id, channels, frame) in requests {
            self.asked(id, begin, channels);
            frames.push(Outgoing::Frame(frame));
        }
        frames
    }

    /// Remembers a request until its answer.
    fn asked(&mut self, id: u64, begin: bool, channels: Vec<String>) {
        if !begin {
            for channel in &channels {
                self.books.retain(|_, source| *source.channel != **channel);
            }
        }
        if self.asked.len() < MAX_ASKED {
            self.asked.insert(id, Asked { begin, channels });
        }
    }

    fn channels(&mut self, streams: &[Subscription]) -> Vec<String> {
        let channels = streams.iter().filter_map(|stream| {
            let known = self.names.native(&stream.symbol).map(str::to_owned);
            let name = known.or_else(|| instrument::native(&stream.symbol))?;
            self.names.learn(&name, &stream.symbol);
            request::channel(&name, stream.channel)
        });
        channels.collect()
    }

    fn book(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let book = wire::book(frame).map_err(|fault| {
            events.extend(self.doubt(frame));
            fault.of("book")
        })?;
        let (_, name) = kind_and_name(&book.channel);
        let symbol = self.names.symbol(name)?;
        let (snapshot, previous) = match book.kind.as_deref() {
            Some("snapshot") | None => (true, None),
            Some("change") => {
                let missing = || FrameError::field("prev_change_id", "nothing", &"a change follows another");
                (false, Some(book.previous.ok_or_else(missing)?))
            }
            Some(other) => return Err(FrameError::field("type", other, &"neither snapshot nor change")),
        };
        let room = self.books.len() < MAX_BOOKS;
        match self.books.get_mut(name) {
            Some(source) if *source.channel != *book.channel => return Ok(Receipt::Understood),
            // A whole book that was overtaken by a later one.
            Some(source) if book.kind.is_none() && book.change_id < source.newest.0 => {
                return Ok(Receipt::Understood);
            }
            Some(source) => {
                let now = (book.change_id, previous);
                let newest = std::mem::replace(&mut source.newest, now);
                if !snapshot && now.0 <= newest.0 && now != newest {
                    // The count has begun anew, or a number was wrong: a book would take what follows for old.
                    let reason = Desync::Gap { expected: newest.0, got: now.0 };
                    events.push(Event::Doubt { symbols: vec![symbol], reason });
                    return Ok(Receipt::Understood);
                }
            }
            None if room => {
                let source = Source { channel: book.channel.as_ref().into(), newest: (book.change_id, previous) };
                self.books.insert(name.into(), source);
            }
            None => {}
        }
        let update = BookUpdate {
            snapshot,
            depth: None,
            bids: book.bids,
            asks: book.asks,
            sequence: Some(Sequence { previous, last: book.change_id }),
            checksum: None,
            exchange_time: i64::try_from(book.timestamp).ok().map(Timestamp::from_millis),
        };
        events.push(Event::Book { symbol, update });
        Ok(Receipt::Understood)
    }

    /// The book that an unreadable message was of, as far as that can be told. The next message would show the gap, but
    /// it may not come for long.
    fn doubt(&mut self, frame: &str) -> Option<Event> {
        let (_, rest) = frame.split_once(r#""channel":"book."#)?;
        let (name, _) = rest.split_once(['.', '"'])?;
        let symbol = self.names.symbol(name).ok()?;
        Some(Event::Doubt { symbols: vec![symbol], reason: Desync::Unreadable })
    }

    fn notification(&mut self, params: &wire::Params<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let channel = params.channel.as_deref().unwrap_or_default();
        let data = params.data.map_or("null", |data| data.get());
        match kind_and_name(channel) {
            ("trades", _) => told::trades(&wire::read::<Vec<_>>("trades", data)?, &mut self.names, events),
            ("ticker", _) => told::ticker(&wire::read("ticker", data)?, &mut self.names, events),
            ("chart.trades", name) => {
                let (_, resolution) = channel.rsplit_once('.').unwrap_or_default();
                // Deribit serves more intervals than we show.
                let Some(interval) = request::interval(resolution) else { return Ok(Receipt::Understood) };
                let candle = told::candle(&wire::read("candle", data)?)?;
                events.push(Event::Candle { symbol: self.names.symbol(name)?, interval, candle });
                Ok(Receipt::Understood)
            }
            ("platform_state", _) => {
                let status = told::status(&wire::read("platform_state", data)?);
                events.push(Event::Status { status, message: None });
                Ok(Receipt::Understood)
            }
            _ => Ok(Receipt::Unknown),
        }
    }

    fn answer(&mut self, answer: &wire::Message<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let asked = answer.id.and_then(|id| id.get().parse().ok()).and_then(|id: u64| self.asked.remove(&id));
        if let Some(refusal) = &answer.error {
            let more = refusal.data.map(|data| format!(" {}", data.get())).unwrap_or_default();
            let reason: String = printable(&format!("{}{more}", refusal.message)).chars().take(200).collect();
            let channels = asked.map(|asked| asked.channels).unwrap_or_default();
            let mut symbols: Vec<_> = channels.iter().filter_map(|name| self.subscription(name)).collect();
            symbols.dedup_by(|a, b| a.symbol == b.symbol);
            for Subscription { symbol, .. } in &symbols {
                events.push(Event::Rejected { symbol: Some(symbol.clone()), reason: reason.clone() });
            }
            if symbols.is_empty() {
                events.push(Event::Rejected { symbol: None, reason });
            }
            return Ok(Receipt::Understood);
        }
        let result = answer.result.map_or("null", |result| result.get());
        if let Some(asked) = asked {
            let granted: Vec<wire::Text<'_>> = wire::read("answer", result)?;
            for name in &asked.channels {
                let Some(subscription) = self.subscription(name) else { continue };
                events.push(match (asked.begin, granted.iter().any(|granted| granted == name)) {
                    (true, true) => Event::Subscribed(subscription),
                    (true, false) => Event::Rejected {
                        symbol: Some(subscription.symbol),
                        reason: printable(&format!("there is no channel {name}")).chars().take(200).collect(),
                    },
                    (false, _) => Event::Unsubscribed(subscription.symbol),
                });
            }
        } else if result.starts_with("[{") {
            told::instruments(&wire::read::<Vec<_>>("instruments", result)?, &mut self.names, events)?;
        } else if result.starts_with(r#"{"version""#) {
            let exchange_time = answer.sent.map(|micros| Timestamp::from_nanos(micros.saturating_mul(1_000)));
            events.push(Event::Pong { exchange_time });
        }
        Ok(Receipt::Understood)
    }

    /// What a channel is in our words.
    fn subscription(&mut self, channel: &str) -> Option<Subscription> {
        let (kind, name) = kind_and_name(channel);
        let (_, last) = channel.rsplit_once('.')?;
        let channel = match kind {
            "book" => Channel::Book { depth: DEPTHS[0] },
            "trades" => Channel::Trades,
            "ticker" => Channel::Ticker,
            "chart.trades" => Channel::Candles(request::interval(last)?),
            _ => return None,
        };
        Some(Subscription { symbol: self.names.symbol(name).ok()?, channel })
    }
}

impl Dialect for Deribit {
    fn venue(&self) -> VenueId {
        VenueId::Deribit
    }

    fn manners(&self) -> Manners {
        Manners {
            endpoints: &ENDPOINTS,
            ping_after: Duration::from_secs(15),
            dead_after: Duration::from_secs(30),
            // What those who have not logged in may ask for.
            frames_per_second: 3,
            max_frame: 16 << 20,
            depths: &DEPTHS,
            streams: 500,
            lifetime: None,
            gets_per_minute: 30,
        }
    }

    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.asked.clear();
        self.books.clear();
        self.outgoing.clear();
        let mut outgoing = vec![Outgoing::Frame(self.call("public/set_heartbeat", &json!({"interval": HEARTBEAT})))];
        if !self.address.rest.is_empty() {
            let all = format!("{}/api/v2/public/get_instruments?currency=any&expired=false", self.address.rest);
            outgoing.push(Outgoing::Get(all));
        }
        let mut channels = vec!["platform_state".to_owned()];
        channels.extend(self.channels(wanted));
        outgoing.extend(self.requests(true, &channels));
        outgoing
    }

    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        let channels = self.channels(wanted);
        self.requests(true, &channels)
    }

    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<Outgoing> {
        let channels = self.channels(unwanted);
        self.requests(false, &channels)
    }

    fn resync(&mut self, symbol: &Symbol) -> Vec<Outgoing> {
        let book = [Subscription { symbol: symbol.clone(), channel: Channel::Book { depth: DEPTHS[0] } }];
        let mut frames = self.unsubscribe(&book);
        frames.extend(self.subscribe(&book));
        frames
    }

    fn ping(&mut self) -> Option<String> {
        Some(self.call("public/test", &json!({})))
    }

    fn receive(&mut self, frame: &str, _received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let limit = self.manners().max_frame;
        if frame.len() > limit {
            return Err(FrameError::TooLarge { size: frame.len(), limit });
        }
        // Most frames are of books, and they name their channel first: read those in one pass.
        if frame.starts_with(r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book."#) {
            return self.book(frame, events);
        }
        let message: wire::Message<'_> = wire::read("Deribit", frame).inspect_err(|_| {
            events.extend(self.doubt(frame));
        })?;
        match (message.method.as_deref(), &message.params) {
            (Some("subscription"), Some(params)) => {
                match params.channel.as_deref().is_some_and(|channel| channel.starts_with("book.")) {
                    true => self.book(frame, events),
                    false => self.notification(params, events),
                }
            }
            (Some("heartbeat"), Some(params)) => {
                if params.kind.as_deref() == Some("test_request") {
                    let alive = self.call("public/test", &json!({}));
                    self.outgoing.push(Outgoing::Frame(alive));
                }
                events.push(Event::Heartbeat);
                Ok(Receipt::Understood)
            }
            (None, _) if message.id.is_some() || message.error.is_some() => self.answer(&message, events),
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
        if !url.contains("/get_instruments") {
            return Ok(Receipt::Unknown);
        }
        let message: wire::Message<'_> = wire::read("instruments", body)?;
        let result = message.result.map_or("null", |result| result.get());
        told::instruments(&wire::read::<Vec<_>>("instruments", result)?, &mut self.names, events)
    }

    fn outgoing(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outgoing)
    }

    fn sent(&mut self, frame: &str) {
        let Ok(request) = wire::read::<wire::Request<'_>>("request", frame) else { return };
        let begin = match request.method.rsplit('/').next() {
            Some("subscribe") => true,
            Some("unsubscribe") => false,
            _ => return,
        };
        let channels = request.params.channels.into_iter().map(Into::into).collect();
        self.asked(request.id.unwrap_or(0), begin, channels);
    }

    fn venue_symbol(&self, symbol: &Symbol) -> Option<Box<str>> {
        self.names.native(symbol).map(Into::into)
    }
}

/// The kind of a channel, and the instrument where it has one.
fn kind_and_name(channel: &str) -> (&str, &str) {
    let kind = match channel.strip_prefix("chart.trades.") {
        Some(_) => "chart.trades",
        None => channel.split('.').next().unwrap_or_default(),
    };
    let rest = channel.get(kind.len() + 1..).unwrap_or_default();
    (kind, rest.split('.').next().unwrap_or_default())
}
