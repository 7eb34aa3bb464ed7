//! The figures of a connection.

use crate::market::{Event, Timestamp};
use std::time::Duration;

/// What has happened on a connection since it was first made, reconnects included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Frames received.
    pub frames: u64,
    /// Bytes of those frames.
    pub bytes: u64,
    /// Frames that could not be read.
    pub malformed: u64,
    /// Frames of unknown kinds.
    pub unknown: u64,
    /// Times a book fell out of step.
    pub resyncs: u64,
    /// Connections after the first.
    pub reconnects: u64,
    /// From the venue's clock to ours, as the newest timed event had it; never negative.
    pub lag: Option<Duration>,
    /// When the last frame came.
    pub last_frame: Option<Timestamp>,
    /// Frames in the last full second.
    pub rate: u64,
}

/// When the newest of some events left the venue, where they say so.
pub(super) fn newest(events: &[Event]) -> Option<Timestamp> {
    let told = events.iter().filter_map(|event| match event {
        Event::Book { update, .. } => update.exchange_time,
        Event::Trades { trades, .. } => trades.iter().map(|trade| trade.at).max(),
        Event::Ticker { exchange_time, .. } | Event::Pong { exchange_time } => *exchange_time,
        _ => None,
    });
    told.max()
}

/// Counts frames by the second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    since: Timestamp,
    counted: u64,
}

impl Rate {
    pub fn new(now: Timestamp) -> Self {
        Self { since: now, counted: 0 }
    }

    /// The frames of the second that has just ended, scaled when it took longer; `None` while it lasts.
    pub fn lap(&mut self, frames: u64, now: Timestamp) -> Option<u64> {
        let millis = u64::try_from(self.since.age(now).as_millis()).unwrap_or(u64::MAX);
        if millis < 1_000 {
            return None;
        }
        let rate = frames.saturating_sub(self.counted).saturating_mul(1_000) / millis;
        *self = Self { since: now, counted: frames };
        Some(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_second_does_not_look_busier() {
        let at = |millis| Timestamp::from_millis(millis);
        let mut rate = Rate::new(at(0));
        assert_eq!(rate.lap(10, at(999)), None);
        assert_eq!(rate.lap(30, at(1_000)), Some(30));
        assert_eq!(rate.lap(130, at(3_000)), Some(50));
        assert_eq!(rate.lap(130, at(4_000)), Some(0));
    }

    #[test]
    fn only_timed_events_tell_the_time() {
        let at = Timestamp::from_secs(7);
        let pong = |exchange_time| Event::Pong { exchange_time };
        assert_eq!(newest(&[Event::Heartbeat, pong(None)]), None);
        assert_eq!(newest(&[pong(Some(at)), pong(Some(Timestamp::from_secs(3))), Event::Heartbeat]), Some(at));
    }
}
