//! The configuration, and the places that the program writes to.

use super::{Check, bytes};
use crate::cli::Start;
use crate::cli::config::KEYS;
use rustix::fs::Access;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Less free space than this is worth a word.
const SCARCE: u64 = 1 << 30;

/// Variables that are not settings but ours.
const OTHER_VARIABLES: [&str; 5] = [
    "EXCHEQUER_CONFIG",
    "EXCHEQUER_DATA_DIR",
    "EXCHEQUER_HOT_PASSPHRASE_FILE",
    "EXCHEQUER_DEVICE_PASSPHRASE_FILE",
    "EXCHEQUER_DEVICE_SOCK",
];

/// Checks the configuration and the folders.
pub fn checks(start: &Start, variables: impl Iterator<Item = OsString>) -> Vec<Check> {
    let paths = &start.paths;
    let mut checks = vec![configuration(start), environment(variables)];
    checks.push(folder("paths.journal", &paths.journal));
    checks.push(folder("paths.cache", &paths.cache));
    checks.push(folder("paths.state", &paths.state));
    checks.push(disk(&paths.journal));
    checks
}

fn configuration(start: &Start) -> Check {
    let name = "configuration";
    let file = start.paths.config.display();
    match &start.config {
        Err(failure) => {
            let advice = failure.hint.as_deref().unwrap_or("mend it; exchequer config path says where the file is");
            Check::fail(name, failure.to_string(), advice)
        }
        Ok(_) if start.paths.config.exists() => Check::ok(name, format!("{file} is sound")),
        Ok(_) => Check::ok(name, format!("no file at {file}: defaults hold")),
    }
}

/// A variable that looks like a setting and is none does nothing, which nobody would notice.
fn environment(variables: impl Iterator<Item = OsString>) -> Check {
    let name = "environment";
    let known = |variable: &str| OTHER_VARIABLES.contains(&variable) || KEYS.iter().any(|key| key.variable == variable);
    let ours = variables.map(|variable| variable.to_string_lossy().into_owned());
    let (known, unknown): (Vec<String>, Vec<String>) =
        ours.filter(|variable| variable.starts_with("EXCHEQUER_")).partition(|variable| known(variable));
    if unknown.is_empty() {
        let shown = if known.is_empty() { "no EXCHEQUER_ variable is set".to_owned() } else { known.join(", ") };
        return Check::ok(name, shown);
    }
    Check::warn(name, format!("no setting: {}", unknown.join(", ")), "exchequer --help lists the variables")
}

fn folder(name: &'static str, path: &Path) -> Check {
    let shown = path.display();
    let Ok(about) = fs::metadata(path) else { return missing(name, path) };
    if !about.is_dir() {
        Check::fail(name, format!("{shown} is not a folder"), "move it away, or choose another place with --data-dir")
    } else if rustix::fs::access(path, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        Check::fail(
            name,
            format!("{shown} is not writable"),
            "give yourself access, or choose another place with --data-dir",
        )
    } else if about.permissions().mode() & 0o022 != 0 {
        Check::warn(name, format!("{shown} can be written by others"), format!("chmod go-w '{shown}'"))
    } else {
        Check::ok(name, shown.to_string())
    }
}

/// A folder that does not exist is made when it is needed, if that can be done.
fn missing(name: &'static str, path: &Path) -> Check {
    let shown = path.display();
    let parent = existing(path);
    if fs::metadata(parent).is_ok_and(|about| about.is_dir()) && rustix::fs::access(parent, Access::WRITE_OK).is_ok() {
        return Check::ok(name, format!("{shown} will be made when it is needed"));
    }
    let found = format!("{shown} cannot be made: {} is not a folder that you can write to", parent.display());
    Check::fail(name, found, "choose another place with --data-dir")
}

/// The nearest ancestor that exists; the current folder when none does.
fn existing(path: &Path) -> &Path {
    path.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(Path::new("."))
}

fn disk(path: &Path) -> Check {
    let name = "disk";
    let place = existing(path);
    match rustix::fs::statvfs(place) {
        Ok(about) => {
            let free = about.f_bavail.saturating_mul(about.f_frsize);
            let found = format!("{} free for the journal", bytes(free));
            if free < SCARCE {
                Check::warn(name, found, "make room before the disk is full")
            } else {
                Check::ok(name, found)
            }
        }
        Err(error) => {
            Check::warn(name, format!("free space is unknown: {error}"), format!("look at {}", place.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Verdict;

    #[test]
    fn a_folder_is_judged_by_what_can_be_done_with_it() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(folder_verdict(folder.path()), Verdict::Ok);
        assert_eq!(folder_verdict(&folder.path().join("not/yet")), Verdict::Ok);
        fs::write(folder.path().join("file"), "").unwrap();
        assert_eq!(folder_verdict(&folder.path().join("file")), Verdict::Fail);
        assert_eq!(folder_verdict(&folder.path().join("file/below")), Verdict::Fail);
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(folder_verdict(folder.path()), Verdict::Warn);
    }

    fn folder_verdict(path: &Path) -> Verdict {
        folder("paths.journal", path).verdict
    }

    #[test]
    fn a_variable_that_does_nothing_is_named() {
        let check = environment(["EXCHEQUER_THEME", "EXCHEQUER_TEME", "HOME"].map(OsString::from).into_iter());
        assert_eq!(check.verdict, Verdict::Warn);
        assert!(check.detail.contains("EXCHEQUER_TEME") && !check.detail.contains("EXCHEQUER_THEME"), "{check:?}");
    }
}
