//! Binance's "Trade History" of the spot market: `Date(UTC),Pair,Side,Price,Executed,Amount,Fee`.
//!
//! - Amounts carry their asset behind them (`0.1BTC`, `1,234.56USDT`). What `Executed` and `Amount` are of is found by the
//!   pair: `0.51INCH` of `1INCHUSDT` is half a 1INCH.
//! - Rows have no id: it is made of what they say, and equal rows are counted.
//! - There is no page of Binance's that describes the columns; they are as other programs' importers know them.

use super::prints::Prints;
use super::{Item, Sink, asset_named, charged, each_row, entry_id, own};
use crate::money::{Asset, Decimal};
use crate::portfolio::ledger::{Account, Entry, Kind};
use crate::portfolio::table::{Row, Table, TableError, Trouble, ungrouped};
use std::io::Read;

pub(super) const WANTED: [&str; 7] = ["Date(UTC)", "Pair", "Side", "Price", "Executed", "Amount", "Fee"];

pub(super) fn read(source: impl Read, account: &Account, sink: Sink<'_>) -> Result<(), TableError> {
    let table = Table::open(source, &WANTED, &[])?;
    let mut prints = Prints::default();
    each_row(table, sink, |row, sink| {
        let row = row?;
        sink(Item::entry(row.line, trade(row, account, &mut prints)?));
        Ok(())
    })
}

fn trade(row: &Row<'_>, account: &Account, prints: &mut Prints) -> Result<Entry, TableError> {
    let pair = row.text("Pair")?;
    let (executed, amount) = (row.text("Executed")?, row.text("Amount")?);
    let places = pair.char_indices().map(|(at, _)| at).filter(|at| *at > 0);
    let mut fitting = places.filter_map(|at| {
        let (base, quote) = pair.split_at_checked(at)?;
        Some((base, number(executed.strip_suffix(base)?)?, quote, number(amount.strip_suffix(quote)?)?))
    });
    let (Some((base, executed, quote, amount)), None) = (fitting.next(), fitting.next()) else {
        let reason = format!("{pair:?} is not the pair of {executed:?} and {amount:?}");
        return Err(row.fault(Trouble::Refused(reason)));
    };
    let (executed, amount) = (row.number("Executed", &executed)?, row.number("Amount", &amount)?);
    let (base, quote) = (asset_named(row, "Pair", base)?, asset_named(row, "Pair", quote)?);
    let mut legs = match row.text("Side")?.to_ascii_uppercase().as_str() {
        "BUY" => vec![own(&base, executed), own(&quote, -amount)],
        "SELL" => vec![own(&base, -executed), own(&quote, amount)],
        _ => return Err(row.unknown("Side", "BUY, SELL")),
    };
    if let Some((fee, asset)) = fee(row, &base, &quote)? {
        legs.push(charged(&asset, -fee));
    }
    let id = prints.id(WANTED.iter().map(|column| row.optional(column).unwrap_or_default()));
    Ok(Entry {
        id: entry_id(row, &id)?,
        account: account.clone(),
        at: row.moment("Date(UTC)")?,
        kind: Kind::Trade,
        legs,
        note: None,
    })
}

/// What was paid for the trade, mostly in one of its assets or in BNB.
fn fee(row: &Row<'_>, base: &Asset, quote: &Asset) -> Result<Option<(Decimal, Asset)>, TableError> {
    let Some(text) = row.optional("Fee") else { return Ok(None) };
    let of_pair = [base, quote].into_iter().find_map(|asset| {
        let fee = number(text.strip_suffix(asset.as_str())?)?;
        Some((fee, asset.clone()))
    });
    let (fee, asset) = match of_pair {
        Some(found) => found,
        None => {
            let (fee, name) = text
                .split_at_checked(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()))
                .unwrap_or((text, ""));
            let fee = number(fee).ok_or_else(|| row.not_a_number("Fee"))?;
            match name {
                "" if row.number("Fee", &fee)?.is_zero() => return Ok(None),
                name => (fee, asset_named(row, "Fee", name)?),
            }
        }
    };
    let fee = row.number("Fee", &fee)?;
    Ok((!fee.is_zero()).then_some((fee, asset)))
}

/// A number without its thousands, if it is one.
fn number(text: &str) -> Option<String> {
    let plain = ungrouped(text, '.', Some(','))?.into_owned();
    let unsigned = plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (unsigned && plain.starts_with(|c: char| c.is_ascii_digit()) && !plain.ends_with('.')).then_some(plain)
}
