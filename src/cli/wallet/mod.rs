//! `exchequer wallet`: the wallets that the treasury watches.

mod address;
mod coins;
mod confirm;
mod import;
mod labels;
mod show;
mod sync;

use super::{Context, Failure};

const EXAMPLES: &str = "\
Examples:
  exchequer wallet import cold.txt --name Cold             descriptors, BSMS, Sparrow, Coldcard, Caravan, Specter, ...
  exchequer wallet show Cold                               who may sign, and whether it is armed
  exchequer wallet confirm Cold --seat 73c5da0a --address bc1q...    what this cosigner's device shows
  exchequer wallet address Cold --qr                       the next address to receive
  exchequer wallet sync Cold --chain electrum:ssl://electrum.example:50002
  exchequer wallet coins Cold --json                       the coins, for a script
  exchequer wallet export Cold --format bsms -o cold.bsms  for a cosigner's program";

/// Arguments of `exchequer wallet`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Watches the wallet of a file; its content tells whose program wrote it
    Import(import::Args),
    /// Lists the wallets
    List,
    /// Shows a wallet: its keys, its rule, and whether it is armed
    Show(show::Args),
    /// Writes down that a cosigner's device shows the wallet's first address
    Confirm(confirm::Args),
    /// Gives a cosigner a name
    Name(confirm::Name),
    /// Hands out the next address to receive
    Address(address::Args),
    /// Writes the wallet for another program
    Export(show::Export),
    /// Asks the chain what has happened
    Sync(sync::Args),
    /// Lists the coins; freezes and thaws them
    Coins(coins::Args),
    /// Reads and writes labels (BIP-329)
    Labels(labels::Args),
    /// Keeps a wallet only to be looked at
    Archive(show::Archive),
    /// Says that who may sign has changed: what is being approved becomes void
    Bump(show::Bump),
}

/// Runs the command on the treasury of this context.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    match &args.command {
        Command::Import(args) => import::run(args, context),
        Command::List => show::list(context),
        Command::Show(args) => show::run(args, context),
        Command::Confirm(args) => confirm::run(args, context),
        Command::Name(args) => confirm::name(args, context),
        Command::Address(args) => address::run(args, context),
        Command::Export(args) => show::export(args, context),
        Command::Sync(args) => sync::run(args, context),
        Command::Coins(args) => coins::run(args, context),
        Command::Labels(args) => labels::run(args, context),
        Command::Archive(args) => show::archive(args, context),
        Command::Bump(args) => show::bump(args, context),
    }
}
