//! Receipts as Safes of every version write them, and with every byte changed.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use alloy_primitives::keccak256;
use proptest::prelude::*;

const SAFE: Address = Address::repeat_byte(0x5a);
const HASH: B256 = B256::repeat_byte(0x77);

/// What a Safe of this version writes.
fn event(version: SafeVersion, kind: B256, payment: u64) -> Log {
    let payment = B256::from(U256::from(payment));
    let (topics, data) = match version {
        version if version <= SafeVersion::V1_0_0 => (vec![kind], HASH.to_vec()),
        version if version <= SafeVersion::V1_3_0 => (vec![kind], [HASH, payment].concat()),
        _ => (vec![kind, HASH], payment.to_vec()),
    };
    Log { address: SAFE, topics, data: data.into() }
}

fn failing(version: SafeVersion) -> B256 {
    if version <= SafeVersion::V1_0_0 { FAILED } else { FAILURE }
}

fn of(logs: Vec<Log>) -> Receipt {
    Receipt { succeeded: true, logs }
}

/// What else stands in a receipt: a token's transfer, and the longer event of an L2 Safe.
fn noise() -> Vec<Log> {
    let transfer = keccak256("Transfer(address,address,uint256)");
    let token = Address::repeat_byte(1);
    let l2 = keccak256(
        "SafeMultiSigTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes,bytes)",
    );
    vec![
        Log { address: token, topics: vec![transfer, HASH, HASH], data: HASH.to_vec().into() },
        Log { address: SAFE, topics: vec![l2], data: vec![0; 480].into() },
        Log { address: SAFE, topics: vec![], data: Bytes::new() },
    ]
}

#[test]
fn the_events_are_those_of_the_contracts() {
    assert_eq!(FAILED, keccak256("ExecutionFailed(bytes32)"));
    assert_eq!(FAILURE, keccak256("ExecutionFailure(bytes32,uint256)"));
    assert_eq!(SUCCESS, keccak256("ExecutionSuccess(bytes32,uint256)"));
}

#[test]
fn each_version_says_it_in_its_own_way_and_in_no_other() {
    for version in SafeVersion::ALL {
        let told = |logs: Vec<Log>| told(version, SAFE, HASH, &of([noise(), logs].concat()));
        let nothing = if version <= SafeVersion::V1_0_0 { Told::Silent } else { Told::Unrelated };
        assert_eq!(told(vec![]), nothing, "{version}");
        for writer in SafeVersion::ALL {
            let same = |at: SafeVersion| (at <= SafeVersion::V1_0_0, at <= SafeVersion::V1_3_0);
            let reads = same(version) == same(writer);
            let payment = (writer > SafeVersion::V1_0_0).then_some(U256::from(21));
            let failed = if reads { Told::Failure { payment } } else { nothing };
            assert_eq!(told(vec![event(writer, failing(writer), 21)]), failed, "{version} {writer}");
            let success = match reads && writer > SafeVersion::V1_0_0 {
                true => Told::Success { payment: U256::from(21) },
                false => nothing,
            };
            assert_eq!(told(vec![event(writer, SUCCESS, 21)]), success, "{version} {writer}");
        }
        let reverted = Receipt { succeeded: false, logs: vec![event(version, SUCCESS, 0)] };
        assert_eq!(super::told(version, SAFE, HASH, &reverted), Told::Reverted);
    }
}

#[test]
fn only_the_safes_own_word_about_this_very_hash_counts() {
    for version in SafeVersion::ALL {
        let nothing = if version <= SafeVersion::V1_0_0 { Told::Silent } else { Told::Unrelated };
        for kind in [SUCCESS, failing(version)] {
            let other = Log { address: Address::repeat_byte(0x5b), ..event(version, kind, 0) };
            assert_eq!(told(version, SAFE, HASH, &of(vec![other])), nothing);
            let receipt = of(vec![event(version, kind, 0)]);
            assert_eq!(told(version, SAFE, B256::repeat_byte(0x78), &receipt), nothing);
        }
        if version > SafeVersion::V1_0_0 {
            // A batch that carries out another Safe transaction first, and a failure beside a success.
            let mut logs = vec![event(version, SUCCESS, 1), event(version, SUCCESS, 2)];
            assert_eq!(told(version, SAFE, HASH, &of(logs.clone())), Told::Success { payment: U256::from(1) });
            logs.push(event(version, FAILURE, 3));
            assert_eq!(told(version, SAFE, HASH, &of(logs)), Told::Failure { payment: Some(U256::from(3)) });
        }
    }
}

/// Every byte of an event, changed in every bit: nothing but the payment may change without the word being lost.
#[test]
fn every_byte_that_is_changed_takes_the_word_away() {
    for version in SafeVersion::ALL.into_iter().filter(|version| *version > SafeVersion::V1_0_0) {
        let log = event(version, SUCCESS, 21);
        let mut places = 0;
        for bit in 0..8_u8 {
            let flip = |byte: &mut u8| *byte ^= 1 << bit;
            let mut changed = Vec::new();
            for at in 0..20 {
                let mut log = log.clone();
                flip(&mut log.address.0[at]);
                changed.push(log);
            }
            for (topic, at) in (0..log.topics.len()).flat_map(|topic| (0..32).map(move |at| (topic, at))) {
                let mut log = log.clone();
                flip(&mut log.topics[topic].0[at]);
                changed.push(log);
            }
            let paid = log.data.len() - 32;
            for at in 0..paid {
                let mut data = log.data.to_vec();
                flip(&mut data[at]);
                changed.push(Log { data: data.into(), ..log.clone() });
            }
            for log in changed {
                places += 1;
                assert_eq!(told(version, SAFE, HASH, &of(vec![log])), Told::Unrelated);
            }
            for at in paid..log.data.len() {
                let mut data = log.data.to_vec();
                flip(&mut data[at]);
                let payment = U256::from_be_slice(&data[paid..]);
                let log = Log { data: data.into(), ..log.clone() };
                assert_eq!(told(version, SAFE, HASH, &of(vec![log])), Told::Success { payment });
            }
        }
        assert_eq!(places, 8 * (20 + 64));
        for length in (0..log.data.len()).chain([log.data.len() + 1, log.data.len() + 32]) {
            let mut data = log.data.to_vec();
            data.resize(length, 0);
            let log = Log { data: data.into(), ..log.clone() };
            assert_eq!(told(version, SAFE, HASH, &of(vec![log])), Told::Unrelated, "{length}");
        }
        let more = Log { topics: [&log.topics[..], &[HASH]].concat(), ..log.clone() };
        assert_eq!(told(version, SAFE, HASH, &of(vec![more])), Told::Unrelated);
    }
}

proptest! {
    #[test]
    fn any_events_are_read_or_passed_over(
        logs in prop::collection::vec((any::<bool>(), prop::collection::vec(0u8..4, 0..5), prop::collection::vec(any::<u8>(), 0..130)), 0..8),
        succeeded: bool,
    ) {
        let topics = [SUCCESS, FAILURE, FAILED, HASH];
        let logs = logs.into_iter().map(|(own, kinds, data)| Log {
            address: if own { SAFE } else { Address::ZERO },
            topics: kinds.into_iter().map(|kind| topics[usize::from(kind)]).collect(),
            data: data.into(),
        });
        let receipt = Receipt { succeeded, logs: logs.collect() };
        for version in SafeVersion::ALL {
            let told = told(version, SAFE, HASH, &receipt);
            prop_assert_eq!(told == Told::Reverted, !succeeded);
            let own = receipt.logs.iter().any(|log| log.address == SAFE);
            prop_assert!(own || matches!(told, Told::Reverted | Told::Silent | Told::Unrelated));
        }
    }
}
