//! Bybit v5: spot, linear and inverse contracts, each at an address of its own.
//!
//! - A book is a snapshot and differences that count one by one (`u`); a `u` of 1 or a new snapshot means that the venue
//!   has started over. <https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook>
//! - The venue keeps the window: levels that leave it are deleted by name, so nothing is cut off here. Of several depths
//!   of one instrument, the deepest makes the book.
//! - There is no checksum: a changed digit in a frame that is well formed cannot be seen.
//! - The protocol that inverse contracts spoke before v5 is read too ([`old`]), because captures hold it.

mod old;
mod wire;

#[cfg(test)]
mod tests;

use super::names::{Names, split};
use super::wire::millis;
use super::{Address, Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt, suspects};
use crate::market::{
    BookUpdate, Candle, Channel, Contract, Event, Instrument, Interval, Mark, Precision, Sequence, Side, Subscription,
    Symbol, Ticker, Timestamp, Trade, Trading, VenueId, printable,
};
use crate::money::{Decimal, Fixed, Percent, Price};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Where Bybit is: each kind of contract has its own stream.
pub(super) const ENDPOINTS: [Endpoint; 3] =
    [at("spot", "/v5/public/spot"), at("linear", "/v5/public/linear"), at("inverse", "/v5/public/inverse")];

const fn at(name: &'static str, path: &'static str) -> Endpoint {
    Endpoint {
        name,
        stream: "wss://stream.bybit.com",
        path,
        rest: "https://api.bybit.com",
        testnet: Some(("wss://stream-testnet.bybit.com", "https://api-testnet.bybit.com")),
    }
}

/// Where an instrument is traded.
pub(super) fn endpoint(symbol: &Symbol) -> &'static Endpoint {
    let [spot, linear, inverse] = &ENDPOINTS;
    let settled_in_base = symbol.as_str().split([':', '-']).nth(1) == Some(symbol.base());
    match symbol.contract() {
        Contract::Spot => spot,
        _ if settled_in_base => inverse,
        _ => linear,
    }
}

/// The depths that Bybit serves; spot has no 500.
const DEPTHS: [usize; 4] = [50, 200, 500, 1000];

/// What prices are in at Bybit.
const QUOTES: [&str; 12] = ["USDT", "USDC", "USDE", "USD1", "USDQ", "EUR", "BRL", "BTC", "ETH", "DAI", "MNT", "BIT"];

/// Kinds of messages that never change a book, by a word that stands in them.
const HARMLESS: [&str; 2] = ["success", "op"];

/// Topics in one request: spot takes no more.
const TOPICS_PER_FRAME: usize = 10;

/// Books of one connection; a connection carries fewer streams.
const MAX_BOOKS: usize = 4_000;

/// One connection to one of Bybit's addresses.
#[derive(Debug)]
pub struct Bybit {
    address: Address,
    endpoint: &'static Endpoint,
    names: Names,
    /// The depth that makes each book.
    depths: HashMap<Symbol, u64>,
    requests: u64,
    asked: BTreeMap<u64, Vec<Subscription>>,
    outgoing: Vec<Outgoing>,
}

impl Bybit {
    /// A conversation that has not begun; the address tells which kind of contract it is about.
    pub fn new(address: &Address) -> Self {
        let [spot, linear, inverse] = &ENDPOINTS;
        let stream = address.stream.as_str();
        let (endpoint, unify): (_, fn(&str) -> Option<Symbol>) = match stream {
            _ if stream.contains("/spot") => (spot, pair),
            // The old protocol was only ever spoken at `/realtime`, about inverse contracts.
            _ if stream.contains("/inverse") || stream.ends_with("/realtime") => (inverse, inverse_contract),
            _ => (linear, linear_contract),
        };
        Self {
            address: address.clone(),
            endpoint,
            names: Names::new(unify),
            depths: HashMap::new(),
            requests: 0,
            asked: BTreeMap::new(),
            outgoing: Vec::new(),
        }
    }

    fn book(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let book = wire::book(frame).map_err(|fault| fault.of("orderbook"))?;
        let symbol = self.names.symbol(&book.symbol)?;
        if !self.makes(&symbol, book.depth)? {
            return Ok(Receipt::Understood);
        }
        // After the venue has started over, its first difference is everything that it knows.
        let snapshot = book.snapshot || book.number == 1;
        let previous = if snapshot { None } else { Some(book.number.saturating_sub(1)) };
        let update = BookUpdate {
            snapshot,
            depth: None,
            bids: book.bids,
            asks: book.asks,
            sequence: Some(Sequence { previous, last: book.number }),
            checksum: None,
            exchange_time: Some(millis("ts", book.at)?),
        };
        events.push(Event::Book { symbol, update });
        Ok(Receipt::Understood)
    }

    /// Whether a stream of this depth makes the book: the deepest does.
    fn makes(&mut self, symbol: &Symbol, depth: u64) -> Result<bool, FrameError> {
        if let Some(deepest) = self.depths.get_mut(symbol) {
            *deepest = depth.max(*deepest);
            return Ok(*deepest == depth);
        }
        if self.depths.len() >= MAX_BOOKS {
            return Err(FrameError::field("s", symbol.as_str(), &"more books than a connection carries"));
        }
        self.depths.insert(symbol.clone(), depth);
        Ok(true)
    }

    fn trades(&mut self, frame: &wire::Trades<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        for trade in &frame.data {
            let symbol = self.names.symbol(&trade.s)?;
            let trade = Trade {
                price: trade.p.read("p")?,
                quantity: trade.v.read("v")?,
                taker: taker(&trade.side)?,
                // A number in spot, which grows; elsewhere a name, which does not.
                id: trade.i.as_ref().and_then(|id| id.parse().ok()),
                at: millis("T", trade.at)?,
            };
            match events.last_mut() {
                Some(Event::Trades { symbol: last, trades }) if *last == symbol => trades.push(trade),
                _ => events.push(Event::Trades { symbol, trades: vec![trade] }),
            }
        }
        Ok(Receipt::Understood)
    }

    fn ticker(&mut self, frame: &wire::Tickers<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let of = &frame.data;
        let symbol = self.names.symbol(&of.symbol)?;
        let exchange_time = Some(millis("ts", frame.ts)?);
        let price = |field, number: &Option<wire::Number<'_>>| -> Result<Option<Price>, FrameError> {
            number.filter(|number| !number.text().is_empty()).map(|number| number.read(field)).transpose()
        };
        let percent = |field, number: &Option<wire::Number<'_>>| -> Result<Option<Percent>, FrameError> {
            let share = number.filter(|number| !number.text().is_empty()).map(|number| number.read::<Percent>(field));
            let share = share.transpose()?;
            Ok(share.and_then(|share| share.get().checked_mul(Decimal::ONE_HUNDRED)).map(Percent::new))
        };
        let next_funding =
            of.next_funding.filter(|next| !next.text().is_empty()).map(|next| next.read("nextFundingTime"));
        let next_funding: Option<u64> = next_funding.transpose()?;
        let mark = Mark {
            mark: price("markPrice", &of.mark)?,
            index: price("indexPrice", &of.index)?,
            funding: percent("fundingRate", &of.funding)?,
            next_funding: next_funding.filter(|at| *at > 0).map(|at| millis("nextFundingTime", at)).transpose()?,
            open_interest: of
                .open_interest
                .filter(|n| !n.text().is_empty())
                .map(|n| n.read("openInterest"))
                .transpose()?,
        };
        let ticker = Ticker {
            bid: price("bid1Price", &of.bid)?,
            ask: price("ask1Price", &of.ask)?,
            last: price("lastPrice", &of.last)?,
            high: price("highPrice24h", &of.high)?,
            low: price("lowPrice24h", &of.low)?,
            volume: of.volume.filter(|n| !n.text().is_empty()).map(|n| n.read("volume24h")).transpose()?,
            vwap: None,
            change: percent("price24hPcnt", &of.change)?,
        };
        if mark != Mark::default() {
            events.push(Event::Mark { symbol: symbol.clone(), mark, exchange_time });
        }
        if ticker != Ticker::default() {
            events.push(Event::Ticker { symbol, ticker, exchange_time });
        }
        Ok(Receipt::Understood)
    }

    fn candles(
        &mut self,
        topic: &str,
        frame: &wire::Klines<'_>,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        let name = topic.rsplit('.').next().unwrap_or_default();
        let symbol = self.names.symbol(name)?;
        for bar in &frame.data {
            let Some(interval) = Interval::ALL.into_iter().find(|of| length(*of) == Some(bar.interval.as_ref())) else {
                continue;
            };
            let candle = Candle {
                start: millis("start", bar.start)?,
                open: bar.open.read("open")?,
                high: bar.high.read("high")?,
                low: bar.low.read("low")?,
                close: bar.close.read("close")?,
                volume: bar.volume.read("volume")?,
                from_venue: true,
            };
            events.push(Event::Candle { symbol: symbol.clone(), interval, candle });
        }
        Ok(Receipt::Understood)
    }

    fn answer(&mut self, answer: &wire::Answer<'_>, events: &mut Vec<Event>) -> Receipt {
        let asked = answer.req_id.as_ref().and_then(|id| self.asked.remove(&id.parse().ok()?)).unwrap_or_default();
        let words = answer.ret_msg.as_deref().unwrap_or_default();
        match answer.op.as_deref() {
            Some("ping" | "pong") => events.push(Event::Pong { exchange_time: None }),
            _ if answer.success == Some(false) => {
                let reason: String = printable(words).chars().take(200).collect();
                // Bybit refuses a whole request and names the topic that it stumbled over.
                let named = asked
                    .iter()
                    .find(|stream| self.names.native(&stream.symbol).is_some_and(|name| words.contains(name)));
                let symbol = named.or(asked.first()).map(|stream| stream.symbol.clone());
                events.push(Event::Rejected { symbol, reason });
            }
            _ => events.extend(asked.into_iter().map(Event::Subscribed)),
        }
        Receipt::Understood
    }

    fn message(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        if frame.starts_with(r#"{"topic":"orderbook."#) {
            return self.book(frame, events);
        }
        let head: wire::Head<'_> = super::wire::read("Bybit", frame)?;
        let Some(topic) = head.topic else {
            let known = head.op.is_some() || head.success.is_some();
            return if known {
                Ok(self.answer(&super::wire::read("answer", frame)?, events))
            } else {
                Ok(Receipt::Unknown)
            };
        };
        match topic.split('.').next().unwrap_or_default() {
            "orderbook" => self.book(frame, events),
            "publicTrade" => self.trades(&super::wire::read("publicTrade", frame)?, events),
            "tickers" => self.ticker(&super::wire::read("tickers", frame)?, events),
            "kline" => self.candles(&topic, &super::wire::read("kline", frame)?, events),
            "orderBookL2_25" | "orderBook_200" => {
                let symbol = self.names.symbol(topic.rsplit('.').next().unwrap_or_default())?;
                self.makes(&symbol, 25)?;
                old::book(symbol, frame, events)
            }
            "trade" => old::trades(&mut self.names, frame, events),
            _ => Ok(Receipt::Unknown),
        }
    }

    fn instruments(&mut self, url: &str, body: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let listing: wire::Listing<'_> = super::wire::read("instruments-info", body)?;
        let mut instruments = Vec::with_capacity(listing.result.list.len());
        for entry in &listing.result.list {
            let Some(symbol) = entry.unified() else { continue };
            self.names.learn(&entry.symbol, &symbol);
            let step = entry.lots.step.or(entry.lots.base);
            let decimals = |step: Option<wire::Number<'_>>| -> Result<u8, FrameError> {
                let step = step.map(|step| step.read::<Fixed>("step")).transpose()?;
                Ok(step.map_or(8, |step| step.normalized().decimals()))
            };
            instruments.push(Instrument {
                venue: VenueId::Bybit,
                venue_symbol: entry.symbol.as_ref().into(),
                precision: Precision { price: decimals(Some(entry.prices.tick))?, quantity: decimals(step)? },
                tick: Some(entry.prices.tick.read("tickSize")?),
                lot: step.map(|n| n.read("qtyStep")).transpose()?,
                minimum: entry.lots.minimum.map(|n| n.read("minOrderQty")).transpose()?,
                trading: match entry.status.as_ref() {
                    "Trading" => Trading::Open,
                    "PreLaunch" | "Delivering" | "Settling" => Trading::Limited,
                    _ => Trading::Halted,
                },
                symbol,
            });
        }
        events.push(Event::Instruments(instruments));
        if let Some(cursor) = listing.result.cursor.filter(|cursor| !cursor.is_empty()) {
            let first = url.split("&cursor=").next().unwrap_or_default();
            self.outgoing.push(Outgoing::Get(format!("{first}&cursor={cursor}")));
        }
        Ok(Receipt::Understood)
    }

    fn name(&mut self, symbol: &Symbol) -> String {
        if let Some(name) = self.names.native(symbol) {
            return name.to_owned();
        }
        let name = match (symbol.contract(), symbol.quote()) {
            (Contract::Linear, "USDC") => format!("{}PERP", symbol.base()),
            _ => format!("{}{}", symbol.base(), symbol.quote()),
        };
        self.names.learn(&name, symbol);
        name
    }

    fn topic(&mut self, stream: &Subscription) -> Option<String> {
        let name = self.name(&stream.symbol);
        Some(match stream.channel {
            Channel::Book { depth } => format!("orderbook.{}.{name}", self.depth(depth)),
            Channel::Trades => format!("publicTrade.{name}"),
            Channel::Ticker => format!("tickers.{name}"),
            Channel::Candles(interval) => format!("kline.{}.{name}", length(interval)?),
        })
    }

    /// The smallest depth that this address serves and that is deep enough.
    fn depth(&self, wanted: usize) -> usize {
        let served = DEPTHS.into_iter().filter(|depth| self.endpoint.name != "spot" || *depth != 500);
        served.into_iter().find(|depth| *depth >= wanted).unwrap_or(1000)
    }

    fn ask(&mut self, op: &str, streams: &[Subscription]) -> Vec<Outgoing> {
        let mut outgoing = Vec::new();
        for some in streams.chunks(TOPICS_PER_FRAME) {
            let topics: Vec<String> = some.iter().filter_map(|stream| self.topic(stream)).collect();
            if topics.is_empty() {
                continue;
            }
            self.requests += 1;
            if op == "subscribe" {
                self.asked.insert(self.requests, some.to_vec());
            }
            let frame = json!({"op": op, "req_id": self.requests.to_string(), "args": topics});
            outgoing.push(Outgoing::Frame(frame.to_string()));
        }
        outgoing
    }
}

impl Dialect for Bybit {
    fn venue(&self) -> VenueId {
        VenueId::Bybit
    }

    fn manners(&self) -> Manners {
        Manners {
            endpoints: &ENDPOINTS,
            ping_after: Duration::from_secs(15),
            dead_after: Duration::from_secs(30),
            frames_per_second: 10,
            max_frame: 8 << 20,
            depths: &DEPTHS,
            streams: 400,
            lifetime: None,
            gets_per_minute: 120,
        }
    }

    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.depths.clear();
        self.asked.clear();
        self.outgoing.clear();
        let mut outgoing = self.subscribe(wanted);
        let (rest, category) = (&self.address.rest, self.endpoint.name);
        outgoing.push(Outgoing::Get(format!("{rest}/v5/market/instruments-info?category={category}&limit=1000")));
        outgoing
    }

    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.ask("subscribe", wanted)
    }

    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<Outgoing> {
        self.ask("unsubscribe", unwanted)
    }

    fn resync(&mut self, symbol: &Symbol) -> Vec<Outgoing> {
        let depth = self.depths.get(symbol).and_then(|depth| usize::try_from(*depth).ok()).unwrap_or(50);
        let book = [Subscription { symbol: symbol.clone(), channel: Channel::Book { depth } }];
        let mut outgoing = self.unsubscribe(&book);
        outgoing.extend(self.subscribe(&book));
        outgoing
    }

    fn ping(&mut self) -> Option<String> {
        self.requests += 1;
        Some(json!({"op": "ping", "req_id": self.requests.to_string()}).to_string())
    }

    fn receive(&mut self, frame: &str, _received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let limit = self.manners().max_frame;
        if frame.len() > limit {
            return Err(FrameError::TooLarge { size: frame.len(), limit });
        }
        let receipt = self.message(frame, events);
        if receipt.is_err() {
            events.extend(suspects::doubt(frame, &HARMLESS, &self.names, self.depths.keys()));
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
        if url.contains("/instruments-info?") { self.instruments(url, body, events) } else { Ok(Receipt::Unknown) }
    }

    fn outgoing(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outgoing)
    }

    fn sent(&mut self, _frame: &str) {}

    fn venue_symbol(&self, symbol: &Symbol) -> Option<Box<str>> {
        self.names.native(symbol).map(Into::into)
    }
}

fn taker(side: &str) -> Result<Side, FrameError> {
    match side {
        "Buy" => Ok(Side::Bid),
        "Sell" => Ok(Side::Ask),
        other => Err(FrameError::field("S", other, &"neither Buy nor Sell")),
    }
}

/// Bybit's word for a length of candles; there are none of a second.
fn length(interval: Interval) -> Option<&'static str> {
    Some(match interval {
        Interval::Second1 => return None,
        Interval::Minute1 => "1",
        Interval::Minute5 => "5",
        Interval::Minute15 => "15",
        Interval::Hour1 => "60",
        Interval::Hour4 => "240",
        Interval::Day1 => "D",
    })
}

/// A spot pair by the rule of names.
fn pair(name: &str) -> Option<Symbol> {
    let (base, quote) = split(name, &QUOTES)?;
    Symbol::new(&format!("{base}/{quote}")).ok()
}

/// A linear contract: `BTCUSDT`, `BTCPERP` (in USDC), `BTCUSDT-26SEP25`, `BTC-26SEP25`.
fn linear_contract(name: &str) -> Option<Symbol> {
    let (name, expiry) = name.split_once('-').map_or((name, None), |(name, expiry)| (name, Some(expiry)));
    let (base, quote) = match name.strip_suffix("PERP") {
        Some(base) => (base, "USDC"),
        None => split(name, &["USDT", "USDC", "USD"]).unwrap_or((name, "USDC")),
    };
    // A name without a quote has an expiry.
    let dated = match expiry {
        Some(expiry) => format!("-{}", super::names::date(expiry)?),
        None if base == name => return None,
        None => String::new(),
    };
    Symbol::new(&format!("{base}/{quote}:{quote}{dated}")).ok()
}

/// An inverse contract: `BTCUSD`, or `BTCUSDZ24`, whose day only the venue's list tells.
fn inverse_contract(name: &str) -> Option<Symbol> {
    let base = name.strip_suffix("USD")?;
    Symbol::new(&format!("{base}/USD:{base}")).ok()
}
