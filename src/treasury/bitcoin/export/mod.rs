//! Writing a wallet as the file of another program.
//!
//! - What is written reads back as the same wallet: [`super::import::read`] makes the same [`WalletId`] of it.
//! - A format that cannot say what the wallet is refuses by name; nothing is left out in silence.
//!
//! [`WalletId`]: super::wallet::WalletId

mod error;
mod files;

#[cfg(test)]
mod tests;

pub use error::ExportError;

use super::wallet::Wallet;
use std::fmt;

/// In which form a wallet is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// One descriptor with both rows (BIP-389) and its checksum.
    Descriptor,
    /// A descriptor for each row, a line each, for programs that do not know BIP-389.
    Pair,
    /// What Bitcoin Core takes for `importdescriptors`.
    Core,
    /// A descriptor record of BIP-129, with the first address.
    Bsms,
    /// The text file of Coldcard.
    Coldcard,
    /// The JSON of Caravan.
    Caravan,
    /// The text that Sparrow calls *Output Descriptor*.
    Sparrow,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 7] =
        [Self::Descriptor, Self::Pair, Self::Core, Self::Bsms, Self::Coldcard, Self::Caravan, Self::Sparrow];

    /// The word that scripts use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Descriptor => "descriptor",
            Self::Pair => "descriptors",
            Self::Core => "core",
            Self::Bsms => "bsms",
            Self::Coldcard => "coldcard",
            Self::Caravan => "caravan",
            Self::Sparrow => "sparrow",
        }
    }

    /// The format of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.word() == word)
    }

    /// How the file's name ends, by custom.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Descriptor | Self::Pair | Self::Coldcard | Self::Sparrow => "txt",
            Self::Core | Self::Caravan => "json",
            Self::Bsms => "bsms",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Descriptor => "one descriptor",
            Self::Pair => "a pair of descriptors",
            Self::Core => "Bitcoin Core's importdescriptors",
            Self::Bsms => "BSMS",
            Self::Coldcard => "Coldcard's file",
            Self::Caravan => "Caravan's file",
            Self::Sparrow => "Sparrow's output descriptor",
        })
    }
}

/// Writes a wallet; the file ends with a line end.
pub fn write(wallet: &Wallet, format: Format) -> Result<String, ExportError> {
    match format {
        Format::Descriptor => files::descriptor(wallet),
        Format::Pair => Ok(files::pair(wallet)),
        Format::Core => files::core(wallet),
        Format::Bsms => files::bsms(wallet),
        Format::Coldcard => files::coldcard(wallet),
        Format::Caravan => files::caravan(wallet),
        Format::Sparrow => files::sparrow(wallet),
    }
}
