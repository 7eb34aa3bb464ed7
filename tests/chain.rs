//! How chains are reached: Esplora against the simulated chain, Electrum and a node against servers that follow a script;
//! what they answer rightly, what they answer wrongly, and what they do not answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod chain {
    pub mod bitcoind;
    pub mod command;
    pub mod electrum;
    pub mod esplora;
    pub mod lies;
    pub mod purse;
    pub mod rules;
    pub mod script;
}
