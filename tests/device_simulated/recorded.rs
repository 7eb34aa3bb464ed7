//! Recorded devices in whole quorums: what they signed, a simulated device and software sign beside, and consensus accepts.

use super::NETWORK;
use super::bench::{Bench, LIMIT, sign, soft};
use bitcoin::bip32::Xpriv;
use bitcoin::hashes::{Hash, sha256};
use exchequer::device::open::open;
use exchequer::device::trezor::Trezor;
use exchequer::device::trezor::transcript::Transcript;
use exchequer::device::{Device, Held, Hmac, Place, Unattended, Watch};
use exchequer::sim::device::{Ledger, LedgerSettings, Wire};
use exchequer::treasury::bitcoin::finalize::finalize;
use exchequer::treasury::bitcoin::hot::Signer;
use exchequer::treasury::bitcoin::psbt::{Packet, combine};
use exchequer::treasury::bitcoin::review::{Facts, reviewed};
use exchequer::treasury::bitcoin::wallet::Wallet;
use serde_json::Value;
use std::path::Path;

/// The words of the recorded Ledgers.
const LEDGER: &str = "glory promote mansion idle axis finger extra february uncover one trip resource lawn turtle enact \
                      monster seven myth punch hobby comfort wild raise skin";

/// A cosigner of the recordings that was never a device.
fn cosigner(number: u8) -> Signer {
    let seed = sha256::Hash::hash(format!("replay-cosigner-{number}").as_bytes());
    Signer::from_xprv(&Xpriv::new_master(NETWORK, seed.as_byte_array()).unwrap().to_string(), NETWORK).unwrap()
}

fn descriptor(told: &Value) -> String {
    if let Some(text) = told["descriptor"].as_str() {
        return text.to_owned();
    }
    let policy = &told["policy"];
    let template = policy["descriptor_template"].as_str().unwrap().replace("/**", "/<0;1>/*");
    let keys = policy["keys_info"].as_array().unwrap().iter().enumerate();
    keys.rev().fold(template, |text, (number, key)| {
        text.replace(&format!("@{number}/"), &format!("{}/", key.as_str().unwrap()))
    })
}

/// The device of a recording. A Trezor of this seed may be asked for its account's key at any time.
fn recorded(file: &Path) -> Box<dyn Device> {
    if file.extension().is_some_and(|kind| kind == "apdu") {
        return open(&Place::Replay(file.to_owned()), Watch::new(LIMIT), Box::new(Unattended)).unwrap();
    }
    let key = file.parent().unwrap().with_file_name("T1B1").join("xpub-48-testnet.wire");
    let [text, key] = [file, &key].map(|file| std::fs::read_to_string(file).unwrap());
    let transcript = Transcript::read(&text).unwrap().also(&key).unwrap();
    Box::new(Trezor::open(Box::new(transcript), Box::new(Unattended), Watch::new(LIMIT)).unwrap())
}

/// A recording, and whether a Ledger signs beside it.
fn quorum(name: &str, required: usize, with_ledger: bool) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/device").join(name);
    let told = std::fs::read_to_string(file.with_extension("json")).unwrap();
    let told: Value = serde_json::from_str(&told).unwrap();
    let wallet = Wallet::new("Treasury", NETWORK, &[&descriptor(&told)]).unwrap();
    let unsigned = Packet::read(told["psbt_v0_base64"].as_str().unwrap().as_bytes()).unwrap();
    let hmac = told["wallet_hmac"].as_str().map(|hmac| hmac.parse::<Hmac>().unwrap());
    let held = Held { wallet: &wallet, name: told["policy"]["name"].as_str().unwrap_or("Treasury"), hmac };
    let (_, passed) = reviewed(&unsigned, &wallet, &Facts::default());
    let passed = passed.unwrap();
    let mut device = recorded(&file);
    let mut signed = vec![device.sign(&held, &passed).unwrap().whose(&passed).unwrap().1];
    if with_ledger {
        let settings = LedgerSettings { words: LEDGER.to_owned(), ..LedgerSettings::default() };
        let bench = Bench::new(Box::new(Ledger::new(settings).unwrap()), Wire::Tcp);
        let mut ledger = bench.open();
        let mut held = Held { wallet: &wallet, name: "Treasury", hmac: None };
        held.hmac = Some(ledger.register(&held).unwrap().unwrap().hmac);
        signed.push(sign(&mut *ledger, &held, &unsigned).unwrap());
    }
    let software = required.saturating_sub(signed.len()).max(1);
    signed.extend((1..).take(software).map(|number| soft(&cosigner(number), &wallet, &unsigned)));
    // Any of them in turn, as many as it takes.
    for first in 0..signed.len() {
        let mut packet = unsigned.clone();
        for signer in (first..).take(required) {
            assert!(finalize(&packet, &wallet).is_err(), "not before the last one has signed");
            combine(&mut packet, &signed[signer % signed.len()], &wallet).unwrap();
        }
        finalize(&packet, &wallet).unwrap();
    }
}

#[test]
fn recorded_devices_sign_in_whole_quorums() {
    quorum("ledger/btc-sign-2of3-wsh.apdu", 2, false);
    quorum("trezor/T1B1/sign-2of3-wsh.wire", 2, true);
    quorum("trezor/T2T1/sign-3of5-wsh.wire", 3, true);
}
