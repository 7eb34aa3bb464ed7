//! A passphrase on its way from the keyboard to a key: never printed, never grown into a new place, wiped when dropped.

use std::fmt;
use zeroize::Zeroizing;

/// The longest passphrase, in bytes. The room is taken at once, so that typing leaves no copies behind.
const LONGEST: usize = 256;

/// A text that is shown to nobody.
pub struct Secret(Zeroizing<String>);

impl Default for Secret {
    fn default() -> Self {
        Self(Zeroizing::new(String::with_capacity(LONGEST)))
    }
}

impl Secret {
    /// Puts a character behind the others; `false` when there is no more room.
    pub fn push(&mut self, c: char) -> bool {
        let fits = self.0.len() + c.len_utf8() <= LONGEST;
        if fits {
            self.0.push(c);
        }
        fits
    }

    /// Takes the last character back.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// Wipes it.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many characters it has.
    pub fn count(&self) -> usize {
        self.0.chars().count()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text itself, for whoever opens a key with it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    /// What does not fit is left out.
    fn from(text: &str) -> Self {
        let mut secret = Self::default();
        for c in text.chars() {
            secret.push(c);
        }
        secret
    }
}

impl Clone for Secret {
    fn clone(&self) -> Self {
        Self::from(self.expose())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t33_a_passphrase_is_never_printed_and_never_moves() {
        let mut secret = Secret::from("open sesame");
        let place = secret.expose().as_ptr();
        for c in "x".repeat(1_000).chars() {
            secret.push(c);
        }
        assert_eq!(secret.expose().as_ptr(), place, "it did not grow into a new place");
        assert_eq!(secret.expose().len(), LONGEST);
        assert_eq!(format!("{secret:?}"), "Secret");
        secret.clear();
        assert!(secret.is_empty());
    }
}
