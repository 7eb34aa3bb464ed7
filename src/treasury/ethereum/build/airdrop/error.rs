//! Why a table of payments is not taken, and where.

use super::super::{AmountError, BuildError};
use super::{LONGEST, MOST_ROWS};
use crate::treasury::ethereum::address::AddressError;
use alloy_primitives::Address;
use std::fmt;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// The line, from 1.
    pub line: u64,
    /// The column by its name, where it is one's.
    pub column: Option<&'static str>,
    /// What.
    pub trouble: Trouble,
}

impl std::error::Error for RowError {}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            Some(column) => write!(f, "line {}, {column}: {}", self.line, self.trouble),
            None => write!(f, "line {}: {}", self.line, self.trouble),
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The file is too long.
    #[error("the file has more than {LONGEST} bytes")]
    Long,
    /// There are too many rows.
    #[error("there are more than {MOST_ROWS} rows")]
    Many,
    /// There is no row.
    #[error("there is no payment in it")]
    Empty,
    /// It is not a table, or no text.
    #[error("it is not a table of text, separated by commas")]
    Form,
    /// A column that nobody knows: leaving it out could change what is meant.
    #[error("the column {0:?} is not known: token_type, token_address, receiver, amount and id are")]
    Column(String),
    /// A column stands there twice.
    #[error("the column stands there twice")]
    Twice,
    /// A column is missing.
    #[error("the column is missing")]
    Missing,
    /// A row has more or fewer fields than the header.
    #[error("there are {found} fields, and the header has {expected}")]
    Fields {
        /// What the header has.
        expected: usize,
        /// What the row has.
        found: usize,
    },
    /// A type that nobody knows.
    #[error("{0:?} is none of native, erc20, erc721, erc1155")]
    Kind(String),
    /// An address is no address.
    #[error(transparent)]
    Address(AddressError),
    /// An address of another chain.
    #[error("{0}: is not the chain of the Safe")]
    Chain(String),
    /// The zero address.
    #[error("the zero address is nobody: what goes there is lost")]
    Nobody,
    /// A token would go to its own contract.
    #[error("the recipient is the token's own contract: what goes there is lost")]
    TokenItself,
    /// The Safe would pay itself.
    #[error("the recipient, or the token, is the Safe itself")]
    Itself,
    /// It cannot be made into a call.
    #[error("{0}")]
    Refused(String),
    /// Something stands there that has no meaning for this type.
    #[error("a row of this type has none")]
    Spare,
    /// An amount cannot be read.
    #[error(transparent)]
    Amount(AmountError),
    /// Nothing would move.
    #[error("the amount is zero")]
    Nothing,
    /// Only one of these is.
    #[error("an erc721 token is one: the amount is 1 or empty")]
    One,
    /// Which one it is cannot be read.
    #[error("the id is a whole number")]
    Id,
    /// It is not known how many digits a token's amounts have.
    #[error("the decimals of the token {0} are not known")]
    Decimals(Address),
}

impl RowError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match &self.trouble {
            Trouble::Long => "row-file-long",
            Trouble::Many => "row-many",
            Trouble::Empty => "row-none",
            Trouble::Form => "row-form",
            Trouble::Column(_) => "row-column-unknown",
            Trouble::Twice => "row-column-twice",
            Trouble::Missing => "row-column-missing",
            Trouble::Fields { .. } => "row-fields",
            Trouble::Kind(_) => "row-token-type",
            Trouble::Address(AddressError::Form(_)) => "row-address",
            Trouble::Address(AddressError::Checksum(_)) => "row-checksum",
            Trouble::Chain(_) => "row-chain",
            Trouble::Nobody => "row-nobody",
            Trouble::TokenItself => "row-token-itself",
            Trouble::Itself => "row-itself",
            Trouble::Refused(_) => "row-refused",
            Trouble::Spare => "row-spare",
            Trouble::Amount(AmountError::Form) => "row-amount",
            Trouble::Amount(AmountError::Digits(..)) => "row-amount-digits",
            Trouble::Amount(AmountError::Large) => "row-amount-large",
            Trouble::Nothing => "row-amount-zero",
            Trouble::One => "row-amount-one",
            Trouble::Id => "row-id",
            Trouble::Decimals(_) => "row-decimals",
        }
    }
}

impl Trouble {
    /// What is wrong with whom somebody would pay.
    pub(super) fn of(error: BuildError) -> Self {
        match error {
            BuildError::Address(error) => Self::Address(error),
            BuildError::Chain { prefix, .. } => Self::Chain(prefix),
            BuildError::Nobody => Self::Nobody,
            BuildError::TokenItself(_) => Self::TokenItself,
            BuildError::Nothing => Self::Nothing,
            BuildError::Itself => Self::Itself,
            other => Self::Refused(other.to_string()),
        }
    }
}
