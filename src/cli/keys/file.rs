//! A key in a file: TOML with `key`, `secret` and perhaps `passphrase`, which only its owner can read.
//!
//! A file that others can read, that belongs to somebody else or is only a link to one is refused, not repaired: what lay
//! open is to be replaced.

use super::Parts;
use crate::market::printable;
use rustix::fs::OFlags;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The largest file.
const LARGEST: u64 = 32 << 10;

/// Why a file gives no key. Its text never holds any of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The system does not give the file.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// Others on the machine can read it.
    #[error("{0} can be read by others, and holds a secret: replace the key at the venue, then chmod 600")]
    Open(PathBuf),
    /// It belongs to somebody else.
    #[error("{0} belongs to another user")]
    Foreign(PathBuf),
    /// A link, a folder, a pipe.
    #[error("{0} is a link, or no file at all; a key lies in the file itself")]
    NoFile(PathBuf),
    /// Not what a key's file holds.
    #[error("{0} must be TOML with key, secret and perhaps passphrase, all of them strings")]
    Form(PathBuf),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    key: Option<Zeroizing<String>>,
    secret: Option<Zeroizing<String>>,
    passphrase: Option<Zeroizing<String>>,
}

/// Reads a key's file; `None` when there is none.
pub fn read(path: &Path) -> Result<Option<Parts>, FileError> {
    let shown = || PathBuf::from(printable(&path.to_string_lossy()).as_ref());
    let unreadable = |error: std::io::Error| FileError::Unreadable { path: shown(), reason: error.to_string() };
    // Looked at through the open file: what is checked is what is read. A pipe must not keep us waiting.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match File::options().read(true).custom_flags(flags.bits().cast_signed()).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Err(FileError::NoFile(shown()));
        }
        Err(error) => return Err(unreadable(error)),
    };
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(FileError::NoFile(shown()));
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(FileError::Foreign(shown()));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(FileError::Open(shown()));
    }
    // Room for all of it at once: a text that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(LARGEST as usize + 1));
    file.take(LARGEST).read_to_string(&mut text).map_err(unreadable)?;
    // What the parser says may quote the line.
    let written: Written = toml::from_str(&text).map_err(|_| FileError::Form(shown()))?;
    Ok(Some(Parts { key: written.key, secret: written.secret, passphrase: written.passphrase }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_lies_in_a_file_of_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kraken.toml");
        let write = |text: &str, mode| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            read(&path)
        };
        assert!(matches!(read(&path), Ok(None)));
        let parts = write("key = 'k'\nsecret = \"\"\"\n-----BEGIN EC\n-----END\n\"\"\"", 0o600).unwrap().unwrap();
        assert_eq!(parts.secret.unwrap().as_str(), "-----BEGIN EC\n-----END\n");
        for mode in [0o640, 0o604, 0o644, 0o660, 0o601] {
            assert!(matches!(write("key = 'xyzzy'", mode), Err(FileError::Open(_))), "{mode:o}");
        }
        for text in ["xyzzy", "key = 1", "key = 'k'\nxyzzy = 's'", "key = 'xyzzy", "[key]\nxyzzy = 1"] {
            let error = write(text, 0o600).err().unwrap();
            assert!(matches!(error, FileError::Form(_)) && !error.to_string().contains("xyzzy"), "{text}: {error}");
        }
        let link = dir.path().join("link.toml");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(read(&link), Err(FileError::NoFile(_))));
        assert!(matches!(read(dir.path()), Err(FileError::NoFile(_))));
    }
}
