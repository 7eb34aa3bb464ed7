//! Reading other programs' exports as entries of the ledger.
//!
//! - Each row becomes an entry, or a part of one, or it is passed over for a reason, or it is refused for a reason; all of
//!   it is told, with the line.
//! - An entry's id is the source's own, so that overlapping exports can be read one after another. Where a source has
//!   none, it is made from what the row says, and equal rows of one file are counted.

mod generic;
mod kraken;

#[cfg(test)]
mod tests;

use super::ledger::{Account, Entry};
use super::table::TableError;
use crate::market::Timestamp;
use std::io::Read;

/// Whose export it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table that a person made: see [`generic`].
    Generic,
    /// Kraken's "Ledgers" export.
    KrakenLedgers,
}

/// What became of one or more rows.
#[derive(Debug)]
pub enum Item {
    /// They say this.
    Entry {
        /// Where it begins.
        line: u64,
        /// What they say.
        entry: Box<Entry>,
    },
    /// They say nothing that belongs into a ledger.
    Skipped {
        /// Where.
        line: u64,
        /// Why.
        reason: &'static str,
    },
    /// They cannot be understood.
    Refused(TableError),
}

/// Reads an export into `account`. What lies after `now` is refused. The error is one of the file as a whole.
pub fn read(format: Format, source: impl Read, account: &Account, now: Timestamp) -> Result<Vec<Item>, TableError> {
    let mut items = match format {
        Format::Generic => generic::read(source, account)?,
        Format::KrakenLedgers => kraken::read(source, account)?,
    };
    for item in &mut items {
        let Item::Entry { line, entry } = item else { continue };
        let refused = |reason: String| Item::Refused(TableError::refused(*line, reason));
        if entry.at > now {
            *item = refused(format!("{} is in the future", entry.at));
        } else if let Err(error) = entry.check() {
            *item = refused(error.to_string());
        }
    }
    Ok(items)
}
