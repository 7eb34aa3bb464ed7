//! Payments.

use super::*;
use std::collections::BTreeSet;

/// Builds a payment with change from four coins, signs it, verifies it, and holds its weight against what was counted.
fn round(template: &str, of: u8, signers: &[usize]) {
    let mut bench = Bench::new(template, of);
    for n in 0..4 {
        bench.fund(if n % 2 == 0 { Chain::Receive } else { Chain::Change }, n, 50_000 + u64::from(n), 900 + n);
    }
    let built = pay(&bench.state, &bench.marks, &[exactly(stranger(0), 120_000)], &at(7)).unwrap();
    let (spent, paid) = sums(&built);
    assert_eq!(spent - paid, built.fee);
    assert_eq!(built.fee, FeeRate::from_sat_per_vb(7).unwrap().fee_wu(built.weight).unwrap());
    let (place, spot) = built.change.expect("something comes back");
    assert_eq!(built.packet.psbt.unsigned_tx.output[place].script_pubkey, bench.state.wallet().script(spot).unwrap());
    let own_row = if bench.state.wallet().has_change() { Chain::Change } else { Chain::Receive };
    assert_eq!(bench.state.spot(&bench.state.wallet().script(spot).unwrap()).unwrap().chain, own_row);
    let transaction = bench.complete(&built.packet, signers);
    // Signatures are a byte or two shorter than the longest: 1 for a low R, rarely more.
    let (counted, real) = (built.weight.to_wu(), transaction.weight().to_wu());
    let witness = if template.starts_with("sh(") && !template.starts_with("sh(w") { 4 } else { 1 };
    let inputs = u64::try_from(transaction.input.len() * signers.len()).unwrap();
    assert!(real <= counted && counted - real <= 4 * witness * inputs, "{template}: counted {counted}, weighs {real}");
    if template.starts_with("tr") {
        assert_eq!(counted, real, "{template}");
    }
}

#[test]
fn every_kind_of_wallet_pays_and_bitcoin_core_agrees() {
    round("wpkh({0}/<0;1>/*)", 1, &[0]);
    round("sh(wpkh({0}/<0;1>/*))", 1, &[0]);
    round("pkh({0}/<0;1>/*)", 1, &[0]);
    round("tr({0}/<0;1>/*)", 1, &[0]);
    round("wpkh({0}/*)", 1, &[0]);
    for kind in ["wsh(", "sh(wsh(", "sh("] {
        let close = ")".repeat(kind.matches('(').count());
        round(&format!("{kind}sortedmulti(2,{{0}}/<0;1>/*,{{1}}/<0;1>/*,{{2}}/<0;1>/*){close}"), 3, &[2, 0]);
        round(&format!("{kind}multi(2,{{0}}/<0;1>/*,{{1}}/<0;1>/*,{{2}}/<0;1>/*){close}"), 3, &[1, 2]);
        let keys: Vec<String> = (0..5).map(|n| format!("{{{n}}}/<0;1>/*")).collect();
        round(&format!("{kind}sortedmulti(3,{}){close}", keys.join(",")), 5, &[4, 1, 2]);
    }
}

#[test]
fn fifteen_keys_and_tapscript_pay() {
    let keys: Vec<String> = (0..15).map(|n| format!("{{{n}}}/<0;1>/*")).collect();
    let all = keys.join(",");
    round(&format!("wsh(sortedmulti(8,{all}))"), 15, &[0, 1, 2, 3, 11, 12, 13, 14]);
    round(&format!("sh(wsh(sortedmulti(15,{all})))"), 15, &(0..15).collect::<Vec<_>>());
    round("tr({nobody}/<0;1>/*,multi_a(2,{0}/<0;1>/*,{1}/<0;1>/*,{2}/<0;1>/*))", 3, &[0, 2]);
    round("tr({nobody}/<0;1>/*,multi_a(3,{0}/<0;1>/*,{1}/<0;1>/*,{2}/<0;1>/*,{3}/<0;1>/*,{4}/<0;1>/*))", 5, &[4, 0, 2]);
    // Any one of several: whoever signs, it is paid for.
    for one in 0..3 {
        let mut bench = Bench::new("tr({0}/<0;1>/*,{pk({1}/<0;1>/*),pk({2}/<0;1>/*)})", 3);
        bench.fund(Chain::Receive, 0, 50_000, 900);
        let built = pay(&bench.state, &bench.marks, &[exactly(stranger(0), 1_000)], &at(5)).unwrap();
        let weight = bench.complete(&built.packet, &[one]).weight();
        assert!(weight <= built.weight && (weight == built.weight) == (one > 0));
    }
}

#[test]
fn several_are_paid_and_one_may_get_the_rest() {
    let mut bench = Bench::multi("wsh", 2, 3);
    for n in 0..3 {
        bench.fund(Chain::Receive, n, 100_000, 900);
    }
    let several = [exactly(stranger(0), 10_000), exactly(stranger(1), 20_000), exactly(stranger(0), 10_000)];
    let built = pay(&bench.state, &bench.marks, &several, &at(2)).unwrap();
    let paid: Vec<u64> = built.packet.psbt.unsigned_tx.output.iter().map(|output| output.value.to_sat()).collect();
    assert!(paid.is_sorted() && paid.len() == 4 && paid.iter().filter(|sum| **sum == 10_000).count() == 2);
    // Whoever gets the rest gets all of it: every coin is taken and nothing comes back.
    let built = pay(&bench.state, &bench.marks, &[exactly(stranger(0), 10_000), max(stranger(1))], &at(2)).unwrap();
    let transaction = &built.packet.psbt.unsigned_tx;
    assert_eq!((transaction.input.len(), transaction.output.len(), built.change), (3, 2, None));
    assert_eq!(transaction.output[1].value, sat(290_000) - built.fee);
    bench.complete(&built.packet, &[0, 2]);
    let twice = pay(&bench.state, &bench.marks, &[max(stranger(0)), max(stranger(1))], &at(2));
    assert_eq!(twice.unwrap_err(), BuildError::Maxes);
    assert_eq!(pay(&bench.state, &bench.marks, &[], &at(2)).unwrap_err(), BuildError::Nobody);
}

#[test]
fn the_packet_carries_what_signers_need_and_nothing_else() {
    let mut bench = Bench::multi("wsh", 2, 3);
    let coin = bench.fund(Chain::Receive, 3, 100_000, 900);
    let built = pay(&bench.state, &bench.marks, &[exactly(stranger(0), 10_000)], &at(2)).unwrap();
    let psbt = &built.packet.psbt;
    let input = &psbt.inputs[0];
    assert_eq!(input.non_witness_utxo.as_ref().unwrap().compute_txid(), coin.txid);
    assert_eq!(input.witness_utxo.as_ref().unwrap().value, sat(100_000));
    assert!(input.witness_script.is_some() && input.redeem_script.is_none() && input.sighash_type.is_none());
    let paths: BTreeSet<String> = input.bip32_derivation.values().map(|(_, path)| path.to_string()).collect();
    assert_eq!((input.bip32_derivation.len(), paths), (3, BTreeSet::from(["48'/1'/0'/2'/0/3".to_owned()])));
    let (change, spot) = built.change.unwrap();
    assert_eq!(spot.to_string(), "1/0");
    assert_eq!(psbt.outputs[change].bip32_derivation.len(), 3);
    assert!(psbt.outputs[1 - change].bip32_derivation.is_empty());
    assert!(psbt.xpub.is_empty() && psbt.unknown.is_empty() && psbt.proprietary.is_empty());
    let named = pay(&bench.state, &bench.marks, &[exactly(stranger(0), 10_000)], &Terms { xpubs: true, ..at(2) });
    assert_eq!(named.unwrap().packet.psbt.xpub.len(), 3);
    // Every previous transaction, in every kind of wallet.
    for template in
        ["sh(multi(1,{0}/<0;1>/*,{1}/<0;1>/*))", "sh(wsh(multi(1,{0}/<0;1>/*,{1}/<0;1>/*)))", "tr({0}/<0;1>/*)"]
    {
        let mut bench = Bench::new(template, 2);
        bench.fund(Chain::Receive, 3, 100_000, 900);
        let built = pay(&bench.state, &bench.marks, &[exactly(stranger(0), 10_000)], &at(2)).unwrap();
        let input = &built.packet.psbt.inputs[0];
        assert!(input.non_witness_utxo.is_some(), "{template}");
        assert_eq!(input.redeem_script.is_some(), template.starts_with("sh("));
        assert_eq!(input.witness_utxo.is_some(), !template.starts_with("sh(multi"));
        assert_eq!(input.tap_internal_key.is_some() && input.tap_key_origins.len() == 1, template.starts_with("tr("));
    }
}

#[test]
fn change_goes_to_the_lowest_place_that_was_never_used() {
    let mut bench = Bench::multi("wsh", 2, 3);
    for (chain, index) in [(Chain::Change, 0), (Chain::Change, 2), (Chain::Receive, 0)] {
        bench.fund(chain, index, 100_000, 900);
    }
    let next = |bench: &Bench, to: ScriptBuf| {
        let built = pay(&bench.state, &bench.marks, &[exactly(to, 10_000)], &at(2)).unwrap();
        built.change.unwrap().1.to_string()
    };
    assert_eq!(next(&bench, stranger(0)), "1/1");
    // Whoever is paid at our own next place for change does not share it with the change.
    assert_eq!(next(&bench, bench.script(Chain::Change, 1)), "1/3");
    bench.state.reserve(Spot { chain: Chain::Change, index: 1 });
    assert_eq!(next(&bench, stranger(0)), "1/3");
}

#[test]
fn coins_are_taken_as_they_are_named() {
    let mut bench = Bench::multi("wsh", 2, 3);
    let coins: Vec<OutPoint> = (0..4).map(|n| bench.fund(Chain::Receive, n, 50_000, 900 + n)).collect();
    let spends = |built: &Built| -> BTreeSet<OutPoint> {
        built.packet.psbt.unsigned_tx.input.iter().map(|input| input.previous_output).collect()
    };
    let terms = |only: &[OutPoint], never: &[OutPoint]| Terms {
        choice: Choice {
            only: (!only.is_empty()).then(|| only.iter().copied().collect()),
            never: never.iter().copied().collect(),
        },
        ..at(2)
    };
    let go =
        |bench: &Bench, amount, terms: &Terms| pay(&bench.state, &bench.marks, &[exactly(stranger(0), amount)], terms);
    // All that is named is taken, even when less would do.
    let built = go(&bench, 10_000, &terms(&coins[1..3], &[])).unwrap();
    assert_eq!(spends(&built), coins[1..3].iter().copied().collect());
    let built = go(&bench, 60_000, &terms(&[], &coins[..2])).unwrap();
    assert_eq!(spends(&built), coins[2..].iter().copied().collect());
    let missing = go(&bench, 60_000, &terms(&coins[..1], &[])).unwrap_err();
    assert!(
        matches!(missing, BuildError::Missing { needed, available } if needed > sat(60_000) && available == sat(50_000))
    );
    assert!(missing.to_string().contains(" missing: "), "{missing}");
    assert_eq!(go(&bench, 1_000, &terms(&coins[..1], &coins[..1])).unwrap_err(), BuildError::Contradiction(coins[0]));
    let nowhere = OutPoint::new(coins[0].txid, 9);
    assert_eq!(go(&bench, 1_000, &terms(&[nowhere], &[])).unwrap_err(), BuildError::Unknown(nowhere));

    // A frozen coin is never taken, not even by name.
    bench.marks.frozen.insert(coins[3]);
    assert_eq!(go(&bench, 1_000, &terms(&coins[3..], &[])).unwrap_err(), BuildError::Frozen(coins[3]));
    let all = sweep(&bench.state, &bench.marks, stranger(0), &at(2)).unwrap();
    assert_eq!(spends(&all), coins[..3].iter().copied().collect());

    // What is spent already says by what, and what strangers sent is taken only by name.
    let spent = go(&bench, 10_000, &terms(&coins[..1], &[])).unwrap();
    let by = broadcast(&mut bench, &spent, &[0, 1]).compute_txid();
    assert_eq!(go(&bench, 1_000, &terms(&coins[..1], &[])).unwrap_err(), BuildError::Spent { coin: coins[0], by });
    let gift = bench.stranger(&[(bench.script(Chain::Receive, 9), 500_000)]);
    bench.wait(&gift, 1);
    let gift = OutPoint::new(gift.compute_txid(), 0);
    assert!(matches!(go(&bench, 400_000, &at(2)).unwrap_err(), BuildError::Missing { .. }));
    assert_eq!(spends(&go(&bench, 400_000, &terms(&[gift], &[])).unwrap()), BTreeSet::from([gift]));
}

#[test]
fn mistakes_are_named() {
    let mut bench = Bench::multi("wsh", 2, 3);
    let go = |bench: &Bench, payment: Payment, terms: &Terms| {
        pay(&bench.state, &bench.marks, &[payment], terms).unwrap_err()
    };
    assert!(
        matches!(go(&bench, exactly(stranger(0), 1_000), &at(2)), BuildError::Missing { available, .. } if available == sat(0))
    );
    assert_eq!(go(&bench, max(stranger(0)), &at(2)), BuildError::Empty);
    bench.fund(Chain::Receive, 0, 100_000, 900);
    let dust = BuildError::Dust { number: 1, sum: sat(329), least: sat(330) };
    assert_eq!(go(&bench, exactly(stranger(0), 329), &at(2)), dust);
    let burned = ScriptBuf::new_op_return([1]);
    assert_eq!(go(&bench, exactly(burned, 1_000), &at(2)), BuildError::Script(1));
    assert_eq!(go(&bench, max(ScriptBuf::new()), &at(2)), BuildError::Script(1));
    let low = Terms::at(FeeRate::from_sat_per_kwu(249));
    assert!(matches!(go(&bench, exactly(stranger(0), 1_000), &low), BuildError::Low { .. }));
    let huge = exactly(stranger(0), Amount::MAX_MONEY.to_sat());
    assert!(matches!(go(&bench, huge.clone(), &at(2)), BuildError::Missing { .. }));
    let both = pay(&bench.state, &bench.marks, &[huge.clone(), huge], &at(2)).unwrap_err();
    assert!(matches!(both, BuildError::Missing { .. }));
    let overflow = exactly(stranger(0), u64::MAX);
    assert!(matches!(go(&bench, overflow, &at(2)), BuildError::Missing { .. }));
}

#[test]
fn t08_a_fee_beyond_a_limit_is_not_built() {
    let mut bench = Bench::multi("wsh", 2, 3);
    bench.fund(Chain::Receive, 0, 100_000_000, 900);
    let go = |limits: Limits, rate: u64, amount: u64| {
        let terms = Terms { limits, ..at(rate) };
        pay(&bench.state, &bench.marks, &[exactly(stranger(0), amount)], &terms)
    };
    let refused = |built: Result<Built, BuildError>| match built.unwrap_err() {
        BuildError::High { fee, limit, what } => {
            assert!(fee > limit);
            what
        }
        other => panic!("{other}"),
    };
    let fine = Limits::default();
    assert!(go(fine, 1_000, 1_000).is_ok());
    assert_eq!(refused(go(fine, 1_001, 1_000)), "the most for its size");
    assert_eq!(refused(go(Limits { absolute: sat(1_000), ..fine }, 10, 1_000)), "the most for any transaction");
    assert_eq!(refused(go(Limits { percent: 0, ..fine }, 100, 1_000)), "the most for what it spends");
    assert!(go(Limits { percent: 0, ..fine }, 10, 1_000).is_ok(), "a small fee is small whatever its share");
    // Change that is not worth making is a fee too, and is held against the limits.
    let near = go(Limits { small: sat(0), percent: 0, ..fine }, 1, 99_999_000);
    assert_eq!(refused(near), "the most for what it spends");
}

#[test]
fn lock_time_and_sequence_are_as_asked() {
    let mut bench = Bench::multi("wsh", 2, 3);
    bench.fund(Chain::Receive, 0, 100_000, 900);
    let go = |terms: &Terms| {
        let built = pay(&bench.state, &bench.marks, &[exactly(stranger(0), 1_000)], terms).unwrap();
        let transaction = bench.complete(&built.packet, &[0, 1]);
        (
            transaction.lock_time.to_consensus_u32(),
            transaction.input[0].sequence.to_consensus_u32(),
            transaction.version.0,
        )
    };
    assert_eq!(go(&at(2)), (1_000, 0xffff_fffd, 2));
    assert_eq!(go(&Terms { replaceable: false, ..at(2) }), (1_000, 0xffff_fffe, 2));
    let later = Start::At(LockTime::from_height(123_456).unwrap());
    assert_eq!(go(&Terms { start: later, ..at(2) }), (123_456, 0xffff_fffd, 2));
}

#[test]
fn the_order_says_nothing_and_the_same_is_built_twice() {
    let mut bench = Bench::multi("wsh", 2, 3);
    for n in 0..20 {
        bench.fund(Chain::Receive, n, 10_000 + u64::from(n % 7), 900 + n);
    }
    let build = || pay(&bench.state, &bench.marks, &[exactly(stranger(0), 100_000)], &at(3)).unwrap();
    let built = build();
    assert_eq!(built, build());
    let shown: Vec<(String, u32)> = (built.packet.psbt.unsigned_tx.input.iter())
        .map(|input| (input.previous_output.txid.to_string(), input.previous_output.vout))
        .collect();
    assert!(shown.is_sorted() && shown.len() > 8);
}
