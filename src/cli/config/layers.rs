//! The four layers of every setting: default, file, environment, flag.

use super::file::File;
use super::{Config, KEYS, Key, Shape};
use crate::cli::paths::{Environment, Paths};
use crate::cli::{Exit, Failure};
use crate::market::printable;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// What flags set, as text by the key's name.
pub type Flags = BTreeMap<&'static str, String>;

/// Where the value of a setting came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A line of the configuration file.
    File(PathBuf, usize),
    /// An environment variable.
    Environment(&'static str),
    /// A flag.
    Flag(&'static str),
}

/// One setting of this run.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Which.
    pub key: &'static Key,
    /// Its value as text; none when it is unset and has no default.
    pub text: Option<String>,
    /// Where that came from.
    pub origin: Origin,
}

impl Config {
    /// Puts the layers together. A wrong value is refused even where a stronger layer would hide it.
    pub fn load(paths: &Paths, environment: Environment<'_>, flags: &Flags) -> Result<Self, Failure> {
        let file = File::read(paths)?;
        let mut config = Self::default();
        for key in &KEYS {
            let mut setting = Setting { key, text: None, origin: Origin::Default };
            for (text, origin) in layers(key, paths, file.as_ref(), environment, flags)? {
                (key.set)(&mut config, &text).map_err(|expected| wrong(key, &text, &expected, &origin))?;
                (setting.text, setting.origin) = (Some(text), origin);
            }
            config.settings.push(setting);
        }
        Ok(config)
    }
}

/// The texts that a key was given, the weakest first.
fn layers(
    key: &'static Key,
    paths: &Paths,
    file: Option<&File>,
    environment: Environment<'_>,
    flags: &Flags,
) -> Result<Vec<(String, Origin)>, Failure> {
    let mut layers: Vec<(String, Origin)> =
        key.default.map(|text| (text.to_owned(), Origin::Default)).into_iter().collect();
    if let Some((text, line)) = file.and_then(|file| file.get(key)) {
        layers.push((text.to_owned(), Origin::File(paths.config.clone(), line)));
    }
    if let Some(value) = environment(key.variable).filter(|value| !value.is_empty()) {
        let origin = Origin::Environment(key.variable);
        match value.into_string() {
            Ok(text) => layers.push((text, origin)),
            Err(raw) => return Err(wrong(key, &raw.to_string_lossy(), "text in UTF-8", &origin)),
        }
    }
    if let (Some(text), Some(flag)) = (flags.get(key.name), key.flag) {
        layers.push((text.clone(), Origin::Flag(flag.shown)));
    }
    Ok(layers)
}

fn wrong(key: &Key, text: &str, expected: &str, origin: &Origin) -> Failure {
    let short: String = printable(text).chars().take(80).collect();
    match origin {
        Origin::Flag(flag) => Failure::new(Exit::Usage, "usage", format!("{flag}: expected {expected}, not {short:?}")),
        _ => Failure::new(
            Exit::Usage,
            "config_invalid",
            format!("{origin}: {} is wrong: expected {expected}, not {short:?}", key.name),
        ),
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, line) => write!(f, "{}, line {line}", path.display()),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

impl serde::Serialize for Origin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = match self {
            Self::Default => serde_json::json!({ "kind": "default" }),
            Self::File(path, line) => {
                serde_json::json!({ "kind": "file", "file": printable(&path.to_string_lossy()), "line": line })
            }
            Self::Environment(name) => serde_json::json!({ "kind": "environment", "name": name }),
            Self::Flag(name) => serde_json::json!({ "kind": "flag", "name": name }),
        };
        value.serialize(serializer)
    }
}

impl Setting {
    /// The value with its type; null when it is unset.
    pub fn value(&self) -> serde_json::Value {
        let Some(text) = &self.text else { return serde_json::Value::Null };
        match self.key.shape {
            Shape::Text | Shape::Decimal => printable(text).into(),
            Shape::Number => text.parse::<u64>().map_or(serde_json::Value::Null, Into::into),
            Shape::Switch => (text == "true").into(),
            Shape::List => super::read::words(text).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn load(file: Option<&str>, variables: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Result<Config, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        if let Some(text) = file {
            std::fs::write(&path, text).unwrap();
        }
        let environment = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v));
        let paths = Paths::find(Some(&path), Some(folder.path()), &environment).unwrap();
        let paths = Paths { config_named: file.is_some(), ..paths };
        Config::load(&paths, &environment, &flags.iter().map(|(k, v)| (*k, (*v).to_owned())).collect())
    }

    fn origin(config: &Config, name: &str) -> Origin {
        config.settings.iter().find(|setting| setting.key.name == name).unwrap().origin.clone()
    }

    #[test]
    fn each_layer_beats_the_one_below_and_says_so() {
        let file = Some("[console]\ntheme = \"light\"\n");
        let variable = [("EXCHEQUER_THEME", "mono")];
        let config = load(None, &[], &[]).unwrap();
        assert_eq!((config.console.theme.as_str(), origin(&config, "console.theme")), ("dark", Origin::Default));
        let config = load(file, &[], &[]).unwrap();
        assert_eq!(config.console.theme, "light");
        assert!(matches!(origin(&config, "console.theme"), Origin::File(path, 2) if path.ends_with("config.toml")));
        let config = load(file, &variable, &[]).unwrap();
        assert_eq!(config.console.theme, "mono");
        assert_eq!(origin(&config, "console.theme"), Origin::Environment("EXCHEQUER_THEME"));
        let config = load(file, &variable, &[("console.theme", "16")]).unwrap();
        assert_eq!((config.console.theme.as_str(), origin(&config, "console.theme")), ("16", Origin::Flag("--theme")));
    }

    #[test]
    fn a_wrong_value_is_refused_even_when_hidden() {
        let failure = load(Some("\n[feed]\nbook_depth = 7\n"), &[("EXCHEQUER_BOOK_DEPTH", "10")], &[]).unwrap_err();
        assert_eq!((failure.exit, failure.key), (Exit::Usage, "config_invalid"));
        assert!(failure.message.contains("line 3") && failure.message.contains("feed.book_depth"), "{failure}");
        let failure = load(None, &[("EXCHEQUER_FPS", "fast")], &[]).unwrap_err();
        assert!(failure.message.contains("EXCHEQUER_FPS") && failure.message.contains("1 to 60"), "{failure}");
        let failure = load(None, &[], &[("console.fps", "0")]).unwrap_err();
        assert!(failure.message.starts_with("--fps:"), "{failure}");
    }

    #[test]
    fn defaults_are_what_the_table_says() {
        let config = load(None, &[("EXCHEQUER_VENUE", "")], &[]).unwrap();
        assert_eq!(config.settings.len(), KEYS.len());
        assert_eq!((config.venue, config.console.fps, config.console.mouse), (None, None, true));
        assert_eq!((config.feed.book_depth, config.feed.stale_after.as_secs(), config.cache.limit), (25, 5, 512 << 20));
    }

    #[test]
    fn values_keep_their_type() {
        let config = load(Some("symbols = [\"BTC/USD\", \"ETH/USD\"]\n[console]\nfps = 5\n"), &[], &[]).unwrap();
        assert_eq!(
            config.symbols.iter().map(|wanted| wanted.symbol.as_str()).collect::<Vec<_>>(),
            ["BTC/USD", "ETH/USD"]
        );
        let value = |name: &str| config.settings.iter().find(|s| s.key.name == name).unwrap().value();
        assert_eq!(value("symbols"), serde_json::json!(["BTC/USD", "ETH/USD"]));
        assert_eq!(value("console.fps"), serde_json::json!(5));
        assert_eq!(value("console.mouse"), serde_json::json!(true));
        assert!(value("venue").is_null());
    }
}
