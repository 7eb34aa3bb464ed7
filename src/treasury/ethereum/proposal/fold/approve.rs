//! Proposing, and what each owner says to it.

use super::Safes;
use super::settle::check;
use crate::market::Timestamp;
use crate::treasury::bitcoin::policy::Quorum;
use crate::treasury::ethereum::proposal::refusal::LONGEST_RAW;
use crate::treasury::ethereum::proposal::{OnChain, SafeEvent, SafeKind, SafeProposal, SafeRefusal};
use crate::treasury::ethereum::signature::{Confirmation, Known, SignatureError};
use crate::treasury::proposal::{ProposalId, Refusal, SeatState, Signer, State, said};
use alloy_primitives::Address;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Safes {
    pub(super) fn proposed(&mut self, event: &SafeEvent, at: Timestamp) -> Result<(), Refusal> {
        let SafeEvent::Proposed {
            proposal: claimed,
            safe,
            policy,
            kind,
            tx,
            created_by,
            memo,
            expires_at,
            source,
            refund_overridden,
        } = event
        else {
            return Ok(());
        };
        let of = self.usable(*safe)?;
        if *policy != of.policy {
            return Err(Refusal::Policy { proposed: *policy, current: of.policy });
        }
        if *expires_at <= at {
            return Err(Refusal::Stillborn);
        }
        if tx.data.len() > LONGEST_RAW {
            return Err(SafeRefusal::Long(tx.data.len()).into());
        }
        let found = ProposalId::of_safe(&of.at(), tx, *policy);
        if found != *claimed {
            return Err(Refusal::OtherBytes { claimed: *claimed, found });
        }
        if self.proposals.contains_key(&found) {
            return Err(Refusal::KnownProposal(found));
        }
        if (*kind == SafeKind::SafeReject) != SafeKind::rejects(&of.at(), tx) {
            return Err(SafeRefusal::Reject.into());
        }
        if tx.nonce < of.stand.nonce {
            return Err(SafeRefusal::NonceUsed { tx: tx.nonce, safe: of.stand.nonce }.into());
        }
        if let Some(by) = self.winner(*safe, tx.nonce) {
            return Err(SafeRefusal::NonceTaken { nonce: tx.nonce, by }.into());
        }
        let hashes = tx.hashes(&of.at());
        let same = |other: &&SafeProposal| other.hashes == hashes && other.state.is_live();
        if let Some(other) = self.of(*safe).find(same) {
            return Err(SafeRefusal::KnownTransaction(other.id).into());
        }
        let proposal = SafeProposal {
            id: found,
            safe: *safe,
            policy: *policy,
            kind: *kind,
            source: *source,
            created_by: said(created_by),
            memo: said(memo),
            created_at: at,
            expires_at: *expires_at,
            refund_overridden: *refund_overridden,
            quorum: Quorum { required: of.stand.required(), of: of.stand.owners.len() },
            seats: Vec::new(),
            executions: Vec::new(),
            posted: BTreeSet::new(),
            ended: None,
            at: of.at(),
            hashes,
            tx: Arc::new(tx.clone()),
            over: None,
            state: State::Proposed,
        };
        self.proposals.insert(found, proposal);
        self.order.push(found);
        self.recount_one(found);
        Ok(())
    }

    pub(super) fn of_owner(&mut self, event: &SafeEvent, at: Timestamp) -> Result<(), Refusal> {
        match event {
            SafeEvent::Viewed { proposal, owner, digest } => {
                self.owner_goes(*proposal, *owner, SeatState::Viewed { digest: said(digest), at }, at)
            }
            SafeEvent::AwaitingDevice { proposal, owner } => {
                self.owner_goes(*proposal, *owner, SeatState::AwaitingDevice { since: at }, at)
            }
            SafeEvent::SigningFailed { proposal, owner, code } => {
                self.owner_goes(*proposal, *owner, SeatState::Failed { code: said(code), at }, at)
            }
            SafeEvent::Approved { proposal, owner, signer, signature, on_chain } => {
                self.approved(*proposal, *owner, *signer, signature, *on_chain, at)
            }
            SafeEvent::Asked { proposal, owner, on_chain } => self.asked(*proposal, *owner, *on_chain),
            SafeEvent::Rejected { proposal, owner, reason, identity, signature } => {
                let next = SeatState::Rejected { reason: said(reason), at };
                let found = self.waiting(*proposal, at)?;
                found.owner_may(*owner, &next)?;
                match self.safe(found.safe)?.claims.get(owner) {
                    None => return Err(SafeRefusal::Unclaimed(*owner).into()),
                    Some(claimed) if claimed != identity => return Err(SafeRefusal::OtherIdentity(*owner).into()),
                    Some(_) => {}
                }
                if !identity.has_refused_for(*proposal, *owner, reason, signature) {
                    return Err(SafeRefusal::ForgedRejection(*owner).into());
                }
                self.owner_goes(*proposal, *owner, next, at)
            }
            _ => Ok(()),
        }
    }

    fn approved(
        &mut self,
        id: ProposalId,
        owner: Address,
        signer: Signer,
        signature: &[u8],
        on_chain: Option<OnChain>,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let next = SeatState::Approved { signer, at };
        let found = self.waiting(id, at)?;
        found.owner_may(owner, &next)?;
        let wrong = |reason: SignatureError| SafeRefusal::Signature { owner, reason };
        let read = Confirmation::read(signature, &found.asked()).and_then(|read| read.by(owner)).map_err(wrong)?;
        let (facts, known) = (self.safe(found.safe)?.facts(), self.known(found.safe));
        if on_chain.is_some() && read.check(&found.asked(), &facts, &Known::default()).map_err(wrong)?.is_empty() {
            return Err(SafeRefusal::NoQuestion(owner).into());
        }
        if on_chain.is_some_and(|on_chain| !on_chain.yes) {
            return Err(SafeRefusal::Denied(owner).into());
        }
        if !check(&read, found, &facts, &known, on_chain).map_err(wrong)? {
            return Err(SafeRefusal::Unanswered(owner).into());
        }
        self.put(id, owner, |seat| (seat.state, seat.confirmation, seat.on_chain) = (next, Some(read), on_chain))
    }

    /// What the chain says now of an approval that only it knows of.
    fn asked(&mut self, id: ProposalId, owner: Address, on_chain: OnChain) -> Result<(), Refusal> {
        let found = self.proposal(id)?;
        if found.mined().is_some() {
            return Err(Refusal::Move { from: found.state, to: State::Collecting });
        }
        let seat = found.seat(owner).ok_or(SafeRefusal::NotOwner(owner))?;
        let given = seat.confirmation.as_ref().ok_or(SafeRefusal::NoQuestion(owner))?;
        let facts = self.safe(found.safe)?.facts();
        let questions = given.check(&found.asked(), &facts, &Known::default());
        if questions.map_err(|reason| SafeRefusal::Signature { owner, reason })?.is_empty() {
            return Err(SafeRefusal::NoQuestion(owner).into());
        }
        if let Some(known) = seat.on_chain.filter(|known| known.block > on_chain.block) {
            return Err(SafeRefusal::Stale { known: known.block, found: on_chain.block }.into());
        }
        self.put(id, owner, |seat| seat.on_chain = Some(on_chain))
    }

    /// A proposal that waits for its owners, within its time.
    fn waiting(&self, id: ProposalId, at: Timestamp) -> Result<&SafeProposal, Refusal> {
        let proposal = self.proposal(id)?;
        // One that failed may have lost its quorum since.
        if !proposal.state.is_open() && proposal.state != (State::Failed { retryable: true }) {
            return Err(Refusal::Move { from: proposal.state, to: State::Collecting });
        }
        proposal.in_time(at)?;
        self.usable(proposal.safe)?;
        Ok(proposal)
    }

    /// An owner goes to where nothing is signed.
    fn owner_goes(&mut self, id: ProposalId, owner: Address, next: SeatState, at: Timestamp) -> Result<(), Refusal> {
        self.waiting(id, at)?.owner_may(owner, &next)?;
        self.put(id, owner, |seat| (seat.state, seat.confirmation, seat.on_chain) = (next, None, None))
    }
}

impl SafeProposal {
    /// Whether its time has not run out.
    pub(super) fn in_time(&self, at: Timestamp) -> Result<(), Refusal> {
        if at >= self.expires_at { Err(Refusal::Expired(self.expires_at)) } else { Ok(()) }
    }

    /// Whether an owner may go from where they stand to `to`. Whose approval counts no longer stands at the beginning.
    fn owner_may(&self, owner: Address, to: &SeatState) -> Result<(), SafeRefusal> {
        let seat = self.seat(owner).filter(|seat| seat.owns).ok_or(SafeRefusal::NotOwner(owner))?;
        let lapsed = matches!(seat.state, SeatState::Approved { .. }) && !seat.counts;
        let from = if lapsed { &SeatState::Pending } else { &seat.state };
        match (from, to) {
            (SeatState::Approved { .. }, SeatState::Approved { .. }) => Err(SafeRefusal::Already(owner)),
            (from, to) if from.may_become(to) => Ok(()),
            (from, to) => Err(SafeRefusal::SeatMove { owner, from: Box::new(from.clone()), to: Box::new(to.clone()) }),
        }
    }
}
