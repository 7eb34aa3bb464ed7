//! What a chain says of a proposal, and what that makes of it.

use super::bench::*;
use crate::treasury::ethereum::proposal::*;
use crate::treasury::proposal::{Answer, State, Taken};
use alloy_primitives::{B256, U256, keccak256};

#[test]
fn a_block_confirms_once_and_one_that_goes_takes_it_back() {
    let mut bench = Bench::new(2, 3);
    let id = bench.ready(&payment(1, 7), 2);
    bench.send(id, 1);
    bench.does(mined(id, 1, Outcome::Success), 5).unwrap();
    assert_eq!(bench.state(id), State::Confirmed);
    assert_eq!(bench.code(mined(id, 1, Outcome::Success), 5), "illegal-move");
    assert_eq!(bench.code(SafeEvent::Reorged { proposal: id, block: B256::ZERO }, 5), "other-block");
    bench.does(SafeEvent::Reorged { proposal: id, block: B256::repeat_byte(1) }, 5).unwrap();
    assert_eq!((bench.state(id), bench.proposal(id).mined()), (State::Executing, None));
    bench.does(mined(id, 1, Outcome::Success), 6).unwrap();
    // Those who own the Safe later change nothing of what was done.
    bench.sees(|stand| stand.owners = vec![account(5), account(6)]).unwrap();
    assert_eq!((bench.state(id), bench.proposal(id).approved().count()), (State::Confirmed, 2));
}

#[test]
fn a_mined_transaction_can_be_a_failed_safe_transaction() {
    let mut bench = Bench::new(1, 2);
    let used = bench.ready(&payment(1, 7), 1);
    bench.send(used, 1);
    bench.does(mined(used, 1, Outcome::Failure), 5).unwrap();
    assert_eq!(bench.state(used), State::Failed { retryable: false }, "its nonce is used");
    assert_eq!(bench.code(executing(used, 2), 5), "illegal-move");
    let taken = bench.proposed(&payment(2, 7));
    assert_eq!(bench.code(taken, 5), "nonce-taken");
    let withdrawn = SafeEvent::Cancelled { proposal: used, reason: "no".into() };
    assert_eq!(bench.code(withdrawn, 5), "illegal-move", "what the chain has done nobody withdraws");

    let mut bench = Bench::new(1, 2);
    let kept = bench.ready(&payment(1, 7), 1);
    bench.send(kept, 1);
    bench.does(mined(kept, 1, Outcome::Reverted), 5).unwrap();
    assert_eq!(bench.state(kept), State::Failed { retryable: true }, "its nonce is kept");
    assert_eq!(bench.code(executing(kept, 1), 5), "not-sent", "that one stands in a block");
    bench.send(kept, 2);
    bench.does(mined(kept, 2, Outcome::Success), 5).unwrap();
    assert_eq!(bench.state(kept), State::Confirmed);
}

#[test]
fn what_is_replaced_or_dropped_may_be_executed_again_by_another_too() {
    let mut bench = Bench::new(1, 2);
    let id = bench.ready(&payment(1, 7), 1);
    let first = bench.send(id, 1);
    bench.send(id, 2);
    assert_eq!(bench.proposal(id).pending().count(), 2);
    bench.does(SafeEvent::Dropped { proposal: id, tx_hash: first }, 5).unwrap();
    assert_eq!(bench.state(id), State::Executing, "the other one is on its way");
    assert_eq!(bench.code(SafeEvent::Dropped { proposal: id, tx_hash: first }, 5), "not-sent");
    let tx_hash = keccak256(raw(2));
    assert_eq!(bench.code(SafeEvent::Replaced { proposal: id, tx_hash, by: tx_hash }, 5), "not-sent");
    bench.does(SafeEvent::Replaced { proposal: id, tx_hash, by: B256::ZERO }, 5).unwrap();
    assert_eq!(bench.state(id), State::Ready);
    bench.send(id, 1);
    bench.does(mined(id, 1, Outcome::Success), 6).unwrap();
    assert_eq!(bench.state(id), State::Confirmed);
}

#[test]
fn t21_a_used_nonce_says_whose_it_is() {
    let mut bench = Bench::new(1, 3);
    let (paid, rival, stopped) =
        (bench.propose(&payment(1, 7)), bench.propose(&payment(2, 7)), bench.propose(&rejection(8)));
    let rivals: Vec<_> = bench.treasury.safes().competitors(bench.proposal(paid)).iter().map(|one| one.id).collect();
    assert_eq!(rivals, [rival]);
    // Somebody else has executed one of them: what the logs prove needs no execution of ours.
    assert_eq!(bench.code(mined(paid, 9, Outcome::Reverted), 5), "not-sent");
    bench.does(mined(paid, 9, Outcome::Success), 5).unwrap();
    assert_eq!((bench.state(paid), bench.state(rival)), (State::Confirmed, State::Superseded(paid)));
    assert_eq!(bench.code(mined(rival, 8, Outcome::Success), 5), "nonce-taken");
    assert_eq!(bench.state(stopped), State::Proposed);
    bench.sees(|stand| stand.nonce = U256::from(9)).unwrap();
    assert_eq!(bench.state(stopped), State::Conflicted(Taken::Nonce(U256::from(8))));
    assert!(bench.proposal(stopped).ended.as_deref().unwrap().contains("nonce 8"));
    assert_eq!(bench.code(bench.approved(stopped, 0), 6), "illegal-move");
    assert_eq!(bench.code(bench.proposed(&payment(5, 8)), 6), "nonce-used");
    // The chain has the last word.
    bench.does(mined(stopped, 10, Outcome::Success), 6).unwrap();
    assert_eq!(bench.state(stopped), State::Confirmed);
}

#[test]
fn a_nonce_that_a_reorganisation_gives_back_is_free_again() {
    let mut bench = Bench::new(1, 3);
    let (paid, rival) = (bench.ready(&payment(1, 7), 1), bench.propose(&payment(2, 7)));
    bench.does(mined(paid, 1, Outcome::Success), 5).unwrap();
    bench.does(SafeEvent::Reorged { proposal: paid, block: B256::repeat_byte(1) }, 6).unwrap();
    assert_eq!((bench.state(paid), bench.state(rival)), (State::Executing, State::Proposed));
    bench.sees(|stand| stand.nonce = U256::from(8)).unwrap();
    assert_eq!(bench.state(rival), State::Conflicted(Taken::Nonce(U256::from(7))));
    assert_eq!(bench.state(paid), State::Executing, "what is on its way may be what has used it");
    bench.sees(|stand| stand.nonce = U256::from(7)).unwrap();
    assert_eq!(bench.state(rival), State::Proposed);
}

#[test]
fn only_the_next_nonce_is_executed_and_only_a_rejection_races() {
    let mut bench = Bench::new(1, 3);
    let (first, rival, later) =
        (bench.ready(&payment(1, 7), 1), bench.ready(&payment(2, 7), 1), bench.ready(&payment(3, 9), 1));
    let stop = bench.ready(&rejection(7), 1);
    assert_eq!(bench.code(executing(later, 1), 4), "nonce-not-next");
    let gap = |bench: &Bench| bench.treasury.safes().gap(bench.proposal(later));
    assert_eq!(gap(&bench), U256::from(1), "nothing waits for the nonce 8");
    assert_eq!(bench.treasury.safes().next_nonce(id()).unwrap(), U256::from(8));
    bench.send(first, 1);
    assert_eq!(bench.code(executing(rival, 2), 4), "competes");
    bench.send(stop, 3);
    bench.does(mined(stop, 3, Outcome::Success), 5).unwrap();
    for lost in [first, rival] {
        assert_eq!(bench.state(lost), State::Superseded(stop));
    }
    // What had lost is undone in a block: that is known of it, and changes nothing.
    bench.does(mined(first, 1, Outcome::Reverted), 5).unwrap();
    assert_eq!(bench.state(first), State::Superseded(stop));
    bench.sees(|stand| stand.nonce = U256::from(8)).unwrap();
    assert_eq!(bench.treasury.safes().next_nonce(id()).unwrap(), U256::from(8));
}

#[test]
fn a_lagging_answer_of_a_node_is_not_lost_on_a_failed_try() {
    let mut bench = Bench::new(1, 2);
    let id = bench.ready(&payment(1, 7), 1);
    bench.does(executing(id, 1), 4).unwrap();
    bench.sees(|stand| stand.threshold = U256::from(2)).unwrap();
    bench.does(sent(id, 1, Answer::Refused { reason: "GS020".into(), retryable: true }), 5).unwrap();
    assert_eq!(bench.code(executing(id, 2), 5), "quorum", "the Safe wants more by now");
    bench.approve(id, 1).unwrap();
    bench.send(id, 2);
}
