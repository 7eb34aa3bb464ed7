//! The proof that a transaction was reviewed and nothing blocks it: without one, nothing here signs.
//!
//! - Only a review makes one ([`super::review`]): for its own packet and wallet, when its verdict has no blocks.
//! - It borrows the very packet that was reviewed, so that nothing can be changed between the review and the signature.

use super::psbt::Packet;
use super::wallet::Wallet;

/// A packet that a review has let through, and the wallet that it was reviewed for.
#[derive(Clone, Copy, Debug)]
pub struct Reviewed<'a> {
    wallet: &'a Wallet,
    packet: &'a Packet,
}

impl<'a> Reviewed<'a> {
    /// For the review alone, and only when nothing blocks.
    pub(super) fn new(wallet: &'a Wallet, packet: &'a Packet) -> Self {
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
