//! The name of something that can be owned: `BTC`, `USD`, `USDT`.

use std::fmt;
use std::sync::Arc;

/// The longest asset code accepted.
pub const MAX_ASSET_LEN: usize = 24;

/// An asset code as the ecosystem writes it. Cheap to clone. Only `A–Z a–z 0–9 . _ -`, so it is safe on any terminal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asset(Arc<str>);

/// Why a text is not an asset code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssetError {
    /// Nothing was given.
    #[error("an asset code cannot be empty")]
    Empty,
    /// More than [`MAX_ASSET_LEN`] characters.
    #[error("an asset code has at most {MAX_ASSET_LEN} characters, this one has {0}")]
    TooLong(usize),
    /// A character that is not a letter, a digit, `.`, `_` or `-`.
    #[error("{0:?} cannot stand in an asset code")]
    Character(char),
}

impl Asset {
    /// Checks a code and keeps it as written.
    pub fn new(code: &str) -> Result<Self, AssetError> {
        if code.is_empty() {
            return Err(AssetError::Empty);
        }
        if code.len() > MAX_ASSET_LEN {
            return Err(AssetError::TooLong(code.len()));
        }
        match code.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '-')) {
            Some(c) => Err(AssetError::Character(c)),
            None => Ok(Self(code.into())),
        }
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl serde::Serialize for Asset {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Asset {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<str> as serde::Deserialize>::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

impl fmt::Debug for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_printable_and_bounded() {
        assert_eq!(Asset::new("BTC").unwrap().as_str(), "BTC");
        assert_eq!(Asset::new(""), Err(AssetError::Empty));
        assert_eq!(Asset::new("B\u{202e}TC"), Err(AssetError::Character('\u{202e}')));
        assert_eq!(Asset::new("a\x1b[2J"), Err(AssetError::Character('\x1b')));
        assert_eq!(Asset::new(&"X".repeat(25)), Err(AssetError::TooLong(25)));
    }
}
