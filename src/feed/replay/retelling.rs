//! Turns the records of a capture back into what the connection told.

use crate::feed::capture::{Direction, Kind, Record};
use crate::feed::error::words;
use crate::feed::statistics::newest;
use crate::market::{Event, Timestamp, VenueId};
use crate::venue::{self, Dialect, FrameError, Receipt};
use std::collections::BTreeSet;

/// Addresses remembered at most; a capture holds a handful of connections.
const MAX_URLS: usize = 1_000;

/// Why a record could not be retold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The frame means nothing in the venue's dialect.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Nobody has said whose frames these are, and the address does not tell.
    #[error("no known venue is at {url:?}; name one with --venue")]
    Venue {
        /// The address, printable.
        url: String,
    },
}

/// What a record was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Nothing that a listener would have heard of.
    Nothing,
    /// A connection began.
    Connected {
        /// Whether one had been there before, which is now lost.
        again: bool,
    },
    /// A frame came in.
    Frame(Receipt),
}

/// A capture's connection, as far as it has been retold.
pub struct Retelling {
    venue: Option<VenueId>,
    dialect: Option<Box<dyn Dialect>>,
    /// The addresses from which something has come since they were connected.
    spoken: BTreeSet<String>,
    now: Option<Timestamp>,
}

impl Retelling {
    /// Nothing has been told yet. Without a venue, the first address names it; `start` is the time of records that come
    /// before any time is known.
    pub fn new(venue: Option<VenueId>, start: Option<Timestamp>) -> Self {
        Self { venue, dialect: None, spoken: BTreeSet::new(), now: start }
    }

    /// Whose frames these are, as soon as that is known.
    pub fn venue(&self) -> Option<VenueId> {
        self.venue
    }

    /// The capture's time: of the last record that has one, or else of the venue's clock; the epoch before both.
    pub fn now(&self) -> Timestamp {
        self.now.unwrap_or(Timestamp::from_nanos(0))
    }

    /// Retells one record and appends its events to `events`. After an error the next record can be told all the same.
    pub fn tell(&mut self, record: &Record, events: &mut Vec<Event>) -> Result<Told, ReplayError> {
        self.now = record.at.or(self.now);
        let now = self.now();
        if record.kind == Kind::Http {
            // No venue that we speak to serves its books over HTTP.
            return Ok(Told::Nothing);
        }
        if record.connect {
            // Captures of several connections begin them all before anything comes from one; only a connection that had
            // spoken can have been lost.
            let again = self.spoken.remove(&record.url);
            if again {
                // What the dialect would ask for now is not ours to send.
                let _ = self.dialect(&record.url)?.connected(&[]);
            }
            return Ok(Told::Connected { again });
        }
        let Some(frame) = &record.data else { return Ok(Told::Nothing) };
        if record.direction == Direction::Out {
            self.dialect(&record.url)?.sent(frame);
            return Ok(Told::Nothing);
        }
        if !self.spoken.contains(&record.url) && self.spoken.len() < MAX_URLS {
            self.spoken.insert(record.url.clone());
        }
        let before = events.len();
        let receipt = self.dialect(&record.url)?.receive(frame, now, events)?;
        if record.at.is_none() {
            self.now = self.now.max(newest(events.get(before..).unwrap_or_default()));
        }
        Ok(Told::Frame(receipt))
    }

    fn dialect(&mut self, url: &str) -> Result<&mut Box<dyn Dialect>, ReplayError> {
        let venue = match self.venue {
            Some(venue) => venue,
            None => venue_at(url).ok_or_else(|| ReplayError::Venue { url: words(&url) })?,
        };
        self.venue = Some(venue);
        Ok(self.dialect.get_or_insert_with(|| venue::dialect(venue)))
    }
}

impl std::fmt::Debug for Retelling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Retelling").field("venue", &self.venue).field("now", &self.now).finish_non_exhaustive()
    }
}

/// The venue that is reached at an address. A loopback address is the simulated one.
pub(super) fn venue_at(url: &str) -> Option<VenueId> {
    let authority = crate::feed::session::host(url);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority.as_str(),
    };
    match host {
        "localhost" | "127.0.0.1" | "[::1]" => Some(VenueId::Sim),
        host if host == "kraken.com" || host.ends_with(".kraken.com") => Some(VenueId::Kraken),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_tells_the_venue() {
        assert_eq!(venue_at("wss://ws.kraken.com/v2"), Some(VenueId::Kraken));
        assert_eq!(venue_at("ws://127.0.0.1:8080/v2?x=1"), Some(VenueId::Sim));
        assert_eq!(venue_at("ws://[::1]:9"), Some(VenueId::Sim));
        for url in ["", "wss://kraken.com.example", "wss://notkraken.com", "wss://example/ws.kraken.com"] {
            assert_eq!(venue_at(url), None, "{url}");
        }
    }
}
