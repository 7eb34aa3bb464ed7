//! Why a file is no wallet.

use super::Format;
use crate::market::printable;
use crate::treasury::bitcoin::wallet::WalletError;
use bitcoin::Network;

/// The longest piece of a file that an error repeats, in characters.
const LONGEST_QUOTE: usize = 120;

/// Why a file is no wallet. Its words are printable, whatever the file holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// More than [`super::LONGEST_FILE`] bytes.
    #[error("the file is longer than a wallet's may be, {} MiB", super::LONGEST_FILE >> 20)]
    Long,
    /// Not text, or text with characters that have no business in it.
    #[error("the file is not plain text: {0}")]
    Text(&'static str),
    /// None of the formats.
    #[error(
        "not a wallet file that is known: it is no descriptor, and no file of BSMS, Sparrow, Coldcard, Caravan, Specter, \
         Electrum, Bitcoin Core (listdescriptors) or Liana"
    )]
    Unknown,
    /// It has to be decrypted first.
    #[error("the file is encrypted: {0}")]
    Encrypted(&'static str),
    /// It begins as a format and then breaks its rules.
    #[error("not a valid file of {format}: {reason}")]
    Shape {
        /// Which.
        format: Format,
        /// How.
        reason: String,
    },
    /// It holds several wallets.
    #[error("the file holds {0}: keep the descriptors of the one to import")]
    Several(String),
    /// A descriptor's checksum is wrong.
    #[error(
        "the descriptor's checksum is {found}, and over these characters it would be {right}: something was changed"
    )]
    Checksum {
        /// What is there.
        found: String,
        /// What belongs there.
        right: String,
    },
    /// It holds a private key or the words of a seed.
    #[error(
        "the file holds a private key or a seed: import a file of public keys only, and treat those keys as exposed"
    )]
    Private,
    /// An extended key cannot be read.
    #[error("key {0} is not an extended public key: {1}")]
    Key(usize, String),
    /// The letters in front of a key stand for another kind of script (SLIP-132).
    #[error("key {key} is a {prefix}, which is for {says}, and the wallet is {wallet}")]
    Prefix {
        /// Which key, from 1.
        key: usize,
        /// Its first four letters.
        prefix: &'static str,
        /// What they stand for.
        says: &'static str,
        /// What the wallet is.
        wallet: String,
    },
    /// The file is for another network than was asked for.
    #[error("the file is for {found}, not for {asked}")]
    Network {
        /// For what it is.
        found: String,
        /// What was asked for.
        asked: Network,
    },
    /// How many keys there are said to be, and are, differ.
    #[error("the file says {said} keys and has {found}")]
    Count {
        /// What it says.
        said: usize,
        /// What it has.
        found: usize,
    },
    /// The first address is another than the file says.
    #[error(
        "the file says that the first address is {said}, and its keys make it {derived}: the file was changed, or is \
         not of this wallet"
    )]
    FirstAddress {
        /// What it says.
        said: String,
        /// What follows from its keys.
        derived: String,
    },
    /// What it describes cannot be a wallet.
    #[error(transparent)]
    Wallet(#[from] WalletError),
}

impl ImportError {
    /// The code that scripts see. Stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Long => "import-long",
            Self::Text(_) => "import-text",
            Self::Unknown => "import-unknown",
            Self::Encrypted(_) => "import-encrypted",
            Self::Shape { .. } => "import-shape",
            Self::Several(_) => "import-several",
            Self::Checksum { .. } => "import-checksum",
            Self::Private => "import-private",
            Self::Key(..) => "import-key",
            Self::Prefix { .. } => "import-prefix",
            Self::Network { .. } => "import-network",
            Self::Count { .. } => "import-count",
            Self::FirstAddress { .. } => "import-first-address",
            Self::Wallet(error) => error.code(),
        }
    }

    /// A file of this format that breaks its rules.
    pub(super) fn shape(format: Format, reason: impl AsRef<str>) -> Self {
        Self::Shape { format, reason: quote(reason.as_ref()) }
    }
}

/// A piece of a file as an error may repeat it: printable, and not long.
pub(in crate::treasury::bitcoin) fn quote(text: &str) -> String {
    let mut kept: String = printable(text).chars().take(LONGEST_QUOTE).collect();
    if text.chars().nth(LONGEST_QUOTE).is_some() {
        kept.push('…');
    }
    kept
}
