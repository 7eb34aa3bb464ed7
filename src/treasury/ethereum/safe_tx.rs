//! A Safe transaction: the ten fields that its owners sign.
//!
//! - The fields are as the contract has them; nothing is missing and nothing is added. What is not among them (a memo, an
//!   origin, a decoded call) is not signed.

use super::SafeVersion;
use alloy_primitives::{Address, Bytes, U256};
use serde::{Deserialize, Serialize};

/// Which Safe: everything beside the transaction that its hash hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SafeAt {
    /// The chain.
    pub chain_id: U256,
    /// The Safe's address on it.
    pub safe: Address,
    /// The version of its contract.
    pub version: SafeVersion,
}

/// How the Safe runs the code at `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Operation {
    /// In that contract's own name: 0.
    Call,
    /// In the name of the Safe, with all its powers: 1.
    DelegateCall,
}

impl Operation {
    /// The number that stands for it, when it is one.
    pub fn of(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Call),
            1 => Some(Self::DelegateCall),
            _ => None,
        }
    }

    /// The number that stands for it.
    pub fn number(self) -> u8 {
        match self {
            Self::Call => 0,
            Self::DelegateCall => 1,
        }
    }

    /// The word that people read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::DelegateCall => "delegatecall",
        }
    }
}

impl From<Operation> for u8 {
    fn from(operation: Operation) -> Self {
        operation.number()
    }
}

impl TryFrom<u8> for Operation {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, &'static str> {
        Self::of(number).ok_or("an operation is 0 or 1")
    }
}

/// A Safe transaction. As JSON it has the fields of a file, and no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SafeTx {
    /// Whom it calls.
    pub to: Address,
    /// How much of the chain's own coin goes with it, in wei.
    pub value: U256,
    /// What it calls.
    pub data: Bytes,
    /// How it calls.
    pub operation: Operation,
    /// The gas that the call gets, 0 for all there is.
    pub safe_tx_gas: U256,
    /// Gas beside the call that a refund pays for.
    pub base_gas: U256,
    /// What a refund pays for a unit of gas, in the gas token; 0 for no refund.
    pub gas_price: U256,
    /// What a refund is paid in; zero for the chain's own coin.
    pub gas_token: Address,
    /// Who gets the refund; zero for whoever sends the transaction.
    pub refund_receiver: Address,
    /// Its place in the order of the Safe's transactions.
    pub nonce: U256,
}
