//! Who hears what a connection, or a replayed capture, has to tell.

use super::{LinkError, Statistics};
use crate::feed::capture::Direction;
use crate::market::{Event, Symbol, Timestamp, VenueId};
use std::time::Duration;

/// How a connection stands. In every state but [`LinkEvent::Up`] nothing flows, and no book of the venue can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkEvent {
    /// On its way.
    Connecting,
    /// Frames can flow; the subscriptions are being asked for.
    Up,
    /// Lost or refused; tries again at `until`.
    Waiting {
        /// When it tries again.
        until: Timestamp,
        /// What failed.
        reason: LinkError,
    },
    /// Over for good.
    Ended {
        /// Why.
        reason: LinkError,
    },
}

/// Hears one connection. Every call comes from that connection's task, in the order in which things happened, and holds
/// that task up: what takes long belongs elsewhere.
pub trait Listener: Send {
    /// The connection has changed. Told before anything is done about it, so that no book looks alive when its
    /// connection is not.
    fn link(&mut self, venue: VenueId, event: LinkEvent, at: Timestamp);

    /// The venue has told something; `received` is when it reached us. Takes all of `events` out of the vector (which is
    /// used again) and gives the books that fell out of step: the venue is asked for fresh snapshots of those.
    fn receive(&mut self, venue: VenueId, events: &mut Vec<Event>, received: Timestamp) -> Vec<Symbol>;

    /// A book was silent for so long that its venue is being asked for a fresh snapshot.
    fn silent(&mut self, venue: VenueId, symbol: &Symbol, silence: Duration, at: Timestamp);

    /// The connection's figures: about once a second, and when the connection changes.
    fn statistics(&mut self, venue: VenueId, statistics: &Statistics);

    /// A frame passed by, as it was on the wire. For those who record; the rest need not listen.
    fn frame(&mut self, _direction: Direction, _text: &str, _at: Timestamp) {}

    /// The answer to an HTTP request came, as it was. For those who record.
    fn fetched(&mut self, _url: &str, _body: &str, _at: Timestamp) {}

    /// Everything told so far is void: a replay went back and tells the capture from its beginning again.
    fn restart(&mut self) {}
}
