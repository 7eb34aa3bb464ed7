//! What an entry says: who did what, when.
//!
//! A later room adds a kind with one struct, one variant of [`Body`] and its three arms.

use serde::{Deserialize, Serialize};

use super::alert::Alert;
use super::ledger::Ledger;
use super::line::Hash;
use super::treasury::Treasury;
use crate::market::Timestamp;
use crate::portfolio::estate::Definition;

/// One verified entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The entry's number; the first is 1 and none is left out.
    pub seq: u64,
    /// When it was written, by the clock of the machine.
    pub at: Timestamp,
    /// Who acted. Text from outside: make it printable before it is shown.
    pub actor: String,
    /// For which tenant. Text from outside.
    pub tenant: String,
    /// What happened.
    pub body: Body,
    /// The hash of the entry before.
    pub prev: Hash,
    /// This entry's own hash.
    pub hash: Hash,
}

/// On whose behalf an entry is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who<'a> {
    /// Who acts.
    pub actor: &'a str,
    /// For which tenant.
    pub tenant: &'a str,
}

impl Who<'static> {
    /// The one person at the one machine.
    pub const LOCAL: Self = Self { actor: "local", tenant: "local" };
}

/// What happened, by kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// The desk started.
    Start(Start),
    /// The desk stopped in an orderly way.
    Stop(Stop),
    /// A setting was changed.
    Setting(Setting),
    /// Something became of an alert.
    Alert(Alert),
    /// Entries were brought into the ledger.
    Ledger(Ledger),
    /// Somebody said what an account or a portfolio is.
    Portfolio(Definition),
    /// Something happened in a treasury.
    Treasury(Treasury),
    /// A kind, or a shape of a known kind, that this version does not know. It is verified and shown all the same.
    Other {
        /// The kind's name. Text from outside.
        kind: String,
        /// The body as compact JSON in printable ASCII.
        json: String,
    },
}

/// The desk started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The program's version.
    pub version: String,
    /// The process.
    pub pid: u32,
}

/// The desk stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Why, in words.
    pub reason: String,
}

/// A setting was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Its dotted name.
    pub key: String,
    /// Its value before; none when it was not set.
    pub old: Option<String>,
    /// Its value from now on; none when it is no longer set.
    pub new: Option<String>,
}

impl Body {
    /// The kind's name as written.
    pub fn kind(&self) -> &str {
        match self {
            Self::Start(_) => "start",
            Self::Stop(_) => "stop",
            Self::Setting(_) => "setting",
            Self::Alert(_) => "alert",
            Self::Ledger(_) => "ledger",
            Self::Portfolio(_) => "portfolio",
            Self::Treasury(_) => "treasury",
            Self::Other { kind, .. } => kind,
        }
    }

    /// The body as compact JSON.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Start(body) => serde_json::to_string(body),
            Self::Stop(body) => serde_json::to_string(body),
            Self::Setting(body) => serde_json::to_string(body),
            Self::Alert(body) => serde_json::to_string(body),
            Self::Ledger(body) => serde_json::to_string(body),
            Self::Portfolio(body) => serde_json::to_string(body),
            Self::Treasury(body) => serde_json::to_string(body),
            Self::Other { json, .. } => Ok(json.clone()),
        }
    }

    /// Reads a body; what this version cannot read becomes [`Body::Other`].
    pub(super) fn read(kind: &str, json: &str) -> Self {
        let known = match kind {
            "start" => serde_json::from_str(json).map(Self::Start).ok(),
            "stop" => serde_json::from_str(json).map(Self::Stop).ok(),
            "setting" => serde_json::from_str(json).map(Self::Setting).ok(),
            "alert" => serde_json::from_str(json).map(Self::Alert).ok(),
            "ledger" => serde_json::from_str(json).map(Self::Ledger).ok(),
            "portfolio" => serde_json::from_str(json).map(Self::Portfolio).ok(),
            "treasury" => serde_json::from_str(json).map(Self::Treasury).ok(),
            _ => None,
        };
        known.unwrap_or_else(|| Self::Other { kind: kind.to_owned(), json: json.to_owned() })
    }
}
