//! Wallets with keys of our own, and PSBTs of them as a coordinator would make them, to be spoiled by tests.

use super::super::super::psbt::{Packet, Version};
use super::super::{Facts, Review, review};
pub(crate) use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use bitcoin::absolute::LockTime;
use bitcoin::bip32::{DerivationPath, Xpriv, Xpub};
use bitcoin::hashes::Hash;
use bitcoin::secp256k1::{All, Secp256k1};
use bitcoin::transaction::Version as TxVersion;
use bitcoin::{Amount, Network, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness};
use miniscript::psbt::PsbtExt;

pub(crate) fn sat(sat: u64) -> Amount {
    Amount::from_sat(sat)
}

pub(crate) fn txid(seed: u8) -> Txid {
    Txid::from_byte_array([seed; 32])
}

pub(crate) fn spot(text: &str) -> Spot {
    let (chain, index) = text.split_once('/').unwrap();
    let chain = if chain == "1" { Chain::Change } else { Chain::Receive };
    Spot { chain, index: index.parse().unwrap() }
}

pub(crate) fn secp() -> Secp256k1<All> {
    Secp256k1::new()
}

/// The master key of a cosigner.
pub(crate) fn master(seed: u8) -> Xpriv {
    Xpriv::new_master(Network::Testnet, &[seed; 32]).unwrap()
}

/// A cosigner's key as it stands in a descriptor, `[fingerprint/path]xpub`.
pub(crate) fn key(seed: u8, path: &str) -> String {
    let secp = secp();
    let master = master(seed);
    let path: DerivationPath = path.parse().unwrap();
    let xpub = Xpub::from_priv(&secp, &master.derive_priv(&secp, &path).unwrap());
    format!("[{}/{path}]{xpub}", master.fingerprint(&secp))
}

/// A multisig of the seeds in `seeds`.
pub(crate) fn multi(form: &str, required: usize, seeds: &[u8]) -> Wallet {
    let keys: Vec<_> = seeds.iter().map(|seed| format!("{}/<0;1>/*", key(*seed, "48'/1'/0'/2'"))).collect();
    wallet(&form.replace("MULTI", &format!("{required},{}", keys.join(","))))
}

pub(crate) fn wallet(descriptor: &str) -> Wallet {
    Wallet::new("Cold", Network::Testnet, &[descriptor]).unwrap()
}

pub(crate) fn two_of_three() -> Wallet {
    multi("wsh(sortedmulti(MULTI))", 2, &[1, 2, 3])
}

pub(crate) fn taproot() -> Wallet {
    wallet(&format!("tr({}/<0;1>/*)", key(1, "86'/1'/0'")))
}

/// The quorum of 1, 2, 3; after 4032 blocks, 4 alone.
pub(crate) fn recoverable(lock: &str) -> Wallet {
    let keys: Vec<_> = [1, 2, 3].iter().map(|seed| format!("{}/<0;1>/*", key(*seed, "48'/1'/0'/2'"))).collect();
    let recovery = key(4, "48'/1'/0'/2'");
    wallet(&format!("wsh(or_d(multi(2,{}),and_v(v:pkh({recovery}/<0;1>/*),{lock})))", keys.join(",")))
}

pub(crate) fn all_kinds() -> Vec<Wallet> {
    let leaf = key(5, "48'/1'/0'/2'");
    vec![
        two_of_three(),
        multi("wsh(sortedmulti(MULTI))", 3, &[1, 2, 3, 4, 5]),
        multi("wsh(multi(MULTI))", 2, &[3, 1, 2]),
        multi("sh(wsh(sortedmulti(MULTI)))", 2, &[1, 2, 3]),
        multi("sh(sortedmulti(MULTI))", 2, &[1, 2, 3]),
        wallet(&format!("wpkh({}/<0;1>/*)", key(1, "84'/1'/0'"))),
        wallet(&format!("sh(wpkh({}/<0;1>/*))", key(1, "49'/1'/0'"))),
        wallet(&format!("pkh({}/<0;1>/*)", key(1, "44'/1'/0'"))),
        taproot(),
        wallet(&format!("tr({}/<0;1>/*,pk({leaf}/<0;1>/*))", key(1, "86'/1'/0'"))),
        recoverable("older(4032)"),
    ]
}

/// A script of nobody here.
pub(crate) fn stranger(seed: u8) -> ScriptBuf {
    let key = bitcoin::secp256k1::SecretKey::from_slice(&[seed; 32]).unwrap().public_key(&secp());
    ScriptBuf::new_p2wpkh(&bitcoin::CompressedPublicKey(key).wpubkey_hash())
}

/// A PSBT while it is made.
#[derive(Clone)]
pub(crate) struct Draft<'w> {
    pub wallet: &'w Wallet,
    pub psbt: Psbt,
}

impl<'w> Draft<'w> {
    pub fn new(wallet: &'w Wallet) -> Self {
        let transaction =
            Transaction { version: TxVersion::TWO, lock_time: LockTime::ZERO, input: Vec::new(), output: Vec::new() };
        Self { wallet, psbt: Psbt::from_unsigned_tx(transaction).unwrap() }
    }

    /// A transaction that pays a script, with something else before it.
    pub fn previous(&self, script: ScriptBuf, value: u64) -> Transaction {
        let seed = u8::try_from(self.psbt.inputs.len() % 256).unwrap();
        let mut id = [seed; 32];
        id[1] = u8::try_from(self.psbt.inputs.len() / 256).unwrap();
        let source = OutPoint { txid: Txid::from_byte_array(id), vout: 0 };
        let input = TxIn {
            previous_output: source,
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness: Witness::new(),
        };
        let first = TxOut { value: sat(12_345), script_pubkey: stranger(0x44) };
        let output = vec![first, TxOut { value: sat(value), script_pubkey: script }];
        Transaction { version: TxVersion::TWO, lock_time: LockTime::ZERO, input: vec![input], output }
    }

    /// An input that spends a coin of any script, with its previous transaction.
    pub fn spend(&mut self, script: ScriptBuf, value: u64) -> usize {
        let previous = self.previous(script, value);
        self.psbt.unsigned_tx.input.push(TxIn {
            previous_output: OutPoint { txid: previous.compute_txid(), vout: 1 },
            script_sig: ScriptBuf::new(),
            sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
            witness: Witness::new(),
        });
        let witness = previous.output[1].script_pubkey.is_witness_program() || self.nested();
        self.psbt.inputs.push(bitcoin::psbt::Input {
            witness_utxo: witness.then(|| previous.output[1].clone()),
            non_witness_utxo: Some(previous),
            ..Default::default()
        });
        self.psbt.inputs.len() - 1
    }

    fn nested(&self) -> bool {
        self.wallet.at(spot("0/0")).unwrap().desc_type().segwit_version().is_some()
    }

    /// An input of ours.
    pub fn fund(&mut self, spot: Spot, value: u64) -> usize {
        let at = self.spend(self.wallet.script(spot).unwrap(), value);
        self.psbt.update_input_with_descriptor(at, &self.wallet.at(spot).unwrap()).unwrap();
        at
    }

    /// An output to any script.
    pub fn output(&mut self, script: ScriptBuf, value: u64) -> usize {
        self.psbt.unsigned_tx.output.push(TxOut { value: sat(value), script_pubkey: script });
        self.psbt.outputs.push(Default::default());
        self.psbt.outputs.len() - 1
    }

    /// A payment to a stranger.
    pub fn pay(&mut self, value: u64) -> usize {
        self.output(stranger(0x55), value)
    }

    /// An output of ours, with all that a coordinator says of it.
    pub fn back(&mut self, spot: Spot, value: u64) -> usize {
        let at = self.output(self.wallet.script(spot).unwrap(), value);
        self.hint(at, self.wallet, spot);
        at
    }

    /// Says of an output what is true of a wallet's spot, whatever it pays.
    pub fn hint(&mut self, at: usize, wallet: &Wallet, spot: Spot) {
        let mut other = self.clone();
        other.psbt.unsigned_tx.output[at].script_pubkey = wallet.script(spot).unwrap();
        other.psbt.update_output_with_descriptor(at, &wallet.at(spot).unwrap()).unwrap();
        self.psbt.outputs[at] = other.psbt.outputs[at].clone();
    }

    pub fn packet(&self) -> Packet {
        Packet { psbt: self.psbt.clone(), version: Version::V0, unknown: Vec::new() }
    }

    pub fn review(&self, facts: &Facts) -> Review {
        review(&self.packet(), self.wallet, facts)
    }

    /// Signs with the seeds of these cosigners.
    pub fn sign(&mut self, seeds: &[u8]) {
        for seed in seeds {
            // Inputs of strangers cannot be signed; what can be is.
            let _ = self.psbt.sign(&master(*seed), &secp());
        }
    }
}

/// Two coins, a payment, change, and a fee of 1 500 sat.
pub(crate) fn honest(wallet: &Wallet) -> Draft<'_> {
    let mut draft = Draft::new(wallet);
    draft.fund(spot("0/0"), 200_000);
    draft.fund(spot("1/3"), 90_000);
    draft.pay(150_000);
    draft.back(spot("1/4"), 138_500);
    draft
}
