//! Kraken's "Trades" export. <https://support.kraken.com/articles/360001184886-how-to-interpret-ledger-history-fields>
//!
//! - A row is a trade of `vol` of the first asset of `pair` for `cost` of the second; `fee` is charged beside it, in the
//!   second. That holds for orders which do not ask for a fee in the first; their fee cannot be told from the row.
//! - Names are joined without a sign between them (`XXBTZEUR`, `XTZUSD`) in older exports and with one in newer ones. A
//!   joined pair is taken apart at the assets that Kraken quotes prices in, and refused where that leaves nothing.
//! - A trade on margin moves no assets: it is refused, because only the "Ledgers" export says what it comes to.
//! - The id is the `txid`, which is the `refid` of the "Ledgers" export: an account needs one of the two.

use super::kraken::{common, is_old};
use super::{Item, Sink, asset_named, charged, each_row, entry_id, own};
use crate::portfolio::ledger::{Account, Entry, Kind};
use crate::portfolio::table::{Row, Table, TableError, Trouble};
use std::io::Read;

pub(super) const WANTED: [&str; 7] = ["txid", "pair", "time", "type", "cost", "fee", "vol"];

/// What prices are quoted in, longer names first.
const QUOTES: [&str; 19] = [
    "PYUSD", "USDT", "USDC", "USDG", "USDQ", "RLUSD", "EURR", "EURQ", "USD", "EUR", "GBP", "CAD", "AUD", "CHF", "JPY",
    "DAI", "XBT", "ETH", "DOT",
];

pub(super) fn read(source: impl Read, account: &Account, sink: Sink<'_>) -> Result<(), TableError> {
    let table = Table::open(source, &WANTED, &["margin"])?;
    each_row(table, sink, |row, sink| {
        let row = row?;
        sink(Item::entry(row.line, trade(row, account)?));
        Ok(())
    })
}

fn trade(row: &Row<'_>, account: &Account) -> Result<Entry, TableError> {
    let refused = |reason: String| Err(row.fault(Trouble::Refused(reason)));
    let pair = row.text("pair")?;
    let Some((base, quote)) = parts(pair) else {
        return refused(format!("{pair:?} is no pair that can be taken apart; the Ledgers export names both assets"));
    };
    let (base, quote) = (asset_named(row, "pair", base)?, asset_named(row, "pair", quote)?);
    if !row.decimal_or_zero("margin")?.is_zero() {
        return refused("a trade on margin; the Ledgers export says what it comes to".to_owned());
    }
    let (volume, cost, fee) = (row.decimal("vol")?, row.decimal("cost")?, row.decimal_or_zero("fee")?);
    if volume.is_sign_negative() || cost.is_sign_negative() {
        return refused(format!("a volume of {volume} for {cost}; neither is below zero"));
    }
    let mut legs = match row.text("type")? {
        "buy" => vec![own(&base, volume), own(&quote, -cost)],
        "sell" => vec![own(&base, -volume), own(&quote, cost)],
        _ => return Err(row.unknown("type", "buy, sell")),
    };
    if !fee.is_zero() {
        legs.push(charged(&quote, -fee));
    }
    let id = entry_id(row, row.text("txid")?)?;
    Ok(Entry { id, account: account.clone(), at: row.moment("time")?, kind: Kind::Trade, legs, note: None })
}

/// The two names of a pair.
fn parts(pair: &str) -> Option<(&str, &str)> {
    if let Some((base, quote)) = pair.split_once('/') {
        return Some((common(base), common(quote)));
    }
    // Two old names, or a dollar of somebody's and an old name: XXBTZEUR, USDTZUSD; but not XTZEUR.
    if let Some((base, quote)) = pair.split_at_checked(4)
        && (is_old(base) || QUOTES.contains(&base))
        && is_old(quote)
    {
        return Some((common(base), common(quote)));
    }
    let quote = QUOTES.iter().find(|quote| pair.len() > quote.len() && pair.ends_with(**quote))?;
    Some((common(pair.strip_suffix(quote)?), common(quote)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_taken_apart() {
        for (pair, base, quote) in [
            ("XXBTZEUR", "BTC", "EUR"),
            ("XTZEUR", "XTZ", "EUR"),
            ("XBTUSDT", "BTC", "USDT"),
            ("USDTZUSD", "USDT", "USD"),
            ("XETHXXBT", "ETH", "BTC"),
            ("AVAXXBT", "AVAX", "BTC"),
            ("POL/EUR", "POL", "EUR"),
            ("XBT/USD", "BTC", "USD"),
            ("XDGUSD", "DOGE", "USD"),
        ] {
            assert_eq!(parts(pair), Some((base, quote)), "{pair}");
        }
        assert_eq!(parts("EUR"), None);
        assert_eq!(parts("ABCXYZ"), None);
    }
}
