//! What can go wrong with a device, in a signer's words, and what to do next.
//!
//! - The states that a user can end (locked, another app, a setting) are told apart from refusals, and refusals by the user
//!   from refusals by the device.
//! - What a device said in bytes is kept ([`DeviceError::RefusedByDevice`]), never guessed at.

use super::about::{Model, Version};
use bitcoin::bip32::Fingerprint;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Why a device did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceError {
    /// There is no such device.
    #[error("no device at {0}")]
    NotFound(String),
    /// The system does not let us.
    #[error("this user may not open {0}")]
    Permission(String),
    /// Somebody else has it open.
    #[error("the device is in use by {0}")]
    Busy(String),
    /// It was pulled, or its connection ended.
    #[error("the device is gone: {0}")]
    Disconnected(String),
    /// It waits for its PIN.
    #[error("the device is locked")]
    Locked,
    /// It has no seed.
    #[error("the device has no seed yet")]
    NotInitialised,
    /// It asks for a PIN, and nobody typed one.
    #[error("the device asks for its PIN")]
    PinNeeded,
    /// The PIN was wrong.
    #[error("the PIN is wrong")]
    WrongPin,
    /// It asks for a passphrase, and nobody typed one.
    #[error("the device asks for a passphrase")]
    PassphraseNeeded,
    /// Another app is open, or none.
    #[error("the app {found} is open, and {needed} is needed")]
    WrongApp {
        /// Which is needed.
        needed: String,
        /// Which is open. Printable.
        found: String,
    },
    /// The app or the firmware cannot do this yet.
    #[error("{what} {found} is too old for this: {needed} can")]
    TooOld {
        /// The app, or the firmware of which model.
        what: String,
        /// Its version.
        found: Version,
        /// The first that can.
        needed: Version,
    },
    /// A setting of the app is off.
    #[error("the setting \"{setting}\" of the {app} app is off")]
    Setting {
        /// Which app.
        app: String,
        /// Which setting.
        setting: String,
    },
    /// It cannot do this at all.
    #[error("a {model} cannot {what}")]
    Unsupported {
        /// The model.
        model: Model,
        /// What it cannot.
        what: String,
    },
    /// It is another one, or its passphrase is another (T27).
    #[error("this device holds {found}, and {expected} is needed")]
    WrongDevice {
        /// Whose signature is needed.
        expected: Fingerprint,
        /// What it is.
        found: Fingerprint,
    },
    /// Its key at a path is not the wallet's (T27).
    #[error("the key of {fingerprint} at {path} is not the wallet's: another passphrase, or another seed")]
    WrongKey {
        /// The fingerprint of both.
        fingerprint: Fingerprint,
        /// The path.
        path: String,
    },
    /// Its account is another one.
    #[error("this device signs for {found}, and {expected} is needed")]
    WrongAccount {
        /// Whose signature is needed.
        expected: String,
        /// What it is.
        found: String,
    },
    /// It has no key of this wallet (T27).
    #[error("this device holds {found}, and the wallet's keys are of {seats}")]
    NoSeat {
        /// What it is.
        found: Fingerprint,
        /// Whose signature would count.
        seats: String,
    },
    /// The wallet's policy is not known to the device: it never was, or the proof is lost.
    #[error("the device does not know this wallet yet")]
    NotRegistered,
    /// The proof is not one of this device for this policy under this name.
    #[error("the device does not accept the proof of registration")]
    BadProof,
    /// A path, a script or a number that the model does not take.
    #[error("{0}")]
    Unfit(String),
    /// What is to be signed lacks something that the device asks for.
    #[error("the transaction lacks {0}")]
    Incomplete(String),
    /// The user said no.
    #[error("refused on the device")]
    RefusedByUser,
    /// The device said no.
    #[error("the device refused: {reason} ({code})")]
    RefusedByDevice {
        /// What it means, as far as is known. Printable.
        reason: String,
        /// What it said: a status word, or a failure's number.
        code: String,
    },
    /// The review where the device is plugged in lets nobody sign it.
    #[error("the agent's review blocks it: {0}")]
    Blocked(String),
    /// It did not sign what it was asked to sign (T26): an alarm, whatever the reason.
    #[error("what came back is not a signature over what was shown: {0}")]
    BadSignature(String),
    /// An address or key that is not the one that our own derivation gives.
    #[error("the device shows {shown}, and ours is {ours}")]
    Disagrees {
        /// What it shows. Printable.
        shown: String,
        /// What it should show.
        ours: String,
    },
    /// Bytes that make no sense.
    #[error("the device's answer is not understood: {0}")]
    Garbled(String),
    /// More bytes than any answer has.
    #[error("the device's answer is longer than any can be: {0} bytes")]
    TooLong(usize),
    /// Nothing came within the time.
    #[error("the device did not answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// Somebody stopped waiting.
    #[error("cancelled")]
    Cancelled,
}

impl DeviceError {
    /// Whether whoever asked may go on waiting for the device: it did not say no, it was not there, or not yet able.
    pub fn waits(&self) -> bool {
        match self {
            Self::NotFound(_)
            | Self::Permission(_)
            | Self::Busy(_)
            | Self::Disconnected(_)
            | Self::Locked
            | Self::NotInitialised
            | Self::PinNeeded
            | Self::WrongPin
            | Self::PassphraseNeeded
            | Self::WrongApp { .. }
            | Self::TooOld { .. }
            | Self::Setting { .. }
            | Self::WrongDevice { .. }
            | Self::WrongKey { .. }
            | Self::WrongAccount { .. }
            | Self::NoSeat { .. }
            | Self::NotRegistered
            | Self::BadProof
            | Self::TimedOut(_)
            | Self::Cancelled => true,
            Self::Unsupported { .. }
            | Self::Unfit(_)
            | Self::Incomplete(_)
            | Self::RefusedByUser
            | Self::RefusedByDevice { .. }
            | Self::Blocked(_)
            | Self::BadSignature(_)
            | Self::Disagrees { .. }
            | Self::Garbled(_)
            | Self::TooLong(_) => false,
        }
    }

    /// The code that scripts see. Stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "device-not-found",
            Self::Permission(_) => "device-permission",
            Self::Busy(_) => "device-busy",
            Self::Disconnected(_) => "device-disconnected",
            Self::Locked => "device-locked",
            Self::NotInitialised => "device-not-initialised",
            Self::PinNeeded => "device-pin",
            Self::WrongPin => "device-wrong-pin",
            Self::PassphraseNeeded => "device-passphrase",
            Self::WrongApp { .. } => "device-wrong-app",
            Self::TooOld { .. } => "device-too-old",
            Self::Setting { .. } => "device-setting",
            Self::Unsupported { .. } => "device-unsupported",
            Self::WrongDevice { .. } => "device-wrong",
            Self::WrongKey { .. } => "device-wrong-key",
            Self::WrongAccount { .. } => "device-wrong-account",
            Self::NoSeat { .. } => "device-no-seat",
            Self::NotRegistered => "device-not-registered",
            Self::BadProof => "device-bad-proof",
            Self::Unfit(_) => "device-unfit",
            Self::Incomplete(_) => "device-incomplete",
            Self::RefusedByUser => "device-refused-by-user",
            Self::RefusedByDevice { .. } => "device-refused",
            Self::Blocked(_) => "device-review-blocked",
            Self::BadSignature(_) => "device-bad-signature",
            Self::Disagrees { .. } => "device-disagrees",
            Self::Garbled(_) => "device-garbled",
            Self::TooLong(_) => "device-answer-long",
            Self::TimedOut(_) => "device-timeout",
            Self::Cancelled => "device-cancelled",
        }
    }

    /// What to do next, where something can be done.
    pub fn next(&self) -> Option<String> {
        let text = match self {
            Self::NotFound(_) => "plug it in and unlock it; exchequer device list shows what is there",
            Self::Permission(_) => "exchequer doctor names the missing rule or group",
            Self::Busy(_) => "close the other program, or wait until it is done",
            Self::Disconnected(_) => "plug it in again; nothing was recorded, ask again when it is back",
            Self::Locked => "enter the PIN on the device",
            Self::NotInitialised => "set it up with its maker's program first",
            Self::PinNeeded => "run this in a terminal: the PIN's places are typed there",
            Self::WrongPin => "try again; the device waits longer each time",
            Self::PassphraseNeeded => "run this in a terminal, or name a file in EXCHEQUER_DEVICE_PASSPHRASE_FILE",
            Self::WrongApp { needed, .. } => return Some(format!("open the app {needed} on the device")),
            Self::TooOld { needed, .. } => {
                return Some(format!("update it to {needed} or later with its maker's program"));
            }
            Self::Setting { app, setting } => {
                return Some(format!("on the device: {app} app, Settings, {setting}: switch it on"));
            }
            Self::WrongDevice { .. } | Self::WrongKey { .. } | Self::WrongAccount { .. } | Self::NoSeat { .. } => {
                "connect the device of that seat, or enter its passphrase"
            }
            Self::NotRegistered | Self::BadProof => {
                "exchequer device register --wallet W: the device shows the policy once"
            }
            Self::Incomplete(_) => "take the file from the wallet that made it, with its previous transactions",
            Self::Blocked(_) => "exchequer review says why, block by block; an agent takes nobody's word for a value",
            Self::BadSignature(_) | Self::Disagrees { .. } => {
                "do not go on with this device: it, or something between, shows one thing and does another"
            }
            Self::TimedOut(_) => "look at the device: it may still show the question; answer or reject it there",
            Self::Unsupported { .. }
            | Self::Unfit(_)
            | Self::RefusedByUser
            | Self::RefusedByDevice { .. }
            | Self::Garbled(_)
            | Self::TooLong(_)
            | Self::Cancelled => return None,
        };
        Some(text.to_owned())
    }
}
