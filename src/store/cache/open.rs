//! Opens the cache whatever state it is in: locked, newer, damaged, too large.
//!
//! The directory has `db` (sled's), `lock`, `opening` while sled opens, and at most one `db.aside-<seconds>`. A file
//! `opening` that is there at the start tells that the last opening killed the process, so that it is not tried again.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use super::contain::contain;
use super::{Series, Table};
use crate::market::Timestamp;
use crate::store::Notice;

/// Where sled lives, within the cache directory.
pub(super) const DB: &str = "db";

/// Counted up when a key or a record changes its form.
const SCHEMA: u32 = 1;

/// What sled may hold in memory: the console is to stay small.
const MEMORY: u64 = 8 << 20;

/// Sled reuses space by whole segments of its log: with small ones the file soon stops growing.
pub(super) const SEGMENT: usize = 128 << 10;

/// What sled says when its own lock is held. Ours is taken first, so that this is only the rest of an instance that has
/// just ended: sled's threads let go of the file a moment after it was closed.
const SLED_LOCKED: &str = "could not acquire lock";

/// How many times 10 ms such a rest is waited for.
const PATIENCE: u32 = 50;

/// The open database.
#[derive(Debug)]
pub(in crate::store) struct Trees {
    db: sled::Db,
    instruments: sled::Tree,
    books: sled::Tree,
    tickers: sled::Tree,
    trades: sled::Tree,
    candles: sled::Tree,
    /// The index of the journal.
    pub(in crate::store) journal: sled::Tree,
    /// The index of the history.
    pub(in crate::store) history: sled::Tree,
}

impl Trees {
    pub(super) fn table(&self, table: Table) -> &sled::Tree {
        match table {
            Table::Instruments => &self.instruments,
            Table::Books => &self.books,
            Table::Tickers => &self.tickers,
        }
    }

    pub(super) fn series(&self, series: Series) -> &sled::Tree {
        match series {
            Series::Trades => &self.trades,
            Series::Candles => &self.candles,
        }
    }

    pub(super) fn flush(&self) -> sled::Result<()> {
        self.db.flush().map(drop)
    }

    #[cfg(test)]
    pub(super) fn set_schema(&self, schema: u32) -> sled::Result<()> {
        self.db.insert("schema", &schema.to_be_bytes()).map(drop)
    }

    fn open(db: &Path) -> sled::Result<Self> {
        // No flushing in the background: its thread would wake up an idle console, and panic where nobody contains it.
        let config = sled::Config::new().path(db).flush_every_ms(None).cache_capacity(MEMORY);
        let db = config.mode(sled::Mode::LowSpace).segment_size(SEGMENT).open()?;
        let schema = match db.get("schema")? {
            Some(bytes) => bytes.as_ref().try_into().map_or(u32::MAX, u32::from_be_bytes),
            None => {
                db.insert("schema", &SCHEMA.to_be_bytes())?;
                SCHEMA
            }
        };
        if schema != SCHEMA {
            let age = if schema > SCHEMA { "newer" } else { "older" };
            let words = format!("it was written by a version that is {age} (schema {schema}, here {SCHEMA})");
            return Err(sled::Error::Unsupported(words));
        }
        Ok(Self {
            instruments: db.open_tree("instruments")?,
            books: db.open_tree("books")?,
            tickers: db.open_tree("tickers")?,
            trades: db.open_tree("trades")?,
            candles: db.open_tree("candles")?,
            journal: db.open_tree("journal")?,
            history: db.open_tree("history")?,
            db,
        })
    }
}

/// Opens or begins the cache; `None` means off, and a notice says why.
pub(super) fn open(dir: &Path, now: Timestamp, limit: u64, notices: &mut Vec<Notice>) -> Option<(File, Trees)> {
    let lock = match lock(dir) {
        Ok(Some(lock)) => lock,
        Ok(None) => {
            notices.push(Notice::CacheLocked { dir: dir.display().to_string() });
            return None;
        }
        Err(e) => {
            notices.push(Notice::CacheOff { reason: format!("{}: {e}", dir.display()) });
            return None;
        }
    };
    match trees(dir, now, limit, notices) {
        Ok(trees) => Some((lock, trees)),
        Err(notice) => {
            notices.push(notice);
            None
        }
    }
}

fn lock(dir: &Path) -> io::Result<Option<File>> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(dir.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => Err(e),
    }
}

fn trees(dir: &Path, now: Timestamp, limit: u64, notices: &mut Vec<Notice>) -> Result<Trees, Notice> {
    let db = dir.join(DB);
    let found = size(&db);
    if found > limit {
        remove(&db).map_err(|e| off(&db, &e))?;
        notices.push(Notice::CacheDropped { size: found, limit });
    }
    let reason = match dir.join("opening").exists() && db.exists() {
        true => "the last start did not survive opening it".to_owned(),
        false => match begin(dir) {
            Ok(trees) => return Ok(trees),
            Err(reason) if reason.contains(SLED_LOCKED) => {
                return Err(Notice::CacheLocked { dir: dir.display().to_string() });
            }
            Err(reason) => reason,
        },
    };
    let kept_as = set_aside(dir, now).map_err(|e| off(&db, &e))?;
    notices.push(Notice::CacheSetAside { kept_as, reason });
    begin(dir).map_err(|reason| Notice::CacheOff { reason })
}

fn begin(dir: &Path) -> Result<Trees, String> {
    let marker = dir.join("opening");
    File::create(&marker).map_err(|e| format!("{}: {e}", marker.display()))?;
    let open = || contain(|| Trees::open(&dir.join(DB)));
    let mut trees = open();
    for _ in 0..PATIENCE {
        if !matches!(&trees, Err(reason) if reason.contains(SLED_LOCKED)) {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
        trees = open();
    }
    std::fs::remove_file(&marker).map_err(|e| format!("{}: {e}", marker.display()))?;
    trees
}

/// Drops the open database with its files and begins an empty one.
pub(super) fn begin_anew(dir: &Path, old: Option<Trees>) -> Result<Trees, Notice> {
    let db = dir.join(DB);
    contain(|| {
        drop(old);
        Ok(())
    })
    .map_err(|reason| Notice::CacheOff { reason })?;
    remove(&db).map_err(|e| off(&db, &e))?;
    begin(dir).map_err(|reason| Notice::CacheOff { reason })
}

/// Keeps an unusable database for whoever wants to know why, in the place of the one before.
fn set_aside(dir: &Path, now: Timestamp) -> io::Result<String> {
    for file in std::fs::read_dir(dir)? {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with("db.aside-") {
            remove(&file.path())?;
        }
    }
    let name = format!("db.aside-{}", now.secs());
    std::fs::rename(dir.join(DB), dir.join(&name))?;
    Ok(name)
}

fn remove(path: &Path) -> io::Result<()> {
    if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }
}

fn off(path: &Path, error: &io::Error) -> Notice {
    Notice::CacheOff { reason: format!("{}: {error}", path.display()) }
}

/// Bytes in a file or a directory; what cannot be read counts nothing.
pub(super) fn size(path: &Path) -> u64 {
    match std::fs::symlink_metadata(path) {
        Ok(file) if !file.is_dir() => file.len(),
        _ => std::fs::read_dir(path).into_iter().flatten().flatten().map(|file| size(&file.path())).sum(),
    }
}
