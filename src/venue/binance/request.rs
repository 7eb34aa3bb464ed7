//! What is asked of Binance.

use crate::market::{Channel, Interval, VenueId};
use serde_json::json;

/// Streams in one request; this many keep a frame small.
pub(super) const STREAMS_PER_FRAME: usize = 50;

/// The names of the streams that a subscription needs, for what Binance calls `name`.
pub(super) fn streams(venue: VenueId, name: &str, channel: Channel) -> Vec<String> {
    let futures = venue == VenueId::BinanceFutures;
    let kinds: &[&str] = match channel {
        Channel::Book { .. } => &["depth@100ms"],
        // Futures have no trades but those of one order at one price together.
        Channel::Trades if futures => &["aggTrade"],
        Channel::Trades => &["trade"],
        // The summary of the last day comes once a second, and futures' has no best prices.
        Channel::Ticker if futures => &["ticker", "bookTicker", "markPrice@1s"],
        Channel::Ticker => &["ticker", "bookTicker"],
        // Futures have no interval below a minute; candles of a second are built from trades.
        Channel::Candles(Interval::Second1) if futures => &[],
        Channel::Candles(interval) => return vec![format!("{}@kline_{interval}", name.to_ascii_lowercase())],
    };
    kinds.iter().map(|kind| format!("{}@{kind}", name.to_ascii_lowercase())).collect()
}

/// Which channel a kind of stream carries, where it is the one that stands for it; books are as deep as `depth`.
pub(super) fn channel(kind: &str, depth: usize) -> Option<Channel> {
    Some(match kind {
        "trade" | "aggTrade" => Channel::Trades,
        "ticker" => Channel::Ticker,
        kind if is_book(kind) => Channel::Book { depth },
        kind => Channel::Candles(interval(kind.strip_prefix("kline_")?)?),
    })
}

/// Whether a stream of this kind carries the changes of a whole book, rather than the best levels again and again.
pub(super) fn is_book(kind: &str) -> bool {
    kind.strip_prefix("depth").is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
}

/// Our word for one of Binance's intervals, which has more than we show.
pub(super) fn interval(text: &str) -> Option<Interval> {
    Interval::ALL.into_iter().find(|interval| interval.to_string() == text)
}

/// The request for these streams.
pub(super) fn frame(method: &str, streams: &[String], id: u64) -> String {
    json!({"method": method, "params": streams, "id": id}).to_string()
}

/// Where a book is fetched.
pub(super) fn depth(venue: VenueId, rest: &str, name: &str, depth: usize) -> String {
    let path = if venue == VenueId::BinanceFutures { "/fapi/v1/depth" } else { "/api/v3/depth" };
    format!("{rest}{path}?symbol={name}&limit={depth}")
}

/// Where the instruments are listed.
pub(super) fn listing(venue: VenueId, rest: &str) -> String {
    rest.to_owned()
        + match venue {
            VenueId::BinanceFutures => "/fapi/v1/exchangeInfo",
            VenueId::BinanceUs => "/api/v3/exchangeInfo",
            // Permissions are most of the answer, and nothing to us.
            _ => "/api/v3/exchangeInfo?showPermissionSets=false",
        }
}

/// The value of a parameter in an address.
pub(super) fn parameter<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = url.split_once('?')?;
    query.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
}
