//! What is asked of Coinbase, in either of its protocols.

use super::Protocol;
use super::names::native;
use crate::market::{Channel, Interval, Subscription};
use crate::venue::Outgoing;
use serde_json::json;
use std::collections::BTreeMap;

/// Many products go into one request; this many keep a frame small.
const PRODUCTS_PER_FRAME: usize = 100;

/// Every subscription carries the whole book; this many levels a side can be counted on.
pub(super) const WHOLE: usize = 10_000;

/// The channel that carries a kind of data, where there is one.
fn name(protocol: Protocol, channel: Channel) -> Option<&'static str> {
    match (protocol, channel) {
        (Protocol::Advanced, Channel::Book { .. }) => Some("level2"),
        (Protocol::Advanced, Channel::Trades) => Some("market_trades"),
        // Five minutes are all that there is; other candles are built from trades.
        (Protocol::Advanced, Channel::Candles(Interval::Minute5)) => Some("candles"),
        (Protocol::Exchange, Channel::Book { .. }) => Some("level2_batch"),
        (Protocol::Exchange, Channel::Trades) => Some("matches"),
        (_, Channel::Ticker) => Some("ticker"),
        (_, Channel::Candles(_)) => None,
    }
}

/// Our word for a channel of either protocol.
pub(super) fn channel(name: &str) -> Option<Channel> {
    match name {
        "level2" | "level2_batch" => Some(Channel::Book { depth: WHOLE }),
        "market_trades" | "matches" => Some(Channel::Trades),
        "ticker" => Some(Channel::Ticker),
        "candles" => Some(Channel::Candles(Interval::Minute5)),
        _ => None,
    }
}

/// The requests for these streams: one for each channel and hundred products.
pub(super) fn frames(protocol: Protocol, kind: &str, streams: &[Subscription]) -> Vec<Outgoing> {
    let mut by_channel: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for stream in streams {
        if let Some(channel) = name(protocol, stream.channel) {
            by_channel.entry(channel).or_default().push(native(&stream.symbol));
        }
    }
    // On a quiet market, only the heartbeat tells that the stream lives.
    if let (Protocol::Exchange, Some(products)) = (protocol, by_channel.get("level2_batch").cloned()) {
        by_channel.insert("heartbeat", products);
    }
    let frame = |channel: &str, products: &[String]| {
        let request = match protocol {
            Protocol::Advanced => json!({"type": kind, "product_ids": products, "channel": channel}),
            Protocol::Exchange => json!({"type": kind, "product_ids": products, "channels": [channel]}),
        };
        Outgoing::Frame(request.to_string())
    };
    by_channel
        .iter()
        .flat_map(|(channel, products)| products.chunks(PRODUCTS_PER_FRAME).map(|products| frame(channel, products)))
        .collect()
}

/// What is sent and fetched first: without heartbeats, Advanced Trade ends streams on which nothing happens.
pub(super) fn first(protocol: Protocol, rest: &str) -> Vec<Outgoing> {
    let path = match protocol {
        Protocol::Advanced => "/api/v3/brokerage/market/products",
        Protocol::Exchange => "/products",
    };
    let get = (!rest.is_empty()).then(|| Outgoing::Get(format!("{rest}{path}")));
    let heartbeats = Outgoing::Frame(json!({"type": "subscribe", "channel": "heartbeats"}).to_string());
    get.into_iter().chain((protocol == Protocol::Advanced).then_some(heartbeats)).collect()
}
