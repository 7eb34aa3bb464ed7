//! Liana's backup: JSON with an account, its descriptor, what its keys are called, and its labels.
//!
//! A descriptor that Liana exports as text is read as any other.
//!
//! The program: <https://github.com/wizardsardine/liana>.

use super::error::ImportError;
use super::{Draft, Format};
use crate::treasury::bitcoin::labels::{Label, MOST_LABELS};
use crate::treasury::verdict::Finding;
use bitcoin::Network;
use bitcoin::bip32::Fingerprint;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::str::FromStr;

#[derive(Deserialize)]
struct File<'a> {
    name: Option<String>,
    network: Option<String>,
    #[serde(borrow)]
    accounts: Vec<Account<'a>>,
}

#[derive(Deserialize)]
struct Account<'a> {
    name: Option<String>,
    descriptor: String,
    #[serde(default)]
    keys: BTreeMap<String, Key>,
    #[serde(borrow)]
    labels: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Key {
    alias: Option<String>,
}

/// Reads a backup.
pub(super) fn read(text: &str) -> Result<Draft, ImportError> {
    let shape = |reason: String| ImportError::shape(Format::Liana, reason);
    let file: File<'_> = serde_json::from_str(text).map_err(|error| shape(error.to_string()))?;
    let mut accounts = file.accounts.into_iter();
    let account = match (accounts.next(), accounts.len()) {
        (Some(account), 0) => account,
        (None, _) => return Err(shape("it has no account".into())),
        (Some(_), more) => return Err(ImportError::Several(format!("{} accounts", more.saturating_add(1)))),
    };
    let networks: Option<&'static [Network]> = match file.network.as_deref() {
        None => None,
        Some("bitcoin") => Some(&[Network::Bitcoin]),
        Some("testnet") => Some(&[Network::Testnet]),
        Some("testnet4") => Some(&[Network::Testnet4]),
        Some("signet") => Some(&[Network::Signet]),
        Some("regtest") => Some(&[Network::Regtest]),
        Some(other) => return Err(shape(format!("the network {other} is not known"))),
    };
    let name = account.name.or(file.name);
    let mut draft = Draft { name, networks, ..Draft::new(Format::Liana, vec![account.descriptor]) };
    for (seed, key) in account.keys {
        let seed = Fingerprint::from_str(&seed).map_err(|_| shape(format!("{seed} is no fingerprint")))?;
        draft.cosigners.push((Some(seed), key.alias.unwrap_or_default()));
    }
    let labels = account.labels.unwrap_or_default();
    if labels.len() > MOST_LABELS {
        return Err(shape(format!("it has {} labels", labels.len())));
    }
    let mut lost = 0_usize;
    for line in labels {
        match Label::read(line.get()) {
            Ok(Some(label)) => {
                draft.labels.apply(label);
            }
            _ => lost = lost.saturating_add(1),
        }
    }
    if lost > 0 {
        draft.notes.push(Finding::new("labels-lost", format!("{lost} labels of the backup could not be read")));
    }
    Ok(draft)
}
