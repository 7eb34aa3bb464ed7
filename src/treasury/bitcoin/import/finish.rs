//! From what a file says to a wallet: everything that it claims is held against its keys.

use super::error::{ImportError, quote};
use super::{Draft, Imported, Nickname, keys};
use crate::treasury::bitcoin::wallet::{Chain, LONGEST_DESCRIPTOR, LONGEST_NAME, Spot, Wallet, WalletError};
use crate::treasury::verdict::Finding;
use bitcoin::bip32::ChildNumber;
use bitcoin::{Address, Network, NetworkKind};
use miniscript::descriptor::checksum::desc_checksum;
use std::collections::BTreeMap;
use std::str::FromStr;

/// The networks whose keys look alike, the one to assume first.
pub(super) const TESTS: &[Network] = &[Network::Testnet, Network::Testnet4, Network::Signet, Network::Regtest];

/// The most descriptors of a wallet in a file: both rows together, and each on its own.
pub(super) const MOST_ROWS: usize = 3;

/// The name of a wallet while it is checked.
const UNNAMED: &str = "imported";

/// Checks a draft, and makes a wallet of it.
pub(super) fn finish(draft: Draft, asked: Option<Network>) -> Result<Imported, ImportError> {
    if draft.rows.len() > MOST_ROWS {
        return Err(WalletError::Rows(draft.rows.len()).into());
    }
    let mut claims = Vec::new();
    let mut rows = Vec::with_capacity(draft.rows.len());
    let mut first_key = 1;
    for row in &draft.rows {
        let (plain, found) = keys::plain(checked(row)?, first_key)?;
        first_key = first_key.saturating_add(found.keys);
        claims.extend(found.claims);
        rows.push((plain, found.kind));
    }
    let kind = rows.iter().find_map(|(_, kind)| *kind);
    let (network, network_assumed) = network(&draft, kind, asked)?;
    let rows: Vec<&str> = rows.iter().map(|(row, _)| row.as_str()).collect();
    let wallet = match rows.as_slice() {
        // Sparrow writes both rows together, and then each on its own.
        [both, receive, change] if both.contains("/<") => {
            let wallet = Wallet::new(UNNAMED, network, &[both])?;
            if Wallet::new(UNNAMED, network, &[receive, change])?.id() != wallet.id() {
                return Err(ImportError::shape(draft.format, "its descriptors contradict each other"));
            }
            wallet
        }
        rows => Wallet::new(UNNAMED, network, rows)?,
    };
    for claim in claims {
        claim.check(wallet.policy().kind())?;
    }
    if let Some(said) = &draft.first_address {
        first_address(said, &wallet)?;
    }
    let mut notes = draft.notes;
    let name = draft.name.as_deref().and_then(|name| called(name, &mut notes));
    if network_assumed {
        notes.push(Finding::new("network-assumed", format!("the keys are for test networks; {network} is assumed")));
    }
    look(&wallet, &mut notes);
    let cosigners = draft.cosigners.into_iter().filter_map(|(fingerprint, name)| {
        let name = quote(name.trim());
        (!name.is_empty()).then_some(Nickname { fingerprint: fingerprint?, name })
    });
    Ok(Imported {
        format: draft.format,
        name,
        network,
        network_assumed,
        descriptors: wallet.descriptors(),
        first_address: draft.first_address,
        cosigners: cosigners.collect(),
        labels: draft.labels,
        notes,
        wallet,
    })
}

/// A descriptor without its checksum, which is right.
pub(super) fn checked(row: &str) -> Result<&str, ImportError> {
    let row = row.trim();
    if row.len() > LONGEST_DESCRIPTOR {
        return Err(WalletError::Long.into());
    }
    let Some((body, found)) = row.split_once('#') else { return Ok(row) };
    let right = desc_checksum(body).map_err(|_| ImportError::Text("a descriptor holds characters that none may"))?;
    if found == right { Ok(body) } else { Err(ImportError::Checksum { found: quote(found), right }) }
}

/// The network, and whether it is a guess.
fn network(draft: &Draft, kind: Option<NetworkKind>, asked: Option<Network>) -> Result<(Network, bool), ImportError> {
    let of_keys = match kind {
        Some(NetworkKind::Test) => TESTS,
        _ => &[Network::Bitcoin],
    };
    let of_file = draft.networks.unwrap_or(of_keys);
    let of_address = draft.first_address.as_deref().and_then(|said| Address::from_str(said).ok());
    let may = |network: &Network| {
        of_file.contains(network) && of_address.as_ref().is_none_or(|address| address.is_valid_for_network(*network))
    };
    if let Some(asked) = asked {
        let found = of_keys.iter().find(|network| may(network)).or(of_file.first());
        let found = found.map_or_else(|| "another network".to_owned(), ToString::to_string);
        return if may(&asked) { Ok((asked, false)) } else { Err(ImportError::Network { found, asked }) };
    }
    let mut fits = of_keys.iter().filter(|network| may(network));
    match (fits.next(), fits.next()) {
        (Some(network), another) => Ok((*network, another.is_some())),
        // The file contradicts its own keys: the wallet's own check names the key.
        (None, _) => Ok((of_file.first().copied().unwrap_or(Network::Bitcoin), false)),
    }
}

/// The first address that the file tells is the one that its keys make.
fn first_address(said: &str, wallet: &Wallet) -> Result<(), ImportError> {
    let derived = wallet.address(Spot { chain: Chain::Receive, index: 0 });
    let read = Address::from_str(said).ok().and_then(|address| address.require_network(wallet.network()).ok());
    match derived {
        Some(derived) if read.as_ref() == Some(&derived) => Ok(()),
        derived => {
            let derived = derived.map_or_else(|| "none".to_owned(), |address| address.to_string());
            Err(ImportError::FirstAddress { said: quote(said), derived })
        }
    }
}

/// A name from a file as a wallet may be called.
fn called(name: &str, notes: &mut Vec<Finding>) -> Option<String> {
    let kept: String = name.chars().filter(|c| matches!(c, ' '..='~')).collect();
    let kept: String = kept.trim().chars().take(LONGEST_NAME).collect();
    let kept = kept.trim().to_owned();
    if kept != name {
        let text = format!("the name in the file has characters that not every device shows: {}", quote(name));
        notes.push(Finding::new("name-changed", text));
    }
    (!kept.is_empty()).then_some(kept)
}

/// What is worth a look in a wallet that is allowed.
fn look(wallet: &Wallet, notes: &mut Vec<Finding>) {
    if !wallet.has_change() {
        let text = "change comes back to the addresses that are handed out: the wallet has one row only";
        notes.push(Finding::new("no-change-row", text));
    }
    let mut seen = BTreeMap::new();
    for cosigner in wallet.policy().seats() {
        *seen.entry(cosigner.fingerprint).or_insert(0_usize) += 1;
        if !cosigner.origin_known {
            let text =
                format!("where key {} comes from is not told: devices cannot sign with it", cosigner.fingerprint);
            notes.push(Finding::new("no-origin", text));
        }
        let own = ChildNumber::Hardened { index: u32::from(wallet.network() != Network::Bitcoin) };
        let mut path = cosigner.path.into_iter();
        let purpose = path.next();
        match (purpose, path.next()) {
            (Some(ChildNumber::Hardened { index: 44 | 48 | 49 | 84 | 86 | 87 }), Some(coin)) if *coin != own => {
                let text =
                    format!("the path of {} is one for another network: {}", cosigner.fingerprint, cosigner.path);
                notes.push(Finding::new("coin-type", text));
            }
            (Some(ChildNumber::Hardened { index: 44 | 45 | 48 | 49 | 84 | 86 | 87 }), _) => {}
            _ if cosigner.origin_known => {
                let text = format!(
                    "the path of {}, m/{}, is none of the usual ones (m/44', 45', 48', 49', 84', 86', 87'): devices may not sign with it",
                    cosigner.fingerprint, cosigner.path
                );
                notes.push(Finding::new("unusual-path", text));
            }
            _ => {}
        }
    }
    for (fingerprint, times) in seen.into_iter().filter(|(_, times)| *times > 1) {
        let text = format!("{times} keys of the quorum come from one seed, {fingerprint}: one person may hold them");
        notes.push(Finding::new("same-seed", text));
    }
    if !wallet.level() {
        let text = "the keys' paths differ: devices that expect one path for all of them may not sign";
        notes.push(Finding::new("uneven-paths", text));
    }
}
