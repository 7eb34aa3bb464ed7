//! Bitcoin: descriptors and the wallets made of them, PSBTs, and what a signer must know before signing one.

pub mod build;
pub mod coins;
pub mod export;
pub mod finalize;
pub mod hot;
pub mod import;
pub mod labels;
pub mod policy;
pub mod psbt;
pub mod review;
pub mod signature;
pub mod wallet;

#[cfg(test)]
pub(crate) mod example;
