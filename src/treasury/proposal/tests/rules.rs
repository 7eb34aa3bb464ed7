//! Rules 1 to 8 of the approval model.

use super::bench::*;
use crate::treasury::proposal::*;
use bitcoin::BlockHash;
use bitcoin::hashes::Hash;

#[test]
fn rule1_ready_is_a_count_of_distinct_keys_with_verified_signatures() {
    let mut bench = Bench::new(2, 3);
    let id = bench.propose(&[0, 1], 150_000);
    assert_eq!(bench.state(id), State::Proposed);
    bench.approve(id, 2).unwrap();
    assert_eq!(bench.state(id), State::Collecting);
    assert_eq!(bench.approve(id, 2), Err(Refusal::Already(bench.seats()[2])), "one key never counts twice");
    assert_eq!((bench.state(id), bench.proposal(id).approved().count()), (State::Collecting, 1));
    bench.approve(id, 0).unwrap();
    assert_eq!(bench.state(id), State::Ready);
    assert!(crate::treasury::bitcoin::signature::verify(&bench.proposal(id).signed(), &bench.wallet).enough());
}

#[test]
fn rule1_what_does_not_verify_never_counts() {
    let mut bench = Bench::new(2, 3);
    let id = bench.propose(&[0, 1], 150_000);
    let (seats, psbt) = (bench.seats(), bench.proposal(id).packet().psbt.clone());
    let said = |signatures, seat| Event::Approved { proposal: id, seat, signer: Signer::File, signatures };
    // Another key's signatures in the name of this seat.
    let error = bench.does(&said(bench.signatures(&psbt, 1), seats[0]), 2).unwrap_err();
    assert_eq!(error.code(), "signature", "{error}");
    // One key's and another's.
    let both = [bench.signatures(&psbt, 0), bench.signatures(&psbt, 1)].concat();
    assert_eq!(bench.does(&said(both, seats[0]), 2).unwrap_err().code(), "signature");
    // One input only, or none.
    let one = bench.signatures(&psbt, 0)[..1].to_vec();
    let incomplete = Refusal::Incomplete { seat: seats[0], signed: 1, inputs: 2 };
    assert_eq!(bench.does(&said(one.clone(), seats[0]), 2), Err(incomplete));
    assert_eq!(bench.does(&said(vec![], seats[0]), 2).unwrap_err().code(), "signature-incomplete");
    assert_eq!(bench.does(&said([one.clone(), one].concat(), seats[0]), 2).unwrap_err().code(), "signature");
    // A seat that does not exist.
    let nobody = SeatId { place: 7, ..seats[0] };
    assert_eq!(bench.does(&said(bench.signatures(&psbt, 0), nobody), 2), Err(Refusal::NoSeat(nobody)));
    // Any single bit of any signature.
    let right = bench.signatures(&psbt, 0);
    for (n, signature) in right.iter().enumerate() {
        for bit in 0..signature.signature.len() * 8 {
            let mut wrong = right.clone();
            wrong[n].signature[bit / 8] ^= 1 << (bit % 8);
            assert!(bench.treasury.clone().apply(&said(wrong, seats[0]), at(2)).is_err(), "bit {bit} of {n}");
        }
    }
    assert_eq!(bench.proposal(id).approved().count(), 0);
}

#[test]
fn rule2_a_quorum_that_cannot_come_together_rejects_at_once() {
    let mut bench = Bench::new(3, 5);
    let id = bench.propose(&[0], 50_000);
    bench.approve(id, 4).unwrap();
    bench.reject(id, 0).unwrap();
    bench.reject(id, 1).unwrap();
    assert_eq!(bench.state(id), State::Collecting, "three are left, and three are needed");
    bench.reject(id, 2).unwrap();
    assert_eq!(bench.state(id), State::Rejected);
    assert_eq!(
        bench.proposal(id).ended.as_deref().unwrap(),
        "3 of 5 keys refuse: the 3 that it takes cannot come together"
    );
    let error = bench.approve(id, 3).unwrap_err();
    assert_eq!(error.to_string(), "a proposal that is rejected cannot become collecting");
}

#[test]
fn rule3_a_seat_is_a_key_and_one_person_may_hold_several() {
    let mut bench = Bench::unarmed(2, 3);
    let (wallet, seats) = (bench.wallet.id(), bench.seats());
    let person = IdentityKey::of(&[9; 32]).unwrap();
    let address = bench.treasury.vault(wallet).unwrap().first_address().unwrap();
    for seat in &seats {
        let (seat, address) = (*seat, address.clone());
        bench.does(&Event::AddressConfirmed { wallet, seat, address }, 0).unwrap();
        bench.does(&Event::SeatClaimed { wallet, seat, identity: person.identity() }, 0).unwrap();
    }
    let id = bench.propose(&[0], 50_000);
    for seat in &seats[..2] {
        let (reason, signature) = ("no".to_owned(), person.refuse(id, *seat, "no"));
        let identity = person.identity();
        bench.does(&Event::Rejected { proposal: id, seat: *seat, reason, identity, signature }, 2).unwrap();
    }
    assert_eq!(bench.state(id), State::Rejected, "two seats of one person are two");
}

#[test]
fn rule4_time_runs_out_for_approving_finalising_and_broadcasting() {
    let mut bench = Bench::new(2, 3);
    let id = bench.propose(&[0], 50_000);
    let over = Err(Refusal::Expired(at(DAY)));
    bench.approve(id, 0).unwrap();
    assert_eq!(bench.does(&bench.approved(id, 1), DAY), over);
    assert_eq!(bench.does(&bench.rejected(id, 1), DAY), over);
    assert_eq!(bench.does(&Event::Expired { proposal: id }, DAY - 1), Err(Refusal::NotExpired(at(DAY))));
    bench.does(&bench.approved(id, 1), DAY - 1).unwrap();
    let txid = bench.proposal(id).txid().unwrap();
    assert_eq!(bench.does(&Event::Finalised { proposal: id, txid }, DAY), over);
    bench.does(&Event::Finalised { proposal: id, txid }, DAY - 1).unwrap();
    assert_eq!(bench.does(&Event::Broadcasting { proposal: id, txid }, DAY), over);
    assert_eq!(bench.proposal(id).state_at(at(DAY)), State::Expired, "nobody has to write it down");
    let warning = bench.proposal(id).warning(at(DAY)).unwrap();
    assert!(warning.contains("2 of 2") && warning.contains("stay valid on chain"), "{warning}");
    assert_eq!(bench.proposal(id).warning(at(DAY - 1)), None);
    bench.does(&Event::Expired { proposal: id }, DAY).unwrap();
    assert_eq!(bench.state(id), State::Expired);
}

#[test]
fn rule5_a_change_of_the_policy_voids_what_is_being_approved() {
    let mut bench = Bench::new(2, 3);
    let (open, ready) = (bench.propose(&[0], 50_000), bench.propose(&[1], 50_000));
    for (id, seat) in [(open, 0), (ready, 0), (ready, 1)] {
        bench.approve(id, seat).unwrap();
    }
    let bump = |version| Event::PolicyBumped { wallet: bench.wallet.id(), version, reason: "Bob has left".into() };
    let (wrong, right) = (bump(3), bump(2));
    assert_eq!(bench.does(&wrong, 3), Err(Refusal::Version { next: 2, found: 3 }));
    bench.does(&right, 3).unwrap();
    for id in [open, ready] {
        assert_eq!(bench.state(id), State::Cancelled);
        assert!(bench.proposal(id).ended.as_deref().unwrap().contains("version 2: Bob has left"));
        assert!(bench.approve(id, 2).is_err());
    }
    let psbt = bench.payment(&[0], 50_000);
    let anew = ProposalId::of(&psbt.unsigned_tx, bench.wallet.id(), 2);
    assert_ne!(anew, open, "the same bytes under another policy are another proposal");
    bench.does(&bench.proposed(&psbt), 4).unwrap();
    assert_eq!((bench.state(anew), bench.proposal(anew).approved().count()), (State::Proposed, 0));
}

#[test]
fn rule6_a_rejection_is_signed_by_whoever_speaks_for_the_seat() {
    let mut bench = Bench::new(2, 3);
    let id = bench.propose(&[0], 50_000);
    let (seat, stranger) = (bench.seats()[0], IdentityKey::of(&[99; 32]).unwrap());
    let Event::Rejected { reason, identity, .. } = bench.rejected(id, 0) else { unreachable!() };
    let forged =
        |identity, signature| Event::Rejected { proposal: id, seat, reason: reason.clone(), identity, signature };
    let by_stranger = stranger.refuse(id, seat, &reason);
    assert_eq!(bench.does(&forged(stranger.identity(), by_stranger), 2), Err(Refusal::OtherIdentity(seat)));
    assert_eq!(bench.does(&forged(identity, by_stranger), 2), Err(Refusal::ForgedRejection(seat)));
    let of_another = bench.identity(seat).refuse(ProposalId([0; 32]), seat, &reason);
    assert_eq!(bench.does(&forged(identity, of_another), 2), Err(Refusal::ForgedRejection(seat)));
    let claim = Event::SeatClaimed { wallet: bench.wallet.id(), seat, identity: stranger.identity() };
    assert_eq!(bench.does(&claim, 2), Err(Refusal::OtherIdentity(seat)));
    bench.reject(id, 0).unwrap();
    let mut fresh = Bench::unarmed(2, 3);
    let mut event = fresh.proposed(&fresh.payment(&[0], 50_000));
    if let Event::Proposed { unarmed, .. } = &mut event {
        *unarmed = true;
    }
    fresh.does(&event, 1).unwrap();
    assert_eq!(fresh.reject(id, 0), Err(Refusal::Unclaimed(seat)));
}

#[test]
fn rule7_nothing_is_broadcast_by_itself_and_the_answer_is_the_nodes() {
    let mut bench = Bench::new(2, 3);
    let id = bench.propose(&[0], 50_000);
    let txid = bench.proposal(id).txid().unwrap();
    bench.approve(id, 0).unwrap();
    let short = Refusal::Quorum { valid: 1, required: 2 };
    assert!(bench.does(&Event::Finalised { proposal: id, txid }, 3).is_err());
    bench.approve(id, 1).unwrap();
    assert_eq!((bench.state(id), bench.proposal(id).sent.clone()), (State::Ready, None));
    assert_eq!(bench.does(&Event::Broadcasting { proposal: id, txid }, 3), Err(Refusal::NotFinalised));
    let other = bitcoin::Txid::all_zeros();
    assert_eq!(bench.does(&Event::Finalised { proposal: id, txid: other }, 3), Err(Refusal::OtherTransaction(other)));
    bench.does(&Event::Finalised { proposal: id, txid }, 3).unwrap();
    let answer = |answer| Event::Broadcast { proposal: id, txid, node: "n".into(), answer };
    assert!(bench.does(&answer(Answer::Accepted), 3).is_err(), "no answer without a question");
    bench.does(&Event::Broadcasting { proposal: id, txid }, 3).unwrap();
    assert!(bench.proposal(id).is_unanswered(), "after a crash here the node has to be asked");
    // Asking again is safe, even when the time has run out meanwhile.
    bench.does(&Event::Broadcasting { proposal: id, txid }, DAY + 1).unwrap();
    let refused = Answer::Refused { reason: "min relay fee not met".into(), retryable: true };
    bench.does(&answer(refused), DAY + 1).unwrap();
    assert_eq!(bench.state(id), State::Failed { retryable: true });
    assert_eq!(bench.does(&Event::Broadcasting { proposal: id, txid }, DAY + 2), Err(Refusal::Expired(at(DAY))));
    bench.does(&Event::Broadcasting { proposal: id, txid }, DAY - 1).unwrap();
    bench.does(&answer(Answer::Known), DAY - 1).unwrap();
    assert!(bench.state(id) == State::Executing && !bench.proposal(id).is_unanswered());
    let block = BlockHash::all_zeros();
    bench.does(&Event::Confirmed { proposal: id, txid, height: 7, block }, DAY).unwrap();
    assert_eq!(bench.state(id), State::Confirmed);
    bench.does(&Event::Reorged { proposal: id, block }, DAY).unwrap();
    assert_eq!((bench.state(id), bench.proposal(id).mined), (State::Executing, None));
    drop(short);
}

#[test]
fn rule8_a_recovery_is_signed_by_its_own_keys_alone() {
    let bench = Bench::new(2, 3);
    let psbt = bench.payment(&[0], 50_000);
    let mut event = bench.proposed(&psbt);
    if let Event::Proposed { recovery, .. } = &mut event {
        *recovery = Some(0);
    }
    assert_eq!(bench.treasury.check(&event, at(1)), Err(Refusal::NoRecovery(0)), "a wallet without one has none");
}

/// Run by hand: `cargo test --lib a_year_of_proposals -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn a_year_of_proposals_is_folded_in_no_time() {
    let mut bench = Bench::new(2, 3);
    let mut log = Vec::new();
    for sat in 0..1_000 {
        let event = bench.proposed(&bench.payment(&[0, 1], 1_000 + sat));
        let Event::Proposed { proposal, .. } = event else { unreachable!() };
        bench.treasury.apply(&event, at(1)).unwrap();
        log.push(event);
        for seat in 0..2 {
            log.push(bench.approved(proposal, seat));
        }
    }
    let mut treasury = Bench::new(2, 3).treasury;
    let start = std::time::Instant::now();
    for event in &log {
        treasury.apply(event, at(2)).unwrap();
    }
    println!("{} entries in {:?}", log.len(), start.elapsed());
}
