//! What Safes and watched accounts have, as it counts in what is owned now: the balances that were last read.
//!
//! - A balance is a fact of one moment and no history: it has the time of the look, and is written nowhere.
//! - The chain's own coin counts where it is known what it is, a token where somebody vouches for it. What lies on a test
//!   chain is worth nothing and is left out.
//! - An address counts once, whatever names it has.

use super::place::Funds;
use crate::desk::portfolio::Balances;
use crate::money::{Asset, Decimal, Quantity};
use crate::portfolio::ledger::Account;
use crate::treasury::ethereum::proposal::SafeId;
use crate::treasury::proposal::Treasury;
use alloy_primitives::U256;
use alloy_primitives::utils::format_units;
use std::collections::{BTreeMap, BTreeSet};
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

/// What every Safe in use and every watched account has, where `funds` tells what was last read of it.
pub fn balances(treasury: &Treasury, funds: impl Fn(SafeId) -> Option<Funds>) -> Arc<[Balances]> {
    let safes = treasury.safes().all().filter(|safe| safe.archived.is_none()).map(|safe| (safe.id, safe.name.as_str()));
    let watched = treasury
        .safes()
        .watched()
        .iter()
        .map(|((chain_id, address), name)| (SafeId { chain_id: *chain_id, address: *address }, name.as_str()));
    let (mut seen, mut names) = (BTreeSet::new(), BTreeSet::new());
    let mut all = Vec::new();
    for (id, name) in safes.chain(watched).filter(|(id, _)| seen.insert(*id)) {
        let Some(funds) = funds(id) else { continue };
        let named = Account::new(&format!("safe/{name}")).ok().filter(|account| !names.contains(account));
        let Some(account) = named.or_else(|| Account::new(&format!("safe/{id}")).ok()) else { continue };
        let held = held(treasury, id, &funds);
        if !held.is_empty() {
            names.insert(account.clone());
            all.push(Balances { account, held, block: funds.block, at: funds.at });
        }
    }
    all.into()
}

/// What was read of an address, by asset.
fn held(treasury: &Treasury, id: SafeId, funds: &Funds) -> BTreeMap<Asset, Decimal> {
    let chain = u64::try_from(id.chain_id).ok();
    let mut held = BTreeMap::new();
    let Some((_, coin)) = COINS.iter().find(|(known, _)| Some(*known) == chain) else { return held };
    let pinned = treasury.safes().tokens();
    let tokens = funds.tokens.iter().filter_map(|(token, amount)| {
        let pinned = pinned.get(&(id.chain_id, *token)).filter(|pinned| pinned.trusted)?;
        Some((pinned.symbol.as_str(), *amount, pinned.decimals))
    });
    for (symbol, amount, decimals) in std::iter::once((*coin, funds.wei, 18)).chain(tokens) {
        // What does not fit is told with the Safe, and is no reason to show nothing.
        let (Ok(asset), Some(amount)) = (Asset::new(symbol), units(amount, decimals)) else { continue };
        let before: Decimal = held.get(&asset).copied().unwrap_or_default();
        if let Some(sum) = before.checked_add(amount).filter(|sum| !sum.is_zero()) {
            held.insert(asset, sum);
        }
    }
    held
}

/// An amount in whole units; `None` when no decimal holds all of it.
fn units(amount: U256, decimals: u8) -> Option<Decimal> {
    let text = format_units(amount, decimals).ok()?;
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text.as_str() };
    Some(text.parse::<Quantity>().ok()?.get())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::market::Timestamp;
    use crate::treasury::ethereum::proposal::SafeEvent;
    use crate::treasury::proposal::Event;
    use alloy_primitives::Address;

    const TOKENS: [Address; 3] = [Address::repeat_byte(1), Address::repeat_byte(2), Address::repeat_byte(3)];

    fn treasury(watched: &[(u64, u8, &str)]) -> Treasury {
        let mut treasury = Treasury::default();
        let mut say = |event| treasury.apply(&Event::Safe(Box::new(event)), Timestamp::from_secs(1)).unwrap();
        for (chain, byte, name) in watched {
            let (chain, address) = (U256::from(*chain), Address::repeat_byte(*byte));
            say(SafeEvent::Watched { chain, address, name: (*name).to_owned() });
        }
        for (token, trusted) in TOKENS.into_iter().zip([true, true, false]) {
            let (chain, symbol) = (U256::ONE, "USDC".to_owned());
            say(SafeEvent::TokenPinned { chain, token, symbol, decimals: 6, trusted });
        }
        treasury
    }

    fn funds(wei: U256) -> Funds {
        let tokens = TOKENS.into_iter().map(|token| (token, U256::from(2_500_000))).collect();
        Funds { block: 7, at: Timestamp::from_secs(5), wei, tokens }
    }

    fn told(all: &[Balances]) -> Vec<String> {
        let held = |one: &Balances| {
            let held: Vec<_> = one.held.iter().map(|(asset, amount)| format!("{amount} {asset}")).collect();
            format!("{}: {}", one.account, held.join(", "))
        };
        all.iter().map(held).collect()
    }

    #[test]
    fn known_coins_and_trusted_tokens_count_and_test_chains_do_not() {
        let treasury = treasury(&[(1, 0xa1, "Gas"), (11_155_111, 0xa1, "Play"), (137, 0xa2, "Poly"), (1, 0xa3, "New")]);
        let wei = U256::from(1_500_000_000_000_000_000_u64);
        let known = |id: SafeId| (id.address != Address::repeat_byte(0xa3)).then(|| funds(wei));
        let all = balances(&treasury, known);
        assert_eq!(told(&all), ["safe/Gas: 1.5 ETH, 5.0 USDC", "safe/Poly: 1.5 POL"]);
        assert_eq!((all[0].block, all[0].at), (7, Timestamp::from_secs(5)));
    }

    #[test]
    fn what_no_decimal_holds_is_left_out_and_the_rest_stays() {
        let treasury = treasury(&[(1, 0xa1, "Gas")]);
        assert_eq!(told(&balances(&treasury, |_| Some(funds(U256::MAX)))), ["safe/Gas: 5.0 USDC"]);
        let nothing = Funds { tokens: BTreeMap::new(), ..funds(U256::ZERO) };
        assert!(balances(&treasury, |_| Some(nothing.clone())).is_empty());
    }

    #[test]
    fn accounts_of_one_name_stay_apart() {
        let treasury = treasury(&[(1, 0xa1, "Gas"), (10, 0xa1, "Gas")]);
        let all = balances(&treasury, |_| Some(funds(U256::from(10).pow(U256::from(18)))));
        let names: Vec<_> = all.iter().map(|one| one.account.as_str().to_owned()).collect();
        assert_eq!((names[0].as_str(), names.len()), ("safe/Gas", 2));
        assert!(names[1].starts_with("safe/") && names[1].to_lowercase().contains("0xa1a1"), "{names:?}");
    }
}
