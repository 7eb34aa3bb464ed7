//! The one way to a signature: the proof that a transaction was reviewed and that nothing blocks it.
//!
//! - Only [`reviewed`] makes one. It borrows the very packet and wallet that were reviewed, so that nothing can be changed
//!   between the review and the signature.
//! - The transaction whose place it takes may be added. The proof does not rest on it: a device shows less where it knows it,
//!   and has to hold it against the packet itself.

use super::super::psbt::Packet;
use super::super::wallet::Wallet;
use super::{Facts, Review, review};
use crate::treasury::verdict::Judgement;
use bitcoin::Transaction;

/// A packet that a review has let through, and the wallet that it was reviewed for.
#[derive(Clone, Copy, Debug)]
pub struct Reviewed<'a> {
    wallet: &'a Wallet,
    packet: &'a Packet,
    original: Option<&'a Transaction>,
}

impl<'a> Reviewed<'a> {
    /// What no review has let through, to try what a signer refuses by itself.
    #[cfg(test)]
    pub(in crate::treasury) fn unseen(wallet: &'a Wallet, packet: &'a Packet) -> Self {
        Self { wallet, packet, original: None }
    }

    /// The wallet that it was reviewed for.
    pub fn wallet(&self) -> &'a Wallet {
        self.wallet
    }

    /// What was reviewed.
    pub fn packet(&self) -> &'a Packet {
        self.packet
    }

    /// The same, with the transaction whose place it takes, as that was signed.
    pub fn replacing(self, original: &'a Transaction) -> Self {
        Self { original: Some(original), ..self }
    }

    /// The transaction whose place it takes, as that was signed; none where it takes nobody's, or it is not known.
    pub fn original(&self) -> Option<&'a Transaction> {
        self.original
    }
}

/// Reviews a packet, and gives the proof that signers ask for unless something blocks. Whether its warnings are accepted
/// is for a person to say.
pub fn reviewed<'a>(packet: &'a Packet, wallet: &'a Wallet, facts: &Facts) -> (Review, Option<Reviewed<'a>>) {
    let review = review(packet, wallet, facts);
    let passed = review.verdict.judgement() != Judgement::Block;
    (review, passed.then_some(Reviewed { wallet, packet, original: None }))
}
