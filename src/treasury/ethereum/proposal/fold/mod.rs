//! The Safes as their entries make them: every rule of who may do what, and when, stands here.
//!
//! - [`Safes::apply`] either does all of what an event says or refuses it and changes nothing.
//! - The result depends on the events and their times alone.

mod approve;
mod execute;
mod safe;
mod settle;

use super::{PinnedToken, Safe, SafeEvent, SafeId, SafeProposal, SafeRefusal};
use crate::market::Timestamp;
use crate::treasury::proposal::{ProposalId, Refusal};
use alloy_primitives::{Address, U256};
use std::collections::{BTreeMap, BTreeSet};

/// All Safes, what is proposed for them, and what is known beside them.
#[derive(Clone, Debug, Default)]
pub struct Safes {
    safes: BTreeMap<SafeId, Safe>,
    proposals: BTreeMap<ProposalId, SafeProposal>,
    /// As they were proposed.
    order: Vec<ProposalId>,
    book: BTreeMap<(U256, Address), String>,
    tokens: BTreeMap<(U256, Address), PinnedToken>,
    hot: BTreeMap<Address, String>,
    watched: BTreeMap<(U256, Address), String>,
}

impl Safes {
    /// Does what an event says, or refuses it and stays as it is.
    pub(in crate::treasury) fn apply(&mut self, event: &SafeEvent, at: Timestamp) -> Result<(), Refusal> {
        match event {
            SafeEvent::Added { .. }
            | SafeEvent::Archived { .. }
            | SafeEvent::OwnerNamed { .. }
            | SafeEvent::OwnerClaimed { .. }
            | SafeEvent::Seen { .. } => self.of_safe(event, at),
            SafeEvent::Named { .. }
            | SafeEvent::TokenPinned { .. }
            | SafeEvent::HotAccount { .. }
            | SafeEvent::Watched { .. } => self.beside(event),
            SafeEvent::Proposed { .. } => self.proposed(event, at),
            SafeEvent::Viewed { .. }
            | SafeEvent::AwaitingDevice { .. }
            | SafeEvent::SigningFailed { .. }
            | SafeEvent::Approved { .. }
            | SafeEvent::Asked { .. }
            | SafeEvent::Rejected { .. } => self.of_owner(event, at),
            SafeEvent::Cancelled { .. } | SafeEvent::Expired { .. } | SafeEvent::Posted { .. } => {
                self.of_people(event, at)
            }
            SafeEvent::Executing { .. }
            | SafeEvent::Sent { .. }
            | SafeEvent::Mined { .. }
            | SafeEvent::Dropped { .. }
            | SafeEvent::Replaced { .. }
            | SafeEvent::Reorged { .. }
            | SafeEvent::Failed { .. } => self.executed(event, at),
        }
    }

    /// Every Safe, by chain and address.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Safe> {
        self.safes.values()
    }

    /// Whether no Safe is watched.
    pub fn is_empty(&self) -> bool {
        self.safes.is_empty()
    }

    /// One Safe.
    pub fn safe(&self, id: SafeId) -> Result<&Safe, SafeRefusal> {
        self.safes.get(&id).ok_or(SafeRefusal::NoSafe(id))
    }

    /// The Safe of a name.
    pub fn named(&self, name: &str) -> Option<&Safe> {
        self.all().find(|safe| safe.name == name)
    }

    /// Every proposal, in the order in which they were made.
    pub fn proposals(&self) -> impl DoubleEndedIterator<Item = &SafeProposal> {
        self.order.iter().filter_map(|id| self.proposals.get(id))
    }

    /// The proposals of one Safe, in the order in which they were made.
    pub fn of(&self, safe: SafeId) -> impl DoubleEndedIterator<Item = &SafeProposal> {
        self.proposals().filter(move |proposal| proposal.safe == safe)
    }

    /// One proposal.
    pub fn proposal(&self, id: ProposalId) -> Result<&SafeProposal, Refusal> {
        self.proposals.get(&id).ok_or(Refusal::NoProposal(id))
    }

    /// The other live proposals with the same nonce: only one of them can be carried out (T21).
    pub fn competitors(&self, proposal: &SafeProposal) -> Vec<&SafeProposal> {
        let rival = |other: &&SafeProposal| {
            other.id != proposal.id && other.tx().nonce == proposal.tx().nonce && other.state().is_live()
        };
        self.of(proposal.safe).filter(rival).collect()
    }

    /// For how many nonces before a proposal's nothing is known to wait: it cannot be carried out until they are used.
    pub fn gap(&self, proposal: &SafeProposal) -> U256 {
        let Ok(safe) = self.safe(proposal.safe) else { return U256::ZERO };
        let before = proposal.tx().nonce.saturating_sub(safe.stand.nonce);
        let live = self.of(proposal.safe).filter(|other| other.state().is_live()).map(|other| other.tx().nonce);
        let between = live.filter(|nonce| *nonce >= safe.stand.nonce && *nonce < proposal.tx().nonce);
        before.saturating_sub(U256::from(between.collect::<BTreeSet<_>>().len()))
    }

    /// The nonce for the next proposal: the first from the Safe's own on for which none of ours waits.
    pub fn next_nonce(&self, safe: SafeId) -> Result<U256, SafeRefusal> {
        let mut next = self.safe(safe)?.stand.nonce;
        let live = self.of(safe).filter(|other| other.state().is_live()).map(|other| other.tx().nonce);
        for nonce in live.collect::<BTreeSet<_>>() {
            if nonce == next {
                next = next.saturating_add(U256::from(1));
            }
        }
        Ok(next)
    }

    /// The address book: names of addresses, by chain.
    pub fn book(&self) -> &BTreeMap<(U256, Address), String> {
        &self.book
    }

    /// The tokens that were pinned, by chain.
    pub fn tokens(&self) -> &BTreeMap<(U256, Address), PinnedToken> {
        &self.tokens
    }

    /// The accounts that are watched, by chain, and what people call them.
    pub fn watched(&self) -> &BTreeMap<(U256, Address), String> {
        &self.watched
    }

    /// The accounts that this machine can sign with, and what people call them: all of them are HOT.
    pub fn hot_accounts(&self) -> &BTreeMap<Address, String> {
        &self.hot
    }

    /// Whether an account's key lies on this machine.
    pub fn is_hot_account(&self, address: Address) -> bool {
        self.hot.contains_key(&address)
    }

    /// A Safe that can still be used.
    fn usable(&self, id: SafeId) -> Result<&Safe, Refusal> {
        let safe = self.safe(id)?;
        if safe.archived.is_some() { Err(Refusal::Archived(safe.name.clone())) } else { Ok(safe) }
    }

    fn safe_mut(&mut self, id: SafeId) -> Result<&mut Safe, SafeRefusal> {
        self.safes.get_mut(&id).ok_or(SafeRefusal::NoSafe(id))
    }

    fn proposal_mut(&mut self, id: ProposalId) -> Result<&mut SafeProposal, Refusal> {
        self.proposals.get_mut(&id).ok_or(Refusal::NoProposal(id))
    }
}
