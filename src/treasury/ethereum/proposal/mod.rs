//! The journal's Safes: which are watched, how the chain says they stand, what is proposed for them, who has approved it,
//! and what became of it.
//!
//! - [`Safes`] is folded from entries by [`crate::treasury::proposal::Treasury::apply`]; every rule is enforced there, when
//!   an entry is written and when it is read.
//! - A quorum is counted from signatures that were verified while folding, against the owners as the chain last said
//!   ([`Stand`]). Other owners, or another threshold: counted anew.
//! - An approval is over the safeTxHash of the ten fields; no field can change without another proposal coming of it.
//! - Where a proposal stands is computed from what is recorded, never stored in an entry. The chain has the last word.

mod event;
mod fact;
mod fold;
mod id;
mod posted;
mod record;
mod refusal;
mod safe;
mod stand;
mod terms;
#[cfg(test)]
mod tests;
mod words;

pub use event::SafeEvent;
pub use fact::{Cached, facts};
pub use fold::Safes;
pub use id::{NoSafeId, SafeId};
pub use posted::Posted;
pub use record::{Execution, ExecutionState, MinedAt, OwnerSeat, SafeProposal};
pub use refusal::SafeRefusal;
pub use safe::{PinnedToken, Safe};
pub use stand::{Stand, StandError};
pub use terms::{Fees, OnChain, Outcome, SafeKind, Source};
