//! How often the service may be asked: a while between two questions, and longer when it says so.

use std::time::{Duration, Instant};

/// When the next question may be asked.
#[derive(Debug)]
pub(super) struct Pace {
    between: Duration,
    next: Option<Instant>,
}

impl Pace {
    pub fn new(between: Duration) -> Self {
        Self { between, next: None }
    }

    /// Takes the next turn: how long to wait for it.
    pub fn turn(&mut self, now: Instant) -> Duration {
        let turn = self.next.map_or(now, |next| next.max(now));
        self.next = turn.checked_add(self.between);
        turn.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn questions_stand_apart_and_a_late_one_does_not_wait() {
        let (start, half) = (Instant::now(), Duration::from_millis(500));
        let mut pace = Pace::new(half);
        assert_eq!(pace.turn(start), Duration::ZERO);
        assert_eq!(pace.turn(start), half);
        assert_eq!(pace.turn(start), half * 2);
        assert_eq!(pace.turn(start + half * 10), Duration::ZERO);
        assert_eq!(pace.turn(start + half * 10), half);
    }
}
