//! The one way to a signature: the proof that a transaction was reviewed and that nothing blocks it.
//!
//! - Only [`reviewed`] makes one. It borrows the very packet and wallet that were reviewed, so that nothing can be changed
//!   between the review and the signature.

use super::super::psbt::Packet;
use super::super::wallet::Wallet;
use super::{Facts, Review, review};
use crate::treasury::verdict::Judgement;

/// A packet that a review has let through, and the wallet that it was reviewed for.
#[derive(Clone, Copy, Debug)]
pub struct Reviewed<'a> {
    wallet: &'a Wallet,
    packet: &'a Packet,
}

impl<'a> Reviewed<'a> {
    /// What no review has let through, to try what a signer refuses by itself.
    #[cfg(test)]
    pub(in crate::treasury) fn unseen(wallet: &'a Wallet, packet: &'a Packet) -> Self {
        Self { wallet, packet }
    }

    /// The wallet that it was reviewed for.
    pub fn wallet(&self) -> &'a Wallet {
        self.wallet
    }

    /// What was reviewed.
    pub fn packet(&self) -> &'a Packet {
        self.packet
    }
}

/// Reviews a packet, and gives the proof that signers ask for unless something blocks. Whether its warnings are accepted
/// is for a person to say.
pub fn reviewed<'a>(packet: &'a Packet, wallet: &'a Wallet, facts: &Facts) -> (Review, Option<Reviewed<'a>>) {
    let review = review(packet, wallet, facts);
    let passed = review.verdict.judgement() != Judgement::Block;
    (review, passed.then_some(Reviewed { wallet, packet }))
}
