//! A stand-in for the Safe Transaction Service: HTTP on loopback, as strict as the real one, and as dishonest as a test wants it.
//!
//! It recomputes every safeTxHash, checks checksums, owners and signatures, and answers in the words of version 6.10.1. What
//! it knows of Safes it is told ([`ServiceServer::world`]); there is no chain behind it. Its clients run the code that the
//! real service is read with.
//!
//! What the real service has and this does not: balances, transfers, tokens, the history of the chain, decoded data (it
//! serves none), and the requests that name delegates (they are told to it).
//!
//! | file | is about |
//! |---|---|
//! | `world` | what it knows: Safes, delegates, transactions |
//! | `row` | one transaction with its confirmations |
//! | `sign` | whose the signatures are, and whether they hold |
//! | `field` | the fields of a request, one by one |
//! | `propose`, `confirm`, `delete` | what is taken, and what is refused |
//! | `list`, `shape` | pages of transactions, and their form in v1 and v2 |
//! | `answer` | which path gives what |
//! | `fault`, `twist` | what goes wrong on purpose, and how |
//! | `server` | sockets and the clock |
//!
//! Everything but `server` is pure: time comes in as a value.

mod answer;
mod confirm;
mod delete;
mod fault;
mod field;
mod list;
mod propose;
mod row;
mod server;
mod shape;
mod sign;
mod twist;
mod world;

#[cfg(test)]
mod tests;

pub use fault::{Field, ServiceFault};
pub use row::Execution;
pub use server::{ServiceServer, ServiceSettings};
pub use world::{KnownSafe, World};
