//! What is known besides the transaction, pinned when the review begins.
//!
//! - Whatever is not known is left out (`None`, or empty), never guessed: a review says what it could not check.
//! - The same transaction and facts give the same review, so that it can be repeated and signed for.
//! - Nothing that a transaction service says belongs here, but which transactions there are: their hashes are computed.

use crate::market::Timestamp;
use crate::treasury::bitcoin::review::facts::Prices;
use crate::treasury::ethereum::calldata::Abis;
use crate::treasury::ethereum::file::Note;
use crate::treasury::ethereum::{SafeAt, SafeTx, SafeVersion};
use alloy_primitives::{Address, B256, U256};
use std::collections::{BTreeMap, BTreeSet};

/// What is known.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The time of the review.
    pub now: Option<Timestamp>,
    /// The chain that the rest of this was asked of, by its own word.
    pub chain_id: Option<U256>,
    /// The Safe as it stands.
    pub safe: Option<State>,
    /// The hashes of the code at addresses (`EXTCODEHASH`); zero, or the hash of nothing, where there is none.
    pub code: BTreeMap<Address, B256>,
    /// Tokens; none where nobody looked.
    pub tokens: Option<BTreeMap<Address, Token>>,
    /// Recipients on the list.
    pub recipients: Vec<Known>,
    /// Addresses that were paid before; none where the past is not known.
    pub paid: Option<BTreeSet<Address>>,
    /// What one of the chain's own coin is worth.
    pub coin_prices: Prices,
    /// What one of a token is worth.
    pub token_prices: BTreeMap<Address, Prices>,
    /// Other transactions that wait for this Safe; none where nobody looked.
    pub queue: Option<Vec<Queued>>,
    /// Transactions of other Safes, of which this one may be an owner.
    pub nested: Vec<Nested>,
    /// ABIs that the user gave.
    pub abis: Abis,
    /// What was noticed when the file was read.
    pub notes: Vec<Note>,
    /// Somebody answers for the refund; whoever sets this has to have written it to the journal.
    pub refund_overridden: bool,
}

/// A Safe as the chain says it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The block that says so.
    pub block: u64,
    /// The version that the contract says of itself.
    pub version: SafeVersion,
    /// The owners, in the contract's order.
    pub owners: Vec<Address>,
    /// How many of them have to sign.
    pub threshold: U256,
    /// The nonce that is next.
    pub nonce: U256,
    /// The modules, in the contract's order. Each can do everything without a signature.
    pub modules: Vec<Address>,
    /// What is asked before and after each transaction; zero for nothing.
    pub guard: Address,
    /// What is asked before and after what a module does; zero for nothing.
    pub module_guard: Address,
    /// What answers calls that the Safe has no function for; zero for nothing.
    pub fallback_handler: Address,
    /// Where the Safe's own code is.
    pub singleton: Address,
    /// How much of the chain's own coin it has, in wei.
    pub balance: U256,
    /// How much it has of tokens, in their smallest units; only those that were asked for.
    pub tokens: BTreeMap<Address, U256>,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it calls itself. Not to be believed.
    pub symbol: String,
    /// How many digits an amount has behind the point, pinned when they were first read.
    pub decimals: Option<u8>,
    /// Whether it is on the user's list: only then does its symbol mean something.
    pub trusted: bool,
}

/// A recipient with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The name.
    pub name: String,
    /// The address.
    pub address: Address,
}

/// Another transaction that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Its safeTxHash, as computed here.
    pub hash: B256,
    /// Its nonce.
    pub nonce: U256,
    /// What it is known by. Not to be believed.
    pub name: String,
    /// Whether whoever reads the review has signed it.
    pub signed: bool,
    /// Whether it is ours, or an owner's signature over it was verified: anybody can list one that nobody has signed, so such
    /// a one competes and fills no gap.
    pub vouched: bool,
}

/// A transaction of another Safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nested {
    /// Which Safe it is for.
    pub at: SafeAt,
    /// The transaction.
    pub tx: SafeTx,
    /// That Safe as it stands, where it is known.
    pub state: Option<State>,
}
