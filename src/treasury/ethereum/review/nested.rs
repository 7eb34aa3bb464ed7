//! Transactions of other Safes that this one approves (T19): the visible call is only a hash.
//!
//! - Which transaction it is, is found by its hash, computed from the fields. One that is not among the facts blocks.
//! - It is reviewed like any other. What blocks it blocks this one; what is to be weighed of it is to be weighed here.

use super::code;
use super::facts::{Facts, Nested};
use super::targets::place;
use super::{Review, Scope, inspect};
use crate::treasury::ethereum::calldata::Which;
use crate::treasury::ethereum::calls::{Calls, DEEPEST};
use crate::treasury::findings::Findings;
use alloy_primitives::{Address, B256, U256};
use std::collections::BTreeMap;

/// The most transactions of other Safes that are reviewed with one.
const MOST: usize = 64;

/// Transactions of other Safes by what an approval says of them.
pub(super) struct Known<'a> {
    by_hash: BTreeMap<(U256, Address, B256), &'a Nested>,
    /// How many more are reviewed.
    left: usize,
}

impl<'a> Known<'a> {
    pub fn new(facts: &'a Facts) -> Self {
        let hashed = facts.nested.iter().map(|nested| {
            let hash = nested.tx.hashes(&nested.at).safe_tx;
            ((nested.at.chain_id, nested.at.safe, hash), nested)
        });
        Self { by_hash: hashed.collect(), left: MOST }
    }
}

/// Reviews what is approved; each by the index of the call that approves it.
pub(super) fn read(calls: &Calls, scope: &mut Scope<'_, '_>, findings: &mut Findings) -> BTreeMap<usize, Review> {
    let mut reviews = BTreeMap::new();
    for call in calls.all().into_iter().filter(|call| call.meaning.which() == Some(Which::ApproveHash)) {
        let (place, safe) = (place(call), call.to.to_checksum(None));
        let Some(hash) = call.meaning.decoded().and_then(|decoded| decoded.word(0)) else {
            findings.say(code::NESTED_UNRESOLVED, format!("{place}: the hash for {safe} cannot be read"));
            continue;
        };
        let key = (scope.at.chain_id, call.to, hash);
        let nested = scope.known.by_hash.get(&key).copied().filter(|_| scope.depth < DEEPEST);
        let (Some(nested), Some(left)) = (nested, scope.known.left.checked_sub(1)) else {
            let message = format!("{place}: {hash} of the Safe {safe} is not known here; ask for its fields");
            findings.say(code::NESTED_UNRESOLVED, message);
            continue;
        };
        scope.known.left = left;
        let depth = scope.depth.saturating_add(1);
        let inner = Scope { at: &nested.at, facts: scope.facts, known: &mut *scope.known, depth };
        let review = inspect(inner, &nested.tx, nested.state.as_ref());
        for block in &review.verdict.blocks {
            let message = format!("{place}: {hash} of {safe}: {}: {}", block.code, block.message);
            findings.say(code::NESTED_BLOCKED, message);
        }
        for warning in &review.verdict.warnings {
            findings.say(code::NESTED, format!("{place}: {hash} of {safe}: {}: {}", warning.code, warning.message));
        }
        reviews.insert(call.index, review);
    }
    reviews
}
