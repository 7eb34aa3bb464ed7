//! The states of a proposal, and the only moves between them.
//!
//! - `draft → proposed → collecting → ready → executing → confirmed`, or `failed`, from where broadcasting may be tried
//!   again when that can help.
//! - Until it is executing a proposal can be cancelled, expire, be superseded by another, or lose a coin or the nonce that
//!   it needs (conflicted); until it is ready it can be rejected.
//! - The chain has the last word: a transaction that was seen in a block is confirmed, whatever was said of it here, and
//!   one that left its block is executing again. A replaced transaction is superseded though it was executing.
//!
//! Any other move is an error that names both states.

use super::ProposalId;
use alloy_primitives::U256;
use bitcoin::OutPoint;
use std::fmt;

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Made, and told to nobody.
    Draft,
    /// In the journal; nobody has signed.
    Proposed,
    /// Somebody has signed, and not enough.
    Collecting,
    /// As many distinct keys as it takes have a verified signature.
    Ready,
    /// On its way: it was given to a node, or is about to be.
    Executing,
    /// In a block.
    Confirmed,
    /// A node did not take it.
    Failed {
        /// Whether trying again may help.
        retryable: bool,
    },
    /// More keys refuse than may.
    Rejected,
    /// Withdrawn, or made void by a change of the wallet's policy.
    Cancelled,
    /// Its time ran out.
    Expired,
    /// Another proposal took its place.
    Superseded(ProposalId),
    /// What it needs was used up by another transaction.
    Conflicted(Taken),
}

/// What only one transaction can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// A coin.
    Coin(OutPoint),
    /// A place in the order of a Safe's transactions.
    Nonce(U256),
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Coin(coin) => write!(f, "{coin} is spent"),
            Self::Nonce(nonce) => write!(f, "the nonce {nonce} is used"),
        }
    }
}

impl State {
    /// The word that people and scripts read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Proposed => "proposed",
            Self::Collecting => "collecting",
            Self::Ready => "ready",
            Self::Executing => "executing",
            Self::Confirmed => "confirmed",
            Self::Failed { .. } => "failed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Superseded(_) => "superseded",
            Self::Conflicted(_) => "conflicted",
        }
    }

    /// Whether it still waits for somebody: approvals can come, or the step of broadcasting.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Proposed | Self::Collecting | Self::Ready)
    }

    /// Whether it holds on to its coins: it is open, or given to the network.
    pub fn is_live(self) -> bool {
        self.is_open() || matches!(self, Self::Executing | Self::Failed { retryable: true })
    }

    /// Whether the move from here to there is one that exists.
    pub fn may_become(self, next: Self) -> bool {
        use State::{
            Cancelled, Collecting, Confirmed, Conflicted, Draft, Executing, Expired, Failed, Proposed, Ready, Rejected,
            Superseded,
        };
        match (self, next) {
            (Draft, Proposed) | (Proposed, Collecting) | (Collecting, Ready) => true,
            (Ready | Confirmed | Failed { retryable: true }, Executing) | (Executing, Failed { .. }) => true,
            (Proposed | Collecting, Rejected) => true,
            (Failed { .. }, Superseded(_) | Conflicted(_) | Cancelled) | (Executing, Superseded(_) | Conflicted(_)) => {
                true
            }
            (Draft | Confirmed, Confirmed) => false,
            (_, Confirmed) => true,
            (from, Cancelled | Expired | Superseded(_) | Conflicted(_)) => from.is_open(),
            _ => false,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Superseded(by) => write!(f, "superseded by {}", by.short()),
            Self::Conflicted(by) => write!(f, "conflicted: {by} by another transaction"),
            Self::Failed { retryable: true } => f.write_str("failed, may be tried again"),
            other => f.write_str(other.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table, line by line, so that no move can appear unseen.
    #[test]
    fn every_move_is_in_this_table_and_every_other_is_illegal() {
        let (id, coin) = (ProposalId([7; 32]), OutPoint::null());
        let all = [
            State::Draft,
            State::Proposed,
            State::Collecting,
            State::Ready,
            State::Executing,
            State::Confirmed,
            State::Failed { retryable: true },
            State::Failed { retryable: false },
            State::Rejected,
            State::Cancelled,
            State::Expired,
            State::Superseded(id),
            State::Conflicted(Taken::Coin(coin)),
        ];
        let table = [
            ".x...........",
            "..x..x..xxxxx",
            "...x.x..xxxxx",
            "....xx...xxxx",
            ".....xxx...xx",
            "....x........",
            "....xx...x.xx",
            ".....x...x.xx",
            ".....x.......",
            ".....x.......",
            ".....x.......",
            ".....x.......",
            ".....x.......",
        ];
        for (from, line) in all.iter().zip(table) {
            let found: String = all.iter().map(|to| if from.may_become(*to) { 'x' } else { '.' }).collect();
            assert_eq!(found, line, "from {}", from.name());
        }
    }
}
