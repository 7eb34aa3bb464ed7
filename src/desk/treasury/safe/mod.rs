//! Safes at the running desk: what their chains and services told, and what is known when a transaction is reviewed.
//!
//! - Chains and services are asked on threads of their own; what they answer is held against the rules and then taken in.
//! - A review hangs on what the chain and the journal say. A service that is silent or lies changes no verdict to a better
//!   one: all that is taken of it is that a transaction with this hash waits.

mod approve;
mod exchange;
mod execute;
mod fate;
mod look;
mod propose;
mod service;
#[cfg(test)]
mod tests;

pub(in crate::desk::treasury) use look::{SafeFound, ServiceFound, ServiceQuestion};

use super::clerk::Clerk;
use super::place::{Funds, Ways};
use super::price;
use super::view::{QuarantinedView, ServiceState, ServiceView, SyncState, SyncView};
use crate::chain::{ChainError, Endpoint, Reach};
use crate::market::Timestamp;
use crate::treasury::bitcoin::review::facts::{Prices, Quote};
use crate::treasury::ethereum::Proposal as ExchangeFile;
use crate::treasury::ethereum::proposal::{Cached, Safe, SafeEvent, SafeId, SafeProposal, facts};
use crate::treasury::ethereum::review::facts::Queued;
use crate::treasury::ethereum::review::{Facts, Review, coin, review};
use crate::treasury::proposal::{Event, ProposalId};
use alloy_primitives::{Address, B256, U256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a chain and a service told of a Safe.
pub(in crate::desk::treasury) struct SafeFollowed {
    pub ways: Option<Ways>,
    /// What it has; kept from one start to the next.
    pub funds: Option<Funds>,
    /// The chain that was asked, by its own word.
    pub chain_id: Option<U256>,
    /// The hashes of the code at addresses that its proposals call.
    pub code: BTreeMap<Address, B256>,
    pub sync: SyncView,
    pub service: ServiceView,
    /// What waits at the service and is no proposal here; none where nobody looked.
    pub waiting: Option<Vec<Queued>>,
    /// What of the service's queue was set aside.
    pub quarantined: Vec<QuarantinedView>,
}

impl SafeFollowed {
    fn new(safe: &Safe, ways: Option<Ways>, funds: Option<Funds>) -> Self {
        let host = |endpoint: Result<Endpoint, ChainError>| endpoint.map(|endpoint| endpoint.shown().to_owned());
        let rpc = ways.as_ref().map(|ways| host(ways.rpc.endpoint()));
        let told = ways.as_ref().and_then(|ways| ways.service.as_ref()).map(|way| host(way.endpoint()));
        let state = match &rpc {
            None => SyncState::Off,
            Some(Ok(_)) => SyncState::Idle,
            Some(Err(error)) => SyncState::Failed(error.to_string().into()),
        };
        let service = match &told {
            None => ServiceState::Off,
            Some(Ok(_)) => ServiceState::Unasked,
            Some(Err(error)) => ServiceState::Failed(error.to_string().into()),
        };
        let name = |host: Option<Result<String, ChainError>>| host.and_then(Result::ok).unwrap_or_default().into();
        Self {
            ways,
            chain_id: None,
            code: BTreeMap::new(),
            sync: SyncView {
                state,
                source: name(rpc),
                at: funds.as_ref().map(|funds| funds.at),
                height: Some(safe.stand.block),
            },
            service: ServiceView { state: service, source: name(told), at: None, verified: 0, quarantined: 0 },
            funds,
            waiting: None,
            quarantined: Vec::new(),
        }
    }
}

impl Clerk {
    /// Follows the Safes that are not followed yet, and those to whose chain a way was given meanwhile.
    pub(in crate::desk::treasury) fn follow_safes(&mut self) {
        let ways = self.settings.place.ways();
        if let Err(error) = &ways {
            self.shared.notice(true, format!("no chain of a Safe is asked: {error}"));
        }
        let ways = ways.unwrap_or_default();
        for safe in self.treasury.safes().all().filter(|safe| safe.archived.is_none()) {
            let wanted = ways.get(&safe.id.chain_id);
            if self.safes.get(&safe.id).is_some_and(|followed| followed.ways.as_ref() == wanted) {
                continue;
            }
            let funds = self.settings.place.funds(safe.id.chain_id, safe.id.address);
            self.safes.insert(safe.id, SafeFollowed::new(safe, wanted.cloned(), funds));
        }
        self.read_watched();
    }

    /// Reads again what was kept of watched accounts: the command line looks at them.
    pub(in crate::desk::treasury) fn read_watched(&mut self) {
        let all = self.treasury.safes().watched().keys();
        let kept = all.filter_map(|(chain_id, address)| {
            let id = SafeId { chain_id: *chain_id, address: *address };
            Some((id, self.settings.place.funds(*chain_id, *address)?))
        });
        self.watched = kept.collect();
    }

    /// How servers are reached.
    fn reach(&self) -> Reach {
        Reach { patience: PATIENCE, authorities: self.settings.authorities.clone() }
    }

    /// The ways to a Safe's chain.
    pub(in crate::desk::treasury) fn ways(&self, safe: SafeId) -> Result<&Ways, String> {
        let ways = self.safes.get(&safe).and_then(|followed| followed.ways.as_ref());
        ways.ok_or_else(|| "nobody has said how the Safe's chain is reached: exchequer safe sync says which".to_owned())
    }

    /// The same, with the key of the usual service where it is that one.
    fn keyed_ways(&self, safe: SafeId) -> Result<Ways, String> {
        let mut ways = self.ways(safe)?.clone();
        if let Some(key) = &self.settings.service_key {
            ways.service = ways.service.map(|way| key.with(&way));
        }
        Ok(ways)
    }

    /// What the desk's books say that one of a coin is worth.
    pub(in crate::desk::treasury) fn quotes_of(&self, coin: &str) -> Vec<Quote> {
        let (state, now) = (self.shared.state(), self.shared.now());
        price::quotes(&state.market, coin, &self.settings.base, now)
    }

    /// What is known of a Safe when something is reviewed now.
    pub(in crate::desk::treasury) fn facts_of(&self, safe: SafeId, mine: Option<&SafeProposal>) -> Facts {
        let followed = self.safes.get(&safe);
        let prices = |quotes: Vec<Quote>| Prices { quotes, ..Prices::default() };
        // A symbol means something only where somebody vouches for the token.
        let trusted = self.treasury.safes().tokens().iter();
        let trusted = trusted.filter(|((chain, _), token)| *chain == safe.chain_id && token.trusted);
        let token_prices = trusted.map(|((_, address), token)| (*address, prices(self.quotes_of(&token.symbol))));
        // What owners that are Safes have counts where they are asked to approve.
        let funds = self.safes.iter().filter_map(|(id, followed)| Some((*id, followed.funds.as_ref()?)));
        let cached = Cached {
            chain_id: followed.and_then(|followed| followed.chain_id),
            balances: funds.map(|(id, funds)| (id, (funds.wei, funds.tokens.clone()))).collect(),
            code: followed.map(|followed| followed.code.clone()).unwrap_or_default(),
            queue: followed.and_then(|followed| followed.waiting.clone()),
            coin_prices: prices(self.quotes_of(coin(safe.chain_id))),
            token_prices: token_prices.collect(),
        };
        let reader: BTreeSet<Address> = self.treasury.safes().hot_accounts().keys().copied().collect();
        facts(self.treasury.safes(), safe, mine, &cached, &reader, self.shared.now())
    }

    /// The review of a proposal as a signer would get it now, and what it was made with. What is done with is reviewed once.
    pub(in crate::desk::treasury) fn reviewed_safe(
        &mut self,
        proposal: &SafeProposal,
        now: Timestamp,
    ) -> (Arc<Review>, Arc<Facts>) {
        if let Some((review, facts)) = self.done_safe.get(&proposal.id).filter(|_| !proposal.state_at(now).is_live()) {
            return (Arc::clone(review), Arc::clone(facts));
        }
        let facts = Arc::new(self.facts_of(proposal.safe, Some(proposal)));
        let review = Arc::new(review(proposal.at(), proposal.tx(), &facts));
        if proposal.state_at(now).is_live() {
            self.done_safe.remove(&proposal.id);
        } else {
            self.done_safe.insert(proposal.id, (Arc::clone(&review), Arc::clone(&facts)));
        }
        (review, facts)
    }

    /// A proposal of a Safe, its number and its Safe, apart from the clerk.
    pub(in crate::desk::treasury) fn found_safe(&self, id: ProposalId) -> Result<(u64, SafeProposal, Safe), String> {
        let proposal = self.treasury.safe_proposal(id).map_err(|_| "the proposal is no longer there")?;
        let safe = self.treasury.safe(proposal.safe).map_err(|refusal| refusal.to_string())?;
        Ok((self.number(id), proposal.clone(), safe.clone()))
    }

    /// The file of a proposal, with the signatures that were verified.
    pub(in crate::desk::treasury) fn exchange(&self, proposal: &SafeProposal) -> ExchangeFile {
        let mut file = ExchangeFile::new(*proposal.at(), proposal.tx().clone());
        for confirmation in proposal.seats.iter().filter_map(|seat| seat.confirmation()) {
            // They are over this very transaction, and there are no more of them than there are owners.
            let _ = file.take(confirmation.clone());
        }
        file
    }

    /// Writes an event of a Safe down.
    fn note_safe(&mut self, scope: &crate::desk::Scope<crate::desk::Operator>, event: SafeEvent) -> Result<(), String> {
        self.record(scope, Event::Safe(Box::new(event)))
    }

    /// What was done, and how many have signed.
    pub(in crate::desk::treasury) fn counted_safe(&self, id: ProposalId, done: &str) -> String {
        let Ok(proposal) = self.treasury.safe_proposal(id) else { return done.to_owned() };
        let (some, all) = (proposal.approved().count(), proposal.quorum.required);
        match proposal.has_quorum() {
            true => format!("{done}: {some} of {all}, it can be executed"),
            false => format!("{done}: {some} of {all}"),
        }
    }
}
