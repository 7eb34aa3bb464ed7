//! Software signers: keys that lie on this machine, for tests, the demo, and people who accept that. They are HOT, and are
//! called so wherever they are shown.
//!
//! - A [`Signer`] can be neither printed nor compared nor serialised; its secret is wiped when it goes. At rest it is
//!   encrypted ([`seal`]).
//! - It signs only what was reviewed, and only inputs that the wallet's own descriptor derives from its key: what a file
//!   says about derivation is where to look, never a reason to sign.
//! - Nothing here draws randomness: what is new is made of bytes that come in, and signatures are deterministic
//!   (RFC 6979, ground to a low R; BIP-340 without auxiliary randomness).
//!
//! Words are BIP-39's, derivation is BIP-32's, accounts lie where BIP-45, 48, 84 and 86 put them.

mod sealed;
mod sign;
#[cfg(test)]
mod tests;

pub use sealed::{Cost, open, seal};
pub(in crate::treasury) use sealed::{shut, unshut};

use bip39::{Language, Mnemonic};
use bitcoin::bip32::{ChainCode, ChildNumber, DerivationPath, Fingerprint, Xpriv, Xpub};
use bitcoin::secp256k1::{All, Secp256k1, SecretKey};
use bitcoin::{Network, NetworkKind};
use std::str::FromStr;
use zeroize::Zeroizing;

/// A key that lies on this machine: the root of a tree, and the words that it came from.
pub struct Signer {
    network: Network,
    fingerprint: Fingerprint,
    /// The private key, then the chain code.
    root: Zeroizing<[u8; 64]>,
    /// What the words stand for; none when it came as an extended private key.
    entropy: Option<Zeroizing<Vec<u8>>>,
}

/// An account of a standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// BIP-45: `sh` multisig, `m/45'`.
    Sh,
    /// BIP-48 script type 1: `sh(wsh)` multisig, `m/48'/coin'/account'/1'`.
    ShWsh,
    /// BIP-48 script type 2: `wsh` multisig, `m/48'/coin'/account'/2'`.
    Wsh,
    /// BIP-84: `wpkh`, `m/84'/coin'/account'`.
    Wpkh,
    /// BIP-86: `tr`, `m/86'/coin'/account'`.
    Tr,
}

impl Standard {
    /// Where its accounts lie.
    pub fn path(self, network: Network, account: u32) -> Result<DerivationPath, HotError> {
        let coin = if NetworkKind::from(network).is_mainnet() { 0 } else { 1 };
        let steps = match self {
            Self::Sh if account > 0 => return Err(HotError::Account),
            Self::Sh => vec![45],
            Self::ShWsh => vec![48, coin, account, 1],
            Self::Wsh => vec![48, coin, account, 2],
            Self::Wpkh => vec![84, coin, account],
            Self::Tr => vec![86, coin, account],
        };
        let steps: Result<Vec<_>, _> = steps.into_iter().map(ChildNumber::from_hardened_idx).collect();
        steps.map(DerivationPath::from).map_err(|_| HotError::Account)
    }
}

/// Why a software signer does not do it. None of these says anything secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HotError {
    /// Not a list of words of BIP-39.
    #[error("not a list of words of BIP-39: {0}")]
    Words(String),
    /// Not an extended private key.
    #[error("not an extended private key (xprv or tprv)")]
    Xprv,
    /// An extended private key that is not at the root of its tree.
    #[error("the extended private key is {0} steps below the root: take the one at the root")]
    Depth(u8),
    /// A key of another network.
    #[error("the extended private key is not for {0}")]
    Network(Network),
    /// No key of the curve comes of it, which does not happen by chance.
    #[error("these bytes make no key")]
    Key,
    /// An account that the standard has not.
    #[error("there is no such account: BIP-45 has one, the others have 2147483648")]
    Account,
    /// Too little is known of an input to sign it.
    #[error("input {0} does not carry the transaction that it spends from: what it is worth cannot be checked")]
    Previous(usize),
    /// An input asks for a signature that leaves the transaction open.
    #[error("input {0} asks for a signature that does not cover the whole transaction")]
    Sighash(usize),
    /// Nothing of it is ours to sign, or all of it is signed.
    #[error("nothing here is for the key {0} to sign: either it is no cosigner, or it has signed")]
    Nothing(Fingerprint),
    /// A signature that does not verify: the machine is at fault. It is not handed out.
    #[error("a signature for input {0} does not verify: do not trust this machine")]
    Fault(usize),
    /// Nobody should seal a key with nothing.
    #[error("the passphrase is empty")]
    Empty,
    /// Not a sealed key, or not as it was written.
    #[error("not a sealed key, or changed since it was written: {0}")]
    Damaged(&'static str),
    /// Sealed by a later version.
    #[error("the key was sealed in version {0}, which is not known here")]
    Newer(u64),
    /// The file asks for more than a machine should give.
    #[error("the sealed key asks for more memory or time than any key should take")]
    Cost,
    /// It does not open.
    #[error("the passphrase is wrong, or what is sealed was changed")]
    Passphrase,
}

/// A private key that is wiped when it goes.
struct Wiped(Xpriv);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.private_key.non_secure_erase();
    }
}

impl Signer {
    /// From BIP-39 words in English and the passphrase that belongs to them (empty for none).
    pub fn from_words(words: &str, passphrase: &str, network: Network) -> Result<Self, HotError> {
        let words = Mnemonic::parse_in(Language::English, words).map_err(|error| HotError::Words(error.to_string()))?;
        let seed = Zeroizing::new(words.to_seed(passphrase));
        let root = Wiped(Xpriv::new_master(network, seed.as_slice()).map_err(|_| HotError::Key)?);
        let entropy = Zeroizing::new(words.to_entropy());
        Self::at(&root, Some(entropy), network)
    }

    /// From an extended private key at the root of a tree (`xprv…`, `tprv…`).
    pub fn from_xprv(text: &str, network: Network) -> Result<Self, HotError> {
        let root = Wiped(Xpriv::from_str(text.trim()).map_err(|_| HotError::Xprv)?);
        if root.0.network != NetworkKind::from(network) {
            return Err(HotError::Network(network));
        }
        if root.0.depth != 0 {
            return Err(HotError::Depth(root.0.depth));
        }
        Self::at(&root, None, network)
    }

    /// A new one of 32 random bytes; its 24 words are in [`words`](Self::words).
    pub fn new(random: Zeroizing<[u8; 32]>, network: Network) -> Result<Self, HotError> {
        let words = Mnemonic::from_entropy_in(Language::English, random.as_slice());
        let words = words.map_err(|error| HotError::Words(error.to_string()))?;
        let phrase = Zeroizing::new(words.to_string());
        Self::from_words(&phrase, "", network)
    }

    fn at(root: &Wiped, entropy: Option<Zeroizing<Vec<u8>>>, network: Network) -> Result<Self, HotError> {
        let key = Zeroizing::new(root.0.private_key.secret_bytes());
        let mut bytes = Zeroizing::new([0; 64]);
        let both = key.iter().chain(root.0.chain_code.as_bytes());
        bytes.iter_mut().zip(both).for_each(|(to, from)| *to = *from);
        Self::of(bytes, entropy, network)
    }

    /// From a private key and the chain code after it.
    fn of(root: Zeroizing<[u8; 64]>, entropy: Option<Zeroizing<Vec<u8>>>, network: Network) -> Result<Self, HotError> {
        let mut signer = Self { network, fingerprint: Fingerprint::default(), root, entropy };
        signer.fingerprint = signer.root()?.0.fingerprint(&Secp256k1::new());
        Ok(signer)
    }

    /// The root, for as long as it takes.
    fn root(&self) -> Result<Wiped, HotError> {
        let (key, code) = self.root.split_at(32);
        Ok(Wiped(Xpriv {
            network: self.network.into(),
            depth: 0,
            parent_fingerprint: Fingerprint::default(),
            child_number: ChildNumber::from(0),
            private_key: SecretKey::from_slice(key).map_err(|_| HotError::Key)?,
            chain_code: ChainCode::from(<[u8; 32]>::try_from(code).map_err(|_| HotError::Key)?),
        }))
    }

    /// The private key at a path.
    fn private(&self, secp: &Secp256k1<All>, path: &DerivationPath) -> Result<Wiped, HotError> {
        self.root()?.0.derive_priv(secp, path).map(Wiped).map_err(|_| HotError::Key)
    }

    /// Its words, for paper, without the passphrase that may belong to them; none when it came as an extended private
    /// key.
    pub fn words(&self) -> Option<Zeroizing<String>> {
        let words = Mnemonic::from_entropy_in(Language::English, self.entropy.as_ref()?).ok()?;
        Some(Zeroizing::new(words.to_string()))
    }

    /// What it is known by.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// For which network it is.
    pub fn network(&self) -> Network {
        self.network
    }

    /// The public key of an account as a descriptor takes it: `[f5acc2fd/48'/1'/0'/2']tpub…`.
    pub fn account(&self, standard: Standard, account: u32) -> Result<String, HotError> {
        self.key_at(&standard.path(self.network, account)?)
    }

    /// The public key at any path, in the same form.
    pub fn key_at(&self, path: &DerivationPath) -> Result<String, HotError> {
        let secp = Secp256k1::new();
        let xpub = Xpub::from_priv(&secp, &self.private(&secp, path)?.0);
        Ok(match path.is_empty() {
            true => format!("[{}]{xpub}", self.fingerprint),
            false => format!("[{}/{path}]{xpub}", self.fingerprint),
        })
    }
}
