//! Pages that the host is told of (ButtonRequest), and that the user decides.

use super::model::TrezorModel;
use crate::sim::device::screen::{Buttons, Screen};
use crate::sim::device::script;
use trezor_client::protos::ButtonRequest;
use trezor_client::protos::button_request::ButtonRequestType;

/// What a page is about: what the host is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Address,
    Difference,
    EthereumData,
    EthereumTx,
    Fee,
    LockTime,
    ManyChanges,
    Message,
    MessageHash,
    MultisigWarning,
    Output,
    PassphraseAhead,
    Passphrase,
    PathWarning,
    Pin,
    PublicKey,
    Replaced,
    Risk,
    Signer,
    Total,
    TypedDomain,
    TypedHash,
    TypedLast,
    TypedStruct,
}

impl Shown {
    /// The code, and the name that the newer firmware adds.
    fn told(self) -> (ButtonRequestType, &'static str) {
        match self {
            Self::Address => (ButtonRequestType::ButtonRequest_Address, "show_address"),
            Self::Difference => (ButtonRequestType::ButtonRequest_SignTx, "modify_fee"),
            Self::EthereumData => (ButtonRequestType::ButtonRequest_SignTx, "confirm_data"),
            Self::EthereumTx => (ButtonRequestType::ButtonRequest_SignTx, "confirm_ethereum_tx"),
            Self::Fee => (ButtonRequestType::ButtonRequest_FeeOverThreshold, "fee_over_threshold"),
            Self::LockTime => (ButtonRequestType::ButtonRequest_SignTx, "nondefault_locktime"),
            Self::ManyChanges => (ButtonRequestType::ButtonRequest_SignTx, "change_count_over_threshold"),
            Self::Message => (ButtonRequestType::ButtonRequest_Other, "sign_message"),
            Self::MessageHash => (ButtonRequestType::ButtonRequest_SignTx, "confirm_message_hash"),
            Self::MultisigWarning => (ButtonRequestType::ButtonRequest_Warning, "warning_multisig"),
            Self::Output => (ButtonRequestType::ButtonRequest_ConfirmOutput, "confirm_output"),
            Self::PassphraseAhead => (ButtonRequestType::ButtonRequest_Other, "passphrase_host1"),
            Self::Passphrase => (ButtonRequestType::ButtonRequest_Other, "passphrase_host2"),
            Self::PathWarning => (ButtonRequestType::ButtonRequest_UnknownDerivationPath, "path_warning"),
            Self::Pin => (ButtonRequestType::ButtonRequest_PinEntry, "pin_device"),
            Self::PublicKey => (ButtonRequestType::ButtonRequest_PublicKey, "show_xpub"),
            Self::Replaced => (ButtonRequestType::ButtonRequest_SignTx, "confirm_replacement"),
            Self::Risk => (ButtonRequestType::ButtonRequest_ProtectCall, "warning"),
            Self::Signer => (ButtonRequestType::ButtonRequest_SignTx, "confirm_address"),
            Self::TypedDomain => (ButtonRequestType::ButtonRequest_Other, "should_show_domain"),
            Self::TypedHash => (ButtonRequestType::ButtonRequest_Other, "confirm_hash"),
            Self::TypedLast => (ButtonRequestType::ButtonRequest_Other, "confirm_typed_data_final"),
            Self::TypedStruct => (ButtonRequestType::ButtonRequest_Other, "should_show_struct"),
            Self::Total => (ButtonRequestType::ButtonRequest_SignTx, "confirm_total"),
        }
    }
}

/// A page to be decided.
#[derive(Clone, Debug)]
pub struct Dialog {
    shown: Shown,
    pub screen: Screen,
    pages: u32,
}

impl Dialog {
    pub fn new(shown: Shown, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { shown, screen: Screen::decide(title, text), pages: 1 }
    }

    /// The warning before a path that is not where such scripts belong.
    pub fn path(model: TrezorModel, path: &[u32]) -> Self {
        let ask = match model {
            TrezorModel::One => "Wrong address path for selected coin.",
            TrezorModel::T => "Wrong derivation path for selected account.",
        };
        Self::new(Shown::PathWarning, "", format!("{ask} m/{} Continue anyway?", script::path(path)))
    }

    pub fn with(mut self, buttons: Buttons) -> Self {
        self.screen.buttons = buttons;
        self
    }

    /// How many pages the host is told of.
    pub fn pages(mut self, pages: u32) -> Self {
        self.pages = pages;
        self
    }

    /// What the host is told.
    pub fn request(&self, model: TrezorModel) -> ButtonRequest {
        let (code, name) = self.shown.told();
        let mut request = ButtonRequest::new();
        request.set_code(code);
        if model == TrezorModel::T {
            request.set_name(name.to_owned());
            request.set_pages(self.pages);
        }
        request
    }
}
