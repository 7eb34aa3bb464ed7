//! The simulated venue as a process of its own, so that its work is not counted as the console's.

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running `exchequer sim`.
pub struct Venue {
    pub process: Child,
    pub url: String,
    output: BufReader<ChildStdout>,
}

impl Venue {
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exchequer"));
        let mut process = command.arg("sim").args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let (mut output, mut url) = (BufReader::new(process.stdout.take().unwrap()), String::new());
        output.read_line(&mut url).unwrap();
        Self { process, url: url.trim().to_owned(), output }
    }

    /// Stops it; gives its last word.
    pub fn stop(mut self) -> String {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        let mut word = String::new();
        self.output.read_line(&mut word).unwrap();
        word.trim().to_owned()
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        // It has ended already where it was asked to.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
