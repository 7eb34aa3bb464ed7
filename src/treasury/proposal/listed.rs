//! A proposal of whatever kind, as a queue of all of them shows it.

use super::record::Proposal;
use super::{ProposalId, State};
use crate::market::Timestamp;
use crate::treasury::ethereum::proposal::SafeProposal;

/// A proposal of a wallet or of a Safe.
#[derive(Clone, Copy, Debug)]
pub enum Listed<'a> {
    /// Of a wallet on Bitcoin.
    Bitcoin(&'a Proposal),
    /// Of a Safe.
    Safe(&'a SafeProposal),
}

impl<'a> Listed<'a> {
    /// Its id.
    pub fn id(self) -> ProposalId {
        match self {
            Self::Bitcoin(proposal) => proposal.id,
            Self::Safe(proposal) => proposal.id,
        }
    }

    /// The word for what it is meant to do.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Bitcoin(proposal) => proposal.kind.name(),
            Self::Safe(proposal) => proposal.kind.name(),
        }
    }

    /// Who proposed it. Printable.
    pub fn created_by(self) -> &'a str {
        match self {
            Self::Bitcoin(proposal) => &proposal.created_by,
            Self::Safe(proposal) => &proposal.created_by,
        }
    }

    /// What for. Printable.
    pub fn memo(self) -> &'a str {
        match self {
            Self::Bitcoin(proposal) => &proposal.memo,
            Self::Safe(proposal) => &proposal.memo,
        }
    }

    /// When it was made.
    pub fn created_at(self) -> Timestamp {
        match self {
            Self::Bitcoin(proposal) => proposal.created_at,
            Self::Safe(proposal) => proposal.created_at,
        }
    }

    /// Until when it can be approved and carried out.
    pub fn expires_at(self) -> Timestamp {
        match self {
            Self::Bitcoin(proposal) => proposal.expires_at,
            Self::Safe(proposal) => proposal.expires_at,
        }
    }

    /// Where it stands as far as entries say.
    pub fn state(self) -> State {
        match self {
            Self::Bitcoin(proposal) => proposal.state(),
            Self::Safe(proposal) => proposal.state(),
        }
    }

    /// Where it stands at a moment.
    pub fn state_at(self, now: Timestamp) -> State {
        match self {
            Self::Bitcoin(proposal) => proposal.state_at(now),
            Self::Safe(proposal) => proposal.state_at(now),
        }
    }

    /// How many have approved, of as many as it takes.
    pub fn approvals(self) -> (usize, usize) {
        match self {
            Self::Bitcoin(proposal) => (proposal.approved().count(), proposal.quorum.required),
            Self::Safe(proposal) => (proposal.approved().count(), proposal.quorum.required),
        }
    }
}
