//! The real host code against the simulated devices, over their sockets: wallets of several makers' keys are shown,
//! registered, signed and finalised, and what the user refuses comes back as that.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[allow(dead_code)]
#[path = "devices/bench.rs"]
mod bench;
#[path = "device_simulated/ethereum.rs"]
mod ethereum;
#[path = "device_simulated/pulled.rs"]
mod pulled;
#[path = "device_simulated/recorded.rs"]
mod recorded;
#[path = "device_simulated/table.rs"]
mod table;

use bench::{Bench, SPOTS, key, sign, soft, softkey, software};
use bitcoin::hashes::Hash;
use bitcoin::{Amount, Network, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, absolute, transaction};
use exchequer::device::{DeviceError, Held, Hmac};
use exchequer::sim::device::{Buttons, Screen, TrezorModel};
use exchequer::treasury::bitcoin::finalize::finalize;
use exchequer::treasury::bitcoin::hot::Signer;
use exchequer::treasury::bitcoin::psbt::Packet;
use exchequer::treasury::bitcoin::review::{Facts, reviewed};
use exchequer::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use std::sync::atomic::Ordering;

const NETWORK: Network = Network::Testnet;

/// Two coins of a wallet, of transactions that nobody ever saw, spent to somebody and back.
fn packet(wallet: &Wallet) -> Packet {
    let previous = (1..).zip(SPOTS).map(|(number, spot)| {
        let input = TxIn {
            previous_output: OutPoint { txid: Txid::from_byte_array([number; 32]), vout: 1 },
            sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
            ..TxIn::default()
        };
        let script = ScriptBuf::new_p2wsh(&ScriptBuf::new().wscript_hash());
        let other = TxOut { value: Amount::from_sat(777), script_pubkey: script };
        let ours = TxOut { value: Amount::from_sat(200_000), script_pubkey: wallet.script(spot).unwrap() };
        let made = Transaction {
            version: transaction::Version::TWO,
            lock_time: absolute::LockTime::ZERO,
            input: vec![input],
            output: vec![other, ours],
        };
        (made, 1)
    });
    bench::packet(wallet, previous.collect())
}

#[test]
fn quorums_of_both_makers_and_software_sign_what_consensus_accepts() {
    let scripts = [("wsh(sortedmulti(", "))", "48'/1'/0'/2'"), ("sh(wsh(sortedmulti(", ")))", "48'/1'/0'/1'")];
    for model in [TrezorModel::One, TrezorModel::T] {
        let (ledger_bench, trezor_bench) = (Bench::ledger(), Bench::trezor(model));
        let (mut ledger, mut trezor) = (ledger_bench.open(), trezor_bench.open());
        for ((begin, end, path), (required, others)) in
            scripts.iter().zip([(2, 1), (3, 3)]).chain(scripts.iter().zip([(3, 3)]))
        {
            let friends: Vec<Signer> = (1..=others).map(|number| software(number, NETWORK)).collect();
            let mut keys = vec![key(&mut *trezor, NETWORK, path), key(&mut *ledger, NETWORK, path)];
            keys.extend(friends.iter().map(|friend| softkey(friend, path)));
            let descriptor = format!("{begin}{required},{}{end}", keys.join(","));
            let wallet = Wallet::new("Treasury", NETWORK, &[&descriptor]).unwrap();
            let mut held = Held { wallet: &wallet, name: "Treasury", hmac: None };
            let registered = ledger.register(&held).unwrap().unwrap();
            held.hmac = Some(registered.hmac);
            assert_eq!(trezor.register(&held).unwrap(), None);
            for spot in [Spot { chain: Chain::Receive, index: 3 }, Spot { chain: Chain::Change, index: 0 }] {
                let ours = wallet.address(spot).unwrap();
                assert_eq!(ledger.address(&held, spot, true).unwrap(), ours);
                assert_eq!(trezor.address(&held, spot, true).unwrap(), ours);
            }
            ledger_bench.shown();
            trezor_bench.shown();
            let mut packet = packet(&wallet);
            packet = sign(&mut *ledger, &held, &packet).unwrap();
            packet = sign(&mut *trezor, &held, &packet).unwrap();
            let titles = |shown: Vec<Screen>| shown.into_iter().map(|page| page.title).collect::<Vec<_>>();
            let of_ledger = ["Review transaction", "From", "Amount", "To", "Fees", "Sign transaction"];
            assert_eq!(titles(ledger_bench.shown()), of_ledger);
            match model {
                TrezorModel::One => assert_eq!(titles(trezor_bench.shown()), ["Confirm sending", "Summary"]),
                TrezorModel::T => assert_eq!(titles(trezor_bench.shown()), ["Recipient #1", "Amount #1", "Summary"]),
            }
            if required == 3 {
                packet = soft(&friends[0], &wallet, &packet);
            }
            finalize(&packet, &wallet).unwrap();
        }
    }
}

#[test]
fn wallets_of_one_key_are_signed_by_either() {
    for (begin, end, path) in [("wpkh(", ")", "84'/1'/0'"), ("tr(", ")", "86'/1'/0'"), ("sh(wpkh(", "))", "49'/1'/0'")]
    {
        for bench in [Bench::ledger(), Bench::trezor(TrezorModel::One), Bench::trezor(TrezorModel::T)] {
            let mut device = bench.open();
            let descriptor = format!("{begin}{}{end}", key(&mut *device, NETWORK, path));
            let wallet = Wallet::new("Own", NETWORK, &[&descriptor]).unwrap();
            let held = Held { wallet: &wallet, name: "Own", hmac: None };
            let spot = Spot { chain: Chain::Receive, index: 12 };
            assert_eq!(device.address(&held, spot, true).unwrap(), wallet.address(spot).unwrap());
            let signed = sign(&mut *device, &held, &packet(&wallet)).unwrap();
            finalize(&signed, &wallet).unwrap();
        }
    }
}

/// The same payment once more, with less of it coming back.
fn bumped(packet: &Packet, by: u64) -> Packet {
    let mut bumped = packet.clone();
    bumped.psbt.unsigned_tx.output[1].value -= Amount::from_sat(by);
    bumped
}

#[test]
fn a_replacement_shows_its_fee_to_whoever_signed_what_it_replaces() {
    let (one, t) = (TrezorModel::One, TrezorModel::T);
    let (fee, whole) = (["Update transaction", "Modify fee"].as_slice(), ["Recipient #1", "Amount #1", "Summary"]);
    let several = ("wsh(sortedmulti(2,", "))", "48'/1'/0'/2'");
    for (model, (begin, end, path), shows) in [
        (t, ("wpkh(", ")", "84'/1'/0'"), fee),
        (t, ("sh(wpkh(", "))", "49'/1'/0'"), fee),
        (t, ("tr(", ")", "86'/1'/0'"), fee),
        (t, several, fee),
        (t, ("sh(wsh(sortedmulti(2,", ")))", "48'/1'/0'/1'"), fee),
        (one, ("wpkh(", ")", "84'/1'/0'"), fee),
        (one, ("tr(", ")", "86'/1'/0'"), fee),
        // It has no room for such a witness.
        (one, several, &["Confirm sending", "Summary"]),
    ] {
        let bench = Bench::trezor(model);
        let mut device = bench.open();
        let friends = [1, 2].map(|number| software(number, NETWORK));
        let mut keys = vec![key(&mut *device, NETWORK, path)];
        if begin.contains("multi") {
            keys.extend(friends.iter().map(|friend| softkey(friend, path)));
        }
        let wallet = Wallet::new("Own", NETWORK, &[&format!("{begin}{}{end}", keys.join(","))]).unwrap();
        let held = Held { wallet: &wallet, name: "Own", hmac: None };
        let mut replace = |packet: &Packet, original: &Transaction| {
            let passed = reviewed(packet, &wallet, &Facts::default()).1.unwrap().replacing(original);
            let expected = device.fingerprint(NETWORK).unwrap();
            bench.shown();
            let signed = device.sign(&held, &passed).and_then(|signed| signed.of(expected, &passed)).unwrap();
            (signed, bench.shown().into_iter().map(|page| page.title).collect::<Vec<_>>())
        };
        let packet = packet(&wallet);
        let mut signed = replace(&packet, &packet.psbt.unsigned_tx).0;
        if keys.len() > 1 {
            signed = soft(&friends[0], &wallet, &signed);
        }
        let original = finalize(&signed, &wallet).unwrap().tx;
        let (mut signed, titles) = replace(&bumped(&packet, 2_000), &original);
        assert_eq!(titles, shows, "{begin} {model:?}");
        if keys.len() > 1 {
            signed = soft(&friends[1], &wallet, &signed);
        }
        finalize(&signed, &wallet).unwrap();
        if model == t {
            // Less is paid, nobody signed it, its coins stand in another order: each is an ordinary transaction.
            let mut less = bumped(&packet, 2_000);
            less.psbt.unsigned_tx.output[0].value -= Amount::from_sat(1);
            assert_eq!(replace(&less, &original).1, whole);
            assert_eq!(replace(&bumped(&packet, 2_000), &packet.psbt.unsigned_tx).1, whole);
            let mut other = packet.clone();
            other.psbt.unsigned_tx.input.reverse();
            other.psbt.inputs.reverse();
            assert_eq!(replace(&other, &original).1, whole);
        }
        if model == t && keys.len() > 1 {
            let others = friends.iter().fold(packet.clone(), |packet, friend| soft(friend, &wallet, &packet));
            let original = finalize(&others, &wallet).unwrap().tx;
            assert_eq!(replace(&bumped(&packet, 2_000), &original).1, whole, "it never saw the payment");
        }
    }
}

#[test]
fn what_is_refused_there_comes_back_as_that() {
    let path = "48'/1'/0'/2'";
    let (ledger_bench, trezor_bench) = (Bench::ledger(), Bench::trezor(TrezorModel::T));
    let (mut ledger, mut trezor) = (ledger_bench.open(), trezor_bench.open());
    let keys =
        [key(&mut *ledger, NETWORK, path), key(&mut *trezor, NETWORK, path), softkey(&software(1, NETWORK), path)];
    let wallet = Wallet::new("T", NETWORK, &[&format!("wsh(sortedmulti(2,{}))", keys.join(","))]).unwrap();
    let mut held = Held { wallet: &wallet, name: "T", hmac: None };
    let registered = ledger.register(&held).unwrap().unwrap();
    held.hmac = Some(registered.hmac);
    for (bench, device) in [(&ledger_bench, &mut ledger), (&trezor_bench, &mut trezor)] {
        bench.approves.store(false, Ordering::Relaxed);
        let refused =
            |what: Result<(), DeviceError>| assert!(matches!(what, Err(DeviceError::RefusedByUser)), "{what:?}");
        refused(sign(&mut **device, &held, &packet(&wallet)).map(drop));
        refused(device.address(&held, Spot { chain: Chain::Receive, index: 0 }, true).map(drop));
        bench.approves.store(true, Ordering::Relaxed);
        sign(&mut **device, &held, &packet(&wallet)).unwrap();
    }
    held.hmac = Some(Hmac([1; 32]));
    let forged = sign(&mut *ledger, &held, &packet(&wallet));
    assert!(forged.is_err() && ledger_bench.server.screen().buttons == Buttons::None);
}
