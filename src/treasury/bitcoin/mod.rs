//! Bitcoin: descriptors and the wallets made of them, PSBTs, and what a signer must know before signing one.

pub mod export;
pub mod finalize;
pub mod import;
pub mod labels;
pub mod policy;
pub mod psbt;
pub mod review;
pub mod signature;
pub mod wallet;

#[cfg(test)]
mod example;
