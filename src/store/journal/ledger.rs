//! What the journal keeps of the ledger: entries, as many as were brought at once and fit a line.

use crate::portfolio::ledger::{Entry, Kind};
use serde::{Deserialize, Serialize};
use std::iter::Peekable;

/// How much of a line entries fill: enough that there are few lines, little enough that one is read and taken in at once.
const ROOM: usize = 512 << 10;

/// Entries of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Where they come from: the name of a file, or a person. Text from outside.
    pub source: String,
    /// As many as fit a line.
    pub entries: Vec<Entry>,
}

impl Ledger {
    /// Takes as many entries as surely fit a line, at least one.
    pub fn fill(source: &str, entries: &mut Peekable<impl Iterator<Item = Entry>>) -> Self {
        let mut room = ROOM;
        let mut taken: Vec<Entry> = Vec::new();
        while let Some(entry) = entries.next_if(|entry| taken.is_empty() || size(entry) <= room) {
            room = room.saturating_sub(size(&entry));
            taken.push(entry);
        }
        Self { source: source.to_owned(), entries: taken }
    }
}

/// No less than what an entry takes in a line, where every character of a text may become an escape of six.
fn size(entry: &Entry) -> usize {
    let note = entry.note.as_ref().map_or(0, String::len);
    let corrected = match &entry.kind {
        Kind::Correction { of } => of.as_str().len(),
        _ => 0,
    };
    6 * (entry.id.as_str().len() + entry.account.as_str().len() + note + corrected) + 400 + 80 * entry.legs.len()
}
