//! What leaves the wallet and what only says that it comes back (T1, T2, T8).

use crate::review::shop::{Shop, key, output, stranger};
use bitcoin::{Amount, ScriptBuf};

fn roles(json: &serde_json::Value) -> Vec<(&str, Option<&str>)> {
    let outputs = json["outputs"].as_array().unwrap().iter();
    outputs.map(|output| (output["role"].as_str().unwrap(), output["derivation"].as_str())).collect()
}

#[test]
fn an_honest_payment_is_clean_for_every_kind_of_wallet() {
    for (shop, _) in Shop::all() {
        let said = shop.warned(&shop.honest(), &[]);
        assert_eq!((said.exit, &said.json["kind"]), (0, &"payment".into()));
        assert_eq!(roles(&said.json), [("payment", None), ("change", Some("1/4"))]);
        let input =
            |at: usize| (said.json["inputs"][at]["ours"].clone(), said.json["inputs"][at]["derivation"].clone());
        assert_eq!((input(0), input(1)), ((true.into(), "0/0".into()), (true.into(), "1/3".into())));
        assert_eq!(said.json["fee"]["sat"], 1_500);
    }
}

#[test]
fn t01_change_with_the_right_paths_that_pays_a_stranger_is_blocked() {
    for (shop, _) in Shop::all() {
        let mut psbt = shop.honest();
        psbt.unsigned_tx.output[1].script_pubkey = stranger(0x66);
        // The scripts that would be ours go with it, where there are any.
        psbt.outputs[1].redeem_script = None;
        psbt.outputs[1].witness_script = None;
        let said = shop.blocked(&psbt, &["change-wrong-script"]);
        assert_eq!(roles(&said.json)[1], ("payment", None));
    }
}

#[test]
fn t01_change_at_another_spot_than_it_says_is_blocked() {
    for (shop, _) in Shop::all() {
        for (row, index) in [(1, 5), (0, 4), (1, 2_000_000_000)] {
            let mut psbt = shop.honest();
            shop.claim(&mut psbt, 1, row, index);
            psbt.outputs[1].redeem_script = None;
            psbt.outputs[1].witness_script = None;
            shop.blocked(&psbt, &["change-wrong-script"]);
        }
    }
}

#[test]
fn t01_change_by_another_rule_of_the_same_keys_is_blocked() {
    let shop = Shop::quorum();
    let weaker = Shop::of(&shop.text.replace("sortedmulti(2", "sortedmulti(1"));
    let nested = Shop::multi("sh(wsh(sortedmulti(MULTI)))");
    let swapped = Shop::of(&shop.text.replace(&key(3, "48'/1'/0'/2'"), &key(9, "48'/1'/0'/2'")));
    let reordered = Shop::of(
        &shop
            .text
            .replace("sortedmulti", "multi")
            .replace(&key(1, "48'/1'/0'/2'"), "@")
            .replace(&key(2, "48'/1'/0'/2'"), &key(1, "48'/1'/0'/2'"))
            .replace('@', &key(2, "48'/1'/0'/2'")),
    );
    for other in [weaker, nested, swapped, reordered] {
        // Which order is the sorted one differs from spot to spot.
        let index = (0..20).find(|index| other.script(1, *index) != shop.script(1, *index)).unwrap();
        let mut psbt = shop.coins();
        shop.pay(&mut psbt, stranger(0x55), 150_000);
        let change = shop.pay(&mut psbt, other.script(1, index), 138_500);
        other.claim(&mut psbt, change, 1, index);
        let said = shop.blocked(&psbt, &["change-wrong-script"]);
        assert_eq!(roles(&said.json)[1], ("payment", None), "{}", other.text);
    }
}

#[test]
fn t01_keys_of_ours_on_paths_of_another_wallet_are_blocked() {
    let shop = Shop::quorum();
    let keys = [1, 2, 3].map(|seed| key(seed, "48'/1'/7'/2'")).join(",");
    let other = Shop::of(&format!("wsh(sortedmulti(2,{keys}))"));
    let mut psbt = shop.coins();
    shop.pay(&mut psbt, stranger(0x55), 150_000);
    let change = shop.pay(&mut psbt, other.script(1, 4), 138_500);
    other.claim(&mut psbt, change, 1, 4);
    shop.blocked(&psbt, &["derivation-elsewhere"]);
}

#[test]
fn t01_what_pays_a_wallet_of_strangers_is_a_payment() {
    let shop = Shop::quorum();
    let keys = [7, 8, 9].map(|seed| key(seed, "48'/1'/0'/2'")).join(",");
    let other = Shop::of(&format!("wsh(sortedmulti(2,{keys}))"));
    let mut psbt = shop.coins();
    let paid = shop.pay(&mut psbt, other.script(0, 4), 288_500);
    other.claim(&mut psbt, paid, 0, 4);
    let said = shop.warned(&psbt, &[]);
    assert_eq!((roles(&said.json), &said.json["kind"]), (vec![("payment", None)], &"sweep".into()));
}

#[test]
fn t01_own_addresses_are_told_apart_and_found_only_where_a_wallet_looks() {
    for (shop, _) in Shop::all() {
        let sent = |row, index, claimed: bool| {
            let mut psbt = shop.coins();
            let at = shop.pay(&mut psbt, shop.script(row, index), 288_500);
            if claimed {
                shop.claim(&mut psbt, at, row, index);
            }
            shop.review(&psbt)
        };
        for claimed in [true, false] {
            let own = sent(0, 7, claimed);
            assert_eq!((own.exit, roles(&own.json)), (0, vec![("self", Some("0/7"))]), "{}", own.json);
            assert_eq!(own.json["kind"], "self");
        }
        assert_eq!(sent(1, 5_000, true).warnings, ["change-far"]);
        let lost = sent(1, 0x7fff_ffff, true);
        assert_eq!((lost.blocks, roles(&lost.json)[0].1), (vec!["index-beyond-gap".to_owned()], None));
    }
}

#[test]
fn t02_keys_at_different_spots_of_one_output_are_blocked() {
    for (shop, _) in Shop::all().into_iter().take(3) {
        let mut psbt = shop.honest();
        let first = *psbt.outputs[1].bip32_derivation.keys().next().unwrap();
        let (_, path) = psbt.outputs[1].bip32_derivation.get_mut(&first).unwrap();
        *path = path.to_string().replace("1/4", "1/5").parse().unwrap();
        shop.blocked(&psbt, &["derivation-scattered"]);
    }
}

#[test]
fn t01_a_forged_key_beside_the_right_script_is_blocked() {
    let shop = Shop::quorum();
    let mut psbt = shop.honest();
    let map = &mut psbt.outputs[1].bip32_derivation;
    let (key, source) = map.pop_first().unwrap();
    let forged =
        bitcoin::secp256k1::SecretKey::from_slice(&[0x33; 32]).unwrap().public_key(&crate::review::shop::secp());
    assert_ne!(key, forged);
    map.insert(forged, source);
    shop.blocked(&psbt, &["derivation-key"]);
    let mut psbt = shop.honest();
    psbt.outputs[1].witness_script = Some(ScriptBuf::from(vec![0x51]));
    shop.blocked(&psbt, &["output-script"]);
}

#[test]
fn t08_fees_beyond_each_limit_and_below_nothing_are_blocked() {
    let shop = Shop::quorum();
    let paid = |coin: u64, sat: u64| {
        let mut psbt = shop.coins();
        shop.fund(&mut psbt, 0, 1, coin);
        shop.pay(&mut psbt, stranger(0x55), sat);
        psbt
    };
    let large = 10_000_000_000;
    shop.blocked(&paid(large, large + 290_000 - 5_000_001), &["fee-absolute", "fee-rate"]);
    shop.blocked(&paid(large, large + 290_000 - 600_000), &["fee-rate"]);
    shop.blocked(&paid(10_000, 300_000 - 31_000), &["fee-share"]);
    shop.blocked(&paid(10_000, 300_001), &["fee-negative"]);
    shop.warned(&paid(10_000, 300_000), &["fee-low"]);
    let mut psbt = shop.honest();
    psbt.unsigned_tx.output[0].value = Amount::from_sat(10_000);
    psbt.unsigned_tx.output[1].value = Amount::from_sat(275_000);
    shop.warned(&psbt, &["fee-high"]);
}

#[test]
fn t08_what_nobody_can_spend_or_nodes_do_not_pass_on_is_told() {
    let shop = Shop::quorum();
    let with = |script: ScriptBuf, sat: u64| {
        let mut psbt = shop.honest();
        psbt.unsigned_tx.output[0] = output(script, sat);
        if sat == 0 {
            psbt.unsigned_tx.output[1].value = Amount::from_sat(288_500);
        }
        psbt
    };
    let data = ScriptBuf::new_op_return(b"hello");
    shop.warned(&with(data.clone(), 0), &["data-output"]);
    assert_eq!(shop.blocked(&with(data, 150_000), &["burn"]).warnings, ["data-output"]);
    let nobody = ScriptBuf::from([&[0x51, 0x20][..], &[0xff; 32]].concat());
    shop.blocked(&with(nobody, 150_000), &["burn"]);
    shop.warned(&with(ScriptBuf::from([&[0x52, 0x20][..], &[7; 32]].concat()), 150_000), &["script-anyone"]);
    let raw = shop.warned(&with(ScriptBuf::from(vec![0x51, 0x87]), 150_000), &["script-raw"]);
    assert_eq!(
        (&raw.json["outputs"][0]["role"], &raw.json["outputs"][0]["address"]),
        (&"unknown".into(), &serde_json::Value::Null)
    );
    let mut dust = shop.honest();
    shop.pay(&mut dust, stranger(0x77), 200);
    shop.warned(&dust, &["dust"]);
    let too_much = with(stranger(0x55), 2_100_000_000_000_001);
    assert_eq!(shop.blocked(&too_much, &["amount-range"]).code(), (6, "psbt-amount"));
    let mut none = shop.coins();
    none.outputs.clear();
    assert!(shop.review(&none).blocks.contains(&"empty".to_owned()));
}
