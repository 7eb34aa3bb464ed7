//! `exchequer completions`: what a shell needs to complete this program's commands.

use super::output::Output;
use super::{Failure, help};

/// Arguments of `exchequer completions`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell: bash, zsh, fish, elvish, powershell
    #[arg(value_enum, hide_possible_values = true)]
    shell: clap_complete::Shell,
}

/// Prints the script for a shell.
pub fn run(args: &Args, output: Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut help::command(), "exchequer", &mut script);
    output.text(&String::from_utf8_lossy(&script))
}
