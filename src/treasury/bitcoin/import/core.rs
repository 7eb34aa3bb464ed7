//! Bitcoin Core: what it answers to `listdescriptors`, and what it takes for `importdescriptors`.
//!
//! - The rows are the active descriptors, the one that is not internal to receive and the internal one for change.
//! - A wallet of Bitcoin Core may hold several of ours. They are named, and none is picked.
//!
//! The answer: <https://bitcoincore.org/en/doc/28.0.0/rpc/wallet/listdescriptors/>.

use super::error::ImportError;
use super::{Draft, Format, json};
use serde::Deserialize;

/// The most descriptors that are looked at.
const MOST: usize = 100;

#[derive(Deserialize)]
struct File {
    wallet_name: Option<String>,
    descriptors: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Descriptor {
    desc: String,
    active: Option<bool>,
    internal: Option<bool>,
}

/// Reads an answer.
pub(super) fn read(text: &str) -> Result<Draft, ImportError> {
    let file: File = json::parse(text, Format::Core)?;
    pick(file.wallet_name, file.descriptors)
}

/// Reads requests.
pub(super) fn read_requests(text: &str) -> Result<Draft, ImportError> {
    pick(None, json::parse(text, Format::Core)?)
}

/// The rows of the one wallet among descriptors.
fn pick(name: Option<String>, all: Vec<Descriptor>) -> Result<Draft, ImportError> {
    if all.len() > MOST {
        return Err(ImportError::shape(Format::Core, format!("it has {} descriptors", all.len())));
    }
    let active = all.iter().any(|one| one.active == Some(true));
    let used: Vec<&Descriptor> = all.iter().filter(|one| !active || one.active == Some(true)).collect();
    let (change, receive): (Vec<&Descriptor>, Vec<&Descriptor>) =
        used.iter().partition(|one| one.internal == Some(true));
    let rows = match (receive.as_slice(), change.as_slice()) {
        ([], []) => return Err(ImportError::shape(Format::Core, "it has no descriptor")),
        ([receive], []) => vec![receive.desc.clone()],
        ([receive], [change]) => vec![receive.desc.clone(), change.desc.clone()],
        _ => {
            let names: Vec<&str> = receive.iter().map(|one| one.desc.split('[').next().unwrap_or_default()).collect();
            let text = super::error::quote(&names.join(" "));
            return Err(ImportError::Several(format!("{} wallets ({text} …)", receive.len().max(change.len()))));
        }
    };
    Ok(Draft { name, ..Draft::new(Format::Core, rows) })
}
