//! One label: a record of BIP-329.
//!
//! - What it is about is read strictly: a transaction's id, an address, a public key, a coin, an extended key.
//! - `spendable` is a boolean; the strings `"true"` and `"false"`, which some wallets write, are understood.
//! - Members that are not known are kept as they stand, numbers with every digit.
//!
//! The format: <https://github.com/bitcoin/bips/blob/master/bip-0329.mediawiki>.

use super::LONGEST_LINE;
use crate::market::printable;
use crate::treasury::bitcoin::import::error::quote;
use bitcoin::address::NetworkUnchecked;
use bitcoin::bip32::Xpub;
use bitcoin::{Address, OutPoint, PublicKey, Txid, XOnlyPublicKey};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What a label is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// A transaction.
    Transaction(Txid),
    /// An address, of whatever network.
    Address(Address<NetworkUnchecked>),
    /// A public key, in lowercase hex.
    Key(String),
    /// An input: the transaction that spends, and which of its inputs.
    Input(OutPoint),
    /// A coin.
    Output(OutPoint),
    /// An extended public key.
    Xpub(String),
}

impl About {
    /// Its kind as the format calls it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Transaction(_) => "tx",
            Self::Address(_) => "addr",
            Self::Key(_) => "pubkey",
            Self::Input(_) => "input",
            Self::Output(_) => "output",
            Self::Xpub(_) => "xpub",
        }
    }

    /// Reads a reference; none for a kind that is not known.
    fn read(kind: &str, reference: &str) -> Result<Option<Self>, LabelError> {
        let wrong = || LabelError::Reference(kind.to_owned(), quote(reference));
        Ok(Some(match kind {
            "tx" => Self::Transaction(Txid::from_str(reference).map_err(|_| wrong())?),
            "addr" => Self::Address(Address::from_str(reference).map_err(|_| wrong())?),
            "pubkey" if reference.len() == 64 => {
                Self::Key(XOnlyPublicKey::from_str(reference).map_err(|_| wrong())?.to_string())
            }
            "pubkey" => Self::Key(PublicKey::from_str(reference).map_err(|_| wrong())?.to_string()),
            "input" => Self::Input(OutPoint::from_str(reference).map_err(|_| wrong())?),
            "output" => Self::Output(OutPoint::from_str(reference).map_err(|_| wrong())?),
            "xpub" => Self::Xpub(Xpub::from_str(reference).map_err(|_| wrong())?.to_string()),
            _ => return Ok(None),
        }))
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transaction(txid) => write!(f, "{txid}"),
            Self::Address(address) => write!(f, "{}", address.clone().assume_checked()),
            Self::Key(key) | Self::Xpub(key) => f.write_str(key),
            Self::Input(place) | Self::Output(place) => write!(f, "{place}"),
        }
    }
}

/// Why a line is no label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// More than [`LONGEST_LINE`] bytes.
    #[error("the line is longer than {LONGEST_LINE} bytes")]
    Long,
    /// Not a record with a `type` and a `ref`.
    #[error("not a record of BIP-329: {0}")]
    Record(String),
    /// What it is about cannot be read.
    #[error("the ref of this {0} cannot be read: {1}")]
    Reference(String, String),
    /// `spendable` where it has no meaning.
    #[error("only an output is spendable or not")]
    Spendable,
}

/// A label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    about: About,
    /// The reference as it was written.
    reference: String,
    /// The words as they came.
    exact: Option<String>,
    origin: Option<String>,
    spendable: Option<bool>,
    /// The other members, each as its JSON stood.
    others: BTreeMap<String, String>,
}

/// What `spendable` may look like.
#[derive(Deserialize)]
#[serde(untagged)]
enum Spendable {
    Is(bool),
    Says(String),
}

impl Label {
    /// A label of one's own.
    pub fn new(about: About, text: Option<String>, spendable: Option<bool>) -> Result<Self, LabelError> {
        if spendable.is_some() && !matches!(about, About::Output(_)) {
            return Err(LabelError::Spendable);
        }
        let reference = about.to_string();
        let label = Self { about, reference, exact: text, origin: None, spendable, others: BTreeMap::new() };
        if label.line().len() > LONGEST_LINE { Err(LabelError::Long) } else { Ok(label) }
    }

    /// The same with the wallet that it is of, as [`super::origin`] names it.
    #[must_use]
    pub fn of_wallet(mut self, origin: Option<String>) -> Self {
        self.origin = origin;
        self
    }

    /// Reads a record; none when it is of a type that is not known.
    pub fn read(line: &str) -> Result<Option<Self>, LabelError> {
        if line.len() > LONGEST_LINE {
            return Err(LabelError::Long);
        }
        let record = |error: serde_json::Error| LabelError::Record(quote(&error.to_string()));
        let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(line).map_err(record)?;
        let mut text = |name: &str| -> Result<Option<String>, LabelError> {
            let Some(raw) = members.remove(name) else { return Ok(None) };
            serde_json::from_str(raw.get()).map_err(|_| LabelError::Record(format!("{name} is no text")))
        };
        let kind = text("type")?.ok_or_else(|| LabelError::Record("it has no type".into()))?;
        let reference = text("ref")?.ok_or_else(|| LabelError::Record("it has no ref".into()))?;
        let Some(about) = About::read(&kind, &reference)? else { return Ok(None) };
        let (exact, origin) = (text("label")?, text("origin")?);
        let spendable = match members.remove("spendable").map(|raw| serde_json::from_str(raw.get())) {
            None => None,
            Some(Ok(Spendable::Is(is))) => Some(is),
            Some(Ok(Spendable::Says(says))) if says.eq_ignore_ascii_case("true") => Some(true),
            Some(Ok(Spendable::Says(says))) if says.eq_ignore_ascii_case("false") => Some(false),
            Some(_) => return Err(LabelError::Record("spendable is neither true nor false".into())),
        };
        if spendable.is_some() && !matches!(about, About::Output(_)) {
            return Err(LabelError::Spendable);
        }
        // Values are kept as they stand; those that other readers would not take are refused with the record.
        let nested = |raw: &&RawValue| raw.get().starts_with(['[', '{']);
        for raw in members.values().filter(|raw| nested(raw)) {
            serde_json::from_str::<serde_json::Value>(raw.get()).map_err(record)?;
        }
        let others = members.into_iter().map(|(name, raw)| (name, raw.get().to_owned())).collect();
        Ok(Some(Self { about, reference, exact, origin, spendable, others }))
    }

    /// What it is about.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Its words, printable.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        self.exact.as_deref().map(printable)
    }

    /// The wallet that it is of, where the record tells: a descriptor without keys. As it came.
    pub(super) fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Whether the coin may be spent, where the record tells.
    pub fn spendable(&self) -> Option<bool> {
        self.spendable
    }

    /// Takes in what another record says about the same. Tells whether anything changed.
    pub(super) fn take_in(&mut self, newer: Self) -> bool {
        let before = self.clone();
        self.exact = newer.exact.or_else(|| self.exact.take());
        self.origin = newer.origin.or_else(|| self.origin.take());
        self.spendable = newer.spendable.or(self.spendable);
        self.others.extend(newer.others);
        *self != before
    }

    /// The record: what was read, with its members in a fixed order.
    pub fn line(&self) -> String {
        let mut line = format!("{{\"type\":{},\"ref\":{}", json(self.about.kind()), json(&self.reference));
        let mut member = |name: &str, value: &str| {
            line.push(',');
            line.push_str(&json(name));
            line.push(':');
            line.push_str(value);
        };
        if let Some(label) = &self.exact {
            member("label", &json(label));
        }
        if let Some(origin) = &self.origin {
            member("origin", &json(origin));
        }
        if let Some(spendable) = self.spendable {
            member("spendable", if spendable { "true" } else { "false" });
        }
        for (name, raw) in &self.others {
            member(name, raw);
        }
        line.push('}');
        inert(&line)
    }
}

/// A text as JSON.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// JSON that says the same and steers no terminal: what is not printable in a text is escaped.
fn inert(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            ' '..='~' => safe.push(c),
            // Within a text JSON has these escaped, so that this one is between members.
            '\0'..='\u{1f}' => safe.push(' '),
            _ if printable(c.encode_utf8(&mut [0; 4])).chars().eq([c]) => safe.push(c),
            _ => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| safe.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    safe
}
