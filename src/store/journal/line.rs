//! One line of the journal, from bytes to entry and back: pure, and all that verification is made of.
//!
//! - A line ends in `,"hash":"` + 64 lowercase hex digits + `"}`: its *seal*, [`SEAL_LEN`] bytes. The hash is SHA-256
//!   over the bytes before the seal, exactly as they stand in the file.
//! - `prev`, inside the hashed bytes, is the hash of the line before, so one line's hash fixes all lines before it.
//! - A line is printable ASCII of at most [`MAX_LINE`] bytes, other characters are `\u` escapes: no terminal, editor or
//!   later version of Unicode can read it in two ways.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::entry::{Body, Entry, Who};
use crate::market::{Timestamp, printable};

/// The longest line, without its line feed: a PSBT of 4 MiB in base64, and what stands around it. A reader holds one such
/// line and what is made of it.
pub const MAX_LINE: usize = 6 << 20;

/// The length of `,"hash":"…"}`.
pub const SEAL_LEN: usize = SEAL_START.len() + 64 + SEAL_END.len();

const SEAL_START: &[u8] = b",\"hash\":\"";
const SEAL_END: &[u8] = b"\"}";

/// A SHA-256 hash, written as 64 lowercase hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What the first entry names as the one before.
    pub const ZERO: Self = Self([0; 32]);

    /// The hash of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// From the 32 bytes themselves.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes themselves.
    pub const fn bytes(self) -> [u8; 32] {
        self.0
    }

    fn from_hex(hex: &[u8]) -> Option<Self> {
        let digit = |b: u8| match b {
            b'0'..=b'9' => Some(b - b'0'),
            b'a'..=b'f' => Some(b - b'a' + 10),
            _ => None,
        };
        let hex: &[u8; 64] = hex.try_into().ok()?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_chunks().0) {
            let [high, low]: [u8; 2] = *pair;
            *byte = digit(high)? << 4 | digit(low)?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// The end of a chain: the last entry's number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The last entry's number; 0 before the first.
    pub seq: u64,
    /// The last entry's hash.
    pub hash: Hash,
}

impl Link {
    /// Before the first entry.
    pub const START: Self = Self { seq: 0, hash: Hash::ZERO };
}

/// Why a line is not the next entry of the chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Longer than any line that is written.
    #[error("the line is longer than {MAX_LINE} bytes")]
    TooLong,
    /// Not printable ASCII.
    #[error("byte {0} of the line is not printable ASCII")]
    NotText(usize),
    /// The end is not `,"hash":"…"}`.
    #[error("the line does not end in a hash; it is incomplete or not a journal entry")]
    NoSeal,
    /// The bytes are not those that were hashed.
    #[error("the line was changed: its bytes hash to {actual}, it says {claimed}")]
    Hash {
        /// What the line says.
        claimed: Hash,
        /// What its bytes hash to.
        actual: Hash,
    },
    /// The hash is right but the content is not an entry.
    #[error("the line is not a journal entry: {0}")]
    NotAnEntry(String),
    /// The number is not the next one.
    #[error("entry {expected} should stand here, but entry {found} does: entries were removed, repeated or moved")]
    Sequence {
        /// The number that comes next.
        expected: u64,
        /// The number that is there.
        found: u64,
    },
    /// The line belongs to another chain.
    #[error("the line does not follow the one before: it names {found}, that one is {expected}")]
    Prev {
        /// The hash of the line before.
        expected: Hash,
        /// What this line names.
        found: Hash,
    },
}

/// The fields in the order in which they are written, up to the seal.
#[derive(Serialize, Deserialize)]
struct Fields<'a> {
    seq: u64,
    #[serde(borrow)]
    at: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    actor: Cow<'a, str>,
    #[serde(borrow)]
    tenant: Cow<'a, str>,
    #[serde(borrow)]
    body: &'a RawValue,
    #[serde(borrow)]
    prev: Cow<'a, str>,
}

/// Checks that `line` (without its line feed) is the entry after `prev`, and reads it.
pub fn check_line(prev: &Link, line: &[u8]) -> Result<Entry, LineError> {
    let (entry, _) = read_line(line)?;
    check_link(prev, &entry)?;
    Ok(entry)
}

/// Checks that `entry` is the one after `prev`.
pub(super) fn check_link(prev: &Link, entry: &Entry) -> Result<(), LineError> {
    if Some(entry.seq) != prev.seq.checked_add(1) {
        return Err(LineError::Sequence { expected: prev.seq.saturating_add(1), found: entry.seq });
    }
    if entry.prev != prev.hash {
        return Err(LineError::Prev { expected: prev.hash, found: entry.prev });
    }
    Ok(())
}

/// Reads a line that is whole in itself, wherever it belongs; also gives the line as text.
pub(super) fn read_line(line: &[u8]) -> Result<(Entry, &str), LineError> {
    if line.len() > MAX_LINE {
        return Err(LineError::TooLong);
    }
    let (sealed, claimed) = split_seal(line).ok_or(LineError::NoSeal)?;
    let actual = Hash::of(sealed);
    if actual != claimed {
        return Err(LineError::Hash { claimed, actual });
    }
    let text = ascii(line)?;
    let fields: Fields<'_> = serde_json::from_str(text).map_err(not_an_entry)?;
    let at = fields.at.parse::<Timestamp>().map_err(not_an_entry)?;
    let prev = Hash::from_hex(fields.prev.as_bytes())
        .ok_or_else(|| LineError::NotAnEntry("prev is not a SHA-256 hash in lowercase hex".into()))?;
    let entry = Entry {
        seq: fields.seq,
        at,
        actor: fields.actor.into_owned(),
        tenant: fields.tenant.into_owned(),
        body: Body::read(&fields.kind, fields.body.get()),
        prev,
        hash: claimed,
    };
    Ok((entry, text))
}

/// Whether the line has a seal, be it right or wrong: a torn line has none.
pub(super) fn is_sealed(line: &[u8]) -> bool {
    split_seal(line).is_some()
}

fn split_seal(line: &[u8]) -> Option<(&[u8], Hash)> {
    let (sealed, seal) = line.split_at_checked(line.len().checked_sub(SEAL_LEN)?)?;
    let hex = seal.strip_prefix(SEAL_START)?.strip_suffix(SEAL_END)?;
    Some((sealed, Hash::from_hex(hex)?))
}

fn ascii(line: &[u8]) -> Result<&str, LineError> {
    if let Some(at) = line.iter().position(|b| !matches!(b, b' '..=b'~')) {
        return Err(LineError::NotText(at + 1));
    }
    std::str::from_utf8(line).map_err(|e| LineError::NotText(e.valid_up_to() + 1))
}

/// Compact JSON in printable ASCII: other characters can only stand inside its strings.
fn to_ascii(json: String) -> String {
    if json.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match c {
            ' '..='~' => out.push(c),
            _ => out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
        }
    }
    out
}

/// An error's words may quote what the line's escapes stand for.
fn not_an_entry(error: impl fmt::Display) -> LineError {
    LineError::NotAnEntry(printable(&error.to_string()).into_owned())
}

/// Writes the entry after `prev` into `line`, replacing what is there, without the line feed.
pub(super) fn write_line(
    line: &mut Vec<u8>,
    prev: &Link,
    at: Timestamp,
    who: Who<'_>,
    body: &Body,
) -> Result<(), LineError> {
    let json = body.json().and_then(RawValue::from_string).map_err(not_an_entry)?;
    let fields = Fields {
        seq: prev.seq.saturating_add(1),
        at: at.to_string().into(),
        kind: body.kind().into(),
        actor: who.actor.into(),
        tenant: who.tenant.into(),
        body: &json,
        prev: prev.hash.to_string().into(),
    };
    let text = to_ascii(serde_json::to_string(&fields).map_err(not_an_entry)?);
    line.clear();
    line.extend_from_slice(text.strip_suffix('}').unwrap_or(&text).as_bytes());
    seal(line);
    Ok(())
}

/// Closes the bytes of an entry, which lack only their `}`, with their hash.
pub fn seal(line: &mut Vec<u8>) -> Hash {
    let hash = Hash::of(line);
    line.extend_from_slice(SEAL_START);
    line.extend_from_slice(hash.to_string().as_bytes());
    line.extend_from_slice(SEAL_END);
    hash
}
