//! The ledger and the portfolios, read from the journal.

use super::journal::{Body, Damage, Reader};
use crate::portfolio::estate::Estate;
use crate::portfolio::ledger::{Ledger, LedgerError};
use std::path::Path;

/// Why the journal gives no ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFault {
    /// The journal is damaged.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// Entries that this version cannot read: without them every balance would be wrong.
    #[error("entry {0} of the journal is of a later version; balances without it would be wrong")]
    Later(u64),
    /// Entries that contradict one another.
    #[error("entry {seq} of the journal: {cause}")]
    Contradiction {
        /// The entry of the journal.
        seq: u64,
        /// What is wrong.
        cause: LedgerError,
    },
}

/// What the journal says of what is owned.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// Every entry.
    pub ledger: Ledger,
    /// Accounts and portfolios.
    pub estate: Estate,
}

/// Reads all entries of the journal in `dir`; none when there is no journal.
pub fn read_books(dir: &Path) -> Result<Books, LedgerFault> {
    let mut books = Books::default();
    if !dir.is_dir() {
        return Ok(books);
    }
    let mut reader = Reader::open(dir)?;
    while let Some(found) = reader.next()? {
        let seq = found.entry.seq;
        match found.entry.body {
            Body::Ledger(brought) => {
                for entry in brought.entries {
                    books.ledger.add(entry).map_err(|cause| LedgerFault::Contradiction { seq, cause })?;
                }
            }
            Body::Portfolio(definition) => books.estate.define(definition),
            Body::Other { kind, .. } if kind == "ledger" || kind == "portfolio" => return Err(LedgerFault::Later(seq)),
            _ => {}
        }
    }
    Ok(books)
}
