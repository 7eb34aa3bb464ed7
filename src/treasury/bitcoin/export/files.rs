//! The files, one function each.

use super::{ExportError, Format};
use crate::treasury::bitcoin::policy::Cosigner;
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet, kind_name};
use bitcoin::Network;
use bitcoin::bip32::{ChildNumber, DerivationPath};
use miniscript::ForEachKey;
use miniscript::descriptor::{DescriptorPublicKey, DescriptorType, Wildcard};
use serde_json::json;

/// The longest name that Coldcard takes.
const COLDCARD_NAME: usize = 20;

pub(super) fn descriptor(wallet: &Wallet) -> Result<String, ExportError> {
    match wallet.descriptors().as_slice() {
        [one] => Ok(format!("{one}\n")),
        _ => Err(ExportError::Rows(Format::Descriptor)),
    }
}

pub(super) fn pair(wallet: &Wallet) -> String {
    rows(wallet).into_iter().map(|(_, row)| row + "\n").collect()
}

pub(super) fn core(wallet: &Wallet) -> Result<String, ExportError> {
    let requests = rows(wallet).into_iter().map(|(chain, row)| {
        let internal = chain == Chain::Change;
        json!({"desc": row, "active": true, "internal": internal, "range": [0, 999], "timestamp": 0})
    });
    Ok(pretty(&requests.collect::<Vec<_>>().into()))
}

pub(super) fn bsms(wallet: &Wallet) -> Result<String, ExportError> {
    let first = wallet.address(Spot { chain: Chain::Receive, index: 0 }).ok_or(ExportError::Rows(Format::Bsms))?;
    let (descriptor, restrictions) = if !wallet.has_change() {
        (wallet.descriptor(Chain::Receive).to_string(), "No path restrictions")
    } else {
        let both = wallet.multipath().ok_or(ExportError::Rows(Format::Bsms))?;
        usual_paths(wallet, Format::Bsms)?;
        // A template is no descriptor, and has no checksum; the first address stands in for it.
        let body = both.split_once('#').map_or(both.as_str(), |(body, _)| body);
        (body.replace("/<0;1>/*", "/**"), "/0/*,/1/*")
    };
    Ok(format!("BSMS 1.0\n{descriptor}\n{restrictions}\n{first}\n"))
}

pub(super) fn coldcard(wallet: &Wallet) -> Result<String, ExportError> {
    let kind = match multisig(wallet, Format::Coldcard)? {
        DescriptorType::WshSortedMulti => "P2WSH",
        DescriptorType::ShWshSortedMulti => "P2SH-P2WSH",
        _ => "P2SH",
    };
    let quorum = wallet.policy().quorum();
    let name: String = wallet.name().chars().take(COLDCARD_NAME).collect();
    let mut file = format!("Name: {}\nPolicy: {} of {}\nFormat: {kind}\n", name.trim(), quorum.required, quorum.of);
    for cosigner in wallet.policy().cosigners() {
        let path = path(cosigner, Format::Coldcard)?;
        let seed = cosigner.fingerprint.to_string().to_ascii_uppercase();
        file.push_str(&format!("\nDerivation: {path}\n{seed}: {}\n", cosigner.xpub));
    }
    Ok(file)
}

pub(super) fn caravan(wallet: &Wallet) -> Result<String, ExportError> {
    let kind = match multisig(wallet, Format::Caravan)? {
        DescriptorType::WshSortedMulti => "P2WSH",
        DescriptorType::ShWshSortedMulti => "P2SH-P2WSH",
        _ => "P2SH",
    };
    let network = match wallet.network() {
        Network::Bitcoin => "mainnet",
        Network::Testnet => "testnet",
        Network::Signet => "signet",
        Network::Regtest => "regtest",
        network @ Network::Testnet4 => return Err(ExportError::Network { format: Format::Caravan, network }),
    };
    let mut keys = Vec::new();
    for (number, cosigner) in wallet.policy().cosigners().iter().enumerate() {
        let name = format!("Cosigner {}", number.saturating_add(1));
        let (path, seed) = (path(cosigner, Format::Caravan)?, cosigner.fingerprint.to_string());
        keys.push(json!({"name": name, "bip32Path": path, "xpub": cosigner.xpub, "xfp": seed, "method": "text"}));
    }
    let quorum = wallet.policy().quorum();
    Ok(pretty(&json!({
        "name": wallet.name(),
        "addressType": kind,
        "network": network,
        "client": {"type": "public"},
        "quorum": {"requiredSigners": quorum.required, "totalSigners": quorum.of},
        "extendedPublicKeys": keys,
        "startingAddressIndex": 0,
    })))
}

pub(super) fn sparrow(wallet: &Wallet) -> Result<String, ExportError> {
    let both = wallet.multipath().ok_or(ExportError::Rows(Format::Sparrow))?;
    let mut file = format!("# Receive and change descriptor (BIP389):\n{both}\n");
    for (chain, row) in rows(wallet) {
        let name = if chain == Chain::Receive { "Receive" } else { "Change" };
        file.push_str(&format!("\n# {name} descriptor (Bitcoin Core):\n{row}\n"));
    }
    Ok(file)
}

/// The rows that the wallet has.
fn rows(wallet: &Wallet) -> Vec<(Chain, String)> {
    let chains = Chain::ALL.into_iter().filter(|chain| *chain == Chain::Receive || wallet.has_change());
    chains.map(|chain| (chain, wallet.descriptor(chain).to_string())).collect()
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

/// The kind of a wallet that is sorted multisig on the usual paths, with every origin told.
fn multisig(wallet: &Wallet, format: Format) -> Result<DescriptorType, ExportError> {
    let kind = wallet.descriptor(Chain::Receive).desc_type();
    match kind {
        DescriptorType::WshSortedMulti | DescriptorType::ShWshSortedMulti | DescriptorType::ShSortedMulti => {}
        DescriptorType::Wsh | DescriptorType::ShWsh | DescriptorType::Sh => {
            return Err(ExportError::Script { format, kind: format!("{} with unsorted keys", kind_name(kind)) });
        }
        _ => return Err(ExportError::Script { format, kind: kind_name(kind).to_owned() }),
    }
    usual_paths(wallet, format)?;
    Ok(kind)
}

/// Every key goes on by `/0/*` to receive and by `/1/*` for change.
fn usual_paths(wallet: &Wallet, format: Format) -> Result<(), ExportError> {
    let usual = wallet.has_change()
        && Chain::ALL.into_iter().all(|chain| {
            let path = DerivationPath::from(vec![ChildNumber::Normal { index: chain.number() }]);
            wallet.descriptor(chain).for_each_key(|key| match key {
                DescriptorPublicKey::XPub(xpub) => {
                    xpub.derivation_path == path && xpub.wildcard == Wildcard::Unhardened
                }
                _ => true,
            })
        });
    if usual { Ok(()) } else { Err(ExportError::Paths(format)) }
}

/// The path from a cosigner's seed.
fn path(cosigner: &Cosigner, format: Format) -> Result<String, ExportError> {
    if !cosigner.origin_known {
        return Err(ExportError::Origin { format, key: cosigner.fingerprint.to_string() });
    }
    let slash = if cosigner.path.is_empty() { "" } else { "/" };
    Ok(format!("m{slash}{}", cosigner.path))
}
