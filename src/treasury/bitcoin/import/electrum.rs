//! Electrum's wallet file, not encrypted: JSON with a keystore a cosigner (`x1/`, `x2/`, …), or one.
//!
//! - The kind of script follows from the letters of the keys (SLIP-132): `xpub` is `sh`, `Ypub` is `sh(wsh)`, `Zpub` is
//!   `wsh`. All keys have to say the same. Keys are sorted (BIP-67), on the paths `/0/*` and `/1/*`.
//! - A keystore with a seed or a private key is refused: the file is not one to hand around.
//! - What Electrum appends to a file since version 4.5 is not put together here; saving a copy does it.
//!
//! The program: <https://github.com/spesmilo/electrum>.

use super::error::{ImportError, quote};
use super::keys::{self, Listed, Script, assemble, quorum};
use super::{Draft, Format, json};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Keystore {
    #[serde(rename = "type")]
    kind: Option<String>,
    xpub: Option<String>,
    xprv: Option<IgnoredAny>,
    seed: Option<IgnoredAny>,
    passphrase: Option<IgnoredAny>,
    derivation: Option<String>,
    root_fingerprint: Option<String>,
    ckcc_xfp: Option<u32>,
    label: Option<String>,
}

/// Reads such a file.
pub(super) fn read(text: &str) -> Result<Draft, ImportError> {
    let shape = |reason: &str| ImportError::shape(Format::Electrum, reason);
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    let first = values.next();
    if first.is_some_and(|value| value.is_ok())
        && !text.get(values.byte_offset()..).unwrap_or_default().trim().is_empty()
    {
        return Err(shape("changes are appended to it; open it in Electrum and use File > Save backup"));
    }
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(|error| shape(&error.to_string()))?;
    let kind: String =
        members.get("wallet_type").map_or(Ok(String::new()), |raw| json::parse(raw.get(), Format::Electrum))?;
    let stores = |names: Vec<String>| -> Result<Vec<Keystore>, ImportError> {
        let raws = names.iter().filter_map(|name| members.get(name));
        raws.map(|raw| json::parse(raw.get(), Format::Electrum)).collect()
    };
    let (required, of, stores) = match kind.split_once("of") {
        Some((required, of)) => {
            let number =
                |text: &str| text.parse::<usize>().map_err(|_| shape(&format!("the wallet_type {kind} is not known")));
            let (required, of) = (number(required)?, number(of)?);
            let there = members.keys().filter(|name| is_cosigner(name)).count();
            quorum(Format::Electrum, required, of, there)?;
            (required, of, stores((1..=of).map(|number| format!("x{number}/")).collect())?)
        }
        None if kind == "standard" => (1, 1, stores(vec!["keystore".into()])?),
        None => return Err(shape(&format!("the wallet_type {kind} is not one with extended public keys"))),
    };
    if stores.len() != of {
        return Err(ImportError::Count { said: of, found: stores.len() });
    }
    let mut listed = Vec::new();
    let mut script = None;
    for (number, store) in stores.into_iter().enumerate() {
        let number = number.saturating_add(1);
        let (key, says) = store.read(number, of > 1)?;
        if *script.get_or_insert(says) != says {
            return Err(shape("the letters of its keys stand for different kinds of script"));
        }
        listed.push(key);
    }
    let script = script.ok_or_else(|| shape("it has no keystore"))?;
    let row = assemble(Format::Electrum, script, required, &listed)?;
    let mut draft = Draft::new(Format::Electrum, vec![row]);
    for key in &listed {
        draft.cosigners.push((key.seed(Format::Electrum)?, quote(key.name.as_deref().unwrap_or_default())));
    }
    Ok(draft)
}

/// Whether a member is a cosigner's keystore: `x1/`.
fn is_cosigner(name: &str) -> bool {
    let number = name.strip_prefix('x').and_then(|name| name.strip_suffix('/'));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

impl Keystore {
    /// The key, and the kind of script that its letters stand for.
    fn read(self, number: usize, several: bool) -> Result<(Listed, Script), ImportError> {
        if self.xprv.is_some() || self.seed.is_some() || self.passphrase.is_some() {
            return Err(ImportError::Private);
        }
        let Some(xpub) = self.xpub else {
            let kind = self.kind.unwrap_or_default();
            return Err(ImportError::shape(Format::Electrum, format!("keystore {number} ({kind}) has no xpub")));
        };
        let read = keys::read(&xpub, number)?;
        let script = read.script.unwrap_or(if several { Script::Sh } else { Script::Pkh });
        // Coldcard's fingerprint as Electrum keeps it: the number of its bytes backwards.
        let fingerprint = self.root_fingerprint.or_else(|| {
            let bytes = self.ckcc_xfp?.to_le_bytes();
            Some(bitcoin::bip32::Fingerprint::from(bytes).to_string())
        });
        let (path, fingerprint) = self.derivation.zip(fingerprint).unzip();
        Ok((Listed { fingerprint, path, key: xpub, name: self.label }, script))
    }
}
