//! The one way to a signature for a Safe: the proof that a transaction was reviewed and that nothing blocks it.
//!
//! - Only [`reviewed`] makes one. It borrows the very transaction that was reviewed and holds the hash that was computed of
//!   it, so that nothing can be changed between the review and the signature.

use super::{Facts, Review, review};
use crate::treasury::ethereum::{Hashes, SafeAt, SafeTx};
use crate::treasury::verdict::Judgement;

/// A transaction that a review has let through.
#[derive(Clone, Copy, Debug)]
pub struct Reviewed<'a> {
    at: &'a SafeAt,
    tx: &'a SafeTx,
    hashes: Hashes,
}

impl<'a> Reviewed<'a> {
    /// Which Safe it was reviewed for.
    pub fn at(&self) -> &'a SafeAt {
        self.at
    }

    /// What was reviewed.
    pub fn tx(&self) -> &'a SafeTx {
        self.tx
    }

    /// What is to be signed.
    pub fn hashes(&self) -> &Hashes {
        &self.hashes
    }
}

/// Reviews a transaction, and gives the proof that signers ask for unless something blocks. Whether its warnings are accepted
/// is for a person to say.
pub fn reviewed<'a>(at: &'a SafeAt, tx: &'a SafeTx, facts: &Facts) -> (Review, Option<Reviewed<'a>>) {
    let review = review(at, tx, facts);
    let passed = review.verdict.judgement() != Judgement::Block;
    let hashes = review.hashes;
    (review, passed.then_some(Reviewed { at, tx, hashes }))
}
