//! What the desk shows: plain values, copied out under the lock, without anything private to who looks.

use super::portfolio::{NavView, PortfolioQuery, PortfolioView};
use super::treasury::{TreasuryQuery, TreasuryView, Waiting};
use super::{Across, AcrossView, AlertsView, Line};
pub use crate::feed::Statistics;
pub use crate::feed::player::{Speed, Steer};
use crate::market::{
    Book, Candle, Crossing, Freshness, Interval, Level, Precision, Record, Row, Side, Symbol, Timestamp, Trade,
    VenueId, VenueStatus,
};
use crate::money::{Decimal, Percent, Price, Quantity};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// One instrument on one venue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Where.
    pub venue: VenueId,
    /// What.
    pub symbol: Symbol,
}

/// What a reader wants to see. Everything in it belongs to the reader's own session.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The instrument to show in full; the first on the list when `None`.
    pub focus: Option<Place>,
    /// Rows of the book a side.
    pub levels: usize,
    /// Group the book by this price step.
    pub group: Option<Price>,
    /// Trades of the tape.
    pub trades: usize,
    /// Length of the candles.
    pub interval: Interval,
    /// How many candles.
    pub candles: usize,
    /// What to tell of the instrument across venues, if anything.
    pub across: Option<Across>,
    /// What to tell of a portfolio, if anything.
    pub portfolio: Option<PortfolioQuery>,
    /// What to tell of the treasury, if anything.
    pub treasury: Option<TreasuryQuery>,
}

/// What kind of market this is: never to be mistaken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The simulated venue.
    Demo,
    /// Real venues.
    Live,
    /// A capture.
    Replay,
}

/// All that is on a screen.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// What kind of market this is.
    pub mode: Mode,
    /// The desk's time: of the clock, or of the capture.
    pub now: Timestamp,
    /// The instruments on the watchlist, in its order.
    pub watch: Vec<Watched>,
    /// The instrument that the query asked for.
    pub focus: Option<Focus>,
    /// The same across all venues that it is watched on, where the query asked for that.
    pub across: Option<AcrossView>,
    /// The connections.
    pub links: Vec<Link>,
    /// What all accounts are worth; `None` when nothing is owned.
    pub nav: Option<NavView>,
    /// The portfolio that the query asked for.
    pub portfolio: Option<PortfolioView>,
    /// What waits in the treasury; `None` when there is none.
    pub waiting: Option<Waiting>,
    /// The treasury, where the query asked for it.
    pub treasury: Option<TreasuryView>,
    /// The journal and the cache.
    pub store: Store,
    /// The alerts and what became of them.
    pub alerts: Arc<AlertsView>,
    /// Where a replayed capture stands.
    pub replay: Option<Replay>,
    /// What the user must be told once, newest last.
    pub notices: Vec<Notice>,
}

/// A line of the watchlist.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// Which instrument.
    pub place: Place,
    /// The latest price: of the last trade, or as the venue's summary says.
    pub last: Option<Price>,
    /// Decimals that the instrument's prices are printed with.
    pub precision: Precision,
    /// The change over 24 hours, as the venue says.
    pub change: Option<Percent>,
    /// How fresh its book is.
    pub freshness: Freshness,
    /// What the venue refused.
    pub refusal: Option<String>,
}

/// An instrument in full.
#[derive(Clone, Debug, PartialEq)]
pub struct Focus {
    /// Which one.
    pub place: Place,
    /// Its book.
    pub book: BookView,
    /// Its latest trades, newest first.
    pub trades: Vec<Trade>,
    /// Its latest candles, newest first.
    pub candles: Vec<Candle>,
    /// The highest and lowest price and the volume of 24 hours, as the venue says.
    pub day: Option<Day>,
    /// What the venue refused.
    pub refusal: Option<String>,
}

/// Twenty-four hours, as the venue summarises them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Day {
    /// Highest price.
    pub high: Option<Price>,
    /// Lowest price.
    pub low: Option<Price>,
    /// What changed hands.
    pub volume: Option<Quantity>,
    /// How long ago the summary came.
    pub age: Duration,
}

/// A book, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct BookView {
    /// The best bids, best first.
    pub bids: Vec<Row>,
    /// The best asks, best first.
    pub asks: Vec<Row>,
    /// How its numbers are printed.
    pub precision: Precision,
    /// Best ask minus best bid.
    pub spread: Option<Price>,
    /// The same in basis points of the mid.
    pub spread_bps: Option<Decimal>,
    /// Half way between them.
    pub mid: Option<Price>,
    /// How bid and ask stand to each other.
    pub crossing: Crossing,
    /// Share of bids minus share of asks within the rows shown, −1 to 1.
    pub imbalance: Option<Decimal>,
    /// Whether it can be trusted, and its age.
    pub freshness: Freshness,
    /// The last known level of the bids, when more may lie beyond.
    pub bid_horizon: Option<Level>,
    /// The last known level of the asks, when more may lie beyond.
    pub ask_horizon: Option<Level>,
    /// What it has been through.
    pub record: Record,
}

impl BookView {
    /// What `query` wants to see of `book`.
    pub fn of(book: &Book, query: &Query, freshness: Freshness) -> Self {
        let rows = |side| match query.group {
            Some(step) => book.grouped(side, step, query.levels),
            None => book.rows(side, query.levels),
        };
        Self {
            bids: rows(Side::Bid),
            asks: rows(Side::Ask),
            precision: book.precision(),
            spread: book.spread(),
            spread_bps: book.spread_bps(),
            mid: book.mid(),
            crossing: book.crossing(),
            imbalance: book.imbalance(query.levels),
            freshness,
            bid_horizon: book.horizon(Side::Bid),
            ask_horizon: book.horizon(Side::Ask),
            record: book.record(),
        }
    }
}

impl View {
    /// The connection that carries an instrument, or else the first of its venue.
    pub fn link(&self, place: &Place) -> Option<&Link> {
        let of_venue = || self.links.iter().filter(|link| link.line.venue == place.venue);
        of_venue().find(|link| link.carries.contains(&place.symbol)).or_else(|| of_venue().next())
    }
}

/// How a connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// On its way.
    Connecting,
    /// Frames can flow.
    Up,
    /// Waits before it tries again.
    Waiting {
        /// When it tries again.
        until: Timestamp,
        /// What failed.
        reason: String,
    },
    /// Ended for good.
    Ended {
        /// Why.
        reason: String,
    },
}

/// One connection and its figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Which one.
    pub line: Line,
    /// The instruments that it carries.
    pub carries: Arc<BTreeSet<Symbol>>,
    /// How it stands.
    pub state: LinkState,
    /// When that began.
    pub changed: Timestamp,
    /// What the venue says about itself.
    pub status: Option<VenueStatus>,
    /// In its own words, where it gives any.
    pub said: Option<String>,
    /// What has happened on it.
    pub figures: Statistics,
}

impl Link {
    /// A connection that has not been tried.
    pub fn new(line: Line) -> Self {
        Self {
            line,
            carries: Arc::default(),
            state: LinkState::Connecting,
            changed: Timestamp::from_nanos(0),
            status: None,
            said: None,
            figures: Statistics::default(),
        }
    }
}

/// The journal and the cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Store {
    /// The journal.
    pub journal: Health,
    /// Its entries.
    pub entries: u64,
    /// The hash of the newest, in hex: who compares it with another's has compared all of the journal.
    pub head: Arc<str>,
    /// The cache.
    pub cache: Health,
}

impl Store {
    /// The journal ends here.
    pub(super) fn reached(&mut self, end: crate::store::journal::Link) {
        (self.entries, self.head) = (end.seq, end.hash.to_string().into());
    }
}

/// How a store is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// Not used in this mode.
    #[default]
    Off,
    /// Being opened.
    Opening,
    /// Read and written.
    Good,
    /// Only read.
    ReadOnly(String),
    /// Not even read.
    Failed(String),
}

/// Where a replayed capture stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// The file's name.
    pub name: String,
    /// Records shown so far.
    pub position: u64,
    /// Records in all.
    pub length: u64,
    /// Whether it stands still.
    pub paused: bool,
    /// How fast it runs.
    pub speed: Speed,
    /// Whether it has come to its end.
    pub ended: bool,
}

/// Something that the user must be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// When it came up.
    pub at: Timestamp,
    /// Whether something is wrong.
    pub warning: bool,
    /// Printable words: what happened, and what to do.
    pub text: String,
}
