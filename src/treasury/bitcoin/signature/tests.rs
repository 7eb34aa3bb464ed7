use super::*;
use crate::treasury::bitcoin::example::{KINDS, Made, devices};
use crate::treasury::bitcoin::wallet::Chain;
use bitcoin::psbt::PsbtSighashType;
use bitcoin::sighash::{EcdsaSighashType, TapSighashType};

/// The reasons of the strays, with their inputs.
fn reasons(signatures: &Signatures) -> Vec<(usize, StrayReason)> {
    signatures.strays.iter().map(|stray| (stray.input, stray.reason)).collect()
}

fn complete(signatures: &Signatures) -> usize {
    signatures.complete().count()
}

#[test]
fn every_device_signature_counts_for_its_seat_and_nobody_else() {
    for device in devices() {
        let wallet = device.wallet();
        let before = verify(&device.packet(), &wallet);
        let after = verify(&device.signed(), &wallet);
        assert_eq!((&after.strays, after.inputs), (&vec![], 2), "{}", device.name);
        assert_eq!(complete(&after), complete(&before) + 1);
        assert_eq!(before.spots, after.spots);
        assert_eq!(after.spots.iter().flatten().count(), 2);
    }
}

#[test]
fn every_kind_of_wallet_is_signed_for_and_counted_seat_by_seat() {
    for (template, seats) in KINDS {
        let made = Made::of(template, 2);
        for count in 0..=seats.len() {
            let packet = made.signed(&seats[..count]);
            let signatures = verify(&packet, &made.wallet);
            assert_eq!((complete(&signatures), signatures.strays.len()), (count, 0), "{template} {count}");
            assert_eq!(signatures.enough(), count >= seats.len(), "{template} {count}");
            let spots = [(Chain::Receive, 0), (Chain::Change, 1)].map(|(chain, index)| Some(Spot { chain, index }));
            assert_eq!(signatures.spots, spots, "{template}");
        }
    }
}

#[test]
fn those_who_can_sign_later_are_no_seats_of_the_quorum() {
    for template in [
        "wsh(or_d(multi(2,@0,@1,@2),and_v(v:pkh(@3),older(144))))",
        "tr(@x,{multi_a(2,@0,@1),and_v(v:pk(@3),older(9))})",
    ] {
        let made = Made::of(template, 2);
        let signatures = verify(&made.signed(&[3]), &made.wallet);
        let [way] = made.wallet.policy().recovery() else { panic!("{template}") };
        assert_eq!((complete(&signatures), signatures.strays.len()), (0, 0), "{template}");
        assert_eq!((signatures.enough(), signatures.enough_later(way)), (false, true), "{template}");
    }
}

#[test]
fn t09_only_signatures_over_the_whole_transaction_count() {
    use EcdsaSighashType as Kind;
    let made = Made::of("wsh(sortedmulti(2,@0,@1,@2))", 2);
    for kind in
        [Kind::None, Kind::Single, Kind::AllPlusAnyoneCanPay, Kind::NonePlusAnyoneCanPay, Kind::SinglePlusAnyoneCanPay]
    {
        let mut packet = made.packet.clone();
        packet.psbt.inputs[1].sighash_type = Some(kind.into());
        let mut packet = made.sign(&packet, 0);
        assert_eq!(packet.psbt.inputs[1].partial_sigs.len(), 1);
        let signatures = verify(&packet, &made.wallet);
        assert_eq!((reasons(&signatures), complete(&signatures)), (vec![(1, StrayReason::Sighash)], 0), "{kind}");
        // The signature alone tells it too.
        packet.psbt.inputs[1].sighash_type = None;
        assert_eq!(reasons(&verify(&packet, &made.wallet)), [(1, StrayReason::Sighash)], "{kind}");
        // And so does the field alone.
        let mut packet = made.signed(&[0]);
        packet.psbt.inputs[1].sighash_type = Some(kind.into());
        assert_eq!(reasons(&verify(&packet, &made.wallet)), [(1, StrayReason::Sighash)], "{kind}");
    }
    let mut packet = made.signed(&[0]);
    packet.psbt.inputs[1].sighash_type = Some(PsbtSighashType::from_u32(0));
    assert_eq!(reasons(&verify(&packet, &made.wallet)), [(1, StrayReason::Sighash)]);
    packet.psbt.inputs[1].sighash_type = Some(Kind::All.into());
    assert_eq!(complete(&verify(&packet, &made.wallet)), 1);
}

#[test]
fn t09_the_same_holds_in_taproot() {
    use TapSighashType as Kind;
    for (template, seat) in [("tr(@0)", 0), ("tr(@x,multi_a(2,@0,@1,@2))", 1)] {
        let made = Made::of(template, 1);
        for kind in [Kind::None, Kind::Single, Kind::AllPlusAnyoneCanPay, Kind::NonePlusAnyoneCanPay] {
            let mut packet = made.packet.clone();
            packet.psbt.inputs[0].sighash_type = Some(kind.into());
            let mut packet = made.sign(&packet, seat);
            assert_eq!(reasons(&verify(&packet, &made.wallet)), [(0, StrayReason::Sighash)], "{template} {kind}");
            packet.psbt.inputs[0].sighash_type = None;
            assert_eq!(reasons(&verify(&packet, &made.wallet)), [(0, StrayReason::Sighash)], "{template} {kind}");
        }
        let mut packet = made.packet.clone();
        packet.psbt.inputs[0].sighash_type = Some(Kind::All.into());
        assert_eq!(complete(&verify(&made.sign(&packet, seat), &made.wallet)), 1);
    }
}

#[test]
fn a_signature_for_other_bytes_is_invalid() {
    for (template, seats) in KINDS {
        let made = Made::of(template, 2);
        let mut packet = made.signed(seats);
        packet.psbt.unsigned_tx.output[0].value -= bitcoin::Amount::ONE_SAT;
        let signatures = verify(&packet, &made.wallet);
        assert_eq!(complete(&signatures), 0, "{template}");
        assert!(!signatures.strays.is_empty());
        assert!(signatures.strays.iter().all(|stray| stray.reason == StrayReason::Invalid), "{template}");
    }
}

#[test]
fn t27_a_signature_under_a_key_of_another_wallet_is_foreign() {
    let made = Made::of("wsh(sortedmulti(2,@0,@1,@2))", 1);
    let other = Made::of("wsh(sortedmulti(2,@0,@1,@3))", 1);
    let mut packet = made.signed(&[0]);
    let stranger = other.signed(&[3]);
    packet.psbt.inputs[0].partial_sigs.extend(stranger.psbt.inputs[0].partial_sigs.clone());
    let signatures = verify(&packet, &made.wallet);
    assert_eq!((reasons(&signatures), complete(&signatures)), (vec![(0, StrayReason::Foreign)], 1));
    // Another wallet's PSBT is foreign as a whole, whatever its paths say.
    let signatures = verify(&stranger, &made.wallet);
    assert_eq!((reasons(&signatures), signatures.spots), (vec![(0, StrayReason::Foreign)], vec![None]));
}

#[test]
fn t01_a_path_in_a_file_proves_nothing() {
    let made = Made::of("wsh(sortedmulti(2,@0,@1,@2))", 1);
    let mut packet = made.signed(&[0, 1]);
    for (_, path) in packet.psbt.inputs[0].bip32_derivation.values_mut() {
        *path = "m/48'/1'/0'/2'/0/1".parse().unwrap();
    }
    let signatures = verify(&packet, &made.wallet);
    assert_eq!((complete(&signatures), signatures.spots), (0, vec![None]));
    assert_eq!(signatures.strays.len(), 2);
}

#[test]
fn t06_a_signature_without_its_coin_counts_for_nobody() {
    let made = Made::of("wsh(sortedmulti(2,@0,@1,@2))", 2);
    let mut packet = made.signed(&[0]);
    packet.psbt.inputs[1].non_witness_utxo = made.packet.psbt.inputs[0].non_witness_utxo.clone();
    assert_eq!(reasons(&verify(&packet, &made.wallet)), [(1, StrayReason::Unknown)]);
    packet.psbt.inputs[1].non_witness_utxo = None;
    assert_eq!(complete(&verify(&packet, &made.wallet)), 1);
    packet.psbt.inputs[1].witness_utxo.as_mut().unwrap().value += bitcoin::Amount::ONE_SAT;
    assert_eq!(reasons(&verify(&packet, &made.wallet)), [(1, StrayReason::Invalid)]);
    // In taproot every signature is over every coin.
    let made = Made::of("tr(@0)", 2);
    let mut packet = made.signed(&[0]);
    packet.psbt.inputs[1].non_witness_utxo = None;
    packet.psbt.inputs[1].witness_utxo = None;
    assert_eq!(reasons(&verify(&packet, &made.wallet)), [(0, StrayReason::Unknown), (1, StrayReason::Unknown)]);
}

#[test]
fn signatures_in_final_scripts_and_witnesses_count() {
    use miniscript::psbt::PsbtExt;
    for (template, seats) in KINDS {
        let made = Made::of(template, 2);
        let mut packet = made.signed(seats);
        packet.psbt.finalize_mut(&bitcoin::key::Secp256k1::new()).unwrap();
        for (told, before) in packet.psbt.inputs.iter_mut().zip(&made.packet.psbt.inputs) {
            assert!(told.partial_sigs.is_empty() && told.tap_script_sigs.is_empty());
            told.bip32_derivation = before.bip32_derivation.clone();
            told.tap_key_origins = before.tap_key_origins.clone();
        }
        let signatures = verify(&packet, &made.wallet);
        assert_eq!(signatures.strays, [], "{template}");
        assert!(signatures.enough(), "{template}");
        // Whatever is added to it does not belong there.
        if let Some(witness) = &mut packet.psbt.inputs[0].final_script_witness {
            let mut parts = witness.to_vec();
            parts.insert(0, b"hidden".to_vec());
            *witness = bitcoin::Witness::from_slice(&parts);
            let signatures = verify(&packet, &made.wallet);
            assert!(signatures.strays.iter().any(|stray| stray.reason == StrayReason::Invalid), "{template}");
        }
    }
}

#[test]
fn t13_a_crowd_of_invalid_signatures_is_not_looked_at() {
    let made = Made::of("wsh(sortedmulti(2,@0,@1,@2))", 40);
    let mut packet = made.signed(&[0]);
    packet.psbt.unsigned_tx.lock_time = bitcoin::absolute::LockTime::ZERO;
    let signatures = verify(&packet, &made.wallet);
    let of = |reason| signatures.strays.iter().filter(|stray| stray.reason == reason).count();
    assert_eq!((of(StrayReason::Invalid), of(StrayReason::Unchecked)), (16, 24));
}
