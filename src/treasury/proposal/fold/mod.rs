//! The treasury as its entries make it: every rule of who may do what, and when, stands here.
//!
//! - [`Treasury::apply`] either does all of what an event says or refuses it and changes nothing.
//! - The result depends on the events and their times alone.

mod approve;
mod send;
mod wallet;

use super::event::Event;
use super::record::Proposal;
use super::{Listed, ProposalId, Refusal, SeatId, SeatState, State, Vault};
use crate::market::Timestamp;
use crate::treasury::bitcoin::wallet::WalletId;
use crate::treasury::ethereum::proposal::{Safe, SafeEvent, SafeId, SafeProposal, Safes};
use bitcoin::OutPoint;
use bitcoin::bip32::Fingerprint;
use std::collections::BTreeMap;

/// All wallets, Safes and proposals.
#[derive(Clone, Debug, Default)]
pub struct Treasury {
    vaults: BTreeMap<WalletId, Vault>,
    proposals: BTreeMap<ProposalId, Proposal>,
    /// As they were proposed, those of Safes among them.
    order: Vec<ProposalId>,
    hot: BTreeMap<Fingerprint, String>,
    safes: Safes,
}

impl Treasury {
    /// Does what an event says, or refuses it and stays as it is.
    pub fn apply(&mut self, event: &Event, at: Timestamp) -> Result<(), Refusal> {
        match event {
            Event::WalletAdded { .. }
            | Event::WalletArchived { .. }
            | Event::CosignerNamed { .. }
            | Event::AddressConfirmed { .. }
            | Event::SeatClaimed { .. }
            | Event::PolicyBumped { .. }
            | Event::Registered { .. }
            | Event::HotKey { .. }
            | Event::AddressGiven { .. }
            | Event::LabelSet { .. }
            | Event::CoinFrozen { .. }
            | Event::CoinThawed { .. } => self.of_wallet(event, at),
            Event::Proposed { .. } => self.proposed(event, at),
            Event::Viewed { .. }
            | Event::AwaitingDevice { .. }
            | Event::SigningFailed { .. }
            | Event::Approved { .. }
            | Event::Rejected { .. } => self.of_seat(event, at),
            Event::Cancelled { .. } | Event::Expired { .. } | Event::Superseded { .. } | Event::Conflicted { .. } => {
                self.ended(event, at)
            }
            Event::Finalised { .. }
            | Event::Broadcasting { .. }
            | Event::Broadcast { .. }
            | Event::Confirmed { .. }
            | Event::Reorged { .. }
            | Event::Failed { .. } => self.sent(event, at),
            Event::Safe(event) => self.of_safe(event, at),
        }
    }

    /// Whether an event could happen now.
    pub fn check(&self, event: &Event, at: Timestamp) -> Result<(), Refusal> {
        self.clone().apply(event, at)
    }

    /// Every wallet, by id.
    pub fn vaults(&self) -> impl Iterator<Item = &Vault> {
        self.vaults.values()
    }

    /// One wallet.
    pub fn vault(&self, wallet: WalletId) -> Result<&Vault, Refusal> {
        self.vaults.get(&wallet).ok_or(Refusal::NoWallet(wallet))
    }

    /// Every proposal of the wallets, in the order in which they were made; those of Safes are in [`Treasury::safes`], and
    /// all of them in [`Treasury::queue`].
    pub fn proposals(&self) -> impl DoubleEndedIterator<Item = &Proposal> {
        self.order.iter().filter_map(|id| self.proposals.get(id))
    }

    /// One proposal.
    pub fn proposal(&self, id: ProposalId) -> Result<&Proposal, Refusal> {
        self.proposals.get(&id).ok_or(Refusal::NoProposal(id))
    }

    /// The Safes, their proposals, and what is known beside them.
    pub fn safes(&self) -> &Safes {
        &self.safes
    }

    /// One Safe.
    pub fn safe(&self, id: SafeId) -> Result<&Safe, Refusal> {
        Ok(self.safes.safe(id)?)
    }

    /// One proposal of a Safe.
    pub fn safe_proposal(&self, id: ProposalId) -> Result<&SafeProposal, Refusal> {
        self.safes.proposal(id)
    }

    /// Every proposal of wallets and of Safes, in the order in which they were made.
    pub fn queue(&self) -> impl DoubleEndedIterator<Item = Listed<'_>> {
        self.order.iter().filter_map(|id| self.listed(*id).ok())
    }

    /// One proposal, of whatever kind.
    pub fn listed(&self, id: ProposalId) -> Result<Listed<'_>, Refusal> {
        match self.proposals.get(&id) {
            Some(proposal) => Ok(Listed::Bitcoin(proposal)),
            None => self.safes.proposal(id).map(Listed::Safe),
        }
    }

    /// The number of a proposal among all of them, from 1, in the order in which they were made. It never changes.
    pub fn number(&self, id: ProposalId) -> Option<usize> {
        self.order.iter().position(|known| *known == id).map(|place| place.saturating_add(1))
    }

    /// The keys that this machine can sign with, and what people call them: all of them are HOT.
    pub fn hot(&self) -> &BTreeMap<Fingerprint, String> {
        &self.hot
    }

    /// Whether a key lies on this machine.
    pub fn is_hot(&self, fingerprint: Fingerprint) -> bool {
        self.hot.contains_key(&fingerprint)
    }

    /// Whether a wallet may be used: each cosigner has read its first address on a device of their own (T3). A single hot
    /// key has nobody to ask.
    pub fn is_armed(&self, vault: &Vault) -> bool {
        let keys = vault.wallet.policy().cosigners();
        vault.unconfirmed().is_empty() || matches!(keys, [only] if self.is_hot(only.fingerprint))
    }

    /// The other proposals that hold on to a coin of this one, and which coin (T12).
    pub fn competitors(&self, proposal: &Proposal) -> Vec<(&Proposal, OutPoint)> {
        let others = self.proposals().filter(|other| other.id != proposal.id && other.state().is_live());
        others.filter_map(|other| Some((other, proposal.shares(other)?))).collect()
    }

    fn of_safe(&mut self, event: &SafeEvent, at: Timestamp) -> Result<(), Refusal> {
        if let SafeEvent::Added { name, .. } = event
            && self.vaults().any(|known| known.wallet.name() == name)
        {
            return Err(Refusal::NameTaken(name.clone()));
        }
        self.safes.apply(event, at)?;
        if let SafeEvent::Proposed { proposal, .. } = event {
            self.order.push(*proposal);
        }
        Ok(())
    }

    /// The wallet of an event, where it can still be used.
    fn usable(&self, wallet: WalletId) -> Result<&Vault, Refusal> {
        let vault = self.vault(wallet)?;
        if vault.archived.is_some() { Err(Refusal::Archived(vault.wallet.name().to_owned())) } else { Ok(vault) }
    }

    fn vault_mut(&mut self, wallet: WalletId) -> Result<&mut Vault, Refusal> {
        self.vaults.get_mut(&wallet).ok_or(Refusal::NoWallet(wallet))
    }

    fn proposal_mut(&mut self, id: ProposalId) -> Result<&mut Proposal, Refusal> {
        self.proposals.get_mut(&id).ok_or(Refusal::NoProposal(id))
    }
}

impl Proposal {
    /// Whether it may go there.
    fn may(&self, to: State) -> Result<(), Refusal> {
        if self.state.may_become(to) { Ok(()) } else { Err(Refusal::Move { from: self.state, to }) }
    }

    /// Goes there, if that move exists.
    fn go(&mut self, to: State) -> Result<(), Refusal> {
        self.may(to)?;
        self.state = to;
        Ok(())
    }

    /// Whether its time has not run out.
    fn in_time(&self, at: Timestamp) -> Result<(), Refusal> {
        if at >= self.expires_at { Err(Refusal::Expired(self.expires_at)) } else { Ok(()) }
    }

    /// Where a seat stands, if it may go from there to `to`.
    fn seat_may(&self, seat: SeatId, to: &SeatState) -> Result<(), Refusal> {
        let found = self.seats.iter().find(|known| known.id == seat).ok_or(Refusal::NoSeat(seat))?;
        match (&found.state, to) {
            (SeatState::Approved { .. }, SeatState::Approved { .. }) => Err(Refusal::Already(seat)),
            (from, to) if from.may_become(to) => Ok(()),
            (from, to) => Err(Refusal::SeatMove { seat, from: Box::new(from.clone()), to: Box::new(to.clone()) }),
        }
    }
}
