//! The transaction whose place another takes: told to the device, which then shows what is different and nothing else.
//!
//! - A seat is spared the payments only when its own signature is in the original: whoever never saw them sees them now.
//! - What is told has to be what the firmware takes for a replacement: every coin of the original in its order, every payment
//!   unchanged and in its order, and none besides. Anything else is signed as an ordinary transaction, which shows more and
//!   never less.
//! - A One keeps 109 bytes of a witness: in multisig it is always ordinary there.

use super::sheet::Paid;
use crate::device::{About, Model, Version};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::Reviewed;
use crate::treasury::bitcoin::signature::verify;
use crate::treasury::bitcoin::wallet::GAP;
use bitcoin::consensus::serialize;
use bitcoin::{Psbt, ScriptBuf, Transaction, TxIn, TxOut, Txid, Witness};

/// Firmwares that know replacements, and the signatures of every kind of wallet in their originals.
const ONE: Version = Version(1, 10, 4);
const CORE: Version = Version(2, 4, 3);

/// The longest witness of an original on a One, in bytes.
const LONGEST_WITNESS_ONE: usize = 109;

/// An original, held against what replaces it.
pub(super) struct Original<'a> {
    pub transaction: &'a Transaction,
    pub txid: Txid,
    /// What each of its outputs is.
    pub paid: Vec<Paid>,
    /// Which input of the new one each of its inputs is.
    pub inputs: Vec<usize>,
    /// Which of its outputs each output of the new one is.
    outputs: Vec<Option<usize>>,
    /// The seats that signed it.
    signers: Vec<usize>,
}

impl<'a> Original<'a> {
    /// The original of what was reviewed, where a device takes it for one; `outputs` are the new one's.
    pub fn of(reviewed: &Reviewed<'a>, outputs: &[Paid], about: &About) -> Option<Self> {
        let transaction = reviewed.original()?;
        let (wallet, packet) = (reviewed.wallet(), reviewed.packet());
        let one = about.model == Model::TrezorOne;
        about.firmware.filter(|firmware| *firmware >= if one { ONE } else { CORE })?;
        let long = |witness: &Witness| one && serialize(witness).len() > LONGEST_WITNESS_ONE;
        if transaction.input.iter().any(|input| long(&input.witness)) {
            return None;
        }
        let new = &packet.psbt.unsigned_tx;
        let place = |of: &TxIn| new.input.iter().position(|input| input.previous_output == of.previous_output);
        let inputs: Vec<usize> = transaction.input.iter().map(place).collect::<Option<_>>()?;
        if !inputs.is_sorted() {
            return None;
        }
        let signed = verify(&signed(transaction, &inputs, packet)?, wallet);
        let whole = |seat: &usize| signed.cosigners.get(*seat).is_some_and(|seat| seat.inputs.len() == inputs.len());
        let signers: Vec<usize> = (0..signed.cosigners.len()).filter(whole).collect();
        if !signed.enough() || signers.is_empty() {
            return None;
        }
        let paid = transaction.output.iter().map(|output| {
            match new.output.iter().position(|other| other.script_pubkey == output.script_pubkey) {
                Some(place) => outputs.get(place).cloned(),
                None => wallet.find(&output.script_pubkey, GAP).map(Paid::Own),
            }
        });
        let paid: Vec<Paid> = paid.collect::<Option<_>>()?;
        let outputs = matched(transaction, &paid, new, outputs)?;
        Some(Self { transaction, txid: transaction.compute_txid(), paid, inputs, outputs, signers })
    }

    /// Whether a seat's signature is in it.
    pub fn is_signed_by(&self, seat: usize) -> bool {
        self.signers.contains(&seat)
    }

    /// Which of its inputs an input of the new one is.
    pub fn input(&self, place: usize) -> Option<usize> {
        self.inputs.iter().position(|new| *new == place)
    }

    /// Which of its outputs an output of the new one is.
    pub fn output(&self, place: usize) -> Option<usize> {
        self.outputs.get(place).copied().flatten()
    }
}

/// The original as a packet of the same coins, so that its signatures can be verified.
fn signed(transaction: &Transaction, inputs: &[usize], packet: &Packet) -> Option<Packet> {
    let mut unsigned = transaction.clone();
    for input in &mut unsigned.input {
        (input.script_sig, input.witness) = (ScriptBuf::new(), Witness::new());
    }
    let mut psbt = Psbt::from_unsigned_tx(unsigned).ok()?;
    for ((map, input), place) in psbt.inputs.iter_mut().zip(&transaction.input).zip(inputs) {
        let coin = packet.psbt.inputs.get(*place)?;
        map.witness_utxo.clone_from(&coin.witness_utxo);
        map.non_witness_utxo.clone_from(&coin.non_witness_utxo);
        map.bip32_derivation.clone_from(&coin.bip32_derivation);
        map.tap_key_origins.clone_from(&coin.tap_key_origins);
        map.final_script_sig = Some(input.script_sig.clone()).filter(|script| !script.is_empty());
        map.final_script_witness = Some(input.witness.clone()).filter(|witness| !witness.is_empty());
    }
    Some(Packet { psbt, version: packet.version, unknown: Vec::new() })
}

/// Which output of the original each output of the new one is. Our own may come, go and change; payments may not.
fn matched(old: &Transaction, paid: &[Paid], new: &Transaction, outputs: &[Paid]) -> Option<Vec<Option<usize>>> {
    let own = |paid: &Paid| matches!(paid, Paid::Own(_));
    let (mut next, mut found) = (0, Vec::new());
    for (output, kind) in new.output.iter().zip(outputs) {
        let same =
            |other: &TxOut| other.script_pubkey == output.script_pubkey && (own(kind) || other.value == output.value);
        // Our own that are gone are passed over, a payment is not.
        let reach = paid.iter().skip(next).take_while(|paid| own(paid)).count().saturating_add(1);
        let place = old.output.iter().enumerate().skip(next).take(reach).find(|(_, other)| same(other));
        let place = place.map(|(place, _)| place);
        match place {
            Some(place) => next = place.saturating_add(1),
            None if own(kind) => {}
            None => return None,
        }
        found.push(place);
    }
    paid.iter().skip(next).all(own).then_some(found)
}
