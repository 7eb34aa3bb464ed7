//! How long somebody waits for a device, and how they stop waiting.
//!
//! - Whoever waits looks here at least every [`TICK`].
//! - Cancelling is for good: a watch that was cancelled stays so, and whoever asks again takes a new one.

use super::DeviceError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The longest that a link blocks without looking whether it should go on.
pub const TICK: Duration = Duration::from_millis(50);

/// A wait that ends: when somebody cancels it, or when its time is over.
#[derive(Clone, Debug)]
pub struct Watch {
    cancelled: Arc<AtomicBool>,
    limit: Duration,
    until: Instant,
}

impl Watch {
    /// A wait of at most so long, from now on.
    pub fn new(limit: Duration) -> Self {
        // A limit beyond what the clock can tell is a day.
        let until = Instant::now().checked_add(limit);
        let until = until.unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400));
        Self { cancelled: Arc::default(), limit, until }
    }

    /// The same wait with its time started again: each question to a device has the whole of it.
    pub fn again(&self) -> Self {
        self.within(self.limit)
    }

    /// A wait of another length that ends with this one when somebody cancels it.
    pub fn within(&self, limit: Duration) -> Self {
        Self { cancelled: Arc::clone(&self.cancelled), ..Self::new(limit) }
    }

    /// Ends every wait on this watch.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has ended it by hand.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Whether to go on waiting: how long until the next look.
    pub fn check(&self) -> Result<Duration, DeviceError> {
        if self.is_cancelled() {
            return Err(DeviceError::Cancelled);
        }
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(DeviceError::TimedOut(self.limit)) } else { Ok(left.min(TICK)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_by_itself_and_by_hand() {
        let watch = Watch::new(Duration::from_secs(60));
        assert_eq!(watch.check(), Ok(TICK));
        let (other, shorter) = (watch.again(), watch.within(Duration::from_secs(1)));
        assert!(!other.is_cancelled());
        watch.cancel();
        assert!(other.is_cancelled());
        assert_eq!(other.check(), Err(DeviceError::Cancelled), "whoever holds a copy is told too");
        assert_eq!(shorter.check(), Err(DeviceError::Cancelled));
        let over = Watch::new(Duration::ZERO);
        assert_eq!(over.check(), Err(DeviceError::TimedOut(Duration::ZERO)));
        assert!(Watch::new(Duration::MAX).check().is_ok());
    }
}
