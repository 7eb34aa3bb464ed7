//! Purchases and sales, read from a table with the columns `date`, `type`, `asset`, `quantity`, `price` and perhaps `fee`,
//! and what they come to.
//!
//! Trades are counted in the order of their dates, and those of one date in the order of the table; a table that runs
//! backwards from the newest to the oldest, as many exports do, is turned round first.

use super::basis::{Holding, Method};
use super::table::{Table, TableError, Trouble};
use crate::market::Timestamp;
use crate::money::{Asset, Decimal};
use std::collections::BTreeMap;
use std::io::Read;

/// One purchase or sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands in the table.
    pub line: u64,
    /// When.
    pub at: Timestamp,
    /// Whether it is a purchase.
    pub buys: bool,
    /// What is bought or sold.
    pub asset: Asset,
    /// How much.
    pub quantity: Decimal,
    /// The price of one.
    pub price: Decimal,
    /// What was paid for the trade, in the currency of the price.
    pub fee: Decimal,
}

/// Reads all trades, oldest first.
pub fn read(source: impl Read) -> Result<Vec<Entry>, TableError> {
    let mut table = Table::open(source, &["date", "type", "asset", "quantity", "price"], &["fee"])?;
    let mut entries: Vec<Entry> = Vec::new();
    while let Some(row) = table.next_row()? {
        let kind = row.text("type")?;
        let buys = match kind {
            kind if kind.eq_ignore_ascii_case("buy") => true,
            kind if kind.eq_ignore_ascii_case("sell") => false,
            _ => return Err(row.unknown("type", "buy, sell")),
        };
        let asset = row.asset("asset")?;
        let (quantity, price) = (row.decimal("quantity")?, row.decimal("price")?);
        let (at, fee) = (row.moment("date")?, row.decimal_or_zero("fee")?);
        entries.push(Entry { line: row.line, at, buys, asset, quantity, price, fee });
    }
    if entries.first().zip(entries.last()).is_some_and(|(first, last)| first.at > last.at) {
        entries.reverse();
    }
    entries.sort_by_key(|entry| entry.at);
    Ok(entries)
}

/// What the trades come to, for each asset.
pub fn holdings(entries: &[Entry], method: Method) -> Result<BTreeMap<Asset, Holding>, TableError> {
    let mut holdings: BTreeMap<Asset, Holding> = BTreeMap::new();
    for Entry { line, buys, asset, quantity, price, fee, .. } in entries {
        if !holdings.contains_key(asset) {
            holdings.insert(asset.clone(), Holding::new(method));
        }
        let Some(holding) = holdings.get_mut(asset) else { continue };
        let counted = match buys {
            true => holding.buy(*quantity, *price, *fee),
            false => holding.sell(*quantity, *price, *fee).map(|_| ()),
        };
        counted.map_err(|error| TableError { line: *line, trouble: Trouble::Refused(format!("{asset}: {error}")) })?;
    }
    Ok(holdings)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRADES: &str = "\
date,type,asset,quantity,price,fee
2026-03-01,sell,BTC,1.5,60000,30
2026-02-01,buy,BTC,1,50000,20
2026-01-01T10:00:00Z,buy,BTC,1,40000,10
2026-01-01,Buy,ETH,2,3000,
";

    fn realised(method: Method) -> String {
        let holdings = holdings(&read(TRADES.as_bytes()).unwrap(), method).unwrap();
        holdings[&Asset::new("BTC").unwrap()].realised().normalize().to_string()
    }

    #[test]
    fn the_oldest_come_first_however_the_table_runs() {
        let entries = read(TRADES.as_bytes()).unwrap();
        assert_eq!(entries.iter().map(|entry| entry.line).collect::<Vec<_>>(), [5, 4, 3, 2]);
        // Proceeds 89970; costs 40010 + ½ × 50020, 50020 + ½ × 40010, and ¾ × 90030.
        assert_eq!(realised(Method::Fifo), "24950");
        assert_eq!(realised(Method::Lifo), "19945");
        assert_eq!(realised(Method::Hifo), "19945");
        assert_eq!(realised(Method::Average), "22447.5");
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        let header = "date,type,asset,quantity,price,fee\n";
        for (rows, words) in [
            ("2026-01-01,sell,BTC,1,1,0\n", "line 2: BTC: 1 are sold, but 0 are held"),
            ("2026-01-01,buy,BTC,-1,1,0\n", "line 2: BTC: a quantity of -1"),
            ("2026-01-01,buy,BTC,1,-1,0\n", "line 2: BTC: -1 is below zero"),
            ("2026-01-01,gift,BTC,1,1,0\n", "line 2: type: \"gift\" is not one of buy, sell"),
            ("2026-01-01,buy,B C,1,1,0\n", "line 2: asset: ' ' cannot stand in an asset code"),
            ("01/02/2026,buy,BTC,1,1,0\n", "line 2: date: \"01/02/2026\" is not a date"),
        ] {
            let text = format!("{header}{rows}");
            let error = read(text.as_bytes()).and_then(|entries| holdings(&entries, Method::Fifo)).unwrap_err();
            assert!(error.to_string().starts_with(words), "{error}");
        }
    }
}
