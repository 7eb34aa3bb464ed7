//! One exchange a file: its dialect, frame ⇄ event. No sockets, no clock, no threads.
//!
//! A [`Dialect`] is the state machine of *one connection*: frames come in, events and what is to be sent or fetched come
//! out. The same code therefore runs live, in replay, in benchmarks and under the fuzzer.
//!
//! - What is not understood is not guessed: an unknown kind of message is [`Receipt::Unknown`], a known one whose meaning
//!   has changed is a [`FrameError`], and neither disturbs the streams beside it.
//! - A book is never wrong in silence: what a venue's own count or checksum cannot show, its dialect says with
//!   [`Event::Doubt`].
//! - Text from a venue leaves this room printable.

#![deny(clippy::float_arithmetic)]

pub mod account;
mod address;
mod assets;
pub mod binance;
pub mod bitstamp;
pub mod bybit;
pub mod coinbase;
pub mod deribit;
mod error;
pub mod hyperliquid;
pub mod kraken;
pub mod kraken_futures;
mod names;
mod newest;
pub mod okx;
mod roster;
pub mod scan;
mod splice;
mod suspects;
mod wire;

pub use address::{Address, Endpoint, at};
pub use error::FrameError;

use crate::market::{Event, Subscription, Symbol, Timestamp, VenueId};
use std::time::Duration;

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// Understood; its events, if any, were handed out.
    Understood,
    /// Well formed, but of a kind that this dialect does not know.
    Unknown,
}

/// What a dialect wants done in the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// Send this frame over the connection.
    Frame(String),
    /// Fetch this address by HTTP GET; the answer goes to [`Dialect::fetched`].
    Get(String),
}

/// How to behave towards a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manners {
    /// Where it is; more than one when its instruments live at different addresses.
    pub endpoints: &'static [Endpoint],
    /// Send a ping after so much silence.
    pub ping_after: Duration,
    /// Give the connection up after so much silence.
    pub dead_after: Duration,
    /// The most frames to send in a second.
    pub frames_per_second: u32,
    /// The largest frame that makes sense, in bytes.
    pub max_frame: usize,
    /// The depths that a book can be subscribed with, ascending.
    pub depths: &'static [usize],
    /// The most streams that one connection carries.
    pub streams: usize,
    /// How long the venue keeps a connection; it is renewed before that.
    pub lifetime: Option<Duration>,
    /// The most HTTP requests in a minute.
    pub gets_per_minute: u32,
}

impl Outgoing {
    /// The frame to send, if it is one.
    pub fn frame(&self) -> Option<&str> {
        match self {
            Self::Frame(frame) => Some(frame),
            Self::Get(_) => None,
        }
    }
}

/// One connection's conversation with a venue.
pub trait Dialect: Send {
    /// Whose dialect this is; the source of every event.
    fn venue(&self) -> VenueId;

    /// How to behave.
    fn manners(&self) -> Manners;

    /// A new connection has begun: forgets what belonged to the one before and gives what to send and fetch first.
    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing>;

    /// Asks for these streams on a running connection.
    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<Outgoing>;

    /// Ends these streams.
    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<Outgoing>;

    /// Asks for a fresh snapshot of a book that fell out of step.
    fn resync(&mut self, symbol: &Symbol) -> Vec<Outgoing>;

    /// The frame to send after silence, for venues with a ping of their own.
    fn ping(&mut self) -> Option<String>;

    /// Reads one frame that reached us at `received` and appends what it tells to `events`.
    ///
    /// A frame that fails may already have appended the events before the fault.
    fn receive(&mut self, frame: &str, received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError>;

    /// Reads the answer to an HTTP request, one of ours or one that a capture holds.
    fn fetched(
        &mut self,
        _url: &str,
        _body: &str,
        _received: Timestamp,
        _events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        Ok(Receipt::Unknown)
    }

    /// What the frames and answers since the last call make necessary: answers to heartbeats, a snapshot that has to be
    /// fetched again.
    fn outgoing(&mut self) -> Vec<Outgoing> {
        Vec::new()
    }

    /// Takes note of a frame that was sent on our side by someone else: captures hold those, and they tell what a
    /// subscription was for.
    fn sent(&mut self, frame: &str);

    /// What the venue calls an instrument that this connection has spoken of.
    fn venue_symbol(&self, symbol: &Symbol) -> Option<Box<str>>;
}

/// The dialect of a venue, for a new connection to an address.
pub fn dialect(venue: VenueId, address: &Address) -> Box<dyn Dialect> {
    match venue {
        // The simulated venue speaks Kraken's protocol, under its own name.
        VenueId::Kraken | VenueId::Sim => Box::new(kraken::Kraken::new(venue)),
        VenueId::KrakenFutures => Box::new(kraken_futures::KrakenFutures::new(address)),
        VenueId::Binance | VenueId::BinanceFutures | VenueId::BinanceUs => {
            Box::new(binance::Binance::new(venue, address))
        }
        VenueId::Coinbase => Box::new(coinbase::Coinbase::new(address)),
        VenueId::Bybit => Box::new(bybit::Bybit::new(address)),
        VenueId::Okx => Box::new(okx::Okx::new(address)),
        VenueId::Deribit => Box::new(deribit::Deribit::new(address)),
        VenueId::Bitstamp => Box::new(bitstamp::Bitstamp::new(address)),
        VenueId::Hyperliquid => Box::new(hyperliquid::Hyperliquid::new(address)),
    }
}

/// How to behave towards a venue.
pub fn manners(venue: VenueId) -> Manners {
    dialect(venue, &Address::default()).manners()
}

/// The endpoint of a venue that an address is one of: the one whose path it has, or else the first.
pub fn endpoint_at(venue: VenueId, url: &str) -> &'static Endpoint {
    let endpoints = manners(venue).endpoints;
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let [first, ..] = endpoints else { return &kraken::ENDPOINTS[0] };
    endpoints.iter().find(|endpoint| !endpoint.path.is_empty() && path.ends_with(endpoint.path)).unwrap_or(first)
}

/// Where an instrument of a venue is reached.
pub fn endpoint(venue: VenueId, symbol: &Symbol) -> &'static Endpoint {
    match venue {
        VenueId::Sim | VenueId::Kraken => &kraken::ENDPOINTS[0],
        VenueId::KrakenFutures => &kraken_futures::ENDPOINTS[0],
        VenueId::Binance => &binance::SPOT[0],
        VenueId::BinanceFutures => &binance::FUTURES[0],
        VenueId::BinanceUs => &binance::US[0],
        VenueId::Coinbase => &coinbase::ENDPOINTS[0],
        VenueId::Bybit => bybit::endpoint(symbol),
        VenueId::Okx => &okx::ENDPOINTS[0],
        VenueId::Deribit => &deribit::ENDPOINTS[0],
        VenueId::Bitstamp => &bitstamp::ENDPOINTS[0],
        VenueId::Hyperliquid => &hyperliquid::ENDPOINTS[0],
    }
}
