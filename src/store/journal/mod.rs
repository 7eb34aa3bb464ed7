//! The journal: the truth of the desk, append-only, hash-chained, on disk before anyone acts on it.
//!
//! # The format
//!
//! A directory holds segments `journal-000001.jsonl`, `journal-000002.jsonl`, …, numbered without a gap. A segment is
//! lines of JSON, each ended by a line feed; a new one is begun when the next line would pass the size limit. The chain
//! runs through them as if they were one file. A line is one object, in this order and without spaces:
//!
//! ```json
//! {"seq":1,"at":"2026-01-31T09:00:00Z","kind":"start","actor":"local","tenant":"local","body":{…},"prev":"<64 hex>","hash":"<64 hex>"}
//! ```
//!
//! - `hash` is SHA-256, in lowercase hex, over the bytes of the line before `,"hash":"`. What follows them is always 75
//!   bytes and a line feed, so that line 5 can be checked with
//!   `sed -n 5p journal-000001.jsonl | head -c -76 | sha256sum`.
//! - `prev` is the `hash` of the line before, across segments; 64 zeros in the first. `seq` counts from 1.
//! - A line is printable ASCII and every other character a `\u` escape, so that it is inert wherever it is shown.
//! - A kind that a version does not know is verified and shown; readers ignore fields that they do not know.
//!
//! What a chain cannot show is that whole entries are missing at its end. The index in the cache remembers the last
//! entry it saw and gives a notice when that one is gone; who must be sure writes down the number and hash that
//! `exchequer journal verify` prints.
//!
//! # Invariants
//!
//! - [`Journal::append`] returns success only after `fsync`; a caller acts after that. It blocks for as long as the disk
//!   takes, so it is called from a thread that may wait.
//! - An append that fails leaves the journal as it was; when that cannot be made sure, the journal goes read-only.
//! - One process writes, by a lock on the file `lock`; others read. A damaged journal is read and never changed.

mod alert;
mod disk;
mod entry;
#[cfg(test)]
mod full_disk;
mod ledger;
mod line;
mod reader;
mod segment;
#[cfg(test)]
mod tests;
mod treasury;
mod verify;
mod writer;

use std::fmt;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

pub use alert::Alert;
pub use entry::{Body, Entry, Setting, Start, Stop, Who};
pub use ledger::Ledger;
pub use line::{Hash, LineError, Link, MAX_LINE, SEAL_LEN, check_line, seal};
pub(super) use reader::read_at;
pub use reader::{Damage, Found, Reader, Tail};
pub use segment::Position;
pub use treasury::Treasury;
pub use verify::{Report, verify};

use self::disk::{Disk, Files};
use self::writer::{Lock, Writer};
use super::Notice;
use crate::market::Timestamp;

/// A segment's size by default: small enough to copy around, some 30 000 entries.
pub const SEGMENT_SIZE: u64 = 8 << 20;

/// An open journal.
pub struct Journal {
    dir: PathBuf,
    link: Link,
    mode: Mode,
    line: Vec<u8>,
}

enum Mode {
    Writing(Writer),
    ReadOnly(String),
}

/// Proof that an entry is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The entry's number and hash.
    pub link: Link,
    /// Where its line starts.
    pub position: Position,
}

/// Why an entry was not written. Whoever wanted to act on it must not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The journal is open read-only.
    #[error("nothing was done: the journal is read-only ({0})")]
    ReadOnly(String),
    /// The entry makes no line that a verification would accept: it is too long, or its body is not JSON.
    #[error("nothing was done: the entry cannot stand in the journal: {0}")]
    Invalid(LineError),
    /// The disk did not take the line, for instance because it is full; the journal is as before.
    #[error(
        "nothing was done: {path} could not be written: {reason}; the journal is as before, mend this and try again"
    )]
    Refused {
        /// The segment.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// The disk took a part of the line and did not let it be removed: read-only from now on.
    #[error("nothing was done: {path} could not be written: {reason}; the journal is read-only until the next start")]
    Broken {
        /// The segment.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// The file is not as this process left it: read-only from now on.
    #[error(
        "nothing was done: {path} was changed or moved by another program; the journal is read-only until the next start"
    )]
    Changed {
        /// The segment.
        path: String,
    },
}

impl Journal {
    /// Opens the journal in `dir`, which is created when missing, and verifies all of it. Opening never fails: what went
    /// wrong is a notice, and the journal is then read-only.
    pub fn open(dir: &Path) -> (Self, Vec<Notice>) {
        Self::open_with(dir, SEGMENT_SIZE)
    }

    /// Like [`Self::open`], with segments of another size.
    pub fn open_with(dir: &Path, segment_size: u64) -> (Self, Vec<Notice>) {
        Self::open_on(dir, segment_size, Box::new(Files), &mut |_| false, &mut |_| {})
    }

    /// Like [`Self::open`], for whoever decides by what stands there: every entry is handed to `each` while it is
    /// verified, and the lock is held from before the first until the end. While another process writes the journal,
    /// `wait` is asked, with the process's number where it is known, whether to try again.
    pub fn open_each(
        dir: &Path,
        wait: &mut dyn FnMut(Option<u32>) -> bool,
        each: &mut dyn FnMut(&Entry),
    ) -> (Self, Vec<Notice>) {
        Self::open_on(dir, SEGMENT_SIZE, Box::new(Files), wait, each)
    }

    fn open_on(
        dir: &Path,
        segment_size: u64,
        disk: Box<dyn Disk>,
        wait: &mut dyn FnMut(Option<u32>) -> bool,
        each: &mut dyn FnMut(&Entry),
    ) -> (Self, Vec<Notice>) {
        let shown_dir = || dir.display().to_string();
        let unavailable = |e: io::Error| Notice::JournalUnavailable { dir: shown_dir(), reason: e.to_string() };
        let mut notices = Vec::new();
        let made = match dir.exists() {
            true => Ok(()),
            false => DirBuilder::new().recursive(true).mode(0o700).create(dir).and_then(|()| disk::sync_dir(dir)),
        };
        let lock = made.and_then(|()| Lock::take_patiently(dir, wait)).map_err(unavailable);
        let lock = lock.and_then(|lock| lock.ok_or_else(|| Notice::JournalLocked { dir: shown_dir() }));
        let lock = lock.map_err(|notice| notices.push(notice)).ok();

        let mut link = Link::START;
        let read = Reader::open(dir).and_then(|mut reader| {
            let finished = loop {
                match reader.next() {
                    Ok(Some(found)) => each(&found.entry),
                    Ok(None) => break Ok(()),
                    Err(damage) => break Err(damage),
                }
            };
            link = reader.link();
            finished.map(|()| reader)
        });
        let read = read.map_err(|damage| match damage {
            // A file system that fails says nothing about the journal, and a directory that is not there is said above.
            Damage::Unreadable { .. } if lock.is_none() => {}
            Damage::Unreadable { reason, .. } => notices.push(Notice::JournalUnavailable { dir: shown_dir(), reason }),
            damage => notices.push(Notice::JournalDamaged { damage }),
        });

        let writer = lock.zip(read.ok()).and_then(|(lock, reader)| match writer::mend(dir, &reader) {
            Ok((end, mended)) => {
                notices.extend(mended);
                Some(Writer::new(dir, disk, segment_size, end, lock))
            }
            Err(e) => {
                notices.push(unavailable(e));
                None
            }
        });
        let reason = || notices.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let mode = writer.map_or_else(|| Mode::ReadOnly(reason()), Mode::Writing);
        (Self { dir: dir.into(), link, mode, line: Vec::new() }, notices)
    }

    /// Writes an entry; on success it is on disk and the caller may act on it.
    pub fn append(&mut self, at: Timestamp, who: Who<'_>, body: &Body) -> Result<Receipt, AppendError> {
        let writer = match &mut self.mode {
            Mode::Writing(writer) => writer,
            Mode::ReadOnly(reason) => return Err(AppendError::ReadOnly(reason.clone())),
        };
        // Read back before it is written: nothing gets in that would not get through a verification.
        let entry = line::write_line(&mut self.line, &self.link, at, who, body)
            .and_then(|()| check_line(&self.link, &self.line))
            .map_err(AppendError::Invalid)?;
        let link = Link { seq: entry.seq, hash: entry.hash };
        self.line.push(b'\n');
        match writer.append(&self.line) {
            Ok(position) => {
                self.link = link;
                Ok(Receipt { link, position })
            }
            Err(error) => {
                if matches!(error, AppendError::Broken { .. } | AppendError::Changed { .. }) {
                    self.mode = Mode::ReadOnly(error.to_string());
                }
                Err(error)
            }
        }
    }

    /// The last entry's number and hash.
    pub fn link(&self) -> Link {
        self.link
    }

    /// Whether entries can be written; otherwise why not.
    pub fn writable(&self) -> Result<(), &str> {
        match &self.mode {
            Mode::Writing(_) => Ok(()),
            Mode::ReadOnly(reason) => Err(reason),
        }
    }

    /// Its directory, for a [`Reader`].
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("dir", &self.dir).field("link", &self.link).finish_non_exhaustive()
    }
}
