//! The ledger and the portfolios, read from the journal.

use super::journal::{Body, Damage, Reader};
use crate::portfolio::estate::Estate;
use crate::portfolio::ledger::{Ledger, LedgerError};
use std::path::Path;
use std::sync::mpsc::sync_channel;

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

/// Lines of the journal that were read and are not yet taken in.
const READ_AHEAD: usize = 16;

/// Reads all entries of the journal in `dir`; none when there is no journal. One thread reads and verifies while another takes
/// in what was read: a million entries are opened with every start.
pub fn read_books(dir: &Path) -> Result<Books, LedgerFault> {
    let mut books = Books::default();
    if !dir.is_dir() {
        return Ok(books);
    }
    let (sender, receiver) = sync_channel::<(u64, Body)>(READ_AHEAD);
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || -> Result<(), Damage> {
            let mut reader = Reader::open(dir)?;
            while let Some(found) = reader.next()? {
                // Whoever listened has found a fault and tells of that.
                if sender.send((found.entry.seq, found.entry.body)).is_err() {
                    break;
                }
            }
            Ok(())
        });
        for (seq, body) in receiver {
            books.take(seq, body)?;
        }
        match reading.join() {
            Ok(read) => Ok(read?),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
    .map(|()| books)
}

impl Books {
    fn take(&mut self, seq: u64, body: Body) -> Result<(), LedgerFault> {
        match body {
            Body::Ledger(brought) => {
                for entry in brought.entries {
                    self.ledger.add(entry).map_err(|cause| LedgerFault::Contradiction { seq, cause })?;
                }
            }
            Body::Portfolio(definition) => self.estate.define(definition),
            Body::Other { kind, .. } if kind == "ledger" || kind == "portfolio" => return Err(LedgerFault::Later(seq)),
            _ => {}
        }
        Ok(())
    }
}
