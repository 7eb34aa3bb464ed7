//! Rules 1 to 7 of the approval model.

use super::bench::*;
use crate::treasury::ethereum::SafeTx;
use crate::treasury::ethereum::proposal::*;
use crate::treasury::proposal::{Answer, ProposalId, Refusal, Signer, State};
use alloy_primitives::{B256, U256, keccak256};

#[test]
fn rule1_ready_is_a_count_of_distinct_owners_with_verified_signatures() {
    let mut bench = Bench::new(2, 3);
    let id = bench.propose(&payment(1, 7));
    assert_eq!(bench.state(id), State::Proposed);
    bench.approve(id, 2).unwrap();
    assert_eq!(bench.state(id), State::Collecting);
    assert_eq!(bench.approve(id, 2), Err(SafeRefusal::Already(account(2)).into()), "one owner never counts twice");
    assert_eq!(bench.state(id), State::Collecting);
    bench.approve(id, 0).unwrap();
    assert_eq!(bench.state(id), State::Ready);
    let mut owners = vec![account(0), account(2)];
    owners.sort();
    let packed: Vec<_> = bench.proposal(id).confirmations().iter().map(|one| one.owner).collect();
    assert_eq!(packed, owners, "in the order in which the contract wants them");
}

#[test]
fn rule1_what_does_not_verify_never_counts() {
    let mut bench = Bench::new(2, 3);
    let (id, other) = (bench.propose(&payment(1, 7)), bench.propose(&payment(2, 8)));
    let said = |signature, n| SafeEvent::Approved {
        proposal: id,
        owner: account(n),
        signer: Signer::File,
        signature,
        on_chain: None,
    };
    let hash = bench.proposal(id).hashes().safe_tx;
    // Another key's in the name of this owner, a stranger's in their own, one over another transaction (T28).
    assert_eq!(bench.code(said(sign(1, hash), 0), 2), "signature-other");
    assert_eq!(bench.code(said(sign(9, hash), 9), 2), "no-seat");
    let replayed = bench.proposal(other).hashes().safe_tx;
    assert_eq!(bench.code(said(sign(0, replayed), 0), 2), "signature-other");
    let right = sign(0, hash);
    for bit in 0..right.len() * 8 {
        let mut wrong = right.to_vec();
        wrong[bit / 8] ^= 1 << (bit % 8);
        assert!(bench.does(said(wrong.into(), 0), 2).is_err(), "bit {bit}");
    }
    assert_eq!(bench.proposal(id).approved().count(), 0);
}

#[test]
fn rule1_a_signature_of_this_desk_comes_after_its_review() {
    let mut bench = Bench::new(1, 3);
    let proposal = bench.propose(&payment(1, 7));
    let owner = account(0);
    let mut event = bench.approved(proposal, 0);
    let SafeEvent::Approved { signer, .. } = &mut event else { unreachable!() };
    *signer = Signer::Device;
    assert_eq!(bench.code(event.clone(), 2), "illegal-move");
    assert_eq!(bench.code(SafeEvent::AwaitingDevice { proposal, owner }, 2), "illegal-move");
    bench.does(SafeEvent::Viewed { proposal, owner, digest: "d\u{7}".into() }, 2).unwrap();
    bench.does(SafeEvent::AwaitingDevice { proposal, owner }, 2).unwrap();
    bench.does(SafeEvent::SigningFailed { proposal, owner, code: "no".into() }, 2).unwrap();
    assert_eq!(bench.code(event.clone(), 2), "illegal-move");
    bench.does(SafeEvent::AwaitingDevice { proposal, owner }, 2).unwrap();
    bench.does(event, 2).unwrap();
    assert_eq!(bench.state(proposal), State::Ready);
}

#[test]
fn rule2_a_quorum_that_cannot_come_together_rejects_at_once() {
    let mut bench = Bench::new(3, 5);
    let id = bench.propose(&payment(1, 7));
    bench.approve(id, 4).unwrap();
    bench.does(rejected(id, 0), 2).unwrap();
    bench.does(rejected(id, 1), 2).unwrap();
    assert_eq!(bench.state(id), State::Collecting, "three are left, and three are needed");
    bench.does(rejected(id, 2), 2).unwrap();
    assert_eq!(bench.state(id), State::Rejected);
    let why = "3 of 5 owners refuse: the 3 that it takes cannot come together";
    assert_eq!(bench.proposal(id).ended.as_deref(), Some(why));
    assert_eq!(bench.code(bench.approved(id, 3), 2), "illegal-move");
    // It stays refused when the Safe has other owners.
    bench.sees(|stand| stand.threshold = U256::from(1)).unwrap();
    assert_eq!(bench.state(id), State::Rejected);
}

#[test]
fn rule4_time_runs_out_for_approving_and_executing() {
    let mut bench = Bench::new(2, 3);
    let id = bench.propose(&payment(1, 7));
    let over = Err(Refusal::Expired(at(DAY)));
    bench.approve(id, 0).unwrap();
    assert_eq!(bench.does(bench.approved(id, 1), DAY), over);
    assert_eq!(bench.does(rejected(id, 1), DAY), over);
    assert_eq!(bench.does(SafeEvent::Expired { proposal: id }, DAY - 1), Err(Refusal::NotExpired(at(DAY))));
    bench.does(bench.approved(id, 1), DAY - 1).unwrap();
    assert_eq!(bench.does(executing(id, 1), DAY), over);
    assert_eq!(bench.proposal(id).state_at(at(DAY)), State::Expired, "nobody has to write it down");
    let warning = bench.proposal(id).warning(at(DAY)).unwrap();
    assert!(warning.contains("2 of 2") && warning.contains("until the nonce 7 is used"), "{warning}");
    assert_eq!(bench.proposal(id).warning(at(DAY - 1)), None);
    bench.does(SafeEvent::Expired { proposal: id }, DAY).unwrap();
    assert_eq!(bench.state(id), State::Expired);
    let late = bench.proposed(&payment(2, 7));
    assert_eq!(bench.code(late, DAY), "expiry");
}

#[test]
fn rule6_a_rejection_is_signed_by_whoever_speaks_for_the_owner() {
    let mut bench = Bench::new(2, 3);
    let proposal = bench.propose(&payment(1, 7));
    let (owner, stranger) = (account(0), identity(50));
    let SafeEvent::Rejected { reason, identity: right, .. } = rejected(proposal, 0) else { unreachable!() };
    let forged =
        |identity, signature| SafeEvent::Rejected { proposal, owner, reason: reason.clone(), identity, signature };
    let by_stranger = stranger.refuse_for(proposal, owner, &reason);
    assert_eq!(bench.code(forged(stranger.identity(), by_stranger), 2), "other-identity");
    assert_eq!(bench.code(forged(right, by_stranger), 2), "rejection-forged");
    let key = identity(0);
    for (of, owner, why) in
        [(ProposalId([0; 32]), owner, &*reason), (proposal, account(1), &reason), (proposal, owner, "no")]
    {
        assert_eq!(bench.code(forged(right, key.refuse_for(of, owner, why)), 2), "rejection-forged");
    }
    assert_eq!(bench.code(claim(0, stranger.identity()), 2), "other-identity");
    assert_eq!(bench.code(claim(9, stranger.identity()), 2), "no-seat");
    bench.does(rejected(proposal, 0), 2).unwrap();
    let mut fresh = Bench::default();
    let owners = [account(0), account(1)];
    fresh.does(SafeEvent::Added { safe: id(), name: "Ops".into(), stand: stand(1, &owners) }, 0).unwrap();
    let proposal = fresh.propose(&payment(1, 7));
    assert_eq!(fresh.code(rejected(proposal, 0), 2), "seat-unclaimed");
}

#[test]
fn rule7_nothing_is_executed_by_itself_and_the_answer_is_the_nodes() {
    let mut bench = Bench::new(2, 3);
    let id = bench.propose(&payment(1, 7));
    bench.approve(id, 0).unwrap();
    assert_eq!(bench.code(executing(id, 1), 3), "illegal-move", "there is no quorum");
    bench.approve(id, 1).unwrap();
    assert_eq!((bench.state(id), bench.proposal(id).executions.len()), (State::Ready, 0));
    assert_eq!(bench.code(sent(id, 1, Answer::Accepted), 3), "not-sent", "no answer without a question");
    let SafeEvent::Executing { proposal, sender, account_nonce, fees, raw, .. } = executing(id, 1) else { panic!() };
    let other = SafeEvent::Executing { proposal, tx_hash: B256::ZERO, sender, account_nonce, fees, raw };
    assert_eq!(bench.code(other, 3), "other-transaction");
    bench.does(executing(id, 1), 3).unwrap();
    assert!(bench.proposal(id).is_unanswered(), "after a crash here the node has to be asked");
    bench.does(executing(id, 1), DAY + 1).unwrap();
    assert_eq!(bench.proposal(id).executions.len(), 1, "asking again is safe, even when the time has run out");
    let refused = |retryable| Answer::Refused { reason: "fee too low\u{1b}".into(), retryable };
    bench.does(sent(id, 1, refused(true)), DAY + 1).unwrap();
    assert_eq!(bench.state(id), State::Failed { retryable: true });
    assert_eq!(bench.proposal(id).ended.as_deref(), Some("the node does not take it: fee too low"));
    assert_eq!(bench.code(executing(id, 2), DAY + 2), "expired");
    bench.send(id, 2);
    assert_eq!(bench.state(id), State::Executing);
    bench.does(sent(id, 2, refused(false)), 5).unwrap();
    assert_eq!(bench.state(id), State::Executing, "what one node took is out there");
    assert!(!bench.proposal(id).is_unanswered());
    assert_eq!(bench.code(SafeEvent::Cancelled { proposal: id, reason: "no".into() }, 5), "illegal-move");
    bench.does(SafeEvent::Failed { proposal: id, reason: "simulated".into(), retryable: false }, 5).unwrap();
    assert_eq!(bench.state(id), State::Failed { retryable: false });
    assert_eq!(bench.code(executing(id, 3), 5), "illegal-move");
}

#[test]
fn a_withdrawn_proposal_is_over_and_its_signatures_are_told_of() {
    let mut bench = Bench::new(2, 3);
    let proposal = bench.propose(&payment(1, 7));
    bench.approve(proposal, 0).unwrap();
    bench.does(SafeEvent::Cancelled { proposal, reason: "no\u{202e}".into() }, 2).unwrap();
    assert_eq!((bench.state(proposal), bench.proposal(proposal).ended.as_deref()), (State::Cancelled, Some("no")));
    assert_eq!(bench.code(bench.approved(proposal, 1), 2), "illegal-move");
    assert!(bench.proposal(proposal).warning(at(3)).unwrap().contains("1 of 2 signatures"));
}

#[test]
fn text_of_others_is_printable_and_short() {
    let mut bench = Bench::new(1, 2);
    let mut event = bench.proposed(&payment(1, 7));
    if let SafeEvent::Proposed { memo, created_by, .. } = &mut event {
        (*memo, *created_by) = ("x".repeat(5_000), "\u{1b}]0;evil\u{7}bob".into());
    }
    let proposal = event.proposal().unwrap();
    bench.does(event, 1).unwrap();
    let found = bench.proposal(proposal);
    assert_eq!(found.memo.len(), crate::treasury::proposal::LONGEST_TEXT);
    assert!(found.created_by.chars().all(|c| !c.is_control()));
}

#[test]
fn what_nodes_do_not_pass_on_is_not_kept() {
    let mut bench = Bench::new(1, 2);
    let long = SafeTx { data: vec![0; (128 << 10) + 1].into(), ..payment(1, 7) };
    assert_eq!(bench.code(bench.proposed(&long), 1), "too-long");
    let proposal = bench.ready(&payment(1, 7), 1);
    let mut event = executing(proposal, 1);
    if let SafeEvent::Executing { raw, tx_hash, .. } = &mut event {
        *raw = vec![0; (128 << 10) + 1].into();
        *tx_hash = keccak256(&raw);
    }
    assert_eq!(bench.code(event, 2), "too-long");
}

#[test]
fn nothing_is_approved_for_an_archived_safe_even_where_a_clock_goes_back() {
    let mut bench = Bench::new(2, 3);
    let proposal = bench.propose(&payment(1, 7));
    bench.does(SafeEvent::Archived { safe: id(), reason: "moved".into() }, DAY).unwrap();
    assert_eq!(bench.code(bench.approved(proposal, 0), 2), "archived");
}
