//! Hyperliquid: perpetuals, and pairs.
//!
//! - Channels: `l2Book` (twenty levels a side, whole in every frame), `trades`, `candle`, `activeAssetCtx` (mark price,
//!   funding, volume), `pong`. <https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/websocket/subscriptions>
//! - Every book replaces the one before; one that is older is set aside (see [`Newest`]). Nothing counts or hashes them: a
//!   missing frame does not show and is made good by the next, half a second later; a wrong digit does not show either.
//! - The lists of what is traded are HTTP POST, which is also answered over the stream (method `post`): they are asked for
//!   first. They tell the names that a symbol cannot (`kPEPE`, `@107`), so what was asked for under another name is then
//!   asked for again. Prices have significant digits rather than a tick, so there is none.
//! - Numbers of trades do not grow. A subscription begins with trades that were told before, so the latest are remembered
//!   from one connection to the next.

mod lists;
mod names;
mod request;
mod wire;

#[cfg(test)]
mod tests;

use super::names::Names;
use super::newest::Newest;
use super::{Address, Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt, suspects};
use crate::market::{
    BookUpdate, Candle, Channel, Event, Mark, Side, Subscription, Symbol, Ticker, Timestamp, Trade, VenueId, printable,
};
use crate::money::Price;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

/// Where Hyperliquid is.
pub(super) const ENDPOINTS: [Endpoint; 1] = [Endpoint {
    name: "all",
    stream: "wss://api.hyperliquid.xyz",
    path: "/ws",
    rest: "https://api.hyperliquid.xyz",
    testnet: Some(("wss://api.hyperliquid-testnet.xyz", "https://api.hyperliquid-testnet.xyz")),
}];

/// Levels a side of every book.
const DEPTH: usize = 20;

/// Trades of one instrument that are remembered, several times those that a subscription begins with.
const REMEMBERED: usize = 200;

/// Kinds of frames that never touch a book.
const HARMLESS: [&str; 8] =
    ["trades", "candle", "activeAssetCtx", "activeSpotAssetCtx", "subscriptionResponse", "post", "pong", "error"];

/// One connection to Hyperliquid.
#[derive(Clone, Debug)]
pub struct Hyperliquid {
    names: Names,
    /// The streams of this connection, and the names that they were asked for with.
    asked: BTreeMap<Subscription, String>,
    /// The books that have come.
    books: HashMap<Symbol, Newest>,
    /// The numbers of the latest trades.
    trades: HashMap<Symbol, VecDeque<u64>>,
    outgoing: Vec<Outgoing>,
}

impl Hyperliquid {
    /// A conversation that has not begun.
    pub fn new(_address: &Address) -> Self {
        Self {
            names: Names::new(names::unified),
            asked: BTreeMap::new(),
            books: HashMap::new(),
            trades: HashMap::new(),
            outgoing: Vec::new(),
        }
    }

    /// What a symbol is to be asked for with.
    fn coin(&self, symbol: &Symbol) -> String {
        self.names.native(symbol).map_or_else(|| names::native(symbol), str::to_owned)
    }

    fn read(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        // Nearly every frame is a book, and it names its channel first: read it in one pass.
        if frame.starts_with(r#"{"channel":"l2Book""#) {
            return self.book(frame, events);
        }
        let head: wire::Head<'_> = wire::read("Hyperliquid", frame)?;
        match head.channel.as_ref() {
            "l2Book" => return self.book(frame, events),
            "trades" => self.trades(wire::read("trades", frame)?, events)?,
            "candle" => self.candles(wire::read("candle", frame)?, events)?,
            "activeAssetCtx" | "activeSpotAssetCtx" => self.context(wire::read("context", frame)?, events)?,
            "subscriptionResponse" => self.granted(wire::read("answer", frame)?, events)?,
            "post" => self.answer(wire::read("post", frame)?, events)?,
            "error" => refused(wire::read("error", frame)?, events),
            "pong" => events.push(Event::Pong { exchange_time: None }),
            _ => return Ok(Receipt::Unknown),
        }
        Ok(Receipt::Understood)
    }

    fn book(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let wire::Book { coin, time, bids, asks } = wire::book(frame).map_err(|fault| fault.of("l2Book"))?;
        let symbol = self.names.symbol(&coin)?;
        if self.books.entry(symbol.clone()).or_default().admit(time) {
            let update = BookUpdate {
                snapshot: true,
                depth: None,
                bids,
                asks,
                sequence: None,
                checksum: None,
                exchange_time: Some(Timestamp::from_millis(time)),
            };
            events.push(Event::Book { symbol, update });
        }
        Ok(Receipt::Understood)
    }

    fn trades(&mut self, frame: wire::Data<Vec<wire::Trade<'_>>>, events: &mut Vec<Event>) -> Result<(), FrameError> {
        let mut told = frame.data;
        told.sort_by_key(|trade| trade.time);
        for trade in told {
            let symbol = self.names.symbol(&trade.coin)?;
            let taker = match trade.side.as_ref() {
                "B" => Side::Bid,
                "A" => Side::Ask,
                other => return Err(FrameError::field("side", other, &"neither B nor A")),
            };
            let at = Timestamp::from_millis(trade.time);
            let (price, quantity) = (trade.px.read("px")?, trade.sz.read("sz")?);
            let latest = self.trades.entry(symbol.clone()).or_default();
            if latest.contains(&trade.tid) {
                continue;
            }
            if latest.len() == REMEMBERED {
                latest.pop_front();
            }
            latest.push_back(trade.tid);
            let trade = Trade { price, quantity, taker, id: None, at };
            match events.last_mut() {
                Some(Event::Trades { symbol: last, trades }) if *last == symbol => trades.push(trade),
                _ => events.push(Event::Trades { symbol, trades: vec![trade] }),
            }
        }
        Ok(())
    }

    fn candles(&mut self, frame: wire::Data<&RawValue>, events: &mut Vec<Event>) -> Result<(), FrameError> {
        let text = frame.data.get();
        // The documentation has a list here, the wire has one candle.
        let candles: Vec<wire::Candle<'_>> = match text.starts_with('[') {
            true => wire::read("candle", text)?,
            false => vec![wire::read("candle", text)?],
        };
        for c in candles {
            // The venue serves intervals that we do not show.
            let Some(interval) = request::interval(&c.i) else { continue };
            let candle = Candle {
                start: wire::moment(&c.t, "t")?,
                open: c.o.read("o")?,
                high: c.h.read("h")?,
                low: c.l.read("l")?,
                close: c.c.read("c")?,
                volume: c.v.read("v")?,
                from_venue: true,
            };
            events.push(Event::Candle { symbol: self.names.symbol(&c.s)?, interval, candle });
        }
        Ok(())
    }

    fn context(&mut self, frame: wire::Data<wire::Context<'_>>, events: &mut Vec<Event>) -> Result<(), FrameError> {
        let wire::Data { data: wire::Context { coin, ctx } } = frame;
        let symbol = self.names.symbol(&coin)?;
        let marked: Option<Price> = wire::optional(ctx.mark_px.as_ref(), "markPx")?;
        let ticker = Ticker {
            volume: wire::optional(ctx.day_base_vlm.as_ref(), "dayBaseVlm")?,
            change: wire::change(wire::optional(ctx.prev_day_px.as_ref(), "prevDayPx")?, marked),
            ..Ticker::default()
        };
        // Pairs have no funding, and their mark price marks nothing.
        if let Some(funding) = wire::optional(ctx.funding.as_ref(), "funding")? {
            let mark = Mark {
                mark: marked,
                index: wire::optional(ctx.oracle_px.as_ref(), "oraclePx")?,
                funding: wire::in_percent(funding),
                next_funding: None,
                open_interest: wire::optional(ctx.open_interest.as_ref(), "openInterest")?,
            };
            events.push(Event::Mark { symbol: symbol.clone(), mark, exchange_time: None });
        }
        events.push(Event::Ticker { symbol, ticker, exchange_time: None });
        Ok(())
    }

    fn granted(&mut self, frame: wire::Data<wire::Granted<'_>>, events: &mut Vec<Event>) -> Result<(), FrameError> {
        let wire::Data { data: wire::Granted { method, subscription } } = frame;
        let Some(coin) = subscription.coin else { return Ok(()) };
        let symbol = self.names.symbol(&coin)?;
        let interval = subscription.interval.as_deref().and_then(request::interval);
        let channel = match subscription.kind.as_ref() {
            "l2Book" => Some(Channel::Book { depth: DEPTH }),
            "trades" => Some(Channel::Trades),
            "activeAssetCtx" => Some(Channel::Ticker),
            "candle" => interval.map(Channel::Candles),
            _ => None,
        };
        match (method.as_ref(), channel) {
            ("subscribe", Some(channel)) => events.push(Event::Subscribed(Subscription { symbol, channel })),
            ("unsubscribe", _) => events.push(Event::Unsubscribed(symbol)),
            _ => {}
        }
        Ok(())
    }

    /// Takes in a list, and asks again for what it calls otherwise than we did.
    fn answer(&mut self, frame: wire::Data<wire::Answer<'_>>, events: &mut Vec<Event>) -> Result<(), FrameError> {
        let wire::Response { kind, payload } = frame.data.response;
        if kind != "info" {
            events.push(Event::Rejected { symbol: None, reason: short(payload.get().trim_matches('"')) });
            return Ok(());
        }
        let list: wire::List<'_> = wire::read("list", payload.get())?;
        events.push(Event::Instruments(lists::instruments(&list.data, &mut self.names)));
        for (stream, coin) in &mut self.asked {
            if let Some(name) = self.names.native(&stream.symbol).filter(|name| name != coin) {
                *coin = name.to_owned();
                self.outgoing.extend(request::frames("subscribe", stream, coin));
            }
        }
        Ok(())
    }
}

fn refused(told: wire::Data<wire::Text<'_>>, events: &mut Vec<Event>) {
    // The words repeat the request: `Invalid subscription {"type":"l2Book","coin":"XYZ"}`.
    let coin = told.data.split(r#""coin":""#).nth(1).and_then(|rest| rest.split('"').next());
    events.push(Event::Rejected { symbol: coin.and_then(names::unified), reason: short(&told.data) });
}

/// Words of the venue, printable and of a length that can be shown.
fn short(words: &str) -> String {
    printable(words).chars().take(200).collect()
}

impl Dialect for Hyperliquid {
    fn venue(&self) -> VenueId {
        VenueId::Hyperliquid
    }

    fn manners(&self) -> Manners {
        Manners {
            endpoints: &ENDPOINTS,
            // The venue closes a connection on which it sent nothing for a minute.
            ping_after: Duration::from_secs(25),
            dead_after: Duration::from_secs(50),
            frames_per_second: 20,
            max_frame: 8 << 20,
            depths: &[DEPTH],
            streams: 1_000,
            lifetime: None,
            gets_per_minute: 60,
        }
    }

    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.asked.clear();
        self.books.clear();
        self.outgoing.clear();
        let mut outgoing: Vec<Outgoing> = request::lists().collect();
        outgoing.extend(self.subscribe(wanted));
        outgoing
    }

    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        let mut frames = Vec::new();
        for stream in wanted {
            let coin = self.coin(&stream.symbol);
            frames.extend(request::frames("subscribe", stream, &coin));
            self.asked.insert(stream.clone(), coin);
        }
        frames
    }

    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<Outgoing> {
        let mut frames = Vec::new();
        for stream in unwanted {
            let coin = self.asked.remove(stream).unwrap_or_else(|| self.coin(&stream.symbol));
            frames.extend(request::frames("unsubscribe", stream, &coin));
            if let Channel::Book { .. } = stream.channel {
                self.books.remove(&stream.symbol);
            }
        }
        frames
    }

    fn resync(&mut self, symbol: &Symbol) -> Vec<Outgoing> {
        if let Some(newest) = self.books.get_mut(symbol) {
            *newest = Newest::default();
        }
        let stream = Subscription { symbol: symbol.clone(), channel: Channel::Book { depth: DEPTH } };
        let coin = self.coin(symbol);
        ["unsubscribe", "subscribe"].into_iter().flat_map(|method| request::frames(method, &stream, &coin)).collect()
    }

    fn ping(&mut self) -> Option<String> {
        Some(request::ping())
    }

    fn receive(&mut self, frame: &str, _received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let limit = self.manners().max_frame;
        let receipt = match frame.len() {
            size if size > limit => Err(FrameError::TooLarge { size, limit }),
            _ => self.read(frame, events),
        };
        if receipt.is_err() {
            events.extend(suspects::doubt(frame, &HARMLESS, &self.names, self.books.keys()));
        }
        receipt
    }

    fn outgoing(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outgoing)
    }

    fn sent(&mut self, _frame: &str) {
        // Every frame that comes names its own stream: nothing has to be remembered of what was asked.
    }

    fn venue_symbol(&self, symbol: &Symbol) -> Option<Box<str>> {
        self.names.native(symbol).map(Into::into)
    }
}
