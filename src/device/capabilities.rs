//! What each model can do, from which version on: the table behind every "not with this device".
//!
//! - A cell says yes from a version on (the app's for a Ledger, the firmware's for a Trezor), yes with a setting, or no.
//! - The versions are the first that are safe, not the first that answer: below 2.3.1 and 1.9.1 a Trezor believes the value
//!   of a segwit coin unproved (T6), and Ledger's Bitcoin apps below 2.1.0 know no policies of the second version.
//! - Sources: the firmwares' and apps' change logs, and what real ones were seen to do.

use super::about::{About, App, Model, Version};
use super::error::DeviceError;
use super::ledger::policy::Policy;
use super::trezor;
use crate::treasury::bitcoin::wallet::Wallet;
use bitcoin::Network;

/// Something that can be asked of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// Multisig in `wsh`.
    MultisigWsh,
    /// Multisig in `sh(wsh)`.
    MultisigShWsh,
    /// Multisig in `sh`.
    MultisigSh,
    /// `wpkh`.
    Wpkh,
    /// `sh(wpkh)`.
    ShWpkh,
    /// `pkh`.
    Pkh,
    /// `tr`, by its key.
    TaprootKey,
    /// `tr`, with keys in a script.
    TaprootScript,
    /// Time locks and whatever else miniscript says, in `wsh`.
    Miniscript,
    /// A signed message of Bitcoin's.
    BitcoinMessage,
    /// An Ethereum address, a text, a plain transfer.
    Ethereum,
    /// A transaction that calls a contract.
    ContractCall,
    /// Typed data with all its fields.
    TypedDataFull,
    /// Typed data as two hashes.
    TypedDataHashes,
}

impl Task {
    /// Every task.
    pub const ALL: [Self; 14] = [
        Self::MultisigWsh,
        Self::MultisigShWsh,
        Self::MultisigSh,
        Self::Wpkh,
        Self::ShWpkh,
        Self::Pkh,
        Self::TaprootKey,
        Self::TaprootScript,
        Self::Miniscript,
        Self::BitcoinMessage,
        Self::Ethereum,
        Self::ContractCall,
        Self::TypedDataFull,
        Self::TypedDataHashes,
    ];

    /// What a device would do, after "cannot".
    pub fn name(self) -> &'static str {
        match self {
            Self::MultisigWsh => "sign for multisig wallets (wsh)",
            Self::MultisigShWsh => "sign for multisig wallets (sh-wsh)",
            Self::MultisigSh => "sign for multisig wallets (sh)",
            Self::Wpkh => "sign for wpkh wallets",
            Self::ShWpkh => "sign for sh-wpkh wallets",
            Self::Pkh => "sign for pkh wallets",
            Self::TaprootKey => "sign for taproot wallets",
            Self::TaprootScript => "sign for taproot wallets with scripts",
            Self::Miniscript => "sign for wallets with time locks",
            Self::BitcoinMessage => "sign Bitcoin messages",
            Self::Ethereum => "sign for Ethereum",
            Self::ContractCall => "sign contract calls",
            Self::TypedDataFull => "sign typed data field by field",
            Self::TypedDataHashes => "sign typed data by its hashes",
        }
    }

    /// Whether it is one of Bitcoin's.
    pub fn is_bitcoin(self) -> bool {
        self <= Self::BitcoinMessage
    }
}

/// A setting of a Ledger app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Contract calls and hashes may be signed.
    BlindSigning,
    /// Every field of typed data is shown.
    RawMessages,
}

impl Setting {
    /// What the app's menu calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BlindSigning => "Blind signing",
            Self::RawMessages => "Raw messages",
        }
    }

    /// That it is off.
    pub fn off(self) -> DeviceError {
        DeviceError::Setting { app: "Ethereum".to_owned(), setting: self.name().to_owned() }
    }
}

/// Whether a model does a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// From this version on.
    Since(Version),
    /// From this version on, with a setting.
    With(Version, Setting),
    /// Not at all.
    Never,
}

const BITCOIN_APP: Version = Version(2, 1, 0);
const BITCOIN_APP_TAPSCRIPT: Version = Version(2, 4, 0);
const ETHEREUM_APP: Version = Version(1, 9, 0);
const ETHEREUM_APP_FULL: Version = Version(1, 9, 19);
const ONE: Version = Version(1, 9, 1);
const ONE_TAPROOT: Version = Version(1, 10, 4);
const ONE_TYPED: Version = Version(1, 10, 5);
const CORE: Version = Version(2, 3, 1);
const CORE_TAPROOT: Version = Version(2, 4, 3);
const CORE_TYPED: Version = Version(2, 4, 3);
/// The first core firmware that compares and shows the message hash of typed data.
pub const CORE_SHOWS_HASH: Version = Version(2, 9, 1);

/// The table.
pub fn cell(model: Model, task: Task) -> Cell {
    use Cell::{Never, Since, With};
    match model {
        // It speaks a protocol that is not spoken here.
        Model::Safe7 => Never,
        Model::TrezorOne => match task {
            Task::TaprootKey => Since(ONE_TAPROOT),
            Task::TypedDataHashes => Since(ONE_TYPED),
            Task::TaprootScript | Task::Miniscript | Task::TypedDataFull => Never,
            _ => Since(ONE),
        },
        Model::TrezorT | Model::Safe3 | Model::Safe5 => match task {
            Task::TaprootKey => Since(CORE_TAPROOT),
            Task::TypedDataFull => Since(CORE_TYPED),
            Task::TaprootScript | Task::Miniscript | Task::TypedDataHashes => Never,
            _ => Since(CORE),
        },
        _ => match task {
            Task::TaprootScript | Task::Miniscript if model == Model::NanoS => Never,
            Task::TaprootScript => Since(BITCOIN_APP_TAPSCRIPT),
            Task::Ethereum => Since(ETHEREUM_APP),
            Task::ContractCall | Task::TypedDataHashes => With(ETHEREUM_APP, Setting::BlindSigning),
            Task::TypedDataFull => With(ETHEREUM_APP_FULL, Setting::RawMessages),
            _ => Since(BITCOIN_APP),
        },
    }
}

/// Whether a device can do a task as it is now: model, versions, app and settings, as far as it tells. On a Ledger the app
/// has to be open that the task is for; `test_network` is which of its Bitcoin apps.
pub fn check(about: &About, task: Task, test_network: bool) -> Result<(), DeviceError> {
    if about.initialised == Some(false) {
        return Err(DeviceError::NotInitialised);
    }
    let (needed, setting) = match cell(about.model, task) {
        Cell::Since(version) => (version, None),
        Cell::With(version, setting) => (version, Some(setting)),
        Cell::Never => return Err(DeviceError::Unsupported { model: about.model, what: task.name().to_owned() }),
    };
    let (what, found) = if about.model.is_ledger() {
        let name = app_for(task, test_network);
        match &about.app {
            Some(App { name: open, version }) if open == name => (format!("the app {name}"), Some(*version)),
            open => {
                let found = open.as_ref().map_or_else(|| "no app".to_owned(), |app| app.name.clone());
                return Err(DeviceError::WrongApp { needed: name.to_owned(), found });
            }
        }
    } else {
        (format!("the firmware of the {}", about.model), about.firmware)
    };
    match found {
        Some(found) if found < needed => return Err(DeviceError::TooOld { what, found, needed }),
        _ => {}
    }
    match setting {
        Some(Setting::BlindSigning) if about.blind_signing == Some(false) => Err(Setting::BlindSigning.off()),
        // Whether raw messages are on is told by nothing but the refusal.
        _ => Ok(()),
    }
}

/// Whether a device can sign for a wallet as it is now, as far as that is known without asking its user anything.
pub fn signs_for(about: &About, wallet: &Wallet) -> Result<(), DeviceError> {
    let task = match about.model.is_ledger() {
        true => Policy::of(wallet)?.task(),
        false => trezor::task(wallet, about.model)?,
    };
    check(about, task, wallet.network() != Network::Bitcoin)
}

/// The Ledger app for a task.
pub fn app_for(task: Task, test_network: bool) -> &'static str {
    match (task.is_bitcoin(), test_network) {
        (true, false) => "Bitcoin",
        (true, true) => "Bitcoin Test",
        (false, _) => "Ethereum",
    }
}
