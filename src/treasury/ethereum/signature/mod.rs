//! The signatures of a Safe's owners: whose each one is, whether it holds, and how they are packed for the contract.
//!
//! - A signature is 65 bytes, r, s and v. v says what it is: 27 and 28 a key's over the hash, 31 and 32 a key's over the hash
//!   as a message (`eth_sign`, from 1.1.1 on), 1 an approval on the chain, 0 a contract's, whose own bytes follow later.
//! - A signature counts when it is checked here. What only the chain can answer is a [`Question`], and until it is answered
//!   the signature is open, not valid.
//! - The contract looks at the first `threshold` signatures, in the order of the owners as numbers, and at nothing after
//!   them. [`judge`] says of packed bytes what it says; [`pack`] makes bytes that it takes.
//! - A high s is valid for every version, and told.
//!
//! <https://docs.safe.global/advanced/smart-account-signatures>

mod checked;
mod confirmation;
mod judge;
mod known;
mod pack;
mod recover;

pub use checked::Checked;
pub use confirmation::{Confirmation, Kind};
pub use judge::{Outcome, Reason, Refusal, judge};
pub(in crate::treasury::ethereum) use known::Answers;
pub use known::{Asked, Known, Question, SafeFacts, Subject};
pub use pack::{pack, unpack};
pub use recover::recover;

use super::SafeVersion;
use alloy_primitives::{Address, B256};

/// The length of one signature.
pub const ONE: usize = 65;

/// The longest signature of a contract that is read.
pub const LONGEST: usize = 1 << 16;

/// The longest packed signatures that are read.
pub const LONGEST_PACKED: usize = 1 << 20;

/// The most signatures that are read or packed.
pub const MOST: usize = 256;

/// Why a signature is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is too short.
    #[error("a signature has 65 bytes, not {0}")]
    Short(usize),
    /// There is more than it should be.
    #[error("{0} bytes follow the signature that do not belong to it")]
    Trailing(usize),
    /// It is too long.
    #[error("the signature is longer than {0} bytes")]
    Long(usize),
    /// There are too many.
    #[error("there are more than {MOST} signatures")]
    Many,
    /// Its last byte says nothing that the contract knows.
    #[error("v is {0}: the contract knows 0, 1, 27, 28, 31 and 32")]
    V(u8),
    /// It says that a contract or an approval stands for it, and names none.
    #[error("v is {0}, but r is no address: perhaps a device gave its raw recovery id, which is not 27 or 28")]
    NoAddress(u8),
    /// This version takes no signatures of `eth_sign`.
    #[error("v says eth_sign, and Safe {0} does not take it")]
    EthSign(SafeVersion),
    /// It leads to no key.
    #[error("the signature leads to no key")]
    NoKey,
    /// Where the contract's own bytes should be, they are not.
    #[error("the contract's signature is not where it is said to be")]
    Offset,
    /// It is not by the one who is said to have made it.
    #[error("the signature leads to {found}, not to {claimed}: another's, or over something else")]
    Other {
        /// Who is said to have made it.
        claimed: Address,
        /// Whose it is.
        found: Address,
    },
    /// It is by nobody who owns the Safe.
    #[error("{0} is no owner: a stranger's signature, or an owner's over something else")]
    NotOwner(Address),
    /// It was read against another hash.
    #[error("the signature was checked against {0}, not against this transaction")]
    Hash(B256),
    /// The hash was not approved on the chain.
    #[error("{0} has not approved this hash on the chain")]
    NotApproved(Address),
    /// The contract does not take it.
    #[error("the contract {owner} does not take its signature: {refusal}")]
    Contract {
        /// The owner that is a contract.
        owner: Address,
        /// What it says.
        refusal: Refusal,
    },
    /// An owner's is there more than once.
    #[error("{0} has signed twice")]
    Twice(Address),
    /// There are not enough.
    #[error("{have} signatures, {need} are needed")]
    Few {
        /// How many there are.
        have: usize,
        /// How many the Safe wants.
        need: usize,
    },
}

impl SignatureError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Short(_) => "signature-short",
            Self::Trailing(_) => "signature-trailing",
            Self::Long(_) => "signature-long",
            Self::Many => "signature-many",
            Self::V(_) => "signature-v",
            Self::NoAddress(_) => "signature-no-address",
            Self::EthSign(_) => "signature-eth-sign",
            Self::NoKey => "signature-no-key",
            Self::Offset => "signature-offset",
            Self::Other { .. } => "signature-other",
            Self::NotOwner(_) => "signature-not-owner",
            Self::Hash(_) => "signature-hash",
            Self::NotApproved(_) => "signature-not-approved",
            Self::Contract { .. } => "signature-contract",
            Self::Twice(_) => "signature-twice",
            Self::Few { .. } => "signature-few",
        }
    }
}

/// One signature's 65 bytes, taken apart.
#[derive(Clone, Copy)]
struct Part {
    r: B256,
    s: B256,
    v: u8,
}

impl Part {
    fn of(bytes: &[u8]) -> Option<Self> {
        let (r, rest) = bytes.split_first_chunk::<32>()?;
        let (s, rest) = rest.split_first_chunk::<32>()?;
        Some(Self { r: B256::from(*r), s: B256::from(*s), v: *rest.first()? })
    }

    /// The address that r is read as: whatever stands before it does not count.
    fn address(&self) -> Address {
        Address::from_word(self.r)
    }

    fn bytes(&self) -> [u8; ONE] {
        let mut bytes = [0; ONE];
        let all = self.r.iter().chain(&self.s).chain([&self.v]);
        bytes.iter_mut().zip(all).for_each(|(to, from)| *to = *from);
        bytes
    }
}

#[cfg(test)]
pub(super) mod tests;
