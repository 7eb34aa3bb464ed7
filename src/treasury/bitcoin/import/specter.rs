//! Specter: the JSON that Specter Desktop exports, its own file of a wallet, and the line that Specter DIY takes.
//!
//! - The export has one descriptor: without paths, or with that of the addresses to receive. Specter's change is on
//!   `/1/*` then.
//! - Its own file has a descriptor for each row.
//!
//! The program: <https://github.com/cryptoadvance/specter-desktop>.

use super::descriptor::usual;
use super::error::ImportError;
use super::{Draft, Format, finish, json};
use bitcoin::Network;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    label: Option<String>,
    name: Option<String>,
    descriptor: Option<String>,
    recv_descriptor: Option<String>,
    change_descriptor: Option<String>,
    chain: Option<String>,
}

/// Reads the JSON.
pub(super) fn read(text: &str) -> Result<Draft, ImportError> {
    let file: File = json::parse(text, Format::Specter)?;
    let rows = match (file.recv_descriptor, file.change_descriptor, file.descriptor) {
        (Some(receive), Some(change), _) => vec![receive, change],
        (Some(one), None, _) | (None, _, Some(one)) => both(&one)?,
        _ => return Err(ImportError::shape(Format::Specter, "it has no descriptor")),
    };
    let networks: Option<&'static [Network]> = match file.chain.as_deref() {
        Some("main") => Some(&[Network::Bitcoin]),
        Some("test" | "testnet4") => Some(&[Network::Testnet, Network::Testnet4]),
        Some("signet") => Some(&[Network::Signet]),
        Some("regtest") => Some(&[Network::Regtest]),
        _ => None,
    };
    Ok(Draft { name: file.label.or(file.name), networks, ..Draft::new(Format::Specter, rows) })
}

/// Reads what follows `addwallet`: a name, an ampersand, and a descriptor.
pub(super) fn read_diy(line: &str) -> Result<Draft, ImportError> {
    let Some((name, descriptor)) = line.trim().split_once('&') else {
        return Err(ImportError::shape(Format::Specter, "no & stands between the name and the descriptor"));
    };
    Ok(Draft { name: Some(name.to_owned()), ..Draft::new(Format::Specter, both(descriptor)?) })
}

/// The rows of a descriptor that may have no paths, or those of the addresses to receive only.
fn both(descriptor: &str) -> Result<Vec<String>, ImportError> {
    let body = finish::checked(descriptor)?;
    let body = usual(body);
    if body.contains("/<") {
        return Ok(vec![body]);
    }
    if !body.contains('*') {
        return Ok(vec![with_paths(&body)]);
    }
    let change = body.replace("/0/*", "/1/*");
    Ok(if change == body { vec![body] } else { vec![body, change] })
}

/// A descriptor whose keys have no paths, with the usual ones.
fn with_paths(body: &str) -> String {
    let mut filled = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(end) = rest.find([',', ')', '}']) {
        let (word, after) = rest.split_at(end);
        filled.push_str(word);
        let key = word.rsplit(['(', ']', '{', ',']).next().unwrap_or_default();
        if key.get(1..4) == Some("pub") {
            filled.push_str("/<0;1>/*");
        }
        let (sign, next) = after.split_at(1);
        filled.push_str(sign);
        rest = next;
    }
    filled.push_str(rest);
    filled
}
