//! Settings that the program itself changes: the last theme, the last layout.
//!
//! One small JSON object in the state directory, replaced whole (written beside, then renamed), so that a crash leaves
//! the old one or the new one. The journal records each change; this file only spares reading it at every start.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The largest file that is read.
const LIMIT: u64 = 1 << 20;

/// What was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    path: PathBuf,
    values: BTreeMap<String, String>,
}

impl Saved {
    /// Reads what was saved; nothing was when there is no such file. An unreadable file is an error, and what it holds
    /// is replaced by the next [`Saved::set`].
    pub fn load(path: &Path) -> (Self, Option<io::Error>) {
        let read = || -> io::Result<BTreeMap<String, String>> {
            if std::fs::metadata(path)?.len() > LIMIT {
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 1 MiB"));
            }
            Ok(serde_json::from_slice(&std::fs::read(path)?)?)
        };
        let (values, error) = match read() {
            Ok(values) => (values, None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (BTreeMap::new(), None),
            Err(error) => (BTreeMap::new(), Some(error)),
        };
        (Self { path: path.into(), values }, error)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// Saves a value. On an error the old file stands.
    pub fn set(&mut self, key: &str, value: &str) -> io::Result<()> {
        self.values.insert(key.to_owned(), value.to_owned());
        if let Some(dir) = self.path.parent() {
            std::fs::create_dir_all(dir)?;
        }
        let beside = self.path.with_extension("new");
        std::fs::write(&beside, serde_json::to_vec_pretty(&self.values)?)?;
        std::fs::rename(&beside, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_is_there_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/saved.json");
        let (mut saved, error) = Saved::load(&path);
        assert!(error.is_none());
        saved.set("theme", "mono").unwrap();
        saved.set("theme", "light").unwrap();
        let (again, error) = Saved::load(&path);
        assert!(error.is_none());
        assert_eq!(again.get("theme"), Some("light"));
    }

    #[test]
    fn a_damaged_file_is_said_and_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("saved.json");
        std::fs::write(&path, "{").unwrap();
        let (mut saved, error) = Saved::load(&path);
        assert!(error.is_some());
        saved.set("a", "b").unwrap();
        assert!(Saved::load(&path).1.is_none());
    }
}
