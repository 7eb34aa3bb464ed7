use super::*;
use crate::treasury::bitcoin::example::{Device, KINDS, Made, devices};
use crate::treasury::bitcoin::psbt::Version;
use crate::treasury::bitcoin::signature::verify;
use bitcoin::key::Secp256k1;
use miniscript::psbt::PsbtExt;

/// The same without anything that a signature is not.
fn stripped(packet: &Packet) -> Packet {
    let mut packet = packet.clone();
    packet.psbt.xpub.clear();
    for input in &mut packet.psbt.inputs {
        let kept = std::mem::take(input);
        input.partial_sigs = kept.partial_sigs;
        input.tap_key_sig = kept.tap_key_sig;
        input.tap_script_sigs = kept.tap_script_sigs;
        input.final_script_sig = kept.final_script_sig;
        input.final_script_witness = kept.final_script_witness;
    }
    packet.psbt.outputs.iter_mut().for_each(|output| *output = Default::default());
    packet
}

#[test]
fn what_devices_gave_back_is_taken() {
    for device in devices() {
        let (mut ours, wallet) = (device.packet(), device.wallet());
        for version in [Version::V0, Version::V2] {
            let theirs = Packet::read(&device.signed().bytes(version)).unwrap();
            let mut ours = ours.clone();
            let taken = combine(&mut ours, &theirs, &wallet).unwrap();
            assert_eq!(taken.iter().map(|taken| taken.input).collect::<Vec<_>>(), [0, 1], "{}", device.name);
            assert_eq!(ours.psbt, device.signed().psbt, "{}", device.name);
        }
        combine(&mut ours, &device.signed(), &wallet).unwrap();
        assert_eq!(combine(&mut ours, &device.signed(), &wallet), Err(CombineError::Nothing), "{}", device.name);
    }
}

#[test]
fn every_kind_of_wallet_is_combined_signer_by_signer() {
    for (template, seats) in KINDS {
        let made = Made::of(template, 2);
        let mut ours = made.packet.clone();
        for seat in seats {
            let taken = combine(&mut ours, &made.signed(&[*seat]), &made.wallet).unwrap();
            assert_eq!(taken.len(), 2, "{template}");
        }
        assert!(verify(&ours, &made.wallet).enough(), "{template}");
    }
}

#[test]
fn t07_a_merge_with_a_stripped_file_keeps_previous_transactions() {
    for (template, seats) in KINDS {
        let made = Made::of(template, 2);
        let mut ours = made.packet.clone();
        combine(&mut ours, &stripped(&made.signed(seats)), &made.wallet).unwrap();
        assert_eq!(ours.bare().psbt, made.packet.psbt, "{template}");
        assert!(ours.psbt.inputs.iter().all(|input| input.non_witness_utxo.is_some()), "{template}");
        // A file that has only the coin's output is stripped too.
        let mut theirs = made.signed(seats);
        for input in &mut theirs.psbt.inputs {
            input.non_witness_utxo = None;
        }
        let mut ours = made.packet.clone();
        combine(&mut ours, &theirs, &made.wallet).unwrap();
        assert_eq!(ours.bare().psbt, made.packet.psbt, "{template}");
    }
}

#[test]
fn signatures_are_taken_out_of_what_is_final() {
    for (template, seats) in KINDS {
        let made = Made::of(template, 2);
        let mut theirs = made.signed(seats);
        theirs.psbt.finalize_mut(&Secp256k1::new()).unwrap();
        let mut ours = made.packet.clone();
        combine(&mut ours, &stripped(&theirs), &made.wallet).unwrap();
        assert!(verify(&ours, &made.wallet).enough(), "{template}");
        assert_eq!(ours.bare().psbt, made.packet.psbt, "{template}");
    }
}

#[test]
fn t10_another_transaction_is_refused_and_the_difference_named() {
    let device = &devices()[0];
    let wallet = device.wallet();
    let refused = |change: fn(&mut Transaction)| {
        let (mut ours, mut theirs) = (device.packet(), device.signed());
        change(&mut theirs.psbt.unsigned_tx);
        let error = combine(&mut ours, &theirs, &wallet).unwrap_err();
        assert_eq!(ours, device.packet());
        error
    };
    let is = CombineError::Transaction;
    assert_eq!(refused(|tx| tx.version.0 = 1), is(Difference::Version));
    assert_eq!(refused(|tx| tx.lock_time = bitcoin::absolute::LockTime::from_consensus(1)), is(Difference::LockTime));
    assert_eq!(refused(|tx| tx.input[1].sequence.0 += 1), is(Difference::Input(1)));
    assert_eq!(refused(|tx| tx.input[0].previous_output.vout += 1), is(Difference::Input(0)));
    assert_eq!(refused(|tx| drop(tx.input.pop())), is(Difference::Input(1)));
    assert_eq!(refused(|tx| tx.output[1].value += bitcoin::Amount::ONE_SAT), is(Difference::Output(1)));
    assert_eq!(refused(|tx| tx.output.swap(0, 1)), is(Difference::Output(0)));
    assert_eq!(refused(|tx| tx.output.push(tx.output[0].clone())), is(Difference::Output(2)));
}

#[test]
fn t10_a_changed_or_added_field_is_refused_and_named() {
    let device = &devices()[0];
    let wallet = device.wallet();
    let refused = |change: fn(&mut Packet)| {
        let (mut ours, mut theirs) = (device.packet(), device.signed());
        change(&mut theirs);
        let error = combine(&mut ours, &theirs, &wallet).unwrap_err();
        assert_eq!(ours, device.packet());
        error
    };
    let field = |place, kind| CombineError::Field { place, kind };
    let changed = refused(|packet| packet.psbt.inputs[1].witness_utxo.as_mut().unwrap().value *= 2);
    assert_eq!(changed, field(Place::Input(1), 0x01));
    let changed = refused(|packet| packet.psbt.inputs[0].witness_script = Some(bitcoin::ScriptBuf::new()));
    assert_eq!(changed, field(Place::Input(0), 0x05));
    let added = refused(|packet| packet.psbt.inputs[0].redeem_script = Some(bitcoin::ScriptBuf::new()));
    assert_eq!(added, field(Place::Input(0), 0x04));
    let added = refused(|packet| packet.psbt.inputs[0].sighash_type = Some(bitcoin::EcdsaSighashType::None.into()));
    assert_eq!(added, field(Place::Input(0), 0x03));
    let path = "m/48'/1'/0'/2'/1/5".parse().unwrap();
    let changed = {
        let (mut ours, mut theirs) = (device.packet(), device.signed());
        let hint = theirs.psbt.outputs[1].bip32_derivation.values_mut().next().unwrap();
        hint.1 = path;
        combine(&mut ours, &theirs, &wallet).unwrap_err()
    };
    assert_eq!(changed, field(Place::Output(1), 0x02));
    // What most signers add says what is meant anyway.
    let (mut ours, mut theirs) = (device.packet(), device.signed());
    theirs.psbt.inputs[0].sighash_type = Some(bitcoin::EcdsaSighashType::All.into());
    assert_eq!(combine(&mut ours, &theirs, &wallet).unwrap().len(), 2);
    assert_eq!(ours.psbt.inputs[0].sighash_type, None);
}

#[test]
fn t10_only_expected_signatures_are_taken() {
    let made = Made::of("wsh(sortedmulti(2,@0,@1,@2))", 2);
    let other = Made::of("wsh(sortedmulti(2,@0,@1,@3))", 2);
    let mut theirs = made.signed(&[0]);
    let stranger = other.signed(&[3]).psbt.inputs[1].partial_sigs.clone();
    let key = stranger.keys().next().unwrap().to_string();
    theirs.psbt.inputs[1].partial_sigs.extend(stranger);
    let mut ours = made.packet.clone();
    let refused = combine(&mut ours, &theirs, &made.wallet);
    assert_eq!(refused, Err(CombineError::Signature { input: 1, key, reason: StrayReason::Foreign }));
    assert_eq!(ours, made.packet);
    assert_eq!(combine(&mut ours, &made.packet, &made.wallet), Err(CombineError::Nothing));
}

/// What is taken of a file that was tampered with is what the device really signed, or nothing.
fn harmless(device: &Device, derived: &mut Derived<'_>, before: &Packet, real: &Packet, bytes: &[u8]) -> bool {
    let Ok(theirs) = Packet::read(bytes) else { return true };
    let mut ours = before.clone();
    if combine_with(&mut ours, &theirs, derived).is_err() {
        return ours == *before;
    }
    let signed = |packet: &Packet| {
        let inputs = packet.psbt.inputs.iter();
        inputs.map(|input| (input.partial_sigs.clone(), input.tap_key_sig)).collect::<Vec<_>>()
    };
    let real_ones = signed(&ours).iter().zip(signed(real)).all(|((ours, ours_tap), (real, real_tap))| {
        ours.iter().all(|(key, signature)| real.get(key) == Some(signature))
            && (ours_tap.is_none() || *ours_tap == real_tap)
    });
    assert!(real_ones, "{}", device.name);
    ours.bare().psbt == before.bare().psbt && ours.unknown == before.unknown
}

#[test]
fn t10_every_flipped_bit_of_a_returned_file_is_refused_or_irrelevant() {
    for (number, device) in devices().iter().enumerate() {
        let (wallet, before, real) = (device.wallet(), device.packet(), device.signed());
        let mut derived = Derived::of(&wallet);
        for version in [Version::V0, Version::V2] {
            // Every bit of one file; of the others one bit of every byte, another in each.
            let all = number == 0 && version == Version::V0;
            let mut bytes = real.bytes(version);
            assert!(harmless(device, &mut derived, &before, &real, &bytes));
            for position in 0..bytes.len() {
                for bit in (0..8).filter(|bit| all || (position + number) % 8 == *bit) {
                    bytes[position] ^= 1 << bit;
                    let fine = harmless(device, &mut derived, &before, &real, &bytes);
                    assert!(fine, "{} version {version} byte {position} bit {bit}", device.name);
                    bytes[position] ^= 1 << bit;
                }
            }
        }
    }
}

#[test]
fn t10_every_flipped_bit_of_a_signature_is_refused() {
    for device in devices() {
        let (wallet, before) = (device.wallet(), device.packet());
        let mut derived = Derived::of(&wallet);
        let bytes = device.signed().bytes(Version::V0);
        for given in &device.signatures {
            let signature = <Vec<u8> as bitcoin::hex::FromHex>::from_hex(&given.signature).unwrap();
            let at = bytes.windows(signature.len()).position(|part| part == signature).unwrap();
            for bit in 0..signature.len() * 8 {
                let mut bytes = bytes.clone();
                bytes[at + bit / 8] ^= 1 << (bit % 8);
                let taken = Packet::read(&bytes).map(|theirs| combine_with(&mut before.clone(), &theirs, &mut derived));
                assert!(!matches!(taken, Ok(Ok(_))), "{} input {} bit {bit}", device.name, given.input);
            }
        }
    }
}
