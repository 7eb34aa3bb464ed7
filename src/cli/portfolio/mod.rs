//! `exchequer portfolio`: what the desk owns, from the ledger in the journal.

mod define;
mod export;
mod import;
mod progress;
mod reconcile;
mod trades;

use super::journal::damaged;
use super::output::{Cell, Column};
use super::{Context, Exit, Failure};
use crate::money::plain;
use crate::portfolio::ledger::Ledger;
use crate::store::{Books, LedgerFault, read_books};
use std::collections::BTreeMap;

const EXAMPLES: &str = "\
Examples:
  exchequer portfolio import trades.csv --account cold --dry-run      what would be added
  exchequer portfolio import ledgers.csv --account kraken             its header tells whose export it is
  exchequer portfolio export ledger.csv                               the whole ledger as a table
  exchequer portfolio reconcile --account kraken --venue kraken       hold the ledger against the venue
  exchequer portfolio define Treasury --account cold --account bank    accounts that belong together
  exchequer portfolio price XYZ 1.25 USD --account cold               what something is worth where no market says it
  exchequer portfolio show                                            what is in every account";

/// Arguments of `exchequer portfolio`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Reads an export into an account
    Import(import::Args),
    /// Writes the ledger as a table that can be imported again
    Export(export::Args),
    /// Holds an account of the ledger against the venue's own
    Reconcile(reconcile::Args),
    /// Says which accounts belong together
    Define(define::Portfolio),
    /// Says what kind of account one is
    Account(define::Kind),
    /// Names the price of something that no market prices
    Price(define::Price),
    /// Shows what is in every account
    Show,
}

/// Runs the command on the journal of this context.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    match &args.command {
        Command::Import(args) => import::run(args, context),
        Command::Export(args) => export::run(args, context),
        Command::Reconcile(args) => reconcile::run(args, context),
        Command::Define(args) => define::portfolio(args, context),
        Command::Account(args) => define::account(args, context),
        Command::Price(args) => define::price(args, context),
        Command::Show => show(context),
    }
}

fn ledger(context: &Context) -> Result<Ledger, Failure> {
    books(context).map(|books| books.ledger)
}

/// What the journal says of what is owned.
pub fn books(context: &Context) -> Result<Books, Failure> {
    read_books(&context.paths.journal).map_err(|fault| match fault {
        LedgerFault::Damaged(damage) => damaged(&context.paths.journal, &damage, 0),
        LedgerFault::Later(_) => {
            Failure::new(Exit::Error, "journal_later", fault.to_string()).hint("use the version that wrote it")
        }
        LedgerFault::Contradiction { .. } => Failure::new(Exit::Verification, "ledger", fault.to_string()),
    })
}

fn show(context: &Context) -> Result<(), Failure> {
    let ledger = ledger(context)?;
    let balances = ledger.balances();
    let held = balances.iter().flat_map(|(account, assets)| {
        assets
            .iter()
            .filter(|(_, amount)| !amount.is_zero())
            .map(move |(asset, amount)| (account, asset, plain(*amount)))
    });
    if context.output.json {
        let mut accounts: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
        for (account, asset, amount) in held {
            accounts.entry(account.as_str()).or_default().insert(asset.as_str(), amount);
        }
        let count = ledger.len();
        return context.output.json(&serde_json::json!({ "entries": count, "accounts": accounts }));
    }
    let rows: Vec<Vec<Cell>> = held
        .map(|(account, asset, amount)| vec![account.as_str().into(), asset.as_str().into(), amount.into()])
        .collect();
    context.output.table(&[Column::Left("account"), Column::Left("asset"), Column::Right("amount")], &rows)
}
