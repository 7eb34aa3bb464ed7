//! What a transaction service was told, so that it is not told twice.

use alloy_primitives::Address;
use serde::{Deserialize, Serialize};

/// Something that a service was told of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "posted", rename_all = "snake_case")]
pub enum Posted {
    /// The transaction.
    Proposal,
    /// An owner's signature.
    Confirmation {
        /// Whose.
        owner: Address,
    },
    /// That it is to be taken off the queue.
    Deletion,
}

impl Posted {
    /// In words.
    pub fn told(&self) -> String {
        match self {
            Self::Proposal => "the transaction".to_owned(),
            Self::Confirmation { owner } => format!("the signature of {}", owner.to_checksum(None)),
            Self::Deletion => "to delete it".to_owned(),
        }
    }
}
