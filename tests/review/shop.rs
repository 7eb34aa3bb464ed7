//! Wallets with keys of our own, transactions of them as a coordinator would make them, and the command that reviews them.

use bitcoin::absolute::LockTime;
use bitcoin::bip32::{DerivationPath, Xpriv, Xpub};
use bitcoin::hashes::Hash;
use bitcoin::secp256k1::{All, Secp256k1, SecretKey};
use bitcoin::transaction::Version;
use bitcoin::{Amount, Network, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness};
use miniscript::psbt::PsbtExt;
use miniscript::{Descriptor, DescriptorPublicKey};
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// A folder, and the command run in it.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn put(&self, name: &str, text: &[u8]) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    pub fn run(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exchequer"));
        command.arg("review").args(arguments).env_clear().env("HOME", self.0.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that refuses does not read.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }
}

pub fn secp() -> Secp256k1<All> {
    Secp256k1::new()
}

/// The master key of a cosigner.
pub fn master(seed: u8) -> Xpriv {
    Xpriv::new_master(Network::Testnet, &[seed; 32]).unwrap()
}

/// The fingerprint of a cosigner.
pub fn fingerprint(seed: u8) -> String {
    master(seed).fingerprint(&secp()).to_string()
}

/// A cosigner's key as it stands in a descriptor.
pub fn key(seed: u8, path: &str) -> String {
    let (secp, master) = (secp(), master(seed));
    let path: DerivationPath = path.parse().unwrap();
    let xpub = Xpub::from_priv(&secp, &master.derive_priv(&secp, &path).unwrap());
    format!("[{}/{path}]{xpub}/<0;1>/*", master.fingerprint(&secp))
}

/// A script of nobody here.
pub fn stranger(seed: u8) -> ScriptBuf {
    let key = SecretKey::from_slice(&[seed; 32]).unwrap().public_key(&secp());
    ScriptBuf::new_p2wpkh(&bitcoin::CompressedPublicKey(key).wpubkey_hash())
}

/// What a review said.
#[derive(Debug)]
pub struct Said {
    pub exit: i32,
    pub json: Value,
    pub blocks: Vec<String>,
    pub warnings: Vec<String>,
}

impl Said {
    /// The code of a file that cannot be read.
    pub fn code(&self) -> (i32, &str) {
        (self.exit, self.json["code"].as_str().unwrap_or_default())
    }
}

/// A wallet, and files about it.
pub struct Shop {
    pub home: Home,
    rows: Vec<Descriptor<DescriptorPublicKey>>,
    pub wallet: String,
    pub text: String,
}

/// The quorum of every multisig here.
const SEEDS: [u8; 3] = [1, 2, 3];

impl Shop {
    pub fn of(text: &str) -> Self {
        let home = Home::new();
        let descriptor: Descriptor<DescriptorPublicKey> = text.parse().unwrap();
        let wallet = home.put("wallet.txt", descriptor.to_string().as_bytes());
        Self { rows: descriptor.into_single_descriptors().unwrap(), wallet, home, text: text.to_owned() }
    }

    /// A 2-of-3 in a form, such as `wsh(sortedmulti(MULTI))`.
    pub fn multi(form: &str) -> Self {
        let keys = SEEDS.map(|seed| key(seed, "48'/1'/0'/2'")).join(",");
        Self::of(&form.replace("MULTI", &format!("2,{keys}")))
    }

    /// The one that most companies have.
    pub fn quorum() -> Self {
        Self::multi("wsh(sortedmulti(MULTI))")
    }

    /// Every kind of wallet, with the seeds that make its quorum.
    pub fn all() -> Vec<(Self, &'static [u8])> {
        vec![
            (Self::quorum(), &[1, 3]),
            (Self::multi("sh(wsh(sortedmulti(MULTI)))"), &[1, 2]),
            (Self::multi("sh(sortedmulti(MULTI))"), &[2, 3]),
            (Self::of(&format!("tr({})", key(1, "86'/1'/0'"))), &[1]),
            (Self::of(&format!("wpkh({})", key(1, "84'/1'/0'"))), &[1]),
        ]
    }

    pub fn script(&self, row: usize, index: u32) -> ScriptBuf {
        self.rows[row].at_derivation_index(index).unwrap().script_pubkey()
    }

    /// The previous transaction of a coin, with something else before the coin.
    pub fn previous(&self, script: ScriptBuf, sat: u64, seed: u8) -> Transaction {
        let input = TxIn {
            previous_output: OutPoint { txid: Txid::from_byte_array([seed; 32]), vout: 0 },
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness: Witness::new(),
        };
        let output = vec![output(stranger(0x44), 12_345), output(script, sat)];
        Transaction { version: Version::TWO, lock_time: LockTime::ZERO, input: vec![input], output }
    }

    /// Adds an input that spends a coin of any script.
    pub fn spend(&self, psbt: &mut Psbt, script: ScriptBuf, sat: u64) -> usize {
        let previous = self.previous(script, sat, u8::try_from(psbt.inputs.len()).unwrap());
        psbt.unsigned_tx.input.push(TxIn {
            previous_output: OutPoint { txid: previous.compute_txid(), vout: 1 },
            script_sig: ScriptBuf::new(),
            sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
            witness: Witness::new(),
        });
        let segwit = self.rows[0].desc_type().segwit_version().is_some();
        psbt.inputs.push(bitcoin::psbt::Input {
            witness_utxo: segwit.then(|| previous.output[1].clone()),
            non_witness_utxo: Some(previous),
            ..Default::default()
        });
        psbt.inputs.len() - 1
    }

    /// Adds an input of the wallet's, with all that a coordinator says of it.
    pub fn fund(&self, psbt: &mut Psbt, row: usize, index: u32, sat: u64) -> usize {
        let at = self.spend(psbt, self.script(row, index), sat);
        psbt.update_input_with_descriptor(at, &self.rows[row].at_derivation_index(index).unwrap()).unwrap();
        at
    }

    /// Adds an output.
    pub fn pay(&self, psbt: &mut Psbt, script: ScriptBuf, sat: u64) -> usize {
        psbt.unsigned_tx.output.push(output(script, sat));
        psbt.outputs.push(Default::default());
        psbt.outputs.len() - 1
    }

    /// Says of an output what would be true of a spot of this wallet, whatever it pays.
    pub fn claim(&self, psbt: &mut Psbt, at: usize, row: usize, index: u32) {
        let mut other = psbt.clone();
        other.outputs[at] = Default::default();
        other.unsigned_tx.output[at].script_pubkey = self.script(row, index);
        other.update_output_with_descriptor(at, &self.rows[row].at_derivation_index(index).unwrap()).unwrap();
        psbt.outputs[at] = other.outputs[at].clone();
    }

    /// Two coins, a payment of 150 000 sat, change at 1/4, and a fee of 1 500 sat.
    pub fn honest(&self) -> Psbt {
        let mut psbt = self.coins();
        self.pay(&mut psbt, stranger(0x55), 150_000);
        let change = self.pay(&mut psbt, self.script(1, 4), 138_500);
        self.claim(&mut psbt, change, 1, 4);
        psbt
    }

    /// Two coins of 200 000 and 90 000 sat, and nothing that they are spent for.
    pub fn coins(&self) -> Psbt {
        let mut psbt = Psbt::from_unsigned_tx(Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: Vec::new(),
            output: Vec::new(),
        })
        .unwrap();
        self.fund(&mut psbt, 0, 0, 200_000);
        self.fund(&mut psbt, 1, 3, 90_000);
        psbt
    }

    /// The review of a file.
    pub fn read(&self, file: &[u8]) -> Said {
        self.with(file, &[])
    }

    /// The same with more arguments.
    pub fn with(&self, file: &[u8], more: &[&str]) -> Said {
        let arguments = [&["-", "--wallet", &self.wallet, "--json"], more].concat();
        let output = self.home.run(&arguments, file);
        assert!(output.stdout.iter().all(|byte| *byte == b'\n' || (0x20..0x7f).contains(byte) || *byte >= 0xa0));
        let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        let codes = |name: &str| -> Vec<String> {
            let found = json[name].as_array().into_iter().flatten();
            found.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
        };
        let (blocks, warnings) = (codes("blocks"), codes("warnings"));
        let exit = output.status.code().unwrap();
        // The exit code and the verdict are one.
        let verdict = match (exit, warnings.is_empty()) {
            (0, true) => "clean".into(),
            (0, false) => "warn".into(),
            (6, _) => "block".into(),
            _ => Value::Null,
        };
        assert_eq!(json["verdict"], verdict, "{json}");
        assert_eq!(exit == 6, !blocks.is_empty(), "{json}");
        Said { exit, json, blocks, warnings }
    }

    /// The review of a transaction.
    pub fn review(&self, psbt: &Psbt) -> Said {
        self.read(&psbt.serialize())
    }

    /// It is blocked for this, and for nothing else.
    pub fn blocked(&self, psbt: &Psbt, codes: &[&str]) -> Said {
        let said = self.review(psbt);
        assert_eq!(said.blocks, codes, "{}\n{}", self.text, said.json);
        said
    }

    /// It is warned of this, and of nothing else.
    pub fn warned(&self, psbt: &Psbt, codes: &[&str]) -> Said {
        let said = self.review(psbt);
        assert_eq!(
            (said.blocks.as_slice(), said.warnings.as_slice()),
            (&[][..], &codes.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
            "{}\n{}",
            self.text,
            said.json
        );
        said
    }
}

pub fn output(script_pubkey: ScriptBuf, sat: u64) -> TxOut {
    TxOut { value: Amount::from_sat(sat), script_pubkey }
}

/// Signs with the seeds of these cosigners whatever they can sign.
pub fn sign(psbt: &mut Psbt, seeds: &[u8]) {
    for seed in seeds {
        let _ = psbt.sign(&master(*seed), &secp());
    }
}

/// The fields of a PSBT as they lie in the file, map by map, to be spoiled.
pub type Maps = Vec<Vec<(Vec<u8>, Vec<u8>)>>;

pub fn taken_apart(bytes: &[u8]) -> Maps {
    let mut left = &bytes[5..];
    let (mut maps, mut map) = (Vec::new(), Vec::new());
    while !left.is_empty() {
        let key = part(&mut left);
        if key.is_empty() {
            maps.push(std::mem::take(&mut map));
        } else {
            map.push((key, part(&mut left)));
        }
    }
    maps
}

pub fn put_together(maps: &Maps) -> Vec<u8> {
    let mut bytes = b"psbt\xff".to_vec();
    for map in maps {
        for (key, value) in map {
            for part in [key, value] {
                bytes.extend(bitcoin::consensus::serialize(part));
            }
        }
        bytes.push(0);
    }
    bytes
}

fn part(left: &mut &[u8]) -> Vec<u8> {
    let (part, used) = bitcoin::consensus::deserialize_partial::<Vec<u8>>(left).unwrap();
    *left = &left[used..];
    part
}
