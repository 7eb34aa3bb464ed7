//! How long to wait before trying again.
//!
//! The wait doubles with every failure up to a limit; half of it is random, so that many clients that lost the same
//! venue do not come back at the same moment. Only a connection that held for a while makes the wait short again: one
//! that is accepted and dropped at once is still a failure.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;
use std::time::Duration;

/// The bounds of the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The first wait.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// A connection that held so long was a success.
    pub healthy_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(30),
            healthy_after: Duration::from_secs(20),
        }
    }
}

/// Decides how long to wait.
#[derive(Clone, Debug)]
pub struct Backoff {
    limits: Limits,
    failures: u32,
    random: Pcg32,
}

impl Backoff {
    /// Nothing has failed yet. Different seeds spread different clients.
    pub fn new(limits: Limits, seed: u64) -> Self {
        Self { limits, failures: 0, random: Pcg32::seed_from_u64(seed) }
    }

    /// A connection that was up for `held` (zero when it was never made) is gone: how long to wait now. Between half of
    /// the full wait and all of it.
    pub fn failed(&mut self, held: Duration) -> Duration {
        if held >= self.limits.healthy_after {
            self.failures = 0;
        }
        let doubled = 2u32.saturating_pow(self.failures.min(20));
        let full = self.limits.first.saturating_mul(doubled).min(self.limits.longest);
        self.failures = self.failures.saturating_add(1);
        let half = full / 2;
        let spread = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX);
        half + Duration::from_nanos(self.random.random_range(0..=spread))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut backoff = Backoff::new(Limits::default(), 1);
        for full in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            let wait = backoff.failed(Duration::ZERO).as_millis();
            assert!((full / 2..=full).contains(&wait), "{wait} of {full}");
        }
    }

    #[test]
    fn only_a_connection_that_held_counts_as_success() {
        let mut backoff = Backoff::new(Limits::default(), 1);
        for _ in 0..6 {
            backoff.failed(Duration::from_secs(1));
        }
        assert!(backoff.failed(Duration::from_secs(19)) >= Duration::from_secs(15));
        assert!(backoff.failed(Duration::from_secs(20)) <= Duration::from_millis(500));
        assert!(backoff.failed(Duration::ZERO) <= Duration::from_secs(1));
    }

    proptest! {
        #[test]
        fn any_wait_is_within_bounds(seed: u64, held in prop::collection::vec(0u64..60, 1..80)) {
            let mut backoff = Backoff::new(Limits::default(), seed);
            for held in held {
                let wait = backoff.failed(Duration::from_secs(held));
                prop_assert!(wait >= Duration::from_millis(250) && wait <= Duration::from_secs(30));
            }
        }
    }

    #[test]
    fn seeds_spread_and_repeat() {
        let wait = |seed| Backoff::new(Limits::default(), seed).failed(Duration::ZERO);
        assert_eq!(wait(7), wait(7));
        assert!((0..20).map(wait).collect::<std::collections::BTreeSet<_>>().len() > 10);
    }
}
