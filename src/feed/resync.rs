//! When to ask a venue for a fresh snapshot of a book.
//!
//! At once the first time; then, as long as the book does not hold, ever more rarely. A request that stays without answer
//! is repeated in the same rhythm, so that neither a broken stream hammers its venue nor a lost answer blinds us for good.

use crate::market::{Symbol, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// Two requests for one book are at least so far apart.
const FIRST: Duration = Duration::from_secs(1);
/// And need not be further apart than this.
const LONGEST: Duration = Duration::from_secs(30);
/// An answer may take so long before the request is repeated.
const ANSWER: Duration = Duration::from_secs(5);
/// A book that held so long is healthy again: whatever breaks it then is something new.
const HEALTHY: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
struct Case {
    /// When to ask next, while the book is out of step.
    due: Option<Timestamp>,
    asked: Option<Timestamp>,
    /// How long after that the next request may follow.
    apart: Duration,
    healed: Option<Timestamp>,
}

/// The books that are, or were lately, out of step.
#[derive(Clone, Debug, Default)]
pub struct Resyncs {
    cases: BTreeMap<Symbol, Case>,
}

impl Resyncs {
    /// A book has fallen out of step.
    pub fn need(&mut self, symbol: &Symbol, now: Timestamp) {
        let fresh = Case { due: None, asked: None, apart: Duration::ZERO, healed: None };
        let case = self.cases.entry(symbol.clone()).or_insert(fresh);
        if case.due.is_some() {
            return;
        }
        if case.healed.take().is_some_and(|healed| healed.age(now) >= HEALTHY) {
            *case = fresh;
        }
        case.due = Some(case.asked.map_or(now, |asked| asked.plus(case.apart).max(now)));
    }

    /// A snapshot has brought a book back.
    pub fn healed(&mut self, symbol: &Symbol, now: Timestamp) {
        if let Some(case) = self.cases.get_mut(symbol)
            && case.due.take().is_some()
        {
            case.healed = Some(now);
        }
    }

    /// Nobody wants this book any more.
    pub fn forget(&mut self, symbol: &Symbol) {
        self.cases.remove(symbol);
    }

    /// Whether a book waits for a snapshot.
    pub fn waiting(&self, symbol: &Symbol) -> bool {
        self.cases.get(symbol).is_some_and(|case| case.due.is_some())
    }

    /// The books to ask for now. They count as asked.
    pub fn due(&mut self, now: Timestamp) -> Vec<Symbol> {
        let mut due = Vec::new();
        for (symbol, case) in &mut self.cases {
            if case.due.is_some_and(|due| due <= now) {
                case.apart = (case.apart * 2).clamp(FIRST, LONGEST);
                case.asked = Some(now);
                case.due = Some(now.plus(case.apart.max(ANSWER)));
                due.push(symbol.clone());
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn symbol() -> Symbol {
        Symbol::new("BTC/USD").unwrap()
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn a_broken_stream_is_asked_for_ever_more_rarely() {
        let (mut resyncs, btc) = (Resyncs::default(), symbol());
        let mut asked = Vec::new();
        // Every snapshot is broken again within the same second.
        for second in 0..200 {
            resyncs.healed(&btc, at(second));
            resyncs.need(&btc, at(second));
            if !resyncs.due(at(second)).is_empty() {
                asked.push(second);
            }
        }
        assert_eq!(asked, [0, 1, 3, 7, 15, 31, 61, 91, 121, 151, 181]);
    }

    #[test]
    fn an_unanswered_request_is_repeated() {
        let (mut resyncs, btc) = (Resyncs::default(), symbol());
        resyncs.need(&btc, at(0));
        let asked: Vec<_> = (0..100).filter(|second| !resyncs.due(at(*second)).is_empty()).collect();
        assert_eq!(asked, [0, 5, 10, 15, 23, 39, 69, 99]);
        assert!(resyncs.waiting(&btc));
    }

    #[test]
    fn a_book_that_held_is_helped_at_once_again() {
        let (mut resyncs, btc) = (Resyncs::default(), symbol());
        for second in [0, 1, 3, 7, 15] {
            resyncs.need(&btc, at(second));
            resyncs.due(at(second));
            resyncs.healed(&btc, at(second));
            assert!(!resyncs.waiting(&btc));
        }
        resyncs.need(&btc, at(16));
        assert!(resyncs.due(at(16)).is_empty(), "it broke too soon after the last time");
        assert_eq!(resyncs.due(at(31)).len(), 1);
        resyncs.healed(&btc, at(31));
        resyncs.need(&btc, at(41));
        assert_eq!(resyncs.due(at(41)), [btc]);
    }

    proptest! {
        #[test]
        fn two_requests_are_never_closer_than_a_second(steps in prop::collection::vec((0u64..3_000, 0u8..3), 1..200)) {
            let (mut resyncs, btc) = (Resyncs::default(), symbol());
            let (mut now, mut last): (_, Option<Timestamp>) = (at(0), None);
            for (step, what) in steps {
                now = now.plus(Duration::from_millis(step));
                match what {
                    0 => resyncs.need(&btc, now),
                    1 => resyncs.healed(&btc, now),
                    _ => {
                        if !resyncs.due(now).is_empty() {
                            let healthy = last.is_none_or(|last| last.age(now) >= FIRST);
                            prop_assert!(healthy, "{last:?} {now:?}");
                            last = Some(now);
                        }
                    }
                }
            }
        }
    }
}
