//! A transaction as a Trezor asks for it, piece by piece; with everything that it would refuse refused before.
//!
//! - Every input has to be the wallet's, at a spot that its own script proves, and worth what its previous transaction
//!   says; only in taproot, where signatures commit to every value, is being told enough.
//! - An output is declared as the wallet's own only when the descriptor derives its very script at that spot.

use super::original::Original;
use super::path;
use super::shape::{Shape, sorts};
use crate::device::{About, DeviceError};
use crate::treasury::bitcoin::psbt::{Coin, Packet};
use crate::treasury::bitcoin::review::Reviewed;
use crate::treasury::bitcoin::signature::{Derived, Signatures, verify_with};
use crate::treasury::bitcoin::wallet::{GAP, Spot, Wallet};
use bitcoin::opcodes::all::OP_RETURN;
use bitcoin::psbt::Input;
use bitcoin::script::{Builder, Instruction, PushBytesBuf};
use bitcoin::{
    Address, Amount, EcdsaSighashType, Network, PublicKey, Script, TapSighashType, Transaction, TxOut, Txid,
};
use std::collections::BTreeMap;
use trezor_client::protos::{InputScriptType, MultisigRedeemScriptType};

/// The most data that an output may hold.
const MOST_DATA: usize = 80;

/// An input: where it is in the wallet, and what it is worth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own {
    pub spot: Spot,
    pub value: Amount,
}

/// An output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Paid {
    /// It comes back.
    Own(Spot),
    /// It pays an address.
    Address(String),
    /// It holds data.
    Data(Vec<u8>),
}

/// A transaction with what is known of it.
pub(super) struct Sheet<'a> {
    pub shape: &'a Shape<'a>,
    pub network: Network,
    pub transaction: &'a Transaction,
    pub inputs: Vec<Own>,
    pub outputs: Vec<Paid>,
    /// The transactions that the inputs spend from.
    pub previous: BTreeMap<Txid, &'a Transaction>,
    original: Option<Original<'a>>,
    packet: &'a Packet,
    signed: Signatures,
    sorts: bool,
}

impl<'a> Sheet<'a> {
    /// Of what was reviewed.
    pub fn of(reviewed: &Reviewed<'a>, shape: &'a Shape<'a>, about: &About) -> Result<Self, DeviceError> {
        let (wallet, packet) = (reviewed.wallet(), reviewed.packet());
        let transaction = &packet.psbt.unsigned_tx;
        let mut derived = Derived::of(wallet);
        let signed = verify_with(packet, &mut derived);
        let taproot = shape.input == InputScriptType::SPENDTAPROOT;
        let (mut inputs, mut previous) = (Vec::new(), BTreeMap::new());
        for (place, map) in packet.psbt.inputs.iter().enumerate() {
            let spot = signed.spots.get(place).copied().flatten().ok_or_else(|| {
                let what = "a Trezor signs only where every input is of one wallet";
                DeviceError::Unfit(format!("input {place} is not this wallet's, and {what}"))
            })?;
            inputs.push(Own { spot, value: value(packet, place, taproot)? });
            sighash(map, place, taproot)?;
            if let Some(spent) = &map.non_witness_utxo {
                previous.insert(spent.compute_txid(), spent);
            }
        }
        let outputs = transaction.output.iter().zip(&packet.psbt.outputs).enumerate();
        let outputs = outputs.map(|(place, (output, map))| {
            let plain = map.bip32_derivation.values();
            let hints: Vec<_> = plain.chain(map.tap_key_origins.values().map(|(_, source)| source)).collect();
            let claimed = hints.is_empty();
            let spot = derived.find(&output.script_pubkey, hints);
            let spot = spot.or_else(|| wallet.find(&output.script_pubkey, GAP).filter(|_| claimed));
            match spot.filter(|spot| Shape::within(*spot)) {
                Some(spot) => Ok(Paid::Own(spot)),
                None => paid(place, output, wallet),
            }
        });
        let outputs = outputs.collect::<Result<Vec<_>, _>>()?;
        let original = Original::of(reviewed, &outputs, about);
        let (network, sorts) = (wallet.network(), sorts(about));
        Ok(Self { shape, network, transaction, inputs, outputs, previous, original, packet, signed, sorts })
    }

    /// Refuses the paths of a seat that the device would refuse.
    pub fn check_paths(&self, seat: usize) -> Result<(), DeviceError> {
        let multisig = self.shape.is_multisig();
        for own in &self.inputs {
            let steps = self.shape.path(seat, own.spot).unwrap_or_default();
            path::check(&steps, self.shape.input, multisig, self.network)?;
        }
        Ok(())
    }

    /// What it takes the place of, where the seat signed that too.
    pub fn original(&self, seat: usize) -> Option<&Original<'a>> {
        self.original.as_ref().filter(|original| original.is_signed_by(seat))
    }

    /// What it takes the place of, whoever signed that.
    pub fn replaced(&self) -> Option<&'a Transaction> {
        self.original.as_ref().map(|original| original.transaction)
    }

    /// Whether a seat still has to sign an input.
    pub fn open(&self, seat: usize, input: usize) -> bool {
        let signed = self.signed.cosigners.get(seat).is_some_and(|seat| seat.inputs.contains(&input));
        let map = self.packet.psbt.inputs.get(input);
        !signed && map.is_some_and(|map| map.final_script_sig.is_none() && map.final_script_witness.is_none())
    }

    /// The key of a seat in an input.
    pub fn key(&self, seat: usize, input: usize) -> Option<PublicKey> {
        self.shape.key(seat, self.inputs.get(input)?.spot)
    }

    /// The multisig at an input, with what the others have signed.
    pub fn input_multisig(&self, seat: usize, input: usize) -> Option<MultisigRedeemScriptType> {
        let spot = self.inputs.get(input)?.spot;
        self.shape.multisig(spot, self.sorts, |other| {
            let valid = self.signed.cosigners.get(other)?.inputs.contains(&input);
            if other == seat || !valid {
                return None;
            }
            let key = self.shape.key(other, spot)?;
            let signature = self.packet.psbt.inputs.get(input)?.partial_sigs.get(&key)?;
            Some(signature.signature.serialize_der().to_vec())
        })
    }

    /// The multisig at a spot.
    pub fn multisig(&self, spot: Spot) -> Option<MultisigRedeemScriptType> {
        self.shape.multisig(spot, self.sorts, |_| None)
    }
}

/// What an input is worth, as far as it is proved.
fn value(packet: &Packet, place: usize, taproot: bool) -> Result<Amount, DeviceError> {
    match packet.coin(place) {
        Ok(Coin::Proved(output)) => Ok(output.value),
        Ok(Coin::Told(output)) if taproot => Ok(output.value),
        Ok(Coin::Told(_)) => Err(DeviceError::Incomplete(format!("the previous transaction of input {place}"))),
        Err(error) => Err(DeviceError::Incomplete(format!("what input {place} spends: {error}"))),
    }
}

/// Refuses what a Trezor does not sign by: it knows ALL, and in taproot DEFAULT.
fn sighash(map: &Input, place: usize, taproot: bool) -> Result<(), DeviceError> {
    let usual = map.sighash_type.is_none_or(|kind| {
        if taproot {
            kind.taproot_hash_ty() == Ok(TapSighashType::Default)
        } else {
            kind.ecdsa_hash_ty() == Ok(EcdsaSighashType::All)
        }
    });
    if usual {
        Ok(())
    } else {
        Err(DeviceError::Unfit(format!("input {place} asks for a sighash that a Trezor does not know")))
    }
}

/// What a foreign output pays.
fn paid(place: usize, output: &TxOut, wallet: &Wallet) -> Result<Paid, DeviceError> {
    let script = &output.script_pubkey;
    if script.is_op_return() {
        let data = data(script).filter(|data| data.len() <= MOST_DATA && output.value == Amount::ZERO);
        return data.map(Paid::Data).ok_or_else(|| {
            let what = format!("a Trezor takes one piece of up to {MOST_DATA} bytes, and no coins with it");
            DeviceError::Unfit(format!("output {place} holds data in another form: {what}"))
        });
    }
    let address = Address::from_script(script, wallet.network());
    let address =
        address.map_err(|_| DeviceError::Unfit(format!("output {place} pays a script without an address")))?;
    Ok(Paid::Address(address.to_string()))
}

/// The data of a script that holds one piece, written as a Trezor would write it.
fn data(script: &Script) -> Option<Vec<u8>> {
    let pushed = match script.instructions().nth(1)?.ok()? {
        Instruction::PushBytes(bytes) => bytes.as_bytes().to_vec(),
        Instruction::Op(_) => return None,
    };
    let push = PushBytesBuf::try_from(pushed.clone()).ok()?;
    let again = Builder::new().push_opcode(OP_RETURN).push_slice(push).into_script();
    (again.as_script() == script).then_some(pushed)
}
