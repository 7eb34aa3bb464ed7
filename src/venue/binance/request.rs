//! What is asked of Binance.

use crate::market::{Channel, Interval};
use serde_json::json;

/// Instruments' streams in one request; a frame stays small.
pub(super) const STREAMS_PER_FRAME: usize = 50;

/// The request that begins or ends streams.
pub(super) fn frame(method: &str, streams: &[String], id: u64) -> String {
    json!({"method": method, "params": streams, "id": id}).to_string()
}

/// The venue's streams for one of ours.
pub(super) fn streams(name: &str, channel: Channel, futures: bool) -> Vec<String> {
    match channel {
        Channel::Book { .. } => vec![format!("{name}@depth@100ms")],
        Channel::Trades if futures => vec![format!("{name}@aggTrade")],
        Channel::Trades => vec![format!("{name}@trade")],
        Channel::Ticker if futures => {
            vec![format!("{name}@ticker"), format!("{name}@bookTicker"), format!("{name}@markPrice@1s")]
        }
        Channel::Ticker => vec![format!("{name}@ticker"), format!("{name}@bookTicker")],
        // Futures have no candles of a second; they are built from trades.
        Channel::Candles(Interval::Second1) if futures => vec![],
        Channel::Candles(interval) => vec![format!("{name}@kline_{}", interval.as_str())],
    }
}

/// Our word for a length of candles, which is the same where we have it.
pub(super) fn interval(name: &str) -> Option<Interval> {
    Interval::ALL.into_iter().find(|interval| interval.as_str() == name)
}

/// A parameter of an address.
pub(super) fn parameter<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = url.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}
