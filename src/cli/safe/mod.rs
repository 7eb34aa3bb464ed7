//! `exchequer safe`: the Safes and accounts that the treasury watches.

mod add;
mod names;
pub mod queue;
pub mod reach;
pub mod show;
pub mod shown;
pub mod sync;
mod watch;

use super::{Context, Failure};

const EXAMPLES: &str = "\
Examples:
  exchequer safe add eth:0xF71902B32C9854DB8d6f70Afa6Dcf685F7df8d79 --rpc https://eth.example --name Treasury
  exchequer safe add sep:0xF71902B32C9854DB8d6f70Afa6Dcf685F7df8d79 --rpc @rpc-url --service none --name Till
  exchequer safe show Treasury                       owners, modules, guards, what it has
  exchequer safe sync Treasury                       ask the chain what has happened
  exchequer safe queue Treasury --import             take what waits at its service as proposals
  exchequer safe name Treasury 0xA11c... alice       who an owner is
  exchequer safe know eth:0x2c7536E3605D9C16a7a3D7b1898e529396a65c23 Payroll    an address book, for recipients
  exchequer safe token eth:0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48 --trusted    what a token is, pinned
  exchequer safe watch eth:0x2c7536E3605D9C16a7a3D7b1898e529396a65c23 --name Fees    an account, only to be looked at
  exchequer safe list --json                         for a script";

/// Arguments of `exchequer safe`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Reads a Safe on its chain, and watches it
    Add(add::Args),
    /// Lists the Safes and the watched accounts
    List,
    /// Shows a Safe: who owns it, what else controls it, what it has
    Show(show::Args),
    /// Asks the chain how Safes stand, and what became of their proposals
    Sync(sync::Args),
    /// Shows what waits at the transaction service, each row verified; takes it as proposals
    Queue(queue::Args),
    /// Gives an owner a name; an empty one takes it away
    Name(names::Name),
    /// Gives an address a name, in the address book of its chain
    Know(names::Know),
    /// Reads what a token is, and pins its decimals
    Token(names::Token),
    /// Watches an account's balances; an empty name ends that
    Watch(watch::Args),
    /// Keeps a Safe only to be looked at
    Archive(names::Archive),
}

/// Runs the command on the treasury of this context.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    match &args.command {
        Command::Add(args) => add::run(args, context),
        Command::List => show::list(context),
        Command::Show(args) => show::run(args, context),
        Command::Sync(args) => sync::run(args, context),
        Command::Queue(args) => queue::run(args, context),
        Command::Name(args) => names::name(args, context),
        Command::Know(args) => names::know(args, context),
        Command::Token(args) => names::token(args, context),
        Command::Watch(args) => watch::run(args, context),
        Command::Archive(args) => names::archive(args, context),
    }
}
