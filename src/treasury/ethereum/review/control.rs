//! Who and what controls the Safe, before and after (T18): owners, threshold, modules, guards, fallback handler, and its code.
//!
//! - A change counts wherever in the tree of calls it stands. It is followed in the order in which calls are made, as the
//!   contract does it; what the contract would refuse is told, and nothing is changed by it.
//! - A change is told whether or not it is known how the Safe stands.
//!
//! <https://docs.safe.global/reference-smart-account/overview>

use super::facts::State;
use crate::treasury::ethereum::calldata::{Decoded, Which};
use crate::treasury::ethereum::calls::Call;
use crate::treasury::ethereum::deployments::{Contract, Standing, on_chain};
use crate::treasury::ethereum::{Operation, SafeAt};
use alloy_primitives::{Address, U256};

/// What the contract keeps at the ends of its lists.
pub(in crate::treasury::ethereum) const SENTINEL: Address =
    Address::new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An owner more, and the threshold from then on.
    AddOwner(Address, U256),
    /// The owner behind another on the list is no longer one, and the threshold from then on.
    RemoveOwner(Address, Address, U256),
    /// The owner behind another on the list gives way to a new one.
    SwapOwner(Address, Address, Address),
    /// Another threshold.
    Threshold(U256),
    /// A module more.
    EnableModule(Address),
    /// The module behind another on the list is no longer one.
    DisableModule(Address, Address),
    /// Another guard, or none.
    Guard(Address),
    /// Another guard of modules, or none.
    ModuleGuard(Address),
    /// Another fallback handler, or none.
    FallbackHandler(Address),
    /// Other code; none where it cannot be told which.
    Singleton(Option<Address>),
    /// Something that the Safe's fallback handler does in its name.
    Handler(&'static str),
    /// The Safe is set up as if it were new, which works only on one that is not.
    Setup,
    /// Something of these that cannot be read.
    Unread(String),
}

impl Change {
    /// In words.
    pub fn told(&self) -> String {
        let address = |address: &Address| address.to_checksum(None);
        match self {
            Self::AddOwner(owner, threshold) => format!("add owner {}, threshold {threshold}", address(owner)),
            Self::RemoveOwner(_, owner, threshold) => {
                format!("remove owner {}, threshold {threshold}", address(owner))
            }
            Self::SwapOwner(_, old, new) => format!("replace owner {} by {}", address(old), address(new)),
            Self::Threshold(threshold) => format!("threshold {threshold}"),
            Self::EnableModule(module) => {
                format!("enable module {}, which can then do everything without a signature", address(module))
            }
            Self::DisableModule(_, module) => format!("disable module {}", address(module)),
            Self::Guard(guard) if guard.is_zero() => "remove the guard".to_owned(),
            Self::Guard(guard) => format!("guard {}, which can then stop every transaction", address(guard)),
            Self::ModuleGuard(guard) if guard.is_zero() => "remove the guard of modules".to_owned(),
            Self::ModuleGuard(guard) => format!("guard of modules {}", address(guard)),
            Self::FallbackHandler(handler) if handler.is_zero() => "remove the fallback handler".to_owned(),
            Self::FallbackHandler(handler) => {
                format!("fallback handler {}, which then says what the Safe has signed", address(handler))
            }
            Self::Singleton(Some(code)) => format!("run the code at {}", address(code)),
            Self::Singleton(None) => "run other code".to_owned(),
            Self::Handler(what) => format!("{what}: the fallback handler answers otherwise in the Safe's name"),
            Self::Setup => "set the Safe up anew".to_owned(),
            Self::Unread(name) => format!("{name} with arguments that cannot be read"),
        }
    }
}

/// The changes that a call of this Safe makes to it.
pub(super) fn changes(call: &Call, at: &SafeAt) -> Vec<Change> {
    if call.by != at.safe {
        return Vec::new();
    }
    match (call.operation, call.meaning.decoded(), call.meaning.which()) {
        (Operation::Call, decoded, Some(which)) if call.to == at.safe => own(which, decoded),
        (Operation::Call, _, Some(which)) => handled(which).map(Change::Handler).into_iter().collect(),
        (Operation::DelegateCall, Some(decoded), Some(which)) => migrated(call, decoded, which, at),
        _ => Vec::new(),
    }
}

/// A Safe's own functions, which only it may call.
fn own(which: Which, decoded: Option<&Decoded>) -> Vec<Change> {
    let address = |at| decoded?.address(at);
    let number = |at| decoded?.number(at);
    let (name, change) = match which {
        Which::AddOwner => ("addOwnerWithThreshold", address(0).zip(number(1)).map(|(o, t)| Change::AddOwner(o, t))),
        Which::RemoveOwner => {
            let fields = address(0).zip(address(1)).zip(number(2));
            ("removeOwner", fields.map(|((prev, owner), t)| Change::RemoveOwner(prev, owner, t)))
        }
        Which::SwapOwner => {
            let fields = address(0).zip(address(1)).zip(address(2));
            ("swapOwner", fields.map(|((prev, old), new)| Change::SwapOwner(prev, old, new)))
        }
        Which::ChangeThreshold => ("changeThreshold", number(0).map(Change::Threshold)),
        Which::EnableModule => ("enableModule", address(0).map(Change::EnableModule)),
        Which::DisableModule => ("disableModule", address(0).zip(address(1)).map(|(p, m)| Change::DisableModule(p, m))),
        Which::SetGuard => ("setGuard", address(0).map(Change::Guard)),
        Which::SetModuleGuard => ("setModuleGuard", address(0).map(Change::ModuleGuard)),
        Which::SetFallbackHandler => ("setFallbackHandler", address(0).map(Change::FallbackHandler)),
        Which::ChangeMasterCopy => ("changeMasterCopy", address(0).map(|code| Change::Singleton(Some(code)))),
        Which::Setup | Which::SetupOf100 | Which::SetupOf010 => ("setup", Some(Change::Setup)),
        // Through the Safe's own fallback handler, which takes the Safe's word for who calls.
        which => match handled(which) {
            Some(name) => (name, Some(Change::Handler(name))),
            None => return Vec::new(),
        },
    };
    vec![change.unwrap_or_else(|| Change::Unread(name.to_owned()))]
}

/// What the extensible fallback handler is told by a Safe.
fn handled(which: Which) -> Option<&'static str> {
    match which {
        Which::SetSafeMethod => Some("setSafeMethod"),
        Which::SetDomainVerifier => Some("setDomainVerifier"),
        Which::SetSupportedInterface => Some("setSupportedInterface"),
        Which::AddSupportedInterfaceBatch => Some("addSupportedInterfaceBatch"),
        Which::RemoveSupportedInterfaceBatch => Some("removeSupportedInterfaceBatch"),
        _ => None,
    }
}

/// The published contracts that put a Safe on other code.
fn migrated(call: &Call, decoded: &Decoded, which: Which, at: &SafeAt) -> Vec<Change> {
    let Some(Standing::Listed(pinned) | Standing::Unlisted(pinned)) = call.target else { return Vec::new() };
    // The code that goes with the migration, where it stands on this chain, or else where it does on most.
    let on = |chain_id, contract| on_chain(chain_id, contract, pinned.version).first().map(|(address, _)| *address);
    let found = |contract| on(at.chain_id, contract).or_else(|| on(U256::ONE, contract));
    let code = |contract| Change::Singleton(found(contract));
    let handler = || found(Contract::CompatibilityFallbackHandler).map(Change::FallbackHandler);
    match (pinned.contract, which) {
        (Contract::SafeMigration, Which::MigrateSingleton) => vec![code(Contract::Safe)],
        (Contract::SafeMigration, Which::MigrateL2Singleton) => vec![code(Contract::SafeL2)],
        (Contract::SafeMigration, Which::MigrateWithFallbackHandler) => {
            [Some(code(Contract::Safe)), handler()].into_iter().flatten().collect()
        }
        (Contract::SafeMigration, Which::MigrateL2WithFallbackHandler) => {
            [Some(code(Contract::SafeL2)), handler()].into_iter().flatten().collect()
        }
        (Contract::SafeToL2Migration, Which::MigrateToL2) => vec![Change::Singleton(decoded.address(0))],
        (Contract::SafeToL2Migration, Which::MigrateFromV111) => {
            let handler = decoded.address(1).map(Change::FallbackHandler);
            [Some(Change::Singleton(decoded.address(0))), handler].into_iter().flatten().collect()
        }
        _ => Vec::new(),
    }
}

/// Makes a change as the contract does, or says why the contract refuses it.
pub(in crate::treasury::ethereum) fn apply(state: &mut State, change: &Change, safe: Address) -> Result<(), String> {
    let fits = |threshold: U256, owners: usize| match !threshold.is_zero() && threshold <= U256::from(owners) {
        true => Ok(()),
        false => Err(format!("a threshold of {threshold} does not go with {owners} owners")),
    };
    match change {
        Change::AddOwner(owner, threshold) => {
            may_own(state, *owner, safe)?;
            fits(*threshold, state.owners.len().saturating_add(1))?;
            state.owners.insert(0, *owner);
            state.threshold = *threshold;
        }
        Change::RemoveOwner(prev, owner, threshold) => {
            let at = behind(&state.owners, *prev, *owner)?;
            fits(*threshold, state.owners.len().saturating_sub(1))?;
            state.owners.remove(at);
            state.threshold = *threshold;
        }
        Change::SwapOwner(prev, old, new) => {
            may_own(state, *new, safe)?;
            let at = behind(&state.owners, *prev, *old)?;
            if let Some(owner) = state.owners.get_mut(at) {
                *owner = *new;
            }
        }
        Change::Threshold(threshold) => {
            fits(*threshold, state.owners.len())?;
            state.threshold = *threshold;
        }
        Change::EnableModule(module) => {
            if module.is_zero() || *module == SENTINEL || state.modules.contains(module) {
                return Err(format!("{} cannot become a module, or is one already", module.to_checksum(None)));
            }
            state.modules.insert(0, *module);
        }
        Change::DisableModule(prev, module) => {
            let at = behind(&state.modules, *prev, *module)?;
            state.modules.remove(at);
        }
        Change::Guard(guard) => state.guard = *guard,
        Change::ModuleGuard(guard) => state.module_guard = *guard,
        Change::FallbackHandler(handler) => state.fallback_handler = *handler,
        Change::Singleton(code) => state.singleton = code.unwrap_or_default(),
        Change::Setup => return Err("it is set up already".to_owned()),
        Change::Handler(_) | Change::Unread(_) => {}
    }
    Ok(())
}

/// Whether an address may become an owner.
fn may_own(state: &State, owner: Address, safe: Address) -> Result<(), String> {
    let told = owner.to_checksum(None);
    if state.owners.contains(&owner) {
        return Err(format!("{told} is an owner already"));
    }
    match owner.is_zero() || owner == SENTINEL || owner == safe {
        true => Err(format!("{told} cannot own it")),
        false => Ok(()),
    }
}

/// The place of an entry of a list that the contract finds by the one before it.
fn behind(list: &[Address], prev: Address, entry: Address) -> Result<usize, String> {
    let told = entry.to_checksum(None);
    let at = list.iter().position(|known| *known == entry).ok_or_else(|| format!("{told} is not on the list"))?;
    let before = at.checked_sub(1).and_then(|at| list.get(at)).copied().unwrap_or(SENTINEL);
    match before == prev {
        true => Ok(at),
        false => Err(format!("{told} does not stand behind {}", prev.to_checksum(None))),
    }
}
