use super::*;
use crate::treasury::bitcoin::example::{KINDS, Made, devices};
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::psbt::PsbtSighashType;

#[test]
fn what_a_device_completed_is_the_same_transaction_byte_for_byte() {
    let mut compared = 0;
    for device in devices() {
        let made = finalize(&device.signed(), &device.wallet());
        match &device.complete {
            Some(complete) => {
                let made = made.unwrap();
                assert_eq!(
                    (&serialize_hex(&made.tx), made.txid.to_string()),
                    (complete, device.txid),
                    "{}",
                    device.name
                );
                assert_eq!(made.fee, Amount::from_sat(1_500));
                compared += 1;
            }
            None => match made {
                Ok(made) => assert_eq!(made.txid.to_string(), device.txid),
                Err(error) => assert!(matches!(error, FinalizeError::Quorum { have: 1, .. }), "{error}"),
            },
        }
    }
    assert_eq!(compared, 3);
}

#[test]
fn every_kind_of_wallet_comes_to_a_transaction_with_its_quorum_and_not_before() {
    for (template, seats) in KINDS {
        let made = Made::of(template, 2);
        for have in 0..seats.len() {
            let quorum = FinalizeError::Quorum { have, required: seats.len() };
            assert_eq!(finalize(&made.signed(&seats[..have]), &made.wallet), Err(quorum), "{template}");
        }
        let done = finalize(&made.signed(seats), &made.wallet).unwrap();
        let unsigned = made.packet.psbt.unsigned_tx.compute_txid();
        let legacy = template.starts_with("pkh") || template.starts_with("sh(");
        assert_eq!((done.fee, done.txid == unsigned), (Amount::from_sat(4_000), !legacy), "{template}");
        assert_eq!(done.vsize, u64::try_from(done.tx.vsize()).unwrap());
        assert!(done.tx.input.iter().all(|input| !input.witness.is_empty() || !input.script_sig.is_empty()));
    }
}

#[test]
fn t09_a_stray_signature_stops_it_though_the_quorum_is_there() {
    let made = Made::of("wsh(sortedmulti(2,@0,@1,@2))", 2);
    let mut packet = made.packet.clone();
    packet.psbt.inputs[0].sighash_type = Some(PsbtSighashType::from(bitcoin::EcdsaSighashType::Single));
    let mut packet = made.sign(&packet, 2);
    packet.psbt.inputs[0].sighash_type = None;
    let packet = made.sign(&made.sign(&packet, 0), 1);
    let refused = finalize(&packet, &made.wallet).unwrap_err();
    assert!(matches!(refused, FinalizeError::Stray { input: 0, reason: StrayReason::Sighash, .. }), "{refused}");
}

#[test]
fn signatures_on_some_inputs_only_are_no_quorum() {
    let made = Made::of("wsh(sortedmulti(2,@0,@1,@2))", 2);
    let mut packet = made.signed(&[0, 1]);
    packet.psbt.inputs[1].partial_sigs = made.signed(&[0, 2]).psbt.inputs[1].partial_sigs.clone();
    let quorum = FinalizeError::Quorum { have: 1, required: 2 };
    assert_eq!(finalize(&packet, &made.wallet), Err(quorum));
}

#[test]
fn what_a_file_calls_final_is_made_anew() {
    let made = Made::of("wsh(sortedmulti(2,@0,@1,@2))", 1);
    let mut packet = made.signed(&[0, 1]);
    let real = finalize(&packet, &made.wallet).unwrap();
    packet.psbt.inputs[0].final_script_witness = Some(real.tx.input[0].witness.clone());
    assert_eq!(finalize(&packet, &made.wallet).as_ref(), Ok(&real));
    let mut parts = real.tx.input[0].witness.to_vec();
    parts[1][10] ^= 1;
    packet.psbt.inputs[0].final_script_witness = Some(bitcoin::Witness::from_slice(&parts));
    let refused = finalize(&packet, &made.wallet).unwrap_err();
    assert!(matches!(refused, FinalizeError::Stray { input: 0, reason: StrayReason::Invalid, .. }), "{refused}");
}

#[test]
fn those_who_may_sign_later_have_to_wait() {
    let made = Made::of("wsh(or_d(multi(2,@0,@1,@2),and_v(v:pkh(@3),older(144))))", 1);
    assert_eq!(finalize(&made.signed(&[3]), &made.wallet), Err(FinalizeError::Unsatisfied(0)));
    let mut waited = Made::of("wsh(or_d(multi(2,@0,@1,@2),and_v(v:pkh(@3),older(144))))", 1);
    for (sequence, done) in [(143, false), (144, true)] {
        waited.packet.psbt.unsigned_tx.input[0].sequence = Sequence(sequence);
        assert_eq!(finalize(&waited.signed(&[3]), &waited.wallet).is_ok(), done);
    }
    waited.packet.psbt.unsigned_tx.version = Version::ONE;
    assert_eq!(finalize(&waited.signed(&[3]), &waited.wallet), Err(FinalizeError::Unsatisfied(0)));
    let mut waited = Made::of("tr(@x,{multi_a(2,@0,@1),and_v(v:pk(@3),after(800001))})", 1);
    for (height, done) in [(800_000, false), (800_001, true)] {
        waited.packet.psbt.unsigned_tx.lock_time = absolute::LockTime::from_consensus(height);
        assert_eq!(finalize(&waited.signed(&[3]), &waited.wallet).is_ok(), done);
    }
}

#[test]
fn t06_a_legacy_coin_has_to_be_proved() {
    let made = Made::of("sh(sortedmulti(2,@0,@1,@2))", 1);
    let mut packet = made.signed(&[0, 1]);
    let coin = packet.psbt.inputs[0].non_witness_utxo.take().unwrap().output[0].clone();
    let refused = finalize(&packet, &made.wallet).unwrap_err();
    assert!(matches!(refused, FinalizeError::Stray { input: 0, reason: StrayReason::Unknown, .. }), "{refused}");
    packet.psbt.inputs[0].witness_utxo = Some(coin);
    assert_eq!(finalize(&packet, &made.wallet), Err(FinalizeError::Unproved(0)));
}

#[test]
fn what_nodes_do_not_relay_is_refused_by_name() {
    let refused = |inputs: u32, change: fn(&mut Transaction)| {
        let mut made = Made::of("wsh(sortedmulti(2,@0,@1,@2))", inputs);
        change(&mut made.packet.psbt.unsigned_tx);
        let outputs = made.packet.psbt.unsigned_tx.output.len();
        made.packet.psbt.outputs.resize(outputs, Default::default());
        finalize(&made.signed(&[0, 1]), &made.wallet).unwrap_err()
    };
    let is = FinalizeError::Policy;
    assert_eq!(refused(1, |tx| tx.output[0].value = Amount::from_sat(293)), is(Relay::Dust(0)));
    assert_eq!(refused(1, |tx| tx.output[1].script_pubkey = bitcoin::ScriptBuf::new()), is(Relay::Script(1)));
    assert_eq!(refused(1, |tx| tx.version.0 = 4), is(Relay::Version));
    assert_eq!(refused(1, |tx| tx.output[0].value = Amount::from_sat(100_000)), FinalizeError::Overspent);
    let heavy = refused(1, |tx| {
        let big = bitcoin::ScriptBuf::from(vec![0x6a; 100_000]);
        tx.output[1] = TxOut { value: Amount::ZERO, script_pubkey: big };
    });
    assert!(matches!(heavy, FinalizeError::Policy(Relay::Weight(_))), "{heavy}");
    let made = Made::of("sh(sortedmulti(2,@0,@1,@2))", 1);
    let mut tx = finalize(&made.signed(&[0, 1]), &made.wallet).unwrap().tx;
    tx.input[0].script_sig = bitcoin::ScriptBuf::from(vec![0; 1_651]);
    assert_eq!(relayed(&tx), Err(Relay::ScriptSig(0)));
    tx.input.clear();
    tx.output.truncate(1);
    assert_eq!(relayed(&tx), Err(Relay::Small));
}

#[test]
fn consensus_is_asked_with_every_coin() {
    let made = Made::of("tr(@0)", 2);
    let done = finalize(&made.signed(&[0]), &made.wallet).unwrap();
    let coins = [0, 1].map(|input| made.packet.coin(input).unwrap().output().clone());
    assert_eq!(consensus(&done.tx, &[&coins[0], &coins[1]]), Ok(()));
    let mut other = coins[1].clone();
    other.value += Amount::ONE_SAT;
    assert_eq!(consensus(&done.tx, &[&coins[0], &other]), Err(FinalizeError::Consensus(0)));
    let mut tx = done.tx.clone();
    tx.output[0].value -= Amount::ONE_SAT;
    assert_eq!(consensus(&tx, &[&coins[0], &coins[1]]), Err(FinalizeError::Consensus(0)));
}
