//! What a wallet owns, as plain values: its coins, what they come to, and the transactions that moved them.
//!
//! - Everything here is told by a chain and can be fetched again; it is kept in a cache, never in the journal.
//! - A balance is a sum of coins and of transactions, counted anew each time it is asked for.
//! - What people decided about coins (labels, frozen ones) comes in as [`Marks`] and is kept in the journal.

#[cfg(test)]
pub(crate) mod bench;
mod holdings;
mod state;
#[cfg(test)]
mod tests;

pub use state::{State, StateError};

use super::wallet::{Chain, Spot};
use bitcoin::{Amount, BlockHash, OutPoint, SignedAmount, Txid};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A block that the wallet's chain has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tip {
    /// Its height.
    pub height: u32,
    /// Its hash.
    pub hash: BlockHash,
}

/// When a transaction was confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Confirmed {
    /// In the block at this height.
    pub height: u32,
    /// When that block says it was made, in seconds since 1970.
    pub time: u64,
}

/// A coin: an output of a transaction that is ours and that nothing known spends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coin {
    /// Which output.
    pub outpoint: OutPoint,
    /// What it is worth.
    #[serde(rename = "sat", with = "bitcoin::amount::serde::as_sat")]
    pub value: Amount,
    /// Where in the wallet it lies.
    #[serde(with = "spot")]
    pub spot: Spot,
    /// When it was confirmed; not yet if absent.
    pub confirmed: Option<Confirmed>,
    /// From which height on it may be spent, for a miner's reward that is not mature yet.
    pub immature_until: Option<u32>,
    /// Whether it is unconfirmed and comes from others, so that it may still be taken back.
    pub untrusted: bool,
    /// Whether it is set aside and must not be spent.
    pub frozen: bool,
    /// What people call it. Printable.
    pub label: Option<String>,
}

impl Coin {
    /// Whether a payment may take it without being told to.
    pub fn spendable(&self) -> bool {
        !self.frozen && !self.untrusted && self.immature_until.is_none()
    }
}

/// What a wallet's coins come to. What is confirmed, plus what comes in, less what goes out, is what there will be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// What confirmed transactions left to us, without what is immature.
    #[serde(rename = "confirmed_sat", with = "bitcoin::amount::serde::as_sat")]
    pub confirmed: Amount,
    /// What unconfirmed transactions bring, each less what it takes.
    #[serde(rename = "incoming_sat", with = "bitcoin::amount::serde::as_sat")]
    pub incoming: Amount,
    /// What unconfirmed transactions take, each less what it brings back.
    #[serde(rename = "outgoing_sat", with = "bitcoin::amount::serde::as_sat")]
    pub outgoing: Amount,
    /// Rewards for mining that cannot be spent yet.
    #[serde(rename = "immature_sat", with = "bitcoin::amount::serde::as_sat")]
    pub immature: Amount,
    /// What frozen coins are worth; part of the others.
    #[serde(rename = "frozen_sat", with = "bitcoin::amount::serde::as_sat")]
    pub frozen: Amount,
    /// What a payment may take now without being told which coins.
    #[serde(rename = "spendable_sat", with = "bitcoin::amount::serde::as_sat")]
    pub spendable: Amount,
}

/// A transaction that moved something of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// Which.
    pub txid: Txid,
    /// What it did to us: what we received less what we spent, the fee included.
    #[serde(rename = "net_sat", with = "bitcoin::amount::serde::as_sat")]
    pub net: SignedAmount,
    /// Its fee, where all that it spends is known.
    #[serde(rename = "fee_sat", with = "bitcoin::amount::serde::as_sat::opt")]
    pub fee: Option<Amount>,
    /// When it was confirmed; not yet if absent.
    pub confirmed: Option<Confirmed>,
    /// When it was first seen waiting, in seconds since 1970.
    pub seen: Option<u64>,
    /// Whether it is unconfirmed and says that it may be replaced (BIP-125).
    pub replaceable: bool,
    /// What people call it. Printable.
    pub label: Option<String>,
}

/// All that a wallet owns, as one value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holdings {
    /// How far the chain is known; nothing was fetched yet if absent.
    pub tip: Option<Tip>,
    /// What it comes to.
    pub balance: Balance,
    /// The coins, oldest first, those that wait at the end.
    pub coins: Vec<Coin>,
    /// The last address to receive that was ever paid.
    pub last_received: Option<u32>,
    /// The last address for change that was ever paid.
    pub last_change: Option<u32>,
    /// What happened, the latest first.
    pub movements: Vec<Movement>,
}

impl Holdings {
    /// The last index of a row that was ever paid: what a review counts its gap from.
    pub fn last_used(&self, chain: Chain) -> Option<u32> {
        match chain {
            Chain::Receive => self.last_received,
            Chain::Change => self.last_change,
        }
    }
}

/// What people decided about coins, folded from the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Coins that are set aside. No transaction takes them, not even when it is told to.
    pub frozen: BTreeSet<OutPoint>,
    /// What coins are called.
    pub coins: BTreeMap<OutPoint, String>,
    /// What transactions are called.
    pub transactions: BTreeMap<Txid, String>,
}

/// A spot as signers write it: `1/7`.
mod spot {
    use super::{Chain, Spot};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(spot: &Spot, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(spot)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Spot, D::Error> {
        let text = String::deserialize(deserializer)?;
        let read = || {
            let (row, index) = text.split_once('/')?;
            let chain = Chain::ALL.into_iter().find(|chain| chain.number().to_string() == row)?;
            Some(Spot { chain, index: index.parse().ok()? })
        };
        read().ok_or_else(|| D::Error::custom("not a spot such as 1/7"))
    }
}
