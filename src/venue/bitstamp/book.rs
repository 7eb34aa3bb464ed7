//! One pair's book: its snapshot comes by HTTP, its changes by the stream, and time is all that orders them.
//!
//! - A snapshot is taken only when it reaches the first change that is held for it, so that nothing can lie between them.
//! - A change that is older than the one before, or as old but different, shows that something is out of order. Since
//!   nothing tells what, the book then waits for a snapshot that reaches the *next* change: what was there before is in it.

use super::wire::Levels;
use crate::market::{BookUpdate, Desync, Symbol, Timestamp};
use crate::venue::splice::{Count, Joined, Numbered, Splice};

/// Changes held for a snapshot at most.
const MAX_HELD: usize = 1_000;

#[derive(Debug)]
pub(super) struct Book {
    pub symbol: Symbol,
    splice: Splice,
    /// The time and the checksum of the latest change.
    newest: Option<(u64, u32)>,
    need: Need,
    held: usize,
}

/// How far a snapshot has to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// As far as the first change that comes before it.
    First,
    /// To this time.
    Time(u64),
    /// To the time of the next change.
    Next,
}

/// What became of a change.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The book has to see it.
    Change(BookUpdate),
    /// Held, or known already.
    Nothing,
    /// A snapshot is worth asking for now.
    Ask,
    /// The book cannot be trusted.
    Disorder(Desync),
}

impl Book {
    /// Waits for the first snapshot.
    pub fn new(symbol: Symbol) -> Self {
        Self { symbol, splice: Splice::new(Count::Time), newest: None, need: Need::First, held: 0 }
    }

    /// Takes a change; `print` tells a repeated message from another one of the same time.
    pub fn change(&mut self, levels: Levels, print: u32) -> Heard {
        let micros = levels.micros;
        if let Some((newest, known)) = self.newest
            && micros <= newest
        {
            if (micros, print) == (newest, known) {
                return Heard::Nothing;
            }
            self.doubt();
            self.newest = Some((micros, print));
            return Heard::Disorder(Desync::Gap { expected: newest, got: micros });
        }
        self.newest = Some((micros, print));
        if self.held == MAX_HELD {
            self.doubt();
        }
        let awaited = self.need == Need::Next;
        if self.splice.waiting() {
            self.held += 1;
            self.need = match self.need {
                Need::First | Need::Next => Need::Time(micros),
                known => known,
            };
        }
        let change = Numbered { first: micros, last: micros, previous: None, update: update(levels, false) };
        match self.splice.change(change) {
            Some(update) => Heard::Change(update),
            None if awaited => Heard::Ask,
            None => Heard::Nothing,
        }
    }

    /// Takes a snapshot, and appends what the book has to see to `out`; `false` when another one is needed.
    pub fn snapshot(&mut self, levels: Levels, out: &mut Vec<BookUpdate>) -> bool {
        match self.need {
            Need::Time(time) if self.splice.waiting() && levels.micros < time => return false,
            // It will be asked for when the next change has come.
            Need::Next => return true,
            _ => {}
        }
        let joined = self.splice.snapshot(levels.micros, update(levels, true), out);
        if joined == Joined::Yes {
            (self.need, self.held) = (Need::First, 0);
        }
        joined != Joined::TooOld
    }

    /// Waits for another snapshot on an unbroken stream; `false` when the next change has to come first.
    pub fn wait(&mut self) -> bool {
        self.splice.wait();
        if self.need == Need::First {
            self.need = self.newest.map_or(Need::First, |(micros, _)| Need::Time(micros));
        }
        self.need != Need::Next
    }

    /// A change may have gone missing.
    pub fn doubt(&mut self) {
        self.splice = Splice::new(Count::Time);
        (self.need, self.held) = (Need::Next, 0);
    }
}

/// Levels as a book takes them; without a count, unless one is filled in.
pub(super) fn update(levels: Levels, snapshot: bool) -> BookUpdate {
    BookUpdate {
        snapshot,
        depth: None,
        bids: levels.bids,
        asks: levels.asks,
        sequence: None,
        checksum: None,
        exchange_time: moment(levels.micros),
    }
}

fn moment(micros: u64) -> Option<Timestamp> {
    i64::try_from(micros).ok()?.checked_mul(1_000).map(Timestamp::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: u64) -> Levels {
        Levels { micros, ..Levels::default() }
    }

    fn book() -> Book {
        Book::new(Symbol::new("BTC/USD").unwrap())
    }

    fn times(updates: &[BookUpdate]) -> Vec<u64> {
        updates.iter().filter_map(|update| update.sequence).map(|sequence| sequence.last).collect()
    }

    #[test]
    fn a_snapshot_must_reach_the_first_change() {
        let (mut book, mut out) = (book(), Vec::new());
        assert_eq!(book.change(at(10), 1), Heard::Nothing);
        assert_eq!(book.change(at(20), 2), Heard::Nothing);
        assert!(!book.snapshot(at(9), &mut out), "a change between 9 and 10 may be missing");
        assert!(book.snapshot(at(10), &mut out));
        assert_eq!(times(&out), [10, 20]);
        assert!(matches!(book.change(at(21), 3), Heard::Change(_)));
    }

    #[test]
    fn a_snapshot_before_any_change_is_taken() {
        let (mut book, mut out) = (book(), Vec::new());
        assert!(book.snapshot(at(10), &mut out));
        assert_eq!(book.change(at(9), 1), Heard::Nothing, "it is in the snapshot");
        assert!(matches!(book.change(at(11), 2), Heard::Change(_)));
        assert_eq!(book.change(at(11), 2), Heard::Nothing, "it came twice");
    }

    #[test]
    fn after_disorder_only_a_snapshot_of_the_next_change_will_do() {
        for wrong in [at(12), at(15)] {
            let (mut book, mut out) = (book(), Vec::new());
            book.snapshot(at(10), &mut out);
            assert!(matches!(book.change(at(15), 1), Heard::Change(_)));
            assert!(matches!(book.change(wrong, 2), Heard::Disorder(Desync::Gap { expected: 15, .. })));
            assert!(!book.wait(), "the next change has to come first");
            out.clear();
            assert!(book.snapshot(at(99), &mut out) && out.is_empty());
            assert_eq!(book.change(at(17), 3), Heard::Ask);
            assert!(!book.snapshot(at(16), &mut out));
            assert!(book.snapshot(at(17), &mut out));
            assert_eq!(times(&out), [17]);
        }
    }

    #[test]
    fn asking_again_on_an_unbroken_stream_needs_no_new_change() {
        let (mut book, mut out) = (book(), Vec::new());
        book.snapshot(at(10), &mut out);
        book.change(at(15), 1);
        assert!(book.wait());
        assert_eq!(book.change(at(17), 2), Heard::Nothing);
        assert!(!book.snapshot(at(14), &mut out));
        out.clear();
        assert!(book.snapshot(at(16), &mut out));
        assert_eq!(times(&out), [16, 17]);
    }

    #[test]
    fn what_is_held_has_a_limit() {
        let (mut book, mut out) = (book(), Vec::new());
        for micros in 0..MAX_HELD as u64 + 10 {
            book.change(at(micros + 1), 0);
        }
        assert!(!book.snapshot(at(5), &mut out), "changes behind it have left");
        assert!(book.snapshot(at(MAX_HELD as u64 + 1), &mut out));
        assert_eq!(out.len(), 10);
    }
}
