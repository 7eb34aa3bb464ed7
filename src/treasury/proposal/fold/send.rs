//! How a proposal ends, and its way to the chain.

use super::Treasury;
use crate::market::Timestamp;
use crate::treasury::proposal::record::{Mined, Proposal, Sent};
use crate::treasury::proposal::seat::said;
use crate::treasury::proposal::{Answer, Event, ProposalId, Refusal, State, Taken};
use bitcoin::Txid;

impl Treasury {
    pub(super) fn ended(&mut self, event: &Event, at: Timestamp) -> Result<(), Refusal> {
        match event {
            Event::Cancelled { proposal, reason } => self.ends(*proposal, State::Cancelled, said(reason)),
            Event::Expired { proposal } => {
                let found = self.proposal(*proposal)?;
                found.may(State::Expired)?;
                if at < found.expires_at {
                    return Err(Refusal::NotExpired(found.expires_at));
                }
                self.ends(*proposal, State::Expired, "its time ran out".to_owned())
            }
            Event::Superseded { proposal, by } => {
                let (found, other) = (self.proposal(*proposal)?, self.proposal(*by)?);
                if proposal == by || found.shares(other).is_none() {
                    return Err(Refusal::Unrelated(*proposal, *by));
                }
                self.ends(*proposal, State::Superseded(*by), "another proposal took its place".to_owned())
            }
            Event::Conflicted { proposal, coin } => {
                if !self.proposal(*proposal)?.coins().any(|own| own == *coin) {
                    return Err(Refusal::NotItsCoin(*coin));
                }
                self.ends(
                    *proposal,
                    State::Conflicted(Taken::Coin(*coin)),
                    "a coin of it was spent elsewhere".to_owned(),
                )
            }
            _ => Ok(()),
        }
    }

    fn ends(&mut self, id: ProposalId, state: State, why: String) -> Result<(), Refusal> {
        let proposal = self.proposal_mut(id)?;
        proposal.go(state)?;
        proposal.ended = Some(why);
        Ok(())
    }

    pub(super) fn sent(&mut self, event: &Event, at: Timestamp) -> Result<(), Refusal> {
        match event {
            Event::Finalised { proposal, txid } => {
                let found = self.sendable(*proposal, *txid, at)?;
                if found.state != State::Ready {
                    return Err(Refusal::Move { from: found.state, to: State::Executing });
                }
                self.proposal_mut(*proposal)?.finalised = Some(*txid);
                Ok(())
            }
            Event::Broadcasting { proposal, txid } => {
                let found = self.sendable(*proposal, *txid, at)?;
                if found.finalised != Some(*txid) {
                    return Err(Refusal::NotFinalised);
                }
                self.undisputed(found)?;
                let found = self.proposal_mut(*proposal)?;
                if found.state != State::Executing {
                    found.go(State::Executing)?;
                }
                found.sent = Some(Sent { txid: *txid, at, answer: None });
                Ok(())
            }
            Event::Broadcast { proposal, txid, node, answer } => {
                let found = self.proposal(*proposal)?;
                if found.state != State::Executing {
                    return Err(Refusal::Move { from: found.state, to: State::Executing });
                }
                if found.sent.as_ref().is_none_or(|sent| sent.txid != *txid) {
                    return Err(Refusal::NotSent);
                }
                self.answered(*proposal, node, answer, at)
            }
            Event::Confirmed { proposal, txid, height, block } => {
                let found = self.proposal_mut(*proposal)?;
                if !found.is_its(*txid) {
                    return Err(Refusal::OtherTransaction(*txid));
                }
                found.go(State::Confirmed)?;
                found.mined = Some(Mined { height: *height, block: *block, at });
                found.ended = None;
                self.takes_coins(*proposal, true);
                Ok(())
            }
            Event::Reorged { proposal, block } => {
                let found = self.proposal_mut(*proposal)?;
                if found.mined.is_none_or(|mined| mined.block != *block) {
                    return Err(Refusal::Move { from: found.state, to: State::Executing });
                }
                found.go(State::Executing)?;
                found.mined = None;
                Ok(())
            }
            Event::Failed { proposal, reason, retryable } => {
                self.ends(*proposal, State::Failed { retryable: *retryable }, said(reason))
            }
            _ => Ok(()),
        }
    }

    /// A proposal that may be put together and given to a node: its quorum is there, the transaction is its own, and its
    /// time has not run out. One that is on its way already may be given again whatever the time: it may be out there.
    fn sendable(&self, id: ProposalId, txid: Txid, at: Timestamp) -> Result<&Proposal, Refusal> {
        let proposal = self.proposal(id)?;
        let again = matches!(proposal.state, State::Executing);
        if !again {
            proposal.may(State::Executing)?;
            proposal.in_time(at)?;
        }
        if !proposal.has_quorum() {
            let valid = proposal.approved().count();
            return Err(Refusal::Quorum { valid, required: proposal.quorum.required });
        }
        if !proposal.is_its(txid) {
            return Err(Refusal::OtherTransaction(txid));
        }
        Ok(proposal)
    }

    /// No other proposal that is on its way spends the same coin, but one whose place this takes.
    fn undisputed(&self, proposal: &Proposal) -> Result<(), Refusal> {
        let away = |other: &Proposal| matches!(other.state, State::Executing | State::Confirmed);
        for other in self.proposals().filter(|other| other.id != proposal.id && away(other)) {
            if proposal.replaces != Some(other.id)
                && other.replaces != Some(proposal.id)
                && let Some(coin) = proposal.shares(other)
            {
                return Err(Refusal::Competes { coin, by: other.id });
            }
        }
        Ok(())
    }

    fn answered(&mut self, id: ProposalId, node: &str, answer: &Answer, at: Timestamp) -> Result<(), Refusal> {
        let found = self.proposal_mut(id)?;
        let printed = match answer {
            Answer::Refused { reason, retryable } => Answer::Refused { reason: said(reason), retryable: *retryable },
            other => other.clone(),
        };
        if let Answer::Refused { reason, retryable } = &printed {
            found.go(State::Failed { retryable: *retryable })?;
            found.ended = Some(format!("the node does not take it: {reason}"));
        }
        if let Some(sent) = &mut found.sent {
            sent.answer = Some((said(node), printed, at));
        }
        if found.state == State::Executing {
            self.takes_coins(id, false);
        }
        Ok(())
    }

    /// What becomes of the others that wanted the same coins.
    fn takes_coins(&mut self, id: ProposalId, mined: bool) {
        let Some(taker) = self.proposals.get(&id).cloned() else { return };
        for other in self.proposals.values_mut().filter(|other| other.id != id && other.state.is_live()) {
            let Some(coin) = taker.shares(other) else { continue };
            // What is to replace this one is still needed as long as this one waits.
            if !mined && other.replaces == Some(id) {
                continue;
            }
            let (state, why) = if taker.replaces == Some(other.id) {
                (State::Superseded(id), "another proposal took its place".to_owned())
            } else {
                (State::Conflicted(Taken::Coin(coin)), format!("the proposal {} spends {coin}", id.short()))
            };
            if other.go(state).is_ok() {
                other.ended = Some(why);
            }
        }
    }
}
