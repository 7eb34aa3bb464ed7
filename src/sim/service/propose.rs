//! What is taken as a proposal: the right hash, by somebody who may, with signatures of owners.

use super::answer::{broken, refused, whole};
use super::field::Fields;
use super::row::Row;
use super::sign::{self, Signed};
use super::world::World;
use crate::market::Timestamp;
use crate::sim::http::Answer;
use crate::treasury::ethereum::{Operation, SafeTx};
use alloy_primitives::{Address, B256, Bytes, U256};
use std::collections::BTreeMap;

/// A body that was read.
struct Proposed {
    tx: SafeTx,
    /// The operation as a number: 2 and more are none.
    operation: U256,
    hash: B256,
    sender: Address,
    signature: Bytes,
    origin: String,
}

fn read(fields: &mut Fields) -> Option<Proposed> {
    let to = fields.address("to");
    let value = fields.number("value");
    let data = fields.data("data");
    let operation = fields.number("operation");
    let safe_tx_gas = fields.number("safeTxGas");
    let base_gas = fields.number("baseGas");
    let gas_price = fields.number("gasPrice");
    let gas_token = fields.address_or_zero("gasToken");
    let refund_receiver = fields.address_or_zero("refundReceiver");
    let nonce = fields.number("nonce");
    let hash = fields.hash("contractTransactionHash");
    let sender = fields.address("sender");
    let signature = fields.signature_or_none("signature");
    let origin = fields.origin("origin");
    let operation = operation?;
    let tx = SafeTx {
        to: to?,
        value: value?,
        data: data?,
        operation: u8::try_from(operation).ok().and_then(Operation::of).unwrap_or(Operation::Call),
        safe_tx_gas: safe_tx_gas?,
        base_gas: base_gas?,
        gas_price: gas_price?,
        gas_token: gas_token?,
        refund_receiver: refund_receiver?,
        nonce: nonce?,
    };
    Some(Proposed { tx, operation, hash: hash?, sender: sender?, signature: signature?, origin: origin? })
}

/// Python's way to write a list of texts.
pub fn listed(addresses: impl IntoIterator<Item = Address>) -> String {
    let quoted: Vec<String> = addresses.into_iter().map(|address| format!("'{address}'")).collect();
    format!("[{}]", quoted.join(", "))
}

fn set(addresses: &BTreeMap<Address, Address>) -> String {
    match addresses.is_empty() {
        true => "set()".to_owned(),
        false => listed(addresses.keys().copied()).replace('[', "{").replace(']', "}"),
    }
}

/// Takes a proposal, or says why not.
pub fn propose(world: &mut World, safe: Address, mut fields: Fields, now: Timestamp) -> Answer {
    let proposed = match read(&mut fields) {
        _ if !fields.wrong.is_empty() => return refused(422, &fields.wrong),
        _ if fields.huge => return broken(),
        None => return broken(),
        Some(proposed) => proposed,
    };
    match take(world, safe, proposed, now) {
        Ok(()) => Answer::of(201, "", ""),
        Err(why) => whole(422, why),
    }
}

fn take(world: &mut World, safe: Address, proposed: Proposed, now: Timestamp) -> Result<(), String> {
    let Proposed { tx, operation, hash, sender, signature, origin } = proposed;
    if operation > U256::ONE {
        return Err("Operation CREATE not supported. Please use Safe CreateLib".to_owned());
    }
    let Some(known) = world.safe(&safe) else {
        let network = &world.network;
        return Err(format!(
            "Could not get Safe {safe} owners from blockchain, check contract exists on network {network}"
        ));
    };
    let mut row = Row::new(known.at, tx, now);
    if row.hash != hash {
        let right = row.hash;
        return Err(format!("Contract-transaction-hash={right} does not match provided contract-tx-hash={hash}"));
    }
    used(world, &row)?;
    let delegates = world.delegates(&safe);
    let may = |who: &Address| known.owners.contains(who) || delegates.contains_key(who);
    let others = || format!("Current owners={}. Delegates={}", listed(known.owners.clone()), set(&delegates));
    if !may(&sender) {
        return Err(format!("Sender={sender} is not an owner or delegate. {}", others()));
    }
    let asked = row.asked();
    let signed = sign::parse(&signature, &asked);
    let mut owners: Vec<Address> = Vec::new();
    for one in &signed {
        let owner = one.owner;
        if !one.holds(&asked, world) {
            return Err(format!("Signature={} for owner={owner} is not valid", one.text()));
        }
        if delegates.contains_key(&owner) && signed.len() > 1 {
            return Err("Just one signature is expected if using delegates".to_owned());
        }
        if !may(&owner) {
            return Err(format!("Signer={owner} is not an owner or delegate. {}", others()));
        }
        if owners.contains(&owner) {
            return Err(format!("Signature for owner={owner} is duplicated"));
        }
        owners.push(owner);
    }
    if !owners.is_empty() && !owners.contains(&sender) {
        let found = listed(owners);
        return Err(format!("Signature does not match sender={sender}. Calculated owners={found}"));
    }
    row.trusted = !signed.is_empty();
    row.origin = origin;
    // For a delegate the owner is named, who may know nothing of it.
    row.proposer = Some(delegates.get(&sender).copied().unwrap_or(sender));
    row.by_delegate = delegates.contains_key(&sender).then_some(sender);
    let given: Vec<Signed> = signed.into_iter().filter(|one| !delegates.contains_key(&one.owner)).collect();
    keep(world, row, given, now);
    Ok(())
}

/// Whether the chain has used this nonce already.
fn used(world: &World, row: &Row) -> Result<(), String> {
    let (safe, nonce) = (row.at.safe, row.nonce());
    let same = |other: &&Row| other.at.safe == safe && other.nonce() == nonce;
    for other in world.rows.iter().filter(same) {
        let Some(execution) = &other.execution else { continue };
        let transaction = execution.transaction;
        return Err(match other.hash == row.hash {
            true => format!(
                "Tx with safe-tx-hash={} for safe={safe} was already executed in tx-hash={transaction}",
                row.hash
            ),
            false => format!("Tx with nonce={nonce} for safe={safe} already executed in tx-hash={transaction}"),
        });
    }
    Ok(())
}

fn keep(world: &mut World, row: Row, given: Vec<Signed>, now: Timestamp) {
    let (hash, trusted) = (row.hash, row.trusted);
    if world.row(&hash).is_none() {
        world.rows.push(row);
    }
    if let Some(row) = world.row_mut(&hash) {
        row.trusted |= trusted;
        row.confirm(given.into_iter().map(|one| one.given(now)), now);
    }
}
