//! Who has a device: one process at a time, and the others are told which.
//!
//! - Two hosts that talk to one device at once confuse it, and a Ledger that is opened twice locks up. So whoever opens a
//!   device holds a lock file for it first; the lock ends with the process, however it ends.

use super::{DeviceError, Place};
use crate::market::{Timestamp, printable};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// The most that is read of who has it.
const LONGEST: u64 = 256;

/// The right to talk to a device; it ends when this is dropped.
#[derive(Debug)]
pub struct Owner {
    _file: File,
}

impl Owner {
    /// Takes a device for this process, in the folder where all processes of this user look.
    pub fn take(folder: &Path, place: &Place, now: Timestamp) -> Result<Self, DeviceError> {
        let failed = |error: std::io::Error| DeviceError::Busy(format!("an unknown process: no lock file: {error}"));
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        let name: String = place.to_string().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(folder.join(format!("{name}.lock")))
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                // Whom to ask for it. A lock that does not say so is a lock all the same.
                let _ = file.set_len(0).and_then(|()| file.rewind());
                let _ = write!(file, "process {}, since {now}", std::process::id());
                Ok(Self { _file: file })
            }
            Err(TryLockError::WouldBlock) => {
                let mut who = String::new();
                let read = file.take(LONGEST).read_to_string(&mut who);
                let told = read.is_ok() && !who.is_empty();
                Err(DeviceError::Busy(if told { printable(&who).into_owned() } else { "another process".to_owned() }))
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let place: Place = "ledger:tcp:127.0.0.1:9999".parse().unwrap();
        let now = Timestamp::from_secs(1_800_000_000);
        let first = Owner::take(folder.path(), &place, now).unwrap();
        let Err(DeviceError::Busy(who)) = Owner::take(folder.path(), &place, now) else { panic!("taken twice") };
        assert_eq!(who, format!("process {}, since 2027-01-15T08:00:00Z", std::process::id()));
        let other: Place = "ledger:hid".parse().unwrap();
        Owner::take(folder.path(), &other, now).unwrap();
        drop(first);
        Owner::take(folder.path(), &place, now).unwrap();
    }
}
