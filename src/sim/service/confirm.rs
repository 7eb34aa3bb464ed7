//! What is taken as a confirmation: signatures of owners, over a transaction that was proposed and not executed.

use super::answer::{missing, one, refused};
use super::field::Fields;
use super::propose::listed;
use super::sign;
use super::world::World;
use crate::market::Timestamp;
use crate::sim::http::Answer;
use alloy_primitives::{B256, Bytes, hex};
use serde_json::json;

/// Takes confirmations, or says why not.
pub fn confirm(world: &mut World, hash: &str, mut fields: Fields, now: Timestamp) -> Answer {
    let packed = fields.signature("signature");
    let Some(packed) = packed.filter(|_| fields.wrong.is_empty()) else { return refused(400, &fields.wrong) };
    let Ok(hash) = hash.parse::<B256>() else {
        return one(400, "signature", format!("\"{hash}\" hash must have exactly 32 bytes."));
    };
    if world.row(&hash).is_none() {
        return missing(&format!("Multisig transaction with safe-tx-hash={hash} was not found"));
    }
    match take(world, hash, &packed, now) {
        Ok(()) => {
            Answer::of(201, "application/json", json!({ "signature": hex::encode_prefixed(&packed) }).to_string())
        }
        Err(why) => one(400, "signature", why),
    }
}

fn take(world: &mut World, hash: B256, packed: &Bytes, now: Timestamp) -> Result<(), String> {
    let Some(row) = world.row(&hash) else { return Ok(()) };
    if row.execution.is_some() {
        return Err(format!("Transaction with safe-tx-hash={hash} was already executed"));
    }
    let owners = world.safe(&row.at.safe).map(|safe| safe.owners.clone()).unwrap_or_default();
    let asked = row.asked();
    let signed = sign::parse(packed, &asked);
    for one in &signed {
        let owner = one.owner;
        if !owners.contains(&owner) {
            return Err(format!("Signer={owner} is not an owner. Current owners={}", listed(owners)));
        }
        if !one.holds(&asked, world) {
            return Err(format!("Signature={} for owner={owner} is not valid", one.text()));
        }
    }
    if let Some(row) = world.row_mut(&hash) {
        row.confirm(signed.into_iter().map(|one| one.given(now)), now);
    }
    Ok(())
}
