//! What the terminal is and can do, as far as it can be known without asking it.

use super::Check;
use crate::console::capabilities::{Capabilities, ColourChoice, Environment, is_ssh};
use crate::console::colour::ColourDepth;
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
pub fn checks(terminal: &Terminal, environment: &Environment) -> Vec<Check> {
    let term = environment.get("TERM").unwrap_or_default();
    vec![kind(terminal, term), size(terminal), color(environment), encoding(environment), line(environment)]
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

/// What the console would make of the environment, as on a terminal.
fn color(environment: &Environment) -> Check {
    let found = Capabilities::detect(environment, ColourChoice::Always, true);
    let depth = match found.map(|capabilities| capabilities.depth) {
        Ok(ColourDepth::True) => "24 bit",
        Ok(ColourDepth::Ansi256) => "256 colours",
        Ok(ColourDepth::Ansi16) => "16 colours",
        Ok(ColourDepth::Mono) | Err(_) => "none",
    };
    let refused = if environment.get("NO_COLOR").is_some() { ", but NO_COLOR asks for none" } else { "" };
    Check::ok("terminal.color", format!("{depth}{refused}"))
}

fn encoding(environment: &Environment) -> Check {
    let name = "terminal.encoding";
    let ruling = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| Some((name, environment.get(name)?)));
    let advice = "set LANG to a UTF-8 locale, such as C.UTF-8, or borders and bars may look broken";
    match ruling {
        Some((variable, locale)) => {
            let shown = format!("{variable}={locale}");
            let lower = locale.to_lowercase();
            let sound = lower.contains("utf-8") || lower.contains("utf8");
            if sound { Check::ok(name, shown) } else { Check::warn(name, shown, advice) }
        }
        None => Check::warn(name, "no locale is set", advice),
    }
}

fn line(environment: &Environment) -> Check {
    let place = if is_ssh(environment) { "over SSH" } else { "local" };
    let inside = [("TMUX", "tmux"), ("STY", "screen")].into_iter().find(|(name, _)| environment.get(name).is_some());
    Check::ok("terminal.line", inside.map_or_else(|| place.to_owned(), |(_, name)| format!("{place}, inside {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Verdict;

    fn checked(size: Option<(u16, u16)>, variables: &[(&str, &str)]) -> Vec<Check> {
        let environment = variables.iter().copied().collect();
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
