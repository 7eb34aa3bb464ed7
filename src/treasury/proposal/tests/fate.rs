//! What a chain says of a transaction, and what that makes of its proposal.

use super::bench::{Bench, coin};
use crate::treasury::proposal::{Answer, Event, ProposalId, State, Status, Taken, became, unsettled};
use bdk_wallet::chain::BlockId;
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, Txid};

fn block(height: u32) -> BlockId {
    BlockId { height, hash: BlockHash::from_byte_array([u8::try_from(height).unwrap(); 32]) }
}

/// A payment of coin 0 that a node took.
fn sent() -> (Bench, ProposalId) {
    let mut bench = Bench::new(2, 3);
    let id = bench.propose(&[0], 50_000);
    bench.approve(id, 0).unwrap();
    bench.approve(id, 1).unwrap();
    bench.send(id, Answer::Accepted).unwrap();
    (bench, id)
}

/// Writes down what a chain says; gives how many entries that took.
fn hear(bench: &mut Bench, id: ProposalId, status: Status) -> usize {
    let events = became(&bench.treasury, id, status, "node");
    events.iter().for_each(|event| bench.does(event, 5).unwrap());
    events.len()
}

#[test]
fn a_block_confirms_once_and_another_block_anew() {
    let (mut bench, id) = sent();
    assert_eq!(hear(&mut bench, id, Status::Unconfirmed), 0, "that it waits is no news");
    assert_eq!(hear(&mut bench, id, Status::Confirmed(block(7))), 1);
    assert_eq!(hear(&mut bench, id, Status::Confirmed(block(7))), 0);
    assert_eq!(hear(&mut bench, id, Status::Confirmed(block(8))), 2, "it left one block and is in another");
    assert_eq!((bench.state(id), bench.proposal(id).mined.unwrap().height), (State::Confirmed, 8));
}

#[test]
fn what_left_its_block_is_on_its_way_again() {
    for status in [Status::Unconfirmed, Status::Unknown] {
        let (mut bench, id) = sent();
        hear(&mut bench, id, Status::Confirmed(block(7)));
        assert_eq!(hear(&mut bench, id, status), 1);
        assert_eq!((bench.state(id), bench.proposal(id).mined), (State::Executing, None));
        assert_eq!(hear(&mut bench, id, status), 0);
    }
}

#[test]
fn what_merely_waits_ends_nothing() {
    let (mut bench, id) = sent();
    let stranger = Status::Replaced { by: Txid::all_zeros(), coin: coin(0), confirmed: false };
    assert_eq!(hear(&mut bench, id, stranger), 0, "a server can invent it");
    assert_eq!(hear(&mut bench, id, Status::Unknown), 0, "another server may know it");
    let open = bench.propose(&[0], 40_000);
    assert_eq!(hear(&mut bench, open, stranger), 0);
    hear(&mut bench, id, Status::Confirmed(block(7)));
    assert_eq!(hear(&mut bench, id, stranger), 1, "it left its block all the same");
    assert_eq!(bench.state(id), State::Executing);
}

#[test]
fn a_coin_spent_in_a_block_ends_it_and_says_by_whom() {
    let (mut bench, id) = sent();
    assert_eq!(hear(&mut bench, id, Status::Replaced { by: Txid::all_zeros(), coin: coin(0), confirmed: true }), 1);
    assert_eq!(bench.state(id), State::Conflicted(Taken::Coin(coin(0))));

    // The same coins in a proposal of ours.
    let (mut bench, id) = sent();
    let payment = bench.payment(&[0], 45_000);
    let event = bench.proposed_with(&payment, Some(id));
    let Event::Proposed { proposal: bump, .. } = event else { unreachable!() };
    bench.does(&event, 2).unwrap();
    bench.approve(bump, 0).unwrap();
    bench.approve(bump, 1).unwrap();
    let by = bench.proposal(bump).txid().unwrap();
    bench.does(&Event::Finalised { proposal: bump, txid: by }, 3).unwrap();
    // What the bump is to replace still waits.
    let old = bench.proposal(id).txid().unwrap();
    assert_eq!(hear(&mut bench, bump, Status::Replaced { by: old, coin: coin(0), confirmed: false }), 0);
    assert_eq!(hear(&mut bench, id, Status::Replaced { by, coin: coin(0), confirmed: true }), 1);
    assert_eq!(bench.state(id), State::Superseded(bump));
}

#[test]
fn an_answer_that_nobody_wrote_down_is_asked_of_the_chain() {
    let mut bench = Bench::new(2, 3);
    let id = bench.propose(&[0], 50_000);
    bench.approve(id, 0).unwrap();
    bench.approve(id, 1).unwrap();
    let txid = bench.proposal(id).txid().unwrap();
    bench.does(&Event::Finalised { proposal: id, txid }, 3).unwrap();
    bench.does(&Event::Broadcasting { proposal: id, txid }, 3).unwrap();
    assert_eq!(hear(&mut bench, id, Status::Unknown), 0);
    assert_eq!(hear(&mut bench, id, Status::Unconfirmed), 1);
    let answer = bench.proposal(id).sent.clone().unwrap().answer.unwrap();
    assert_eq!((answer.0.as_str(), answer.1), ("node", Answer::Known));
}

#[test]
fn a_chain_is_asked_for_what_may_still_change_and_first_for_what_was_sent() {
    let (mut bench, first) = sent();
    let wallet = bench.wallet.id();
    let open = bench.propose(&[1], 50_000);
    let asked = |bench: &Bench, height| -> Vec<ProposalId> {
        unsettled(&bench.treasury, wallet, height).into_iter().map(|(id, _)| id).collect()
    };
    assert_eq!(asked(&bench, 7), [first, open]);
    for (id, transaction) in unsettled(&bench.treasury, wallet, 7) {
        assert_eq!(Some(transaction.compute_txid()), bench.proposal(id).txid());
    }
    hear(&mut bench, first, Status::Confirmed(block(7)));
    assert_eq!(asked(&bench, 106), [open, first], "its block may still go");
    assert_eq!(asked(&bench, 107), [open]);
    // Somebody sent it from elsewhere.
    assert_eq!(hear(&mut bench, open, Status::Confirmed(block(9))), 1);
    assert_eq!(bench.state(open), State::Confirmed);
    assert_eq!(asked(&bench, 200), []);
}
