//! Kraken's "Ledgers" export. <https://support.kraken.com/articles/360001184886-how-to-interpret-ledger-history-fields>
//!
//! - A row is one asset in one account of Kraken's. `amount` is signed and does not hold the `fee`, which the account is
//!   charged beside it, in the same asset.
//! - What belongs together has one `refid`: the two rows of a trade, of a conversion, or of a `spend` and its `receive`.
//! - Deposits and withdrawals stand there twice: when they were asked for, without a `txid`, and when they were settled.
//! - Assets have old names (`XXBT`, `ZUSD`), and what earns has a letter behind its name (`DOT.S`, `USD.F`); both are the
//!   asset itself.

use super::{Item, Sink, charged, each_row, entry_id, own};
use crate::money::Asset;
use crate::portfolio::ledger::{Account, Entry, Kind};
use crate::portfolio::table::{Row, Table, TableError, Trouble};
use std::collections::HashMap;
use std::io::Read;

pub(super) const WANTED: [&str; 7] = ["txid", "refid", "time", "type", "asset", "amount", "fee"];
const OPTIONAL: [&str; 1] = ["subtype"];
const TYPES: &str = "trade, spend, receive, conversion, sale, deposit, withdrawal, transfer, staking, earn, reward, \
                     dividend, airdrop, credit, margin, rollover, settled, adjustment";

/// Names that Kraken has from its beginnings.
const OLD_NAMES: [(&str, &str); 24] = [
    ("XXBT", "BTC"),
    ("XBT", "BTC"),
    ("XXDG", "DOGE"),
    ("XDG", "DOGE"),
    ("XETH", "ETH"),
    ("ETH2", "ETH"),
    ("XETC", "ETC"),
    ("XLTC", "LTC"),
    ("XMLN", "MLN"),
    ("XREP", "REP"),
    ("XXLM", "XLM"),
    ("XXMR", "XMR"),
    ("XXRP", "XRP"),
    ("XZEC", "ZEC"),
    ("XNMC", "NMC"),
    ("XXVN", "XVN"),
    ("ZAUD", "AUD"),
    ("ZCAD", "CAD"),
    ("ZEUR", "EUR"),
    ("ZGBP", "GBP"),
    ("ZJPY", "JPY"),
    ("ZKRW", "KRW"),
    ("ZUSD", "USD"),
    ("KFEE", "FEE"),
];

/// Rows with one `refid` that are one entry.
struct Group {
    line: u64,
    entry: Entry,
}

pub(super) fn read(source: impl Read, account: &Account, sink: Sink<'_>) -> Result<(), TableError> {
    let table = Table::open(source, &WANTED, &OPTIONAL)?;
    // Trades wait for their other half, wherever in the file it is.
    let (mut groups, mut places): (Vec<Group>, HashMap<String, usize>) = (Vec::new(), HashMap::new());
    each_row(table, sink, |row, sink| {
        let row = row?;
        match part(row, account)? {
            None => sink(Item::Skipped { line: row.line, reason: "not settled yet: it has no txid" }),
            Some(entry) if entry.kind == Kind::Trade => {
                let refid = row.optional("refid").unwrap_or_default();
                match places.get(refid).and_then(|place| groups.get_mut(*place)) {
                    Some(group) => group.entry.legs.extend(entry.legs),
                    None => {
                        places.insert(refid.to_owned(), groups.len());
                        groups.push(Group { line: row.line, entry });
                    }
                }
            }
            Some(entry) => sink(Item::entry(row.line, entry)),
        }
        Ok(())
    })?;
    groups.into_iter().for_each(|Group { line, entry }| sink(Item::entry(line, entry)));
    Ok(())
}

/// What one row says; `None` when it is not settled.
fn part(row: &Row<'_>, account: &Account) -> Result<Option<Entry>, TableError> {
    let Some(txid) = row.optional("txid") else { return Ok(None) };
    let asset = asset(row)?;
    let (amount, fee) = (row.decimal("amount")?, row.decimal_or_zero("fee")?);
    let out = amount.is_sign_negative();
    let (kind, subtype) = (row.text("type")?, row.optional("subtype").unwrap_or_default());
    let kind = match kind {
        "trade" | "spend" | "receive" | "conversion" | "sale" => Kind::Trade,
        "deposit" => Kind::Deposit,
        "withdrawal" => Kind::Withdrawal,
        "staking" | "reward" | "airdrop" | "credit" => Kind::Reward,
        "earn" if subtype == "reward" => Kind::Reward,
        "dividend" => Kind::Dividend,
        "transfer" | "earn" | "adjustment" => Kind::Transfer,
        "margin" | "rollover" | "settled" if amount.is_zero() => Kind::Fee,
        "margin" | "rollover" | "settled" => Kind::Settlement,
        _ => return Err(row.unknown("type", TYPES)),
    };
    // What was deposited and taken back by the bank is a deposit below zero, and the other way round.
    let kind = match kind {
        Kind::Deposit if out => Kind::Withdrawal,
        Kind::Withdrawal if !out => Kind::Deposit,
        kind => kind,
    };
    let mut legs = Vec::new();
    if !amount.is_zero() {
        legs.push(own(&asset, amount));
    }
    if !fee.is_zero() {
        legs.push(charged(&asset, -fee));
    }
    // The rows of a trade go by what they have in common; the others each have their own.
    let id = if kind == Kind::Trade { row.text("refid")? } else { txid };
    Ok(Some(Entry {
        id: entry_id(row, id)?,
        account: account.clone(),
        at: row.moment("time")?,
        kind,
        legs,
        note: None,
    }))
}

fn asset(row: &Row<'_>) -> Result<Asset, TableError> {
    let name = row.text("asset")?;
    let plain = match name.rsplit_once('.') {
        Some((plain, "S" | "M" | "F" | "B" | "P" | "T")) => plain,
        _ => name,
    };
    Asset::new(common(plain)).map_err(|error| row.fault(Trouble::Refused(error.to_string())))
}

/// The name that everybody else has for it.
pub(super) fn common(name: &str) -> &str {
    OLD_NAMES.iter().find(|(old, _)| *old == name).map_or(name, |(_, common)| common)
}

/// Whether it is a name from the beginnings.
pub(super) fn is_old(name: &str) -> bool {
    OLD_NAMES.iter().any(|(old, _)| *old == name)
}
