//! How a wallet follows the chain: BDK's wallet made of our descriptors, kept in a cache and brought up to date by
//! whoever reaches the chain.
//!
//! - What is on disk can be fetched again: a cache that is damaged, newer, or of another wallet is refused by name and
//!   the wallet starts from nothing.
//! - Time comes in as a value, in seconds since 1970.
//!
//! The clients that make updates are those of the `bdk_*` crates (<https://docs.rs/bdk_wallet>).

use super::{Holdings, Marks, Tip};
use crate::treasury::bitcoin::wallet::{Chain, GAP, LAST_INDEX, Spot, Wallet};
use bdk_wallet::chain::local_chain::ApplyHeaderError;
use bdk_wallet::chain::spk_client::{FullScanRequestBuilder, SyncRequestBuilder};
use bdk_wallet::chain::{BlockId, CheckPoint, Merge};
use bdk_wallet::{ChangeSet, KeychainKind, Update};
use bitcoin::{Amount, Block, OutPoint, Script, Transaction, Txid};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// The version of what is kept.
const VERSION: u64 = 1;

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
    /// A transaction creates more than there is.
    #[error("transaction {0} moves more bitcoin than there can be: whoever told of it cannot be trusted")]
    Absurd(Txid),
    /// An update does not fit what is known of the chain.
    #[error("the update does not connect with the chain that is known, at height {0}: try again, or scan anew")]
    Unconnected(u32),
}

/// What is kept, as it lies in the cache.
#[derive(Serialize, Deserialize)]
struct Kept<C> {
    version: u64,
    wallet: String,
    known: C,
}

/// The version alone: what a later one wrote is not read further.
#[derive(Deserialize)]
struct Written {
    version: u64,
}

impl State {
    /// A wallet of which nothing is known yet.
    pub fn new(wallet: &Wallet) -> Result<Self, StateError> {
        let receive = wallet.descriptor(Chain::Receive).clone();
        let made = match wallet.has_change() {
            true => bdk_wallet::Wallet::create(receive, wallet.descriptor(Chain::Change).clone()),
            false => bdk_wallet::Wallet::create_single(receive),
        };
        let made = made.network(wallet.network()).create_wallet_no_persist();
        let bdk = made.map_err(|error| StateError::Descriptor(error.to_string()))?;
        Ok(Self { wallet: wallet.clone(), bdk, known: ChangeSet::default() })
    }

    /// A wallet with what was kept of it by [`persist`](Self::persist).
    pub fn restore(wallet: &Wallet, bytes: &[u8]) -> Result<Self, StateError> {
        let damaged = |error: serde_json::Error| StateError::Damaged(error.to_string());
        let Written { version } = serde_json::from_slice(bytes).map_err(damaged)?;
        if version != VERSION {
            return Err(StateError::Newer(version));
        }
        let kept: Kept<ChangeSet> = serde_json::from_slice(bytes).map_err(damaged)?;
        if kept.wallet != wallet.id().to_string() {
            return Err(StateError::Foreign);
        }
        check_all(kept.known.tx_graph.txs.iter())?;
        let change = wallet.has_change().then(|| wallet.descriptor(Chain::Change).clone());
        let loaded = bdk_wallet::Wallet::load()
            .descriptor(KeychainKind::External, Some(wallet.descriptor(Chain::Receive).clone()))
            .descriptor(KeychainKind::Internal, change)
            .check_network(wallet.network())
            .load_wallet_no_persist(kept.known.clone());
        match loaded {
            Ok(Some(bdk)) => Ok(Self { wallet: wallet.clone(), bdk, known: kept.known }),
            Ok(None) => Err(StateError::Damaged("it is empty".into())),
            Err(error) => Err(StateError::Damaged(error.to_string())),
        }
    }

    /// All that is known, as bytes for the cache.
    pub fn persist(&mut self) -> Result<Vec<u8>, StateError> {
        if let Some(new) = self.bdk.take_staged() {
            self.known.merge(new);
        }
        let kept = Kept { version: VERSION, wallet: self.wallet.id().to_string(), known: &self.known };
        serde_json::to_vec(&kept).map_err(|error| StateError::Damaged(error.to_string()))
    }

    /// Whether something is known that the last [`persist`](Self::persist) did not write.
    pub fn changed(&self) -> bool {
        self.bdk.staged().is_some()
    }

    /// Which wallet.
    pub fn wallet(&self) -> &Wallet {
        &self.wallet
    }

    /// BDK's own view, for what is built on it here.
    pub(in crate::treasury::bitcoin) fn bdk(&self) -> &bdk_wallet::Wallet {
        &self.bdk
    }

    /// How far the chain is known: what a client connects its updates to.
    pub fn checkpoint(&self) -> CheckPoint {
        self.bdk.latest_checkpoint()
    }

    /// The last block that is known; none before the first update.
    pub fn tip(&self) -> Option<Tip> {
        let BlockId { height, hash } = self.bdk.latest_checkpoint().block_id();
        (height > 0).then_some(Tip { height, hash })
    }

    /// A request that looks at every address until a gap of unused ones, which the client is told.
    pub fn full_scan(&self, now: u64) -> FullScanRequestBuilder<KeychainKind> {
        self.bdk.start_full_scan_at(now)
    }

    /// A request for the addresses that were used or handed out, and the gap beyond them; and for every coin that there ever
    /// was, because a node knows no scripts: what spends a coin and pays nothing back is found there by the coin only.
    pub fn sync(&self, now: u64) -> SyncRequestBuilder<(KeychainKind, u32)> {
        let rows = self.bdk.keychains().map(|(kind, _)| kind).collect::<Vec<_>>();
        let beyond = rows.into_iter().flat_map(|kind| {
            let first = self.bdk.derivation_index(kind).map_or(0, |last| last.saturating_add(1));
            let ahead = first..first.saturating_add(GAP).min(LAST_INDEX);
            ahead.filter_map(move |index| Some(((kind, index), self.bdk.spk_index().spk_at_index(kind, index)?)))
        });
        let coins: Vec<_> = self.bdk.list_output().map(|coin| coin.outpoint).collect();
        let request = self.bdk.start_sync_with_revealed_spks_at(now).spks_with_indexes(beyond.collect::<Vec<_>>());
        request.outpoints(coins)
    }

    /// Takes in what a client found.
    pub fn apply(&mut self, update: impl Into<Update>) -> Result<(), StateError> {
        let update = update.into();
        check_all(update.tx_update.txs.iter())?;
        self.bdk.apply_update(update).map_err(|error| StateError::Unconnected(error.try_include_height))
    }

    /// Takes in a block, from a node that hands out whole ones.
    pub fn apply_block(&mut self, block: &Block, height: u32, before: BlockId) -> Result<(), StateError> {
        block.txdata.iter().try_for_each(check)?;
        self.bdk.apply_block_connected_to(block, height, before).map_err(|error| match error {
            ApplyHeaderError::CannotConnect(error) => StateError::Unconnected(error.try_include_height),
            ApplyHeaderError::InconsistentBlocks => StateError::Unconnected(height),
        })
    }

    /// Takes in transactions that wait, each with when it was last seen, and those that wait no longer, with when that
    /// was noticed.
    pub fn apply_waiting(
        &mut self,
        waiting: Vec<(Arc<Transaction>, u64)>,
        gone: Vec<(Txid, u64)>,
    ) -> Result<(), StateError> {
        check_all(waiting.iter().map(|(transaction, _)| transaction))?;
        self.bdk.apply_unconfirmed_txs(waiting);
        self.bdk.apply_evicted_txs(gone);
        Ok(())
    }

    /// Takes in a transaction that a node has just taken: what spends one of its coins waits no longer, though it was seen
    /// in the same second.
    pub fn apply_sent(&mut self, transaction: Transaction, at: u64) -> Result<(), StateError> {
        let txid = transaction.compute_txid();
        let spent: HashSet<OutPoint> = transaction.input.iter().map(|input| input.previous_output).collect();
        let rival = |other: &Arc<Transaction>| other.input.iter().any(|input| spent.contains(&input.previous_output));
        let rivals = self.waiting().into_iter().filter(rival).map(|other| other.compute_txid());
        let gone = rivals.filter(|rival| *rival != txid).map(|rival| (rival, at)).collect();
        self.apply_waiting(vec![(Arc::new(transaction), at)], gone)
    }

    /// Our transactions that wait to be confirmed.
    pub fn waiting(&self) -> Vec<Arc<Transaction>> {
        let waiting = self.bdk.transactions().filter(|seen| seen.chain_position.is_unconfirmed());
        waiting.map(|seen| seen.tx_node.tx).collect()
    }

    /// The first spot of a row that was neither paid nor reserved.
    pub fn next(&self, chain: Chain) -> Spot {
        let kind = self.kind(chain);
        let unused = self.bdk.spk_index().unused_keychain_spks(kind).next();
        let index = unused.map_or_else(|| self.bdk.next_derivation_index(kind), |(index, _)| index);
        Spot { chain, index }
    }

    /// Whether a spot was ever paid, or is reserved.
    pub fn used(&self, spot: Spot) -> bool {
        self.bdk.spk_index().is_used(self.kind(spot.chain), spot.index)
    }

    /// Hands out the next spot: it is watched from now on, and offered again until it is paid or reserved.
    pub fn reveal(&mut self, chain: Chain) -> Spot {
        let spot = self.next(chain);
        self.bdk.reveal_addresses_to(self.kind(chain), spot.index).for_each(drop);
        spot
    }

    /// Keeps a spot from being offered again, such as the change of a proposal that waits. It is watched from now on;
    /// that it is reserved is known as long as this value lives, since proposals are in the journal.
    pub fn reserve(&mut self, spot: Spot) {
        let kind = self.kind(spot.chain);
        self.bdk.reveal_addresses_to(kind, spot.index).for_each(drop);
        self.bdk.mark_used(kind, spot.index);
    }

    /// Where in the wallet a script lies, if it is one of ours as far as the wallet looks.
    pub fn spot(&self, script: &Script) -> Option<Spot> {
        let (kind, index) = self.bdk.derivation_of_spk(script.to_owned())?;
        let chain = match kind {
            KeychainKind::External => Chain::Receive,
            KeychainKind::Internal => Chain::Change,
        };
        let spot = Spot { chain, index };
        (self.wallet.script(spot).as_deref() == Some(script)).then_some(spot)
    }

    /// A transaction that is known.
    pub fn transaction(&self, txid: Txid) -> Option<Arc<Transaction>> {
        self.bdk.tx_graph().get_tx(txid)
    }

    /// All that it owns.
    pub fn holdings(&self, marks: &Marks) -> Holdings {
        super::holdings::of(self, marks)
    }

    /// BDK's name of a row: what has only one row has it under the name of the row to receive.
    pub(super) fn kind(&self, chain: Chain) -> KeychainKind {
        match chain {
            Chain::Change if self.wallet.has_change() => KeychainKind::Internal,
            _ => KeychainKind::External,
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("wallet", &self.wallet.id()).field("tip", &self.tip()).finish_non_exhaustive()
    }
}

/// Sums of what is known must not overflow: what no chain can hold is not taken in.
fn check(transaction: &Transaction) -> Result<(), StateError> {
    let sum = transaction.output.iter().try_fold(Amount::ZERO, |sum, output| sum.checked_add(output.value));
    match sum {
        Some(sum) if sum <= Amount::MAX_MONEY => Ok(()),
        _ => Err(StateError::Absurd(transaction.compute_txid())),
    }
}

fn check_all<'a>(transactions: impl Iterator<Item = &'a Arc<Transaction>>) -> Result<(), StateError> {
    transactions.into_iter().try_for_each(|transaction| check(transaction))
}
