//! What is spent, what it is worth, and who has signed for it (T6, T9, T10, T12).

use crate::review::shop::{Said, Shop, fingerprint, master, secp, sign, stranger};
use bitcoin::absolute::LockTime;
use bitcoin::psbt::PsbtSighashType;
use bitcoin::secp256k1::Message;
use bitcoin::sighash::SighashCache;
use bitcoin::{Amount, EcdsaSighashType, Psbt, Sequence, TapSighashType, ecdsa};
use miniscript::psbt::PsbtExt;

#[test]
fn t06_a_missing_previous_transaction_is_blocked_but_where_signatures_say_the_value() {
    for (shop, _) in Shop::all() {
        let mut psbt = shop.honest();
        psbt.inputs[0].non_witness_utxo = None;
        let said = shop.review(&psbt);
        if shop.text.starts_with("tr(") {
            assert_eq!(said.exit, 0, "{}", said.json);
        } else if shop.text.starts_with("sh(sorted") {
            // A legacy coin without it is not even known.
            assert_eq!(said.blocks, ["previous-missing", "foreign-value", "fee-unknown"], "{}", said.json);
            assert!(said.json["inputs"][0]["sat"].is_null() && said.json["fee"]["sat"].is_null());
        } else {
            assert_eq!(said.blocks, ["previous-missing"], "{}", said.json);
        }
    }
}

#[test]
fn t06_a_value_that_is_a_lie_is_blocked() {
    for (shop, _) in Shop::all().into_iter().filter(|(shop, _)| !shop.text.starts_with("sh(sorted")) {
        for lie in [90_000, 200_001, 20_000_000] {
            let mut psbt = shop.honest();
            psbt.inputs[0].witness_utxo.as_mut().unwrap().value = Amount::from_sat(lie);
            let said = shop.review(&psbt);
            assert!(said.blocks.contains(&"previous-differs".to_owned()), "{lie}: {}", said.json);
            assert_eq!(said.json["inputs"][0]["sat"], 200_000, "the previous transaction has the word");
        }
        let mut psbt = shop.honest();
        psbt.inputs[0].witness_utxo.as_mut().unwrap().script_pubkey = shop.script(0, 9);
        assert!(shop.review(&psbt).blocks.contains(&"previous-differs".to_owned()));
    }
}

#[test]
fn t06_another_previous_transaction_than_the_one_that_is_spent_is_blocked() {
    for (shop, _) in Shop::all() {
        let mut psbt = shop.honest();
        psbt.inputs[0].non_witness_utxo.as_mut().unwrap().output[1].value = Amount::from_sat(20_000_000);
        assert!(shop.review(&psbt).blocks.contains(&"previous-wrong".to_owned()));
        let mut psbt = shop.honest();
        psbt.unsigned_tx.input[0].previous_output.vout = 9;
        assert!(shop.review(&psbt).blocks.contains(&"previous-wrong".to_owned()));
    }
}

#[test]
fn t06_coins_that_are_not_ours_are_told_and_have_to_be_worth_what_they_say() {
    let shop = Shop::quorum();
    let mut psbt = shop.honest();
    shop.spend(&mut psbt, stranger(0x21), 10_000);
    let said = shop.warned(&psbt, &["foreign-input"]);
    assert_eq!((&said.json["inputs"][2]["ours"], &said.json["inputs"][2]["sat"]), (&false.into(), &10_000.into()));
    psbt.inputs[2].non_witness_utxo = None;
    shop.blocked(&psbt, &["foreign-value"]);
    // Nothing of it is ours: there is nothing to sign, or it is another wallet's.
    let other = Shop::multi("sh(wsh(sortedmulti(MULTI)))");
    let said = other.review(&Shop::of(&shop.text.replace("sortedmulti(2", "sortedmulti(3")).honest());
    assert!(said.blocks.contains(&"no-own-input".to_owned()) && said.exit == 6, "{}", said.json);
}

#[test]
fn t01_an_input_that_only_claims_to_be_ours_is_blocked() {
    for (shop, _) in Shop::all() {
        let mut psbt = shop.honest();
        let mut other = shop.coins();
        let at = shop.fund(&mut other, 0, 8, 50_000);
        let at_stranger = shop.spend(&mut psbt, stranger(0x21), 50_000);
        psbt.inputs[at_stranger].bip32_derivation = other.inputs[at].bip32_derivation.clone();
        psbt.inputs[at_stranger].tap_key_origins = other.inputs[at].tap_key_origins.clone();
        let said = shop.review(&psbt);
        assert!(said.blocks.contains(&"input-derivation".to_owned()), "{}", said.json);
        assert_eq!(said.json["inputs"][at_stranger]["ours"], false);
    }
}

#[test]
fn t09_no_sighash_but_that_of_the_whole_passes() {
    for (shop, _) in Shop::all() {
        for kind in [0x02, 0x03, 0x81, 0x82, 0x83, 0x00, 0x04, 0x41, 0x1_01] {
            let mut psbt = shop.honest();
            psbt.inputs[1].sighash_type = Some(PsbtSighashType::from_u32(kind));
            let said = shop.review(&psbt);
            if kind == 0 && shop.text.starts_with("tr(") {
                assert_eq!(said.exit, 0, "the default of taproot signs all");
            } else {
                assert_eq!(said.blocks, ["sighash"], "{kind:#x} {}", said.json);
            }
        }
        let mut psbt = shop.honest();
        psbt.inputs[1].sighash_type = Some(EcdsaSighashType::All.into());
        shop.warned(&psbt, &[]);
    }
}

#[test]
fn t09_signatures_that_leave_something_open_are_blocked_whatever_the_field_says() {
    for (shop, seeds) in Shop::all() {
        for kind in [EcdsaSighashType::None, EcdsaSighashType::Single, EcdsaSighashType::AllPlusAnyoneCanPay] {
            let mut psbt = shop.honest();
            let asked: PsbtSighashType = match shop.text.starts_with("tr(") {
                true => TapSighashType::from_consensus_u8(kind.to_u32() as u8).unwrap().into(),
                false => kind.into(),
            };
            psbt.inputs.iter_mut().for_each(|input| input.sighash_type = Some(asked));
            sign(&mut psbt, seeds);
            psbt.inputs.iter_mut().for_each(|input| input.sighash_type = None);
            let said = shop.review(&psbt);
            assert!(said.blocks.contains(&"sighash".to_owned()), "{kind} {}", said.json);
            assert_eq!(said.json["signatures"]["valid"], 0);
        }
    }
}

fn signed(said: &Said) -> (u64, Vec<&str>) {
    let told = &said.json["signatures"];
    let by = told["by"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    (told["valid"].as_u64().unwrap(), by)
}

#[test]
fn t10_those_count_who_have_signed_every_input() {
    for (shop, seeds) in Shop::all() {
        let required = seeds.len() as u64;
        let mut psbt = shop.honest();
        sign(&mut psbt, seeds);
        let said = shop.warned(&psbt, &[]);
        let mut all: Vec<String> = seeds.iter().map(|seed| fingerprint(*seed)).collect();
        all.sort();
        let (valid, mut by) = signed(&said);
        by.sort_unstable();
        assert_eq!((valid, by), (required, all.iter().map(String::as_str).collect()));
        assert_eq!(said.json["signatures"]["required"], required);

        // Whoever has left one out does not count, and is no stray either.
        let mut part = psbt.clone();
        part.inputs[1].partial_sigs.clear();
        part.inputs[1].tap_key_sig = None;
        assert_eq!(signed(&shop.warned(&part, &[])), (0, vec![]));

        // Finished by somebody: the signatures are in the witness, and count all the same.
        let mut done = psbt.clone();
        done.finalize_mut(&secp()).unwrap();
        let said = shop.warned(&done, &[]);
        assert_eq!(signed(&said).0, required, "{}", said.json);
    }
}

#[test]
fn t10_one_has_signed_all_and_another_a_part() {
    let shop = Shop::quorum();
    let mut psbt = shop.honest();
    sign(&mut psbt, &[1]);
    let mut other = shop.honest();
    sign(&mut other, &[2]);
    psbt.inputs[0].partial_sigs.extend(other.inputs[0].partial_sigs.clone());
    assert_eq!(signed(&shop.warned(&psbt, &[])), (1, vec![fingerprint(1).as_str()]));
}

#[test]
fn t10_signatures_that_are_wrong_are_blocked_and_count_for_nobody() {
    for (shop, seeds) in Shop::all().into_iter().filter(|(shop, _)| !shop.text.starts_with("tr(")) {
        let mut psbt = shop.honest();
        sign(&mut psbt, seeds);
        // Those of one input at the other.
        let mut moved = psbt.clone();
        let here: Vec<_> = psbt.inputs[0].partial_sigs.values().copied().collect();
        for (signature, other) in moved.inputs[1].partial_sigs.values_mut().zip(&here) {
            *signature = *other;
        }
        stray(&shop, &moved);
        // Those of another transaction.
        let mut later = psbt.clone();
        later.unsigned_tx.output[0].value = Amount::from_sat(149_999);
        stray(&shop, &later);
    }
    let shop = Shop::of(&format!("tr({})", crate::review::shop::key(1, "86'/1'/0'")));
    let mut psbt = shop.honest();
    sign(&mut psbt, &[1]);
    psbt.unsigned_tx.output[0].value = Amount::from_sat(149_999);
    stray(&shop, &psbt);
}

/// Every signature of it that is wrong is told, and none counts.
fn stray(shop: &Shop, psbt: &Psbt) {
    let said = shop.review(psbt);
    assert!(!said.blocks.is_empty() && said.blocks.iter().all(|code| code == "signature-stray"), "{}", said.json);
    assert_eq!(signed(&said), (0, vec![]));
}

/// A valid signature over the first input by a key that is nobody's.
fn by_a_stranger(psbt: &mut Psbt) {
    let secp = secp();
    let secret = master(0x77).private_key;
    let script = psbt.inputs[0].witness_script.clone().unwrap();
    let value = psbt.inputs[0].witness_utxo.as_ref().unwrap().value;
    let hash =
        SighashCache::new(&psbt.unsigned_tx).p2wsh_signature_hash(0, &script, value, EcdsaSighashType::All).unwrap();
    let signature = secp.sign_ecdsa(&Message::from(hash), &secret);
    psbt.inputs[0].partial_sigs.insert(secret.public_key(&secp).into(), ecdsa::Signature::sighash_all(signature));
}

#[test]
fn t10_a_signature_of_a_stranger_is_blocked_though_it_is_valid() {
    let shop = Shop::quorum();
    let mut psbt = shop.honest();
    sign(&mut psbt, &[1]);
    by_a_stranger(&mut psbt);
    assert_eq!(signed(&shop.blocked(&psbt, &["signature-stray"])), (1, vec![fingerprint(1).as_str()]));
}

#[test]
fn t10_scripts_that_are_not_the_coins_are_blocked() {
    let shop = Shop::quorum();
    let mut psbt = shop.honest();
    psbt.inputs[0].witness_script = psbt.inputs[1].witness_script.clone();
    shop.blocked(&psbt, &["input-script"]);
}

#[test]
fn t12_a_coin_that_is_spent_twice_is_blocked() {
    let shop = Shop::quorum();
    let mut psbt = shop.honest();
    psbt.unsigned_tx.input[1].previous_output = psbt.unsigned_tx.input[0].previous_output;
    psbt.inputs[1] = psbt.inputs[0].clone();
    let said = shop.blocked(&psbt, &["input-twice"]);
    assert_eq!(said.code(), (6, "psbt-spent-twice"));
}

#[test]
fn lock_times_that_are_years_away_idle_or_long_past_are_told_apart() {
    let shop = Shop::quorum();
    let main = Shop::of(&main(&shop.text));
    let at = |shop: &Shop, lock: u32| {
        let mut psbt = shop.honest();
        psbt.unsigned_tx.lock_time = LockTime::from_consensus(lock);
        shop.review(&psbt).warnings
    };
    // A height of today's chain, as most programs write it, is nothing to speak of.
    assert!(at(&main, 900_000).is_empty() && at(&main, 1_700_000_000).is_empty());
    for lock in [10_000_000, 499_999_999, 4_102_444_800, u32::MAX] {
        assert_eq!(at(&main, lock), ["lock-future"], "{lock}");
    }
    // How high test networks are nobody can tell from the clock.
    assert!(at(&shop, 10_000_000).is_empty());
    assert_eq!(at(&shop, 4_102_444_800), ["lock-future"]);
    let mut psbt = shop.honest();
    psbt.unsigned_tx.lock_time = LockTime::from_consensus(900_000);
    psbt.unsigned_tx.input.iter_mut().for_each(|input| input.sequence = Sequence::MAX);
    shop.warned(&psbt, &["lock-idle"]);
    let mut psbt = shop.honest();
    psbt.unsigned_tx.input[0].sequence = Sequence::from_height(1_000);
    shop.warned(&psbt, &["sequence-lock"]);
    let mut psbt = shop.honest();
    psbt.unsigned_tx.version = bitcoin::transaction::Version(9);
    shop.warned(&psbt, &["version"]);
}

/// The same keys for the main network.
fn main(text: &str) -> String {
    let secp = secp();
    let keys = [1, 2, 3].map(|seed| {
        let root = bitcoin::bip32::Xpriv::new_master(bitcoin::Network::Bitcoin, &[seed; 32]).unwrap();
        let path: bitcoin::bip32::DerivationPath = "48'/0'/0'/2'".parse().unwrap();
        let xpub = bitcoin::bip32::Xpub::from_priv(&secp, &root.derive_priv(&secp, &path).unwrap());
        format!("[{}/{path}]{xpub}/<0;1>/*", root.fingerprint(&secp))
    });
    assert!(text.starts_with("wsh(sortedmulti(2,"));
    format!("wsh(sortedmulti(2,{}))", keys.join(","))
}
