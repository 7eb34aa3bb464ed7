//! Trades of a venue as entries of the ledger, for `exchequer portfolio reconcile --trades`.
//!
//! - An entry has the venue's id, so whoever brings the same trades again brings nothing. One that stands under its id with
//!   other words, from an export perhaps, stays as it is and is counted.
//! - Trades that changed a position and not what is held are counted and not brought.
//! - A trade whose cost cannot be told exactly is refused, and then nothing is brought.

use super::ledger;
use crate::cli::account::{Account as Venue, refused};
use crate::cli::{Context, Exit, Failure};
use crate::feed::Clock;
use crate::market::{Side, Symbol};
use crate::money::{Decimal, Quantity};
use crate::portfolio::ledger::{Account, Added, Entry, EntryId, Kind, LedgerError, Leg};
use crate::store::Journal;
use crate::store::journal::{Body, Ledger as Lines, Who};
use crate::venue::account::Fill;
use std::collections::HashSet;
use tokio::runtime::Runtime;

/// What became of a venue's trades.
#[derive(Debug, Default)]
pub struct Brought {
    new: Vec<Entry>,
    known: usize,
    otherwise: usize,
    positions: usize,
    /// Whether nothing was to be added.
    dry: bool,
    /// Whether the ledger has changed.
    pub changed: bool,
}

/// Fetches trades and adds those that the ledger does not have.
pub fn bring(
    venue: &mut Venue,
    runtime: &Runtime,
    account: &Account,
    symbols: &[Symbol],
    dry_run: bool,
    context: &Context,
) -> Result<Brought, Failure> {
    // Before anything is asked: nobody else may add what this run then believes to be new.
    let mut journal = match dry_run {
        true => None,
        false => {
            let (journal, _) = Journal::open(&context.paths.journal);
            journal.writable().map_err(not_written)?;
            Some(journal)
        }
    };
    let mut fills = runtime.block_on(venue.holder.trades(symbols)).map_err(|error| refused(&error))?;
    // What happens between two pages moves the rest of them: a trade may come twice.
    let mut seen = HashSet::new();
    fills.retain(|fill| seen.insert(fill.id.clone()));
    fills.sort_by_key(|fill| fill.at);
    let mut brought = Brought { dry: dry_run, ..Brought::default() };
    let mut ledger = ledger(context)?;
    for fill in &fills {
        if fill.position {
            brought.positions += 1;
            continue;
        }
        let entry = entry(fill, account)?;
        match ledger.add(entry.clone()) {
            Ok(Added::New) => brought.new.push(entry),
            Ok(Added::Known) => brought.known += 1,
            Err(LedgerError::Differs(_)) => brought.otherwise += 1,
            Err(error) => return Err(unfit(fill, &error.to_string())),
        }
    }
    if let Some(journal) = &mut journal {
        let clock = Clock::start();
        let source = format!("{}, by key", venue.venue);
        let mut new = brought.new.iter().cloned().peekable();
        while new.peek().is_some() {
            let body = Body::Ledger(Lines::fill(&source, &mut new));
            journal.append(clock.now(), Who::LOCAL, &body).map_err(|error| not_written(&error.to_string()))?;
        }
        brought.changed = !brought.new.is_empty();
    }
    Ok(brought)
}

fn entry(fill: &Fill, account: &Account) -> Result<Entry, Failure> {
    let cost = fill
        .cost
        .or_else(|| product(fill))
        .ok_or_else(|| unfit(fill, "its cost has too many digits to be told exactly"))?;
    let (into, out) = match fill.side {
        Side::Bid => ((&fill.base, fill.quantity.get()), (&fill.quote, cost)),
        Side::Ask => ((&fill.quote, cost), (&fill.base, fill.quantity.get())),
    };
    let leg =
        |asset: &crate::money::Asset, amount, fee| Leg { asset: asset.clone(), amount: Quantity::new(amount), fee };
    let mut legs = vec![leg(into.0, into.1, false), leg(out.0, -out.1, false)];
    if !fill.fee.is_zero() {
        legs.push(leg(&fill.fee_asset, -fill.fee, true));
    }
    let id = EntryId::new(&fill.id).map_err(|error| unfit(fill, &error.to_string()))?;
    let entry = Entry { id, account: account.clone(), at: fill.at, kind: Kind::Trade, legs, note: None };
    entry.check().map_err(|error| unfit(fill, &error.to_string()))?;
    Ok(entry)
}

/// Price times quantity, with every digit; the library's own multiplication rounds without a word.
fn product(fill: &Fill) -> Option<Decimal> {
    let (price, quantity) = (fill.price.get().normalize(), fill.quantity.get().normalize());
    let scale = price.scale().checked_add(quantity.scale()).filter(|scale| *scale <= Decimal::MAX_SCALE)?;
    Decimal::try_from_i128_with_scale(price.mantissa().checked_mul(quantity.mantissa())?, scale).ok()
}

fn unfit(fill: &Fill, reason: &str) -> Failure {
    let message = format!("trade {} cannot come into the ledger: {reason}; nothing was added", fill.id);
    Failure::new(Exit::Error, "trade_refused", message)
}

fn not_written(reason: &str) -> Failure {
    let hint = "close the console that has the journal; what is written already is not added twice";
    Failure::new(Exit::Error, "journal_not_written", reason).hint(hint)
}

impl Brought {
    /// For scripts.
    pub fn value(&self) -> serde_json::Value {
        let did = if self.dry { "would_add" } else { "added" };
        serde_json::json!({
            did: self.new.len(), "known": self.known, "known_otherwise": self.otherwise, "positions": self.positions,
        })
    }

    /// For people.
    pub fn line(&self) -> String {
        let did = if self.dry { "would be added" } else { "added" };
        let Self { new, known, otherwise, positions, .. } = self;
        format!(
            "trades: {} {did}, {known} known already, {otherwise} known in other words, {positions} of positions left out",
            new.len()
        )
    }
}
