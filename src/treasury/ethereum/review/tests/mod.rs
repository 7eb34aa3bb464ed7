//! The review against what an attacker would have a Safe's owners sign.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod control;
mod delegate;
mod effects;
mod nested;
mod people;
mod stands;
mod vectors;
pub(in crate::treasury::ethereum) mod workshop;

use super::*;
use crate::treasury::ethereum::{Operation, SafeVersion};
use crate::treasury::verdict::Judgement;
use alloy_primitives::{Address, B256, Bytes, U256};
use workshop::*;

/// The codes of a verdict's blocks.
fn blocks(review: &Review) -> Vec<&'static str> {
    review.verdict.blocks.iter().map(|found| found.code).collect()
}

/// The codes of a verdict's warnings.
fn warnings(review: &Review) -> Vec<&'static str> {
    review.verdict.warnings.iter().map(|found| found.code).collect()
}

/// Every text that a review shows.
fn texts(review: &Review) -> Vec<String> {
    let rows = review.verdict.rows.iter().flat_map(|row| row.parts.iter().chain([&row.label]));
    let found = review.verdict.warnings.iter().chain(&review.verdict.blocks).map(|found| &found.message);
    rows.chain(found).cloned().chain([serde_json::to_string(&review.json()).unwrap()]).collect()
}

#[test]
fn an_honest_payment_is_clean() {
    for version in SafeVersion::ALL.into_iter().filter(|version| version.signs_chain()) {
        for tx in [send(FRIEND, 10_u64.pow(18)), plain(TOKEN, transfer(FRIEND, 5))] {
            let review = review(&at(version), &tx, &known());
            assert_eq!((blocks(&review), warnings(&review)), (vec![], vec![]), "{version}");
            assert_eq!((review.verdict.judgement(), review.kind), (Judgement::Clean, Kind::Transfer));
            let bare = super::review(&at(version), &tx, &Facts::default());
            assert_eq!((blocks(&bare), warnings(&bare)), (vec![], vec![]), "with nothing known");
        }
    }
}

#[test]
fn a_rejection_is_told_as_one() {
    let review = review(&at(SafeVersion::V1_4_1), &send(SAFE, 0), &known());
    assert_eq!((review.kind, blocks(&review), warnings(&review)), (Kind::Rejection, vec![], vec![]));
    assert!(review.effects.totals.is_empty());
}

#[test]
fn the_rows_stand_in_the_order_in_which_a_signer_reads() {
    let tx = batch(&[entry(TOKEN, 0, &transfer(FRIEND, 1_500_000)), entry(FRIEND, 7, &[])]);
    let review = seen(&tx);
    let labels: Vec<&str> = review.verdict.rows.iter().map(|row| row.label.as_str()).collect();
    let expected = [
        "what", "safe", "stands", "nonce", "domain", "message", "hash", "call 0", "call 1", "call 2", "total", "total",
    ];
    assert_eq!(labels, expected);
    let row = |label: &str| review.verdict.rows.iter().find(|row| row.label == label).unwrap().parts.clone();
    assert_eq!(row("hash"), [tx.hashes(&review.at).safe_tx.to_string()]);
    assert_eq!(row("call 1")[0], "· transfer");
    assert!(row("call 1").iter().any(|part| part == "1.5 USDC"), "{:?}", row("call 1"));
    assert!(row("call 0").iter().any(|part| part.ends_with("MultiSendCallOnly 1.4.1")));
    assert_eq!(row("safe"), [SAFE.to_checksum(None), "eth, chain 1".into(), "Safe 1.4.1".into()]);
    assert_eq!(row("stands")[0], "2 of 3");
}

#[test]
fn scripts_get_the_tree_and_the_hashes() {
    let tx = batch(&[entry(TOKEN, 0, &transfer(FRIEND, 1_500_000)), entry(FRIEND, 7, &[1, 2, 3, 4, 5])]);
    let review = review(&at(SafeVersion::V1_4_1), &tx, &known());
    let json = serde_json::to_value(review.json()).unwrap();
    let hashes = tx.hashes(&review.at);
    assert_eq!(json["verdict"], "warn");
    assert_eq!(json["domainHash"], hashes.domain.to_string());
    assert_eq!(json["messageHash"], hashes.message.to_string());
    assert_eq!(json["safeTxHash"], hashes.safe_tx.to_string());
    let root = &json["calls"][0];
    assert_eq!((&root["operation"], &root["contract"]), (&1.into(), &"MultiSendCallOnly 1.4.1".into()));
    let first = &root["calls"][0];
    assert_eq!((&first["method"], &first["signature"]), (&"transfer".into(), &"transfer(address,uint256)".into()));
    assert_eq!(first["args"][1], serde_json::json!({ "name": "amount", "type": "uint256", "value": "1500000" }));
    let second = &root["calls"][1];
    assert_eq!((&second["selector"], &second["method"]), (&"0x01020304".into(), &serde_json::Value::Null));
    assert_eq!((&second["data"], &second["value"]), (&"0x0102030405".into(), &"7".into()));
    assert_eq!(json["warnings"][0]["code"], "calldata-unknown");
    assert_eq!(json["totals"][0], serde_json::json!({ "asset": "coin", "contract": null, "amount": "7" }));
}
