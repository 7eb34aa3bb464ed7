//! What is asked of OKX.

use super::names::{family, native};
use crate::market::{Channel, Contract, Interval, Subscription};
use crate::venue::Outgoing;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// OKX takes many streams in one request, and counts requests: 480 in an hour.
const STREAMS_PER_FRAME: usize = 100;

/// The channels that carry books: levels a side, and whether every frame is a whole book.
pub(super) const BOOKS: [(&str, usize, bool); 5] = [
    ("bbo-tbt", 1, true),
    ("books5", 5, true),
    ("books", 400, false),
    // These two are for accounts of a certain rank; they are read, never asked for.
    ("books50-l2-tbt", 50, false),
    ("books-l2-tbt", 400, false),
];

/// The intervals of the venue's candles; a day that begins at midnight UTC has a name of its own.
const CANDLES: [(&str, Interval); 7] = [
    ("candle1s", Interval::Second1),
    ("candle1m", Interval::Minute1),
    ("candle5m", Interval::Minute5),
    ("candle15m", Interval::Minute15),
    ("candle1H", Interval::Hour1),
    ("candle4H", Interval::Hour4),
    ("candle1Dutc", Interval::Day1),
];

/// The depths that can be asked for.
pub(super) const DEPTHS: [usize; 3] = [1, 5, 400];

/// The requests for these streams.
pub(super) fn frames(op: &str, streams: &[Subscription]) -> Vec<Outgoing> {
    let args: Vec<Value> = streams.iter().flat_map(args).collect();
    let frame = |args: &[Value]| Outgoing::Frame(json!({"op": op, "args": args}).to_string());
    args.chunks(STREAMS_PER_FRAME).map(frame).collect()
}

/// News about the venue itself.
pub(super) fn status() -> Outgoing {
    Outgoing::Frame(json!({"op": "subscribe", "args": [{"channel": "status"}]}).to_string())
}

/// The lists of instruments; those of options come family by family.
pub(super) fn instruments(rest: &str, wanted: &[Subscription]) -> Vec<Outgoing> {
    if rest.is_empty() {
        return Vec::new();
    }
    let families: BTreeSet<String> = wanted.iter().filter_map(|stream| family(&stream.symbol)).collect();
    let kinds = ["SPOT", "SWAP", "FUTURES"].map(str::to_owned).into_iter();
    let kinds = kinds.chain(families.into_iter().map(|family| format!("OPTION&instFamily={family}")));
    kinds.map(|kind| Outgoing::Get(format!("{rest}/api/v5/public/instruments?instType={kind}"))).collect()
}

fn args(stream: &Subscription) -> Vec<Value> {
    let name = native(&stream.symbol);
    let contract = stream.symbol.contract();
    let channels = match stream.channel {
        Channel::Book { depth } => vec![book_channel(depth)],
        Channel::Trades => vec!["trades"],
        Channel::Ticker => match contract {
            Contract::Spot => vec!["tickers"],
            Contract::Linear | Contract::Inverse => vec!["tickers", "mark-price", "open-interest", "funding-rate"],
            Contract::Future | Contract::Option => vec!["tickers", "mark-price", "open-interest"],
        },
        // The venue's candles come over another address; ours are built from trades.
        Channel::Candles(_) => Vec::new(),
    };
    channels.into_iter().map(|channel| json!({"channel": channel, "instId": name})).collect()
}

/// The smallest book that has so many levels.
fn book_channel(depth: usize) -> &'static str {
    match depth {
        0..=1 => "bbo-tbt",
        2..=5 => "books5",
        _ => "books",
    }
}

/// The interval of a candle channel.
pub(super) fn interval(channel: &str) -> Option<Interval> {
    CANDLES.into_iter().find(|(name, _)| *name == channel).map(|(_, interval)| interval)
}

/// Our word for one of OKX's channels.
pub(super) fn channel(name: &str) -> Option<Channel> {
    let book = BOOKS.into_iter().find(|(book, ..)| *book == name).map(|(_, depth, _)| Channel::Book { depth });
    book.or_else(|| interval(name).map(Channel::Candles)).or(match name {
        "trades" => Some(Channel::Trades),
        "tickers" => Some(Channel::Ticker),
        _ => None,
    })
}
