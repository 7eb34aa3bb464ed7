//! T8 and T13: what a transaction may cost, and how large it may be.

use super::*;
use facts::Limits;

/// One coin, one payment, and the rest of it a fee.
fn costing(coin: u64, fee: u64, limits: Limits) -> Review {
    let wallet = two_of_three();
    let mut draft = Draft::new(&wallet);
    draft.fund(spot("0/0"), coin);
    draft.pay(coin - fee);
    draft.review(&Facts { limits, ..Facts::default() })
}

#[test]
fn t08_each_limit_blocks_alone() {
    let limits = Limits::default();
    assert_eq!(blocks(&costing(10_000_000_000, 100_000, limits)), Vec::<&str>::new());
    assert_eq!(
        blocks(&costing(10_000_000_000, 5_000_001, Limits { rate: bitcoin::FeeRate::MAX, ..limits })),
        ["fee-absolute"]
    );
    assert_eq!(blocks(&costing(10_000_000_000, 160_000, limits)), ["fee-rate"]);
    assert_eq!(blocks(&costing(200_000, 20_001, limits)), ["fee-share"]);
    assert_eq!(blocks(&costing(200_000, 20_000, limits)), Vec::<&str>::new());
    // All three at once, as when change was forgotten.
    let all = costing(100_000_000, 60_000_000, limits);
    assert_eq!(blocks(&all), ["fee-absolute", "fee-rate", "fee-share"]);
}

#[test]
fn t08_limits_are_those_of_the_facts() {
    let limits =
        Limits { absolute: sat(900), rate: bitcoin::FeeRate::from_sat_per_vb_u32(2), percent: 1, small: sat(0) };
    assert_eq!(blocks(&costing(10_000, 1_000, limits)), ["fee-absolute", "fee-rate", "fee-share"]);
}

#[test]
fn t08_a_large_share_of_a_little_is_a_warning() {
    let review = costing(15_000, 5_000, Limits::default());
    assert_eq!((blocks(&review), warnings(&review)), (vec![], vec!["fee-high"]));
}

#[test]
fn t08_a_fee_that_dwarfs_the_payment_is_a_warning() {
    let wallet = two_of_three();
    let mut draft = Draft::new(&wallet);
    draft.fund(spot("0/0"), 100_000_000);
    draft.pay(5_000);
    draft.back(spot("1/1"), 99_993_500);
    let review = draft.review(&Facts::default());
    assert_eq!((blocks(&review), warnings(&review)), (vec![], vec!["fee-high"]));
}

#[test]
fn t08_what_cannot_be_known_or_be_blocks() {
    let wallet = two_of_three();
    let mut draft = honest(&wallet);
    draft.psbt.inputs[0].non_witness_utxo = None;
    draft.psbt.inputs[0].witness_utxo = None;
    let review = draft.review(&Facts::default());
    assert!(blocks(&review).contains(&"fee-unknown") && review.fee.is_none(), "{:?}", blocks(&review));
    let mut draft = honest(&wallet);
    draft.psbt.unsigned_tx.output[0].value = sat(290_001);
    assert_eq!(blocks(&draft.review(&Facts::default())), ["fee-negative"]);
    let mut draft = honest(&wallet);
    draft.psbt.unsigned_tx.output[0].value = sat(u64::MAX);
    assert_eq!(blocks(&draft.review(&Facts::default())), ["amount-range", "amount-range", "fee-unknown"]);
}

#[test]
fn the_rate_is_that_of_the_heaviest_it_can_become() {
    for wallet in all_kinds() {
        let mut draft = honest(&wallet);
        let told = draft.review(&Facts::default()).fee.unwrap();
        draft.sign(&[1, 2, 3]);
        let Ok(done) = miniscript::psbt::PsbtExt::finalize(draft.psbt.clone(), &secp()) else {
            panic!("{} cannot be finalized", wallet.descriptor(Chain::Receive));
        };
        let weight = done.extract_tx_unchecked_fee_rate().weight();
        let slack = 4 * 2 * 3 + 200 * u64::from(wallet.policy().recovery().len() as u32);
        assert!(weight <= told.weight, "{weight} > {} {}", told.weight, wallet.descriptor(Chain::Receive));
        assert!(weight.to_wu() + slack + 600 >= told.weight.to_wu(), "{weight} is far from {}", told.weight);
    }
}

#[test]
fn a_rate_below_what_is_passed_on_is_told() {
    assert_eq!(warnings(&costing(10_000_000, 100, Limits::default())), ["fee-low"]);
}

#[test]
fn t13_more_parts_than_devices_sign_block() {
    let wallet = two_of_three();
    let mut draft = Draft::new(&wallet);
    draft.fund(spot("0/0"), 10_000_000);
    for _ in 0..513 {
        draft.pay(1_000);
    }
    draft.back(spot("1/1"), 9_400_000);
    assert!(blocks(&draft.review(&Facts::default())).contains(&"too-many"));
}

#[test]
fn t13_what_nodes_do_not_pass_on_blocks() {
    let wallet = two_of_three();
    let mut draft = Draft::new(&wallet);
    draft.fund(spot("0/0"), 10_000_000);
    draft.output(bitcoin::ScriptBuf::from(vec![0x51; 100_000]), 1_000);
    draft.back(spot("1/1"), 9_400_000);
    assert!(blocks(&draft.review(&Facts::default())).contains(&"too-heavy"));
    let empty = Draft::new(&wallet).review(&Facts::default());
    assert!(blocks(&empty).contains(&"empty"));
}
