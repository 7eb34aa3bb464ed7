//! A Safe as the treasury knows it: what the chain last said of it, and what people said beside that.

use super::{SafeId, Stand};
use crate::market::Timestamp;
use crate::treasury::ethereum::SafeAt;
use crate::treasury::ethereum::deployments::{self, Standing};
use crate::treasury::ethereum::signature::SafeFacts;
use crate::treasury::proposal::Identity;
use alloy_primitives::Address;
use std::collections::BTreeMap;

/// A Safe and what was said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Safe {
    /// Which.
    pub id: SafeId,
    /// What people call it. Printable.
    pub name: String,
    /// How it stands, as the chain last said.
    pub stand: Stand,
    /// When the chain said that.
    pub seen_at: Timestamp,
    /// Since when it is watched.
    pub added_at: Timestamp,
    /// Why it is only looked at, when it is. Printable.
    pub archived: Option<String>,
    /// The version of its policy; the first is 1, and every change of who or what controls the Safe makes the next.
    pub policy: u32,
    /// What changed last in that, in words.
    pub changed: Option<String>,
    /// People's names for its owners. Printable.
    pub names: BTreeMap<Address, String>,
    /// Who speaks for which owner.
    pub claims: BTreeMap<Address, Identity>,
}

impl Safe {
    /// What a hash is made for.
    pub fn at(&self) -> SafeAt {
        self.stand.at(self.id)
    }

    /// What signatures are checked against.
    pub fn facts(&self) -> SafeFacts {
        self.stand.facts(self.id)
    }

    /// Whether this is an owner, as the chain last said.
    pub fn owns(&self, owner: &Address) -> bool {
        self.stand.owners.contains(owner)
    }

    /// What people call an owner: the name, or the address.
    pub fn owner_name(&self, owner: Address) -> String {
        self.names.get(&owner).cloned().unwrap_or_else(|| owner.to_checksum(None))
    }

    /// Whether the Safe's proxy and its own code are published ones, by the hashes of their codes: a Safe on other code can
    /// be watched, and what is signed for it is the review's to judge.
    pub fn is_pinned(&self) -> bool {
        let stand = &self.stand;
        let known = match deployments::standing(self.id.chain_id, stand.singleton) {
            Some(Standing::Listed(pinned) | Standing::Unlisted(pinned)) => {
                pinned.contract.is_singleton()
                    && pinned.version == stand.version
                    && pinned.code_hash == stand.singleton_code
            }
            None => false,
        };
        known && deployments::proxy(stand.proxy_code).is_some()
    }
}

/// A token as it was first read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedToken {
    /// What it calls itself. Printable, and not to be believed.
    pub symbol: String,
    /// How many digits an amount has behind the point. They never change.
    pub decimals: u8,
    /// Whether somebody vouches for it.
    pub trusted: bool,
}
