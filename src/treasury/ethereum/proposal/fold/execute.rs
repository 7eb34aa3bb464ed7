//! How a proposal ends, and its way to the chain.

use super::Safes;
use crate::market::Timestamp;
use crate::treasury::ethereum::proposal::record::{Execution, ExecutionState, OwnerSeat, SafeProposal};
use crate::treasury::ethereum::proposal::refusal::LONGEST_RAW;
use crate::treasury::ethereum::proposal::{MinedAt, Posted, SafeEvent, SafeKind, SafeRefusal};
use crate::treasury::proposal::{Answer, ProposalId, Refusal, State, said};
use alloy_primitives::{Address, B256, keccak256};

impl Safes {
    pub(super) fn of_people(&mut self, event: &SafeEvent, at: Timestamp) -> Result<(), Refusal> {
        match event {
            SafeEvent::Cancelled { proposal, reason } => self.ends(*proposal, State::Cancelled, said(reason)),
            SafeEvent::Expired { proposal } => {
                let found = self.proposal(*proposal)?;
                found.may(State::Expired)?;
                if at < found.expires_at {
                    return Err(Refusal::NotExpired(found.expires_at));
                }
                self.ends(*proposal, State::Expired, "its time ran out".to_owned())
            }
            SafeEvent::Posted { proposal, service, posted } => {
                let found = self.proposal_mut(*proposal)?;
                if let Posted::Confirmation { owner } = posted
                    && found.seat(*owner).and_then(OwnerSeat::confirmation).is_none()
                {
                    return Err(SafeRefusal::NotOwner(*owner).into());
                }
                found.posted.insert((said(service), *posted));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn ends(&mut self, id: ProposalId, state: State, why: String) -> Result<(), Refusal> {
        let proposal = self.proposal_mut(id)?;
        proposal.may(state)?;
        // What the chain has done nobody withdraws.
        if proposal.mined().is_some() {
            return Err(Refusal::Move { from: proposal.state, to: state });
        }
        proposal.over = Some((state, why));
        self.recount_one(id);
        Ok(())
    }

    pub(super) fn executed(&mut self, event: &SafeEvent, at: Timestamp) -> Result<(), Refusal> {
        match event {
            SafeEvent::Executing { .. } => self.executing(event, at),
            SafeEvent::Sent { proposal, tx_hash, node, answer } => {
                let execution = self.proposal_mut(*proposal)?.pending_mut(*tx_hash)?;
                answered(execution, node, answer, at);
                self.recount_one(*proposal);
                Ok(())
            }
            SafeEvent::Mined { proposal, tx_hash, height, block, outcome } => {
                let mined = MinedAt { height: *height, block: *block, outcome: *outcome, at };
                self.mined(*proposal, *tx_hash, mined)
            }
            SafeEvent::Dropped { proposal, tx_hash } => {
                self.proposal_mut(*proposal)?.pending_mut(*tx_hash)?.state = ExecutionState::Dropped;
                self.recount_one(*proposal);
                Ok(())
            }
            SafeEvent::Replaced { proposal, tx_hash, by } => {
                if by == tx_hash {
                    return Err(SafeRefusal::NotPending(*tx_hash).into());
                }
                self.proposal_mut(*proposal)?.pending_mut(*tx_hash)?.state = ExecutionState::Replaced(*by);
                self.recount_one(*proposal);
                Ok(())
            }
            SafeEvent::Reorged { proposal, block } => {
                let found = self.proposal_mut(*proposal)?;
                let stood = |one: &&mut Execution| one.mined().is_some_and(|mined| mined.block == *block);
                let execution = found.executions.iter_mut().find(stood).ok_or(SafeRefusal::NotInBlock(*block))?;
                execution.state = ExecutionState::Pending;
                self.recount_one(*proposal);
                Ok(())
            }
            SafeEvent::Failed { proposal, reason, retryable } => {
                let found = self.proposal_mut(*proposal)?;
                if found.state != State::Executing {
                    return Err(Refusal::Move { from: found.state, to: State::Failed { retryable: *retryable } });
                }
                let pending = found.executions.iter_mut().filter(|one| one.state == ExecutionState::Pending);
                pending.for_each(|one| {
                    one.state = ExecutionState::Refused { why: said(reason), retryable: *retryable };
                });
                self.recount_one(*proposal);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn executing(&mut self, event: &SafeEvent, at: Timestamp) -> Result<(), Refusal> {
        let SafeEvent::Executing { proposal: id, tx_hash, sender, account_nonce, fees, raw } = event else {
            return Ok(());
        };
        let found = self.executable(*id, at)?;
        if raw.len() > LONGEST_RAW {
            return Err(SafeRefusal::Long(raw.len()).into());
        }
        let made = keccak256(raw);
        if made != *tx_hash {
            return Err(SafeRefusal::OtherRaw { claimed: *tx_hash, found: made }.into());
        }
        let known = found.executions.iter().position(|one| one.tx_hash == *tx_hash);
        if known.and_then(|place| found.executions.get(place)).is_some_and(|one| one.mined().is_some()) {
            return Err(SafeRefusal::NotPending(*tx_hash).into());
        }
        let found = self.proposal_mut(*id)?;
        // Given again it is the newest.
        if let Some(place) = known {
            found.executions.remove(place);
        }
        found.executions.push(Execution {
            tx_hash: *tx_hash,
            sender: Some((*sender, *account_nonce, *fees)),
            raw: Some(raw.clone()),
            at,
            answer: None,
            state: ExecutionState::Pending,
        });
        self.recount_one(*id);
        Ok(())
    }

    /// A proposal that may be carried out: its quorum is there, it is the next, and its time has not run out. One that is on
    /// its way already may be sent again, by another account too, whatever the time: it may be out there.
    fn executable(&self, id: ProposalId, at: Timestamp) -> Result<&SafeProposal, Refusal> {
        let found = self.proposal(id)?;
        match found.state {
            State::Executing => {}
            State::Ready | State::Failed { retryable: true } => found.in_time(at)?,
            from => return Err(Refusal::Move { from, to: State::Executing }),
        }
        if !found.has_quorum() {
            let valid = found.approved().count();
            return Err(Refusal::Quorum { valid, required: found.quorum.required });
        }
        let (tx, safe) = (found.tx.nonce, self.usable(found.safe)?.stand.nonce);
        if tx < safe {
            return Err(SafeRefusal::NonceUsed { tx, safe }.into());
        }
        if tx > safe {
            return Err(SafeRefusal::NotNext { tx, safe }.into());
        }
        // Only what is meant to stop another one may race with it.
        let away = |other: &&&SafeProposal| other.state == State::Executing;
        match self.competitors(found).iter().find(away) {
            Some(other) if found.kind != SafeKind::SafeReject => {
                Err(SafeRefusal::Competes { nonce: tx, by: other.id }.into())
            }
            _ => Ok(found),
        }
    }

    /// What a block says: it has the last word, whoever sent the execution.
    fn mined(&mut self, id: ProposalId, tx_hash: B256, mined: MinedAt) -> Result<(), Refusal> {
        let found = self.proposal(id)?;
        if found.mined().is_some() {
            return Err(Refusal::Move { from: found.state, to: State::Confirmed });
        }
        let uses = mined.outcome.uses_nonce();
        if let Some(by) = self.winner(found.safe, found.tx.nonce).filter(|_| uses) {
            return Err(SafeRefusal::NonceTaken { nonce: found.tx.nonce, by }.into());
        }
        let found = self.proposal_mut(id)?;
        match found.executions.iter_mut().find(|one| one.tx_hash == tx_hash) {
            Some(known) if known.mined().is_some() => return Err(SafeRefusal::NotPending(tx_hash).into()),
            Some(known) => known.state = ExecutionState::Mined(mined),
            // An execution of somebody else's that came to nothing is none of ours.
            None if !uses => return Err(SafeRefusal::NoExecution(tx_hash).into()),
            None => found.executions.push(Execution {
                tx_hash,
                sender: None,
                raw: None,
                at: mined.at,
                answer: None,
                state: ExecutionState::Mined(mined),
            }),
        }
        self.recount_one(id);
        Ok(())
    }

    /// Changes what is known of an owner, and counts anew.
    pub(super) fn put(
        &mut self,
        id: ProposalId,
        owner: Address,
        change: impl FnOnce(&mut OwnerSeat),
    ) -> Result<(), Refusal> {
        let seats = &mut self.proposal_mut(id)?.seats;
        change(seats.iter_mut().find(|seat| seat.owner == owner).ok_or(SafeRefusal::NotOwner(owner))?);
        self.recount_one(id);
        Ok(())
    }
}

/// What a node said. What one node took is out there, whatever the next one says.
fn answered(execution: &mut Execution, node: &str, answer: &Answer, at: Timestamp) {
    let taken = matches!(&execution.answer, Some((_, Answer::Accepted | Answer::Known, _)));
    let said_it = match answer {
        Answer::Refused { .. } if taken => return,
        Answer::Refused { reason, retryable } => {
            let (reason, retryable) = (said(reason), *retryable);
            let why = format!("the node does not take it: {reason}");
            execution.state = ExecutionState::Refused { why, retryable };
            Answer::Refused { reason, retryable }
        }
        other => other.clone(),
    };
    execution.answer = Some((said(node), said_it, at));
}

impl SafeProposal {
    /// Whether it may go there.
    fn may(&self, to: State) -> Result<(), Refusal> {
        if self.state.may_become(to) { Ok(()) } else { Err(Refusal::Move { from: self.state, to }) }
    }

    /// An execution that is on its way.
    fn pending_mut(&mut self, tx_hash: B256) -> Result<&mut Execution, SafeRefusal> {
        let known = self.executions.iter_mut().find(|one| one.tx_hash == tx_hash);
        let known = known.ok_or(SafeRefusal::NoExecution(tx_hash))?;
        if known.state == ExecutionState::Pending { Ok(known) } else { Err(SafeRefusal::NotPending(tx_hash)) }
    }
}
