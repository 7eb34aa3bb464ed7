//! Proposals and approvals: who wants what, who has signed, and what became of it, folded from the entries of the
//! journal.
//!
//! - [`Treasury::apply`] is the one place where anything changes, and every rule is enforced there: an entry that breaks
//!   one is refused when it is written and when it is read.
//! - A quorum is counted from signatures that were verified while folding, over the very bytes of the proposal; no entry
//!   says how many there are.
//! - An approval belongs to bytes, wallet and version of the policy ([`ProposalId`]): change any and it is void.
//! - Nothing is broadcast by itself: that takes an entry of its own, after a quorum and within the proposal's time.

mod event;
mod facts;
mod fate;
mod fold;
mod id;
mod identity;
mod listed;
mod packed;
mod record;
mod refusal;
mod seat;
mod state;
#[cfg(test)]
mod tests;
mod vault;
mod words;

pub use event::{Answer, Event, Kind};
pub use facts::{facts, original};
pub use fate::{Status, became, unsettled};
pub use fold::Treasury;
pub use id::{NoId, ProposalId};
pub use identity::{Identity, IdentityKey, IdentitySignature};
pub use listed::Listed;
pub use packed::{InputSignature, PackedPacket, Slot, brought, put};
pub use record::{Mined, Proposal, Seat, Sent};
pub use refusal::Refusal;
pub(in crate::treasury) use seat::said;
pub use seat::{LONGEST_TEXT, SeatId, SeatState, Signer};
pub use state::{State, Taken};
pub use vault::{Registration, Vault};
