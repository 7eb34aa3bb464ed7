//! `exchequer portfolio import`: an export becomes entries of the ledger.
//!
//! - What is in the ledger already is counted and not added again, so a run that was cut short is simply repeated.
//! - While a row is refused nothing is added, unless that is wanted: half an import is a wrong balance.
//! - A journal that a running console writes is not changed from outside.

use super::super::read;
use super::ledger;
use crate::cli::{Context, Exit, Failure};
use crate::feed::Clock;
use crate::market::printable;
use crate::portfolio::import::{Format, Item, read as read_export};
use crate::portfolio::ledger::{Account, Added, Entry};
use crate::store::Journal;
use crate::store::journal::{Body, Ledger as Brought, MOST_ENTRIES, Who};
use std::path::PathBuf;

/// Arguments of `exchequer portfolio import`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The account that it is about, such as kraken or treasury/cold
    #[arg(long, value_name = "ACCOUNT", value_parser = Account::new)]
    account: Account,
    /// Whose export it is: generic (a table of your own), kraken-ledgers
    #[arg(long, value_name = "FORMAT", default_value = "generic", value_enum, hide_possible_values = true)]
    format: Choice,
    /// Says what would be added, and adds nothing
    #[arg(long)]
    dry_run: bool,
    /// Adds what can be read and leaves out what is refused
    #[arg(long)]
    skip_refused: bool,
}

/// The formats by name.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Choice {
    Generic,
    KrakenLedgers,
}

/// What would become of the rows of a file.
#[derive(Default)]
struct Plan {
    new: Vec<Entry>,
    known: usize,
    skipped: Vec<(u64, &'static str)>,
    refused: Vec<(u64, String)>,
}

/// Reads the file and adds what is new.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let name = printable(&args.file.display().to_string()).into_owned();
    if args.dry_run {
        return told(&plan(args, context)?, args, context);
    }
    // Before anything is read: nobody else may add what this run then believes to be new.
    let (mut journal, _) = Journal::open(&context.paths.journal);
    journal.writable().map_err(not_written)?;
    let plan = plan(args, context)?;
    if !plan.refused.is_empty() && !args.skip_refused {
        let (line, reason) = plan.refused.first().map(|(line, why)| (*line, why.as_str())).unwrap_or_default();
        let count = plan.refused.len();
        let message =
            format!("{name}: {count} rows are refused, the first in line {line}: {reason}; nothing was added");
        return Err(Failure::new(Exit::Usage, "rows_refused", message)
            .hint("--dry-run lists them all, --skip-refused leaves them out"));
    }
    let clock = Clock::start();
    for entries in plan.new.chunks(MOST_ENTRIES) {
        let body = Body::Ledger(Brought { source: name.clone(), entries: entries.to_vec() });
        journal.append(clock.now(), Who::LOCAL, &body).map_err(|error| not_written(&error.to_string()))?;
    }
    told(&plan, args, context)
}

fn plan(args: &Args, context: &Context) -> Result<Plan, Failure> {
    let format = match args.format {
        Choice::Generic => Format::Generic,
        Choice::KrakenLedgers => Format::KrakenLedgers,
    };
    let mut ledger = ledger(context)?;
    let now = Clock::start().now();
    let items = read_export(format, read::open(&args.file)?, &args.account, now)
        .map_err(|error| read::wrong(&args.file, &error))?;
    let mut plan = Plan::default();
    for item in items {
        match item {
            Item::Entry { line, entry } => match ledger.add(entry.as_ref().clone()) {
                Ok(Added::New) => plan.new.push(*entry),
                Ok(Added::Known) => plan.known += 1,
                Err(error) => plan.refused.push((line, error.to_string())),
            },
            Item::Skipped { line, reason } => plan.skipped.push((line, reason)),
            Item::Refused(error) => plan.refused.push((error.line, error.trouble.to_string())),
        }
    }
    Ok(plan)
}

fn not_written(reason: &str) -> Failure {
    let hint = "close the console that has the journal; what is written already is not added twice";
    Failure::new(Exit::Error, "journal_not_written", reason).hint(hint)
}

fn told(plan: &Plan, args: &Args, context: &Context) -> Result<(), Failure> {
    let did = if args.dry_run { "would_add" } else { "added" };
    if context.output.json {
        let rows = |rows: Vec<(u64, &str)>| -> Vec<_> {
            rows.into_iter().map(|(line, reason)| serde_json::json!({ "line": line, "reason": reason })).collect()
        };
        return context.output.json(&serde_json::json!({
            "account": args.account, did: plan.new.len(), "known": plan.known,
            "skipped": rows(plan.skipped.clone()),
            "refused": rows(plan.refused.iter().map(|(line, why)| (*line, why.as_str())).collect()),
        }));
    }
    let mut lines = Vec::new();
    lines.extend(plan.skipped.iter().map(|(line, reason)| format!("line {line} skipped: {reason}")));
    lines.extend(plan.refused.iter().map(|(line, reason)| format!("line {line} refused: {reason}")));
    let (new, known, account) = (plan.new.len(), plan.known, &args.account);
    let did = if args.dry_run { "would be added" } else { "added" };
    lines.push(format!(
        "{new} entries {did} to {account}; {known} known already, {} skipped, {} refused",
        plan.skipped.len(),
        plan.refused.len()
    ));
    context.output.text(&lines.iter().map(|line| printable(line)).collect::<Vec<_>>().join("\n"))
}
