//! What is asked of Bybit.

use super::names::Category;
use super::{DEEPEST, DEPTHS};
use crate::market::{Channel, Interval};
use serde_json::json;

/// Spot takes ten topics in a request.
pub(super) const TOPICS_PER_FRAME: usize = 10;

pub(super) const PING: &str = r#"{"op":"ping"}"#;

/// The depth of the old protocol's books.
pub(super) const OLD_DEPTH: usize = 25;

/// Instruments on a page of the list; Bybit gives no more.
const PAGE: usize = 1_000;

/// The request for these topics.
pub(super) fn frame(begins: bool, topics: &[String], id: u64) -> String {
    let op = if begins { "subscribe" } else { "unsubscribe" };
    json!({"op": op, "args": topics, "req_id": id.to_string()}).to_string()
}

/// The topic of a channel, for what Bybit calls `name`. Books must have a depth that is served.
pub(super) fn topic(name: &str, channel: Channel) -> Option<String> {
    Some(match channel {
        Channel::Book { depth } => format!("orderbook.{depth}.{name}"),
        Channel::Trades => format!("publicTrade.{name}"),
        Channel::Ticker => format!("tickers.{name}"),
        Channel::Candles(interval) => {
            format!("kline.{}.{name}", INTERVALS.iter().find(|(_, known)| *known == interval)?.0)
        }
    })
}

/// Whose topic it is, and which channel it carries.
pub(super) fn channel(topic: &str) -> Option<(&str, Channel)> {
    let (kind, rest) = topic.split_once('.')?;
    Some(match kind {
        "publicTrade" | "trade" => (rest, Channel::Trades),
        "tickers" => (rest, Channel::Ticker),
        "orderBookL2_25" => (rest, Channel::Book { depth: OLD_DEPTH }),
        "orderbook" => {
            let (depth, name) = rest.split_once('.')?;
            (name, Channel::Book { depth: depth.parse().ok()? })
        }
        "kline" => {
            let (minutes, name) = rest.split_once('.')?;
            (name, Channel::Candles(interval(minutes)?))
        }
        _ => return None,
    })
}

/// Bybit has no interval below a minute; candles of a second are built from trades.
const INTERVALS: [(&str, Interval); 6] = [
    ("1", Interval::Minute1),
    ("5", Interval::Minute5),
    ("15", Interval::Minute15),
    ("60", Interval::Hour1),
    ("240", Interval::Hour4),
    ("D", Interval::Day1),
];

/// Our word for one of Bybit's intervals, which has more than we show.
pub(super) fn interval(text: &str) -> Option<Interval> {
    INTERVALS.iter().find(|(known, _)| *known == text).map(|(_, interval)| *interval)
}

/// The smallest depth that is served for one that is asked for.
pub(super) fn served(depth: usize) -> usize {
    DEPTHS.into_iter().find(|served| *served >= depth).unwrap_or(DEEPEST)
}

/// Where the instruments are listed, from a page on.
pub(super) fn listing(rest: &str, category: Category, cursor: Option<&str>) -> String {
    let from = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
    format!("{rest}/v5/market/instruments-info?category={}&limit={PAGE}{from}", category.as_str())
}
