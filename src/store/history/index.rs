//! Which file has the rows of which time, and how many.
//!
//! - It is in the cache and can be deleted at will: what is missing there is read from the files again.
//! - It is checked before it is believed: an entry carries a checksum of its own, and the length and the time of change of
//!   its file must be those of the file that is there. What a file turns out to have when it is read is put in.
//! - What the cache lost or refuses is still known until the end of the run.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use super::place::Place;
use crate::market::Timestamp;
use crate::store::{Cache, Notice};

/// What is known of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) rows: u32,
    stamp: Stamp,
}

/// What the system says of a file that is the same as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    length: u64,
    changed: i64,
}

impl Stamp {
    pub(super) fn of(file: &Metadata) -> Self {
        let changed = file.mtime().wrapping_mul(1_000_000_000).wrapping_add(file.mtime_nsec());
        Self { length: file.len(), changed }
    }
}

impl Entry {
    /// Of a file with these rows, which are in order; `None` when there are none.
    pub(super) fn of(
        mut moments: impl ExactSizeIterator<Item = Timestamp> + DoubleEndedIterator,
        stamp: Stamp,
    ) -> Option<Self> {
        let rows = u32::try_from(moments.len()).unwrap_or(u32::MAX);
        let first = moments.next()?;
        Some(Self { first, last: moments.next_back().unwrap_or(first), rows, stamp })
    }

    /// Whether a row may lie in that time.
    pub(super) fn overlaps(&self, from: Timestamp, to: Timestamp) -> bool {
        self.first <= to && from <= self.last
    }

    fn write(&self, key: &[u8]) -> Vec<u8> {
        let mut bytes = [self.first.nanos().to_be_bytes(), self.last.nanos().to_be_bytes()].concat();
        bytes.extend(self.rows.to_be_bytes());
        bytes.extend(self.stamp.length.to_be_bytes());
        bytes.extend(self.stamp.changed.to_be_bytes());
        let sum = checksum(key, &bytes);
        bytes.extend(sum.to_be_bytes());
        bytes
    }

    fn read(key: &[u8], bytes: &[u8]) -> Option<Self> {
        let (body, sum) = bytes.split_last_chunk()?;
        if u32::from_be_bytes(*sum) != checksum(key, body) {
            return None;
        }
        let (first, rest) = body.split_first_chunk()?;
        let (last, rest) = rest.split_first_chunk()?;
        let (rows, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let changed: [u8; 8] = rest.try_into().ok()?;
        let moment = |bytes: &[u8; 8]| Timestamp::from_nanos(i64::from_be_bytes(*bytes));
        let stamp = Stamp { length: u64::from_be_bytes(*length), changed: i64::from_be_bytes(changed) };
        Some(Self { first: moment(first), last: moment(last), rows: u32::from_be_bytes(*rows), stamp })
    }
}

fn checksum(key: &[u8], body: &[u8]) -> u32 {
    crc32fast::hash(&[key, body].concat())
}

/// All files, and what each has.
#[derive(Debug)]
pub(super) struct Index {
    cache: Arc<Cache>,
    entries: BTreeMap<Place, Entry>,
}

impl Index {
    pub(super) fn new(cache: Arc<Cache>) -> Self {
        Self { cache, entries: BTreeMap::new() }
    }

    /// What is known of a file that is as `stamp` says, from this run or an earlier one.
    pub(super) fn find(&mut self, place: Place, stamp: Stamp) -> Result<Option<Entry>, Notice> {
        if let Some(known) = self.entries.get(&place).filter(|known| known.stamp == stamp) {
            return Ok(Some(*known));
        }
        let key = key(place);
        let found = self.cache.run(|trees| trees.history.get(&key))?.flatten();
        let entry = found.and_then(|bytes| Entry::read(&key, &bytes)).filter(|entry| {
            let holds = place.holds(entry.first) && place.holds(entry.last);
            entry.stamp == stamp && holds && entry.first <= entry.last && entry.rows > 0
        });
        if let Some(entry) = entry {
            self.entries.insert(place, entry);
        }
        Ok(entry)
    }

    /// Puts in what a file has.
    pub(super) fn put(&mut self, place: Place, entry: Entry) -> Result<(), Notice> {
        if self.entries.insert(place, entry) == Some(entry) {
            return Ok(());
        }
        let key = key(place);
        self.cache.run(|trees| trees.history.insert(&key, entry.write(&key))).map(drop)
    }

    /// Forgets a file that is gone.
    pub(super) fn remove(&mut self, place: Place) -> Result<(), Notice> {
        self.entries.remove(&place);
        self.cache.run(|trees| trees.history.remove(key(place))).map(drop)
    }

    /// Forgets, for this run, all files that are not among these.
    pub(super) fn keep(&mut self, there: &[Place]) -> Result<(), Notice> {
        let gone: Vec<Place> = self.entries.keys().filter(|place| !there.contains(place)).copied().collect();
        gone.into_iter().try_for_each(|place| self.remove(place))
    }

    /// All files, by kind, grain and time.
    pub(super) fn places(&self) -> impl Iterator<Item = (Place, Entry)> + '_ {
        self.entries.iter().map(|(place, entry)| (*place, *entry))
    }
}

fn key(place: Place) -> Vec<u8> {
    place.path().to_string_lossy().into_owned().into_bytes()
}
