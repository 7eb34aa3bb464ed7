//! OKX's names of instruments: `BTC-USDT`, `BTC-USDT-SWAP`, `BTC-USD-220527`, `BTC-USD-220527-30000-C`.
//!
//! What a contract settles in does not stand in its name: it is the base where the quote is plain USD, and the quote where
//! that is something one can hold.

use crate::market::{Contract, Symbol};

/// OKX's name in the ecosystem's words.
pub(super) fn unified(name: &str) -> Option<Symbol> {
    let (base, rest) = name.split_once('-')?;
    let (quote, terms) = rest.split_once('-').map_or((rest, None), |(quote, terms)| (quote, Some(terms)));
    let settle = if quote == "USD" { base } else { quote };
    let symbol = match terms {
        None => format!("{base}/{quote}"),
        Some("SWAP") => format!("{base}/{quote}:{settle}"),
        Some(terms) if terms.starts_with(|first: char| first.is_ascii_digit()) => {
            format!("{base}/{quote}:{settle}-{terms}")
        }
        Some(_) => return None,
    };
    Symbol::new(&symbol).ok()
}

/// What OKX calls a symbol.
pub(super) fn native(symbol: &Symbol) -> String {
    let pair = format!("{}-{}", symbol.base(), symbol.quote());
    let terms = symbol.as_str().split_once(':').and_then(|(_, settle)| settle.split_once('-'));
    match (symbol.contract(), terms) {
        (Contract::Spot, _) => pair,
        (_, None) => format!("{pair}-SWAP"),
        (_, Some((_, terms))) => format!("{pair}-{terms}"),
    }
}

/// The family of an option's name, `BTC-USD`.
pub(super) fn family(symbol: &Symbol) -> Option<String> {
    (symbol.contract() == Contract::Option).then(|| format!("{}-{}", symbol.base(), symbol.quote()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for (name, symbol) in [
            ("BTC-USDT", "BTC/USDT"),
            ("XRP-JPY", "XRP/JPY"),
            ("BTC-USDT-SWAP", "BTC/USDT:USDT"),
            ("BTC-USD-SWAP", "BTC/USD:BTC"),
            ("BTC-USD_UM-SWAP", "BTC/USD_UM:USD_UM"),
            ("BTC-USD-220527", "BTC/USD:BTC-220527"),
            ("ETH-USDC-261225", "ETH/USDC:USDC-261225"),
            ("BTC-USD-220527-30000-C", "BTC/USD:BTC-220527-30000-C"),
        ] {
            let unified = unified(name).unwrap();
            assert_eq!(unified.as_str(), symbol);
            assert_eq!(native(&unified), name);
        }
        for name in ["BTC", "", "BTC-USDT-WHAT", "BTC-US\u{1b}", "-", "BTC-USDT-"] {
            assert_eq!(unified(name), None, "{name}");
        }
    }
}
