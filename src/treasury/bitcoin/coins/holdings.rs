//! Coins, balance and history, read off what is known of the chain.

use super::{Balance, Chain, Coin, Confirmed, Holdings, Marks, Movement, Spot, State};
use crate::market::printable;
use bdk_wallet::KeychainKind;
use bdk_wallet::chain::{ChainPosition, ConfirmationBlockTime};
use bitcoin::constants::COINBASE_MATURITY;
use bitcoin::{Amount, OutPoint, SignedAmount, Transaction, Txid};
use std::collections::HashMap;
use std::sync::Arc;

type Position = ChainPosition<ConfirmationBlockTime>;

/// The transactions that count, those that wait included: of two that conflict only the one that holds.
struct Known {
    transactions: HashMap<Txid, (Arc<Transaction>, Position)>,
}

pub(super) fn of(state: &State, marks: &Marks) -> Holdings {
    let bdk = state.bdk();
    let seen = bdk.transactions().map(|seen| (seen.tx_node.txid, (seen.tx_node.tx.clone(), seen.chain_position)));
    let known = Known { transactions: seen.collect() };
    let coins = coins(state, marks, &known);
    let movements = movements(state, marks);
    let last = |chain| bdk.spk_index().last_used_index(state.kind(chain));
    Holdings {
        tip: state.tip(),
        balance: balance(&coins, &movements),
        coins,
        last_received: last(Chain::Receive),
        last_change: last(Chain::Change),
        movements,
    }
}

fn coins(state: &State, marks: &Marks, known: &Known) -> Vec<Coin> {
    let next_block = state.checkpoint().height().saturating_add(1);
    let mut trusted = HashMap::new();
    let mut coins: Vec<Coin> = state
        .bdk()
        .list_unspent()
        .map(|coin| {
            let txid = coin.outpoint.txid;
            let confirmed = confirmed(&coin.chain_position);
            let coinbase = known.transactions.get(&txid).is_some_and(|(transaction, _)| transaction.is_coinbase());
            let mature = confirmed.filter(|_| coinbase).map(|c| c.height.saturating_add(COINBASE_MATURITY));
            let chain = match coin.keychain {
                KeychainKind::External => Chain::Receive,
                KeychainKind::Internal => Chain::Change,
            };
            Coin {
                outpoint: coin.outpoint,
                value: coin.txout.value,
                spot: Spot { chain, index: coin.derivation_index },
                confirmed,
                immature_until: mature.filter(|height| next_block < *height),
                untrusted: confirmed.is_none() && !known.trusted(state, txid, &mut trusted),
                frozen: marks.frozen.contains(&coin.outpoint),
                label: marks.coins.get(&coin.outpoint).map(|label| printable(label).into_owned()),
            }
        })
        .collect();
    coins.sort_by_key(|coin| (coin.confirmed.is_none(), coin.confirmed, coin.outpoint));
    coins
}

impl Known {
    /// Whether a transaction that waits spends only what is ours, all the way down to what is confirmed: then nobody
    /// but us can take it back.
    fn trusted(&self, state: &State, txid: Txid, answers: &mut HashMap<Txid, bool>) -> bool {
        // Walked without recursion: whoever makes a long chain of transactions must not exhaust the stack.
        let mut ahead = vec![txid];
        while let Some(txid) = ahead.pop() {
            if answers.contains_key(&txid) {
                continue;
            }
            let Some((transaction, position)) = self.transactions.get(&txid) else {
                answers.insert(txid, false);
                continue;
            };
            if position.is_confirmed() {
                answers.insert(txid, true);
                continue;
            }
            let ours = |spent: &OutPoint| state.bdk().spk_index().txout(*spent).is_some();
            let spent = || transaction.input.iter().map(|input| &input.previous_output);
            let open: Vec<Txid> = spent().map(|spent| spent.txid).filter(|t| !answers.contains_key(t)).collect();
            if !spent().all(ours) {
                answers.insert(txid, false);
            } else if open.is_empty() {
                let all = spent().all(|spent| answers.get(&spent.txid).copied().unwrap_or(false));
                answers.insert(txid, all);
            } else {
                ahead.push(txid);
                ahead.extend(open);
            }
        }
        answers.get(&txid).copied().unwrap_or(false)
    }
}

fn movements(state: &State, marks: &Marks) -> Vec<Movement> {
    let bdk = state.bdk();
    let mut movements: Vec<Movement> = bdk
        .transactions()
        .map(|seen| {
            let transaction = &seen.tx_node.tx;
            let (sent, received) = bdk.sent_and_received(transaction);
            let confirmed = confirmed(&seen.chain_position);
            let first = match seen.chain_position {
                ChainPosition::Unconfirmed { first_seen, last_seen } => first_seen.or(last_seen),
                ChainPosition::Confirmed { .. } => None,
            };
            let txid = seen.tx_node.txid;
            Movement {
                txid,
                net: signed(received).checked_sub(signed(sent)).unwrap_or(SignedAmount::ZERO),
                fee: bdk.calculate_fee(transaction).ok(),
                confirmed,
                seen: first.or(seen.tx_node.first_seen),
                replaceable: confirmed.is_none() && transaction.input.iter().any(|input| input.sequence.is_rbf()),
                label: marks.transactions.get(&txid).map(|label| printable(label).into_owned()),
            }
        })
        .collect();
    movements.sort_by_key(|m| (m.confirmed.is_some(), std::cmp::Reverse((m.confirmed, m.seen)), m.txid));
    movements
}

fn balance(coins: &[Coin], movements: &[Movement]) -> Balance {
    let sum = |values: &mut dyn Iterator<Item = Amount>| {
        values.fold(Amount::ZERO, |sum, value| sum.checked_add(value).unwrap_or(Amount::MAX_MONEY))
    };
    let nets = |confirmed: bool| movements.iter().filter(move |m| m.confirmed.is_some() == confirmed).map(|m| m.net);
    let settled = nets(true).try_fold(SignedAmount::ZERO, |sum, net| sum.checked_add(net));
    let settled = settled.and_then(|sum| sum.to_unsigned().ok()).unwrap_or_default();
    let immature = sum(&mut coins.iter().filter(|coin| coin.immature_until.is_some()).map(|coin| coin.value));
    Balance {
        confirmed: settled.checked_sub(immature).unwrap_or_default(),
        incoming: sum(&mut nets(false).filter(|net| net.is_positive()).map(SignedAmount::unsigned_abs)),
        outgoing: sum(&mut nets(false).filter(|net| net.is_negative()).map(SignedAmount::unsigned_abs)),
        immature,
        frozen: sum(&mut coins.iter().filter(|coin| coin.frozen).map(|coin| coin.value)),
        spendable: sum(&mut coins.iter().filter(|coin| coin.spendable()).map(|coin| coin.value)),
    }
}

fn confirmed(position: &Position) -> Option<Confirmed> {
    match position {
        ChainPosition::Confirmed { anchor, .. } => {
            Some(Confirmed { height: anchor.block_id.height, time: anchor.confirmation_time })
        }
        ChainPosition::Unconfirmed { .. } => None,
    }
}

fn signed(amount: Amount) -> SignedAmount {
    amount.to_signed().unwrap_or(SignedAmount::MAX_MONEY)
}
