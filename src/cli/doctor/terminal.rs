//! What the terminal is and can do, as far as it can be known without asking it.

use super::Check;
use crate::cli::paths::Environment;
use std::io::IsTerminal;

/// The smallest terminal that the console fits into, in columns and rows.
const SMALLEST: (u16, u16) = (60, 16);
/// The smallest one that shows everything.
const FULL: (u16, u16) = (80, 24);

/// What the system says about the terminal.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Whether both input and output are one.
    pub interactive: bool,
    /// Columns and rows, where known.
    pub size: Option<(u16, u16)>,
}

impl Terminal {
    /// Asks the system.
    pub fn look() -> Self {
        let stdout = std::io::stdout();
        let size = rustix::termios::tcgetwinsize(&stdout).ok().map(|size| (size.ws_col, size.ws_row));
        Self { interactive: std::io::stdin().is_terminal() && stdout.is_terminal(), size }
    }
}

/// Checks the terminal.
pub fn checks(terminal: &Terminal, environment: Environment<'_>) -> Vec<Check> {
    let text = |name: &str| environment(name).map(|value| value.to_string_lossy().into_owned()).unwrap_or_default();
    let term = text("TERM");
    vec![kind(terminal, &term), size(terminal), color(&term, &text), encoding(&text), line(&text)]
}

fn kind(terminal: &Terminal, term: &str) -> Check {
    let name = "terminal.kind";
    match term {
        "" | "dumb" => {
            let shown = if term.is_empty() { "TERM is not set" } else { "TERM is dumb" };
            Check::warn(name, shown, "the console needs a full terminal; commands with --json work without one")
        }
        _ if !terminal.interactive => {
            Check::ok(name, format!("{term}, but input or output is not a terminal now: no console here"))
        }
        _ => Check::ok(name, term),
    }
}

fn size(terminal: &Terminal) -> Check {
    let name = "terminal.size";
    let Some((columns, rows)) = terminal.size.filter(|_| terminal.interactive) else {
        return Check::ok(name, "unknown: not a terminal");
    };
    let shown = format!("{columns}x{rows}");
    let fits = |(w, h): (u16, u16)| columns >= w && rows >= h;
    if fits(FULL) {
        Check::ok(name, shown)
    } else if fits(SMALLEST) {
        Check::warn(name, shown, "the console is fully usable from 80x24")
    } else {
        Check::warn(name, shown, "the console needs at least 60x16")
    }
}

fn color(term: &str, text: &dyn Fn(&str) -> String) -> Check {
    let name = "terminal.color";
    let deep = ["truecolor", "24bit"].contains(&text("COLORTERM").as_str()) || term.ends_with("-direct");
    let depth = match term {
        "" | "dumb" => "none",
        _ if deep => "24 bit",
        _ if term.contains("256color") => "256 colours",
        _ => "16 colours",
    };
    if text("NO_COLOR").is_empty() {
        Check::ok(name, depth)
    } else {
        Check::ok(name, format!("{depth}, but NO_COLOR asks for none"))
    }
}

fn encoding(text: &dyn Fn(&str) -> String) -> Check {
    let name = "terminal.encoding";
    let ruling = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find(|variable| !text(variable).is_empty());
    let advice = "set LANG to a UTF-8 locale, such as C.UTF-8, or borders and bars may look broken";
    match ruling.map(|variable| (variable, text(variable))) {
        Some((variable, locale)) => {
            let shown = format!("{variable}={locale}");
            let lower = locale.to_lowercase();
            let sound = lower.contains("utf-8") || lower.contains("utf8");
            if sound { Check::ok(name, shown) } else { Check::warn(name, shown, advice) }
        }
        None => Check::warn(name, "no locale is set", advice),
    }
}

fn line(text: &dyn Fn(&str) -> String) -> Check {
    let remote = ["SSH_TTY", "SSH_CONNECTION"].iter().any(|variable| !text(variable).is_empty());
    let place = if remote { "over SSH" } else { "local" };
    let inside = [("TMUX", "tmux"), ("STY", "screen")].into_iter().find(|(variable, _)| !text(variable).is_empty());
    Check::ok("terminal.line", inside.map_or_else(|| place.to_owned(), |(_, name)| format!("{place}, inside {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Verdict;
    use std::ffi::OsString;

    fn checked(size: Option<(u16, u16)>, variables: &[(&str, &str)]) -> Vec<Check> {
        let environment = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v));
        checks(&Terminal { interactive: size.is_some(), size }, &environment)
    }

    fn of<'a>(checks: &'a [Check], name: &str) -> &'a Check {
        checks.iter().find(|check| check.name == name).unwrap()
    }

    #[test]
    fn a_good_terminal_has_nothing_to_mend() {
        let variables =
            [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "de_DE.UTF-8"), ("TMUX", "/x")];
        let checks = checked(Some((80, 24)), &variables);
        assert!(checks.iter().all(|check| check.verdict == Verdict::Ok), "{checks:?}");
        assert_eq!(of(&checks, "terminal.color").detail, "24 bit");
        assert_eq!(of(&checks, "terminal.line").detail, "local, inside tmux");
    }

    #[test]
    fn what_is_poor_is_said_with_what_to_do() {
        let checks =
            checked(Some((79, 24)), &[("TERM", "dumb"), ("LC_ALL", "C"), ("LANG", "C.UTF-8"), ("SSH_TTY", "x")]);
        for name in ["terminal.kind", "terminal.size", "terminal.encoding"] {
            assert_eq!(of(&checks, name).verdict, Verdict::Warn, "{name}");
            assert!(of(&checks, name).advice.is_some());
        }
        assert_eq!(of(&checks, "terminal.line").detail, "over SSH");
        assert!(of(&checked(Some((59, 40)), &[]), "terminal.size").advice.as_ref().unwrap().contains("60x16"));
    }

    #[test]
    fn colour_depth_follows_term() {
        let depth = |term: &str| of(&checked(None, &[("TERM", term)]), "terminal.color").detail.clone();
        assert_eq!(
            [depth("xterm"), depth("screen-256color"), depth("xterm-direct"), depth("dumb")],
            ["16 colours", "256 colours", "24 bit", "none"]
        );
    }
}
