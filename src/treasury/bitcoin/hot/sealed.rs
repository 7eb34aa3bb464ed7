//! A HOT key at rest.
use super::{HotError, Signer};

/// What it costs to try a passphrase (argon2id).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// Encrypts a signer; salt and nonce are random and never used twice.
pub fn seal(
    signer: &Signer,
    passphrase: &str,
    cost: Cost,
    salt: [u8; 16],
    nonce: [u8; 12],
) -> Result<Vec<u8>, HotError> {
    todo!()
}

/// Decrypts a signer.
pub fn open(bytes: &[u8], passphrase: &str) -> Result<Signer, HotError> {
    todo!()
}
