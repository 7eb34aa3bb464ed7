//! A HOT account at rest: a line of JSON with all that it takes to open it but the passphrase.
//!
//! - It is sealed as the keys of Bitcoin are ([`crate::treasury::bitcoin::hot`]): argon2id, and ChaCha20-Poly1305 with the
//!   address and the version as associated data. The file is read only as it was written, to the last bit.
//! - Nothing here draws randomness: salt and nonce come in, new each time.

use crate::treasury::bitcoin::hot::{Cost, HotError, cipher};
use alloy_primitives::Address;
use bitcoin::hex::{DisplayHex, FromHex};
use ring::aead::{Aad, CHACHA20_POLY1305, Nonce};
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
    address: Address,
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

/// Encrypts the private key of an address.
pub fn seal(
    secret: &[u8; 32],
    address: Address,
    passphrase: &str,
    cost: Cost,
    salt: [u8; 16],
    nonce: [u8; 12],
) -> Result<Vec<u8>, HotError> {
    if passphrase.is_empty() {
        return Err(HotError::Empty);
    }
    let key = cipher(passphrase, cost, &salt)?;
    // Room for the tag, so that nothing secret is left behind when it grows.
    let mut sealed = Zeroizing::new(Vec::with_capacity(secret.len().saturating_add(CHACHA20_POLY1305.tag_len())));
    sealed.extend_from_slice(secret);
    let done = key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad(address), &mut *sealed);
    done.map_err(|_| HotError::Damaged("it cannot be sealed"))?;
    let (salt, nonce, sealed) = (salt.to_lower_hex_string(), nonce.to_lower_hex_string(), sealed.to_lower_hex_string());
    File { hot_account: VERSION, address, argon2id: cost, salt, nonce, sealed }.write()
}

/// Decrypts a private key; with the address that it was sealed for.
pub fn open(bytes: &[u8], passphrase: &str) -> Result<(Address, Zeroizing<[u8; 32]>), HotError> {
    if bytes.len() > LONGEST {
        return Err(HotError::Damaged("it is too long"));
    }
    let Written { hot_account } = serde_json::from_slice(bytes).map_err(|_| HotError::Damaged("it is not its JSON"))?;
    if hot_account != VERSION {
        return Err(HotError::Newer(hot_account));
    }
    let file: File = serde_json::from_slice(bytes).map_err(|_| HotError::Damaged("it is not its JSON"))?;
    let salt = <[u8; 16]>::from_hex(&file.salt).map_err(|_| HotError::Damaged("its salt"))?;
    let nonce = <[u8; 12]>::from_hex(&file.nonce).map_err(|_| HotError::Damaged("its nonce"))?;
    let mut sealed = Zeroizing::new(Vec::from_hex(&file.sealed).map_err(|_| HotError::Damaged("what is sealed"))?);
    let file = File {
        salt: salt.to_lower_hex_string(),
        nonce: nonce.to_lower_hex_string(),
        sealed: sealed.to_lower_hex_string(),
        ..file
    };
    if file.write()? != bytes {
        return Err(HotError::Damaged("it is not written as it was"));
    }
    let key = cipher(passphrase, file.argon2id, &salt)?;
    let opened = key.open_in_place(Nonce::assume_unique_for_key(nonce), aad(file.address), &mut sealed);
    let opened = opened.map_err(|_| HotError::Passphrase)?;
    let secret = <[u8; 32]>::try_from(&*opened).map_err(|_| HotError::Damaged("what is sealed"))?;
    Ok((file.address, Zeroizing::new(secret)))
}

impl File {
    fn write(&self) -> Result<Vec<u8>, HotError> {
        let mut bytes = serde_json::to_vec(self).map_err(|_| HotError::Damaged("it cannot be written"))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

fn aad(address: Address) -> Aad<String> {
    Aad::from(format!("exchequer hot account {VERSION}\n{}\n", address.to_checksum(None)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    const COST: Cost = Cost { memory: 256, passes: 1, lanes: 1 };

    #[test]
    fn what_was_sealed_is_opened_with_its_passphrase_alone_and_only_as_it_was_written() {
        let (secret, address) = ([7; 32], Address::repeat_byte(0xab));
        let sealed = seal(&secret, address, "sesame", COST, [1; 16], [2; 12]).unwrap();
        assert_eq!(open(&sealed, "sesame").unwrap(), (address, Zeroizing::new(secret)));
        assert!(matches!(open(&sealed, "sesami"), Err(HotError::Passphrase)));
        assert!(matches!(seal(&secret, address, "", COST, [1; 16], [2; 12]), Err(HotError::Empty)));
        let text = String::from_utf8(sealed.clone()).unwrap();
        let mine = format!("{address:?}");
        let other = text.replace(&mine, &format!("{:?}", Address::repeat_byte(0xac)));
        assert_ne!(other, text);
        assert!(matches!(open(other.as_bytes(), "sesame"), Err(HotError::Passphrase)), "it is bound to its address");
        let newer = text.replace("\"hot_account\":1", "\"hot_account\":2");
        assert!(matches!(open(newer.as_bytes(), "sesame"), Err(HotError::Newer(2))));
        for at in (0..sealed.len()).step_by(7) {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert!(open(&flipped, "sesame").is_err(), "{at}");
        }
    }
}
