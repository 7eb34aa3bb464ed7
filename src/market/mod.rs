//! What a market is: instruments, order books, trades, tickers and candles, each value with its source and age.
//!
//! Pure: no clock, no I/O. Time comes in as a [`Timestamp`].

mod text;
mod time;

pub use text::printable;
pub use time::{Timestamp, TimestampError};
