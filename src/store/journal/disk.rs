//! The bytes under the journal: what a segment file can do, and that it can fail.
//!
//! This is the seam at which tests put a disk that fills up; what it does is what a real one does (partial writes,
//! `ENOSPC`), on real files.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where segments are kept.
pub(super) trait Disk: Send {
    /// Opens a segment to add to it, empty when it is new; its name is on disk when this returns.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Segment>>;
}

/// A segment that is being added to.
pub(super) trait Segment: Send {
    /// Adds some of the bytes at the end; says how many.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// Returns when all bytes are on disk.
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts the end off.
    fn truncate(&mut self, len: u64) -> io::Result<()>;
    /// The length of the file that has the segment's name now.
    fn len(&self) -> io::Result<u64>;
}

/// The file system.
pub(super) struct Files;

struct Real {
    path: PathBuf,
    file: File,
}

impl Disk for Files {
    fn open(&self, path: &Path) -> io::Result<Box<dyn Segment>> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        sync_dir(path)?;
        Ok(Box::new(Real { path: path.into(), file }))
    }
}

impl Segment for Real {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn len(&self) -> io::Result<u64> {
        std::fs::metadata(&self.path).map(|m| m.len())
    }
}

/// Returns when the name of a new file, or of a new directory, is on disk too.
pub(super) fn sync_dir(new: &Path) -> io::Result<()> {
    let parent = new.parent().filter(|parent| *parent != Path::new(""));
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}
