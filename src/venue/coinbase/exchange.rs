//! The frames of Coinbase Exchange, once Pro. <https://docs.cdp.coinbase.com/exchange/websocket-feed/channels>

use super::wire::{self, Number, Text};
use super::{Coinbase, request};
use crate::market::{BookUpdate, Change, Event, Ticker};
use crate::venue::scan::{Fault, Scan};
use crate::venue::{FrameError, Receipt};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A whole book, or what has changed in one.
#[derive(Default)]
struct Book<'a> {
    snapshot: bool,
    product: Cow<'a, str>,
    bids: Vec<Change>,
    asks: Vec<Change>,
    time: Option<Cow<'a, str>>,
}

/// The message that nearly all are: an `l2update`, its members in the order in which Coinbase writes them.
fn usual(frame: &str) -> Option<Book<'_>> {
    let (mut scan, mut book) = (Scan::new(frame), Book::default());
    scan.pass(r#"{"type":"l2update","product_id":"#)?;
    book.product = scan.plain()?.into();
    scan.pass(r#","changes":"#)?;
    scan.list(|scan| change(scan, &mut book.bids, &mut book.asks)).ok()?;
    scan.pass(r#","time":"#)?;
    book.time = Some(scan.plain()?.into());
    scan.pass("}")?;
    scan.end().ok()?;
    Some(book)
}

/// Reads a `snapshot` or an `l2update`.
fn book<'a>(frame: &'a str) -> Result<Book<'a>, Fault> {
    if let Some(book) = usual(frame) {
        return Ok(book);
    }
    let mut scan = Scan::new(frame);
    let mut book = Book::default();
    let (mut kind, mut product, mut lists, mut changes) = (None, None, 0, false);
    scan.object(|scan, member| {
        match member {
            "type" => kind = Some(scan.string()?),
            "product_id" => product = Some(scan.string()?),
            "bids" => {
                lists += 1;
                book.bids = scan.levels()?;
            }
            "asks" => {
                lists += 1;
                book.asks = scan.levels()?;
            }
            "changes" => {
                changes = true;
                scan.list(|scan| change(scan, &mut book.bids, &mut book.asks))?;
            }
            "time" => book.time = Some(scan.string()?),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })?;
    scan.end()?;
    book.snapshot = kind.as_deref() == Some("snapshot");
    book.product = product.ok_or_else(|| scan.fault("no product_id"))?;
    match (book.snapshot, lists, changes) {
        (true, 2, false) | (false, 0, true) => Ok(book),
        _ => Err(scan.fault("not both of bids and asks, or no changes")),
    }
}

/// A change is a list of side, price and quantity.
fn change(scan: &mut Scan<'_>, bids: &mut Vec<Change>, asks: &mut Vec<Change>) -> Result<(), Fault> {
    scan.expect(b'[', "a change expected")?;
    let side = match scan.word_in_quotes()? {
        Some("buy") => bids,
        Some("sell") => asks,
        _ => return Err(scan.fault("neither buy nor sell")),
    };
    scan.expect(b',', "a price expected")?;
    let price = scan.fixed()?;
    scan.expect(b',', "a quantity expected")?;
    let quantity = scan.fixed()?;
    while scan.accept(b',') {
        scan.skip()?;
    }
    scan.expect(b']', "the end of a change expected")?;
    side.push(Change { price, quantity });
    Ok(())
}

#[derive(Deserialize)]
struct Figures<'a> {
    #[serde(borrow)]
    product_id: Text<'a>,
    price: Option<Number<'a>>,
    open_24h: Option<Number<'a>>,
    volume_24h: Option<Number<'a>>,
    low_24h: Option<Number<'a>>,
    high_24h: Option<Number<'a>>,
    best_bid: Option<Number<'a>>,
    best_ask: Option<Number<'a>>,
    time: Option<Text<'a>>,
}

/// All subscriptions of the connection.
#[derive(Deserialize)]
struct Granted<'a> {
    #[serde(borrow)]
    channels: Vec<Stream<'a>>,
}

#[derive(Deserialize)]
struct Stream<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(default)]
    product_ids: Vec<Text<'a>>,
}

impl Coinbase {
    /// Reads a `snapshot` or an `l2update`.
    pub(super) fn exchange_book(&mut self, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let Book { snapshot, product, bids, asks, time } = book(frame).map_err(|fault| fault.of("level2"))?;
        let exchange_time = time.as_deref().map(wire::moment).transpose()?;
        let symbol = self.book_of(&product)?;
        let update = BookUpdate { snapshot, depth: None, bids, asks, sequence: None, checksum: None, exchange_time };
        events.push(Event::Book { symbol, update });
        Ok(Receipt::Understood)
    }

    /// Reads a frame of any other type.
    pub(super) fn exchange(&mut self, kind: &str, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        match kind {
            "match" | "last_match" => {
                let trade: wire::Trade<'_> = wire::read("match", frame)?;
                let symbol = self.names.symbol(&trade.product_id)?;
                events.push(Event::Trades { symbol, trades: vec![trade.told()?] });
            }
            "ticker" => {
                let figures: Figures<'_> = wire::read("ticker", frame)?;
                let exchange_time = figures.time.as_deref().map(wire::moment).transpose()?;
                let symbol = self.names.symbol(&figures.product_id)?;
                events.push(Event::Ticker { symbol, ticker: ticker(&figures)?, exchange_time });
            }
            "heartbeat" => events.push(Event::Heartbeat),
            "subscriptions" => {
                let message: Granted<'_> = wire::read("subscriptions", frame)?;
                let granted: BTreeSet<_> = message
                    .channels
                    .iter()
                    .filter_map(|stream| Some((request::channel(&stream.name)?, &stream.product_ids)))
                    .flat_map(|(channel, products)| products.iter().map(move |product| (product.as_ref(), channel)))
                    .collect();
                self.granted(granted, events)?;
            }
            "status" => {
                let told: wire::Products<'_> = wire::read("status", frame)?;
                self.instruments(told.products, events)?;
            }
            _ => return Ok(Receipt::Unknown),
        }
        Ok(Receipt::Understood)
    }
}

fn ticker(figures: &Figures<'_>) -> Result<Ticker, FrameError> {
    let price = |field, number: &Option<Number<'_>>| wire::optional(number.as_ref(), field);
    let last = price("price", &figures.price)?;
    Ok(Ticker {
        bid: price("best_bid", &figures.best_bid)?,
        ask: price("best_ask", &figures.best_ask)?,
        last,
        high: price("high_24h", &figures.high_24h)?,
        low: price("low_24h", &figures.low_24h)?,
        vwap: None,
        volume: wire::optional(figures.volume_24h.as_ref(), "volume_24h")?,
        change: wire::change(price("open_24h", &figures.open_24h)?, last),
    })
}
