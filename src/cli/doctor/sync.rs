//! Whether the terminal knows synchronized updates, by asking it.
//!
//! The terminal's settings are changed while it is asked, so that its answer is not shown, and put back in any case.

use super::Check;
use crate::console::capabilities::{self, Environment};
use crate::console::probe::{Answer, QUESTION, patience, read};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::stdin;
use rustix::termios::{self, LocalModes, OptionalActions, QueueSelector, Termios};
use std::io::{self, Write};
use std::time::Instant;

/// The most bytes that are read for an answer.
const LIMIT: usize = 4096;

/// Asks the terminal, where input and output are one that can be asked.
pub fn check(interactive: bool, environment: &Environment) -> Check {
    let name = "terminal.sync";
    if !interactive || matches!(environment.get("TERM"), None | Some("dumb")) {
        return Check::ok(name, "not asked: no full terminal");
    }
    match ask(capabilities::is_ssh(environment)) {
        Ok(Answer::Known) => Check::ok(name, "synchronized updates are known"),
        Ok(Answer::Unknown) => Check::ok(name, "synchronized updates are not known: frames may flicker a little"),
        Ok(Answer::Silence) => Check::ok(name, "the terminal did not say; console.sync = \"off\" if frames look odd"),
        Err(error) => Check::warn(name, format!("the terminal cannot be asked: {error}"), "try another terminal"),
    }
}

/// Puts the terminal's settings back, with what it still had to say thrown away.
struct Restore(Termios);

impl Drop for Restore {
    fn drop(&mut self) {
        let _ = termios::tcflush(stdin(), QueueSelector::IFlush);
        let _ = termios::tcsetattr(stdin(), OptionalActions::Now, &self.0);
    }
}

fn ask(ssh: bool) -> io::Result<Answer> {
    let found = termios::tcgetattr(stdin())?;
    let mut quiet = found.clone();
    quiet.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
    let _restore = Restore(found);
    termios::tcsetattr(stdin(), OptionalActions::Now, &quiet)?;
    let mut stdout = io::stdout().lock();
    stdout.write_all(QUESTION)?;
    stdout.flush()?;
    let (asked, patience, mut heard) = (Instant::now(), patience(ssh), Vec::new());
    while let Some(left) = patience.checked_sub(asked.elapsed()).filter(|left| !left.is_zero()) {
        let wait = Timespec::try_from(left).map_err(io::Error::other)?;
        if poll(&mut [PollFd::new(&stdin(), PollFlags::IN)], Some(&wait))? == 0 {
            break;
        }
        let mut bytes = [0; 256];
        let count = rustix::io::read(stdin(), &mut bytes)?;
        heard.extend(bytes.get(..count).unwrap_or_default());
        if count == 0 || heard.len() > LIMIT || read(&heard).complete {
            break;
        }
    }
    Ok(read(&heard).answer)
}
