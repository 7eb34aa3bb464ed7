//! Everything known about one instrument on one venue, and all of them together.

use super::{
    Applied, Book, Candles, Desync, Event, Instrument, Mark, Stamped, Standing, Symbol, Tape, Ticker, Timestamp,
    VenueId,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// One instrument on one venue: the venue is the source of all that stands in it.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// How the venue describes it, once it has.
    pub instrument: Option<Instrument>,
    /// The order book.
    pub book: Book,
    /// The latest trades.
    pub tape: Tape,
    /// The venue's summary.
    pub ticker: Option<Stamped<Ticker>>,
    /// Mark price and funding, of contracts.
    pub mark: Option<Stamped<Mark>>,
    /// Candles in every interval.
    pub candles: Candles,
    /// What the venue last refused for this instrument, until it gives it after all.
    pub refusal: Option<String>,
}

/// How fresh a book is, worst first to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Nothing has come yet.
    Waiting,
    /// From the cache; last right so long ago.
    Remembered(Duration),
    /// Out of step for so long.
    Resync(Duration, Desync),
    /// In step, but nothing has come for so long.
    Stale(Duration),
    /// In step; the last word came so long ago.
    Live(Duration),
}

impl Listing {
    /// Takes the venue's description.
    pub fn describe(&mut self, instrument: Instrument) {
        self.book.set_precision(instrument.precision);
        self.instrument = Some(instrument);
    }

    /// How fresh the book is, when silence counts as stale after `stale_after`.
    pub fn freshness(&self, now: Timestamp, stale_after: Duration) -> Freshness {
        let age = self.book.age(now);
        match (self.book.standing(), age) {
            (Standing::Empty, _) | (Standing::Remembered | Standing::Live, None) => Freshness::Waiting,
            (Standing::Remembered, Some(age)) => Freshness::Remembered(age),
            (Standing::Resync { since, reason }, _) => Freshness::Resync(since.age(now), reason.clone()),
            (Standing::Live, Some(age)) if age >= stale_after => Freshness::Stale(age),
            (Standing::Live, Some(age)) => Freshness::Live(age),
        }
    }
}

/// All listings of a desk. One place, so that one lock held for microseconds serves every reader.
#[derive(Clone, Debug, Default)]
pub struct Market {
    listings: BTreeMap<VenueId, BTreeMap<Symbol, Listing>>,
    instruments: BTreeMap<VenueId, BTreeMap<Symbol, Instrument>>,
}

impl Market {
    /// One instrument, if anything is known about it.
    pub fn listing(&self, venue: VenueId, symbol: &Symbol) -> Option<&Listing> {
        self.listings.get(&venue)?.get(symbol)
    }

    /// One instrument, to be filled.
    pub fn listing_mut(&mut self, venue: VenueId, symbol: &Symbol) -> &mut Listing {
        let known = &self.instruments;
        self.listings.entry(venue).or_default().entry(symbol.clone()).or_insert_with(|| {
            let mut listing = Listing::default();
            if let Some(instrument) = known.get(&venue).and_then(|of| of.get(symbol)) {
                listing.describe(instrument.clone());
            }
            listing
        })
    }

    /// All listings, by venue and symbol.
    pub fn listings(&self) -> impl Iterator<Item = (VenueId, &Symbol, &Listing)> {
        self.listings.iter().flat_map(|(venue, of)| of.iter().map(|(symbol, listing)| (*venue, symbol, listing)))
    }

    /// All instruments that venues have described, listed here or not.
    pub fn instruments(&self) -> impl Iterator<Item = &Instrument> {
        self.instruments.values().flat_map(BTreeMap::values)
    }

    /// Forgets a listing; its instrument stays known.
    pub fn remove(&mut self, venue: VenueId, symbol: &Symbol) {
        if let Some(listings) = self.listings.get_mut(&venue) {
            listings.remove(symbol);
        }
    }

    /// Takes in what a venue told at `received`; gives what became of a book update, and so whether the venue
    /// must be asked for a snapshot.
    pub fn apply(&mut self, venue: VenueId, event: Event, received: Timestamp) -> Option<Applied> {
        match event {
            Event::Book { symbol, update } => {
                return Some(self.listing_mut(venue, &symbol).book.apply(&update, received));
            }
            Event::Trades { symbol, trades } => {
                let listing = self.listing_mut(venue, &symbol);
                for trade in trades {
                    if listing.tape.push(trade) {
                        listing.candles.add_trade(&trade);
                    }
                }
            }
            Event::Ticker { symbol, ticker, exchange_time } => {
                let listing = self.listing_mut(venue, &symbol);
                let mut value = listing.ticker.take().map(|known| known.value).unwrap_or_default();
                value.update(ticker);
                listing.ticker = Some(Stamped { value, exchange_time, received });
            }
            Event::Mark { symbol, mark, exchange_time } => {
                let listing = self.listing_mut(venue, &symbol);
                let mut value = listing.mark.take().map(|known| known.value).unwrap_or_default();
                value.update(mark);
                listing.mark = Some(Stamped { value, exchange_time, received });
            }
            Event::Doubt { symbols, reason } => {
                self.lose_some(venue, symbols.iter(), &reason, received);
            }
            Event::Candle { symbol, interval, candle } => {
                self.listing_mut(venue, &symbol).candles.put(interval, candle);
            }
            Event::Instruments(instruments) => {
                for instrument in instruments {
                    self.describe(instrument);
                }
            }
            Event::Subscribed(subscription) => self.listing_mut(venue, &subscription.symbol).refusal = None,
            Event::Rejected { symbol: Some(symbol), reason } => {
                self.listing_mut(venue, &symbol).refusal = Some(reason);
            }
            Event::Rejected { symbol: None, .. }
            | Event::Unsubscribed(_)
            | Event::Status { .. }
            | Event::Heartbeat
            | Event::Pong { .. } => {}
        }
        None
    }

    /// Marks some books of a venue as lost.
    pub fn lose_some<'a>(
        &mut self,
        venue: VenueId,
        symbols: impl Iterator<Item = &'a Symbol>,
        reason: &Desync,
        at: Timestamp,
    ) {
        let Some(listings) = self.listings.get_mut(&venue) else { return };
        for symbol in symbols {
            if let Some(listing) = listings.get_mut(symbol) {
                listing.book.lose(reason.clone(), at);
            }
        }
    }

    /// Marks every book of a venue as lost.
    pub fn lose(&mut self, venue: VenueId, reason: &Desync, at: Timestamp) {
        for listing in self.listings.get_mut(&venue).into_iter().flat_map(BTreeMap::values_mut) {
            listing.book.lose(reason.clone(), at);
        }
    }

    fn describe(&mut self, instrument: Instrument) {
        let (venue, symbol) = (instrument.venue, instrument.symbol.clone());
        if let Some(listing) = self.listings.get_mut(&venue).and_then(|of| of.get_mut(&symbol)) {
            listing.describe(instrument.clone());
        }
        self.instruments.entry(venue).or_default().insert(symbol, instrument);
    }
}
