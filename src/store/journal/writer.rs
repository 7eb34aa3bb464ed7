//! Adds lines to the last segment, each on disk before the call returns, each whole or not at all.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::AppendError;
use super::disk::{self, Disk, Segment};
use super::reader::{Reader, Tail};
use super::segment::{self, Position};
use crate::store::Notice;

/// The right to write to a journal: held by at most one process.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock; while another process holds it, `wait` is asked whether to try again.
    pub(super) fn take_patiently(dir: &Path, wait: &mut dyn FnMut(Option<u32>) -> bool) -> io::Result<Option<Self>> {
        loop {
            match Self::take(dir)? {
                None if wait(Self::holder(dir)) => {}
                taken => return Ok(taken),
            }
        }
    }

    /// The process that holds the lock, as far as the file says.
    fn holder(dir: &Path) -> Option<u32> {
        std::fs::read_to_string(dir.join("lock")).ok()?.trim().parse().ok()
    }

    /// Takes the lock of the journal in `dir`; `None` when another process holds it.
    pub(super) fn take(dir: &Path) -> io::Result<Option<Self>> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(dir.join("lock"))?;
        match file.try_lock() {
            Ok(()) => {
                // Whom to ask for it. A lock that does not say so is a lock all the same.
                let named = file.set_len(0).and_then(|()| writeln!(&file, "{}", std::process::id()));
                drop(named);
                Ok(Some(Self { _file: file }))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }
}

/// The end of the journal, open for more.
pub(super) struct Writer {
    dir: PathBuf,
    disk: Box<dyn Disk>,
    segment_size: u64,
    number: u32,
    len: u64,
    file: Option<Box<dyn Segment>>,
    _lock: Lock,
}

impl Writer {
    /// Writes after `end`, where the verified part of the journal stops.
    pub(super) fn new(dir: &Path, disk: Box<dyn Disk>, segment_size: u64, end: Option<Position>, lock: Lock) -> Self {
        let Position { segment, offset } = end.unwrap_or(Position { segment: 1, offset: 0 });
        Self { dir: dir.into(), disk, segment_size, number: segment, len: offset, file: None, _lock: lock }
    }

    /// Adds one line, which ends in a line feed.
    pub(super) fn append(&mut self, line: &[u8]) -> Result<Position, AppendError> {
        let size = line.len() as u64;
        if self.len > 0 && self.len.saturating_add(size) > self.segment_size {
            let next = self.number.saturating_add(1);
            let path = self.dir.join(segment::name(next));
            let file = self.disk.open(&path).map_err(|e| refused(&path, &e))?;
            (self.number, self.len, self.file) = (next, 0, Some(file));
        }
        let path = self.dir.join(segment::name(self.number));
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(self.disk.open(&path).map_err(|e| refused(&path, &e))?),
        };
        // Another program's bytes, or a file that was moved away: what is acknowledged would not be where it is read.
        if file.len().ok() != Some(self.len) {
            return Err(AppendError::Changed { path: path.display().to_string() });
        }
        if let Err(cause) = write_all(file.as_mut(), line).and_then(|()| file.sync()) {
            return Err(match file.truncate(self.len).and_then(|()| file.sync()) {
                Ok(()) => refused(&path, &cause),
                Err(e) => AppendError::Broken {
                    path: path.display().to_string(),
                    reason: format!("{cause}; the unfinished line could not be removed: {e}"),
                },
            });
        }
        let position = Position { segment: self.number, offset: self.len };
        self.len += size;
        Ok(position)
    }
}

fn refused(path: &Path, cause: &io::Error) -> AppendError {
    AppendError::Refused { path: path.display().to_string(), reason: cause.to_string() }
}

fn write_all(file: &mut dyn Segment, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Puts the end of a journal in order after a crash: the bytes of a torn line are moved to a file of their own, and a
/// whole entry gets the line feed that it lacks. Gives the new end and what was done.
pub(super) fn mend(dir: &Path, reader: &Reader) -> io::Result<(Option<Position>, Option<Notice>)> {
    let Some(end) = reader.end() else { return Ok((None, None)) };
    let name = segment::name(end.segment);
    let open = || OpenOptions::new().write(true).read(true).open(dir.join(&name));
    match reader.tail() {
        Tail::Clean => Ok((Some(end), None)),
        Tail::Unterminated => {
            let mut file = open()?;
            file.seek(SeekFrom::Start(end.offset))?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            let end = Position { offset: end.offset + 1, ..end };
            Ok((Some(end), Some(Notice::JournalUnterminated { segment: name })))
        }
        Tail::Unfinished(bytes) => {
            let mut file = open()?;
            let aside = segment::torn_path(dir, end.segment);
            let mut kept = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
            kept.write_all(bytes)?;
            kept.sync_all()?;
            disk::sync_dir(&aside)?;
            // Only what was copied is cut off; the lock keeps other writers out, so nothing can have been added.
            file.seek(SeekFrom::Start(end.offset))?;
            let mut now = Vec::new();
            file.read_to_end(&mut now)?;
            if now != *bytes {
                return Err(io::Error::other("the file is being changed by another program"));
            }
            file.set_len(end.offset)?;
            file.sync_all()?;
            let torn = Notice::JournalTorn {
                segment: name,
                bytes: bytes.len(),
                kept_as: aside.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            };
            Ok((Some(end), Some(torn)))
        }
    }
}
