//! Safes: what a Safe transaction does, the hash that its owners sign, and whose signatures are valid over it.
//!
//! - What is shown is decoded from the very fields that the hash is over. What a service says about them is a claim.
//! - The version of the Safe's contract decides the hash, so it is part of every question ([`SafeVersion`]).
//! - A delegatecall is a takeover unless it goes to a contract that is pinned here by address and by the hash of its code.

pub mod address;
pub mod build;
pub mod calldata;
pub mod calls;
pub mod deployments;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]
pub(crate) mod example;
pub mod exchange;
pub mod execute;
pub mod file;
pub mod hash;
pub mod hot;
pub mod likeness;
pub mod nested;
pub mod proposal;
pub mod queue;
pub mod review;
pub mod safe_tx;
pub mod signature;
pub mod version;

pub use exchange::Proposal;
pub use file::SafeFile;
pub use hash::{Hashes, SafeMessage};
pub use safe_tx::{Operation, SafeAt, SafeTx};
pub use version::SafeVersion;
