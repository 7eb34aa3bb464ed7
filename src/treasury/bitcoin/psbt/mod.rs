//! A PSBT as it came: the transaction, what its file said besides, and in which version.
//!
//! - A [`Packet`] is read within limits, and by the rules of its own version: BIP-174 (v0) or BIP-370 (v2). Inside, both
//!   are the same value, so that nothing further up knows of versions.
//! - Fields that nobody here knows are listed, never acted on and never passed on.
//! - What is read is sound as far as the format goes: every field is of its own form, no coin is spent twice and no
//!   amount is more than there can be. Whether it should be signed is for the review to say.
//!
//! The format: <https://github.com/bitcoin/bips/blob/master/bip-0174.mediawiki>,
//! <https://github.com/bitcoin/bips/blob/master/bip-0370.mediawiki>.

mod coin;
mod combine;
mod error;
mod fields;
mod raw;
mod read;
mod text;
mod value;
mod write;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

pub use coin::{Coin, CoinError};
#[cfg(test)]
pub(super) use combine::take;
pub use combine::{CombineError, Difference, Taken, combine, combine_with};
pub use error::PacketError;
pub use fields::name;

use bitcoin::Psbt;
use std::fmt;

/// The longest PSBT that is read, in bytes of its binary form.
pub const LONGEST: usize = 4 << 20;

/// The longest text of one: hex, with line breaks.
pub const LONGEST_TEXT: usize = 9 << 20;

/// The most inputs, and the most outputs: what devices sign.
pub const MOST_PARTS: usize = 512;

/// The most fields: thirty a part, and there are few wallets with so many keys.
pub const MOST_FIELDS: usize = 32 << 10;

/// The most different public keys: fifteen for each input, and those of some change.
pub const MOST_POINTS: usize = 8 << 10;

/// The most scripts that outputs tell of in their trees.
pub const MOST_LEAVES: usize = 2 << 10;

/// The longest path of a key: its depth is one byte.
pub const LONGEST_PATH: usize = 255;

/// How a PSBT begins.
const MAGIC: &[u8] = b"psbt\xff";

/// Which version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// BIP-174.
    V0,
    /// BIP-370.
    V2,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V0 => "0",
            Self::V2 => "2",
        })
    }
}

/// Which map of a PSBT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// That of the whole.
    Global,
    /// That of an input, from 0.
    Input(usize),
    /// That of an output, from 0.
    Output(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Global => f.write_str("the global part"),
            Self::Input(number) => write!(f, "input {number}"),
            Self::Output(number) => write!(f, "output {number}"),
        }
    }
}

/// A field that nobody here knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Where it stands.
    pub place: Place,
    /// Its type.
    pub kind: u64,
    /// How long its value is, in bytes.
    pub length: usize,
}

/// A PSBT as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Packet {
    /// What it says. Its maps of unknown and proprietary fields are empty.
    pub psbt: Psbt,
    /// In which version it came.
    pub version: Version,
    /// Fields that are not acted on, and not passed on.
    pub unknown: Vec<Unknown>,
}

impl Packet {
    /// Reads a PSBT in binary, base64 or hex.
    pub fn read(bytes: &[u8]) -> Result<Self, PacketError> {
        read::packet(&text::binary(bytes)?)
    }

    /// Its binary form in the version asked for, without fields that nobody here knows.
    pub fn bytes(&self, version: Version) -> Vec<u8> {
        write::packet(&self.psbt, version)
    }

    /// Its text in base64, on one line.
    pub fn base64(&self, version: Version) -> String {
        text::base64(&self.bytes(version))
    }

    /// Its text in hex, on one line.
    pub fn hex(&self, version: Version) -> String {
        text::to_hex(&self.bytes(version))
    }

    /// The same without any signature, final script or preimage: what is there to be signed.
    pub fn bare(&self) -> Self {
        let mut bare = self.clone();
        for input in &mut bare.psbt.inputs {
            input.partial_sigs.clear();
            input.tap_key_sig = None;
            input.tap_script_sigs.clear();
            input.final_script_sig = None;
            input.final_script_witness = None;
            input.ripemd160_preimages.clear();
            input.sha256_preimages.clear();
            input.hash160_preimages.clear();
            input.hash256_preimages.clear();
        }
        bare
    }
}
