//! Forgetting a proposal, on the wish of who proposed it, signed in this hour or the last.

use super::answer::{missing, refused, unknown_transaction, whole};
use super::field::Fields;
use super::sign;
use super::world::World;
use crate::market::Timestamp;
use crate::sim::http::Answer;
use crate::treasury::ethereum::hash::{Act, Request};
use crate::treasury::ethereum::signature::Asked;
use alloy_primitives::{B256, Bytes};

/// Deletes a proposal, or says why not.
pub fn delete(world: &mut World, hash: &str, mut fields: Fields, now: Timestamp) -> Answer {
    let Ok(hash) = hash.parse::<B256>() else { return missing("Not found.") };
    if world.row(&hash).is_none() {
        return unknown_transaction();
    }
    let claimed = fields.hash("safeTxHash");
    let packed = fields.signature("signature");
    let (Some(_), Some(packed)) = (claimed, packed) else { return refused(400, &fields.wrong) };
    match forget(world, hash, &packed, now) {
        Ok(()) => Answer::of(204, "", ""),
        Err(why) => whole(400, why),
    }
}

fn forget(world: &mut World, hash: B256, packed: &Bytes, now: Timestamp) -> Result<(), &'static str> {
    let Some(row) = world.row(&hash) else { return Ok(()) };
    if row.execution.is_some() {
        return Err("Executed transactions cannot be deleted");
    }
    if row.proposer.is_none() {
        return Err("Old transactions without proposer cannot be deleted");
    }
    let hour = u64::try_from(now.secs().div_euclid(3600)).unwrap_or_default();
    let mut may = false;
    for hour in [hour, hour.saturating_sub(1)] {
        let act = Act::Delete { safe: row.at.safe, safe_tx: hash };
        let asked = Asked::of(&row.at, &Request { chain_id: world.chain_id, act, hour }.hashes());
        let signed = sign::parse(packed, &asked);
        let [one] = signed.as_slice() else { return Err("1 owner signature was expected") };
        if !["EOA", "ETH_SIGN"].contains(&one.kind) {
            return Err("Only EOA and ETH_SIGN signatures are supported");
        }
        may |= [row.proposer, row.by_delegate].contains(&Some(one.owner));
    }
    if !may {
        return Err("Provided signer is not the proposer or the delegate user who proposed the transaction");
    }
    world.rows.retain(|row| row.hash != hash);
    Ok(())
}
