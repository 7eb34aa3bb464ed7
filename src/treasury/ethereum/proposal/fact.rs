//! What is known when a Safe transaction is reviewed: what the journal says, and what the chain last said.
//!
//! - What nobody looked at stays unknown; it is never taken for nothing.

use super::{SafeId, SafeProposal, Safes};
use crate::market::Timestamp;
use crate::treasury::bitcoin::review::facts::Prices;
use crate::treasury::ethereum::review::facts::{Known, Nested, Queued, State, Token};
use crate::treasury::ethereum::review::{Facts, review};
use crate::treasury::proposal::State as Standing;
use alloy_primitives::{Address, B256, U256};
use std::collections::{BTreeMap, BTreeSet};

/// What a chain has said beside what the journal keeps of it; nothing of it is believed for longer than it is used.
#[derive(Clone, Debug, Default)]
pub struct Cached {
    /// The chain that was asked, by its own word.
    pub chain_id: Option<U256>,
    /// What Safes have: of the chain's own coin, in wei, and of tokens. None stands here that nobody asked for.
    pub balances: BTreeMap<SafeId, (U256, BTreeMap<Address, U256>)>,
    /// The hashes of the code at addresses.
    pub code: BTreeMap<Address, B256>,
    /// What waits at a service and is no proposal here, each with its hash as computed here; none where nobody looked.
    pub queue: Option<Vec<Queued>>,
    /// What one of the chain's own coin is worth.
    pub coin_prices: Prices,
    /// What one of a token is worth.
    pub token_prices: BTreeMap<Address, Prices>,
}

/// What is known for the review of a proposal, or of a transaction that may become one. ABIs and what was noticed in a file
/// are the caller's to add. `reader` is whoever reads the review, by the accounts that they sign with.
pub fn facts(
    safes: &Safes,
    safe: SafeId,
    mine: Option<&SafeProposal>,
    cached: &Cached,
    reader: &BTreeSet<Address>,
    now: Timestamp,
) -> Facts {
    let known = safes.safe(safe).ok();
    let mut code = cached.code.clone();
    if let Some(safe) = known {
        code.entry(safe.stand.singleton).or_insert(safe.stand.singleton_code);
    }
    Facts {
        now: Some(now),
        chain_id: cached.chain_id,
        safe: stands(safes, safe, mine, cached),
        code,
        tokens: Some(tokens(safes, safe.chain_id)),
        recipients: recipients(safes, safe.chain_id),
        paid: Some(paid(safes, safe)),
        coin_prices: cached.coin_prices.clone(),
        token_prices: cached.token_prices.clone(),
        queue: queue(safes, safe, mine, cached, reader, now),
        nested: nested(safes, safe, cached),
        refund_overridden: mine.is_some_and(|mine| mine.refund_overridden),
        ..Facts::default()
    }
}

/// How a Safe stands for a proposal: one that was carried out has used its nonce itself, and is read as its signers read it.
fn stands(safes: &Safes, safe: SafeId, mine: Option<&SafeProposal>, cached: &Cached) -> Option<State> {
    let mut state = state(safes, safe, cached)?;
    if let Some(done) = mine.filter(|mine| mine.mined().is_some()) {
        state.nonce = state.nonce.min(done.tx().nonce);
    }
    Some(state)
}

/// How a Safe stands, with what it has; nothing where that was not asked, because a Safe of unknown means is not a poor one.
fn state(safes: &Safes, safe: SafeId, cached: &Cached) -> Option<State> {
    let (balance, tokens) = cached.balances.get(&safe)?.clone();
    Some(safes.safe(safe).ok()?.stand.state(balance, tokens))
}

/// The tokens of a chain that were pinned.
fn tokens(safes: &Safes, chain_id: U256) -> BTreeMap<Address, Token> {
    let of_chain = safes.tokens().iter().filter(|((chain, _), _)| *chain == chain_id);
    let token = of_chain.map(|((_, address), pinned)| {
        let token = Token { symbol: pinned.symbol.clone(), decimals: Some(pinned.decimals), trusted: pinned.trusted };
        (*address, token)
    });
    token.collect()
}

/// The address book of a chain, and our own accounts and Safes on it.
fn recipients(safes: &Safes, chain_id: U256) -> Vec<Known> {
    let of_chain = |map: &BTreeMap<(U256, Address), String>| {
        let found = map.iter().filter(|((chain, _), _)| *chain == chain_id);
        found.map(|((_, address), name)| (*address, name.clone())).collect::<Vec<_>>()
    };
    let own = safes.all().filter(|safe| safe.id.chain_id == chain_id).map(|safe| (safe.id.address, safe.name.clone()));
    let hot = safes.hot_accounts().iter().map(|(address, name)| (*address, name.clone()));
    let mut known = BTreeMap::new();
    // Whoever wrote a name into the book meant it.
    for (address, name) in hot.chain(of_chain(safes.watched())).chain(own).chain(of_chain(safes.book())) {
        known.insert(address, name);
    }
    known.into_iter().map(|(address, name)| Known { name, address }).collect()
}

/// Whom this Safe has paid: what proposals moved that were carried out.
fn paid(safes: &Safes, safe: SafeId) -> BTreeSet<Address> {
    let done = safes.of(safe).filter(|done| matches!(done.state(), Standing::Confirmed));
    let moves = done.flat_map(|done| review(done.at(), done.tx(), &Facts::default()).effects.moves);
    moves.flat_map(|(_, moves)| moves).filter(|moved| moved.from == safe.address).map(|moved| moved.to).collect()
}

/// The other transactions that wait: ours, and those that a service has beside them. Where no service was asked and none of
/// ours waits, nobody has looked.
fn queue(
    safes: &Safes,
    safe: SafeId,
    mine: Option<&SafeProposal>,
    cached: &Cached,
    reader: &BTreeSet<Address>,
    now: Timestamp,
) -> Option<Vec<Queued>> {
    let id = mine.map(|mine| mine.id);
    let live = safes.of(safe).filter(|other| Some(other.id) != id && other.state_at(now).is_live());
    let mut all: Vec<Queued> = live
        .map(|other| Queued {
            hash: other.hashes().safe_tx,
            nonce: other.tx().nonce,
            name: other.id.short(),
            signed: other.seats.iter().any(|seat| reader.contains(&seat.owner) && seat.confirmation().is_some()),
            vouched: true,
        })
        .collect();
    for other in cached.queue.iter().flatten() {
        if all.iter().all(|known| known.hash != other.hash) {
            all.push(other.clone());
        }
    }
    (cached.queue.is_some() || !all.is_empty()).then_some(all)
}

/// The transactions of other Safes of the chain that wait: this one may be asked to approve them (T19).
fn nested(safes: &Safes, safe: SafeId, cached: &Cached) -> Vec<Nested> {
    let others = safes
        .proposals()
        .filter(|other| other.safe != safe && other.safe.chain_id == safe.chain_id && other.state().is_live());
    others
        .map(|other| Nested { at: *other.at(), tx: other.tx().clone(), state: state(safes, other.safe, cached) })
        .collect()
}
