//! Keys that everybody knows, and what a device makes with them.
//!
//! - The words of the demo stand here for all to read: money sent to them belongs to whoever comes first.
//! - Signatures are deterministic (RFC 6979, low S, no grinding; BIP-340 without extra randomness): a device that is asked
//!   twice gives the same bytes, as the recorded ones did.
//!
//! BIP-39: <https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki>,
//! SLIP-21: <https://github.com/satoshilabs/slips/blob/master/slip-0021.md>

use alloy_primitives::Address;
use bitcoin::bip32::{ChildNumber, DerivationPath, Fingerprint, Xpriv, Xpub};
use bitcoin::hashes::{Hash, HashEngine, Hmac, HmacEngine, sha256, sha512};
use bitcoin::key::{Keypair, TapTweak};
use bitcoin::secp256k1::{All, Message, PublicKey, Secp256k1, SecretKey, ecdsa, schnorr};
use bitcoin::taproot::TapNodeHash;
use bitcoin::{Network, NetworkKind};
use ring::pbkdf2;
use std::num::NonZeroU32;

/// The words of the demo's Ledger. No secret: never send money to them.
pub const DEMO_LEDGER: &str = "mosquito reject deal diagram false input ticket tragic cattle motor cement sail";

/// The words of the demo's Trezor. No secret: never send money to them.
pub const DEMO_TREZOR: &str = "pulp swap about cargo ordinary pole where produce voyage result yellow hamster";

/// How often BIP-39 hashes.
const ROUNDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(2047);

/// A device's keys, with one passphrase.
pub struct Keys {
    seed: [u8; 64],
    master: Xpriv,
    secp: Secp256k1<All>,
}

impl Keys {
    /// The keys of some words; none for the words in 2^128 that make no key.
    pub fn new(words: &str, passphrase: &str) -> Option<Self> {
        let salt = format!("mnemonic{passphrase}");
        let mut seed = [0; 64];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, ROUNDS, salt.as_bytes(), words.as_bytes(), &mut seed);
        let master = Xpriv::new_master(Network::Bitcoin, &seed).ok()?;
        Some(Self { seed, master, secp: Secp256k1::new() })
    }

    pub fn secp(&self) -> &Secp256k1<All> {
        &self.secp
    }

    pub fn fingerprint(&self) -> Fingerprint {
        self.master.fingerprint(&self.secp)
    }

    fn node(&self, path: &[u32]) -> Option<Xpriv> {
        let path: DerivationPath = path.iter().map(|number| ChildNumber::from(*number)).collect();
        self.master.derive_priv(&self.secp, &path).ok()
    }

    /// The extended public key at a path.
    pub fn xpub(&self, path: &[u32], network: NetworkKind) -> Option<Xpub> {
        let mut xpub = Xpub::from_priv(&self.secp, &self.node(path)?);
        xpub.network = network;
        Some(xpub)
    }

    fn private(&self, path: &[u32]) -> Option<SecretKey> {
        Some(self.node(path)?.private_key)
    }

    /// The public key at a path.
    pub fn public(&self, path: &[u32]) -> Option<PublicKey> {
        Some(self.private(path)?.public_key(&self.secp))
    }

    /// The Ethereum address of the key at a path.
    pub fn ethereum(&self, path: &[u32]) -> Option<String> {
        let key = self.public(path)?.serialize_uncompressed();
        Some(Address::from_raw_public_key(key.get(1..)?).to_checksum(None))
    }

    /// The chain code at a path.
    pub fn chain_code(&self, path: &[u32]) -> Option<[u8; 32]> {
        Some(self.node(path)?.chain_code.to_bytes())
    }

    /// Signs 32 bytes with the key at a path.
    pub fn ecdsa(&self, path: &[u32], digest: [u8; 32]) -> Option<ecdsa::Signature> {
        Some(self.secp.sign_ecdsa(&Message::from_digest(digest), &self.private(path)?))
    }

    /// Signs 32 bytes so that the key can be recovered: the key's number among four, and 64 bytes.
    pub fn recoverable(&self, path: &[u32], digest: [u8; 32]) -> Option<(u8, [u8; 64])> {
        let signed = self.secp.sign_ecdsa_recoverable(&Message::from_digest(digest), &self.private(path)?);
        let (number, bytes) = signed.serialize_compact();
        Some((u8::try_from(number.to_i32()).ok()?, bytes))
    }

    /// Signs 32 bytes with the key at a path as taproot's key path wants it.
    pub fn taproot(&self, path: &[u32], root: Option<TapNodeHash>, digest: [u8; 32]) -> Option<schnorr::Signature> {
        let pair = Keypair::from_secret_key(&self.secp, &self.private(path)?);
        let tweaked = pair.tap_tweak(&self.secp, root).to_keypair();
        Some(self.secp.sign_schnorr_no_aux_rand(&Message::from_digest(digest), &tweaked))
    }

    /// The key that SLIP-21 makes of some labels.
    pub fn symmetric(&self, labels: &[&str]) -> [u8; 32] {
        let hmac = |key: &[u8], parts: &[&[u8]]| {
            let mut engine = HmacEngine::<sha512::Hash>::new(key);
            parts.iter().for_each(|part| engine.input(part));
            let both = Hmac::from_engine(engine).to_byte_array();
            let (mut chain, mut key) = ([0; 32], [0; 32]);
            for (place, byte) in chain.iter_mut().chain(&mut key).zip(both) {
                *place = byte;
            }
            (chain, key)
        };
        let master = hmac(b"Symmetric key seed", &[&self.seed]);
        labels.iter().fold(master, |(chain, _), label| hmac(&chain, &[&[0], label.as_bytes()])).1
    }
}

/// HMAC-SHA256.
pub fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut engine = HmacEngine::<sha256::Hash>::new(key);
    parts.iter().for_each(|part| engine.input(part));
    Hmac::from_engine(engine).to_byte_array()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_keys_are_made_of_their_words_as_everybody_makes_them() {
        for words in [DEMO_LEDGER, DEMO_TREZOR] {
            let checked = bip39::Mnemonic::parse(words).unwrap();
            assert_eq!(Keys::new(words, "").unwrap().seed, checked.to_seed_normalized(""));
            assert_eq!(Keys::new(words, "x").unwrap().seed, checked.to_seed_normalized("x"));
        }
    }

    #[test]
    fn signatures_are_the_same_twice_and_of_the_key() {
        let keys = Keys::new(DEMO_LEDGER, "").unwrap();
        let path = [84 | 1 << 31, 1 << 31];
        let (digest, public) = ([7; 32], keys.public(&path).unwrap());
        let signature = keys.ecdsa(&path, digest).unwrap();
        keys.secp().verify_ecdsa(&Message::from_digest(digest), &signature, &public).unwrap();
        assert_eq!(keys.ecdsa(&path, digest), Some(signature));
        let taproot = keys.taproot(&path, None, digest).unwrap();
        let (output, _) = public.x_only_public_key().0.tap_tweak(keys.secp(), None);
        keys.secp().verify_schnorr(&taproot, &Message::from_digest(digest), &output.to_x_only_public_key()).unwrap();
    }
}
