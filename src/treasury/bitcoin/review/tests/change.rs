//! T1 and T2: an output that claims to be change and is not, and change that nobody would find again.

use super::*;
use bitcoin::ScriptBuf;

/// An honest payment whose change is replaced.
fn with_change(wallet: &Wallet, make: impl FnOnce(&mut Draft<'_>) -> usize) -> (Review, usize) {
    let mut draft = honest(wallet);
    draft.psbt.unsigned_tx.output.truncate(1);
    draft.psbt.outputs.truncate(1);
    let at = make(&mut draft);
    (draft.review(&Facts::default()), at)
}

fn assert_foreign(review: &Review, at: usize, code: &str) {
    assert_eq!(blocks(review), [code]);
    assert_eq!((review.outputs[at].role, review.outputs[at].spot), (Role::Payment, None));
}

#[test]
fn t01_our_path_with_another_script_is_no_change() {
    for wallet in all_kinds() {
        let (review, at) = with_change(&wallet, |draft| {
            let at = draft.output(stranger(0x66), 138_500);
            draft.hint(at, draft.wallet, spot("1/4"));
            // An attacker leaves away what would give it away.
            draft.psbt.outputs[at].witness_script = None;
            draft.psbt.outputs[at].redeem_script = None;
            at
        });
        assert_foreign(&review, at, "change-wrong-script");
    }
}

#[test]
fn t01_scripts_that_are_not_paid_are_told() {
    let wallet = two_of_three();
    let (review, _) = with_change(&wallet, |draft| {
        let at = draft.output(stranger(0x66), 138_500);
        draft.hint(at, draft.wallet, spot("1/4"));
        at
    });
    assert_eq!(blocks(&review), ["change-wrong-script", "output-script"]);
}

#[test]
fn t01_the_right_script_under_another_index_is_no_change() {
    let wallet = two_of_three();
    let (review, at) = with_change(&wallet, |draft| {
        let at = draft.output(draft.wallet.script(spot("1/5")).unwrap(), 138_500);
        draft.hint(at, draft.wallet, spot("1/4"));
        draft.psbt.outputs[at].witness_script = None;
        at
    });
    assert_foreign(&review, at, "change-wrong-script");
}

#[test]
fn t01_the_row_to_receive_is_ours_and_not_change() {
    let wallet = two_of_three();
    let (review, at) = with_change(&wallet, |draft| draft.back(spot("0/4"), 138_500));
    assert_eq!((review.outputs[at].role, review.outputs[at].spot), (Role::Own, Some(spot("0/4"))));
    assert_eq!(review.verdict.judgement(), Judgement::Clean);
}

#[test]
fn t01_the_last_index_is_out_of_reach() {
    for index in ["1/2147483647", "0/2147483647", "1/1000001"] {
        let wallet = two_of_three();
        let (review, at) = with_change(&wallet, |draft| draft.back(spot(index), 138_500));
        assert_foreign(&review, at, "index-beyond-gap");
    }
    let wallet = two_of_three();
    let (review, at) = with_change(&wallet, |draft| draft.back(spot("1/1000000"), 138_500));
    assert_eq!((blocks(&review), warnings(&review)), (vec![], vec!["change-far"]));
    assert_eq!(review.outputs[at].role, Role::Change);
}

#[test]
fn t01_within_the_gap_and_no_further_when_it_is_known_what_was_used() {
    let wallet = two_of_three();
    let judged = |used: Option<u32>, index: u32| {
        let mut draft = honest(&wallet);
        draft.psbt.unsigned_tx.output.truncate(1);
        draft.psbt.outputs.truncate(1);
        draft.back(Spot { chain: Chain::Change, index }, 138_500);
        let used = facts::Used { receive: Some(900), change: used };
        let review = draft.review(&Facts { used: Some(used), ..Facts::default() });
        (review.outputs[1].role, blocks(&review))
    };
    assert_eq!(judged(Some(3), 23), (Role::Change, vec![]));
    assert_eq!(judged(Some(3), 24), (Role::Payment, vec!["index-beyond-gap"]));
    assert_eq!(judged(None, 19), (Role::Change, vec![]));
    assert_eq!(judged(None, 20), (Role::Payment, vec!["index-beyond-gap"]));
}

#[test]
fn t01_another_wallet_of_the_same_cosigners_is_not_this_one() {
    let wallet = two_of_three();
    // The same quorum on another account, and the same keys in another quorum.
    let account: Vec<_> = [1, 2, 3].iter().map(|seed| format!("{}/<0;1>/*", key(*seed, "48'/1'/7'/2'"))).collect();
    let account = super::wallet(&format!("wsh(sortedmulti(2,{}))", account.join(",")));
    let (review, at) = with_change(&wallet, |draft| {
        let at = draft.output(account.script(spot("1/4")).unwrap(), 138_500);
        draft.hint(at, &account, spot("1/4"));
        at
    });
    assert_foreign(&review, at, "derivation-elsewhere");
    let weaker = multi("wsh(sortedmulti(MULTI))", 1, &[1, 2, 3]);
    let (review, at) = with_change(&wallet, |draft| {
        let at = draft.output(weaker.script(spot("1/4")).unwrap(), 138_500);
        draft.hint(at, &weaker, spot("1/4"));
        at
    });
    assert_foreign(&review, at, "change-wrong-script");
}

#[test]
fn t01_mixed_policies_do_not_make_change() {
    let wallet = two_of_three();
    // One of our keys, and two of an attacker's; the same keys in another kind of script.
    for other in [
        multi("wsh(sortedmulti(MULTI))", 2, &[1, 8, 9]),
        multi("sh(wsh(sortedmulti(MULTI)))", 2, &[1, 2, 3]),
        multi("wsh(multi(MULTI))", 2, &[1, 2, 3, 9]),
    ] {
        let (review, at) = with_change(&wallet, |draft| {
            let at = draft.output(other.script(spot("1/4")).unwrap(), 138_500);
            draft.hint(at, &other, spot("1/4"));
            at
        });
        assert_foreign(&review, at, "change-wrong-script");
    }
}

#[test]
fn t01_a_taproot_output_with_our_internal_key_and_a_hidden_script_is_no_change() {
    let wallet = taproot();
    let hidden = super::wallet(&format!("tr({}/<0;1>/*,pk({}/<0;1>/*))", key(1, "86'/1'/0'"), key(9, "86'/1'/0'")));
    let (review, at) = with_change(&wallet, |draft| {
        let at = draft.output(hidden.script(spot("1/4")).unwrap(), 138_500);
        draft.hint(at, draft.wallet, spot("1/4"));
        at
    });
    assert_foreign(&review, at, "change-wrong-script");
    // The same with all that is true of it.
    let (review, at) = with_change(&wallet, |draft| {
        let at = draft.output(hidden.script(spot("1/4")).unwrap(), 138_500);
        draft.hint(at, &hidden, spot("1/4"));
        at
    });
    assert_foreign(&review, at, "change-wrong-script");
}

#[test]
fn t01_a_key_that_is_not_the_one_of_its_path_is_told() {
    let wallet = two_of_three();
    let (review, at) = with_change(&wallet, |draft| {
        let at = draft.back(spot("1/4"), 138_500);
        let map = &mut draft.psbt.outputs[at].bip32_derivation;
        let (_, source) = map.pop_first().unwrap();
        map.insert(bitcoin::secp256k1::SecretKey::from_slice(&[7; 32]).unwrap().public_key(&secp()), source);
        at
    });
    assert_eq!((blocks(&review), review.outputs[at].role), (vec!["derivation-key"], Role::Change));
}

#[test]
fn t01_what_strangers_say_of_their_own_output_is_theirs() {
    let wallet = two_of_three();
    let strangers = multi("wsh(sortedmulti(MULTI))", 2, &[7, 8, 9]);
    let (review, at) = with_change(&wallet, |draft| {
        let at = draft.output(strangers.script(spot("1/4")).unwrap(), 138_500);
        draft.hint(at, &strangers, spot("1/4"));
        at
    });
    assert_eq!((blocks(&review), review.outputs[at].role), (vec![], Role::Payment));
}

#[test]
fn ours_without_a_word_about_it_is_found() {
    let wallet = two_of_three();
    let (review, at) = with_change(&wallet, |draft| draft.output(draft.wallet.script(spot("1/4")).unwrap(), 138_500));
    assert_eq!(review.outputs[at].role, Role::Change);
    // Further out only the wallet's own index knows, and is not believed either.
    let far = wallet.script(spot("1/400")).unwrap();
    let mut draft = honest(&wallet);
    draft.psbt.unsigned_tx.output[1].script_pubkey = far.clone();
    draft.psbt.outputs[1] = Default::default();
    assert_eq!(draft.review(&Facts::default()).outputs[1].role, Role::Payment);
    let facts = Facts { spots: [(far.clone(), spot("1/400"))].into(), ..Facts::default() };
    assert_eq!(draft.review(&facts).outputs[1].role, Role::Change);
    let lying = Facts { spots: [(far, spot("1/401"))].into(), ..Facts::default() };
    assert_eq!(draft.review(&lying).outputs[1].role, Role::Payment);
}

#[test]
fn a_wallet_whose_coordinator_forgot_the_fingerprints_is_found_by_its_paths() {
    let plain = |seed| key(seed, "48'/1'/0'/2'").split_once(']').unwrap().1.to_owned();
    let wallet = super::wallet(&format!("wsh(sortedmulti(2,{}/<0;1>/*,{}/<0;1>/*))", plain(1), plain(2)));
    let mut draft = honest(&wallet);
    for map in &mut draft.psbt.outputs {
        for source in map.bip32_derivation.values_mut() {
            source.0 = Default::default();
        }
    }
    assert_eq!(draft.review(&Facts::default()).outputs[1].role, Role::Change);
}

/// A script of three keys at three indexes, as a ransomer would make it.
fn scattered(draft: &mut Draft<'_>, spots: [&str; 3]) -> usize {
    let mut keys = Vec::new();
    let at = draft.output(ScriptBuf::new(), 138_500);
    for (number, text) in spots.iter().enumerate() {
        let (mut one, probe) = (draft.clone(), spot(text));
        one.hint(at, draft.wallet, probe);
        let seat = draft.wallet.policy().cosigners()[number].fingerprint;
        let (key, source) = one.psbt.outputs[at].bip32_derivation.iter().find(|(_, s)| s.0 == seat).unwrap();
        keys.push((*key, source.clone()));
    }
    let mut sorted: Vec<_> = keys.iter().map(|(key, _)| bitcoin::PublicKey::new(*key)).collect();
    sorted.sort();
    let script = miniscript::Descriptor::new_wsh_sortedmulti(2, sorted).unwrap();
    draft.psbt.unsigned_tx.output[at].script_pubkey = script.script_pubkey();
    draft.psbt.outputs[at].witness_script = script.explicit_script().ok();
    draft.psbt.outputs[at].bip32_derivation = keys.into_iter().collect();
    at
}

#[test]
fn t02_cosigners_at_different_indexes_are_a_ransom() {
    let wallet = two_of_three();
    for spots in [["1/4", "1/5", "1/6"], ["1/4", "1/4", "1/900000"], ["1/4", "1/4", "0/4"]] {
        let (review, at) = with_change(&wallet, |draft| scattered(draft, spots));
        assert_foreign(&review, at, "derivation-scattered");
    }
}

#[test]
fn t02_change_at_an_index_out_of_the_blue_is_told() {
    let wallet = two_of_three();
    for index in ["1/1500", "1/847391", "0/123456"] {
        let (review, _) = with_change(&wallet, |draft| draft.back(spot(index), 138_500));
        assert_eq!((blocks(&review), warnings(&review)), (vec![], vec!["change-far"]), "{index}");
    }
    // Where the coins that are spent are as far out, it is ordinary.
    let mut draft = Draft::new(&wallet);
    draft.fund(spot("0/1400"), 100_000);
    draft.pay(50_000);
    draft.back(spot("1/1500"), 49_000);
    assert_eq!(draft.review(&Facts::default()).verdict.judgement(), Judgement::Clean);
}
