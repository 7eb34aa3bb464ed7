//! Answers that no device gives: whatever comes back, it ends in an error with a name.

use crate::device::ethereum::{Mode, Signable, Transaction, TypedData};
use crate::device::ledger::Ledger;
use crate::device::link::player::VERSION_QUESTION;
use crate::device::link::{Answer, ApduLink};
use crate::device::{Device, DeviceError, Held, Hmac, Model, Watch};
use crate::treasury::bitcoin::example;
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use alloy_consensus::{TxEip1559, TxLegacy};
use bitcoin::Network;
use proptest::prelude::*;
use std::collections::VecDeque;
use std::time::Duration;

/// A device that names an app, and says what it is told to say to everything else; then it is gone.
struct Told {
    app: &'static str,
    answers: VecDeque<Answer>,
    asked: usize,
}

impl ApduLink for Told {
    fn exchange(&mut self, apdu: &[u8], _: &Watch) -> Result<Answer, DeviceError> {
        if apdu == VERSION_QUESTION {
            let length = u8::try_from(self.app.len()).unwrap();
            let data = [&[1, length], self.app.as_bytes(), b"\x052.4.6\x01\x00"].concat();
            return Ok(Answer { data, status: 0x9000 });
        }
        self.asked += 1;
        self.answers.pop_front().ok_or_else(|| DeviceError::Disconnected("pulled".into()))
    }
}

fn ledger(app: &'static str, answers: impl IntoIterator<Item = (Vec<u8>, u16)>) -> Ledger {
    let answers = answers.into_iter().map(|(data, status)| Answer { data, status }).collect();
    let told = Told { app, answers, asked: 0 };
    Ledger::new(Box::new(told), Model::Ledger, Watch::new(Duration::from_secs(60)))
}

fn wallet() -> (Wallet, Packet) {
    let device = example::devices().remove(0);
    (device.wallet(), device.packet())
}

/// Asks everything that can be asked.
fn everything(answers: &[(Vec<u8>, u16)]) -> Vec<Result<(), DeviceError>> {
    let (wallet, packet) = wallet();
    let held = Held { wallet: &wallet, name: "Treasury", hmac: Some(Hmac([7; 32])) };
    let (network, spot) = (Network::Testnet, Spot { chain: Chain::Change, index: 3 });
    let path = "m/44'/60'/0'/0/0".parse().unwrap();
    let mut said = Vec::new();
    let mut bitcoin = |ask: &dyn Fn(&mut Ledger) -> Result<(), DeviceError>| {
        said.push(ask(&mut ledger("Bitcoin Test", answers.iter().cloned())));
    };
    bitcoin(&|ledger| ledger.fingerprint(network).map(drop));
    bitcoin(&|ledger| ledger.xpub(network, &path, true).map(drop));
    bitcoin(&|ledger| ledger.register(&held).map(drop));
    bitcoin(&|ledger| ledger.address(&held, spot, false).map(drop));
    bitcoin(&|ledger| ledger.sign_packet(&held, &packet).map(drop));
    bitcoin(&|ledger| ledger.sign_message(network, &path, "hello").map(drop));
    let typed = include_str!("../../../../tests/fixtures/device/ledger/eth-eip712-full.json");
    let typed: serde_json::Value = serde_json::from_str(typed).unwrap();
    let typed = || Box::new(TypedData::read(&typed["typed_data"].to_string()).unwrap());
    let legacy = TxLegacy { chain_id: Some(1), input: vec![7; 300].into(), ..TxLegacy::default() };
    for what in [
        Signable::Message(vec![b'x'; 600]),
        Signable::Transaction(Box::new(Transaction::Legacy(legacy))),
        Signable::Transaction(Box::new(Transaction::Eip1559(TxEip1559::default()))),
        Signable::TypedData(typed(), Mode::Full),
        Signable::TypedData(typed(), Mode::Hashes),
    ] {
        said.push(ledger("Ethereum", answers.iter().cloned()).eth_sign(&path, &what).map(drop));
    }
    said.push(ledger("Ethereum", answers.iter().cloned()).eth_address(&path, false).map(drop));
    said.push(ledger("Ethereum", answers.iter().cloned()).account(&path, true, true).map(drop));
    said.push(ledger("Ethereum", answers.iter().cloned()).about().map(drop));
    said
}

#[test]
fn success_without_data_is_no_answer_to_anything() {
    let empty = vec![(Vec::new(), 0x9000_u16); 64];
    assert!(everything(&empty).iter().all(|said| matches!(said, Err(DeviceError::Garbled(_)))));
}

#[test]
fn a_refusal_comes_through_from_everywhere() {
    for (status, error) in [(0x6985, DeviceError::RefusedByUser), (0x5515, DeviceError::Locked)] {
        let said = everything(&[(Vec::new(), status)]);
        assert!(said.iter().all(|said| *said == Err(error.clone())), "{said:?}");
    }
}

#[test]
fn a_device_that_asks_without_end_is_left() {
    struct Endless(usize);
    impl ApduLink for Endless {
        fn exchange(&mut self, apdu: &[u8], watch: &Watch) -> Result<Answer, DeviceError> {
            self.0 += 1;
            if apdu == VERSION_QUESTION {
                return ledger("Bitcoin Test", []).link.exchange(apdu, watch);
            }
            Ok(Answer { data: vec![0x10, 1, 2, 3], status: 0xe000 })
        }
    }
    let (wallet, packet) = wallet();
    let held = Held { wallet: &wallet, name: "Treasury", hmac: Some(Hmac([7; 32])) };
    let watch = Watch::new(Duration::from_secs(60));
    let mut ledger = Ledger::new(Box::new(Endless(0)), Model::Ledger, watch);
    assert!(matches!(ledger.sign_packet(&held, &packet), Err(DeviceError::Garbled(_))));
    assert!(matches!(
        ledger.sign_message(Network::Testnet, &"m/1".parse().unwrap(), "x"),
        Err(DeviceError::Garbled(_))
    ));
}

#[test]
fn what_the_client_would_stumble_over_is_not_given_to_it() {
    let (wallet, mut packet) = wallet();
    let held = Held { wallet: &wallet, name: "Treasury", hmac: Some(Hmac([7; 32])) };
    let path = "m/84'/1'/0'/0/0".parse().unwrap();
    let ask = || ledger("Bitcoin Test", []);
    assert!(matches!(ask().sign_message(Network::Testnet, &path, ""), Err(DeviceError::Unfit(_))));
    let far = "m/1/2/3/4/5/6/7/8/9".parse().unwrap();
    assert!(matches!(ask().xpub(Network::Testnet, &far, false), Err(DeviceError::Unfit(_))));
    packet.psbt.outputs.clear();
    packet.psbt.unsigned_tx.output.clear();
    assert!(matches!(ask().sign_packet(&held, &packet), Err(DeviceError::Unfit(_))));
}

#[test]
fn the_wrong_app_is_named_and_nothing_is_asked_of_it() {
    let path = "m/44'/60'/0'/0/0".parse().unwrap();
    for (open, found) in [("Ethereum", "Ethereum"), ("Bitcoin", "Bitcoin"), ("BOLOS", "no app")] {
        let error = DeviceError::WrongApp { needed: "Bitcoin Test".into(), found: found.into() };
        assert_eq!(ledger(open, []).fingerprint(Network::Signet), Err(error));
    }
    let error = DeviceError::WrongApp { needed: "Ethereum".into(), found: "Bitcoin Test".into() };
    assert_eq!(ledger("Bitcoin Test", []).eth_address(&path, false), Err(error));
    let about = ledger("BOLOS", []).about().unwrap();
    assert_eq!((about.app, about.firmware.map(|version| version.0)), (None, Some(2)));
}

#[test]
fn a_setting_that_is_off_is_told_apart_from_bad_data() {
    let path = "m/44'/60'/0'/0/0".parse().unwrap();
    let typed = include_str!("../../../../tests/fixtures/device/ledger/eth-eip712-full.json");
    let typed: serde_json::Value = serde_json::from_str(typed).unwrap();
    let typed = |mode| Signable::TypedData(Box::new(TypedData::read(&typed["typed_data"].to_string()).unwrap()), mode);
    let (bad, off, on) = ((vec![], 0x6a80), (vec![2, 1, 22, 0], 0x9000), (vec![3, 1, 22, 0], 0x9000));
    let blind = DeviceError::Setting { app: "Ethereum".into(), setting: "Blind signing".into() };
    let said = ledger("Ethereum", [bad.clone(), off]).eth_sign(&path, &typed(Mode::Hashes));
    assert_eq!(said.err(), Some(blind.clone()));
    let said = ledger("Ethereum", [bad.clone(), (vec![], 0x6d00)]).eth_sign(&path, &typed(Mode::Hashes));
    assert!(matches!(said, Err(DeviceError::WrongApp { .. })));
    let said = ledger("Ethereum", [bad.clone(), (vec![], 0x6f00)]).eth_sign(&path, &typed(Mode::Hashes));
    assert_eq!(said.err(), Some(blind), "a recording that ends there");
    let said = ledger("Ethereum", [bad.clone()]).eth_sign(&path, &typed(Mode::Hashes));
    assert!(matches!(said, Err(DeviceError::Disconnected(_))));
    let said = ledger("Ethereum", [bad.clone(), on]).eth_sign(&path, &typed(Mode::Hashes));
    assert!(matches!(said, Err(DeviceError::RefusedByDevice { .. })));
    // Fourteen definitions and the domain's name are taken, and its first value is not.
    let taken = std::iter::repeat_n((vec![], 0x9000), 15).chain([bad.clone()]);
    let raw = DeviceError::Setting { app: "Ethereum".into(), setting: "Raw messages".into() };
    assert_eq!(ledger("Ethereum", taken).eth_sign(&path, &typed(Mode::Full)).err(), Some(raw));
    for before in [0, 14, 16, 20] {
        let taken = std::iter::repeat_n((vec![], 0x9000), before).chain([bad.clone()]);
        let said = ledger("Ethereum", taken).eth_sign(&path, &typed(Mode::Full));
        assert!(matches!(said, Err(DeviceError::RefusedByDevice { .. })), "{before}");
    }
}

#[test]
fn an_address_that_is_not_ours_is_an_alarm() {
    let (wallet, _) = wallet();
    let held = Held { wallet: &wallet, name: "Treasury", hmac: Some(Hmac([7; 32])) };
    let spot = Spot { chain: Chain::Receive, index: 0 };
    let other = wallet.address(Spot { index: 1, ..spot }).unwrap().to_string();
    let ours = wallet.address(spot).unwrap().to_string();
    let disagrees = DeviceError::Disagrees { shown: other.clone(), ours: ours.clone() };
    let said = ledger("Bitcoin Test", [(other.clone().into_bytes(), 0x9000)]).address(&held, spot, true);
    assert_eq!(said, Err(disagrees.clone()));
    let registered = ([1_u8; 64].to_vec(), 0x9000);
    let said = ledger("Bitcoin Test", [registered.clone(), (other.into_bytes(), 0x9000)]).register(&held);
    assert_eq!(said, Err(disagrees));
    let said = ledger("Bitcoin Test", [registered, (ours.into_bytes(), 0x9000)]).register(&held);
    assert!(matches!(said, Err(DeviceError::Garbled(_))), "another policy's id: {said:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_answers_end_in_an_error_with_a_name(
        answers in proptest::collection::vec(
            (
                proptest::collection::vec(any::<u8>(), 0..80),
                prop_oneof![Just(0x9000_u16), Just(0xe000), Just(0x6a80), any::<u16>()],
                prop_oneof![Just(None), Just(Some(0x10_u8)), Just(Some(0x40)), Just(Some(0x41)), Just(Some(0x42)), Just(Some(0xa0))],
            ),
            0..12,
        )
    ) {
        let answers: Vec<(Vec<u8>, u16)> = answers
            .into_iter()
            .map(|(data, status, first)| (first.into_iter().chain(data).collect(), status))
            .collect();
        for said in everything(&answers) {
            if let Err(error) = said {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
