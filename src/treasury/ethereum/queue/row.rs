//! A transaction of a list, verified.

use crate::treasury::ethereum::file::FileError;
use crate::treasury::ethereum::signature::{Checked, MOST};
use crate::treasury::ethereum::{Hashes, SafeTx};
use alloy_primitives::Address;

/// What the service says beside, which nobody signs. Printable, and not to be believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// Where it is from.
    pub origin: Option<String>,
    /// Who has proposed it, or in whose name.
    pub proposer: Option<Address>,
}

/// A transaction whose hash is right, with its signatures told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The transaction.
    pub tx: SafeTx,
    /// Its hashes, as computed here.
    pub hashes: Hashes,
    /// Its signatures: those that hold, those that hang on the chain, and those that are refused.
    pub checked: Checked,
    /// What was said to be a signature and could not be read.
    pub unread: Vec<FileError>,
    /// What is claimed of it.
    pub claims: Claims,
}

impl Row {
    /// Whether an owner has signed it: else anybody may have left it there.
    pub fn is_vouched(&self) -> bool {
        !self.checked.valid.is_empty()
    }

    /// Takes in what another listing of the same transaction holds.
    pub(super) fn join(&mut self, other: Self) {
        let all = &mut self.checked;
        for one in other.checked.valid {
            if !all.valid.iter().any(|known| known.owner == one.owner) {
                all.valid.push(one);
            }
        }
        all.valid.sort_by_key(|one| one.owner);
        for (one, questions) in other.checked.open {
            if all.open.len() < MOST && !all.open.iter().any(|(known, _)| *known == one) {
                all.open.push((one, questions));
            }
        }
        all.open.retain(|(one, _)| !all.valid.iter().any(|valid| valid.owner == one.owner));
        for refused in other.checked.refused {
            if all.refused.len() < MOST && !all.refused.contains(&refused) {
                all.refused.push(refused);
            }
        }
        for unread in other.unread {
            if self.unread.len() < MOST && !self.unread.contains(&unread) {
                self.unread.push(unread);
            }
        }
    }
}
