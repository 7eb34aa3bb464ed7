//! What can be asked of the history. Files that cannot be read are left out, and [`History::notices`] tells which.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use polars::prelude::*;

use super::place::{Kind, Place};
use super::{History, Recorded};
use crate::market::Timestamp;
use crate::money::Asset;
use crate::portfolio::snapshot::{Mark, Snapshot, day};
use crate::store::Notice;
use crate::store::cache::contained;

impl History {
    /// What a portfolio was worth from one moment to another, both included, in order.
    pub fn snapshots(&mut self, portfolio: &str, from: Timestamp, to: Timestamp) -> Vec<Snapshot> {
        self.select(&[Kind::Snapshots], from, to, |row: &Snapshot| row.portfolio.as_ref() == portfolio)
    }

    /// The last of each UTC day.
    pub fn daily(&mut self, portfolio: &str, from: Timestamp, to: Timestamp) -> Vec<Snapshot> {
        let rows = self.snapshots(portfolio, from, to);
        let last = contained("polars", || last_of_days(rows.iter().map(|row| row.at))).unwrap_or_else(|reason| {
            self.notices.push(Notice::HistoryUnreadable { file: Kind::Snapshots.folder().to_owned(), reason });
            HashSet::new()
        });
        rows.into_iter().enumerate().filter(|(n, _)| last.contains(n)).map(|(_, row)| row).collect()
    }

    /// What each asset was worth at a moment: its last mark in each currency, recorded or brought, whose price is not
    /// older than `longest_age`. A recorded one counts before one that was brought for the same moment.
    pub fn marks_at(&mut self, at: Timestamp, longest_age: Duration) -> Vec<Mark> {
        let age = i64::try_from(longest_age.as_nanos()).unwrap_or(i64::MAX);
        let oldest = Timestamp::from_nanos(at.nanos().saturating_sub(age));
        let mut last: BTreeMap<(Asset, Asset), Mark> = BTreeMap::new();
        for mark in self.select(&[Kind::Marks, Kind::Brought], oldest, at, |mark: &Mark| mark.priced_at >= oldest) {
            last.insert((mark.asset.clone(), mark.currency.clone()), mark);
        }
        last.into_values().collect()
    }

    /// What an asset was worth from one moment to another, both included, in order.
    pub fn marks(&mut self, asset: &Asset, from: Timestamp, to: Timestamp) -> Vec<Mark> {
        self.select(&[Kind::Marks, Kind::Brought], from, to, |mark: &Mark| mark.asset == *asset)
    }

    /// Rows of a time, each moment and name once: the first kind and the finest file count.
    fn select<R: Recorded>(
        &mut self,
        kinds: &[Kind],
        from: Timestamp,
        to: Timestamp,
        wanted: impl Fn(&R) -> bool,
    ) -> Vec<R> {
        if !self.is_writable() {
            // Another process writes, and its files change.
            self.catch_up();
        }
        let mut found: BTreeMap<(Timestamp, R::Of), R> = BTreeMap::new();
        for kind in kinds {
            let there = self.index.places().filter(|(place, entry)| place.kind == *kind && entry.overlaps(from, to));
            let there: Vec<Place> = there.map(|(place, _)| place).collect();
            for place in there {
                let rows = self.rows::<R>(place).unwrap_or_else(|notice| {
                    self.notices.push(notice);
                    Vec::new()
                });
                for row in rows.into_iter().filter(|row| (from..=to).contains(&row.at()) && wanted(row)) {
                    found.entry((row.at(), row.of())).or_insert(row);
                }
            }
        }
        found.into_values().collect()
    }
}

/// Which of these moments are the last of their day.
fn last_of_days(moments: impl ExactSizeIterator<Item = Timestamp> + Clone) -> PolarsResult<HashSet<usize>> {
    let days = Int64Chunked::from_iter_values("day".into(), moments.clone().map(day)).into_column();
    let table = DataFrame::new(moments.len(), vec![days])?;
    // On this thread, and each group has its rows in order. Only here does polars begin its pool, to ask who is calling.
    let grouped = table.group_by_with_series(table.columns().to_vec(), false, false)?;
    let last = grouped.get_groups().iter().filter_map(|group| match group {
        GroupsIndicator::Idx((_, rows)) => rows.last().map(|row| *row as usize),
        GroupsIndicator::Slice([first, length]) => (first + length).checked_sub(1).map(|row| row as usize),
    });
    Ok(last.collect())
}
