//! The simulated venue as a process of its own, so that its work is not counted as the console's.

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running `exchequer sim`.
pub struct Venue {
    pub process: Child,
    pub url: String,
    /// What is traded there.
    pub symbols: Vec<String>,
    output: BufReader<ChildStdout>,
}

impl Venue {
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exchequer"));
        let mut process = command.args(["sim", "--json"]).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let (mut output, mut opened) = (BufReader::new(process.stdout.take().unwrap()), String::new());
        output.read_line(&mut opened).unwrap();
        let opened: serde_json::Value = serde_json::from_str(&opened).unwrap();
        let symbols = opened["symbols"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
        Self { process, url: opened["url"].as_str().unwrap().to_owned(), symbols: symbols.collect(), output }
    }

    /// Stops it; tells how much it sent.
    pub fn stop(mut self) -> String {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        let mut word = String::new();
        self.output.read_line(&mut word).unwrap();
        let word: serde_json::Value = serde_json::from_str(&word).unwrap();
        format!("sent {}", word["sent"])
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        // It has ended already where it was asked to.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
