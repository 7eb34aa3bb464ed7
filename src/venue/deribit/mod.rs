//! Deribit v2: futures, options and a few spot pairs, over JSON-RPC.
//!
//! - A book is a snapshot and changes that name the change before them (`prev_change_id`); grouped books come whole each
//!   time. <https://docs.deribit.com/#book-instrument_name-interval>
//! - Books are whole: nothing is cut off. There is no checksum, so a changed digit in a frame that is well formed cannot
//!   be seen.
//! - The venue asks for a sign of life when it wants one (`test_request`); the answer is sent at once.

mod wire;

#[cfg(test)]
mod tests;

use super::names::{Names, date, venue_date};
use super::wire::millis;
use super::{Address, Dialect, Endpoint, FrameError, Manners, Outgoing, Receipt, suspects};
use crate::market::{
    BookUpdate, Candle, Channel, Contract, Event, Instrument, Interval, Mark, Precision, Sequence, Side, Subscription,
    Symbol, Ticker, Timestamp, Trade, Trading, VenueId, printable,
};
use crate::money::{Decimal, Fixed, Percent, Price};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// Where Deribit is.
pub(super) const ENDPOINTS: [Endpoint; 1] = [Endpoint {
    name: "all",
    stream: "wss://www.deribit.com/ws/api/v2",
    path: "",
    rest: "https://www.deribit.com",
    testnet: Some(("wss://test.deribit.com/ws/api/v2", "https://test.deribit.com")),
}];

/// Channels in one request.
const CHANNELS_PER_FRAME: usize = 100;

/// Books of one connection; a connection carries fewer streams.
const MAX_BOOKS: usize = 4_000;

/// Kinds of messages that never change a book, by a word that stands in them.
const HARMLESS: [&str; 2] = ["heartbeat", "result"];

/// One connection to Deribit.
#[derive(Debug)]
pub struct Deribit {
    address: Address,
    names: Names,
    requests: u64,
    asked: BTreeMap<u64, Vec<Subscription>>,
    /// The books of this connection, which a frame that cannot be read may be about.
    books: HashSet<Symbol>,
    outgoing: Vec<Outgoing>,
}

impl Deribit {
    /// A conversation that has not begun.
    pub fn new(address: &Address) -> Self {
        Self {
            address: address.clone(),
            names: Names::new(unified),
            requests: 0,
            asked: BTreeMap::new(),
            books: HashSet::new(),
            outgoing: Vec::new(),
        }
    }

    fn book(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let book = wire::book(frame).map_err(|fault| fault.of("book"))?;
        let symbol = self.names.symbol(book.channel.split('.').nth(1).unwrap_or_default())?;
        if self.books.len() < MAX_BOOKS {
            self.books.insert(symbol.clone());
        }
        let snapshot = match book.kind.as_deref() {
            // Grouped books have no kind: each is whole.
            None | Some("snapshot") => true,
            Some("change") => false,
            Some(other) => return Err(FrameError::field("type", other, &"neither snapshot nor change")),
        };
        let previous = if snapshot { None } else { book.previous };
        if !snapshot && previous.is_none() {
            return Err(FrameError::malformed("book", &"a change without prev_change_id"));
        }
        let update = BookUpdate {
            snapshot,
            depth: None,
            bids: book.bids,
            asks: book.asks,
            sequence: Some(Sequence { previous, last: book.number }),
            checksum: None,
            exchange_time: Some(millis("timestamp", book.at)?),
        };
        events.push(Event::Book { symbol, update });
        Ok(Receipt::Understood)
    }

    fn trades(&mut self, trades: Vec<wire::Trade<'_>>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        for trade in trades {
            let symbol = self.names.symbol(&trade.instrument_name)?;
            let taker = match trade.direction.as_ref() {
                "buy" => Side::Bid,
                "sell" => Side::Ask,
                other => return Err(FrameError::field("direction", other, &"neither buy nor sell")),
            };
            let trade = Trade {
                price: trade.price.read("price")?,
                quantity: trade.amount.read("amount")?,
                taker,
                id: trade.trade_seq,
                at: millis("timestamp", trade.timestamp)?,
            };
            events.push(Event::Trades { symbol, trades: vec![trade] });
        }
        Ok(Receipt::Understood)
    }

    fn ticker(&mut self, of: &wire::Ticker<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let symbol = self.names.symbol(&of.instrument_name)?;
        let exchange_time = Some(millis("timestamp", of.timestamp)?);
        let price = |field, number: Option<wire::Number<'_>>| -> Result<Option<Price>, FrameError> {
            number.map(|number| number.read::<Price>(field)).transpose()
        };
        // A price of zero says that nobody offers one.
        let best = |field, number| Ok::<_, FrameError>(price(field, number)?.filter(|price| !price.is_zero()));
        let percent = |rate: Percent| rate.get().checked_mul(Decimal::ONE_HUNDRED).map(Percent::new);
        let funding = of.current_funding.map(|n| n.read::<Percent>("current_funding")).transpose()?;
        let mark = Mark {
            mark: price("mark_price", of.mark_price)?,
            index: price("index_price", of.index_price)?,
            funding: funding.and_then(percent),
            next_funding: None,
            open_interest: of.open_interest.map(|n| n.read("open_interest")).transpose()?,
        };
        let ticker = Ticker {
            bid: best("best_bid_price", of.best_bid_price)?,
            ask: best("best_ask_price", of.best_ask_price)?,
            last: price("last_price", of.last_price)?,
            high: price("high", of.stats.high)?,
            low: price("low", of.stats.low)?,
            volume: of.stats.volume.map(|n| n.read("volume")).transpose()?,
            vwap: None,
            change: of.stats.price_change.map(|n| n.read("price_change")).transpose()?,
        };
        events.push(Event::Mark { symbol: symbol.clone(), mark, exchange_time });
        events.push(Event::Ticker { symbol, ticker, exchange_time });
        Ok(Receipt::Understood)
    }

    fn candle(&mut self, channel: &str, bar: &wire::Bar<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let mut parts = channel.split('.').skip(2);
        let (name, resolution) = (parts.next().unwrap_or_default(), parts.next());
        let known = Interval::ALL.into_iter().find(|interval| length(*interval) == resolution && resolution.is_some());
        let Some(interval) = known else { return Ok(Receipt::Unknown) };
        let candle = Candle {
            start: millis("tick", bar.tick)?,
            open: bar.open.read("open")?,
            high: bar.high.read("high")?,
            low: bar.low.read("low")?,
            close: bar.close.read("close")?,
            volume: bar.volume.read("volume")?,
            from_venue: true,
        };
        events.push(Event::Candle { symbol: self.names.symbol(name)?, interval, candle });
        Ok(Receipt::Understood)
    }

    fn told(&mut self, channel: &str, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        match channel.split('.').next().unwrap_or_default() {
            "book" => self.book(frame, events),
            "trades" => self.trades(wire::read::<wire::Told<'_, _>>("trades", frame)?.params.data, events),
            "ticker" | "incremental_ticker" => {
                self.ticker(&wire::read::<wire::Told<'_, _>>("ticker", frame)?.params.data, events)
            }
            "chart" => self.candle(channel, &wire::read::<wire::Told<'_, _>>("chart", frame)?.params.data, events),
            _ => Ok(Receipt::Unknown),
        }
    }

    fn answer(&mut self, head: &wire::Head<'_>, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let asked = head.id.and_then(|id| self.asked.remove(&id));
        if let Some(error) = &head.error {
            let reason: String = printable(&error.message).chars().take(200).collect();
            let symbol = asked.and_then(|asked| asked.first().map(|stream| stream.symbol.clone()));
            events.push(Event::Rejected { symbol, reason });
            return Ok(Receipt::Understood);
        }
        match (asked, &head.result) {
            (Some(asked), Some(Value::Array(granted))) => {
                // What is not in the list was not granted, without a word why.
                let names: Vec<&str> = granted.iter().filter_map(Value::as_str).collect();
                for stream in asked {
                    let granted = self.channel(&stream).is_some_and(|channel| names.contains(&channel.as_str()));
                    events.push(match granted {
                        true => Event::Subscribed(stream),
                        false => Event::Rejected {
                            symbol: Some(stream.symbol),
                            reason: "Deribit does not know this instrument or stream".into(),
                        },
                    });
                }
            }
            (_, Some(Value::Number(time))) => {
                let exchange_time = time.as_u64().map(|time| millis("result", time)).transpose()?;
                events.push(Event::Pong { exchange_time });
            }
            _ => {}
        }
        Ok(Receipt::Understood)
    }

    fn message(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        if frame.starts_with(r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book."#) {
            return self.book(frame, events);
        }
        let head: wire::Head<'_> = wire::read("Deribit", frame)?;
        match head.method.as_deref() {
            Some("subscription") => {
                let channel = head.params.as_ref().and_then(|params| params.channel.as_deref());
                self.told(channel.unwrap_or_default(), frame, events)
            }
            Some("heartbeat") => {
                events.push(Event::Heartbeat);
                if head.params.as_ref().and_then(|params| params.kind.as_deref()) == Some("test_request") {
                    let answer = self.request("public/test", json!({}));
                    self.outgoing.push(Outgoing::Frame(answer));
                }
                Ok(Receipt::Understood)
            }
            None if head.id.is_some() || head.error.is_some() => self.answer(&head, events),
            _ => Ok(Receipt::Unknown),
        }
    }

    fn instruments(&mut self, body: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let listing: wire::Listing<'_> = wire::read("get_instruments", body)?;
        let mut instruments = Vec::with_capacity(listing.result.len());
        for entry in listing.result {
            // Combinations of several contracts have no name that anyone else knows.
            let Some(symbol) = unified(&entry.instrument_name) else { continue };
            self.names.learn(&entry.instrument_name, &symbol);
            let decimals = |field, number: wire::Number<'_>| -> Result<u8, FrameError> {
                Ok(number.read::<Fixed>(field)?.normalized().decimals())
            };
            instruments.push(Instrument {
                venue: VenueId::Deribit,
                venue_symbol: entry.instrument_name.as_ref().into(),
                precision: Precision {
                    price: decimals("tick_size", entry.tick_size)?,
                    quantity: decimals("min_trade_amount", entry.min_trade_amount)?,
                },
                tick: Some(entry.tick_size.read("tick_size")?),
                lot: Some(entry.min_trade_amount.read("min_trade_amount")?),
                minimum: Some(entry.min_trade_amount.read("min_trade_amount")?),
                trading: if entry.is_active { Trading::Open } else { Trading::Halted },
                symbol,
            });
        }
        events.push(Event::Instruments(instruments));
        Ok(Receipt::Understood)
    }

    fn channel(&mut self, stream: &Subscription) -> Option<String> {
        let symbol = &stream.symbol;
        let name = self.names.native(symbol).map(str::to_owned).or_else(|| native(symbol))?;
        self.names.learn(&name, symbol);
        Some(match stream.channel {
            Channel::Book { .. } => format!("book.{name}.100ms"),
            Channel::Trades => format!("trades.{name}.100ms"),
            Channel::Ticker => format!("ticker.{name}.100ms"),
            Channel::Candles(interval) => format!("chart.trades.{name}.{}", length(interval)?),
        })
    }

    fn ask(&mut self, method: &str, streams: &[Subscription]) -> Vec<Outgoing> {
        let mut outgoing = Vec::new();
        for some in streams.chunks(CHANNELS_PER_FRAME) {
            let channels: Vec<String> = some.iter().filter_map(|stream| self.channel(stream)).collect();
            if channels.is_empty() {
                continue;
            }
            let frame = self.request(method, json!({"channels": channels}));
            if method == "public/subscribe" {
                self.asked.insert(self.requests, some.to_vec());
            }
            outgoing.push(Outgoing::Frame(frame));
        }
        outgoing
    }

    fn request(&mut self, method: &str, params: Value) -> String {
        self.requests += 1;
        json!({"jsonrpc": "2.0", "id": self.requests, "method": method, "params": params}).to_string()
    }
}

impl Dialect for Deribit {
    fn venue(&self) -> VenueId {
        VenueId::Deribit
    }

    fn manners(&self) -> Manners {
        Manners {
            endpoints: &ENDPOINTS,
            ping_after: Duration::from_secs(15),
            dead_after: Duration::from_secs(40),
            frames_per_second: 5,
            max_frame: 16 << 20,
            depths: &[1000],
            streams: 500,
            lifetime: None,
            gets_per_minute: 30,
        }
    }

    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.asked.clear();
        self.books.clear();
        self.outgoing.clear();
        let mut outgoing = vec![Outgoing::Frame(self.request("public/set_heartbeat", json!({"interval": 30})))];
        outgoing.extend(self.subscribe(wanted));
        let rest = &self.address.rest;
        outgoing.push(Outgoing::Get(format!("{rest}/api/v2/public/get_instruments?currency=any")));
        outgoing
    }

    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.ask("public/subscribe", wanted)
    }

    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<Outgoing> {
        self.ask("public/unsubscribe", unwanted)
    }

    fn resync(&mut self, symbol: &Symbol) -> Vec<Outgoing> {
        let book = [Subscription { symbol: symbol.clone(), channel: Channel::Book { depth: 1000 } }];
        let mut outgoing = self.unsubscribe(&book);
        outgoing.extend(self.subscribe(&book));
        outgoing
    }

    fn ping(&mut self) -> Option<String> {
        Some(self.request("public/get_time", json!({})))
    }

    fn receive(&mut self, frame: &str, _received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let limit = self.manners().max_frame;
        if frame.len() > limit {
            return Err(FrameError::TooLarge { size: frame.len(), limit });
        }
        let receipt = self.message(frame, events);
        if receipt.is_err() {
            events.extend(suspects::doubt(frame, &HARMLESS, &self.names, &self.books));
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
        if url.contains("/get_instruments?") { self.instruments(body, events) } else { Ok(Receipt::Unknown) }
    }

    fn outgoing(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outgoing)
    }

    fn sent(&mut self, _frame: &str) {}

    fn venue_symbol(&self, symbol: &Symbol) -> Option<Box<str>> {
        self.names.native(symbol).map(Into::into)
    }
}

/// Deribit's word for a length of candles; there are none of a second and of four hours.
fn length(interval: Interval) -> Option<&'static str> {
    Some(match interval {
        Interval::Second1 | Interval::Hour4 => return None,
        Interval::Minute1 => "1",
        Interval::Minute5 => "5",
        Interval::Minute15 => "15",
        Interval::Hour1 => "60",
        Interval::Day1 => "1D",
    })
}

/// The unified symbol of what Deribit calls an instrument.
fn unified(name: &str) -> Option<Symbol> {
    let mut parts = name.split('-');
    let asset = parts.next()?;
    let (base, quote, settle) = match asset.split_once('_') {
        Some((base, quote)) => (base, quote, quote),
        None => (asset, "USD", asset),
    };
    let text = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (None, ..) if quote == settle => format!("{base}/{quote}"),
        (Some("PERPETUAL"), None, ..) => format!("{base}/{quote}:{settle}"),
        (Some(expiry), None, ..) => format!("{base}/{quote}:{settle}-{}", date(expiry)?),
        (Some(expiry), Some(strike), Some(kind @ ("C" | "P")), None) => {
            // A strike with decimals has a d for its point.
            format!("{base}/{quote}:{settle}-{}-{}-{kind}", date(expiry)?, strike.replace('d', "."))
        }
        _ => return None,
    };
    Symbol::new(&text).ok()
}

/// What Deribit calls an instrument.
fn native(symbol: &Symbol) -> Option<String> {
    let (base, quote) = (symbol.base(), symbol.quote());
    let mut parts = symbol.as_str().split_once(':').map_or("", |(_, contract)| contract).split('-');
    let asset = if parts.next() == Some(base) { base.to_owned() } else { format!("{base}_{quote}") };
    Some(match symbol.contract() {
        Contract::Spot => asset,
        Contract::Linear | Contract::Inverse => format!("{asset}-PERPETUAL"),
        Contract::Future => format!("{asset}-{}", venue_date(parts.next()?)?),
        Contract::Option => {
            let (expiry, strike, kind) = (venue_date(parts.next()?)?, parts.next()?, parts.next()?);
            format!("{asset}-{expiry}-{}-{kind}", strike.replace('.', "d"))
        }
    })
}
