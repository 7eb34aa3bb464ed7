//! Who writes the history, and how a file is set aside.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::market::printable;
use crate::store::Notice;

/// Takes the right to write; where it is not to be had, a notice says why.
pub(super) fn lock(dir: &Path, notices: &mut Vec<Notice>) -> Option<File> {
    let open = || -> io::Result<File> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(dir.join("lock"))
    };
    let shown = dir.display().to_string();
    let unavailable = |error: io::Error| Notice::HistoryUnavailable {
        dir: shown.clone(),
        reason: printable(&error.to_string()).into_owned(),
    };
    let notice = match open().map(|file| (file.try_lock(), file)) {
        Ok((Ok(()), file)) => return Some(file),
        Ok((Err(TryLockError::WouldBlock), _)) => Notice::HistoryLocked { dir: shown.clone() },
        Ok((Err(TryLockError::Error(error)), _)) | Err(error) => unavailable(error),
    };
    notices.push(notice);
    None
}

/// Renames a file so that it is no longer read; says what it is called now.
pub(super) fn set_aside(path: &Path) -> io::Result<String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut number = 1;
    loop {
        let kept_as = format!("{name}.aside-{number}");
        let aside = path.with_file_name(&kept_as);
        if !aside.try_exists()? {
            std::fs::rename(path, aside)?;
            return Ok(kept_as);
        }
        number += 1;
    }
}
