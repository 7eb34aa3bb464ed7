//! What Safes and watched accounts have, as holdings of now: the balances that were last read, with the block that said so.
//!
//! - A balance is a fact of one moment and no history: it counts in what is owned now, and in nothing of the past. Its entry
//!   is made when it is looked at, has the time of the look, and is written nowhere.
//! - The chain's own coin counts where it is known what it is, a token where somebody vouches for it. What lies on a test
//!   chain is worth nothing and is left out.
//! - An account of this name in the ledger is kept by hand: then nothing is added to it.

use crate::cli::safe::reach::kept;
use crate::cli::safe::show::units;
use crate::cli::treasury::read;
use crate::cli::{Context, Failure};
use crate::desk::Owned;
use crate::desk::treasury::Funds;
use crate::market::VenueId;
use crate::money::{Asset, Quantity};
use crate::portfolio::estate::{AccountKind, Definition};
use crate::portfolio::ledger::{Account, Entry, EntryId, Kind, Leg};
use crate::treasury::ethereum::proposal::SafeId;
use crate::treasury::proposal::Treasury;
use alloy_primitives::U256;
use std::sync::Arc;

/// Chains whose coin is known, and what it is.
const COINS: [(u64, &str); 12] = [
    (1, "ETH"),
    (10, "ETH"),
    (56, "BNB"),
    (100, "XDAI"),
    (130, "ETH"),
    (137, "POL"),
    (324, "ETH"),
    (8_453, "ETH"),
    (42_161, "ETH"),
    (43_114, "AVAX"),
    (59_144, "ETH"),
    (534_352, "ETH"),
];

/// What is owned, with what chains last said.
pub fn with(mut owned: Owned, context: &Context) -> Result<Owned, Failure> {
    if context.config.venue == Some(VenueId::Sim) {
        return Ok(owned);
    }
    let treasury = read(context)?;
    let safes = treasury.safes().all().filter(|safe| safe.archived.is_none()).map(|safe| (safe.id, safe.name.clone()));
    let watched = treasury
        .safes()
        .watched()
        .iter()
        .map(|((chain_id, address), name)| (SafeId { chain_id: *chain_id, address: *address }, name.clone()));
    for (id, name) in safes.chain(watched) {
        let Some(funds) = kept(id.chain_id, id.address, context) else { continue };
        let account = Account::new(&format!("safe/{name}")).or_else(|_| Account::new(&format!("safe/{id}")));
        let Ok(account) = account else { continue };
        if owned.ledger.accounts().contains(&account) {
            continue;
        }
        let ledger = Arc::make_mut(&mut owned.ledger);
        for entry in entries(&treasury, id, &account, &funds) {
            // What does not fit is told with the Safe, and is no reason to show nothing.
            let _ = ledger.add(entry);
        }
        owned.estate.define(Definition::Account { name: account, kind: AccountKind::Wallet });
    }
    Ok(owned)
}

/// What was read, an entry for each asset.
fn entries(treasury: &Treasury, id: SafeId, account: &Account, funds: &Funds) -> Vec<Entry> {
    let chain = u64::try_from(id.chain_id).ok();
    let coin = COINS.iter().find(|(known, _)| Some(*known) == chain).map(|(_, coin)| (*coin, funds.wei, 18));
    let pinned = treasury.safes().tokens();
    let tokens = funds.tokens.iter().filter_map(|(token, amount)| {
        let pinned = pinned.get(&(id.chain_id, *token)).filter(|pinned| pinned.trusted)?;
        coin.map(|_| (pinned.symbol.as_str(), *amount, pinned.decimals))
    });
    let all = coin.into_iter().chain(tokens);
    all.enumerate()
        .filter_map(|(place, (symbol, amount, decimals))| entry(account, funds, place, symbol, amount, decimals))
        .collect()
}

fn entry(account: &Account, funds: &Funds, place: usize, symbol: &str, amount: U256, decimals: u8) -> Option<Entry> {
    let amount: Quantity = units(amount, decimals).parse().ok().filter(|amount: &Quantity| !amount.is_zero())?;
    let leg = Leg { asset: Asset::new(symbol).ok()?, amount, fee: false };
    Some(Entry {
        id: EntryId::new(&format!("balance {} {place}", funds.block)).ok()?,
        account: account.clone(),
        at: funds.at,
        kind: Kind::Deposit,
        legs: vec![leg],
        note: Some(format!("balance at block {}", funds.block)),
    })
}
