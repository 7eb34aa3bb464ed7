//! What the real app refuses, and whom it believes.

use super::*;
use proptest::prelude::*;

#[test]
fn anything_but_the_right_order_is_refused_as_the_real_app_refuses_it() {
    let bench = Bench::recorded(true);
    let cases = [
        ("e002000015058000002c8000003c800000000000000000000000", "6e00"),
        ("e199000100", "6d00"),
        ("b0a7000000", "6d00"),
        ("e105010100", "6a86"),
        ("e105000200", "6a86"),
        ("e1050001", "f5acc2fd9000"),
        ("e10000010102", "6a80"),
        ("f801000100", "b007"),
        ("e1", "6a87"),
        ("e10000010e0003800000548000000080000000", "6a82"),
    ];
    for (apdu, answer) in cases {
        use bitcoin::hex::{DisplayHex, FromHex};
        let answered = bench.send(&Vec::<u8>::from_hex(apdu).unwrap());
        assert_eq!(answered.as_hex().to_string(), answer, "{apdu}");
    }
}

#[test]
fn what_is_open_and_whether_it_is_locked_decides_who_is_heard() {
    let version = [0xb0, 1, 0, 0, 0];
    let fingerprint = [0xe1, 5, 0, 1, 0];
    let at = |app, locked| Bench::new(LedgerSettings { app, locked, ..LedgerSettings::default() }, true);
    assert_eq!(at(LedgerApp::Ethereum, false).send(&fingerprint), [0x6e, 0]);
    assert_eq!(at(LedgerApp::Dashboard, false).send(&fingerprint), [0x6e, 0]);
    assert_eq!(at(LedgerApp::BitcoinTest, true).send(&version), [0x55, 0x15]);
    let bench = at(LedgerApp::Bitcoin, false);
    assert_eq!(bench.send(&version), b"\x01\x07Bitcoin\x052.4.6\x01\x00\x90\x00");
    assert_eq!(bench.look().text, "DEMO keys: no real money");
    let path: DerivationPath = "m/84'/1'/0'".parse().unwrap();
    let client = BitcoinClient::new(Link(bench.clone()));
    client.get_extended_pubkey(&path, false).unwrap_err();
    assert_eq!(bench.word.get(), 0x6a82, "the test network's path in the app for real money");
    bench.ledger.borrow_mut().lock(true);
    client.get_master_fingerprint().unwrap_err();
    assert_eq!(bench.word.get(), 0x5515);
}

/// Like the bench, but with an APDU of the host's changed on its way.
struct Liar {
    bench: Rc<Bench>,
    at: usize,
    byte: usize,
    sent: Cell<usize>,
}

impl Transport for Liar {
    type Error = String;
    fn exchange(&self, command: &APDUCommand) -> Result<(StatusWord, Vec<u8>), String> {
        let mut command = command.clone();
        if self.sent.replace(self.sent.get() + 1) == self.at && !command.data.is_empty() {
            let at = self.byte % command.data.len();
            command.data[at] ^= 1;
        }
        Link(self.bench.clone()).exchange(&command)
    }
}

fn told(name: &str) -> Option<Value> {
    let found = recordings("ledger", name, "json").into_iter().find(|(it, _)| it == name);
    found.map(|(_, told)| serde_json::from_str(&told).unwrap())
}

#[test]
fn a_host_that_lies_once_gets_no_other_signature() {
    let Some(told) = told("btc-sign-2of3-wsh") else { return };
    let psbt = Psbt::from_str(told["psbt_v0_base64"].as_str().unwrap()).unwrap();
    let all = Bench::recorded(true);
    let honest = Liar { bench: all.clone(), at: usize::MAX, byte: 0, sent: Cell::new(0) };
    let honest = BitcoinClient::new(honest);
    let right = format!("{:?}", honest.sign_psbt(&psbt, &policy(&told), hmac(&told).as_ref()).unwrap());
    let (mut refused, exchanges) = (0, all.exchanges.get());
    for at in 0..exchanges {
        let bench = Bench::recorded(true);
        let client = BitcoinClient::new(Liar { bench: bench.clone(), at, byte: at * 7, sent: Cell::new(0) });
        match client.sign_psbt(&psbt, &policy(&told), hmac(&told).as_ref()) {
            Ok(signed) => assert_eq!(format!("{signed:?}"), right, "a lie at {at} was believed"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused * 10 > exchanges * 9, "{refused} of {exchanges}");
}

#[test]
fn other_signature_hashes_and_registrations_are_refused_before_anything_is_shown() {
    let Some(told) = told("btc-sign-2of3-wsh") else { return };
    let psbt = Psbt::from_str(told["psbt_v0_base64"].as_str().unwrap()).unwrap();
    let refusal = |psbt: &Psbt, policy: &WalletPolicy, hmac: Option<[u8; 32]>| {
        let bench = Bench::recorded(true);
        let client = BitcoinClient::new(Link(bench.clone()));
        client.sign_psbt(psbt, policy, hmac.as_ref()).unwrap_err();
        assert!(bench.shown.borrow().iter().all(|page| page.buttons == Buttons::None), "nobody was asked");
        bench.word.get()
    };
    let mut none = psbt.clone();
    none.inputs[0].sighash_type = Some(bitcoin::EcdsaSighashType::None.into());
    assert_eq!(refusal(&none, &policy(&told), hmac(&told)), 0x6a82);
    assert_eq!(refusal(&psbt, &policy(&told), None), 0xb008, "several keys, and no registration");
    let mut renamed = policy(&told);
    renamed.name = "Treasury".to_owned();
    assert_eq!(refusal(&psbt, &renamed, hmac(&told)), 0xb008, "the name is part of what was registered");
    let mut poorer = psbt.clone();
    poorer.inputs[0].witness_utxo.as_mut().unwrap().value += bitcoin::Amount::ONE_SAT;
    assert_eq!(refusal(&poorer, &policy(&told), hmac(&told)), 0x6a80, "another value than the previous transaction's");
    let mut strange = psbt.clone();
    strange.inputs.iter_mut().for_each(|input| input.bip32_derivation.clear());
    assert_eq!(refusal(&strange, &policy(&told), hmac(&told)), 0x6a80, "no input of ours");
    let mut generous = psbt;
    generous.unsigned_tx.output[0].value = bitcoin::Amount::from_sat(10_000_000);
    assert_eq!(refusal(&generous, &policy(&told), hmac(&told)), 0x6a80, "more goes out than comes in");
}

#[test]
fn change_that_the_policy_does_not_make_is_shown_as_one_more_payment() {
    let Some(told) = told("btc-sign-2of3-wsh") else { return };
    let mut psbt = Psbt::from_str(told["psbt_v0_base64"].as_str().unwrap()).unwrap();
    psbt.outputs[1].bip32_derivation.clear();
    let bench = Bench::recorded(true);
    let client = BitcoinClient::new(Link(bench.clone()));
    client.sign_psbt(&psbt, &policy(&told), hmac(&told).as_ref()).unwrap();
    assert_eq!(bench.shown.borrow().iter().filter(|page| page.title == "To").count(), 2);
}

#[test]
fn policies_that_the_real_app_does_not_take_are_refused() {
    let Some(told) = told("btc-register-2of3-wsh-checked") else { return };
    let refused = |change: &dyn Fn(&mut WalletPolicy)| {
        let mut policy = policy(&told);
        change(&mut policy);
        let bench = Bench::recorded(true);
        let client = BitcoinClient::new(Link(bench.clone()));
        client.register_wallet(&policy).unwrap_err();
        assert!(bench.shown.borrow().iter().all(|page| page.buttons == Buttons::None), "nobody was asked");
        assert_eq!(bench.word.get() & 0xffff, 0x6a80);
    };
    refused(&|policy| policy.name.clear());
    refused(&|policy| policy.name = " Treasury".to_owned());
    refused(&|policy| policy.name = "Tr\u{e9}sor".to_owned());
    refused(&|policy| policy.name = "x".repeat(65));
    refused(&|policy| policy.descriptor_template = "wsh(sortedmulti(2,@0/**,@1/**))".to_owned());
    refused(&|policy| policy.descriptor_template = "wsh(sortedmulti(2,@0/**,@1/**,@1/**))".to_owned());
    refused(&|policy| policy.descriptor_template = "wsh(sortedmulti(4,@0/**,@1/**,@2/**))".to_owned());
    refused(&|policy| policy.descriptor_template = "wsh(sortedmulti(2,@0/*,@1/*,@2/*))".to_owned());
    refused(&|policy| policy.descriptor_template = "wsh(sortedmulti(2,@0/**,@1/**,@3/**))".to_owned());
    refused(&|policy| policy.descriptor_template = "wsh(\u{e9})".to_owned());
    refused(&|policy| {
        let key = policy.keys[0].to_string();
        policy.keys[1] = WalletPubKey::from_str(&key).unwrap();
    });
    refused(&|policy| policy.keys.iter_mut().for_each(|key| key.inner.network = bitcoin::NetworkKind::Main));
}

proptest! {
    #[test]
    fn hostile_bytes_are_refused_not_fatal(
        packets in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..300),
                (prop_oneof![Just(0x00u8), Just(2), Just(3), Just(4), Just(5), Just(0x10)], proptest::collection::vec(any::<u8>(), 0..200))
                    .prop_map(|(ins, data)| [&[0xe1, ins, 0, 1, u8::try_from(data.len()).unwrap()], data.as_slice()].concat()),
                proptest::collection::vec(any::<u8>(), 0..255)
                    .prop_map(|data| [&[0xf8, 1, 0, 1, u8::try_from(data.len()).unwrap()], data.as_slice()].concat()),
            ],
            1..30,
        ),
        presses in proptest::collection::vec(any::<bool>(), 30),
    ) {
        let mut ledger = Ledger::new(LedgerSettings::default()).unwrap();
        for (packet, yes) in packets.iter().zip(presses) {
            let answers = ledger.feed(packet);
            prop_assert!(answers.iter().all(|answer| (2..=257).contains(&answer.len())));
            if answers.is_empty() {
                ledger.press(if yes { Press::Yes } else { Press::No });
            }
        }
    }
}

fn ethereum(blind_signing: bool, raw_messages: bool) -> Rc<Bench> {
    let (app, version) = (LedgerApp::Ethereum, "1.22.0".to_owned());
    Bench::new(LedgerSettings { app, version, blind_signing, raw_messages, ..LedgerSettings::default() }, true)
}

#[test]
fn what_does_not_follow_or_fit_is_refused_by_the_ethereum_app() {
    use bitcoin::hex::{DisplayHex, FromHex};
    let (domain, begin) = ("e01a00000c454950373132446f6d61696e", "e01c00000c454950373132446f6d61696e");
    let field = "e01a00ff0442010178";
    let cases: [(&[&str], &str); 9] = [
        (&["e0080000058000000000"], "6a80"),
        (&["e00480000101"], "6a80"),
        (&["e01a00ff0442010178"], "6a80"),
        (&["e01c00ff03000101"], "6a80"),
        (&["e00c000115058000002c8000003c800000000000000000000000"], "6a80"),
        (&[domain, "e01a00000c454950373132446f6d61696e"], "6a80"),
        (&[domain, field, begin, "e01c00ff03000101"], "9000"),
        (&[domain, field, begin, "e01c00ff0400020101"], "6a80"),
        (&[domain, field, begin, "e01c00ff03000101", "e01c00ff03000101"], "6a80"),
    ];
    for (commands, last) in cases {
        let bench = ethereum(false, true);
        let mut answer = String::new();
        for command in commands {
            answer = bench.send(&Vec::<u8>::from_hex(command).unwrap()).as_hex().to_string();
        }
        assert_eq!(answer, last, "{commands:?}");
    }
    // What was begun is gone with the next command of another kind.
    let bench = ethereum(false, true);
    for (command, answer) in [(domain, "9000"), ("e006000000", "020116009000"), (begin, "6a80")] {
        assert_eq!(bench.send(&Vec::<u8>::from_hex(command).unwrap()).as_hex().to_string(), answer);
    }
    assert!(bench.shown.borrow().iter().all(|page| page.buttons == Buttons::None), "nobody was asked");
}

proptest! {
    #[test]
    fn hostile_bytes_are_no_trouble_to_the_ethereum_app(
        packets in proptest::collection::vec(
            (
                prop_oneof![Just(0x02u8), Just(0x04), Just(0x08), Just(0x0c), Just(0x1a), Just(0x1c)],
                prop_oneof![Just(0u8), Just(1), Just(0x80)],
                prop_oneof![Just(0u8), Just(1), Just(0x0f), Just(0xff)],
                any::<bool>(),
                proptest::collection::vec(any::<u8>(), 0..60),
            ),
            1..30,
        ),
    ) {
        let bench = ethereum(true, true);
        for (ins, p1, p2, path, data) in packets {
            let data = if path { [&[1, 0x80, 0, 0, 0x2c], data.as_slice()].concat() } else { data };
            let head = [0xe0, ins, p1, p2, u8::try_from(data.len()).unwrap()];
            prop_assert!(bench.send(&[&head, data.as_slice()].concat()).len() >= 2);
        }
    }
}

#[test]
fn a_host_that_wanted_another_app_can_be_given_it() {
    let other = Some((LedgerApp::Ethereum, "1.22.0".to_owned()));
    let mut ledger = Ledger::new(LedgerSettings { other, ..LedgerSettings::default() }).unwrap();
    let version = [0xb0, 1, 0, 0, 0];
    let asked = |ledger: &mut Ledger, apdu: &[u8]| {
        let answer = ledger.feed(apdu).concat();
        ledger.unplugged();
        answer
    };
    asked(&mut ledger, &[0xe1, 5, 0, 1, 0]);
    assert_eq!(ledger.screen().buttons, Buttons::None, "it had what it wanted");
    asked(&mut ledger, &version);
    assert_eq!(ledger.screen().buttons, Buttons::Open);
    assert!(ledger.screen().text.contains("Ethereum"));
    ledger.press(Press::No);
    assert!(asked(&mut ledger, &version).starts_with(b"\x01\x0cBitcoin Test\x05"));
    ledger.press(Press::Yes);
    assert_eq!(ledger.screen().title, "Ethereum is ready");
    assert!(asked(&mut ledger, &version).starts_with(b"\x01\x08Ethereum\x061.22.0"));
    ledger.press(Press::Yes);
    assert!(asked(&mut ledger, &version).starts_with(b"\x01\x0cBitcoin Test\x05"));
    let mut plain = Ledger::new(LedgerSettings::default()).unwrap();
    asked(&mut plain, &version);
    assert_eq!(plain.screen().buttons, Buttons::None, "it has no other");
}
