//! Sparrow's wallet as JSON: the kind of script, the policy, and the keystores.
//!
//! Its *Output Descriptor* is text and read with the other descriptors; its database is encrypted or binary, and refused
//! with what to do instead.
//!
//! The program: <https://github.com/sparrowwallet/sparrow>.

use super::error::{ImportError, quote};
use super::keys::{Listed, Script, assemble, quorum};
use super::{Draft, Format, json};
use bitcoin::Network;
use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    name: Option<String>,
    network: Option<String>,
    policy_type: String,
    script_type: String,
    default_policy: Option<Policy>,
    keystores: Vec<Keystore>,
}

#[derive(Deserialize)]
struct Policy {
    miniscript: Option<Miniscript>,
}

#[derive(Deserialize)]
struct Miniscript {
    script: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Keystore {
    label: Option<String>,
    key_derivation: Option<Derivation>,
    extended_public_key: Option<String>,
    seed: Option<IgnoredAny>,
    master_private_extended_key: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Derivation {
    master_fingerprint: Option<String>,
    derivation_path: Option<String>,
    derivation: Option<String>,
}

/// Reads such a file.
pub(super) fn read(text: &str) -> Result<Draft, ImportError> {
    let file: File = json::parse(text, Format::Sparrow)?;
    let shape = |reason: String| ImportError::shape(Format::Sparrow, reason);
    let several = match file.policy_type.as_str() {
        "MULTI" => true,
        "SINGLE" => false,
        other => return Err(shape(format!("the policyType {other} is not known; export an output descriptor"))),
    };
    let script = match (file.script_type.as_str(), several) {
        ("P2WSH", true) => Script::Wsh,
        ("P2SH_P2WSH", true) => Script::ShWsh,
        ("P2SH", true) => Script::Sh,
        ("P2WPKH", false) => Script::Wpkh,
        ("P2SH_P2WPKH", false) => Script::ShWpkh,
        ("P2PKH", false) => Script::Pkh,
        ("P2TR", false) => Script::Tr,
        (other, _) => return Err(shape(format!("the scriptType {other} is none of policyType {}", file.policy_type))),
    };
    let networks: Option<&'static [Network]> = match file.network.as_deref().map(str::to_ascii_lowercase).as_deref() {
        None => None,
        Some("mainnet") => Some(&[Network::Bitcoin]),
        Some("testnet") => Some(&[Network::Testnet]),
        Some("testnet4") => Some(&[Network::Testnet4]),
        Some("signet") => Some(&[Network::Signet]),
        Some("regtest") => Some(&[Network::Regtest]),
        Some(other) => return Err(shape(format!("the network {other} is not known"))),
    };
    let policy = file.default_policy.and_then(|policy| policy.miniscript).map(|miniscript| miniscript.script);
    let required = if several { threshold(policy.as_deref().unwrap_or_default())? } else { 1 };
    let keys = file.keystores.into_iter().map(Keystore::listed).collect::<Result<Vec<_>, _>>()?;
    quorum(Format::Sparrow, required, if several { keys.len() } else { 1 }, keys.len())?;
    let row = assemble(Format::Sparrow, script, required, &keys)?;
    let mut draft = Draft { name: file.name, networks, ..Draft::new(Format::Sparrow, vec![row]) };
    for key in &keys {
        draft.cosigners.push((key.seed(Format::Sparrow)?, quote(key.name.as_deref().unwrap_or_default())));
    }
    Ok(draft)
}

/// How many have to sign: the number in `multi(2,…`.
fn threshold(policy: &str) -> Result<usize, ImportError> {
    let numbers = policy.split_once("multi(").and_then(|(_, rest)| rest.split_once(','));
    numbers.and_then(|(number, _)| number.trim().parse().ok()).ok_or_else(|| {
        ImportError::shape(Format::Sparrow, format!("the policy does not say how many have to sign: {policy}"))
    })
}

impl Keystore {
    fn listed(self) -> Result<Listed, ImportError> {
        if self.seed.is_some() || self.master_private_extended_key.is_some() {
            return Err(ImportError::Private);
        }
        let key = self
            .extended_public_key
            .ok_or_else(|| ImportError::shape(Format::Sparrow, "a keystore has no extendedPublicKey"))?;
        let origin = self
            .key_derivation
            .and_then(|origin| origin.derivation_path.or(origin.derivation).zip(origin.master_fingerprint));
        let (path, fingerprint) = origin.unzip();
        Ok(Listed { fingerprint, path, key, name: self.label })
    }
}
