//! Which version of the Safe's contract it is, and what of the protocol hangs on that.
//!
//! - Only versions whose contracts were published are known: the hash of an unknown one would be a guess.
//! - A service adds suffixes (`1.4.1+L2`); the contract's own `VERSION()` decides.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::str::FromStr;

/// A published version of the Safe's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SafeVersion {
    /// 0.1.0: what others call `baseGas` is `dataGas`.
    V0_1_0,
    /// 1.0.0: no signatures of `eth_sign`, and no event of success.
    V1_0_0,
    /// 1.1.1.
    V1_1_1,
    /// 1.2.0.
    V1_2_0,
    /// 1.3.0: the first with the chain's id in the hash.
    V1_3_0,
    /// 1.4.1.
    V1_4_1,
    /// 1.5.0: nested owners sign the hash, not its preimage.
    V1_5_0,
}

/// A version that is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Safe version {0} is not known (known: 0.1.0, 1.0.0, 1.1.1, 1.2.0, 1.3.0, 1.4.1, 1.5.0)")]
pub struct UnknownVersion(pub String);

impl SafeVersion {
    /// Every version, oldest first.
    pub const ALL: [Self; 7] =
        [Self::V0_1_0, Self::V1_0_0, Self::V1_1_1, Self::V1_2_0, Self::V1_3_0, Self::V1_4_1, Self::V1_5_0];

    /// As the contract writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::V0_1_0 => "0.1.0",
            Self::V1_0_0 => "1.0.0",
            Self::V1_1_1 => "1.1.1",
            Self::V1_2_0 => "1.2.0",
            Self::V1_3_0 => "1.3.0",
            Self::V1_4_1 => "1.4.1",
            Self::V1_5_0 => "1.5.0",
        }
    }

    /// Whether the chain's id is part of what is signed. Where it is not, a signature is valid on every chain that has a
    /// Safe at this address (T20).
    pub fn signs_chain(self) -> bool {
        self >= Self::V1_3_0
    }

    /// What the contract calls the gas beside the call.
    pub fn base_gas_name(self) -> &'static str {
        match self {
            Self::V0_1_0 => "dataGas",
            _ => "baseGas",
        }
    }

    /// Whether the contract takes signatures made by `eth_sign` (v 31 and 32).
    pub fn takes_eth_sign(self) -> bool {
        self >= Self::V1_1_1
    }

    /// Whether the contract asks an owner that is a contract by the hash (`isValidSignature(bytes32,bytes)`), and not by
    /// the bytes that are hashed (`isValidSignature(bytes,bytes)`).
    pub fn asks_by_hash(self) -> bool {
        self >= Self::V1_5_0
    }
}

impl fmt::Display for SafeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for SafeVersion {
    type Err = UnknownVersion;

    /// Reads `1.4.1` and `1.4.1+L2`.
    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        let bare = text.split_once('+').map_or(text, |(bare, _)| bare);
        let known = Self::ALL.into_iter().find(|version| version.name() == bare);
        known.ok_or_else(|| {
            UnknownVersion(crate::market::printable(&text.chars().take(32).collect::<String>()).into_owned())
        })
    }
}

impl Serialize for SafeVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for SafeVersion {
    /// Reads what it writes: a suffix is no part of it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = Self::ALL.into_iter().find(|version| version.name() == text);
        known.ok_or_else(|| serde::de::Error::custom("not a version of the Safe's contract"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn versions_are_read_with_their_suffixes_and_unknown_ones_are_refused() {
        for version in SafeVersion::ALL {
            assert_eq!(version.name().parse(), Ok(version));
            assert_eq!(format!("{version}+L2").parse(), Ok(version));
        }
        for text in ["", "1.4", "1.4.1-L2", "2.0.0", "+1.4.1", "\u{1b}[31m1.4.1"] {
            assert!(text.parse::<SafeVersion>().is_err(), "{text}");
        }
        assert!(!SafeVersion::V1_2_0.signs_chain() && SafeVersion::V1_3_0.signs_chain());
    }
}
