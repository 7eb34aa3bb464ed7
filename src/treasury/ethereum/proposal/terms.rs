//! The words that entries of Safes are made of: what a proposal is for, where it comes from, what an execution costs, and what
//! a block made of it.

use crate::treasury::ethereum::review::{self, Change, Review};
use crate::treasury::ethereum::{SafeAt, SafeTx};
use alloy_primitives::U256;
use serde::{Deserialize, Serialize};

/// What a proposal for a Safe is meant to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SafeKind {
    /// Pays somebody, or calls something.
    SafeTx,
    /// Uses up its nonce and does nothing, so that another transaction with this nonce cannot be carried out.
    SafeReject,
    /// Changes who or what controls the Safe.
    ConfigChange,
    /// Adds owners, and changes nothing else.
    AddSigner,
    /// Removes owners, and changes nothing else.
    RemoveSigner,
}

impl SafeKind {
    /// The word that people and scripts read.
    pub fn name(self) -> &'static str {
        match self {
            Self::SafeTx => "safe_tx",
            Self::SafeReject => "safe_reject",
            Self::ConfigChange => "config_change",
            Self::AddSigner => "add_signer",
            Self::RemoveSigner => "remove_signer",
        }
    }

    /// The kind of a transaction that was reviewed.
    pub fn of(review: &Review) -> Self {
        let adds = |change: &Change| matches!(change, Change::AddOwner(..));
        let removes = |change: &Change| matches!(change, Change::RemoveOwner(..));
        let mut changes = review.changes.iter().map(|(_, change)| change);
        match review.kind {
            review::Kind::Rejection => Self::SafeReject,
            _ if review.changes.is_empty() => Self::SafeTx,
            _ if changes.clone().all(adds) => Self::AddSigner,
            _ if changes.all(removes) => Self::RemoveSigner,
            _ => Self::ConfigChange,
        }
    }

    /// Whether a transaction uses up its nonce without an effect, which is all that a rejection may do.
    pub fn rejects(at: &SafeAt, tx: &SafeTx) -> bool {
        review::rejects(at, tx)
    }
}

/// Where a proposal comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// It was made at this desk.
    Own,
    /// A transaction service has it.
    Service,
    /// Somebody sent a file.
    File,
}

impl Source {
    /// The word that people and scripts read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Service => "service",
            Self::File => "file",
        }
    }
}

/// What the chain answered when it was asked whether a contract takes its signature, or whether a hash was approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnChain {
    /// At which block.
    pub block: u64,
    /// Whether it said yes.
    pub yes: bool,
}

/// What the sender of an execution pays for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fees {
    /// The most gas that it may use.
    pub gas_limit: u64,
    /// The most that is paid for a unit of gas, in wei.
    pub max_fee_per_gas: U256,
    /// What of that goes to whoever makes the block, in wei.
    pub max_priority_fee_per_gas: U256,
}

/// What a block made of an execution. A transaction that stands in a block can still be a Safe transaction that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The Safe tells of success: the calls were made, and the nonce is used.
    Success,
    /// The Safe tells of failure: the calls were undone, and the nonce is used all the same.
    Failure,
    /// The whole transaction was undone: the nonce is kept.
    Reverted,
}

impl Outcome {
    /// The word that people and scripts read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Reverted => "reverted",
        }
    }

    /// Whether the Safe's nonce is used up.
    pub fn uses_nonce(self) -> bool {
        self != Self::Reverted
    }
}
