//! Does what a recording's host did, and compares what comes of it with what is told of the recording.

use super::bench::{Person, Recording};
use crate::device::ethereum::{Mode, Signable, Signature, Transaction, TypedData};
use crate::device::link::report::Reports;
use crate::device::trezor::keys::Ask;
use crate::device::trezor::shape::Shape;
use crate::device::trezor::sheet::Sheet;
use crate::device::trezor::typed::Parts;
use crate::device::trezor::wire::kind;
use crate::device::trezor::{Trezor, address, path};
use crate::device::{About, Device, DeviceError, Held, Unverified, Watch};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::{Facts, reviewed};
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use crate::treasury::proposal::{InputSignature, Slot};
use alloy_consensus::{TxEip1559, TxLegacy};
use alloy_primitives::{Bytes, TxKind, U256};
use bitcoin::bip32::{DerivationPath, Xpub};
use bitcoin::hex::FromHex;
use serde_json::Value;
use std::time::Duration;
use trezor_client::protos::{self, InputScriptType};

/// What came of it.
#[derive(Debug)]
pub enum Got {
    About(About),
    Xpub(Xpub, Option<String>),
    Address(String),
    Signed(Vec<InputSignature>, Packet),
    Ethereum(Signature),
}

/// Whether a recording's host did what a [`Device`] never does: what is refused before, or is asked otherwise.
pub fn inside(recording: &Recording) -> bool {
    let told = &recording.told;
    let bare = recording.request() == kind::<protos::GetPublicKey>() && told["ignore_xpub_magic"] != true;
    let alone = recording.request() == kind::<protos::GetAddress>() && told.get("descriptor").is_none();
    let typed = told["failure"]["code"] == 1 || told["show_message_hash"] == false;
    (bare && told["show_display"] != true) || alone || typed || recording.cancelled_after() == Some(21)
}

/// Opens the device, as the recording's host did, and asks it the same.
pub fn run(recording: &Recording, link: Box<dyn Reports>, limit: Duration) -> Result<Got, DeviceError> {
    let watch = Watch::new(limit);
    let gives_up = recording.cancelled_after();
    let person = Person {
        pin: recording.told["pin_positions_sent"].as_str().map(str::to_owned),
        passphrase: recording.told["passphrase"].as_str().map(str::to_owned),
        leaves: (gives_up == Some(kind::<protos::ButtonAck>())).then(|| watch.clone()),
        ..Person::default()
    };
    let mut trezor = Trezor::open(link, Box::new(person), watch)?;
    ask(&mut trezor, recording)
}

fn ask(trezor: &mut Trezor, recording: &Recording) -> Result<Got, DeviceError> {
    let request = recording.request();
    if request == kind::<protos::GetFeatures>() {
        return trezor.about().map(Got::About);
    }
    let told = &recording.told;
    let at: DerivationPath = told["path"].as_str().unwrap_or("m").parse().unwrap();
    let show = told["show_display"].as_bool().unwrap_or_else(|| shown(recording));
    if request == kind::<protos::GetPublicKey>() {
        let network = recording.network();
        let xpub = match told["ignore_xpub_magic"].as_bool() {
            Some(true) => trezor.xpub(network, &at, show)?,
            plain if recording.kinds().len() == 4 || plain.is_some() || gave_up(recording) => {
                let kind = match told["script_type"].as_str() {
                    Some("SPENDWITNESS") => InputScriptType::SPENDWITNESS,
                    _ => InputScriptType::SPENDADDRESS,
                };
                trezor.ask_key(network, &at, Ask { show, kind, plain })?
            }
            _ => trezor.xpub(network, &at, true)?,
        };
        return Ok(Got::Xpub(xpub, trezor.told_root().map(|root| root.to_string())));
    }
    if request == kind::<protos::GetAddress>() {
        let Some(descriptor) = told["descriptor"].as_str() else {
            // What is refused before it is asked, asked all the same.
            let kind = path::customary(&at);
            let mut question = address::question(path::numbers(&at), bitcoin::Network::Testnet, kind, show);
            question.set_coin_name(recording.text("coin_name").to_owned());
            let answer: protos::Address = trezor.session.ask(&question)?;
            return Ok(Got::Address(answer.address().to_owned()));
        };
        let wallet = Wallet::new("Treasury", recording.network(), &[descriptor]).unwrap();
        let chain = if told["change"] == 1 { Chain::Change } else { Chain::Receive };
        let index = told["index"].as_u64().unwrap().try_into().unwrap();
        let held = Held { wallet: &wallet, name: "Treasury", hmac: None };
        let address = trezor.address(&held, Spot { chain, index }, show)?;
        return Ok(Got::Address(address.to_string()));
    }
    if request == kind::<protos::SignTx>() {
        return sign(trezor, recording);
    }
    if request == kind::<protos::EthereumGetAddress>() {
        return Ok(Got::Address(trezor.eth_address(&at, show)?.address.to_string()));
    }
    let expected = recording.text("expected_address").parse().unwrap();
    if let Some(data) = told.get("typed_data") {
        let data = TypedData::read(&data.to_string()).unwrap();
        let full = request == kind::<protos::EthereumSignTypedData>();
        let mode = if full { Mode::Full } else { Mode::Hashes };
        let what = Signable::TypedData(Box::new(data.clone()), mode);
        let refused = told["failure"]["code"] == 1;
        let bare = told["show_message_hash"] == false;
        if !refused && !bare {
            let signature = trezor.eth_sign(&at, &what)?.of(expected, &what)?;
            return Ok(Got::Ethereum(signature));
        }
        // What is refused before it is asked, or never asked so, asked all the same.
        let steps = path::numbers(&at);
        let signature = match mode {
            Mode::Full => trezor.sign_parts(steps, &Parts::of(&data)?, told["show_message_hash"] == true)?,
            Mode::Hashes => trezor.sign_hashes(steps, &data)?,
        };
        let signature = Unverified::new(signature).of(expected, &what)?;
        return Ok(Got::Ethereum(signature));
    }
    let what = match told.get("tx") {
        Some(tx) => Signable::Transaction(Box::new(transaction(tx))),
        None => Signable::Message(recording.text("message").as_bytes().to_vec()),
    };
    let signature = trezor.eth_sign(&at, &what)?.of(expected, &what)?;
    Ok(Got::Ethereum(signature))
}

/// Whether the host gave up on a question for a PIN.
fn gave_up(recording: &Recording) -> bool {
    recording.cancelled_after().is_some() && recording.told.get("pin").is_some()
}

/// Whether something was shown where nothing is told of it: there were buttons.
fn shown(recording: &Recording) -> bool {
    // A device with a PIN has a button for that.
    let shows = recording.kinds().iter().any(|(_, kind)| *kind == 26) && recording.told.get("pin").is_none();
    // A path that is refused was asked for to be shown, too.
    shows || recording.text("flow").contains("forbidden")
}

fn sign(trezor: &mut Trezor, recording: &Recording) -> Result<Got, DeviceError> {
    let wallet = Wallet::new("Treasury", recording.network(), &[recording.text("descriptor")]).unwrap();
    let packet = Packet::read(recording.text("psbt_v0_base64").as_bytes()).unwrap();
    let (review, passed) = reviewed(&packet, &wallet, &Facts::default());
    let passed = passed.unwrap_or_else(|| panic!("{}: {:?}", recording.name(), review.verdict.blocks));
    let signatures = if recording.cancelled_after() == Some(kind::<protos::TxRequest>()) {
        // A host that does not look before it asks.
        let shape = Shape::of(&wallet, trezor.session.model()?)?;
        let about = trezor.session.about()?.clone();
        let mut sheet = Sheet::of(&passed, &shape, &about)?;
        sheet.previous.clear();
        let seats = trezor.seats(&wallet)?;
        trezor.sign_seat(&sheet, seats[0])?
    } else {
        trezor.sign_reviewed(&passed)?
    };
    let signed = Unverified::new(signatures.clone()).of(recording.root(), &passed)?;
    Ok(Got::Signed(signatures, signed))
}

fn transaction(tx: &Value) -> Transaction {
    let number = |key: &str| -> u128 { tx[key].to_string().trim_matches('"').parse().unwrap() };
    let small = |key: &str| u64::try_from(number(key)).unwrap();
    let input = Bytes::from(Vec::from_hex(tx["data"].as_str().unwrap().trim_start_matches("0x")).unwrap());
    let to = tx["to"].as_str().map_or(TxKind::Create, |to| TxKind::Call(to.parse().unwrap()));
    let value = U256::from(number("value"));
    if tx["type"] == 2 {
        return Transaction::Eip1559(TxEip1559 {
            chain_id: small("chainId"),
            nonce: small("nonce"),
            gas_limit: small("gas"),
            max_fee_per_gas: number("maxFeePerGas"),
            max_priority_fee_per_gas: number("maxPriorityFeePerGas"),
            to,
            value,
            access_list: Default::default(),
            input,
        });
    }
    let chain_id = Some(small("chainId"));
    let (nonce, gas_price, gas_limit) = (small("nonce"), number("gasPrice"), small("gas"));
    Transaction::Legacy(TxLegacy { chain_id, nonce, gas_price, gas_limit, to, value, input })
}

/// Compares what came with what is told.
pub fn compare(recording: &Recording, got: &Result<Got, DeviceError>) {
    let (name, told) = (recording.name(), &recording.told);
    let got = match got {
        Ok(got) => got,
        Err(error) => {
            assert_eq!(told["outcome"], "failure", "{name}: {error}");
            return assert_eq!(error.code(), refusal(recording), "{name}: {error}");
        }
    };
    assert_eq!(told["outcome"], "ok", "{name}: {got:?}");
    match got {
        Got::About(about) => {
            let features = &told["features"];
            assert_eq!(about.initialised, features["initialized"].as_bool(), "{name}");
            assert_eq!(about.label.as_deref(), features["label"].as_str(), "{name}");
            assert_eq!(about.locked, features["unlocked"].as_bool().map(|unlocked| !unlocked), "{name}");
            assert_eq!(about.passphrase, features["passphrase_protection"].as_bool(), "{name}");
            let version = about.firmware.unwrap();
            assert_eq!(serde_json::json!([version.0, version.1, version.2]), features["version"], "{name}");
            assert!(!about.model.is_ledger(), "{name}");
        }
        Got::Xpub(xpub, root) => {
            let expected = told["xpub_standard"].as_str().unwrap_or_else(|| recording.text("xpub"));
            assert_eq!(xpub.to_string(), expected, "{name}");
            if let Some(expected) = told["root_fingerprint"].as_str() {
                assert_eq!(root.as_deref(), Some(expected), "{name}");
            }
        }
        Got::Address(address) => assert_eq!(address, recording.text("address"), "{name}"),
        Got::Signed(signatures, packet) => {
            let expected = told["signatures"].as_array().unwrap();
            assert_eq!(signatures.len(), expected.len(), "{name}");
            for (signature, expected) in signatures.iter().zip(expected) {
                assert_eq!(expected["input"], signature.input, "{name}");
                let bytes = Vec::from_hex(expected["psbt_signature"].as_str().unwrap()).unwrap();
                assert_eq!(signature.signature, bytes, "{name}");
                match signature.slot {
                    Slot::Key(key) => assert_eq!(expected["pubkey"], key.to_string(), "{name}"),
                    Slot::TaprootKey => assert_eq!(bytes.len(), 64, "{name}"),
                    Slot::TaprootLeaf { .. } => panic!("{name}: no Trezor signs in leaves"),
                }
            }
            let expected = Packet::read(recording.text("signed_psbt_base64").as_bytes()).unwrap();
            for (ours, theirs) in packet.psbt.inputs.iter().zip(&expected.psbt.inputs) {
                // Where one signature is enough the recording's host finished the input.
                let Some(witness) = &theirs.final_script_witness else {
                    assert_eq!(
                        (&ours.partial_sigs, ours.tap_key_sig),
                        (&theirs.partial_sigs, theirs.tap_key_sig),
                        "{name}"
                    );
                    continue;
                };
                let signature = ours.partial_sigs.values().next().map(|signature| signature.to_vec());
                let signature = signature.or(ours.tap_key_sig.map(|signature| signature.to_vec())).unwrap();
                assert_eq!(witness.nth(0), Some(signature.as_slice()), "{name}");
            }
        }
        Got::Ethereum(signature) => {
            let expected = &told["signature"];
            let half = |key: &str| <[u8; 32]>::from_hex(expected[key].as_str().unwrap()).unwrap();
            assert_eq!((signature.r, signature.s), (half("r"), half("s")), "{name}");
            if let Some(v) = expected["v"].as_u64() {
                assert_eq!(u64::from(signature.odd) + 27, v, "{name}");
            }
        }
    }
}

/// The error that a recorded failure is to become.
fn refusal(recording: &Recording) -> &'static str {
    match (recording.told["failure"]["code"].as_u64().unwrap(), recording.cancelled_after()) {
        (_, Some(18)) => "device-pin",
        (_, Some(21)) => "device-incomplete",
        (_, Some(27)) => "device-cancelled",
        (4, _) => "device-refused-by-user",
        (6, _) => "device-pin",
        (7, _) => "device-wrong-pin",
        (11, _) => "device-not-initialised",
        _ => "device-refused",
    }
}
