//! What a market is: instruments, order books, trades, tickers and candles, each value with its source and age.
//!
//! Pure: no clock, no I/O. Time comes in as a [`Timestamp`].

#![deny(clippy::float_arithmetic)]

mod book;
mod candle;
mod consolidated;
mod event;
mod instrument;
mod listing;
mod symbol;
mod text;
mod ticker;
mod time;
mod trade;

pub use book::{
    Applied, Book, BookUpdate, Change, Checksum, Crossing, Desync, Fill, Ignored, Level, Record, Row, Sequence,
    Standing,
};
pub use candle::{Candle, Candles, Interval};
pub use consolidated::{
    Absence, Allocation, Basis, Consolidated, Cross, Excluded, Fee, FeeError, NotTheSame, Offer, Part, Rank, Rung,
    Same, Source, Split, Steps, VenueQuote,
};
pub use event::{Channel, Event, Subscription, VenueStatus};
pub use instrument::{Instrument, Precision, Trading, UnknownVenue, VenueId};
pub use listing::{Freshness, Listing, Market};
pub use symbol::{Contract, Symbol, SymbolError};
pub use text::{is_formula, printable};
pub use ticker::{Mark, Stamped, Ticker};
pub use time::{Timestamp, TimestampError};
pub use trade::{Side, Tape, Trade};
