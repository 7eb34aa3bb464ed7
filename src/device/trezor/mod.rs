//! Trezor: One, Model T, Safe 3 and Safe 5, over protocol v1.
//!
//! - A [`Trezor`] is a [`Device`] over any link of reports: USB, a socket to the emulator, or a recording.
//! - What a model or firmware cannot do, and what of a transaction it would refuse, is said before it is asked.
//! - It keeps no wallets: each request tells the whole wallet, and the device recognises change by that.
//!
//! The messages: <https://github.com/trezor/trezor-firmware/tree/main/common/protob>, as `trezor-client` has them.

mod address;
mod ethereum;
mod failure;
mod features;
mod keys;
mod meaning;
mod original;
mod path;
mod request;
mod session;
mod shape;
mod sheet;
mod sign;
pub mod transcript;
mod typed;
pub mod wire;

#[cfg(test)]
mod tests;

use super::capabilities::Task;
use super::ethereum::{Account, Signable, Signature};
use super::link::report::Reports;
use super::{About, Attendant, Device, DeviceError, Held, Model, Registered, Unverified, Watch};
use crate::treasury::bitcoin::review::Reviewed;
use crate::treasury::bitcoin::wallet::{Spot, Wallet};
use crate::treasury::proposal::InputSignature;
use bitcoin::bip32::{ChildNumber, DerivationPath, Fingerprint, Xpub};
use bitcoin::{Address, Network};
use keys::Known;
use session::Session;
use shape::Shape;

/// An open Trezor.
pub struct Trezor {
    session: Session,
    known: Known,
}

impl Trezor {
    /// Greets the device at the other end of a link. It waits for it, now and later, under the watch.
    pub fn open(link: Box<dyn Reports>, attendant: Box<dyn Attendant>, watch: Watch) -> Result<Self, DeviceError> {
        Ok(Self { session: Session::open(link, attendant, watch)?, known: Known::default() })
    }
}

/// What a Trezor is asked for with a wallet.
pub fn task(wallet: &Wallet, model: Model) -> Result<Task, DeviceError> {
    Shape::of(wallet, model).map(|shape| shape.task)
}

impl Device for Trezor {
    fn about(&mut self) -> Result<About, DeviceError> {
        self.session.refresh()
    }

    fn known(&mut self) -> Result<About, DeviceError> {
        self.session.about().cloned()
    }

    fn fingerprint(&mut self, network: Network) -> Result<Fingerprint, DeviceError> {
        if let Some(root) = self.told_root() {
            return Ok(root);
        }
        // Any key tells it; this is the one that a multisig wallet asks for next.
        let hard = [48, path::coin_type(network), 0, 2].map(|index| ChildNumber::Hardened { index }).to_vec();
        self.root(network, &hard.into())
    }

    fn xpub(&mut self, network: Network, path: &DerivationPath, show: bool) -> Result<Xpub, DeviceError> {
        self.key(network, path, show)
    }

    fn register(&mut self, _: &Held<'_>) -> Result<Option<Registered>, DeviceError> {
        Ok(None)
    }

    fn address(&mut self, wallet: &Held<'_>, spot: Spot, show: bool) -> Result<Address, DeviceError> {
        self.wallet_address(wallet.wallet, spot, show)
    }

    fn sign(&mut self, _: &Held<'_>, reviewed: &Reviewed<'_>) -> Result<Unverified<Vec<InputSignature>>, DeviceError> {
        self.sign_reviewed(reviewed).map(Unverified::new)
    }

    fn sign_message(
        &mut self,
        network: Network,
        path: &DerivationPath,
        text: &str,
    ) -> Result<Unverified<[u8; 65]>, DeviceError> {
        self.sign_text(network, path, text).map(Unverified::new)
    }

    fn eth_address(&mut self, path: &DerivationPath, show: bool) -> Result<Account, DeviceError> {
        self.account(path, show)
    }

    fn eth_sign(&mut self, path: &DerivationPath, what: &Signable) -> Result<Unverified<Signature>, DeviceError> {
        self.sign_ethereum(path, what).map(Unverified::new)
    }
}
