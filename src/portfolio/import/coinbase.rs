//! Coinbase's "Transaction history". <https://help.coinbase.com/en/coinbase/taxes/reports/how-do-i-find-transaction-history>
//!
//! - Some lines stand before the header. Names of columns changed over the years; both are read.
//! - `Total` is what a purchase cost with its fee, or what a sale brought without it. `Fees` is part of that and becomes
//!   the fee of the entry. On everything else it is inside the quantity, and moves nothing of its own.
//! - Older exports tell a conversion in one row, whose note names the other asset; newer ones in two rows, of what went
//!   out (below zero) and what came in, with one note or one id.
//! - What was bought with a card or a bank account has no deposit beside it, so that the currency goes below zero by what
//!   came from there.
//! - The page names no columns; they are as published exports have them.

use super::prints::Prints;
use super::{Item, Sink, asset_named, charged, each_row, entry_id, own};
use crate::money::Decimal;
use crate::portfolio::ledger::{Account, Entry, Kind, Leg};
use crate::portfolio::table::{Layout, Row, Table, TableError, Trouble, ungrouped};
use std::collections::BTreeMap;
use std::io::Read;

pub(super) const WANTED: [&str; 5] = ["Timestamp", "Transaction Type", "Asset", "Quantity Transacted", "Notes"];
const OPTIONAL: [&str; 9] = [
    "ID",
    "Price Currency",
    "Spot Price Currency",
    "Subtotal",
    "Total (inclusive of fees and/or spread)",
    "Total (inclusive of fees)",
    "Fees and/or Spread",
    "Fees",
    "Price at Transaction",
];

const TYPES: &str = "Buy, Sell, Advanced Trade Buy, Advanced Trade Sell, Convert, Send, Receive, Deposit, Withdrawal, \
                     Exchange Deposit, Exchange Withdrawal, Pro Deposit, Pro Withdrawal, Staking Income, Reward Income, \
                     Learning Reward, Inflation Reward, Interest, Retail Staking Transfer, Subscription";

/// What stands before an amount of money.
const SIGNS: [char; 6] = ['$', '€', '£', '¥', '₹', '₩'];

/// One half of a conversion.
struct Half {
    line: u64,
    entry: Entry,
}

pub(super) fn read(source: impl Read, account: &Account, sink: Sink<'_>) -> Result<(), TableError> {
    let table = Table::laid_out(source, &WANTED, &OPTIONAL, Layout::behind(10))?;
    let (mut halves, mut prints): (BTreeMap<String, Half>, Prints) = (BTreeMap::new(), Prints::default());
    each_row(table, sink, |row, sink| {
        let row = row?;
        let entry = entry(row, account, &mut prints)?;
        if entry.kind != Kind::Trade || entry.legs.len() > 1 {
            sink(Item::entry(row.line, entry));
            return Ok(());
        }
        let common = row.optional("Notes").or(row.optional("ID")).unwrap_or_default();
        let key = format!("{}\u{1f}{common}", row.text("Timestamp")?);
        match halves.remove(&key) {
            Some(other) => sink(other.with(Half { line: row.line, entry })),
            None => drop(halves.insert(key, Half { line: row.line, entry })),
        }
        Ok(())
    })?;
    for half in halves.into_values() {
        let reason = "one half of a conversion; the other is not in the file".to_owned();
        sink(Item::Refused(TableError::refused(half.line, reason)));
    }
    Ok(())
}

impl Half {
    /// The conversion of both: it has the id of what went out, whatever came first.
    fn with(self, other: Self) -> Item {
        let line = self.line.min(other.line);
        let out = |half: &Self| half.entry.legs.iter().any(|leg| leg.amount.get().is_sign_negative());
        let (out, into) = if out(&self) { (self, other) } else { (other, self) };
        let mut entry = out.entry;
        entry.legs.extend(into.entry.legs);
        Item::entry(line, entry)
    }
}

fn entry(row: &Row<'_>, account: &Account, prints: &mut Prints) -> Result<Entry, TableError> {
    let refused = |reason: String| row.fault(Trouble::Refused(reason));
    let (asset, quantity) = (row.asset("Asset")?, money(row, "Quantity Transacted")?);
    let size = quantity.abs();
    let kind = row.text("Transaction Type")?.to_lowercase();
    let (kind, legs) = match kind.as_str() {
        "buy" | "advanced trade buy" | "advance trade buy" => {
            if quantity.is_sign_negative() {
                return Err(refused(format!("a quantity of {quantity}; what is bought is above zero")));
            }
            (Kind::Trade, paid(row, own(&asset, size), true)?)
        }
        "sell" | "advanced trade sell" | "advance trade sell" => (Kind::Trade, paid(row, own(&asset, -size), false)?),
        "convert" if quantity.is_sign_negative() => (Kind::Trade, vec![own(&asset, quantity)]),
        "convert" => (Kind::Trade, converted(row, asset.as_str(), quantity)?),
        "send" | "withdrawal" => (Kind::Withdrawal, vec![own(&asset, -size)]),
        "receive" | "deposit" => (Kind::Deposit, vec![own(&asset, size)]),
        "exchange deposit" | "pro deposit" => (Kind::Transfer, vec![own(&asset, -size)]),
        "exchange withdrawal" | "pro withdrawal" => (Kind::Transfer, vec![own(&asset, size)]),
        "staking income"
        | "reward income"
        | "rewards income"
        | "learning reward"
        | "inflation reward"
        | "interest"
        | "coinbase earn"
        | "incentives rewards payout"
        | "subscription rebate"
        | "subscription rebates (24 hours)" => (Kind::Reward, vec![own(&asset, quantity)]),
        "subscription" => (Kind::Fee, vec![charged(&asset, -size)]),
        // Within Coinbase: both sides are there, with their signs.
        "retail staking transfer"
        | "retail unstaking transfer"
        | "staking transfer"
        | "unstaking transfer"
        | "retail eth2 deprecation"
        | "eth2 deprecation"
        | "vault withdrawal" => (Kind::Transfer, vec![own(&asset, quantity)]),
        _ => return Err(row.unknown("Transaction Type", TYPES)),
    };
    let id = match row.optional("ID") {
        Some(id) => id.to_owned(),
        None => prints.id(WANTED.iter().map(|column| row.optional(column).unwrap_or_default())),
    };
    let note = row.optional("Notes").map(|note| note.chars().take(200).collect());
    Ok(Entry { id: entry_id(row, &id)?, account: account.clone(), at: row.moment("Timestamp")?, kind, legs, note })
}

/// A purchase or a sale, with what was paid for it.
fn paid(row: &Row<'_>, traded: Leg, buys: bool) -> Result<Vec<Leg>, TableError> {
    let named = |new: &'static str, old: &'static str| if row.optional(new).is_some() { new } else { old };
    let column = named("Price Currency", "Spot Price Currency");
    let currency = row.asset(column)?;
    let total = money(row, named("Total (inclusive of fees and/or spread)", "Total (inclusive of fees)"))?.abs();
    let fees = named("Fees and/or Spread", "Fees");
    let fee = if row.optional(fees).is_some() { money(row, fees)? } else { Decimal::ZERO };
    let too_many = || row.fault(Trouble::Refused("total and fee have too many digits together".to_owned()));
    // Both are exact to as many digits as they have, and so is what they come to.
    let other = crate::money::exact_sum(total, if buys { -fee } else { fee }).ok_or_else(too_many)?;
    let mut legs = vec![traded, own(&currency, if buys { -other } else { other })];
    if !fee.is_zero() {
        legs.push(charged(&currency, -fee));
    }
    Ok(legs)
}

/// A conversion in one row, `Converted 0.1 ETH to 0.01 BTC`; or, of two rows, the one of what came in.
fn converted(row: &Row<'_>, asset: &str, quantity: Decimal) -> Result<Vec<Leg>, TableError> {
    let mine = asset_named(row, "Asset", asset)?;
    let words: Vec<&str> = row.optional("Notes").unwrap_or_default().split_whitespace().collect();
    let ["Converted", _, from, "to", got, into] = words.as_slice() else { return Ok(vec![own(&mine, quantity)]) };
    if *from != asset {
        return Ok(vec![own(&mine, quantity)]);
    }
    let got = ungrouped(got, '.', Some(',')).ok_or_else(|| row.not_a_number("Notes"))?;
    let got = row.number("Notes", &got)?;
    Ok(vec![own(&mine, -quantity), own(&asset_named(row, "Notes", into)?, got)])
}

/// An amount with the sign of its currency before it and commas in it: `-€1,234.50`.
fn money(row: &Row<'_>, column: &'static str) -> Result<Decimal, TableError> {
    let text = row.text(column)?;
    let (minus, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let rest = rest.strip_prefix(SIGNS).unwrap_or(rest);
    let plain = ungrouped(rest, '.', Some(',')).ok_or_else(|| row.not_a_number(column))?;
    row.number(column, &format!("{minus}{plain}"))
}
