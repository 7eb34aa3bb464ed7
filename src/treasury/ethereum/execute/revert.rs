//! Why a call was refused, as the contract gave it, in words.
//!
//! - What a contract says of itself is text from a stranger: it is made printable and cut, and never believed.
//! - Safe's codes (`GS026`) are told with their meaning.
//!
//! <https://github.com/safe-global/safe-smart-account/blob/main/docs/error_codes.md>

use crate::market::printable;
use alloy_primitives::{U256, hex};
use std::fmt;

/// `Error(string)`.
const ERROR: [u8; 4] = [0x08, 0xc3, 0x79, 0xa0];

/// `Panic(uint256)`.
const PANIC: [u8; 4] = [0x4e, 0x48, 0x7b, 0x71];

/// The most of a text that is told.
const LONGEST: usize = 200;

/// The codes of Safe's contracts.
const CODES: [(&str, &str); 35] = [
    ("GS000", "the Safe could not be set up"),
    ("GS001", "the Safe has no threshold"),
    ("GS002", "what is called at setup has no code"),
    ("GS010", "not enough gas for the Safe's call"),
    ("GS011", "the refund could not be paid in coin"),
    ("GS012", "the refund could not be paid in the token"),
    ("GS013", "the Safe's call failed, and with no gas of its own it fails as a whole"),
    ("GS020", "there are fewer signatures than the threshold"),
    ("GS021", "a contract's signature is said to stand among the plain ones"),
    ("GS022", "a contract's signature is not where it is said to be"),
    ("GS023", "a contract's signature is cut off"),
    ("GS024", "a contract does not take its signature"),
    ("GS025", "the hash was not approved on the chain"),
    ("GS026", "a signature is by no owner, or they are not in the order of the owners' addresses"),
    ("GS027", "what a contract is asked about is not what is signed"),
    ("GS030", "only an owner can approve"),
    ("GS031", "only the Safe itself can do that"),
    ("GS100", "the modules are set up already"),
    ("GS101", "this address can be no module"),
    ("GS102", "it is a module already"),
    ("GS103", "the module does not stand behind the other"),
    ("GS104", "only a module can do that"),
    ("GS105", "the list of modules cannot be read from there"),
    ("GS106", "the list of modules cannot be read in such pages"),
    ("GS200", "the owners are set up already"),
    ("GS201", "the threshold is more than the owners"),
    ("GS202", "the threshold is zero"),
    ("GS203", "this address can be no owner"),
    ("GS204", "it is an owner already"),
    ("GS205", "the owner does not stand behind the other"),
    ("GS300", "it does not say of itself that it is a guard"),
    ("GS301", "it does not say of itself that it is a guard of modules"),
    ("GS400", "the Safe cannot be its own fallback handler"),
    ("GS401", "the fallback handler does not know the function"),
    ("GS402", "only the Safe itself can tell its handler that"),
];

/// Why a call was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revert {
    /// Nothing was said: no gas was left, or nobody cared to.
    Bare,
    /// A text (`Error(string)`); printable.
    Text(String),
    /// A code of Safe's.
    Safe(&'static str, &'static str),
    /// What a compiler puts in: a number.
    Panic(U256),
    /// An error that the contract has of its own: its selector, and how many bytes it has in all.
    Custom([u8; 4], usize),
    /// Bytes that say nothing that is known.
    Bytes(usize),
}

impl Revert {
    /// Reads what came back of a call that was refused.
    pub fn read(data: &[u8]) -> Self {
        let Some((selector, rest)) = data.split_first_chunk::<4>() else {
            return if data.is_empty() { Self::Bare } else { Self::Bytes(data.len()) };
        };
        match *selector {
            ERROR => text(rest).map_or(Self::Custom(ERROR, data.len()), |text| Self::text(&text)),
            PANIC if rest.len() == 32 => Self::Panic(U256::from_be_slice(rest)),
            other => Self::Custom(other, data.len()),
        }
    }

    /// Reads a text, as nodes give it where they have read the bytes themselves.
    pub fn text(text: &str) -> Self {
        let bare = text.trim();
        match CODES.iter().find(|(code, _)| *code == bare) {
            Some((code, meaning)) => Self::Safe(code, meaning),
            None => {
                let cut: String = bare.chars().take(LONGEST).collect();
                Self::Text(printable(&cut).into_owned())
            }
        }
    }

    /// The word for scripts: Safe's own code, or what kind of refusal it is.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bare => "revert-bare",
            Self::Text(_) => "revert-text",
            Self::Safe(code, _) => code,
            Self::Panic(_) => "revert-panic",
            Self::Custom(..) => "revert-custom",
            Self::Bytes(_) => "revert-bytes",
        }
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bare => f.write_str("it gives no reason"),
            Self::Text(text) => write!(f, "«{text}»"),
            Self::Safe(code, meaning) => write!(f, "{meaning} ({code})"),
            Self::Panic(number) => write!(f, "{} (panic {number:#x})", panic(*number)),
            Self::Custom(selector, length) => {
                write!(f, "the error {} in {length} bytes", hex::encode_prefixed(selector))
            }
            Self::Bytes(length) => write!(f, "{length} bytes that say nothing"),
        }
    }
}

/// The text of an `Error(string)`; bytes that are no text are shown as such.
fn text(rest: &[u8]) -> Option<String> {
    let word = |at: usize| Some(U256::from_be_slice(rest.get(at..at.checked_add(32)?)?));
    let start = usize::try_from(word(0)?).ok()?;
    let length = usize::try_from(word(start)?).ok()?;
    let from = start.checked_add(32)?;
    let bytes = rest.get(from..from.checked_add(length)?)?;
    let some = bytes.get(..bytes.len().min(LONGEST.saturating_mul(4)))?;
    Some(String::from_utf8_lossy(some).into_owned())
}

/// What the compiler means by a number.
///
/// <https://docs.soliditylang.org/en/latest/control-structures.html#panic-via-assert-and-error-via-require>
fn panic(number: U256) -> &'static str {
    match u8::try_from(number) {
        Ok(0x01) => "what must be true was not",
        Ok(0x11) => "a number ran over",
        Ok(0x12) => "a division by zero",
        Ok(0x21) => "a value that is none of the known ones",
        Ok(0x31) => "an empty list was taken from",
        Ok(0x32) => "a place beyond the end of a list",
        Ok(0x41) => "too much memory was asked for",
        Ok(0x51) => "a function that is not there was called",
        _ => "it stopped by itself",
    }
}
