//! The review against what an attacker would send: PSBTs built here with keys of our own, and those that devices signed.

mod change;
mod coins;
mod devices;
mod fees;
mod fields;
mod flips;
mod known;
mod recipients;
mod recovery;
mod shown;
pub(super) mod workshop;

use super::*;
use crate::treasury::verdict::Judgement;
use workshop::*;

/// The codes of a verdict's blocks.
fn blocks(review: &Review) -> Vec<&'static str> {
    review.verdict.blocks.iter().map(|found| found.code).collect()
}

/// The codes of a verdict's warnings.
fn warnings(review: &Review) -> Vec<&'static str> {
    review.verdict.warnings.iter().map(|found| found.code).collect()
}

#[test]
fn an_honest_payment_is_clean_for_every_kind_of_wallet() {
    for wallet in all_kinds() {
        let draft = honest(&wallet);
        let review = draft.review(&Facts::default());
        assert_eq!((blocks(&review), warnings(&review)), (vec![], vec![]), "{}", wallet.descriptor(Chain::Receive));
        assert_eq!(review.verdict.judgement(), Judgement::Clean);
        assert_eq!(review.kind, Kind::Payment);
        let spots: Vec<_> = review.inputs.iter().map(|input| input.spot.unwrap().to_string()).collect();
        assert_eq!(spots, ["0/0", "1/3"]);
        let roles: Vec<_> =
            review.outputs.iter().map(|output| (output.role, output.spot.map(|s| s.to_string()))).collect();
        assert_eq!(roles, [(Role::Payment, None), (Role::Change, Some("1/4".into()))]);
        assert_eq!(review.fee.unwrap().amount.to_sat(), 1_500);
    }
}

#[test]
fn kinds_are_told_apart() {
    let wallet = two_of_three();
    let mut sweep = Draft::new(&wallet);
    sweep.fund(spot("0/0"), 100_000);
    sweep.pay(99_000);
    assert_eq!(sweep.review(&Facts::default()).kind, Kind::Sweep);
    let mut own = Draft::new(&wallet);
    own.fund(spot("0/0"), 100_000);
    own.back(spot("0/7"), 99_000);
    let review = own.review(&Facts::default());
    assert_eq!((review.kind, review.outputs[0].role), (Kind::Own, Role::Own));
    assert_eq!(review.verdict.judgement(), Judgement::Clean);
    let bump = honest(&wallet);
    let spends = bump.psbt.unsigned_tx.input.iter().map(|input| input.previous_output).collect();
    let old = facts::Replaced { txid: txid(9), spends, fee: sat(500), rate: bitcoin::FeeRate::from_sat_per_kwu(250) };
    let review = bump.review(&Facts { replaces: Some(old.clone()), ..Facts::default() });
    assert_eq!((review.kind, warnings(&review)), (Kind::Bump, vec![]));
    let dear = facts::Replaced { fee: sat(1_500), ..old };
    let review = bump.review(&Facts { replaces: Some(dear), ..Facts::default() });
    assert_eq!(warnings(&review), ["replacement-low"]);
}
