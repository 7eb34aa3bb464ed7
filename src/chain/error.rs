//! Why a chain did not answer as it should. Texts are printable and short, and hold no password.

use crate::market::printable;
use alloy_primitives::{Address, B256, U256};
use bitcoin::Network;
use std::time::Duration;

/// Why something asked of a chain did not come about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The text names no way to a chain.
    #[error("{0}")]
    Source(String),
    /// What is needed to connect cannot be used: the file of authorities, TLS.
    #[error("{0}")]
    Settings(String),
    /// The server was not reached, or the connection broke.
    #[error("cannot reach {host}: {reason}")]
    Unreachable {
        /// The server.
        host: String,
        /// What happened.
        reason: String,
    },
    /// The server could not prove who it is. Nothing was sent to it.
    #[error("the certificate of {host} cannot be trusted: {reason}")]
    Certificate {
        /// The server.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The server did not answer in time.
    #[error("{host} did not answer within {} s", .after.as_secs_f32())]
    Timeout {
        /// The server.
        host: String,
        /// How long we waited.
        after: Duration,
    },
    /// The server does not take our name and password, or the cookie file cannot be read.
    #[error("{host} does not let us in: {reason}")]
    Auth {
        /// The server.
        host: String,
        /// Why.
        reason: String,
    },
    /// The server follows another chain than the wallet's.
    #[error("{host} follows another chain than {wanted}: its first block is {found}")]
    WrongNetwork {
        /// The server.
        host: String,
        /// The hash of its first block, or the name of its network where we know it.
        found: String,
        /// The wallet's network.
        wanted: Network,
    },
    /// The node follows another chain than the one that was pinned (T20).
    #[error("{host} follows chain {found}, and chain {wanted} is wanted")]
    WrongChain {
        /// The server.
        host: String,
        /// The chain's id by its own word.
        found: U256,
        /// The one that was pinned.
        wanted: U256,
    },
    /// Two nodes say different things of the same block.
    #[error("{host} and {second} say different things of {what}")]
    Disagree {
        /// The first.
        host: String,
        /// The second.
        second: String,
        /// Of what.
        what: String,
    },
    /// The second node has not come as far as the first.
    #[error("{host} is behind: it does not have block {block} yet")]
    Behind {
        /// The second node.
        host: String,
        /// The block that it has not.
        block: u64,
    },
    /// There is no Safe at this address.
    #[error("there is no Safe at {safe}: {reason}")]
    NoSafe {
        /// The address.
        safe: Address,
        /// What is there instead.
        reason: String,
    },
    /// The Safe's own contract computes another hash than we do: its owners would sign something else.
    #[error("the contract at {safe} computes the hash {theirs} for this transaction, and we compute {ours}")]
    OtherHash {
        /// The Safe.
        safe: Address,
        /// The contract's.
        theirs: B256,
        /// Ours.
        ours: B256,
    },
    /// A call fails where it would be run now.
    #[error("the call fails: {reason}")]
    Reverted {
        /// What it gives as its reason.
        reason: String,
    },
    /// The server has understood and refuses.
    #[error("{host} refuses: {reason}")]
    Refused {
        /// The server.
        host: String,
        /// Its own words.
        reason: String,
    },
    /// The server cannot answer now, and may later.
    #[error("{host} cannot answer now: {reason}")]
    Busy {
        /// The server.
        host: String,
        /// Its own words.
        reason: String,
    },
    /// An answer was larger than there is any reason for.
    #[error("{host} answered with more than {limit}")]
    TooLarge {
        /// The server.
        host: String,
        /// How much is taken, with its unit.
        limit: String,
    },
    /// An answer does not mean anything, or is proved to be untrue.
    #[error("{host} gave an answer that cannot be right: {reason}")]
    Malformed {
        /// The server.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// We were asked to stop.
    #[error("stopped")]
    Cancelled,
}

impl ChainError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Source(_) => "chain-source",
            Self::Settings(_) => "chain-settings",
            Self::Unreachable { .. } => "chain-unreachable",
            Self::Certificate { .. } => "chain-certificate",
            Self::Timeout { .. } => "chain-timeout",
            Self::Auth { .. } => "chain-auth",
            Self::WrongNetwork { .. } => "chain-wrong-network",
            Self::WrongChain { .. } => "chain-wrong-chain",
            Self::Disagree { .. } => "chain-disagree",
            Self::Behind { .. } => "chain-behind",
            Self::NoSafe { .. } => "chain-no-safe",
            Self::OtherHash { .. } => "chain-other-hash",
            Self::Reverted { .. } => "chain-reverted",
            Self::Refused { .. } => "chain-refused",
            Self::Busy { .. } => "chain-busy",
            Self::TooLarge { .. } => "chain-too-large",
            Self::Malformed { .. } => "chain-malformed",
            Self::Cancelled => "chain-cancelled",
        }
    }

    /// Whether the same may come about later without anybody changing anything.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Timeout { .. } | Self::Busy { .. } | Self::Behind { .. })
    }
}

/// Words from outside, cut short and made printable.
pub(super) fn words(text: &impl ToString) -> String {
    printable(text.to_string().trim()).chars().take(300).collect()
}

/// What went wrong at one server.
#[derive(Clone, Debug)]
pub(super) struct Blame(pub String);

impl Blame {
    /// An answer that cannot be right.
    pub fn malformed(&self, reason: impl ToString) -> ChainError {
        ChainError::Malformed { host: self.0.clone(), reason: words(&reason) }
    }

    /// A refusal in the server's words.
    pub fn refused(&self, reason: impl ToString) -> ChainError {
        ChainError::Refused { host: self.0.clone(), reason: words(&reason) }
    }

    /// No connection.
    pub fn unreachable(&self, reason: impl ToString) -> ChainError {
        ChainError::Unreachable { host: self.0.clone(), reason: words(&reason) }
    }

    /// Too much.
    pub fn too_large(&self, limit: impl ToString) -> ChainError {
        ChainError::TooLarge { host: self.0.clone(), limit: limit.to_string() }
    }
}
