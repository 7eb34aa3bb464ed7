//! The forms in which a PSBT travels: bytes as they are, or their text in base64 or hex with any white space in it.

use super::{LONGEST, LONGEST_TEXT, MAGIC, PacketError};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;

/// Base64 as it is read: what is padded and what is not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The binary form of what came, whichever form it has; told apart by how it begins.
pub(super) fn binary(bytes: &[u8]) -> Result<Cow<'_, [u8]>, PacketError> {
    if bytes.starts_with(MAGIC) {
        return if bytes.len() > LONGEST { Err(PacketError::Long) } else { Ok(Cow::Borrowed(bytes)) };
    }
    if bytes.len() > LONGEST_TEXT {
        return Err(PacketError::Long);
    }
    // Some editors put a byte order mark before a text.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut letters = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    let head = letters.by_ref().take(MAGIC.len().saturating_mul(2)).collect::<Vec<_>>();
    let binary = if head.starts_with(b"cHNidP") {
        let letters = head.into_iter().chain(letters).collect::<Vec<_>>();
        BASE64.decode(letters).map_err(|_| PacketError::Text("base64"))?
    } else if head.eq_ignore_ascii_case(b"70736274ff") {
        let letters = head.into_iter().chain(letters).collect::<Vec<_>>();
        hex(&letters).ok_or(PacketError::Text("hex"))?
    } else {
        return Err(PacketError::NotPsbt);
    };
    if binary.len() > LONGEST { Err(PacketError::Long) } else { Ok(Cow::Owned(binary)) }
}

fn hex(letters: &[u8]) -> Option<Vec<u8>> {
    let digit = |letter: u8| char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = letters.as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| Some((digit(*high)? << 4) | digit(*low)?);
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

/// Base64 on one line, padded.
pub(super) fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Hex on one line, in small letters.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    use bitcoin::hex::DisplayHex;
    bytes.to_lower_hex_string()
}
