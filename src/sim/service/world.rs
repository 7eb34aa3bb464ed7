//! What the service knows: Safes and delegates, as it is told, and the transactions that were proposed.
//!
//! - It knows a Safe only as of when it was last told: like the real one it can be behind the chain.

use super::row::{Execution, Given, Row};
use super::sign;
use crate::market::Timestamp;
use crate::treasury::ethereum::signature::{Confirmation, Known, Question, SafeFacts};
use crate::treasury::ethereum::{SafeAt, SafeTx, SafeVersion};
use alloy_primitives::{Address, B256, U256};
use std::collections::{BTreeMap, BTreeSet};

/// A Safe as the service was told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSafe {
    /// Which one.
    pub at: SafeAt,
    /// Who owns it, in the order of the chain.
    pub owners: Vec<Address>,
    /// How many of them it takes.
    pub threshold: usize,
    /// The next nonce.
    pub nonce: U256,
    /// Whose code it runs.
    pub singleton: Address,
    /// Whether that is the variant that tells everything in events.
    pub l2: bool,
    /// Its modules.
    pub modules: Vec<Address>,
    /// Its guard.
    pub guard: Address,
    /// The guard of its modules.
    pub module_guard: Address,
    /// Who answers what it cannot.
    pub fallback_handler: Address,
    /// The version of that handler, where it is a published one.
    pub handler: Option<SafeVersion>,
    /// Whether the service follows it; proposals are taken all the same.
    pub indexed: bool,
    /// Whether nothing is told of it for legal reasons.
    pub banned: bool,
}

impl KnownSafe {
    /// A Safe with these owners, and nothing special about it.
    pub fn new(at: SafeAt, owners: Vec<Address>, threshold: usize) -> Self {
        Self {
            at,
            owners,
            threshold,
            nonce: U256::ZERO,
            singleton: Address::ZERO,
            l2: false,
            modules: Vec::new(),
            guard: Address::ZERO,
            module_guard: Address::ZERO,
            fallback_handler: Address::ZERO,
            handler: None,
            indexed: true,
            banned: false,
        }
    }

    fn facts(&self) -> SafeFacts {
        let Self { at, owners, threshold, handler, .. } = self;
        SafeFacts { at: *at, owners: owners.clone(), threshold: *threshold, handler: *handler }
    }
}

/// All that the service knows.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) chain_id: U256,
    /// What it calls the chain.
    pub(super) network: String,
    safes: BTreeMap<Address, KnownSafe>,
    delegates: BTreeSet<(Address, Address, Address)>,
    pub(super) rows: Vec<Row>,
    known: Known,
}

impl World {
    /// A service of one chain that knows nothing yet.
    pub fn new(chain_id: U256, network: &str) -> Self {
        let (safes, delegates) = Default::default();
        Self { chain_id, network: network.to_owned(), safes, delegates, rows: Vec::new(), known: Known::default() }
    }

    /// Tells of a Safe as it is now.
    pub fn learn(&mut self, safe: KnownSafe) {
        self.known.safes.insert(safe.at.safe, safe.facts());
        self.safes.insert(safe.at.safe, safe);
    }

    /// Lets somebody propose in an owner's place.
    pub fn delegate(&mut self, safe: Address, delegate: Address, owner: Address) {
        self.delegates.insert((safe, delegate, owner));
    }

    /// Tells what the chain says to a question about a signature.
    pub fn answered(&mut self, question: Question, yes: bool) {
        self.known.answers.insert(question, yes);
    }

    /// Tells that an owner has approved a hash on the chain, and in which transaction.
    pub fn approved(&mut self, safe: Address, owner: Address, hash: B256, transaction: B256, at: Timestamp) {
        self.answered(Question::Approved { safe, owner, hash }, true);
        let found = self.rows.iter_mut().find(|row| row.at.safe == safe && row.hash == hash);
        if let Some(row) = found {
            let signature = Confirmation::approval(owner, &row.asked()).bytes();
            let kind = "APPROVED_HASH";
            row.confirm([Given { owner, signature, kind, at, transaction: Some(transaction) }], at);
        }
    }

    /// Tells that a transaction was executed, whether it was proposed or not.
    pub fn executed(&mut self, at: SafeAt, tx: &SafeTx, execution: Execution) {
        if let Some(safe) = self.safes.get_mut(&at.safe) {
            safe.nonce = safe.nonce.max(tx.nonce.saturating_add(U256::ONE));
        }
        let hash = tx.hashes(&at).safe_tx;
        let when = execution.at;
        if !self.rows.iter().any(|row| row.at.safe == at.safe && row.hash == hash) {
            self.rows.push(Row::new(at, tx.clone(), when));
        }
        if let Some(row) = self.rows.iter_mut().find(|row| row.at.safe == at.safe && row.hash == hash) {
            let signed = sign::parse(&execution.signatures, &row.asked());
            row.confirm(signed.into_iter().map(|signed| signed.given(when)), when);
            row.trusted = true;
            row.execution = Some(execution);
        }
    }

    /// The names of all transactions that it has.
    pub fn hashes(&self) -> Vec<B256> {
        self.rows.iter().map(|row| row.hash).collect()
    }

    pub(super) fn safe(&self, address: &Address) -> Option<&KnownSafe> {
        self.safes.get(address)
    }

    pub(super) fn known(&self) -> &Known {
        &self.known
    }

    pub(super) fn facts(&self, address: &Address) -> Option<SafeFacts> {
        self.known.safes.get(address).cloned()
    }

    /// Who may propose in the place of whom.
    pub(super) fn delegates(&self, safe: &Address) -> BTreeMap<Address, Address> {
        let all = self.delegates.iter().filter(|(of, _, _)| of == safe);
        all.map(|(_, delegate, owner)| (*delegate, *owner)).collect()
    }

    pub(super) fn row(&self, hash: &B256) -> Option<&Row> {
        self.rows.iter().find(|row| row.hash == *hash)
    }

    pub(super) fn row_mut(&mut self, hash: &B256) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.hash == *hash)
    }
}
