//! What a portfolio was worth at a moment, what each asset was worth then, and how much of that is kept for how long.
//!
//! - One row a minute is kept of today, one an hour of the 31 days before, one a day of all time before that; days are
//!   those of UTC. The last row of each period stays as it was written: nothing is averaged and nothing is made up.
//! - What is thinned in steps, day by day, is what would be thinned at once: the last row of a day is the last of its hour.
//! - A snapshot has what came from outside since the beginning, not since the snapshot before, so that one that is left
//!   out takes no flow with it; the flow of a period is a difference.

use crate::market::Timestamp;
use crate::money::{Asset, Decimal};
use std::collections::BTreeMap;
use std::sync::Arc;

const SECOND: i64 = 1_000_000_000;

/// How many days before today keep a row an hour.
pub const HOURLY_DAYS: i64 = 31;

/// What a portfolio was worth at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// When.
    pub at: Timestamp,
    /// Of what.
    pub portfolio: Arc<str>,
    /// In what.
    pub base: Asset,
    /// The net asset value: all that has a price, less what is owed.
    pub nav: Decimal,
    /// What came from outside since the beginning, less what went there; `None` when a part of it had no price.
    pub invested: Option<Decimal>,
    /// The units of a fund.
    pub units: Option<Decimal>,
    /// The share of the value that has a price, from 0 to 1.
    pub complete: Decimal,
    /// How many assets have none.
    pub unpriced: u32,
}

/// What one asset was worth at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When it was valued.
    pub at: Timestamp,
    /// What.
    pub asset: Asset,
    /// In what.
    pub currency: Asset,
    /// What one was worth.
    pub price: Decimal,
    /// When the price was made.
    pub priced_at: Timestamp,
    /// Where it is from: `kraken BTC/USD mid`.
    pub source: String,
}

/// How densely rows are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    /// One a minute: today, and what claims to be later.
    Minute,
    /// One an hour.
    Hour,
    /// One a day.
    Day,
}

impl Grain {
    /// How densely rows of the moment `at` are kept when it is `now`. All rows of a day are kept alike.
    pub fn of(at: Timestamp, now: Timestamp) -> Self {
        match day(now) - day(at) {
            ..=0 => Self::Minute,
            1..=HOURLY_DAYS => Self::Hour,
            _ => Self::Day,
        }
    }

    /// Which period the moment lies in, counted from 1970.
    pub const fn period(self, at: Timestamp) -> i64 {
        let seconds = match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        };
        at.nanos().div_euclid(seconds * SECOND)
    }
}

/// The day in UTC, counted from 1970.
pub const fn day(at: Timestamp) -> i64 {
    Grain::Day.period(at)
}

/// A row of which one is kept in each period.
pub trait Kept {
    /// What there is one row of: a portfolio, an asset in a currency.
    type Of: Ord;

    /// When it was.
    fn at(&self) -> Timestamp;

    /// What it is a row of.
    fn of(&self) -> Self::Of;
}

impl Kept for Snapshot {
    type Of = Arc<str>;

    fn at(&self) -> Timestamp {
        self.at
    }

    fn of(&self) -> Arc<str> {
        self.portfolio.clone()
    }
}

impl Kept for Mark {
    type Of = (Asset, Asset);

    fn at(&self) -> Timestamp {
        self.at
    }

    fn of(&self) -> (Asset, Asset) {
        (self.asset.clone(), self.currency.clone())
    }
}

/// The rows that are kept when it is `now`, by moment: the last of each period. Of two of one moment, the later one in
/// `rows` counts.
pub fn thinned<T: Kept>(rows: impl IntoIterator<Item = T>, now: Timestamp) -> Vec<T> {
    let mut last: BTreeMap<(Grain, i64, T::Of), T> = BTreeMap::new();
    for row in rows {
        let grain = Grain::of(row.at(), now);
        let key = (grain, grain.period(row.at()), row.of());
        if last.get(&key).is_none_or(|kept| kept.at() <= row.at()) {
            last.insert(key, row);
        }
    }
    let mut kept: Vec<T> = last.into_values().collect();
    // Stable: rows of one moment stay in the order of what they are of.
    kept.sort_by_key(Kept::at);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn snapshot(secs: i64, portfolio: &str, nav: i64) -> Snapshot {
        Snapshot {
            at: Timestamp::from_secs(secs),
            portfolio: portfolio.into(),
            base: Asset::new("USD").unwrap(),
            nav: Decimal::from(nav),
            invested: None,
            units: None,
            complete: Decimal::ONE,
            unpriced: 0,
        }
    }

    #[test]
    fn a_row_a_minute_an_hour_and_a_day() {
        // 1 800 000 000 is 2027-01-15 08:00 UTC.
        let midnight = 1_800_000_000 - 8 * 3_600;
        let kept = |secs: &[i64]| -> Vec<i64> {
            thinned(secs.iter().map(|secs| snapshot(midnight + secs, "a", 1)), NOW)
                .iter()
                .map(|s| s.at.secs() - midnight)
                .collect()
        };
        assert_eq!(kept(&[0, 59, 60, 61, 119]), [59, 119], "today, by the minute");
        assert_eq!(kept(&[-1, -60, -3_600, -3_601, -7_200]), [-3_601, -1], "yesterday, by the hour");
        let month = -31 * 86_400;
        assert_eq!(
            kept(&[month, month + 3_599, month + 3_600]),
            [month + 3_599, month + 3_600],
            "31 days ago, by the hour"
        );
        assert_eq!(kept(&[month - 1, month - 3_601, month - 86_400]), [month - 1], "before that, by the day");
        assert_eq!(kept(&[86_400, 86_401, 86_470]), [86_401, 86_470], "what claims to be tomorrow is left alone");
    }

    #[test]
    fn of_two_rows_of_one_moment_the_later_counts() {
        let kept = thinned([snapshot(0, "a", 1), snapshot(0, "b", 2), snapshot(0, "a", 3)], NOW);
        assert_eq!(kept, [snapshot(0, "a", 3), snapshot(0, "b", 2)]);
    }

    proptest! {
        #[test]
        fn thinning_keeps_the_last_of_each_period_and_makes_nothing_up(
            rows in prop::collection::vec((-100i64 * 86_400..86_400, 0usize..3), 0..200), days in 0i64..60
        ) {
            let row = |(n, (secs, which)): (usize, &(i64, usize))| snapshot(NOW.secs() + secs, ["a", "b", "c"][*which], n as i64);
            let rows: Vec<Snapshot> = rows.iter().enumerate().map(row).collect();
            let kept = thinned(rows.clone(), NOW);
            prop_assert!(kept.iter().all(|row| rows.contains(row)));
            prop_assert!(kept.is_sorted_by_key(|row| row.at));
            prop_assert_eq!(&thinned(kept.clone(), NOW), &kept);
            for row in &rows {
                let grain = Grain::of(row.at, NOW);
                let same = |other: &&Snapshot| {
                    other.portfolio == row.portfolio && Grain::of(other.at, NOW) == grain && grain.period(other.at) == grain.period(row.at)
                };
                let last = rows.iter().filter(same).max_by_key(|row| row.at).unwrap();
                prop_assert_eq!(kept.iter().filter(same).collect::<Vec<_>>(), [last]);
            }
            let later = NOW.plus(std::time::Duration::from_secs(days as u64 * 86_400));
            prop_assert_eq!(thinned(kept, later), thinned(rows, later), "in steps and at once");
        }
    }
}
