//! The one way to a signature: a review that found no reason against it.

use super::super::psbt::Packet;
use super::super::reviewed::Reviewed;
use super::super::wallet::Wallet;
use super::{Facts, Review, review};
use crate::treasury::verdict::Judgement;

/// Reviews a packet, and gives the proof that signers ask for unless something blocks. Whether its warnings are accepted
/// is for a person to say.
pub fn reviewed<'a>(packet: &'a Packet, wallet: &'a Wallet, facts: &Facts) -> (Review, Option<Reviewed<'a>>) {
    let review = review(packet, wallet, facts);
    let passed = review.verdict.judgement() != Judgement::Block;
    (review, passed.then(|| Reviewed::new(wallet, packet)))
}
