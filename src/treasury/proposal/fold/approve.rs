//! Proposing, and what each seat says to it.

use super::Treasury;
use crate::market::Timestamp;
use crate::treasury::bitcoin::policy::Quorum;
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::signature;
use crate::treasury::bitcoin::wallet::Wallet;
use crate::treasury::proposal::packed::{InputSignature, put};
use crate::treasury::proposal::record::{Proposal, Seat};
use crate::treasury::proposal::seat::said;
use crate::treasury::proposal::{Event, ProposalId, Refusal, SeatId, SeatState, State, Vault};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Treasury {
    pub(super) fn proposed(&mut self, event: &Event, at: Timestamp) -> Result<(), Refusal> {
        let Event::Proposed {
            proposal: claimed,
            wallet,
            policy,
            kind,
            created_by,
            memo,
            expires_at,
            replaces,
            recovery,
            unarmed,
            packet,
        } = event
        else {
            return Ok(());
        };
        let vault = self.armed_for(*wallet, *unarmed)?;
        if *policy != vault.policy {
            return Err(Refusal::Policy { proposed: *policy, current: vault.policy });
        }
        if *expires_at <= at {
            return Err(Refusal::Stillborn);
        }
        let packet = packet.unpack()?;
        let found = ProposalId::of(&packet.psbt.unsigned_tx, *wallet, *policy);
        if found != *claimed {
            return Err(Refusal::OtherBytes { claimed: *claimed, found });
        }
        if self.proposals.contains_key(&found) {
            return Err(Refusal::KnownProposal(found));
        }
        if packet.bare() != packet {
            return Err(Refusal::Signed);
        }
        let inputs = &packet.psbt.unsigned_tx.input;
        let coins: BTreeSet<_> = inputs.iter().map(|input| input.previous_output).collect();
        if coins.is_empty() || coins.len() != inputs.len() {
            return Err(Refusal::Coins);
        }
        let (quorum, seats) = who(vault, *recovery)?;
        let mut proposal = Proposal {
            id: found,
            wallet: *wallet,
            policy: *policy,
            kind: *kind,
            created_by: said(created_by),
            memo: said(memo),
            created_at: at,
            expires_at: *expires_at,
            replaces: *replaces,
            recovery: *recovery,
            unarmed: *unarmed,
            quorum,
            seats: seats.into_iter().map(|id| Seat { id, state: SeatState::Pending, signatures: Vec::new() }).collect(),
            ended: None,
            finalised: None,
            sent: None,
            mined: None,
            state: State::Draft,
            packet: Arc::new(packet),
        };
        if let Some(other) = *replaces
            && self.proposal(other)?.shares(&proposal).is_none()
        {
            return Err(Refusal::Unrelated(found, other));
        }
        proposal.go(State::Proposed)?;
        self.proposals.insert(found, proposal);
        self.order.push(found);
        Ok(())
    }

    pub(super) fn of_seat(&mut self, event: &Event, at: Timestamp) -> Result<(), Refusal> {
        match event {
            Event::Viewed { proposal, seat, digest } => {
                self.seat_goes(*proposal, *seat, SeatState::Viewed { digest: said(digest), at }, at)
            }
            Event::AwaitingDevice { proposal, seat } => {
                self.seat_goes(*proposal, *seat, SeatState::AwaitingDevice { since: at }, at)
            }
            Event::SigningFailed { proposal, seat, code } => {
                self.seat_goes(*proposal, *seat, SeatState::Failed { code: said(code), at }, at)
            }
            Event::Approved { proposal, seat, signer, signatures } => {
                let next = SeatState::Approved { signer: *signer, at };
                let found = self.waiting(*proposal, at)?;
                found.seat_may(*seat, &next)?;
                let vault = self.vault(found.wallet)?;
                verify(&vault.wallet, found, *seat, signatures)?;
                self.approve(*proposal, *seat, next, signatures)
            }
            Event::Rejected { proposal, seat, reason, identity, signature } => {
                let next = SeatState::Rejected { reason: said(reason), at };
                let found = self.waiting(*proposal, at)?;
                found.seat_may(*seat, &next)?;
                match self.vault(found.wallet)?.claims.get(seat) {
                    None => return Err(Refusal::Unclaimed(*seat)),
                    Some(claimed) if claimed != identity => return Err(Refusal::OtherIdentity(*seat)),
                    Some(_) => {}
                }
                if !identity.has_refused(*proposal, *seat, reason, signature) {
                    return Err(Refusal::ForgedRejection(*seat));
                }
                self.reject(*proposal, *seat, next)
            }
            _ => Ok(()),
        }
    }

    /// A proposal that waits for its seats, within its time and under the policy of today.
    fn waiting(&self, id: ProposalId, at: Timestamp) -> Result<&Proposal, Refusal> {
        let proposal = self.proposal(id)?;
        if !proposal.state.is_open() {
            return Err(Refusal::Move { from: proposal.state, to: State::Collecting });
        }
        proposal.in_time(at)?;
        let current = self.usable(proposal.wallet)?.policy;
        if proposal.policy != current {
            return Err(Refusal::Policy { proposed: proposal.policy, current });
        }
        Ok(proposal)
    }

    fn seat_goes(&mut self, id: ProposalId, seat: SeatId, next: SeatState, at: Timestamp) -> Result<(), Refusal> {
        self.waiting(id, at)?.seat_may(seat, &next)?;
        self.proposal_mut(id)?.set(seat, next, Vec::new());
        Ok(())
    }

    fn approve(
        &mut self,
        id: ProposalId,
        seat: SeatId,
        next: SeatState,
        signatures: &[InputSignature],
    ) -> Result<(), Refusal> {
        let proposal = self.proposal_mut(id)?;
        proposal.set(seat, next, signatures.to_vec());
        if proposal.state == State::Proposed {
            proposal.go(State::Collecting)?;
        }
        if proposal.state == State::Collecting && proposal.has_quorum() {
            proposal.go(State::Ready)?;
        }
        Ok(())
    }

    fn reject(&mut self, id: ProposalId, seat: SeatId, next: SeatState) -> Result<(), Refusal> {
        let proposal = self.proposal_mut(id)?;
        proposal.set(seat, next, Vec::new());
        if proposal.is_hopeless() {
            proposal.go(State::Rejected)?;
            let Quorum { required, of } = proposal.quorum;
            let against = proposal.rejected().count();
            proposal.ended =
                Some(format!("{against} of {of} keys refuse: the {required} that it takes cannot come together"));
        }
        Ok(())
    }
}

impl Proposal {
    fn set(&mut self, seat: SeatId, state: SeatState, signatures: Vec<InputSignature>) {
        if let Some(found) = self.seats.iter_mut().find(|found| found.id == seat) {
            (found.state, found.signatures) = (state, signatures);
        }
    }
}

/// How many of which seats it takes: the quorum, or those of a recovery.
fn who(vault: &Vault, recovery: Option<u8>) -> Result<(Quorum, Vec<SeatId>), Refusal> {
    let policy = vault.wallet.policy();
    let all: Vec<_> = SeatId::all(policy).collect();
    match recovery {
        None => {
            let quorum = policy.seat_places().iter().filter_map(|place| all.get(*place));
            Ok((policy.quorum(), quorum.map(|(seat, _)| *seat).collect()))
        }
        Some(number) => {
            let way = policy.recovery().get(usize::from(number)).ok_or(Refusal::NoRecovery(number))?;
            let seats: Vec<SeatId> =
                way.seats.iter().filter_map(|place| all.get(*place)).map(|(seat, _)| *seat).collect();
            Ok((Quorum { required: way.required, of: seats.len() }, seats))
        }
    }
}

/// Whether these are this seat's signatures over every input of these bytes, and nothing else.
fn verify(wallet: &Wallet, proposal: &Proposal, seat: SeatId, signatures: &[InputSignature]) -> Result<(), Refusal> {
    let wrong = |reason: String| Refusal::Signature { seat, reason };
    let mut packet = Packet::clone(&proposal.packet);
    put(&mut packet.psbt, signatures).map_err(|input| wrong(format!("that of input {input} is none")))?;
    let slots: BTreeSet<_> = signatures.iter().map(|signature| (signature.input, signature.slot)).collect();
    if slots.len() != signatures.len() {
        return Err(wrong("one stands there twice".to_owned()));
    }
    let found = signature::verify(&packet, wallet);
    if let Some(stray) = found.strays.first() {
        return Err(wrong(format!("at input {}: {}", stray.input, stray.reason)));
    }
    let (mut signed, inputs) = (0, found.inputs);
    for (place, other) in found.cosigners.iter().enumerate() {
        match (place == usize::from(seat.place), other.inputs.len()) {
            (true, inputs) => signed = inputs,
            (false, 0) => {}
            (false, _) => return Err(wrong(format!("some are those of {}", other.fingerprint))),
        }
    }
    if inputs == 0 || signed != inputs { Err(Refusal::Incomplete { seat, signed, inputs }) } else { Ok(()) }
}
