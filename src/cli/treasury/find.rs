//! Wallets, proposals and seats by what people call them.

use super::super::{Exit, Failure};
use crate::market::printable;
use crate::treasury::ethereum::proposal::{Safe, SafeId, SafeProposal};
use crate::treasury::proposal::{Listed, Proposal, SeatId, Treasury, Vault};
use alloy_primitives::{Address, U256};

/// A wallet by its name, or by how its id begins.
pub fn wallet<'a>(treasury: &'a Treasury, name: &str) -> Result<&'a Vault, Failure> {
    let named = treasury.vaults().find(|vault| vault.wallet.name() == name);
    let by_id = || one(treasury.vaults().filter(|vault| begins(&vault.wallet.id().to_string(), name)));
    named.or_else(by_id).ok_or_else(|| {
        let known: Vec<&str> = treasury.vaults().map(|vault| vault.wallet.name()).collect();
        let message = format!("there is no wallet {}", printable(name));
        Failure::new(Exit::Usage, "no-wallet", message).hint(match known.as_slice() {
            [] => "exchequer wallet import FILE brings one".to_owned(),
            known => format!("there are: {}", known.join(", ")),
        })
    })
}

/// A proposal, of a wallet or of a Safe, by how its id begins.
pub fn any<'a>(treasury: &'a Treasury, id: &str) -> Result<Listed<'a>, Failure> {
    one(treasury.queue().filter(|listed| begins(&listed.id().to_string(), id))).ok_or_else(|| {
        let message = format!("there is no one proposal whose id begins with {}", printable(id));
        Failure::new(Exit::Usage, "no-proposal", message).hint("exchequer proposal list shows them")
    })
}

/// A wallet's proposal by how its id begins.
pub fn proposal<'a>(treasury: &'a Treasury, id: &str) -> Result<&'a Proposal, Failure> {
    match any(treasury, id)? {
        Listed::Bitcoin(proposal) => Ok(proposal),
        Listed::Safe(proposal) => Err(other(&proposal.id.short(), "a Safe's")),
    }
}

/// A Safe's proposal by how its id begins.
pub fn safe_proposal<'a>(treasury: &'a Treasury, id: &str) -> Result<&'a SafeProposal, Failure> {
    match any(treasury, id)? {
        Listed::Safe(proposal) => Ok(proposal),
        Listed::Bitcoin(proposal) => Err(other(&proposal.id.short(), "a Bitcoin wallet's")),
    }
}

/// What was asked for is not for proposals of this kind.
fn other(id: &str, whose: &str) -> Failure {
    Failure::new(Exit::Usage, "other-kind", format!("the proposal {id} is {whose}: this is not for it"))
}

/// A Safe by its name, or as `eth:0x…`.
pub fn safe<'a>(treasury: &'a Treasury, name: &str) -> Result<&'a Safe, Failure> {
    let by_id = || name.parse::<SafeId>().ok().and_then(|id| treasury.safe(id).ok());
    treasury.safes().named(name).or_else(by_id).ok_or_else(|| {
        let known: Vec<&str> = treasury.safes().all().map(|safe| safe.name.as_str()).collect();
        let message = format!("there is no Safe {}", printable(name));
        Failure::new(Exit::Usage, "no-safe", message).hint(match known.as_slice() {
            [] => "exchequer safe add CHAIN:ADDRESS --rpc URL brings one".to_owned(),
            known => format!("there are: {}", known.join(", ")),
        })
    })
}

/// An address by a name of the address book, of a Safe, of a HOT account or of a watched one, or as it is written.
pub fn address(treasury: &Treasury, chain: U256, text: &str) -> Result<Address, Failure> {
    let safes = treasury.safes();
    let own = safes.all().filter(|safe| safe.id.chain_id == chain && safe.name == text).map(|safe| safe.id.address);
    let listed = safes.book().iter().chain(safes.watched());
    let listed = listed.filter(|((of, _), name)| *of == chain && *name == text).map(|((_, address), _)| *address);
    let hot = safes.hot_accounts().iter().filter(|(_, name)| *name == text).map(|(address, _)| *address);
    let named: std::collections::BTreeSet<Address> = own.chain(listed).chain(hot).collect();
    match (named.len(), named.first()) {
        (1, Some(address)) => Ok(*address),
        (0, _) => {
            let read = crate::treasury::ethereum::build::recipient(text, chain);
            Ok(read.map_err(|error| Failure::new(Exit::Usage, error.code(), error.to_string()))?.address)
        }
        (several, _) => {
            let message = format!("{several} addresses are called {}", printable(text));
            Err(Failure::new(Exit::Usage, "name-taken", message).hint("write the address itself"))
        }
    }
}

/// A seat of a wallet by its name, its fingerprint, or both its fingerprint and its place: `73c5da0a.1`.
pub fn seat(vault: &Vault, name: &str) -> Result<SeatId, Failure> {
    let (text, place) = name.rsplit_once('.').map_or((name, None), |(text, place)| (text, place.parse::<u8>().ok()));
    let all: Vec<SeatId> = SeatId::all(vault.wallet.policy()).map(|(seat, _)| seat).collect();
    let called = |seat: &&SeatId| {
        let same = seat.fingerprint.to_string().eq_ignore_ascii_case(text) && place.is_none_or(|at| at == seat.place);
        same || vault.names.get(*seat).is_some_and(|known| known == name)
    };
    one(all.iter().filter(called)).copied().ok_or_else(|| {
        let known = all.iter().map(|seat| format!("{seat}.{} {}", seat.place, vault.seat_name(*seat)));
        let message = format!("{} is no one key of {}", printable(name), vault.wallet.name());
        Failure::new(Exit::Usage, "no-seat", message)
            .hint(format!("its keys: {}", known.collect::<Vec<_>>().join(", ")))
    })
}

/// The only one, if there is just one.
fn one<T>(mut some: impl Iterator<Item = T>) -> Option<T> {
    let first = some.next();
    if some.next().is_some() { None } else { first }
}

/// Whether an id begins so, with enough digits to mean it.
fn begins(id: &str, text: &str) -> bool {
    text.len() >= 4 && id.starts_with(&text.to_ascii_lowercase())
}
