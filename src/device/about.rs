//! What a device says it is: maker and model, versions, and what it waits for.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A version of a firmware or an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version(pub u16, pub u16, pub u16);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl std::str::FromStr for Version {
    type Err = ();

    /// Three numbers and dots; whatever follows the third (`-rc`, `-dev`) is left out.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut numbers = text.splitn(3, '.').map(|part| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            part.get(..digits).and_then(|digits| digits.parse().ok()).ok_or(())
        });
        let mut next = || numbers.next().unwrap_or(Err(()));
        Ok(Self(next()?, next()?, next()?))
    }
}

/// A model of a maker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// A Ledger that does not say which: one behind a socket.
    Ledger,
    /// Ledger Nano S, which gets no new apps any more.
    NanoS,
    /// Ledger Nano X.
    NanoX,
    /// Ledger Nano S Plus.
    NanoSPlus,
    /// Ledger Stax.
    Stax,
    /// Ledger Flex.
    Flex,
    /// Ledger Nano Gen5 (Apex P).
    ApexP,
    /// Trezor One (T1B1).
    TrezorOne,
    /// Trezor Model T (T2T1).
    TrezorT,
    /// Trezor Safe 3 (T2B1, T3B1).
    Safe3,
    /// Trezor Safe 5 (T3T1).
    Safe5,
    /// Trezor Safe 7 (T3W1), which speaks another protocol (THP).
    Safe7,
}

impl Model {
    /// Every model.
    pub const ALL: [Self; 12] = [
        Self::Ledger,
        Self::NanoS,
        Self::NanoX,
        Self::NanoSPlus,
        Self::Stax,
        Self::Flex,
        Self::ApexP,
        Self::TrezorOne,
        Self::TrezorT,
        Self::Safe3,
        Self::Safe5,
        Self::Safe7,
    ];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ledger => "Ledger",
            Self::NanoS => "Ledger Nano S",
            Self::NanoX => "Ledger Nano X",
            Self::NanoSPlus => "Ledger Nano S Plus",
            Self::Stax => "Ledger Stax",
            Self::Flex => "Ledger Flex",
            Self::ApexP => "Ledger Nano Gen5",
            Self::TrezorOne => "Trezor One",
            Self::TrezorT => "Trezor Model T",
            Self::Safe3 => "Trezor Safe 3",
            Self::Safe5 => "Trezor Safe 5",
            Self::Safe7 => "Trezor Safe 7",
        }
    }

    /// Whether it is one of Ledger's: it runs one app at a time, and keeps policies.
    pub fn is_ledger(self) -> bool {
        self <= Self::ApexP
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The app that a Ledger runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// Its name, such as `Bitcoin Test`. Printable.
    pub name: String,
    /// Its version.
    pub version: Version,
}

/// What a device says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its model.
    pub model: Model,
    /// The firmware's version, where it tells.
    pub firmware: Option<Version>,
    /// The app that is open: Ledger's only.
    pub app: Option<App>,
    /// What its owner calls it. Printable.
    pub label: Option<String>,
    /// Whether it holds a seed; none where it does not tell.
    pub initialised: Option<bool>,
    /// Whether it waits for its PIN; none where it does not tell.
    pub locked: Option<bool>,
    /// Whether it asks for a passphrase; none where it does not tell.
    pub passphrase: Option<bool>,
    /// Whether contracts and hashes may be signed that it cannot show: Ledger's Ethereum app only.
    pub blind_signing: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers() {
        assert_eq!("2.4.6".parse(), Ok(Version(2, 4, 6)));
        assert_eq!("2.1.0-rc".parse(), Ok(Version(2, 1, 0)));
        for odd in ["", "2", "2.4", "2..4", "x.1.2", "1.2.", "99999.0.0"] {
            assert_eq!(odd.parse::<Version>(), Err(()), "{odd}");
        }
        assert!(Version(2, 10, 0) > Version(2, 9, 9));
    }

    #[test]
    fn makers_are_told_apart() {
        assert_eq!(Model::ALL.iter().filter(|model| model.is_ledger()).count(), 7);
        assert!(!Model::TrezorOne.is_ledger());
    }
}
