//! No more frames in any second than the venue allows.

use crate::market::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Remembers what was sent within the last second.
#[derive(Clone, Debug)]
pub struct Pacer {
    a_second: usize,
    sent: VecDeque<Timestamp>,
}

impl Pacer {
    /// Allows so many frames a second, at least one.
    pub fn new(frames_per_second: u32) -> Self {
        Self { a_second: usize::try_from(frames_per_second).unwrap_or(usize::MAX).max(1), sent: VecDeque::new() }
    }

    /// Whether a frame may be sent now; if so, it counts as sent.
    pub fn admit(&mut self, now: Timestamp) -> bool {
        while self.sent.front().is_some_and(|sent| sent.age(now) >= SECOND) {
            self.sent.pop_front();
        }
        let free = self.sent.len() < self.a_second;
        if free {
            self.sent.push_back(now);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_second_holds_too_many(limit in 1u32..8, steps in prop::collection::vec(0u64..400, 1..200)) {
            let mut pacer = Pacer::new(limit);
            let (mut now, mut sent) = (Timestamp::from_secs(0), Vec::new());
            for step in steps {
                now = now.plus(Duration::from_millis(step));
                if pacer.admit(now) {
                    sent.push(now);
                }
            }
            for first in &sent {
                let within = sent.iter().filter(|t| *t >= first && first.age(**t) < SECOND).count();
                prop_assert!(within <= limit as usize);
            }
        }
    }

    #[test]
    fn a_burst_goes_at_once_and_the_rest_waits() {
        let mut pacer = Pacer::new(3);
        let at = Timestamp::from_millis;
        assert_eq!([0, 1, 2, 3].map(|t| pacer.admit(at(t))), [true, true, true, false]);
        assert!(!pacer.admit(at(999)));
        assert!(pacer.admit(at(1_000)));
        assert!(!pacer.admit(at(1_000)));
    }
}
