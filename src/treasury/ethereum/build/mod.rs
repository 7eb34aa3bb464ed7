//! Transactions to propose to a Safe: payments, batches of them, changes of who controls it, plain calls, rejections.
//!
//! - A transaction is made of calls ([`Ask`]). One call is made by itself; several go by delegatecall to the published
//!   MultiSendCallOnly, which makes no delegatecalls. No other delegatecall is offered.
//! - There are no refunds: the gas fields are zero, so that the Safe pays nobody for carrying it out.
//! - What was built is read back from its bytes before it is handed out, and says exactly what was asked.
//! - Building proves nothing to a signer: what is proposed is reviewed like what came from anywhere.

pub mod airdrop;

mod amount;
mod ask;
mod batch;
mod control;
mod error;
mod payment;
#[cfg(test)]
mod tests;

pub use amount::{AmountError, amount};
pub use ask::{Ask, approval, custom, recipient};
pub use batch::batch_contract;
pub use control::{Control, controls};
pub use error::BuildError;
pub use payment::{Payment, What};

use super::{Operation, SafeAt, SafeTx};
use alloy_primitives::{Address, Bytes, U256};

/// The most calls of a transaction that is built here.
pub const MOST_CALLS: usize = 1_000;

/// The longest calldata that is built here: what nodes pass on at most.
pub const LONGEST_DATA: usize = 120 << 10;

/// The transaction that makes these calls, in this order, at this nonce.
pub fn transaction(at: &SafeAt, nonce: U256, asks: &[Ask]) -> Result<SafeTx, BuildError> {
    let tx = match asks {
        [] => return Err(BuildError::Empty),
        [Ask { to, value, data }] => plain(*to, *value, data.clone(), Operation::Call, nonce),
        several => {
            let (to, data) = batch::batch(at, several)?;
            plain(to, U256::ZERO, data, Operation::DelegateCall, nonce)
        }
    };
    match tx.data.len() > LONGEST_DATA {
        true => Err(BuildError::Long(tx.data.len())),
        false => Ok(tx),
    }
}

/// The transaction that takes the place of those at the same nonce, and does nothing.
pub fn rejection(at: &SafeAt, nonce: U256) -> SafeTx {
    plain(at.safe, U256::ZERO, Bytes::new(), Operation::Call, nonce)
}

/// Without refunds, with all the gas there is.
fn plain(to: Address, value: U256, data: Bytes, operation: Operation, nonce: U256) -> SafeTx {
    SafeTx {
        to,
        value,
        data,
        operation,
        safe_tx_gas: U256::ZERO,
        base_gas: U256::ZERO,
        gas_price: U256::ZERO,
        gas_token: Address::ZERO,
        refund_receiver: Address::ZERO,
        nonce,
    }
}
