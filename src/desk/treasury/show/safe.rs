//! What is shown of Safes beside their proposals.

use crate::desk::treasury::clerk::Clerk;
use crate::desk::treasury::price;
use crate::desk::treasury::safe::SafeFollowed;
use crate::desk::treasury::view::{
    Account, OwnerView, PriceView, SafePage, SafeView, ServiceState, ServiceView, SyncState, SyncView, TokenView,
};
use crate::market::{Timestamp, printable};
use crate::treasury::bitcoin::policy::Quorum;
use crate::treasury::ethereum::deployments::{Standing, standing};
use crate::treasury::ethereum::proposal::{Safe, SafeId};
use crate::treasury::ethereum::review::{Amounts, Asset, coin};
use alloy_primitives::{Address, U256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows that were set aside that are told.
const MOST_ASIDE: usize = 50;

/// Every Safe that is used, by name, and their pages.
pub fn shown(clerk: &Clerk, now: Timestamp) -> (Vec<SafeView>, BTreeMap<SafeId, Arc<SafePage>>) {
    let used = || clerk.treasury.safes().all().filter(|safe| safe.archived.is_none());
    let mut safes: Vec<SafeView> = used().map(|safe| view(clerk, safe, now)).collect();
    safes.sort_by(|a, b| a.name.cmp(&b.name));
    (safes, used().map(|safe| (safe.id, Arc::new(page(clerk, safe)))).collect())
}

fn view(clerk: &Clerk, safe: &Safe, now: Timestamp) -> SafeView {
    let followed = clerk.safes.get(&safe.id);
    let facts = clerk.facts_of(safe.id, None);
    let amounts = Amounts::new(&facts, safe.id.chain_id);
    let wei = followed.and_then(|followed| followed.funds.as_ref()).map(|funds| funds.wei);
    SafeView {
        id: safe.id,
        name: safe.name.as_str().into(),
        version: safe.stand.version,
        quorum: Quorum { required: safe.stand.required(), of: safe.stand.owners.len() },
        hot: safe.stand.owners.iter().filter(|owner| clerk.treasury.safes().is_hot_account(**owner)).count(),
        nonce: safe.stand.nonce,
        balance: wei.map(|wei| amounts.told(Asset::Coin, wei).into()),
        value: wei.and_then(|wei| amounts.value(Asset::Coin, wei)),
        price: price_of(clerk, safe.id.chain_id, now),
        sync: followed.map_or_else(off, |followed| followed.sync.clone()),
        service: followed.map_or_else(no_service, |followed| followed.service.clone()),
    }
}

/// What one of a chain's own coin is worth, as the review has it.
fn price_of(clerk: &Clerk, chain_id: U256, now: Timestamp) -> PriceView {
    price::shown(&clerk.quotes_of(coin(chain_id)), &clerk.settings.base, now)
}

fn off() -> SyncView {
    SyncView { state: SyncState::Off, source: "".into(), at: None, height: None }
}

fn no_service() -> ServiceView {
    ServiceView { state: ServiceState::Off, source: "".into(), at: None, verified: 0, quarantined: 0 }
}

fn page(clerk: &Clerk, safe: &Safe) -> SafePage {
    let followed = clerk.safes.get(&safe.id);
    let stand = &safe.stand;
    let named = |address: Address| account(clerk, safe.id.chain_id, address);
    let some = |address: Address| (!address.is_zero()).then(|| named(address));
    let owner = |owner: &Address| OwnerView {
        account: owner_account(clerk, safe, *owner),
        hot: clerk.treasury.safes().is_hot_account(*owner),
        ours: safe.claims.get(owner).is_some_and(|claimed| Some(*claimed) == clerk.identity),
    };
    SafePage {
        id: safe.id,
        block: stand.block,
        owners: stand.owners.iter().map(owner).collect(),
        modules: stand.modules.iter().map(|module| named(*module)).collect(),
        guard: some(stand.guard),
        module_guard: some(stand.module_guard),
        fallback_handler: some(stand.fallback_handler),
        singleton: named(stand.singleton),
        pinned: safe.is_pinned(),
        changed: safe.changed.as_deref().map(|changed| printable(changed).into()),
        tokens: followed.map(|followed| tokens(clerk, safe.id, followed)).unwrap_or_default(),
        quarantined: followed
            .map(|followed| followed.quarantined.iter().take(MOST_ASIDE).cloned().collect())
            .unwrap_or_default(),
    }
}

fn tokens(clerk: &Clerk, safe: SafeId, followed: &SafeFollowed) -> Vec<TokenView> {
    let facts = clerk.facts_of(safe, None);
    let amounts = Amounts::new(&facts, safe.chain_id);
    let held = followed.funds.iter().flat_map(|funds| &funds.tokens).filter(|(_, amount)| !amount.is_zero());
    let token = |(token, amount): (&Address, &U256)| TokenView {
        token: *token,
        amount: amounts.told(Asset::Token(*token), *amount).into(),
        value: amounts.value(Asset::Token(*token), *amount),
    };
    held.map(token).collect()
}

/// What people call an owner of a Safe.
pub fn owner_account(clerk: &Clerk, safe: &Safe, owner: Address) -> Account {
    match safe.names.get(&owner) {
        Some(name) => Account { address: owner, name: printable(name).into() },
        None => account(clerk, safe.id.chain_id, owner),
    }
}

/// An address with what the desk's books, or else the list of published contracts, call it.
pub fn account(clerk: &Clerk, chain_id: U256, address: Address) -> Account {
    let safes = clerk.treasury.safes();
    let id = SafeId { chain_id, address };
    let ours = || safes.safe(id).ok().map(|safe| safe.name.clone());
    let known =
        || safes.book().get(&(chain_id, address)).or_else(|| safes.watched().get(&(chain_id, address))).cloned();
    let hot = || safes.hot_accounts().get(&address).cloned();
    let published = || match standing(chain_id, address)? {
        Standing::Listed(pinned) => Some(format!("{} {}", pinned.contract.name(), pinned.version)),
        Standing::Unlisted(pinned) => Some(format!("elsewhere {} {}", pinned.contract.name(), pinned.version)),
    };
    let name = known().or_else(ours).or_else(hot).or_else(published).unwrap_or_default();
    Account { address, name: printable(&name).into() }
}
