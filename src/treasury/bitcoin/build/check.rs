//! What is looked at once more before a transaction is handed out, from its bytes and the wallet alone: so that a fault
//! in how it was built is not a fault in what is signed.

use super::spend::Besides;
use super::{BuildError, Built, Terms};
use crate::treasury::bitcoin::coins::State;
use crate::treasury::bitcoin::psbt::Packet;
use bitcoin::{Amount, Script, TxOut, Weight};
use std::collections::BTreeSet;

/// The three limits for fees.
pub(super) fn limits(built: &Built, terms: &Terms, besides: &Besides) -> Result<(), BuildError> {
    let limits = &terms.limits;
    let weight = built.weight.checked_add(besides.weight).unwrap_or(Weight::MAX);
    let all = built.fee.checked_add(besides.fee).unwrap_or(Amount::MAX_MONEY);
    let rate = limits.rate.fee_wu(weight).unwrap_or(Amount::MAX_MONEY);
    let coins = outputs(&built.packet).and_then(|sum| sum.checked_add(built.fee)).unwrap_or_default();
    let share = coins.to_sat().checked_mul(limits.percent).map_or(Amount::MAX_MONEY, |sat| Amount::from_sat(sat / 100));
    let refuse = |fee, limit, what| Err(BuildError::High { fee, limit, what });
    if built.fee > limits.absolute {
        refuse(built.fee, limits.absolute, "the most for any transaction")
    } else if all > rate {
        refuse(all, rate, "the most for its size")
    } else if built.fee > limits.small && built.fee > share {
        refuse(built.fee, share, "the most for what it spends")
    } else {
        Ok(())
    }
}

/// Every input is ours and told in full, every output is meant, what comes back is ours, and the fee is the difference.
pub(super) fn holds(built: &Built, state: &State, meant: &[TxOut], rest: &Script) -> Result<(), BuildError> {
    let wrong = |what| Err(BuildError::Wrong(what));
    let Ok(packet) = Packet::read(&built.packet.psbt.serialize()) else { return wrong("it cannot be read back") };
    if packet.psbt != built.packet.psbt || !packet.unknown.is_empty() {
        return wrong("it reads back otherwise");
    }
    let wallet = state.wallet();
    let transaction = &packet.psbt.unsigned_tx;
    let mut spent = BTreeSet::new();
    let mut coins = Amount::ZERO;
    for (input, told) in transaction.input.iter().zip(&packet.psbt.inputs) {
        let outpoint = input.previous_output;
        if !spent.insert(outpoint) {
            return wrong("it spends a coin twice");
        }
        let Some(previous) = told.non_witness_utxo.as_ref().filter(|tx| tx.compute_txid() == outpoint.txid) else {
            return wrong("a previous transaction is not the one that is spent");
        };
        let place = usize::try_from(outpoint.vout).ok();
        let Some(output) = place.and_then(|place| previous.output.get(place)) else {
            return wrong("a previous transaction has no such output");
        };
        if told.witness_utxo.as_ref().is_some_and(|told| told != output) || state.spot(&output.script_pubkey).is_none()
        {
            return wrong("an input is not ours");
        }
        if !told.partial_sigs.is_empty() || told.tap_key_sig.is_some() || !told.tap_script_sigs.is_empty() {
            return wrong("it is signed already");
        }
        coins = super::spend::add(coins, output.value)?;
    }
    let paid = outputs(&packet).ok_or(BuildError::Wrong("its outputs are more than there is"))?;
    if coins.checked_sub(paid) != Some(built.fee) {
        return wrong("the fee is not what is left");
    }
    if let Some((place, spot)) = built.change {
        let script = transaction.output.get(place).map(|output| output.script_pubkey.clone());
        if script.is_none() || script != wallet.script(spot) {
            return wrong("the change is not ours");
        }
    }
    let mut left: Vec<&TxOut> = transaction.output.iter().collect();
    for output in meant {
        match left.iter().position(|other| *other == output) {
            Some(place) => drop(left.swap_remove(place)),
            None => return wrong("somebody is not paid"),
        }
    }
    match left.as_slice() {
        [] if !transaction.output.is_empty() => Ok(()),
        [last] if *last.script_pubkey == *rest => Ok(()),
        _ => wrong("somebody is paid who should not be"),
    }
}

fn outputs(packet: &Packet) -> Option<Amount> {
    let values = packet.psbt.unsigned_tx.output.iter().map(|output| output.value);
    values.into_iter().try_fold(Amount::ZERO, Amount::checked_add)
}
