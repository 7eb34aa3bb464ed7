//! What is asked of Deribit: JSON-RPC over the socket.

use crate::market::{Channel, Interval};
use serde_json::json;

/// Channels in one request; the venue takes 500.
const CHANNELS_PER_FRAME: usize = 200;

/// A call without a channel.
pub(super) fn call(id: u64, method: &str, params: &serde_json::Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

/// The calls that begin or end these channels, and the channels of each.
pub(super) fn channels(
    method: &str,
    channels: &[String],
    mut id: impl FnMut() -> u64,
) -> Vec<(u64, Vec<String>, String)> {
    let frames = channels.chunks(CHANNELS_PER_FRAME).map(|channels| {
        let id = id();
        (id, channels.to_vec(), call(id, method, &json!({"channels": channels})))
    });
    frames.collect()
}

/// The channel of an instrument. Faster ones than every 100 ms are only for those who have logged in.
pub(super) fn channel(instrument: &str, channel: Channel) -> Option<String> {
    Some(match channel {
        Channel::Book { .. } => format!("book.{instrument}.100ms"),
        Channel::Trades => format!("trades.{instrument}.100ms"),
        Channel::Ticker => format!("ticker.{instrument}.100ms"),
        Channel::Candles(interval) => format!("chart.trades.{instrument}.{}", resolution(interval)?),
    })
}

/// What Deribit calls an interval; it has none of a second or of four hours.
fn resolution(interval: Interval) -> Option<&'static str> {
    match interval {
        Interval::Minute1 => Some("1"),
        Interval::Minute5 => Some("5"),
        Interval::Minute15 => Some("15"),
        Interval::Hour1 => Some("60"),
        Interval::Day1 => Some("1D"),
        Interval::Second1 | Interval::Hour4 => None,
    }
}

/// Our word for a resolution.
pub(super) fn interval(resolution: &str) -> Option<Interval> {
    Interval::ALL.into_iter().find(|interval| self::resolution(*interval) == Some(resolution))
}
