//! Wallets, proposals and seats by what people call them.

use super::super::{Exit, Failure};
use crate::market::printable;
use crate::treasury::proposal::{Proposal, SeatId, Treasury, Vault};

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

/// A proposal by how its id begins.
pub fn proposal<'a>(treasury: &'a Treasury, id: &str) -> Result<&'a Proposal, Failure> {
    one(treasury.proposals().filter(|proposal| begins(&proposal.id.to_string(), id))).ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            "no-proposal",
            format!("there is no one proposal whose id begins with {}", printable(id)),
        )
        .hint("exchequer proposal list shows them")
    })
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
