//! Where each seat of a proposal stands: the key that signs, not the person who holds it.

use crate::market::{Timestamp, printable};
use crate::treasury::bitcoin::policy::{Cosigner, Policy};
use bitcoin::bip32::Fingerprint;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A seat: a key of the wallet's descriptor, by its place there. The fingerprint alone does not tell two keys of one
/// seed apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SeatId {
    /// The key's place in [`Policy::cosigners`], from 0.
    pub place: u8,
    /// The fingerprint of its seed.
    pub fingerprint: Fingerprint,
}

impl SeatId {
    /// All seats of a policy, those that can only sign later included.
    pub fn all(policy: &Policy) -> impl Iterator<Item = (Self, &Cosigner)> + '_ {
        let places = 0_u8..;
        places.zip(policy.cosigners()).map(|(place, key)| (Self { place, fingerprint: key.fingerprint }, key))
    }
}

impl fmt::Display for SeatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fingerprint.fmt(f)
    }
}

/// What made a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signer {
    /// A hot key of this desk.
    Software,
    /// A hardware wallet at this desk.
    Device,
    /// Somebody elsewhere, who sent a file.
    File,
}

impl Signer {
    /// The word that people and scripts read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::Device => "device",
            Self::File => "file",
        }
    }
}

/// Where one seat of one proposal stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeatState {
    /// Nothing was heard of it.
    Pending,
    /// It was shown the review with this digest.
    Viewed {
        /// The digest of what was shown.
        digest: String,
        /// When.
        at: Timestamp,
    },
    /// A device is asked to sign.
    AwaitingDevice {
        /// Since when.
        since: Timestamp,
    },
    /// Its signatures were verified.
    Approved {
        /// What made them.
        signer: Signer,
        /// When they were verified.
        at: Timestamp,
    },
    /// It refuses.
    Rejected {
        /// Why. Printable.
        reason: String,
        /// When.
        at: Timestamp,
    },
    /// Signing did not come about; it can be tried again.
    Failed {
        /// What happened. Printable.
        code: String,
        /// When.
        at: Timestamp,
    },
}

impl SeatState {
    /// The word that people and scripts read.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Viewed { .. } => "viewed",
            Self::AwaitingDevice { .. } => "awaiting_device",
            Self::Approved { .. } => "approved",
            Self::Rejected { .. } => "rejected",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether the move from here to there is one that exists. A signature that somebody sends from elsewhere may come at
    /// any time before the seat has decided; one that is made at this desk comes after the review was shown.
    pub fn may_become(&self, next: &Self) -> bool {
        match (self, next) {
            (Self::Approved { .. } | Self::Rejected { .. }, _) | (_, Self::Pending) => false,
            (Self::Pending, Self::AwaitingDevice { .. } | Self::Failed { .. }) => false,
            (Self::Pending, Self::Approved { signer, .. }) => *signer == Signer::File,
            (Self::Viewed { .. } | Self::Failed { .. }, Self::Approved { signer, .. }) => *signer != Signer::Device,
            (Self::Failed { .. }, Self::Failed { .. }) => false,
            _ => true,
        }
    }
}

/// Text of a person or a device, made printable and no longer than it is read.
pub(in crate::treasury) fn said(text: &str) -> String {
    printable(text).chars().take(LONGEST_TEXT).collect()
}

/// The most characters of a memo, a reason or a label that are kept.
pub const LONGEST_TEXT: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_move_of_a_seat_is_in_this_table() {
        let at = Timestamp::from_secs(1);
        let text = String::new;
        let all = [
            SeatState::Pending,
            SeatState::Viewed { digest: text(), at },
            SeatState::AwaitingDevice { since: at },
            SeatState::Approved { signer: Signer::File, at },
            SeatState::Approved { signer: Signer::Software, at },
            SeatState::Approved { signer: Signer::Device, at },
            SeatState::Rejected { reason: text(), at },
            SeatState::Failed { code: text(), at },
        ];
        let table = [".x.x..x.", ".xxxx.xx", ".xxxxxxx", "........", "........", "........", "........", ".xxxx.x."];
        for (from, line) in all.iter().zip(table) {
            let found: String = all.iter().map(|to| if from.may_become(to) { 'x' } else { '.' }).collect();
            assert_eq!(found, line, "from {}", from.name());
        }
    }
}
