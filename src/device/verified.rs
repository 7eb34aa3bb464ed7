//! What a device gave back, until it was held against what was asked (T26).
//!
//! - [`Unverified`] has no way out but the checks: of signatures in a transaction here, of Ethereum's in
//!   [`super::ethereum`].

use super::DeviceError;
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::Reviewed;
use crate::treasury::proposal::{InputSignature, brought, put};
use bitcoin::bip32::Fingerprint;
use bitcoin::hashes::Hash;
use bitcoin::secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use bitcoin::secp256k1::{Message, PublicKey, Secp256k1};

/// Something that came from a device and was not checked yet.
#[derive(Clone, Debug)]
#[must_use]
pub struct Unverified<T>(T);

impl<T> Unverified<T> {
    /// What a device said.
    pub(super) fn new(said: T) -> Self {
        Self(said)
    }

    pub(super) fn open(self) -> T {
        self.0
    }
}

impl Unverified<Vec<InputSignature>> {
    /// The reviewed packet with the signatures in it, and whose they are: each has to be over our own sighash, of a key of
    /// the wallet, and all of one seed, which is the expected one where it is known before.
    pub fn of(
        self,
        expected: Option<Fingerprint>,
        reviewed: &Reviewed<'_>,
    ) -> Result<(Fingerprint, Packet), DeviceError> {
        let signatures = self.open();
        let bad = |what: String| DeviceError::BadSignature(what);
        let mut signed = reviewed.packet().clone();
        put(&mut signed.psbt, &signatures).map_err(|input| bad(format!("input {input}: it is no signature")))?;
        let by_seat = brought(reviewed.packet(), &signed, reviewed.wallet()).map_err(|error| bad(error.to_string()))?;
        let counted: usize = by_seat.values().map(Vec::len).sum();
        if counted != signatures.len() {
            return Err(bad(format!("{counted} of {} signatures count", signatures.len())));
        }
        let cosigners = reviewed.wallet().policy().cosigners();
        let mut of = by_seat.keys().map(|place| cosigners.get(*place).map(|cosigner| cosigner.fingerprint));
        let Some(Some(signer)) = of.next() else { return Err(bad("nothing was signed".to_owned())) };
        match expected.unwrap_or(signer) {
            wanted if wanted == signer && of.all(|other| other == Some(wanted)) => Ok((signer, signed)),
            wanted => Err(bad(format!("it is not of {wanted} alone"))),
        }
    }
}

/// A signed message: its 65 bytes, and the key that they lead back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedMessage {
    /// A byte that says which key and which kind of address, and the signature (BIP-137).
    pub bytes: [u8; 65],
    /// Whose it is.
    pub key: PublicKey,
}

impl Unverified<[u8; 65]> {
    /// The signature, when it leads to a key at all. Whose key it has to be is for whoever knows the address.
    pub fn over(self, text: &str) -> Result<SignedMessage, DeviceError> {
        let bytes = self.open();
        let hash = bitcoin::sign_message::signed_msg_hash(text);
        let [header, rest @ ..] = bytes;
        let id = RecoveryId::from_i32(i32::from(header.wrapping_sub(27) & 3)).ok();
        let signature = id.and_then(|id| RecoverableSignature::from_compact(&rest, id).ok());
        let message = Message::from_digest(hash.to_byte_array());
        let secp = Secp256k1::verification_only();
        match signature.and_then(|signature| secp.recover_ecdsa(&message, &signature).ok()) {
            Some(key) if (27..=42).contains(&header) => Ok(SignedMessage { bytes, key }),
            _ => Err(DeviceError::BadSignature("it is no signature of that text".to_owned())),
        }
    }
}
