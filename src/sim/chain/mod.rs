//! A simulated Bitcoin chain behind the HTTP API of Esplora: regtest blocks with real work, and a mempool with real rules.
//!
//! The network is regtest, from its true first block. Scripts are verified by Bitcoin Core's own consensus code
//! (`bitcoinconsensus`), and what the mempool refuses is refused in the words of Bitcoin Core. Its clients run the code that
//! real servers are read with.
//!
//! What a node enforces and this does not: rules of policy inside scripts (minimal pushes, low S, a clean stack), packages,
//! and the size of the mempool. The minimum fee is one satoshi for a virtual byte, as nodes had it for many years.
//!
//! | file | is about |
//! |---|---|
//! | `block` | making a block |
//! | `ledger` | blocks, coins, and who spends them |
//! | `rules` | what a transaction must keep to by itself |
//! | `pool` | what waits, and what replaces it |
//! | `world` | all of it together: mining, reorganisations, the faucet |
//! | `answer`, `shape` | the API: which path gives what, and in which form |
//! | `fault` | what goes wrong on purpose |
//! | `server` | sockets and the clock |
//!
//! Everything but `server` is pure: time comes in as a value.

mod answer;
mod block;
mod fault;
mod ledger;
mod pool;
mod rules;
mod server;
mod shape;
mod world;

pub use fault::ChainFault;
pub use pool::Reject;
pub use server::{ChainServer, ChainSettings};
