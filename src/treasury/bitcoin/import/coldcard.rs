//! The text file of Coldcard, which many others write too: a name, the quorum, the kind of script, and a key a line.
//!
//! - `Derivation` stands before the keys that it is for: once, or before each.
//! - Keys are sorted (BIP-67), on the paths `/0/*` and `/1/*`. A file that asks for the order of the file is refused.
//! - The quorum and the kind of script have to be there: both have defaults elsewhere, and they are not the same.
//!
//! The format: <https://coldcard.com/docs/multisig/>.

use super::error::ImportError;
use super::keys::{Listed, Script, assemble, quorum};
use super::{Draft, Format};
use crate::treasury::bitcoin::policy::{MOST_KEYS, PolicyError};
use crate::treasury::bitcoin::wallet::WalletError;

/// The longest path that stands before a key.
const LONGEST_PATH: usize = 256;

/// Whether a text has the lines of such a file.
pub(super) fn looks_like(text: &str) -> bool {
    let fields = text.lines().filter_map(field);
    let known = fields.filter(|(name, _)| ["name", "policy", "format", "derivation"].contains(&name.as_str()));
    known.count() >= 2
}

/// A line as a name in lowercase and a value.
fn field(line: &str) -> Option<(String, &str)> {
    let line = line.trim();
    let (name, value) = line.split_once(':')?;
    (!line.starts_with('#')).then(|| (name.trim().to_ascii_lowercase(), value.trim()))
}

/// Reads such a file.
pub(super) fn read(text: &str) -> Result<Draft, ImportError> {
    let shape = |reason: String| ImportError::shape(Format::Coldcard, reason);
    let (mut name, mut policy, mut script, mut path) = (None, None, None, None::<String>);
    let mut keys: Vec<Listed> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some((field, value)) = field(line) else { return Err(shape(format!("a line is no field: {line}"))) };
        match field.as_str() {
            "name" => once(&mut name, value.to_owned(), "Name")?,
            "policy" => once(&mut policy, two_numbers(value)?, "Policy")?,
            "format" => once(&mut script, kind(value)?, "Format")?,
            "derivation" => path = Some(value.to_owned()),
            _ if path.as_ref().is_some_and(|path: &String| path.len() > LONGEST_PATH) => {
                return Err(shape("a Derivation is longer than any path".into()));
            }
            seed if seed.len() == 8 && seed.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                let key = Listed {
                    fingerprint: Some(seed.to_owned()),
                    path: path.clone(),
                    key: value.to_owned(),
                    name: None,
                };
                if key.path.is_none() {
                    return Err(shape(format!("no Derivation stands before key {seed}")));
                }
                keys.push(key);
                if keys.len() > MOST_KEYS {
                    return Err(WalletError::from(PolicyError::Keys(keys.len())).into());
                }
            }
            "sorted" | "bip67" if value.eq_ignore_ascii_case("false") || value == "0" => {
                return Err(shape("it asks for keys in the order of the file; use a descriptor with multi".into()));
            }
            _ => {}
        }
    }
    let (required, of) = policy.ok_or_else(|| shape("it does not say the Policy, such as 2 of 3".into()))?;
    let script = script.ok_or_else(|| shape("it does not say the Format, such as P2WSH".into()))?;
    quorum(Format::Coldcard, required, of, keys.len())?;
    let row = assemble(Format::Coldcard, script, required, &keys)?;
    Ok(Draft { name, ..Draft::new(Format::Coldcard, vec![row]) })
}

/// Sets a field that may be there once.
fn once<T>(field: &mut Option<T>, value: T, name: &str) -> Result<(), ImportError> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(ImportError::shape(Format::Coldcard, format!("{name} is there twice"))),
    }
}

/// `2 of 3`, `2-of-3`, `2/3`.
fn two_numbers(text: &str) -> Result<(usize, usize), ImportError> {
    let parts = text.split_once("of").or_else(|| text.split_once('/'));
    let numbers = parts.and_then(|(required, of)| {
        let required = required.trim_end_matches([' ', '-']).parse().ok()?;
        Some((required, of.trim_start_matches([' ', '-']).parse().ok()?))
    });
    numbers.ok_or_else(|| ImportError::shape(Format::Coldcard, format!("the Policy is {text}, and not such as 2 of 3")))
}

fn kind(text: &str) -> Result<Script, ImportError> {
    match text.to_ascii_lowercase().as_str() {
        "p2wsh" => Ok(Script::Wsh),
        "p2sh-p2wsh" | "p2wsh-p2sh" => Ok(Script::ShWsh),
        "p2sh" => Ok(Script::Sh),
        other => Err(ImportError::shape(Format::Coldcard, format!("the Format {other} is none of multisig"))),
    }
}
