//! What tests of this room share: PSBTs that real devices signed.

use super::psbt::Packet;
use super::wallet::Wallet;
use bitcoin::hex::FromHex;
use bitcoin::{Network, PublicKey, TapSighashType, XOnlyPublicKey, ecdsa, taproot};
use serde::Deserialize;

/// What a device was given and what it gave back.
#[derive(Clone, Debug, Deserialize)]
pub struct Device {
    pub name: String,
    pub descriptor: String,
    pub txid: String,
    v0: String,
    pub v2: Option<String>,
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
