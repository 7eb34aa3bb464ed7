//! The call to the Safe, byte for byte.

use crate::treasury::ethereum::example::{signatures, some_transaction, text, transaction};
use crate::treasury::ethereum::execute::call::{Call, CallError, calldata, signed};
use crate::treasury::ethereum::signature::tests::{Case, cases};
use crate::treasury::ethereum::signature::{Checked, SafeFacts, SignatureError, unpack};
use crate::treasury::ethereum::{SafeTx, SafeVersion};
use alloy_primitives::{Address, Bytes, U256};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::LazyLock;

/// Each case with its transaction, and the calldata that the contracts were called with.
fn vectors() -> Vec<(Case, SafeTx, Bytes)> {
    let text_of = include_str!("../../../../../tests/fixtures/safe/exec-calldata.json");
    let calls: Vec<Value> = serde_json::from_str(text_of).unwrap();
    let all = cases().into_iter().zip(signatures()).zip(calls);
    all.map(|((case, vector), call)| {
        assert_eq!(case.id, text(&call, "id"));
        (case, transaction(&vector), text(&call, "execCalldata").parse().unwrap())
    })
    .collect()
}

/// Those of a case's signatures that count, as they are found when they come one by one.
fn valid(case: &Case) -> Checked {
    let read = unpack(&case.packed, case.facts.threshold, &case.asked).unwrap();
    let read = read.into_iter().filter_map(Result::ok).map(|one| (one.owner, Ok(one)));
    Checked::of(read, &case.asked, &case.facts, &case.known)
}

#[test]
fn every_vector_is_written_and_read_back_byte_for_byte() {
    let all = vectors();
    for (case, tx, expected) in &all {
        assert_eq!(calldata(tx, &case.packed).unwrap(), *expected, "{}", case.id);
        let read = Call::read(expected, tx.nonce).unwrap();
        assert_eq!((&read.tx, &read.signatures), (tx, &case.packed), "{}", case.id);
    }
    assert_eq!(all.len(), 66);
}

#[test]
fn signatures_that_count_make_the_calldata_that_the_contract_took() {
    let (mut exact, mut own) = (0, 0);
    for (case, tx, expected) in vectors().into_iter().filter(|(case, ..)| case.revert.is_none()) {
        let checked = valid(&case);
        let sender = case.sender.unwrap();
        let made = signed(&case.facts.at, &tx, &checked.valid, &case.facts, &case.known, sender).expect(&case.id);
        let packed = Call::read(&made, tx.nonce).unwrap().signatures;
        assert!(packed.len() / 65 >= case.facts.threshold);
        // More signatures than are looked at, or bytes behind them, are not sent along.
        let spare = ["three EOA", "junk", "two contract"].iter().any(|word| case.note.contains(word));
        match spare {
            true => assert!(made.len() <= expected.len(), "{}", case.id),
            false => {
                exact += 1;
                assert_eq!(made, expected, "{} {}", case.id, case.note);
            }
        }
        if case.note.contains("executor himself") {
            own += 1;
            let stranger = Address::repeat_byte(9);
            let without = signed(&case.facts.at, &tx, &checked.valid, &case.facts, &case.known, stranger);
            assert_eq!(without, Err(CallError::Signature(SignatureError::Few { have: 1, need: 2 })));
        }
    }
    assert!(exact >= 20 && own >= 3, "{exact} {own}");
}

#[test]
fn signatures_that_the_contract_refused_make_no_call() {
    let mut refused = 0;
    for (case, tx, _) in vectors().into_iter().filter(|(case, ..)| case.revert.is_some()) {
        let twins = case.note.contains("unsorted") || case.note.contains("offset s inside");
        let Ok(read) = unpack(&case.packed, case.facts.threshold, &case.asked) else { continue };
        let all: Vec<_> = read.into_iter().filter_map(Result::ok).collect();
        let made = signed(&case.facts.at, &tx, &all, &case.facts, &case.known, case.sender.unwrap());
        // What only stood in a wrong place or order is put right when it is packed anew.
        assert!(made.is_err() || twins, "{} {}", case.id, case.note);
        refused += usize::from(made.is_err());
    }
    assert!(refused >= 20, "{refused}");
}

#[test]
fn what_is_not_known_to_hold_is_not_sent() {
    let (case, tx, _) = &*HONEST;
    let Checked { valid, .. } = valid(case);
    let at = case.facts.at;
    let sender = case.sender.unwrap();
    let call = |facts: &SafeFacts, tx: &SafeTx| signed(&facts.at, tx, &valid, facts, &case.known, sender);
    assert!(call(&case.facts, tx).is_ok());
    let more = SafeFacts { threshold: 3, ..case.facts.clone() };
    assert_eq!(call(&more, tx).unwrap_err().code(), "signature-few");
    let none = SafeFacts { threshold: 0, ..case.facts.clone() };
    assert_eq!(call(&none, tx).unwrap_err().code(), "signature-few");
    let others = SafeFacts { owners: vec![Address::repeat_byte(3), Address::repeat_byte(4)], ..case.facts.clone() };
    assert_eq!(call(&others, tx).unwrap_err().code(), "execute-signatures");
    let next = SafeTx { nonce: tx.nonce + U256::from(1), ..tx.clone() };
    assert_eq!(call(&case.facts, &next).unwrap_err().code(), "signature-hash");
    let mut other = case.facts.clone();
    other.at.chain_id += U256::from(1);
    assert_eq!(signed(&at, tx, &valid, &other, &case.known, sender), Err(CallError::Facts));
    let mut old = case.facts.clone();
    old.at.version = SafeVersion::V0_1_0;
    assert_eq!(call(&old, tx).unwrap_err().code(), "execute-version");
}

/// Two signatures of owners, which the contract took.
static HONEST: LazyLock<(Case, SafeTx, Bytes)> =
    LazyLock::new(|| vectors().into_iter().find(|(case, ..)| case.id == "sig-1.4.1-00").unwrap());

proptest! {
    #[test]
    fn any_call_is_read_back(tx in some_transaction(), packed in prop::collection::vec(any::<u8>(), 0..300)) {
        let packed = Bytes::from(packed);
        let data = calldata(&tx, &packed).unwrap();
        let call = Call::read(&data, tx.nonce).unwrap();
        prop_assert_eq!((call.tx, call.signatures), (tx, packed));
    }

    #[test]
    fn changed_calldata_is_another_call_or_none(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let (case, tx, data) = &*HONEST;
        let mut changed = data.to_vec();
        let at = at.index(changed.len());
        changed[at] ^= 1 << bit;
        if let Some(call) = Call::read(&changed, tx.nonce) {
            prop_assert!(call.tx != *tx || call.signatures != case.packed);
        }
    }
}
