//! Deribit's names of instruments, in both directions.
//!
//! `BTC-PERPETUAL`, `BTC-24JUN22` and `BTC-24JUN22-15000-C` are priced in dollars and settled in their base (inverse);
//! with a quote in front, `BTC_USDC-PERPETUAL`, they settle in that (linear). A pair alone, `BTC_USDC`, is spot. The point
//! of a strike is written as `d`.

use crate::market::{Contract, Symbol};

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// The unified symbol of an instrument. Combinations of several have none.
pub(super) fn unified(name: &str) -> Option<Symbol> {
    let mut parts = name.split('-');
    let pair = parts.next()?;
    let (base, quote, settle) = match pair.split_once('_') {
        Some((base, quote)) => (base, quote, quote),
        None => (pair, "USD", pair),
    };
    let unified = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (None, ..) if quote == settle => format!("{base}/{quote}"),
        (Some("PERPETUAL"), None, ..) => format!("{base}/{quote}:{settle}"),
        (Some(expiry), None, ..) => format!("{base}/{quote}:{settle}-{}", date(expiry)?),
        (Some(expiry), Some(strike), Some(kind @ ("C" | "P")), None) => {
            format!("{base}/{quote}:{settle}-{}-{}-{kind}", date(expiry)?, decimal(strike, 'd', '.')?)
        }
        _ => return None,
    };
    Symbol::new(&unified).ok()
}

/// What Deribit calls a unified symbol.
pub(super) fn native(symbol: &Symbol) -> Option<String> {
    let (base, quote) = (symbol.base(), symbol.quote());
    let Some((_, terms)) = symbol.as_str().split_once(':') else { return Some(format!("{base}_{quote}")) };
    let mut terms = terms.split('-');
    let pair = match terms.next()? {
        settle if settle == base && quote == "USD" => base.to_owned(),
        settle if settle == quote => format!("{base}_{quote}"),
        _ => return None,
    };
    match (symbol.contract(), terms.next(), terms.next(), terms.next()) {
        (Contract::Inverse | Contract::Linear, ..) => Some(format!("{pair}-PERPETUAL")),
        (Contract::Future, Some(date), ..) => Some(format!("{pair}-{}", expiry(date)?)),
        (Contract::Option, Some(date), Some(strike), Some(kind @ ("C" | "P"))) => {
            Some(format!("{pair}-{}-{}-{kind}", expiry(date)?, decimal(strike, '.', 'd')?))
        }
        _ => None,
    }
}

/// `24JUN22` as `220624`.
fn date(expiry: &str) -> Option<String> {
    let (day, month, year) = match expiry.len() {
        6 => (expiry.get(..1)?, expiry.get(1..4)?, expiry.get(4..)?),
        7 => (expiry.get(..2)?, expiry.get(2..5)?, expiry.get(5..)?),
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let day = digits(day)?.parse::<u8>().ok().filter(|day| (1..=31).contains(day))?;
    Some(format!("{}{month:02}{day:02}", digits(year)?))
}

/// `220624` as `24JUN22`.
fn expiry(date: &str) -> Option<String> {
    let (year, month, day) = (date.get(..2)?, date.get(2..4)?, date.get(4..).filter(|day| day.len() == 2)?);
    let month = MONTHS.get(digits(month)?.parse::<usize>().ok()?.checked_sub(1)?)?;
    Some(format!("{}{month}{}", digits(day)?.trim_start_matches('0'), digits(year)?))
}

/// A decimal with another point.
fn decimal(text: &str, from: char, to: char) -> Option<String> {
    match text.split_once(from) {
        None => digits(text).map(str::to_owned),
        Some((whole, fraction)) => Some(format!("{}{to}{}", digits(whole)?, digits(fraction)?)),
    }
}

fn digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for (name, symbol) in [
            ("BTC-PERPETUAL", "BTC/USD:BTC"),
            ("BTC_USDC-PERPETUAL", "BTC/USDC:USDC"),
            ("BTC-24JUN22", "BTC/USD:BTC-220624"),
            ("ETH_USDC-3JAN25", "ETH/USDC:USDC-250103"),
            ("BTC-24JUN22-15000-C", "BTC/USD:BTC-220624-15000-C"),
            ("ETH-27AUG21-4000-P", "ETH/USD:ETH-210827-4000-P"),
            ("SOL_USDC-27JUN25-140-P", "SOL/USDC:USDC-250627-140-P"),
            ("XRP_USDC-27JUN25-0d55-C", "XRP/USDC:USDC-250627-0.55-C"),
            ("BTC_USDC", "BTC/USDC"),
            ("ETH_BTC", "ETH/BTC"),
        ] {
            let symbol = Symbol::new(symbol).unwrap();
            assert_eq!(unified(name), Some(symbol.clone()), "{name}");
            assert_eq!(native(&symbol).as_deref(), Some(name));
        }
    }

    #[test]
    fn what_is_no_single_instrument_has_no_symbol() {
        for name in [
            "",
            "BTC",
            "BTC-",
            "BTC-FS-27SEP24_PERP",
            "BTC-CS-27SEP24-60000_70000",
            "BTC-32JUN22",
            "BTC-24JUX22",
            "BTC-24JUN22-1e3-C",
            "BTC-24JUN22-15000-X",
            "BTC-24JUN22-15000",
            "BTC-24JUN22-15000-C-1",
            "BTC-Ω4JUN22",
            "\u{1b}_USD",
        ] {
            assert_eq!(unified(name), None, "{name}");
        }
        for symbol in ["BTC/USDT:BTC", "BTC/USD:BTC-2206", "BTC/USD:BTC-221324", "BTC/USD:BTC-220624-15000-X"] {
            assert_eq!(native(&Symbol::new(symbol).unwrap()), None, "{symbol}");
        }
    }
}
