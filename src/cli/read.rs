//! Opening a table that somebody names, and saying what is wrong with it.

use super::{Exit, Failure};
use crate::market::printable;
use crate::portfolio::table::TableError;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The largest table that is read: some ten million rows.
const LARGEST: u64 = 1 << 30;

/// Opens a file for reading, up to a limit.
pub fn open(path: &Path) -> Result<impl Read + use<>, Failure> {
    let name = printable(&path.display().to_string()).into_owned();
    let cannot = |error: &std::io::Error| Failure::new(Exit::Error, "file", format!("cannot read {name}: {error}"));
    let file = File::open(path).map_err(|error| cannot(&error))?;
    let metadata = file.metadata().map_err(|error| cannot(&error))?;
    if metadata.is_dir() {
        return Err(Failure::new(Exit::Usage, "file", format!("{name} is a folder")));
    }
    if metadata.len() > LARGEST {
        let message = format!("{name} has {} MiB, and at most {} are read", metadata.len() >> 20, LARGEST >> 20);
        return Err(Failure::new(Exit::Usage, "file_too_large", message).hint("split it by year"));
    }
    Ok(file.take(LARGEST))
}

/// A table that cannot be used.
pub fn wrong(path: &Path, error: &TableError) -> Failure {
    let name = printable(&path.display().to_string()).into_owned();
    Failure::new(Exit::Usage, "table", format!("{name}, {error}")).hint("mend that line; nothing has been changed")
}
