//! The feed's clock: the system's time, read once, carried on by a clock that only goes forward.
//!
//! When someone sets the system's time, ages do not jump: a book cannot become young again by that. The time that a
//! laptop sleeps counts: what was fresh when the lid was closed is old when it is opened.

use crate::market::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, SystemTime};

/// The clock of the system that never goes back and counts sleep.
#[cfg(target_os = "linux")]
const STEADY: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const STEADY: ClockId = ClockId::Monotonic;

/// A clock that only goes forward. Copies agree with each other.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall: Timestamp,
    anchor: Duration,
}

impl Clock {
    /// A clock that shows the system's time now and runs on from there.
    pub fn start() -> Self {
        Self { wall: Timestamp::from_system(SystemTime::now()), anchor: steady() }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.wall.plus(steady().saturating_sub(self.anchor))
    }
}

fn steady() -> Duration {
    // The clock cannot fail and counts from the start of the machine: no part of it is negative.
    clock_gettime(STEADY).try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_agree_and_none_goes_back() {
        let clock = Clock::start();
        let copy = clock;
        let (first, second, third) = (clock.now(), copy.now(), clock.now());
        assert!(first <= second && second <= third);
    }
}
