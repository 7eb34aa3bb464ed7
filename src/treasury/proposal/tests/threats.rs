//! Threats that the fold guards against.

use super::bench::*;
use crate::treasury::proposal::*;
use bitcoin::BlockHash;
use bitcoin::hashes::Hash;

#[test]
fn t03_a_wallet_is_armed_only_when_each_cosigner_has_read_the_first_address() {
    let mut bench = Bench::unarmed(2, 3);
    let wallet = bench.wallet.id();
    let armed = |bench: &Bench| bench.treasury.is_armed(bench.treasury.vault(wallet).unwrap());
    let propose = bench.proposed(&bench.payment(&[0], 50_000));
    let give = Event::AddressGiven { wallet, index: 0, unarmed: false };
    let ours = bench.treasury.vault(wallet).unwrap().first_address().unwrap();
    for seat in bench.seats() {
        assert!(!armed(&bench));
        assert_eq!(bench.does(&propose, 1), Err(Refusal::Unarmed("Cold".into())));
        assert_eq!(bench.does(&give, 1), Err(Refusal::Unarmed("Cold".into())));
        // What a device shows that has another key in its quorum.
        let swapped = Bench::unarmed(2, 4).treasury.vaults().next().unwrap().first_address().unwrap();
        let error = bench.does(&Event::AddressConfirmed { wallet, seat, address: swapped }, 1).unwrap_err();
        assert_eq!(error.code(), "first-address");
        let nearly = format!("{ours} ");
        assert!(bench.does(&Event::AddressConfirmed { wallet, seat, address: nearly }, 1).is_err());
        bench.does(&Event::AddressConfirmed { wallet, seat, address: ours.clone() }, 1).unwrap();
    }
    assert!(armed(&bench));
    bench.does(&propose, 1).unwrap();
    bench.does(&give, 1).unwrap();
}

#[test]
fn t03_a_wallet_of_one_hot_key_has_nobody_to_ask() {
    let mut bench = Bench::unarmed(1, 1);
    let vault = bench.treasury.vaults().next().unwrap().clone();
    assert!(!bench.treasury.is_armed(&vault));
    let fingerprint = bench.seats()[0].fingerprint;
    bench.does(&Event::HotKey { fingerprint, name: "till".into() }, 1).unwrap();
    assert!(bench.treasury.is_armed(&vault));
    let mut two = Bench::unarmed(1, 2);
    two.does(&Event::HotKey { fingerprint, name: "till".into() }, 1).unwrap();
    assert!(!two.treasury.is_armed(two.treasury.vaults().next().unwrap()));
}

#[test]
fn t12_two_proposals_that_spend_one_coin_are_shown_and_only_one_goes_out() {
    let mut bench = Bench::new(2, 3);
    let (first, second) = (bench.propose(&[0, 1], 150_000), bench.propose(&[1, 2], 140_000));
    let shown: Vec<_> = bench.treasury.competitors(bench.proposal(first)).iter().map(|(p, c)| (p.id, *c)).collect();
    assert_eq!(shown, [(second, coin(1))]);
    for (id, seat) in [(first, 0), (first, 1), (second, 1), (second, 2)] {
        bench.approve(id, seat).unwrap();
    }
    let txid = bench.proposal(second).txid().unwrap();
    bench.does(&Event::Finalised { proposal: second, txid }, 3).unwrap();
    let first_txid = bench.proposal(first).txid().unwrap();
    bench.does(&Event::Finalised { proposal: first, txid: first_txid }, 3).unwrap();
    bench.does(&Event::Broadcasting { proposal: first, txid: first_txid }, 3).unwrap();
    // Before the node has answered, and after.
    let dispute = Err(Refusal::Competes { coin: coin(1), by: first });
    assert_eq!(bench.does(&Event::Broadcasting { proposal: second, txid }, 3), dispute);
    bench.send(first, Answer::Accepted).unwrap();
    assert_eq!(bench.state(second), State::Conflicted(Taken::Coin(coin(1))));
    assert!(bench.does(&Event::Broadcasting { proposal: second, txid }, 3).is_err());
}

#[test]
fn t12_a_coin_stands_in_a_proposal_once() {
    let mut bench = Bench::new(2, 3);
    let mut psbt = bench.payment(&[0, 1], 150_000);
    psbt.unsigned_tx.input[1].previous_output = coin(0);
    let refused = bench.does(&bench.proposed(&psbt), 1).unwrap_err();
    assert!(matches!(refused, Refusal::Coins | Refusal::Packet(_)), "{refused}");
}

#[test]
fn t12_a_bump_takes_the_place_of_what_it_replaces_when_it_goes_out() {
    let mut bench = Bench::new(2, 3);
    let first = bench.propose(&[0], 50_000);
    let bystander = bench.propose(&[0, 3], 60_000);
    bench.approve(first, 0).unwrap();
    bench.approve(first, 1).unwrap();
    bench.send(first, Answer::Accepted).unwrap();
    assert_eq!(bench.state(bystander), State::Conflicted(Taken::Coin(coin(0))));
    let unrelated = bench.proposed_with(&bench.payment(&[7], 40_000), Some(first));
    assert_eq!(bench.does(&unrelated, 4).unwrap_err().code(), "unrelated");
    let psbt = bench.payment(&[0], 40_000);
    bench.does(&bench.proposed_with(&psbt, Some(first)), 4).unwrap();
    let bump = ProposalId::of(&psbt.unsigned_tx, bench.wallet.id(), 1);
    bench.send(first, Answer::Known).unwrap();
    assert_eq!(bench.state(bump), State::Proposed, "what is to replace it is not in its way");
    bench.approve(bump, 0).unwrap();
    bench.approve(bump, 2).unwrap();
    assert_eq!(bench.state(first), State::Executing, "not before it goes out");
    bench.send(bump, Answer::Accepted).unwrap();
    assert_eq!((bench.state(first), bench.state(bump)), (State::Superseded(bump), State::Executing));
    // The chain has the last word.
    let txid = bench.proposal(first).txid().unwrap();
    let block = BlockHash::all_zeros();
    bench.does(&Event::Confirmed { proposal: first, txid, height: 9, block }, 5).unwrap();
    assert_eq!((bench.state(first), bench.state(bump)), (State::Confirmed, State::Conflicted(Taken::Coin(coin(0)))));
}

#[test]
fn what_is_replaced_is_known_as_it_was_signed() {
    let mut bench = Bench::new(2, 3);
    let pays = |sat| {
        let mut psbt = bench.payment(&[0], sat);
        psbt.unsigned_tx.output[0].script_pubkey = bitcoin::ScriptBuf::new_p2wpkh(&bitcoin::WPubkeyHash::all_zeros());
        psbt
    };
    let (psbt, bump) = (pays(50_000), pays(40_000));
    let [first, second] = [&psbt, &bump].map(|psbt| ProposalId::of(&psbt.unsigned_tx, bench.wallet.id(), 1));
    bench.does(&bench.proposed(&psbt), 1).unwrap();
    bench.does(&bench.proposed_with(&bump, Some(first)), 2).unwrap();
    let original =
        |bench: &Bench, id| crate::treasury::proposal::original(&bench.treasury, bench.proposal(id).packet());
    bench.approve(first, 0).unwrap();
    assert_eq!(original(&bench, second), None, "nobody has signed enough");
    bench.approve(first, 1).unwrap();
    let signed = original(&bench, second).unwrap();
    assert_eq!(signed.compute_txid(), psbt.unsigned_tx.compute_txid());
    assert!(!signed.input[0].witness.is_empty());
    assert_eq!(original(&bench, first), None, "it takes nobody's place");
}

#[test]
fn t26_a_device_that_signed_something_else_than_was_shown_changes_nothing() {
    let mut bench = Bench::new(2, 3);
    let id = bench.propose(&[0], 50_000);
    let seat = bench.seats()[0];
    bench.does(&Event::Viewed { proposal: id, seat, digest: "d".into() }, 2).unwrap();
    bench.does(&Event::AwaitingDevice { proposal: id, seat }, 2).unwrap();
    let before = bench.proposal(id).clone();
    // The right key over other bytes, and another key of the wallet over the right ones.
    for signatures in
        [bench.signatures(&bench.payment(&[0], 49_999), 0), bench.signatures(&bench.payment(&[0], 50_000), 1)]
    {
        let signed = Event::Approved { proposal: id, seat, signer: Signer::Device, signatures };
        assert_eq!(bench.does(&signed, 3).unwrap_err().code(), "signature");
        assert_eq!(*bench.proposal(id), before);
    }
}

#[test]
fn t28_an_approval_is_for_these_bytes_this_wallet_and_this_policy_alone() {
    let mut bench = Bench::new(2, 3);
    let id = bench.propose(&[0], 50_000);
    let Event::Approved { seat, signatures, signer, .. } = bench.approved(id, 0) else { unreachable!() };
    // One satoshi, one sequence number, another coin: another proposal, and the signature counts for nothing there.
    let mut sequence = bench.payment(&[0], 50_000);
    sequence.unsigned_tx.input[0].sequence = bitcoin::Sequence::MAX;
    let mut lock = bench.payment(&[0], 50_000);
    lock.unsigned_tx.lock_time = bitcoin::absolute::LockTime::from_consensus(1);
    for psbt in [bench.payment(&[0], 49_999), bench.payment(&[1], 50_000), sequence, lock] {
        let event = bench.proposed(&psbt);
        let Event::Proposed { proposal: other, .. } = event else { unreachable!() };
        assert_ne!(other, id);
        // The edited bytes under the id that was approved.
        let mut edited = event.clone();
        if let Event::Proposed { proposal, .. } = &mut edited {
            *proposal = id;
        }
        assert_eq!(bench.does(&edited, 1), Err(Refusal::OtherBytes { claimed: id, found: other }));
        bench.does(&event, 1).unwrap();
        let replayed = Event::Approved { proposal: other, seat, signer, signatures: signatures.clone() };
        assert_eq!(bench.does(&replayed, 2).unwrap_err().code(), "signature");
        assert_eq!(bench.proposal(other).approved().count(), 0);
    }
    let unsigned = &bench.payment(&[0], 50_000).unsigned_tx;
    assert_ne!(id, ProposalId::of(unsigned, bench.wallet.id(), 2));
    assert_ne!(id, ProposalId::of(unsigned, Bench::new(1, 3).wallet.id(), 1));
    bench.approve(id, 0).unwrap();
}

#[test]
fn t34_what_was_asked_of_a_device_can_be_asked_again() {
    let mut bench = Bench::new(2, 3);
    let id = bench.propose(&[0], 50_000);
    let seat = bench.seats()[0];
    let by_device = match bench.approved(id, 0) {
        Event::Approved { proposal, seat, signatures, .. } => {
            Event::Approved { proposal, seat, signatures, signer: Signer::Device }
        }
        _ => unreachable!(),
    };
    let asked = Event::AwaitingDevice { proposal: id, seat };
    assert_eq!(bench.does(&asked, 2).unwrap_err().code(), "illegal-move", "nobody signs what was not shown");
    assert_eq!(bench.does(&by_device, 2).unwrap_err().code(), "illegal-move");
    bench.does(&Event::Viewed { proposal: id, seat, digest: "d".into() }, 2).unwrap();
    bench.does(&asked, 2).unwrap();
    // The process is killed here; after the next start somebody asks again.
    bench.does(&asked, 3).unwrap();
    bench.does(&Event::SigningFailed { proposal: id, seat, code: "unplugged".into() }, 4).unwrap();
    bench.does(&asked, 5).unwrap();
    bench.does(&by_device, 6).unwrap();
    assert_eq!(bench.state(id), State::Collecting);
}

#[test]
fn text_from_outside_is_printable_by_the_time_it_stands_here() {
    let mut bench = Bench::new(2, 3);
    let id = bench.propose(&[0], 50_000);
    assert_eq!(bench.proposal(id).memo, "rent[2J");
}

#[test]
fn an_archived_wallet_is_only_looked_at() {
    let mut bench = Bench::new(2, 3);
    let wallet = bench.wallet.id();
    let id = bench.propose(&[0], 50_000);
    let archive = Event::WalletArchived { wallet, reason: "rotated".into() };
    assert_eq!(bench.does(&archive, 2), Err(Refusal::Open(1)));
    bench.does(&Event::Cancelled { proposal: id, reason: "no".into() }, 2).unwrap();
    bench.does(&archive, 2).unwrap();
    let again = bench.proposed(&bench.payment(&[1], 50_000));
    assert_eq!(bench.does(&again, 3), Err(Refusal::Archived("Cold".into())));
}
