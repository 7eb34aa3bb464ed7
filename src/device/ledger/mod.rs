//! A Ledger that is open: its Bitcoin and its Ethereum app behind one object, over any link.
//!
//! - A Ledger runs one app at a time: each question begins by asking for its name and version, so that the wrong one is named
//!   and nothing is asked of it.
//! - A setting that is off is told when the app refuses for it: the app says so itself on its screen, before it asks its user
//!   for anything.
//!
//! Rooms: [`answers`] and [`status`] read what comes back, [`policy`] writes wallets as the device knows them, `bitcoin` and
//! `ethereum` ask.

pub mod answers;
mod bitcoin;
mod bridge;
mod ethereum;
pub mod policy;
pub mod status;
mod typed;

#[cfg(test)]
mod tests;

use self::status::{Asked, refusal};
use super::capabilities::{Task, app_for, check};
use super::ethereum::{Account, Signable, Signature};
use super::link::ApduLink;
use super::link::apdu::{Command, OK};
use super::link::player::VERSION_QUESTION;
use super::{About, App, Device, DeviceError, Held, Model, Registered, Unverified, Watch};
use crate::treasury::bitcoin::review::Reviewed;
use crate::treasury::bitcoin::wallet::Spot;
use crate::treasury::proposal::InputSignature;
use ::bitcoin::bip32::{DerivationPath, Fingerprint, Xpub};
use ::bitcoin::{Address, Network};

/// What the system calls itself where no app is open.
const SYSTEM: &str = "BOLOS";

/// The Ethereum app's name.
const ETHEREUM: &str = "Ethereum";

/// A Ledger.
pub struct Ledger {
    link: Box<dyn ApduLink>,
    model: Model,
    watch: Watch,
}

impl Ledger {
    /// A Ledger behind a link. Each question has the whole of the watch's time; cancelling it ends whatever is asked.
    pub fn new(link: Box<dyn ApduLink>, model: Model, watch: Watch) -> Self {
        Self { link, model, watch }
    }

    /// One command, and the data of its answer.
    fn ask(&mut self, asked: Asked, needed: &str, command: &Command) -> Result<Vec<u8>, DeviceError> {
        let answer = self.link.exchange(&command.bytes()?, &self.watch.again())?;
        if answer.status == OK { Ok(answer.data) } else { Err(refusal(asked, needed, &answer)) }
    }

    /// Which app is open, without its settings.
    fn running(&mut self) -> Result<About, DeviceError> {
        let [cla, ins, p1, p2, _] = VERSION_QUESTION;
        let data = self.ask(Asked::Version, "an app", &Command::new([cla, ins, p1, p2], []))?;
        let app = answers::app(&data)?;
        let (app, firmware) = match app {
            App { name, version } if name == SYSTEM => (None, Some(version)),
            app => (Some(app), None),
        };
        Ok(About { firmware, app, locked: Some(false), ..self.unasked() })
    }

    /// What is known of it before anything was asked.
    fn unasked(&self) -> About {
        About {
            model: self.model,
            firmware: None,
            app: None,
            label: None,
            initialised: None,
            locked: None,
            passphrase: None,
            blind_signing: None,
        }
    }

    /// Whether the app for a task is open, and new enough.
    fn ready(&mut self, task: Task, test_network: bool) -> Result<&'static str, DeviceError> {
        let about = self.running()?;
        check(&about, task, test_network)?;
        Ok(app_for(task, test_network))
    }
}

impl Device for Ledger {
    fn about(&mut self) -> Result<About, DeviceError> {
        let mut about = self.running()?;
        if about.app.as_ref().is_some_and(|app| app.name == ETHEREUM) {
            about.blind_signing = Some(self.blind_signing()?);
        }
        Ok(about)
    }

    fn known(&mut self) -> Result<About, DeviceError> {
        Ok(self.unasked())
    }

    fn fingerprint(&mut self, network: Network) -> Result<Fingerprint, DeviceError> {
        self.read_fingerprint(network)
    }

    fn xpub(&mut self, network: Network, path: &DerivationPath, show: bool) -> Result<Xpub, DeviceError> {
        self.read_xpub(network, path, show)
    }

    /// None for the usual accounts of one key: nobody has to take those.
    fn register(&mut self, wallet: &Held<'_>) -> Result<Option<Registered>, DeviceError> {
        self.register_policy(wallet)
    }

    fn address(&mut self, wallet: &Held<'_>, spot: Spot, show: bool) -> Result<Address, DeviceError> {
        self.read_address(wallet, spot, show)
    }

    fn sign(
        &mut self,
        wallet: &Held<'_>,
        reviewed: &Reviewed<'_>,
    ) -> Result<Unverified<Vec<InputSignature>>, DeviceError> {
        if reviewed.wallet().id() != wallet.wallet.id() {
            return Err(DeviceError::Unfit("this was reviewed for another wallet".to_owned()));
        }
        self.sign_packet(wallet, reviewed.packet()).map(Unverified::new)
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
        self.account(path, show, false)
    }

    fn eth_sign(&mut self, path: &DerivationPath, what: &Signable) -> Result<Unverified<Signature>, DeviceError> {
        self.sign_for_ethereum(path, what).map(Unverified::new)
    }
}
