//! The review that comes before every signature for a Safe: what a transaction does, and why it must not be signed.
//!
//! - It is a function: the same transaction and facts give the same [`Review`]. The console, `--json` and every way to a
//!   signer use this one.
//! - Everything is read from the fields that the hash is over, and the hash is computed here. What a service says of them is
//!   not looked at.
//! - Nothing is called harmless because it cannot be read.
//! - Its cost is bounded by the length of the calldata and by limits, whatever the calldata says.

pub mod code;
pub mod control;
pub mod facts;
pub mod moves;

mod amounts;
mod json;
mod kind;
mod nested;
mod reviewed;
mod rows;
mod standing;
mod targets;
mod totals;

pub use amounts::{Amounts, coin};
pub use control::Change;
pub use facts::Facts;
pub use json::Shape;
pub use kind::Kind;
pub use moves::{Allowance, Asset, Move};
pub use reviewed::{Reviewed, reviewed};
pub(in crate::treasury) use standing::rejects;
pub use totals::{Effects, Total};

use super::calls::{Call, Calls};
use super::deployments::{self, Standing};
use super::{Hashes, SafeAt, SafeTx};
use crate::treasury::findings::Findings;
use crate::treasury::verdict::Verdict;
use facts::State;
use std::collections::BTreeMap;
use targets::Looked;

/// Changes of control, each with the index of the call that makes it.
pub type Changes = Vec<(usize, Change)>;

/// What a transaction does, and the verdict on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Review {
    /// Which Safe it is for.
    pub at: SafeAt,
    /// The transaction.
    pub tx: SafeTx,
    /// What is signed, and the two halves of it that devices show.
    pub hashes: Hashes,
    /// What it is for.
    pub kind: Kind,
    /// The calls that it makes.
    pub calls: Calls,
    /// What goes where.
    pub effects: Effects,
    /// The changes of control.
    pub changes: Changes,
    /// The Safe before and after them, where it is known how it stands.
    pub control: Option<(State, State)>,
    /// The transactions of other Safes that it approves, by the index of the call that does.
    pub nested: BTreeMap<usize, Review>,
    /// The sum: rows, warnings and blocks.
    pub verdict: Verdict,
}

/// What a review is made within: the Safe, the facts, and how deep among Safes that own each other it is.
struct Scope<'a, 'k> {
    at: &'a SafeAt,
    facts: &'a Facts,
    known: &'k mut nested::Known<'a>,
    depth: usize,
}

/// Reviews a transaction that a Safe's owners are asked to sign.
pub fn review(at: &SafeAt, tx: &SafeTx, facts: &Facts) -> Review {
    let mut known = nested::Known::new(facts);
    inspect(Scope { at, facts, known: &mut known, depth: 0 }, tx, facts.safe.as_ref())
}

fn inspect(mut scope: Scope<'_, '_>, tx: &SafeTx, state: Option<&State>) -> Review {
    let (at, facts) = (scope.at, scope.facts);
    let mut findings = Findings::new(code::ALL);
    let hashes = tx.hashes(at);
    let calls = Calls::read(at, tx, &facts.abis);
    let amounts = Amounts::new(facts, at.chain_id);
    let looked = Looked { at, code: &facts.code };
    standing::contract(&looked, facts, state, &mut findings);
    standing::check_refund(tx, facts, &amounts, &mut findings);
    // The queue and the file are of the transaction that is signed, not of those that it approves.
    let queue = facts.queue.as_deref().filter(|_| scope.depth == 0).unwrap_or_default();
    standing::nonce(tx, &hashes, queue, state, &mut findings);
    if scope.depth == 0 {
        standing::notes(facts, &mut findings);
    }
    looked.check(&calls, &mut findings);
    let known = totals::known(at, facts, state);
    let effects = totals::follow(at, &calls, facts, &known, &mut findings);
    totals::check(&effects, &calls, state, &amounts, &mut findings);
    let (changes, control) = controls(&looked, &calls, state, &mut findings);
    let nested = nested::read(&calls, &mut scope, &mut findings);
    let (warnings, blocks) = findings.told();
    let verdict = Verdict { rows: Vec::new(), warnings, blocks };
    let (at, tx, kind) = (*at, tx.clone(), Kind::Unknown);
    let mut review = Review { at, tx, hashes, kind, calls, effects, changes, control, nested, verdict };
    review.kind = Kind::of(&review);
    review.verdict.rows = rows::write(&review, facts, state, &amounts, &known);
    review
}

/// The changes of control, and the Safe before and after them.
fn controls(
    looked: &Looked<'_>,
    calls: &Calls,
    state: Option<&State>,
    findings: &mut Findings,
) -> (Changes, Option<(State, State)>) {
    let at = looked.at;
    let mut changes = Vec::new();
    let mut after = state.cloned();
    for call in calls.all() {
        for change in control::changes(call, at) {
            let told = format!("{}: {}", targets::place(call), change.told());
            findings.say(code::CONTROL_CHANGE, &told);
            foreign(looked, call, &change, findings);
            if let Some(state) = &mut after
                && let Err(why) = control::apply(state, &change, at.safe)
            {
                findings.say(code::CONTROL_FAILS, format!("{told}: {why}"));
            }
            changes.push((call.index, change));
        }
    }
    let control = state.cloned().zip(after).filter(|_| !changes.is_empty());
    (changes, control)
}

/// Whether a Safe would be put on code that Safe did not publish.
fn foreign(looked: &Looked<'_>, call: &Call, change: &Change, findings: &mut Findings) {
    let Change::Singleton(code) = change else { return };
    let standing = code.and_then(|code| Some((code, deployments::standing(looked.at.chain_id, code)?)));
    match standing {
        Some((code, known @ (Standing::Listed(pinned) | Standing::Unlisted(pinned))))
            if pinned.contract.is_singleton() =>
        {
            looked.published(code, known, findings);
        }
        _ => {
            let place = targets::place(call);
            findings.say(code::SINGLETON_FOREIGN, format!("{place}: {}", change.told()));
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
