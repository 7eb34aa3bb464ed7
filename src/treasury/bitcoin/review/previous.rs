//! What each input spends, as far as it can be proved: by the previous transaction in full, or by signatures that commit to it.
//!
//! - A signature for a legacy or a segwit v0 input does not commit to the values of other inputs, so a value counts only
//!   when it stands in a transaction whose id is the one that the input names (T6).
//! - A taproot signature commits to the values of all inputs (BIP-341): where every input of ours is taproot, a claimed
//!   value that is wrong makes our signature worthless rather than our fee.
//! - Each previous transaction is hashed once, however many inputs carry it.

use super::code;
use crate::treasury::findings::Findings;
use bitcoin::psbt::Input as Map;
use bitcoin::{OutPoint, Transaction, TxOut, Txid};
use std::collections::HashMap;

/// What an input spends.
#[derive(Clone, Debug, Default)]
pub(super) struct Spent {
    /// The coin, proved or claimed.
    pub coin: Option<TxOut>,
    /// Whether the previous transaction proves it.
    pub proved: bool,
    /// Whether what the file says of it contradicts itself.
    pub wrong: bool,
}

/// Previous transactions that were hashed.
#[derive(Default)]
pub(super) struct Hashed<'p>(HashMap<Txid, &'p Transaction>);

impl<'p> Hashed<'p> {
    fn is(&mut self, transaction: &'p Transaction, txid: Txid) -> bool {
        if self.0.get(&txid).is_some_and(|known| *known == transaction) {
            return true;
        }
        let right = transaction.compute_txid() == txid;
        if right {
            self.0.insert(txid, transaction);
        }
        right
    }
}

/// What input `at` spends.
pub(super) fn spent<'p>(
    at: usize,
    outpoint: OutPoint,
    map: &'p Map,
    hashed: &mut Hashed<'p>,
    findings: &mut Findings,
) -> Spent {
    let Some(previous) = &map.non_witness_utxo else {
        return Spent { coin: map.witness_utxo.clone(), ..Spent::default() };
    };
    let claimed = map.witness_utxo.as_ref();
    if !hashed.is(previous, outpoint.txid) {
        let message = format!("input {at}: the previous transaction in the file is not {}", outpoint.txid);
        findings.say(code::PREVIOUS_WRONG, message);
        return Spent { coin: claimed.cloned(), proved: false, wrong: true };
    }
    let place = usize::try_from(outpoint.vout).unwrap_or(usize::MAX);
    let Some(coin) = previous.output.get(place) else {
        let message = format!("input {at}: its previous transaction has no output {place}");
        findings.say(code::PREVIOUS_WRONG, message);
        return Spent { coin: None, proved: false, wrong: true };
    };
    let differs = claimed.is_some_and(|claimed| claimed != coin);
    if differs {
        let said = claimed.map(|claimed| claimed.value).unwrap_or_default();
        let what = if said == coin.value { "script".to_owned() } else { format!("value, {said},") };
        let message = format!(
            "input {at}: the {what} that the file tells differs from the previous transaction's output {place}, {}",
            coin.value
        );
        findings.say(code::PREVIOUS_DIFFERS, message);
    }
    Spent { coin: Some(coin.clone()), proved: true, wrong: differs }
}
