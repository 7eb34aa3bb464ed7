//! The forms in which the API gives blocks and transactions.

use super::fault::ChainFault;
use super::ledger::Place;
use super::world::World;
use bitcoin::blockdata::script::Script;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::hashes::Hash;
use bitcoin::hex::DisplayHex;
use bitcoin::{Address, Block, Network, OutPoint, Transaction, TxOut, Txid};
use serde_json::{Value, json};

/// A block's head.
pub fn block(world: &World, height: u32, block: &Block) -> Value {
    let before = (height > 0).then_some(block.header.prev_blockhash);
    json!({
        "id": block.block_hash(),
        "height": height,
        "version": block.header.version.to_consensus(),
        "timestamp": block.header.time,
        "tx_count": block.txdata.len(),
        "size": block.total_size(),
        "weight": block.weight().to_wu(),
        "merkle_root": block.header.merkle_root,
        "previousblockhash": before,
        "mediantime": world.ledger.median_time(height),
        "nonce": block.header.nonce,
        "bits": block.header.bits.to_consensus(),
        "difficulty": 0,
    })
}

fn kind(script: &Script) -> &'static str {
    match script {
        script if script.is_p2pkh() => "p2pkh",
        script if script.is_p2sh() => "p2sh",
        script if script.is_p2wpkh() => "v0_p2wpkh",
        script if script.is_p2wsh() => "v0_p2wsh",
        script if script.is_p2tr() => "v1_p2tr",
        script if script.is_op_return() => "op_return",
        script if script.is_p2pk() => "p2pk",
        script if script.is_multisig() => "multisig",
        script if script.is_empty() => "empty",
        _ => "unknown",
    }
}

fn output(output: &TxOut) -> Value {
    let mut shape = json!({
        "scriptpubkey": output.script_pubkey.to_hex_string(),
        "scriptpubkey_asm": output.script_pubkey.to_asm_string(),
        "scriptpubkey_type": kind(&output.script_pubkey),
        "value": output.value.to_sat(),
    });
    let address = Address::from_script(&output.script_pubkey, Network::Regtest).ok();
    if let (Some(address), Some(object)) = (address, shape.as_object_mut()) {
        object.insert("scriptpubkey_address".into(), address.to_string().into());
    }
    shape
}

/// A transaction, wherever it stands.
pub fn find<'a>(world: &'a World, txid: &Txid) -> Option<&'a Transaction> {
    world.ledger.transaction(txid).or_else(|| world.pool.get(txid).map(|waiting| &waiting.transaction))
}

fn coin<'a>(world: &'a World, outpoint: &OutPoint) -> Option<&'a TxOut> {
    find(world, &outpoint.txid)?.output.get(usize::try_from(outpoint.vout).ok()?)
}

/// Where a transaction stands.
pub fn status(world: &World, txid: &Txid, fault: Option<ChainFault>) -> Value {
    let hurried = (fault == Some(ChainFault::Hurried)).then(|| Place { height: world.ledger.height(), index: 0 });
    let place = world.ledger.place(txid).or(hurried);
    match place.and_then(|place| Some((place.height, world.ledger.block(place.height)?))) {
        Some((height, block)) => json!({
            "confirmed": true,
            "block_height": height,
            "block_hash": block.block_hash(),
            "block_time": block.header.time,
        }),
        None => json!({"confirmed": false}),
    }
}

/// A transaction in full.
pub fn transaction(world: &World, transaction: &Transaction, fault: Option<ChainFault>) -> Value {
    let txid = transaction.compute_txid();
    let vin: Vec<Value> = transaction
        .input
        .iter()
        .map(|input| {
            let witness: Vec<String> = input.witness.iter().map(|item| item.to_lower_hex_string()).collect();
            json!({
                "txid": input.previous_output.txid,
                "vout": input.previous_output.vout,
                "prevout": coin(world, &input.previous_output).map(output),
                "scriptsig": input.script_sig.to_hex_string(),
                "scriptsig_asm": input.script_sig.to_asm_string(),
                "witness": witness,
                "is_coinbase": transaction.is_coinbase(),
                "sequence": input.sequence.to_consensus_u32(),
            })
        })
        .collect();
    let mut richer = transaction.clone();
    for output in richer.output.iter_mut().filter(|_| fault == Some(ChainFault::Richer)) {
        output.value = output.value.checked_add(bitcoin::Amount::ONE_BTC).unwrap_or(output.value);
    }
    let paid: Option<u64> =
        transaction.input.iter().map(|input| coin(world, &input.previous_output).map(|coin| coin.value.to_sat())).sum();
    let spent: u64 = transaction.output.iter().map(|output| output.value.to_sat()).sum();
    let name = match fault {
        Some(ChainFault::Renamed) => Txid::all_zeros(),
        _ => txid,
    };
    json!({
        "txid": name,
        "version": transaction.version.0,
        "locktime": transaction.lock_time.to_consensus_u32(),
        "vin": vin,
        "vout": richer.output.iter().map(output).collect::<Vec<_>>(),
        "size": transaction.total_size(),
        "weight": transaction.weight().to_wu(),
        "fee": paid.and_then(|paid| paid.checked_sub(spent)).unwrap_or(0),
        "status": status(world, &txid, fault),
    })
}

/// What has become of an output.
pub fn spent(world: &World, outpoint: &OutPoint) -> Value {
    match world.ledger.spender(outpoint).or_else(|| world.pool.spender(outpoint)) {
        Some((txid, vin)) => {
            json!({"spent": true, "txid": txid, "vin": vin, "status": status(world, &txid, None)})
        }
        None => json!({"spent": false}),
    }
}

/// A header, in hexadecimal.
pub fn header(block: &Block) -> String {
    serialize_hex(&block.header)
}
