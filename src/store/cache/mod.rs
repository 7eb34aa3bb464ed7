//! The cache: the last known data, shown with its age before any network answers; can be deleted at any time.
//!
//! - What is kept is decided by the desk: any record that serde can read and write, under a key such as
//!   `kraken BTC/USD`, always with the moment at which it was stored.
//! - A [`Table`] keeps the last record of a key; a [`Series`] keeps the newest rows of a key and forgets the others.
//! - Nothing in here stops the program. Whatever sled does, errors and panics alike, becomes a [`Notice`]; after one, the
//!   cache is off: it takes everything, keeps nothing, and says so once.
//! - [`Cache::put`] and [`Cache::extend`] do not wait for the disk. [`Cache::flush`] does: the desk calls it every few
//!   seconds and when it stops, from a thread that may wait. What was not flushed may be lost in a crash.
//! - The size on disk is bounded: a flush or an opening that finds more than the limit drops everything and begins anew.
//!   Beside it lies at most one older cache that was set aside.

mod contain;
mod open;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Notice;
use crate::market::{Timestamp, printable};

pub(in crate::store) use contain::contained;
pub use contain::containing;
use open::Trees;

/// The size on disk above which the cache is dropped.
pub const SIZE_LIMIT: u64 = 256 << 20;

const KEY_LIMIT: usize = 256;
const VALUE_LIMIT: usize = 1 << 20;

/// Where the last record of a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// What a venue trades.
    Instruments,
    /// Last books.
    Books,
    /// Last tickers.
    Tickers,
}

/// Where the newest rows of a key are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    /// Trades; the key names the instrument.
    Trades,
    /// Candles; the key names the instrument and the interval.
    Candles,
}

impl Series {
    /// How many rows of a key are kept.
    pub const fn kept(self) -> usize {
        match self {
            Self::Trades => 1_000,
            Self::Candles => 1_500,
        }
    }
}

/// A row's place in its series: rows are ordered by moment, then by number; a row replaces one at the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When the trade happened, when the candle opened.
    pub moment: Timestamp,
    /// Tells rows of one moment apart.
    pub number: u64,
}

/// A record and its age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated<T> {
    /// The record.
    pub value: T,
    /// When it was stored.
    pub stored: Timestamp,
}

/// The open cache.
#[derive(Debug)]
pub struct Cache {
    dir: PathBuf,
    limit: u64,
    trees: RwLock<Option<Trees>>,
    _lock: Option<File>,
}

impl Cache {
    /// Opens the cache in `dir`, which is created when missing. Never fails: what went wrong is a notice, and the cache
    /// is then new or off.
    pub fn open(dir: &Path, now: Timestamp) -> (Self, Vec<Notice>) {
        Self::open_with(dir, now, SIZE_LIMIT)
    }

    /// Like [`Self::open`], with another limit of its size on disk.
    pub fn open_with(dir: &Path, now: Timestamp, limit: u64) -> (Self, Vec<Notice>) {
        let mut notices = Vec::new();
        let (lock, trees) = open::open(dir, now, limit, &mut notices).unzip();
        (Self { dir: dir.into(), limit, trees: RwLock::new(trees), _lock: lock }, notices)
    }

    /// A cache that keeps nothing, for whoever wants none.
    pub fn off() -> Self {
        Self { dir: PathBuf::new(), limit: 0, trees: RwLock::new(None), _lock: None }
    }

    /// Keeps `value` as the last record of `key`.
    pub fn put<T: Serialize>(&self, table: Table, key: &str, value: &T, now: Timestamp) -> Result<(), Notice> {
        let key = check_key(key)?;
        let value = encode(value, now)?;
        self.run(|trees| trees.table(table).insert(key, value).map(drop)).map(Option::unwrap_or_default)
    }

    /// The last record of `key`; `None` when there is none that this version can read.
    pub fn get<T: DeserializeOwned>(&self, table: Table, key: &str) -> Result<Option<Dated<T>>, Notice> {
        let found = self.run(|trees| trees.table(table).get(key))?;
        Ok(found.flatten().and_then(|bytes| decode(&bytes)))
    }

    /// The last records of all keys, by key.
    pub fn all<T: DeserializeOwned>(&self, table: Table) -> Result<Vec<(String, Dated<T>)>, Notice> {
        let rows = self.run(|trees| trees.table(table).iter().collect::<sled::Result<Vec<_>>>())?;
        let read = |(key, value): (sled::IVec, sled::IVec)| {
            Some((std::str::from_utf8(&key).ok()?.to_owned(), decode(&value)?))
        };
        Ok(rows.unwrap_or_default().into_iter().filter_map(read).collect())
    }

    /// Adds rows to the series of `key` and forgets the oldest beyond [`Series::kept`]. Made for batches: every call
    /// walks the kept keys once.
    pub fn extend<'a, T: Serialize + 'a>(
        &self,
        series: Series,
        key: &str,
        rows: impl IntoIterator<Item = (Place, &'a T)>,
        now: Timestamp,
    ) -> Result<(), Notice> {
        let prefix = prefix(check_key(key)?);
        let mut batch = sled::Batch::default();
        for (place, row) in rows {
            batch.insert(row_key(&prefix, place), encode(row, now)?);
        }
        let extended = self.run(|trees| {
            let tree = trees.series(series);
            tree.apply_batch(batch)?;
            let mut old = sled::Batch::default();
            for key in tree.scan_prefix(&prefix).keys().rev().skip(series.kept()) {
                old.remove(key?);
            }
            tree.apply_batch(old)
        });
        extended.map(Option::unwrap_or_default)
    }

    /// The newest `count` rows of `key`, oldest first.
    pub fn last<T: DeserializeOwned>(&self, series: Series, key: &str, count: usize) -> Result<Vec<Dated<T>>, Notice> {
        let prefix = prefix(key);
        let rows = self.run(|trees| {
            let newest = trees.series(series).scan_prefix(&prefix).values().rev().take(count);
            newest.collect::<sled::Result<Vec<_>>>()
        })?;
        Ok(rows.unwrap_or_default().iter().rev().filter_map(|bytes| decode(bytes)).collect())
    }

    /// Waits until everything is on disk, then holds the cache to its size.
    pub fn flush(&self) -> Result<(), Notice> {
        self.run(|trees| trees.flush())?;
        let size = open::size(&self.dir.join(open::DB));
        if size <= self.limit || !self.is_on() {
            return Ok(());
        }
        let mut trees = self.trees.write().unwrap_or_else(PoisonError::into_inner);
        *trees = open::begin_anew(&self.dir, trees.take()).map(Some)?;
        Err(Notice::CacheDropped { size, limit: self.limit })
    }

    /// Whether anything is kept.
    pub fn is_on(&self) -> bool {
        self.trees.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Bytes on disk, an older cache that was set aside included; zero when it is off.
    pub fn size_on_disk(&self) -> u64 {
        if self.is_on() { open::size(&self.dir) } else { 0 }
    }

    /// Asks sled; `None` when the cache is off. The first failure turns it off.
    pub(super) fn run<R>(&self, op: impl FnOnce(&Trees) -> sled::Result<R>) -> Result<Option<R>, Notice> {
        let done = {
            let trees = self.trees.read().unwrap_or_else(PoisonError::into_inner);
            let Some(trees) = trees.as_ref() else { return Ok(None) };
            contain::contain(|| op(trees))
        };
        done.map(Some).map_err(|reason| {
            // A sled that failed is not asked for anything again, not even to close.
            std::mem::forget(self.trees.write().unwrap_or_else(PoisonError::into_inner).take());
            Notice::CacheOff { reason }
        })
    }
}

fn check_key(key: &str) -> Result<&str, Notice> {
    if key.len() <= KEY_LIMIT {
        return Ok(key);
    }
    let start: String = printable(key).chars().take(40).collect();
    Err(Notice::NotCached { reason: format!("the key {start}… has {} bytes, the limit is {KEY_LIMIT}", key.len()) })
}

/// Length, then text: no key is the beginning of another.
fn prefix(key: &str) -> Vec<u8> {
    let mut bytes = (key.len() as u64).to_be_bytes().to_vec();
    bytes.extend_from_slice(key.as_bytes());
    bytes
}

fn row_key(prefix: &[u8], place: Place) -> Vec<u8> {
    // With the sign bit flipped, the order of the bytes is the order of the moments.
    let moment = place.moment.nanos() ^ i64::MIN;
    [prefix, &moment.to_be_bytes(), &place.number.to_be_bytes()].concat()
}

/// The moment, then the record as JSON.
fn encode<T: Serialize>(value: &T, now: Timestamp) -> Result<Vec<u8>, Notice> {
    let mut bytes = now.nanos().to_be_bytes().to_vec();
    let refused = |reason: String| Notice::NotCached { reason };
    serde_json::to_writer(&mut bytes, value).map_err(|e| refused(printable(&e.to_string()).into_owned()))?;
    if bytes.len() > VALUE_LIMIT {
        return Err(refused(format!("the record has {} bytes, the limit is {VALUE_LIMIT}", bytes.len())));
    }
    Ok(bytes)
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<Dated<T>> {
    let (stored, value) = bytes.split_first_chunk()?;
    let value = serde_json::from_slice(value).ok()?;
    Some(Dated { value, stored: Timestamp::from_nanos(i64::from_be_bytes(*stored)) })
}
