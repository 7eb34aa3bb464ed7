//! Trezor over a socket: the strict stand-in plays recordings of real devices, and the client is asked through
//! [`Device`] as everybody asks it.
//!
//! The recordings beside the project are played where they are; the project's own where they are not. What a [`Device`]
//! never does (asking for what will be refused) is played inside the crate.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use alloy_consensus::{TxEip1559, TxLegacy};
use alloy_primitives::{Bytes, TxKind, U256};
use bitcoin::Network;
use bitcoin::bip32::{DerivationPath, Fingerprint, Xpriv};
use bitcoin::hex::{DisplayHex, FromHex};
use bitcoin::secp256k1::Secp256k1;
use exchequer::device::ethereum::{Mode, Signable, Transaction, TypedData};
use exchequer::device::link::udp::Udp;
use exchequer::device::trezor::Trezor;
use exchequer::device::trezor::wire::Message;
use exchequer::device::{Attendant, Device, DeviceError, Held, Passphrase, Watch};
use exchequer::treasury::bitcoin::psbt::Packet;
use exchequer::treasury::bitcoin::review::{Facts, reviewed};
use exchequer::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;
use trezor_client::{TrezorMessage, protos};
use zeroize::Zeroizing;

const LIMIT: Duration = Duration::from_secs(30);

struct Recording {
    wire: PathBuf,
    told: Value,
    /// The kinds of its messages: first whether it is the host's.
    kinds: Vec<(bool, u16)>,
}

impl Recording {
    fn read(wire: &Path) -> Self {
        let told = std::fs::read_to_string(wire.with_extension("json")).unwrap();
        let text = std::fs::read_to_string(wire).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let kinds = lines.map(|line| (line.starts_with("=>"), line.split(' ').nth(1).unwrap().parse().unwrap()));
        Self { wire: wire.to_owned(), told: serde_json::from_str(&told).unwrap(), kinds: kinds.collect() }
    }

    fn text(&self, key: &str) -> &str {
        self.told[key].as_str().unwrap_or_else(|| panic!("{}: no {key}", self.wire.display()))
    }

    fn network(&self) -> Network {
        match self.told["coin_name"].as_str() {
            Some("Bitcoin") => Network::Bitcoin,
            Some("Regtest") => Network::Regtest,
            _ => Network::Testnet,
        }
    }

    fn request(&self) -> u16 {
        let mut asks = self.kinds.iter().filter(|(host, kind)| *host && ![0, 55].contains(kind));
        asks.next().map_or(55, |(_, kind)| *kind)
    }

    fn shows(&self) -> bool {
        self.told["show_display"].as_bool().unwrap_or_else(|| self.kinds.contains(&(false, 26)))
    }

    /// Whether it is a conversation that a [`Device`] leads.
    fn usual(&self) -> bool {
        let told = &self.told;
        match self.request() {
            11 => told["ignore_xpub_magic"] == true,
            15 => !self.kinds.windows(2).any(|pair| pair == [(false, 21), (true, 20)]),
            29 => told.get("descriptor").is_some(),
            464 | 470 => told["failure"]["code"] != 1 && told["show_message_hash"] != false,
            _ => true,
        }
    }

    fn root(&self) -> Fingerprint {
        let words: bip39::Mnemonic = self.text("seed_words").parse().unwrap();
        let seed = words.to_seed(self.told["passphrase"].as_str().unwrap_or_default());
        Xpriv::new_master(Network::Bitcoin, &seed).unwrap().fingerprint(&Secp256k1::new())
    }

    fn wallet(&self) -> Wallet {
        Wallet::new("Treasury", self.network(), &[self.text("descriptor")]).unwrap()
    }

    /// What the device would say to the questions for the wallet's own keys.
    fn also(&self) -> Vec<String> {
        if self.told.get("descriptor").is_none() {
            return Vec::new();
        }
        let (wallet, root) = (self.wallet(), self.root());
        let mine = wallet.policy().cosigners().iter().filter(|seat| seat.fingerprint == root);
        mine.map(|seat| {
            let mut ask = protos::GetPublicKey::new();
            ask.address_n = seat.path.into_iter().map(|step| u32::from(*step)).collect();
            ask.set_coin_name(self.text("coin_name").to_owned());
            ask.set_ignore_xpub_magic(true);
            let path = seat.path.to_string();
            ask.set_script_type(match path.split('/').next().unwrap() {
                "86'" => protos::InputScriptType::SPENDTAPROOT,
                "84'" => protos::InputScriptType::SPENDWITNESS,
                "48'" if path.ends_with("/2'") => protos::InputScriptType::SPENDWITNESS,
                "49'" | "48'" if !path.ends_with("/0'") => protos::InputScriptType::SPENDP2SHWITNESS,
                _ => protos::InputScriptType::SPENDADDRESS,
            });
            let mut node = protos::HDNodeType::new();
            node.set_depth(seat.xpub.depth.into());
            node.set_fingerprint(u32::from_be_bytes(seat.xpub.parent_fingerprint.to_bytes()));
            node.set_child_num(seat.xpub.child_number.into());
            node.set_chain_code(seat.xpub.chain_code.to_bytes().to_vec());
            node.set_public_key(seat.xpub.public_key.serialize().to_vec());
            let mut answer = protos::PublicKey { node: Some(node).into(), ..Default::default() };
            answer.set_xpub(seat.xpub.to_string());
            answer.set_root_fingerprint(u32::from_be_bytes(root.to_bytes()));
            format!("{}\n{}\n", line("=>", &ask), line("<=", &answer))
        })
        .collect()
    }
}

fn line<M: TrezorMessage>(direction: &str, message: &M) -> String {
    let Message { kind, body } = Message::pack(message).unwrap();
    format!("{direction} {kind} {:?} {}", M::MESSAGE_TYPE, body.to_lower_hex_string())
}

/// The strict stand-in, playing one recording.
struct Replayer {
    child: Child,
    _says: BufReader<ChildStdout>,
    address: String,
    _also: tempfile::TempDir,
}

impl Replayer {
    fn start(tool: &Path, recording: &Recording) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("python3");
        command.arg(tool).args(["--port", "0", "--timeout", "30", "--linger", "0.02"]).arg(&recording.wire);
        for (number, also) in recording.also().iter().enumerate() {
            let file = folder.path().join(format!("{number}.wire"));
            std::fs::write(&file, also).unwrap();
            command.arg("--also").arg(file);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut says = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        says.read_line(&mut line).unwrap();
        let address = line.trim().rsplit(' ').next().unwrap().to_owned();
        Self { child, _says: says, address, _also: folder }
    }
}

/// Does what the recording's user did.
struct Person {
    pin: Option<String>,
    passphrase: Option<String>,
}

impl Attendant for Person {
    fn pin(&mut self) -> Option<Zeroizing<String>> {
        self.pin.clone().map(Zeroizing::new)
    }

    fn passphrase(&mut self) -> Option<Passphrase> {
        self.passphrase.clone().map(|text| Passphrase::Typed(Zeroizing::new(text)))
    }

    fn look(&mut self) {}
}

/// Asks the device what the recording's host asked, and compares what it says.
fn ask(recording: &Recording, address: &str) -> Result<(), DeviceError> {
    let told = &recording.told;
    let known = |key: &str| told[key].as_str().map(str::to_owned);
    let person = Person { pin: known("pin_positions_sent"), passphrase: known("passphrase") };
    let watch = Watch::new(LIMIT);
    let link = Udp::open(address, &watch)?;
    let mut trezor = Trezor::open(Box::new(link), Box::new(person), watch)?;
    let at: DerivationPath = told["path"].as_str().unwrap_or("m").parse().unwrap();
    match recording.request() {
        55 => assert_eq!(trezor.about()?.label.as_deref(), told["features"]["label"].as_str()),
        11 => {
            let xpub = trezor.xpub(recording.network(), &at, recording.shows())?;
            assert_eq!(xpub.to_string(), recording.text("xpub"));
            // Known since, and not asked again.
            assert_eq!(trezor.fingerprint(recording.network())?.to_string(), recording.text("root_fingerprint"));
        }
        29 => {
            let wallet = recording.wallet();
            let chain = if told["change"] == 1 { Chain::Change } else { Chain::Receive };
            let spot = Spot { chain, index: told["index"].as_u64().unwrap().try_into().unwrap() };
            let held = Held { wallet: &wallet, name: "Treasury", hmac: None };
            assert_eq!(trezor.register(&held)?, None);
            let address = trezor.address(&held, spot, recording.shows())?;
            assert_eq!(address.to_string(), recording.text("address"));
        }
        15 => sign(&mut trezor, recording)?,
        56 => assert_eq!(trezor.eth_address(&at, recording.shows())?.address.to_string(), recording.text("address")),
        kind => {
            let what = match (kind, told.get("typed_data"), told.get("tx")) {
                (464, Some(data), _) => typed(data, Mode::Full),
                (_, Some(data), _) => typed(data, Mode::Hashes),
                (_, _, Some(tx)) => Signable::Transaction(Box::new(transaction(tx))),
                _ => Signable::Message(recording.text("message").as_bytes().to_vec()),
            };
            let expected = recording.text("expected_address").parse().unwrap();
            let signature = trezor.eth_sign(&at, &what)?.of(expected, &what)?;
            let half = |key: &str| <[u8; 32]>::from_hex(told["signature"][key].as_str().unwrap()).unwrap();
            assert_eq!((signature.r, signature.s), (half("r"), half("s")));
        }
    }
    Ok(())
}

fn sign(trezor: &mut Trezor, recording: &Recording) -> Result<(), DeviceError> {
    let wallet = recording.wallet();
    let packet = Packet::read(recording.text("psbt_v0_base64").as_bytes()).unwrap();
    let (_, passed) = reviewed(&packet, &wallet, &Facts::default());
    let held = Held { wallet: &wallet, name: "Treasury", hmac: None };
    let passed = passed.unwrap();
    let signed = trezor.sign(&held, &passed)?.of(recording.root(), &passed)?;
    for expected in recording.told["signatures"].as_array().unwrap() {
        let input = &signed.psbt.inputs[usize::try_from(expected["input"].as_u64().unwrap()).unwrap()];
        let bytes = Vec::<u8>::from_hex(expected["psbt_signature"].as_str().unwrap()).unwrap();
        let given = match expected["pubkey"].as_str().unwrap().parse::<bitcoin::PublicKey>() {
            Ok(key) if input.tap_key_sig.is_none() => input.partial_sigs[&key].to_vec(),
            _ => input.tap_key_sig.unwrap().to_vec(),
        };
        assert_eq!(given, bytes);
    }
    Ok(())
}

fn typed(data: &Value, mode: Mode) -> Signable {
    Signable::TypedData(Box::new(TypedData::read(&data.to_string()).unwrap()), mode)
}

fn transaction(tx: &Value) -> Transaction {
    let number = |key: &str| -> u128 { tx[key].to_string().trim_matches('"').parse().unwrap() };
    let small = |key: &str| u64::try_from(number(key)).unwrap();
    let input = Bytes::from(Vec::from_hex(tx["data"].as_str().unwrap().trim_start_matches("0x")).unwrap());
    let to = tx["to"].as_str().map_or(TxKind::Create, |to| TxKind::Call(to.parse().unwrap()));
    let (value, nonce, gas_limit) = (U256::from(number("value")), small("nonce"), small("gas"));
    if tx["type"] == 2 {
        return Transaction::Eip1559(TxEip1559 {
            chain_id: small("chainId"),
            nonce,
            gas_limit,
            max_fee_per_gas: number("maxFeePerGas"),
            max_priority_fee_per_gas: number("maxPriorityFeePerGas"),
            to,
            value,
            access_list: Default::default(),
            input,
        });
    }
    let (chain_id, gas_price) = (Some(small("chainId")), number("gasPrice"));
    Transaction::Legacy(TxLegacy { chain_id, nonce, gas_price, gas_limit, to, value, input })
}

fn play(tool: &Path, recording: &Recording) {
    let name = recording.wire.display();
    let mut replayer = Replayer::start(tool, recording);
    let got = ask(recording, &replayer.address);
    match (recording.text("outcome"), got.as_ref().map_err(DeviceError::code)) {
        ("ok", Ok(())) => {}
        ("failure", Err(code)) => {
            let expected = match recording.told["failure"]["code"].as_u64().unwrap() {
                4 => "device-refused-by-user",
                6 => "device-pin",
                _ => "device-refused",
            };
            assert_eq!(code, expected, "{name}");
        }
        (outcome, _) => panic!("{name}: {outcome} was expected: {got:?}"),
    }
    let status = replayer.child.wait().unwrap();
    assert!(status.success(), "{name}: the stand-in says {status}");
}

#[test]
fn recordings_are_reproduced_over_a_socket() {
    let root = env!("CARGO_MANIFEST_DIR");
    let tool = PathBuf::from(format!("{root}/../shared/tools/replay_trezor.py"));
    if !tool.is_file() {
        println!("SKIPPED: there is no {}", tool.display());
        return;
    }
    let beside = PathBuf::from(format!("{root}/../shared/trezor"));
    let own = PathBuf::from(format!("{root}/tests/fixtures/device/trezor"));
    let folder = if beside.is_dir() { beside } else { own };
    let models = std::fs::read_dir(&folder).unwrap().map(|model| model.unwrap().path());
    let files = models.filter(|model| model.is_dir()).flat_map(|model| std::fs::read_dir(model).unwrap());
    let wires =
        files.map(|file| file.unwrap().path()).filter(|file| file.extension().is_some_and(|kind| kind == "wire"));
    let usual: Vec<Recording> = wires.map(|wire| Recording::read(&wire)).filter(Recording::usual).collect();
    assert!(usual.len() > 10, "{} recordings in {}", usual.len(), folder.display());
    // The stand-ins mostly start and wait: several at once.
    let queue = Mutex::new(usual.iter());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(recording) = { queue.lock().unwrap().next() } {
                    play(&tool, recording);
                }
            });
        }
    });
}
