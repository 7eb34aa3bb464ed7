//! What is said about Safes, and what is known beside them: watched, seen, named, archived.

use super::Safes;
use crate::market::Timestamp;
use crate::treasury::ethereum::proposal::{PinnedToken, Safe, SafeEvent, SafeId, SafeRefusal, Stand};
use crate::treasury::proposal::{Refusal, said};
use alloy_primitives::Address;
use std::collections::BTreeMap;

impl Safes {
    pub(super) fn of_safe(&mut self, event: &SafeEvent, at: Timestamp) -> Result<(), Refusal> {
        match event {
            SafeEvent::Added { safe, name, stand } => self.added(*safe, name, stand, at),
            SafeEvent::Archived { safe, reason } => {
                self.usable(*safe)?;
                let open = self.of(*safe).filter(|proposal| proposal.state_at(at).is_live()).count();
                if open > 0 {
                    return Err(Refusal::Open(open));
                }
                self.safe_mut(*safe)?.archived = Some(said(reason));
                Ok(())
            }
            SafeEvent::OwnerNamed { safe, owner, name } => {
                put(&mut self.owned(*safe, *owner)?.names, *owner, name);
                Ok(())
            }
            SafeEvent::OwnerClaimed { safe, owner, identity } => {
                let safe = self.owned(*safe, *owner)?;
                if safe.claims.get(owner).is_some_and(|known| known != identity) {
                    return Err(SafeRefusal::OtherIdentity(*owner).into());
                }
                safe.claims.insert(*owner, *identity);
                Ok(())
            }
            SafeEvent::Seen { safe, stand } => self.seen(*safe, stand, at),
            _ => Ok(()),
        }
    }

    fn added(&mut self, id: SafeId, name: &str, stand: &Stand, at: Timestamp) -> Result<(), Refusal> {
        stand.check(id).map_err(SafeRefusal::from)?;
        if let Some(known) = self.safes.get(&id) {
            return Err(SafeRefusal::KnownSafe(known.name.clone()).into());
        }
        let name = said(name);
        if name.trim().is_empty() {
            return Err(SafeRefusal::NoName.into());
        }
        if self.named(&name).is_some() {
            return Err(Refusal::NameTaken(name));
        }
        let safe = Safe {
            id,
            name,
            stand: stand.clone(),
            seen_at: at,
            added_at: at,
            archived: None,
            policy: 1,
            changed: None,
            names: BTreeMap::new(),
            claims: BTreeMap::new(),
        };
        self.safes.insert(id, safe);
        // It may own another one, whose approvals by it can now be checked here.
        self.recount_owned_by(id);
        Ok(())
    }

    /// What the chain says now. Who or what controls the Safe may have changed: what is open is counted anew.
    fn seen(&mut self, id: SafeId, stand: &Stand, at: Timestamp) -> Result<(), Refusal> {
        stand.check(id).map_err(SafeRefusal::from)?;
        let safe = self.safe_mut(id)?;
        let known = safe.stand.block;
        if stand.block < known {
            return Err(SafeRefusal::Stale { known, found: stand.block }.into());
        }
        let differs = safe.stand.control_differs(stand);
        if !differs.is_empty() {
            safe.policy = safe.policy.saturating_add(1);
            safe.changed = Some(differs.join(", "));
            // Who speaks for an owner who has left speaks for nobody.
            safe.claims.retain(|owner, _| stand.owners.contains(owner));
        }
        (safe.stand, safe.seen_at) = (stand.clone(), at);
        self.recount(id);
        if !differs.is_empty() {
            self.recount_owned_by(id);
        }
        Ok(())
    }

    pub(super) fn beside(&mut self, event: &SafeEvent) -> Result<(), Refusal> {
        match event {
            SafeEvent::Named { chain, address, name } => put(&mut self.book, (*chain, *address), name),
            SafeEvent::TokenPinned { chain, token, symbol, decimals, trusted } => {
                let known = self.tokens.get(&(*chain, *token));
                if let Some(pinned) = known.map(|known| known.decimals).filter(|pinned| pinned != decimals) {
                    return Err(SafeRefusal::Decimals { token: *token, pinned, found: *decimals }.into());
                }
                let pinned = PinnedToken { symbol: said(symbol), decimals: *decimals, trusted: *trusted };
                self.tokens.insert((*chain, *token), pinned);
            }
            SafeEvent::HotAccount { address, name } => {
                self.hot.insert(*address, said(name));
            }
            SafeEvent::Watched { chain, address, name } => put(&mut self.watched, (*chain, *address), name),
            _ => {}
        }
        Ok(())
    }

    /// A Safe that has this owner.
    fn owned(&mut self, id: SafeId, owner: Address) -> Result<&mut Safe, Refusal> {
        let safe = self.safe_mut(id)?;
        if safe.owns(&owner) { Ok(safe) } else { Err(SafeRefusal::NotOwner(owner).into()) }
    }
}

/// Somebody's name for something; an empty one takes it away.
fn put<K: Ord>(names: &mut BTreeMap<K, String>, of: K, name: &str) {
    match said(name) {
        name if name.trim().is_empty() => names.remove(&of),
        name => names.insert(of, name),
    };
}
