//! Copying: to the clipboard of the machine where the eyes are, not of the one where the program runs.
//!
//! Over SSH only the terminal can reach that clipboard (OSC 52). What was used is returned, so that the console can say
//! it: no terminal confirms that it took the text.

use super::capabilities::{Environment, is_ssh};
use std::io::{self, Write as _};
use std::process::{Command, Stdio};

/// Terminals drop longer sequences; xterm and tmux take about this much.
const LIMIT: usize = 74_000;

/// A way to a clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The terminal, by an escape sequence.
    Terminal,
    /// The terminal around a tmux, by a sequence that tmux passes on.
    AroundTmux,
    /// A program of this machine.
    Program(&'static [&'static str]),
}

const TMUX: Way = Way::Program(&["tmux", "load-buffer", "-w", "-"]);

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// More than a terminal takes.
    #[error("{0} bytes are too many to copy; the most is {LIMIT}")]
    TooLong(usize),
    /// There is none to try.
    #[error("there is no way to a clipboard")]
    NoWay,
    /// The last program tried did not take the text.
    #[error("{program} did not take the text: {error}")]
    Program {
        /// The program.
        program: &'static str,
        /// Why.
        error: io::Error,
    },
}

impl Way {
    /// The ways to try, the best first; the last needs no program.
    pub fn choose(environment: &Environment) -> Vec<Self> {
        let tmux = environment.get("TMUX").is_some();
        let native = (!is_ssh(environment)).then(|| native(environment)).flatten();
        let terminal = if tmux { Self::AroundTmux } else { Self::Terminal };
        native.into_iter().chain(tmux.then_some(TMUX)).chain([terminal]).collect()
    }

    /// What the console says was used.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminal => "the terminal (OSC 52)",
            Self::AroundTmux => "the terminal around tmux (OSC 52)",
            Self::Program(words) => words.first().copied().unwrap_or_default(),
        }
    }
}

/// What [`copy`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The way that was used.
    pub way: Way,
    /// What is still to be sent to the terminal for it, if anything.
    pub send: Vec<u8>,
}

/// Copies `text` by the first of `ways` that takes it. Waits for programs: call it where waiting is no harm.
pub fn copy(text: &str, ways: &[Way]) -> Result<Copied, CopyError> {
    if text.len() > LIMIT {
        return Err(CopyError::TooLong(text.len()));
    }
    let mut refused = CopyError::NoWay;
    for way in ways {
        match way {
            Way::Terminal => return Ok(Copied { way: *way, send: osc52(text) }),
            Way::AroundTmux => return Ok(Copied { way: *way, send: around_tmux(&osc52(text)) }),
            Way::Program(words) => match run(words, text) {
                Ok(()) => return Ok(Copied { way: *way, send: Vec::new() }),
                Err(error) => refused = CopyError::Program { program: way.name(), error },
            },
        }
    }
    Err(refused)
}

#[cfg(target_os = "macos")]
fn native(_: &Environment) -> Option<Way> {
    Some(Way::Program(&["pbcopy"]))
}

#[cfg(not(target_os = "macos"))]
fn native(environment: &Environment) -> Option<Way> {
    match (environment.get("WAYLAND_DISPLAY"), environment.get("DISPLAY")) {
        (Some(_), _) => Some(Way::Program(&["wl-copy"])),
        (None, Some(_)) => Some(Way::Program(&["xclip", "-selection", "clipboard", "-in"])),
        (None, None) => None,
    }
}

fn run(words: &[&str], text: &str) -> io::Result<()> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::NotFound)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(text.as_bytes()));
    let status = child.wait()?;
    if status.success() { written } else { Err(io::Error::other(format!("it ended with {status}"))) }
}

/// The sequence that hands `text` to the terminal's clipboard.
fn osc52(text: &str) -> Vec<u8> {
    [b"\x1b]52;c;", base64(text.as_bytes()).as_bytes(), b"\x1b\\"].concat()
}

/// A sequence that tmux passes on to the terminal around it.
pub(super) fn around_tmux(sequence: &[u8]) -> Vec<u8> {
    let mut wrapped = b"\x1bPtmux;".to_vec();
    for byte in sequence {
        wrapped.extend(std::iter::repeat_n(*byte, if *byte == 0x1b { 2 } else { 1 }));
    }
    wrapped.extend_from_slice(b"\x1b\\");
    wrapped
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for digit in 0..4 {
            let index = usize::try_from(bits >> (18 - 6 * digit) & 63).unwrap_or(0);
            let known = DIGITS.get(index).filter(|_| digit <= group.len());
            text.push(known.map_or('=', |digit| char::from(*digit)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(variables: &[(&str, &str)]) -> Vec<Way> {
        Way::choose(&variables.iter().copied().collect())
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")];
        for (text, code) in cases {
            assert_eq!(base64(text.as_bytes()), code);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn over_ssh_the_terminal_copies_whatever_runs_here() {
        let ssh = ("SSH_TTY", "/dev/pts/1");
        assert_eq!(ways(&[ssh, ("DISPLAY", ":0")]), [Way::Terminal]);
        assert_eq!(ways(&[ssh, ("TMUX", "x")]), [TMUX, Way::AroundTmux]);
        assert_eq!(ways(&[]), [Way::Terminal]);
    }

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn here_a_program_copies() {
        assert_eq!(ways(&[("WAYLAND_DISPLAY", "w"), ("DISPLAY", ":0")]), [Way::Program(&["wl-copy"]), Way::Terminal]);
        assert_eq!(ways(&[("DISPLAY", ":0")])[0].name(), "xclip");
    }

    #[test]
    fn sequences_are_whole() {
        assert_eq!(osc52("foo"), b"\x1b]52;c;Zm9v\x1b\\");
        assert_eq!(around_tmux(&osc52("foo")), b"\x1bPtmux;\x1b\x1b]52;c;Zm9v\x1b\x1b\\\x1b\\");
    }

    #[test]
    fn a_way_that_fails_is_passed_over_and_the_last_is_named() {
        let (missing, failing) = (Way::Program(&["no-such-program-for-copying"]), Way::Program(&["false"]));
        assert_eq!(copy("x", &[missing, failing, Way::Terminal]).unwrap().way, Way::Terminal);
        assert_eq!(copy("x", &[Way::Program(&["cat"]), Way::Terminal]).unwrap().send, b"");
        let failed = copy("x", &[failing, missing]).unwrap_err();
        assert!(failed.to_string().starts_with("no-such-program-for-copying did not take the text"), "{failed}");
        assert!(matches!(copy(&"x".repeat(LIMIT + 1), &[]), Err(CopyError::TooLong(_))));
    }
}
