//! One exchange a file: its dialect, frame ⇄ event. No sockets, no clock, no threads.
//!
//! A [`Dialect`] is the state machine of *one connection*: frames come in, events and frames to send come out. The same
//! code therefore runs live, in replay, in benchmarks and under the fuzzer.
//!
//! - What is not understood is not guessed: an unknown kind of message is [`Receipt::Unknown`], a known one whose meaning
//!   has changed is a [`FrameError`], and neither disturbs the streams beside it.
//! - Text from a venue leaves this room printable.

#![deny(clippy::float_arithmetic)]

mod assets;
mod error;
pub mod kraken;

pub use error::FrameError;

use crate::market::{Event, Subscription, Symbol, Timestamp, VenueId};
use std::time::Duration;

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// Understood; its events, if any, were handed out.
    Understood,
    /// Well formed, but of a kind that this dialect does not know.
    Unknown,
}

/// How to behave towards a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manners {
    /// Where its public stream is.
    pub url: &'static str,
    /// Send a ping after so much silence.
    pub ping_after: Duration,
    /// Give the connection up after so much silence.
    pub dead_after: Duration,
    /// The most frames to send in a second.
    pub frames_per_second: u32,
    /// The largest frame that makes sense, in bytes.
    pub max_frame: usize,
    /// The depths that a book can be subscribed with, ascending.
    pub depths: &'static [usize],
}

/// One connection's conversation with a venue.
pub trait Dialect: Send {
    /// Whose dialect this is; the source of every event.
    fn venue(&self) -> VenueId;

    /// How to behave.
    fn manners(&self) -> Manners;

    /// A new connection has begun: forgets what belonged to the one before and gives the frames to send first.
    fn connected(&mut self, wanted: &[Subscription]) -> Vec<String>;

    /// The frames that ask for these streams on a running connection.
    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<String>;

    /// The frames that end these streams.
    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<String>;

    /// The frames that bring a fresh snapshot of a book that fell out of step.
    fn resync(&mut self, symbol: &Symbol) -> Vec<String>;

    /// The frame to send after silence, for venues with a ping of their own.
    fn ping(&mut self) -> Option<String>;

    /// Reads one frame that reached us at `received` and appends what it tells to `events`.
    ///
    /// A frame that fails may already have appended the events before the fault.
    fn receive(&mut self, frame: &str, received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError>;

    /// Takes note of a frame that was sent on our side by someone else: captures hold those, and they tell what a
    /// subscription was for.
    fn sent(&mut self, frame: &str);
}

/// The dialect of a venue, for a new connection.
pub fn dialect(venue: VenueId) -> Box<dyn Dialect> {
    match venue {
        // The simulated venue speaks Kraken's protocol, under its own name.
        VenueId::Kraken | VenueId::Sim => Box::new(kraken::Kraken::new(venue)),
    }
}
