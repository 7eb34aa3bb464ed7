//! Captures of Kraken's older protocol, Kraken Futures, Deribit and Bitstamp, against what independent programs found in
//! them; then the same, and frames of our own, damaged at many places: a book may be lost, but not wrong without saying so,
//! as far as its venue's protocol can show it, and a fresh snapshot makes it right again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod captures;
mod damage;
mod own;

use exchequer::market::{Applied, Book, Level, Market, Side, Standing, Symbol, Timestamp, VenueId};
use exchequer::venue::{Address, Dialect, dialect};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Protocol {
    KrakenV1,
    KrakenFutures,
    Deribit,
    Bitstamp,
}

impl Protocol {
    fn venue(self) -> VenueId {
        match self {
            Self::KrakenV1 => VenueId::Kraken,
            Self::KrakenFutures => VenueId::KrakenFutures,
            Self::Deribit => VenueId::Deribit,
            Self::Bitstamp => VenueId::Bitstamp,
        }
    }

    fn dialect(self) -> Box<dyn Dialect> {
        dialect(self.venue(), &Address::default())
    }

    /// What stands before the count, or the checksum, of a frame.
    fn count(self) -> &'static str {
        match self {
            Self::KrakenV1 => r#""c":""#,
            Self::KrakenFutures => r#""seq":"#,
            Self::Deribit => r#"change_id":"#,
            Self::Bitstamp => r#""microtimestamp":""#,
        }
    }
}

#[derive(Clone)]
enum Frame {
    In(String),
    Out(String),
    Http(String, String),
}

/// A connection and what it has told.
struct Run {
    protocol: Protocol,
    dialect: Box<dyn Dialect>,
    market: Market,
    told: i64,
}

impl Run {
    fn new(protocol: Protocol) -> Self {
        Self { protocol, dialect: protocol.dialect(), market: Market::default(), told: 0 }
    }

    /// Goes on from a market as a new connection of a protocol whose dialect remembers nothing of its books.
    fn from(protocol: Protocol, market: &Market) -> Self {
        Self { market: market.clone(), ..Self::new(protocol) }
    }

    fn feed(&mut self, frame: &Frame) -> Vec<Applied> {
        self.told += 1;
        let (at, mut events) = (Timestamp::from_secs(self.told), Vec::new());
        match frame {
            Frame::In(text) => _ = self.dialect.receive(text, at, &mut events),
            Frame::Out(text) => self.dialect.sent(text),
            Frame::Http(url, body) => _ = self.dialect.fetched(url, body, at, &mut events),
        }
        self.dialect.outgoing();
        let venue = self.protocol.venue();
        events.into_iter().filter_map(|event| self.market.apply(venue, event, at)).collect()
    }

    fn books(&self) -> BTreeMap<Symbol, &Book> {
        let started = |book: &Book| *book.standing() != Standing::Empty;
        let listings = self.market.listings().filter(|(_, _, listing)| started(&listing.book));
        listings.map(|(_, symbol, listing)| (symbol.clone(), &listing.book)).collect()
    }
}

fn levels(book: &Book, most: usize) -> Vec<Level> {
    [Side::Bid, Side::Ask].into_iter().flat_map(|side| book.levels(side).take(most)).collect()
}
