//! A wallet's history out of a server that knows scripts (Esplora, Electrum), with every answer checked.
//!
//! - A transaction counts when its bytes hash to its name, its amounts are possible, and it pays to the script that was
//!   asked for or spends what another one of the same history paid to it.
//! - A confirmation counts when the block's header is worked for, lies in the chain that the server showed at the start,
//!   and hashes lead from the transaction to its root. What stands in a block newer than that counts as unconfirmed until
//!   the next walk.
//! - What was proved once is remembered as long as the connection lives.

use super::ChainError;
use super::error::Blame;
use super::proof::{Proof, possible, worked};
use super::view::View;
use super::watch::{Progress, Watch};
use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
use bdk_wallet::chain::{BlockId, ConfirmationBlockTime, TxUpdate};
use bdk_wallet::{KeychainKind, Update};
use bitcoin::block::Header;
use bitcoin::{BlockHash, Network, OutPoint, ScriptBuf, Transaction, Txid};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Scripts that are asked for at one time.
pub(super) const BATCH: usize = 25;

/// The longest history of one script.
pub(super) const MOST_HISTORY: usize = 10_000;

/// The most scripts of one row that a scan goes through: a server may say of each that it was used.
const MOST_SCRIPTS: u32 = 20_000;

/// Transactions and proofs that are remembered.
const MOST_REMEMBERED: usize = 50_000;

/// One line of a script's history.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub txid: Txid,
    /// The height of its block; none while it waits.
    pub height: Option<u32>,
    /// Where the server sent it along.
    pub transaction: Option<Transaction>,
}

/// A server that knows scripts. What it gives is not checked yet.
pub(super) trait Dialect: Send + Sync {
    /// Who to blame.
    fn blame(&self) -> &Blame;
    /// The newest headers with their heights, the newest last.
    fn recent(&self, watch: &dyn Watch) -> Result<Vec<(u32, Header)>, ChainError>;
    /// The headers at some heights.
    fn headers(&self, heights: &[u32], watch: &dyn Watch) -> Result<Vec<Header>, ChainError>;
    /// The histories of some scripts, each no longer than [`MOST_HISTORY`].
    fn histories(&self, scripts: &[ScriptBuf], watch: &dyn Watch) -> Result<Vec<Vec<Listed>>, ChainError>;
    /// Transactions by name; none for those that the server does not have.
    fn transactions(&self, txids: &[Txid], watch: &dyn Watch) -> Result<Vec<Option<Transaction>>, ChainError>;
    /// Where transactions stand in the blocks of these heights.
    fn proofs(&self, asked: &[(Txid, u32)], watch: &dyn Watch) -> Result<Vec<Proof>, ChainError>;
    /// Estimates.
    fn fees(&self) -> Result<super::Fees, ChainError>;
    /// Hands a transaction over; the name that the server gives it.
    fn broadcast(&self, transaction: &Transaction) -> Result<Txid, ChainError>;
}

/// What was checked before.
#[derive(Default)]
pub(super) struct Memory(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    transactions: HashMap<Txid, Arc<Transaction>>,
    proved: HashMap<(Txid, BlockHash), ConfirmationBlockTime>,
}

impl Memory {
    fn with<T>(&self, work: impl FnOnce(&mut Remembered) -> T) -> T {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.transactions.len() + remembered.proved.len() > MOST_REMEMBERED {
            *remembered = Remembered::default();
        }
        work(&mut remembered)
    }
}

/// A walk through one server's answers.
pub(super) struct Walk<'a, D> {
    pub dialect: &'a D,
    pub memory: &'a Memory,
    pub network: Network,
    pub watch: &'a dyn Watch,
}

/// What a walk has found so far.
#[derive(Default)]
struct Found {
    update: TxUpdate<ConfirmationBlockTime>,
    known: HashSet<Txid>,
    confirmed: Vec<(Txid, u32)>,
    done: u64,
}

impl<D: Dialect> Walk<'_, D> {
    /// All that ever happened to a wallet.
    pub fn full_scan(self, mut request: FullScanRequest<KeychainKind>, gap: u32) -> Result<Update, ChainError> {
        let start = request.start_time();
        let mut view = request.chain_tip().map(|tip| self.view(&tip)).transpose()?;
        let (mut found, mut last_active_indices) = (Found::default(), BTreeMap::new());
        for keychain in request.keychains() {
            let revealed = request.last_revealed(&keychain);
            let mut scripts = request.iter_spks(keychain).take(usize::try_from(MOST_SCRIPTS).unwrap_or(usize::MAX));
            let mut unused = 0;
            let mut complete = false;
            while !complete {
                let batch: Vec<(u32, ScriptBuf)> = scripts.by_ref().take(BATCH).collect();
                if batch.is_empty() {
                    // A row without a star has one script only; one with a star never ends by itself.
                    complete = true;
                    if found.done >= u64::from(MOST_SCRIPTS) {
                        return Err(self.dialect.blame().too_large(format!("{MOST_SCRIPTS} used addresses")));
                    }
                }
                let asked: Vec<ScriptBuf> = batch.iter().map(|(_, script)| script.clone()).collect();
                let histories = self.histories(&asked)?;
                for ((index, script), history) in batch.iter().zip(histories) {
                    if history.is_empty() {
                        unused += u32::from(revealed.is_none_or(|last| *index > last));
                        complete |= unused >= gap.max(1);
                    } else {
                        unused = 0;
                        last_active_indices.insert(keychain, *index);
                    }
                    self.take(script, &history, start, view.as_ref(), &mut found)?;
                    // What stood behind the gap in this batch was asked for, but does not count.
                    if complete {
                        break;
                    }
                }
                self.tell(&mut found, batch.len(), None);
            }
        }
        self.anchor(&mut found, view.as_mut())?;
        let chain = view.map(|view| view.chain(self.dialect.blame())).transpose()?;
        Ok(Update { last_active_indices, tx_update: found.update, chain })
    }

    /// What has happened to the scripts of a request.
    pub fn sync(self, mut request: SyncRequest<(KeychainKind, u32)>) -> Result<Update, ChainError> {
        let start = request.start_time();
        let mut view = request.chain_tip().map(|tip| self.view(&tip)).transpose()?;
        let mut found = Found::default();
        let total = u64::try_from(request.progress().total_spks()).ok();
        loop {
            let batch: Vec<_> = request.iter_spks_with_expected_txids().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            let asked: Vec<ScriptBuf> = batch.iter().map(|asked| asked.spk.clone()).collect();
            let histories = self.histories(&asked)?;
            for (asked, history) in batch.iter().zip(histories) {
                let listed: HashSet<Txid> = history.iter().map(|line| line.txid).collect();
                let gone = asked.expected_txids.difference(&listed).map(|txid| (*txid, start));
                found.update.evicted_ats.extend(gone);
                self.take(&asked.spk, &history, start, view.as_ref(), &mut found)?;
            }
            self.tell(&mut found, batch.len(), total);
        }
        self.anchor(&mut found, view.as_mut())?;
        let chain = view.map(|view| view.chain(self.dialect.blame())).transpose()?;
        Ok(Update { last_active_indices: BTreeMap::new(), tx_update: found.update, chain })
    }

    /// Transactions by name, each hashed.
    pub fn transactions(&self, txids: &[Txid]) -> Result<Vec<Option<Arc<Transaction>>>, ChainError> {
        let mut known: HashMap<Txid, Arc<Transaction>> = self.memory.with(|memory| {
            let had = |txid: &Txid| memory.transactions.get(txid).map(|transaction| (*txid, transaction.clone()));
            txids.iter().filter_map(had).collect()
        });
        let missing: Vec<Txid> = txids.iter().filter(|txid| !known.contains_key(*txid)).copied().collect();
        if !missing.is_empty() {
            self.go_on()?;
            for (txid, transaction) in missing.iter().zip(self.dialect.transactions(&missing, self.watch)?) {
                if let Some(transaction) = transaction {
                    known.insert(*txid, self.remember(*txid, transaction)?);
                }
            }
        }
        Ok(txids.iter().map(|txid| known.get(txid).cloned()).collect())
    }

    pub(super) fn go_on(&self) -> Result<(), ChainError> {
        if self.watch.cancelled() { Err(ChainError::Cancelled) } else { Ok(()) }
    }

    fn tell(&self, found: &mut Found, asked: usize, of: Option<u64>) {
        found.done = found.done.saturating_add(u64::try_from(asked).unwrap_or(0));
        let so_far = u64::try_from(found.known.len()).unwrap_or(u64::MAX);
        self.watch.progress(Progress { done: found.done, of, found: so_far });
    }

    fn view(&self, local: &bdk_wallet::chain::CheckPoint) -> Result<View, ChainError> {
        self.go_on()?;
        let recent = self.dialect.recent(self.watch)?;
        View::open(self.dialect.blame(), self.network, local, &recent, |height| Ok(self.header(height)?.block_hash()))
    }

    pub(super) fn header(&self, height: u32) -> Result<Header, ChainError> {
        self.go_on()?;
        let header = self.dialect.headers(&[height], self.watch)?.pop();
        header
            .filter(|header| worked(header, self.network))
            .ok_or_else(|| self.dialect.blame().malformed(format!("the header of block {height} has no work")))
    }

    pub(super) fn histories(&self, scripts: &[ScriptBuf]) -> Result<Vec<Vec<Listed>>, ChainError> {
        if scripts.is_empty() {
            return Ok(Vec::new());
        }
        self.go_on()?;
        let histories = self.dialect.histories(scripts, self.watch)?;
        if histories.len() != scripts.len() {
            return Err(self.dialect.blame().malformed("it left out histories"));
        }
        Ok(histories)
    }

    pub(super) fn other_bytes(&self, txid: Txid) -> ChainError {
        self.dialect.blame().malformed(format!("the transaction that it calls {txid} is another one"))
    }

    fn remember(&self, txid: Txid, transaction: Transaction) -> Result<Arc<Transaction>, ChainError> {
        if transaction.compute_txid() != txid {
            return Err(self.other_bytes(txid));
        }
        if !possible(&transaction) {
            return Err(self.dialect.blame().malformed(format!("transaction {txid} pays out impossible amounts")));
        }
        let transaction = Arc::new(transaction);
        self.memory.with(|memory| memory.transactions.insert(txid, transaction.clone()));
        Ok(transaction)
    }

    /// Takes in the history of one script.
    fn take(
        &self,
        script: &ScriptBuf,
        history: &[Listed],
        start: u64,
        view: Option<&View>,
        found: &mut Found,
    ) -> Result<(), ChainError> {
        if history.is_empty() {
            return Ok(());
        }
        for line in history {
            if let Some(transaction) = &line.transaction {
                self.remember(line.txid, transaction.clone())?;
            }
        }
        let txids: Vec<Txid> = history.iter().map(|line| line.txid).collect();
        let mut transactions = Vec::with_capacity(txids.len());
        for (txid, transaction) in txids.iter().zip(self.transactions(&txids)?) {
            let missing =
                || self.dialect.blame().malformed(format!("it lists transaction {txid} and does not have it"));
            transactions.push(transaction.ok_or_else(missing)?);
        }
        self.concern(script, &txids, &transactions)?;
        for (line, transaction) in history.iter().zip(transactions) {
            match line.height {
                Some(height) if view.is_none_or(|view| height <= view.tip.height) => {
                    found.confirmed.push((line.txid, height));
                }
                _ => {
                    found.update.seen_ats.insert((line.txid, start));
                }
            }
            if found.known.insert(line.txid) {
                found.update.txs.push(transaction);
            }
        }
        Ok(())
    }

    /// Every transaction of a history pays to its script, or spends what another of them paid to it.
    fn concern(&self, script: &ScriptBuf, txids: &[Txid], transactions: &[Arc<Transaction>]) -> Result<(), ChainError> {
        let mut coins = HashSet::new();
        for (txid, transaction) in txids.iter().zip(transactions) {
            let paid = (0_u32..).zip(&transaction.output).filter(|(_, output)| output.script_pubkey == *script);
            coins.extend(paid.map(|(vout, _)| OutPoint { txid: *txid, vout }));
        }
        let paying: HashSet<Txid> = coins.iter().map(|coin| coin.txid).collect();
        for (txid, transaction) in txids.iter().zip(transactions) {
            let spends = || transaction.input.iter().any(|input| coins.contains(&input.previous_output));
            if !paying.contains(txid) && !spends() {
                let reason = format!("transaction {txid} has nothing to do with the address that it is listed for");
                return Err(self.dialect.blame().malformed(reason));
            }
        }
        Ok(())
    }

    /// Proves every confirmation.
    fn anchor(&self, found: &mut Found, mut view: Option<&mut View>) -> Result<(), ChainError> {
        found.confirmed.sort_unstable();
        found.confirmed.dedup();
        let mut open = Vec::new();
        for (txid, height) in &found.confirmed {
            let hash = view.as_ref().and_then(|view| view.hash(*height));
            let known = hash.and_then(|hash| self.memory.with(|memory| memory.proved.get(&(*txid, hash)).copied()));
            match known {
                Some(anchor) => {
                    found.update.anchors.insert((anchor, *txid));
                }
                None => open.push((*txid, *height)),
            }
        }
        let mut heights: Vec<u32> = open.iter().map(|(_, height)| *height).collect();
        heights.sort_unstable();
        heights.dedup();
        let mut headers = BTreeMap::new();
        for part in heights.chunks(BATCH) {
            self.go_on()?;
            let answer = self.dialect.headers(part, self.watch)?;
            for (height, header) in part.iter().zip(answer) {
                let block = BlockId { height: *height, hash: header.block_hash() };
                let fits = view.as_mut().is_none_or(|view| view.note(block));
                if !fits || !worked(&header, self.network) {
                    let reason = format!("the header of block {height} does not belong to the chain that it showed");
                    return Err(self.dialect.blame().malformed(reason));
                }
                headers.insert(*height, header);
            }
        }
        let mut asked = Vec::with_capacity(open.len());
        for (txid, height) in open {
            let missing = || self.dialect.blame().malformed("it left out headers");
            asked.push((txid, height, *headers.get(&height).ok_or_else(missing)?));
        }
        for part in asked.chunks(BATCH) {
            for (txid, anchor) in self.prove(part)? {
                found.update.anchors.insert((anchor, txid));
            }
        }
        Ok(())
    }

    /// Asks for the proofs that transactions stand in blocks, and checks them.
    pub(super) fn prove(
        &self,
        asked: &[(Txid, u32, Header)],
    ) -> Result<Vec<(Txid, ConfirmationBlockTime)>, ChainError> {
        self.go_on()?;
        let questions: Vec<(Txid, u32)> = asked.iter().map(|(txid, height, _)| (*txid, *height)).collect();
        let proofs = self.dialect.proofs(&questions, self.watch)?;
        if proofs.len() != asked.len() {
            return Err(self.dialect.blame().malformed("it left out proofs"));
        }
        let mut proved = Vec::with_capacity(asked.len());
        for ((txid, height, header), proof) in asked.iter().zip(proofs) {
            if !proof.holds(*txid, header.merkle_root) {
                let reason = format!("it cannot prove that transaction {txid} stands in block {height}");
                return Err(self.dialect.blame().malformed(reason));
            }
            let block_id = BlockId { height: *height, hash: header.block_hash() };
            let anchor = ConfirmationBlockTime { block_id, confirmation_time: u64::from(header.time) };
            self.memory.with(|memory| memory.proved.insert((*txid, block_id.hash), anchor));
            proved.push((*txid, anchor));
        }
        Ok(proved)
    }
}
