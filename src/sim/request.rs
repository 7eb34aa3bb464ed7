//! What clients ask, and the answers, in Kraken's form.

use super::frame::{Frame, Moment};
use crate::market::{Timestamp, printable};
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;

/// The depths of books that can be subscribed to.
pub use crate::venue::kraken::DEPTHS;

/// The candles that can be subscribed to, in minutes.
pub const INTERVALS: [u32; 9] = [1, 5, 15, 30, 60, 240, 1_440, 10_080, 21_600];

/// A request as it was read.
#[derive(Deserialize)]
pub struct Request<'a> {
    /// What to do.
    #[serde(borrow)]
    pub method: Cow<'a, str>,
    /// With what.
    #[serde(borrow, default)]
    pub params: Params<'a>,
    /// The client's own number, to be repeated in the answer.
    pub req_id: Option<u64>,
}

/// What a request is about.
#[derive(Default, Deserialize)]
pub struct Params<'a> {
    /// The kind of data.
    #[serde(borrow, default)]
    pub channel: Cow<'a, str>,
    /// The markets.
    #[serde(borrow, default)]
    pub symbol: Vec<Cow<'a, str>>,
    depth: Option<usize>,
    interval: Option<u32>,
    snapshot: Option<bool>,
    #[serde(borrow)]
    event_trigger: Option<Cow<'a, str>>,
}

/// A kind of data, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// What can be traded.
    Instrument,
    /// The best levels, so many a side.
    Book(usize),
    /// Trades.
    Trade,
    /// The summary; with `true` whenever the best bid or ask changes, else with trades.
    Ticker(bool),
    /// Candles of so many minutes.
    Ohlc(u32),
}

impl Params<'_> {
    /// What is asked for, or Kraken's words for why that cannot be.
    pub fn topic(&self) -> Result<Topic, &'static str> {
        match self.channel.as_ref() {
            "instrument" => Ok(Topic::Instrument),
            "trade" => Ok(Topic::Trade),
            "book" => {
                let depth = self.depth.unwrap_or(10);
                DEPTHS.contains(&depth).then_some(Topic::Book(depth)).ok_or("Subscription depth not supported")
            }
            "ohlc" => {
                let minutes = self.interval.unwrap_or(1);
                let known = INTERVALS.contains(&minutes);
                known.then_some(Topic::Ohlc(minutes)).ok_or("Subscription ohlc interval not supported")
            }
            "ticker" => match self.event_trigger.as_deref() {
                None | Some("trades") => Ok(Topic::Ticker(false)),
                Some("bbo") => Ok(Topic::Ticker(true)),
                Some(_) => Err("Event trigger not supported"),
            },
            _ => Err("Channel not supported"),
        }
    }

    /// Whether the client wants to see what there is before it hears of changes.
    pub fn snapshot(&self) -> bool {
        self.snapshot.unwrap_or(true)
    }
}

/// Makes the answers to one request.
#[derive(Clone, Copy)]
pub struct Answers<'a> {
    method: &'a str,
    id: Option<u64>,
    at: Timestamp,
}

impl<'a> Answers<'a> {
    /// For a request that came at `at`.
    pub fn new(request: &'a Request<'_>, at: Timestamp) -> Self {
        Self { method: &request.method, id: request.req_id, at }
    }

    fn answer(&self, mut answer: Value) -> Frame {
        if let (Some(id), Some(fields)) = (self.id, answer.as_object_mut()) {
            fields.insert("req_id".into(), id.into());
        }
        stamped(answer, self.at)
    }

    /// The answer to a ping.
    pub fn pong(&self) -> Frame {
        self.answer(json!({"method": "pong"}))
    }

    /// What was asked for is done.
    pub fn granted(&self, topic: Topic, symbol: Option<&str>, snapshot: bool) -> Frame {
        let mut result = match topic {
            Topic::Instrument => json!({"channel": "instrument"}),
            Topic::Book(depth) => json!({"channel": "book", "depth": depth}),
            Topic::Trade => json!({"channel": "trade"}),
            Topic::Ticker(bbo) => json!({"channel": "ticker", "event_trigger": if bbo { "bbo" } else { "trades" }}),
            Topic::Ohlc(minutes) => json!({"channel": "ohlc", "interval": minutes}),
        };
        if let Some(fields) = result.as_object_mut() {
            if let Some(symbol) = symbol {
                fields.insert("symbol".into(), symbol.into());
            }
            if self.method == "subscribe" {
                fields.insert("snapshot".into(), snapshot.into());
            }
        }
        self.answer(json!({"method": self.method, "result": result, "success": true}))
    }

    /// What was asked for cannot be.
    pub fn refused(&self, symbol: Option<&str>, error: &str) -> Frame {
        let mut answer = json!({"error": error, "method": short(self.method), "success": false});
        if let (Some(symbol), Some(fields)) = (symbol, answer.as_object_mut()) {
            fields.insert("symbol".into(), short(symbol).into());
        }
        self.answer(answer)
    }
}

/// The answer to what cannot be read.
pub fn malformed(at: Timestamp) -> Frame {
    stamped(json!({"error": "Malformed request", "success": false}), at)
}

/// A client's own words, fit to be repeated.
pub fn short(text: &str) -> String {
    printable(text).chars().take(40).collect()
}

fn stamped(mut answer: Value, at: Timestamp) -> Frame {
    if let Some(fields) = answer.as_object_mut() {
        // Answers are given at once, so both moments are the same.
        for field in ["time_in", "time_out"] {
            fields.insert(field.into(), Moment(at).to_string().into());
        }
    }
    answer.to_string().into()
}
