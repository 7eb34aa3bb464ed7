//! Deribit.

use super::{Address, Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt};
use crate::market::{Event, Subscription, Symbol, Timestamp, VenueId};
use std::time::Duration;

/// Where Deribit is.
pub(super) const ENDPOINTS: [Endpoint; 1] = [Endpoint {
    name: "spot",
    stream: "wss://www.deribit.com/ws/api/v2",
    path: "",
    rest: "https://www.deribit.com",
    testnet: None,
}];

/// One connection to Deribit.
#[derive(Debug)]
pub struct Deribit {
    address: Address,
}

impl Deribit {
    /// A conversation that has not begun.
    pub fn new(address: &Address) -> Self {
        Self { address: address.clone() }
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
