//! `exchequer journal`: verify, show or export the journal, without ever changing it.
//!
//! - Every command verifies what it prints: an entry is printed only after its line and its link were checked, and
//!   damage ends the output with exit code 6, naming the segment and the line.
//! - What is shown is printable; what is exported as CSV cannot be taken for a formula.

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use super::{Exit, Failure};
use crate::market::{Timestamp, is_formula, printable};
use crate::portfolio::estate::Definition;
use crate::store::journal::{Alert, Body, Damage, Entry, Reader, verify};

/// Verify, show or export the journal.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Check every line, its hash and its link to the line before
    Verify,
    /// Print entries, oldest first
    Show {
        /// Only entries of this kind, such as `setting`
        #[arg(long)]
        kind: Option<String>,
        /// Only entries from this time on, such as 2026-01-31 or 2026-01-31T09:00:00Z
        #[arg(long, value_name = "TIME", value_parser = time)]
        since: Option<Timestamp>,
        /// Only the last N of them
        #[arg(long, value_name = "N")]
        last: Option<usize>,
    },
    /// Copy out all entries
    Export {
        /// The lines themselves, or a table
        #[arg(long, value_enum, default_value_t = Format::Jsonl)]
        format: Format,
        /// Write to this new file instead of standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The exact lines, which can be verified again
    Jsonl,
    /// Comma-separated values with a heading
    Csv,
}

/// A moment, or a day, which begins at midnight UTC.
fn time(text: &str) -> Result<Timestamp, crate::market::TimestampError> {
    text.parse().or_else(|_| format!("{text}T00:00:00Z").parse::<Timestamp>()).or_else(|_| text.parse())
}

/// Runs the command on the journal in `dir`.
pub fn run(args: &Args, dir: &Path, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    if !dir.is_dir() {
        let message = format!("there is no journal in {}", dir.display());
        let failure = Failure::new(Exit::Error, "journal_missing", message);
        return Err(failure.hint("the desk begins one at its first start; --data-dir says where it is looked for"));
    }
    match &args.command {
        Command::Verify => check(dir, json, out),
        Command::Show { kind, since, last } => {
            let wanted = |entry: &Entry| {
                kind.as_deref().is_none_or(|kind| entry.body.kind() == kind)
                    && since.is_none_or(|since| entry.at >= since)
            };
            let line = |entry: &Entry, line: &str| if json { line.to_owned() } else { shown(entry) };
            match last {
                None => {
                    each(dir, |entry, raw| if wanted(entry) { writeln!(out, "{}", line(entry, raw)) } else { Ok(()) })
                }
                Some(last) => show_last(dir, *last, wanted, line, out),
            }
        }
        Command::Export { format, output: None } => export(dir, *format, out),
        Command::Export { format, output: Some(path) } => {
            let new = OpenOptions::new().write(true).create_new(true).open(path);
            let file = new.map_err(|e| output_failed(&path.display().to_string(), &e))?;
            let mut file = BufWriter::new(file);
            export(dir, *format, &mut file)?;
            let kept = file.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| file.sync_all());
            kept.map_err(|e| output_failed(&path.display().to_string(), &e))
        }
    }
}

fn check(dir: &Path, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let report = verify(dir);
    if let Some(damage) = &report.damage {
        return Err(damaged(dir, damage, report.entries));
    }
    let written = if json {
        let head = serde_json::json!({ "seq": report.link.seq, "hash": report.link.hash.to_string() });
        let report =
            serde_json::json!({ "entries": report.entries, "head": head, "unfinished_bytes": report.unfinished });
        writeln!(out, "{report}")
    } else {
        let unfinished = match report.unfinished {
            0 => String::new(),
            bytes => format!(
                "\nthe last line is unfinished ({bytes} bytes): it is being written now, or a crash cut it before it was \
                 acknowledged; the next start of the desk keeps it aside"
            ),
        };
        writeln!(out, "{} entries verified, head {}{unfinished}", report.entries, report.link.hash)
    };
    printed(written)
}

fn show_last(
    dir: &Path,
    last: usize,
    wanted: impl Fn(&Entry) -> bool,
    line: impl Fn(&Entry, &str) -> String,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut lines = VecDeque::new();
    let read = each(dir, |entry, raw| {
        if wanted(entry) {
            lines.push_back(line(entry, raw));
        }
        while lines.len() > last {
            lines.pop_front();
        }
        Ok(())
    });
    printed(lines.iter().try_for_each(|line| writeln!(out, "{line}")))?;
    read
}

fn export(dir: &Path, format: Format, out: &mut dyn Write) -> Result<(), Failure> {
    if format == Format::Csv {
        printed(writeln!(out, "seq,at,kind,actor,tenant,body,prev,hash"))?;
    }
    each(dir, |entry, raw| match format {
        Format::Jsonl => writeln!(out, "{raw}"),
        Format::Csv => {
            let body = entry.body.json()?;
            let text = [entry.body.kind(), &entry.actor, &entry.tenant, &body].map(cell).join(",");
            writeln!(out, "{},{},{text},{},{}", entry.seq, entry.at, entry.prev, entry.hash)
        }
    })
}

/// Hands every verified entry and its line to `print`, up to the end or to the first damage.
fn each(dir: &Path, mut print: impl FnMut(&Entry, &str) -> io::Result<()>) -> Result<(), Failure> {
    let mut reader = Reader::open(dir).map_err(|damage| damaged(dir, &damage, 0))?;
    loop {
        match reader.next() {
            Ok(Some(found)) => match print(&found.entry, found.line) {
                // Whoever reads the output has enough.
                Err(e) if e.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                written => printed(written)?,
            },
            Ok(None) => return Ok(()),
            Err(damage) => return Err(damaged(dir, &damage, reader.link().seq)),
        }
    }
}

/// One line for a person.
fn shown(entry: &Entry) -> String {
    let what = match &entry.body {
        Body::Start(start) => format!("version {}, process {}", start.version, start.pid),
        Body::Stop(stop) => stop.reason.clone(),
        Body::Setting(setting) => {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "(not set)".into());
            format!("{}: {} → {}", setting.key, value(&setting.old), value(&setting.new))
        }
        Body::Alert(alert) => told(alert),
        Body::Portfolio(Definition::Account { name, kind }) => format!("account {name} is a {} account", kind.as_str()),
        Body::Portfolio(Definition::Portfolio { name, accounts, .. }) => {
            format!("portfolio {name} has {} accounts", accounts.len())
        }
        Body::Treasury(event) => event.0.told(),
        Body::Ledger(brought) => format!("{} entries from {}", brought.entries.len(), brought.source),
        Body::Other { json, .. } => json.clone(),
    };
    let (seq, at, actor, kind) = (entry.seq, entry.at.to_string(), &entry.actor, entry.body.kind());
    printable(&format!("{seq:>6}  {at:<30}  {actor:<8}  {kind:<8}  {what}")).into_owned()
}

/// What became of an alert, in words.
fn told(alert: &Alert) -> String {
    match alert {
        Alert::Set { rule } => format!("set: {rule}"),
        Alert::Removed { rule } => format!("removed: {rule}"),
        Alert::Snoozed { rule, until } => format!("snoozed until {until}: {rule}"),
        Alert::Fired { rule, text, .. } => format!("fired: {rule} ({text})"),
        Alert::Armed { rule } => format!("armed: {rule}"),
        Alert::Acknowledged => "all seen".to_owned(),
    }
}

/// A CSV cell: printable, quoted when needed, and never the beginning of a spreadsheet formula.
fn cell(text: &str) -> String {
    let text = printable(text);
    let text = if is_formula(&text) { format!("'{text}") } else { text.into_owned() };
    if text.contains(['"', ',', '\'', ';']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

pub(super) fn damaged(dir: &Path, damage: &Damage, good: u64) -> Failure {
    let message = format!("the journal in {} is damaged: {damage}", dir.display());
    match damage {
        Damage::Unreadable { .. } => {
            Failure::new(Exit::Error, "journal_unreadable", format!("the journal could not be read: {damage}"))
        }
        _ => Failure::new(Exit::Verification, "journal_damaged", message).hint(match good {
            0 => "no entry before it could be verified; restore the segments from a copy".to_owned(),
            _ => format!("the first {good} entries are verified; restore the segment from a copy, nothing was changed"),
        }),
    }
}

fn printed(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(output_failed("the output", &e)),
        _ => Ok(()),
    }
}

fn output_failed(what: &str, error: &io::Error) -> Failure {
    Failure::new(Exit::Error, "output_failed", format!("{what} could not be written: {error}"))
}

#[cfg(test)]
mod tests;
