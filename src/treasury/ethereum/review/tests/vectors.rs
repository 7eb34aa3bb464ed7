//! The vectors through the whole review, and every field of a transaction changed once (T22).

use super::*;
use crate::treasury::ethereum::calldata::{Meaning, Which, bundled};
use crate::treasury::ethereum::deployments::Contract;
use crate::treasury::ethereum::example::{safe, transaction, transactions};
use crate::treasury::ethereum::file::SafeFile;
use proptest::prelude::*;
use serde_json::Value;

#[test]
fn batches_that_no_encoder_writes_block_and_the_others_do_not() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../../../../tests/fixtures/safe/multisend.json")).unwrap();
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let data: Bytes = case["calldata"].as_str().unwrap().parse().unwrap();
        for contract in case["onChain"].as_object().unwrap().keys() {
            let (name, version) = contract.split_once(' ').unwrap();
            let contract = Contract::ALL.into_iter().find(|contract| contract.name() == name).unwrap();
            let to = published(contract, version.parse().unwrap());
            let found = review(&at(SafeVersion::V1_4_1), &delegate(to, data.clone()), &Facts::default());
            let inner = case["transactions"].as_array().is_some_and(|all| all.iter().any(|tx| tx["operation"] == 1));
            let good = case["verdict"] == "decode" && !inner;
            assert_eq!(found.verdict.judgement() != Judgement::Block, good, "{id}: {:?}", found.verdict.blocks);
        }
    }
}

#[test]
fn token_calls_that_no_encoder_writes_are_weighed_and_not_called_decoded() {
    let file: Value = serde_json::from_str(include_str!("../../../../../tests/fixtures/safe/calldata.json")).unwrap();
    for case in file["erc20"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        let to: Address = case["to"].as_str().unwrap().parse().unwrap();
        let data: Bytes = case["data"].as_str().unwrap().parse().unwrap();
        let found = review(&at(SafeVersion::V1_4_1), &plain(to, data.clone()), &Facts::default());
        let json = serde_json::to_value(found.json()).unwrap();
        let call = &json["calls"][0];
        assert_eq!(call["method"], case["decoded"]["method"], "{id}");
        assert_eq!(call["unlimited"], case["decoded"]["unlimited"] == true, "{id}");
        if case["valid"] != true {
            assert!(data.is_empty() || found.verdict.judgement() == Judgement::Warn, "{id}");
        }
    }
}

#[test]
fn every_transaction_of_the_vectors_is_reviewed_with_its_own_hash() {
    for case in transactions() {
        let (at, tx) = (safe(&case), transaction(&case));
        let json = serde_json::to_value(review(&at, &tx, &Facts::default()).json()).unwrap();
        for (key, expected) in
            [("domainHash", "domainSeparator"), ("messageHash", "messageHash"), ("safeTxHash", "safeTxHash")]
        {
            assert_eq!(json[key], case["expected"][expected], "{}", case["id"]);
        }
    }
}

#[test]
fn t22_each_field_of_a_file_changed_once_changes_the_hash_or_is_refused() {
    for case in transactions() {
        let (at, tx) = (safe(&case), transaction(&case));
        let file = SafeFile { at, tx, notes: vec![] };
        let (hash, json) = (file.tx.hashes(&at).safe_tx, file.json());
        let whole: serde_json::Map<String, Value> = serde_json::from_str(&json).unwrap();
        for (field, value) in &whole {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            for at in 0..text.len().min(200) {
                let old = text.as_bytes()[at];
                let new = match old {
                    b'0'..=b'8' => old + 1,
                    b'9' => b'8',
                    b'a'..=b'e' | b'A'..=b'E' => old + 1,
                    b'f' => b'e',
                    b'F' => b'E',
                    _ => b'1',
                };
                let mut bytes = text.clone().into_bytes();
                bytes[at] = new;
                let mut other = whole.clone();
                other.insert(field.clone(), String::from_utf8(bytes).unwrap().into());
                let Ok(read) = SafeFile::read(Value::from(other).to_string().as_bytes()) else { continue };
                let moved = read.tx.hashes(&read.at).safe_tx;
                // Below 1.3.0 the chain is not in the hash, and every review says so.
                if field == "chainId" && !file.at.version.signs_chain() {
                    let found = review(&read.at, &read.tx, &Facts::default());
                    assert!(warnings(&found).contains(&"replay"));
                    continue;
                }
                // Versions share their hash from 1.0.0 to 1.2.0 and from 1.3.0 on; the contract says which it is.
                if field == "version" {
                    continue;
                }
                assert_ne!(moved, hash, "{field} of {} changed at {at}", case["id"]);
            }
        }
    }
}

#[test]
fn t22_the_pair_of_operations_has_two_hashes_and_two_verdicts() {
    let call = plain(TOKEN, transfer(FRIEND, 5));
    let taken = SafeTx { operation: Operation::DelegateCall, ..call.clone() };
    let at = at(SafeVersion::V1_4_1);
    assert_ne!(call.hashes(&at).safe_tx, taken.hashes(&at).safe_tx);
    let (first, passed) = reviewed(&at, &call, &Facts::default());
    let proof = passed.unwrap();
    assert_eq!((proof.hashes(), proof.tx(), proof.at()), (&first.hashes, &call, &at));
    assert!(reviewed(&at, &taken, &Facts::default()).1.is_none());
}

#[test]
fn t22_each_bit_of_a_batch_flipped_shows_other_calls_or_blocks() {
    let honest = batch(&[
        entry(TOKEN, 0, &transfer(FRIEND, 5)),
        entry(SAFE, 0, &add_owner(STRANGER, 2)),
        entry(FRIEND, 7, &[1, 2, 3]),
    ]);
    let shown = |found: &Review| -> Vec<_> {
        let inner = found.calls.root.inner.iter();
        inner.map(|call| (call.to, call.value, call.operation, call.data.clone())).collect()
    };
    let (expected, hash) = (shown(&seen(&honest)), honest.hashes(&at(SafeVersion::V1_4_1)).safe_tx);
    let (mut others, mut blocked) = (0, 0);
    for bit in 0..honest.data.len() * 8 {
        let mut data = honest.data.to_vec();
        data[bit / 8] ^= 1 << (bit % 8);
        let found = seen(&SafeTx { data: data.into(), ..honest.clone() });
        assert_ne!(found.hashes.safe_tx, hash);
        match found.verdict.judgement() {
            Judgement::Block => blocked += 1,
            _ => others += 1,
        }
        assert!(found.verdict.judgement() == Judgement::Block || shown(&found) != expected, "bit {bit}");
    }
    assert!(others > 1_000 && blocked > 1_000, "{others} {blocked}");
}

#[test]
fn t13_a_hostile_file_of_the_largest_size_costs_little() {
    let multi = published(Contract::MultiSend, SafeVersion::V1_4_1);
    let filler = vec![0x5a; 1_500_000];
    let mut deep = multi_send(&[entry(FRIEND, 1, &filler)]);
    for _ in 0..20 {
        deep = multi_send(&[packed(1, multi, 0, &deep)]);
    }
    let wide = multi_send(&vec![entry(SAFE, 0, &add_owner(STRANGER, 1)); 12_000]);
    let none = multi_send(&[vec![0; 2_000_000]]);
    for data in [deep, wide, none, filler.into()] {
        let begun = std::time::Instant::now();
        let found = seen(&delegate(multi, data));
        assert_eq!(found.verdict.judgement(), Judgement::Block);
        let told = texts(&found).iter().map(String::len).sum::<usize>();
        println!("{:?}, {told} bytes told", begun.elapsed());
        assert!(told < 64 << 20, "{told}");
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "without any optimisation");
    }
}

/// Calldata of a function that is known here, its words small numbers, addresses or anything.
fn any_call() -> impl Strategy<Value = Bytes> {
    let selectors = bundled::selectors();
    let word = prop_oneof![
        4 => (0_u64..8).prop_map(|n| U256::from(n * 32).to_be_bytes::<32>()),
        2 => prop::sample::select(vec![SAFE, FRIEND, TOKEN, Address::ZERO]).prop_map(|a| a.into_word().0),
        1 => any::<[u8; 32]>(),
    ];
    (prop::sample::select(selectors), prop::collection::vec(word, 0..14), prop::collection::vec(any::<u8>(), 0..3))
        .prop_map(|(selector, words, tail)| [&selector[..], words.as_flattened(), &tail].concat().into())
}

proptest! {
    /// Whatever the calldata: nothing is called clean of which a part was not read to the last byte.
    #[test]
    fn clean_means_that_all_of_it_was_read(
        calls in prop::collection::vec((any_call(), 0_u8..4, prop::sample::select(vec![SAFE, FRIEND, TOKEN, STRANGER])), 1..4),
        alone: bool,
    ) {
        let entries: Vec<_> = calls.iter().map(|(data, operation, to)| packed(operation / 3, *to, 0, data)).collect();
        let tx = match calls.first() {
            Some((data, operation, to)) if alone => {
                workshop::transaction(*to, 0, data.clone(), Operation::of(operation / 3).unwrap())
            }
            _ => batch(&entries),
        };
        let found = review(&at(SafeVersion::V1_5_0), &tx, &Facts::default());
        let delegated = calls.iter().take(if alone { 1 } else { calls.len() }).any(|(_, operation, _)| *operation == 3);
        prop_assert!(!delegated || found.verdict.judgement() == Judgement::Block);
        for call in found.calls.all() {
            let read = match &call.meaning {
                Meaning::Nothing => true,
                Meaning::Decoded(decoded) => decoded.exact,
                Meaning::Unknown(_) | Meaning::Unreadable(_) => false,
            };
            prop_assert!(read || found.verdict.judgement() != Judgement::Clean);
            let own = call.to == SAFE && call.by == SAFE && call.meaning != Meaning::Nothing;
            prop_assert!(!own || found.verdict.judgement() != Judgement::Clean, "a Safe never calls itself unnoticed");
            let approves = call.meaning.which() == Some(Which::ApproveHash);
            prop_assert!(!approves || found.verdict.judgement() == Judgement::Block);
        }
        prop_assert!(!texts(&found).is_empty());
    }
}
