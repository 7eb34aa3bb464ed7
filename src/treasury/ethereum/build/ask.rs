//! One call that a Safe is asked to make, and whom people mean by what they type.

use super::BuildError;
use crate::treasury::ethereum::address::{self, Written};
use crate::treasury::ethereum::calldata::{Function, Which, write};
use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256, Bytes, U256};

/// A call; never a delegatecall.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ask {
    /// Whom it calls.
    pub to: Address,
    /// How much of the chain's own coin goes with it, in wei.
    pub value: U256,
    /// What it calls.
    pub data: Bytes,
}

impl Ask {
    /// Any call. Nobody is not called: in a batch of 1.5.0 that would be the Safe itself.
    pub fn new(to: Address, value: U256, data: Bytes) -> Result<Self, BuildError> {
        match to.is_zero() {
            true => Err(BuildError::Nobody),
            false => Ok(Self { to, value, data }),
        }
    }

    /// A function that is known here.
    pub(super) fn call(to: Address, which: Which, values: Vec<DynSolValue>) -> Result<Self, BuildError> {
        Self::new(to, U256::ZERO, write(which, values)?)
    }
}

/// A function of a user's ABI, with its arguments as people type them.
pub fn custom(to: Address, value: U256, function: &Function, texts: &[String]) -> Result<Ask, BuildError> {
    Ask::new(to, value, function.write_texts(texts)?)
}

/// The approval of another Safe's transaction, of which this one is an owner, on the chain.
pub fn approval(parent: Address, safe_tx: B256) -> Result<Ask, BuildError> {
    Ask::call(parent, Which::ApproveHash, vec![DynSolValue::FixedBytes(safe_tx, 32)])
}

/// An address as somebody typed it, perhaps with its chain in front: the short name, or the number. It has to be the
/// Safe's chain.
pub fn recipient(text: &str, chain_id: U256) -> Result<Written, BuildError> {
    let written = address::read_prefixed(text)?;
    let Some(prefix) = &written.prefix else { return Ok(written) };
    let named = match prefix.bytes().all(|byte| byte.is_ascii_digit()) {
        true => prefix.parse().ok(),
        false => address::chain(prefix),
    };
    match named == Some(chain_id) {
        true => Ok(written),
        false => Err(BuildError::Chain { prefix: prefix.clone(), chain_id }),
    }
}
