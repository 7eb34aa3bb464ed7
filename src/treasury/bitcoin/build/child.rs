//! A child that pays for its parents (CPFP): it spends an output of ours that waits, and pays so much that all of them
//! together come to the rate.

use super::choose::{Loads, sources};
use super::spend::{Besides, Rest, Spend, add, change};
use super::{BuildError, Built, Terms, waiting};
use crate::treasury::bitcoin::coins::{Marks, State};
use bitcoin::{OutPoint, Txid, Weight};
use std::collections::BTreeSet;

/// Spends from a transaction that waits, so that it and what it waits for are worth confirming: the rate is that of all
/// of them together. It takes the largest output that is ours, or the coins that the terms name, one of which has to be of
/// that transaction; what is left comes to a fresh address for change.
pub fn child(state: &State, marks: &Marks, txid: Txid, terms: &Terms) -> Result<Built, BuildError> {
    let parent = waiting::one(state, txid)?;
    let mut besides = Besides::NONE;
    for above in waiting::with_parents(state, &parent).values() {
        besides.weight = besides.weight.checked_add(above.weight()).unwrap_or(Weight::MAX);
        besides.fee = add(besides.fee, waiting::fee(state, above)?)?;
    }
    let paid = waiting::rate(besides.fee, besides.weight);
    if paid >= terms.rate {
        return Err(BuildError::Enough(paid));
    }
    let mut terms = terms.clone();
    let only = match terms.choice.only.take() {
        Some(only) => only,
        None => BTreeSet::from([largest(state, marks, txid, &terms)?]),
    };
    if !only.iter().any(|coin| coin.txid == txid) {
        return Err(BuildError::NoOutput(txid));
    }
    terms.choice.only = Some(only);
    let loads = Loads::of(state, &terms)?;
    let sources = sources(state, marks, &terms, &loads)?;
    let spot = change(state, &[])?;
    let script = state.wallet().script(spot).ok_or(BuildError::Wrong("there is no place for change"))?;
    let rest = Rest::All(script);
    let mut built =
        Spend { state, terms: &terms, sources, fixed: Vec::new(), rest, besides, replaces: Vec::new() }.build()?;
    built.change = Some((0, spot));
    Ok(built)
}

/// The largest output that is ours, unspent and free.
fn largest(state: &State, marks: &Marks, txid: Txid, terms: &Terms) -> Result<OutPoint, BuildError> {
    let coins = state.holdings(marks).coins;
    let of = coins.iter().filter(|coin| coin.outpoint.txid == txid && !terms.choice.never.contains(&coin.outpoint));
    let (frozen, free): (Vec<_>, Vec<_>) = of.partition(|coin| coin.frozen);
    match (free.iter().max_by_key(|coin| (coin.value, std::cmp::Reverse(coin.outpoint))), frozen.first()) {
        (Some(coin), _) => Ok(coin.outpoint),
        (None, Some(frozen)) => Err(BuildError::Frozen(frozen.outpoint)),
        (None, None) => Err(BuildError::NoOutput(txid)),
    }
}
