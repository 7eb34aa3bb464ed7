//! What passes between a console and an agent: one question, one answer, each a length and JSON.

use crate::device::{About, DeviceError, Hmac, Registered};
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet, WalletError};
use crate::treasury::proposal::InputSignature;
use bitcoin::Network;
use bitcoin::bip32::{DerivationPath, Fingerprint, Xpub};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// The longest message, in bytes: a PSBT of 4 MiB in base64, and its wallet.
pub const LONGEST: usize = 8 << 20;

/// A wallet as it travels: what it takes to make it anew, and how the device has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Described {
    /// Its network.
    pub network: Network,
    /// Its descriptors.
    pub descriptors: Vec<String>,
    /// The name that the device has it under.
    pub name: String,
    /// The device's proof of registration.
    pub hmac: Option<Hmac>,
}

impl Described {
    /// The wallet, checked anew.
    pub fn wallet(&self) -> Result<Wallet, WalletError> {
        let descriptors: Vec<&str> = self.descriptors.iter().map(String::as_str).collect();
        Wallet::new(&self.name, self.network, &descriptors)
    }
}

/// A question. There is none that carries bytes for a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// What it is.
    About,
    /// Which seed it holds.
    Fingerprint {
        /// For which network.
        network: Network,
    },
    /// A public key.
    Xpub {
        /// For which network.
        network: Network,
        /// Where.
        path: DerivationPath,
        /// Whether it shows it.
        show: bool,
    },
    /// To take a wallet's policy.
    Register {
        /// Whose.
        wallet: Described,
    },
    /// An address.
    Address {
        /// Of which wallet.
        wallet: Described,
        /// In which row: 0 receives, 1 is change.
        change: bool,
        /// Which one.
        index: u32,
        /// Whether it shows it.
        show: bool,
    },
    /// To sign a transaction.
    Sign {
        /// For which wallet.
        wallet: Described,
        /// The PSBT in base64.
        psbt: String,
    },
}

impl Ask {
    /// Where an address is asked for.
    pub fn spot(change: bool, index: u32) -> Spot {
        Spot { chain: if change { Chain::Change } else { Chain::Receive }, index }
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// What it is.
    About(About),
    /// Which seed it holds.
    Fingerprint(Fingerprint),
    /// A public key.
    Xpub(Xpub),
    /// The proof of a registration; none where the device keeps no wallets.
    Registered(Option<Registered>),
    /// An address, as text.
    Address(String),
    /// Signatures, to be verified by whoever asked.
    Signed(Vec<InputSignature>),
    /// The agent's review lets nobody sign this: the codes of what blocks.
    Blocked(Vec<String>),
    /// The device's trouble.
    Refused(DeviceError),
}

/// Writes a message.
pub fn write(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let bytes = serde_json::to_vec(message)?;
    let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= LONGEST);
    let length = length.ok_or_else(|| io::Error::other("the message is too long"))?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(&bytes)?;
    to.flush()
}

/// Reads a message; none when the connection ended between two.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    let [first, ..] = &mut length;
    if from.read(std::slice::from_mut(first))? == 0 {
        return Ok(None);
    }
    let [_, rest @ ..] = &mut length;
    from.read_exact(rest)?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a message of {length} bytes")));
    }
    let mut bytes = Vec::new();
    from.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    serde_json::from_slice(&bytes).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}
