//! What is asked of Hyperliquid.

use crate::market::{Channel, Interval, Subscription};
use crate::venue::Outgoing;
use serde_json::{Value, json};

/// The lists that a connection asks for, and the numbers of those requests.
pub(super) const LISTS: [(u64, &str); 2] = [(1, "meta"), (2, "spotMeta")];

/// Requests for the lists of what is traded.
pub(super) fn lists() -> impl Iterator<Item = Outgoing> {
    LISTS.into_iter().map(|(id, list)| {
        let request = json!({"type": "info", "payload": {"type": list}});
        Outgoing::Frame(json!({"method": "post", "id": id, "request": request}).to_string())
    })
}

/// The requests for a stream, one for each channel.
pub(super) fn frames(method: &str, stream: &Subscription, coin: &str) -> impl Iterator<Item = Outgoing> {
    let subscription = match stream.channel {
        Channel::Book { .. } => json!({"type": "l2Book", "coin": coin}),
        Channel::Trades => json!({"type": "trades", "coin": coin}),
        Channel::Ticker => json!({"type": "activeAssetCtx", "coin": coin}),
        // Candles of a second are built from trades.
        Channel::Candles(Interval::Second1) => Value::Null,
        Channel::Candles(interval) => json!({"type": "candle", "coin": coin, "interval": interval.to_string()}),
    };
    let frame = json!({"method": method, "subscription": subscription}).to_string();
    (!subscription.is_null()).then_some(Outgoing::Frame(frame)).into_iter()
}

pub(super) fn ping() -> String {
    json!({"method": "ping"}).to_string()
}

/// The interval that the venue calls so.
pub(super) fn interval(name: &str) -> Option<Interval> {
    Interval::ALL.into_iter().find(|interval| interval.to_string() == name)
}
