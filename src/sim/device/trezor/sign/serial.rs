//! The transaction once more: serialised, and signed.

use super::{Ask, Signing};
use crate::sim::device::seed::Keys;
use crate::sim::device::trezor::coin::Kind;
use crate::sim::device::trezor::failure::Failed;
use bitcoin::consensus::serialize;
use bitcoin::hashes::Hash;
use bitcoin::sighash::{Prevouts, SighashCache};
use bitcoin::{
    EcdsaSighashType, OutPoint, ScriptBuf, Sequence, TapSighashType, Transaction, TxIn, TxOut, VarInt, Witness,
    absolute, script, transaction,
};

impl Signing {
    pub(super) fn begin_serial(&mut self) {
        self.ask = Ask::SerialInput(0);
        if !self.one() {
            self.write_head();
        }
    }

    pub(super) fn write_head(&mut self) {
        let (version, count) = (self.version.to_le_bytes(), length(self.count.0));
        self.write(&[version.as_slice(), &[0, 1], &count].concat());
    }

    pub(super) fn serialize_input(&mut self, at: usize) -> Result<(), Failed> {
        if at == 0 && self.one() {
            self.write_head();
        }
        let input = self.transaction().input.get(at).map(serialize).ok_or_else(|| self.changed())?;
        self.write(&input);
        if at + 1 == self.count.0 && !self.one() {
            let count = length(self.count.1);
            self.write(&count);
        }
        Ok(())
    }

    /// The transaction without witnesses.
    pub(super) fn transaction(&self) -> Transaction {
        let input = self.inputs.iter().map(|input| {
            let nested = input.payment.nested.as_ref();
            let push = nested.and_then(|nested| <&script::PushBytes>::try_from(nested.as_bytes()).ok());
            TxIn {
                previous_output: OutPoint { txid: input.txid, vout: input.told.prev_index() },
                sequence: Sequence(input.told.sequence()),
                script_sig: push
                    .map_or_else(ScriptBuf::new, |push| script::Builder::new().push_slice(push).into_script()),
                witness: Witness::new(),
            }
        });
        Transaction {
            version: transaction::Version(self.version),
            lock_time: absolute::LockTime::from_consensus(self.lock_time),
            input: input.collect(),
            output: self.outputs.iter().map(|output| output.paid.clone()).collect(),
        }
    }

    pub(super) fn sign(&mut self, at: usize, keys: &Keys) -> Result<(), Failed> {
        let failed = || Failed::data("Cannot sign");
        let transaction = self.transaction();
        let mut cache = SighashCache::new(&transaction);
        let input = self.inputs.get(at).ok_or_else(failed)?;
        let path = input.told.address_n.as_slice();
        let (signature, witness) = if input.kind == Kind::Taproot {
            let spent = self
                .inputs
                .iter()
                .map(|input| TxOut { value: input.amount, script_pubkey: input.payment.script.clone() });
            let spent: Vec<_> = spent.collect();
            let digest = cache.taproot_key_spend_signature_hash(at, &Prevouts::All(&spent), TapSighashType::Default);
            let digest = digest.map_err(|_| failed())?.to_byte_array();
            let signature = keys.taproot(path, None, digest).ok_or_else(failed)?.serialize().to_vec();
            (signature.clone(), Witness::from_slice(&[signature]))
        } else {
            let (all, payment) = (EcdsaSighashType::All, &input.payment);
            let digest = match &payment.witness {
                Some(script) => {
                    cache.p2wsh_signature_hash(at, script, input.amount, all).map_err(|_| failed())?.to_byte_array()
                }
                None => {
                    let script = payment.nested.as_ref().unwrap_or(&payment.script);
                    cache.p2wpkh_signature_hash(at, script, input.amount, all).map_err(|_| failed())?.to_byte_array()
                }
            };
            let signature = keys.ecdsa(path, digest).ok_or_else(failed)?.serialize_der().to_vec();
            let whole = |signature: &[u8]| [signature, &[1]].concat();
            let witness = match (&payment.several, &payment.witness) {
                (Some(several), Some(script)) => {
                    let mut witness = Witness::from_slice(&[&[][..]]);
                    for (key, theirs) in several.keys.iter().zip(&several.signatures) {
                        let signature = if *key == payment.own { &signature } else { theirs };
                        if !signature.is_empty() {
                            witness.push(whole(signature));
                        }
                    }
                    witness.push(script.as_bytes());
                    witness
                }
                _ => Witness::from_slice(&[whole(&signature), payment.own.serialize().to_vec()]),
            };
            (signature, witness)
        };
        self.serial.signature_index = u32::try_from(at).ok();
        self.serial.signature = Some(signature);
        self.write(&serialize(&witness));
        Ok(())
    }
}

pub(super) fn length(count: usize) -> Vec<u8> {
    serialize(&VarInt::from(count))
}
