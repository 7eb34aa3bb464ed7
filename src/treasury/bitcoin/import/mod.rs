//! Reading the files of other programs as wallets: whatever the file is called, its content tells what it is.
//!
//! - [`read`] is the one way in. A file makes a wallet that passed every rule of [`Wallet`], or it is refused by name.
//! - What the file claims is checked, never believed: checksums, the number of keys, the first address, the network, the
//!   kind of script that a key's letters stand for (SLIP-132).
//! - Names in a file are made printable. What is worth a look and no reason to refuse becomes a note.

mod bsms;
mod caravan;
mod coldcard;
mod core;
mod descriptor;
mod electrum;
pub(super) mod error;
mod finish;
mod json;
mod keys;
mod liana;
mod sparrow;
mod specter;

#[cfg(test)]
mod tests;

pub use error::ImportError;

use super::labels::Labels;
use super::wallet::{Wallet, WalletError};
use crate::treasury::verdict::Finding;
use bitcoin::Network;
use bitcoin::bip32::Fingerprint;
use std::fmt;

/// The longest file that is read, in bytes: Electrum keeps a wallet's history in the same file as its keys.
pub const LONGEST_FILE: usize = 4 << 20;

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// One descriptor with both rows, or two with a row each.
    Descriptor,
    /// A descriptor record of BIP-129.
    Bsms,
    /// Sparrow: its *Output Descriptor*, or the wallet as JSON.
    Sparrow,
    /// The text file that Coldcard and many others read and write.
    Coldcard,
    /// Caravan and Unchained.
    Caravan,
    /// Specter Desktop and Specter DIY.
    Specter,
    /// Electrum's wallet file, not encrypted.
    Electrum,
    /// What Bitcoin Core answers to `listdescriptors`, or takes for `importdescriptors`.
    Core,
    /// Liana's backup.
    Liana,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 9] = [
        Self::Descriptor,
        Self::Bsms,
        Self::Sparrow,
        Self::Coldcard,
        Self::Caravan,
        Self::Specter,
        Self::Electrum,
        Self::Core,
        Self::Liana,
    ];

    /// The word that scripts see. Stable.
    pub fn word(self) -> &'static str {
        match self {
            Self::Descriptor => "descriptor",
            Self::Bsms => "bsms",
            Self::Sparrow => "sparrow",
            Self::Coldcard => "coldcard",
            Self::Caravan => "caravan",
            Self::Specter => "specter",
            Self::Electrum => "electrum",
            Self::Core => "core",
            Self::Liana => "liana",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Descriptor => "descriptors",
            Self::Bsms => "BSMS",
            Self::Sparrow => "Sparrow",
            Self::Coldcard => "Coldcard",
            Self::Caravan => "Caravan",
            Self::Specter => "Specter",
            Self::Electrum => "Electrum",
            Self::Core => "Bitcoin Core",
            Self::Liana => "Liana",
        })
    }
}

/// What a cosigner is called in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nickname {
    /// Whose name it is.
    pub fingerprint: Fingerprint,
    /// The name. Printable.
    pub name: String,
}

/// A wallet as it was read from a file.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Whose file it was.
    pub format: Format,
    /// What the file calls the wallet, as it may be called here.
    pub name: Option<String>,
    /// The network.
    pub network: Network,
    /// The network is a guess: keys of test networks look alike, and neither the file nor the caller said which.
    pub network_assumed: bool,
    /// What the wallet is made of, with checksums: [`Wallet::new`] makes the same wallet of it.
    pub descriptors: Vec<String>,
    /// The first address, where the file told it: it is the one that follows from the keys.
    pub first_address: Option<String>,
    /// What the file calls the cosigners.
    pub cosigners: Vec<Nickname>,
    /// The labels that came with the wallet.
    pub labels: Labels,
    /// What is worth a look.
    pub notes: Vec<Finding>,
    wallet: Wallet,
}

impl Imported {
    /// The wallet, under a name.
    pub fn wallet(&self, name: &str) -> Result<Wallet, WalletError> {
        self.wallet.clone().named(name)
    }
}

/// What a format's reader found, to be checked.
struct Draft {
    format: Format,
    name: Option<String>,
    /// The networks of which the file may be.
    networks: Option<&'static [Network]>,
    /// Descriptors: one with both rows, or a row each.
    rows: Vec<String>,
    first_address: Option<String>,
    /// Names of cosigners in the order of `keys`.
    cosigners: Vec<(Option<Fingerprint>, String)>,
    labels: Labels,
    notes: Vec<Finding>,
}

impl Draft {
    fn new(format: Format, rows: Vec<String>) -> Self {
        Self {
            format,
            name: None,
            networks: None,
            rows,
            first_address: None,
            cosigners: Vec::new(),
            labels: Labels::default(),
            notes: Vec::new(),
        }
    }
}

/// Reads a wallet from a file's bytes.
///
/// Keys of mainnet say so; those of the test networks look alike, so that `network` decides which one is meant. Where
/// neither it nor the file tells, testnet is assumed, and said.
pub fn read(bytes: &[u8], network: Option<Network>) -> Result<Imported, ImportError> {
    if bytes.len() > LONGEST_FILE {
        return Err(ImportError::Long);
    }
    let text = text(bytes)?;
    finish::finish(recognise(text)?, network)
}

/// The bytes as text, where it is text.
fn text(bytes: &[u8]) -> Result<&str, ImportError> {
    if bytes.starts_with(b"H:2") || bytes.starts_with(b"SPRW1\n") {
        return Err(ImportError::Encrypted("this is Sparrow's own database; use File > Export Wallet in Sparrow"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ImportError::Text("it is not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    if text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(ImportError::Text("it holds control characters"));
    }
    Ok(text)
}

/// Finds out whose file it is, and reads it.
fn recognise(text: &str) -> Result<Draft, ImportError> {
    if text.starts_with(['{', '[']) {
        return json::recognise(text);
    }
    if let Some(what) = encrypted(text) {
        return Err(ImportError::Encrypted(what));
    }
    let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if first.starts_with("BSMS") {
        bsms::read(text)
    } else if let Some(rest) = text.strip_prefix("addwallet ") {
        specter::read_diy(rest)
    } else if coldcard::looks_like(text) {
        coldcard::read(text)
    } else {
        descriptor::read(text)
    }
}

/// What is known to be encrypted, by how it begins.
fn encrypted(text: &str) -> Option<&'static str> {
    if text.starts_with("QklF") {
        // "BIE1" or "BIE2" in base64.
        return Some("open it in Electrum, File > Save backup without a password; or in Sparrow, export the wallet");
    }
    if text.starts_with("age-encryption.org/") || text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----") {
        return Some("decrypt it with age first");
    }
    // A record of BIP-129 as it travels: a MAC of 32 bytes and what is encrypted, in hex.
    let hex = text.len() > 64 && text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then_some("it may be an encrypted BSMS record; decrypt it with its token first")
}
