//! What a descriptor has to be before a wallet is made of it.

use super::{LONGEST_DESCRIPTOR, LONGEST_NAME, MOST_STEPS, WalletError};
use crate::treasury::bitcoin::import::error::quote;
use crate::treasury::bitcoin::policy::nobody;
use bitcoin::bip32::{ChildNumber, DerivationPath, Fingerprint, Xpub};
use bitcoin::{Network, NetworkKind, PrivateKey};
use miniscript::descriptor::{DescriptorPublicKey, Wildcard};
use miniscript::{Descriptor, ForEachKey};
use std::str::FromStr;

/// Letters that private keys of BIP-32 and SLIP-132 begin with.
const PRIVATE: [&str; 10] = ["xprv", "tprv", "yprv", "zprv", "uprv", "vprv", "Yprv", "Zprv", "Uprv", "Vprv"];

/// A name is one that every device shows.
pub(super) fn name(name: &str) -> Result<(), WalletError> {
    let fits = name.len() <= LONGEST_NAME && name.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if name.is_empty() || !fits || name.trim() != name { Err(WalletError::Name) } else { Ok(()) }
}

/// The rows of a descriptor: one, or two where its keys have a pair of paths.
pub(super) fn rows(text: &str) -> Result<Vec<Descriptor<DescriptorPublicKey>>, WalletError> {
    let text = text.trim();
    let unreadable = |error: miniscript::Error| WalletError::Descriptor(quote(&error.to_string()));
    if text.len() > LONGEST_DESCRIPTOR {
        return Err(WalletError::Long);
    }
    let words = || text.split(|c: char| !c.is_ascii_alphanumeric());
    if PRIVATE.iter().any(|letters| text.contains(letters)) || words().any(|word| PrivateKey::from_wif(word).is_ok()) {
        return Err(WalletError::Private);
    }
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(WalletError::Descriptor("it holds characters that no descriptor may".into()));
    }
    let descriptor = Descriptor::<DescriptorPublicKey>::from_str(text).map_err(unreadable)?;
    if !descriptor.has_wildcard() || !descriptor.for_each_key(|key| key.has_wildcard() || nobody(key)) {
        return Err(WalletError::Single);
    }
    let mut most = 1;
    descriptor.for_each_key(|key| {
        if let DescriptorPublicKey::MultiXPub(keys) = key {
            most = most.max(keys.derivation_paths.paths().len());
        }
        true
    });
    match most {
        1 => Ok(vec![descriptor]),
        // Before they are written out one by one: a file could ask for thousands.
        2 => descriptor.into_single_descriptors().map_err(unreadable),
        more => Err(WalletError::Rows(more)),
    }
}

/// Every key goes on by steps that can be derived, and not many. Comes before anything is derived: the library takes it
/// for granted, and does not return where it is not so.
pub(super) fn paths(row: &Descriptor<DescriptorPublicKey>) -> Result<(), WalletError> {
    let (mut wrong, mut number) = (None, 0_usize);
    row.for_each_key(|key| {
        number = number.saturating_add(1);
        if let DescriptorPublicKey::XPub(xpub) = key {
            let steps = xpub.derivation_path.len();
            // The index is one more step, and a key's depth is one byte.
            let depth = usize::from(xpub.xkey.depth).saturating_add(steps).saturating_add(1);
            if xpub.wildcard == Wildcard::Hardened || key.has_hardened_step() {
                wrong.get_or_insert(WalletError::Hardened(number));
            } else if steps > MOST_STEPS || depth > usize::from(u8::MAX) {
                wrong.get_or_insert(WalletError::Path { key: number, steps });
            }
        }
        true
    });
    wrong.map_or(Ok(()), Err)
}

/// A row is sane, derives without a secret, and its keys are what they say.
pub(super) fn row(row: &Descriptor<DescriptorPublicKey>, network: Network) -> Result<(), WalletError> {
    row.sanity_check().map_err(|error| WalletError::Descriptor(quote(&error.to_string())))?;
    let mut wrong = None;
    let mut number = 0_usize;
    row.for_each_key(|key| {
        number = number.saturating_add(1);
        if let DescriptorPublicKey::XPub(xpub) = key
            && let Err(error) = self::key(number, &xpub.xkey, xpub.origin.as_ref(), network)
        {
            wrong.get_or_insert(error);
        }
        true
    });
    wrong.map_or(Ok(()), Err)?;
    row.at_derivation_index(0).map_err(|error| WalletError::Descriptor(quote(&error.to_string())))?;
    Ok(())
}

/// A key is of the network, and from where it says.
fn key(
    number: usize,
    xpub: &Xpub,
    origin: Option<&(Fingerprint, DerivationPath)>,
    network: Network,
) -> Result<(), WalletError> {
    if xpub.network != NetworkKind::from(network) {
        let found = if xpub.network.is_mainnet() { "bitcoin" } else { "a test network" };
        return Err(WalletError::Network { key: number, found, network });
    }
    let wrong = |reason: String| Err(WalletError::Origin { key: number, reason });
    let root = ChildNumber::Normal { index: 0 };
    if xpub.depth == 0 && (xpub.child_number != root || xpub.parent_fingerprint != Fingerprint::default()) {
        return wrong("it is of depth 0 and yet names a parent".into());
    }
    let Some((seed, path)) = origin else { return Ok(()) };
    if path.len() != usize::from(xpub.depth) {
        return wrong(format!("its path has {} steps, and the key is of depth {}", path.len(), xpub.depth));
    }
    match path.into_iter().next_back() {
        None if *seed != xpub.fingerprint() => {
            wrong(format!("it is the key of seed {} itself, and {seed} is written", xpub.fingerprint()))
        }
        Some(last) if *last != xpub.child_number => {
            wrong(format!("its path ends in {last}, and the key is child {}", xpub.child_number))
        }
        Some(_) if path.len() == 1 && *seed != xpub.parent_fingerprint => {
            wrong(format!("its parent is {}, and {seed} is written", xpub.parent_fingerprint))
        }
        _ => Ok(()),
    }
}
