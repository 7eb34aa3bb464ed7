//! Payments from a table, in the format of the CSV Airdrop app of Safe.
//!
//! - The columns are `token_type,token_address,receiver,amount,id`, in any order; `token_type` and `id` may be missing. A
//!   row is of the type `native`, `erc20`, `erc721` or `erc1155`; without a type, a token's address means `erc20` and
//!   none means `native`.
//! - Amounts are in whole units and are scaled by the token's decimals, which have to be known. `erc1155` is counted.
//! - The first error ends the reading, with its line and column. Nothing is guessed, rounded or left out.
//! - A file has a size and a number of rows that it may not exceed.
//!
//! <https://github.com/bh2smith/safe-airdrop>

mod error;
mod row;
#[cfg(test)]
mod tests;

pub use error::{RowError, Trouble};
pub use row::{Kind, Row};

use super::{Ask, Payment};
use alloy_primitives::{Address, U256};
use row::Columns;
use std::collections::{BTreeMap, BTreeSet};

/// The longest file that is read, in bytes.
pub const LONGEST: usize = 1 << 20;

/// The most rows that are read.
pub const MOST_ROWS: usize = 1_000;

/// A table that was read; its amounts wait for the decimals of its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Airdrop {
    /// Its rows, in the order of the file.
    pub rows: Vec<Row>,
}

impl Airdrop {
    /// Reads a table for a Safe on this chain.
    pub fn read(bytes: &[u8], chain_id: U256) -> Result<Self, RowError> {
        let whole = |trouble| RowError { line: 1, column: None, trouble };
        if bytes.len() > LONGEST {
            return Err(whole(Trouble::Long));
        }
        // Some programs begin a text with a mark of its byte order.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(bytes);
        let mut record = csv::StringRecord::new();
        let mut next = |record: &mut csv::StringRecord| match reader.read_record(record) {
            Ok(true) => Ok(Some(record.position().map_or(0, csv::Position::line))),
            Ok(false) => Ok(None),
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                Err(RowError { line, column: None, trouble: Trouble::Form })
            }
        };
        let Some(line) = next(&mut record)? else { return Err(whole(Trouble::Empty)) };
        let columns = Columns::of(&record, line)?;
        let mut rows = Vec::new();
        while let Some(line) = next(&mut record)? {
            if rows.len() >= MOST_ROWS {
                return Err(RowError { line, column: None, trouble: Trouble::Many });
            }
            rows.push(columns.row(&record, line, chain_id)?);
        }
        match rows.is_empty() {
            true => Err(whole(Trouble::Empty)),
            false => Ok(Self { rows }),
        }
    }

    /// The tokens whose decimals have to be known.
    pub fn tokens(&self) -> BTreeSet<Address> {
        let token = |row: &Row| match row.kind {
            Kind::Erc20(token) => Some(token),
            Kind::Native | Kind::Erc721(..) | Kind::Erc1155(..) => None,
        };
        self.rows.iter().filter_map(token).collect()
    }

    /// The payments, once the decimals are known.
    pub fn payments(&self, decimals: &BTreeMap<Address, u8>) -> Result<Vec<Payment>, RowError> {
        self.rows.iter().map(|row| row.payment(decimals)).collect()
    }

    /// The calls that make them, in the name of this Safe.
    pub fn asks(&self, safe: Address, decimals: &BTreeMap<Address, u8>) -> Result<Vec<Ask>, RowError> {
        let ask = |row: &Row| {
            let wrong = |error| RowError { line: row.line, column: Some("receiver"), trouble: Trouble::of(error) };
            row.payment(decimals)?.ask(safe).map_err(wrong)
        };
        self.rows.iter().map(ask).collect()
    }

    /// The lines on which an address carries no checksum, so that a slip of the pen would not be seen.
    pub fn unchecked(&self) -> Vec<u64> {
        self.rows.iter().filter(|row| !row.checked).map(|row| row.line).collect()
    }
}
