//! Holds the stand-in against what the real service was recorded to say, and the faults against their names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use super::answer::{Ask, answer};
use super::fault::ServiceFault;
use super::{Execution, KnownSafe, World};
use crate::market::Timestamp;
use crate::sim::http::{Answer, Request};
use crate::treasury::ethereum::{Operation, SafeAt, SafeTx, SafeVersion};
use alloy_primitives::{Address, U256};
use serde_json::{Value, json};
use std::time::Duration;

const CHAIN: U256 = U256::from_limbs([31337, 0, 0, 0]);
const SAFE: &str = "0xF71902B32C9854DB8d6f70Afa6Dcf685F7df8d79";
const NESTED: &str = "0xaFeA6423239b408661430104aDF298BD364Af8Ce";

/// What hangs on the clock, on what the stand-in does not do (decoded data), or on how the real one was set up.
const EXCEPTED: [&str; 4] = ["submissionDate", "modified", "dataDecoded", "settings"];

fn recordings() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../tests/fixtures/safe/service.json")).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} of {value}"))
}

fn address(value: &Value, name: &str) -> Address {
    text(value, name).parse().unwrap()
}

fn number(value: &Value, name: &str) -> U256 {
    text(value, name).parse().unwrap()
}

fn start() -> Timestamp {
    "2026-11-20T22:17:00.5Z".parse().unwrap()
}

fn at(safe: Address, version: SafeVersion) -> SafeAt {
    SafeAt { chain_id: CHAIN, safe, version }
}

/// What the recorded service knew of Safes.
fn world(all: &[Value]) -> World {
    let mut world = World::new(CHAIN, "GOCHAIN_TESTNET");
    for info in all.iter().filter(|one| text(one, "name")[4..].starts_with("safe-info") && one["status"] == 200) {
        let info = &info["response"];
        let version = text(info, "version");
        let owners = info["owners"].as_array().unwrap().iter().map(|owner| owner.as_str().unwrap().parse().unwrap());
        let at = at(address(info, "address"), version.parse().unwrap());
        let threshold = usize::try_from(info["threshold"].as_u64().unwrap()).unwrap();
        world.learn(KnownSafe {
            singleton: address(info, "masterCopy"),
            fallback_handler: address(info, "fallbackHandler"),
            l2: version.ends_with("+L2"),
            handler: Some(at.version),
            ..KnownSafe::new(at, owners.collect(), threshold)
        });
    }
    let owners = world.safe(&SAFE.parse().unwrap()).unwrap().owners.clone();
    let old = at("0x34487bDDec1464ba409EE97A3149eF5E180B67c0".parse().unwrap(), SafeVersion::V1_1_1);
    world.learn(KnownSafe { indexed: false, ..KnownSafe::new(old, owners, 2) });
    world.learn(child(false));
    world
}

fn child(banned: bool) -> KnownSafe {
    let owner = "0x90F79bf6EB2c4f870365E785982E1f101E93b906".parse().unwrap();
    let at = at(NESTED.parse().unwrap(), SafeVersion::V1_4_1);
    KnownSafe { banned, handler: Some(at.version), ..KnownSafe::new(at, vec![owner], 1) }
}

/// Tells of an execution as a row tells of it.
fn execute(world: &mut World, row: &Value) {
    let at = world.safe(&address(row, "safe")).unwrap().at;
    let tx = SafeTx {
        to: address(row, "to"),
        value: number(row, "value"),
        data: row["data"].as_str().unwrap_or("0x").parse().unwrap(),
        operation: Operation::of(u8::try_from(row["operation"].as_u64().unwrap()).unwrap()).unwrap(),
        safe_tx_gas: number(row, "safeTxGas"),
        base_gas: number(row, "baseGas"),
        gas_price: number(row, "gasPrice"),
        gas_token: address(row, "gasToken"),
        refund_receiver: address(row, "refundReceiver"),
        nonce: number(row, "nonce"),
    };
    let execution = Execution {
        transaction: text(row, "transactionHash").parse().unwrap(),
        block: row["blockNumber"].as_u64().unwrap(),
        at: text(row, "executionDate").parse().unwrap(),
        executor: address(row, "executor"),
        success: row["isSuccessful"].as_bool().unwrap(),
        gas_price: text(row, "ethGasPrice").parse().unwrap(),
        priority: text(row, "maxPriorityFeePerGas").parse().unwrap(),
        gas_used: row["gasUsed"].as_u64().unwrap(),
        signatures: text(row, "signatures").parse().unwrap(),
    };
    world.executed(at, &tx, execution);
}

/// What happened on the chain before this recording was made.
fn meanwhile(world: &mut World, all: &[Value], name: &str, approved: Timestamp) {
    let named = |name: &str| &all.iter().find(|one| text(one, "name").starts_with(name)).unwrap()["response"];
    match &name[..3] {
        "126" => {
            let delegate = "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955".parse().unwrap();
            let owner = world.safe(&SAFE.parse().unwrap()).unwrap().owners[0];
            world.delegate(SAFE.parse().unwrap(), delegate, owner);
        }
        "131" => {
            let row = named("131");
            let given = &row["confirmations"][1];
            let transaction = text(given, "transactionHash").parse().unwrap();
            let hash = text(row, "safeTxHash").parse().unwrap();
            world.approved(SAFE.parse().unwrap(), address(given, "owner"), hash, transaction, approved);
        }
        "132" => {
            let rows = named("140")["results"].as_array().unwrap();
            rows.iter().rev().for_each(|row| execute(world, row));
            execute(world, named("135"));
        }
        "152" => world.learn(child(true)),
        _ => {}
    }
}

fn request(one: &Value) -> Request {
    let (path, query) = text(one, "path").split_once('?').unwrap_or((text(one, "path"), ""));
    let body = match &one["body"] {
        Value::Null => String::new(),
        Value::String(raw) => raw.clone(),
        body => body.to_string(),
    };
    Request {
        method: text(one, "method").to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        kind: Some(one["kind"].as_str().unwrap_or("application/json").to_owned()),
        authorization: None,
        body: body.into_bytes(),
    }
}

fn stripped(mut value: Value) -> Value {
    match &mut value {
        Value::Array(all) => all.iter_mut().for_each(|one| *one = stripped(one.take())),
        Value::Object(all) => {
            all.retain(|name, _| !EXCEPTED.contains(&name.as_str()));
            all.values_mut().for_each(|one| *one = stripped(one.take()));
        }
        Value::String(text) if text.starts_with("JSON parse error - ") => {
            // What a parser says of bad JSON is its own matter.
            text.truncate("JSON parse error - ".len());
        }
        _ => {}
    }
    value
}

fn body(answer: &Answer) -> Value {
    match answer.kind {
        "application/json" => serde_json::from_slice(&answer.body).unwrap(),
        _ => Value::String(String::from_utf8(answer.body.clone()).unwrap()),
    }
}

fn ask<'a>(request: &'a Request, now: Timestamp, fault: Option<ServiceFault>) -> Ask<'a> {
    Ask { request, host: "127.0.0.1:18888", now, fault }
}

/// Plays the recordings into a stand-in, up to the one of this name; what differs from what was recorded.
fn played(until: Option<&str>) -> (World, Vec<String>) {
    let all = recordings();
    let mut world = world(&all);
    let (mut differs, mut approved) = (Vec::new(), start());
    for (place, one) in (0..).zip(&all) {
        let name = text(one, "name");
        if until == Some(name) {
            break;
        }
        let now = start().plus(Duration::from_millis(place * 100));
        if name.starts_with("075") {
            // It was approved before this one, and seen much later.
            approved = Timestamp::from_nanos(now.nanos() - 1);
        }
        meanwhile(&mut world, &all, name, approved);
        let answer = answer(&mut world, &ask(&request(one), now, None));
        let (found, wanted) = (stripped(body(&answer)), stripped(one["response"].clone()));
        let location = answer.head.iter().find(|(name, _)| *name == "Location").map(|(_, value)| value.as_str());
        let same = answer.status == one["status"]
            && found == wanted
            && location == one["location"].as_str()
            && (answer.body.is_empty() || Some(answer.kind) == one["type"].as_str());
        if !same {
            differs.push(format!("{name}: {} {found}\n  wanted {} {wanted}", answer.status, one["status"]));
        }
    }
    (world, differs)
}

#[test]
fn it_says_what_the_real_one_was_recorded_to_say() {
    let (_, differs) = played(None);
    assert!(differs.is_empty(), "{} differ:\n{}", differs.len(), differs.join("\n"));
}

#[test]
fn numbers_of_v1_are_bare_and_whole() {
    let (mut world, _) = played(Some("098-queue-v1"));
    let list = |version: u8| Request {
        method: "GET".to_owned(),
        path: format!("/api/v{version}/safes/{SAFE}/multisig-transactions/"),
        ..Request::default()
    };
    let whole = U256::MAX.to_string();
    for (version, wanted) in [(1, format!("\"nonce\":{whole},")), (2, format!("\"nonce\":\"{whole}\","))] {
        let answer = answer(&mut world, &ask(&list(version), start(), None));
        assert!(String::from_utf8(answer.body).unwrap().contains(&wanted), "v{version}");
    }
}

#[test]
fn every_lie_is_one() {
    let (mut world, _) = played(Some("128-err-delete-wrong-signer"));
    let row = "0x1c643b56462bd4a29ec6e000111ab5112bc1b3ba8cebcde2956d2464c4dffab0";
    let paths = [
        format!("/api/v1/safes/{SAFE}/"),
        format!("/api/v2/safes/{SAFE}/multisig-transactions/"),
        format!("/api/v2/multisig-transactions/{row}/"),
    ];
    // What the server itself does.
    let doors = [
        ServiceFault::Forgetful,
        ServiceFault::Redirect,
        ServiceFault::Circle,
        ServiceFault::EscapedRefusal,
        ServiceFault::Garbage,
        ServiceFault::Kind,
        ServiceFault::Broken,
        ServiceFault::Overrun,
        ServiceFault::Banished,
        ServiceFault::SlowLoris,
        ServiceFault::Stall,
        ServiceFault::Cut,
        ServiceFault::Flood,
    ];
    for fault in ServiceFault::all().into_iter().filter(|fault| !doors.contains(fault)) {
        let changed = paths.iter().any(|path| {
            let request = Request { method: "GET".to_owned(), path: path.clone(), ..Request::default() };
            let said = |world: &mut World, fault| answer(world, &ask(&request, start(), fault));
            said(&mut world, None) != said(&mut world, Some(fault))
        });
        assert!(changed, "{fault:?}");
    }
}

#[test]
fn nothing_is_deleted_a_day_later_and_a_delegate_signs_for_nobody() {
    let (mut world, _) = played(Some("129-delete-ok"));
    let all = recordings();
    let delete = all.iter().find(|one| text(one, "name") == "129-delete-ok").unwrap();
    let late = start().plus(Duration::from_secs(86_400));
    let count = world.hashes().len();
    let refused = answer(&mut world, &ask(&request(delete), late, None));
    assert_eq!((refused.status, world.hashes().len()), (400, count));
    let wanted = "Provided signer is not the proposer or the delegate user who proposed the transaction";
    assert_eq!(body(&refused), json!({ "nonFieldErrors": [wanted] }));
    // Proposed by a delegate: it is trusted, and nobody has confirmed it.
    let row = world.rows.iter().find(|row| row.by_delegate.is_some()).unwrap();
    assert!(row.trusted && row.confirmations.is_empty());
}
