//! What is shown while a hardware wallet is asked to sign: how far that has come, and what its screen will show.

use super::Who;
use crate::market::Timestamp;
use crate::treasury::proposal::ProposalId;
use std::sync::Arc;

/// A device that is asked to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningView {
    /// What it is to sign.
    pub proposal: ProposalId,
    /// For which seat.
    pub seat: Who,
    /// Which device that is: its model, and the way to it. Printable; empty until one is open.
    pub device: Arc<str>,
    /// What is done or waited for.
    pub stage: Stage,
    /// Since when.
    pub since: Timestamp,
    /// What the device will show, in its order and under its titles; none where that is not known.
    pub pages: Arc<[PageView]>,
}

/// A page of a device's screen. Printable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageView {
    /// Its first line.
    pub title: Arc<str>,
    /// What stands below; may be empty.
    pub text: Arc<str>,
}

/// What is done or waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The device of the seat is looked for; what was found instead.
    Looking(Vec<Tried>),
    /// It asks for its PIN, by the places of the digits.
    Pin,
    /// It asks for a passphrase.
    Passphrase,
    /// It does not know the wallet yet, or no longer: whether it shall take the policy.
    Agree,
    /// Its user reads the policy.
    Registering,
    /// Its user reads the transaction.
    Signing,
    /// It has signed, and that was verified and recorded. The words say how many have.
    Signed(Arc<str>),
    /// It came to nothing, for this reason; what to do next may be empty.
    Over {
        /// Why.
        why: Arc<str>,
        /// What to do.
        next: Arc<str>,
    },
}

impl Stage {
    /// Whether nothing more comes by itself.
    pub const fn ended(&self) -> bool {
        matches!(self, Self::Signed(_) | Self::Over { .. })
    }

    /// Whether something has to be typed that is shown to nobody.
    pub const fn asks(&self) -> bool {
        matches!(self, Self::Pin | Self::Passphrase)
    }
}

/// A device that is not the one, or not yet. Printable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The way to it.
    pub way: Arc<str>,
    /// Why not.
    pub why: Arc<str>,
    /// What to do; may be empty.
    pub next: Arc<str>,
}

/// The screen of a simulated device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedView {
    /// What it is called.
    pub name: Arc<str>,
    /// Whose keys these are: it stands beside everything that is shown of it.
    pub mark: Arc<str>,
    /// The first line of its screen.
    pub title: Arc<str>,
    /// What stands below.
    pub text: Arc<str>,
    /// What yes and no do now; empty while it does not wait for its user.
    pub buttons: Arc<str>,
}

impl SimulatedView {
    /// Whether it waits for its user.
    pub fn waits(&self) -> bool {
        !self.buttons.is_empty()
    }
}
