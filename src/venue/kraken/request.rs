//! What is asked of Kraken.

use crate::market::{Channel, Interval, Subscription};
use crate::venue::Outgoing;
use serde_json::json;
use std::collections::BTreeMap;

/// Kraken takes many symbols in one request; this many keep a frame small.
const SYMBOLS_PER_FRAME: usize = 100;

pub(super) fn instruments(id: u64) -> String {
    let params = json!({"channel": "instrument", "snapshot": true});
    json!({"method": "subscribe", "params": params, "req_id": id}).to_string()
}

pub(super) fn ping(id: u64) -> String {
    json!({"method": "ping", "req_id": id}).to_string()
}

/// The requests for these streams: one for each channel and hundred symbols.
pub(super) fn frames(method: &str, streams: &[Subscription], mut id: impl FnMut() -> u64) -> Vec<Outgoing> {
    let mut by_channel: BTreeMap<Channel, Vec<&str>> = BTreeMap::new();
    for stream in streams {
        by_channel.entry(stream.channel).or_default().push(stream.symbol.as_str());
    }
    let mut frames = Vec::new();
    for (channel, symbols) in by_channel {
        for symbols in symbols.chunks(SYMBOLS_PER_FRAME) {
            let mut params = match channel {
                Channel::Book { depth } => json!({"channel": "book", "depth": depth, "snapshot": true}),
                Channel::Trades => json!({"channel": "trade", "snapshot": true}),
                Channel::Ticker => json!({"channel": "ticker", "snapshot": true}),
                // Kraken has no interval below a minute; candles of a second are built from trades.
                Channel::Candles(Interval::Second1) => continue,
                Channel::Candles(interval) => {
                    let minutes = interval.duration().as_secs() / 60;
                    json!({"channel": "ohlc", "interval": minutes, "snapshot": true})
                }
            };
            if let Some(params) = params.as_object_mut() {
                params.insert("symbol".into(), json!(symbols));
                if method == "unsubscribe" {
                    params.remove("snapshot");
                }
            }
            frames.push(Outgoing::Frame(json!({"method": method, "params": params, "req_id": id()}).to_string()));
        }
    }
    frames
}

/// Our word for one of Kraken's channels.
pub(super) fn channel(name: &str, depth: usize, minutes: Option<u64>) -> Option<Channel> {
    match name {
        "book" => Some(Channel::Book { depth }),
        "trade" => Some(Channel::Trades),
        "ticker" => Some(Channel::Ticker),
        "ohlc" => Interval::from_minutes(minutes?).map(Channel::Candles),
        _ => None,
    }
}
