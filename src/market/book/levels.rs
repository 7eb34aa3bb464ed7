//! One side of a book: sorted levels, best first, in short runs.
//!
//! Books are deep and change everywhere, and venues send the changes of a frame in order. So the levels lie in runs of at
//! most [`RUN`]: a level is put in or taken out by moving the few behind it in its run, and a change is looked for in the
//! run of the change before it first. Runs that empty are kept for later: once a book has had its size, nothing is
//! allocated. What was tried instead is measured in `docs/performance.md`.
//!
//! No run is empty, each is sorted, and [`Levels::worst`] holds the price of each one's last level.

use crate::market::Side;
use std::iter::Flatten;
use std::slice;

/// The most levels of a run.
const RUN: usize = 64;

/// Price and quantity in units of the ladder's last decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticks {
    pub price: i64,
    pub quantity: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Levels {
    /// Turns a price into its rank.
    mask: i64,
    runs: Vec<Vec<Ticks>>,
    /// The rank of the last price of each run.
    worst: Vec<i64>,
    /// The run of the last change.
    latest: usize,
    len: usize,
    /// Runs that have room and hold nothing.
    spare: Vec<Vec<Ticks>>,
}

impl Levels {
    pub fn new(side: Side) -> Self {
        // The complement of a number is the lower, the higher the number.
        let mask = match side {
            Side::Bid => !0,
            Side::Ask => 0,
        };
        Self { mask, runs: Vec::new(), worst: Vec::new(), latest: 0, len: 0, spare: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn first(&self) -> Option<&Ticks> {
        self.runs.first()?.first()
    }

    /// The best levels, in pieces.
    pub fn best(&self, count: usize) -> impl Iterator<Item = &[Ticks]> {
        self.runs.iter().scan(count, |left, run| {
            let piece = run.get(..*left).unwrap_or(run);
            *left -= piece.len();
            (!piece.is_empty()).then_some(piece)
        })
    }

    pub fn iter(&self) -> Iter<'_> {
        Iter { levels: self.runs.iter().flatten(), left: self.len }
    }

    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Puts a level where it belongs or, with a zero quantity, takes it away. To take away what is not there is nothing: a
    /// venue may delete what lay beyond our depth.
    #[inline]
    pub fn set(&mut self, ticks: Ticks) {
        let rank = self.rank(ticks.price);
        let place = self.place(rank);
        self.latest = place;
        let Some(run) = self.runs.get_mut(place) else {
            if ticks.quantity != 0 {
                self.append(rank, ticks);
            }
            return;
        };
        let mask = self.mask;
        let at = run.partition_point(|level| level.price ^ mask < rank);
        match run.get_mut(at) {
            Some(level) if level.price == ticks.price && ticks.quantity != 0 => *level = ticks,
            Some(level) if level.price == ticks.price => {
                run.remove(at);
                self.len -= 1;
                self.shortened(place);
            }
            _ if ticks.quantity == 0 => {}
            _ => self.insert(place, at, ticks),
        }
    }

    /// Forgets all but the best levels.
    pub fn truncate(&mut self, count: usize) {
        while self.len > count {
            let Some(run) = self.runs.last_mut() else { break };
            let gone = run.len().min(self.len - count);
            run.truncate(run.len() - gone);
            self.len -= gone;
            self.shortened(self.runs.len().saturating_sub(1));
        }
    }

    /// The same levels in other units, which keep their order; `None` when one does not fit those.
    pub fn rescaled(&self, rescale: impl Fn(&Ticks) -> Option<Ticks>) -> Option<Self> {
        let mut rescaled = self.clone();
        for level in rescaled.runs.iter_mut().flatten() {
            *level = rescale(level)?;
        }
        rescaled.worst = rescaled.runs.iter().flat_map(|run| run.last()).map(|level| self.rank(level.price)).collect();
        Some(rescaled)
    }

    /// A number that is the lower, the better the price.
    #[inline]
    fn rank(&self, price: i64) -> i64 {
        price ^ self.mask
    }

    /// The run in which a price is or would be; behind the last one when it is worse than all.
    #[inline]
    fn place(&self, rank: i64) -> usize {
        let holds = |place: usize| {
            let before = place.checked_sub(1).and_then(|before| self.worst.get(before));
            before.is_none_or(|worst| *worst < rank) && self.worst.get(place).is_some_and(|worst| rank <= *worst)
        };
        match self.latest {
            latest if holds(latest) => latest,
            latest if holds(latest + 1) => latest + 1,
            _ => self.worst.partition_point(|worst| *worst < rank),
        }
    }

    /// Adds a level that is worse than all.
    fn append(&mut self, rank: i64, ticks: Ticks) {
        self.len += 1;
        if let (Some(run), Some(worst)) = (self.runs.last_mut(), self.worst.last_mut())
            && run.len() < RUN
        {
            run.push(ticks);
            *worst = rank;
            return;
        }
        let mut run = unused(&mut self.spare);
        run.push(ticks);
        self.runs.push(run);
        self.worst.push(rank);
    }

    /// Puts a level into a run, before one that is there. A full run becomes two.
    fn insert(&mut self, place: usize, at: usize, ticks: Ticks) {
        let Some(run) = self.runs.get_mut(place) else { return };
        self.len += 1;
        if run.len() < RUN {
            run.insert(at, ticks);
            return;
        }
        let mut behind = unused(&mut self.spare);
        behind.extend(run.drain(RUN / 2..));
        match at.checked_sub(run.len()) {
            Some(at) if at > 0 => behind.insert(at, ticks),
            _ => run.insert(at, ticks),
        }
        let worst = run.last().map(|level| level.price ^ self.mask);
        self.worst.splice(place..place, worst);
        self.runs.insert(place + 1, behind);
    }

    /// Sees to a run that has lost its last levels.
    fn shortened(&mut self, place: usize) {
        let last = self.runs.get(place).and_then(|run| run.last());
        match (last.map(|level| self.rank(level.price)), self.worst.get_mut(place)) {
            (Some(rank), Some(worst)) => *worst = rank,
            _ => {
                self.worst.remove(place);
                self.spare.push(self.runs.remove(place));
            }
        }
    }
}

fn unused(spare: &mut Vec<Vec<Ticks>>) -> Vec<Ticks> {
    spare.pop().unwrap_or_else(|| Vec::with_capacity(RUN))
}

/// The levels of a side, best first.
#[derive(Clone, Debug)]
pub(super) struct Iter<'a> {
    levels: Flatten<slice::Iter<'a, Vec<Ticks>>>,
    left: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Ticks;

    fn next(&mut self) -> Option<&'a Ticks> {
        self.left = self.left.saturating_sub(1);
        self.levels.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.left = self.left.saturating_sub(1);
        self.levels.next_back()
    }
}

impl ExactSizeIterator for Iter<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// What is done to a side, and to a plain map.
    #[derive(Clone, Debug)]
    enum Step {
        Set(i64, i64),
        /// Neighbours in order, as a snapshot or a large change brings them.
        Sweep(i64, i64, i64),
        Truncate(usize),
        Rescale,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            20 => (-400i64..400, 0i64..4).prop_map(|(price, quantity)| Step::Set(price, quantity)),
            2 => (-400i64..400, 1i64..300, 0i64..3).prop_map(|(from, count, quantity)| Step::Sweep(from, count, quantity)),
            1 => (0usize..300).prop_map(Step::Truncate),
            1 => Just(Step::Rescale),
        ];
        prop::collection::vec(step, 0..200)
    }

    proptest! {
        #[test]
        fn a_side_is_what_a_plain_map_would_be(steps in steps(), bid in any::<bool>()) {
            let side = if bid { Side::Bid } else { Side::Ask };
            let mut levels = Levels::new(side);
            // By rank: the map's order is ours.
            let sign = if bid { -1 } else { 1 };
            let mut plain = BTreeMap::new();
            let set = |levels: &mut Levels, plain: &mut BTreeMap<i64, i64>, price: i64, quantity: i64| {
                levels.set(Ticks { price, quantity });
                if quantity == 0 { plain.remove(&(sign * price)) } else { plain.insert(sign * price, quantity) };
            };
            for step in steps {
                match step {
                    Step::Set(price, quantity) => set(&mut levels, &mut plain, price, quantity),
                    Step::Sweep(from, count, quantity) => {
                        (0..count).for_each(|n| set(&mut levels, &mut plain, sign * (from + n), quantity));
                    }
                    Step::Truncate(count) => {
                        levels.truncate(count);
                        plain = plain.into_iter().take(count).collect();
                    }
                    Step::Rescale => {
                        prop_assert!(levels.rescaled(|_| None).is_none() || plain.is_empty());
                        levels = levels.rescaled(|ticks| Some(Ticks { price: ticks.price * 10, ..*ticks })).unwrap();
                        levels = levels.rescaled(|ticks| Some(Ticks { price: ticks.price / 10, ..*ticks })).unwrap();
                    }
                }
                let ours: Vec<_> = levels.iter().map(|ticks| (sign * ticks.price, ticks.quantity)).collect();
                prop_assert_eq!(ours, plain.clone().into_iter().collect::<Vec<_>>());
                prop_assert_eq!(levels.iter().len(), plain.len());
                let best: Vec<_> = levels.best(70).flatten().copied().collect();
                prop_assert_eq!(best, levels.iter().take(70).copied().collect::<Vec<_>>());
                prop_assert_eq!(levels.iter().next_back().map(|t| sign * t.price), plain.keys().next_back().copied());
                prop_assert!(levels.runs.iter().all(|run| (1..=RUN).contains(&run.len())));
                let worst: Vec<_> = levels.runs.iter().map(|run| levels.rank(run.last().unwrap().price)).collect();
                prop_assert_eq!(&worst, &levels.worst);
            }
        }
    }

    #[test]
    fn what_has_been_held_once_is_held_again_without_new_room() {
        let mut levels = Levels::new(Side::Ask);
        let fill = |levels: &mut Levels| (0..1_000).for_each(|price| levels.set(Ticks { price, quantity: 1 }));
        fill(&mut levels);
        let rooms = levels.runs.len() + levels.spare.len();
        for _ in 0..10 {
            levels.clear();
            fill(&mut levels);
        }
        assert_eq!(levels.runs.len() + levels.spare.len(), rooms);
    }
}
