//! The order book of one instrument on one venue (L2: price levels, not orders).
//!
//! - Levels are fixed-point integers inside (the wire's decimals, see [`Ladder`]), so that an update costs no allocation;
//!   prices and quantities come out as exact decimals again.
//! - A snapshot replaces everything. After a [`Desync`] the old levels stay readable for the screen, but nothing is applied
//!   to them until the next snapshot: books are never merged across a resync.
//! - Levels beyond the depth of the subscription are unknown, not zero: a full side ends at [`Book::horizon`].
//! - A checksum or a sequence that does not hold is a *result* of [`Book::apply`], never a panic and never silent.

mod checksum;
mod ladder;
mod levels;
mod view;

#[cfg(test)]
mod tests;

pub use checksum::Checksum;
use checksum::Memory;
pub(super) use view::round_to;
pub use view::{Crossing, Fill, Row};

use super::{Precision, Side, Timestamp};
use crate::money::{Fixed, Price, Quantity};
use ladder::Ladder;
use std::time::Duration;

/// One price level of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Level {
    /// The price.
    pub price: Price,
    /// What is offered at that price.
    pub quantity: Quantity,
}

/// A price level as the wire printed it: the quantity that stands there from now on, zero when the level is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The price.
    pub price: Fixed,
    /// What is offered at that price.
    pub quantity: Fixed,
}

/// Where an update stands in the venue's own count, for venues that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// The number of the update that must have been applied just before, or `None` for the first one.
    pub previous: Option<u64>,
    /// The number of this update.
    pub last: u64,
}

/// A snapshot or a change of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookUpdate {
    /// Whether this replaces the book.
    pub snapshot: bool,
    /// How many levels a side the subscription carries, where that is known.
    pub depth: Option<usize>,
    /// The changed bids.
    pub bids: Vec<Change>,
    /// The changed asks.
    pub asks: Vec<Change>,
    /// The venue's count.
    pub sequence: Option<Sequence>,
    /// What the venue says the book must hash to after this update.
    pub checksum: Option<Checksum>,
    /// When the venue sent it, by its clock.
    pub exchange_time: Option<Timestamp>,
}

/// What became of an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The book has changed and every check held.
    Applied,
    /// The book is as it was.
    Ignored(Ignored),
    /// The book cannot be trusted until the next snapshot.
    NeedsResync(Desync),
}

/// Why an update was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// The same update came twice.
    Duplicate,
    /// There is no snapshot to apply it to.
    AwaitingSnapshot,
    /// The book has moved past it.
    Superseded,
}

/// Why a book cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Desync {
    /// The book does not hash to what the venue says.
    #[error("checksum {computed} instead of {expected}")]
    Checksum {
        /// What the venue says.
        expected: u32,
        /// What our book gives.
        computed: u32,
    },
    /// Updates are missing before this one.
    #[error("gap: {got} follows {expected}")]
    Gap {
        /// The number we had.
        expected: u64,
        /// The number that the update follows.
        got: u64,
    },
    /// A frame that may have changed it could not be read.
    #[error("a frame could not be read")]
    Unreadable,
    /// A number does not fit the book's fixed point.
    #[error("a number out of range")]
    OutOfRange,
    /// The connection ended.
    #[error("connection lost")]
    Disconnected,
    /// Nothing came for too long.
    #[error("silent for {} s", .0.as_secs())]
    Silent(Duration),
}

/// Whether a book can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No snapshot has come yet.
    Empty,
    /// Every update since the snapshot was applied and checked.
    Live,
    /// Out of step; waits for a snapshot.
    Resync {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: Desync,
    },
    /// Filled from the cache: true once, not known to be true now.
    Remembered,
}

/// What a book has been through, for the status line and for `replay`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Snapshots applied.
    pub snapshots: u64,
    /// Changes applied.
    pub updates: u64,
    /// Updates set aside.
    pub ignored: u64,
    /// Times the book fell out of step.
    pub resyncs: u64,
    /// Checksums compared.
    pub checked: u64,
    /// Checksums that differed.
    pub failed: u64,
}

/// An order book. See the module's documentation for what it promises.
#[derive(Clone, Debug)]
pub struct Book {
    ladder: Ladder,
    depth: Option<usize>,
    standing: Standing,
    precision: Option<Precision>,
    sequence: Option<u64>,
    exchange_time: Option<Timestamp>,
    received: Option<Timestamp>,
    last_print: u64,
    memory: Memory,
    record: Record,
}

impl Default for Book {
    fn default() -> Self {
        Self::new()
    }
}

impl Book {
    /// A book that waits for its first snapshot.
    pub fn new() -> Self {
        Self {
            ladder: Ladder::default(),
            depth: None,
            standing: Standing::Empty,
            precision: None,
            sequence: None,
            exchange_time: None,
            received: None,
            last_print: 0,
            memory: Memory::default(),
            record: Record::default(),
        }
    }

    /// Applies an update that reached us at `received`.
    pub fn apply(&mut self, update: &BookUpdate, received: Timestamp) -> Applied {
        let outcome = self.judge(update, received);
        match &outcome {
            Applied::Applied => {
                self.received = Some(received);
                self.exchange_time = update.exchange_time.or(self.exchange_time);
            }
            Applied::Ignored(_) => self.record.ignored += 1,
            Applied::NeedsResync(reason) => self.lose(reason.clone(), received),
        }
        outcome
    }

    fn judge(&mut self, update: &BookUpdate, received: Timestamp) -> Applied {
        // Where updates are numbered, the numbers tell a repetition.
        let print = if update.sequence.is_none() { update.print() } else { 0 };
        let tells_apart = update.sequence.is_none() && (update.snapshot || update.exchange_time.is_some());
        if self.standing == Standing::Live && tells_apart && print == self.last_print {
            // A repeated message proves that the stream lives, though it says nothing new.
            self.received = Some(received);
            return Applied::Ignored(Ignored::Duplicate);
        }
        if update.snapshot {
            self.ladder.clear();
            self.depth = update.depth.or(self.depth);
        } else {
            if self.standing != Standing::Live {
                return Applied::Ignored(Ignored::AwaitingSnapshot);
            }
            if let Some(verdict) = self.out_of_order(update.sequence) {
                return verdict;
            }
        }
        for (side, levels) in [(Side::Bid, &update.bids), (Side::Ask, &update.asks)] {
            for change in levels {
                if self.ladder.set(side, change).is_none() {
                    return Applied::NeedsResync(Desync::OutOfRange);
                }
            }
            if let Some(depth) = self.depth {
                self.ladder.truncate(side, depth);
            }
        }
        if let Some(desync) = update.checksum.and_then(|checksum| self.check(checksum)) {
            return Applied::NeedsResync(desync);
        }
        self.last_print = print;
        self.sequence = update.sequence.map(|s| s.last).or(if update.snapshot { None } else { self.sequence });
        self.standing = Standing::Live;
        match update.snapshot {
            true => self.record.snapshots += 1,
            false => self.record.updates += 1,
        }
        Applied::Applied
    }

    fn out_of_order(&self, sequence: Option<Sequence>) -> Option<Applied> {
        let (sequence, ours) = (sequence?, self.sequence?);
        if sequence.last == ours {
            return Some(Applied::Ignored(Ignored::Superseded));
        }
        // Over one connection nothing comes late: a number that goes back shows that this one or ours is wrong.
        if sequence.last < ours {
            return Some(Applied::NeedsResync(Desync::Gap { expected: ours, got: sequence.last }));
        }
        let got = sequence.previous.filter(|previous| *previous != ours)?;
        Some(Applied::NeedsResync(Desync::Gap { expected: ours, got }))
    }

    fn check(&mut self, checksum: Checksum) -> Option<Desync> {
        let verdict = checksum.verify(&self.ladder, &mut self.precision, &mut self.memory)?;
        self.record.checked += 1;
        verdict.err().map(|computed| {
            self.record.failed += 1;
            Desync::Checksum { expected: checksum.expected(), computed }
        })
    }

    /// Marks the book as not to be trusted until the next snapshot. The first reason stands, and a book that never held
    /// anything does not lose it by silence.
    pub fn lose(&mut self, reason: Desync, at: Timestamp) {
        let wrong = matches!(reason, Desync::Checksum { .. } | Desync::OutOfRange);
        let stands = match self.standing {
            Standing::Live => false,
            Standing::Empty | Standing::Remembered => !wrong,
            Standing::Resync { .. } => true,
        };
        if !stands {
            self.record.resyncs += 1;
            self.standing = Standing::Resync { since: at, reason };
        }
    }

    /// Fills an untouched book with levels from an earlier time, to be shown as old.
    pub fn remember(&mut self, bids: &[Level], asks: &[Level], received: Timestamp) {
        if self.standing != Standing::Empty {
            return;
        }
        for (side, levels) in [(Side::Bid, bids), (Side::Ask, asks)] {
            for change in levels.iter().filter_map(Change::of) {
                self.ladder.set(side, &change);
            }
        }
        self.standing = Standing::Remembered;
        self.received = Some(received);
    }

    /// Takes the venue's precision, which then decides how prices are printed and checksums are made.
    pub fn set_precision(&mut self, precision: Precision) {
        self.precision = Some(precision);
        // A ladder that cannot be widened stays as it is: prints fewer decimals, loses none.
        let _ = self.ladder.widen(precision);
    }

    /// How prices and quantities are printed: as the venue says, else with the most decimals that it has printed.
    pub fn precision(&self) -> Precision {
        self.precision.unwrap_or(self.ladder.printed())
    }

    /// Whether the book can be trusted.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// What the book has been through.
    pub fn record(&self) -> Record {
        self.record
    }

    /// How many levels a side the subscription carries, where that is known.
    pub fn depth(&self) -> Option<usize> {
        self.depth
    }

    /// The venue's number of the last update, for venues that count.
    pub fn sequence(&self) -> Option<u64> {
        self.sequence
    }

    /// When the last update left the venue, by its clock.
    pub fn exchange_time(&self) -> Option<Timestamp> {
        self.exchange_time
    }

    /// When the last update reached us.
    pub fn received(&self) -> Option<Timestamp> {
        self.received
    }

    /// How long ago the book was last known to be right.
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        self.received.map(|received| received.age(now))
    }
}

impl BookUpdate {
    /// A print of the content, to recognise a message that came twice. Not a cryptographic hash: two different updates
    /// with one print would also need the same time.
    fn print(&self) -> u64 {
        let mut print = u64::from(self.snapshot);
        let mut mix = |value: u64| print = (print.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95);
        for levels in [&self.bids, &self.asks] {
            mix(levels.len() as u64);
            for change in levels {
                mix(change.price.units().cast_unsigned());
                mix(change.quantity.units().cast_unsigned());
            }
        }
        mix(self.exchange_time.map_or(0, |t| t.nanos().cast_unsigned()));
        mix(self.checksum.map_or(0, |c| u64::from(c.expected())));
        print
    }
}

impl From<Change> for Level {
    fn from(change: Change) -> Self {
        Self { price: Price::new(change.price.decimal()), quantity: Quantity::new(change.quantity.decimal()) }
    }
}

impl Change {
    /// The change that sets a level; `None` when its numbers are beyond a book's fixed point.
    pub fn of(level: &Level) -> Option<Self> {
        let (price, quantity) = (level.price.get().try_into().ok()?, level.quantity.get().try_into().ok()?);
        Some(Self { price, quantity })
    }
}
