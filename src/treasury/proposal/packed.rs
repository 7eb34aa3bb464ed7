//! PSBTs and signatures as they stand in entries, and the way between the two.
//!
//! - A packet in an entry carries no signatures: they come one seat at a time, each in an entry of its own, and a packet
//!   with all of them is put together whenever one is needed.
//! - What is taken from a packet is every signature in it; whether one counts is not decided here.

use crate::treasury::bitcoin::psbt::{Packet, PacketError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bitcoin::hex::{DisplayHex, FromHex};
use bitcoin::taproot::TapLeafHash;
use bitcoin::{Psbt, PublicKey, XOnlyPublicKey, ecdsa, taproot};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A PSBT as text: base64 of its binary form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PackedPacket(String);

impl PackedPacket {
    /// Packs a packet.
    pub fn pack(packet: &Packet) -> Self {
        Self(STANDARD.encode(packet.psbt.serialize()))
    }

    /// Reads it again.
    pub fn unpack(&self) -> Result<Packet, PacketError> {
        let bytes = STANDARD.decode(&self.0).map_err(|_| PacketError::NotPsbt)?;
        Packet::read(&bytes)
    }
}

/// Where in an input a signature belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// Under a key, in a script or alone.
    Key(PublicKey),
    /// The key path of a taproot output.
    TaprootKey,
    /// Under a key in a leaf of a taproot output.
    TaprootLeaf {
        /// The key.
        key: XOnlyPublicKey,
        /// The leaf.
        leaf: TapLeafHash,
    },
}

/// One signature of one input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InputSignature {
    /// Which input, from 0.
    pub input: usize,
    /// Where it belongs.
    pub slot: Slot,
    /// The signature with its sighash byte, as a PSBT has it.
    #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
    pub signature: Vec<u8>,
}

fn to_hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&bytes.as_hex())
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    FromHex::from_hex(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// Takes every signature out of a packet. What is left is what can be proposed.
pub fn take(psbt: &mut Psbt) -> Vec<InputSignature> {
    let mut taken = Vec::new();
    for (input, map) in psbt.inputs.iter_mut().enumerate() {
        let mut add = |slot, signature| taken.push(InputSignature { input, slot, signature });
        for (key, signature) in std::mem::take(&mut map.partial_sigs) {
            add(Slot::Key(key), signature.to_vec());
        }
        if let Some(signature) = map.tap_key_sig.take() {
            add(Slot::TaprootKey, signature.to_vec());
        }
        for ((key, leaf), signature) in std::mem::take(&mut map.tap_script_sigs) {
            add(Slot::TaprootLeaf { key, leaf }, signature.to_vec());
        }
    }
    taken
}

/// Puts signatures into a packet; says which could not be put there because it is none, or belongs nowhere.
pub fn put<'a>(psbt: &mut Psbt, signatures: impl IntoIterator<Item = &'a InputSignature>) -> Result<(), usize> {
    for InputSignature { input, slot, signature } in signatures {
        let map = psbt.inputs.get_mut(*input).ok_or(*input)?;
        match slot {
            Slot::Key(key) => {
                let signature = ecdsa::Signature::from_slice(signature).map_err(|_| *input)?;
                map.partial_sigs.insert(*key, signature);
            }
            Slot::TaprootKey => {
                map.tap_key_sig = Some(taproot::Signature::from_slice(signature).map_err(|_| *input)?);
            }
            Slot::TaprootLeaf { key, leaf } => {
                let signature = taproot::Signature::from_slice(signature).map_err(|_| *input)?;
                map.tap_script_sigs.insert((*key, *leaf), signature);
            }
        }
    }
    Ok(())
}
