//! Joins a snapshot that is fetched by HTTP with the stream of changes that runs beside it.
//!
//! The snapshot is as old as the request took; the changes that came meanwhile are held, those that it contains already
//! are dropped, and the first that goes beyond it must touch it. The books behind this see one unbroken count:
//!
//! - Over one connection nothing comes late: a number that goes back is as much a break as one that skips.
//! - A change is handed on with the number that it follows; a break is handed on too, so that the book sees the gap, and
//!   from there on changes are held again for the next snapshot.
//! - A snapshot that is older than the first held change cannot be joined and has to be fetched again; one that is older
//!   than a book in step is of no use and is dropped.

use crate::market::{BookUpdate, Sequence};
use std::collections::VecDeque;

/// Changes held for one book at most; the oldest leave first, and a snapshot older than them is then not joined.
const MAX_HELD: usize = 2_000;

/// How a venue numbers its changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Each change covers a range of numbers; the next begins with the one after its last.
    Ranges,
    /// Each change names the last number of the one before it.
    Chain,
    /// By time alone: later is newer, and nothing shows a gap.
    Time,
}

/// A change and its numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// The first number that it covers.
    pub first: u64,
    /// The last number that it covers.
    pub last: u64,
    /// The last number of the change before it, where the venue tells.
    pub previous: Option<u64>,
    /// The change; its sequence is filled in here.
    pub update: BookUpdate,
}

/// What became of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// It stands, with what was held behind it.
    Yes,
    /// It ends before the held changes begin: fetch another one.
    TooOld,
    /// The book is in step beyond it already.
    Needless,
}

/// One book's changes and snapshots.
#[derive(Debug)]
pub struct Splice {
    count: Count,
    /// The last number handed on, and whether a change has been joined to it; `None` while a snapshot is awaited.
    at: Option<(u64, bool)>,
    held: VecDeque<Numbered>,
}

impl Splice {
    /// Waits for the first snapshot.
    pub fn new(count: Count) -> Self {
        Self { count, at: None, held: VecDeque::new() }
    }

    /// Waits for a snapshot again, on the same stream of changes: what is held stays.
    pub fn wait(&mut self) {
        self.at = None;
    }

    /// Whether a snapshot is awaited.
    pub fn waiting(&self) -> bool {
        self.at.is_none()
    }

    /// Takes a change; gives it back when the book has to see it now.
    pub fn change(&mut self, mut change: Numbered) -> Option<BookUpdate> {
        let Some((last, joined)) = self.at else {
            self.hold(change);
            return None;
        };
        if change.last == last || (!joined && self.contained(&change, last, joined)) {
            // What came twice, or is in the snapshot.
            return None;
        }
        let previous = self.previous(&change, last, joined);
        change.update.sequence = Some(Sequence { previous, last: change.last });
        if change.last < last || previous.is_some_and(|previous| previous != last) {
            // A gap. The book has to see it; a snapshot to come may begin before this change.
            self.at = None;
            self.held.clear();
            self.hold(change.clone());
        } else {
            self.at = Some((change.last, true));
        }
        Some(change.update)
    }

    /// Takes a snapshot that holds everything up to `number`, and appends what the book has to see to `out`.
    pub fn snapshot(&mut self, number: u64, mut update: BookUpdate, out: &mut Vec<BookUpdate>) -> Joined {
        if self.at.is_some_and(|(last, _)| number <= last) {
            return Joined::Needless;
        }
        while self.held.front().is_some_and(|change| self.contained(change, number, false)) {
            self.held.pop_front();
        }
        if let Some(first) = self.held.front()
            && self.previous(first, number, false).is_some_and(|previous| previous != number)
        {
            return Joined::TooOld;
        }
        update.sequence = Some(Sequence { previous: None, last: number });
        out.push(update);
        self.at = Some((number, false));
        while let Some(change) = self.held.pop_front() {
            out.extend(self.change(change));
        }
        Joined::Yes
    }

    fn hold(&mut self, change: Numbered) {
        if self.held.len() == MAX_HELD {
            self.held.pop_front();
        }
        self.held.push_back(change);
    }

    /// Whether everything in a change is known at `last` already.
    fn contained(&self, change: &Numbered, last: u64, joined: bool) -> bool {
        match self.count {
            // The first change behind a snapshot may end exactly with it; it is then what the chain goes on from.
            Count::Chain if !joined => change.last < last,
            _ => change.last <= last,
        }
    }

    /// The number that a change follows, in the book's one count.
    fn previous(&self, change: &Numbered, last: u64, joined: bool) -> Option<u64> {
        let touches = match self.count {
            Count::Time => return None,
            Count::Ranges => change.first <= last.saturating_add(1),
            Count::Chain => change.first <= last || change.previous == Some(last),
        };
        match joined {
            false if touches => Some(last),
            _ => change.previous.or(change.first.checked_sub(1)),
        }
    }
}

#[cfg(test)]
pub(super) mod tests_support {
    //! What the tests of several venues draw: changes of one side, and a snapshot that is taken and arrives somewhere.

    use crate::market::{Book, Side};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Changes of price to quantity; the snapshot holds the first `taken` and arrives before change `arrives`.
    #[derive(Clone, Debug)]
    pub struct Story {
        pub changes: Vec<(i64, i64)>,
        pub taken: usize,
        pub arrives: usize,
    }

    impl Story {
        /// The book after so many changes, lowest price first.
        pub fn before(&self, count: usize) -> Vec<(i64, i64)> {
            let mut model = BTreeMap::new();
            for (price, quantity) in &self.changes[..count] {
                match quantity {
                    0 => model.remove(price),
                    quantity => model.insert(*price, *quantity),
                };
            }
            model.into_iter().collect()
        }

        /// The bids of a book in the same form, prices in units of so many decimals.
        pub fn shown(&self, book: &Book, decimals: u8) -> Vec<(i64, i64)> {
            let units = |value: crate::money::Decimal, decimals| {
                crate::money::Fixed::try_from(value).unwrap().rescaled(decimals).unwrap()
            };
            let levels = book.levels(Side::Bid);
            let mut shown: Vec<_> =
                levels.map(|level| (units(level.price.get(), decimals), units(level.quantity.get(), 0))).collect();
            shown.reverse();
            shown
        }
    }

    pub fn drawn() -> impl Strategy<Value = Story> {
        (prop::collection::vec((1i64..20, 0i64..5), 1..60), 0usize..60, 0usize..60).prop_map(
            |(changes, taken, delay)| {
                let taken = taken.min(changes.len());
                let arrives = (taken + delay).min(changes.len());
                Story { changes, taken, arrives }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Applied, Book, Change, Side, Timestamp};
    use crate::money::Fixed;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn empty(snapshot: bool) -> BookUpdate {
        let (bids, asks) = (Vec::new(), Vec::new());
        BookUpdate { snapshot, depth: None, bids, asks, sequence: None, checksum: None, exchange_time: None }
    }

    fn change(first: u64, last: u64, previous: Option<u64>) -> Numbered {
        Numbered { first, last, previous, update: empty(false) }
    }

    fn numbers(updates: &[BookUpdate]) -> Vec<(Option<u64>, u64)> {
        updates.iter().filter_map(|update| update.sequence).map(|s| (s.previous, s.last)).collect()
    }

    #[test]
    fn changes_are_held_until_a_snapshot_touches_them() {
        let mut splice = Splice::new(Count::Ranges);
        for (first, last) in [(1, 3), (4, 6), (7, 9)] {
            assert_eq!(splice.change(change(first, last, None)), None);
        }
        let mut out = Vec::new();
        assert_eq!(splice.snapshot(5, empty(true), &mut out), Joined::Yes);
        assert_eq!(numbers(&out), [(None, 5), (Some(5), 6), (Some(6), 9)]);
        assert_eq!(splice.change(change(7, 9, None)), None, "what came twice is dropped");
        let next = splice.change(change(10, 11, None)).unwrap();
        assert_eq!(numbers(&[next]), [(Some(9), 11)]);
    }

    #[test]
    fn a_snapshot_from_before_the_changes_is_fetched_again() {
        for (count, previous) in [(Count::Ranges, None), (Count::Chain, Some(8))] {
            let mut splice = Splice::new(count);
            splice.change(change(9, 12, previous));
            let mut out = Vec::new();
            assert_eq!(splice.snapshot(5, empty(true), &mut out), Joined::TooOld);
            assert!(out.is_empty());
            assert_eq!(splice.snapshot(10, empty(true), &mut out), Joined::Yes);
            assert_eq!(numbers(&out), [(None, 10), (Some(10), 12)]);
        }
    }

    #[test]
    fn a_gap_is_shown_and_changes_are_held_from_there() {
        let mut splice = Splice::new(Count::Chain);
        let mut out = Vec::new();
        splice.snapshot(5, empty(true), &mut out);
        assert!(splice.change(change(4, 7, Some(3))).is_some(), "the first goes beyond the snapshot");
        let broken = splice.change(change(10, 12, Some(9))).unwrap();
        assert_eq!(numbers(&[broken]), [(Some(9), 12)]);

        out.clear();
        assert_eq!(splice.snapshot(12, empty(true), &mut out), Joined::Yes);
        assert_eq!(numbers(&out), [(None, 12)], "the break ended where the snapshot does");
        assert_eq!(splice.snapshot(11, empty(true), &mut out), Joined::Needless);
    }

    #[test]
    fn what_is_held_has_a_limit() {
        let mut splice = Splice::new(Count::Ranges);
        for number in 1..=(MAX_HELD as u64 + 10) {
            splice.change(change(number, number, None));
        }
        assert_eq!(splice.snapshot(3, empty(true), &mut Vec::new()), Joined::TooOld);
        assert_eq!(splice.snapshot(10, empty(true), &mut Vec::new()), Joined::Yes);
    }

    proptest! {
        /// Wherever the snapshot is taken and whenever it arrives, the book ends as a plain map would.
        #[test]
        fn any_interleaving_equals_the_naive_model(
            changes in prop::collection::vec((1i64..20, 0i64..5), 1..60),
            taken in 0usize..60,
            delay in 0usize..60,
            chained in any::<bool>(),
        ) {
            let count = if chained { Count::Chain } else { Count::Ranges };
            let taken = taken.min(changes.len());
            let arrives = (taken + delay).min(changes.len());
            let (mut model, mut snapshot) = (BTreeMap::new(), empty(true));
            let (mut splice, mut book, mut out) = (Splice::new(count), Book::new(), Vec::new());
            for at in 0..=changes.len() {
                if at == taken {
                    let level = |(price, quantity): (&i64, &i64)| Change {
                        price: Fixed::new(*price, 0), quantity: Fixed::new(*quantity, 0),
                    };
                    snapshot.bids = model.iter().map(level).collect();
                }
                if at == arrives {
                    let joined = splice.snapshot(taken as u64, snapshot.clone(), &mut out);
                    prop_assert_eq!(joined, Joined::Yes);
                }
                let Some((price, quantity)) = changes.get(at) else { break };
                match quantity {
                    0 => model.remove(price),
                    quantity => model.insert(*price, *quantity),
                };
                let number = at as u64 + 1;
                let mut update = empty(false);
                update.bids.push(Change { price: Fixed::new(*price, 0), quantity: Fixed::new(*quantity, 0) });
                let previous = chained.then_some(number - 1);
                out.extend(splice.change(Numbered { first: number, last: number, previous, update }));
            }
            for update in &out {
                let applied = book.apply(update, Timestamp::from_secs(1));
                prop_assert!(!matches!(applied, Applied::NeedsResync(_)), "{:?}", applied);
            }
            let ours: Vec<_> = book.levels(Side::Bid).map(|l| (l.price.to_string(), l.quantity.to_string())).collect();
            let theirs: Vec<_> = model.iter().rev().map(|(p, q)| (p.to_string(), q.to_string())).collect();
            prop_assert_eq!(ours, theirs);
        }
    }
}
