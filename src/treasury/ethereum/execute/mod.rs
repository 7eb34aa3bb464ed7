//! Carrying a Safe transaction out: the call to the Safe, the account's transaction around it, and what came of it.
//!
//! - Whoever carries out a Safe transaction is nobody special: the owners' signatures are what counts. The account pays the
//!   gas, and can neither change nor add anything.
//! - What is sent is made of what was reviewed ([`Execution::new`] asks for the proof), with exactly as many signatures as
//!   the Safe wants, each of them verified, and is judged by the contract's own rule before anything is signed.
//! - A mined transaction is not success. The Safe's own events say what became of it ([`receipt`]).
//! - What a simulation says is told and decides nothing: whoever answers it may lie.

pub mod call;
pub mod fees;
pub mod receipt;
pub mod revert;
pub mod simulate;
pub mod transaction;

pub use call::{Call, CallError, calldata};
pub use fees::{FeeError, Fees};
pub use receipt::{Log, Receipt, Told};
pub use revert::Revert;
pub use simulate::{Probe, Simulated};
pub use transaction::{Execution, ExecutionError, Sent};

#[cfg(test)]
mod tests;
