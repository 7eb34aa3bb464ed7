//! The treasury, read from the journal.

use super::Journal;
use super::journal::{Body, Damage, Entry, Reader};
use super::notice::Notice;
use crate::treasury::proposal::{Refusal, Treasury};
use std::path::Path;

/// Why the journal gives no treasury.
#[derive(Debug, thiserror::Error)]
pub enum TreasuryFault {
    /// The journal is damaged.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// An entry that this version cannot read: without it, who has approved what would be wrong.
    #[error("entry {0} of the journal is of a later version; the treasury without it would be wrong")]
    Later(u64),
    /// An entry that the rules refuse: it was not written by this program.
    #[error("entry {seq} of the journal cannot have happened: {cause}")]
    Contradiction {
        /// The entry.
        seq: u64,
        /// What is wrong.
        cause: Box<Refusal>,
    },
}

/// Folds entries as they come.
#[derive(Debug, Default)]
struct Folding {
    treasury: Treasury,
    fault: Option<TreasuryFault>,
}

impl Folding {
    fn take(&mut self, entry: &Entry) {
        if self.fault.is_some() {
            return;
        }
        let seq = entry.seq;
        match &entry.body {
            Body::Treasury(event) => {
                if let Err(cause) = self.treasury.apply(&event.0, entry.at) {
                    self.fault = Some(TreasuryFault::Contradiction { seq, cause: Box::new(cause) });
                }
            }
            Body::Other { kind, .. } if kind == "treasury" => self.fault = Some(TreasuryFault::Later(seq)),
            _ => {}
        }
    }

    fn end(self) -> Result<Treasury, TreasuryFault> {
        self.fault.map_or(Ok(self.treasury), Err)
    }
}

/// Reads the treasury from the journal in `dir`; an empty one when there is no journal.
pub fn read_treasury(dir: &Path) -> Result<Treasury, TreasuryFault> {
    let mut folding = Folding::default();
    if dir.is_dir() {
        let mut reader = Reader::open(dir)?;
        while let Some(found) = reader.next()? {
            folding.take(&found.entry);
        }
    }
    folding.end()
}

/// Opens the journal in `dir` for writing and folds it in the same pass; nobody else writes between the two. While
/// another process does, `wait` is asked, with its number, whether to try again.
pub fn open_treasury(
    dir: &Path,
    wait: &mut dyn FnMut(Option<u32>) -> bool,
) -> (Journal, Vec<Notice>, Result<Treasury, TreasuryFault>) {
    let mut folding = Folding::default();
    let (journal, notices) = Journal::open_each(dir, wait, &mut |entry| folding.take(entry));
    (journal, notices, folding.end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Timestamp;
    use crate::store::journal::{Treasury as Entry, Who};
    use crate::treasury::bitcoin::psbt::LONGEST;
    use crate::treasury::proposal::Event;

    fn proposed(packet: &str) -> Event {
        let id = "00".repeat(32);
        serde_json::from_value(serde_json::json!({
            "event": "proposed", "proposal": id, "wallet": id, "policy": 1, "kind": "btc_spend", "created_by": "x",
            "memo": "\u{e9}".repeat(500), "expires_at": "2030-01-01T00:00:00Z", "packet": packet,
        }))
        .unwrap()
    }

    #[test]
    fn the_largest_psbt_fits_a_line() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(dir.path());
        let body = Body::Treasury(Entry::from(proposed(&"A".repeat(LONGEST.div_ceil(3) * 4))));
        journal.append(Timestamp::from_secs(1), Who::LOCAL, &body).unwrap();
        drop(journal);
        let mut reader = Reader::open(dir.path()).unwrap();
        assert_eq!(reader.next().unwrap().unwrap().entry.body, body);
    }

    #[test]
    fn an_entry_that_cannot_have_happened_ends_the_reading_with_its_number() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(dir.path());
        let body = Body::Treasury(Entry::from(proposed("cHNidP8=")));
        journal.append(Timestamp::from_secs(1), Who::LOCAL, &body).unwrap();
        assert!(matches!(read_treasury(dir.path()), Err(TreasuryFault::Contradiction { seq: 1, .. })));
        let later = Body::Other { kind: "treasury".into(), json: r#"{"event":"levitated"}"#.into() };
        let other = tempfile::tempdir().unwrap();
        Journal::open(other.path()).0.append(Timestamp::from_secs(1), Who::LOCAL, &later).unwrap();
        assert!(matches!(read_treasury(other.path()), Err(TreasuryFault::Later(1))));
    }
}
