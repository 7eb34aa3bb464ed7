//! Which Safe, and what a proposal for one is known by.
//!
//! - A Safe is an address on a chain: the same address on another chain is another Safe.
//! - It is written as EIP-3770 has it, `eth:0x…`. A chain without a short name is written by its number, `31337:0x…`.

use crate::market::printable;
use crate::treasury::ethereum::address::{self, AddressError};
use crate::treasury::ethereum::{SafeAt, SafeTx, SafeVersion};
use crate::treasury::proposal::ProposalId;
use alloy_primitives::{Address, U256};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// A Safe: a chain, and an address on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafeId {
    /// The chain.
    pub chain_id: U256,
    /// The address.
    pub address: Address,
}

impl SafeId {
    /// The Safe of a transaction.
    pub fn of(at: &SafeAt) -> Self {
        Self { chain_id: at.chain_id, address: at.safe }
    }

    /// With the version of its contract: what a hash is made for.
    pub fn at(self, version: SafeVersion) -> SafeAt {
        SafeAt { chain_id: self.chain_id, safe: self.address, version }
    }

    /// Enough of it to know it again where there is little room: `eth:0xd9Db…9552`.
    pub fn short(&self) -> String {
        let text = self.address.to_checksum(None);
        let (begin, end) = (text.get(..6).unwrap_or_default(), text.get(38..).unwrap_or_default());
        format!("{}:{begin}…{end}", self.chain())
    }

    fn chain(&self) -> String {
        address::short_name(self.chain_id).map_or_else(|| self.chain_id.to_string(), str::to_owned)
    }
}

impl fmt::Display for SafeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.chain(), self.address.to_checksum(None))
    }
}

/// Text that names no Safe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSafeId {
    /// The address is none.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// There is no chain in front.
    #[error("{0} says no chain: write it as eth:0x…, or with the chain's number as 31337:0x…")]
    NoChain(String),
    /// The chain in front is not known.
    #[error("no chain is known as {0}: write its number, as in 31337:0x…")]
    Chain(String),
}

impl NoSafeId {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Address(AddressError::Form(_)) => "safe-address",
            Self::Address(AddressError::Checksum(_)) => "safe-checksum",
            Self::NoChain(_) | Self::Chain(_) => "safe-chain",
        }
    }
}

impl FromStr for SafeId {
    type Err = NoSafeId;

    fn from_str(text: &str) -> Result<Self, NoSafeId> {
        let written = address::read_prefixed(text)?;
        let shown = |text: &str| printable(&text.chars().take(64).collect::<String>()).into_owned();
        let prefix = written.prefix.ok_or_else(|| NoSafeId::NoChain(shown(text)))?;
        let digits = prefix.bytes().all(|byte| byte.is_ascii_digit()) && !prefix.starts_with('0');
        let number = digits.then(|| U256::from_str_radix(&prefix, 10).ok()).flatten();
        let chain_id = address::chain(&prefix).or(number).ok_or_else(|| NoSafeId::Chain(shown(&prefix)))?;
        Ok(Self { chain_id, address: written.address })
    }
}

impl Serialize for SafeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SafeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl ProposalId {
    /// The id of a transaction that is proposed for a Safe: SHA-256 over the 66 bytes whose hash is signed, the Safe (its
    /// chain in 32 bytes, big end first, and its address) and the version of its policy (4 bytes, big end first).
    pub fn of_safe(at: &SafeAt, tx: &SafeTx, policy: u32) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(tx.hashes(at).preimage());
        hasher.update(at.chain_id.to_be_bytes::<32>());
        hasher.update(at.safe);
        hasher.update(policy.to_be_bytes());
        Self(hasher.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SAFE: &str = "0xd9Db270c1B5E3Bd161E8c8503c55cEABeE709552";

    #[test]
    fn a_safe_is_written_with_its_chain_and_read_back() {
        for text in [format!("eth:{SAFE}"), format!("31337:{SAFE}"), format!("pol:{SAFE}")] {
            let id: SafeId = text.parse().unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(serde_json::from_str::<SafeId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
        }
        let same = ["eth", "1"].map(|chain| format!("{chain}:{SAFE}").parse::<SafeId>().unwrap());
        assert_eq!(same[0], same[1]);
        assert_eq!(same[0].short(), "eth:0xd9Db…9552");
    }

    #[test]
    fn what_names_no_safe_says_why() {
        let code = |text: &str| text.parse::<SafeId>().unwrap_err().code();
        assert_eq!(code(SAFE), "safe-chain");
        assert_eq!(code(&format!("nowhere:{SAFE}")), "safe-chain");
        assert_eq!(code(&format!("01:{SAFE}")), "safe-chain");
        assert_eq!(code(&format!("eth:{}", SAFE.replace("d9Db", "D9Db"))), "safe-checksum");
        assert_eq!(code("eth:0x12"), "safe-address");
    }
}
