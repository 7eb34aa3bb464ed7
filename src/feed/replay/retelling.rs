//! Turns the records of a capture back into what the connection told.

use crate::feed::capture::{Direction, Kind, Record};
use crate::feed::error::words;
use crate::feed::statistics::newest;
use crate::market::{Event, Symbol, Timestamp, VenueId};
use crate::venue::{Address, Dialect, FrameError, Receipt, at, dialect, endpoint_at};

/// Addresses told apart at most, what comes from more is left out; a capture holds a handful of connections and requests.
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

/// A capture's connections, as far as they have been retold.
pub struct Retelling {
    venue: Option<VenueId>,
    /// One for each of the venue's endpoints that the capture speaks with.
    dialects: Vec<(&'static str, Box<dyn Dialect>)>,
    lines: Vec<Line>,
    now: Option<Timestamp>,
}

/// An address of the capture.
struct Line {
    url: String,
    /// The place of its dialect.
    dialect: usize,
    /// Whether something has come from it since it was connected.
    spoken: bool,
}

impl Retelling {
    /// Nothing has been told yet. Without a venue, the first address names it; `start` is the time of records that come
    /// before any time is known.
    pub fn new(venue: Option<VenueId>, start: Option<Timestamp>) -> Self {
        Self { venue, dialects: Vec::new(), lines: Vec::new(), now: start }
    }

    /// Whose frames these are, as soon as that is known.
    pub fn venue(&self) -> Option<VenueId> {
        self.venue
    }

    /// The capture's time: of the last record that has one, or else of the venue's clock; the epoch before both.
    pub fn now(&self) -> Timestamp {
        self.now.unwrap_or(Timestamp::from_nanos(0))
    }

    /// What the venue calls an instrument of which the capture spoke.
    pub fn venue_symbol(&self, symbol: &Symbol) -> Option<Box<str>> {
        self.dialects.iter().find_map(|(_, dialect)| dialect.venue_symbol(symbol))
    }

    /// Retells one record and appends its events to `events`. After an error the next record can be told all the same.
    pub fn tell(&mut self, record: &Record, events: &mut Vec<Event>) -> Result<Told, ReplayError> {
        self.now = record.at.or(self.now);
        let now = self.now();
        let Some((dialect, spoken)) = self.line(&record.url)? else { return Ok(Told::Nothing) };
        if record.connect {
            // Captures of several connections begin them all before anything comes from one; only a connection that had
            // spoken can have been lost.
            let again = std::mem::take(spoken);
            if again {
                // What the dialect would ask for now is not ours to send.
                let _ = dialect.connected(&[]);
            }
            return Ok(Told::Connected { again });
        }
        let Some(frame) = &record.data else { return Ok(Told::Nothing) };
        if record.direction == Direction::Out {
            dialect.sent(frame);
            return Ok(Told::Nothing);
        }
        let before = events.len();
        let receipt = match record.kind {
            Kind::WebSocket => {
                *spoken = true;
                dialect.receive(frame, now, events)?
            }
            Kind::Http => dialect.fetched(&record.url, frame, now, events)?,
        };
        // What the dialect would send or fetch now is not ours to ask for.
        let _ = dialect.outgoing();
        if record.at.is_none() {
            self.now = self.now.max(newest(events.get(before..).unwrap_or_default()));
        }
        Ok(Told::Frame(receipt))
    }

    /// The dialect that is spoken at an address, and whether it has spoken.
    fn line(&mut self, url: &str) -> Result<Option<(&mut dyn Dialect, &mut bool)>, ReplayError> {
        let known = self.lines.iter().position(|line| line.url == url);
        let place = match known {
            Some(place) => place,
            None if self.lines.len() == MAX_URLS => return Ok(None),
            None => {
                let dialect = self.dialect_at(url)?;
                self.lines.push(Line { url: url.to_owned(), dialect, spoken: false });
                self.lines.len() - 1
            }
        };
        let Some(line) = self.lines.get_mut(place) else { return Ok(None) };
        Ok(self.dialects.get_mut(line.dialect).map(|(_, dialect)| (dialect.as_mut() as _, &mut line.spoken)))
    }

    /// The place of the dialect for an address, which is made if it is the first of its endpoint.
    fn dialect_at(&mut self, url: &str) -> Result<usize, ReplayError> {
        let venue = self.venue.or_else(|| at(url)).ok_or_else(|| ReplayError::Venue { url: words(&url) })?;
        self.venue = Some(venue);
        let endpoint = endpoint_at(venue, url);
        let known = self.dialects.iter().position(|(name, _)| *name == endpoint.name);
        Ok(known.unwrap_or_else(|| {
            let address = Address { stream: url.to_owned(), rest: endpoint.rest.to_owned() };
            self.dialects.push((endpoint.name, dialect(venue, &address)));
            self.dialects.len() - 1
        }))
    }
}

impl std::fmt::Debug for Retelling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Retelling").field("venue", &self.venue).field("now", &self.now).finish_non_exhaustive()
    }
}
