//! Reading other programs' exports as entries of the ledger.
//!
//! - Each row becomes an entry, or a part of one, or it is passed over for a reason, or it is refused for a reason; all of
//!   it is told, with the line.
//! - An entry's id is the source's own, so that overlapping exports can be read one after another. Where a source has
//!   none, it is made from what the row says, and equal rows of one file are counted.
//! - What is read is handed over at once: only rows that may belong together are kept until they are complete.

mod binance;
mod binance_trades;
mod bybit;
mod coinbase;
mod format;
mod generic;
mod kraken;
mod kraken_trades;
mod ledger;
mod mapping;
mod prints;

#[cfg(test)]
mod tests;

pub use format::{Format, FormatError, HEAD};
pub use generic::{COLUMNS, TYPES};
pub use mapping::{Mapping, MappingError};

use super::ledger::{Account, Entry, EntryId, Leg};
use super::table::{Row, Table, TableError, Trouble};
use crate::market::Timestamp;
use crate::money::{Asset, Decimal, Quantity, exact_sum};
use std::io::Read;

/// How an export is to be read.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// Whose it is.
    pub format: Format,
    /// The account that it is about, where it does not say so itself.
    pub account: Option<&'a Account>,
    /// What lies after this is refused.
    pub now: Timestamp,
    /// What a table of one's own calls things.
    pub mapping: Option<&'a Mapping>,
    /// The accounts of a [`Format::Ledger`] journal that are the account: those whose names begin so.
    pub accounts: &'a str,
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

/// Where items go.
type Sink<'a> = &'a mut dyn FnMut(Item);

/// Reads an export and hands over what is in it. The error is one of the file as a whole; what was handed over before it
/// is not all that the file says.
pub fn read(reading: &Reading<'_>, source: impl Read, sink: Sink<'_>) -> Result<(), TableError> {
    let now = reading.now;
    let sink: Sink<'_> = &mut |item| match item {
        Item::Entry { line, entry } if entry.at > now => {
            sink(Item::Refused(TableError::refused(line, format!("{} is in the future", entry.at))));
        }
        Item::Entry { line, entry } => match entry.check() {
            Ok(()) => sink(Item::Entry { line, entry }),
            Err(error) => sink(Item::Refused(TableError::refused(line, error.to_string()))),
        },
        item => sink(item),
    };
    if reading.format == Format::Generic {
        return generic::read(source, reading, sink);
    }
    let Some(account) = reading.account else {
        return Err(TableError::refused(1, "the export does not say which account it is about".to_owned()));
    };
    match reading.format {
        Format::Generic => Ok(()),
        Format::Binance => binance::read(source, account, sink),
        Format::BinanceTrades => binance_trades::read(source, account, sink),
        Format::Bybit => bybit::read(source, account, sink),
        Format::Coinbase => coinbase::read(source, account, sink),
        Format::KrakenLedgers => kraken::read(source, account, sink),
        Format::KrakenTrades => kraken_trades::read(source, account, sink),
        Format::Ledger => ledger::read(source, account, reading.accounts, sink),
    }
}

/// Reads a table row by row; `each` sees the rows that cannot be read too.
fn each_row<R: Read>(
    mut table: Table<R>,
    sink: Sink<'_>,
    mut each: impl FnMut(Result<&Row<'_>, TableError>, Sink<'_>) -> Result<(), TableError>,
) -> Result<(), TableError> {
    loop {
        let done = match table.next_row() {
            Ok(None) => return Ok(()),
            Ok(Some(row)) => each(Ok(&row), sink),
            Err(error) if error.trouble.ends_the_table() => return Err(error),
            Err(error) => each(Err(error), sink),
        };
        if let Err(error) = done {
            sink(Item::Refused(error));
        }
    }
}

impl Item {
    fn entry(line: u64, entry: Entry) -> Self {
        Self::Entry { line, entry: Box::new(entry) }
    }
}

/// What came in or went out.
fn own(asset: &Asset, amount: Decimal) -> Leg {
    Leg { asset: asset.clone(), amount: Quantity::new(amount), fee: false }
}

/// What was paid for it, as it changed the balance.
fn charged(asset: &Asset, amount: Decimal) -> Leg {
    Leg { fee: true, ..own(asset, amount) }
}

fn entry_id(row: &Row<'_>, id: &str) -> Result<EntryId, TableError> {
    EntryId::new(id).map_err(|error| row.fault(Trouble::Refused(error.to_string())))
}

fn asset_named(row: &Row<'_>, column: &'static str, name: &str) -> Result<Asset, TableError> {
    Asset::new(name).map_err(|error| row.fault(Trouble::Refused(format!("{column}: {error}"))))
}

/// What has come of an asset so far, and what comes to it.
fn add(row: &Row<'_>, sum: &mut Decimal, amount: Decimal) -> Result<(), TableError> {
    *sum = exact_sum(*sum, amount).ok_or_else(|| row.fault(Trouble::Refused("a sum of too many digits".to_owned())))?;
    Ok(())
}
