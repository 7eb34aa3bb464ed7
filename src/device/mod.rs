//! Hardware wallets: what can be asked of a device, what it answers, and what it refuses.
//!
//! - A device is asked through [`Device`], whichever it is and however it is reached; it is picked by the key that a
//!   proposal needs, never because it was found first.
//! - What it cannot do is said before anybody touches it: [`capabilities`] is the table.
//! - What it signs is what a review has let through, and what comes back is [`Unverified`] until it was held against our
//!   own sighash and the key that was expected.
//! - Nothing here waits for ever: every wait is watched ([`Watch`]), by a time limit and by whoever may cancel it.
//! - No byte that goes to or comes from a device is ever logged.

pub mod about;
pub mod agent;
pub mod attendant;
pub mod capabilities;
pub mod error;
pub mod ethereum;
pub mod held;
pub mod ledger;
pub mod link;
pub mod node;
pub mod open;
pub mod owner;
pub mod pages;
pub mod place;
pub mod seat;
pub mod trezor;
pub mod verified;
pub mod watch;

pub use about::{About, App, Model, Version};
pub use attendant::{Attendant, Passphrase, Unattended};
pub use error::DeviceError;
pub use held::{Held, Hmac, Registered};
pub use open::{Found, list, open};
pub use owner::Owner;
pub use place::Place;
pub use verified::Unverified;
pub use watch::Watch;

use crate::treasury::bitcoin::review::Reviewed;
use crate::treasury::bitcoin::wallet::Spot;
use crate::treasury::proposal::InputSignature;
use bitcoin::bip32::{DerivationPath, Fingerprint, Xpub};
use bitcoin::{Address, Network};

/// A hardware wallet that is open. Every call may block for as long as its [`Watch`] allows: it belongs on a thread of its
/// own.
pub trait Device: Send {
    /// What it is, and in which state: never asks the user for anything.
    fn about(&mut self) -> Result<About, DeviceError>;

    /// What is known of it since it was opened, model and firmware where it told: nothing is asked where that can be.
    fn known(&mut self) -> Result<About, DeviceError> {
        self.about()
    }

    /// The fingerprint of its seed, with the passphrase that is in use.
    fn fingerprint(&mut self, network: Network) -> Result<Fingerprint, DeviceError>;

    /// The extended public key at a path; shown on its screen where asked for.
    fn xpub(&mut self, network: Network, path: &DerivationPath, show: bool) -> Result<Xpub, DeviceError>;

    /// Lets the user take a wallet's policy into the device; none where the device keeps no policies.
    fn register(&mut self, wallet: &Held<'_>) -> Result<Option<Registered>, DeviceError>;

    /// An address of a wallet; on its screen where asked for. It is the device's own, and was compared: one that is not what
    /// the wallet gives is refused ([`DeviceError::Disagrees`]).
    fn address(&mut self, wallet: &Held<'_>, spot: Spot, show: bool) -> Result<Address, DeviceError>;

    /// Signs what was reviewed, with every key of the wallet that is the device's. What it cannot do is said before its user
    /// is asked anything, here as everywhere.
    fn sign(
        &mut self,
        wallet: &Held<'_>,
        reviewed: &Reviewed<'_>,
    ) -> Result<Unverified<Vec<InputSignature>>, DeviceError>;

    /// Signs a text with the key at a path, as Bitcoin's signed messages are (BIP-137): 65 bytes.
    fn sign_message(
        &mut self,
        network: Network,
        path: &DerivationPath,
        text: &str,
    ) -> Result<Unverified<[u8; 65]>, DeviceError>;

    /// The Ethereum address of the key at a path; on its screen where asked for.
    fn eth_address(&mut self, path: &DerivationPath, show: bool) -> Result<ethereum::Account, DeviceError>;

    /// Signs for Ethereum with the key at a path.
    fn eth_sign(
        &mut self,
        path: &DerivationPath,
        what: &ethereum::Signable,
    ) -> Result<Unverified<ethereum::Signature>, DeviceError>;
}
