//! Bitstamp's names of pairs, in both directions: small letters without a separator, `btcusd`; perpetuals end in `-perp`.

use crate::market::{Contract, Symbol};
use crate::venue::names::split;

/// What pairs are priced in; longer ones first.
const QUOTES: [&str; 13] =
    ["rlusd", "pyusd", "eurcv", "usdt", "usdc", "usdg", "eurc", "usd", "eur", "gbp", "btc", "eth", "chf"];

const PERPETUAL: &str = "-perp";

/// The unified symbol of a pair.
pub(super) fn unified(pair: &str) -> Option<Symbol> {
    let spot = pair.strip_suffix(PERPETUAL);
    let (base, quote) = split(spot.unwrap_or(pair), &QUOTES)?;
    let name = if spot.is_some() { format!("{base}/{quote}:{quote}") } else { format!("{base}/{quote}") };
    Symbol::new(&name).ok()
}

/// The pair that a unified symbol names, before the venue has listed any.
pub(super) fn pair(symbol: &Symbol) -> Option<String> {
    let pair = format!("{}{}", symbol.base(), symbol.quote()).to_ascii_lowercase();
    match symbol.contract() {
        Contract::Spot => Some(pair),
        Contract::Linear => Some(pair + PERPETUAL),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for (name, symbol) in [
            ("adaeur", "ADA/EUR"),
            ("btcusd", "BTC/USD"),
            ("usdcusdt", "USDC/USDT"),
            ("usdtusd", "USDT/USD"),
            ("omgusd", "OMG/USD"),
            ("rlusdusd", "RLUSD/USD"),
            ("xrprlusd", "XRP/RLUSD"),
            ("eurusd", "EUR/USD"),
            ("ethbtc", "ETH/BTC"),
            ("1incheur", "1INCH/EUR"),
            ("btcusd-perp", "BTC/USD:USD"),
        ] {
            let symbol = Symbol::new(symbol).unwrap();
            assert_eq!(unified(name), Some(symbol.clone()), "{name}");
            assert_eq!(pair(&symbol).as_deref(), Some(name));
        }
        for name in ["", "usd", "adaxyz", "\u{1b}usd", "-perp"] {
            assert_eq!(unified(name), None, "{name}");
        }
        assert_eq!(pair(&Symbol::new("BTC/USD:BTC").unwrap()), None);
    }
}
