//! One transaction as the service keeps it: what was proposed, who confirmed it, and what became of it.

use crate::market::Timestamp;
use crate::treasury::ethereum::signature::Asked;
use crate::treasury::ethereum::{SafeAt, SafeTx};
use alloy_primitives::{Address, B256, Bytes, U256};

/// How a transaction was executed on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// The transaction of the chain that did it.
    pub transaction: B256,
    /// Its block.
    pub block: u64,
    /// When that block was.
    pub at: Timestamp,
    /// Who sent it.
    pub executor: Address,
    /// Whether the inner call succeeded.
    pub success: bool,
    /// The price of a unit of gas that was paid.
    pub gas_price: u128,
    /// The most that was offered for a unit of gas, to the miner.
    pub priority: u128,
    /// How much gas it took.
    pub gas_used: u64,
    /// The signatures that were sent with it.
    pub signatures: Bytes,
}

/// A confirmation that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub owner: Address,
    pub signature: Bytes,
    pub kind: &'static str,
    pub at: Timestamp,
    /// The transaction of the chain that approved, for an approval.
    pub transaction: Option<B256>,
}

/// A transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub at: SafeAt,
    pub tx: SafeTx,
    pub hash: B256,
    pub proposer: Option<Address>,
    pub by_delegate: Option<Address>,
    pub origin: String,
    pub submitted: Timestamp,
    pub modified: Timestamp,
    pub trusted: bool,
    pub confirmations: Vec<Given>,
    pub execution: Option<Execution>,
}

impl Row {
    /// A transaction that nobody has confirmed yet.
    pub fn new(at: SafeAt, tx: SafeTx, now: Timestamp) -> Self {
        let hash = tx.hashes(&at).safe_tx;
        Self {
            at,
            tx,
            hash,
            proposer: None,
            by_delegate: None,
            origin: "{}".to_owned(),
            submitted: now,
            modified: now,
            trusted: false,
            confirmations: Vec::new(),
            execution: None,
        }
    }

    /// What its owners sign.
    pub fn asked(&self) -> Asked {
        Asked::of(&self.at, &self.tx.hashes(&self.at))
    }

    /// Its place in the order of the Safe's transactions.
    pub fn nonce(&self) -> U256 {
        self.tx.nonce
    }

    /// Keeps confirmations, one of each owner, in the order in which they came.
    pub fn confirm(&mut self, given: impl IntoIterator<Item = Given>, now: Timestamp) {
        for given in given {
            self.trusted = true;
            if !self.confirmations.iter().any(|other| other.owner == given.owner) {
                self.confirmations.push(given);
                self.modified = now;
            }
        }
        self.confirmations.sort_by_key(|given| given.at);
    }
}
