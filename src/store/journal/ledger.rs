//! What the journal keeps of the ledger: entries, as many as were brought at once and fit a line.

use crate::portfolio::ledger::Entry;
use serde::{Deserialize, Serialize};

/// The most entries of one line: however long their names and notes are, they fit it.
pub const MOST_ENTRIES: usize = 150;

/// Entries of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Where they come from: the name of a file, or a person. Text from outside.
    pub source: String,
    /// At most [`MOST_ENTRIES`] of them.
    pub entries: Vec<Entry>,
}
