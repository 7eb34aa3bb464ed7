//! What is said about wallets: watched, confirmed by their cosigners, named, labelled, archived.

use super::Treasury;
use crate::market::Timestamp;
use crate::treasury::bitcoin::labels::{About, Label};
use crate::treasury::bitcoin::wallet::{Wallet, WalletId};
use crate::treasury::proposal::seat::said;
use crate::treasury::proposal::{Event, Refusal, Registration, SeatId, State, Vault};
use bitcoin::OutPoint;

impl Treasury {
    pub(super) fn of_wallet(&mut self, event: &Event, at: Timestamp) -> Result<(), Refusal> {
        match event {
            Event::WalletAdded { .. } => self.added(event, at),
            Event::WalletArchived { wallet, reason } => {
                self.usable(*wallet)?;
                let live = |state: State| state.is_live();
                let open = self.proposals().filter(|p| p.wallet == *wallet && live(p.state_at(at))).count();
                if open > 0 {
                    return Err(Refusal::Open(open));
                }
                self.vault_mut(*wallet)?.archived = Some(said(reason));
                Ok(())
            }
            Event::CosignerNamed { wallet, seat, name } => {
                named(self.seated(*wallet, *seat)?, *seat, name);
                Ok(())
            }
            Event::AddressConfirmed { wallet, seat, address } => {
                let vault = self.seated(*wallet, *seat)?;
                let ours = vault.first_address().unwrap_or_default();
                if *address != ours {
                    return Err(Refusal::FirstAddress { seat: *seat, shown: said(address), ours });
                }
                vault.confirmed.entry(*seat).or_insert(at);
                Ok(())
            }
            Event::SeatClaimed { wallet, seat, identity } => {
                let vault = self.seated(*wallet, *seat)?;
                if vault.claims.get(seat).is_some_and(|known| known != identity) {
                    return Err(Refusal::OtherIdentity(*seat));
                }
                vault.claims.insert(*seat, *identity);
                Ok(())
            }
            Event::PolicyBumped { wallet, version, reason } => self.bumped(*wallet, *version, reason),
            Event::Registered { wallet, device, name, policy_id, hmac } => {
                let (name, policy_id, hmac) = (said(name), said(policy_id), said(hmac));
                let vault = self.vault_mut(*wallet)?;
                vault.registrations.insert(*device, Registration { name, policy_id, hmac, at });
                Ok(())
            }
            Event::HotKey { fingerprint, name } => {
                self.hot.insert(*fingerprint, said(name));
                Ok(())
            }
            Event::AddressGiven { wallet, index, unarmed } => {
                self.armed_for(*wallet, *unarmed)?;
                let vault = self.vault_mut(*wallet)?;
                vault.given = vault.given.max(Some(*index));
                Ok(())
            }
            Event::LabelSet { wallet, record } => labelled(self.vault_mut(*wallet)?, record),
            Event::CoinFrozen { wallet, coin } => self.marked(*wallet, *coin, false),
            Event::CoinThawed { wallet, coin } => self.marked(*wallet, *coin, true),
            _ => Ok(()),
        }
    }

    fn added(&mut self, event: &Event, at: Timestamp) -> Result<(), Refusal> {
        let Event::WalletAdded { wallet: claimed, name, network, descriptors, format, notes, names, labels } = event
        else {
            return Ok(());
        };
        let descriptors: Vec<&str> = descriptors.iter().map(String::as_str).collect();
        let wallet = Wallet::new(name, *network, &descriptors)?;
        let found = wallet.id();
        if found != *claimed {
            return Err(Refusal::OtherWallet { claimed: *claimed, found });
        }
        if let Some(known) = self.vaults.get(&found) {
            return Err(Refusal::KnownWallet(known.wallet.name().to_owned()));
        }
        if self.vaults().any(|known| known.wallet.name() == name) || self.safes.named(name).is_some() {
            return Err(Refusal::NameTaken(name.clone()));
        }
        let notes = notes.iter().map(|note| said(note)).collect();
        let mut vault = Vault::new(wallet, said(format), notes, at);
        for (seat, name) in names {
            if !vault.has(*seat) {
                return Err(Refusal::NoSeat(*seat));
            }
            named(&mut vault, *seat, name);
        }
        labels.iter().try_for_each(|record| labelled(&mut vault, record))?;
        self.vaults.insert(found, vault);
        Ok(())
    }

    /// Whoever changes who may sign voids what was being approved under the rules before.
    fn bumped(&mut self, wallet: WalletId, version: u32, reason: &str) -> Result<(), Refusal> {
        let vault = self.usable(wallet)?;
        let next = vault.policy.saturating_add(1);
        if version != next {
            return Err(Refusal::Version { next, found: version });
        }
        let why = format!("the wallet's policy changed to version {version}: {}", said(reason));
        for proposal in self.proposals.values_mut().filter(|p| p.wallet == wallet && p.state.is_open()) {
            proposal.state = State::Cancelled;
            proposal.ended = Some(why.clone());
        }
        let vault = self.vault_mut(wallet)?;
        vault.policy = version;
        // Who sits where is said anew.
        vault.claims.clear();
        Ok(())
    }

    /// A wallet that may be used, and is armed unless that is waived (T3).
    pub(super) fn armed_for(&self, wallet: WalletId, waived: bool) -> Result<&Vault, Refusal> {
        let vault = self.usable(wallet)?;
        if waived || self.is_armed(vault) { Ok(vault) } else { Err(Refusal::Unarmed(vault.wallet.name().to_owned())) }
    }

    /// A coin that may be spent, or not.
    fn marked(&mut self, wallet: WalletId, coin: OutPoint, spendable: bool) -> Result<(), Refusal> {
        let label = Label::new(About::Output(coin), None, Some(spendable));
        let label = label.map_err(|error| Refusal::Label(error.to_string()))?;
        self.vault_mut(wallet)?.labels.apply(label);
        Ok(())
    }

    /// A wallet that has this seat.
    fn seated(&mut self, wallet: WalletId, seat: SeatId) -> Result<&mut Vault, Refusal> {
        let vault = self.vault_mut(wallet)?;
        if vault.has(seat) { Ok(vault) } else { Err(Refusal::NoSeat(seat)) }
    }
}

/// Somebody's name for a seat; an empty one takes it away.
fn named(vault: &mut Vault, seat: SeatId, name: &str) {
    match said(name) {
        name if name.trim().is_empty() => vault.names.remove(&seat),
        name => vault.names.insert(seat, name),
    };
}

/// A label; a kind that is not known is passed over, as the format asks for.
fn labelled(vault: &mut Vault, record: &str) -> Result<(), Refusal> {
    let label = Label::read(record).map_err(|error| Refusal::Label(error.to_string()))?;
    label.map(|label| vault.labels.apply(label));
    Ok(())
}
