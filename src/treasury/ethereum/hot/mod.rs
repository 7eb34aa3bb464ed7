//! Software accounts: keys of Ethereum that lie on this machine, for tests, the demo, and people who accept that. They are
//! HOT, and are called so wherever they are shown.
//!
//! - An [`Account`] can be neither printed nor compared nor serialised; its secret is wiped when it goes. At rest it is
//!   encrypted ([`seal`]), in the same way as keys of Bitcoin.
//! - It signs what was reviewed, what is made of that, and requests that move nothing. Each signature is found to lead back
//!   to the account before it is handed out.
//! - Nothing here draws randomness: what is new is made of bytes that come in, and signatures are deterministic (RFC 6979)
//!   with the lower s.
//!
//! Words are BIP-39's, accounts lie where BIP-44 puts them: `m/44'/60'/0'/0/index`.

mod sealed;
mod sign;
#[cfg(test)]
mod tests;

pub use sealed::{open, seal};

use crate::treasury::bitcoin::hot::HotError;
use alloy_primitives::{Address, hex};
use bip39::{Language, Mnemonic};
use bitcoin::NetworkKind;
use bitcoin::bip32::{ChildNumber, DerivationPath, Xpriv};
use bitcoin::secp256k1::{PublicKey, Secp256k1, SecretKey};
use zeroize::Zeroizing;

/// A key that lies on this machine.
pub struct Account {
    address: Address,
    key: Zeroizing<[u8; 32]>,
    /// What its words stand for; none when it was imported.
    entropy: Option<Zeroizing<Vec<u8>>>,
}

/// Why a software account does not do it. None of these says anything secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// What every software key has in common.
    #[error(transparent)]
    Hot(#[from] HotError),
    /// Not a private key.
    #[error("not a private key: 64 hex digits are wanted")]
    Hex,
    /// There is no such account.
    #[error("there is no such account: their numbers go to 2147483647")]
    Index,
    /// The account is to sign for another.
    #[error("the account {here} is to sign for {wanted}")]
    Other {
        /// Whose key this is.
        here: Address,
        /// Who is to sign.
        wanted: Address,
    },
    /// A signature that does not lead back to the account: the machine is at fault. It is not handed out.
    #[error("a signature does not lead back to the account: do not trust this machine")]
    Fault,
}

impl AccountError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Hot(HotError::Passphrase | HotError::Empty) => "passphrase",
            Self::Hot(_) | Self::Hex | Self::Index | Self::Fault => "hot-key",
            Self::Other { .. } => "hot-nothing",
        }
    }
}

/// A private key that is wiped when it goes.
struct Wiped(SecretKey);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.non_secure_erase();
    }
}

/// An extended private key that is wiped when it goes.
struct Root(Xpriv);

impl Drop for Root {
    fn drop(&mut self) {
        self.0.private_key.non_secure_erase();
    }
}

impl Account {
    /// A new one of 32 random bytes; its 24 words are in [`words`](Self::words), and it is their first account.
    pub fn new(random: Zeroizing<[u8; 32]>) -> Result<Self, AccountError> {
        let words = Mnemonic::from_entropy_in(Language::English, random.as_slice()).map_err(told)?;
        let mut account = Self::of_words(&words, "", 0)?;
        account.entropy = Some(Zeroizing::new(random.to_vec()));
        Ok(account)
    }

    /// From BIP-39 words in English and the passphrase that belongs to them (empty for none): the account of this number.
    pub fn from_words(words: &str, passphrase: &str, index: u32) -> Result<Self, AccountError> {
        let words = Mnemonic::parse_in(Language::English, words).map_err(told)?;
        Self::of_words(&words, passphrase, index)
    }

    /// From a private key in hex, with 0x or without.
    pub fn from_hex(text: &str) -> Result<Self, AccountError> {
        let text = text.trim();
        let mut key = Zeroizing::new([0; 32]);
        let digits = text.strip_prefix("0x").unwrap_or(text);
        hex::decode_to_slice(digits, key.as_mut_slice()).map_err(|_| AccountError::Hex)?;
        Self::of(key, None)
    }

    fn of_words(words: &Mnemonic, passphrase: &str, index: u32) -> Result<Self, AccountError> {
        let seed = Zeroizing::new(words.to_seed(passphrase));
        let steps = [(44, true), (60, true), (0, true), (0, false), (index, false)].map(|(step, hard)| match hard {
            true => ChildNumber::from_hardened_idx(step),
            false => ChildNumber::from_normal_idx(step),
        });
        let path: Result<Vec<_>, _> = steps.into_iter().collect();
        let path = DerivationPath::from(path.map_err(|_| AccountError::Index)?);
        let root = Root(Xpriv::new_master(NetworkKind::Main, seed.as_slice()).map_err(|_| HotError::Key)?);
        let derived = Root(root.0.derive_priv(&Secp256k1::new(), &path).map_err(|_| HotError::Key)?);
        Self::of(Zeroizing::new(derived.0.private_key.secret_bytes()), None)
    }

    fn of(key: Zeroizing<[u8; 32]>, entropy: Option<Zeroizing<Vec<u8>>>) -> Result<Self, AccountError> {
        let mut account = Self { address: Address::ZERO, key, entropy };
        let public = PublicKey::from_secret_key(&Secp256k1::new(), &account.private()?.0);
        let [_, point @ ..] = public.serialize_uncompressed();
        account.address = Address::from_raw_public_key(&point);
        Ok(account)
    }

    /// The key, for as long as it takes.
    fn private(&self) -> Result<Wiped, AccountError> {
        Ok(Wiped(SecretKey::from_slice(self.key.as_slice()).map_err(|_| HotError::Key)?))
    }

    /// What it is known by.
    pub fn address(&self) -> Address {
        self.address
    }

    /// The words of one that was made here, for paper; none of one that was imported.
    pub fn words(&self) -> Option<Zeroizing<String>> {
        let words = Mnemonic::from_entropy_in(Language::English, self.entropy.as_ref()?).ok()?;
        Some(Zeroizing::new(words.to_string()))
    }
}

fn told(error: bip39::Error) -> HotError {
    HotError::Words(error.to_string())
}
