//! What is refused before the device is asked, and how it is told who it is.

use super::bench::{Person, Recording, line, recordings};
use crate::device::capabilities::{Cell, Task, cell, check};
use crate::device::ethereum::{Mode, Signable, Transaction, TypedData};
use crate::device::trezor::path;
use crate::device::trezor::shape::Shape;
use crate::device::trezor::transcript::Transcript;
use crate::device::trezor::{Trezor, failure};
use crate::device::{About, Device, DeviceError, Held, Model, Unattended, Version, Watch};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::{Facts, reviewed};
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use bitcoin::Network;
use bitcoin::bip32::DerivationPath;
use std::time::Duration;
use trezor_client::protos::{Failure, Features, Initialize, InputScriptType, MultisigPubkeysOrder};

fn named(name: &str) -> Recording {
    recordings().into_iter().find(|recording| recording.name() == name).unwrap()
}

fn open(script: &str) -> Result<Trezor, DeviceError> {
    let link = Box::new(Transcript::read(script).unwrap());
    Trezor::open(link, Box::new(Unattended), Watch::new(Duration::from_secs(5)))
}

/// A device that answers to its name and to nothing else.
fn greeted(model: &str, version: (u32, u32, u32)) -> Trezor {
    open(&greeting(&features(model, version))).unwrap()
}

fn greeting(features: &Features) -> String {
    format!("{}\n{}\n", line("=>", &Initialize::new()), line("<=", features))
}

fn features(model: &str, version: (u32, u32, u32)) -> Features {
    let mut features = Features::new();
    features.set_model(model.to_owned());
    features.set_major_version(version.0);
    features.set_minor_version(version.1);
    features.set_patch_version(version.2);
    features.set_initialized(true);
    features
}

#[test]
fn the_wrong_question_for_a_model_is_never_asked() {
    let data = TypedData::read(&named("T2T1/eth-712-safetx").told["typed_data"].to_string()).unwrap();
    let path: DerivationPath = "m/44'/60'/0'/0/0".parse().unwrap();
    for (model, version, mode) in
        [("1", (1, 14, 1), Mode::Full), ("T", (2, 11, 2), Mode::Hashes), ("Safe 5", (2, 11, 2), Mode::Hashes)]
    {
        let error = greeted(model, version).eth_sign(&path, &Signable::TypedData(Box::new(data.clone()), mode));
        assert_eq!(error.unwrap_err().code(), "device-unsupported", "{model}");
    }
    let error = greeted("T", (2, 3, 0)).eth_sign(&path, &Signable::Message(b"x".to_vec())).unwrap_err();
    assert_eq!(error.code(), "device-too-old");
    let fees = Signable::Transaction(Box::new(Transaction::Eip1559(Default::default())));
    for (model, version) in [("1", (1, 10, 3)), ("T", (2, 4, 1))] {
        assert_eq!(greeted(model, version).eth_sign(&path, &fees).unwrap_err().code(), "device-too-old", "{model}");
    }
    let odd: DerivationPath = "m/44'/61'/0'/0/0".parse().unwrap();
    assert_eq!(greeted("T", (2, 11, 2)).eth_address(&odd, true).unwrap_err().code(), "device-unfit");
}

#[test]
fn every_cell_of_the_table_is_kept_to() {
    for model in [Model::TrezorOne, Model::TrezorT, Model::Safe3, Model::Safe5, Model::Safe7] {
        for task in Task::ALL {
            let about = |firmware| About {
                model,
                firmware: Some(firmware),
                app: None,
                label: None,
                initialised: Some(true),
                locked: Some(false),
                passphrase: Some(false),
                blind_signing: None,
            };
            let latest = check(&about(Version(2, 99, 0)), task, true);
            match cell(model, task) {
                Cell::Never => {
                    assert!(matches!(latest, Err(DeviceError::Unsupported { .. })), "{model} {task:?}");
                }
                Cell::Since(first) => {
                    assert_eq!(latest, Ok(()), "{model} {task:?}");
                    assert_eq!(check(&about(first), task, true), Ok(()), "{model} {task:?}");
                    let before = check(&about(Version(first.0, first.1 - 1, 99)), task, true);
                    assert!(
                        matches!(before, Err(DeviceError::TooOld { needed, .. }) if needed == first),
                        "{model} {task:?}"
                    );
                }
                Cell::With(..) => panic!("no Trezor has such a setting: {model} {task:?}"),
            }
            let empty = About { initialised: Some(false), ..about(Version(2, 99, 0)) };
            assert_eq!(check(&empty, task, true), Err(DeviceError::NotInitialised), "{model} {task:?}");
        }
    }
}

#[test]
fn a_safe_7_is_recognised_and_refused() {
    let mut failure = Failure::new();
    failure.set_code(trezor_client::protos::failure::FailureType::Failure_InvalidProtocol);
    let error = open(&format!("{}\n{}\n", line("=>", &Initialize::new()), line("<=", &failure))).err().unwrap();
    assert!(matches!(error, DeviceError::Unsupported { model: Model::Safe7, .. }), "{error}");
    let sentence = "a Trezor Safe 7 cannot be asked in protocol v1: it speaks THP only, which is not spoken here";
    assert_eq!(error.to_string(), sentence);
    let mut features = features("T", (2, 11, 2));
    features.set_internal_model("X9".to_owned());
    let error = open(&greeting(&features)).err().unwrap();
    assert_eq!(error.code(), "device-unfit");
}

#[test]
fn failures_are_told_by_their_number() {
    let told = |number: i32, text: &str| {
        let mut failure = Failure::new();
        failure.code = Some(protobuf::EnumOrUnknown::from_i32(number));
        failure.set_message(text.to_owned());
        failure::error(&failure, Some(Model::TrezorT))
    };
    let codes = [
        (4, "device-refused-by-user"),
        (5, "device-pin"),
        (6, "device-pin"),
        (7, "device-wrong-pin"),
        (11, "device-not-initialised"),
        (15, "device-busy"),
        (17, "device-unsupported"),
        (3, "device-refused"),
        (77, "device-refused"),
    ];
    for (number, code) in codes {
        // A text is never what decides.
        assert_eq!(told(number, "Action cancelled by user").code(), code, "{number}");
    }
    let error = told(9, "a\u{1b}[31mb");
    assert_eq!(error.to_string(), "the device refused: a[31mb (9 ProcessError)");
    assert!(told(3, &"x".repeat(5_000)).to_string().len() < 300);
}

#[test]
fn witness_only_inputs_are_refused_before_the_device() {
    let recording = named("T2T1/sign-2of3-wsh-second-signer");
    let wallet = Wallet::new("A", Network::Testnet, &[recording.text("descriptor")]).unwrap();
    let mut packet = Packet::read(recording.text("psbt_v0_base64").as_bytes()).unwrap();
    packet.psbt.inputs[1].non_witness_utxo = None;
    let facts = Facts { previous_overridden: true, ..Facts::default() };
    let (review, passed) = reviewed(&packet, &wallet, &facts);
    let passed = passed.unwrap_or_else(|| panic!("{:?}", review.verdict.blocks));
    let held = Held { wallet: &wallet, name: "A", hmac: None };
    let error = greeted("T", (2, 11, 2)).sign(&held, &passed).unwrap_err();
    assert_eq!(error, DeviceError::Incomplete("the previous transaction of input 1".to_owned()));
}

#[test]
fn another_device_is_told_from_the_one_that_is_needed() {
    let recording = named("T1B1/address-2of3");
    let spot = Spot { chain: Chain::Receive, index: 0 };
    let wire = |recording: &Recording| {
        let link = recording.transcript();
        let person = Person::default();
        Trezor::open(Box::new(link), Box::new(person), Watch::new(Duration::from_secs(5))).unwrap()
    };
    // The same wallet with the device's seat under another name.
    let other = recording.text("descriptor").replace("5c9e228d", "5c9e228e");
    let wallet = Wallet::new("A", Network::Testnet, &[&other]).unwrap();
    let held = Held { wallet: &wallet, name: "A", hmac: None };
    let error = wire(&recording).address(&held, spot, true).unwrap_err();
    assert!(matches!(error, DeviceError::NoSeat { found, .. } if found == recording.root()));
    let single = "wpkh([11223344/48'/1'/0'/2']tpubDEGquuorgFNbDrg8vepq1HnaV2mgQu9TcSBgBYfXw4AX8VMgkWqvkxHNuJmiah8iVnA3Hgj4cSvaGAXEnq814yC6hMEreckLsd7zyLL3o76/<0;1>/*)";
    let wallet = Wallet::new("A", Network::Testnet, &[single]).unwrap();
    let held = Held { wallet: &wallet, name: "A", hmac: None };
    let expected = "11223344".parse().unwrap();
    let error = wire(&recording).address(&held, spot, true).unwrap_err();
    assert_eq!(error, DeviceError::WrongDevice { expected, found: recording.root() });
    // The same fingerprint with another key.
    let swapped = single.replace("11223344", "5c9e228d").replace(
        "tpubDEGquuorgFNbDrg8vepq1HnaV2mgQu9TcSBgBYfXw4AX8VMgkWqvkxHNuJmiah8iVnA3Hgj4cSvaGAXEnq814yC6hMEreckLsd7zyLL3o76",
        "tpubDFAqEGNyad35aBCKUAXbQGDjdVhNueno5ZZVEn3sQbW5ci457gLR7HyTmHBg93oourBssgUxuWz1jX5uhc1qaqFo9VsybY1J5FuedLfm4dK",
    );
    let wallet = Wallet::new("A", Network::Testnet, &[&swapped]).unwrap();
    let held = Held { wallet: &wallet, name: "A", hmac: None };
    assert_eq!(wire(&recording).address(&held, spot, true).unwrap_err().code(), "device-wrong-key");
}

#[test]
fn keys_are_sorted_here_for_firmwares_that_do_not() {
    let descriptor = named("T1B1/address-2of3").text("descriptor").to_owned();
    let wallet = Wallet::new("A", Network::Testnet, &[&descriptor]).unwrap();
    let shape = Shape::of(&wallet, Model::TrezorOne).unwrap();
    for index in 0..8 {
        let spot = Spot { chain: Chain::Change, index };
        let mut keys: Vec<_> = (0..3).map(|seat| (shape.key(seat, spot).unwrap(), seat)).collect();
        keys.sort();
        let said = |seat: usize| Some(vec![u8::try_from(seat).unwrap() + 1]);
        let signatures: Vec<Vec<u8>> = keys.iter().map(|(_, seat)| said(*seat).unwrap()).collect();
        let here = shape.multisig(spot, false, said).unwrap();
        assert_eq!(here.pubkeys_order(), MultisigPubkeysOrder::PRESERVED);
        let node = |seat: usize| wallet.policy().cosigners()[seat].xpub.public_key.serialize().to_vec();
        let sorted: Vec<Vec<u8>> = keys.iter().map(|(_, seat)| node(*seat)).collect();
        assert_eq!(here.nodes.iter().map(|node| node.public_key().to_vec()).collect::<Vec<_>>(), sorted);
        let there = shape.multisig(spot, true, said).unwrap();
        assert_eq!(there.pubkeys_order(), MultisigPubkeysOrder::LEXICOGRAPHIC);
        assert_eq!(there.nodes[1].public_key(), node(1));
        assert_eq!((&here.signatures, &there.signatures), (&signatures, &signatures));
        assert_eq!((there.m(), there.address_n), (2, vec![1, index]));
    }
    let plain = descriptor.split('#').next().unwrap().replace("sortedmulti", "multi");
    let wallet = Wallet::new("A", Network::Testnet, &[&plain]).unwrap();
    let multisig = Shape::of(&wallet, Model::TrezorT).unwrap();
    let multisig = multisig.multisig(Spot { chain: Chain::Receive, index: 3 }, true, |_| None).unwrap();
    assert_eq!(multisig.pubkeys_order(), MultisigPubkeysOrder::PRESERVED);
}

#[test]
fn wallets_that_a_trezor_cannot_be_told_of_are_refused() {
    let key = |fingerprint: &str, steps: &str| {
        let keys = [
            (
                "5c9e228d",
                "tpubDEGquuorgFNbDrg8vepq1HnaV2mgQu9TcSBgBYfXw4AX8VMgkWqvkxHNuJmiah8iVnA3Hgj4cSvaGAXEnq814yC6hMEreckLsd7zyLL3o76",
            ),
            (
                "f5acc2fd",
                "tpubDFAqEGNyad35aBCKUAXbQGDjdVhNueno5ZZVEn3sQbW5ci457gLR7HyTmHBg93oourBssgUxuWz1jX5uhc1qaqFo9VsybY1J5FuedLfm4dK",
            ),
        ];
        let xpub = keys.iter().find(|(known, _)| *known == fingerprint).unwrap().1;
        format!("[{fingerprint}/48'/1'/0'/2']{xpub}/{steps}/*")
    };
    let (one, two) = (key("5c9e228d", "<0;1>"), key("f5acc2fd", "<0;1>"));
    let refused = [
        format!("wsh(or_d(pk({one}),and_v(v:pkh({two}),older(10))))"),
        format!("tr({one},pk({two}))"),
        format!("wsh(sortedmulti(2,{one},{}))", key("f5acc2fd", "<2;3>")),
    ];
    for descriptor in refused {
        let wallet = Wallet::new("A", Network::Testnet, &[&descriptor]).unwrap();
        let error = Shape::of(&wallet, Model::Safe3).err().unwrap_or_else(|| panic!("{descriptor}"));
        assert_eq!(error.code(), "device-unsupported", "{descriptor}");
    }
}

#[test]
fn paths_are_those_that_a_trezor_takes() {
    use InputScriptType as In;
    let numbers = |path: &str| path::numbers(&path.parse().unwrap());
    let good = [
        ("44'/0'/0'/0/0", In::SPENDADDRESS, false, Network::Bitcoin),
        ("84'/1'/100'/1/1000000", In::SPENDWITNESS, false, Network::Signet),
        ("86'/1'/0'/0/5", In::SPENDTAPROOT, false, Network::Regtest),
        ("49'/0'/3'/0/9", In::SPENDP2SHWITNESS, false, Network::Bitcoin),
        ("48'/0'/0'/2'/0/0", In::SPENDWITNESS, true, Network::Bitcoin),
        ("48'/1'/7'/1'/1/3", In::SPENDP2SHWITNESS, true, Network::Testnet),
        ("48'/1'/7'/0'/1/3", In::SPENDMULTISIG, true, Network::Testnet),
        ("45'/7/0/3", In::SPENDMULTISIG, true, Network::Bitcoin),
        ("45'/0'/0'/12/0/3", In::SPENDMULTISIG, true, Network::Bitcoin),
        ("45'/1/0/12/0/3", In::SPENDWITNESS, true, Network::Testnet),
        ("49/0/0/1/3", In::SPENDP2SHWITNESS, true, Network::Bitcoin),
        ("3'/7'/1/3", In::SPENDWITNESS, true, Network::Bitcoin),
        // Only warned of.
        ("44'/1'/0'/0/0", In::SPENDWITNESS, true, Network::Testnet),
        ("48'/1'/0'/1'/0/0", In::SPENDWITNESS, false, Network::Testnet),
    ];
    for (path, kind, multisig, network) in good {
        assert_eq!(path::check(&numbers(path), kind, multisig, network), Ok(()), "{path}");
    }
    let bad = [
        ("84'/0'/0'/0/0", In::SPENDWITNESS, false, Network::Testnet),
        ("84'/1'/101'/0/0", In::SPENDWITNESS, false, Network::Testnet),
        ("84'/1'/0'/2/0", In::SPENDWITNESS, false, Network::Testnet),
        ("84'/1'/0'/0/1000001", In::SPENDWITNESS, false, Network::Testnet),
        ("84'/1'/0/0/0", In::SPENDWITNESS, false, Network::Testnet),
        ("48'/1'/0'/3'/0/0", In::SPENDWITNESS, true, Network::Testnet),
        ("48'/1'/0'/2/0/0", In::SPENDWITNESS, true, Network::Testnet),
        ("45'/7/0/3", In::SPENDMULTISIG, true, Network::Testnet),
        ("45'/101/0/3", In::SPENDMULTISIG, true, Network::Bitcoin),
        ("0/0", In::SPENDADDRESS, false, Network::Bitcoin),
        ("99'/0'/0'/0/0", In::SPENDWITNESS, true, Network::Bitcoin),
    ];
    for (path, kind, multisig, network) in bad {
        let error = path::check(&numbers(path), kind, multisig, network).unwrap_err();
        assert!(matches!(&error, DeviceError::Unfit(text) if text.contains(path)), "{path}: {error}");
    }
    for path in ["44'/60'/0'/0/7", "44'/60'/5'/0/0", "44'/60'/0'/100", "44'/60'/3'", "44'/1'/0'/0/0", "45'/60/0/0/1"] {
        assert_eq!(path::check_ethereum(&numbers(path)), Ok(()), "{path}");
    }
    for path in
        ["44/60'/0'/0/0", "44'/61'/0'/0/0", "44'/60'/0/0/0", "84'/60'/0'/0/0", "44'/60'/0'/0'/0", "44'/60'/101'/0/0"]
    {
        assert!(path::check_ethereum(&numbers(path)).is_err(), "{path}");
    }
}
