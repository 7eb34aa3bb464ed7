//! What a capture comes to.

use super::{ReplayError, Retelling, Told};
use crate::feed::capture::{Fault, Numbered};
use crate::market::{Applied, Book, Desync, Event, Market, Side, VenueId};
use crate::money::plain;
use crate::venue::Receipt;

/// Folds a capture into a market, exactly as a live desk does, and counts.
#[derive(Debug)]
pub struct Replayer {
    retelling: Retelling,
    market: Market,
    events: Vec<Event>,
    frames: u64,
    told: u64,
    ignored: u64,
    malformed: u64,
}

/// The figures of a capture and its books as they end.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Whose frames these are; `None` when there were none.
    pub venue: Option<VenueId>,
    /// Frames that came in.
    pub frames: u64,
    /// Events that they told.
    pub events: u64,
    /// Frames of unknown kinds, and book updates that were set aside.
    pub ignored: u64,
    /// Frames, and lines of the capture, that could not be read.
    pub malformed: u64,
    /// Times a book fell out of step.
    pub resyncs: u64,
    /// Trades, each once.
    pub trades: u64,
    /// The books.
    pub books: Vec<BookSummary>,
}

/// A book as it ends. Numbers are plain decimals without trailing zeros.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BookSummary {
    /// Its unified name.
    pub symbol: String,
    /// What the venue calls it.
    pub venue_symbol: String,
    /// The venue's number of the last update, for venues that count.
    pub sequence: Option<u64>,
    /// How many bids there are.
    pub bid_levels: usize,
    /// How many asks there are.
    pub ask_levels: usize,
    /// The best bids, as price and quantity.
    pub bids: Vec<(String, String)>,
    /// The best asks, as price and quantity.
    pub asks: Vec<(String, String)>,
    /// The venue's checksums.
    pub checksums: Checksums,
}

/// How often a book was compared with what the venue says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Checksums {
    /// Compared.
    pub checked: u64,
    /// Found different.
    pub failed: u64,
}

impl Replayer {
    /// An empty market. Without a venue, the first address of the capture names it.
    pub fn new(venue: Option<VenueId>) -> Self {
        Self {
            retelling: Retelling::new(venue, None),
            market: Market::default(),
            events: Vec::new(),
            frames: 0,
            told: 0,
            ignored: 0,
            malformed: 0,
        }
    }

    /// Takes in what a capture's reader gives. What could not be read is counted, and named to the caller with its line.
    pub fn fold(&mut self, item: Result<Numbered, Fault>) -> Result<(), Unread> {
        let numbered = item.map_err(|fault| {
            self.malformed += 1;
            Unread::Line(fault)
        })?;
        self.take(&numbered)
    }

    /// Takes in one record.
    pub fn take(&mut self, Numbered { line, record }: &Numbered) -> Result<(), Unread> {
        let told = self.retelling.tell(record, &mut self.events);
        let (venue, now) = (self.retelling.venue(), self.retelling.now());
        self.frames += u64::from(record.incoming().is_some());
        self.told += self.events.len() as u64;
        if let Some(venue) = venue {
            if told == Ok(Told::Connected { again: true }) {
                self.market.lose(venue, &Desync::Disconnected, now);
            }
            for event in self.events.drain(..) {
                if let Some(Applied::Ignored(_)) = self.market.apply(venue, event, now) {
                    self.ignored += 1;
                }
            }
        }
        match told {
            Ok(Told::Frame(Receipt::Unknown)) => self.ignored += 1,
            Ok(_) => {}
            Err(reason) => {
                self.malformed += 1;
                return Err(Unread::Frame { line: *line, reason });
            }
        }
        Ok(())
    }

    /// The market as it stands.
    pub fn market(&self) -> &Market {
        &self.market
    }

    /// The figures so far, with the best `levels` of every book.
    pub fn summary(&self, levels: usize) -> Summary {
        let books = || self.market.listings().filter(|(_, _, listing)| listing.book.record() != Default::default());
        Summary {
            venue: self.retelling.venue(),
            frames: self.frames,
            events: self.told,
            ignored: self.ignored,
            malformed: self.malformed,
            resyncs: books().map(|(_, _, listing)| listing.book.record().resyncs).sum(),
            trades: self.market.listings().map(|(_, _, listing)| listing.tape.seen()).sum(),
            books: books()
                .map(|(_, symbol, listing)| {
                    let instrument = listing.instrument.as_ref();
                    let listed = instrument.map(|instrument| instrument.venue_symbol.clone());
                    let venue_symbol = self.retelling.venue_symbol(symbol).or(listed);
                    let venue_symbol = venue_symbol.as_deref().unwrap_or(symbol.as_str());
                    BookSummary::of(symbol.as_str(), venue_symbol, &listing.book, levels)
                })
                .collect(),
        }
    }
}

/// Something in a capture that could not be read; the replay goes on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// A line, or what follows it.
    #[error(transparent)]
    Line(#[from] Fault),
    /// A frame.
    #[error("line {line}: {reason}")]
    Frame {
        /// The number of its line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: ReplayError,
    },
}

impl BookSummary {
    fn of(symbol: &str, venue_symbol: &str, book: &Book, levels: usize) -> Self {
        let best = |side| -> Vec<(String, String)> {
            let best = book.levels(side).take(levels);
            best.map(|level| (plain(level.price.get()), plain(level.quantity.get()))).collect()
        };
        let record = book.record();
        Self {
            symbol: symbol.to_owned(),
            venue_symbol: venue_symbol.to_owned(),
            sequence: book.sequence(),
            bid_levels: book.levels(Side::Bid).len(),
            ask_levels: book.levels(Side::Ask).len(),
            bids: best(Side::Bid),
            asks: best(Side::Ask),
            checksums: Checksums { checked: record.checked, failed: record.failed },
        }
    }
}
