//! What leaves the Safe, summed over the whole tree of calls, to whom it goes, and who may spend from then on.

use super::amounts::Amounts;
use super::code;
use super::facts::{Facts, State};
use super::moves::{Allowance, Asset, Move, allowance, moves};
use super::targets::place;
use crate::treasury::ethereum::SafeAt;
use crate::treasury::ethereum::calls::{Call, Calls};
use crate::treasury::ethereum::likeness::{Known, Like};
use crate::treasury::findings::Findings;
use alloy_primitives::{Address, U256};
use std::collections::{BTreeMap, BTreeSet};

/// How much of something leaves the Safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// What.
    pub asset: Asset,
    /// How much, in the smallest unit; none where the sum is more than there can be.
    pub amount: Option<U256>,
}

/// What goes where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// What each call moves, by its index.
    pub moves: BTreeMap<usize, Vec<Move>>,
    /// What each call allows, by its index.
    pub allowances: BTreeMap<usize, Allowance>,
    /// What leaves the Safe.
    pub totals: Vec<Total>,
    /// Addresses that look like known ones.
    pub likes: BTreeMap<Address, Like>,
}

/// Everybody who is known: the list, the Safe itself and its owners, tokens that the user vouches for, and who was paid
/// before.
pub(super) fn known(at: &SafeAt, facts: &Facts, state: Option<&State>) -> Known {
    let listed = facts.recipients.iter().map(|known| (known.address, Some(known.name.as_str())));
    let owners = state.into_iter().flat_map(|state| &state.owners).map(|owner| (*owner, Some("an owner")));
    let tokens = facts.tokens.iter().flatten().filter(|(_, token)| token.trusted);
    let tokens = tokens.map(|(address, token)| (*address, Some(token.symbol.as_str())));
    let paid = facts.paid.iter().flatten().map(|address| (*address, None));
    Known::new(listed.chain([(at.safe, Some("this Safe"))]).chain(owners).chain(tokens).chain(paid))
}

/// Follows every call.
pub(super) fn follow(at: &SafeAt, calls: &Calls, facts: &Facts, known: &Known, findings: &mut Findings) -> Effects {
    let mut effects = Effects::default();
    let mut sums: BTreeMap<Asset, Option<U256>> = BTreeMap::new();
    let mut met = BTreeSet::new();
    let listed: BTreeSet<Address> = facts.recipients.iter().map(|known| known.address).collect();
    for call in calls.all() {
        let moved = moves(call);
        for one in &moved {
            burnt(call, one, findings);
            if one.from == at.safe && one.to != at.safe {
                let sum = sums.entry(one.asset).or_insert(Some(U256::ZERO));
                *sum = sum.and_then(|sum| sum.checked_add(one.amount));
                let paid = facts.paid.as_ref().is_none_or(|paid| paid.contains(&one.to));
                if !paid && !listed.contains(&one.to) && met.insert((one.to, true)) {
                    findings
                        .say(code::FIRST_PAYMENT, format!("nothing was paid to {} before", one.to.to_checksum(None)));
                }
            }
        }
        let allowed = allowance(call);
        let people = moved.iter().map(|one| one.to).chain(allowed.map(|one| one.spender)).chain([call.to]);
        for address in people.filter(|address| met.insert((*address, false))).collect::<Vec<_>>() {
            if let Some(like) = known.like(&address) {
                findings.say(code::ADDRESS_LIKE, told(&address, &like));
                effects.likes.insert(address, like);
            }
        }
        if !moved.is_empty() {
            effects.moves.insert(call.index, moved);
        }
        if let Some(allowed) = allowed {
            effects.allowances.insert(call.index, allowed);
        }
    }
    effects.totals = sums.into_iter().map(|(asset, amount)| Total { asset, amount }).collect();
    effects
}

fn told(address: &Address, like: &Like) -> String {
    let name = like.name.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
    let (this, that) = (address.to_checksum(None), like.known.to_checksum(None));
    format!("{this} is like the known {that}{name}, and is not it: compare {}", like.middle)
}

/// What nobody will ever get.
fn burnt(call: &Call, one: &Move, findings: &mut Findings) {
    let place = place(call);
    match one.asset {
        _ if one.amount.is_zero() => {}
        Asset::Coin if one.to.is_zero() => {
            findings.say(code::BURN, format!("{place} sends {} wei to the zero address", one.amount));
        }
        Asset::Token(token) | Asset::Items(token) if one.to.is_zero() || one.to == token => {
            let to = if one.to.is_zero() { "the zero address" } else { "the token's own contract" };
            findings.say(code::TOKEN_BURNT, format!("{place} sends tokens of {} to {to}", token.to_checksum(None)));
        }
        _ => {}
    }
}

/// Says what is to be said of sums, balances, tokens, prices and allowances.
pub(super) fn check(
    effects: &Effects,
    calls: &Calls,
    state: Option<&State>,
    amounts: &Amounts<'_>,
    findings: &mut Findings,
) {
    let mut assets: BTreeSet<Asset> = effects.totals.iter().map(|total| total.asset).collect();
    for total in &effects.totals {
        let name = amounts.thing(total.asset);
        let Some(amount) = total.amount else {
            findings.say(code::TOTAL_RANGE, format!("the sum of {name} that would leave is more than there can be"));
            continue;
        };
        let has = match total.asset {
            Asset::Coin => state.map(|state| state.balance),
            Asset::Token(token) => state.and_then(|state| state.tokens.get(&token).copied()),
            Asset::Items(_) => None,
        };
        if let Some(has) = has.filter(|has| *has < amount) {
            let (leaves, has) = (amounts.told(total.asset, amount), amounts.told(total.asset, has));
            findings.say(code::BALANCE, format!("{leaves} would leave, and the Safe has {has}"));
        }
        if let Some(none) = amounts.doubt(total.asset) {
            findings.say(code::PRICE_UNKNOWN, format!("{name}: no value in the base currency: {none}"));
        }
    }
    for call in calls.all() {
        let Some(allowed) = effects.allowances.get(&call.index).filter(|allowed| !allowed.revokes()) else { continue };
        assets.insert(allowed.asset);
        let (place, spender) = (place(call), allowed.spender.to_checksum(None));
        let contract = amounts.contract(allowed.asset).map(|token| format!(" of {}", token.to_checksum(None)));
        let contract = contract.unwrap_or_default();
        match allowed.amount.filter(|_| !allowed.unlimited()) {
            None => {
                let name = amounts.thing(allowed.asset);
                let message = format!("{place} lets {spender} spend any amount of {name}{contract}");
                findings.say(code::ALLOWANCE_UNLIMITED, message);
            }
            Some(amount) => {
                let amount = amounts.told(allowed.asset, amount);
                findings.say(code::ALLOWANCE, format!("{place} lets {spender} spend {amount}{contract}"));
            }
        }
    }
    for asset in assets {
        if let Asset::Token(token) = asset
            && amounts.unknown(token)
        {
            findings.say(code::TOKEN_UNKNOWN, format!("nobody here knows the token at {}", token.to_checksum(None)));
        }
    }
}
