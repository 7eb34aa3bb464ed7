//! A simulated venue that speaks a real protocol: the demo's market, the load generator and the test bench.
//!
//! A matching engine with price-time priority is fed with made-up but lifelike orders, and serves Kraken's WebSocket v2
//! protocol on a socket, with right checksums. Its clients run the code that real venues are read with.
//!
//! | file | is about |
//! |---|---|
//! | `pair` | what is traded, and its temper |
//! | `dice` | chance that repeats |
//! | `engine` | orders meet |
//! | `flow` | where the orders come from |
//! | `chart` | what has been traded |
//! | `exchange` | all markets in one order of events |
//! | `window` | what a subscription sees of a book |
//! | `frame`, `request` | the protocol: what is said, what is asked |
//! | `fault` | what goes wrong on purpose |
//! | `session`, `gateway` | clients and what they hear, without sockets |
//! | `server` | sockets and the clock |
//! | `estate` | what the demo desk owns, and what that was worth |
//! | `door` | what the doors of all servers share |
//! | `http` | enough of HTTP for the chain and the service |
//! | `chain` | a Bitcoin chain behind the API of Esplora, in a folder of its own |
//! | `service` | a Safe Transaction Service, as strict as the real one, in a folder of its own |
//! | `device` | hardware wallets, one like a Ledger and one like a Trezor, in a folder of its own |
//!
//! Everything but the servers is pure: the same seed gives the same events in the same order, whatever the clock says.

mod chain;
mod chart;
pub mod device;
mod dice;
mod door;
mod engine;
mod estate;
mod exchange;
mod fault;
mod flow;
mod frame;
mod gateway;
mod http;
mod pair;
mod request;
mod server;
mod service;
mod session;
mod window;

#[cfg(test)]
mod tests;

pub use chain::{ChainFault, ChainServer, ChainSettings, Reject};
pub use estate::estate;
pub use fault::{Fault, FaultError, Injected, STALL, Trouble};
pub use pair::{MAX_PAIRS, Pair};
pub use server::{MAX_RATE, Server, Settings, SimError};
pub use service::{Execution, Field, KnownSafe, ServiceFault, ServiceServer, ServiceSettings, World as ServiceWorld};
