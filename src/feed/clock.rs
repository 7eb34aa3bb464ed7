//! The feed's clock: the system's time, read once, carried on by the monotonic clock.
//!
//! When someone sets the system's time, ages do not jump: a book cannot become young again by that.

use crate::market::Timestamp;
use std::time::{Instant, SystemTime};

/// A clock that only goes forward. Copies agree with each other.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall: Timestamp,
    anchor: Instant,
}

impl Clock {
    /// A clock that shows the system's time now and runs on from there.
    pub fn start() -> Self {
        Self { wall: Timestamp::from_system(SystemTime::now()), anchor: Instant::now() }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.wall.plus(self.anchor.elapsed())
    }
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
