//! Binance.

use super::{Address, Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt};
use crate::market::{Event, Subscription, Symbol, Timestamp, VenueId};
use std::time::Duration;

/// Where Binance's spot markets are.
pub(super) const SPOT: [Endpoint; 1] = [Endpoint {
    name: "spot",
    stream: "wss://stream.binance.com:9443",
    path: "/stream",
    rest: "https://api.binance.com",
    testnet: None,
}];

/// Where Binance's futures are.
pub(super) const FUTURES: [Endpoint; 1] = [Endpoint {
    name: "futures",
    stream: "wss://fstream.binance.com",
    path: "/stream",
    rest: "https://fapi.binance.com",
    testnet: None,
}];

/// Where Binance.US is.
pub(super) const US: [Endpoint; 1] = [Endpoint {
    name: "spot",
    stream: "wss://stream.binance.us:9443",
    path: "/stream",
    rest: "https://api.binance.us",
    testnet: None,
}];

/// One connection to Binance.
#[derive(Debug)]
pub struct Binance {
    venue: VenueId,
    address: Address,
}

impl Binance {
    /// A conversation that has not begun.
    pub fn new(venue: VenueId, address: &Address) -> Self {
        Self { venue, address: address.clone() }
    }
}

impl Dialect for Binance {
    fn venue(&self) -> VenueId {
        self.venue
    }

    fn manners(&self) -> Manners {
        Manners {
            endpoints: match self.venue {
                VenueId::BinanceFutures => &FUTURES,
                VenueId::BinanceUs => &US,
                _ => &SPOT,
            },
            ping_after: Duration::from_secs(15),
            dead_after: Duration::from_secs(30),
            frames_per_second: 5,
            max_frame: 16 << 20,
            depths: &[],
            streams: 200,
            lifetime: None,
            gets_per_minute: 60,
        }
    }

    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.subscribe(wanted)
    }

    fn subscribe(&mut self, _wanted: &[Subscription]) -> Vec<Outgoing> {
        Vec::new()
    }

    fn unsubscribe(&mut self, _unwanted: &[Subscription]) -> Vec<Outgoing> {
        Vec::new()
    }

    fn resync(&mut self, _symbol: &Symbol) -> Vec<Outgoing> {
        Vec::new()
    }

    fn ping(&mut self) -> Option<String> {
        None
    }

    fn receive(&mut self, _frame: &str, _received: Timestamp, _events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        Ok(Receipt::Unknown)
    }

    fn sent(&mut self, _frame: &str) {}

    fn venue_symbol(&self, _symbol: &Symbol) -> Option<Box<str>> {
        None
    }
}
