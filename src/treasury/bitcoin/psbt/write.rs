//! Writes a PSBT in either version, the fields of each map in the order of their types.
//!
//! Only what is known is written: a [`Packet`] holds nothing else.

use super::fields::{global, input, output};
use super::{MAGIC, Place, Version};
use bitcoin::bip32::KeySource;
use bitcoin::consensus::encode::{VarInt, serialize};
use bitcoin::hashes::Hash;
use bitcoin::psbt::{self, Psbt};
use bitcoin::taproot::TapLeafHash;
use bitcoin::{Transaction, TxIn, TxOut};

/// The bytes of a PSBT. In version 2 the transaction cannot be modified: the flags that would allow it are left out.
pub(super) fn packet(psbt: &Psbt, version: Version) -> Vec<u8> {
    let tx = &psbt.unsigned_tx;
    let mut bytes = MAGIC.to_vec();
    let mut map = of_whole(psbt);
    match version {
        Version::V0 => map.plain(global::UNSIGNED_TX, unsigned(tx)),
        Version::V2 => {
            map.plain(global::TX_VERSION, tx.version.0.to_le_bytes());
            map.plain(global::FALLBACK_LOCK_TIME, tx.lock_time.to_consensus_u32().to_le_bytes());
            map.plain(global::INPUT_COUNT, serialize(&VarInt::from(tx.input.len())));
            map.plain(global::OUTPUT_COUNT, serialize(&VarInt::from(tx.output.len())));
            map.plain(global::VERSION, 2_u32.to_le_bytes());
        }
    }
    map.end(&mut bytes);
    for (spent, told) in tx.input.iter().zip(&psbt.inputs) {
        let mut map = of_input(told);
        if version == Version::V2 {
            spends(&mut map, spent);
        }
        map.end(&mut bytes);
    }
    for (paid, told) in tx.output.iter().zip(&psbt.outputs) {
        let mut map = of_output(told);
        if version == Version::V2 {
            pays(&mut map, paid);
        }
        map.end(&mut bytes);
    }
    bytes
}

/// The fields of one map but those that describe the transaction, in their order: keys with their types, and values.
pub(super) fn fields(psbt: &Psbt, place: Place) -> Vec<(Vec<u8>, Vec<u8>)> {
    let map = match place {
        Place::Global => Some(of_whole(psbt)),
        Place::Input(number) => psbt.inputs.get(number).map(of_input),
        Place::Output(number) => psbt.outputs.get(number).map(of_output),
    };
    let mut fields = map.unwrap_or_default().0;
    fields.sort();
    fields
}

/// A map that is being written.
#[derive(Default)]
struct Map(Vec<(Vec<u8>, Vec<u8>)>);

impl Map {
    fn put(&mut self, kind: u64, key: &[u8], value: impl Into<Vec<u8>>) {
        let mut whole = serialize(&VarInt(kind));
        whole.extend(key);
        self.0.push((whole, value.into()));
    }

    fn plain(&mut self, kind: u64, value: impl Into<Vec<u8>>) {
        self.put(kind, &[], value);
    }

    fn some(&mut self, kind: u64, value: Option<impl Into<Vec<u8>>>) {
        if let Some(value) = value {
            self.plain(kind, value);
        }
    }

    fn end(mut self, bytes: &mut Vec<u8>) {
        self.0.sort();
        for (key, value) in self.0 {
            bytes.extend(serialize(&key));
            bytes.extend(serialize(&value));
        }
        bytes.push(0);
    }
}

fn of_whole(psbt: &Psbt) -> Map {
    let mut map = Map::default();
    for (xpub, source) in &psbt.xpub {
        map.put(global::XPUB, &xpub.encode(), origin(source));
    }
    map
}

/// Without witnesses, also where there are no inputs.
fn unsigned(tx: &Transaction) -> Vec<u8> {
    [serialize(&tx.version), serialize(&tx.input), serialize(&tx.output), serialize(&tx.lock_time)].concat()
}

fn spends(map: &mut Map, spent: &TxIn) {
    map.plain(input::PREVIOUS_TXID, spent.previous_output.txid.to_byte_array());
    map.plain(input::OUTPUT_INDEX, spent.previous_output.vout.to_le_bytes());
    map.plain(input::SEQUENCE, spent.sequence.0.to_le_bytes());
}

fn pays(map: &mut Map, paid: &TxOut) {
    map.plain(output::AMOUNT, paid.value.to_sat().to_le_bytes());
    map.plain(output::SCRIPT, paid.script_pubkey.to_bytes());
}

fn of_input(told: &psbt::Input) -> Map {
    let mut map = Map::default();
    map.some(input::PREVIOUS_TX, told.non_witness_utxo.as_ref().map(serialize));
    map.some(input::WITNESS_COIN, told.witness_utxo.as_ref().map(serialize));
    for (key, signature) in &told.partial_sigs {
        map.put(input::SIGNATURE, &key.to_bytes(), signature.to_vec());
    }
    map.some(input::SIGHASH, told.sighash_type.map(|kind| kind.to_u32().to_le_bytes()));
    map.some(input::REDEEM_SCRIPT, told.redeem_script.as_ref().map(|script| script.to_bytes()));
    map.some(input::WITNESS_SCRIPT, told.witness_script.as_ref().map(|script| script.to_bytes()));
    for (key, source) in &told.bip32_derivation {
        map.put(input::DERIVATION, &key.serialize(), origin(source));
    }
    map.some(input::FINAL_SCRIPT, told.final_script_sig.as_ref().map(|script| script.to_bytes()));
    map.some(input::FINAL_WITNESS, told.final_script_witness.as_ref().map(serialize));
    for (hash, preimage) in &told.ripemd160_preimages {
        map.put(input::RIPEMD160, hash.as_ref(), preimage.clone());
    }
    for (hash, preimage) in &told.sha256_preimages {
        map.put(input::SHA256, hash.as_ref(), preimage.clone());
    }
    for (hash, preimage) in &told.hash160_preimages {
        map.put(input::HASH160, hash.as_ref(), preimage.clone());
    }
    for (hash, preimage) in &told.hash256_preimages {
        map.put(input::HASH256, hash.as_ref(), preimage.clone());
    }
    map.some(input::TAP_KEY_SIGNATURE, told.tap_key_sig.map(|signature| signature.to_vec()));
    for ((key, leaf), signature) in &told.tap_script_sigs {
        map.put(input::TAP_SCRIPT_SIGNATURE, &[key.serialize(), leaf.to_byte_array()].concat(), signature.to_vec());
    }
    for (block, (script, version)) in &told.tap_scripts {
        map.put(input::TAP_LEAF, &block.serialize(), [script.as_bytes(), &[version.to_consensus()]].concat());
    }
    for (key, (leaves, source)) in &told.tap_key_origins {
        map.put(input::TAP_DERIVATION, &key.serialize(), tap_origin(leaves, source));
    }
    map.some(input::TAP_INTERNAL_KEY, told.tap_internal_key.map(|key| key.serialize()));
    map.some(input::TAP_MERKLE_ROOT, told.tap_merkle_root.map(|root| root.to_byte_array()));
    map
}

fn of_output(told: &psbt::Output) -> Map {
    let mut map = Map::default();
    map.some(output::REDEEM_SCRIPT, told.redeem_script.as_ref().map(|script| script.to_bytes()));
    map.some(output::WITNESS_SCRIPT, told.witness_script.as_ref().map(|script| script.to_bytes()));
    for (key, source) in &told.bip32_derivation {
        map.put(output::DERIVATION, &key.serialize(), origin(source));
    }
    map.some(output::TAP_INTERNAL_KEY, told.tap_internal_key.map(|key| key.serialize()));
    if let Some(tree) = &told.tap_tree {
        let leaves = tree.script_leaves().map(|leaf| {
            // A tree is at most 128 deep.
            let depth = u8::try_from(leaf.merkle_branch().len()).unwrap_or(u8::MAX);
            [vec![depth, leaf.version().to_consensus()], serialize(&leaf.script().to_bytes())].concat()
        });
        map.plain(output::TAP_TREE, leaves.collect::<Vec<_>>().concat());
    }
    for (key, (leaves, source)) in &told.tap_key_origins {
        map.put(output::TAP_DERIVATION, &key.serialize(), tap_origin(leaves, source));
    }
    map
}

fn origin((fingerprint, path): &KeySource) -> Vec<u8> {
    let steps = path.into_iter().flat_map(|step| u32::from(*step).to_le_bytes());
    fingerprint.to_bytes().into_iter().chain(steps).collect()
}

fn tap_origin(leaves: &[TapLeafHash], source: &KeySource) -> Vec<u8> {
    let leaves_of = leaves.iter().flat_map(|leaf| leaf.to_byte_array());
    serialize(&VarInt::from(leaves.len())).into_iter().chain(leaves_of).chain(origin(source)).collect()
}
