//! Ethereum on the simulated devices: whatever a model does is signed, shown as it was foretold and verified; whatever it does
//! not is refused before it, or by it, with the right name.

use super::bench::Bench;
use alloy_consensus::{TxEip1559, TxLegacy};
use alloy_primitives::{Address, TxKind, U256};
use exchequer::device::capabilities::Task;
use exchequer::device::ethereum::{Mode, Signable, Transaction, TypedData};
use exchequer::device::pages::{Page, eth_address, eth_signing};
use exchequer::device::{Device, DeviceError, Model};
use exchequer::sim::device::{Ledger, LedgerApp, LedgerSettings, Screen, TrezorModel, Wire};
use std::sync::atomic::Ordering;

const PATH: &str = "m/44'/60'/0'/0/0";

pub const SAFE: &str = r#"{
    "types": {
        "EIP712Domain": [{"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"}],
        "SafeTx": [{"name": "to", "type": "address"}, {"name": "value", "type": "uint256"}, {"name": "data", "type": "bytes"},
            {"name": "operation", "type": "uint8"}, {"name": "nonce", "type": "uint256"}]
    },
    "primaryType": "SafeTx",
    "domain": {"chainId": 1, "verifyingContract": "0x5aFE000000000000000000000000000000000001"},
    "message": {"to": "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045", "value": "100000000000000000", "data": "0xa9059cbb00",
        "operation": 0, "nonce": 7}
}"#;

/// Everything that there is in types: structs in arrays in structs, numbers below zero, texts.
const DEEP: &str = r#"{
    "types": {
        "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "version", "type": "string"},
            {"name": "chainId", "type": "uint256"}, {"name": "salt", "type": "bytes32"}],
        "Person": [{"name": "name", "type": "string"}, {"name": "wallets", "type": "address[]"}],
        "Group": [{"name": "members", "type": "Person[2]"}, {"name": "levels", "type": "int16[2][]"}],
        "Mail": [{"name": "from", "type": "Person"}, {"name": "to", "type": "Group[]"}, {"name": "yes", "type": "bool"},
            {"name": "tag", "type": "bytes4"}, {"name": "body", "type": "bytes"}, {"name": "less", "type": "int256"}]
    },
    "primaryType": "Mail",
    "domain": {"name": "Post", "version": "2", "chainId": 5,
        "salt": "0x0101010101010101010101010101010101010101010101010101010101010101"},
    "message": {"from": {"name": "Ann", "wallets": ["0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"]},
        "to": [{"members": [{"name": "Bob", "wallets": []}, {"name": "Eve", "wallets": []}], "levels": [[-1, 2], [-300, 0]]}],
        "yes": true, "tag": "0x01020304", "body": "0xBODY", "less": "-5"}
}"#;

fn ledger(blind_signing: bool, raw_messages: bool) -> Bench {
    let (app, version) = (LedgerApp::Ethereum, "1.22.0".to_owned());
    let settings = LedgerSettings { app, version, blind_signing, raw_messages, ..LedgerSettings::default() };
    Bench::new(Box::new(Ledger::new(settings).unwrap()), Wire::Tcp)
}

pub fn data(json: &str, mode: Mode) -> Signable {
    let body = "ab".repeat(600);
    Signable::TypedData(Box::new(TypedData::read(&json.replace("BODY", &body)).unwrap()), mode)
}

pub fn market(input: Vec<u8>) -> Signable {
    let value = if input.is_empty() { U256::from(123_000_000_000_000_000_u64) } else { U256::ZERO };
    Signable::Transaction(Box::new(Transaction::Eip1559(TxEip1559 {
        chain_id: 1,
        nonce: 12,
        gas_limit: 21_000,
        max_fee_per_gas: 30_000_000_000,
        max_priority_fee_per_gas: 1_500_000_000,
        to: TxKind::Call(Address::repeat_byte(0x5a)),
        value,
        input: input.into(),
        ..TxEip1559::default()
    })))
}

fn legacy(chain_id: u64, input: Vec<u8>) -> Signable {
    Signable::Transaction(Box::new(Transaction::Legacy(TxLegacy {
        chain_id: Some(chain_id),
        nonce: 12,
        gas_price: 30_000_000_000,
        gas_limit: 21_000,
        to: TxKind::Call(Address::repeat_byte(0x5a)),
        value: U256::from(123_000_000_000_000_000_u64),
        input: input.into(),
    })))
}

pub fn text(length: usize) -> Signable {
    Signable::Message("Treasury handover 2026 ".chars().cycle().take(length).collect::<String>().into_bytes())
}

/// Titles and letters: what was shown is what was foretold.
fn compare(shown: &[Screen], foretold: &[Page], what: &str) {
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let shown: Vec<_> = shown.iter().map(|page| (page.title.clone(), letters(&page.text))).collect();
    let told = foretold.iter().filter(|page| !page.on_demand);
    let told: Vec<_> = told.map(|page| (page.title.clone(), letters(&page.text))).collect();
    assert_eq!(shown, told, "{}", what.chars().take(300).collect::<String>());
}

/// Signs, verifies, and holds the pages against those that were foretold, where any were.
fn sign(bench: &Bench, device: &mut dyn Device, what: &Signable) -> Result<bool, DeviceError> {
    let path = PATH.parse().unwrap();
    let account = device.eth_address(&path, false)?.address;
    let mut about = device.about()?;
    if about.blind_signing == Some(false) {
        about.blind_signing = None;
    }
    let foretold = eth_signing(&about, &account, what);
    bench.shown();
    device.eth_sign(&path, what)?.of(account, what)?;
    if !foretold.is_empty() {
        compare(&bench.shown(), &foretold, &format!("{what:?}"));
    }
    Ok(!foretold.is_empty())
}

#[test]
fn addresses_are_shown_and_refused() {
    for bench in [ledger(false, false), Bench::trezor(TrezorModel::One), Bench::trezor(TrezorModel::T)] {
        let mut device = bench.open();
        let path = PATH.parse().unwrap();
        let quiet = device.eth_address(&path, false).unwrap().address;
        assert!(bench.shown().is_empty());
        assert_eq!(device.eth_address(&path, true).unwrap().address, quiet);
        let model = device.known().unwrap().model;
        let foretold = eth_address(model, &quiet);
        assert_eq!(foretold.is_empty(), model == Model::TrezorOne);
        if !foretold.is_empty() {
            compare(&bench.shown(), &foretold, "address");
        }
        bench.approves.store(false, Ordering::Relaxed);
        assert_eq!(device.eth_address(&path, true), Err(DeviceError::RefusedByUser));
        assert_eq!(device.eth_sign(&path, &market(vec![])).map(|_| ()), Err(DeviceError::RefusedByUser));
        bench.approves.store(true, Ordering::Relaxed);
        let other = "m/44'/60'/1'/0/3".parse().unwrap();
        assert_ne!(device.eth_address(&other, true).unwrap().address, quiet, "it goes on after a no");
    }
}

#[test]
fn a_ledger_signs_what_its_settings_let_it() {
    let off = |setting: &str| DeviceError::Setting { app: "Ethereum".to_owned(), setting: setting.to_owned() };
    let (hashes, full) = (data(SAFE, Mode::Hashes), data(SAFE, Mode::Full));
    for (blind, raw) in [(false, false), (false, true), (true, false), (true, true)] {
        let bench = ledger(blind, raw);
        let mut device = bench.open();
        for always in [text(22), text(400), market(vec![]), legacy(1, vec![])] {
            assert_eq!(sign(&bench, &mut *device, &always), Ok(true), "{always:?}");
        }
        assert_eq!(sign(&bench, &mut *device, &legacy(11_155_111, vec![])), Ok(false), "no chain but the main one");
        for needs_blind in [&hashes, &market(vec![0xab; 548]), &legacy(1, vec![7; 30])] {
            let signed = sign(&bench, &mut *device, needs_blind);
            assert_eq!(signed.err(), (!blind).then(|| off("Blind signing")), "{needs_blind:?}");
        }
        if blind && raw {
            // Which of the two it shows is not told beforehand.
            let path = PATH.parse().unwrap();
            let account = device.eth_address(&path, false).unwrap().address;
            device.eth_sign(&path, &full).unwrap().of(account, &full).unwrap();
        } else {
            let expected = if blind || raw { Ok(true) } else { Err(off("Raw messages")) };
            assert_eq!(sign(&bench, &mut *device, &full), expected);
        }
        let deep = sign(&bench, &mut *device, &data(DEEP, Mode::Full));
        assert_eq!(deep.is_ok(), blind || raw, "{deep:?}");
    }
}

#[test]
fn no_length_of_a_legacy_transaction_confuses_a_ledger() {
    let bench = ledger(true, false);
    let mut device = bench.open();
    for chain in [1, 137, 11_155_111] {
        for length in 170..200 {
            let signed = sign(&bench, &mut *device, &legacy(chain, vec![3; length]));
            assert!(signed.is_ok(), "{length} bytes for chain {chain}: {signed:?}");
        }
    }
}

#[test]
fn a_trezor_signs_what_its_model_does() {
    let cannot = |model, task: Task| Err(DeviceError::Unsupported { model, what: task.name().to_owned() });
    let (hashes, full) = (data(SAFE, Mode::Hashes), data(SAFE, Mode::Full));
    let bench = Bench::trezor(TrezorModel::T);
    let mut t = bench.open();
    for foretold in [text(22), market(vec![]), market(vec![0xab; 548]), market(vec![0xab; 3_000]), full.clone()] {
        assert_eq!(sign(&bench, &mut *t, &foretold), Ok(true), "{foretold:?}");
    }
    for other in [legacy(1, vec![]), legacy(11_155_111, vec![1; 2_048]), data(DEEP, Mode::Full)] {
        assert_eq!(sign(&bench, &mut *t, &other), Ok(false), "{other:?}");
    }
    assert_eq!(sign(&bench, &mut *t, &hashes), cannot(Model::TrezorT, Task::TypedDataHashes));
    let bench = Bench::trezor(TrezorModel::One);
    let mut one = bench.open();
    for other in [text(22), market(vec![]), market(vec![9; 1_025]), legacy(1, vec![]), hashes, data(DEEP, Mode::Hashes)]
    {
        assert_eq!(sign(&bench, &mut *one, &other), Ok(false), "{other:?}");
    }
    assert_eq!(sign(&bench, &mut *one, &full), cannot(Model::TrezorOne, Task::TypedDataFull));
}

#[test]
fn another_app_is_named() {
    let bench = Bench::ledger();
    let mut device = bench.open();
    let wrong = DeviceError::WrongApp { needed: "Ethereum".to_owned(), found: "Bitcoin Test".to_owned() };
    assert_eq!(device.eth_address(&PATH.parse().unwrap(), false), Err(wrong));
}
