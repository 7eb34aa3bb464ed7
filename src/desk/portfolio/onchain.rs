//! What chains say of accounts, beside what the ledger says: it counts in what is held now, and in nothing of the past.
//!
//! - These lines belong to a group of their own for every portfolio, so that what is compared with the past, and what is
//!   written to the history, is of the ledger alone.
//! - An account that the ledger knows is kept by hand: then nothing is added to it.

use super::live::Live;
use super::view::{Look, Standing};
use super::{Owned, Portfolios};
use crate::desk::treasury::OLD_AFTER;
use crate::market::Timestamp;
use crate::money::{Asset, Decimal};
use crate::portfolio::ledger::Account;
use crate::portfolio::valuation::{Line, Total};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What an account was last seen to have on a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balances {
    /// The account.
    pub account: Account,
    /// How much of what.
    pub held: BTreeMap<Asset, Decimal>,
    /// The block that says so.
    pub block: u64,
    /// When it was looked at.
    pub at: Timestamp,
}

impl Owned {
    /// The balances that count: those of accounts that nobody keeps by hand.
    pub(super) fn read(&self, balances: &[Balances]) -> BTreeMap<Account, Balances> {
        let kept = self.ledger.accounts();
        let read = balances.iter().filter(|one| !kept.contains(&one.account));
        read.map(|one| (one.account.clone(), one.clone())).collect()
    }
}

impl Portfolios {
    /// Takes in what chains say now, in the place of what they said before.
    pub fn take(&mut self, balances: &Arc<[Balances]>) {
        if Arc::ptr_eq(&self.told, balances) {
            return;
        }
        self.told = Arc::clone(balances);
        let before = std::mem::replace(&mut self.read, self.owned.read(balances));
        for live in self.live.values_mut() {
            hold(live, &self.owned, &before, |_| Decimal::ZERO);
            hold(live, &self.owned, &self.read, |amount| amount);
        }
    }

    /// Whether there is nothing at all to show.
    pub fn is_empty(&self) -> bool {
        self.owned.ledger.is_empty() && self.read.is_empty()
    }

    /// Whether the ledger says a line.
    pub(super) fn is_kept(&self, line: &Line) -> bool {
        !self.read.contains_key(&line.account)
    }

    /// When a chain said what a line is; `None` where the ledger says it.
    pub(super) fn look(&self, line: &Line, now: Timestamp) -> Option<Look> {
        let Balances { block, at, .. } = self.read.get(&line.account)?;
        let age = at.age(now);
        let standing = if age > OLD_AFTER { Standing::Stale } else { Standing::Fresh };
        Some(Look { block: *block, age, standing })
    }

    /// What the lines of the ledger come to.
    pub(super) fn kept(&self, live: &Live, shown: usize) -> Total {
        let first = first(&self.owned);
        live.valuation.total(shown).without(live.valuation.total(first + shown))
    }
}

/// Says how much of each balance is held: as it was read, or nothing.
pub(super) fn hold(
    live: &mut Live,
    owned: &Owned,
    read: &BTreeMap<Account, Balances>,
    amount: impl Fn(Decimal) -> Decimal,
) {
    let first = first(owned);
    for (account, balances) in read {
        let portfolios = owned.estate.groups(account);
        let own = std::iter::once(first).chain(portfolios.iter().map(|shown| first + shown));
        let groups: Arc<[usize]> = portfolios.iter().copied().chain(own).collect();
        for (asset, read) in &balances.held {
            live.valuation.hold((account, asset, false), amount(*read), &groups);
        }
    }
}

/// The first group of balances, that of all accounts: those of the portfolios follow in their order.
fn first(owned: &Owned) -> usize {
    owned.estate.portfolios().len() + 1
}
