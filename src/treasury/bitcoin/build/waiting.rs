//! Transactions that wait to be confirmed, and what they pay.

use super::BuildError;
use crate::treasury::bitcoin::coins::State;
use bdk_wallet::chain::ChainPosition;
use bitcoin::{Amount, FeeRate, Transaction, Txid, Weight};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// All of ours that wait, by their number.
pub(super) fn all(state: &State) -> HashMap<Txid, Arc<Transaction>> {
    let waiting = state.waiting().into_iter();
    waiting.map(|transaction| (transaction.compute_txid(), transaction)).collect()
}

/// One that waits, or why it does not.
pub(super) fn one(state: &State, txid: Txid) -> Result<Arc<Transaction>, BuildError> {
    let seen = state.bdk().transactions().find(|seen| seen.tx_node.txid == txid);
    let seen = seen.ok_or(BuildError::NotWaiting(txid))?;
    match seen.chain_position {
        ChainPosition::Confirmed { anchor, .. } => Err(BuildError::Confirmed { txid, height: anchor.block_id.height }),
        ChainPosition::Unconfirmed { .. } => Ok(seen.tx_node.tx),
    }
}

/// Those that wait and spend from it, or from those.
pub(super) fn below(state: &State, txid: Txid) -> BTreeSet<Txid> {
    let waiting = all(state);
    let below = state.bdk().tx_graph().walk_descendants(txid, |_, txid| Some(txid));
    below.filter(|below| *below != txid && waiting.contains_key(below)).collect()
}

/// It, and those that wait and that it spends from.
pub(super) fn with_parents(state: &State, transaction: &Arc<Transaction>) -> HashMap<Txid, Arc<Transaction>> {
    let waiting = all(state);
    let above = state.bdk().tx_graph().walk_ancestors(Arc::clone(transaction), |_, above| Some(above.compute_txid()));
    let mut all: HashMap<_, _> =
        above.filter_map(|txid| waiting.get(&txid).map(|above| (txid, Arc::clone(above)))).collect();
    all.insert(transaction.compute_txid(), Arc::clone(transaction));
    all
}

/// What a transaction pays.
pub(super) fn fee(state: &State, transaction: &Transaction) -> Result<Amount, BuildError> {
    state.bdk().calculate_fee(transaction).map_err(|_| BuildError::FeeUnknown(transaction.compute_txid()))
}

/// A fee for a weight as a rate, rounded down.
pub(super) fn rate(fee: Amount, weight: Weight) -> FeeRate {
    FeeRate::from_sat_per_kwu(fee.to_sat().saturating_mul(1_000).checked_div(weight.to_wu()).unwrap_or_default())
}

/// The lowest rate that comes to a fee for a weight, when fees are rounded up.
pub(super) fn least_rate(fee: Amount, weight: Weight) -> FeeRate {
    let below = rate(fee.checked_sub(Amount::ONE_SAT).unwrap_or_default(), weight);
    FeeRate::from_sat_per_kwu(below.to_sat_per_kwu().saturating_add(1))
}
