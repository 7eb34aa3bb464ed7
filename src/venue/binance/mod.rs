//! Binance spot, Binance.US and Binance USDⓈ-M futures: public streams, and the snapshots that are fetched beside them.
//!
//! - A book is a stream of differences (`@depth@100ms`) joined to a snapshot from REST, as documented:
//!   <https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams> ("How to manage a local order book
//!   correctly"). Spot numbers its changes by ranges (`U` to `u`), futures chain them (`pu` is the `u` before).
//! - Differences are of the whole book; the snapshot holds its best thousand levels, so what lies deeper becomes known
//!   as it changes, and nothing is cut off.
//! - The protocol has no checksum: a changed digit in a frame that is well formed cannot be seen.
//! - Frames come wrapped in the name of their stream or bare; both are read.

mod request;
mod wire;

#[cfg(test)]
mod tests;

use super::names::{Names, split};
use super::scan::Scan;
use super::splice::{Count, Joined, Numbered, Splice};
use super::{Address, Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt, suspects};
use crate::market::{
    BookUpdate, Candle, Channel, Event, Instrument, Mark, Precision, Side, Subscription, Symbol, Ticker, Timestamp,
    Trade, Trading, VenueId, printable,
};
use crate::money::{Decimal, Percent};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Where Binance's spot markets are.
pub(super) const SPOT: [Endpoint; 1] = [Endpoint {
    name: "spot",
    stream: "wss://stream.binance.com:9443",
    path: "/stream",
    rest: "https://api.binance.com",
    testnet: Some(("wss://stream.testnet.binance.vision", "https://testnet.binance.vision")),
}];

/// Where Binance's futures are.
pub(super) const FUTURES: [Endpoint; 1] = [Endpoint {
    name: "futures",
    stream: "wss://fstream.binance.com",
    path: "/stream",
    rest: "https://fapi.binance.com",
    testnet: Some(("wss://stream.binancefuture.com", "https://testnet.binancefuture.com")),
}];

/// Where Binance.US is.
pub(super) const US: [Endpoint; 1] = [Endpoint {
    name: "spot",
    stream: "wss://stream.binance.us:9443",
    path: "/stream",
    rest: "https://api.binance.us",
    testnet: None,
}];

/// What prices are in at Binance. A name has no separator; what the venue lists goes before this.
const QUOTES: [&str; 23] = [
    "USDT", "FDUSD", "BUSD", "TUSD", "USDC", "USDP", "IDRT", "BIDR", "BKRW", "TRY", "BRL", "EUR", "GBP", "AUD", "RUB",
    "UAH", "NGN", "ZAR", "JPY", "DAI", "BTC", "ETH", "BNB",
];

/// What else prices are in at Binance.US, and at Binance in few pairs.
const MORE_QUOTES: [&str; 6] = ["USD", "XRP", "TRX", "DOGE", "DOT", "SOL"];

/// Kinds of messages that never change a book, by a word that stands in them.
const HARMLESS: [&str; 6] = ["trade", "aggTrade", "kline", "24hrTicker", "markPriceUpdate", "result"];

/// Books of one connection; a connection carries fewer streams.
const MAX_BOOKS: usize = 4_000;

/// One connection to Binance.
#[derive(Debug)]
pub struct Binance {
    venue: VenueId,
    address: Address,
    names: Names,
    books: HashMap<Symbol, Splice>,
    requests: u64,
    /// What was asked for and not acknowledged yet.
    asked: BTreeMap<u64, Vec<Subscription>>,
    outgoing: Vec<Outgoing>,
}

impl Binance {
    /// A conversation that has not begun, with one of the three venues.
    pub fn new(venue: VenueId, address: &Address) -> Self {
        let unify = if venue == VenueId::BinanceFutures { contract } else { pair };
        Self {
            venue,
            address: address.clone(),
            names: Names::new(unify),
            books: HashMap::new(),
            requests: 0,
            asked: BTreeMap::new(),
            outgoing: Vec::new(),
        }
    }

    fn is_futures(&self) -> bool {
        self.venue == VenueId::BinanceFutures
    }

    fn splice(&mut self, symbol: &Symbol) -> Result<&mut Splice, FrameError> {
        let count = if self.is_futures() { Count::Chain } else { Count::Ranges };
        if !self.books.contains_key(symbol) {
            if self.books.len() >= MAX_BOOKS {
                return Err(FrameError::field("s", symbol.as_str(), &"more books than a connection carries"));
            }
            self.books.insert(symbol.clone(), Splice::new(count));
        }
        let splice = self.books.get_mut(symbol);
        splice.ok_or_else(|| FrameError::field("s", symbol.as_str(), &"no book"))
    }

    fn depth(&mut self, payload: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let depth = wire::depth(payload).map_err(|fault| fault.of("depthUpdate"))?;
        let symbol = self.names.symbol(&depth.symbol)?;
        let update = BookUpdate {
            snapshot: false,
            depth: None,
            bids: depth.bids,
            asks: depth.asks,
            sequence: None,
            checksum: None,
            exchange_time: Some(millis(depth.at)?),
        };
        let change = Numbered { first: depth.first, last: depth.last, previous: depth.previous, update };
        if let Some(update) = self.splice(&symbol)?.change(change) {
            events.push(Event::Book { symbol, update });
        }
        Ok(Receipt::Understood)
    }

    fn snapshot(&mut self, url: &str, body: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let name = request::parameter(url, "symbol").unwrap_or_default();
        let symbol = self.names.symbol(name)?;
        let (number, at, bids, asks) = wire::snapshot(body).map_err(|fault| fault.of("depth"))?;
        let exchange_time = at.map(millis).transpose()?;
        let update =
            BookUpdate { snapshot: true, depth: None, bids, asks, sequence: None, checksum: None, exchange_time };
        let mut updates = Vec::new();
        if self.splice(&symbol)?.snapshot(number, update, &mut updates) == Joined::TooOld {
            self.outgoing.push(Outgoing::Get(url.to_owned()));
        }
        events.extend(updates.into_iter().map(|update| Event::Book { symbol: symbol.clone(), update }));
        Ok(Receipt::Understood)
    }

    fn frame(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let payload = unwrapped(frame)?;
        // Nearly every byte is of a book, and it says so first.
        if payload.starts_with(r#"{"e":"depthUpdate""#) {
            return self.depth(payload, events);
        }
        self.message(payload, events)
    }

    fn message(&mut self, payload: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let head: wire::Head<'_> = wire::read("Binance", payload)?;
        match head.e.as_deref() {
            Some("depthUpdate") => self.depth(payload, events),
            Some("trade" | "aggTrade") => self.trade(&wire::read("trade", payload)?, events),
            Some("kline") => self.candle(&wire::read("kline", payload)?, events),
            Some("24hrTicker") => self.day(&wire::read("24hrTicker", payload)?, events),
            Some("markPriceUpdate") => self.mark(&wire::read("markPriceUpdate", payload)?, events),
            // Spot's own best prices come without a name for what they are.
            Some("bookTicker") => self.best(&wire::read("bookTicker", payload)?, events),
            None if head.u.is_some() && head.s.is_some() => self.best(&wire::read("bookTicker", payload)?, events),
            None if head.id.is_some() || head.error.is_some() || head.code.is_some() => Ok(self.answer(head, events)),
            _ => Ok(Receipt::Unknown),
        }
    }

    fn trade(&mut self, trade: &wire::Trade<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let symbol = self.names.symbol(&trade.s)?;
        let quantity: crate::money::Quantity = trade.q.read("q")?;
        // Liquidations and other entries that moved nothing are listed among the trades of futures.
        if quantity.is_zero() {
            return Ok(Receipt::Understood);
        }
        let taker = if trade.m { Side::Ask } else { Side::Bid };
        let id = trade.t.or(trade.a);
        let trade = Trade { price: trade.p.read("p")?, quantity, taker, id, at: millis(trade.at)? };
        events.push(Event::Trades { symbol, trades: vec![trade] });
        Ok(Receipt::Understood)
    }

    fn candle(&mut self, frame: &wire::Kline<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let kline = &frame.k;
        let Some(interval) = request::interval(&kline.i) else { return Ok(Receipt::Understood) };
        let candle = Candle {
            start: millis(kline.start)?,
            open: kline.o.read("o")?,
            high: kline.h.read("h")?,
            low: kline.l.read("l")?,
            close: kline.c.read("c")?,
            volume: kline.v.read("v")?,
            from_venue: true,
        };
        events.push(Event::Candle { symbol: self.names.symbol(&frame.s)?, interval, candle });
        Ok(Receipt::Understood)
    }

    fn day(&mut self, day: &wire::Day<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let ticker = Ticker {
            bid: day.b.map(|n| n.read("b")).transpose()?,
            ask: day.a.map(|n| n.read("a")).transpose()?,
            last: Some(day.c.read("c")?),
            high: Some(day.h.read("h")?),
            low: Some(day.l.read("l")?),
            volume: Some(day.v.read("v")?),
            vwap: Some(day.w.read("w")?),
            change: Some(day.change.read("P")?),
        };
        let exchange_time = Some(millis(day.at)?);
        events.push(Event::Ticker { symbol: self.names.symbol(&day.s)?, ticker, exchange_time });
        Ok(Receipt::Understood)
    }

    fn best(&mut self, best: &wire::Best<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let ticker = Ticker { bid: Some(best.b.read("b")?), ask: Some(best.a.read("a")?), ..Ticker::default() };
        let exchange_time = best.at.map(millis).transpose()?;
        events.push(Event::Ticker { symbol: self.names.symbol(&best.s)?, ticker, exchange_time });
        Ok(Receipt::Understood)
    }

    fn mark(&mut self, frame: &wire::Mark<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let rate = match frame.r {
            // Contracts without funding have an empty rate.
            Some(rate) if !rate.text().is_empty() => Some(rate.read::<Percent>("r")?),
            _ => None,
        };
        let percent = |rate: Percent| rate.get().checked_mul(Decimal::ONE_HUNDRED).map(Percent::new);
        let mark = Mark {
            mark: Some(frame.p.read("p")?),
            index: frame.i.map(|n| n.read("i")).transpose()?,
            funding: rate.and_then(percent),
            next_funding: frame.next.filter(|next| *next > 0).map(millis).transpose()?,
            open_interest: None,
        };
        let exchange_time = Some(millis(frame.at)?);
        events.push(Event::Mark { symbol: self.names.symbol(&frame.s)?, mark, exchange_time });
        Ok(Receipt::Understood)
    }

    fn answer(&mut self, head: wire::Head<'_>, events: &mut Vec<Event>) -> Receipt {
        let asked = head.id.and_then(|id| self.asked.remove(&id)).unwrap_or_default();
        let reason = match (&head.error, head.code) {
            (Some(error), _) => error.msg.as_deref(),
            (None, Some(_)) => head.msg.as_deref(),
            (None, None) => {
                events.extend(asked.into_iter().map(Event::Subscribed));
                return Receipt::Understood;
            }
        };
        let reason: String = printable(reason.unwrap_or("refused without a reason")).chars().take(200).collect();
        let mut symbols: Vec<Option<Symbol>> = asked.into_iter().map(|stream| Some(stream.symbol)).collect();
        symbols.dedup();
        if symbols.is_empty() {
            symbols.push(None);
        }
        let refusals = symbols.into_iter().map(|symbol| Event::Rejected { symbol, reason: reason.clone() });
        events.extend(refusals);
        Receipt::Understood
    }

    fn instruments(&mut self, body: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let listing: wire::Listing<'_> = wire::read("exchangeInfo", body)?;
        let mut instruments = Vec::with_capacity(listing.symbols.len());
        for entry in listing.symbols {
            let Some(symbol) = entry.unified() else { continue };
            self.names.learn(&entry.symbol, &symbol);
            let filter = |kind: &str| entry.filters.iter().find(|filter| filter.kind == kind);
            let tick = filter("PRICE_FILTER").and_then(|filter| filter.tick);
            let lot = filter("LOT_SIZE");
            let decimals = |step: Option<wire::Number<'_>>| -> Result<u8, FrameError> {
                let step = step.map(|step| step.read::<crate::money::Fixed>("step")).transpose()?;
                Ok(step.map_or(8, |step| step.normalized().decimals()))
            };
            instruments.push(Instrument {
                venue: self.venue,
                venue_symbol: entry.symbol.as_ref().into(),
                precision: Precision { price: decimals(tick)?, quantity: decimals(lot.and_then(|lot| lot.step))? },
                tick: tick.map(|n| n.read("tickSize")).transpose()?,
                lot: lot.and_then(|lot| lot.step).map(|n| n.read("stepSize")).transpose()?,
                minimum: lot.and_then(|lot| lot.minimum).map(|n| n.read("minQty")).transpose()?,
                trading: match entry.status.as_ref() {
                    "TRADING" => Trading::Open,
                    "PRE_TRADING" | "POST_TRADING" | "AUCTION_MATCH" | "END_OF_DAY" => Trading::Limited,
                    _ => Trading::Halted,
                },
                symbol,
            });
        }
        events.push(Event::Instruments(instruments));
        Ok(Receipt::Understood)
    }

    /// What Binance calls an instrument, also one that it has not spoken of yet.
    fn name(&mut self, symbol: &Symbol) -> String {
        if let Some(name) = self.names.native(symbol) {
            return name.to_owned();
        }
        let expiry = symbol.as_str().split_once('-').map(|(_, date)| format!("_{date}"));
        let name = format!("{}{}{}", symbol.base(), symbol.quote(), expiry.unwrap_or_default());
        self.names.learn(&name, symbol);
        name
    }

    fn ask(&mut self, method: &str, streams: &[Subscription]) -> Vec<Outgoing> {
        let mut outgoing = Vec::new();
        for some in streams.chunks(request::STREAMS_PER_FRAME) {
            let futures = self.is_futures();
            let names = some.iter().flat_map(|stream| {
                let name = self.name(&stream.symbol).to_lowercase();
                request::streams(&name, stream.channel, futures)
            });
            let names: Vec<String> = names.collect();
            if names.is_empty() {
                continue;
            }
            self.requests += 1;
            if method == "SUBSCRIBE" {
                self.asked.insert(self.requests, some.to_vec());
            }
            outgoing.push(Outgoing::Frame(request::frame(method, &names, self.requests)));
        }
        outgoing
    }

    fn fetch_snapshot(&mut self, symbol: &Symbol) -> Outgoing {
        let name = self.name(symbol);
        let path = if self.is_futures() { "/fapi/v1/depth" } else { "/api/v3/depth" };
        Outgoing::Get(format!("{}{path}?symbol={name}&limit=1000", self.address.rest))
    }
}

impl Dialect for Binance {
    fn venue(&self) -> VenueId {
        self.venue
    }

    fn manners(&self) -> Manners {
        Manners {
            endpoints: match self.venue {
                VenueId::BinanceFutures => &FUTURES,
                VenueId::BinanceUs => &US,
                _ => &SPOT,
            },
            ping_after: Duration::from_secs(30),
            dead_after: Duration::from_secs(60),
            // Five messages a second are allowed; the answers to the venue's pings count as well.
            frames_per_second: 3,
            max_frame: 16 << 20,
            depths: &[1000],
            streams: if self.is_futures() { 200 } else { 1_000 },
            lifetime: Some(Duration::from_secs(23 * 3_600 + 1_800)),
            gets_per_minute: 90,
        }
    }

    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.books.clear();
        self.asked.clear();
        self.outgoing.clear();
        let mut outgoing = self.subscribe(wanted);
        let list = if self.is_futures() { "/fapi/v1/exchangeInfo" } else { "/api/v3/exchangeInfo" };
        outgoing.push(Outgoing::Get(format!("{}{list}", self.address.rest)));
        outgoing
    }

    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        let mut outgoing = self.ask("SUBSCRIBE", wanted);
        for book in wanted.iter().filter(|stream| matches!(stream.channel, Channel::Book { .. })) {
            outgoing.push(self.fetch_snapshot(&book.symbol));
        }
        outgoing
    }

    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<Outgoing> {
        for book in unwanted.iter().filter(|stream| matches!(stream.channel, Channel::Book { .. })) {
            self.books.remove(&book.symbol);
        }
        self.ask("UNSUBSCRIBE", unwanted)
    }

    fn resync(&mut self, symbol: &Symbol) -> Vec<Outgoing> {
        if let Some(splice) = self.books.get_mut(symbol) {
            splice.wait();
        }
        vec![self.fetch_snapshot(symbol)]
    }

    fn ping(&mut self) -> Option<String> {
        None
    }

    fn receive(&mut self, frame: &str, _received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let limit = self.manners().max_frame;
        if frame.len() > limit {
            return Err(FrameError::TooLarge { size: frame.len(), limit });
        }
        let receipt = self.frame(frame, events);
        if receipt.is_err()
            && let Some(Event::Doubt { symbols, reason }) =
                suspects::doubt(frame, &HARMLESS, &self.names, self.books.keys())
        {
            for symbol in &symbols {
                if let Some(splice) = self.books.get_mut(symbol) {
                    splice.wait();
                }
            }
            events.push(Event::Doubt { symbols, reason });
        }
        receipt
    }

    fn fetched(
        &mut self,
        url: &str,
        body: &str,
        _received: Timestamp,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        match url.split('?').next().and_then(|path| path.rsplit('/').next()) {
            Some("depth") => self.snapshot(url, body, events),
            Some("exchangeInfo") => self.instruments(body, events),
            _ => Ok(Receipt::Unknown),
        }
    }

    fn outgoing(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outgoing)
    }

    fn sent(&mut self, _frame: &str) {}

    fn venue_symbol(&self, symbol: &Symbol) -> Option<Box<str>> {
        self.names.native(symbol).map(Into::into)
    }
}

/// What a frame says, out of the wrapping of a combined stream.
fn unwrapped(frame: &str) -> Result<&str, FrameError> {
    let Some((_, data)) = frame.strip_prefix(r#"{"stream":""#).and_then(|rest| rest.split_once('"')) else {
        let mut payload = frame;
        let mut scan = Scan::new(frame);
        // Bare, or wrapped in another order.
        if frame.starts_with(r#"{"data""#) {
            let read = scan.object(|scan, name| {
                match name {
                    "data" => payload = scan.value()?,
                    _ => scan.skip()?,
                }
                Ok::<_, super::scan::Fault>(())
            });
            read.map_err(|fault| fault.of("stream"))?;
        }
        return Ok(payload);
    };
    let data = data.strip_prefix(r#","data":"#).and_then(|data| data.strip_suffix('}'));
    data.ok_or_else(|| FrameError::malformed("stream", &"no data behind the name of the stream"))
}

/// A spot pair by the rule of names.
fn pair(name: &str) -> Option<Symbol> {
    let (base, quote) = split(name, &QUOTES).or_else(|| split(name, &MORE_QUOTES))?;
    Symbol::new(&format!("{base}/{quote}")).ok()
}

/// A contract by the rule of names: `BTCUSDT` is perpetual, `BTCUSDT_240628` expires.
fn contract(name: &str) -> Option<Symbol> {
    let (name, expiry) = name.split_once('_').map_or((name, None), |(name, expiry)| (name, Some(expiry)));
    let (base, quote) = split(name, &QUOTES)?;
    let dated: Cow<'_, str> = expiry.map_or(Cow::Borrowed(""), |expiry| format!("-{expiry}").into());
    Symbol::new(&format!("{base}/{quote}:{quote}{dated}")).ok()
}

fn millis(number: u64) -> Result<Timestamp, FrameError> {
    super::wire::millis("E", number)
}
