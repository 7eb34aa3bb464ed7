//! What can be asked of the desk.

use super::treasury::Wish;
use super::{AlertWish, Place, Steer};
use crate::market::Interval;

/// A wish of an operator. Each is carried out soon after; what came of it shows in the next view.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Put an instrument on the watchlist and subscribe to it.
    Watch(Place),
    /// Take an instrument off the watchlist and end its subscriptions.
    Unwatch(Place),
    /// Ask the venue for a fresh snapshot of a book.
    Resync(Place),
    /// Have the venue's own candles of this length, where it has them.
    Chart(Place, Interval),
    /// Steer a replay.
    Replay(Steer),
    /// Something about alerts.
    Alert(AlertWish),
    /// Something about the treasury.
    Treasury(Wish),
    /// Remember a setting of the console; the journal records the change.
    Set {
        /// Which one.
        key: String,
        /// Its new value.
        value: String,
    },
}
