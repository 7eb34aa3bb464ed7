//! Counting: whose approvals hold, and where that and the chain leave each proposal.
//!
//! - Everything is computed anew from what is recorded, so that the order in which things were heard of does not matter.
//! - The chain has the first word, then what is on its way to it, then people, then the count.

use super::Safes;
use crate::treasury::bitcoin::policy::Quorum;
use crate::treasury::ethereum::proposal::record::{ExecutionState, OwnerSeat, SafeProposal};
use crate::treasury::ethereum::proposal::{OnChain, Outcome, SafeId};
use crate::treasury::ethereum::signature::{Confirmation, Known, SafeFacts, SignatureError};
use crate::treasury::proposal::{ProposalId, SeatState, State, Taken};
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

    /// Counts the approvals of every proposal of a Safe anew, and says where that leaves them.
    pub(super) fn recount(&mut self, id: SafeId) {
        let Some(safe) = self.safes.get(&id) else { return };
        let (facts, known, next) = (safe.facts(), self.known(id), safe.stand.nonce);
        let mut winners = HashMap::new();
        for proposal in self.proposals.values_mut().filter(|proposal| proposal.safe == id) {
            match proposal.mined() {
                // What is done stays as it was when it was done.
                Some(_) => drop(winners.insert(proposal.tx.nonce, proposal.id)),
                None => proposal.recount(&facts, &known),
            }
        }
        for proposal in self.proposals.values_mut().filter(|proposal| proposal.safe == id) {
            proposal.settle(next, winners.get(&proposal.tx.nonce).copied());
        }
    }

    /// The same for the Safes that this one owns: some of their approvals are its own owners'.
    pub(super) fn recount_owned_by(&mut self, id: SafeId) {
        let owned = |other: &SafeId| other.chain_id == id.chain_id && *other != id;
        let all = self.safes.values().filter(|safe| owned(&safe.id) && safe.owns(&id.address));
        let all: Vec<SafeId> = all.map(|safe| safe.id).collect();
        all.into_iter().for_each(|owned| self.recount(owned));
    }

    /// Counts one proposal anew after something was said of it, and says where that leaves it and those with its nonce.
    pub(super) fn recount_one(&mut self, id: ProposalId) {
        let Some((of, nonce)) = self.proposals.get(&id).map(|proposal| (proposal.safe, proposal.tx.nonce)) else {
            return;
        };
        let Some(safe) = self.safes.get(&of) else { return };
        let (facts, known, next) = (safe.facts(), self.known(of), safe.stand.nonce);
        if let Some(proposal) = self.proposals.get_mut(&id).filter(|proposal| proposal.mined().is_none()) {
            proposal.recount(&facts, &known);
        }
        let winner = self.winner(of, nonce);
        let rivals = self.proposals.values_mut().filter(|other| other.safe == of && other.tx.nonce == nonce);
        rivals.for_each(|proposal| proposal.settle(next, winner));
    }

    /// The proposal that has used a nonce.
    pub(super) fn winner(&self, safe: SafeId, nonce: U256) -> Option<ProposalId> {
        let used = |one: &&SafeProposal| one.safe == safe && one.tx.nonce == nonce && one.mined().is_some();
        self.proposals.values().find(used).map(|winner| winner.id)
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
            Ok(confirmation.check(&asked, facts, &Known { answers, ..Known::default() })?.is_empty())
        }
    }
}

impl SafeProposal {
    /// Counts who has approved among those who own the Safe.
    pub(super) fn recount(&mut self, facts: &SafeFacts, known: &Known) {
        if self.at != facts.at && self.tx.hashes(&facts.at) != self.hashes {
            // Nothing that was signed is for this contract.
            self.seats.iter_mut().for_each(|seat| seat.counts = false);
            let version = facts.at.version;
            self.over
                .get_or_insert((State::Cancelled, format!("the Safe is now {version}, where its hash is another")));
            return;
        }
        self.at = facts.at;
        let mut former = std::mem::take(&mut self.seats);
        for owner in &facts.owners {
            let place = former.iter().position(|seat| seat.owner == *owner);
            self.seats.push(place.map_or_else(|| OwnerSeat::new(*owner), |place| former.remove(place)));
        }
        let of = self.seats.len();
        // Of those who have left nothing is kept but what they said.
        self.seats.extend(former.into_iter().filter(|seat| seat.state != SeatState::Pending));
        let holds = |seat: &OwnerSeat| {
            let confirmation = seat.confirmation.as_ref();
            confirmation.is_some_and(|one| check(one, self, facts, known, seat.on_chain) == Ok(true))
        };
        let counts: Vec<bool> = self.seats.iter().map(holds).collect();
        for (place, (seat, counts)) in self.seats.iter_mut().zip(counts).enumerate() {
            (seat.owns, seat.counts) = (place < of, counts);
        }
        self.quorum = Quorum { required: facts.threshold, of };
    }

    /// Says where it stands, when the Safe's next nonce is `next`, and `winner` has used its own.
    fn settle(&mut self, next: U256, winner: Option<ProposalId>) {
        let nonce = self.tx.nonce;
        let (state, why) = match (self.mined().map(|(_, mined)| mined.outcome), winner, &self.over) {
            (Some(Outcome::Success), ..) => (State::Confirmed, None),
            (Some(_), ..) => {
                let why = "its calls failed, and its nonce is used: propose it again".to_owned();
                (State::Failed { retryable: false }, Some(why))
            }
            (None, Some(by), _) => (State::Superseded(by), Some(format!("{} has used the nonce {nonce}", by.short()))),
            (None, None, _) if self.pending().next().is_some() => (State::Executing, None),
            (None, None, Some((state, why))) => (*state, Some(why.clone())),
            (None, None, None) if nonce < next => {
                let why = format!("another transaction has used the nonce {nonce}");
                (State::Conflicted(Taken::Nonce(nonce)), Some(why))
            }
            (None, None, None) => self.counted(),
        };
        (self.state, self.ended) = (state, why);
    }

    /// Where it stands while nothing is known of it on the chain.
    fn counted(&mut self) -> (State, Option<String>) {
        if let Some((retryable, why)) = self.setback() {
            return (State::Failed { retryable }, Some(why));
        }
        if self.has_quorum() {
            return (State::Ready, None);
        }
        if self.is_hopeless() {
            let Quorum { required, of } = self.quorum;
            let against = self.rejected().count();
            let why = format!("{against} of {of} owners refuse: the {required} that it takes cannot come together");
            // Once refused it stays so, whoever owns the Safe later.
            self.over = Some((State::Rejected, why.clone()));
            return (State::Rejected, Some(why));
        }
        if self.approved().next().is_some() { (State::Collecting, None) } else { (State::Proposed, None) }
    }

    /// Why the last execution did not come about, and whether trying again may help. One that was dropped or replaced is as
    /// good as never sent.
    fn setback(&self) -> Option<(bool, String)> {
        match &self.executions.last()?.state {
            ExecutionState::Refused { why, retryable } => Some((*retryable, why.clone())),
            ExecutionState::Mined(mined) if mined.outcome == Outcome::Reverted => {
                Some((true, format!("it was undone in block {}, and its nonce is kept", mined.height)))
            }
            _ => None,
        }
    }
}
