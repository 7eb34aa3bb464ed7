//! Changes of who and what controls a Safe, as calls of the Safe to itself.
//!
//! - The contract keeps owners and modules in lists and finds an entry by the one before it: that one is taken from the
//!   lists as they stand, and for several changes as each leaves them for the next.
//! - What the contract would refuse is not built: the rule is the one by which the review follows changes.

use super::{Ask, BuildError};
use crate::treasury::ethereum::calldata::Which;
use crate::treasury::ethereum::review::Change;
use crate::treasury::ethereum::review::control::{SENTINEL, apply};
use crate::treasury::ethereum::review::facts::State;
use crate::treasury::ethereum::{SafeAt, SafeVersion};
use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, U256};

/// A change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// An owner more.
    AddOwner {
        /// Who.
        owner: Address,
        /// The threshold from then on; none for the one that it is.
        threshold: Option<U256>,
    },
    /// An owner less.
    RemoveOwner {
        /// Who.
        owner: Address,
        /// The threshold from then on; none for the one that it is.
        threshold: Option<U256>,
    },
    /// An owner in another's place.
    SwapOwner {
        /// Who goes.
        old: Address,
        /// Who comes.
        new: Address,
    },
    /// Another threshold.
    Threshold(U256),
    /// A module more: it can do everything without a signature.
    EnableModule(Address),
    /// A module less.
    DisableModule(Address),
    /// Another guard; zero for none.
    Guard(Address),
    /// Another fallback handler; zero for none.
    FallbackHandler(Address),
}

/// The calls that make these changes, one after the other, in a Safe that stands so.
pub fn controls(at: &SafeAt, state: &State, changes: &[Control]) -> Result<Vec<Ask>, BuildError> {
    let mut state = state.clone();
    let mut asks = Vec::new();
    for control in changes {
        let (change, which, values) = control.told(at, &state)?;
        apply(&mut state, &change, at.safe).map_err(BuildError::Refused)?;
        asks.push(Ask::call(at.safe, which, values)?);
    }
    Ok(asks)
}

impl Control {
    /// The change as the review tells it, and the function that makes it.
    fn told(&self, at: &SafeAt, state: &State) -> Result<(Change, Which, Vec<DynSolValue>), BuildError> {
        let address = DynSolValue::Address;
        let number = |number| DynSolValue::Uint(number, 256);
        let kept = |threshold: Option<U256>| threshold.unwrap_or(state.threshold);
        let owners = state.owners.len();
        Ok(match *self {
            Self::AddOwner { owner, threshold } => {
                let threshold = fits(kept(threshold), owners.saturating_add(1))?;
                new_entry(&state.owners, owner, at)?;
                let values = vec![address(owner), number(threshold)];
                (Change::AddOwner(owner, threshold), Which::AddOwner, values)
            }
            Self::RemoveOwner { owner, threshold } => {
                let before = before(&state.owners, owner)?;
                let threshold = fits(kept(threshold), owners.saturating_sub(1))?;
                let values = vec![address(before), address(owner), number(threshold)];
                (Change::RemoveOwner(before, owner, threshold), Which::RemoveOwner, values)
            }
            Self::SwapOwner { old, new } => {
                let before = before(&state.owners, old)?;
                new_entry(&state.owners, new, at)?;
                let values = vec![address(before), address(old), address(new)];
                (Change::SwapOwner(before, old, new), Which::SwapOwner, values)
            }
            Self::Threshold(threshold) if threshold == state.threshold => {
                return Err(BuildError::SameThreshold(threshold));
            }
            Self::Threshold(threshold) => {
                let threshold = fits(threshold, owners)?;
                (Change::Threshold(threshold), Which::ChangeThreshold, vec![number(threshold)])
            }
            Self::EnableModule(module) => {
                new_entry(&state.modules, module, at)?;
                (Change::EnableModule(module), Which::EnableModule, vec![address(module)])
            }
            Self::DisableModule(module) => {
                let before = before(&state.modules, module)?;
                let values = vec![address(before), address(module)];
                (Change::DisableModule(before, module), Which::DisableModule, values)
            }
            Self::Guard(guard) => {
                since(at, SafeVersion::V1_3_0, "guards")?;
                (Change::Guard(settable(guard, at)?), Which::SetGuard, vec![address(guard)])
            }
            Self::FallbackHandler(handler) => {
                since(at, SafeVersion::V1_1_1, "fallback handler")?;
                (Change::FallbackHandler(settable(handler, at)?), Which::SetFallbackHandler, vec![address(handler)])
            }
        })
    }
}

/// The threshold, if so many owners can have it.
fn fits(threshold: U256, owners: usize) -> Result<U256, BuildError> {
    match !threshold.is_zero() && threshold <= U256::from(owners) {
        true => Ok(threshold),
        false => Err(BuildError::Threshold { threshold, owners }),
    }
}

/// Whether somebody may come onto a list.
fn new_entry(list: &[Address], entry: Address, at: &SafeAt) -> Result<(), BuildError> {
    if entry.is_zero() || entry == SENTINEL || entry == at.safe {
        return Err(BuildError::Unfit(entry));
    }
    match list.contains(&entry) {
        true => Err(BuildError::Already(entry)),
        false => Ok(()),
    }
}

/// What stands before an entry of a list.
fn before(list: &[Address], entry: Address) -> Result<Address, BuildError> {
    let place = list.iter().position(|known| *known == entry).ok_or(BuildError::Absent(entry))?;
    Ok(place.checked_sub(1).and_then(|place| list.get(place)).copied().unwrap_or(SENTINEL))
}

/// Neither the mark of the lists nor the Safe itself.
fn settable(address: Address, at: &SafeAt) -> Result<Address, BuildError> {
    match address == SENTINEL || address == at.safe {
        true => Err(BuildError::Unfit(address)),
        false => Ok(address),
    }
}

/// Whether the contract has that function.
fn since(at: &SafeAt, version: SafeVersion, what: &'static str) -> Result<(), BuildError> {
    match at.version >= version {
        true => Ok(()),
        false => Err(BuildError::NotInVersion(at.version, what)),
    }
}
