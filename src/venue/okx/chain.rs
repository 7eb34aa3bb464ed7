//! The chain of a book's updates: each names the number of the one before it.
//!
//! The numbers need not grow: an update that only says that the stream lives repeats the number before it, and after
//! maintenance the venue may count from the start again, with an update that still names the old number as the one before.

use crate::market::Desync;

/// The number of the last update.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Chain(Option<i64>);

/// How an update stands to those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// It follows, as far as can be known.
    Follows,
    /// It has come before.
    Repeats,
    /// Something is missing before it.
    Breaks(Desync),
}

impl Chain {
    /// Begins anew with a snapshot.
    pub fn begin(&mut self, number: Option<i64>) {
        self.0 = number;
    }

    /// Takes the next update, which also goes on after a break: the snapshot that mends the book begins a new chain.
    pub fn link(&mut self, previous: Option<i64>, number: Option<i64>) -> Link {
        let (Some(ours), Some(previous)) = (self.0, previous) else {
            self.0 = number;
            return Link::Follows;
        };
        if previous != ours && number == Some(ours) {
            return Link::Repeats;
        }
        self.0 = number;
        if previous == ours {
            return Link::Follows;
        }
        let shown = |number: i64| u64::try_from(number).unwrap_or_default();
        Link::Breaks(Desync::Gap { expected: shown(ours), got: shown(previous) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_holds_over_repetitions_signs_of_life_and_a_new_count() {
        let mut chain = Chain::default();
        assert_eq!(chain.link(Some(4), Some(5)), Link::Follows, "nothing is known before the first snapshot");
        chain.begin(Some(10));
        for (previous, number) in [(10, 15), (15, 15), (15, 15), (15, 3), (3, 5)] {
            assert_eq!(chain.link(Some(previous), Some(number)), Link::Follows, "{previous} {number}");
        }
        assert_eq!(chain.link(Some(3), Some(5)), Link::Repeats);
        assert_eq!(chain.link(Some(7), Some(9)), Link::Breaks(Desync::Gap { expected: 5, got: 7 }));
        assert_eq!(chain.link(Some(3), Some(5)), Link::Breaks(Desync::Gap { expected: 9, got: 3 }));
    }

    #[test]
    fn without_numbers_there_is_no_chain() {
        let mut chain = Chain::default();
        chain.begin(None);
        assert_eq!(chain.link(None, None), Link::Follows);
        assert_eq!(chain.link(None, None), Link::Follows);
    }
}
