//! The values of a PSBT's fields, each read by its own rule and within the limits of the whole.
//!
//! Curve points cost the most to read, so each different one is read once, and there may be so many and no more.

use super::raw::{Field, compact, take};
use super::{LONGEST_PATH, MOST_LEAVES, MOST_POINTS, PacketError, Place};
use bitcoin::bip32::{ChildNumber, DerivationPath, Fingerprint, KeySource, Xpub};
use bitcoin::consensus::{Decodable, deserialize};
use bitcoin::hashes::Hash;
use bitcoin::key::XOnlyPublicKey;
use bitcoin::taproot::{
    self, ControlBlock, LeafVersion, TapLeafHash, TapNodeHash, TapTree, TaprootBuilder, TaprootMerkleBranch,
};
use bitcoin::{PublicKey, ScriptBuf, ecdsa, secp256k1};
use std::collections::HashMap;

/// What is left of the limits of a whole PSBT, and the points that were read already.
#[derive(Default)]
pub(super) struct Budget<'a> {
    points: usize,
    leaves: usize,
    full: HashMap<&'a [u8], secp256k1::PublicKey>,
    x_only: HashMap<&'a [u8], XOnlyPublicKey>,
}

impl<'a> Budget<'a> {
    fn point(&mut self) -> Result<(), PacketError> {
        self.points = self.points.saturating_add(1);
        if self.points > MOST_POINTS { Err(PacketError::Points) } else { Ok(()) }
    }

    /// A public key in 33 or 65 bytes.
    fn key(&mut self, at: At<'a>, bytes: &'a [u8]) -> Result<secp256k1::PublicKey, PacketError> {
        if let Some(key) = self.full.get(bytes) {
            return Ok(*key);
        }
        self.point()?;
        let key = match bytes.first() {
            Some(2..=4) => secp256k1::PublicKey::from_slice(bytes).map_err(|_| at.key()),
            _ => Err(at.key()),
        }?;
        self.full.insert(bytes, key);
        Ok(key)
    }

    /// A public key's x coordinate.
    fn x_only(&mut self, bytes: &'a [u8], error: PacketError) -> Result<XOnlyPublicKey, PacketError> {
        if let Some(key) = self.x_only.get(bytes) {
            return Ok(*key);
        }
        self.point()?;
        let key = XOnlyPublicKey::from_slice(bytes).map_err(|_| error)?;
        self.x_only.insert(bytes, key);
        Ok(key)
    }
}

/// A field where it stands.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub place: Place,
    pub field: Field<'a>,
}

impl<'a> At<'a> {
    /// Its key is not as it has to be.
    fn key(&self) -> PacketError {
        PacketError::Key { place: self.place, kind: self.field.kind }
    }

    /// Its value is none.
    pub fn bad(&self, why: &'static str) -> PacketError {
        PacketError::Value { place: self.place, kind: self.field.kind, why }
    }

    /// The value of a field whose key has no data.
    pub fn plain(&self) -> Result<&'a [u8], PacketError> {
        if self.field.key.is_empty() { Ok(self.field.value) } else { Err(self.key()) }
    }

    fn array<const N: usize>(&self, why: &'static str) -> Result<[u8; N], PacketError> {
        self.plain()?.try_into().map_err(|_| self.bad(why))
    }

    pub fn u32(&self) -> Result<u32, PacketError> {
        self.array("is not four bytes long").map(u32::from_le_bytes)
    }

    pub fn u64(&self) -> Result<u64, PacketError> {
        self.array("is not eight bytes long").map(u64::from_le_bytes)
    }

    /// A compact size that is the whole value.
    pub fn count(&self) -> Result<u64, PacketError> {
        let mut left = self.plain()?;
        let count = compact(&mut left, self.place)?;
        if left.is_empty() { Ok(count) } else { Err(self.bad("is longer than a count")) }
    }

    /// Anything that rust-bitcoin decodes from consensus encoding, whole.
    pub fn consensus<T: Decodable>(&self, why: &'static str) -> Result<T, PacketError> {
        deserialize(self.plain()?).map_err(|_| self.bad(why))
    }

    pub fn script(&self) -> Result<ScriptBuf, PacketError> {
        Ok(ScriptBuf::from(self.plain()?.to_vec()))
    }

    pub fn hash<H: Hash<Bytes = [u8; 32]>>(&self) -> Result<H, PacketError> {
        self.array("is not 32 bytes long").map(H::from_byte_array)
    }

    /// The hash in the key of a preimage, which the value must have.
    pub fn preimage<H: Hash>(&self) -> Result<(H, Vec<u8>), PacketError> {
        let hash = H::from_slice(self.field.key).map_err(|_| self.key())?;
        if <H as Hash>::hash(self.field.value) != hash {
            return Err(self.bad("does not have its hash"));
        }
        Ok((hash, self.field.value.to_vec()))
    }

    /// A derivation: the key, the seed's fingerprint and the path from there.
    pub fn derivation(&self, budget: &mut Budget<'a>) -> Result<(secp256k1::PublicKey, KeySource), PacketError> {
        Ok((budget.key(*self, self.field.key)?, self.source(self.field.value)?))
    }

    fn source(&self, bytes: &[u8]) -> Result<KeySource, PacketError> {
        let (fingerprint, path) =
            bytes.split_first_chunk::<4>().ok_or_else(|| self.bad("is shorter than a fingerprint"))?;
        let (steps, rest) = path.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(self.bad("has a path that ends within a step"));
        }
        if steps.len() > LONGEST_PATH {
            return Err(self.bad("has a path longer than a key can be deep"));
        }
        let path = steps.iter().map(|step| ChildNumber::from(u32::from_le_bytes(*step))).collect::<Vec<_>>();
        Ok((Fingerprint::from(fingerprint), DerivationPath::from(path)))
    }

    /// An xpub and where it comes from.
    pub fn xpub(&self, budget: &mut Budget<'a>) -> Result<(Xpub, KeySource), PacketError> {
        budget.point()?;
        let xpub = Xpub::decode(self.field.key).map_err(|_| self.key())?;
        Ok((xpub, self.source(self.field.value)?))
    }

    /// An ECDSA signature and its key.
    pub fn signature(&self, budget: &mut Budget<'a>) -> Result<(PublicKey, ecdsa::Signature), PacketError> {
        let inner = budget.key(*self, self.field.key)?;
        let key = PublicKey { compressed: self.field.key.len() == 33, inner };
        let signature =
            ecdsa::Signature::from_slice(self.field.value).map_err(|_| self.bad("is no signature of a known kind"))?;
        Ok((key, signature))
    }

    /// A Schnorr signature.
    pub fn schnorr(&self, bytes: &[u8]) -> Result<taproot::Signature, PacketError> {
        taproot::Signature::from_slice(bytes).map_err(|_| self.bad("is no signature of a known kind"))
    }

    /// The key and the leaf that a script signature is for.
    pub fn leaf_key(&self, budget: &mut Budget<'a>) -> Result<(XOnlyPublicKey, TapLeafHash), PacketError> {
        let (key, leaf) = self.field.key.split_at_checked(32).ok_or_else(|| self.key())?;
        let leaf = TapLeafHash::from_slice(leaf).map_err(|_| self.key())?;
        Ok((budget.x_only(key, self.key())?, leaf))
    }

    /// A key that is the whole value.
    pub fn internal_key(&self, budget: &mut Budget<'a>) -> Result<XOnlyPublicKey, PacketError> {
        budget.x_only(self.plain()?, self.bad("is no public key"))
    }

    /// A leaf with the proof that it is in the tree.
    pub fn leaf(&self, budget: &mut Budget<'a>) -> Result<(ControlBlock, (ScriptBuf, LeafVersion)), PacketError> {
        let none = || self.key();
        let (first, rest) = self.field.key.split_first().ok_or_else(none)?;
        let (internal, branch) = rest.split_at_checked(32).ok_or_else(none)?;
        let block = ControlBlock {
            leaf_version: LeafVersion::from_consensus(first & 0xfe).map_err(|_| none())?,
            output_key_parity: secp256k1::Parity::from_u8(first & 1).map_err(|_| none())?,
            internal_key: budget.x_only(internal, self.key())?,
            merkle_branch: TaprootMerkleBranch::decode(branch).map_err(|_| none())?,
        };
        let (version, script) = self.field.value.split_last().ok_or_else(|| self.bad("is empty"))?;
        let version = LeafVersion::from_consensus(*version).map_err(|_| self.bad("is of no known leaf version"))?;
        Ok((block, (ScriptBuf::from(script.to_vec()), version)))
    }

    /// A derivation of a key in taproot, and the leaves that it is in.
    pub fn tap_derivation(
        &self,
        budget: &mut Budget<'a>,
    ) -> Result<(XOnlyPublicKey, (Vec<TapLeafHash>, KeySource)), PacketError> {
        let key = budget.x_only(self.field.key, self.key())?;
        let mut left = self.field.value;
        let count = compact(&mut left, self.place)?;
        let leaves = take(&mut left, count.saturating_mul(32), self.place)?;
        let (leaves, _) = leaves.as_chunks::<32>();
        let leaves = leaves.iter().map(|leaf| TapLeafHash::from_byte_array(*leaf)).collect();
        Ok((key, (leaves, self.source(left)?)))
    }

    /// A tree of scripts, told leaf by leaf.
    pub fn tree(&self, budget: &mut Budget<'a>) -> Result<TapTree, PacketError> {
        let mut left = self.plain()?;
        let mut builder = TaprootBuilder::new();
        while let Some(([depth, version], rest)) = left.split_first_chunk::<2>() {
            left = rest;
            budget.leaves = budget.leaves.saturating_add(1);
            if budget.leaves > MOST_LEAVES {
                return Err(PacketError::Leaves);
            }
            let length = compact(&mut left, self.place)?;
            let script = ScriptBuf::from(take(&mut left, length, self.place)?.to_vec());
            let version = LeafVersion::from_consensus(*version).map_err(|_| self.bad("is of no known leaf version"))?;
            builder = builder.add_leaf_with_ver(*depth, script, version).map_err(|_| self.bad("is no tree"))?;
        }
        let tree = TapTree::try_from(builder).map_err(|_| self.bad("is no whole tree"))?;
        if left.is_empty() { Ok(tree) } else { Err(self.bad("ends within a leaf")) }
    }

    pub fn merkle_root(&self) -> Result<TapNodeHash, PacketError> {
        self.hash()
    }
}
