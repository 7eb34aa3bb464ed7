//! A wallet as a device knows it: under the name it was registered by, and with the proof of that.

use crate::treasury::bitcoin::wallet::Wallet;
use bitcoin::hex::{DisplayHex, FromHex};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A device's own proof that its user has taken a policy (BIP-388). Who holds it can only ask the same device for the same
/// policy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hmac(pub [u8; 32]);

impl fmt::Debug for Hmac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hmac(..)")
    }
}

impl fmt::Display for Hmac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0.as_hex(), f)
    }
}

impl Serialize for Hmac {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hmac {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl std::str::FromStr for Hmac {
    type Err = bitcoin::hex::HexToArrayError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        FromHex::from_hex(text).map(Self)
    }
}

/// What a device gives back for a policy that its user has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// The policy's id: what it is a hash of includes the name.
    pub policy_id: [u8; 32],
    /// The proof.
    pub hmac: Hmac,
}

/// A wallet, the name that a device has it under, and the device's proof where it has given one.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// The wallet.
    pub wallet: &'a Wallet,
    /// Its name on the device: 1 to 64 printable ASCII characters.
    pub name: &'a str,
    /// The device's proof.
    pub hmac: Option<Hmac>,
}
