//! Why a transaction is not built.

use crate::treasury::ethereum::SafeVersion;
use crate::treasury::ethereum::address::AddressError;
use crate::treasury::ethereum::calldata::WriteError;
use alloy_primitives::{Address, U256};

/// Why a transaction is not built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// There is nothing to do.
    #[error("there is nothing to do")]
    Empty,
    /// More calls than one transaction should make.
    #[error("{0} calls are too many for one transaction (at most {most})", most = super::MOST_CALLS)]
    Many(usize),
    /// The calldata is longer than a block has room for.
    #[error("{0} bytes of calldata are too many (at most {longest})", longest = super::LONGEST_DATA)]
    Long(usize),
    /// Nothing is sent to nobody.
    #[error("the zero address is nobody: what goes there is lost")]
    Nobody,
    /// The Safe would pay itself.
    #[error("the recipient is the Safe itself")]
    Itself,
    /// A token sent to its own contract is lost.
    #[error("the recipient {0} is the token's own contract: what goes there is lost")]
    TokenItself(Address),
    /// Nothing would move.
    #[error("the amount is zero")]
    Nothing,
    /// No contract that carries out batches is published on this chain.
    #[error("no MultiSendCallOnly is published on chain {0}: send the calls one by one")]
    NoBatch(U256),
    /// A threshold that the Safe cannot have.
    #[error("a threshold of {threshold} does not go with {owners} owners")]
    Threshold {
        /// The threshold.
        threshold: U256,
        /// How many owners there would be.
        owners: usize,
    },
    /// It is the threshold already.
    #[error("the threshold is {0} already")]
    SameThreshold(U256),
    /// An address that the contract takes for no owner and no module.
    #[error("{0} can be neither an owner nor a module: it is the zero address, a mark of the contract, or the Safe")]
    Unfit(Address),
    /// It is on the list already.
    #[error("{0} is on the list already")]
    Already(Address),
    /// It is not on the list.
    #[error("{0} is not on the list")]
    Absent(Address),
    /// The contract's version has no such function.
    #[error("Safe {0} has no {1}")]
    NotInVersion(SafeVersion, &'static str),
    /// The contract would refuse it.
    #[error("the contract would refuse it: {0}")]
    Refused(String),
    /// An address that is none.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// An address of another chain, or of one that is not known by its short name.
    #[error("{prefix}: stands before the address, and the Safe is on chain {chain_id}")]
    Chain {
        /// What stands there.
        prefix: String,
        /// The Safe's chain.
        chain_id: U256,
    },
    /// Calldata that cannot be written.
    #[error(transparent)]
    Call(#[from] WriteError),
    /// What was built says something else when it is read back. It is not handed out.
    #[error("what was built is not what was asked")]
    Unlike,
}

impl BuildError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "build-empty",
            Self::Many(_) => "build-many",
            Self::Long(_) => "build-long",
            Self::Nobody => "build-nobody",
            Self::Itself => "build-itself",
            Self::TokenItself(_) => "build-token-itself",
            Self::Nothing => "build-nothing",
            Self::NoBatch(_) => "build-no-batch",
            Self::Threshold { .. } => "build-threshold",
            Self::SameThreshold(_) => "build-same-threshold",
            Self::Unfit(_) => "build-unfit",
            Self::Already(_) => "build-already",
            Self::Absent(_) => "build-absent",
            Self::NotInVersion(..) => "build-version",
            Self::Refused(_) => "build-refused",
            Self::Address(AddressError::Form(_)) => "address-form",
            Self::Address(AddressError::Checksum(_)) => "address-checksum",
            Self::Chain { .. } => "address-chain",
            Self::Call(error) => error.code(),
            Self::Unlike => "build-unlike",
        }
    }
}
