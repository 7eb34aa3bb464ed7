//! A Safe transaction as a JSON file: the ten fields, and which Safe of which version on which chain they are for.
//!
//! - Nothing is guessed: a missing field is refused, and so is one that stands there twice. What is not known is told,
//!   because whoever wrote it thinks that it counts.
//! - Numbers are exact: decimal or `0x` texts, or JSON integers of any length up to 256 bits.
//! - Addresses with letters of both cases need their checksum; those of one case are taken and told.
//! - What is written has one form: read back, it is the same.

use super::address::{self, AddressError, Written};
use super::version::UnknownVersion;
use super::{Operation, SafeAt, SafeTx, SafeVersion};
use crate::market::printable;
use alloy_primitives::{Address, Bytes, U256};
use serde::Serialize;

mod members;

pub use members::LONGEST;
pub(super) use members::Members;

/// Why a file is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It is too long.
    #[error("the file is longer than {LONGEST} bytes")]
    Long,
    /// It is no JSON object.
    #[error("the file is no JSON object: {0}")]
    Json(String),
    /// It has too many fields.
    #[error("the file has more than {0} fields")]
    Many(usize),
    /// A field is not there.
    #[error("the field {0} is missing")]
    Missing(&'static str),
    /// A field stands there more than once, and readers differ on which of them counts.
    #[error("the field {0} stands there twice")]
    Twice(String),
    /// A field that has to be a number is none.
    #[error("{0} is no whole number: digits, or 0x and hex digits")]
    Number(&'static str),
    /// A number is larger than a contract can hold.
    #[error("{0} is larger than 256 bits")]
    Large(&'static str),
    /// A field that has to be a text is none.
    #[error("{0} has to be a text in quotes")]
    Text(&'static str),
    /// A field that has to be an address is none, or has a wrong checksum.
    #[error("{0}: {1}")]
    Address(&'static str, AddressError),
    /// Bytes are not in hex.
    #[error("{0} has to be 0x and an even number of hex digits")]
    Hex(&'static str),
    /// There is no such operation.
    #[error("operation has to be 0 (call) or 1 (delegatecall)")]
    Operation,
    /// There is no such version.
    #[error(transparent)]
    Version(#[from] UnknownVersion),
    /// The chain in front of the Safe's address is another one (T20).
    #[error("safe begins with {prefix}: and that is chain {of}, but chainId is {chain_id}")]
    Chain {
        /// What stands in front.
        prefix: String,
        /// Which chain that is.
        of: U256,
        /// Which chain the file names.
        chain_id: U256,
    },
    /// A list has to be one, of a certain form.
    #[error("{0} has to be a list of objects with owner and signature")]
    List(&'static str),
}

impl FileError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Long => "file-long",
            Self::Json(_) => "file-json",
            Self::Many(_) => "file-many",
            Self::Missing(_) => "file-missing",
            Self::Twice(_) => "file-twice",
            Self::Number(_) => "file-number",
            Self::Large(_) => "file-large",
            Self::Text(_) => "file-text",
            Self::Address(_, AddressError::Form(_)) => "file-address",
            Self::Address(_, AddressError::Checksum(_)) => "file-checksum",
            Self::Hex(_) => "file-hex",
            Self::Operation => "file-operation",
            Self::Version(_) => "file-version",
            Self::Chain { .. } => "file-chain",
            Self::List(_) => "file-list",
        }
    }
}

/// What a reader should be told of a file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A field that is not known, and that nobody signs. Printable.
    Unknown(String),
    /// An address whose letters carry no checksum.
    Unchecked(&'static str, Address),
    /// The chain in front of the Safe's address has a name that is not known. Printable.
    Prefix(String),
}

/// A Safe transaction as a file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeFile {
    /// Which Safe it is for.
    pub at: SafeAt,
    /// The transaction.
    pub tx: SafeTx,
    /// What to tell of how it was written.
    pub notes: Vec<Note>,
}

impl SafeFile {
    /// Reads a file.
    pub fn read(bytes: &[u8]) -> Result<Self, FileError> {
        Self::of(Members::read(bytes)?)
    }

    /// Reads what is left of the fields, all of it.
    pub(super) fn of(mut members: Members<'_>) -> Result<Self, FileError> {
        let mut notes = Vec::new();
        let chain_id = number(&mut members, "chainId")?;
        let safe = written(&mut members, "safe", address::read_prefixed)?;
        if let Some(prefix) = safe.prefix.clone() {
            match address::chain(&prefix) {
                Some(of) if of != chain_id => return Err(FileError::Chain { prefix, of, chain_id }),
                Some(_) => {}
                None => notes.push(Note::Prefix(prefix)),
            }
        }
        let version = members.text("version")?.parse()?;
        let at = SafeAt { chain_id, safe: noted(safe, "safe", &mut notes), version };
        let tx = transaction(&mut members, at.version, &mut notes)?;
        notes.extend(members.rest().map(Note::Unknown));
        Ok(Self { at, tx, notes })
    }

    /// The file: every field, one form.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(&Fields::of(&self.at, &self.tx)).unwrap_or_default()
    }
}

/// A file's fields as they are written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fields {
    chain_id: String,
    safe: String,
    version: &'static str,
    to: String,
    value: String,
    data: String,
    operation: u8,
    safe_tx_gas: String,
    base_gas: String,
    gas_price: String,
    gas_token: String,
    refund_receiver: String,
    nonce: String,
}

impl Fields {
    pub(super) fn of(at: &SafeAt, tx: &SafeTx) -> Self {
        Self {
            chain_id: at.chain_id.to_string(),
            safe: at.safe.to_checksum(None),
            version: at.version.name(),
            to: tx.to.to_checksum(None),
            value: tx.value.to_string(),
            data: tx.data.to_string(),
            operation: tx.operation.number(),
            safe_tx_gas: tx.safe_tx_gas.to_string(),
            base_gas: tx.base_gas.to_string(),
            gas_price: tx.gas_price.to_string(),
            gas_token: tx.gas_token.to_checksum(None),
            refund_receiver: tx.refund_receiver.to_checksum(None),
            nonce: tx.nonce.to_string(),
        }
    }
}

/// Takes the ten fields of a transaction.
pub(super) fn transaction(
    members: &mut Members<'_>,
    version: SafeVersion,
    notes: &mut Vec<Note>,
) -> Result<SafeTx, FileError> {
    let mut address = |members: &mut Members<'_>, name| -> Result<Address, FileError> {
        Ok(noted(written(members, name, address::read)?, name, notes))
    };
    // The oldest contract has another name for it, and either is clear.
    let gas = version.base_gas_name();
    let gas = if members.has(gas) && !members.has("baseGas") { gas } else { "baseGas" };
    Ok(SafeTx {
        to: address(members, "to")?,
        value: number(members, "value")?,
        data: data(members)?,
        operation: operation(members)?,
        safe_tx_gas: number(members, "safeTxGas")?,
        base_gas: number(members, gas)?,
        gas_price: number(members, "gasPrice")?,
        gas_token: address(members, "gasToken")?,
        refund_receiver: address(members, "refundReceiver")?,
        nonce: number(members, "nonce")?,
    })
}

/// The address, and a note when it carried no checksum.
fn noted(written: Written, name: &'static str, notes: &mut Vec<Note>) -> Address {
    if !written.checked {
        notes.push(Note::Unchecked(name, written.address));
    }
    written.address
}

pub(super) fn written(
    members: &mut Members<'_>,
    name: &'static str,
    read: impl Fn(&str) -> Result<Written, AddressError>,
) -> Result<Written, FileError> {
    read(&members.text(name)?).map_err(|error| FileError::Address(name, error))
}

fn number(members: &mut Members<'_>, name: &'static str) -> Result<U256, FileError> {
    exact(&members.number(name)?).ok_or(FileError::Number(name))?.ok_or(FileError::Large(name))
}

fn operation(members: &mut Members<'_>) -> Result<Operation, FileError> {
    let number = number(members, "operation")?;
    u8::try_from(number).ok().and_then(Operation::of).ok_or(FileError::Operation)
}

fn data(members: &mut Members<'_>) -> Result<Bytes, FileError> {
    match members.text_or_null("data")?.as_deref() {
        None | Some("") => Ok(Bytes::new()),
        Some(text) => bytes(text).ok_or(FileError::Hex("data")),
    }
}

/// Bytes in hex, `0x` in front.
pub(super) fn bytes(text: &str) -> Option<Bytes> {
    let digits = text.strip_prefix("0x")?;
    // What decodes hex would take a second 0x.
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| alloy_primitives::hex::decode(digits).ok()).flatten().map(Bytes::from)
}

/// A whole number, decimal or with `0x`; nothing inside when it is larger than 256 bits.
fn exact(text: &str) -> Option<Option<U256>> {
    let (digits, radix) = text.strip_prefix("0x").map_or((text, 10), |digits| (digits, 16));
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    // 2^256 has 78 digits: what is longer need not be read.
    let fits = digits.len() <= 78;
    Some(
        fits.then(|| U256::from_str_radix(if digits.is_empty() { "0" } else { digits }, u64::from(radix)).ok())
            .flatten(),
    )
}

/// A name from a file, to be shown.
fn shown(name: &str) -> String {
    printable(&name.chars().take(64).collect::<String>()).into_owned()
}

#[cfg(test)]
mod tests;
