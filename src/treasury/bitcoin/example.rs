//! What tests of this room share: PSBTs that real devices signed, and some that are made up and signed here.

use super::policy::NOBODY;
use super::psbt::{Packet, Version};
use super::wallet::{Chain, Spot, Wallet};
use bitcoin::absolute::LockTime;
use bitcoin::bip32::{ChainCode, ChildNumber, DerivationPath, Fingerprint, Xpriv, Xpub};
use bitcoin::hashes::Hash;
use bitcoin::hex::FromHex;
use bitcoin::key::Secp256k1;
use bitcoin::{
    Amount, Network, OutPoint, Psbt, PublicKey, ScriptBuf, Sequence, TapSighashType, Transaction, TxIn, TxOut, Txid,
    Witness, XOnlyPublicKey, ecdsa, secp256k1, taproot, transaction,
};
use miniscript::psbt::PsbtExt;
use serde::Deserialize;

/// What a device was given and what it gave back.
#[derive(Clone, Debug, Deserialize)]
pub struct Device {
    pub name: String,
    pub descriptor: String,
    pub txid: String,
    v0: String,
    pub v2: Option<String>,
    /// The whole transaction, where the device gave it.
    pub complete: Option<String>,
    pub signatures: Vec<Given>,
}

/// A signature that a device gave.
#[derive(Clone, Debug, Deserialize)]
pub struct Given {
    pub input: usize,
    pub key: String,
    pub signature: String,
}

/// Every recorded device, the first a 2-of-3 that has no signature yet.
pub fn devices() -> Vec<Device> {
    serde_json::from_str(include_str!("../../../tests/fixtures/bitcoin/devices.json")).unwrap()
}

impl Device {
    /// The wallet that it signed for.
    pub fn wallet(&self) -> Wallet {
        Wallet::new("Treasury", Network::Testnet, &[&self.descriptor]).unwrap()
    }

    /// What it was given.
    pub fn packet(&self) -> Packet {
        Packet::read(self.v0.as_bytes()).unwrap()
    }

    /// The same with what it gave back.
    pub fn signed(&self) -> Packet {
        let mut packet = self.packet();
        for given in &self.signatures {
            let input = &mut packet.psbt.inputs[given.input];
            let bytes = Vec::<u8>::from_hex(&given.signature).unwrap();
            if given.key.parse::<XOnlyPublicKey>().is_ok() {
                input.tap_key_sig = Some(taproot::Signature::from_slice(&bytes).unwrap());
                assert_eq!(input.tap_key_sig.unwrap().sighash_type, TapSighashType::Default);
            } else {
                let key = given.key.parse::<PublicKey>().unwrap();
                input.partial_sigs.insert(key, ecdsa::Signature::from_slice(&bytes).unwrap());
            }
        }
        packet
    }
}

/// A wallet of keys that are known here, and a payment from it.
pub struct Made {
    pub wallet: Wallet,
    pub packet: Packet,
    seeds: Vec<Xpriv>,
}

/// Every kind of wallet, each with the seats that together can sign.
pub const KINDS: [(&str, &[usize]); 13] = [
    ("pkh(@0)", &[0]),
    ("wpkh(@0)", &[0]),
    ("sh(wpkh(@0))", &[0]),
    ("tr(@0)", &[0]),
    ("sh(sortedmulti(2,@0,@1,@2))", &[0, 2]),
    ("sh(multi(2,@2,@1,@0))", &[1, 2]),
    ("wsh(sortedmulti(2,@0,@1,@2))", &[0, 1]),
    ("wsh(multi(3,@4,@1,@2,@3,@0))", &[4, 0, 2]),
    ("sh(wsh(sortedmulti(3,@0,@1,@2,@3,@4)))", &[1, 2, 4]),
    ("wsh(or_d(multi(2,@0,@1,@2),and_v(v:pkh(@3),older(144))))", &[2, 1]),
    ("tr(@x,multi_a(2,@0,@1,@2))", &[0, 2]),
    ("tr(@x,{multi_a(2,@0,@1,@2),and_v(v:multi_a(2,@3,@4),older(144))})", &[2, 1]),
    ("tr(@0,{pk(@1),pk(@2)})", &[2]),
];

impl Made {
    /// A wallet after a template with `@0`, `@1` … for keys and `@x` for one that nobody knows, and a payment of it with
    /// so many inputs, whose last output is change.
    pub fn of(template: &str, inputs: u32) -> Self {
        let secp = Secp256k1::new();
        let path = "m/48'/1'/0'/2'".parse::<DerivationPath>().unwrap();
        let (mut text, mut seeds) = (template.to_owned(), Vec::new());
        for number in 0..5_u8 {
            let seed = Xpriv::new_master(Network::Testnet, &[number + 1; 32]).unwrap();
            let xpub = Xpub::from_priv(&secp, &seed.derive_priv(&secp, &path).unwrap());
            let key = format!("[{}/48'/1'/0'/2']{xpub}/<0;1>/*", seed.fingerprint(&secp));
            text = text.replace(&format!("@{number}"), &key);
            seeds.push(seed);
        }
        let nobody = Xpub {
            network: bitcoin::NetworkKind::Test,
            depth: 0,
            parent_fingerprint: Fingerprint::default(),
            child_number: ChildNumber::Normal { index: 0 },
            public_key: secp256k1::PublicKey::from_slice(&[&[2], &NOBODY[..]].concat()).unwrap(),
            chain_code: ChainCode::from([7; 32]),
        };
        let text = text.replace("@x", &format!("{nobody}/<0;1>/*"));
        let wallet = Wallet::new("Made", Network::Testnet, &[&text]).unwrap();
        let packet = payment(&wallet, inputs);
        Self { wallet, packet, seeds }
    }

    /// What a signer gives back who is given this.
    pub fn sign(&self, packet: &Packet, seat: usize) -> Packet {
        let mut packet = packet.clone();
        // Keys that are not this signer's are errors there.
        let _ = packet.psbt.sign(&self.seeds[seat], &Secp256k1::new());
        packet
    }

    /// Signed by these seats.
    pub fn signed(&self, seats: &[usize]) -> Packet {
        seats.iter().fold(self.packet.clone(), |packet, seat| self.sign(&packet, *seat))
    }
}

/// A payment to somebody of half of each input, with change.
pub fn payment(wallet: &Wallet, inputs: u32) -> Packet {
    let spot = |number: u32| Spot { chain: Chain::ALL[number as usize % 2], index: number };
    let previous = |number: u32| Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint { txid: Txid::from_byte_array([number as u8; 32]), vout: number },
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness: Witness::new(),
        }],
        output: vec![TxOut { value: Amount::from_sat(100_000), script_pubkey: wallet.script(spot(number)).unwrap() }],
    };
    let coins = (0..inputs).map(previous).collect::<Vec<_>>();
    let half = Amount::from_sat(49_000 * u64::from(inputs));
    let change = Spot { chain: Chain::Change, index: 9 };
    let somebody = ScriptBuf::new_p2wpkh(&bitcoin::WPubkeyHash::from_byte_array([9; 20]));
    let pay = |script_pubkey| TxOut { value: half, script_pubkey };
    let tx = Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::from_height(800_000).unwrap(),
        input: (coins.iter().map(|coin| TxIn {
            previous_output: OutPoint { txid: coin.compute_txid(), vout: 0 },
            script_sig: ScriptBuf::new(),
            sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
            witness: Witness::new(),
        }))
        .collect(),
        output: vec![pay(somebody), pay(wallet.script(change).unwrap())],
    };
    let mut psbt = Psbt::from_unsigned_tx(tx).unwrap();
    for (number, coin) in coins.into_iter().enumerate() {
        if coin.output[0].script_pubkey.is_witness_program() {
            psbt.inputs[number].witness_utxo = Some(coin.output[0].clone());
        }
        psbt.inputs[number].non_witness_utxo = Some(coin);
        let spot = spot(u32::try_from(number).unwrap());
        psbt.update_input_with_descriptor(number, &wallet.at(spot).unwrap()).unwrap();
    }
    psbt.update_output_with_descriptor(1, &wallet.at(change).unwrap()).unwrap();
    Packet { psbt, version: Version::V0, unknown: Vec::new() }
}
