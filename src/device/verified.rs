//! What a device gave back, until it was held against what was asked (T26).
//!
//! - [`Unverified`] has no way out but the checks: of signatures in a transaction and of Bitcoin's messages here, of
//!   Ethereum's in [`super::ethereum`].

use super::DeviceError;
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::Reviewed;
use crate::treasury::bitcoin::signature::{Seat, verify};
use crate::treasury::proposal::{InputSignature, brought, put};
use bitcoin::bip32::Fingerprint;
use bitcoin::hashes::Hash;
use bitcoin::secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use bitcoin::secp256k1::{Message, PublicKey, Secp256k1};
use bitcoin::sign_message::signed_msg_hash;

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
    /// The reviewed packet with the signatures in it, when they are of the expected seed and [whole](Self::whose).
    pub fn of(self, expected: Fingerprint, reviewed: &Reviewed<'_>) -> Result<Packet, DeviceError> {
        match self.whose(reviewed)? {
            (signer, signed) if signer == expected => Ok(signed),
            (signer, _) => Err(DeviceError::BadSignature(format!("it is of {signer}, not of {expected}"))),
        }
    }

    /// The reviewed packet with the signatures in it, and the seed that they are of. Each has to be over our own sighash
    /// and of a key of the wallet, all of one seed, and they have to cover every input.
    pub fn whose(self, reviewed: &Reviewed<'_>) -> Result<(Fingerprint, Packet), DeviceError> {
        let signatures = self.open();
        let bad = |what: String| DeviceError::BadSignature(what);
        let (packet, wallet) = (reviewed.packet(), reviewed.wallet());
        let mut signed = packet.clone();
        put(&mut signed.psbt, &signatures).map_err(|input| bad(format!("input {input}: it is no signature")))?;
        let by_seat = brought(packet, &signed, wallet).map_err(|error| bad(error.to_string()))?;
        let counted: usize = by_seat.values().map(Vec::len).sum();
        if counted != signatures.len() {
            return Err(bad(format!("{counted} of {} signatures count", signatures.len())));
        }
        let cosigners = wallet.policy().cosigners();
        let mut of = by_seat.keys().map(|place| cosigners.get(*place).map(|cosigner| cosigner.fingerprint));
        let Some(Some(signer)) = of.next() else { return Err(bad("nothing was signed".to_owned())) };
        if !of.all(|other| other == Some(signer)) {
            return Err(bad("it is of several seeds".to_owned()));
        }
        let after = verify(&signed, wallet);
        let ours = (0..).zip(&after.spots).filter(|(_, spot)| spot.is_some()).map(|(input, _)| input);
        let covers = |seat: &Seat| ours.clone().all(|input: usize| seat.inputs.contains(&input));
        match after.cosigners.iter().any(|seat| seat.fingerprint == signer && covers(seat)) {
            true => Ok((signer, signed)),
            false => Err(bad("it does not sign every input".to_owned())),
        }
    }
}

impl Unverified<[u8; 65]> {
    /// The signature of a message, when it leads to the expected key over exactly this text.
    pub fn of(self, expected: &PublicKey, text: &str) -> Result<[u8; 65], DeviceError> {
        match self.whose(text)? {
            (signer, bytes) if signer == *expected => Ok(bytes),
            _ => Err(DeviceError::BadSignature("it leads to another key".to_owned())),
        }
    }

    /// The signature of a message, and the key that it leads to over exactly this text. Its first byte counts from 27, by
    /// fours for what kind of address the key is shown as: that is not signed over, and not believed.
    pub fn whose(self, text: &str) -> Result<(PublicKey, [u8; 65]), DeviceError> {
        let bytes = self.open();
        let bad = |what: &str| DeviceError::BadSignature(what.to_owned());
        let [header @ 27..=42, compact @ ..] = bytes else { return Err(bad("it is no signature of a message")) };
        let signer = || {
            let id = RecoveryId::from_i32(i32::from((header - 27) % 4)).ok()?;
            let signature = RecoverableSignature::from_compact(&compact, id).ok()?;
            let hash = Message::from_digest(signed_msg_hash(text).to_byte_array());
            Secp256k1::verification_only().recover_ecdsa(&hash, &signature).ok()
        };
        signer().map(|signer| (signer, bytes)).ok_or_else(|| bad("it is no signature"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::treasury::bitcoin::example::devices;
    use crate::treasury::bitcoin::review::{Facts, reviewed};
    use crate::treasury::proposal::Slot;
    use bitcoin::hex::FromHex;
    use bitcoin::secp256k1::SecretKey;

    #[test]
    fn signatures_count_when_they_are_the_seeds_and_cover_every_input() {
        let device = devices().remove(0);
        let (wallet, packet) = (device.wallet(), device.packet());
        let (_, passed) = reviewed(&packet, &wallet, &Facts::default());
        let passed = passed.unwrap();
        let given: Vec<InputSignature> = device
            .signatures
            .iter()
            .map(|given| InputSignature {
                input: given.input,
                slot: Slot::Key(given.key.parse().unwrap()),
                signature: Vec::from_hex(&given.signature).unwrap(),
            })
            .collect();
        assert_eq!(given.len(), 2, "one for each input");
        let place = *brought(&packet, &device.signed(), &wallet).unwrap().keys().next().unwrap();
        let seats = wallet.policy().cosigners();
        let (signer, other) = (seats[place].fingerprint, seats[(place + 1) % seats.len()].fingerprint);
        let of = |given: &[InputSignature], signer| Unverified::new(given.to_vec()).of(signer, &passed);
        assert_eq!(of(&given, signer).unwrap().psbt, device.signed().psbt);
        let swapped = [(0, 1), (1, 0)].map(|(input, from)| InputSignature { input, ..given[from].clone() });
        for (bad, signer) in
            [(&given[..], other), (&given[..1], signer), (&given[1..], signer), (&[], signer), (&swapped, signer)]
        {
            assert!(matches!(of(bad, signer), Err(DeviceError::BadSignature(_))), "{bad:?}");
        }
        let beyond = [InputSignature { input: 9, ..given[0].clone() }];
        assert!(matches!(of(&beyond, signer), Err(DeviceError::BadSignature(_))));
    }

    #[test]
    fn a_messages_signature_leads_to_its_key() {
        let secp = Secp256k1::new();
        let [secret, other] = [[7; 32], [8; 32]].map(|bytes| SecretKey::from_slice(&bytes).unwrap());
        let hash = Message::from_digest(signed_msg_hash("hello").to_byte_array());
        let (id, compact) = secp.sign_ecdsa_recoverable(&hash, &secret).serialize_compact();
        let with = |first: u8| {
            let mut bytes = [first; 65];
            bytes[1..].copy_from_slice(&compact);
            bytes
        };
        let id = u8::try_from(id.to_i32()).unwrap();
        let of = |first, key: &SecretKey, text| Unverified::new(with(first)).of(&key.public_key(&secp), text);
        for kind in [27, 31, 35, 39] {
            assert_eq!(of(kind + id, &secret, "hello"), Ok(with(kind + id)));
        }
        for (first, key, text) in
            [(31 + id, &other, "hello"), (31 + id, &secret, "hullo"), (26, &secret, "hello"), (43, &secret, "hello")]
        {
            assert!(matches!(of(first, key, text), Err(DeviceError::BadSignature(_))));
        }
        assert!(of(31 + (id ^ 1), &secret, "hello").is_err());
    }
}
