//! How chains are reached: Esplora against the simulated chain, Electrum and a node against servers that follow a script;
//! what they answer rightly, what they answer wrongly, and what they do not answer. The same of Ethereum's nodes and of the
//! service that Safes' owners meet at.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod chain {
    pub mod bitcoind;
    pub mod command;
    pub mod electrum;
    pub mod esplora;
    pub mod ethereum;
    pub mod lies;
    pub mod node;
    pub mod purse;
    pub mod rules;
    pub mod script;
    pub mod service;
    pub mod web;
    pub mod world;
}
