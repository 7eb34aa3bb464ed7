//! What a receipt says became of a Safe transaction.
//!
//! - That a transaction was mined without failing says nothing of the Safe's: before 1.3.0 always, and later where it names
//!   its own gas, the call within fails alone. The Safe says so in an event.
//! - Only events of the Safe's own address count, of exactly the form that its version writes, about exactly this hash.
//!   1.0.0 tells of failures only.
//! - A receipt is what one node says. That it is in a block that stays is for whoever asks to find out.
//!
//! <https://github.com/safe-global/safe-smart-account/blob/main/contracts/interfaces/ISafe.sol>

use crate::treasury::ethereum::SafeVersion;
use alloy_primitives::{Address, B256, Bytes, U256, b256};

/// `ExecutionFailed(bytes32)`, of 1.0.0 and before.
pub const FAILED: B256 = b256!("abfd711ecdd15ae3a6b3ad16ff2e9d81aec026a39d16725ee164be4fbf857a7c");

/// `ExecutionFailure(bytes32,uint256)`, from 1.1.1 on.
pub const FAILURE: B256 = b256!("23428b18acfb3ea64b08dc0c1d296ea9c09702c09083ca5272e64d115b687d23");

/// `ExecutionSuccess(bytes32,uint256)`, from 1.1.1 on.
pub const SUCCESS: B256 = b256!("442e715f626346e8c54381002da614f62bee8d27386535b2521ec8540898556e");

/// The most events of a transaction that are looked at.
const MOST: usize = 100_000;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Whose it is.
    pub address: Address,
    /// What it is, and what it can be found by.
    pub topics: Vec<B256>,
    /// What it says besides.
    pub data: Bytes,
}

/// A receipt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Whether the transaction as such succeeded.
    pub succeeded: bool,
    /// Its events.
    pub logs: Vec<Log>,
}

/// What a receipt says of a Safe transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The Safe carried it out.
    Success {
        /// What the Safe paid for it, in the smallest unit of the gas token.
        payment: U256,
    },
    /// The Safe tried, and its call failed. Its nonce is used up.
    Failure {
        /// What the Safe paid for it; none where the version does not tell.
        payment: Option<U256>,
    },
    /// The transaction as such failed: nothing happened, and the Safe's nonce is as it was.
    Reverted,
    /// Nothing failed, and this version says nothing of success. Whether it was this one that was carried out is to be seen
    /// from what was sent, or from the Safe's nonce.
    Silent,
    /// It says nothing about this Safe transaction.
    Unrelated,
}

/// What a receipt says of the transaction with this hash, of a Safe of this version.
pub fn told(version: SafeVersion, safe: Address, safe_tx: B256, receipt: &Receipt) -> Told {
    if !receipt.succeeded {
        return Told::Reverted;
    }
    let own = receipt.logs.iter().take(MOST).filter(|log| log.address == safe);
    let mut success = None;
    for (hash, event) in own.filter_map(|log| read(version, log)) {
        match event {
            _ if hash != safe_tx => {}
            // A failure outweighs whatever else is said.
            Told::Failure { .. } => return event,
            event => success = success.or(Some(event)),
        }
    }
    match success {
        Some(told) => told,
        None if version <= SafeVersion::V1_0_0 => Told::Silent,
        None => Told::Unrelated,
    }
}

/// What an event of a Safe of this version says, and about which transaction.
pub fn read(version: SafeVersion, log: &Log) -> Option<(B256, Told)> {
    let words: Vec<B256> = log.data.chunks(32).map(B256::try_from).collect::<Result<_, _>>().ok()?;
    let (kind, hash, payment) = match (log.topics.as_slice(), words.as_slice()) {
        ([kind], [hash]) if version <= SafeVersion::V1_0_0 => (*kind, *hash, None),
        ([kind], [hash, payment]) if (SafeVersion::V1_1_1..=SafeVersion::V1_3_0).contains(&version) => {
            (*kind, *hash, Some(payment))
        }
        ([kind, hash], [payment]) if version >= SafeVersion::V1_4_1 => (*kind, *hash, Some(payment)),
        _ => return None,
    };
    let payment = payment.map(|word| U256::from_be_bytes(word.0));
    match (kind, payment) {
        (FAILED, None) => Some((hash, Told::Failure { payment: None })),
        (FAILURE, Some(_)) => Some((hash, Told::Failure { payment })),
        (SUCCESS, Some(payment)) => Some((hash, Told::Success { payment })),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
