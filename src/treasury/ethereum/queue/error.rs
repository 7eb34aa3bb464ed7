//! Why a row or a page of a list is not taken.

use super::{LONGEST, MOST};
use crate::treasury::ethereum::address::AddressError;
use crate::treasury::ethereum::file::FileError;
use alloy_primitives::{Address, B256, U256};

/// Why a row or a page is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The page is too long.
    #[error("the page is longer than {LONGEST} bytes")]
    Long,
    /// The page is no list of rows.
    #[error("the page is no list: {0}")]
    Page(String),
    /// There are too many rows.
    #[error("there are more than {MOST} rows, and the rest is not read")]
    Many,
    /// A field is not as it has to be.
    #[error(transparent)]
    Form(#[from] FileError),
    /// It is of another Safe.
    #[error("the row is of another Safe, {0}")]
    Safe(Address),
    /// The fields have another hash than the one that is claimed: something in them was changed, or the version or the
    /// chain is another.
    #[error("the row claims the hash {said}, and its fields have {ours}")]
    Hash {
        /// What it claims.
        said: B256,
        /// What its fields give.
        ours: B256,
    },
    /// Its nonce was used: it can never be executed.
    #[error("the row has the nonce {nonce}, and the Safe is at {least}: it can never be executed")]
    Stale {
        /// Its nonce.
        nonce: U256,
        /// The Safe's.
        least: U256,
    },
    /// Its confirmations are no list of a length that can be.
    #[error("the row's confirmations are no list of at most 256")]
    Confirmations,
}

impl RowError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Long => "page-long",
            Self::Page(_) => "page-json",
            Self::Many => "page-many",
            Self::Form(error) => match error {
                FileError::Long => "row-long",
                FileError::Json(_) => "row-json",
                FileError::Many(_) => "row-many",
                FileError::Missing(_) => "row-missing",
                FileError::Twice(_) => "row-twice",
                FileError::Number(_) => "row-number",
                FileError::Large(_) => "row-large",
                FileError::Text(_) => "row-text",
                FileError::Address(_, AddressError::Form(_)) => "row-address",
                FileError::Address(_, AddressError::Checksum(_)) => "row-checksum",
                FileError::Hex(_) => "row-hex",
                FileError::Operation => "row-operation",
                FileError::Version(_) => "row-version",
                FileError::Chain { .. } => "row-chain",
                FileError::List(_) => "row-list",
            },
            Self::Safe(_) => "row-safe",
            Self::Hash { .. } => "row-hash",
            Self::Stale { .. } => "row-stale",
            Self::Confirmations => "row-confirmations",
        }
    }
}
