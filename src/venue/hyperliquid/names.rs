//! Hyperliquid's names of instruments: `BTC` is a perpetual, `kPEPE` one on a thousand, `xyz:TSLA` one of another builder's
//! exchange, `PURR/USDC` and `@107` are spot pairs.
//!
//! Everything is quoted and settled in USDC as far as the name tells. Letters are upper case in symbols, so `kPEPE` and the
//! pairs that are only numbers are asked for by the names that the venue's own lists give.

use crate::market::{Contract, Symbol};

/// Hyperliquid's name in the ecosystem's words, as far as the name alone tells.
pub(super) fn unified(name: &str) -> Option<Symbol> {
    let symbol = match (name.split_once(':'), name.strip_prefix('@')) {
        _ if name.contains('/') => name.to_owned(),
        (Some((builder, coin)), _) if !builder.is_empty() && !coin.is_empty() => format!("{builder}-{coin}/USDC:USDC"),
        (_, Some(number)) if number.parse::<u32>().is_ok() => format!("SPOT-{number}/USDC"),
        _ => format!("{name}/USDC:USDC"),
    };
    Symbol::new(&symbol).ok()
}

/// What Hyperliquid calls a symbol, as far as the symbol alone tells.
pub(super) fn native(symbol: &Symbol) -> String {
    let base = symbol.base();
    match symbol.contract() {
        Contract::Spot => match base.strip_prefix("SPOT-") {
            Some(number) => format!("@{number}"),
            None => symbol.as_str().to_owned(),
        },
        _ => match base.split_once('-') {
            Some((builder, coin)) => format!("{}:{coin}", builder.to_ascii_lowercase()),
            None => base.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for (name, symbol) in [
            ("BTC", "BTC/USDC:USDC"),
            ("xyz:TSLA", "XYZ-TSLA/USDC:USDC"),
            ("PURR/USDC", "PURR/USDC"),
            ("@107", "SPOT-107/USDC"),
        ] {
            let unified = unified(name).unwrap();
            assert_eq!(unified.as_str(), symbol);
            assert_eq!(native(&unified), name);
        }
        assert_eq!(unified("kPEPE").unwrap().as_str(), "KPEPE/USDC:USDC", "back again by the venue's list");
        for name in ["", "@", "a b", ":", "\u{1b}"] {
            assert_eq!(unified(name), None, "{name:?}");
        }
    }
}
