//! Descriptors as text: one with both rows, or a row each on its own line, with or without checksums.
//!
//! - Lines that begin with `#` are comments; Sparrow's *Output Descriptor* is recognised by its own.
//! - A word before a descriptor (`Receive:`, `Internal:`) says which row it is.
//! - Where both rows stand together and on their own as well, they have to agree.
//!
//! Sparrow writes such a file: <https://sparrowwallet.com/docs/>.

use super::error::ImportError;
use super::finish::MOST_ROWS;
use super::{Draft, Format};
use crate::treasury::bitcoin::wallet::WalletError;

/// The functions that a descriptor begins with.
const FUNCTIONS: [&str; 10] =
    ["wsh(", "sh(", "wpkh(", "pkh(", "tr(", "pk(", "multi(", "sortedmulti(", "combo(", "raw("];

/// Reads descriptors from text.
pub(super) fn read(text: &str) -> Result<Draft, ImportError> {
    let sparrow = text.lines().any(|line| line.trim().starts_with("# Receive and change descriptor"));
    let format = if sparrow { Format::Sparrow } else { Format::Descriptor };
    let mut rows = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let row = labelled(line).trim();
        if !FUNCTIONS.iter().any(|function| row.starts_with(function)) {
            let reason = || ImportError::shape(format, format!("a line is no descriptor: {row}"));
            return Err(if rows.is_empty() { ImportError::Unknown } else { reason() });
        }
        rows.push(row.to_owned());
        if rows.len() > MOST_ROWS {
            return Err(WalletError::Rows(rows.len()).into());
        }
    }
    if rows.is_empty() { Err(ImportError::Unknown) } else { Ok(Draft::new(format, rows)) }
}

/// A line without the word that says which row it is.
fn labelled(line: &str) -> &str {
    match line.split_once(':') {
        Some((word, rest)) if word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b' ') => rest,
        _ => line,
    }
}

/// Writes `/**` and Specter's `/{0,1}/*` as BIP-389 has them.
pub(super) fn usual(descriptor: &str) -> String {
    descriptor.replace("/**", "/<0;1>/*").replace("/{0,1}/*", "/<0;1>/*")
}
