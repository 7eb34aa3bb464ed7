//! A payment: so much of something to somebody.

use super::{Ask, BuildError};
use crate::treasury::ethereum::calldata::Which;
use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, Bytes, U256};

/// What is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// The chain's own coin.
    Coin {
        /// How much, in wei.
        amount: U256,
    },
    /// A token (ERC-20).
    Token {
        /// Its contract.
        token: Address,
        /// How much, in its smallest unit.
        amount: U256,
    },
    /// A token that is not like the others of its contract (ERC-721).
    Item {
        /// Its contract.
        token: Address,
        /// Which one.
        id: U256,
    },
    /// So many of one kind of a contract that has several (ERC-1155).
    Items {
        /// Its contract.
        token: Address,
        /// Which kind.
        id: U256,
        /// How many.
        amount: U256,
    },
}

/// A payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Payment {
    /// What.
    pub what: What,
    /// To whom.
    pub to: Address,
}

impl Payment {
    /// The call that makes it, in the name of this Safe.
    pub fn ask(&self, safe: Address) -> Result<Ask, BuildError> {
        let Self { what, to } = *self;
        let number = |number| DynSolValue::Uint(number, 256);
        let address = DynSolValue::Address;
        let token = match what {
            What::Coin { .. } => None,
            What::Token { token, .. } | What::Item { token, .. } | What::Items { token, .. } => Some(token),
        };
        if to.is_zero() || token.is_some_and(|token| token.is_zero()) {
            return Err(BuildError::Nobody);
        }
        if to == safe || token == Some(safe) {
            return Err(BuildError::Itself);
        }
        if token == Some(to) {
            return Err(BuildError::TokenItself(to));
        }
        match what {
            What::Coin { amount } | What::Token { amount, .. } | What::Items { amount, .. } if amount.is_zero() => {
                Err(BuildError::Nothing)
            }
            What::Coin { amount } => Ask::new(to, amount, Bytes::new()),
            What::Token { token, amount } => Ask::call(token, Which::Transfer, vec![address(to), number(amount)]),
            What::Item { token, id } => {
                Ask::call(token, Which::SafeTransferFrom, vec![address(safe), address(to), number(id)])
            }
            What::Items { token, id, amount } => {
                let values =
                    vec![address(safe), address(to), number(id), number(amount), DynSolValue::Bytes(Vec::new())];
                Ask::call(token, Which::SafeTransferFromMany, values)
            }
        }
    }
}
