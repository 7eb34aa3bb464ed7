#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::treasury::ethereum::example::{address, safe, signatures, text, transaction};
use crate::treasury::ethereum::{SafeAt, SafeMessage};
use alloy_primitives::{Bytes, U256, address};
use serde_json::Value;

mod flips;
mod nested;
mod packing;
mod rules;
mod service;

/// A vector, and what its contract was asked.
pub(in crate::treasury::ethereum) struct Case {
    pub id: String,
    pub note: String,
    pub asked: Asked,
    pub facts: SafeFacts,
    pub known: Known,
    pub sender: Option<Address>,
    pub packed: Bytes,
    /// Nothing when it was accepted.
    pub revert: Option<String>,
    pub signatures: Vec<Value>,
}

pub(in crate::treasury::ethereum) const OWNERS: [Address; 3] = [
    address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
];

/// Two Safes that own others: of one owner and of two.
pub(in crate::treasury::ethereum) fn children(chain_id: U256) -> Vec<SafeFacts> {
    let child = |safe, owners: &[Address]| SafeFacts {
        at: SafeAt { chain_id, safe, version: SafeVersion::V1_4_1 },
        owners: owners.to_vec(),
        threshold: owners.len(),
        handler: Some(SafeVersion::V1_4_1),
    };
    CHILDREN.iter().map(|(safe, owners)| child(*safe, owners)).collect()
}

pub(in crate::treasury::ethereum) fn cases() -> Vec<Case> {
    signatures().iter().map(case).collect()
}

fn case(vector: &Value) -> Case {
    let at = safe(vector);
    let hashes = transaction(vector).hashes(&at);
    assert_eq!(hashes.safe_tx.to_string(), text(vector, "safeTxHash"));
    let owners = vector["owners"].as_array().unwrap().iter().map(|owner| owner.as_str().unwrap().parse().unwrap());
    let threshold = usize::try_from(vector["threshold"].as_u64().unwrap()).unwrap();
    let facts = SafeFacts { at, owners: owners.collect(), threshold, handler: None };
    let safes = children(at.chain_id).into_iter().map(|child| (child.at.safe, child)).collect();
    let mut known = Known { safes, ..Known::default() };
    let note = text(vector, "note").to_owned();
    for owner in &facts.owners {
        let question = Question::Approved { safe: at.safe, owner: *owner, hash: hashes.safe_tx };
        known.answers.insert(question, note.contains("approveHash on chain"));
    }
    // An account without code answers no such question.
    Case {
        id: text(vector, "id").to_owned(),
        note,
        asked: Asked::of(&at, &hashes),
        facts,
        known,
        sender: Some(address(vector, "executor")),
        packed: text(vector, "packed").parse().unwrap(),
        revert: vector["onChain"]["revert"].as_str().map(str::to_owned),
        signatures: vector["signatures"].as_array().unwrap().clone(),
    }
}

/// The Safes that own others, and who owns them.
const CHILDREN: [(Address, &[Address]); 2] = [
    (address!("aFeA6423239b408661430104aDF298BD364Af8Ce"), &[address!("90F79bf6EB2c4f870365E785982E1f101E93b906")]),
    (
        address!("a13Dc531ADCe9F736Ed3871B3141a28d8777AbE9"),
        &[address!("90F79bf6EB2c4f870365E785982E1f101E93b906"), address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65")],
    ),
];
