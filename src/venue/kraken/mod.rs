//! Kraken spot, WebSocket v2, public channels.
//!
//! - Channels: `book` (depths 10 to 1000, a CRC32 in every message), `trade`, `ticker`, `ohlc`, `instrument`, `status`,
//!   `heartbeat`; methods `subscribe`, `unsubscribe`, `ping`. <https://docs.kraken.com/api/docs/websocket-v2/book>
//! - The instrument channel is subscribed first: its precisions are what book checksums are made of.
//! - A book message does not repeat its depth, so the depth is taken from the acknowledgement, from the request, or at
//!   last from the size of the snapshot.
//! - Frames of the older protocol and the HTTP list of pairs, which captures hold, are read too (`v1`, `pairs`).
//! - v2 already speaks of BTC and DOGE where Kraken's older names are XBT and XDG; both are read.

mod pairs;
mod request;
mod v1;
mod wire;

#[cfg(test)]
mod tests;

use super::assets::common_name;
use super::{Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt};
use crate::market::{
    BookUpdate, Candle, Channel, Checksum, Event, Instrument, Interval, Precision, Side, Subscription, Symbol, Ticker,
    Timestamp, Trade, Trading, VenueId, VenueStatus, printable,
};
use crate::money::{Percent, Price, Quantity};
use std::collections::BTreeMap;
use std::time::Duration;

/// The depths that Kraken serves.
pub const DEPTHS: [usize; 5] = [SHALLOWEST, 25, 100, 500, 1000];

/// Where Kraken is. Everything that is needed comes over the stream; the v1 address is only known to captures.
pub(super) const ENDPOINTS: [Endpoint; 1] = [Endpoint {
    name: "spot",
    stream: "wss://ws.kraken.com/v2",
    path: "",
    rest: "https://api.kraken.com",
    testnet: None,
}];

/// The depth of a subscription that does not name one.
const SHALLOWEST: usize = 10;

/// Names remembered at most; Kraken lists about a thousand.
const MAX_NAMES: usize = 20_000;

/// One connection to Kraken, or to a simulated venue that speaks the same protocol.
#[derive(Debug)]
pub struct Kraken {
    venue: VenueId,
    requests: u64,
    /// What is known of each of Kraken's names.
    names: BTreeMap<Box<str>, Name>,
}

/// What one of Kraken's names stands for.
#[derive(Debug)]
struct Name {
    symbol: Symbol,
    /// The depth that the book was asked or acknowledged with.
    depth: Option<usize>,
}

impl Kraken {
    /// A conversation that has not begun. Events are told as coming from `venue`.
    pub fn new(venue: VenueId) -> Self {
        Self { venue, requests: 0, names: BTreeMap::new() }
    }

    fn next_request(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }

    /// The unified name of what Kraken calls `venue_symbol`, and the depth of its book where that is known.
    fn name(&mut self, venue_symbol: &str) -> Result<(Symbol, Option<usize>), FrameError> {
        if let Some(name) = self.names.get(venue_symbol) {
            return Ok((name.symbol.clone(), name.depth));
        }
        let symbol = unified(venue_symbol)?;
        if self.names.len() < MAX_NAMES {
            self.names.insert(venue_symbol.into(), Name { symbol: symbol.clone(), depth: None });
        }
        Ok((symbol, None))
    }

    fn symbol(&mut self, venue_symbol: &str) -> Result<Symbol, FrameError> {
        self.name(venue_symbol).map(|(symbol, _)| symbol)
    }

    fn book(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let (kind, books) = wire::books(frame).map_err(|fault| fault.of("book"))?;
        let snapshot = is_snapshot(kind)?;
        for book in books {
            let (symbol, depth) = self.name(&book.symbol)?;
            let wire::Book { bids, asks, .. } = book;
            let depth = depth.or_else(|| snapshot.then(|| depth_of(bids.len().max(asks.len()))));
            let update = BookUpdate {
                snapshot,
                depth,
                bids,
                asks,
                sequence: None,
                checksum: book.checksum.map(Checksum::Kraken),
                exchange_time: book.timestamp.as_deref().map(moment).transpose()?,
            };
            events.push(Event::Book { symbol, update });
        }
        Ok(Receipt::Understood)
    }

    fn trades(&mut self, frame: wire::Trades<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        for trade in frame.data {
            let symbol = self.symbol(&trade.symbol)?;
            let taker = match trade.side.as_ref() {
                "buy" => Side::Bid,
                "sell" => Side::Ask,
                other => return Err(FrameError::field("side", other, &"neither buy nor sell")),
            };
            let trade = Trade {
                price: trade.price.read("price")?,
                quantity: trade.qty.read("qty")?,
                taker,
                id: trade.trade_id,
                at: moment(&trade.timestamp)?,
            };
            match events.last_mut() {
                Some(Event::Trades { symbol: last, trades }) if *last == symbol => trades.push(trade),
                _ => events.push(Event::Trades { symbol, trades: vec![trade] }),
            }
        }
        Ok(Receipt::Understood)
    }

    fn tickers(&mut self, frame: wire::Tickers<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        for t in frame.data {
            let price = |field, number: &Option<wire::Number<'_>>| -> Result<Option<Price>, FrameError> {
                number.as_ref().map(|n| n.read(field)).transpose()
            };
            let ticker = Ticker {
                bid: price("bid", &t.bid)?,
                ask: price("ask", &t.ask)?,
                last: price("last", &t.last)?,
                high: price("high", &t.high)?,
                low: price("low", &t.low)?,
                vwap: price("vwap", &t.vwap)?,
                volume: t.volume.map(|n| n.read::<Quantity>("volume")).transpose()?,
                change: t.change_pct.map(|n| n.read::<Percent>("change_pct")).transpose()?,
            };
            let exchange_time = t.timestamp.as_deref().map(moment).transpose()?;
            events.push(Event::Ticker { symbol: self.symbol(&t.symbol)?, ticker, exchange_time });
        }
        Ok(Receipt::Understood)
    }

    fn candles(&mut self, frame: wire::Candles<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        for c in frame.data {
            // Kraken serves intervals (30 minutes, a week) that we do not show.
            let Some(interval) = Interval::from_minutes(c.interval) else { continue };
            let candle = Candle {
                start: moment(&c.interval_begin)?,
                open: c.open.read("open")?,
                high: c.high.read("high")?,
                low: c.low.read("low")?,
                close: c.close.read("close")?,
                volume: c.volume.read("volume")?,
                from_venue: true,
            };
            events.push(Event::Candle { symbol: self.symbol(&c.symbol)?, interval, candle });
        }
        Ok(Receipt::Understood)
    }

    fn instruments(&mut self, frame: wire::Instruments<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let mut instruments = Vec::with_capacity(frame.data.pairs.len());
        for pair in frame.data.pairs {
            instruments.push(Instrument {
                venue: self.venue,
                symbol: self.symbol(&pair.symbol)?,
                venue_symbol: pair.symbol.as_ref().into(),
                precision: Precision { price: pair.price_precision, quantity: pair.qty_precision },
                tick: pair.price_increment.map(|n| n.read("price_increment")).transpose()?,
                lot: pair.qty_increment.map(|n| n.read("qty_increment")).transpose()?,
                minimum: pair.qty_min.map(|n| n.read("qty_min")).transpose()?,
                trading: trading(&pair.status),
            });
        }
        events.push(Event::Instruments(instruments));
        Ok(Receipt::Understood)
    }

    fn answer(&mut self, answer: wire::Answer<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let result = answer.result.unwrap_or_default();
        let named = result.symbol.as_deref().or(answer.symbol.as_deref());
        match answer.method.as_ref() {
            "pong" => {
                let exchange_time = answer.time_out.as_deref().map(moment).transpose()?;
                events.push(Event::Pong { exchange_time });
            }
            _ if answer.success == Some(false) => {
                let reason = answer.error.as_deref().unwrap_or("refused without a reason");
                let symbol = named.and_then(|name| self.symbol(name).ok());
                events.push(Event::Rejected { symbol, reason: printable(reason).chars().take(200).collect() });
            }
            "subscribe" => {
                let (Some(name), Some(channel)) = (named, result.channel.as_deref()) else {
                    return Ok(Receipt::Understood);
                };
                let depth = result.depth.unwrap_or(SHALLOWEST);
                if channel == "book" {
                    self.note_depth(name, depth);
                }
                if let Some(channel) = request::channel(channel, depth, result.interval) {
                    events.push(Event::Subscribed(Subscription { symbol: self.symbol(name)?, channel }));
                }
            }
            "unsubscribe" => {
                if let Some(name) = named {
                    events.push(Event::Unsubscribed(self.symbol(name)?));
                }
            }
            _ => return Ok(Receipt::Unknown),
        }
        Ok(Receipt::Understood)
    }

    fn note_depth(&mut self, venue_symbol: &str, depth: usize) {
        // A name that is no symbol has no book either.
        let known = self.name(venue_symbol).is_ok() && DEPTHS.contains(&depth);
        if let Some(name) = self.names.get_mut(venue_symbol).filter(|_| known) {
            name.depth = Some(depth);
        }
    }
}

impl Dialect for Kraken {
    fn venue(&self) -> VenueId {
        self.venue
    }

    fn manners(&self) -> Manners {
        Manners {
            endpoints: &ENDPOINTS,
            ping_after: Duration::from_secs(10),
            dead_after: Duration::from_secs(20),
            frames_per_second: 20,
            // The snapshot of the instrument channel holds every pair: close to a megabyte today.
            max_frame: 16 << 20,
            depths: &DEPTHS,
            streams: 1_000,
            lifetime: None,
            gets_per_minute: 30,
        }
    }

    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        for name in self.names.values_mut() {
            name.depth = None;
        }
        let mut frames = vec![Outgoing::Frame(request::instruments(self.next_request()))];
        frames.extend(self.subscribe(wanted));
        frames
    }

    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        for subscription in wanted {
            if let Channel::Book { depth } = subscription.channel {
                self.note_depth(subscription.symbol.as_str(), depth);
            }
        }
        request::frames("subscribe", wanted, || self.next_request())
    }

    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<Outgoing> {
        request::frames("unsubscribe", unwanted, || self.next_request())
    }

    fn resync(&mut self, symbol: &Symbol) -> Vec<Outgoing> {
        let depth = self.names.get(symbol.as_str()).and_then(|name| name.depth).unwrap_or(SHALLOWEST);
        let book = [Subscription { symbol: symbol.clone(), channel: Channel::Book { depth } }];
        let mut frames = self.unsubscribe(&book);
        frames.extend(self.subscribe(&book));
        frames
    }

    fn ping(&mut self) -> Option<String> {
        Some(request::ping(self.next_request()))
    }

    fn receive(&mut self, frame: &str, _received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let limit = self.manners().max_frame;
        if frame.len() > limit {
            return Err(FrameError::TooLarge { size: frame.len(), limit });
        }
        // Nearly every frame is a book, and it names its channel first: read it in one pass.
        if frame.starts_with(r#"{"channel":"book""#) {
            return self.book(frame, events);
        }
        if frame.starts_with('[') {
            return v1::list(self, frame, events);
        }
        let head: wire::Head<'_> = wire::read("Kraken", frame)?;
        match (head.channel.as_deref(), head.method) {
            (Some("book"), _) => self.book(frame, events),
            (Some("trade"), _) => self.trades(wire::read("trade", frame)?, events),
            (Some("ticker"), _) => self.tickers(wire::read("ticker", frame)?, events),
            (Some("ohlc"), _) => self.candles(wire::read("ohlc", frame)?, events),
            (Some("instrument"), _) => self.instruments(wire::read("instrument", frame)?, events),
            (Some("status"), _) => {
                for status in wire::read::<wire::Statuses<'_>>("status", frame)?.data {
                    let status = match status.system.as_ref() {
                        "online" => VenueStatus::Online,
                        "maintenance" => VenueStatus::Maintenance,
                        _ => VenueStatus::Limited,
                    };
                    events.push(Event::Status { status, message: None });
                }
                Ok(Receipt::Understood)
            }
            (Some("heartbeat"), _) => {
                events.push(Event::Heartbeat);
                Ok(Receipt::Understood)
            }
            (None, Some(_)) => self.answer(wire::read("answer", frame)?, events),
            (None, None) => v1::object(self, frame, events),
            _ => Ok(Receipt::Unknown),
        }
    }

    fn fetched(
        &mut self,
        url: &str,
        body: &str,
        _received: Timestamp,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        match url.contains("/AssetPairs") {
            true => pairs::listed(self, body, events),
            false => Ok(Receipt::Unknown),
        }
    }

    fn venue_symbol(&self, symbol: &Symbol) -> Option<Box<str>> {
        let mut names = self.names.iter();
        names.find(|(_, name)| name.symbol == *symbol).map(|(venue_symbol, _)| venue_symbol.clone())
    }

    fn sent(&mut self, frame: &str) {
        let Ok(request) = wire::read::<wire::Request<'_>>("request", frame) else { return };
        if request.method.as_ref() == "subscribe" && request.params.channel.as_ref() == "book" {
            for symbol in &request.params.symbol {
                self.note_depth(symbol, request.params.depth.unwrap_or(SHALLOWEST));
            }
        }
    }
}

/// Kraken's name of a pair in the ecosystem's words.
fn unified(venue_symbol: &str) -> Result<Symbol, FrameError> {
    let common = |name| common_name(VenueId::Kraken, name);
    let (base, quote) = venue_symbol.split_once('/').unwrap_or((venue_symbol, ""));
    let name = format!("{}/{}", common(base), common(quote));
    Symbol::new(&name).map_err(|error| FrameError::field("symbol", venue_symbol, &error))
}

/// The smallest depth that Kraken serves which a snapshot of so many levels a side can have.
fn depth_of(levels: usize) -> usize {
    DEPTHS.into_iter().find(|depth| levels <= *depth).unwrap_or(levels)
}

/// Whether a pair with this status trades.
fn trading(status: &str) -> Trading {
    match status {
        "online" => Trading::Open,
        "cancel_only" | "post_only" | "limit_only" | "reduce_only" => Trading::Limited,
        _ => Trading::Halted,
    }
}

fn is_snapshot(kind: wire::Text<'_>) -> Result<bool, FrameError> {
    match kind.as_ref() {
        "snapshot" => Ok(true),
        "update" => Ok(false),
        other => Err(FrameError::field("type", other, &"neither snapshot nor update")),
    }
}

fn moment(text: &str) -> Result<Timestamp, FrameError> {
    text.parse().map_err(|error| FrameError::field("timestamp", text, &error))
}
