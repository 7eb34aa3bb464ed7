//! Which path gives what.
//!
//! The paths are those of <https://github.com/Blockstream/esplora/blob/master/API.md> that its clients use. Three more are
//! the simulation's own and mean nothing to a real server: `POST /faucet/ADDRESS/SATOSHI`, `POST /mine/COUNT` and
//! `POST /reorg/DEPTH`.

use super::fault::ChainFault;
use super::ledger::name;
use super::pool::Reject;
use super::world::World;
use super::{block, shape};
use crate::sim::http::Answer;
use bitcoin::consensus::encode::{deserialize_hex, serialize, serialize_hex};
use bitcoin::constants::genesis_block;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::{Address, Amount, Block, BlockHash, Network, OutPoint, Transaction, Txid};
use serde_json::{Value, json};

/// Confirmed transactions on a page, blocks on a page, and the most that waits in one list.
const PAGE: usize = 25;
const BLOCKS: u32 = 10;
const MOST_WAITING: usize = 50;

/// The most blocks that are mined on one request.
const MOST_MINED: u32 = 1_000;

impl Answer {
    fn text(status: u16, text: impl Into<String>) -> Self {
        Self::of(status, "text/plain", text.into())
    }

    fn json(value: &Value) -> Self {
        Self::of(200, "application/json", value.to_string())
    }

    fn missing(what: &str) -> Self {
        Self::text(404, format!("{what} not found"))
    }

    /// An error that a fault makes.
    pub fn failure(status: u16) -> Self {
        match status {
            429 => Self::text(status, "Too Many Requests").with("Retry-After", "0"),
            _ => Self::text(status, "Internal Server Error"),
        }
    }
}

/// Answers a question for something.
pub fn get(world: &World, path: &str, fault: Option<ChainFault>) -> Answer {
    if fault == Some(ChainFault::Garbage) {
        return Answer::text(200, "<html>it works</html>");
    }
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match parts.as_slice() {
        ["blocks", "tip", "hash"] => Answer::text(200, world.ledger.tip().to_string()),
        ["blocks", "tip", "height"] => Answer::text(200, world.ledger.height().to_string()),
        ["blocks"] => blocks(world, world.ledger.height(), fault),
        ["blocks", height] => match height.parse() {
            Ok(height) if height <= world.ledger.height() => blocks(world, height, fault),
            _ => Answer::missing("Block"),
        },
        ["block-height", "0"] if fault == Some(ChainFault::Elsewhere) => {
            Answer::text(200, genesis_block(Network::Bitcoin).block_hash().to_string())
        }
        ["block-height", height] => match height.parse().ok().and_then(|height| world.ledger.block(height)) {
            Some(block) => Answer::text(200, block.block_hash().to_string()),
            None => Answer::missing("Block"),
        },
        ["block", hash, rest @ ..] => of_block(world, hash, rest, fault),
        ["scripthash", hash, rest @ ..] => match hash.parse::<sha256::Hash>() {
            Ok(hash) => of_script(world, hash, rest, fault),
            Err(_) => Answer::text(400, "Invalid hash"),
        },
        ["address", address, rest @ ..] => match read_address(address) {
            Some(address) => of_script(world, name(&address.script_pubkey()), rest, fault),
            None => Answer::text(400, "Invalid Bitcoin address"),
        },
        ["tx", txid, rest @ ..] => of_transaction(world, txid, rest, fault),
        ["mempool"] => {
            let all = world.pool.all();
            let vsize: u64 = all.iter().map(|(_, waiting)| waiting.vsize).sum();
            let fees: u64 = all.iter().map(|(_, waiting)| waiting.fee.to_sat()).sum();
            Answer::json(&json!({"count": all.len(), "vsize": vsize, "total_fee": fees, "fee_histogram": []}))
        }
        ["mempool", "txids"] => Answer::json(&json!(world.pool.all().iter().map(|(txid, _)| txid).collect::<Vec<_>>())),
        ["mempool", "recent"] => {
            let recent = world.pool.all().into_iter().rev().take(10).map(|(txid, waiting)| {
                let value: u64 = waiting.transaction.output.iter().map(|output| output.value.to_sat()).sum();
                json!({"txid": txid, "fee": waiting.fee.to_sat(), "vsize": waiting.vsize, "value": value})
            });
            Answer::json(&recent.collect())
        }
        ["fee-estimates"] => {
            let rates = br#"{"1":12.5,"2":12.5,"3":8.2,"6":5.001,"12":3.0,"25":2.0,"144":1.0,"1008":1.0}"#;
            Answer::of(200, "application/json", rates.as_slice())
        }
        _ => Answer::missing("endpoint"),
    }
}

/// Takes something in. `now` is in seconds since 1970.
pub fn post(world: &mut World, path: &str, body: &[u8], now: u32, fault: Option<ChainFault>) -> Answer {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let refused = |Reject { code, message }: Reject| {
        let error = json!({"code": code, "message": message});
        Answer::text(400, format!("sendrawtransaction RPC error: {error}"))
    };
    match parts.as_slice() {
        ["tx"] => {
            let undecodable =
                || Reject { code: -22, message: "TX decode failed. Make sure the tx has at least one input.".into() };
            let read = std::str::from_utf8(body).ok().and_then(|hex| deserialize_hex::<Transaction>(hex.trim()).ok());
            let taken = read.ok_or_else(undecodable).and_then(|tx| world.pool.take(tx, &world.ledger));
            match taken {
                Ok(_) if fault == Some(ChainFault::Mistaken) => Answer::text(200, Txid::all_zeros().to_string()),
                Ok(txid) => Answer::text(200, txid.to_string()),
                Err(reject) => refused(reject),
            }
        }
        ["faucet", address, satoshi] => match (read_address(address), satoshi.parse()) {
            (Some(address), Ok(satoshi)) => match world.faucet(address.script_pubkey(), Amount::from_sat(satoshi)) {
                Ok(txid) => Answer::text(200, txid.to_string()),
                Err(reject) => refused(reject),
            },
            _ => Answer::text(400, "POST /faucet/ADDRESS/SATOSHI"),
        },
        ["mine", count] => match count.parse() {
            Ok(count) if count <= MOST_MINED => {
                world.mine(count, now);
                Answer::text(200, world.ledger.tip().to_string())
            }
            _ => Answer::text(400, "POST /mine/COUNT"),
        },
        ["reorg", depth] => match depth.parse() {
            Ok(depth) if depth <= MOST_MINED => {
                world.reorg(depth, now);
                Answer::text(200, world.ledger.tip().to_string())
            }
            _ => Answer::text(400, "POST /reorg/DEPTH"),
        },
        _ => Answer::missing("endpoint"),
    }
}

fn read_address(text: &str) -> Option<Address> {
    text.parse::<Address<_>>().ok()?.require_network(Network::Regtest).ok()
}

fn blocks(world: &World, newest: u32, fault: Option<ChainFault>) -> Answer {
    let heights = (newest.saturating_sub(BLOCKS - 1)..=newest).rev();
    let shown = heights.filter_map(|height| {
        // A block is left out in the middle, and the others are renumbered to hide it.
        let real = match fault {
            Some(ChainFault::Unlinked) if height < newest => height.checked_sub(1)?,
            _ => height,
        };
        let mut shape = shape::block(world, real, world.ledger.block(real)?);
        if let Some(told) = shape.get_mut("height") {
            *told = height.into();
        }
        Some(shape)
    });
    Answer::json(&shown.collect())
}

fn of_block(world: &World, hash: &str, rest: &[&str], fault: Option<ChainFault>) -> Answer {
    let Ok(hash) = hash.parse::<BlockHash>() else { return Answer::text(400, "Invalid hash") };
    let elsewhere = genesis_block(Network::Bitcoin);
    let found = match world.ledger.find(hash) {
        Some(found) => found,
        None if fault == Some(ChainFault::Elsewhere) && hash == elsewhere.block_hash() => (0, &elsewhere),
        None => return Answer::missing("Block"),
    };
    let (height, block): (u32, &Block) = found;
    match rest {
        [] => Answer::json(&shape::block(world, height, block)),
        ["header"] => Answer::text(200, shape::header(block)),
        ["status"] => {
            let next = height.checked_add(1).and_then(|next| world.ledger.block(next)).map(Block::block_hash);
            Answer::json(&json!({"in_best_chain": true, "height": height, "next_best": next}))
        }
        ["raw"] => Answer::of(200, "application/octet-stream", serialize(block)),
        ["txids"] => Answer::json(&block.txdata.iter().map(|tx| json!(tx.compute_txid())).collect()),
        ["txid", index] => match index.parse::<usize>().ok().and_then(|index| block.txdata.get(index)) {
            Some(transaction) => Answer::text(200, transaction.compute_txid().to_string()),
            None => Answer::missing("Transaction"),
        },
        ["txs"] => of_block_txs(world, block, 0, fault),
        ["txs", start] => match start.parse::<usize>() {
            Ok(start) if start % PAGE == 0 && start < block.txdata.len() => of_block_txs(world, block, start, fault),
            _ => Answer::text(400, "start index must be a multiple of 25"),
        },
        _ => Answer::missing("endpoint"),
    }
}

fn of_block_txs(world: &World, block: &Block, start: usize, fault: Option<ChainFault>) -> Answer {
    let page = block.txdata.iter().skip(start).take(PAGE);
    Answer::json(&page.map(|transaction| shape::transaction(world, transaction, fault)).collect())
}

/// What waits and has to do with a script, the newest first.
fn waiting(world: &World, script: sha256::Hash) -> Vec<&Transaction> {
    let concerns = |transaction: &&Transaction| {
        let pays = transaction.output.iter().any(|output| name(&output.script_pubkey) == script);
        pays || transaction.input.iter().any(|input| {
            let OutPoint { txid, vout } = input.previous_output;
            let coin = shape::find(world, &txid).zip(usize::try_from(vout).ok());
            let coin = coin.and_then(|(transaction, vout)| transaction.output.get(vout));
            coin.is_some_and(|coin| name(&coin.script_pubkey) == script)
        })
    };
    let all = world.pool.all().into_iter().rev().map(|(_, waiting)| &waiting.transaction);
    all.filter(concerns).take(MOST_WAITING).collect()
}

fn of_script(world: &World, script: sha256::Hash, rest: &[&str], fault: Option<ChainFault>) -> Answer {
    let confirmed = || world.ledger.touched(&script).iter().rev();
    let shown = |transactions: Vec<&Transaction>| {
        let mut shapes: Vec<Value> = transactions.into_iter().map(|tx| shape::transaction(world, tx, fault)).collect();
        let foreign = world.ledger.block(1).and_then(|block| block.txdata.first());
        if let Some(foreign) = foreign.filter(|_| fault == Some(ChainFault::Foreign) && *rest == ["txs"]) {
            shapes.insert(0, shape::transaction(world, foreign, None));
        }
        Answer::json(&Value::Array(shapes))
    };
    let page = |names: &mut dyn Iterator<Item = &Txid>| -> Vec<&Transaction> {
        names.take(PAGE).filter_map(|txid| world.ledger.transaction(txid)).collect()
    };
    match rest {
        [] => {
            let count = world.ledger.touched(&script).len();
            Answer::json(
                &json!({"scripthash": script, "chain_stats": {"tx_count": count}, "mempool_stats": {"tx_count": waiting(world, script).len()}}),
            )
        }
        ["txs"] => {
            let mut all = waiting(world, script);
            all.extend(page(&mut confirmed()));
            shown(all)
        }
        ["txs", "mempool"] => shown(waiting(world, script)),
        ["txs", "chain"] => shown(page(&mut confirmed())),
        ["txs", "chain", _] if fault == Some(ChainFault::Endless) => shown(page(&mut confirmed())),
        ["txs", "chain", last] => {
            let after = confirmed().skip_while(|txid| txid.to_string() != *last).skip(1);
            shown(page(&mut after.into_iter()))
        }
        ["utxo"] => {
            let coins = world.ledger.coins().filter(|(_, coin)| name(&coin.output.script_pubkey) == script);
            let left = coins.filter(|(outpoint, _)| world.pool.spender(outpoint).is_none());
            let shape = |outpoint: &OutPoint, value: Amount| {
                let status = shape::status(world, &outpoint.txid, fault);
                json!({"txid": outpoint.txid, "vout": outpoint.vout, "status": status, "value": value.to_sat()})
            };
            let mut shapes: Vec<Value> = left.map(|(outpoint, coin)| shape(outpoint, coin.output.value)).collect();
            for transaction in waiting(world, script) {
                let txid = transaction.compute_txid();
                for (vout, output) in (0..).zip(&transaction.output) {
                    let outpoint = OutPoint { txid, vout };
                    if name(&output.script_pubkey) == script && world.pool.spender(&outpoint).is_none() {
                        shapes.push(shape(&outpoint, output.value));
                    }
                }
            }
            Answer::json(&Value::Array(shapes))
        }
        _ => Answer::missing("endpoint"),
    }
}

fn of_transaction(world: &World, txid: &str, rest: &[&str], fault: Option<ChainFault>) -> Answer {
    let Ok(txid) = txid.parse::<Txid>() else { return Answer::text(400, "Invalid hash") };
    let Some(transaction) = shape::find(world, &txid) else { return Answer::missing("Transaction") };
    let spent = |vout: u32| shape::spent(world, &OutPoint { txid, vout });
    let mut bytes = transaction.clone();
    for output in bytes.output.iter_mut().filter(|_| fault == Some(ChainFault::Richer)) {
        output.value = output.value.checked_add(Amount::ONE_BTC).unwrap_or(output.value);
    }
    match rest {
        [] => Answer::json(&shape::transaction(world, transaction, fault)),
        ["hex"] => Answer::text(200, serialize_hex(&bytes)),
        ["raw"] => Answer::of(200, "application/octet-stream", serialize(&bytes)),
        ["status"] => Answer::json(&shape::status(world, &txid, fault)),
        ["merkle-proof"] => {
            let Some(place) = world.ledger.place(&txid) else {
                return match fault {
                    Some(ChainFault::Hurried) => Answer::json(&json!({"block_height": 1, "merkle": [], "pos": 0})),
                    _ => Answer::missing("Transaction"),
                };
            };
            let Some(block) = world.ledger.block(place.height) else { return Answer::missing("Block") };
            let mut merkle = block::branch(block, place.index);
            if fault == Some(ChainFault::Unproved) {
                merkle.push(bitcoin::TxMerkleNode::all_zeros());
            }
            Answer::json(&json!({"block_height": place.height, "merkle": merkle, "pos": place.index}))
        }
        ["outspend", vout] => match vout.parse() {
            Ok(vout) => Answer::json(&spent(vout)),
            Err(_) => Answer::text(400, "Invalid number"),
        },
        ["outspends"] => Answer::json(&(0..).zip(&transaction.output).map(|(vout, _)| spent(vout)).collect()),
        _ => Answer::missing("endpoint"),
    }
}
