//! What a market is: instruments, order books, trades, tickers and candles, each value with its source and age.
//!
//! Pure: no clock, no I/O. Time comes in as a [`Timestamp`].

mod time;

pub use time::{Timestamp, TimestampError};
