//! Which signatures a PSBT really has: each checked against our own sighash and a key that we derived ourselves.
//!
//! - A signature counts for a seat when it is valid for the very bytes of this transaction, under a key that the
//!   wallet's descriptor derives at the input's own spot, and asks for the usual sighash (ALL, or DEFAULT in taproot).
//! - The spot is found by what the file says of paths and believed only when the descriptor derives the coin's script.
//! - What is in a PSBT and does not verify is reported, never counted: a quorum is a count of what was verified here.
//!
//! Sighashes are those of BIP-143 and BIP-341, and the old way for inputs without a witness.

mod check;
mod child;
mod given;
mod own;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(super) use check::inspect_at;
pub(super) use check::{Signed, Valid, inspect};
pub use own::Derived;
pub(super) use own::{How, Own};

use super::policy::Recovery;
use super::psbt::Packet;
use super::wallet::{Spot, Wallet};
use bitcoin::bip32::Fingerprint;

/// One seat's part in the signatures of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The fingerprint of the cosigner's seed.
    pub fingerprint: Fingerprint,
    /// The inputs that it has validly signed, in order.
    pub inputs: Vec<usize>,
}

/// A signature that counts for nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// At which input.
    pub input: usize,
    /// Under which key, in hex.
    pub key: String,
    /// Why it does not count.
    pub reason: StrayReason,
}

/// Why a signature counts for nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StrayReason {
    /// It is not valid for these bytes and this key.
    #[error("it is not valid for these bytes")]
    Invalid,
    /// It is under a key that is none of the wallet's at this spot.
    #[error("its key is none of the wallet's")]
    Foreign,
    /// It leaves parts of the transaction open to change.
    #[error("it does not sign the whole transaction")]
    Sighash,
    /// What it signs cannot be known: the input lacks what it spends.
    #[error("what it signs cannot be known without the coin that is spent")]
    Unknown,
    /// So many others are invalid that it was not looked at.
    #[error("it was not looked at: too many others are invalid")]
    Unchecked,
}

/// The signatures of a transaction, as verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signatures {
    /// Every seat of the quorum, in the descriptor's order, signed or not.
    pub seats: Vec<Seat>,
    /// Every cosigner, in the order of [`super::policy::Policy::cosigners`]: also those who can only sign later.
    pub cosigners: Vec<Seat>,
    /// How many inputs there are to sign.
    pub inputs: usize,
    /// How many seats it takes.
    pub required: usize,
    /// What counts for nobody.
    pub strays: Vec<Stray>,
    /// Where in the wallet each input's coin was proved to be; none for a foreign one.
    pub spots: Vec<Option<Spot>>,
}

impl Signatures {
    /// The seats that have validly signed *every* input: those that count.
    pub fn complete(&self) -> impl Iterator<Item = &Seat> + '_ {
        self.seats.iter().filter(|seat| self.whole(seat))
    }

    /// Whether the quorum has signed.
    pub fn enough(&self) -> bool {
        self.complete().count() >= self.required
    }

    /// How many of those who may sign once a time lock has ended have signed every input.
    pub fn complete_later(&self, way: &Recovery) -> usize {
        let seats = way.seats.iter().filter_map(|place| self.cosigners.get(*place));
        seats.filter(|seat| self.whole(seat)).count()
    }

    /// Whether enough of those who may sign once a time lock has ended have signed.
    pub fn enough_later(&self, way: &Recovery) -> bool {
        self.complete_later(way) >= way.required
    }

    fn whole(&self, seat: &Seat) -> bool {
        self.inputs > 0 && seat.inputs.len() == self.inputs
    }
}

/// The signatures of a PSBT of the wallet.
pub fn verify(packet: &Packet, wallet: &Wallet) -> Signatures {
    verify_with(packet, &mut Derived::of(wallet))
}

/// The same, with what was derived before.
pub fn verify_with(packet: &Packet, derived: &mut Derived<'_>) -> Signatures {
    inspect(packet, derived).0
}
