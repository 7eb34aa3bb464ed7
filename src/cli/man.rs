//! `exchequer man`: the manual pages, one for the program and one a command.

use super::output::Output;
use super::{Exit, Failure, help};
use crate::market::printable;

/// Arguments of `exchequer man`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The command whose page is printed; without one, the program's
    command: Option<String>,
}

/// Prints one manual page in roff: `exchequer man | man -l -`.
pub fn run(args: &Args, output: Output) -> Result<(), Failure> {
    let mut page = help::command();
    if let Some(name) = &args.command {
        // Only a built table knows the commands' full names and hands them the flags of every command.
        page.build();
        let unknown = || {
            Failure::new(Exit::Usage, "usage", format!("there is no command {}", printable(name)))
                .hint("exchequer --help lists the commands")
        };
        page = page.find_subcommand(name).cloned().ok_or_else(unknown)?;
    }
    let mut roff = Vec::new();
    clap_mangen::Man::new(page)
        .render(&mut roff)
        .map_err(|error| Failure::new(Exit::Error, "output", format!("the manual page cannot be written: {error}")))?;
    output.text(&String::from_utf8_lossy(&roff))
}
