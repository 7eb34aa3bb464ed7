//! Real hosts against the simulated app, held against recordings of the real one.

use super::*;
use crate::sim::device::tests::recordings;
use bitcoin::Psbt;
use bitcoin::bip32::DerivationPath;
use ledger_bitcoin_client::apdu::{APDUCommand, StatusWord};
use ledger_bitcoin_client::error::BitcoinClientError;
use ledger_bitcoin_client::wallet::Version;
use ledger_bitcoin_client::{BitcoinClient, SignPsbtYieldedObject, Transport, WalletPolicy, WalletPubKey};
use proptest::prelude::*;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::str::FromStr;

/// The seed of the recordings.
const RECORDED: &str = "glory promote mansion idle axis finger extra february uncover one trip resource lawn turtle enact \
                        monster seven myth punch hobby comfort wild raise skin";

/// A device with somebody at it, who writes down what is shown and says yes, or no at the last page.
struct Bench {
    ledger: RefCell<Ledger>,
    approves: bool,
    shown: RefCell<Vec<Screen>>,
    /// The last status word, with what stood before it when it is no 9000.
    word: Cell<u32>,
    exchanges: Cell<usize>,
}

impl Bench {
    fn new(settings: LedgerSettings, approves: bool) -> Rc<Self> {
        let ledger = RefCell::new(Ledger::new(settings).unwrap());
        Rc::new(Self { ledger, approves, shown: RefCell::default(), word: Cell::new(0), exchanges: Cell::new(0) })
    }

    fn recorded(approves: bool) -> Rc<Self> {
        Self::new(LedgerSettings { words: RECORDED.to_owned(), ..LedgerSettings::default() }, approves)
    }

    fn look(&self) -> Screen {
        let (screen, mut shown) = (self.ledger.borrow().screen(), self.shown.borrow_mut());
        if shown.last() != Some(&screen) {
            shown.push(screen.clone());
        }
        screen
    }

    fn send(&self, apdu: &[u8]) -> Vec<u8> {
        self.exchanges.set(self.exchanges.get() + 1);
        let mut answer = self.ledger.borrow_mut().feed(apdu);
        while answer.is_empty() {
            let press = match self.look().buttons {
                Buttons::Decide if !self.approves => Press::No,
                Buttons::None => panic!("the device is silent and asks nobody"),
                _ => Press::Yes,
            };
            answer = self.ledger.borrow_mut().press(press);
        }
        self.look();
        assert_eq!(answer.len(), 1);
        answer.remove(0)
    }
}

struct Link(Rc<Bench>);

impl Transport for Link {
    type Error = String;
    fn exchange(&self, command: &APDUCommand) -> Result<(StatusWord, Vec<u8>), String> {
        let mut answer = self.0.send(&command.encode());
        let word = answer.split_off(answer.len() - 2);
        let word = u16::from_be_bytes([word[0], word[1]]);
        let before = if word == 0x6a80 && answer.len() == 2 { u32::from(answer[1]) << 16 } else { 0 };
        self.0.word.set(before | u32::from(word));
        Ok((StatusWord::try_from(word).unwrap_or(StatusWord::Unknown), answer))
    }
}

fn policy(told: &Value) -> WalletPolicy {
    let text = |name: &str| told["policy"][name].as_str().unwrap().to_owned();
    let keys = told["policy"]["keys_info"].as_array().unwrap();
    let keys = keys.iter().map(|key| WalletPubKey::from_str(key.as_str().unwrap()).unwrap()).collect::<Vec<_>>();
    WalletPolicy::new(text("name"), Version::V2, text("descriptor_template"), keys)
}

fn hmac(told: &Value) -> Option<[u8; 32]> {
    let text = told["wallet_hmac"].as_str()?;
    Some(<[u8; 32] as bitcoin::hex::FromHex>::from_hex(text).unwrap())
}

/// What comes of a recording's command, as text that can be compared.
fn asked(name: &str, told: &Value, client: &BitcoinClient<Link>) -> Result<Value, BitcoinClientError<String>> {
    use bitcoin::hex::DisplayHex;
    let path = || told["path"].as_str().unwrap().parse::<DerivationPath>().unwrap();
    if name.starts_with("btc-app-version") {
        let (name, version, flags) = client.get_version()?;
        return Ok(serde_json::json!([name, version, format!("01{}", flags.as_hex())]));
    }
    if name.starts_with("btc-master") {
        return Ok(client.get_master_fingerprint()?.to_string().into());
    }
    if name.starts_with("btc-xpub") {
        let shown = name.contains("display") || name.contains("rejected");
        return Ok(client.get_extended_pubkey(&path(), shown)?.to_string().into());
    }
    if name.starts_with("btc-register") {
        let (id, hmac) = client.register_wallet(&policy(told))?;
        return Ok(serde_json::json!([id.as_hex().to_string(), hmac.as_hex().to_string()]));
    }
    if name.starts_with("btc-address") {
        let (change, index) = (told["change"] == 1, u32::try_from(told["index"].as_u64().unwrap()).unwrap());
        let shown = told["display"].as_bool().unwrap();
        let address = client.get_wallet_address(&policy(told), hmac(told).as_ref(), change, index, shown)?;
        return Ok(address.assume_checked().to_string().into());
    }
    if name == "btc-sign-message" {
        let (header, signature) = client.sign_message(told["message"].as_str().unwrap().as_bytes(), &path())?;
        return Ok([&[header], signature.serialize_compact().as_slice()].concat().as_hex().to_string().into());
    }
    let psbt = Psbt::from_str(told["psbt_v0_base64"].as_str().unwrap()).unwrap();
    let yielded = client.sign_psbt(&psbt, &policy(told), hmac(told).as_ref())?;
    let signatures = yielded.into_iter().map(|(input, what)| {
        let SignPsbtYieldedObject::Partial(partial) = what else { panic!("not a signature") };
        let (key, signature) = match partial {
            ledger_bitcoin_client::psbt::PartialSignature::Sig(key, signature) => (key.to_string(), signature.to_vec()),
            ledger_bitcoin_client::psbt::PartialSignature::TapScriptSig(key, None, signature) => {
                (key.to_string(), signature.to_vec())
            }
            _ => panic!("not asked for"),
        };
        serde_json::json!({"input": input, "pubkey": key, "signature": signature.as_hex().to_string(), "tapleaf_hash": null})
    });
    Ok(signatures.collect::<Vec<_>>().into())
}

/// What the recording says came of it.
fn expected(name: &str, told: &Value) -> Value {
    use base64::Engine;
    use bitcoin::hex::DisplayHex;
    match name {
        _ if name.starts_with("btc-app-version") => {
            serde_json::json!([told["app_name"], told["app_version"], told["flags"]])
        }
        _ if name.starts_with("btc-register") => serde_json::json!([told["wallet_id"], told["wallet_hmac"]]),
        "btc-sign-message" => {
            let text = told["signature_base64"].as_str().unwrap();
            let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
            bytes.as_hex().to_string().into()
        }
        _ if name.contains("sign") => told["signatures"].clone(),
        _ => ["fingerprint", "xpub", "address"].iter().find_map(|key| told.get(*key)).unwrap().clone(),
    }
}

/// The pages of a recording, put together where a small screen cut them; without what only passes by.
fn recorded_pages(told: &Value) -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> = Vec::new();
    for line in told["screens"].as_array().unwrap() {
        let line = line.as_str().unwrap().replace("  [both buttons]", "");
        let mut parts = line.split(" | ");
        let title = parts.next().unwrap().trim_end();
        let text: String = parts.collect();
        let (title, part) = title.rsplit_once(" (").map_or((title, "1"), |(title, part)| (title, part));
        match pages.last_mut() {
            Some((last, all)) if last == title && !part.starts_with('1') => all.push_str(&text),
            Some((last, all)) if last == title && all.is_empty() => *all = text,
            _ => pages.push((title.to_owned(), text)),
        }
    }
    let passing = ["Loading transaction", "Signing transaction", "Reject transaction", "Reject operation", "Cancel"];
    pages.retain(|(title, _)| !passing.contains(&title.as_str()));
    pages
}

/// Letters and digits only: where a small screen breaks a line, blanks are lost.
fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

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

#[test]
fn every_recorded_flow_ends_as_on_the_real_app() {
    let mut seen = 0;
    for (name, told) in recordings("ledger", "btc-", "json") {
        let told: Value = serde_json::from_str(&told).unwrap();
        if name == "btc-app-gets-eth-command" {
            continue;
        }
        let rejected = told["final_status_word"] == "6985";
        let bench = Bench::recorded(!rejected);
        let client = BitcoinClient::new(Link(bench.clone()));
        match asked(&name, &told, &client) {
            Ok(got) if name == "btc-tr-sign" => {
                // The real one's Schnorr signatures have chance in them: only the keys can be equal.
                for (got, told) in got.as_array().unwrap().iter().zip(told["signatures"].as_array().unwrap()) {
                    assert_eq!(got["pubkey"], told["pubkey"], "{name}");
                }
            }
            Ok(got) => assert_eq!(got, expected(&name, &told), "{name}"),
            Err(_) => {
                let word = format!("{:04x}", bench.word.get() & 0xffff);
                assert_eq!(word, told["final_status_word"].as_str().unwrap(), "{name}");
                assert_eq!(bench.word.get() >> 16, u32::from(name == "btc-register-no-own-key") * 2, "{name}");
            }
        }
        assert_eq!(told["outcome"] == "ok", bench.word.get() == 0x9000, "{name}");
        let shown = bench.shown.borrow();
        let shown: Vec<_> = shown.iter().filter(|page| !page.text.starts_with("Simulated")).collect();
        let shown: Vec<_> = shown
            .iter()
            .filter(|page| !matches!(page.title.as_str(), "Loading transaction" | "Signing transaction"))
            .collect();
        let told = recorded_pages(&told);
        let titles = |pages: &[(String, String)]| pages.iter().map(|(title, _)| title.clone()).collect::<Vec<_>>();
        let ours: Vec<_> = shown.iter().map(|page| (page.title.clone(), page.text.clone())).collect();
        if name == "btc-register-3of5-wsh" {
            // The recorder missed the page with the template.
            assert_eq!(titles(&ours).len(), titles(&told).len() + 1);
        } else {
            assert_eq!(titles(&ours), titles(&told), "{name}");
        }
        for ((title, ours), (_, told)) in ours.iter().zip(&told).filter(|_| name != "btc-register-3of5-wsh") {
            // What the recorder read wrongly: leftovers after the template, pages of keys that it missed.
            let lenient = title == "Wallet policy" || title.contains("key@");
            let (ours, told) = (letters(ours), letters(told));
            if lenient {
                let told = told.replace("**|,@", "**,@");
                assert!(told.contains(ours.get(..20).unwrap()) || ours.contains(&told), "{name} {title}: {ours} {told}");
            } else {
                assert_eq!(ours, told, "{name} {title}");
            }
        }
        seen += 1;
    }
    assert!(seen >= 8, "{seen} recordings");
    println!("{seen} recordings");
}
