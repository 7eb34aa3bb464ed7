//! What is said about wallets: watched, confirmed by their cosigners, named, labelled, archived.

use super::Treasury;
use crate::market::Timestamp;
use crate::treasury::bitcoin::wallet::{Wallet, WalletId};
use crate::treasury::proposal::seat::said;
use crate::treasury::proposal::{Event, Labelled, Refusal, Registration, SeatId, State, Vault};

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
                let vault = self.seated(*wallet, *seat)?;
                match said(name) {
                    name if name.trim().is_empty() => vault.names.remove(seat),
                    name => vault.names.insert(*seat, name),
                };
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
            Event::Registered { wallet, device, policy_id, hmac } => {
                let (policy_id, hmac) = (said(policy_id), said(hmac));
                let vault = self.vault_mut(*wallet)?;
                vault.registrations.insert(*device, Registration { policy_id, hmac, at });
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
            Event::LabelSet { wallet, of, label } => {
                let vault = self.vault_mut(*wallet)?;
                match label.as_deref().map(said).filter(|label| !label.trim().is_empty()) {
                    None => vault.labels.remove(&printed(of)),
                    Some(label) => vault.labels.insert(printed(of), label),
                };
                Ok(())
            }
            Event::CoinFrozen { wallet, coin } => {
                self.vault_mut(*wallet)?.frozen.insert(*coin);
                Ok(())
            }
            Event::CoinThawed { wallet, coin } => {
                self.vault_mut(*wallet)?.frozen.remove(coin);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn added(&mut self, event: &Event, at: Timestamp) -> Result<(), Refusal> {
        let Event::WalletAdded { wallet: claimed, name, network, descriptors, format, notes } = event else {
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
        if self.vaults().any(|known| known.wallet.name() == name) {
            return Err(Refusal::NameTaken(name.clone()));
        }
        let notes = notes.iter().map(|note| said(note)).collect();
        self.vaults.insert(found, Vault::new(wallet, said(format), notes, at));
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

    /// A wallet that has this seat.
    fn seated(&mut self, wallet: WalletId, seat: SeatId) -> Result<&mut Vault, Refusal> {
        let vault = self.vault_mut(wallet)?;
        if vault.has(seat) { Ok(vault) } else { Err(Refusal::NoSeat(seat)) }
    }
}

/// What a label is of, where it is text from outside.
fn printed(of: &Labelled) -> Labelled {
    match of {
        Labelled::Addr(text) => Labelled::Addr(said(text)),
        Labelled::Input(text) => Labelled::Input(said(text)),
        Labelled::Xpub(text) => Labelled::Xpub(said(text)),
        Labelled::Pubkey(text) => Labelled::Pubkey(said(text)),
        other => other.clone(),
    }
}
