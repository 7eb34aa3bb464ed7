//! What waits for a block, and what may take its place.

use super::ledger::{Coin, Ledger};
use super::rules;
use bitcoin::{Amount, OutPoint, Transaction, TxOut, Txid};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What one virtual byte has to pay to be passed on, and besides what is replaced.
const LEAST: u64 = 1;

/// The highest rate that is taken by mistake, in satoshi for a virtual byte: `maxfeerate` of `sendrawtransaction`.
const HIGHEST: u64 = 10_000;

/// The most that one transaction may replace, and the longest row of those that wait for each other.
const MOST_REPLACED: usize = 100;
const LONGEST_ROW: usize = 25;

/// Why a transaction is not taken, in the words of Bitcoin Core.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Reject {
    /// The number of the kind of error, as JSON-RPC gives it.
    pub code: i32,
    /// The words.
    pub message: String,
}

impl Reject {
    /// A rule is broken.
    pub(super) fn rule(message: impl Into<String>) -> Self {
        Self { code: -26, message: message.into() }
    }
}

/// A transaction that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// It.
    pub transaction: Transaction,
    /// What it pays.
    pub fee: Amount,
    /// Its size, as fees are counted.
    pub vsize: u64,
    /// Its place in the order of arrival.
    pub order: u64,
}

/// What waits.
#[derive(Default)]
pub struct Pool {
    waiting: BTreeMap<Txid, Waiting>,
    spenders: HashMap<OutPoint, (Txid, usize)>,
    arrivals: u64,
}

impl Pool {
    /// A transaction that waits.
    pub fn get(&self, txid: &Txid) -> Option<&Waiting> {
        self.waiting.get(txid)
    }

    /// All of them, the newest last. Each stands behind those that it spends.
    pub fn all(&self) -> Vec<(&Txid, &Waiting)> {
        let mut all: Vec<_> = self.waiting.iter().collect();
        all.sort_by_key(|(_, waiting)| waiting.order);
        all
    }

    /// Who of them spends a coin, and with which of its inputs.
    pub fn spender(&self, outpoint: &OutPoint) -> Option<(Txid, usize)> {
        self.spenders.get(outpoint).copied()
    }

    /// Takes a transaction in, or says why not.
    pub fn take(&mut self, transaction: Transaction, ledger: &Ledger) -> Result<Txid, Reject> {
        let txid = transaction.compute_txid();
        let burns = |output: &TxOut| output.script_pubkey.is_op_return() && output.value > Amount::ZERO;
        if transaction.output.iter().any(burns) {
            let message = "Unspendable output exceeds maximum configured by user (maxburnamount)".into();
            return Err(Reject { code: -25, message });
        }
        rules::alone(&transaction)?;
        if self.waiting.contains_key(&txid) {
            return Err(Reject { code: -27, message: "txn-already-in-mempool".into() });
        }
        if ledger.place(&txid).is_some() {
            return Err(Reject { code: -27, message: "Transaction outputs already in utxo set".into() });
        }
        let coins = self.coins(&transaction, ledger)?;
        rules::timely(&transaction, &coins, ledger)?;
        let fee = rules::fee(&transaction, &coins, ledger)?;
        let vsize = transaction.weight().to_vbytes_ceil();
        if fee.to_sat() < vsize.saturating_mul(LEAST) {
            let least = vsize.saturating_mul(LEAST);
            return Err(Reject::rule(format!("min relay fee not met, {} < {least}", fee.to_sat())));
        }
        if fee.to_sat() > vsize.saturating_mul(HIGHEST) {
            let message = "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)".into();
            return Err(Reject { code: -25, message });
        }
        let replaced = self.replaced(txid, &transaction, fee, vsize)?;
        if self.row(&transaction).len().saturating_add(1) > LONGEST_ROW {
            return Err(Reject::rule("too-long-mempool-chain"));
        }
        rules::scripts(&transaction, &coins)?;
        for gone in &replaced {
            self.drop_one(gone);
        }
        for (vin, input) in transaction.input.iter().enumerate() {
            self.spenders.insert(input.previous_output, (txid, vin));
        }
        self.arrivals = self.arrivals.saturating_add(1);
        self.waiting.insert(txid, Waiting { transaction, fee, vsize, order: self.arrivals });
        Ok(txid)
    }

    /// Takes out what can no longer stand in a block: confirmed, spent by another, or without its coins.
    pub fn settle(&mut self, ledger: &Ledger) {
        let waiting: Vec<Transaction> =
            self.all().into_iter().map(|(_, waiting)| waiting.transaction.clone()).collect();
        let before = std::mem::take(self);
        for transaction in waiting {
            // A replacement need not prove itself again: nothing is left of what it replaced.
            if let Err(reject) = self.take(transaction, ledger) {
                tracing::debug!(%reject, "left the mempool");
            }
        }
        self.arrivals = self.arrivals.max(before.arrivals);
    }

    /// The coins of a transaction, in the order of its inputs.
    fn coins(&self, transaction: &Transaction, ledger: &Ledger) -> Result<Vec<Coin>, Reject> {
        let coin = |outpoint: &OutPoint| {
            ledger.coin(outpoint).cloned().or_else(|| {
                let parent = self.waiting.get(&outpoint.txid)?;
                let output = parent.transaction.output.get(usize::try_from(outpoint.vout).ok()?)?.clone();
                Some(Coin { output, height: ledger.height().saturating_add(1), mined: false })
            })
        };
        let coins = transaction.input.iter().map(|input| coin(&input.previous_output));
        coins
            .collect::<Option<_>>()
            .ok_or_else(|| Reject { code: -25, message: "bad-txns-inputs-missingorspent".into() })
    }

    /// What a transaction would take the place of (BIP-125, without its first rule: nodes replace whether or not the old
    /// one said that it might be).
    fn replaced(
        &self,
        txid: Txid,
        transaction: &Transaction,
        fee: Amount,
        vsize: u64,
    ) -> Result<BTreeSet<Txid>, Reject> {
        let direct: BTreeSet<Txid> =
            transaction.input.iter().filter_map(|i| Some(self.spender(&i.previous_output)?.0)).collect();
        let mut all = BTreeSet::new();
        for conflict in &direct {
            self.children(conflict, &mut all);
        }
        if all.is_empty() {
            return Ok(all);
        }
        let parents: BTreeSet<Txid> = transaction.input.iter().map(|input| input.previous_output.txid).collect();
        if let Some(both) = parents.intersection(&all).next() {
            return Err(Reject::rule(format!(
                "bad-txns-spends-conflicting-tx, {txid} spends conflicting transaction {both}"
            )));
        }
        if all.len() > MOST_REPLACED {
            return Err(Reject::rule("too many potential replacements"));
        }
        let of_old = |parent: &Txid| {
            let old = direct.iter().filter_map(|conflict| self.waiting.get(conflict));
            old.flat_map(|old| &old.transaction.input).any(|input| input.previous_output.txid == *parent)
        };
        if let Some(new) = parents.iter().find(|parent| self.waiting.contains_key(*parent) && !of_old(parent)) {
            return Err(Reject::rule(format!(
                "replacement-adds-unconfirmed, replacement {txid} spends new unconfirmed {new}"
            )));
        }
        for conflict in direct.iter().filter_map(|conflict| self.waiting.get(conflict)) {
            let ours = u128::from(fee.to_sat()).saturating_mul(conflict.vsize.into());
            let theirs = u128::from(conflict.fee.to_sat()).saturating_mul(vsize.into());
            if ours <= theirs {
                return Err(Reject::rule(format!(
                    "insufficient fee, rejecting replacement {txid}; new feerate is not higher"
                )));
            }
        }
        let paid: u64 = all.iter().filter_map(|gone| Some(self.waiting.get(gone)?.fee.to_sat())).sum();
        let (more, needed) = (fee.to_sat().checked_sub(paid), vsize.saturating_mul(LEAST));
        match more {
            None => Err(Reject::rule(format!(
                "insufficient fee, rejecting replacement {txid}, less fees than conflicting txs; {} < {paid}",
                fee.to_sat()
            ))),
            Some(more) if more < needed => Err(Reject::rule(format!(
                "insufficient fee, rejecting replacement {txid}, not enough additional fees to relay; {more} < {needed}"
            ))),
            Some(_) => Ok(all),
        }
    }

    /// A transaction and all that wait for it.
    fn children(&self, txid: &Txid, all: &mut BTreeSet<Txid>) {
        let mut open = vec![*txid];
        while let Some(txid) = open.pop() {
            let Some(waiting) = self.waiting.get(&txid).filter(|_| all.insert(txid)) else { continue };
            let coins = (0..).zip(&waiting.transaction.output).map(|(vout, _)| OutPoint { txid, vout });
            open.extend(coins.filter_map(|coin| Some(self.spender(&coin)?.0)));
        }
    }

    /// All that a transaction waits for.
    fn row(&self, transaction: &Transaction) -> BTreeSet<Txid> {
        let mut row = BTreeSet::new();
        let mut open: Vec<&Transaction> = vec![transaction];
        while let Some(transaction) = open.pop() {
            for parent in transaction.input.iter().map(|input| input.previous_output.txid) {
                open.extend(self.waiting.get(&parent).filter(|_| row.insert(parent)).map(|w| &w.transaction));
            }
        }
        row
    }

    fn drop_one(&mut self, txid: &Txid) {
        let Some(gone) = self.waiting.remove(txid) else { return };
        for input in &gone.transaction.input {
            self.spenders.remove(&input.previous_output);
        }
    }
}
