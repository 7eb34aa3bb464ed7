//! What the terminal can do, as far as its environment tells.
//!
//! Pure: the environment comes in as a value. What only the terminal itself knows is asked in `probe`.

use super::colour::ColourDepth;
use super::glyphs::{ASCII, Glyphs, UNICODE};
use super::pace::Line;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Environment variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The environment of this process; what is not Unicode is left out.
    pub fn of_process() -> Self {
        std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect()
    }

    /// A variable that is set to something.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }
}

/// The setting `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourChoice {
    /// What the environment says.
    #[default]
    Auto,
    /// As many as the terminal has, whatever `NO_COLOR` says.
    Always,
    /// None.
    Never,
    /// This many.
    Depth(ColourDepth),
}

impl FromStr for ColourChoice {
    type Err = ColourChoiceError;

    fn from_str(text: &str) -> Result<Self, ColourChoiceError> {
        match text {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            depth => depth.parse().map(Self::Depth).map_err(|_| ColourChoiceError(text.chars().take(40).collect())),
        }
    }
}

impl fmt::Display for ColourChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Always => f.write_str("always"),
            Self::Never => f.write_str("never"),
            Self::Depth(depth) => depth.fmt(f),
        }
    }
}

/// A text that is no setting for colour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no colour setting; there are auto, always, never, mono, 16, 256 and truecolor")]
pub struct ColourChoiceError(pub String);

/// Why no console can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Input or output is a pipe or a file.
    #[error("input and output must be a terminal; for scripts there is: exchequer book SYMBOL --venue VENUE --json")]
    NotATerminal,
    /// The terminal cannot place a cursor, or nothing says that it can.
    #[error(
        "a terminal that is {0} cannot show a screen; for text there is: exchequer book SYMBOL --venue VENUE --json"
    )]
    Dumb(&'static str),
}

/// What the terminal can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How many colours it shows.
    pub depth: ColourDepth,
    /// Whether it is behind SSH.
    pub ssh: bool,
    /// Whether it is a tmux.
    pub tmux: bool,
    /// Whether the locale speaks UTF-8.
    pub utf8: bool,
}

impl Capabilities {
    /// What `environment` says about a terminal; `terminal` is whether input and output are one.
    pub fn detect(environment: &Environment, choice: ColourChoice, terminal: bool) -> Result<Self, Unusable> {
        if !terminal {
            return Err(Unusable::NotATerminal);
        }
        match environment.get("TERM") {
            None => return Err(Unusable::Dumb("not named (TERM is not set)")),
            Some("dumb") => return Err(Unusable::Dumb("dumb (TERM=dumb)")),
            Some(_) => {}
        }
        Ok(Self {
            depth: depth(environment, choice),
            ssh: is_ssh(environment),
            tmux: environment.get("TMUX").is_some(),
            utf8: is_utf8(environment),
        })
    }

    /// The line to the terminal, unless low bandwidth is asked for.
    pub const fn line(self) -> Line {
        if self.ssh { Line::Remote } else { Line::Local }
    }

    /// The signs it can show.
    pub const fn glyphs(self) -> &'static Glyphs {
        if self.utf8 { &UNICODE } else { &ASCII }
    }
}

/// Whether the terminal is behind SSH.
pub fn is_ssh(environment: &Environment) -> bool {
    environment.get("SSH_TTY").is_some() || environment.get("SSH_CONNECTION").is_some()
}

fn depth(environment: &Environment, choice: ColourChoice) -> ColourDepth {
    match choice {
        ColourChoice::Never => return ColourDepth::Mono,
        ColourChoice::Depth(depth) => return depth,
        ColourChoice::Auto if environment.get("NO_COLOR").is_some() => return ColourDepth::Mono,
        ColourChoice::Auto | ColourChoice::Always => {}
    }
    let term = environment.get("TERM").unwrap_or_default();
    match environment.get("COLORTERM") {
        Some("truecolor" | "24bit") => ColourDepth::True,
        _ if term.ends_with("-direct") => ColourDepth::True,
        _ if term.contains("256color") => ColourDepth::Ansi256,
        _ if term.starts_with("vt") || term.ends_with("-mono") || term.ends_with("-m") => {
            if choice == ColourChoice::Always { ColourDepth::Ansi16 } else { ColourDepth::Mono }
        }
        _ => ColourDepth::Ansi16,
    }
}

/// The first of these variables that is set decides, as in every program that asks the C library.
fn is_utf8(environment: &Environment) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| environment.get(name));
    let codeset = locale.unwrap_or_default().to_ascii_lowercase();
    codeset.contains("utf-8") || codeset.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().copied().collect()
    }

    fn found(choice: ColourChoice, variables: &[(&str, &str)]) -> ColourDepth {
        depth(&environment(variables), choice)
    }

    #[test]
    fn colours_are_what_the_environment_says() {
        let auto = |variables: &[(&str, &str)]| found(ColourChoice::Auto, variables);
        assert_eq!(auto(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), ColourDepth::True);
        assert_eq!(auto(&[("TERM", "xterm-direct")]), ColourDepth::True);
        assert_eq!(auto(&[("TERM", "screen-256color")]), ColourDepth::Ansi256);
        assert_eq!(auto(&[("TERM", "xterm")]), ColourDepth::Ansi16);
        assert_eq!(auto(&[("TERM", "linux")]), ColourDepth::Ansi16);
        assert_eq!(auto(&[("TERM", "vt220")]), ColourDepth::Mono);
    }

    #[test]
    fn no_color_counts_when_it_says_something_and_nobody_asked() {
        let (term, no) = (("TERM", "xterm-256color"), ("NO_COLOR", "1"));
        assert_eq!(found(ColourChoice::Auto, &[term, no]), ColourDepth::Mono);
        assert_eq!(found(ColourChoice::Auto, &[term, ("NO_COLOR", "")]), ColourDepth::Ansi256);
        assert_eq!(found(ColourChoice::Always, &[term, no]), ColourDepth::Ansi256);
        assert_eq!(found(ColourChoice::Never, &[term]), ColourDepth::Mono);
        assert_eq!(found(ColourChoice::Depth(ColourDepth::Ansi16), &[term, no]), ColourDepth::Ansi16);
    }

    #[test]
    fn what_cannot_show_a_screen_is_refused_with_a_way_out() {
        let detect = |variables: &[(&str, &str)], tty| {
            Capabilities::detect(&environment(variables), ColourChoice::Auto, tty).map_err(|e| e.to_string())
        };
        for refused in [detect(&[("TERM", "dumb")], true), detect(&[], true), detect(&[("TERM", "xterm")], false)] {
            assert!(refused.unwrap_err().contains("exchequer book SYMBOL --venue VENUE --json"));
        }
        assert!(detect(&[("TERM", "xterm")], true).is_ok());
    }

    #[test]
    fn ssh_tmux_and_the_locale_are_seen() {
        let there = environment(&[
            ("TERM", "xterm"),
            ("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22"),
            ("TMUX", "/tmp/tmux-0/default,1,0"),
            ("LANG", "de_DE.UTF-8"),
        ]);
        let there = Capabilities::detect(&there, ColourChoice::Auto, true).unwrap();
        assert!(there.ssh && there.tmux && there.utf8);
        assert_eq!((there.line(), there.glyphs()), (Line::Remote, &UNICODE));
        let here = environment(&[("TERM", "xterm"), ("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]);
        let here = Capabilities::detect(&here, ColourChoice::Auto, true).unwrap();
        assert_eq!((here.line(), here.glyphs(), here.tmux), (Line::Local, &ASCII, false));
    }

    #[test]
    fn colour_settings_read_as_they_are_written() {
        for text in ["auto", "always", "never", "mono", "16", "256", "truecolor"] {
            assert_eq!(text.parse::<ColourChoice>().unwrap().to_string(), text);
        }
        assert!("yes".parse::<ColourChoice>().is_err());
    }
}
