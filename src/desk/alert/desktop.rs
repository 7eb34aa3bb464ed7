//! Notifications of the desktop, by the program that the system has for them.
//!
//! - Words are handed over as arguments of the program, never through a shell or inside a script.
//! - A program that does not end is ended: nobody waits longer than [`PATIENCE`].

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A program that shows notifications, with the arguments before the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desktop {
    program: &'static str,
    arguments: &'static [&'static str],
    markup: bool,
}

/// Why the desktop was not told.
#[derive(Debug, thiserror::Error)]
pub enum DesktopError {
    /// There is no such program.
    #[error("desktop notifications need the program {0}, which is not there")]
    Absent(&'static str),
    /// It did not do it.
    #[error("{program} did not notify the desktop: {reason}")]
    Failed {
        /// The program.
        program: &'static str,
        /// The system's words.
        reason: io::Error,
    },
}

impl Desktop {
    /// The one of this system.
    #[cfg(target_os = "macos")]
    pub const SYSTEM: Self = Self {
        program: "osascript",
        arguments: &[
            "-e",
            "on run argv",
            "-e",
            "display notification (item 2 of argv) with title (item 1 of argv)",
            "-e",
            "end run",
        ],
        markup: false,
    };

    /// The one of this system.
    #[cfg(not(target_os = "macos"))]
    pub const SYSTEM: Self = Self { program: "notify-send", arguments: &["--app-name=exchequer", "--"], markup: true };

    /// Shows a notification. Waits for the program: call it where waiting is no harm.
    pub fn notify(&self, title: &str, text: &str) -> Result<(), DesktopError> {
        let failed = |reason| DesktopError::Failed { program: self.program, reason };
        // The specification of desktop notifications gives these signs a meaning in the text.
        let text = match self.markup {
            true => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
            false => text.to_owned(),
        };
        let mut command = Command::new(self.program);
        command.args(self.arguments).args([title, &text]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => DesktopError::Absent(self.program),
            _ => failed(error),
        })?;
        let begun = Instant::now();
        loop {
            match child.try_wait().map_err(failed)? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(failed(io::Error::other(format!("it ended with {status}")))),
                None if begun.elapsed() > PATIENCE => {
                    child.kill().and_then(|()| child.wait()).map_err(failed)?;
                    return Err(failed(io::ErrorKind::TimedOut.into()));
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn program(program: &'static str, arguments: &'static [&'static str]) -> Desktop {
        Desktop { program, arguments, markup: true }
    }

    #[test]
    fn words_arrive_as_they_are_and_run_nothing() {
        // `test` compares its arguments; a shell would have made other words of them.
        let same = program("test", &["t $(false) `false`;", "="]);
        let three = Desktop { arguments: &["a&amp;b &lt;i&gt;", "="], ..same.clone() };
        assert!(same.notify("t $(false) `false`;", "").is_err(), "four words are no comparison");
        assert!(program("test", &["x", "-a"]).notify("x", "").is_err());
        assert!(matches!(three.notify("x", "y"), Err(DesktopError::Failed { .. })));
        assert!(program("true", &[]).notify("t", "x").is_ok());
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = program("no-such-notifier", &[]).notify("t", "x").unwrap_err();
        assert!(matches!(error, DesktopError::Absent("no-such-notifier")), "{error}");
        let error = program("false", &[]).notify("t", "x").unwrap_err();
        assert!(error.to_string().starts_with("false did not notify the desktop: it ended with"), "{error}");
    }
}
