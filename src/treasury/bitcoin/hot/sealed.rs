//! A HOT key at rest: a line of JSON with all that it takes to open it but the passphrase.
//!
//! - The key is derived from the passphrase by argon2id (RFC 9106), with the cost that the file says, within limits: a file
//!   is not a way to exhaust a machine.
//! - What is sealed is bound to what stands beside it (ChaCha20-Poly1305, RFC 8439, with the fingerprint, the network and
//!   the version as associated data), and the file is read only as it was written, to the last bit.

use super::{HotError, Signer};
use argon2::{Algorithm, Argon2, Params, Version};
use bitcoin::Network;
use bitcoin::bip32::Fingerprint;
use bitcoin::hex::{DisplayHex, FromHex};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The version of the file.
const VERSION: u64 = 1;

/// The longest file that is read, in bytes.
const LONGEST: usize = 2 << 10;

/// What a file may ask for at most: half a GiB, and so many passes over it that it takes some seconds.
const MOST: Cost = Cost { memory: 512 << 10, passes: 16, lanes: 16 };

/// What it costs to try a passphrase (argon2id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for Cost {
    /// 64 MiB, three passes, four lanes: what RFC 9106 recommends where memory is short.
    fn default() -> Self {
        Self { memory: 64 << 10, passes: 3, lanes: 4 }
    }
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    hot_key: u64,
    fingerprint: Fingerprint,
    network: Network,
    argon2id: Cost,
    salt: String,
    nonce: String,
    sealed: String,
}

/// The version alone: what a later one wrote is not read further.
#[derive(Deserialize)]
struct Written {
    hot_key: u64,
}

/// Encrypts a signer. Salt and nonce are random, and new each time.
pub fn seal(
    signer: &Signer,
    passphrase: &str,
    cost: Cost,
    salt: [u8; 16],
    nonce: [u8; 12],
) -> Result<Vec<u8>, HotError> {
    if passphrase.is_empty() {
        return Err(HotError::Empty);
    }
    let entropy = signer.entropy.as_deref().map_or(&[][..], Vec::as_slice);
    let aad = aad(signer.fingerprint, signer.network);
    let secret = shut(&[signer.root.as_slice(), entropy], &aad, passphrase, cost, (&salt, nonce))?;
    let file = File {
        hot_key: VERSION,
        fingerprint: signer.fingerprint,
        network: signer.network,
        argon2id: cost,
        salt: salt.to_lower_hex_string(),
        nonce: nonce.to_lower_hex_string(),
        sealed: secret.to_lower_hex_string(),
    };
    file.write()
}

/// Decrypts a signer.
pub fn open(bytes: &[u8], passphrase: &str) -> Result<Signer, HotError> {
    if bytes.len() > LONGEST {
        return Err(HotError::Damaged("it is too long"));
    }
    let Written { hot_key } = serde_json::from_slice(bytes).map_err(|_| HotError::Damaged("it is not its JSON"))?;
    if hot_key != VERSION {
        return Err(HotError::Newer(hot_key));
    }
    let file: File = serde_json::from_slice(bytes).map_err(|_| HotError::Damaged("it is not its JSON"))?;
    let salt = <[u8; 16]>::from_hex(&file.salt).map_err(|_| HotError::Damaged("its salt"))?;
    let nonce = <[u8; 12]>::from_hex(&file.nonce).map_err(|_| HotError::Damaged("its nonce"))?;
    let mut secret = Zeroizing::new(Vec::from_hex(&file.sealed).map_err(|_| HotError::Damaged("what is sealed"))?);
    let file = File {
        salt: salt.to_lower_hex_string(),
        nonce: nonce.to_lower_hex_string(),
        sealed: secret.to_lower_hex_string(),
        ..file
    };
    if file.write()? != bytes {
        return Err(HotError::Damaged("it is not written as it was"));
    }
    let aad = aad(file.fingerprint, file.network);
    let opened = unshut(&mut secret, &aad, passphrase, file.argon2id, (&salt, nonce))?;
    let (root, entropy) = opened.split_at_checked(64).ok_or(HotError::Damaged("what is sealed"))?;
    let root = Zeroizing::new(<[u8; 64]>::try_from(root).map_err(|_| HotError::Key)?);
    let entropy = (!entropy.is_empty()).then(|| Zeroizing::new(entropy.to_vec()));
    let signer = Signer::of(root, entropy, file.network)?;
    if signer.fingerprint == file.fingerprint { Ok(signer) } else { Err(HotError::Damaged("its fingerprint")) }
}

impl File {
    fn write(&self) -> Result<Vec<u8>, HotError> {
        let mut bytes = serde_json::to_vec(self).map_err(|_| HotError::Damaged("it cannot be written"))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// Encrypts a secret in parts, bound to what stands beside it. Keys of every kind are sealed by this.
pub(in crate::treasury) fn shut(
    parts: &[&[u8]],
    aad: &str,
    passphrase: &str,
    cost: Cost,
    (salt, nonce): (&[u8; 16], [u8; 12]),
) -> Result<Vec<u8>, HotError> {
    if passphrase.is_empty() {
        return Err(HotError::Empty);
    }
    let key = key(passphrase, cost, salt)?;
    // Room for the tag, so that nothing secret is left behind when it grows.
    let length = parts.iter().fold(CHACHA20_POLY1305.tag_len(), |sum, part| sum.saturating_add(part.len()));
    let mut secret = Zeroizing::new(Vec::with_capacity(length));
    parts.iter().for_each(|part| secret.extend_from_slice(part));
    let sealed = key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut *secret);
    sealed.map_err(|_| HotError::Damaged("it cannot be sealed"))?;
    Ok(std::mem::take(&mut *secret))
}

/// Decrypts a secret in place.
pub(in crate::treasury) fn unshut<'a>(
    sealed: &'a mut Zeroizing<Vec<u8>>,
    aad: &str,
    passphrase: &str,
    cost: Cost,
    (salt, nonce): (&[u8; 16], [u8; 12]),
) -> Result<&'a [u8], HotError> {
    let key = key(passphrase, cost, salt)?;
    let opened = key.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad), sealed.as_mut_slice());
    opened.map(|opened| &*opened).map_err(|_| HotError::Passphrase)
}

fn key(passphrase: &str, cost: Cost, salt: &[u8]) -> Result<LessSafeKey, HotError> {
    let Cost { memory, passes, lanes } = cost;
    if memory > MOST.memory || passes > MOST.passes || lanes > MOST.lanes {
        return Err(HotError::Cost);
    }
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(|_| HotError::Cost)?;
    let mut key = Zeroizing::new([0; 32]);
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice()).map_err(|_| HotError::Cost)?;
    let key = UnboundKey::new(&CHACHA20_POLY1305, key.as_slice()).map_err(|_| HotError::Key)?;
    Ok(LessSafeKey::new(key))
}

fn aad(fingerprint: Fingerprint, network: Network) -> String {
    format!("exchequer hot key {VERSION}\n{fingerprint}\n{network}\n")
}
