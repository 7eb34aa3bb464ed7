//! The frames of Advanced Trade. <https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels>

use super::wire::{self, Number, Text};
use super::{Coinbase, request};
use crate::market::{BookUpdate, Candle, Change, Event, Interval, Ticker, Timestamp, Trade};
use crate::venue::scan::{Fault, Scan};
use crate::venue::{FrameError, Receipt};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A frame of the channel `l2_data`.
struct Books<'a> {
    number: u64,
    time: Option<Cow<'a, str>>,
    books: Vec<Book<'a>>,
}

/// A whole book, in no order, or what has changed in one.
struct Book<'a> {
    snapshot: bool,
    product: Cow<'a, str>,
    bids: Vec<Change>,
    asks: Vec<Change>,
}

fn books<'a>(frame: &'a str) -> Result<Books<'a>, Fault> {
    let mut scan = Scan::new(frame);
    let (mut number, mut time, mut read) = (None, None, None);
    scan.object(|scan, member| {
        match member {
            "sequence_num" => number = Some(scan.whole()?),
            "timestamp" => time = Some(scan.string()?),
            "events" => {
                let mut books = Vec::with_capacity(1);
                scan.list(|scan| {
                    books.push(book(scan)?);
                    Ok::<_, Fault>(())
                })?;
                read = Some(books);
            }
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    scan.end()?;
    let missing = |what| Fault { what, at: frame.len() };
    Ok(Books { number: number.ok_or(missing("no sequence_num"))?, time, books: read.ok_or(missing("no events"))? })
}

fn book<'a>(scan: &mut Scan<'a>) -> Result<Book<'a>, Fault> {
    let (mut snapshot, mut product, mut levels) = (None, None, false);
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    scan.object(|scan, member| {
        match member {
            "type" => {
                snapshot = Some(match scan.string()?.as_ref() {
                    "snapshot" => true,
                    "update" => false,
                    _ => return Err(scan.fault("neither snapshot nor update")),
                });
            }
            "product_id" => product = Some(scan.string()?),
            "updates" => {
                levels = true;
                scan.list(|scan| level(scan, &mut bids, &mut asks))?;
            }
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    match (snapshot, product, levels) {
        (Some(snapshot), Some(product), true) => Ok(Book { snapshot, product, bids, asks }),
        _ => Err(scan.fault("a book without type, product_id or updates")),
    }
}

/// Levels are objects here, `{"side":"bid","event_time":"…","price_level":"1.0","new_quantity":"0"}`.
fn level(scan: &mut Scan<'_>, bids: &mut Vec<Change>, asks: &mut Vec<Change>) -> Result<(), Fault> {
    let (mut bid, mut price, mut quantity) = (None, None, None);
    scan.object(|scan, member| {
        match member {
            "side" => {
                bid = Some(match scan.string()?.as_ref() {
                    "bid" => true,
                    "offer" => false,
                    _ => return Err(scan.fault("neither bid nor offer")),
                });
            }
            "price_level" => price = Some(scan.fixed()?),
            "new_quantity" => quantity = Some(scan.fixed()?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    let (Some(bid), Some(price), Some(quantity)) = (bid, price, quantity) else {
        return Err(scan.fault("a level without side, price_level or new_quantity"));
    };
    if bid { bids } else { asks }.push(Change { price, quantity });
    Ok(())
}

/// Any other frame.
#[derive(Deserialize)]
struct Message<'a, T> {
    #[serde(borrow)]
    timestamp: Option<Text<'a>>,
    #[serde(bound(deserialize = "T: Deserialize<'de>"))]
    events: Vec<T>,
}

#[derive(Deserialize)]
struct Trades<'a> {
    #[serde(borrow)]
    trades: Vec<wire::Trade<'a>>,
}

#[derive(Deserialize)]
struct Tickers<'a> {
    #[serde(borrow)]
    tickers: Vec<Figures<'a>>,
}

#[derive(Deserialize)]
struct Figures<'a> {
    #[serde(borrow)]
    product_id: Text<'a>,
    price: Option<Number<'a>>,
    volume_24_h: Option<Number<'a>>,
    low_24_h: Option<Number<'a>>,
    high_24_h: Option<Number<'a>>,
    price_percent_chg_24_h: Option<Number<'a>>,
    best_bid: Option<Number<'a>>,
    best_ask: Option<Number<'a>>,
}

#[derive(Deserialize)]
struct Candles<'a> {
    #[serde(borrow)]
    candles: Vec<Bar<'a>>,
}

#[derive(Deserialize)]
struct Bar<'a> {
    #[serde(borrow)]
    product_id: Text<'a>,
    start: Number<'a>,
    open: Number<'a>,
    high: Number<'a>,
    low: Number<'a>,
    close: Number<'a>,
    volume: Number<'a>,
}

/// All subscriptions of the connection, by channel.
#[derive(Deserialize)]
struct Granted<'a> {
    #[serde(borrow)]
    subscriptions: BTreeMap<Text<'a>, Vec<Text<'a>>>,
}

impl Coinbase {
    /// Reads a frame of the channel `l2_data`.
    pub(super) fn advanced_books(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let Books { number, time, books } = books(frame).map_err(|fault| fault.of("l2_data"))?;
        if !self.counted(number, events) {
            return Ok(Receipt::Understood);
        }
        let exchange_time = time.as_deref().map(wire::moment).transpose()?;
        for Book { snapshot, product, bids, asks } in books {
            let symbol = self.book_of(&product)?;
            let update =
                BookUpdate { snapshot, depth: None, bids, asks, sequence: None, checksum: None, exchange_time };
            events.push(Event::Book { symbol, update });
        }
        Ok(Receipt::Understood)
    }

    /// Reads a frame of any other channel.
    pub(super) fn advanced(
        &mut self,
        channel: &str,
        frame: &str,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        match channel {
            "market_trades" => {
                let message: Message<'_, Trades<'_>> = wire::read("market_trades", frame)?;
                for told in message.events {
                    self.advanced_trades(&told.trades, events)?;
                }
            }
            "ticker" | "ticker_batch" => {
                let message: Message<'_, Tickers<'_>> = wire::read("ticker", frame)?;
                let exchange_time = message.timestamp.as_deref().map(wire::moment).transpose()?;
                for figures in message.events.into_iter().flat_map(|told| told.tickers) {
                    let symbol = self.names.symbol(&figures.product_id)?;
                    events.push(Event::Ticker { symbol, ticker: ticker(&figures)?, exchange_time });
                }
            }
            "candles" => {
                let message: Message<'_, Candles<'_>> = wire::read("candles", frame)?;
                for bar in message.events.into_iter().flat_map(|told| told.candles) {
                    let symbol = self.names.symbol(&bar.product_id)?;
                    events.push(Event::Candle { symbol, interval: Interval::Minute5, candle: candle(&bar)? });
                }
            }
            "heartbeats" => events.push(Event::Heartbeat),
            "subscriptions" => {
                let message: Message<'_, Granted<'_>> = wire::read("subscriptions", frame)?;
                let granted = message.events.iter().flat_map(|told| &told.subscriptions);
                let granted: BTreeSet<_> = granted
                    .filter_map(|(name, products)| Some((request::channel(name)?, products)))
                    .flat_map(|(channel, products)| products.iter().map(move |product| (product.as_ref(), channel)))
                    .collect();
                self.granted(granted, events)?;
            }
            "status" => {
                let message: Message<'_, wire::Products<'_>> = wire::read("status", frame)?;
                for told in message.events {
                    self.instruments(told.products, events)?;
                }
            }
            _ => return Ok(Receipt::Unknown),
        }
        Ok(Receipt::Understood)
    }

    /// A subscription begins with the latest trades, the newest first.
    fn advanced_trades(&mut self, told: &[wire::Trade<'_>], events: &mut Vec<Event>) -> Result<(), FrameError> {
        let mut by_symbol: BTreeMap<_, Vec<Trade>> = BTreeMap::new();
        for trade in told {
            by_symbol.entry(self.names.symbol(&trade.product_id)?).or_default().push(trade.told()?);
        }
        for (symbol, mut trades) in by_symbol {
            trades.sort_by_key(|trade| trade.id);
            events.push(Event::Trades { symbol, trades });
        }
        Ok(())
    }
}

fn ticker(figures: &Figures<'_>) -> Result<Ticker, FrameError> {
    let price = |field, number: &Option<Number<'_>>| wire::optional(number.as_ref(), field);
    Ok(Ticker {
        bid: price("best_bid", &figures.best_bid)?,
        ask: price("best_ask", &figures.best_ask)?,
        last: price("price", &figures.price)?,
        high: price("high_24_h", &figures.high_24_h)?,
        low: price("low_24_h", &figures.low_24_h)?,
        vwap: None,
        volume: wire::optional(figures.volume_24_h.as_ref(), "volume_24_h")?,
        change: wire::optional(figures.price_percent_chg_24_h.as_ref(), "price_percent_chg_24_h")?,
    })
}

fn candle(bar: &Bar<'_>) -> Result<Candle, FrameError> {
    Ok(Candle {
        start: Timestamp::from_secs(bar.start.read("start")?),
        open: bar.open.read("open")?,
        high: bar.high.read("high")?,
        low: bar.low.read("low")?,
        close: bar.close.read("close")?,
        volume: bar.volume.read("volume")?,
        from_venue: true,
    })
}
