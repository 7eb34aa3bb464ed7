//! Where the program keeps its files.
//!
//! - The XDG variables are honoured on every system, also where the system has conventions of its own.
//! - `--data-dir` puts everything that the program writes under one folder.
//! - A relative or empty path in an XDG variable counts as unset, as its specification asks.

use super::{Exit, Failure};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Reads one environment variable; a function, so that tests need not touch the process's environment.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The files and folders of this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The configuration file, whether or not it exists.
    pub config: PathBuf,
    /// Whether the configuration file was asked for by name, and so must exist.
    pub config_named: bool,
    /// The journal's folder: the truth, to be backed up.
    pub journal: PathBuf,
    /// The folder of the history of NAV and prices: to be backed up.
    pub history: PathBuf,
    /// The folder of hot keys and of the identity, both secret: to be backed up.
    pub treasury: PathBuf,
    /// The cache's folder: can be deleted at any time.
    pub cache: PathBuf,
    /// Logs and what the console remembers between runs.
    pub state: PathBuf,
}

impl Paths {
    /// Finds the places of this run: flags first, then the environment, then the system's conventions.
    pub fn find(config: Option<&Path>, data_dir: Option<&Path>, environment: Environment<'_>) -> Result<Self, Failure> {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let named = config.map(Path::to_path_buf).or_else(|| set("EXCHEQUER_CONFIG"));
        let one_folder = data_dir.map(Path::to_path_buf).or_else(|| set("EXCHEQUER_DATA_DIR"));
        let home = directories::ProjectDirs::from("", "", "exchequer");
        let place = |variable: &str, convention: fn(&directories::ProjectDirs) -> PathBuf| {
            let chosen = set(variable).filter(|path| path.is_absolute()).map(|path| path.join("exchequer"));
            chosen.or_else(|| home.as_ref().map(convention)).ok_or_else(|| homeless(variable))
        };
        let config_named = named.is_some();
        let config = match named {
            Some(file) => file,
            None => place("XDG_CONFIG_HOME", |home| home.config_dir().to_path_buf())?.join("config.toml"),
        };
        let (data, cache, state) = match one_folder {
            Some(folder) => (folder.clone(), folder.join("cache"), folder.join("state")),
            None => (
                place("XDG_DATA_HOME", |home| home.data_dir().to_path_buf())?,
                place("XDG_CACHE_HOME", |home| home.cache_dir().to_path_buf())?,
                place("XDG_STATE_HOME", |home| {
                    home.state_dir().map_or_else(|| home.data_local_dir().join("state"), Path::to_path_buf)
                })?,
            ),
        };
        let (journal, history, treasury) = (data.join("journal"), data.join("history"), data.join("treasury"));
        Ok(Self { config, config_named, journal, history, treasury, cache, state })
    }

    /// The log of the current run.
    pub fn log(&self) -> PathBuf {
        self.state.join("exchequer.log")
    }
}

fn homeless(variable: &str) -> Failure {
    Failure::new(Exit::Usage, "no_home", format!("there is no home directory, and {variable} is not set"))
        .hint("name the places: --config FILE --data-dir DIR")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(config: Option<&str>, data_dir: Option<&str>, variables: &[(&str, &str)]) -> Paths {
        let environment = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v));
        Paths::find(config.map(Path::new), data_dir.map(Path::new), &environment).unwrap()
    }

    const XDG: [(&str, &str); 4] =
        [("XDG_CONFIG_HOME", "/c"), ("XDG_DATA_HOME", "/d"), ("XDG_CACHE_HOME", "/k"), ("XDG_STATE_HOME", "/s")];

    #[test]
    fn the_xdg_variables_name_the_places() {
        let paths = find(None, None, &XDG);
        assert_eq!(paths.config, Path::new("/c/exchequer/config.toml"));
        assert!(!paths.config_named);
        assert_eq!(paths.journal, Path::new("/d/exchequer/journal"));
        assert_eq!(paths.cache, Path::new("/k/exchequer"));
        assert_eq!(paths.log(), Path::new("/s/exchequer/exchequer.log"));
    }

    #[test]
    fn one_folder_holds_all_that_is_written_and_a_flag_beats_the_environment() {
        let variables = [XDG.as_slice(), &[("EXCHEQUER_DATA_DIR", "/env"), ("EXCHEQUER_CONFIG", "/env.toml")]].concat();
        let paths = find(None, None, &variables);
        assert_eq!((paths.config.as_path(), paths.config_named), (Path::new("/env.toml"), true));
        assert_eq!(paths.journal, Path::new("/env/journal"));
        let paths = find(Some("/flag.toml"), Some("/flag"), &variables);
        assert_eq!(paths.config, Path::new("/flag.toml"));
        assert_eq!(
            (paths.cache.as_path(), paths.state.as_path()),
            (Path::new("/flag/cache"), Path::new("/flag/state"))
        );
    }

    #[test]
    fn relative_and_empty_variables_count_as_unset() {
        let mut variables = XDG.to_vec();
        variables.extend([("EXCHEQUER_CONFIG", ""), ("EXCHEQUER_DATA_DIR", "")]);
        assert_eq!(find(None, None, &variables), find(None, None, &XDG));
        if directories::ProjectDirs::from("", "", "exchequer").is_some() {
            assert!(!find(None, None, &[("XDG_CACHE_HOME", "relative")]).cache.starts_with("relative"));
        }
    }
}
