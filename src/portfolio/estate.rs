//! Which accounts there are, of what kind, and which portfolios they belong to.
//!
//! - An account that nobody has described is a manual one. All accounts together are a portfolio of their own.
//! - A definition replaces the one before of the same name; what was said stays in the journal.

use super::ledger::{Account, EntryError};
use crate::money::Asset;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What kind of account it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// At a venue.
    Venue,
    /// On a chain.
    Wallet,
    /// Kept by hand.
    #[default]
    Manual,
    /// A fund, which gives units for what it is given.
    Fund,
}

impl AccountKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Venue, Self::Wallet, Self::Manual, Self::Fund];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Venue => "venue",
            Self::Wallet => "wallet",
            Self::Manual => "manual",
            Self::Fund => "fund",
        }
    }
}

/// Somebody says what an account or a portfolio is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Definition {
    /// Of an account.
    Account {
        /// Which one.
        name: Account,
        /// What kind.
        kind: AccountKind,
    },
    /// Of a portfolio.
    Portfolio {
        /// Which one.
        name: Account,
        /// The accounts in it; without any, the portfolio is no more.
        accounts: Vec<Account>,
        /// The currency that it is told in, where that is not the desk's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base: Option<Asset>,
    },
}

/// A portfolio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portfolio {
    /// The accounts in it.
    pub accounts: Vec<Account>,
    /// The currency that it is told in, where that is not the desk's.
    pub base: Option<Asset>,
}

/// All that was defined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estate {
    accounts: BTreeMap<Account, AccountKind>,
    portfolios: BTreeMap<Account, Portfolio>,
}

/// What all accounts together are called; no portfolio may have this name.
pub const CONSOLIDATED: &str = "consolidated";

impl Definition {
    /// Sees that a portfolio is not called like all accounts together.
    pub fn check(&self) -> Result<(), EntryError> {
        match self {
            Self::Portfolio { name, .. } if name.as_str().eq_ignore_ascii_case(CONSOLIDATED) => {
                Err(EntryError::Name(name.to_string()))
            }
            _ => Ok(()),
        }
    }
}

impl Estate {
    /// Takes a definition in.
    pub fn define(&mut self, definition: Definition) {
        match definition {
            Definition::Account { name, kind } => _ = self.accounts.insert(name, kind),
            Definition::Portfolio { name, accounts, .. } if accounts.is_empty() => _ = self.portfolios.remove(&name),
            Definition::Portfolio { name, accounts, base } => {
                self.portfolios.insert(name, Portfolio { accounts, base });
            }
        }
    }

    /// What kind of account it is.
    pub fn kind(&self, account: &Account) -> AccountKind {
        self.accounts.get(account).copied().unwrap_or_default()
    }

    /// All portfolios, by name.
    pub fn portfolios(&self) -> &BTreeMap<Account, Portfolio> {
        &self.portfolios
    }

    /// The portfolios that an account is in, by their places in [`Self::portfolios`] counted from 1.
    pub fn groups(&self, account: &Account) -> Vec<usize> {
        let holds = |(_, portfolio): &(usize, &Portfolio)| portfolio.accounts.contains(account);
        self.portfolios.values().enumerate().filter(holds).map(|(place, _)| place + 1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_counts() {
        let name = |text: &str| Account::new(text).unwrap();
        let mut estate = Estate::default();
        let portfolio = |accounts: &[&str]| Definition::Portfolio {
            name: name("cold"),
            accounts: accounts.iter().map(|account| name(account)).collect(),
            base: None,
        };
        estate.define(Definition::Account { name: name("a"), kind: AccountKind::Venue });
        estate.define(portfolio(&["a"]));
        estate.define(portfolio(&["a", "b"]));
        assert_eq!((estate.kind(&name("a")), estate.kind(&name("b"))), (AccountKind::Venue, AccountKind::Manual));
        assert_eq!((estate.groups(&name("b")), estate.groups(&name("c"))), (vec![1], vec![]));
        estate.define(portfolio(&[]));
        assert!(estate.portfolios().is_empty());
        let all = Definition::Portfolio { name: name("Consolidated"), accounts: vec![], base: None };
        assert!(all.check().is_err());
    }

    #[test]
    fn a_definition_is_read_as_it_was_written() {
        let text = r#"{"portfolio":{"name":"cold","accounts":["a"],"base":"EUR"}}"#;
        let read: Definition = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }
}
