//! When a coin can be taken by those who have to wait: relative locks (BIP-68, BIP-112) and absolute ones (BIP-65).
//!
//! Nodes count time by the median of the last eleven blocks, which is behind the clock by an hour or so and may be by two;
//! a lock that ends at a time is held for ripe two hours after it.

use super::{BuildError, Way};
use crate::treasury::bitcoin::coins::{Coin, Marks, State};
use crate::treasury::bitcoin::policy::Lock;
use bitcoin::absolute::LockTime;
use bitcoin::{OutPoint, Sequence, relative};
use std::fmt;

/// By how much the chain's own time may be behind the clock, in seconds.
const BEHIND: u64 = 2 * 60 * 60;

/// When a coin can be taken by a recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ripeness {
    /// Now.
    Ripe,
    /// In so many blocks.
    Blocks(u32),
    /// From that time on, in seconds since 1970.
    Time(u64),
    /// Not before it is confirmed.
    Unconfirmed,
}

impl Ripeness {
    /// What is sooner is less; a time is compared as the blocks that it will take.
    fn order(self, now: u64) -> u64 {
        match self {
            Self::Ripe => 0,
            Self::Blocks(blocks) => blocks.into(),
            Self::Time(time) => time.saturating_sub(now) / 600,
            Self::Unconfirmed => u64::MAX,
        }
    }
}

impl fmt::Display for Ripeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ripe => f.write_str("it can be taken now"),
            Self::Blocks(1) => f.write_str("1 block is left"),
            Self::Blocks(blocks) => write!(f, "{blocks} blocks are left"),
            Self::Time(time) => write!(f, "it can be taken {time} seconds after 1970"),
            Self::Unconfirmed => f.write_str("it is not confirmed, and its time has not begun"),
        }
    }
}

/// When each coin can be taken by the recovery at this place of `Policy::recovery()`, and at this time.
pub fn ripeness(state: &State, place: usize, now: u64) -> Result<Vec<(OutPoint, Ripeness)>, BuildError> {
    let lock = state.wallet().policy().recovery().get(place).ok_or(BuildError::Way)?.lock;
    let coins = state.holdings(&Marks::default()).coins;
    let next = state.checkpoint().height().saturating_add(1);
    Ok(coins.iter().map(|coin| (coin.outpoint, ripe(coin, lock, next, now))).collect())
}

/// When one coin can, if the next block is at this height.
pub(super) fn ripe(coin: &Coin, lock: Lock, next: u32, now: u64) -> Ripeness {
    let blocks = |from: u32| match from.saturating_sub(next) {
        0 => Ripeness::Ripe,
        blocks => Ripeness::Blocks(blocks),
    };
    let time = |from: u64| match from.saturating_add(BEHIND) {
        from if from <= now => Ripeness::Ripe,
        from => Ripeness::Time(from),
    };
    match (lock, coin.confirmed) {
        (Lock::Older(_), None) => Ripeness::Unconfirmed,
        (Lock::Older(lock), Some(confirmed)) => match relative::LockTime::from(lock) {
            relative::LockTime::Blocks(count) => blocks(confirmed.height.saturating_add(count.value().into())),
            relative::LockTime::Time(steps) => {
                time(confirmed.time.saturating_add(u64::from(steps.value()).saturating_mul(512)))
            }
        },
        (Lock::After(lock), _) => match LockTime::from(lock) {
            // A block has to be above the height.
            LockTime::Blocks(height) => blocks(height.to_consensus_u32().saturating_add(1)),
            LockTime::Seconds(seconds) => time(seconds.to_consensus_u32().into()),
        },
    }
}

/// The coin that is ripe the soonest, and when.
pub(super) fn soonest<'a>(
    waiting: impl Iterator<Item = (&'a Coin, Ripeness)>,
    now: u64,
) -> Option<(OutPoint, Ripeness)> {
    let soonest = waiting.min_by_key(|(_, ripeness)| ripeness.order(now));
    soonest.map(|(coin, ripeness)| (coin.outpoint, ripeness))
}

/// The lock of a way to spend.
pub(super) fn lock(state: &State, way: Way) -> Result<Option<(Lock, u64)>, BuildError> {
    match way {
        Way::Quorum => Ok(None),
        Way::Recovery { place, now } => {
            let recovery = state.wallet().policy().recovery().get(place).ok_or(BuildError::Way)?;
            Ok(Some((recovery.lock, now)))
        }
    }
}

/// What every input of a transaction says besides what it spends.
pub(super) fn sequence(lock: Option<Lock>, replaceable: bool) -> Sequence {
    match (lock, replaceable) {
        // A relative lock says that it may be replaced as well: its number is below those that do not.
        (Some(Lock::Older(lock)), _) => lock.into(),
        (_, true) => Sequence::ENABLE_RBF_NO_LOCKTIME,
        (_, false) => Sequence::ENABLE_LOCKTIME_NO_RBF,
    }
}
