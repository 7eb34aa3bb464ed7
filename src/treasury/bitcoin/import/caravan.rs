//! The JSON of Caravan and Unchained: the kind of script, the network, the quorum, and the keys with their paths.
//!
//! - Keys are sorted (BIP-67), on the paths `/0/*` and `/1/*`.
//! - Caravan writes `Unknown`, or a path of zeros under the fingerprint `00000000`, where it was not told the origin of
//!   a key: such a key has none here.
//!
//! The program: <https://github.com/caravan-bitcoin/caravan>.

use super::error::{ImportError, quote};
use super::keys::{Listed, Script, assemble, quorum};
use super::{Draft, Format, json};
use bitcoin::Network;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    name: Option<String>,
    #[serde(rename = "addressType")]
    address_type: String,
    network: String,
    quorum: Quorum,
    #[serde(rename = "extendedPublicKeys")]
    keys: Vec<Key>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Quorum {
    required_signers: usize,
    total_signers: Option<usize>,
}

#[derive(Deserialize)]
struct Key {
    name: Option<String>,
    #[serde(rename = "bip32Path")]
    path: Option<String>,
    xpub: String,
    xfp: Option<String>,
}

/// Reads such a file.
pub(super) fn read(text: &str) -> Result<Draft, ImportError> {
    let file: File = json::parse(text, Format::Caravan)?;
    let script = match file.address_type.as_str() {
        "P2WSH" => Script::Wsh,
        "P2SH-P2WSH" => Script::ShWsh,
        "P2SH" => Script::Sh,
        other => return Err(ImportError::shape(Format::Caravan, format!("the addressType {other} is not known"))),
    };
    let networks: &'static [Network] = match file.network.as_str() {
        "mainnet" => &[Network::Bitcoin],
        "testnet" => &[Network::Testnet, Network::Testnet4],
        "signet" => &[Network::Signet],
        "regtest" => &[Network::Regtest],
        other => return Err(ImportError::shape(Format::Caravan, format!("the network {other} is not known"))),
    };
    let found = file.keys.len();
    quorum(Format::Caravan, file.quorum.required_signers, file.quorum.total_signers.unwrap_or(found), found)?;
    let keys: Vec<Listed> = file.keys.into_iter().map(Key::listed).collect();
    let row = assemble(Format::Caravan, script, file.quorum.required_signers, &keys)?;
    let mut draft = Draft { name: file.name, networks: Some(networks), ..Draft::new(Format::Caravan, vec![row]) };
    for key in &keys {
        draft.cosigners.push((key.seed(Format::Caravan)?, quote(key.name.as_deref().unwrap_or_default())));
    }
    Ok(draft)
}

impl Key {
    fn listed(self) -> Listed {
        let told = |text: &String| !text.is_empty() && !text.eq_ignore_ascii_case("unknown");
        let (path, seed) = (self.path.filter(told), self.xfp.filter(told));
        let masked = seed.as_deref() == Some("00000000")
            && path.as_deref().is_some_and(|path| path.bytes().all(|byte| matches!(byte, b'm' | b'/' | b'0')));
        let origin = (!masked).then_some(path.zip(seed)).flatten();
        let (path, fingerprint) = origin.unzip();
        Listed { fingerprint, path, key: self.xpub, name: self.name }
    }
}
