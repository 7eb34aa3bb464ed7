//! Joins a snapshot that is fetched by HTTP with the stream of changes that runs beside it.
//!
//! The snapshot is as old as the request took; the changes that came meanwhile are held, those that it contains already
//! are dropped, and the first that goes beyond it must touch it. The books behind this see one unbroken count:
//!
//! - A change is handed on with the number that it follows; a break is handed on too, so that the book sees the gap, and
//!   from there on changes are held again for the next snapshot.
//! - What is known already is dropped, but only as long as it can be a repetition: a change that lies inside of the one
//!   before it, or a long run of changes from the past, shows that a number was wrong, and is a break as well.
//! - A snapshot that is older than the first held change cannot be joined and has to be fetched again; one that is older
//!   than a book in step is of no use and is dropped.

use crate::market::{BookUpdate, Sequence};
use std::collections::VecDeque;

/// Changes held for one book at most; the oldest leave first, and a snapshot older than them is then not joined.
const MAX_HELD: usize = 2_000;

/// So many changes in a row may be known already; a snapshot is not ahead of its stream for longer.
const MAX_KNOWN: u32 = 100;

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
    /// How far the book is; `None` while a snapshot is awaited.
    at: Option<Place>,
    held: VecDeque<Numbered>,
}

/// How far a book is.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The last number handed on.
    last: u64,
    /// Where the change that brought it began; `None` as long as no change has been joined to the snapshot.
    first: Option<u64>,
    /// Changes in a row since then that were known already.
    known: u32,
}

impl Splice {
    /// Waits for the first snapshot.
    pub fn new(count: Count) -> Self {
        Self { count, at: None, held: VecDeque::new() }
    }

    /// Waits for the first snapshot of a new stream: what is held belongs to the one before.
    pub fn restart(&mut self) {
        *self = Self::new(self.count);
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
        let Some(place) = self.at.as_mut() else {
            self.hold(change);
            return None;
        };
        let previous = if contained(self.count, &change, place) {
            place.known += 1;
            let inside = place.first.is_some_and(|first| change.first > first);
            if !inside && place.known <= MAX_KNOWN {
                return None;
            }
            Some(change.first.saturating_sub(1))
        } else {
            previous(self.count, &change, place)
        };
        let last = place.last;
        if previous.is_some_and(|previous| previous != last) {
            // A gap. The book has to see it, also when the numbers go back, which it would take for a repetition; a
            // snapshot to come may begin before this change.
            change.update.sequence = Some(Sequence { previous, last: change.last.max(last.saturating_add(1)) });
            self.at = None;
            self.held.clear();
            self.hold(change.clone());
        } else {
            change.update.sequence = Some(Sequence { previous, last: change.last });
            self.at = Some(Place { last: change.last, first: Some(change.first), known: 0 });
        }
        Some(change.update)
    }

    /// Takes a snapshot that holds everything up to `number`, and appends what the book has to see to `out`.
    pub fn snapshot(&mut self, number: u64, mut update: BookUpdate, out: &mut Vec<BookUpdate>) -> Joined {
        if self.at.is_some_and(|place| number <= place.last) {
            return Joined::Needless;
        }
        let place = Place { last: number, first: None, known: 0 };
        while self.held.front().is_some_and(|change| contained(self.count, change, &place)) {
            self.held.pop_front();
        }
        if let Some(first) = self.held.front()
            && previous(self.count, first, &place).is_some_and(|previous| previous != number)
        {
            return Joined::TooOld;
        }
        update.sequence = Some(Sequence { previous: None, last: number });
        out.push(update);
        self.at = Some(place);
        // What is held may have a gap of its own; what follows that is held again.
        for change in std::mem::take(&mut self.held) {
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
}

/// Whether everything in a change is known already.
fn contained(count: Count, change: &Numbered, place: &Place) -> bool {
    match (count, place.first) {
        // The first change behind a snapshot may end exactly with it; it is then what the chain goes on from.
        (Count::Chain, None) => change.last < place.last,
        _ => change.last <= place.last,
    }
}

/// The number that a change follows, in the book's one count.
fn previous(count: Count, change: &Numbered, place: &Place) -> Option<u64> {
    let last = place.last;
    let touches = match count {
        Count::Time => return None,
        Count::Ranges => change.first <= last.saturating_add(1),
        // All that came after the change before it is in this one.
        Count::Chain => change.first <= last || change.previous.is_some_and(|previous| previous <= last),
    };
    match place.first {
        None if touches => Some(last),
        _ => change.previous.or(change.first.checked_sub(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Applied, Book, Change, Desync, Side, Timestamp};
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
            assert!(out.is_empty() && splice.at.is_none());
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
        assert!(splice.at.is_none());
        out.clear();
        assert_eq!(splice.snapshot(12, empty(true), &mut out), Joined::Yes);
        assert_eq!(numbers(&out), [(None, 12), (Some(12), 12)]);
        assert_eq!(splice.snapshot(11, empty(true), &mut out), Joined::Needless);
    }

    #[test]
    fn what_is_held_may_have_a_gap_of_its_own() {
        let mut splice = Splice::new(Count::Ranges);
        for number in [4, 5, 7, 8] {
            splice.change(change(number, number, None));
        }
        let mut out = Vec::new();
        assert_eq!(splice.snapshot(4, empty(true), &mut out), Joined::Yes);
        assert_eq!(
            numbers(&out),
            [(None, 4), (Some(4), 5), (Some(6), 7)],
            "the book sees the gap, and nothing behind it"
        );
        out.clear();
        assert_eq!(splice.snapshot(7, empty(true), &mut out), Joined::Yes);
        assert_eq!(numbers(&out), [(None, 7), (Some(7), 8)], "what followed the gap was held");
    }

    #[test]
    fn a_number_that_jumps_ahead_does_not_silence_what_follows() {
        for (count, chained) in [(Count::Ranges, false), (Count::Chain, true)] {
            let previous = |number: u64| chained.then_some(number);
            let (mut splice, mut book) = (Splice::new(count), Book::new());
            let mut out = Vec::new();
            splice.snapshot(5, empty(true), &mut out);
            out.extend(splice.change(change(6, 9, previous(5))));
            // It should have ended with 12.
            out.extend(splice.change(change(10, 912, previous(9))));
            assert_eq!(splice.change(change(6, 9, previous(5))), None, "a repetition is none the less one");
            out.extend(splice.change(change(13, 15, previous(12))));
            assert!(splice.at.is_none());
            let applied = out.iter().map(|update| book.apply(update, Timestamp::from_secs(1))).last();
            let gap = Desync::Gap { expected: 912, got: 12 };
            assert_eq!(applied, Some(Applied::NeedsResync(gap)));
        }
    }

    #[test]
    fn a_snapshot_from_the_future_is_not_waited_for_without_end() {
        for count in [Count::Ranges, Count::Chain, Count::Time] {
            let mut splice = Splice::new(count);
            let mut book = Book::new();
            let mut out = Vec::new();
            splice.snapshot(1_000_000, empty(true), &mut out);
            for number in 1..=u64::from(MAX_KNOWN) {
                assert_eq!(splice.change(change(number, number, None)), None);
            }
            out.extend(splice.change(change(101, 101, None)));
            let applied = out.iter().map(|update| book.apply(update, Timestamp::from_secs(1))).last();
            assert!(matches!(applied, Some(Applied::NeedsResync(_))), "{applied:?}");
        }
    }

    #[test]
    fn a_chained_change_may_begin_long_after_the_one_before_it() {
        let mut splice = Splice::new(Count::Chain);
        splice.change(change(15, 20, Some(9)));
        let mut out = Vec::new();
        assert_eq!(splice.snapshot(12, empty(true), &mut out), Joined::Yes);
        assert_eq!(numbers(&out), [(None, 12), (Some(12), 20)], "nothing happened between 9 and 15");
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
