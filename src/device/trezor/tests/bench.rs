//! Recordings, and whoever sits beside the device.

use crate::device::link::report::{Report, Reports};
use crate::device::trezor::transcript::Transcript;
use crate::device::trezor::wire::{self, Message};
use crate::device::{Attendant, DeviceError, Passphrase, Watch};
use bitcoin::Network;
use bitcoin::bip32::{Fingerprint, Xpriv};
use bitcoin::hex::DisplayHex;
use bitcoin::secp256k1::Secp256k1;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use trezor_client::protos;
use zeroize::Zeroizing;

/// A recording with what is known of it.
pub struct Recording {
    pub path: PathBuf,
    pub wire: String,
    pub told: Value,
}

impl Recording {
    fn read(path: &Path) -> Self {
        let told = std::fs::read_to_string(path.with_extension("json")).unwrap();
        let told = serde_json::from_str(&told).unwrap();
        Self { path: path.to_owned(), wire: std::fs::read_to_string(path).unwrap(), told }
    }

    pub fn name(&self) -> String {
        let model = self.path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        format!("{model}/{}", self.path.file_stem().unwrap().to_string_lossy())
    }

    pub fn text(&self, key: &str) -> &str {
        self.told[key].as_str().unwrap_or_else(|| panic!("{}: no {key}", self.name()))
    }

    /// The kinds of the messages, and whether each is the host's.
    pub fn kinds(&self) -> Vec<(bool, u16)> {
        let lines = self.wire.lines().filter(|line| line.starts_with("=>") || line.starts_with("<="));
        lines.map(|line| (line.starts_with("=>"), line.split(' ').nth(1).unwrap().parse().unwrap())).collect()
    }

    /// The request that it is about.
    pub fn request(&self) -> u16 {
        let greetings = [wire::kind::<protos::Initialize>(), wire::kind::<protos::GetFeatures>()];
        let mut asks = self.kinds().into_iter().filter(|(host, kind)| *host && !greetings.contains(kind));
        asks.next().map_or(wire::kind::<protos::GetFeatures>(), |(_, kind)| kind)
    }

    /// What came before the host gave up, where it did.
    pub fn cancelled_after(&self) -> Option<u16> {
        let kinds = self.kinds();
        let at = kinds.iter().position(|kind| *kind == (true, wire::kind::<protos::Cancel>()))?;
        Some(kinds[at - 1].1)
    }

    pub fn network(&self) -> Network {
        match self.told["coin_name"].as_str() {
            Some("Bitcoin") => Network::Bitcoin,
            Some("Regtest") => Network::Regtest,
            _ => Network::Testnet,
        }
    }

    /// The fingerprint of the device's seed.
    pub fn root(&self) -> Fingerprint {
        let words: bip39::Mnemonic = self.text("seed_words").parse().unwrap();
        let seed = words.to_seed(self.told["passphrase"].as_str().unwrap_or_default());
        Xpriv::new_master(Network::Bitcoin, &seed).unwrap().fingerprint(&Secp256k1::new())
    }

    /// What the device would say to the questions for the wallet's own keys.
    pub fn also(&self) -> Vec<String> {
        let Some(descriptor) = self.told["descriptor"].as_str() else { return Vec::new() };
        let wallet = crate::treasury::bitcoin::wallet::Wallet::new("A", self.network(), &[descriptor]).unwrap();
        let root = self.root();
        let mut also = Vec::new();
        for seat in wallet.policy().cosigners().iter().filter(|seat| seat.fingerprint == root) {
            let mut ask = protos::GetPublicKey::new();
            ask.address_n = seat.path.into_iter().map(|step| u32::from(*step)).collect();
            ask.set_coin_name(self.text("coin_name").to_owned());
            ask.set_script_type(crate::device::trezor::path::customary(&seat.path));
            ask.set_ignore_xpub_magic(true);
            let mut node = protos::HDNodeType::new();
            node.set_depth(seat.xpub.depth.into());
            node.set_fingerprint(u32::from_be_bytes(seat.xpub.parent_fingerprint.to_bytes()));
            node.set_child_num(seat.xpub.child_number.into());
            node.set_chain_code(seat.xpub.chain_code.to_bytes().to_vec());
            node.set_public_key(seat.xpub.public_key.serialize().to_vec());
            let mut answer = protos::PublicKey { node: Some(node).into(), ..Default::default() };
            answer.set_xpub(seat.xpub.to_string());
            answer.set_root_fingerprint(u32::from_be_bytes(root.to_bytes()));
            also.push(format!("{}\n{}\n", line("=>", &ask), line("<=", &answer)));
        }
        also
    }

    /// Played in this process.
    pub fn transcript(&self) -> Played {
        let transcript = Transcript::read(&self.wire).unwrap_or_else(|error| panic!("{}: {error}", self.name()));
        let also = self.also();
        let transcript = also.iter().fold(transcript, |transcript, other| transcript.also(other).unwrap());
        Played(Arc::new(Mutex::new(transcript)))
    }
}

/// A line of a recording.
pub fn line<M: trezor_client::TrezorMessage>(direction: &str, message: &M) -> String {
    let Message { kind, body } = Message::pack(message).unwrap();
    let body = if body.is_empty() { "-".to_owned() } else { body.to_lower_hex_string() };
    format!("{direction} {kind} {:?} {body}", M::MESSAGE_TYPE)
}

/// Every recording in the project's fixtures, and every one beside the project.
pub fn recordings() -> Vec<Recording> {
    let mut recordings = Vec::new();
    for folder in ["/tests/fixtures/device/trezor", "/../shared/trezor"] {
        let folder = PathBuf::from(format!("{}{folder}", env!("CARGO_MANIFEST_DIR")));
        if !folder.is_dir() {
            println!("SKIPPED: there is no {}", folder.display());
            continue;
        }
        let models = std::fs::read_dir(&folder).unwrap().map(|model| model.unwrap().path());
        for model in models.filter(|model| model.is_dir()) {
            let files = std::fs::read_dir(model).unwrap().map(|file| file.unwrap().path());
            let wires = files.filter(|file| file.extension().is_some_and(|kind| kind == "wire"));
            recordings.extend(wires.map(|wire| Recording::read(&wire)));
        }
    }
    recordings.sort_by_key(|recording| recording.path.clone());
    assert!(!recordings.is_empty(), "the project's own recordings are gone");
    recordings
}

/// A recording that is played, with its end in sight.
#[derive(Clone)]
pub struct Played(pub Arc<Mutex<Transcript>>);

impl Played {
    pub fn finished(&self) -> bool {
        self.0.lock().unwrap().finished()
    }
}

impl Reports for Played {
    fn put(&mut self, report: &Report) -> Result<(), DeviceError> {
        self.0.lock().unwrap().put(report)
    }

    fn take(&mut self, watch: &Watch) -> Result<Report, DeviceError> {
        self.0.lock().unwrap().take(watch)
    }
}

/// Somebody who does what the recording's user did.
#[derive(Clone, Default)]
pub struct Person {
    pub pin: Option<String>,
    pub passphrase: Option<String>,
    /// Cancelled as soon as there is something to look at.
    pub leaves: Option<Watch>,
    pub looked: Arc<Mutex<usize>>,
}

impl Attendant for Person {
    fn pin(&mut self) -> Option<Zeroizing<String>> {
        self.pin.clone().map(Zeroizing::new)
    }

    fn passphrase(&mut self) -> Option<Passphrase> {
        self.passphrase.clone().map(|text| Passphrase::Typed(Zeroizing::new(text)))
    }

    fn look(&mut self) {
        *self.looked.lock().unwrap() += 1;
        if let Some(watch) = &self.leaves {
            watch.cancel();
        }
    }
}
