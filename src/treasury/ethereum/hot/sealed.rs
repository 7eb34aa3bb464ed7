//! A software account at rest: a line of JSON with all that it takes to open it but the passphrase.
//!
//! - It is sealed as keys of Bitcoin are, with the same limits on what a file may cost. What is sealed is bound to the
//!   address and the version that stand beside it.
//! - The file is read only as it was written, to the last bit.

use super::{Account, AccountError};
use crate::treasury::bitcoin::hot::{Cost, HotError, shut, unshut};
use alloy_primitives::{Address, hex};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The version of the file.
const VERSION: u64 = 1;

/// The longest file that is read, in bytes.
const LONGEST: usize = 2 << 10;

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    hot_account: u64,
    address: String,
    argon2id: Cost,
    salt: String,
    nonce: String,
    sealed: String,
}

/// The version alone: what a later one wrote is not read further.
#[derive(Deserialize)]
struct Written {
    hot_account: u64,
}

/// Encrypts an account. Salt and nonce are random, and new each time.
pub fn seal(
    account: &Account,
    passphrase: &str,
    cost: Cost,
    salt: [u8; 16],
    nonce: [u8; 12],
) -> Result<Vec<u8>, AccountError> {
    let entropy = account.entropy.as_deref().map_or(&[][..], Vec::as_slice);
    let parts = [account.key.as_slice(), entropy];
    let sealed = shut(&parts, &aad(account.address), passphrase, cost, (&salt, nonce))?;
    let file = File {
        hot_account: VERSION,
        address: account.address.to_checksum(None),
        argon2id: cost,
        salt: hex::encode(salt),
        nonce: hex::encode(nonce),
        sealed: hex::encode(sealed),
    };
    file.write()
}

/// Decrypts an account.
pub fn open(bytes: &[u8], passphrase: &str) -> Result<Account, AccountError> {
    let damaged = |what| AccountError::Hot(HotError::Damaged(what));
    if bytes.len() > LONGEST {
        return Err(damaged("it is too long"));
    }
    let Written { hot_account } = serde_json::from_slice(bytes).map_err(|_| damaged("it is not its JSON"))?;
    if hot_account != VERSION {
        return Err(HotError::Newer(hot_account).into());
    }
    let file: File = serde_json::from_slice(bytes).map_err(|_| damaged("it is not its JSON"))?;
    let (mut salt, mut nonce) = ([0; 16], [0; 12]);
    hex::decode_to_slice(&file.salt, &mut salt).map_err(|_| damaged("its salt"))?;
    hex::decode_to_slice(&file.nonce, &mut nonce).map_err(|_| damaged("its nonce"))?;
    let mut secret = Zeroizing::new(hex::decode(&file.sealed).map_err(|_| damaged("what is sealed"))?);
    let address: Address = file.address.parse().map_err(|_| damaged("its address"))?;
    let file = File {
        address: address.to_checksum(None),
        salt: hex::encode(salt),
        nonce: hex::encode(nonce),
        sealed: hex::encode(&*secret),
        ..file
    };
    if file.write()? != bytes {
        return Err(damaged("it is not written as it was"));
    }
    let opened = unshut(&mut secret, &aad(address), passphrase, file.argon2id, (&salt, nonce))?;
    let (key, entropy) = opened.split_first_chunk::<32>().ok_or_else(|| damaged("what is sealed"))?;
    let entropy = (!entropy.is_empty()).then(|| Zeroizing::new(entropy.to_vec()));
    let account = Account::of(Zeroizing::new(*key), entropy)?;
    if account.address == address { Ok(account) } else { Err(damaged("its address")) }
}

impl File {
    fn write(&self) -> Result<Vec<u8>, AccountError> {
        let mut bytes = serde_json::to_vec(self).map_err(|_| HotError::Damaged("it cannot be written"))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

fn aad(address: Address) -> String {
    format!("exchequer hot account {VERSION}\n{}\n", address.to_checksum(None))
}
