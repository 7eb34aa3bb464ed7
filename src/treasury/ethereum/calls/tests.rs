//! Trees of calls, against what the real MultiSend contracts were seen to do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::treasury::ethereum::deployments::{Contract, on_chain};
use alloy_dyn_abi::DynSolValue;
use serde_json::Value;

const SAFE: Address = Address::new([0x5a; 20]);

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../../tests/fixtures/safe/multisend.json")).unwrap()
}

/// The calls of a delegatecall to a published MultiSend.
fn batch(contract: &str, data: &Bytes) -> Calls {
    let (name, version) = contract.split_once(' ').unwrap();
    let version = version.parse().unwrap();
    let contract = Contract::ALL.into_iter().find(|contract| contract.name() == name).unwrap();
    let (to, _) = on_chain(U256::from(1), contract, version)[0];
    Calls::read(&at(version), &transaction(to, Operation::DelegateCall, data.clone()), &Abis::default())
}

fn at(version: SafeVersion) -> SafeAt {
    SafeAt { chain_id: U256::from(1), safe: SAFE, version }
}

fn transaction(to: Address, operation: Operation, data: Bytes) -> SafeTx {
    SafeTx {
        to,
        value: U256::ZERO,
        data,
        operation,
        safe_tx_gas: U256::ZERO,
        base_gas: U256::ZERO,
        gas_price: U256::ZERO,
        gas_token: Address::ZERO,
        refund_receiver: Address::ZERO,
        nonce: U256::ZERO,
    }
}

fn shown(call: &Call) -> Value {
    let to = if call.to == SAFE { "SELF".to_owned() } else { call.to.to_checksum(None) };
    serde_json::json!({
        "operation": call.operation.number(),
        "to": to,
        "value": call.value.to_string(),
        "data": call.data.to_string(),
    })
}

#[test]
fn never_fewer_calls_are_shown_than_the_chain_makes_and_an_odd_list_has_flaws() {
    let mut tried = 0;
    for case in vectors() {
        let id = case["id"].as_str().unwrap();
        let data: Bytes = case["calldata"].as_str().unwrap().parse().unwrap();
        for (contract, seen) in case["onChain"].as_object().unwrap() {
            let calls = batch(contract, &data);
            let told: Vec<Value> = calls.root.inner.iter().map(shown).collect();
            let made = match &seen["calls"] {
                Value::String(same) if same == "same" => case["transactions"].clone(),
                made => made.clone(),
            };
            let made = made.as_array().unwrap();
            // A call whose nested list was traced through shows its first level here.
            assert!(told.len() >= made.len(), "{id} {contract}: {told:#?}");
            for (told, made) in told.iter().zip(made) {
                assert_eq!(told, made, "{id} {contract}");
            }
            let good = calls.root.batch.as_ref().is_some_and(|batch| batch.exact && batch.flaws.is_empty());
            assert_eq!(good, case["verdict"] == "decode", "{id} {contract}: {:?}", calls.root.batch);
            if seen["reverts"] == false {
                assert_eq!(told.len(), made.len(), "{id} {contract}");
            }
            tried += 1;
        }
    }
    assert!(tried > 50);
}

fn multi_send(packed: Vec<u8>) -> Bytes {
    let arguments = DynSolValue::Tuple(vec![DynSolValue::Bytes(packed)]).abi_encode_params();
    [&[0x8d, 0x80, 0xff, 0x0a][..], &arguments].concat().into()
}

fn entry(operation: u8, to: Address, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![operation];
    bytes.extend(to);
    bytes.extend([0; 32]);
    bytes.extend(U256::from(data.len()).to_be_bytes::<32>());
    bytes.extend(data);
    bytes
}

#[test]
fn a_batch_is_read_only_where_a_delegatecall_goes_to_a_published_one() {
    let data = multi_send(entry(0, Address::repeat_byte(7), &[]));
    let (to, _) = on_chain(U256::from(1), Contract::MultiSendCallOnly, SafeVersion::V1_4_1)[0];
    let count = |to, operation, chain: u64| {
        let at = SafeAt { chain_id: U256::from(chain), ..at(SafeVersion::V1_4_1) };
        Calls::read(&at, &transaction(to, operation, data.clone()), &Abis::default()).all().len()
    };
    assert_eq!(count(to, Operation::DelegateCall, 1), 2);
    assert_eq!(count(to, Operation::DelegateCall, 31_337), 2, "known elsewhere");
    assert_eq!(count(to, Operation::Call, 1), 1);
    assert_eq!(count(Address::repeat_byte(9), Operation::DelegateCall, 1), 1);
}

#[test]
fn depth_and_number_are_bounded_and_the_tree_says_so() {
    let (to, _) = on_chain(U256::from(1), Contract::MultiSend, SafeVersion::V1_4_1)[0];
    let mut data = multi_send(entry(0, Address::repeat_byte(7), &[]));
    for depth in 1..=20 {
        let calls = Calls::read(
            &at(SafeVersion::V1_4_1),
            &transaction(to, Operation::DelegateCall, data.clone()),
            &Abis::default(),
        );
        assert_eq!(calls.cut, (depth > DEEPEST).then_some(Cut::Deep), "{depth}");
        assert_eq!(calls.all().len(), 1 + depth.min(DEEPEST));
        data = multi_send(entry(1, to, &data));
    }
    // Lists of lists of lists: 40 × 40 × 40 calls in a few bytes each.
    let mut data = multi_send(entry(0, Address::repeat_byte(7), &[]).repeat(40));
    for _ in 0..2 {
        data = multi_send(entry(1, to, &data).repeat(40));
    }
    let many = Calls::read(&at(SafeVersion::V1_4_1), &transaction(to, Operation::DelegateCall, data), &Abis::default());
    assert_eq!((many.cut, many.all().len() <= MOST), (Some(Cut::Many), true));
    let order: Vec<usize> = many.all().iter().map(|call| call.index).collect();
    assert!(order.iter().copied().eq(0..order.len()), "in the order in which they are made");
}
