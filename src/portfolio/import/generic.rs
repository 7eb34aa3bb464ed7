//! A table that a person made, or another program for want of anything better.
//!
//! | column | holds |
//! |---|---|
//! | `date` | when |
//! | `type` | `buy`, `sell`, `deposit`, `withdrawal`, `transfer`, `fee`, `reward`, `interest`, `dividend`, `borrow`, `repay` |
//! | `asset`, `quantity` | what, and how much; above zero but for a `transfer`, where what went out is negative |
//! | `price`, `currency` | of a `buy` or `sell`: the price of one, and in what |
//! | `fee`, `fee_asset` | what was paid beside it; in `currency`, or else in `asset`, where no `fee_asset` is named |
//! | `id`, `note` | the source's own id, if it has any; words |

use super::Item;
use crate::money::{Asset, Quantity};
use crate::portfolio::ledger::{Account, Entry, EntryId, Kind, Leg};
use crate::portfolio::table::{Row, Table, TableError, Trouble};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write;
use std::io::Read;

const WANTED: [&str; 4] = ["date", "type", "asset", "quantity"];
const OPTIONAL: [&str; 6] = ["price", "currency", "fee", "fee_asset", "id", "note"];

/// Longer notes are cut here.
const LONGEST_NOTE: usize = 200;

const TYPES: &str = "buy, sell, deposit, withdrawal, transfer, fee, reward, interest, dividend, borrow, repay";

pub(super) fn read(source: impl Read, account: &Account) -> Result<Vec<Item>, TableError> {
    let mut table = Table::open(source, &WANTED, &OPTIONAL)?;
    let (mut items, mut equal) = (Vec::new(), HashMap::new());
    loop {
        let item = match table.next_row() {
            Ok(None) => return Ok(items),
            Ok(Some(row)) => match entry(&row, account, &mut equal) {
                Ok(entry) => Item::Entry { line: row.line, entry: Box::new(entry) },
                Err(error) => Item::Refused(error),
            },
            Err(error) if error.trouble.ends_the_table() => return Err(error),
            Err(error) => Item::Refused(error),
        };
        items.push(item);
    }
}

fn entry(row: &Row<'_>, account: &Account, equal: &mut HashMap<[u8; 32], u32>) -> Result<Entry, TableError> {
    let refused = |error: String| row.fault(Trouble::Refused(error));
    let (asset, quantity) = (row.asset("asset")?, row.decimal("quantity")?);
    let kind = row.text("type")?.to_ascii_lowercase();
    if quantity.is_sign_negative() && kind != "transfer" {
        return Err(refused(format!("a quantity of {quantity}; only a transfer may have one below zero")));
    }
    let mut legs = Vec::new();
    let mut leg =
        |asset: &Asset, amount, fee| legs.push(Leg { asset: asset.clone(), amount: Quantity::new(amount), fee });
    let mut currency = asset.clone();
    let kind = match kind.as_str() {
        "buy" | "sell" => {
            currency = row.asset("currency")?;
            let total = row.decimal("price")?.checked_mul(quantity).ok_or_else(|| refused("too large".to_owned()))?;
            let sign = if kind == "buy" { 1 } else { -1 };
            leg(&asset, quantity * rust_decimal::Decimal::from(sign), false);
            leg(&currency, total * rust_decimal::Decimal::from(-sign), false);
            Kind::Trade
        }
        "fee" => {
            leg(&asset, -quantity, true);
            Kind::Fee
        }
        "withdrawal" | "repay" => {
            leg(&asset, -quantity, false);
            if kind == "repay" { Kind::Repay } else { Kind::Withdrawal }
        }
        other => {
            leg(&asset, quantity, false);
            match other {
                "deposit" => Kind::Deposit,
                "transfer" => Kind::Transfer,
                "reward" | "interest" => Kind::Reward,
                "dividend" => Kind::Dividend,
                "borrow" => Kind::Borrow,
                _ => return Err(row.unknown("type", TYPES)),
            }
        }
    };
    let fee = row.decimal_or_zero("fee")?;
    if fee.is_sign_negative() {
        return Err(refused(format!("a fee of {fee} is below zero")));
    }
    if !fee.is_zero() {
        let paid_in = if row.optional("fee_asset").is_some() { row.asset("fee_asset")? } else { currency };
        leg(&paid_in, -fee, true);
    }
    let id = match row.optional("id") {
        Some(id) => EntryId::new(id),
        None => EntryId::new(&made_of(row, equal)),
    };
    Ok(Entry {
        id: id.map_err(|error| refused(error.to_string()))?,
        account: account.clone(),
        at: row.moment("date")?,
        kind,
        legs,
        note: row.optional("note").map(|note| note.chars().take(LONGEST_NOTE).collect()),
    })
}

/// An id of what the row says, and of how many equal rows stand before it.
fn made_of(row: &Row<'_>, equal: &mut HashMap<[u8; 32], u32>) -> String {
    let mut hash = Sha256::new();
    for column in WANTED.iter().chain(&OPTIONAL) {
        // A byte that no text holds stands between two fields.
        hash.update(row.optional(column).unwrap_or_default());
        hash.update([0xff]);
    }
    let print: [u8; 32] = hash.finalize().into();
    let count = equal.entry(print).or_default();
    *count += 1;
    let mut id = String::from("row-");
    for byte in print.iter().take(12) {
        let _ = write!(id, "{byte:02x}");
    }
    let _ = write!(id, "-{count}");
    id
}
