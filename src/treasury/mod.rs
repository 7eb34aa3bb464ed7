//! Multisig treasuries: wallets, proposals, the review that comes before every signature, and who has approved.
//!
//! - Everything here is a function of bytes and pinned facts. There is no clock, no network and no file: time, tip and
//!   prices come in as values.
//! - A proposal's state is folded from entries of the journal; a quorum is counted from verified signatures and stored
//!   nowhere.
//! - There is one review ([`bitcoin::review`]), and no other way to a signature.

#![deny(clippy::float_arithmetic)]

pub mod bitcoin;
pub mod code;
pub mod ethereum;
pub mod exchange;
mod likeness;
pub mod proposal;
pub mod verdict;

mod findings;
