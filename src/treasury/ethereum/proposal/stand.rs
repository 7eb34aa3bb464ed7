//! A Safe as the chain says it stands at one block: all that an approval and a review take for granted.
//!
//! - Every field is of the same block. Balances are not among them: they change without the Safe doing anything.
//! - What no Safe can look like is refused, so that no quorum is counted against it.

use super::SafeId;
use crate::treasury::ethereum::deployments::{Contract, pinned};
use crate::treasury::ethereum::review::facts::State;
use crate::treasury::ethereum::signature::{MOST, SafeFacts};
use crate::treasury::ethereum::{SafeAt, SafeVersion};
use alloy_primitives::{Address, B256, U256};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the chain says of a Safe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stand {
    /// The block that says so.
    pub block: u64,
    /// The version that the contract says of itself.
    pub version: SafeVersion,
    /// The owners, in the contract's order.
    pub owners: Vec<Address>,
    /// How many of them have to sign.
    pub threshold: U256,
    /// The nonce that is next.
    pub nonce: U256,
    /// The modules, in the contract's order.
    pub modules: Vec<Address>,
    /// What is asked before and after each transaction; zero for nothing.
    pub guard: Address,
    /// What is asked before and after what a module does; zero for nothing.
    pub module_guard: Address,
    /// What answers calls that the Safe has no function for; zero for nothing.
    pub fallback_handler: Address,
    /// Where the Safe's own code is.
    pub singleton: Address,
    /// The hash of the code at the Safe's address: of its proxy.
    pub proxy_code: B256,
    /// The hash of the code at the singleton.
    pub singleton_code: B256,
}

/// Why this is no Safe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StandError {
    /// No owners, or more than are counted with.
    #[error("a Safe has 1 to {MOST} owners, not {0}")]
    Owners(usize),
    /// Nobody can be this owner, or it stands there twice.
    #[error("{} cannot be an owner, or is there twice", .0.to_checksum(None))]
    Owner(Address),
    /// No such threshold.
    #[error("{threshold} of {owners} owners cannot be asked for")]
    Threshold {
        /// The threshold.
        threshold: U256,
        /// How many owners there are.
        owners: usize,
    },
    /// More modules than are counted with.
    #[error("more than {MOST} modules")]
    Modules,
}

impl Stand {
    /// Whether a Safe can stand like this.
    pub fn check(&self, safe: SafeId) -> Result<(), StandError> {
        let of = self.owners.len();
        if of == 0 || of > MOST {
            return Err(StandError::Owners(of));
        }
        let mut seen = BTreeSet::new();
        let facts = self.facts(safe);
        let wrong = |owner: &&Address| !facts.owns(owner) || **owner == safe.address || !seen.insert(**owner);
        if let Some(owner) = self.owners.iter().find(wrong) {
            return Err(StandError::Owner(*owner));
        }
        if self.threshold.is_zero() || self.threshold > U256::from(of) {
            return Err(StandError::Threshold { threshold: self.threshold, owners: of });
        }
        if self.modules.len() > MOST { Err(StandError::Modules) } else { Ok(()) }
    }

    /// How many have to sign.
    pub fn required(&self) -> usize {
        // A threshold that is no such number is never reached.
        usize::try_from(self.threshold).unwrap_or(usize::MAX)
    }

    /// What a hash is made for.
    pub fn at(&self, safe: SafeId) -> SafeAt {
        safe.at(self.version)
    }

    /// What signatures are checked against. How the Safe answers for its own signatures is known only where its fallback
    /// handler is a published one of this chain.
    pub fn facts(&self, safe: SafeId) -> SafeFacts {
        let handler = pinned(safe.chain_id, self.fallback_handler)
            .filter(|pinned| pinned.contract == Contract::CompatibilityFallbackHandler)
            .map(|pinned| pinned.version);
        SafeFacts { at: self.at(safe), owners: self.owners.clone(), threshold: self.required(), handler }
    }

    /// For a review, with what it owns.
    pub fn state(&self, balance: U256, tokens: BTreeMap<Address, U256>) -> State {
        State {
            block: self.block,
            version: self.version,
            owners: self.owners.clone(),
            threshold: self.threshold,
            nonce: self.nonce,
            modules: self.modules.clone(),
            guard: self.guard,
            module_guard: self.module_guard,
            fallback_handler: self.fallback_handler,
            singleton: self.singleton,
            balance,
            tokens,
        }
    }

    /// Out of a review's facts, and the hashes of the two codes.
    pub fn of(state: &State, proxy_code: B256, singleton_code: B256) -> Self {
        Self {
            block: state.block,
            version: state.version,
            owners: state.owners.clone(),
            threshold: state.threshold,
            nonce: state.nonce,
            modules: state.modules.clone(),
            guard: state.guard,
            module_guard: state.module_guard,
            fallback_handler: state.fallback_handler,
            singleton: state.singleton,
            proxy_code,
            singleton_code,
        }
    }

    /// What differs in who or what controls the Safe, in words; empty where nothing does.
    pub fn control_differs(&self, later: &Self) -> Vec<&'static str> {
        let set = |list: &[Address]| list.iter().copied().collect::<BTreeSet<_>>();
        let differs = [
            (self.version != later.version, "version"),
            (set(&self.owners) != set(&later.owners), "owners"),
            (self.threshold != later.threshold, "threshold"),
            (set(&self.modules) != set(&later.modules), "modules"),
            (self.guard != later.guard, "guard"),
            (self.module_guard != later.module_guard, "module guard"),
            (self.fallback_handler != later.fallback_handler, "fallback handler"),
            (self.singleton != later.singleton, "singleton"),
            (self.proxy_code != later.proxy_code, "proxy's code"),
            (self.singleton_code != later.singleton_code, "singleton's code"),
        ];
        differs.into_iter().filter_map(|(differs, what)| differs.then_some(what)).collect()
    }
}
