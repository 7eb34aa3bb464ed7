//! Where a venue's key comes from: the environment, a file beside the configuration, or the system's keyring.
//!
//! - The first place that has a key counts, and it must have all of it: half a key is an error, not a reason to look further.
//! - What was read is overwritten in memory when it is no longer needed. No error and no log holds any of it.

mod file;
mod keyring;

use super::paths::Environment;
use super::{Exit, Failure};
use crate::market::{VenueId, printable};
use crate::venue::account::Key;
use std::fmt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A key, and where it came from.
#[derive(Debug)]
pub struct Found {
    /// The key.
    pub key: Key,
    /// Where it was.
    pub origin: Origin,
}

/// Where a key was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Environment variables that begin with this.
    Environment(String),
    /// A file.
    File(PathBuf),
    /// The keyring, as this program tells it.
    Keyring(&'static str),
}

/// The three texts of a key, before they are one.
#[derive(Default)]
struct Parts {
    key: Option<Zeroizing<String>>,
    secret: Option<Zeroizing<String>>,
    passphrase: Option<Zeroizing<String>>,
}

/// Finds the key of a venue; `config` is the configuration file, beside which keys lie.
pub fn find(venue: VenueId, config: &Path, environment: Environment<'_>) -> Result<Found, Failure> {
    let prefix = format!("EXCHEQUER_{}_API_", venue.as_str().to_uppercase());
    let path = config.parent().unwrap_or(Path::new("")).join("keys").join(format!("{venue}.toml"));
    if let Some(parts) = of_environment(&prefix, environment)? {
        return parts.whole(Origin::Environment(prefix));
    }
    if let Some(parts) = file::read(&path).map_err(|error| unusable("key_file", error.to_string()))? {
        return parts.whole(Origin::File(path));
    }
    if let Some(parts) = keyring::SYSTEM.read(venue.as_str()).map_err(|error| unusable("keyring", error.to_string()))? {
        return parts.whole(Origin::Keyring(keyring::SYSTEM.program()));
    }
    let shown = printable(&path.to_string_lossy()).into_owned();
    Err(Failure::new(Exit::Device, "key_missing", format!("there is no key for {venue}")).hint(format!(
        "set {prefix}KEY and {prefix}SECRET, or write {shown} (chmod 600), or keep them in the keyring;\n\
         docs/accounts.md tells how; a key that may only read is enough"
    )))
}

/// Finds a key that is one text, such as the one for a Safe Transaction Service; none where there is none.
pub fn token(name: &str, config: &Path, environment: Environment<'_>) -> Result<Option<Zeroizing<String>>, Failure> {
    let prefix = format!("EXCHEQUER_{}_API_", name.to_uppercase());
    let path = config.parent().unwrap_or(Path::new("")).join("keys").join(format!("{name}.toml"));
    let found = match of_environment(&prefix, environment)? {
        Some(parts) => Some(parts),
        None => file::read(&path).map_err(|error| unusable("key_file", error.to_string()))?,
    };
    match found {
        Some(parts) => Ok(parts.key.filter(|key| !key.trim().is_empty())),
        None => keyring::SYSTEM.lookup(name, "key").map_err(|error| unusable("keyring", error.to_string())),
    }
}

fn of_environment(prefix: &str, environment: Environment<'_>) -> Result<Option<Parts>, Failure> {
    let text = |name: &str| match environment(&format!("{prefix}{name}")).filter(|value| !value.is_empty()) {
        None => Ok(None),
        Some(value) => match value.into_string() {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(_) => Err(unusable("key_unusable", format!("{prefix}{name} is no text"))),
        },
    };
    let parts = Parts { key: text("KEY")?, secret: text("SECRET")?, passphrase: text("PASSPHRASE")? };
    Ok((parts.key.is_some() || parts.secret.is_some()).then_some(parts))
}

fn unusable(key: &'static str, message: String) -> Failure {
    Failure::new(Exit::Device, key, message)
}

impl Parts {
    fn whole(self, origin: Origin) -> Result<Found, Failure> {
        let missing = |what: &str| unusable("key_incomplete", format!("{origin} has no {what}"));
        let (Some(key), Some(secret)) = (self.key, self.secret.clone()) else {
            return Err(missing(if self.secret.is_some() { "key" } else { "secret" }));
        };
        // A PEM in one line has its line ends written out, wherever it comes from.
        let passphrase = self.passphrase.filter(|text| !text.is_empty());
        match Key::new(key, secret, passphrase) {
            Ok(key) => Ok(Found { key, origin }),
            Err(wrong) => Err(unusable("key_unusable", format!("{origin}: {wrong}"))),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(prefix) => write!(f, "environment {prefix}KEY"),
            Self::File(path) => write!(f, "file {}", printable(&path.to_string_lossy())),
            Self::Keyring(program) => write!(f, "keyring, by {program}"),
        }
    }
}

impl serde::Serialize for Origin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = match self {
            Self::Environment(prefix) => serde_json::json!({ "kind": "environment", "name": format!("{prefix}KEY") }),
            Self::File(path) => serde_json::json!({ "kind": "file", "file": printable(&path.to_string_lossy()) }),
            Self::Keyring(program) => serde_json::json!({ "kind": "keyring", "program": program }),
        };
        value.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;
    use std::os::unix::fs::PermissionsExt;

    fn find_with(config: &Path, variables: &[(&str, &str)]) -> Result<Found, Failure> {
        let environment = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v));
        find(VenueId::Okx, config, &environment)
    }

    #[test]
    fn a_key_of_one_text_needs_no_secret_and_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        let of = |variables: &[(&str, &str)]| {
            let environment = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v));
            token("safe", &config, &environment)
        };
        assert_eq!(of(&[("EXCHEQUER_SAFE_API_KEY", "jwt")]).unwrap().unwrap().as_str(), "jwt");
        std::fs::create_dir(folder.path().join("keys")).unwrap();
        let path = folder.path().join("keys/safe.toml");
        std::fs::write(&path, "key = \"filed\"\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(of(&[]).unwrap().unwrap().as_str(), "filed");
        assert_eq!(of(&[("EXCHEQUER_SAFE_API_KEY", "jwt")]).unwrap().unwrap().as_str(), "jwt");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(of(&[]).unwrap_err().key, "key_file");
    }

    #[test]
    fn the_environment_goes_before_the_file_and_half_a_key_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        let path = folder.path().join("keys/okx.toml");
        std::fs::create_dir(folder.path().join("keys")).unwrap();
        std::fs::write(&path, "key = \"k\"\nsecret = \"s\"\npassphrase = \"a b\"\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(find_with(&config, &[]).unwrap().origin, Origin::File(path));
        let (key, secret) = (("EXCHEQUER_OKX_API_KEY", "k"), ("EXCHEQUER_OKX_API_SECRET", "swordfish"));
        let found = find_with(&config, &[key, secret]).unwrap();
        assert_eq!(found.origin.to_string(), "environment EXCHEQUER_OKX_API_KEY");
        assert!(!format!("{found:?}").contains("swordfish"));
        let failure = find_with(&config, &[secret]).unwrap_err();
        assert_eq!((failure.key, failure.exit), ("key_incomplete", Exit::Device));
        let failure = find_with(&config, &[key, ("EXCHEQUER_OKX_API_SECRET", "sword\u{1b}fish")]).unwrap_err();
        assert!(failure.key == "key_unusable" && !failure.message.contains("fish"), "{failure}");
    }
}
