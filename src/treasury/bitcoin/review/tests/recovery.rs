//! Ways that open with time: who can sign now, who later, and that nothing is signed before it can be confirmed.

use super::*;
use bitcoin::Sequence;
use bitcoin::absolute::LockTime;
use facts::{Coin, Tip};

fn recovering<'w>(wallet: &'w Wallet, sequence: u32) -> Draft<'w> {
    let mut draft = honest(wallet);
    for input in &mut draft.psbt.unsigned_tx.input {
        input.sequence = Sequence::from_consensus(sequence);
    }
    draft
}

/// The coins at these heights, the tip at another.
fn chain(draft: &Draft<'_>, heights: [u32; 2], tip: u32) -> Facts {
    let coins =
        draft.psbt.unsigned_tx.input.iter().zip(&draft.psbt.inputs).zip(heights).map(|((input, map), height)| {
            let coin = map.witness_utxo.clone().unwrap();
            let (value, script) = (coin.value, coin.script_pubkey);
            (
                input.previous_output,
                Coin { value, script, height: Some(height), coinbase: false, frozen: false, label: None },
            )
        });
    let tip = Some(Tip { height: tip, median_time: 1_700_000_000 });
    Facts { coins: Some(coins.collect()), tip, ..Facts::default() }
}

#[test]
fn the_way_that_waits_is_told_from_the_quorums() {
    let wallet = recoverable("older(4032)");
    let review = honest(&wallet).review(&Facts::default());
    assert_eq!((review.kind, review.required, review.seats.len()), (Kind::Payment, 2, 3));
    let draft = recovering(&wallet, 4032);
    let review = draft.review(&Facts::default());
    assert_eq!((review.kind, review.required, review.seats.len()), (Kind::Recovery, 1, 1));
    assert_eq!((blocks(&review), warnings(&review)), (vec![], vec!["maturity-unknown"]));
}

#[test]
fn a_coin_that_is_too_young_blocks_with_the_blocks_that_are_left() {
    let wallet = recoverable("older(4032)");
    let draft = recovering(&wallet, 4032);
    // The youngest coin was confirmed at 1 000: block 5 032 may be the first with this, so the tip has to be 5 031.
    let at = |tip| draft.review(&chain(&draft, [900, 1_000], tip));
    assert_eq!((blocks(&at(5_031)), at(5_031).later[0].opens), (vec![], Opens::Now));
    assert_eq!((blocks(&at(5_030)), at(5_030).later[0].opens), (vec!["coin-immature"], Opens::Blocks(1)));
    assert_eq!(at(1_000).later[0].opens, Opens::Blocks(4_031));
    assert!(at(5_030).verdict.blocks[0].message.contains("in 1 blocks"));
    // The same for a payment that does not take that way is only told.
    let plain = honest(&wallet);
    let review = plain.review(&chain(&plain, [900, 1_000], 5_000));
    assert_eq!((blocks(&review), review.later[0].opens), (vec![], Opens::Blocks(31)));
    let later = review.verdict.rows.iter().find(|row| row.label == "later").unwrap();
    assert!(later.parts[0].starts_with("1 of ") && later.parts[2] == "31 blocks left", "{later:?}");
}

#[test]
fn a_sequence_that_is_too_short_does_not_take_the_way() {
    let wallet = recoverable("older(4032)");
    let review = recovering(&wallet, 4031).review(&Facts::default());
    assert_eq!((review.kind, warnings(&review)), (Kind::Payment, vec!["sequence-lock", "sequence-lock"]));
    let mut old = recovering(&wallet, 4032);
    old.psbt.unsigned_tx.version = bitcoin::transaction::Version::ONE;
    assert_eq!(old.review(&Facts::default()).kind, Kind::Payment, "version 1 has no relative locks");
}

#[test]
fn a_height_opens_a_way_too() {
    let wallet = recoverable("after(800000)");
    let mut draft = honest(&wallet);
    draft.psbt.unsigned_tx.lock_time = LockTime::from_consensus(800_000);
    let at = |tip| draft.review(&chain(&draft, [900, 1_000], tip));
    assert_eq!((at(800_000).kind, blocks(&at(800_000))), (Kind::Recovery, vec![]));
    assert_eq!((blocks(&at(799_990)), warnings(&at(799_990))), (vec!["coin-immature"], vec!["lock-future"]));
    // Any later height is what ordinary transactions carry.
    draft.psbt.unsigned_tx.lock_time = LockTime::from_consensus(810_000);
    assert_eq!(draft.review(&Facts::default()).kind, Kind::Payment);
}

#[test]
fn lock_times_are_told() {
    let wallet = two_of_three();
    let mut draft = honest(&wallet);
    draft.psbt.unsigned_tx.lock_time = LockTime::from_consensus(900_000);
    assert_eq!(draft.review(&Facts::default()).verdict.judgement(), Judgement::Clean, "who knows the height");
    let facts = |height| Facts { tip: Some(Tip { height, median_time: 1_700_000_000 }), ..Facts::default() };
    assert_eq!(warnings(&draft.review(&facts(899_999))), ["lock-future"]);
    assert_eq!(warnings(&draft.review(&facts(900_000))), Vec::<&str>::new());
    draft.psbt.unsigned_tx.lock_time = LockTime::from_consensus(1_700_000_000);
    assert_eq!(warnings(&draft.review(&facts(1))), ["lock-future"]);
    for input in &mut draft.psbt.unsigned_tx.input {
        input.sequence = Sequence::MAX;
    }
    assert_eq!(warnings(&draft.review(&facts(1))), ["lock-idle"]);
    draft.psbt.unsigned_tx.version = bitcoin::transaction::Version(7);
    assert!(warnings(&draft.review(&facts(1))).contains(&"version"));
}
