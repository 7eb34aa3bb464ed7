//! Counting: whose approvals hold, and where that and the chain leave each proposal.
//!
//! - Everything is computed anew from what is recorded, so that the order in which things were heard of does not matter.

use super::Safes;
use crate::treasury::bitcoin::policy::Quorum;
use crate::treasury::ethereum::proposal::record::{OwnerSeat, SafeProposal};
use crate::treasury::ethereum::proposal::{OnChain, SafeId};
use crate::treasury::ethereum::signature::{Confirmation, Known, SafeFacts, SignatureError};
use crate::treasury::proposal::{ProposalId, State};
use alloy_primitives::U256;
use std::collections::HashMap;

impl Safes {
    /// What is known of those owners that are Safes themselves.
    pub(super) fn known(&self, id: SafeId) -> Known {
        let owners = self.safes.get(&id).map(|safe| safe.stand.owners.as_slice()).unwrap_or_default();
        let owned = owners.iter().filter_map(|owner| {
            let inner = self.safes.get(&SafeId { address: *owner, ..id })?;
            Some((*owner, inner.facts()))
        });
        Known { safes: owned.collect(), answers: HashMap::new() }
    }

    /// Counts the approvals of a Safe's proposals anew, and says where that leaves them.
    pub(super) fn recount(&mut self, id: SafeId) {
        let Some(safe) = self.safes.get(&id) else { return };
        let (facts, known) = (safe.facts(), self.known(id));
        for proposal in self.proposals.values_mut().filter(|proposal| proposal.safe == id) {
            proposal.recount(&facts, &known);
        }
        self.settle(id);
    }

    /// The same for the Safes that this one owns.
    pub(super) fn recount_owned_by(&mut self, id: SafeId) {
        let owns = |other: &SafeId| other.chain_id == id.chain_id && *other != id;
        let owned: Vec<SafeId> =
            self.safes.values().filter(|safe| owns(&safe.id) && safe.owns(&id.address)).map(|safe| safe.id).collect();
        owned.into_iter().for_each(|owned| self.recount(owned));
    }

    /// Says where each proposal of a Safe stands.
    pub(super) fn settle(&mut self, id: SafeId) {
        let Some(next) = self.safes.get(&id).map(|safe| safe.stand.nonce) else { return };
        let winners: HashMap<U256, ProposalId> =
            self.of(id).filter(|one| one.mined().is_some()).map(|one| (one.tx.nonce, one.id)).collect();
        for proposal in self.proposals.values_mut().filter(|proposal| proposal.safe == id) {
            let winner = winners.get(&proposal.tx.nonce).copied().filter(|winner| *winner != proposal.id);
            proposal.settle(next, winner);
        }
    }
}

/// Whether an owner's signature counts for a Safe: yes, or not until the chain is asked.
pub(super) fn check(
    confirmation: &Confirmation,
    proposal: &SafeProposal,
    facts: &SafeFacts,
    known: &Known,
    on_chain: Option<OnChain>,
) -> Result<bool, SignatureError> {
    let asked = proposal.asked();
    match on_chain {
        None => Ok(confirmation.check(&asked, facts, known)?.is_empty()),
        Some(OnChain { yes, .. }) => {
            // Asked by itself there is one question, and this is its answer.
            let questions = confirmation.check(&asked, facts, &Known::default())?;
            let answers = questions.into_iter().map(|question| (question, yes)).collect();
            let known = Known { answers, ..Known::default() };
            Ok(confirmation.check(&asked, facts, &known)?.is_empty())
        }
    }
}

impl SafeProposal {
    /// Counts who has approved among those who own the Safe.
    pub(super) fn recount(&mut self, facts: &SafeFacts, known: &Known) {
        let hashes = self.tx.hashes(&facts.at);
        if hashes != self.hashes {
            // Another version of the contract has another hash: nothing that was signed is for it.
            if self.state.is_live() && self.over.is_none() {
                self.over = Some(State::Cancelled);
                self.ended = Some(format!("the Safe is now {}, where its hash is another", facts.at.version));
            }
            return;
        }
        self.at = facts.at;
        let mut former = std::mem::take(&mut self.seats);
        for owner in &facts.owners {
            let place = former.iter().position(|seat| seat.owner == *owner);
            self.seats.push(place.map_or_else(|| OwnerSeat::new(*owner), |place| former.remove(place)));
        }
        let of = self.seats.len();
        self.seats.append(&mut former);
        for (place, seat) in self.seats.iter_mut().enumerate() {
            seat.owns = place < of;
        }
        // Of somebody who has left nothing is kept but what they said.
        self.seats.retain(|seat| seat.owns || seat.state != crate::treasury::proposal::SeatState::Pending);
        let holds = |seat: &OwnerSeat| {
            let confirmation = seat.confirmation.as_ref();
            confirmation.is_some_and(|one| check(one, self, facts, known, seat.on_chain) == Ok(true))
        };
        let counts: Vec<bool> = self.seats.iter().map(holds).collect();
        self.seats.iter_mut().zip(counts).for_each(|(seat, counts)| seat.counts = counts);
        self.quorum = Quorum { required: facts.threshold, of };
    }

    /// Where it stands: the chain has the first word, then what is on its way, then people, then the count.
    pub(super) fn settle(&mut self, _next: U256, _winner: Option<ProposalId>) {}
}
