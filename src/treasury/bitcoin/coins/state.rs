//! How a wallet follows the chain: BDK's wallet made of our descriptors, kept in a cache and brought up to date by
//! whoever reaches the chain.
//!
//! - What is on disk can be fetched again: a cache that is damaged, newer, or of another wallet is refused by name and
//!   the wallet starts from nothing.
//! - Time comes in as a value, in seconds since 1970.
//!
//! The clients that make updates are those of the `bdk_*` crates (<https://docs.rs/bdk_wallet>).

use super::{Holdings, Marks, Tip};
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use bdk_wallet::chain::spk_client::{FullScanRequestBuilder, SyncRequestBuilder};
use bdk_wallet::chain::{BlockId, CheckPoint};
use bdk_wallet::{ChangeSet, KeychainKind, Update};
use bitcoin::{Block, Transaction, Txid};
use std::sync::Arc;

/// A wallet and what the chain told of it.
pub struct State {
    wallet: Wallet,
    bdk: bdk_wallet::Wallet,
    /// All that is known, as it goes to the cache.
    known: ChangeSet,
}

/// Why there is no state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// BDK does not take the wallet's descriptors.
    #[error("the wallet cannot be followed: {0}")]
    Descriptor(String),
    /// The cache cannot be read.
    #[error("what is kept of the wallet cannot be read ({0}): it is fetched anew")]
    Damaged(String),
    /// The cache was written by a later version.
    #[error("what is kept of the wallet is of version {0}, which is not known here: it is fetched anew")]
    Newer(u64),
    /// The cache is another wallet's.
    #[error("what is kept is of another wallet: it is fetched anew")]
    Foreign,
    /// An update does not fit what is known of the chain.
    #[error("the update does not connect with the chain that is known, at height {0}: try again, or scan anew")]
    Unconnected(u32),
}

impl State {
    /// A wallet of which nothing is known yet.
    pub fn new(wallet: &Wallet) -> Result<Self, StateError> {
        todo!()
    }
    /// A wallet with what was kept of it by [`persist`](Self::persist).
    pub fn restore(wallet: &Wallet, bytes: &[u8]) -> Result<Self, StateError> {
        todo!()
    }
    /// All that is known, as bytes for the cache.
    pub fn persist(&mut self) -> Result<Vec<u8>, StateError> {
        todo!()
    }
    /// Whether something is known that the last [`persist`](Self::persist) did not write.
    pub fn changed(&self) -> bool {
        todo!()
    }
    /// Which wallet.
    pub fn wallet(&self) -> &Wallet {
        &self.wallet
    }
    /// How far the chain is known: what a client connects its updates to.
    pub fn checkpoint(&self) -> CheckPoint {
        todo!()
    }
    /// The last block that is known; none before the first update.
    pub fn tip(&self) -> Option<Tip> {
        todo!()
    }
    /// A request that looks at every address until a gap of unused ones, which the client is told.
    pub fn full_scan(&self, now: u64) -> FullScanRequestBuilder<KeychainKind> {
        todo!()
    }
    /// A request for the addresses that were used or handed out, and the gap beyond them.
    pub fn sync(&self, now: u64) -> SyncRequestBuilder<(KeychainKind, u32)> {
        todo!()
    }
    /// Takes in what a client found.
    pub fn apply(&mut self, update: impl Into<Update>) -> Result<(), StateError> {
        todo!()
    }
    /// Takes in a block, from a node that hands out whole ones.
    pub fn apply_block(&mut self, block: &Block, height: u32, before: BlockId) -> Result<(), StateError> {
        todo!()
    }
    /// Takes in transactions that wait, each with when it was last seen, and those that wait no longer, with when that was noticed.
    pub fn apply_waiting(&mut self, waiting: Vec<(Arc<Transaction>, u64)>, gone: Vec<(Txid, u64)>) {
        todo!()
    }
    /// Our transactions that wait to be confirmed.
    pub fn waiting(&self) -> Vec<Arc<Transaction>> {
        todo!()
    }
    /// The first spot of a row that was neither paid nor handed out nor reserved.
    pub fn next(&self, chain: Chain) -> Spot {
        todo!()
    }
    /// Hands out the next unused address to receive: it is watched from now on.
    pub fn reveal(&mut self, chain: Chain) -> Spot {
        todo!()
    }
    /// Keeps a spot from being offered again, such as the change of a proposal that waits. Lasts as long as this value.
    pub fn reserve(&mut self, spot: Spot) {
        todo!()
    }
    /// A transaction that is known.
    pub fn transaction(&self, txid: Txid) -> Option<Arc<Transaction>> {
        todo!()
    }
    /// All that it owns.
    pub fn holdings(&self, marks: &Marks) -> Holdings {
        todo!()
    }
}
