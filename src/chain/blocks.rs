//! A wallet's history out of blocks, as a node of one's own gives them.
//!
//! - Every block that is read hashes to its name, follows the one before it, and has the transactions that its header
//!   commits to.
//! - Scripts are known as far as the gap reaches, and it moves on with every one that is used. What spends a coin is found
//!   by the coin.

use super::error::{Blame, ChainError};
use super::proof::{possible, worked};
use super::view::View;
use super::watch::{Progress, Watch};
use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
use bdk_wallet::chain::{BlockId, ConfirmationBlockTime, TxUpdate};
use bdk_wallet::{KeychainKind, Update};
use bitcoin::block::Header;
use bitcoin::{Block, BlockHash, Network, OutPoint, ScriptBuf, Transaction, Txid};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// The newest headers that are asked for.
const RECENT: u32 = 10;

/// Transactions of the mempool that are asked for at one time.
const BATCH: usize = 100;

/// The most transactions of a mempool that are looked at, and remembered as none of ours.
const MOST_POOLED: usize = 1_000_000;

/// The most scripts that a gap makes us derive for one row.
const MOST_SCRIPTS: u32 = 100_000;

/// A server that knows blocks. What it gives is not checked yet.
pub(super) trait Node {
    /// Who to blame.
    fn blame(&self) -> &Blame;
    /// The height of the newest block.
    fn height(&self) -> Result<u32, ChainError>;
    /// The hash of the block at a height.
    fn hash_at(&self, height: u32) -> Result<BlockHash, ChainError>;
    /// A header by its hash.
    fn header(&self, hash: BlockHash) -> Result<Header, ChainError>;
    /// A block by its hash.
    fn block(&self, hash: BlockHash) -> Result<Block, ChainError>;
    /// The names of all that waits.
    fn mempool(&self) -> Result<Vec<Txid>, ChainError>;
    /// Transactions that wait; none for those that do not any more.
    fn waiting(&self, txids: &[Txid]) -> Result<Vec<Option<Transaction>>, ChainError>;
}

/// Transactions of the mempool that were looked at before and are none of this wallet's.
#[derive(Default)]
pub(super) struct Strangers(Mutex<HashSet<Txid>>);

/// A walk through the blocks of one node.
pub(super) struct Walk<'a, N> {
    pub node: &'a N,
    pub network: Network,
    pub watch: &'a dyn Watch,
}

/// The next script of a row, as often as asked.
type More<'a> = Box<dyn FnMut(KeychainKind) -> Option<(u32, ScriptBuf)> + 'a>;

/// What belongs to the wallet.
#[derive(Default)]
struct Ours {
    scripts: HashMap<ScriptBuf, Option<(KeychainKind, u32)>>,
    coins: HashSet<OutPoint>,
    /// The next script to derive, and the last one used.
    derived: BTreeMap<KeychainKind, u32>,
    used: BTreeMap<KeychainKind, u32>,
}

impl Ours {
    /// Whether a transaction pays to us or spends what is ours; takes in what it pays.
    fn concerns(&mut self, txid: Txid, transaction: &Transaction) -> bool {
        let mut ours = transaction.input.iter().any(|input| self.coins.contains(&input.previous_output));
        for (vout, output) in (0..).zip(&transaction.output) {
            let Some(place) = self.scripts.get(&output.script_pubkey) else { continue };
            ours = true;
            self.coins.insert(OutPoint { txid, vout });
            if let Some((keychain, index)) = *place {
                let used = self.used.entry(keychain).or_insert(index);
                *used = (*used).max(index);
            }
        }
        ours
    }

    /// Derives as far as the gap reaches; whether that was anything new.
    fn reach(&mut self, keychain: KeychainKind, least: u32, gap: u32, more: &mut More<'_>) -> bool {
        let wanted = self.used.get(&keychain).map_or(0, |used| used.saturating_add(1)).max(least).saturating_add(gap);
        let mut grown = false;
        while self.derived.get(&keychain).copied().unwrap_or(0) < wanted.min(MOST_SCRIPTS) {
            let Some((index, script)) = more(keychain) else { break };
            self.scripts.insert(script, Some((keychain, index)));
            self.derived.insert(keychain, index.saturating_add(1));
            grown = true;
        }
        grown
    }
}

impl<N: Node> Walk<'_, N> {
    /// All that ever happened to a wallet since its birthday.
    pub fn full_scan(
        self,
        mut request: FullScanRequest<KeychainKind>,
        gap: u32,
        birthday: u32,
        strangers: &Strangers,
    ) -> Result<Update, ChainError> {
        let start = request.start_time();
        let tip = request.chain_tip().ok_or_else(|| self.node.blame().malformed("the request names no block"))?;
        let keychains = request.keychains();
        let revealed: BTreeMap<KeychainKind, u32> = keychains
            .iter()
            .map(|keychain| (*keychain, request.last_revealed(keychain).map_or(0, |last| last.saturating_add(1))))
            .collect();
        let mut more: More<'_> = Box::new(move |keychain| request.next_spk(keychain));
        let mut ours = Ours::default();
        let gap = gap.max(1);
        // Other scripts than last time may be looked for, so nothing is a stranger yet.
        strangers.forget();
        // From the beginning, whatever the wallet knows: it may not know all of its addresses.
        let from = birthday;
        let mut grow = |ours: &mut Ours| {
            let least = |keychain| revealed.get(&keychain).copied().unwrap_or(0);
            let mut grown = false;
            for keychain in &keychains {
                grown |= ours.reach(*keychain, least(*keychain), gap, &mut more);
            }
            grown
        };
        grow(&mut ours);
        self.walk(&tip, Some(from), start, &mut ours, &HashSet::new(), strangers, &mut grow)
    }

    /// What has happened to the scripts and coins of a request.
    pub fn sync(
        self,
        mut request: SyncRequest<(KeychainKind, u32)>,
        strangers: &Strangers,
    ) -> Result<Update, ChainError> {
        let start = request.start_time();
        let tip = request.chain_tip().ok_or_else(|| self.node.blame().malformed("the request names no block"))?;
        let mut ours = Ours::default();
        let mut expected = HashSet::new();
        for asked in request.iter_spks_with_expected_txids() {
            ours.scripts.insert(asked.spk, None);
            expected.extend(asked.expected_txids);
        }
        ours.coins.extend(request.iter_outpoints());
        let mut update = self.walk(&tip, None, start, &mut ours, &expected, strangers, &mut |_| false)?;
        update.last_active_indices.clear();
        Ok(update)
    }

    #[allow(clippy::too_many_arguments)]
    fn walk(
        &self,
        local: &bdk_wallet::chain::CheckPoint,
        from: Option<u32>,
        start: u64,
        ours: &mut Ours,
        expected: &HashSet<Txid>,
        strangers: &Strangers,
        grow: &mut dyn FnMut(&mut Ours) -> bool,
    ) -> Result<Update, ChainError> {
        let blame = self.node.blame();
        let mut view = self.view(local)?;
        let mut update = TxUpdate::<ConfirmationBlockTime>::default();
        let mut known = HashSet::new();
        let first = from.unwrap_or_else(|| view.agreed.height().saturating_add(1));
        let total = u64::from(view.tip.height.saturating_add(1).saturating_sub(first));
        let mut before: Option<BlockHash> = first.checked_sub(1).and_then(|height| view.hash(height));
        for (done, height) in (1_u64..).zip(first..=view.tip.height) {
            self.go_on()?;
            let (hash, block) = self.block(height, before)?;
            before = Some(hash);
            let mut found = Vec::new();
            loop {
                for transaction in &block.txdata {
                    let txid = transaction.compute_txid();
                    if !known.contains(&txid) && ours.concerns(txid, transaction) {
                        known.insert(txid);
                        found.push((txid, transaction));
                    }
                }
                // A script that was derived just now may be paid in the same block.
                if !grow(ours) {
                    break;
                }
            }
            let block_id = BlockId { height, hash };
            if !found.is_empty() && !view.note(block_id) {
                return Err(blame.malformed(format!("it has two blocks at height {height}")));
            }
            let anchor = ConfirmationBlockTime { block_id, confirmation_time: u64::from(block.header.time) };
            for (txid, transaction) in found {
                self.possible(txid, transaction)?;
                update.anchors.insert((anchor, txid));
                update.txs.push(Arc::new(transaction.clone()));
            }
            self.watch.progress(Progress { done, of: Some(total), found: u64::try_from(known.len()).unwrap_or(0) });
        }
        if before.is_some_and(|hash| hash != view.tip.hash) && first <= view.tip.height {
            return Err(blame.malformed("its newest block was replaced while its blocks were read"));
        }
        let pooled = self.pool(&mut update, &mut known, start, ours, strangers, grow)?;
        let confirmed: HashSet<Txid> = update.anchors.iter().map(|(_, txid)| *txid).collect();
        let gone = expected.iter().filter(|txid| !pooled.contains(*txid) && !confirmed.contains(*txid));
        update.evicted_ats.extend(gone.map(|txid| (*txid, start)));
        let last_active_indices = ours.used.clone();
        Ok(Update { last_active_indices, tx_update: update, chain: Some(view.chain(blame)?) })
    }

    fn go_on(&self) -> Result<(), ChainError> {
        if self.watch.cancelled() { Err(ChainError::Cancelled) } else { Ok(()) }
    }

    fn possible(&self, txid: Txid, transaction: &Transaction) -> Result<(), ChainError> {
        let fault = || self.node.blame().malformed(format!("transaction {txid} pays out impossible amounts"));
        if possible(transaction) { Ok(()) } else { Err(fault()) }
    }

    fn view(&self, local: &bdk_wallet::chain::CheckPoint) -> Result<View, ChainError> {
        self.go_on()?;
        let tip = self.node.height()?;
        let mut recent = VecDeque::new();
        let mut hash = self.node.hash_at(tip)?;
        for height in (tip.saturating_sub(RECENT - 1)..=tip).rev() {
            let header = self.node.header(hash)?;
            if header.block_hash() != hash {
                return Err(self.node.blame().malformed(format!("the header that it calls {hash} is another one")));
            }
            recent.push_front((height, header));
            hash = header.prev_blockhash;
        }
        let recent: Vec<(u32, Header)> = recent.into();
        View::open(self.node.blame(), self.network, local, &recent, |height| {
            self.go_on()?;
            self.node.hash_at(height)
        })
    }

    fn block(&self, height: u32, before: Option<BlockHash>) -> Result<(BlockHash, Block), ChainError> {
        let blame = self.node.blame();
        let hash = self.node.hash_at(height)?;
        let block = self.node.block(hash)?;
        if block.block_hash() != hash || !worked(&block.header, self.network) {
            return Err(blame.malformed(format!("the block that it calls {hash} is another one")));
        }
        if before.is_some_and(|before| block.header.prev_blockhash != before) {
            return Err(blame.malformed(format!("block {height} does not follow the one before it")));
        }
        if !block.check_merkle_root() || !block.check_witness_commitment() {
            return Err(blame.malformed(format!("block {height} holds other transactions than its header says")));
        }
        Ok((hash, block))
    }

    /// Looks at what waits; all names of it.
    fn pool(
        &self,
        update: &mut TxUpdate<ConfirmationBlockTime>,
        known: &mut HashSet<Txid>,
        start: u64,
        ours: &mut Ours,
        strangers: &Strangers,
        grow: &mut dyn FnMut(&mut Ours) -> bool,
    ) -> Result<HashSet<Txid>, ChainError> {
        self.go_on()?;
        let names = self.node.mempool()?;
        if names.len() > MOST_POOLED {
            return Err(self.node.blame().too_large(format!("{MOST_POOLED} transactions in its mempool")));
        }
        let pooled: HashSet<Txid> = names.iter().copied().collect();
        let fresh: Vec<Txid> = strangers.without(&names, &pooled);
        let mut waiting = Vec::new();
        for part in fresh.chunks(BATCH) {
            self.go_on()?;
            for (txid, transaction) in part.iter().zip(self.node.waiting(part)?) {
                let Some(transaction) = transaction else { continue };
                if transaction.compute_txid() != *txid {
                    let reason = format!("the transaction that it calls {txid} is another one");
                    return Err(self.node.blame().malformed(reason));
                }
                waiting.push((*txid, transaction));
            }
        }
        // One may spend another that comes later, and what is found may make the gap reach further.
        loop {
            let before = known.len();
            for (txid, transaction) in &waiting {
                if ours.concerns(*txid, transaction) && known.insert(*txid) {
                    self.possible(*txid, transaction)?;
                    update.seen_ats.insert((*txid, start));
                    update.txs.push(Arc::new(transaction.clone()));
                }
            }
            if before == known.len() && !grow(ours) {
                break;
            }
        }
        strangers.add(waiting.iter().map(|(txid, _)| *txid).filter(|txid| !known.contains(txid)));
        Ok(pooled)
    }
}

impl Strangers {
    fn with<T>(&self, work: impl FnOnce(&mut HashSet<Txid>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets all of them.
    pub fn forget(&self) {
        self.with(HashSet::clear);
    }

    /// Those names that are not known to be strangers; what has left the mempool is forgotten.
    fn without(&self, names: &[Txid], pooled: &HashSet<Txid>) -> Vec<Txid> {
        self.with(|strangers| {
            strangers.retain(|txid| pooled.contains(txid));
            names.iter().filter(|txid| !strangers.contains(*txid)).copied().collect()
        })
    }

    fn add(&self, txids: impl Iterator<Item = Txid>) {
        self.with(|strangers| strangers.extend(txids));
    }
}
