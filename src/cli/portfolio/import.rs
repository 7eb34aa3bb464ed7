//! `exchequer portfolio import`: an export becomes entries of the ledger.
//!
//! - What is in the ledger already is counted and not added again, so a run that was cut short is simply repeated.
//! - While a row is refused nothing is added, unless that is wanted: half an import is a wrong balance.
//! - A journal that a running console writes is not changed from outside.

use super::super::read;
use super::ledger;
use super::progress::Progress;
use crate::cli::{Context, Exit, Failure};
use crate::feed::Clock;
use crate::market::printable;
use crate::portfolio::import::{Format, HEAD, Item, Mapping, Reading, read as read_export};
use crate::portfolio::ledger::{Account, Added, Ledger};
use crate::store::Journal;
use crate::store::journal::{Body, Ledger as Brought, Who};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

/// The longest mapping that is read, in bytes.
const LONGEST_MAPPING: u64 = 1 << 20;

/// Arguments of `exchequer portfolio import`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The account that it is about, such as kraken or treasury/cold; not needed where every row names one
    #[arg(long, value_name = "ACCOUNT", value_parser = Account::new)]
    account: Option<Account>,
    /// Whose export it is, where its header does not tell: generic (a table of your own), binance, binance-trades,
    /// bybit, coinbase, kraken-ledgers, kraken-trades, ledger (a journal of ledger or hledger)
    #[arg(long, value_name = "FORMAT", hide_possible_values = true, value_parser = formats())]
    format: Option<Format>,
    /// What a table that is not your own calls things; see the documentation
    #[arg(long, value_name = "FILE.toml")]
    mapping: Option<PathBuf>,
    /// Which accounts of a journal of ledger or hledger are the account
    #[arg(long, value_name = "PREFIX", default_value = "Assets")]
    accounts: String,
    /// Says what would be added, and adds nothing
    #[arg(long)]
    dry_run: bool,
    /// Adds what can be read and leaves out what is refused
    #[arg(long)]
    skip_refused: bool,
}

/// What would become of the rows of a file.
struct Plan {
    /// What there was, and behind it what is new.
    ledger: Ledger,
    /// How much there was.
    before: usize,
    known: usize,
    skipped: Vec<(u64, &'static str)>,
    refused: Vec<(u64, String)>,
}

/// The formats by name.
fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name))
        .try_map(|name| Format::named(&name).ok_or_else(|| format!("no format {name}")))
}

/// Reads the file and adds what is new.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let name = shown(&args.file);
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
    let mut new = (plan.before..plan.ledger.len()).filter_map(|place| plan.ledger.entry(place)).peekable();
    while new.peek().is_some() {
        let body = Body::Ledger(Brought::fill(&name, &mut new));
        journal.append(clock.now(), Who::LOCAL, &body).map_err(|error| not_written(&error.to_string()))?;
    }
    told(&plan, args, context)
}

fn plan(args: &Args, context: &Context) -> Result<Plan, Failure> {
    let mapping = args.mapping.as_deref().map(mapping).transpose()?;
    let mut file = read::open(&args.file)?;
    let mut head = Vec::new();
    file.by_ref()
        .take(HEAD as u64)
        .read_to_end(&mut head)
        .map_err(|error| unreadable(&args.file, &error.to_string()))?;
    let format = format(args, &head)?;
    if args.account.is_none() && format != Format::Generic {
        let message =
            format!("{}: an export of {} does not say which account it is about", shown(&args.file), format.name());
        return Err(Failure::new(Exit::Usage, "no_account", message).hint("name it with --account"));
    }
    let ledger = ledger(context)?;
    let before = ledger.len();
    let mut plan = Plan { ledger, before, known: 0, skipped: Vec::new(), refused: Vec::new() };
    let reading = Reading {
        format,
        account: args.account.as_ref(),
        now: Clock::start().now(),
        mapping: mapping.as_ref(),
        accounts: &args.accounts,
    };
    let size = std::fs::metadata(&args.file).map_or(0, |metadata| metadata.len());
    let source = Progress::new(Cursor::new(head).chain(file), size, !context.output.json);
    read_export(&reading, source, &mut |item| plan.take(item)).map_err(|error| read::wrong(&args.file, &error))?;
    Ok(plan)
}

impl Plan {
    fn take(&mut self, item: Item) {
        match item {
            Item::Entry { line, entry } => match self.ledger.add(*entry) {
                Ok(Added::New) => {}
                Ok(Added::Known) => self.known += 1,
                Err(error) => self.refused.push((line, error.to_string())),
            },
            Item::Skipped { line, reason } => self.skipped.push((line, reason)),
            Item::Refused(error) => self.refused.push((error.line, error.trouble.to_string())),
        }
    }

    fn added(&self) -> usize {
        self.ledger.len() - self.before
    }
}

/// The format that is named, or else the one that the file shows.
fn format(args: &Args, head: &[u8]) -> Result<Format, Failure> {
    match args.format {
        Some(format) if args.mapping.is_some() && format != Format::Generic => {
            let message = format!("a mapping is for generic, not for {}", format.name());
            Err(Failure::new(Exit::Usage, "mapping", message))
        }
        Some(format) => Ok(format),
        None if args.mapping.is_some() => Ok(Format::Generic),
        None => Format::of(head).map_err(|error| {
            let names = Format::ALL.map(Format::name).join(", ");
            Failure::new(Exit::Usage, "format_unknown", format!("{}: {error}", shown(&args.file)))
                .hint(format!("name its format with --format: {names}\nor say what it calls things with --mapping"))
        }),
    }
}

fn mapping(path: &Path) -> Result<Mapping, Failure> {
    let mut text = String::new();
    let size = read::open(path)?.take(LONGEST_MAPPING + 1).read_to_string(&mut text);
    match size {
        Err(error) => return Err(unreadable(path, &error.to_string())),
        Ok(size) if size as u64 > LONGEST_MAPPING => return Err(unreadable(path, "it is too large for a mapping")),
        Ok(_) => {}
    }
    Mapping::parse(&text, |zone| jiff::tz::TimeZone::get(zone).ok()).map_err(|error| {
        Failure::new(Exit::Usage, "mapping", format!("{}, {}", shown(path), printable(&error.to_string())))
    })
}

fn shown(path: &Path) -> String {
    printable(&path.display().to_string()).into_owned()
}

fn unreadable(path: &Path, reason: &str) -> Failure {
    Failure::new(Exit::Error, "file", format!("cannot read {}: {reason}", shown(path)))
}

/// The journal did not take an entry.
pub fn not_written(reason: &str) -> Failure {
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
            "account": args.account, did: plan.added(), "known": plan.known,
            "skipped": rows(plan.skipped.clone()),
            "refused": rows(plan.refused.iter().map(|(line, why)| (*line, why.as_str())).collect()),
        }));
    }
    let mut lines = Vec::new();
    lines.extend(plan.skipped.iter().map(|(line, reason)| format!("line {line} skipped: {reason}")));
    lines.extend(plan.refused.iter().map(|(line, reason)| format!("line {line} refused: {reason}")));
    let (new, known) = (plan.added(), plan.known);
    let did = if args.dry_run { "would be added" } else { "added" };
    let to = args.account.as_ref().map_or("the accounts of the rows", Account::as_str);
    lines.push(format!(
        "{new} entries {did} to {to}; {known} known already, {} skipped, {} refused",
        plan.skipped.len(),
        plan.refused.len()
    ));
    context.output.text(&lines.iter().map(|line| printable(line)).collect::<Vec<_>>().join("\n"))
}
