//! What a node is asked before anybody has signed.

use crate::treasury::ethereum::SafeVersion;
use crate::treasury::ethereum::execute::simulate::{Answer, GUARD, Simulation};
use crate::treasury::ethereum::execute::{Call, Probe, Revert, Simulated};
use crate::treasury::ethereum::review::tests::workshop::{
    FRIEND, OWNERS, SAFE, STRANGER, at, batch, entry, send, state,
};
use crate::treasury::ethereum::signature::{Asked, Known, Outcome, Question, SafeFacts, judge};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};

fn facts(version: SafeVersion, threshold: usize) -> SafeFacts {
    SafeFacts { at: at(version), owners: OWNERS.to_vec(), threshold, handler: None }
}

#[test]
fn the_contract_takes_what_it_is_asked_with_once_the_overrides_hold() {
    for version in SafeVersion::ALL.into_iter().skip(1) {
        let (facts, tx) = (facts(version, 2), send(FRIEND, 5));
        let probe = Probe::new(&facts.at, &tx, &facts, STRANGER).unwrap();
        assert_eq!((probe.from, probe.to, probe.value), (STRANGER, SAFE, U256::ZERO));
        let call = Call::read(&probe.data, tx.nonce).unwrap();
        assert_eq!(call.tx, tx);
        let asked = Asked::of(&facts.at, &tx.hashes(&facts.at));
        let Outcome::Open(questions) = judge(&asked, &facts, &call.signatures, Some(STRANGER), &Known::default())
        else {
            panic!("{version}")
        };
        // Exactly the approvals that are asked for are taken for granted, and the nonce.
        let slots = &probe.storage[&SAFE];
        assert_eq!((probe.storage.len(), questions.len(), slots.len()), (1, 2, 3));
        for question in questions {
            let Question::Approved { owner, hash, .. } = question else { panic!() };
            // mapping(address => mapping(bytes32 => uint256)) at slot 8.
            let outer = keccak256([owner.into_word(), B256::with_last_byte(8)].concat());
            let slot = keccak256([hash, outer].concat());
            assert_eq!(slots[&slot], B256::with_last_byte(1));
        }
        assert_eq!(slots[&B256::with_last_byte(5)], B256::from(tx.nonce));
    }
    let facts = facts(SafeVersion::V0_1_0, 2);
    assert_eq!(Probe::new(&facts.at, &send(FRIEND, 5), &facts, STRANGER).unwrap_err().code(), "execute-version");
}

#[test]
fn the_guard_is_taken_away_in_one_place_only() {
    let (facts, tx) = (facts(SafeVersion::V1_4_1, 3), send(FRIEND, 5));
    let with = Probe::new(&facts.at, &tx, &facts, STRANGER).unwrap();
    let mut without = with.unguarded();
    assert_eq!(GUARD, keccak256("guard_manager.guard.address"));
    assert_eq!(without.storage.get_mut(&SAFE).unwrap().remove(&GUARD), Some(B256::ZERO));
    assert_eq!(without, with);
    assert!(!Probe::has_guard(&state()));
    let guarded = crate::treasury::ethereum::review::facts::State { guard: STRANGER, ..state() };
    assert!(Probe::has_guard(&guarded));
    let inner = Probe::inner(&facts.at, &tx).unwrap();
    assert_eq!((inner.from, inner.to, inner.value), (SAFE, FRIEND, U256::from(5)));
    assert!(Probe::inner(&facts.at, &batch(&[entry(FRIEND, 1, &[])])).is_none(), "it runs as the Safe");
    let few = SafeFacts { owners: vec![Address::repeat_byte(1)], ..facts };
    assert_eq!(Probe::new(&few.at, &tx, &few, STRANGER).unwrap_err().code(), "signature-few");
}

#[test]
fn answers_are_read_for_what_they_are() {
    let word = |byte| Answer::Returned(B256::with_last_byte(byte).to_vec().into());
    assert_eq!(Simulated::read(&word(1)), Simulated::Succeeds);
    assert_eq!(Simulated::read(&word(0)), Simulated::Fails);
    for odd in [Bytes::new(), vec![1].into(), B256::with_last_byte(2).to_vec().into(), vec![0; 64].into()] {
        assert_eq!(Simulated::read(&Answer::Returned(odd)), Simulated::Unread, "no code, or no Safe");
    }
    assert_eq!(Simulated::read(&Answer::Reverted(Bytes::new())), Simulated::Reverts(Revert::Bare));
    for text in ["execution reverted: GS013", "execution reverted:GS013", "GS013 "] {
        let Simulated::Reverts(why) = Simulated::read(&Answer::Refused(text.to_owned())) else { panic!() };
        assert_eq!(why.code(), "GS013");
    }
    assert_eq!(Simulated::read(&Answer::Refused("execution reverted".into())), Simulated::Reverts(Revert::Bare));
    let guard = Simulated::Reverts(Revert::Bare);
    let told = |whole: &Simulated, unguarded: Option<&Simulated>| {
        Simulation { whole: whole.clone(), unguarded: unguarded.cloned() }.guard_refuses()
    };
    assert!(told(&guard, Some(&Simulated::Succeeds)));
    assert!(!told(&guard, Some(&guard)) && !told(&guard, None));
    assert!(!told(&Simulated::Succeeds, Some(&Simulated::Succeeds)));
}
