//! Replacements, cancellations, and children that pay for their parents.

use super::*;
use std::collections::BTreeSet;

/// A payment that waits: 30 000 of 100 000 sat at 2 sat/vB, and two coins of 50 000 sat besides.
fn waiting(replaceable: bool) -> (Bench, Transaction, Built) {
    let mut bench = Bench::multi("wsh", 2, 3);
    let coin = bench.fund(Chain::Receive, 0, 100_000, 900);
    bench.fund(Chain::Receive, 1, 50_000, 901);
    bench.fund(Chain::Receive, 2, 50_000, 902);
    let choice = Choice { only: Some(BTreeSet::from([coin])), ..Choice::default() };
    let terms = Terms { replaceable, choice, ..at(2) };
    let built = pay(&bench.state, &bench.marks, &[exactly(stranger(0), 30_000)], &terms).unwrap();
    let transaction = broadcast(&mut bench, &built, &[0, 1]);
    (bench, transaction, built)
}

fn paid(transaction: &Transaction, to: &ScriptBuf) -> Vec<u64> {
    let outputs = transaction.output.iter().filter(|output| output.script_pubkey == *to);
    outputs.map(|output| output.value.to_sat()).collect()
}

#[test]
fn a_bump_keeps_recipients_and_takes_from_the_change() {
    let (mut bench, original, before) = waiting(true);
    let txid = original.compute_txid();
    let built = bump(&bench.state, &bench.marks, txid, &at(10)).unwrap();
    let transaction = &built.packet.psbt.unsigned_tx;
    assert_eq!(transaction.input[0].previous_output, original.input[0].previous_output);
    assert_eq!((transaction.input.len(), transaction.output.len()), (1, 2));
    assert_eq!(paid(transaction, &stranger(0)), [30_000]);
    assert_eq!(built.change.unwrap().1, before.change.unwrap().1, "the change stays where it was");
    assert_eq!(built.replaces, [txid]);
    assert_eq!(built.fee, FeeRate::from_sat_per_vb(10).unwrap().fee_wu(built.weight).unwrap());
    // The wallet takes the one for the other.
    let replacement = broadcast(&mut bench, &built, &[2, 1]);
    let movements = bench.state.holdings(&bench.marks).movements;
    assert_eq!(movements[0].txid, replacement.compute_txid());
    assert!(movements.iter().all(|movement| movement.txid != txid));
    assert_eq!(bump(&bench.state, &bench.marks, txid, &at(20)).unwrap_err(), BuildError::NotWaiting(txid));
}

#[test]
fn a_bump_pays_for_what_it_pushes_out_and_for_itself() {
    let (mut bench, original, before) = waiting(true);
    let txid = original.compute_txid();
    let go =
        |bench: &Bench, units| bump(&bench.state, &bench.marks, txid, &Terms::at(FeeRate::from_sat_per_kwu(units)));
    let refused = |bench: &Bench, units| match go(bench, units).unwrap_err() {
        BuildError::Increment { least, rate, fee } => {
            assert!(fee < least);
            rate
        }
        other => panic!("{other}"),
    };
    // 2 sat/vB were paid: one more, and what the shorter signatures of the original saved, is the least.
    for units in [250, 500, 600, 740] {
        let rate = refused(&bench, units).to_sat_per_kwu();
        assert!((748..=750).contains(&rate), "{rate}");
        assert!(refused(&bench, rate - 1).to_sat_per_kwu() == rate);
        let built = go(&bench, rate).unwrap();
        assert!(built.fee.to_sat() >= before.fee.to_sat() + built.weight.to_vbytes_ceil());
    }
    // What was spent from it goes as well, and what that paid has to be paid.
    let change = OutPoint::new(txid, u32::try_from(before.change.unwrap().0).unwrap());
    let child = pay(
        &bench.state,
        &bench.marks,
        &[exactly(stranger(1), 10_000)],
        &Terms { choice: Choice { only: Some(BTreeSet::from([change])), ..Choice::default() }, ..at(30) },
    );
    let child = child.unwrap();
    let child_id = broadcast(&mut bench, &child, &[0, 1]).compute_txid();
    let rate = refused(&bench, 750);
    assert!(rate > FeeRate::from_sat_per_vb(30).unwrap());
    let built = go(&bench, rate.to_sat_per_kwu()).unwrap();
    assert!(built.fee >= before.fee + child.fee);
    assert_eq!(built.replaces, [txid, child_id]);
}

#[test]
fn a_bump_takes_confirmed_coins_when_the_change_does_not_do() {
    let mut bench = Bench::multi("wsh", 2, 3);
    let coin = bench.fund(Chain::Receive, 0, 100_000, 900);
    let more = bench.fund(Chain::Receive, 1, 50_000, 901);
    let gift = bench.stranger(&[(bench.script(Chain::Receive, 9), 90_000)]);
    bench.wait(&gift, 1);
    let only = |coins: &[OutPoint]| Choice { only: Some(coins.iter().copied().collect()), ..Choice::default() };
    let all = pay(&bench.state, &bench.marks, &[max(stranger(0))], &Terms { choice: only(&[coin]), ..at(2) }).unwrap();
    let original = broadcast(&mut bench, &all, &[0, 1]);
    let txid = original.compute_txid();
    let built = bump(&bench.state, &bench.marks, txid, &at(20)).unwrap();
    let transaction = &built.packet.psbt.unsigned_tx;
    let spends: BTreeSet<OutPoint> = transaction.input.iter().map(|input| input.previous_output).collect();
    assert_eq!(spends, BTreeSet::from([coin, more]));
    assert_eq!(paid(transaction, &stranger(0)), paid(&original, &stranger(0)));
    assert_eq!(built.change.unwrap().1, Spot { chain: Chain::Change, index: 0 });
    bench.complete(&built.packet, &[1, 2]);
    // Nothing that waits is added, not even by name; and without coins it says what is missing.
    let waits = OutPoint::new(gift.compute_txid(), 0);
    let named = Terms { choice: only(&[waits]), ..at(20) };
    assert_eq!(bump(&bench.state, &bench.marks, txid, &named).unwrap_err(), BuildError::Waits(waits));
    bench.marks.frozen.insert(more);
    assert!(matches!(bump(&bench.state, &bench.marks, txid, &at(20)).unwrap_err(), BuildError::Missing { .. }));
    bench.marks.frozen.insert(coin);
    assert_eq!(bump(&bench.state, &bench.marks, txid, &at(20)).unwrap_err(), BuildError::Frozen(coin));
}

#[test]
fn what_cannot_be_replaced_says_why() {
    let (mut bench, original, _) = waiting(false);
    let txid = original.compute_txid();
    assert_eq!(bump(&bench.state, &bench.marks, txid, &at(10)).unwrap_err(), BuildError::Final(txid));
    assert_eq!(cancel(&bench.state, &bench.marks, txid, &at(10)).unwrap_err(), BuildError::Final(txid));
    bench.confirm(&original, 1_001);
    let confirmed = BuildError::Confirmed { txid, height: 1_001 };
    assert_eq!(bump(&bench.state, &bench.marks, txid, &at(10)).unwrap_err(), confirmed);
    assert_eq!(child(&bench.state, &bench.marks, txid, &at(10)).unwrap_err(), confirmed);
    let gift = bench.stranger(&[(bench.script(Chain::Receive, 9), 5_000)]);
    bench.wait(&gift, 1);
    let (txid, coin) = (gift.compute_txid(), gift.input[0].previous_output);
    assert_eq!(bump(&bench.state, &bench.marks, txid, &at(10)).unwrap_err(), BuildError::Foreign { txid, coin });
    assert_eq!(child(&bench.state, &bench.marks, txid, &at(10)).unwrap_err(), BuildError::FeeUnknown(txid));
}

#[test]
fn a_cancelled_payment_comes_back_to_us() {
    let (mut bench, original, _) = waiting(true);
    let txid = original.compute_txid();
    let built = cancel(&bench.state, &bench.marks, txid, &at(10)).unwrap();
    let transaction = &built.packet.psbt.unsigned_tx;
    let (place, spot) = built.change.unwrap();
    assert_eq!((transaction.output.len(), place, spot.to_string()), (1, 0, "1/1".to_owned()));
    assert_eq!(transaction.output[0].value, sat(100_000) - built.fee);
    assert_eq!(bench.state.spot(&transaction.output[0].script_pubkey), Some(spot));
    assert_eq!(built.packet.psbt.outputs[0].bip32_derivation.len(), 3);
    assert!(matches!(cancel(&bench.state, &bench.marks, txid, &at(2)).unwrap_err(), BuildError::Increment { .. }));
    let replacement = broadcast(&mut bench, &built, &[0, 2]);
    // A cancellation can be bumped: all of it is ours, and all of it may shrink.
    let again = bump(&bench.state, &bench.marks, replacement.compute_txid(), &at(20)).unwrap();
    assert_eq!(again.packet.psbt.unsigned_tx.output.len(), 1);
    bench.complete(&again.packet, &[0, 1]);
}

#[test]
fn a_child_lifts_its_parents_to_the_rate() {
    let (mut bench, parent, before) = waiting(true);
    let txid = parent.compute_txid();
    let built = child(&bench.state, &bench.marks, txid, &at(10)).unwrap();
    let transaction = bench.complete(&built.packet, &[0, 1]);
    assert_eq!(
        transaction.input[0].previous_output,
        OutPoint::new(txid, u32::try_from(before.change.unwrap().0).unwrap())
    );
    let package = built.weight + parent.weight();
    assert_eq!(built.fee + before.fee, FeeRate::from_sat_per_vb(10).unwrap().fee_wu(package).unwrap());
    assert_eq!(built.change.unwrap().1.to_string(), "1/1");
    // A child of the child pays for both.
    let first = broadcast(&mut bench, &built, &[0, 1]);
    let second = child(&bench.state, &bench.marks, first.compute_txid(), &at(20)).unwrap();
    let package = second.weight + first.weight() + parent.weight();
    let paid = second.fee + built.fee + before.fee;
    assert_eq!(paid, FeeRate::from_sat_per_vb(20).unwrap().fee_wu(package).unwrap());
    bench.complete(&second.packet, &[0, 1]);
    // There is nothing to help, or nothing to help with.
    assert!(matches!(
        child(&bench.state, &bench.marks, first.compute_txid(), &at(3)).unwrap_err(),
        BuildError::Enough(_)
    ));
    assert_eq!(child(&bench.state, &bench.marks, txid, &at(30)).unwrap_err(), BuildError::NoOutput(txid));
    let coin = OutPoint::new(first.compute_txid(), 0);
    bench.marks.frozen.insert(coin);
    assert_eq!(child(&bench.state, &bench.marks, coin.txid, &at(30)).unwrap_err(), BuildError::Frozen(coin));
}
