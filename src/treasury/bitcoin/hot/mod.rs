//! Software signers, for tests, the demo and HOT keys.
use super::psbt::Packet;
use super::reviewed::Reviewed;
use bitcoin::Network;
use bitcoin::bip32::{DerivationPath, Fingerprint};
use zeroize::Zeroizing;

mod sealed;
pub use sealed::{Cost, open, seal};

/// A key that lies on this machine. It can be neither printed nor serialised; its secret is wiped when it goes.
pub struct Signer {
    _secret: Zeroizing<Vec<u8>>,
}

/// An account of a standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// BIP-45: `sh` multisig.
    Sh,
    /// BIP-48 script type 1: `sh(wsh)` multisig.
    ShWsh,
    /// BIP-48 script type 2: `wsh` multisig.
    Wsh,
    /// BIP-84: `wpkh`.
    Wpkh,
    /// BIP-86: `tr`.
    Tr,
}

/// Why a software signer does not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HotError {
    /// Not a list of words of BIP-39.
    #[error("not a list of words of BIP-39: {0}")]
    Words(String),
    /// Nothing of it is ours to sign, or all of it is signed.
    #[error("nothing here is for the key {0} to sign")]
    Nothing(Fingerprint),
}

impl Signer {
    /// From BIP-39 words and the passphrase that belongs to them (empty for none).
    pub fn from_words(words: &str, passphrase: &str, network: Network) -> Result<Self, HotError> {
        todo!()
    }
    /// From an extended private key at the root of a tree (`xprv…`, `tprv…`).
    pub fn from_xprv(text: &str, network: Network) -> Result<Self, HotError> {
        todo!()
    }
    /// A new one of 32 random bytes; its 24 words are in [`words`](Self::words).
    pub fn new(random: Zeroizing<[u8; 32]>, network: Network) -> Result<Self, HotError> {
        todo!()
    }
    /// Its words, for paper; none when it came as an extended private key.
    pub fn words(&self) -> Option<Zeroizing<String>> {
        todo!()
    }
    /// What it is known by.
    pub fn fingerprint(&self) -> Fingerprint {
        todo!()
    }
    /// For which network it is.
    pub fn network(&self) -> Network {
        todo!()
    }
    /// The public key of an account as a descriptor takes it: `[f5acc2fd/48'/1'/0'/2']tpub…`.
    pub fn account(&self, standard: Standard, account: u32) -> Result<String, HotError> {
        todo!()
    }
    /// The public key at any path, in the same form.
    pub fn key_at(&self, path: &DerivationPath) -> Result<String, HotError> {
        todo!()
    }
    /// The reviewed packet with this key's signatures added.
    pub fn sign(&self, reviewed: &Reviewed<'_>) -> Result<Packet, HotError> {
        todo!()
    }
}
