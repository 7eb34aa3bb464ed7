//! One recorded flow: what is asked, with what, and what has to come of it.

use alloy_consensus::{TxEip1559, TxLegacy};
use alloy_primitives::{Address, Bytes, TxKind, U256};
use bitcoin::Network;
use bitcoin::bip32::{DerivationPath, Fingerprint, Xpriv, Xpub};
use bitcoin::hex::{DisplayHex, FromHex};
use bitcoin::key::Secp256k1;
use exchequer::device::ethereum::{Account, Mode, Signable, Signature, Transaction, TypedData};
use exchequer::device::ledger::Ledger;
use exchequer::device::link::ApduLink;
use exchequer::device::{About, Device, DeviceError, Held, Hmac, Model, Registered, Version, Watch};
use exchequer::treasury::bitcoin::psbt::Packet;
use exchequer::treasury::bitcoin::review::{Facts, reviewed};
use exchequer::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Deserialize)]
pub struct Policy {
    name: String,
    descriptor_template: String,
    keys_info: Vec<String>,
}

#[derive(Deserialize)]
struct Given {
    input: usize,
    pubkey: String,
    signature: String,
    tapleaf_hash: Option<String>,
}

/// What a JSON beside a transcript tells, as far as it is asked or compared.
#[derive(Deserialize)]
struct Told {
    app: String,
    seed_words: String,
    outcome: String,
    final_status_word: String,
    #[serde(default)]
    settings: BTreeMap<String, bool>,
    policy: Option<Policy>,
    wallet_hmac: Option<String>,
    wallet_id: Option<String>,
    first_address: Option<String>,
    change: Option<u32>,
    index: Option<u32>,
    address: Option<String>,
    path: Option<String>,
    xpub: Option<String>,
    fingerprint: Option<String>,
    psbt_v0_base64: Option<String>,
    psbt_v2_base64: Option<String>,
    signatures: Option<Vec<Given>>,
    message: Option<String>,
    signature_base64: Option<String>,
    app_name: Option<String>,
    app_version: Option<String>,
    blind_signing_enabled: Option<bool>,
    public_key_uncompressed: Option<String>,
    chain_code: Option<String>,
    tx: Option<BTreeMap<String, Box<RawValue>>>,
    unsigned_rlp: Option<String>,
    signing_hash: Option<String>,
    typed_data: Option<Box<RawValue>>,
    safe_tx_hash: Option<String>,
    hash: Option<String>,
    signature: Option<BTreeMap<String, serde_json::Value>>,
}

/// What came of a flow.
#[derive(Debug)]
pub enum Outcome {
    Nothing,
    About(About),
    Fingerprint(Fingerprint),
    Xpub(Xpub),
    Registered(Option<Registered>),
    Address(String),
    Signed(Box<Packet>),
    Message([u8; 65]),
    Account(Account),
    Ethereum(Signature),
}

pub struct Flow {
    pub name: String,
    pub path: PathBuf,
    pub transcript: String,
    first: Vec<u8>,
    told: Told,
}

pub fn watch() -> Watch {
    Watch::new(Duration::from_secs(60))
}

fn hex(text: &str) -> Vec<u8> {
    Vec::from_hex(text).unwrap()
}

/// A word or a number of JSON as text.
fn text(raw: &RawValue) -> String {
    raw.get().trim_matches('"').to_owned()
}

impl Flow {
    pub fn read(path: &Path) -> Self {
        let transcript = std::fs::read_to_string(path).unwrap();
        let told = std::fs::read_to_string(path.with_extension("json")).unwrap();
        let told = serde_json::from_str(&told).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let first = transcript.lines().find_map(|line| line.strip_prefix("=> ")).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        Self { name, path: path.to_owned(), first: hex(first), transcript, told }
    }

    /// Whether the app is the one that is asked.
    fn right_app(&self) -> bool {
        let ethereum = self.told.app.starts_with("Ethereum");
        self.first[0] == 0xb0 || ethereum == (self.first[0] == 0xe0)
    }

    /// What may be asked besides: the version of the app that is meant, and the Ethereum app's settings where they decide.
    pub fn also(&self) -> Vec<&'static str> {
        let mut also = Vec::new();
        if self.first[0] == 0xe0 || self.told.app.starts_with("Ethereum") && (self.first[0] == 0xb0 || self.earlier()) {
            also.push("eth-app-version.apdu");
            also.push(match self.told.settings.get("Blind signing") {
                Some(true) => "eth-app-config-blind.apdu",
                _ => "eth-app-config-default.apdu",
            });
        } else {
            also.push("btc-app-version.apdu");
        }
        also
    }

    /// Whether its command is of the protocol's first version, which nobody speaks here: of such a flow the outcome counts, and
    /// the app that is open tells its name.
    pub fn earlier(&self) -> bool {
        self.first[0] == 0xe1 && self.first[3] == 0
    }

    /// In how many forms what is signed comes.
    pub fn forms(&self) -> usize {
        if self.told.psbt_v2_base64.is_some() { 2 } else { 1 }
    }

    /// Whether it ends well.
    pub fn fine(&self) -> bool {
        self.told.outcome == "ok"
    }

    /// Whether it is a registration whose recording ends before the first address was asked for.
    pub fn unchecked(&self) -> bool {
        self.first[..2] == [0xe1, 2] && self.fine() && self.told.first_address.is_none()
    }

    fn network(&self) -> Network {
        if self.told.app.starts_with("Bitcoin ") && !self.told.app.starts_with("Bitcoin Test") {
            Network::Bitcoin
        } else {
            Network::Testnet
        }
    }

    fn wallet(&self) -> Wallet {
        let policy = self.told.policy.as_ref().unwrap();
        let mut descriptor = policy.descriptor_template.replace("/**", "/<0;1>/*");
        for (number, key) in policy.keys_info.iter().enumerate().rev() {
            descriptor = descriptor.replace(&format!("@{number}/"), &format!("{key}/"));
        }
        Wallet::new("Treasury", self.network(), &[&descriptor]).unwrap()
    }

    fn path(&self) -> DerivationPath {
        self.told.path.as_deref().unwrap_or("m/44'/60'/0'/0/0").parse().unwrap()
    }

    fn seed(&self) -> Xpriv {
        let words: bip39::Mnemonic = self.told.seed_words.parse().unwrap();
        Xpriv::new_master(self.network(), &words.to_seed("")).unwrap()
    }

    fn transaction(&self) -> Transaction {
        let fields = self.told.tx.as_ref().unwrap();
        let number = |name: &str| fields.get(name).map_or(U256::ZERO, |raw| text(raw).parse().unwrap());
        let to = match fields.get("to").map(|raw| text(raw)) {
            Some(to) if to.starts_with("0x") => TxKind::Call(to.parse::<Address>().unwrap()),
            _ => TxKind::Create,
        };
        let input: Bytes = fields.get("data").map_or_else(Bytes::new, |raw| text(raw).parse().unwrap());
        let transaction = if fields.contains_key("maxFeePerGas") {
            Transaction::Eip1559(TxEip1559 {
                chain_id: number("chainId").to(),
                nonce: number("nonce").to(),
                gas_limit: number("gas").to(),
                max_fee_per_gas: number("maxFeePerGas").to(),
                max_priority_fee_per_gas: number("maxPriorityFeePerGas").to(),
                to,
                value: number("value"),
                input,
                ..TxEip1559::default()
            })
        } else {
            Transaction::Legacy(TxLegacy {
                chain_id: fields.contains_key("chainId").then(|| number("chainId").to()),
                nonce: number("nonce").to(),
                gas_price: number("gasPrice").to(),
                gas_limit: number("gas").to(),
                to,
                value: number("value"),
                input,
            })
        };
        if let Some(unsigned) = &self.told.unsigned_rlp {
            assert_eq!(transaction.encoded(), hex(unsigned), "{}", self.name);
        }
        transaction
    }

    fn signable(&self) -> Signable {
        let what = match (self.first[1], self.first[3]) {
            (0x04, _) => Signable::Transaction(Box::new(self.transaction())),
            (0x08, _) => Signable::Message(self.told.message.clone().unwrap().into_bytes()),
            (instruction, p2) => {
                let data = TypedData::read(self.told.typed_data.as_ref().unwrap().get()).unwrap();
                let mode = if instruction == 0x0c && p2 == 0 { Mode::Hashes } else { Mode::Full };
                Signable::TypedData(Box::new(data), mode)
            }
        };
        for told in [&self.told.signing_hash, &self.told.safe_tx_hash, &self.told.hash].into_iter().flatten() {
            assert_eq!(what.hash().unwrap().0, hex(told)[..], "{}", self.name);
        }
        what
    }

    /// Asks what was asked, with the transaction in its first or its second form.
    pub fn run(&self, link: Box<dyn ApduLink>, form: usize) -> Result<Outcome, DeviceError> {
        self.run_watched(link, form, watch())
    }

    pub fn run_watched(&self, link: Box<dyn ApduLink>, form: usize, watch: Watch) -> Result<Outcome, DeviceError> {
        let mut ledger = Ledger::new(link, Model::Ledger, watch);
        let network = self.network();
        let hmac = self.told.wallet_hmac.as_deref().map(|text| text.parse::<Hmac>().unwrap());
        let name = self.told.policy.as_ref().map(|policy| policy.name.clone()).unwrap_or_default();
        let wallet = self.told.policy.as_ref().map(|_| self.wallet());
        let held = wallet.as_ref().map(|wallet| Held { wallet, name: &name, hmac });
        Ok(match (self.first[0], self.first[1]) {
            (0xb0, 1) | (0xe0, 6) => Outcome::About(ledger.about()?),
            (0xe1, 0x05) => Outcome::Fingerprint(ledger.fingerprint(network)?),
            (0xe1, 0x00) => Outcome::Xpub(ledger.xpub(network, &self.path(), self.first[5] == 1)?),
            (0xe1, 0x02) => Outcome::Registered(ledger.register(&held.unwrap())?),
            (0xe1, 0x03) => {
                let chain = if self.told.change == Some(1) { Chain::Change } else { Chain::Receive };
                let spot = Spot { chain, index: self.told.index.unwrap() };
                Outcome::Address(ledger.address(&held.unwrap(), spot, self.first[5] == 1)?.to_string())
            }
            (0xe1, 0x04) => {
                let forms = [&self.told.psbt_v0_base64, &self.told.psbt_v2_base64];
                let packet = Packet::read(forms[form].as_ref().unwrap().as_bytes()).unwrap();
                let held = held.unwrap();
                let facts = Facts { previous_overridden: true, ..Facts::default() };
                let (review, reviewed) = reviewed(&packet, held.wallet, &facts);
                let reviewed = reviewed.unwrap_or_else(|| panic!("{}: {:?}", self.name, review.verdict));
                let expected = self.seed().fingerprint(&Secp256k1::new());
                let signed = ledger.sign(&held, &reviewed)?;
                Outcome::Signed(Box::new(signed.of(expected, &reviewed)?))
            }
            (0xe1, 0x10) => {
                let message = self.told.message.clone().unwrap();
                let key = self.seed().derive_priv(&Secp256k1::new(), &self.path()).unwrap();
                let key = key.private_key.public_key(&Secp256k1::new());
                Outcome::Message(ledger.sign_message(network, &self.path(), &message)?.of(&key, &message)?)
            }
            (0xe0, 0x02) if self.first[3] == 1 => {
                Outcome::Account(ledger.account(&self.path(), self.first[2] == 1, true)?)
            }
            (0xe0, 0x02) => Outcome::Account(ledger.eth_address(&self.path(), self.first[2] == 1)?),
            (0xe0, _) => {
                let key = self.seed().derive_priv(&Secp256k1::new(), &self.path()).unwrap();
                let [_, point @ ..] = key.private_key.public_key(&Secp256k1::new()).serialize_uncompressed();
                let expected = Address::from_raw_public_key(&point);
                let what = self.signable();
                Outcome::Ethereum(ledger.eth_sign(&self.path(), &what)?.of(expected, &what)?)
            }
            other => panic!("{}: nobody asks {other:x?}", self.name),
        })
    }

    /// Whether that is what had to come.
    pub fn judge(&self, outcome: Result<Outcome, DeviceError>) {
        let (told, name) = (&self.told, &self.name);
        if self.unchecked() {
            let why = outcome.unwrap_err();
            assert!(matches!(&why, DeviceError::Garbled(why) if why.contains("recording ends")), "{name}: {why}");
            return;
        }
        if !self.fine() {
            return self.refused(outcome.unwrap_err());
        }
        match outcome.unwrap_or_else(|error| panic!("{name}: {error}")) {
            Outcome::Nothing => panic!("{name}: nothing came"),
            Outcome::About(about) => {
                let app = about.app.unwrap();
                let version: Version = app.version;
                if let (Some(name), Some(number)) = (&told.app_name, &told.app_version) {
                    assert_eq!((&app.name, version.to_string()), (name, number.clone()));
                }
                if let Some(blind) = told.blind_signing_enabled {
                    assert_eq!(about.blind_signing, Some(blind));
                }
            }
            Outcome::Fingerprint(found) => assert_eq!(found.to_string(), *told.fingerprint.as_ref().unwrap()),
            Outcome::Xpub(xpub) => assert_eq!(xpub.to_string(), *told.xpub.as_ref().unwrap()),
            Outcome::Registered(registered) => {
                let registered = registered.unwrap();
                assert_eq!(registered.policy_id[..], hex(told.wallet_id.as_ref().unwrap())[..]);
                assert_eq!(registered.hmac.to_string(), *told.wallet_hmac.as_ref().unwrap());
            }
            Outcome::Address(address) => assert_eq!(address, *told.address.as_ref().unwrap()),
            Outcome::Signed(packet) => self.signed(&packet),
            Outcome::Message(signature) => {
                use base64::Engine;
                let given = base64::engine::general_purpose::STANDARD.encode(signature);
                assert_eq!(given, *told.signature_base64.as_ref().unwrap());
            }
            Outcome::Account(account) => {
                assert_eq!(account.address.to_string(), *told.address.as_ref().unwrap());
                let key = account.public_key.unwrap().serialize_uncompressed();
                assert_eq!(key.to_lower_hex_string(), *told.public_key_uncompressed.as_ref().unwrap());
                assert_eq!(account.chain_code.map(|code| code.to_lower_hex_string()), told.chain_code);
            }
            Outcome::Ethereum(signature) => {
                let given = told.signature.as_ref().unwrap();
                assert_eq!(given["r"].as_str().unwrap(), signature.r.to_lower_hex_string());
                assert_eq!(given["s"].as_str().unwrap(), signature.s.to_lower_hex_string());
                if self.first[1] != 0x04 {
                    assert_eq!(given["v"].as_u64().unwrap(), u64::from(signature.bytes()[64]));
                }
            }
        }
    }

    fn signed(&self, packet: &Packet) {
        for given in self.told.signatures.as_ref().unwrap() {
            let input = &packet.psbt.inputs[given.input];
            let found = match (&given.tapleaf_hash, given.pubkey.len()) {
                (None, 66) => input.partial_sigs.get(&given.pubkey.parse().unwrap()).map(|s| s.to_vec()),
                (None, _) => input.tap_key_sig.map(|s| s.to_vec()),
                (Some(leaf), _) => {
                    let slot = (given.pubkey.parse().unwrap(), leaf.parse().unwrap());
                    input.tap_script_sigs.get(&slot).map(|s| s.to_vec())
                }
            };
            assert_eq!(found.map(|s| s.to_lower_hex_string()), Some(given.signature.clone()), "{}", self.name);
        }
    }

    fn refused(&self, error: DeviceError) {
        let blind = self.told.settings.get("Blind signing") == Some(&true);
        let fits = match (self.told.final_status_word.as_str(), &error) {
            _ if !self.right_app() => matches!(error, DeviceError::WrongApp { .. }),
            ("6985", DeviceError::RefusedByUser) | ("b008", DeviceError::BadProof) | ("5515", DeviceError::Locked) => {
                true
            }
            ("6e00", DeviceError::WrongApp { .. }) => true,
            ("6a80", DeviceError::Setting { setting, .. }) => {
                self.first[0] == 0xe0 && !blind && (*setting == "Raw messages") == (self.first[1] == 0x1a)
            }
            ("6a80", DeviceError::Incomplete(_)) => self.first[..2] == [0xe1, 4],
            (word, DeviceError::RefusedByDevice { code, .. }) => code.starts_with(word),
            _ => false,
        };
        assert!(fits, "{}: {error:?} for {}", self.name, self.told.final_status_word);
    }
}
