//! What a Safe transaction is for, in a word.

use super::Review;
use super::standing::rejects;
use crate::treasury::ethereum::Operation;
use crate::treasury::ethereum::calldata::{Meaning, Which};

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It uses up its nonce and does nothing: another transaction with this nonce is not wanted.
    Rejection,
    /// It changes who or what controls the Safe.
    Control,
    /// It makes several calls.
    Batch,
    /// It approves a transaction of another Safe.
    Approval,
    /// It lets somebody spend.
    Allowance,
    /// It sends something.
    Transfer,
    /// It has the Safe sign a message.
    Message,
    /// It calls something else.
    Call,
    /// It cannot be told.
    Unknown,
}

impl Kind {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rejection => "rejection",
            Self::Control => "control",
            Self::Batch => "batch",
            Self::Approval => "approval",
            Self::Allowance => "allowance",
            Self::Transfer => "transfer",
            Self::Message => "message",
            Self::Call => "call",
            Self::Unknown => "unknown",
        }
    }

    /// The kind of a transaction.
    pub(super) fn of(review: &Review) -> Self {
        let root = &review.calls.root;
        let which = root.meaning.which();
        match &root.meaning {
            _ if rejects(&review.at, &review.tx) => Self::Rejection,
            _ if !review.changes.is_empty() => Self::Control,
            _ if root.batch.is_some() => Self::Batch,
            Meaning::Unknown(_) | Meaning::Unreadable(_) => Self::Unknown,
            Meaning::Nothing if root.operation == Operation::DelegateCall => Self::Unknown,
            _ if which == Some(Which::ApproveHash) => Self::Approval,
            _ if which == Some(Which::SignMessage) => Self::Message,
            _ if review.effects.allowances.contains_key(&root.index) => Self::Allowance,
            _ if review.effects.moves.contains_key(&root.index) => Self::Transfer,
            _ => Self::Call,
        }
    }
}
