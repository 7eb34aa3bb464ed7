//! PSBTs and signatures as they stand in entries, and the way between the two.
//!
//! - A packet in an entry carries no signatures: they come one seat at a time, each in an entry of its own, and a packet
//!   with all of them is put together whenever one is needed.
//! - What is taken from a packet is every signature in it; whether one counts is not decided here.

use crate::treasury::bitcoin::psbt::{CombineError, Packet, PacketError, combine};
use crate::treasury::bitcoin::signature;
use crate::treasury::bitcoin::wallet::{Spot, Wallet};
use bitcoin::hex::{DisplayHex, FromHex};
use bitcoin::secp256k1::Secp256k1;
use bitcoin::taproot::TapLeafHash;
use bitcoin::{Psbt, PublicKey, XOnlyPublicKey, ecdsa, taproot};
use miniscript::ForEachKey;
use miniscript::descriptor::DescriptorPublicKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// A PSBT as text: base64 of its binary form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PackedPacket(String);

impl PackedPacket {
    /// Packs a packet.
    pub fn pack(packet: &Packet) -> Self {
        Self(packet.base64(packet.version))
    }

    /// Reads it again.
    pub fn unpack(&self) -> Result<Packet, PacketError> {
        Packet::read(self.0.as_bytes())
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

/// Takes every signature out of a packet, as far as it is not final yet.
fn take(psbt: &mut Psbt) -> Vec<InputSignature> {
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

/// The new signatures of a packet that came back, each verified, by the place of the key in the wallet's policy.
///
/// `ours` is what is known so far, signatures included; the packet that came back has to be the same in everything else.
pub fn brought(
    ours: &Packet,
    theirs: &Packet,
    wallet: &Wallet,
) -> Result<BTreeMap<usize, Vec<InputSignature>>, CombineError> {
    let mut both = ours.clone();
    let taken = combine(&mut both, theirs, wallet)?;
    let known: BTreeSet<_> = take(&mut ours.psbt.clone()).into_iter().collect();
    let new = take(&mut both.psbt.clone()).into_iter().filter(|signature| !known.contains(signature));
    let spots = signature::verify(&both.bare(), wallet).spots;
    let mut by_seat: BTreeMap<usize, Vec<InputSignature>> = BTreeMap::new();
    for signature in new {
        let here = taken.iter().filter(|taken| taken.input == signature.input).map(|taken| taken.cosigner);
        let here: BTreeSet<usize> = here.collect();
        let spot = spots.get(signature.input).copied().flatten();
        let owner = match (here.first(), here.len()) {
            (Some(only), 1) => Some(*only),
            _ => spot.and_then(|spot| owner(wallet, spot, signature.slot)).filter(|place| here.contains(place)),
        };
        if let Some(place) = owner {
            by_seat.entry(place).or_default().push(signature);
        }
    }
    Ok(by_seat)
}

/// Whose a key at a spot is: a place in the policy's cosigners, which stand in the order of the descriptor.
fn owner(wallet: &Wallet, spot: Spot, slot: Slot) -> Option<usize> {
    let keys = wallet.policy().cosigners();
    let secp = Secp256k1::verification_only();
    let (mut place, mut found) = (0_usize, None);
    wallet.at(spot)?.for_each_key(|key| {
        let DescriptorPublicKey::XPub(xpub) = key.as_descriptor_public_key() else { return true };
        // A key that nobody can know is no cosigner.
        if keys.iter().any(|known| known.xpub == xpub.xkey) {
            let Ok(own) = key.derive_public_key(&secp) else { return true };
            let same = match slot {
                Slot::Key(key) => key == own,
                Slot::TaprootLeaf { key, .. } => own.inner.x_only_public_key().0 == key,
                Slot::TaprootKey => false,
            };
            if same {
                found.get_or_insert(place);
            }
            place = place.saturating_add(1);
        }
        true
    });
    found
}
