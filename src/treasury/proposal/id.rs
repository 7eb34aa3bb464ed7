//! What a proposal is known by: the very bytes that are signed, for which wallet, under which rules.

use crate::treasury::bitcoin::wallet::WalletId;
use bitcoin::Transaction;
use bitcoin::consensus::Encodable;
use bitcoin::hashes::{Hash, HashEngine, sha256};
use bitcoin::hex::FromHex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// How many hex digits of an id are shown where there is little room; as many are enough to name one on a command line.
pub const SHORT: usize = 8;

/// SHA-256 over the unsigned transaction as consensus writes it, the wallet's id (32 bytes) and the version of the
/// wallet's policy (4 bytes, big end first). Another byte in any of them is another proposal, and no approval goes along.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProposalId(pub [u8; 32]);

impl ProposalId {
    /// The id of a transaction that is proposed for a wallet.
    pub fn of(unsigned: &Transaction, wallet: WalletId, policy: u32) -> Self {
        let mut engine = sha256::Hash::engine();
        // A hash takes any bytes: writing into it cannot fail.
        let _ = unsigned.consensus_encode(&mut engine);
        engine.input(&wallet.0);
        engine.input(&policy.to_be_bytes());
        Self(sha256::Hash::from_engine(engine).to_byte_array())
    }

    /// The digits that are shown where there is little room.
    pub fn short(&self) -> String {
        self.to_string().chars().take(SHORT).collect()
    }
}

impl fmt::Display for ProposalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ProposalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProposalId({self})")
    }
}

/// Text that is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id is 64 hex digits")]
pub struct NoId;

impl FromStr for ProposalId {
    type Err = NoId;

    fn from_str(text: &str) -> Result<Self, NoId> {
        FromHex::from_hex(text).map(Self).map_err(|_| NoId)
    }
}

impl FromStr for WalletId {
    type Err = NoId;

    fn from_str(text: &str) -> Result<Self, NoId> {
        FromHex::from_hex(text).map(Self).map_err(|_| NoId)
    }
}

macro_rules! as_text {
    ($($id:ty),*) => {$(
        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_text!(ProposalId, WalletId);
