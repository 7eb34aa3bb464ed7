//! The journal and the cache, as they lie on disk. Neither is opened for writing, and nothing is created.

use super::{Check, bytes};
use crate::cli::Start;
use crate::store::journal::{Damage, verify};
use std::fs::{self, File, TryLockError};
use std::path::Path;

/// A folder with more files than this is not counted to its end.
const MOST_FILES: usize = 100_000;

/// Checks both.
pub fn checks(start: &Start) -> Vec<Check> {
    vec![cache(start), journal(&start.paths.journal)]
}

fn cache(start: &Start) -> Check {
    let name = "cache";
    let path = &start.paths.cache;
    let (size, files) = match usage(path) {
        Ok(usage) => usage,
        Err(error) => return Check::warn(name, format!("cannot be read: {error}"), "it can be deleted at any time"),
    };
    let used = if is_locked(path) { ", in use by another exchequer" } else { "" };
    let found = format!("{} in {files} files{used}", bytes(size));
    match &start.config {
        Ok(config) if !config.cache.enabled => Check::ok(name, format!("{found}, switched off")),
        Ok(config) if size > config.cache.limit => Check::warn(
            name,
            format!("{found}, over its limit of {}", bytes(config.cache.limit)),
            "it can be deleted at any time",
        ),
        Ok(config) => Check::ok(name, format!("{found}, limit {}", bytes(config.cache.limit))),
        Err(_) => Check::ok(name, found),
    }
}

fn journal(path: &Path) -> Check {
    let name = "journal";
    let (size, files) = match usage(path) {
        Ok(usage) => usage,
        Err(error) => {
            return Check::fail(name, format!("cannot be read: {error}"), "give yourself access to its folder");
        }
    };
    if files == 0 {
        return Check::ok(name, "nothing was written yet");
    }
    let report = verify(path);
    let written = if is_locked(path) { ", being written by another exchequer" } else { "" };
    let found = format!("{} entries verified in {}{written}", report.entries, bytes(size));
    match &report.damage {
        Some(damage @ Damage::Unreadable { .. }) => {
            Check::fail(name, damage.to_string(), "give yourself access to its files")
        }
        Some(damage) => Check::fail(
            name,
            format!("{found}; then it is damaged: {damage}"),
            "the desk opens it read-only; restore the segment from a copy",
        ),
        None if report.unfinished > 0 && written.is_empty() => {
            let unfinished = report.unfinished;
            Check::ok(
                name,
                format!(
                    "{found}; a crash cut its last line ({unfinished} bytes), which is kept aside at the next start"
                ),
            )
        }
        None => Check::ok(name, found),
    }
}

/// Whether another process holds the lock of a folder. Looking takes a lock of its own for a moment, shared with others
/// who look.
fn is_locked(folder: &Path) -> bool {
    let lock = File::open(folder.join("lock"));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// The size and number of the files under a folder; nothing for a folder that does not exist. Links are not followed.
fn usage(folder: &Path) -> std::io::Result<(u64, usize)> {
    let (mut size, mut files) = (0_u64, 0);
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let about = entry?;
            match about.metadata() {
                Ok(data) if data.is_dir() => folders.push(about.path()),
                Ok(data) => (size, files) = (size.saturating_add(data.len()), files + 1),
                // It went away while we looked.
                Err(_) => {}
            }
            if files >= MOST_FILES {
                return Ok((size, files));
            }
        }
    }
    Ok((size, files))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Verdict;
    use crate::market::Timestamp;
    use crate::store::Journal;
    use crate::store::journal::{Body, Stop, Who};

    #[test]
    fn files_are_counted_through_folders() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(usage(&folder.path().join("none")).unwrap(), (0, 0));
        fs::create_dir(folder.path().join("inner")).unwrap();
        fs::write(folder.path().join("inner/a"), "12345").unwrap();
        fs::write(folder.path().join("b"), "123").unwrap();
        assert_eq!(usage(folder.path()).unwrap(), (8, 2));
    }

    #[test]
    fn a_journal_is_verified_and_its_damage_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(journal(&folder.path().join("none")).detail, "nothing was written yet");
        let (mut open, notices) = Journal::open(folder.path());
        assert!(notices.is_empty());
        for reason in ["one", "two"] {
            let body = Body::Stop(Stop { reason: reason.into() });
            open.append(Timestamp::from_secs(1), Who { actor: "local", tenant: "local" }, &body).unwrap();
        }
        let held = journal(folder.path());
        assert!(held.verdict == Verdict::Ok && held.detail.ends_with("being written by another exchequer"), "{held:?}");
        drop(open);
        let free = journal(folder.path());
        assert!(free.detail.starts_with("2 entries verified in ") && !free.detail.contains("another"), "{free:?}");

        let segment = folder.path().join("journal-000001.jsonl");
        let text = fs::read_to_string(&segment).unwrap();
        fs::write(&segment, text.replace("two", "2wo")).unwrap();
        let damaged = journal(folder.path());
        assert_eq!(damaged.verdict, Verdict::Fail);
        assert!(damaged.detail.contains("1 entries verified") && damaged.detail.contains("line 2"), "{damaged:?}");
    }
}
