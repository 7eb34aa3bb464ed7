//! Owners of whom only the chain knows whether they have approved, and owners that are Safes of the journal.

use super::bench::*;
use crate::treasury::ethereum::SafeMessage;
use crate::treasury::ethereum::proposal::*;
use crate::treasury::ethereum::signature::Confirmation;
use crate::treasury::proposal::{ProposalId, Signer, State};
use alloy_primitives::{Address, Bytes, address};

const CHILD: Address = address!("aFeA6423239b408661430104aDF298BD364Af8Ce");

/// A Safe of two, of whom one is a contract.
fn owned_by_a_contract() -> (Bench, ProposalId) {
    let mut bench = Bench::default();
    let stand = stand(2, &[account(0), CHILD]);
    bench.does(SafeEvent::Added { safe: id(), name: "Ops".into(), stand }, 0).unwrap();
    let proposal = bench.propose(&payment(1, 7));
    bench.approve(proposal, 0).unwrap();
    (bench, proposal)
}

fn said(proposal: ProposalId, owner: Address, signature: Bytes, on_chain: Option<OnChain>) -> SafeEvent {
    SafeEvent::Approved { proposal, owner, signer: Signer::File, signature, on_chain }
}

fn answer(block: u64, yes: bool) -> OnChain {
    OnChain { block, yes }
}

#[test]
fn a_contracts_signature_counts_while_the_chain_says_so() {
    let (mut bench, proposal) = owned_by_a_contract();
    let asked = bench.proposal(proposal).asked();
    let bytes = Confirmation::contract(CHILD, vec![1, 2, 3].into(), &asked).unwrap().bytes();
    let event = |on_chain| said(proposal, CHILD, bytes.clone(), on_chain);
    assert_eq!(bench.code(event(None), 2), "chain-unasked");
    assert_eq!(bench.code(event(Some(answer(100, false))), 2), "chain-denies");
    bench.does(event(Some(answer(100, true))), 2).unwrap();
    assert_eq!(bench.state(proposal), State::Ready);
    let again = |block, yes| SafeEvent::Asked { proposal, owner: CHILD, on_chain: answer(block, yes) };
    assert_eq!(bench.code(again(99, false), 3), "stale");
    bench.does(again(105, false), 3).unwrap();
    assert_eq!(bench.state(proposal), State::Collecting, "its keys have changed");
    assert_eq!(bench.proposal(proposal).seat(CHILD).unwrap().on_chain, Some(answer(105, false)));
    assert_eq!(bench.code(executing(proposal, 1), 3), "illegal-move");
    // It signs anew.
    bench.does(event(Some(answer(106, true))), 4).unwrap();
    assert_eq!(bench.state(proposal), State::Ready);
    assert_eq!(bench.code(event(Some(answer(107, true))), 4), "already-approved");
    bench.does(mined(proposal, 1, Outcome::Success), 5).unwrap();
    assert_eq!(bench.code(again(108, false), 6), "illegal-move", "what is done stays as it was");
}

#[test]
fn an_approved_hash_counts_while_the_chain_says_so() {
    let mut bench = Bench::new(2, 2);
    let proposal = bench.ready(&payment(1, 7), 2);
    let other = bench.propose(&payment(2, 8));
    let bytes = Confirmation::approval(account(1), &bench.proposal(other).asked()).bytes();
    assert_eq!(bench.code(said(other, account(1), bytes.clone(), None), 2), "chain-unasked");
    bench.does(said(other, account(1), bytes, Some(answer(100, true))), 2).unwrap();
    assert_eq!(bench.state(other), State::Collecting);
    bench.does(SafeEvent::Asked { proposal: other, owner: account(1), on_chain: answer(101, false) }, 2).unwrap();
    assert_eq!(bench.state(other), State::Proposed);
    // A key's signature proves itself: the chain is not asked.
    let on_chain = answer(101, true);
    assert_eq!(bench.code(SafeEvent::Asked { proposal, owner: account(0), on_chain }, 2), "no-question");
    let mut event = bench.approved(other, 0);
    if let SafeEvent::Approved { on_chain, .. } = &mut event {
        *on_chain = Some(answer(101, true));
    }
    assert_eq!(bench.code(event, 2), "no-question");
}

#[test]
fn t19_an_owner_that_is_a_safe_of_the_journal_is_checked_by_its_own_owners() {
    let (mut bench, proposal) = owned_by_a_contract();
    let child = SafeId { address: CHILD, ..id() };
    let inner = stand(1, &[account(5)]);
    bench.does(SafeEvent::Added { safe: child, name: "Inner".into(), stand: inner.clone() }, 2).unwrap();
    let found = bench.proposal(proposal);
    let asked = found.asked();
    let message = SafeMessage::of_child(found.at().version, found.hashes()).hashes(&inner.at(child)).safe_tx;
    let signed = |n, hash| Confirmation::contract(CHILD, sign(n, hash), &asked).unwrap().bytes();
    assert_eq!(bench.code(said(proposal, CHILD, signed(6, message), None), 2), "signature-contract");
    assert_eq!(bench.code(said(proposal, CHILD, signed(5, asked.hash), None), 2), "signature-contract");
    bench.does(said(proposal, CHILD, signed(5, message), None), 2).unwrap();
    assert_eq!(bench.state(proposal), State::Ready, "without asking the chain");
    let seen = Stand { owners: vec![account(6)], block: 101, ..inner };
    bench.does(SafeEvent::Seen { safe: child, stand: seen }, 3).unwrap();
    assert_eq!(bench.state(proposal), State::Collecting, "who signed no longer owns the owner");
}
