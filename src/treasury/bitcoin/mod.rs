//! Bitcoin: descriptors and the wallets made of them, PSBTs, and what a signer must know before signing one.

pub mod finalize;
pub mod policy;
pub mod psbt;
pub mod signature;
pub mod wallet;

#[cfg(test)]
pub(crate) mod example;
