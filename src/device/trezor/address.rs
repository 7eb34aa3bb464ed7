//! Addresses on a Trezor's screen, and signed texts.

use super::shape::{Shape, sorts};
use super::{Trezor, path};
use crate::device::capabilities::{Task, check};
use crate::device::{About, DeviceError};
use crate::market::printable;
use crate::treasury::bitcoin::wallet::{Spot, Wallet};
use bitcoin::bip32::DerivationPath;
use bitcoin::{Address, Network};
use trezor_client::protos::{self, GetAddress, InputScriptType, MessageSignature, SignMessage};

/// The longest text that a One signs, in bytes.
const LONGEST_TEXT_ONE: usize = 1_024;

impl Trezor {
    /// What it is, when it can do a task.
    pub(super) fn able(&self, task: Task, network: Network) -> Result<About, DeviceError> {
        let about = self.session.about()?.clone();
        check(&about, task, network != Network::Bitcoin)?;
        Ok(about)
    }

    /// The address of a wallet at a spot.
    pub(super) fn wallet_address(&mut self, wallet: &Wallet, spot: Spot, show: bool) -> Result<Address, DeviceError> {
        let shape = Shape::of(wallet, self.session.model()?)?;
        self.able(shape.task, wallet.network())?;
        let seat = *self.seats(wallet)?.first().ok_or_else(|| beyond(spot))?;
        self.seat_address(wallet, &shape, seat, spot, show)
    }

    /// The same, as one seat's.
    pub(super) fn seat_address(
        &mut self,
        wallet: &Wallet,
        shape: &Shape<'_>,
        seat: usize,
        spot: Spot,
        show: bool,
    ) -> Result<Address, DeviceError> {
        let network = wallet.network();
        let steps = shape.path(seat, spot).ok_or_else(|| beyond(spot))?;
        if self.session.strict() {
            path::check(&steps, shape.input, shape.is_multisig(), network)?;
        }
        let multisig = shape.multisig(spot, sorts(self.session.about()?), |_| None);
        let question = question(steps, network, shape.input, show);
        let answer: protos::Address = self.session.ask(&GetAddress { multisig: multisig.into(), ..question })?;
        let shown: String = printable(answer.address()).chars().take(120).collect();
        let address = shown.parse::<Address<_>>().ok().and_then(|address| address.require_network(network).ok());
        match (address, wallet.address(spot)) {
            (Some(address), Some(ours)) if address == ours => Ok(address),
            (_, Some(ours)) => Err(DeviceError::Disagrees { shown, ours: ours.to_string() }),
            (_, None) => Err(beyond(spot)),
        }
    }

    /// Signs a text with the key at a path.
    pub(super) fn sign_text(
        &mut self,
        network: Network,
        path: &DerivationPath,
        text: &str,
    ) -> Result<[u8; 65], DeviceError> {
        let about = self.able(Task::BitcoinMessage, network)?;
        let kind = path::customary(path);
        if kind == InputScriptType::SPENDTAPROOT {
            return Err(DeviceError::Unfit("no text can be signed with a taproot address' key".to_owned()));
        }
        let steps = path::numbers(path);
        if self.session.strict() {
            path::check(&steps, kind, false, network)?;
        }
        if about.model == crate::device::Model::TrezorOne && text.len() > LONGEST_TEXT_ONE {
            return Err(DeviceError::Unfit(format!("a {} signs texts of up to {LONGEST_TEXT_ONE} bytes", about.model)));
        }
        let mut question = SignMessage { address_n: steps, ..Default::default() };
        question.set_message(text.as_bytes().to_vec());
        question.set_coin_name(path::coin(network).to_owned());
        question.set_script_type(kind);
        let answer: MessageSignature = self.session.ask(&question)?;
        let length = answer.signature().len();
        answer
            .signature()
            .try_into()
            .map_err(|_| DeviceError::Garbled(format!("a signature of {length} bytes instead of 65")))
    }
}

/// The question for an address.
pub(super) fn question(steps: Vec<u32>, network: Network, kind: InputScriptType, show: bool) -> GetAddress {
    let mut question = GetAddress { address_n: steps, ..Default::default() };
    question.set_coin_name(path::coin(network).to_owned());
    question.set_show_display(show);
    question.set_script_type(kind);
    question
}

pub(super) fn beyond(spot: Spot) -> DeviceError {
    DeviceError::Unfit(format!("the wallet has no address at {spot}"))
}
