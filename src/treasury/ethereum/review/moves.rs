//! What a call moves, and what it lets others move.

use crate::treasury::ethereum::Operation;
use crate::treasury::ethereum::calldata::{Decoded, Which};
use crate::treasury::ethereum::calls::Call;
use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, U256};

/// What can be owned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asset {
    /// The chain's own coin.
    Coin,
    /// A token.
    Token(Address),
    /// Tokens that are not all alike, of one contract.
    Items(Address),
}

/// Something goes from one to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// What.
    pub asset: Asset,
    /// Which one of those that are not all alike.
    pub item: Option<U256>,
    /// From whom.
    pub from: Address,
    /// To whom.
    pub to: Address,
    /// How much, in the smallest unit.
    pub amount: U256,
}

/// Somebody may spend something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// What.
    pub asset: Asset,
    /// Who.
    pub spender: Address,
    /// How much; none for everything.
    pub amount: Option<U256>,
}

impl Allowance {
    /// Whether it takes away more than it gives.
    pub fn revokes(&self) -> bool {
        self.amount == Some(U256::ZERO)
    }

    /// Whether it is as good as everything: no token has that many.
    pub fn unlimited(&self) -> bool {
        self.amount.is_none_or(unlimited)
    }
}

/// Whether an amount stands for all there is: half of all numbers and above, or the largest of a shorter type.
pub fn unlimited(amount: U256) -> bool {
    let largest = |bits: usize| U256::MAX.wrapping_shr(256_usize.saturating_sub(bits));
    amount > largest(255) || [96, 128, 160].into_iter().any(|bits| amount == largest(bits))
}

/// What a call moves, as far as its function is known.
pub(super) fn moves(call: &Call) -> Vec<Move> {
    let mut moves = Vec::new();
    if call.operation == Operation::DelegateCall {
        return moves;
    }
    if !call.value.is_zero() && !call.is_self() {
        moves.push(Move { asset: Asset::Coin, item: None, from: call.by, to: call.to, amount: call.value });
    }
    if let Some(decoded) = call.meaning.decoded() {
        moves.extend(token(call, decoded).unwrap_or_default());
    }
    moves
}

fn token(call: &Call, decoded: &Decoded) -> Option<Vec<Move>> {
    let token = Asset::Token(call.to);
    let items = Asset::Items(call.to);
    let address = |at| decoded.address(at);
    let number = |at| decoded.number(at);
    let one = |asset, item, from, to, amount| vec![Move { asset, item, from, to, amount }];
    Some(match decoded.which()? {
        Which::Transfer | Which::TransferAndCall | Which::TransferAndCallData | Which::Send => {
            one(token, None, call.by, address(0)?, number(1)?)
        }
        Which::TransferFrom | Which::TransferFromAndCall | Which::TransferFromAndCallData => {
            one(token, None, address(0)?, address(1)?, number(2)?)
        }
        Which::SafeTransferFrom | Which::SafeTransferFromData => {
            one(items, number(2), address(0)?, address(1)?, U256::ONE)
        }
        Which::SafeTransferFromMany => one(items, number(2), address(0)?, address(1)?, number(3)?),
        Which::SafeBatchTransferFrom => {
            let (from, to) = (address(0)?, address(1)?);
            let numbers = |at| decoded.list(at).map(|list| list.iter().filter_map(DynSolValue::as_uint));
            let pairs = numbers(2)?.zip(numbers(3)?);
            pairs.map(|((id, _), (amount, _))| Move { asset: items, item: Some(id), from, to, amount }).collect()
        }
        Which::Permit2TransferFrom => one(Asset::Token(address(3)?), None, address(0)?, address(1)?, number(2)?),
        _ => return None,
    })
}

/// What a call lets somebody spend, in the name of whoever makes the call.
pub(super) fn allowance(call: &Call) -> Option<Allowance> {
    let decoded = call.meaning.decoded()?;
    let token = Asset::Token(call.to);
    let spender = |at| decoded.address(at);
    let number = |at| decoded.number(at);
    let all = |flag: bool| (!flag).then_some(U256::ZERO);
    let (asset, spender, amount) = match decoded.which()? {
        Which::Approve
        | Which::IncreaseAllowance
        | Which::IncreaseApproval
        | Which::ApproveAndCall
        | Which::ApproveAndCallData => (token, spender(0)?, Some(number(1)?)),
        Which::Permit if spender(0)? == call.by => (token, spender(1)?, Some(number(2)?)),
        Which::PermitAll if spender(0)? == call.by => (token, spender(1)?, all(decoded.flag(4)?)),
        Which::AuthorizeOperator => (token, spender(0)?, None),
        Which::RevokeOperator => (token, spender(0)?, Some(U256::ZERO)),
        Which::SetApprovalForAll => (Asset::Items(call.to), spender(0)?, all(decoded.flag(1)?)),
        Which::Permit2Approve => (Asset::Token(spender(0)?), spender(1)?, Some(number(2)?)),
        Which::Permit2Permit if spender(0)? == call.by => permit2(decoded)?,
        Which::SetAllowance => (asset_of(spender(1)?), spender(0)?, Some(number(2)?)),
        Which::DeleteAllowance => (asset_of(spender(1)?), spender(0)?, Some(U256::ZERO)),
        _ => return None,
    };
    Some(Allowance { asset, spender, amount })
}

/// The allowance module takes the zero address for the chain's own coin.
fn asset_of(token: Address) -> Asset {
    if token.is_zero() { Asset::Coin } else { Asset::Token(token) }
}

fn permit2(decoded: &Decoded) -> Option<(Asset, Address, Option<U256>)> {
    let [details, spender, _] = decoded.values.get(1)?.as_tuple()? else { return None };
    let [token, amount, ..] = details.as_tuple()? else { return None };
    Some((Asset::Token(token.as_address()?), spender.as_address()?, Some(amount.as_uint()?.0)))
}

/// Whether all that a function does is told by what it moves, allows or takes back.
pub(super) fn followed(which: Which) -> bool {
    matches!(
        which,
        Which::Transfer
            | Which::TransferFrom
            | Which::Approve
            | Which::IncreaseAllowance
            | Which::DecreaseAllowance
            | Which::IncreaseApproval
            | Which::DecreaseApproval
            | Which::AuthorizeOperator
            | Which::RevokeOperator
            | Which::SafeTransferFrom
            | Which::SafeTransferFromData
            | Which::SafeTransferFromMany
            | Which::SafeBatchTransferFrom
            | Which::SetApprovalForAll
            | Which::Deposit
            | Which::Withdraw
            | Which::Permit2Approve
            | Which::Permit2TransferFrom
            | Which::Permit2Lockdown
            | Which::SetAllowance
            | Which::DeleteAllowance
            | Which::RemoveDelegate
    )
}
