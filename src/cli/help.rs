//! The words around the command table: help, usage errors, and what is said at their ends.

use super::config::{COMMON, OF_VENUES};
use super::output::{Output, write_stderr};
use super::{Cli, Exit, Failure};
use crate::market::printable;
use clap::CommandFactory;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::fmt::Write;
use std::process::ExitCode;

/// What people try first.
pub const EXAMPLES: &str = "\
Examples:
  exchequer                                   the demo desk
  exchequer --venue kraken BTC/USD ETH/USD    live markets
  exchequer --replay yesterday.jsonl.gz       yesterday's market
  exchequer book BTC/USD --venue kraken       one order book; --follow goes on, --json is for scripts
  exchequer symbols --venue kraken            what can be traded there
  exchequer record BTC/USD --venue kraken -o today.jsonl.gz
  exchequer alert add 'BTC/USD > 100000'      tell when a price is reached; :alert in the console
  exchequer doctor                            check this machine
  exchequer config show --origin              every setting, and where it comes from
  exchequer venues --json                     the venues, for a script";

const TEMPLATE: &str = "{about}\n\nUsage: {usage}\n\n{before-help}{all-args}{after-help}";

/// The command table with its help.
pub fn command() -> clap::Command {
    Cli::command().help_template(TEMPLATE).mut_subcommands(|command| command.help_template(TEMPLATE))
}

/// What the long help ends with: environment and exit codes.
pub fn end() -> String {
    let mut end = "Environment:\n".to_owned();
    let places = [
        ("EXCHEQUER_CONFIG", "--config"),
        ("EXCHEQUER_DATA_DIR", "--data-dir"),
        ("EXCHEQUER_HOT_PASSPHRASE_FILE", "the file with the passphrase of HOT keys"),
        ("NO_COLOR", "--color never"),
    ];
    // Writing to a String cannot fail.
    for (variable, flag) in places {
        let _ = writeln!(end, "  {variable:<24} {flag}");
    }
    let settings = COMMON.iter().map(|key| (key.variable, key.name));
    for (variable, name) in settings.chain(OF_VENUES.iter().map(|of| (of.variable, of.name))) {
        let _ = writeln!(end, "  {variable:<24} {name}");
    }
    end.push_str("\nExit codes:\n");
    for (exit, meaning) in Exit::MEANINGS {
        let _ = writeln!(end, "  {}  {meaning}", exit.code());
    }
    end
}

/// Answers a command line that was not run: help and version were asked for, anything else is a mistake.
pub fn answer(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    let json = arguments.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--json");
    let output = Output { json, ..Output::default() };
    let text = error.render().to_string();
    let text: String = text.lines().map(|line| format!("{}\n", printable(line))).collect();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => match output.text(&text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => ExitCode::from(failure.exit.code()),
        },
        _ if json => {
            let said = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            output.failure(&Failure::new(Exit::Usage, "usage", said).hint("exchequer --help"));
            ExitCode::from(Exit::Usage.code())
        }
        _ => {
            write_stderr(&text);
            ExitCode::from(Exit::Usage.code())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_a_command_line() {
        let of_commands = command();
        let of_commands = of_commands.get_subcommands().filter_map(|command| command.get_before_help());
        let all = of_commands.map(|help| format!("{help}\n")).chain([EXAMPLES.to_owned()]).collect::<String>();
        let examples: Vec<&str> = all.lines().filter_map(|line| line.strip_prefix("  ")).collect();
        assert!(examples.len() > 15, "{examples:?}");
        for line in examples {
            let words = line.split("  ").next().unwrap().split_whitespace();
            assert!(command().try_get_matches_from(words).is_ok(), "{line}");
        }
    }

    #[test]
    fn the_end_names_every_variable_and_code() {
        let end = end();
        assert!(COMMON.iter().all(|key| end.contains(key.variable)));
        assert!(OF_VENUES.iter().all(|of| end.contains(of.variable)));
        assert!(end.contains("  6  a verification failed"));
    }
}
