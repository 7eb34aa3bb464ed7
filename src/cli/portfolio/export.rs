//! `exchequer portfolio export`: the ledger as a table, or as JSON, in the order in which it grew.

use super::ledger;
use crate::cli::{Context, Exit, Failure};
use crate::market::printable;
use crate::portfolio::export::csv;
use crate::portfolio::ledger::{Account, Entry};
use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

/// Arguments of `exchequer portfolio export`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file to write, which must not be there yet; - for the terminal
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only this account
    #[arg(long, value_name = "ACCOUNT", value_parser = Account::new)]
    account: Option<Account>,
}

/// Writes the ledger.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let ledger = ledger(context)?;
    let wanted = |entry: &Entry| args.account.as_ref().is_none_or(|account| entry.account == *account);
    let entries = ledger.entries().filter(wanted);
    let json = context.output.json;
    let written = if args.file.as_os_str() == "-" {
        match write(entries, json, &mut BufWriter::new(io::stdout().lock())) {
            // Whoever reads the output has enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    } else {
        let new = OpenOptions::new().write(true).create_new(true).open(&args.file);
        new.and_then(|file| {
            let mut file = BufWriter::new(file);
            write(entries, json, &mut file)?;
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
        })
    };
    written.map_err(|error| {
        let name = printable(&args.file.display().to_string()).into_owned();
        Failure::new(Exit::Error, "output", format!("cannot write {name}: {error}"))
    })
}

fn write(entries: impl Iterator<Item = Entry>, json: bool, to: &mut impl Write) -> io::Result<()> {
    if !json {
        csv(entries, &mut *to)?;
        return to.flush();
    }
    for entry in entries {
        serde_json::to_writer(&mut *to, &entry)?;
        to.write_all(b"\n")?;
    }
    to.flush()
}
