//! Recoveries: refused before their time with what is left of it, and right when it has come.

use super::*;
use crate::treasury::bitcoin::hot::HotError;
use crate::treasury::bitcoin::review::Reviewed;

/// One key that may always spend, another after 100 blocks.
const LATER: &str = "wsh(or_d(pk({0}/<0;1>/*),and_v(v:pkh({1}/<0;1>/*),older(100))))";

const NOW: u64 = 1_700_000_000;

fn recovery(place: usize) -> Terms {
    Terms { way: Way::Recovery { place, now: NOW }, ..at(3) }
}

#[test]
fn a_recovery_waits_for_its_blocks() {
    let mut bench = Bench::new(LATER, 2);
    let old = bench.fund(Chain::Receive, 0, 100_000, 902);
    let young = bench.fund(Chain::Receive, 1, 100_000, 950);
    let ripe = |bench: &Bench| ripeness(&bench.state, 0, NOW).unwrap();
    let recover = |bench: &Bench| sweep(&bench.state, &bench.marks, stranger(0), &recovery(0));
    // The next block is 1 001; 902 and 100 blocks make 1 002.
    assert_eq!(ripe(&bench), [(old, Ripeness::Blocks(1)), (young, Ripeness::Blocks(49))]);
    let early = recover(&bench).unwrap_err();
    assert_eq!(early, BuildError::Unripe { coin: old, wait: Ripeness::Blocks(1) });
    assert!(early.to_string().ends_with("cannot be recovered yet: 1 block is left"), "{early}");

    bench.tip(1_001);
    assert_eq!(ripe(&bench), [(old, Ripeness::Ripe), (young, Ripeness::Blocks(48))]);
    let built = recover(&bench).unwrap();
    let transaction = &built.packet.psbt.unsigned_tx;
    assert_eq!((transaction.input.len(), transaction.input[0].previous_output), (1, old));
    assert_eq!(transaction.input[0].sequence.to_consensus_u32(), 100);
    let named = |coin| Choice { only: Some([coin].into()), ..Choice::default() };
    let terms = Terms { choice: named(young), ..recovery(0) };
    let one = sweep(&bench.state, &bench.marks, stranger(0), &terms).unwrap_err();
    assert_eq!(one, BuildError::Unripe { coin: young, wait: Ripeness::Blocks(48) });
    // Who may recover signs, and Bitcoin Core agrees; its weight was foreseen.
    let recovered = bench.complete(&built.packet, &[1]);
    assert!(recovered.weight() <= built.weight && built.weight.to_wu() - recovered.weight().to_wu() <= 4);
    let (paid, asked) = (built.fee, FeeRate::from_sat_per_vb(3).unwrap().fee_wu(built.weight).unwrap());
    assert_eq!(paid, asked);
    // Whoever may always spend needs less, and still pays by the usual way.
    let usual = sweep(&bench.state, &bench.marks, stranger(0), &at(3)).unwrap();
    assert_eq!(usual.packet.psbt.unsigned_tx.input.len(), 2);
    bench.complete(&usual.packet, &[0]);
    assert_eq!(sweep(&bench.state, &bench.marks, stranger(0), &recovery(1)).unwrap_err(), BuildError::Way);
}

#[test]
fn a_coin_that_waits_has_not_begun_to_ripen() {
    let mut bench = Bench::new(LATER, 2);
    let gift = bench.stranger(&[(bench.script(Chain::Receive, 0), 100_000)]);
    bench.wait(&gift, 1);
    let coin = OutPoint::new(gift.compute_txid(), 0);
    assert_eq!(ripeness(&bench.state, 0, NOW).unwrap(), [(coin, Ripeness::Unconfirmed)]);
    let terms = Terms { choice: Choice { only: Some([coin].into()), ..Choice::default() }, ..recovery(0) };
    let refused = sweep(&bench.state, &bench.marks, stranger(0), &terms).unwrap_err();
    assert_eq!(refused, BuildError::Unripe { coin, wait: Ripeness::Unconfirmed });
}

#[test]
fn a_recovery_by_several_and_by_tapscript_holds() {
    let quorum = "multi(2,{0}/<0;1>/*,{1}/<0;1>/*)";
    let several = format!("wsh(or_i(and_v(v:thresh(2,pkh({{2}}/<0;1>/*),a:pkh({{3}}/<0;1>/*)),older(10)),{quorum}))");
    for (template, signers) in [
        (several.as_str(), vec![2, 3]),
        ("tr({0}/<0;1>/*,and_v(v:pk({1}/<0;1>/*),older(10)))", vec![1]),
        (
            "tr({nobody}/<0;1>/*,{multi_a(2,{0}/<0;1>/*,{1}/<0;1>/*),and_v(v:multi_a(1,{2}/<0;1>/*,{3}/<0;1>/*),older(10))})",
            vec![3],
        ),
        ("wsh(or_d(multi(2,{0}/<0;1>/*,{1}/<0;1>/*),and_v(v:pkh({0}/<2;3>/*),older(10))))", vec![0]),
    ] {
        let mut bench = Bench::new(template, 4);
        bench.fund(Chain::Receive, 0, 100_000, 900);
        bench.fund(Chain::Change, 4, 100_000, 900);
        let payments = [exactly(stranger(0), 150_000)];
        let built = pay(&bench.state, &bench.marks, &payments, &recovery(0)).unwrap();
        assert!(built.change.is_some());
        let transaction = bench.complete(&built.packet, &signers);
        assert!(transaction.weight() <= built.weight, "{template}");
        assert!(transaction.input.iter().all(|input| input.sequence.to_consensus_u32() == 10));
        // The quorum's own way is lighter or not, but always right.
        let built = pay(&bench.state, &bench.marks, &payments, &at(3)).unwrap();
        let quorum: Vec<usize> = (0..bench.state.wallet().policy().quorum().required).collect();
        assert!(bench.complete(&built.packet, &quorum).weight() <= built.weight, "{template}");
    }
}

#[test]
fn a_recovery_from_a_height_or_a_time_on_sets_the_lock_time() {
    let template = |after: u32| format!("wsh(or_d(pk({{0}}/<0;1>/*),and_v(v:pkh({{1}}/<0;1>/*),after({after}))))");
    let mut bench = Bench::new(&template(1_002), 2);
    let coin = bench.fund(Chain::Receive, 0, 100_000, 900);
    let refused = |bench: &Bench| sweep(&bench.state, &bench.marks, stranger(0), &recovery(0)).unwrap_err();
    assert_eq!(refused(&bench), BuildError::Unripe { coin, wait: Ripeness::Blocks(2) });
    bench.tip(1_002);
    let built = sweep(&bench.state, &bench.marks, stranger(0), &recovery(0)).unwrap();
    assert_eq!(bench.complete(&built.packet, &[1]).lock_time.to_consensus_u32(), 1_002);
    let early = Terms { start: Start::At(LockTime::from_height(5).unwrap()), ..recovery(0) };
    let error = sweep(&bench.state, &bench.marks, stranger(0), &early).unwrap_err();
    assert!(matches!(error, BuildError::LockTime { .. }));

    let from = u32::try_from(NOW).unwrap();
    let mut bench = Bench::new(&template(from), 2);
    let coin = bench.fund(Chain::Receive, 0, 100_000, 900);
    assert_eq!(refused(&bench), BuildError::Unripe { coin, wait: Ripeness::Time(NOW + 7_200) });
    let later = Terms { way: Way::Recovery { place: 0, now: NOW + 7_200 }, ..at(3) };
    let built = sweep(&bench.state, &bench.marks, stranger(0), &later).unwrap();
    assert_eq!(bench.complete(&built.packet, &[1]).lock_time.to_consensus_u32(), from);
}

#[test]
fn relative_time_is_counted_from_the_block() {
    // 100 steps of 512 seconds.
    let steps = 0x0040_0064;
    let mut bench = Bench::new(&format!("wsh(or_d(pk({{0}}/<0;1>/*),and_v(v:pkh({{1}}/<0;1>/*),older({steps}))))"), 2);
    let coin = bench.fund(Chain::Receive, 0, 100_000, 900);
    let ripe = 900 * 600 + 100 * 512 + 7_200;
    assert_eq!(ripeness(&bench.state, 0, ripe - 1).unwrap(), [(coin, Ripeness::Time(ripe))]);
    assert_eq!(ripeness(&bench.state, 0, ripe).unwrap(), [(coin, Ripeness::Ripe)]);
    let terms = Terms { way: Way::Recovery { place: 0, now: ripe }, ..at(3) };
    let built = sweep(&bench.state, &bench.marks, stranger(0), &terms).unwrap();
    assert_eq!(bench.complete(&built.packet, &[1]).input[0].sequence.to_consensus_u32(), steps);
}

#[test]
fn whoever_may_only_recover_signs_nothing_else_of_use() {
    let mut bench = Bench::new(LATER, 2);
    bench.fund(Chain::Receive, 0, 100_000, 900);
    let built = sweep(&bench.state, &bench.marks, stranger(0), &at(3)).unwrap();
    let signed = bench.signers[1].sign(&Reviewed::unseen(bench.state.wallet(), &built.packet)).unwrap();
    use miniscript::psbt::PsbtExt;
    assert!(signed.psbt.finalize(&bitcoin::secp256k1::Secp256k1::new()).is_err());
    let third = crate::treasury::bitcoin::coins::bench::signer(7);
    let refused = third.sign(&Reviewed::unseen(bench.state.wallet(), &built.packet)).err();
    assert_eq!(refused, Some(HotError::Nothing(third.fingerprint())));
}
