//! T9, T10, T11: how a transaction is signed, who has signed, and what the file says besides.

use super::*;
use crate::treasury::bitcoin::psbt::{Place, Unknown};
use bitcoin::psbt::{PsbtSighashType, raw};
use bitcoin::{EcdsaSighashType, TapSighashType, Witness, taproot};

fn asking(wallet: &Wallet, sighash: u32) -> Vec<&'static str> {
    let mut draft = honest(wallet);
    draft.psbt.inputs[1].sighash_type = Some(PsbtSighashType::from_u32(sighash));
    blocks(&draft.review(&Facts::default()))
}

#[test]
fn t09_a_field_that_asks_for_less_than_all_blocks() {
    for wallet in all_kinds() {
        let taproot = wallet.descriptor(Chain::Receive).to_string().starts_with("tr(");
        assert_eq!(asking(&wallet, 1), Vec::<&str>::new());
        assert_eq!(asking(&wallet, 0).is_empty(), taproot, "DEFAULT is a word of taproot");
        for sighash in [2, 3, 0x80, 0x81, 0x82, 0x83, 4, 0x101, u32::MAX] {
            assert_eq!(asking(&wallet, sighash), ["sighash"], "{sighash:#x}");
        }
    }
}

#[test]
fn t09_a_signature_that_signs_less_than_all_blocks() {
    for kind in [EcdsaSighashType::None, EcdsaSighashType::Single, EcdsaSighashType::AllPlusAnyoneCanPay] {
        let wallet = two_of_three();
        let mut draft = honest(&wallet);
        draft.psbt.inputs[0].sighash_type = Some(kind.into());
        draft.sign(&[1]);
        // The field is taken away again; the last byte of the signature is left.
        draft.psbt.inputs[0].sighash_type = None;
        assert!(blocks(&draft.review(&Facts::default())).contains(&"sighash"), "{kind}");
    }
    let wallet = taproot();
    let mut draft = honest(&wallet);
    draft.psbt.inputs[0].sighash_type = Some(TapSighashType::SinglePlusAnyoneCanPay.into());
    draft.sign(&[1]);
    draft.psbt.inputs[0].sighash_type = None;
    assert!(draft.psbt.inputs[0].tap_key_sig.is_some());
    assert!(blocks(&draft.review(&Facts::default())).contains(&"sighash"));
}

#[test]
fn t09_a_complete_witness_is_looked_into() {
    let wallet = two_of_three();
    let mut draft = honest(&wallet);
    draft.sign(&[1, 2]);
    let done = miniscript::psbt::PsbtExt::finalize(draft.psbt.clone(), &secp()).unwrap();
    draft.psbt = done;
    assert!(!blocks(&draft.review(&Facts::default())).contains(&"sighash"));
    let witness = draft.psbt.inputs[0].final_script_witness.clone().unwrap();
    let mut elements: Vec<Vec<u8>> = witness.to_vec();
    *elements[1].last_mut().unwrap() = 0x83;
    draft.psbt.inputs[0].final_script_witness = Some(Witness::from_slice(&elements));
    assert!(blocks(&draft.review(&Facts::default())).contains(&"sighash"));
    let tap = taproot();
    let mut draft = honest(&tap);
    draft.sign(&[1]);
    let signature = draft.psbt.inputs[0].tap_key_sig.take().unwrap();
    let open = taproot::Signature { sighash_type: TapSighashType::None, ..signature };
    draft.psbt.inputs[0].final_script_witness = Some(Witness::p2tr_key_spend(&open));
    assert!(blocks(&draft.review(&Facts::default())).contains(&"sighash"));
}

#[test]
fn t10_signatures_count_when_they_verify_and_block_when_they_do_not() {
    let wallet = two_of_three();
    let mut draft = honest(&wallet);
    draft.sign(&[1]);
    let review = draft.review(&Facts::default());
    let seats: Vec<_> = wallet.policy().seats().map(|seat| seat.fingerprint).collect();
    assert_eq!((blocks(&review), review.signed().collect::<Vec<_>>()), (vec![], vec![seats[0]]));
    // Valid for another transaction: the payment was raised after it was signed.
    draft.psbt.unsigned_tx.output[0].value = sat(150_001);
    let review = draft.review(&Facts::default());
    assert_eq!((blocks(&review), review.signed().count()), (vec!["signature-stray", "signature-stray"], 0));
    // Under a key that is nobody's here.
    let mut draft = honest(&wallet);
    draft.sign(&[1]);
    let (_, signature) = draft.psbt.inputs[0].partial_sigs.pop_first().unwrap();
    let key = bitcoin::secp256k1::SecretKey::from_slice(&[7; 32]).unwrap().public_key(&secp());
    draft.psbt.inputs[0].partial_sigs.insert(bitcoin::PublicKey::new(key), signature);
    let review = draft.review(&Facts::default());
    assert_eq!((blocks(&review), review.signed().count()), (vec!["signature-stray"], 0));
}

#[test]
fn a_seat_counts_when_it_has_signed_every_input() {
    let wallet = two_of_three();
    let mut draft = honest(&wallet);
    draft.sign(&[1, 3]);
    let seats: Vec<_> = wallet.policy().seats().map(|seat| seat.fingerprint).collect();
    let review = draft.review(&Facts::default());
    assert_eq!(review.signed().collect::<Vec<_>>(), [seats[0], seats[2]]);
    draft.psbt.inputs[1].partial_sigs.clear();
    assert_eq!(draft.review(&Facts::default()).signed().count(), 0);
}

#[test]
fn a_complete_file_is_reviewed_though_it_has_lost_its_paths() {
    for wallet in all_kinds() {
        let mut draft = honest(&wallet);
        draft.sign(&[1, 2, 3]);
        draft.psbt = miniscript::psbt::PsbtExt::finalize(draft.psbt.clone(), &secp()).unwrap();
        for map in &mut draft.psbt.inputs {
            map.bip32_derivation.clear();
            map.tap_key_origins.clear();
        }
        let review = draft.review(&Facts::default());
        // Of more signatures than it takes, whoever finalized kept others at each input: none of them has signed all.
        let signed = |input| review.signatures.seats.iter().filter(|seat| seat.inputs.contains(&input)).count();
        let told = (blocks(&review), (0..2).all(|input| signed(input) >= review.required));
        assert_eq!(told, (vec![], true), "{}", wallet.descriptor(Chain::Receive));
    }
}

#[test]
fn t11_unknown_fields_are_counted_and_told() {
    let wallet = two_of_three();
    let mut packet = honest(&wallet).packet();
    packet.unknown.push(Unknown { place: Place::Input(1), kind: 0xf7, length: 9 });
    let told = review(&packet, &wallet, &Facts::default());
    assert_eq!(warnings(&told), ["unknown-fields"]);
    assert!(told.verdict.warnings[0].message.starts_with("unknown fields (1): 0xf7 of input 1 (9 bytes)"));
    let mut draft = honest(&wallet);
    let field = |byte| (raw::Key { type_value: 0xf0, key: vec![byte] }, vec![1, 2, 3]);
    let own = |byte| (raw::ProprietaryKey { prefix: b"x".to_vec(), subtype: byte, key: vec![] }, vec![]);
    draft.psbt.unknown.extend([field(1)]);
    draft.psbt.inputs[0].unknown.extend([field(2)]);
    draft.psbt.inputs[0].proprietary.extend([own(2)]);
    draft.psbt.outputs[1].unknown.extend([field(3)]);
    draft.psbt.outputs[1].proprietary.extend([own(3)]);
    draft.psbt.proprietary.extend([own(1)]);
    let told = draft.review(&Facts::default());
    assert!(told.verdict.warnings[0].message.contains("(6)"), "{:?}", told.verdict.warnings);
}

#[test]
fn an_extended_key_of_nobody_is_told() {
    let wallet = two_of_three();
    let mut draft = honest(&wallet);
    for cosigner in wallet.policy().cosigners() {
        draft.psbt.xpub.insert(cosigner.xpub, (cosigner.fingerprint, cosigner.path.clone()));
    }
    assert_eq!(draft.review(&Facts::default()).verdict.judgement(), Judgement::Clean);
    let swapped = multi("wsh(sortedmulti(MULTI))", 2, &[7, 8, 9]);
    let (theirs, ours) = (&swapped.policy().cosigners()[0], &wallet.policy().cosigners()[0]);
    draft.psbt.xpub.insert(theirs.xpub, (ours.fingerprint, ours.path.clone()));
    assert_eq!(warnings(&draft.review(&Facts::default())), ["xpub-foreign"]);
}
