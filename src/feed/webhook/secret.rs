//! A text that nobody may read by accident.

use crate::market::printable;
use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// More is not one line.
const LONGEST: u64 = 4096;

/// A secret: it prints as dots, and only [`Secret::reveal`] gives it away.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

/// Why a secret could not be read. Its text never holds any of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The system does not give the file.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// Others on the machine can read it.
    #[error("{0} can be read by others, and holds a secret; chmod 600 mends that")]
    Open(PathBuf),
    /// Not one line of visible characters.
    #[error("{0} does not hold one line of text without spaces")]
    NotALine(PathBuf),
}

impl Secret {
    /// Keeps a text secret; `None` when it is not one word of visible characters.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())).then(|| Self(text.into()))
    }

    /// Reads the one line of a file that only its owner can read.
    pub fn of_file(path: &Path) -> Result<Self, SecretError> {
        let shown = || PathBuf::from(printable(&path.to_string_lossy()).as_ref());
        let unreadable = |error: std::io::Error| SecretError::Unreadable { path: shown(), reason: error.to_string() };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.mode() & 0o077 != 0 {
            return Err(SecretError::Open(shown()));
        }
        let mut text = String::new();
        std::io::Read::read_to_string(&mut std::io::Read::take(file, LONGEST), &mut text).map_err(unreadable)?;
        Self::new(&text).ok_or_else(|| SecretError::NotALine(shown()))
    }

    /// The text itself, for whom it is meant.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_lies_in_a_file_of_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("webhook");
        let write = |text: &str, mode| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            Secret::of_file(&path)
        };
        let secret = write("https://hooks.example/T0/B0/xyzzy\n", 0o600).unwrap();
        assert_eq!(secret.reveal(), "https://hooks.example/T0/B0/xyzzy");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        for mode in [0o640, 0o604, 0o644] {
            assert!(matches!(write("https://a/xyzzy", mode), Err(SecretError::Open(_))), "{mode:o}");
        }
        for text in ["", "a b", "a\nb", "\u{7f}"] {
            let error = write(text, 0o600).unwrap_err();
            assert!(matches!(error, SecretError::NotALine(_)), "{text:?}: {error}");
        }
        assert!(matches!(Secret::of_file(&dir.path().join("none")), Err(SecretError::Unreadable { .. })));
    }
}
