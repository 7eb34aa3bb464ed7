//! The history: what each portfolio was worth, and what each asset was worth then, in Parquet files that any tool reads.
//!
//! - `snapshots` and `marks` are thinned with time (see [`crate::portfolio::snapshot`]): a row a minute of today, one an
//!   hour of a month, one a day for ever. `brought` has prices from elsewhere, which are kept as they are. [`place`] says
//!   which file has which row; a minute's rows go into the file of the hour, so that little is written however long the day.
//! - Rows move from a finer file to a coarser one by being written there first. A crash in between leaves them in both,
//!   which queries see once.
//! - A row with the moment and the name of one that is there takes its place. Texts are made printable and cut to 128 bytes.
//! - Nothing here stops the program. A file that is damaged, foreign or too large is set aside under another name and never
//!   deleted; one that the system does not give is left alone and never written over. Each is a [`Notice`], handed out by
//!   [`History::notices`].
//! - One process writes, others read: a lock in the directory decides, as for the journal.
//! - An index in the cache tells which file has what, so that a query opens no other (see [`index`]).
//! - Times come in as values. Calls wait for the disk: make them on a thread that may.

mod column;
mod export;
mod file;
mod index;
mod lock;
mod place;
mod query;
mod row;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Cache, Notice};
use crate::market::{Timestamp, printable};
use crate::portfolio::snapshot::{Grain, Kept, Mark, Snapshot, thinned};

pub use export::{ExportError, export};
use file::Fault;
pub use file::{FILE_LIMIT, ROW_LIMIT};
use index::{Entry, Index, Stamp};
use place::{GRAINS, Kind, Place};
use row::Row;

/// The history in one directory.
#[derive(Debug)]
pub struct History {
    dir: PathBuf,
    index: Index,
    notices: Vec<Notice>,
    /// The rows of the files that are written every minute.
    snapshots: Option<(Place, Vec<Snapshot>)>,
    marks: Option<(Place, Vec<Mark>)>,
    /// Held by the one process that writes.
    lock: Option<File>,
}

/// A row that is recorded, and where the newest of its kind are held.
trait Recorded: Row {
    const KIND: Kind;

    fn newest(history: &mut History) -> &mut Option<(Place, Vec<Self>)>;
}

impl Recorded for Snapshot {
    const KIND: Kind = Kind::Snapshots;

    fn newest(history: &mut History) -> &mut Option<(Place, Vec<Self>)> {
        &mut history.snapshots
    }
}

impl Recorded for Mark {
    const KIND: Kind = Kind::Marks;

    fn newest(history: &mut History) -> &mut Option<(Place, Vec<Self>)> {
        &mut history.marks
    }
}

impl History {
    /// Opens the history in `dir`, which is made where it is missing. Never fails: what went wrong is a notice. Files that
    /// the index does not know are read.
    pub fn open(dir: &Path, cache: Arc<Cache>) -> (Self, Vec<Notice>) {
        let mut notices = Vec::new();
        let lock = lock::lock(dir, &mut notices);
        let index = Index::new(cache);
        let mut history = Self { dir: dir.into(), index, notices, snapshots: None, marks: None, lock };
        history.catch_up();
        let notices = history.notices();
        (history, notices)
    }

    /// Whether this process writes the history. If not, what it records is dropped.
    pub fn is_writable(&self) -> bool {
        self.lock.is_some()
    }

    /// What went wrong since this was last asked.
    pub fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Adds what was valued. Where the disk refuses, the rows are still held and written with those that come next in that
    /// hour; where a file that is there cannot be read, they are not taken.
    pub fn record(&mut self, snapshots: &[Snapshot], marks: &[Mark], now: Timestamp) -> Result<(), Notice> {
        let worth = self.add(snapshots, now);
        let prices = self.add(marks, now);
        worth.and(prices)
    }

    /// Adds prices from elsewhere, such as the closes of days: they are kept as they are and not thinned.
    pub fn bring(&mut self, marks: &[Mark]) -> Result<(), Notice> {
        let mut files: BTreeMap<Place, Vec<Mark>> = BTreeMap::new();
        for mark in marks {
            files.entry(Place::of(Kind::Brought, Grain::Day, mark.at)).or_default().push(mark.cleaned());
        }
        files.into_iter().try_for_each(|(place, rows)| self.merge(place, rows, |rows| rows))
    }

    /// Moves what became older into coarser files, and keeps the last row of each period. Costs nothing when there is
    /// nothing to move: call it whenever a day has ended, or every minute.
    pub fn thin(&mut self, now: Timestamp) -> Result<(), Notice> {
        if !self.is_writable() {
            return Ok(());
        }
        let old = |(place, entry): &(Place, Entry)| Grain::of(entry.first, now) > place.grain;
        let old: Vec<Place> = self.index.places().filter(old).map(|(place, _)| place).collect();
        let mut done = Ok(());
        for place in old {
            let moved = match place.kind {
                Kind::Snapshots => self.thin_file::<Snapshot>(place, now),
                Kind::Marks => self.thin_file::<Mark>(place, now),
                Kind::Brought => Ok(()),
            };
            done = done.and(moved);
        }
        done
    }

    fn thin_file<R: Recorded>(&mut self, place: Place, now: Timestamp) -> Result<(), Notice> {
        let mut files: BTreeMap<Place, Vec<R>> = BTreeMap::new();
        for row in thinned(self.rows::<R>(place)?, now) {
            files
                .entry(Place::of(place.kind, Grain::of(row.at(), now).max(place.grain), row.at()))
                .or_default()
                .push(row);
        }
        let stay = files.remove(&place).unwrap_or_default();
        for (coarser, rows) in files {
            self.merge(coarser, rows, |rows| thinned(rows, now))?;
        }
        self.save(place, stay)
    }

    fn add<R: Recorded>(&mut self, rows: &[R], now: Timestamp) -> Result<(), Notice> {
        let mut files: BTreeMap<Place, Vec<R>> = BTreeMap::new();
        for row in rows {
            files.entry(Place::of(R::KIND, Grain::of(row.at(), now), row.at())).or_default().push(row.cleaned());
        }
        files.into_iter().try_for_each(|(place, rows)| self.merge(place, rows, |rows| thinned(rows, now)))
    }

    /// Adds rows to a file, and writes what `keep` leaves.
    fn merge<R: Recorded>(
        &mut self,
        place: Place,
        new: Vec<R>,
        keep: impl FnOnce(Vec<R>) -> Vec<R>,
    ) -> Result<(), Notice> {
        if !self.is_writable() {
            return Ok(());
        }
        let old = self.rows::<R>(place)?;
        let rows: BTreeMap<(Timestamp, R::Of), R> =
            old.into_iter().chain(new).map(|row| ((row.at(), row.of()), row)).collect();
        self.save(place, keep(rows.into_values().collect()))
    }

    /// Writes a file and notes it; one without rows is removed.
    fn save<R: Recorded>(&mut self, place: Place, rows: Vec<R>) -> Result<(), Notice> {
        let path = self.dir.join(place.path());
        let written = match rows.is_empty() {
            true => std::fs::remove_file(&path).map(|()| None),
            false => file::write(&path, &rows)
                .and_then(|()| std::fs::metadata(&path))
                .map(|file| Entry::of(rows.iter().map(Kept::at), Stamp::of(&file))),
        };
        if place.grain == Grain::Minute && !rows.is_empty() {
            *R::newest(self) = Some((place, rows));
        } else if R::newest(self).as_ref().is_some_and(|(newest, _)| *newest == place) {
            *R::newest(self) = None;
        }
        match written {
            Ok(entry) => self.note(place, entry),
            Err(error) => {
                let reason = printable(&error.to_string()).into_owned();
                return Err(Notice::HistoryNotWritten { file: shown(place), reason });
            }
        }
        Ok(())
    }

    /// Tells the index what a file has. An index that is off is no reason to stop.
    fn note(&mut self, place: Place, entry: Option<Entry>) {
        let noted = match entry {
            Some(entry) => self.index.put(place, entry),
            None => self.index.remove(place),
        };
        noted.unwrap_or_else(|notice| self.notices.push(notice));
    }

    /// The rows of a file in order; none where there is none, or where it had to be set aside.
    fn rows<R: Recorded>(&mut self, place: Place) -> Result<Vec<R>, Notice> {
        if let Some((_, rows)) = R::newest(self).as_ref().filter(|(newest, _)| *newest == place) {
            return Ok(rows.clone());
        }
        let path = self.dir.join(place.path());
        let stamp = std::fs::metadata(&path).map(|file| Stamp::of(&file));
        let faulty = match stamp.map_err(Fault::Io).and_then(|stamp| Ok((stamp, file::read::<R>(&path)?))) {
            Ok((stamp, rows)) => {
                let ordered = rows.is_sorted_by(|a, b| (a.at(), a.of()) < (b.at(), b.of()));
                match Entry::of(rows.iter().map(Kept::at), stamp) {
                    Some(entry) if ordered && place.holds(entry.first) && place.holds(entry.last) => {
                        self.note(place, Some(entry));
                        return Ok(rows);
                    }
                    _ => Fault::Damaged("its rows are not of the time that its name says, or not in order".to_owned()),
                }
            }
            Err(fault) => fault,
        };
        self.refuse(place, faulty)
    }

    /// Sets a damaged file aside, or says why it is left alone.
    fn refuse<R>(&mut self, place: Place, fault: Fault) -> Result<Vec<R>, Notice> {
        let file = shown(place);
        let reason = match fault {
            Fault::Io(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.note(place, None);
                return Ok(Vec::new());
            }
            Fault::Damaged(reason) if self.is_writable() => match lock::set_aside(&self.dir.join(place.path())) {
                Ok(kept_as) => {
                    self.note(place, None);
                    self.notices.push(Notice::HistorySetAside { file, kept_as, reason });
                    return Ok(Vec::new());
                }
                Err(error) => format!("{reason}; {error}"),
            },
            Fault::Damaged(reason) => reason,
            Fault::Io(error) => error.to_string(),
        };
        Err(Notice::HistoryUnreadable { file, reason: printable(&reason).into_owned() })
    }

    /// Takes note of the files that are there, and reads those that the index does not know.
    fn catch_up(&mut self) {
        let mut there = Vec::new();
        for kind in Kind::ALL {
            for grain in GRAINS {
                let folder = self.dir.join(Place::folder(kind, grain));
                for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                    let name = file.file_name();
                    let Some(name) = name.to_str() else { continue };
                    if name.ends_with(file::BESIDE) && self.is_writable() {
                        // What a crash left before it became a file; the old one stands.
                        let _ = std::fs::remove_file(file.path());
                    }
                    let Some((place, stamp)) = Place::parse(kind, grain, name).zip(file.metadata().ok()) else {
                        continue;
                    };
                    there.push(place);
                    if let Err(notice) = self.take_note(place, Stamp::of(&stamp)) {
                        self.notices.push(notice);
                    }
                }
            }
        }
        self.index.keep(&there).unwrap_or_else(|notice| self.notices.push(notice));
    }

    fn take_note(&mut self, place: Place, stamp: Stamp) -> Result<(), Notice> {
        match self.index.find(place, stamp) {
            Ok(Some(_)) => return Ok(()),
            Ok(None) => {}
            Err(notice) => self.notices.push(notice),
        }
        match place.kind {
            Kind::Snapshots => self.rows::<Snapshot>(place).map(drop),
            Kind::Marks | Kind::Brought => self.rows::<Mark>(place).map(drop),
        }
    }
}

/// A file, as a person is told of it.
fn shown(place: Place) -> String {
    place.path().display().to_string()
}
