//! The command line: one file a subcommand, and the exit codes.

mod failure;
pub mod journal;

pub use failure::{Exit, Failure};

/// Runs the program with the arguments of the process.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
