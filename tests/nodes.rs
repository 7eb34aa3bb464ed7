//! Against real nodes: bitcoind on regtest with ElectrumX in front of it, and anvil with the published contracts of Safe.
//! `make test-nodes` builds them and runs this; without them these tests are skipped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "chain/purse.rs"]
mod purse;

#[allow(dead_code)]
#[path = "treasury/office.rs"]
mod office;

#[allow(dead_code)]
#[path = "devices/bench.rs"]
mod bench;

mod nodes {
    pub mod agree;
    pub mod anvil;
    pub mod devices;
    pub mod follow;
    pub mod life;
    pub mod real;
    pub mod safe;
    pub mod safe_contracts;
    pub mod safe_life;
    pub mod safe_nested;
    pub mod words;
}
