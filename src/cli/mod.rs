//! The command line: one file a subcommand, and the exit codes.
//!
//! - Results go to stdout and everything else to stderr; a command that succeeds says nothing on stderr.
//! - Flags reach the configuration through one table ([`config::KEYS`]): a command that declares an argument named like
//!   a flag of that table reads the setting from [`Context::config`], never from the argument.
//! - A new command is a file with `Args` and `run`, a variant of [`Command`] and an arm in [`dispatch`].

pub mod config;
pub mod console;
mod device;
pub mod doctor;
pub mod output;
pub mod paths;

mod account;
mod alert;
mod book;
mod completions;
mod failure;
mod hearing;
mod help;
mod hot;
pub mod journal;
mod keys;
mod link;
mod logging;
mod man;
mod nav;
mod performance;
mod pnl;
mod portfolio;
mod proposal;
mod propose;
mod read;
mod record;
mod replay;
mod review;
mod safe;
mod sign;
mod sim;
mod symbols;
mod treasury;
mod venues;
mod wallet;

pub use failure::{Exit, Failure};

use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches};
use config::{Config, Flags, KEYS};
use output::{Color, Output};
use paths::Paths;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// What every command is given besides its own arguments.
#[derive(Clone, Debug)]
pub struct Context {
    /// The settings of this run: flags, environment, file and defaults put together.
    pub config: Config,
    /// Where files are.
    pub paths: Paths,
    /// How results are printed.
    pub output: Output,
}

/// Live markets, portfolios and multisig approvals in a terminal.
#[derive(Debug, clap::Parser)]
#[command(name = "exchequer", version, before_long_help = help::EXAMPLES, after_long_help = help::end())]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    console: console::Args,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Flags of every command.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Everywhere")]
struct Global {
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One folder for everything that is written
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// JSON instead of tables; errors too
    #[arg(long, global = true)]
    json: bool,
    /// When colour is used
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    #[arg(help = "When colour is used: auto, always, never")]
    color: Color,
    /// Logs more; twice, everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Prints an order book, once or as it changes
    Book(book::Args),
    /// Lists what a venue trades
    Symbols(symbols::Args),
    /// Lists the venues
    Venues(venues::Args),
    /// Records what a venue says, to be replayed
    Record(record::Args),
    /// Folds captures into their books and figures
    Replay(replay::Args),
    /// Runs a simulated exchange
    Sim(sim::Args),
    /// Lists, adds, removes and tests alerts
    Alert(alert::Args),
    /// Looks into an account at a venue, and at what its key may do
    Account(account::Args),
    /// Tells what all of it is worth, now or at a moment of the past
    Nav(nav::Args),
    /// Reads exports into the ledger, and shows what the desk owns
    Portfolio(portfolio::Args),
    /// Tells returns, risk and drawdown of a series of values
    Performance(performance::Args),
    /// Tells what trades have realised and what is held
    Pnl(pnl::Args),
    /// Says what a PSBT does to a wallet, before anybody signs it
    Review(review::Args),
    /// Reviews a PSBT and signs it here, with a device or a HOT key: from a file, codes or a paste
    Sign(sign::Args),
    /// Watches multisig wallets: keys, addresses, coins, labels
    Wallet(wallet::Args),
    /// Watches Safes on Ethereum: owners, balances, what waits at their service
    Safe(Box<safe::Args>),
    /// Makes a transaction and lets it wait for approvals
    Propose(propose::Args),
    /// Approves, rejects, combines and broadcasts what waits
    Proposal(proposal::Args),
    /// Makes and keeps HOT keys: those that lie on this machine
    Hot(hot::Args),
    /// Asks a hardware wallet: keys, addresses, signatures
    Device(device::Args),
    /// Verifies, shows and exports the journal
    Journal(journal::Args),
    /// Checks this machine and says what to mend
    Doctor(doctor::Args),
    /// Shows what is configured, and where
    Config(config::show::Args),
    /// Prints completions for a shell
    Completions(completions::Args),
    /// Prints the manual page
    Man(man::Args),
}

/// What is known before the configuration is judged, for the commands that help to mend it.
#[derive(Debug)]
pub struct Start {
    /// Where files are.
    pub paths: Paths,
    /// The settings, or why there are none.
    pub config: Result<Config, Failure>,
    /// How results are printed.
    pub output: Output,
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let parsed = help::command().try_get_matches_from(&arguments);
    let (matches, cli) = match parsed.and_then(|matches| Ok((matches.clone(), Cli::from_arg_matches(&matches)?))) {
        Ok(parsed) => parsed,
        Err(error) => return help::answer(&error, &arguments),
    };
    let output = Output { json: cli.global.json, color: cli.global.color, verbose: cli.global.verbose };
    match run(&cli, &matches, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if failure.exit != Exit::Ok {
                tracing::error!(key = failure.key, "{failure}");
                output.failure(&failure);
            }
            ExitCode::from(failure.exit.code())
        }
    }
}

fn run(cli: &Cli, matches: &ArgMatches, output: Output) -> Result<(), Failure> {
    let start = || Start::find(&cli.global, matches, output);
    let Some(command) = &cli.command else { return console::run(&cli.console, &start()?.context()?) };
    match command {
        Command::Book(args) => book::run(args, &start()?.context()?),
        Command::Symbols(args) => symbols::run(args, &start()?.context()?),
        Command::Venues(args) => venues::run(args, &start()?.context()?),
        Command::Record(args) => record::run(args, &start()?.context()?),
        Command::Replay(args) => replay::run(args, &start()?.context()?),
        Command::Sim(args) => sim::run(args, &start()?.context()?),
        Command::Alert(args) => alert::run(args, &start()?.context()?),
        Command::Account(args) => account::run(args, &start()?.context()?),
        Command::Nav(args) => nav::run(args, &start()?.context()?),
        Command::Portfolio(args) => portfolio::run(args, &start()?.context()?),
        Command::Performance(args) => performance::run(args, &start()?.context()?),
        Command::Pnl(args) => pnl::run(args, &start()?.context()?),
        Command::Sign(args) => sign::run(args, &start()?.context()?),
        Command::Wallet(args) => wallet::run(args, &start()?.context()?),
        Command::Safe(args) => safe::run(args, &start()?.context()?),
        Command::Propose(args) => propose::run(args, &start()?.context()?),
        Command::Proposal(args) => proposal::run(args, &start()?.context()?),
        Command::Hot(args) => hot::run(args, &start()?.context()?),
        Command::Device(args) => device::run(args, &start()?.context()?),
        Command::Journal(args) => {
            let context = start()?.context()?;
            journal::run(args, &context.paths.journal, context.output.json, &mut std::io::stdout().lock())
        }
        Command::Review(args) => review::run(args, output),
        Command::Doctor(args) => doctor::run(args, &start()?),
        Command::Config(args) => config::show::run(args, &start()?),
        Command::Completions(args) => completions::run(args, output),
        Command::Man(args) => man::run(args, output),
    }
}

impl Start {
    fn find(global: &Global, matches: &ArgMatches, output: Output) -> Result<Self, Failure> {
        let environment = |name: &str| std::env::var_os(name);
        let paths = Paths::find(global.config.as_deref(), global.data_dir.as_deref(), &environment)?;
        let config = Config::load(&paths, &environment, &flags(matches));
        Ok(Self { paths, config, output })
    }

    /// Opens the log, and demands a sound configuration.
    fn context(self) -> Result<Context, Failure> {
        let config = self.config?;
        if let Err(error) = logging::start(&self.paths, config.log_level) {
            self.output.note(&format!("there will be no log: {error}"));
        }
        Ok(Context { config, paths: self.paths, output: self.output })
    }
}

/// The settings that the command line gave, by the names in the table, whichever command took them.
fn flags(matches: &ArgMatches) -> Flags {
    let mut flags = matches.subcommand().map(|(_, inner)| flags(inner)).unwrap_or_default();
    for key in &KEYS {
        let Some(flag) = key.flag else { continue };
        let given = matches.ids().any(|id| id == flag.id);
        if given && matches.value_source(flag.id) == Some(ValueSource::CommandLine) {
            flags.entry(key.name).or_insert_with(|| flag.text(matches));
        }
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, clap::Parser)]
    struct Stranger {
        #[command(flatten)]
        _global: Global,
        #[arg(long)]
        theme: Option<String>,
        #[arg(long)]
        no_mouse: bool,
        symbols: Vec<String>,
        #[arg(long)]
        unrelated: Option<String>,
    }

    fn given(arguments: &[&str]) -> Flags {
        use clap::CommandFactory;
        flags(&Stranger::command().get_matches_from(arguments))
    }

    #[test]
    fn a_command_hands_its_flags_to_the_configuration_by_their_names() {
        assert!(given(&["x", "--unrelated", "y"]).is_empty());
        let flags = given(&["x", "--theme", "mono", "--no-mouse", "BTC/USD", "ETH/USD", "-vv"]);
        let expected = [
            ("console.theme", "mono"),
            ("console.mouse", "false"),
            ("symbols", "BTC/USD ETH/USD"),
            ("log.level", "trace"),
        ];
        assert_eq!(flags, expected.map(|(key, text)| (key, text.to_owned())).into());
        assert!(Stranger::try_parse_from(["x", "--nonsense"]).is_err());
    }

    #[test]
    fn the_command_table_is_sound() {
        let command = help::command();
        for flag in KEYS.iter().filter_map(|key| key.flag) {
            let takes = |command: &clap::Command| command.get_arguments().any(|argument| argument.get_id() == flag.id);
            let known = takes(&command) || command.get_subcommands().any(takes);
            assert!(known, "no command takes --{}", flag.id);
        }
        command.debug_assert();
    }
}
