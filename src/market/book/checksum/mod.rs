//! Checksums that venues send with their books, so that a client can prove its copy. One file a venue.

mod kraken;
mod okx;
mod prints;

use super::Change;
use super::ladder::Ladder;
use crate::market::{Precision, Side};

/// What a venue says a book must hash to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// Kraken's CRC32 over ten levels a side.
    Kraken(u32),
    /// OKX's CRC32 over 25 levels a side.
    Okx(u32),
}

/// What a book remembers from one checksum to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    prints: prints::Prints,
    /// Whether a checksum has ever held.
    held: bool,
}

impl Checksum {
    /// The number that the venue sent.
    pub fn expected(self) -> u32 {
        match self {
            Self::Kraken(expected) | Self::Okx(expected) => expected,
        }
    }

    /// Compares with our own levels; on a difference, gives what ours hash to. `None` when the checksum cannot be held
    /// against these levels.
    pub(super) fn verify(
        self,
        ladder: &Ladder,
        precision: &mut Option<Precision>,
        memory: &mut Memory,
    ) -> Option<Result<(), u32>> {
        match self {
            Self::Kraken(expected) => Some(kraken::verify(expected, ladder, precision, &mut memory.prints)),
            Self::Okx(expected) => okx::verify(expected, ladder, memory),
        }
    }

    /// The checksum that a venue with `precision` sends for these levels (best first).
    pub fn of_kraken(bids: &[super::Level], asks: &[super::Level], precision: Precision) -> Self {
        let mut ladder = Ladder::default();
        for (side, levels) in [(Side::Bid, bids), (Side::Ask, asks)] {
            // What does not fit is left out here and makes the client's check fail, as it should.
            for change in levels.iter().take(kraken::LEVELS).filter_map(Change::of) {
                let _ = ladder.set(side, &change);
            }
        }
        Self::Kraken(kraken::crc(&ladder, precision, &mut prints::Prints::default()))
    }
}
