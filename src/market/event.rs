//! What a venue can tell, in the market's own words.

use super::{BookUpdate, Candle, Desync, Instrument, Interval, Mark, Symbol, Ticker, Timestamp, Trade};

/// A kind of data that can be subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// The order book, so many levels a side.
    Book {
        /// Levels a side.
        depth: usize,
    },
    /// Trades.
    Trades,
    /// The venue's summary.
    Ticker,
    /// The venue's candles.
    Candles(Interval),
}

/// A stream that a connection carries, or is asked to carry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subscription {
    /// Of what.
    pub symbol: Symbol,
    /// Which kind of data.
    pub channel: Channel,
}

/// What a venue says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VenueStatus {
    /// All is well.
    Online,
    /// Orders are restricted; data flows.
    Limited,
    /// Closed for maintenance.
    Maintenance,
}

/// One thing that a venue told.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A book has changed.
    Book {
        /// Whose.
        symbol: Symbol,
        /// How.
        update: BookUpdate,
    },
    /// Trades have happened, oldest first.
    Trades {
        /// In what.
        symbol: Symbol,
        /// Which.
        trades: Vec<Trade>,
    },
    /// The summary has changed.
    Ticker {
        /// Of what.
        symbol: Symbol,
        /// To what; what the venue leaves out stays as it was.
        ticker: Ticker,
        /// When, by the venue's clock.
        exchange_time: Option<Timestamp>,
    },
    /// What a contract is marked at, and what it pays.
    Mark {
        /// Which.
        symbol: Symbol,
        /// What the venue says; what it leaves out stays as it was.
        mark: Mark,
        /// When, by the venue's clock.
        exchange_time: Option<Timestamp>,
    },
    /// Books that can no longer be trusted for a reason that lies outside their own updates: frames of the connection
    /// are missing, or one that may have been theirs could not be read.
    Doubt {
        /// Which books.
        symbols: Vec<Symbol>,
        /// Why.
        reason: Desync,
    },
    /// The venue's own candle, finished or not.
    Candle {
        /// Of what.
        symbol: Symbol,
        /// How long it lasts.
        interval: Interval,
        /// The candle.
        candle: Candle,
    },
    /// What can be traded, and in which steps.
    Instruments(Vec<Instrument>),
    /// What the venue says about itself.
    Status {
        /// In a word.
        status: VenueStatus,
        /// In its own words, printable, where it gives any.
        message: Option<String>,
    },
    /// A subscription has begun.
    Subscribed(Subscription),
    /// A subscription has ended, because we asked.
    Unsubscribed(Symbol),
    /// The venue refused something.
    Rejected {
        /// For which instrument, where it says so.
        symbol: Option<Symbol>,
        /// Its words, printable.
        reason: String,
    },
    /// A sign of life without content.
    Heartbeat,
    /// The answer to a ping, with the venue's clock where it tells it.
    Pong {
        /// The venue's clock when it answered.
        exchange_time: Option<Timestamp>,
    },
}
