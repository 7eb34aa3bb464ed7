//! A venue's key: who asks, and the secret that proves it.

use std::fmt;
use zeroize::Zeroizing;

/// The longest of the three texts, in bytes: an RSA key in PEM takes less.
const LONGEST: usize = 8_192;

/// A key with its secret. It prints as dots, and what it held is overwritten when it goes.
#[derive(Clone)]
pub struct Key {
    id: Zeroizing<String>,
    secret: Zeroizing<String>,
    passphrase: Option<Zeroizing<String>>,
}

impl Key {
    /// A key, its secret, and the passphrase that some venues want beside it. The error says which of them cannot be one.
    pub fn new(
        id: Zeroizing<String>,
        secret: Zeroizing<String>,
        passphrase: Option<Zeroizing<String>>,
    ) -> Result<Self, &'static str> {
        let word = |text: &str| !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|b| b.is_ascii_graphic());
        let lines = |text: &str| {
            let sound = |b: u8| b.is_ascii_graphic() || matches!(b, b' ' | b'\n' | b'\r');
            !text.trim().is_empty() && text.len() <= LONGEST && text.bytes().all(sound)
        };
        if !word(&id) {
            return Err("the key is one word of visible characters");
        }
        if !lines(&secret) {
            return Err("the secret is one word, or a private key in PEM");
        }
        if passphrase.as_ref().is_some_and(|passphrase| !lines(passphrase) || passphrase.contains(['\n', '\r'])) {
            return Err("the passphrase is one line of visible characters");
        }
        Ok(Self { id, secret, passphrase })
    }

    /// Who asks.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The secret, for signing.
    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    /// The passphrase.
    pub(super) fn passphrase(&self) -> Option<&str> {
        self.passphrase.as_deref().map(String::as_str)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}
