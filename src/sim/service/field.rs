//! The fields of a request, one by one: numbers as numbers or texts, addresses with their checksum, bytes as hex.
//!
//! - What is wrong with every field is gathered before anything is answered, in the words of Django REST framework.

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What is wrong, by field.
pub type Wrong = BTreeMap<&'static str, Vec<String>>;

/// The shortest signature, in bytes.
const SHORTEST: usize = 65;

/// The longest origin, in characters.
const LONGEST_ORIGIN: usize = 200;

/// A value of a field.
enum Given {
    Nothing,
    Null,
    /// A text, or a number as it is written.
    Text(String),
    /// Anything else.
    Other,
}

/// A body whose fields are being read.
pub struct Fields {
    body: BTreeMap<String, Box<RawValue>>,
    /// What was wrong so far.
    pub wrong: Wrong,
    /// A number does not fit into 256 bits: the real service breaks over it.
    pub huge: bool,
}

impl Fields {
    /// Reads a body.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let body = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        Ok(Self { body, wrong: Wrong::new(), huge: false })
    }

    fn refuse<T>(&mut self, name: &'static str, why: impl Into<String>) -> Option<T> {
        self.wrong.entry(name).or_default().push(why.into());
        None
    }

    fn given(&self, name: &str) -> Given {
        let Some(raw) = self.body.get(name).map(|raw| raw.get()) else { return Given::Nothing };
        match raw.as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw).map_or(Given::Other, Given::Text),
            Some(b'-' | b'0'..=b'9') => Given::Text(raw.to_owned()),
            Some(b'n') => Given::Null,
            _ => Given::Other,
        }
    }

    /// A text that has to be there.
    fn text(&mut self, name: &'static str) -> Option<String> {
        match self.given(name) {
            Given::Text(text) => Some(text),
            Given::Nothing => self.refuse(name, "This field is required."),
            Given::Null => self.refuse(name, "This field may not be null."),
            Given::Other => self.refuse(name, "Not a valid string."),
        }
    }

    /// Whether it was left out, or is null.
    fn absent(&self, name: &str) -> bool {
        matches!(self.given(name), Given::Nothing | Given::Null)
    }

    /// A number from 0 on.
    pub fn number(&mut self, name: &'static str) -> Option<U256> {
        let text = self.text(name)?;
        let digits = text.strip_prefix('-').unwrap_or(&text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.refuse(name, "A valid integer is required.");
        }
        if text.starts_with('-') {
            return self.refuse(name, "Ensure this value is greater than or equal to 0.");
        }
        let number = U256::from_str_radix(digits, 10).ok();
        self.huge |= number.is_none();
        number
    }

    /// An address with its checksum.
    pub fn address(&mut self, name: &'static str) -> Option<Address> {
        let text = self.text(name)?;
        match Address::parse_checksummed(&text, None) {
            Ok(address) => Some(address),
            Err(_) => self.refuse(name, format!("Address {text} is not checksumed")),
        }
    }

    /// An address that may be left out.
    pub fn address_or_zero(&mut self, name: &'static str) -> Option<Address> {
        match self.absent(name) {
            true => Some(Address::ZERO),
            false => self.address(name),
        }
    }

    /// A hash.
    pub fn hash(&mut self, name: &'static str) -> Option<B256> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(hash) => Some(hash),
            Err(_) => self.refuse(name, format!("\"{text}\" hash must have exactly 32 bytes.")),
        }
    }

    fn hexadecimal(&mut self, name: &'static str) -> Option<Bytes> {
        let text = self.text(name)?;
        let bare = text.strip_prefix("0x").unwrap_or(&text);
        // An odd digit stands for a byte of its own, in front.
        let padded = if bare.len() % 2 == 1 { format!("0{bare}") } else { bare.to_owned() };
        match hex::decode(padded) {
            Ok(bytes) => Some(bytes.into()),
            Err(_) => self.refuse(name, format!("{bare} is not a hexadecimal value.")),
        }
    }

    /// Data that may be left out.
    pub fn data(&mut self, name: &'static str) -> Option<Bytes> {
        match self.absent(name) {
            true => Some(Bytes::new()),
            false => self.hexadecimal(name),
        }
    }

    /// Signatures.
    pub fn signature(&mut self, name: &'static str) -> Option<Bytes> {
        let bytes = self.hexadecimal(name)?;
        match bytes.len() {
            0 => self.refuse(name, "This field may not be blank."),
            SHORTEST.. => Some(bytes),
            _ => {
                let why = format!("Ensure this field has at least {SHORTEST} hexadecimal chars (not counting 0x).");
                self.refuse(name, why)
            }
        }
    }

    /// Signatures that may be left out.
    pub fn signature_or_none(&mut self, name: &'static str) -> Option<Bytes> {
        match self.absent(name) {
            true => Some(Bytes::new()),
            false => self.signature(name),
        }
    }

    /// Where a proposal comes from: free text, kept as it is.
    pub fn origin(&mut self, name: &'static str) -> Option<String> {
        if self.absent(name) {
            return Some("{}".to_owned());
        }
        let text = self.text(name)?;
        match text.chars().count() > LONGEST_ORIGIN {
            true => self.refuse(name, format!("Ensure this field has no more than {LONGEST_ORIGIN} characters.")),
            false => Some(text),
        }
    }
}
