//! Descriptor records of BIP-129, as they are after decryption: four lines.
//!
//! - The version is 1.0. The descriptor may be a template (`/**`), which the third line fills.
//! - The first address is there and has to be the wallet's.
//! - A key record of round 1 is no wallet, and said to be none.
//!
//! The format: <https://github.com/bitcoin/bips/blob/master/bip-0129.mediawiki>.

use super::error::ImportError;
use super::{Draft, Format};
use crate::treasury::bitcoin::wallet::{LONGEST_DESCRIPTOR, WalletError};

/// What the third line says where there is nothing to fill in.
const UNRESTRICTED: &str = "No path restrictions";

/// The longest third line: a path to receive and one for change.
const LONGEST_RESTRICTIONS: usize = 128;

/// Reads a descriptor record.
pub(super) fn read(text: &str) -> Result<Draft, ImportError> {
    let shape = |reason: &str| ImportError::shape(Format::Bsms, reason);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let [version, descriptor, restrictions, address] = lines.as_slice() else {
        let key_record =
            lines.len() == 5 && lines.get(1).is_some_and(|line| line.bytes().all(|b| b.is_ascii_hexdigit()));
        return Err(shape(if key_record {
            "it is the key record of one signer; the wallet is in the descriptor record that the coordinator makes"
        } else {
            "a descriptor record has four lines"
        }));
    };
    if *version != "BSMS 1.0" {
        return Err(shape(&format!("its version is {version}, and 1.0 is known")));
    }
    if address.is_empty() {
        return Err(shape("the first address is missing"));
    }
    // A template is filled once for each path: long ones would multiply.
    if descriptor.len() > LONGEST_DESCRIPTOR {
        return Err(WalletError::Long.into());
    }
    if restrictions.len() > LONGEST_RESTRICTIONS {
        return Err(shape("its path restrictions are longer than those of a wallet"));
    }
    let template = descriptor.contains("/**");
    let rows = match (template, *restrictions == UNRESTRICTED) {
        (false, true) => vec![(*descriptor).to_owned()],
        (false, false) => {
            return Err(shape("it restricts paths, and the descriptor is no template that they could fill"));
        }
        (true, true) => return Err(shape("the descriptor is a template, and there are no paths to fill it")),
        (true, false) => {
            if let Some((body, found)) = descriptor.split_once('#') {
                checksum(body, found)?;
            }
            let body = descriptor.split_once('#').map_or(*descriptor, |(body, _)| body);
            let paths = restrictions.split(',').map(str::trim);
            paths.map(|path| filled(body, path)).collect::<Result<_, _>>()?
        }
    };
    Ok(Draft { first_address: Some((*address).to_owned()), ..Draft::new(Format::Bsms, rows) })
}

/// A template with one path.
fn filled(template: &str, path: &str) -> Result<String, ImportError> {
    let steps = path.strip_prefix('/').and_then(|path| path.strip_suffix("/*"));
    let plain = steps.is_some_and(|steps| {
        steps.split('/').all(|step| step.parse::<u32>().is_ok_and(|step| step < 1 << 31) && !step.starts_with('+'))
    });
    if !plain {
        return Err(ImportError::shape(
            Format::Bsms,
            format!("{path} is no path to derive addresses by, such as /0/*"),
        ));
    }
    Ok(template.replace("/**", path))
}

/// The checksum of a template, which the descriptors that are made of it do not have.
fn checksum(body: &str, found: &str) -> Result<(), ImportError> {
    let right = miniscript::descriptor::checksum::desc_checksum(body)
        .map_err(|_| ImportError::shape(Format::Bsms, "the descriptor holds characters that none may"))?;
    if found == right { Ok(()) } else { Err(ImportError::Checksum { found: super::error::quote(found), right }) }
}
