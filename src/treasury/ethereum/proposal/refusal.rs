//! Why an event of a Safe cannot have happened, beside what it shares with Bitcoin's.

use super::{SafeId, StandError};
use crate::treasury::ethereum::signature::SignatureError;
use crate::treasury::proposal::{ProposalId, SeatState};
use alloy_primitives::{Address, B256, U256};

/// The longest signed transaction, and the longest calldata: more than nodes pass on.
pub const LONGEST_RAW: usize = 128 << 10;

/// Why an event of a Safe is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SafeRefusal {
    /// No such Safe.
    #[error("there is no Safe {0}")]
    NoSafe(SafeId),
    /// It is there already.
    #[error("this Safe is there already, as {0}")]
    KnownSafe(String),
    /// No name at all.
    #[error("a name is wanted")]
    NoName,
    /// No Safe stands like this.
    #[error(transparent)]
    Stand(#[from] StandError),
    /// An older answer of the chain than what is known.
    #[error("the chain's answer is of block {found}, and one of block {known} is known: an older one says nothing")]
    Stale {
        /// The block that is known.
        known: u64,
        /// The block of the answer.
        found: u64,
    },
    /// A token's decimals never change.
    #[error("the token {} was pinned with {pinned} decimals, not {found}: something else stands at its address", .token.to_checksum(None))]
    Decimals {
        /// Which token.
        token: Address,
        /// As it was pinned.
        pinned: u8,
        /// As it is told now.
        found: u8,
    },
    /// The Safe has used this nonce (T21).
    #[error("its nonce is {tx}, and the Safe is at {safe}: it can never be carried out")]
    NonceUsed {
        /// The transaction's.
        tx: U256,
        /// The Safe's next.
        safe: U256,
    },
    /// Others have to be carried out before.
    #[error("its nonce is {tx}, and the Safe is at {safe}: what comes before has to be carried out first")]
    NotNext {
        /// The transaction's.
        tx: U256,
        /// The Safe's next.
        safe: U256,
    },
    /// Another proposal used the nonce.
    #[error("the nonce {nonce} was used by the proposal {}", .by.short())]
    NonceTaken {
        /// Which nonce.
        nonce: U256,
        /// By which.
        by: ProposalId,
    },
    /// Another proposal with this nonce is on its way, and this is no rejection.
    #[error("the proposal {} has the nonce {nonce} too, and it is on its way", .by.short())]
    Competes {
        /// Which nonce.
        nonce: U256,
        /// Which proposal.
        by: ProposalId,
    },
    /// The same transaction is proposed already.
    #[error("this very transaction is the proposal {}", .0.short())]
    KnownTransaction(ProposalId),
    /// It is called a rejection and is none, or is one and not called so.
    #[error("a safe_reject is a call of the Safe to itself without value and data, and nothing else is one")]
    Reject,
    /// Too many bytes.
    #[error("{0} bytes are more than any node takes ({LONGEST_RAW})")]
    Long(usize),
    /// The one who is named is no owner.
    #[error("{} does not own this Safe", .0.to_checksum(None))]
    NotOwner(Address),
    /// A move of an owner that does not exist.
    #[error("the owner {} is {} and cannot become {}", .owner.to_checksum(None), .from.name(), .to.name())]
    SeatMove {
        /// Which owner.
        owner: Address,
        /// Where it stands.
        from: Box<SeatState>,
        /// Where it was to go.
        to: Box<SeatState>,
    },
    /// A signature that does not count.
    #[error("the signature of {} does not count: {reason}", .owner.to_checksum(None))]
    Signature {
        /// Whose.
        owner: Address,
        /// Why.
        reason: SignatureError,
    },
    /// Only the chain knows, and it was not asked.
    #[error("whether {} has approved is for the chain to say: ask it first", .0.to_checksum(None))]
    Unanswered(Address),
    /// The chain has nothing to say to it.
    #[error("the approval of {} is no question to the chain", .0.to_checksum(None))]
    NoQuestion(Address),
    /// The chain says no.
    #[error("the chain says that {} has not approved this", .0.to_checksum(None))]
    Denied(Address),
    /// Counted already.
    #[error("{} has approved already; a second approval of the same owner counts for nothing", .0.to_checksum(None))]
    Already(Address),
    /// Not the one who speaks for the owner.
    #[error("the owner {} is spoken for by another identity", .0.to_checksum(None))]
    OtherIdentity(Address),
    /// Nobody speaks for the owner yet.
    #[error("nobody speaks for the owner {} yet: claim it first", .0.to_checksum(None))]
    Unclaimed(Address),
    /// The rejection's signature is wrong.
    #[error("the rejection of {} is not signed by who it says", .0.to_checksum(None))]
    ForgedRejection(Address),
    /// The bytes are not those of the hash.
    #[error("the signed bytes are the transaction {found}, not {claimed}")]
    OtherRaw {
        /// What the entry says.
        claimed: B256,
        /// What the bytes make.
        found: B256,
    },
    /// No such execution.
    #[error("the execution {0} was not sent from here")]
    NoExecution(B256),
    /// The execution is not on its way.
    #[error("the execution {0} is not on its way")]
    NotPending(B256),
    /// It stands in another block than the one that is told.
    #[error("it does not stand in the block {0}")]
    NotInBlock(B256),
}

impl SafeRefusal {
    /// The code that scripts see; it never changes its meaning.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSafe(_) => "no-safe",
            Self::KnownSafe(_) => "safe-known",
            Self::NoName => "no-name",
            Self::Stand(_) => "safe-stand",
            Self::Stale { .. } => "stale",
            Self::Decimals { .. } => "token-decimals",
            Self::NonceUsed { .. } => "nonce-used",
            Self::NotNext { .. } => "nonce-not-next",
            Self::NonceTaken { .. } => "nonce-taken",
            Self::Competes { .. } => "competes",
            Self::KnownTransaction(_) => "proposal-known",
            Self::Reject => "no-reject",
            Self::Long(_) => "too-long",
            Self::NotOwner(_) => "no-seat",
            Self::SeatMove { .. } => "illegal-move",
            Self::Signature { reason, .. } => reason.code(),
            Self::Unanswered(_) => "chain-unasked",
            Self::NoQuestion(_) => "no-question",
            Self::Denied(_) => "chain-denies",
            Self::Already(_) => "already-approved",
            Self::OtherIdentity(_) => "other-identity",
            Self::Unclaimed(_) => "seat-unclaimed",
            Self::ForgedRejection(_) => "rejection-forged",
            Self::OtherRaw { .. } => "other-transaction",
            Self::NoExecution(_) | Self::NotPending(_) => "not-sent",
            Self::NotInBlock(_) => "other-block",
        }
    }
}
