//! Kraken Futures' names of contracts, in both directions.
//!
//! `PI` and `FI` are perpetual and dated contracts settled in their base (inverse), `PF` and `FF` those settled in their
//! quote (linear, from several collaterals), `PV` and `FV` older ones settled in their quote: `PI_XBTUSD`,
//! `FI_BCHUSD_210730`.

use crate::market::{Contract, Symbol, VenueId};
use crate::venue::assets::{common_name, own_name};
use crate::venue::names::split;

/// What contracts are priced in; longer ones first.
const QUOTES: [&str; 6] = ["USDT", "USDC", "USD", "EUR", "GBP", "XBT"];

/// The unified symbol of a product.
pub(super) fn unified(product: &str) -> Option<Symbol> {
    let product = product.to_ascii_uppercase();
    let mut parts = product.split('_');
    let (kind, pair, expiry) = (parts.next()?, parts.next()?, parts.next());
    let (base, quote) = split(pair, &QUOTES)?;
    let common = |name| common_name(VenueId::KrakenFutures, name);
    let (base, quote) = (common(base), common(quote));
    let settle = match kind {
        "PI" | "FI" => base,
        "PF" | "FF" | "PV" | "FV" => quote,
        _ => return None,
    };
    let name = match (kind.starts_with('P'), expiry) {
        (true, None) => format!("{base}/{quote}:{settle}"),
        (false, Some(date)) if date.len() == 6 && date.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{base}/{quote}:{settle}-{date}")
        }
        _ => return None,
    };
    parts.next().is_none().then(|| Symbol::new(&name).ok())?
}

/// The product that a unified symbol names, before the venue has listed any.
pub(super) fn product(symbol: &Symbol) -> Option<String> {
    let (_, settle) = symbol.as_str().split_once(':')?;
    let own = |name| own_name(VenueId::KrakenFutures, name);
    let pair = format!("{}{}", own(symbol.base()), own(symbol.quote()));
    match (symbol.contract(), settle.split_once('-')) {
        (Contract::Inverse, None) => Some(format!("PI_{pair}")),
        (Contract::Linear, None) => Some(format!("PF_{pair}")),
        (Contract::Future, Some((settle, date))) if settle == symbol.base() => Some(format!("FI_{pair}_{date}")),
        (Contract::Future, Some((_, date))) => Some(format!("FF_{pair}_{date}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for (name, symbol) in [
            ("PI_XBTUSD", "BTC/USD:BTC"),
            ("PF_XBTUSD", "BTC/USD:USD"),
            ("PF_DOGEUSD", "DOGE/USD:USD"),
            ("PF_USDCUSD", "USDC/USD:USD"),
            ("FI_BCHUSD_210730", "BCH/USD:BCH-210730"),
            ("FF_XBTUSD_260925", "BTC/USD:USD-260925"),
        ] {
            let symbol = Symbol::new(symbol).unwrap();
            assert_eq!(unified(name), Some(symbol.clone()));
            assert_eq!(unified(&name.to_lowercase()), Some(symbol.clone()));
            assert_eq!(product(&symbol).as_deref(), Some(name));
        }
        assert_eq!(unified("PV_XRPXBT").unwrap().as_str(), "XRP/BTC:BTC");
    }

    #[test]
    fn what_is_no_contract_has_no_name() {
        for name in [
            "",
            "in_xbtusd",
            "rr_ethusd",
            "PI_",
            "PI_USD",
            "FI_XBTUSD",
            "FI_XBTUSD_JULY",
            "PI_XBTUSD_210730",
            "PI_ΩUSD",
        ] {
            assert_eq!(unified(name), None, "{name}");
        }
        assert_eq!(product(&Symbol::new("BTC/USD").unwrap()), None);
        assert_eq!(product(&Symbol::new("BTC/USD:BTC-241227-50000-C").unwrap()), None);
    }
}
