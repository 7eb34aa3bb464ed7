//! Who says no: a rejection is signed by an identity key of the person's own desk, so that nobody who passes it on can
//! make one up.
//!
//! - An identity is an Ed25519 key (RFC 8032). It moves no money: all it can do is refuse in the name of a seat.
//! - A seat is claimed by the first identity that speaks for it; from then on no other does, until the policy changes.

use super::{ProposalId, SeatId};
use alloy_primitives::Address;
use bitcoin::hex::{DisplayHex, FromHex};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The public half of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity([u8; 32]);

/// A signature by an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentitySignature([u8; 64]);

/// The secret half of an identity.
pub struct IdentityKey {
    pair: Ed25519KeyPair,
}

/// A seed that makes no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an identity key")]
pub struct NoKey;

/// What is signed to refuse: the proposal's id, the seat, and the reason, each in its own line.
fn refusal(proposal: ProposalId, seat: SeatId, reason: &str) -> String {
    format!("exchequer rejects\n{proposal}\n{} {}\n{reason}", seat.place, seat.fingerprint)
}

/// The same for an owner of a Safe.
fn owners_refusal(proposal: ProposalId, owner: Address, reason: &str) -> String {
    format!("exchequer rejects\n{proposal}\n{}\n{reason}", owner.to_checksum(None))
}

impl Identity {
    /// Whether it was this identity that refused.
    pub fn has_refused(&self, proposal: ProposalId, seat: SeatId, reason: &str, signature: &IdentitySignature) -> bool {
        self.has_signed(&refusal(proposal, seat, reason), signature)
    }

    /// Whether it was this identity that refused in the name of an owner of a Safe.
    pub fn has_refused_for(
        &self,
        proposal: ProposalId,
        owner: Address,
        reason: &str,
        signature: &IdentitySignature,
    ) -> bool {
        self.has_signed(&owners_refusal(proposal, owner, reason), signature)
    }

    fn has_signed(&self, text: &str, signature: &IdentitySignature) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(text.as_bytes(), &signature.0).is_ok()
    }
}

impl IdentityKey {
    /// The key of a seed: 32 bytes that nobody can guess.
    pub fn of(seed: &[u8; 32]) -> Result<Self, NoKey> {
        Ed25519KeyPair::from_seed_unchecked(seed).map(|pair| Self { pair }).map_err(|_| NoKey)
    }

    /// The public half.
    pub fn identity(&self) -> Identity {
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(self.pair.public_key().as_ref()).for_each(|(to, from)| *to = *from);
        Identity(bytes)
    }

    /// Refuses a proposal in the name of a seat.
    pub fn refuse(&self, proposal: ProposalId, seat: SeatId, reason: &str) -> IdentitySignature {
        self.sign(&refusal(proposal, seat, reason))
    }

    /// Refuses a proposal in the name of an owner of a Safe.
    pub fn refuse_for(&self, proposal: ProposalId, owner: Address, reason: &str) -> IdentitySignature {
        self.sign(&owners_refusal(proposal, owner, reason))
    }

    fn sign(&self, text: &str) -> IdentitySignature {
        let mut bytes = [0; 64];
        let signature = self.pair.sign(text.as_bytes());
        bytes.iter_mut().zip(signature.as_ref()).for_each(|(to, from)| *to = *from);
        IdentitySignature(bytes)
    }
}

impl fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityKey").field("identity", &self.identity()).finish_non_exhaustive()
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_hex())
    }
}

macro_rules! as_hex {
    ($($bytes:ident),*) => {$(
        impl Serialize for $bytes {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0.as_hex())
            }
        }

        impl<'de> Deserialize<'de> for $bytes {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                FromHex::from_hex(&text).map(Self).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_hex!(Identity, IdentitySignature);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_of_one_proposal_one_seat_and_one_reason() {
        let (key, other) = (IdentityKey::of(&[1; 32]).unwrap(), IdentityKey::of(&[2; 32]).unwrap());
        let (proposal, seat) = (ProposalId([1; 32]), SeatId { place: 0, fingerprint: [1, 2, 3, 4].into() });
        let signature = key.refuse(proposal, seat, "no");
        let identity = key.identity();
        assert!(identity.has_refused(proposal, seat, "no", &signature));
        assert!(!identity.has_refused(ProposalId([2; 32]), seat, "no", &signature));
        assert!(!identity.has_refused(proposal, SeatId { place: 1, ..seat }, "no", &signature));
        assert!(!identity.has_refused(proposal, seat, "yes", &signature));
        assert!(!other.identity().has_refused(proposal, seat, "no", &signature));
        for bit in 0..512 {
            let mut changed = signature;
            changed.0[bit / 8] ^= 1 << (bit % 8);
            assert!(!identity.has_refused(proposal, seat, "no", &changed), "bit {bit}");
        }
    }

    #[test]
    fn a_key_does_not_tell_its_secret() {
        let shown = format!("{:?}", IdentityKey::of(&[7; 32]).unwrap());
        assert!(shown.contains("identity") && !shown.contains("0707") && !shown.contains("7, 7"), "{shown}");
    }
}
