//! The real host code against the simulated devices, over their sockets: wallets of several makers' keys are shown,
//! registered, signed and finalised, and what the user refuses comes back as that.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "device_simulated/ethereum.rs"]
mod ethereum;
#[path = "device_simulated/pulled.rs"]
mod pulled;
#[path = "device_simulated/table.rs"]
mod table;

use bitcoin::bip32::{DerivationPath, Fingerprint};
use bitcoin::hashes::Hash;
use bitcoin::{
    Amount, Network, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness, absolute,
    transaction,
};
use exchequer::device::open::open;
use exchequer::device::{Device, DeviceError, Held, Hmac, Place, Unattended, Watch};
use exchequer::sim::device::{
    Buttons, DeviceServer, Ledger, LedgerSettings, Press, Screen, Simulated, Trezor, TrezorModel, TrezorSettings, Wire,
};
use exchequer::treasury::bitcoin::finalize::finalize;
use exchequer::treasury::bitcoin::hot::Signer;
use exchequer::treasury::bitcoin::psbt::Packet;
use exchequer::treasury::bitcoin::review::{Facts, reviewed};
use exchequer::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use miniscript::psbt::PsbtExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
const NETWORK: Network = Network::Testnet;

/// A device that is plugged in, and somebody at it who reads every page and decides.
struct Bench {
    server: Arc<DeviceServer>,
    wire: Wire,
    approves: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
    shown: Arc<Mutex<Vec<Screen>>>,
    person: Option<JoinHandle<()>>,
}

impl Bench {
    fn new(device: Box<dyn Simulated>, wire: Wire) -> Self {
        let server = Arc::new(DeviceServer::open(device, wire, 0).unwrap());
        let (approves, over) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
        let shown = Arc::new(Mutex::new(Vec::new()));
        let at = (server.clone(), approves.clone(), over.clone(), shown.clone());
        let person = thread::spawn(move || {
            let (server, approves, over, shown) = at;
            while !over.load(Ordering::Relaxed) {
                let screen = server.screen();
                match screen.buttons {
                    Buttons::None => thread::sleep(Duration::from_millis(2)),
                    Buttons::Decide | Buttons::Turn if !approves.load(Ordering::Relaxed) => server.press(Press::No),
                    _ => {
                        shown.lock().unwrap().push(screen);
                        server.press(Press::Yes);
                    }
                }
            }
        });
        Self { server, wire, approves, over, shown, person: Some(person) }
    }

    fn ledger() -> Self {
        Self::new(Box::new(Ledger::new(LedgerSettings::default()).unwrap()), Wire::Tcp)
    }

    fn trezor(model: TrezorModel) -> Self {
        let settings = TrezorSettings { model, ..TrezorSettings::default() };
        Self::new(Box::new(Trezor::new(settings).unwrap()), Wire::Udp)
    }

    fn open(&self) -> Box<dyn Device> {
        let address = self.server.addr().to_string();
        let place = match self.wire {
            Wire::Tcp => Place::LedgerTcp(address),
            Wire::Udp => Place::TrezorUdp(address),
        };
        open(&place, Watch::new(LIMIT), Box::new(Unattended)).unwrap()
    }

    /// What was shown since the last look.
    fn shown(&self) -> Vec<Screen> {
        std::mem::take(&mut self.shown.lock().unwrap())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        self.person.take().unwrap().join().unwrap();
    }
}

fn software(number: u8) -> Signer {
    Signer::new(zeroize::Zeroizing::new([number; 32]), NETWORK).unwrap()
}

/// A device's key at a path, as a descriptor takes it.
fn key(device: &mut dyn Device, path: &str) -> String {
    let fingerprint = device.fingerprint(NETWORK).unwrap();
    let xpub = device.xpub(NETWORK, &path.parse().unwrap(), false).unwrap();
    format!("[{fingerprint}/{path}]{xpub}/<0;1>/*")
}

fn softkey(signer: &Signer, path: &str) -> String {
    format!("{}/<0;1>/*", signer.key_at(&path.parse::<DerivationPath>().unwrap()).unwrap())
}

/// Two coins of a wallet, spent to somebody and back.
fn packet(wallet: &Wallet) -> Packet {
    let spots = [Spot { chain: Chain::Receive, index: 0 }, Spot { chain: Chain::Change, index: 7 }];
    let back = Spot { chain: Chain::Change, index: 9 };
    let previous: Vec<Transaction> = (1..)
        .zip(spots)
        .map(|(number, spot)| {
            let from = OutPoint { txid: Txid::from_byte_array([number; 32]), vout: 1 };
            let input = TxIn {
                previous_output: from,
                script_sig: ScriptBuf::new(),
                sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
                witness: Witness::new(),
            };
            let ours = TxOut { value: Amount::from_sat(200_000), script_pubkey: wallet.script(spot).unwrap() };
            let other = TxOut {
                value: Amount::from_sat(777),
                script_pubkey: ScriptBuf::new_p2wsh(&ScriptBuf::new().wscript_hash()),
            };
            Transaction {
                version: transaction::Version::TWO,
                lock_time: absolute::LockTime::ZERO,
                input: vec![input],
                output: vec![other, ours],
            }
        })
        .collect();
    let payee = "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx".parse::<bitcoin::Address<_>>().unwrap();
    let unsigned = Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input: previous
            .iter()
            .map(|previous| TxIn {
                previous_output: OutPoint { txid: previous.compute_txid(), vout: 1 },
                script_sig: ScriptBuf::new(),
                sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
                witness: Witness::new(),
            })
            .collect(),
        output: vec![
            TxOut { value: Amount::from_sat(150_000), script_pubkey: payee.assume_checked().script_pubkey() },
            TxOut { value: Amount::from_sat(248_000), script_pubkey: wallet.script(back).unwrap() },
        ],
    };
    let mut psbt = Psbt::from_unsigned_tx(unsigned).unwrap();
    for (place, (previous, spot)) in previous.into_iter().zip(spots).enumerate() {
        psbt.inputs[place].witness_utxo = Some(previous.output[1].clone());
        psbt.inputs[place].non_witness_utxo = Some(previous);
        psbt.update_input_with_descriptor(place, &wallet.at(spot).unwrap()).unwrap();
    }
    psbt.update_output_with_descriptor(1, &wallet.at(back).unwrap()).unwrap();
    Packet::read(&psbt.serialize()).unwrap()
}

fn sign(device: &mut dyn Device, held: &Held<'_>, packet: &Packet) -> Result<Packet, DeviceError> {
    let (review, passed) = reviewed(packet, held.wallet, &Facts::default());
    let passed = passed.unwrap_or_else(|| panic!("{review:?}"));
    let expected: Fingerprint = device.fingerprint(NETWORK)?;
    device.sign(held, &passed)?.of(expected, &passed)
}

fn soft(signer: &Signer, wallet: &Wallet, packet: &Packet) -> Packet {
    let (_, passed) = reviewed(packet, wallet, &Facts::default());
    signer.sign(&passed.unwrap()).unwrap()
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
            let friends: Vec<Signer> = (1..=others).map(software).collect();
            let mut keys = vec![key(&mut *trezor, path), key(&mut *ledger, path)];
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
            let descriptor = format!("{begin}{}{end}", key(&mut *device, path));
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
        let friends = [software(1), software(2)];
        let mut keys = vec![key(&mut *device, path)];
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
    let keys = [key(&mut *ledger, path), key(&mut *trezor, path), softkey(&software(1), path)];
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
