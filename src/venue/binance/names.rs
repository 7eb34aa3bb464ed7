//! What Binance calls its instruments: base and quote without anything between them, `BTCUSDT`; futures that expire carry
//! their date, `BTCUSDT_241227`.

use crate::market::{Symbol, VenueId};
use crate::venue::names::split;

/// What is, or was, traded against on Binance. Longer names stand before those that they end with.
const QUOTES: [&str; 47] = [
    "FDUSD", "USDSB", "RLUSD", "USDT", "USDC", "BUSD", "TUSD", "USDP", "USDS", "USD1", "USDE", "XUSD", "BFUSD", "IDRT",
    "BIDR", "BKRW", "BVND", "EURI", "AEUR", "DOGE", "UST", "DAI", "VAI", "PAX", "EUR", "GBP", "AUD", "BRL", "TRY",
    "RUB", "UAH", "NGN", "ZAR", "JPY", "MXN", "ARS", "COP", "CZK", "PLN", "RON", "IDR", "BTC", "ETH", "BNB", "XRP",
    "TRX", "USD",
];

/// What is traded against on Binance.US. Its BUSD is gone, and would be mistaken for dollars behind a B.
const QUOTES_US: [&str; 7] = ["USDT", "USDC", "USD", "DAI", "BTC", "ETH", "BNB"];

/// The rule by which a venue's names are unified.
pub(super) fn rule(venue: VenueId) -> fn(&str) -> Option<Symbol> {
    match venue {
        VenueId::BinanceFutures => future,
        VenueId::BinanceUs => |name| spot(name, &QUOTES_US),
        _ => |name| spot(name, &QUOTES),
    }
}

fn spot(name: &str, quotes: &[&str]) -> Option<Symbol> {
    let (base, quote) = split(name, quotes)?;
    Symbol::new(&format!("{base}/{quote}")).ok()
}

/// Futures are settled in what they are quoted in.
fn future(name: &str) -> Option<Symbol> {
    let (pair, expiry) = name.split_once('_').map_or((name, None), |(pair, expiry)| (pair, Some(expiry)));
    let (base, quote) = split(pair, &QUOTES)?;
    contract(base, quote, quote, expiry)
}

/// The unified symbol of a contract.
pub(super) fn contract(base: &str, quote: &str, settle: &str, expiry: Option<&str>) -> Option<Symbol> {
    let expiry = match expiry {
        Some(date) if date.len() == 6 && date.bytes().all(|b| b.is_ascii_digit()) => format!("-{date}"),
        Some(_) => return None,
        None => String::new(),
    };
    Symbol::new(&format!("{base}/{quote}:{settle}{expiry}")).ok()
}

/// What Binance calls an instrument of which it has not spoken yet.
pub(super) fn native(symbol: &Symbol) -> String {
    let expiry = symbol.as_str().split_once(':').and_then(|(_, settle)| settle.split('-').nth(1));
    let expiry = expiry.map(|date| format!("_{date}")).unwrap_or_default();
    format!("{}{}{expiry}", symbol.base(), symbol.quote())
}
