//! The ledger: what came to the desk's accounts, what left them, and what is in them.
//!
//! - Entries are only ever added. One that was wrong is corrected by another that names it.
//! - Every entry has an id from where it comes from, and no id stands in an account twice: whoever brings the same entries
//!   again brings nothing.
//! - Balances are sums of what entries say, exact to the last digit; a sum that cannot be kept exactly is an error.
//! - A million entries take some 100 MB: they lie in columns (see `rows`), and an [`Entry`] is made of them when asked for.

#![deny(clippy::float_arithmetic)]

mod entry;
mod rows;
mod written;

#[cfg(test)]
mod tests;

pub use entry::{Account, Entry, EntryError, EntryId, Kind, Leg};
pub use rows::{LegRow, Row};

use crate::money::{Asset, Decimal, exact_sum};
use rows::Rows;
use std::collections::BTreeMap;

/// The largest amount: 10²⁰, a hundred thousand times more than there is of the most plentiful token. A hundred million of
/// them still have a sum.
pub const MOST: Decimal = Decimal::from_parts(0x6310_0000, 0x6bc7_5e2d, 0x5, false, 0);

/// All entries, and what they come to.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    rows: Rows,
    /// What is held, by the numbers of account and asset.
    balances: Vec<Vec<Option<Decimal>>>,
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
    /// An amount is larger than any that exists: sums of such would not fit.
    #[error("entry {0}: {1} is more than anybody has")]
    TooLarge(EntryId, Decimal),
    /// There are too many entries, accounts or assets.
    #[error("entry {0} is more than a ledger holds")]
    Full(EntryId),
}

impl Ledger {
    /// Adds an entry.
    pub fn add(&mut self, entry: Entry) -> Result<Added, LedgerError> {
        if let Some(known) = self.rows.find(&entry.account, &entry.id) {
            return if self.rows.entry(known).as_ref() == Some(&entry) {
                Ok(Added::Known)
            } else {
                Err(LedgerError::Differs(entry.id))
            };
        }
        if let Kind::Correction { of } = &entry.kind
            && self.rows.find(&entry.account, of).is_none()
        {
            return Err(LedgerError::Unknown(entry.id, of.clone()));
        }
        let units = match &entry.kind {
            Kind::Subscription { units } | Kind::Redemption { units } => Some(units),
            _ => None,
        };
        let amounts = entry.legs.iter().map(|leg| &leg.amount).chain(units);
        if let Some(amount) = amounts.map(|amount| amount.get()).find(|amount| amount.abs() > MOST) {
            return Err(LedgerError::TooLarge(entry.id, amount));
        }
        let Some((account, legs)) = self.rows.intern(&entry) else { return Err(LedgerError::Full(entry.id)) };
        let mut changed: Vec<(usize, Decimal)> = Vec::with_capacity(legs.len());
        for (leg, named) in legs.iter().zip(&entry.legs) {
            let place = changed.iter().position(|(asset, _)| *asset == leg.asset());
            let before = match place.and_then(|place| changed.get(place)) {
                Some((_, sum)) => *sum,
                None => self.held(account, leg.asset()).unwrap_or_default(),
            };
            let after = exact_sum(before, leg.amount)
                .ok_or_else(|| LedgerError::TooPrecise(entry.id.clone(), named.asset.clone()))?;
            match place.and_then(|place| changed.get_mut(place)) {
                Some((_, sum)) => *sum = after,
                None => changed.push((leg.asset(), after)),
            }
        }
        if !self.rows.push(&entry, account, legs) {
            return Err(LedgerError::Full(entry.id));
        }
        grow(&mut self.balances, account);
        for (asset, balance) in changed {
            if let Some(held) = self.balances.get_mut(account) {
                grow(held, asset);
                held.get_mut(asset).map(|held| held.replace(balance));
            }
        }
        Ok(Added::New)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One entry, by its place in the order in which they were added.
    pub fn entry(&self, place: usize) -> Option<Entry> {
        self.rows.entry(place)
    }

    /// All entries, in the order in which they were added.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        (0..self.len()).filter_map(|place| self.entry(place))
    }

    /// One entry as it lies in the ledger, without copying it.
    pub fn row(&self, place: usize) -> Option<Row<'_>> {
        self.rows.row(place)
    }

    /// All of them, in the order in which they were added.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = Row<'_>> {
        (0..self.len()).filter_map(|place| self.row(place))
    }

    /// The places of all entries in the order of their time; those of one moment in the order in which they were added.
    pub fn by_time(&self) -> Vec<u32> {
        self.rows.by_time()
    }

    /// All accounts, in the order of their numbers.
    pub fn accounts(&self) -> &[Account] {
        self.rows.accounts.all()
    }

    /// All assets, in the order of their numbers.
    pub fn assets(&self) -> &[Asset] {
        self.rows.assets.all()
    }

    /// What is held of an asset in an account; `None` where it never was.
    pub fn balance(&self, account: &Account, asset: &Asset) -> Option<Decimal> {
        let (account, asset) = (self.rows.accounts.number(account)?, self.rows.assets.number(asset)?);
        self.held(account, asset)
    }

    fn held(&self, account: usize, asset: usize) -> Option<Decimal> {
        *self.balances.get(account)?.get(asset)?
    }

    /// What is in each account; an asset that came and went wholly is there with zero.
    pub fn balances(&self) -> BTreeMap<&Account, BTreeMap<&Asset, Decimal>> {
        let held = |account| {
            let of = |asset| Some((asset, self.balance(account, asset)?));
            self.assets().iter().filter_map(of).collect()
        };
        self.rows.accounts.all().iter().map(|account| (account, held(account))).collect()
    }
}

/// Makes room up to a place.
fn grow<T: Clone + Default>(list: &mut Vec<T>, place: usize) {
    if list.len() <= place {
        list.resize(place + 1, T::default());
    }
}
