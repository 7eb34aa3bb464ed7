//! The ledger: what came to the desk's accounts, what left them, and what is in them.
//!
//! - Entries are only ever added. One that was wrong is corrected by another that names it.
//! - Every entry has an id from where it comes from, and no id stands in an account twice: whoever brings the same entries
//!   again brings nothing.
//! - Balances are sums of what entries say, exact to the last digit; a sum that cannot be kept exactly is an error.

mod entry;

#[cfg(test)]
mod tests;

pub use entry::{Account, Entry, EntryError, EntryId, Kind, Leg};

use crate::money::{Asset, Decimal, exact_sum};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// All entries, and what they come to.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: Vec<Arc<Entry>>,
    /// Where each entry stands, by account and id.
    places: HashMap<(Account, EntryId), usize>,
    balances: BTreeMap<Account, BTreeMap<Asset, Decimal>>,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is in the ledger now.
    New,
    /// It was there already, word for word.
    Known,
}

/// Why an entry cannot be added. The ledger is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Another entry has its id.
    #[error("entry {0} is in the ledger already and says something else; write a correction that names it")]
    Differs(EntryId),
    /// What it corrects is not there.
    #[error("entry {0} corrects {1}, which is not in that account")]
    Unknown(EntryId, EntryId),
    /// A balance would have too many digits.
    #[error("entry {0}: the balance of {1} would have too many digits to be kept exactly")]
    TooPrecise(EntryId, Asset),
}

impl Ledger {
    /// Adds an entry.
    pub fn add(&mut self, entry: Entry) -> Result<Added, LedgerError> {
        let key = (entry.account.clone(), entry.id.clone());
        if let Some(known) = self.places.get(&key).and_then(|place| self.entries.get(*place)) {
            return if **known == entry { Ok(Added::Known) } else { Err(LedgerError::Differs(entry.id)) };
        }
        if let Kind::Correction { of } = &entry.kind
            && !self.places.contains_key(&(entry.account.clone(), of.clone()))
        {
            return Err(LedgerError::Unknown(entry.id, of.clone()));
        }
        let held = self.balances.get(&entry.account);
        let mut changed: BTreeMap<&Asset, Decimal> = BTreeMap::new();
        for leg in &entry.legs {
            let before = changed.get(&leg.asset).or_else(|| held?.get(&leg.asset)).copied().unwrap_or_default();
            let after = exact_sum(before, leg.amount.get())
                .ok_or_else(|| LedgerError::TooPrecise(entry.id.clone(), leg.asset.clone()))?;
            changed.insert(&leg.asset, after);
        }
        let balances = self.balances.entry(entry.account.clone()).or_default();
        for (asset, balance) in changed {
            balances.insert(asset.clone(), balance);
        }
        self.places.insert(key, self.entries.len());
        self.entries.push(Arc::new(entry));
        Ok(Added::New)
    }

    /// All entries, in the order in which they were added.
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// What is in each account; an asset that came and went wholly is there with zero.
    pub fn balances(&self) -> &BTreeMap<Account, BTreeMap<Asset, Decimal>> {
        &self.balances
    }
}
