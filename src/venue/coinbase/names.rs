//! Coinbase's names of products: `BTC-USD`, the perpetual `BTC-PERP-INTX`, the dated contract `BIT-26JAN24-CDE`.
//!
//! Perpetuals are quoted and settled in USDC, dated contracts in USD. The base of a dated contract is the code of its size:
//! the derivatives exchange lists several sizes of one asset with one expiry.

use crate::market::{Contract, Symbol};

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// Coinbase's name in the ecosystem's words.
pub(super) fn unified(name: &str) -> Option<Symbol> {
    let mut parts = name.split('-');
    let (base, middle, exchange) = (parts.next()?, parts.next()?, parts.next());
    let symbol = match (middle, exchange, parts.next()) {
        (quote, None, _) => format!("{base}/{quote}"),
        ("PERP", Some("INTX"), None) => format!("{base}/USDC:USDC"),
        (date, Some("CDE"), None) => format!("{base}/USD:USD-{}", numbers(date)?),
        _ => return None,
    };
    Symbol::new(&symbol).ok()
}

/// What Coinbase calls a symbol.
pub(super) fn native(symbol: &Symbol) -> String {
    let base = symbol.base();
    let date = symbol.as_str().split_once(":USD-").and_then(|(_, date)| letters(date));
    match (symbol.contract(), date) {
        (Contract::Spot, _) => format!("{base}-{}", symbol.quote()),
        (_, Some(date)) => format!("{base}-{date}-CDE"),
        (_, None) => format!("{base}-PERP-INTX"),
    }
}

/// `26JAN24` as `240126`.
fn numbers(date: &str) -> Option<String> {
    let (day, month, year) = (date.get(..2)?, date.get(2..5)?, date.get(5..7).filter(|_| date.len() == 7)?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let digits = [day, year].concat().bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| format!("{year}{month:02}{day}"))
}

/// `240126` as `26JAN24`.
fn letters(date: &str) -> Option<String> {
    let (year, month, day) = (date.get(..2)?, date.get(2..4)?, date.get(4..6).filter(|_| date.len() == 6)?);
    let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    Some(format!("{day}{month}{year}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for (name, symbol) in [
            ("BTC-USD", "BTC/USD"),
            ("SKL-GBP", "SKL/GBP"),
            ("BTC-PERP-INTX", "BTC/USDC:USDC"),
            ("BIT-26JAN24-CDE", "BIT/USD:USD-240126"),
        ] {
            let unified = unified(name).unwrap();
            assert_eq!(unified.as_str(), symbol);
            assert_eq!(native(&unified), name);
        }
        for name in
            ["", "BTC", "BTC-", "BIT-26FOO24-CDE", "BIT-2JAN24-CDE", "BIT-26JAN24-XYZ", "A-PERP-INTX-B", "É-É-CDE"]
        {
            assert_eq!(unified(name), None, "{name}");
        }
    }
}
