//! What a proposal is for, the queue of all kinds, and what a service was told.

use super::bench::*;
use crate::treasury::ethereum::proposal::*;
use crate::treasury::ethereum::review::{Facts, review};
use crate::treasury::ethereum::{SafeTx, SafeVersion};
use crate::treasury::proposal::{Listed, State};
use alloy_primitives::{Address, Bytes, U256, keccak256};

/// A call of the Safe to itself.
fn own(signature: &str, words: &[U256]) -> SafeTx {
    let selector = keccak256(signature).0;
    let words = words.iter().flat_map(|word| word.to_be_bytes::<32>());
    let data: Vec<u8> = selector[..4].iter().copied().chain(words).collect();
    SafeTx { to: SAFE, data: Bytes::from(data), ..payment(0, 7) }
}

fn number(address: Address) -> U256 {
    U256::from_be_bytes(address.into_word().0)
}

#[test]
fn a_kind_is_told_from_what_the_calls_do() {
    let (owner, new, one) = (number(account(0)), number(account(9)), U256::from(1));
    let cases = [
        (payment(1, 7), SafeKind::SafeTx),
        (rejection(7), SafeKind::SafeReject),
        (own("addOwnerWithThreshold(address,uint256)", &[new, one]), SafeKind::AddSigner),
        (own("removeOwner(address,address,uint256)", &[one, owner, one]), SafeKind::RemoveSigner),
        (own("swapOwner(address,address,address)", &[one, owner, new]), SafeKind::ConfigChange),
        (own("changeThreshold(uint256)", &[one]), SafeKind::ConfigChange),
        (own("enableModule(address)", &[new]), SafeKind::ConfigChange),
    ];
    for (tx, kind) in cases {
        assert_eq!(SafeKind::of(&review(&id().at(SafeVersion::V1_4_1), &tx, &Facts::default())), kind);
    }
}

#[test]
fn a_rejection_is_called_one() {
    let mut bench = Bench::new(1, 2);
    let mut event = bench.proposed(&rejection(7));
    if let SafeEvent::Proposed { kind, .. } = &mut event {
        *kind = SafeKind::SafeTx;
    }
    assert_eq!(bench.code(event, 1), "no-reject");
}

#[test]
fn the_same_transaction_is_proposed_once() {
    let mut bench = Bench::new(1, 2);
    let first = bench.propose(&payment(1, 7));
    assert_eq!(bench.code(bench.proposed(&payment(1, 7)), 1), "proposal-known");
    bench.sees(|stand| stand.threshold = U256::from(2)).unwrap();
    let anew = bench.proposed(&payment(1, 7));
    assert_ne!(anew.proposal(), Some(first), "under another policy it is another proposal");
    assert_eq!(bench.code(anew.clone(), 1), "proposal-known", "and the first one waits still");
    bench.does(SafeEvent::Cancelled { proposal: first, reason: "no".into() }, 2).unwrap();
    bench.does(anew, 2).unwrap();
}

#[test]
fn one_queue_numbers_all_proposals() {
    let mut bench = Bench::new(1, 2);
    let (first, second) = (bench.propose(&payment(1, 7)), bench.propose(&payment(2, 8)));
    let treasury = &bench.treasury;
    assert_eq!(treasury.queue().map(Listed::id).collect::<Vec<_>>(), [first, second]);
    assert_eq!((treasury.number(first), treasury.number(second)), (Some(1), Some(2)));
    let listed = treasury.listed(second).unwrap();
    assert_eq!((listed.kind(), listed.memo(), listed.approvals()), ("safe_tx", "rent[2J", (0, 1)));
    assert_eq!(listed.state_at(at(DAY)), State::Expired);
    assert_eq!(treasury.proposals().count(), 0);
}

#[test]
fn what_a_service_was_told_is_remembered() {
    let mut bench = Bench::new(2, 2);
    let proposal = bench.propose(&payment(1, 7));
    let told = |posted| SafeEvent::Posted { proposal, service: "safe.example".into(), posted };
    let signed = Posted::Confirmation { owner: account(0) };
    assert_eq!(bench.code(told(signed), 1), "no-seat", "there is nothing to tell");
    bench.approve(proposal, 0).unwrap();
    bench.does(told(signed), 2).unwrap();
    bench.does(told(signed), 2).unwrap();
    let found = bench.proposal(proposal);
    assert!(found.was_posted("safe.example", signed) && !found.was_posted("other.example", signed));
    assert!(!found.was_posted("safe.example", Posted::Proposal));
    assert_eq!(found.posted.len(), 1);
}
