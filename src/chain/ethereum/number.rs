//! Numbers and bytes as JSON-RPC writes them: `0x` and hexadecimal digits.

use alloy_primitives::{U256, hex};
use serde::{Deserialize, Deserializer, de::Error};

/// A number. Zeros in front are taken: some nodes write them.
pub fn quantity(text: &str) -> Option<U256> {
    let digits = text.strip_prefix("0x").filter(|digits| (1..=64).contains(&digits.len()))?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| U256::from_str_radix(digits, 16).ok()).flatten()
}

/// Bytes.
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?;
    // What decodes hex would take a second 0x.
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| hex::decode(digits).ok()).flatten()
}

/// A number inside an answer.
pub(super) fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<U256, D::Error> {
    let text = String::deserialize(from)?;
    quantity(&text).ok_or_else(|| D::Error::custom("not a number"))
}

/// A number of 64 bits inside an answer.
pub(super) fn small<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    u64::try_from(whole(from)?).map_err(|_| D::Error::custom("a number is too large"))
}

/// The same, where it may be missing.
pub(super) fn maybe_small<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
    let number = quantity(&text).and_then(|number| u64::try_from(number).ok());
    number.map(Some).ok_or_else(|| D::Error::custom("not a number"))
}

/// A number of 128 bits inside an answer, where it may be missing.
pub(super) fn maybe_wide<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u128>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
    let number = quantity(&text).and_then(|number| u128::try_from(number).ok());
    number.map(Some).ok_or_else(|| D::Error::custom("not a number"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn numbers_and_bytes_have_one_form() {
        assert_eq!(quantity("0x0"), Some(U256::ZERO));
        assert_eq!(quantity("0x007a69"), Some(U256::from(31337)));
        assert_eq!(quantity(&format!("0x{}", "f".repeat(64))), Some(U256::MAX));
        let long = format!("0x{}", "0".repeat(65));
        for text in ["", "0x", "1", "0xg", "0x+1", "0x 1", "0x0x1", "0X1", &long] {
            assert_eq!(quantity(text), None, "{text}");
        }
        assert_eq!(bytes("0x"), Some(Vec::new()));
        assert_eq!(bytes("0x00ff"), Some(vec![0, 255]));
        for text in ["", "00", "0x0", "0x0x00", "0xzz"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
