//! Bybit.

use super::{Address, Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt};
use crate::market::{Event, Subscription, Symbol, Timestamp, VenueId};
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
}

impl Bybit {
    /// A conversation that has not begun.
    pub fn new(address: &Address) -> Self {
        Self { address: address.clone() }
    }
}

impl Dialect for Bybit {
    fn venue(&self) -> VenueId {
        VenueId::Bybit
    }

    fn manners(&self) -> Manners {
        Manners {
            endpoints: &ENDPOINTS,
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
