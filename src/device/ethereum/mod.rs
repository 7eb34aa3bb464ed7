//! What devices sign for Ethereum, and what they give back.
//!
//! - What is signed is held as what it means; the bytes and the hash that a signature is over are made from that, here, and
//!   a signature counts when it leads back to the account that was expected.

pub mod typed_data;

pub use typed_data::TypedData;

use super::{DeviceError, Unverified};
use alloy_consensus::{SignableTransaction, TxEip1559, TxLegacy};
use alloy_primitives::{Address, B256, eip191_hash_message};
use alloy_rlp::Decodable;
use bitcoin::secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use bitcoin::secp256k1::{Message, PublicKey, Secp256k1};

/// An account on a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its address.
    pub address: Address,
    /// Its public key, where the device tells it.
    pub public_key: Option<PublicKey>,
    /// Its chain code, where the device tells it.
    pub chain_code: Option<[u8; 32]>,
}

/// A transaction of one of the two kinds that devices sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transaction {
    /// With a gas price (EIP-155).
    Legacy(TxLegacy),
    /// With a fee market (EIP-1559).
    Eip1559(TxEip1559),
}

impl Transaction {
    /// What is hashed and signed: its RLP, with the type's byte where it has one.
    pub fn encoded(&self) -> Vec<u8> {
        match self {
            Self::Legacy(transaction) => transaction.encoded_for_signing(),
            Self::Eip1559(transaction) => transaction.encoded_for_signing(),
        }
    }

    /// Reads what is hashed and signed; whatever follows it is refused.
    pub fn decode(bytes: &[u8]) -> Result<Self, DeviceError> {
        let unfit = |what: &str| DeviceError::Unfit(format!("it is no unsigned transaction: {what}"));
        let mut rest = bytes;
        let transaction = match rest.split_first() {
            Some((2, after)) => {
                rest = after;
                TxEip1559::decode(&mut rest).map(Self::Eip1559)
            }
            Some((0xc0.., _)) => TxLegacy::decode(&mut rest).map(Self::Legacy),
            _ => return Err(unfit("neither a legacy one nor one of EIP-1559")),
        };
        let transaction = transaction.map_err(|error| unfit(&error.to_string()))?;
        match rest.is_empty() && transaction.encoded() == bytes {
            true => Ok(transaction),
            false => Err(unfit("it has more than it should")),
        }
    }

    /// Whether it calls a contract, or makes one.
    pub fn calls(&self) -> bool {
        match self {
            Self::Legacy(transaction) => !transaction.input.is_empty() || transaction.to.is_create(),
            Self::Eip1559(transaction) => !transaction.input.is_empty() || transaction.to.is_create(),
        }
    }

    /// What its signature is over.
    pub fn hash(&self) -> B256 {
        match self {
            Self::Legacy(transaction) => transaction.signature_hash(),
            Self::Eip1559(transaction) => transaction.signature_hash(),
        }
    }
}

/// How typed data comes to the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Every field, so that the device can show it.
    Full,
    /// Two hashes.
    Hashes,
}

/// What a device may sign.
#[derive(Clone, Debug, PartialEq)]
pub enum Signable {
    /// A text or bytes (EIP-191).
    Message(Vec<u8>),
    /// A transaction.
    Transaction(Box<Transaction>),
    /// Typed data (EIP-712).
    TypedData(Box<TypedData>, Mode),
}

impl Signable {
    /// The hash that the signature is over.
    pub fn hash(&self) -> Result<B256, DeviceError> {
        match self {
            Self::Message(bytes) => Ok(eip191_hash_message(bytes)),
            Self::Transaction(transaction) => Ok(transaction.hash()),
            Self::TypedData(data, _) => {
                data.eip712_signing_hash().map_err(|error| typed_data::no_sense(&error.to_string()))
            }
        }
    }
}

/// A signature, with which of the two keys that it fits is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// r.
    pub r: [u8; 32],
    /// s.
    pub s: [u8; 32],
    /// Whether the point's y is odd.
    pub odd: bool,
}

impl Signature {
    /// Who signed a hash.
    pub fn signer(&self, hash: &B256) -> Option<Address> {
        let mut compact = [0; 64];
        compact.iter_mut().zip(self.r.iter().chain(&self.s)).for_each(|(to, from)| *to = *from);
        let id = RecoveryId::from_i32(i32::from(self.odd)).ok()?;
        let signature = RecoverableSignature::from_compact(&compact, id).ok()?;
        let key = Secp256k1::verification_only().recover_ecdsa(&Message::from_digest(hash.0), &signature).ok()?;
        let [_, point @ ..] = key.serialize_uncompressed();
        Some(Address::from_raw_public_key(&point))
    }

    /// The 65 bytes that messages and typed data have: r, s, and 27 or 28.
    pub fn bytes(&self) -> [u8; 65] {
        let mut bytes = [0; 65];
        let v = [27 + u8::from(self.odd)];
        bytes.iter_mut().zip(self.r.iter().chain(&self.s).chain(&v)).for_each(|(to, from)| *to = *from);
        bytes
    }
}

impl Unverified<Signature> {
    /// The signature, when it is the expected account's over exactly this (T26).
    pub fn of(self, expected: Address, what: &Signable) -> Result<Signature, DeviceError> {
        let signature = self.open();
        match signature.signer(&what.hash()?) {
            Some(signer) if signer == expected => Ok(signature),
            Some(signer) => Err(DeviceError::BadSignature(format!("it leads to {signer}, not to {expected}"))),
            None => Err(DeviceError::BadSignature("it is no signature".to_owned())),
        }
    }
}
