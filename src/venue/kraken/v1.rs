//! Kraken's older protocol, read only: captures hold it, and nobody connects to it any more.
//!
//! - Data comes as lists, `[channel id, payload, …, channel name, pair]`; a book that changes on both sides has two
//!   payloads. Everything else is an object with an `event`. <https://docs.kraken.com/api/docs/websocket-v1/book>
//! - The name of a book's channel holds its depth (`book-10`), and levels that fall out of it are not deleted by name.
//! - Its checksum is the same as the current protocol's, over the digits exactly as they are printed here.
//! - A change below the ten best levels that goes missing is not seen: the checksum does not cover it.

use super::Kraken;
use crate::market::{
    BookUpdate, Candle, Change, Channel, Checksum, Event, Interval, Side, Subscription, Ticker, Timestamp, Trade,
    VenueStatus, printable,
};
use crate::money::Fixed;
use crate::venue::scan::{Fault, Scan};
use crate::venue::wire::{Number, Text, read};
use crate::venue::{FrameError, Receipt};
use serde::Deserialize;

/// More parts than any message has.
const MAX_PARTS: usize = 8;

/// Reads a list.
pub(super) fn list(kraken: &mut Kraken, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
    let parts = parts(frame).map_err(|fault| fault.of("Kraken v1"))?;
    let [_, payloads @ .., channel, pair] = parts.as_slice() else {
        return Err(FrameError::malformed("Kraken v1", &"not a channel's message"));
    };
    let (channel, pair): (Text<'_>, Text<'_>) = (read("channel name", channel)?, read("pair", pair)?);
    let (kind, detail) = channel.split_once('-').unwrap_or((&channel, ""));
    let payload = payloads.first().copied().unwrap_or_default();
    match kind {
        "book" => {
            let update = book(payloads, detail).map_err(|fault| fault.of("book"))?;
            events.push(Event::Book { symbol: kraken.symbol(&pair)?, update });
        }
        "trade" => {
            let trades = read::<Vec<Vec<Number<'_>>>>("trade", payload)?;
            let trades = trades.into_iter().map(trade).collect::<Result<_, _>>()?;
            events.push(Event::Trades { symbol: kraken.symbol(&pair)?, trades });
        }
        "ticker" => {
            let ticker = read::<TickerOf<'_>>("ticker", payload)?.ticker()?;
            events.push(Event::Ticker { symbol: kraken.symbol(&pair)?, ticker, exchange_time: None });
        }
        "ohlc" => {
            let minutes = detail.parse().map_err(|error| FrameError::field("interval", detail, &error))?;
            let Some(interval) = Interval::from_minutes(minutes) else { return Ok(Receipt::Understood) };
            let candle = candle(&read::<Vec<Number<'_>>>("ohlc", payload)?, interval)?;
            events.push(Event::Candle { symbol: kraken.symbol(&pair)?, interval, candle });
        }
        // The best bid and ask, which the book has too.
        "spread" => {}
        _ => return Ok(Receipt::Unknown),
    }
    Ok(Receipt::Understood)
}

/// The parts of a list, unread.
fn parts(frame: &str) -> Result<Vec<&str>, Fault> {
    let (mut scan, mut parts) = (Scan::new(frame), Vec::with_capacity(5));
    scan.list(|scan| {
        if parts.len() == MAX_PARTS {
            return Err(scan.fault("too many parts"));
        }
        parts.push(scan.value()?);
        Ok(())
    })?;
    scan.end()?;
    Ok(parts)
}

fn book(payloads: &[&str], depth: &str) -> Result<BookUpdate, Fault> {
    let mut update = BookUpdate {
        snapshot: false,
        depth: depth.parse().ok(),
        bids: Vec::new(),
        asks: Vec::new(),
        sequence: None,
        checksum: None,
        exchange_time: None,
    };
    let mut lists = 0;
    for payload in payloads {
        let mut scan = Scan::new(payload);
        scan.object(|scan, name| {
            let side = match name {
                "a" | "as" => &mut update.asks,
                "b" | "bs" => &mut update.bids,
                "c" => {
                    let crc =
                        u32::try_from(scan.whole()?).map_err(|_| scan.fault("a checksum of more than 32 bits"))?;
                    update.checksum = Some(Checksum::Kraken(crc));
                    return Ok(());
                }
                _ => return scan.skip(),
            };
            lists += 1;
            update.snapshot |= matches!(name, "as" | "bs");
            levels(scan, side, &mut update.exchange_time)
        })?;
        scan.end()?;
    }
    match (update.snapshot, lists) {
        (true, 2) | (false, 1..=2) => Ok(update),
        _ => Err(Fault { what: "not the sides of a book", at: 0 }),
    }
}

/// Levels are `[price, quantity, time]`, with an `"r"` behind them when they come into the depth again. The latest time
/// is the message's.
fn levels(scan: &mut Scan<'_>, into: &mut Vec<Change>, latest: &mut Option<Timestamp>) -> Result<(), Fault> {
    scan.list(|scan| {
        scan.expect(b'[', "a level expected")?;
        let price = scan.fixed()?;
        scan.expect(b',', "a quantity expected")?;
        let quantity = scan.fixed()?;
        scan.expect(b',', "a time expected")?;
        let nanos = scan.fixed()?.rescaled(9).ok_or_else(|| scan.fault("a time out of range"))?;
        while scan.accept(b',') {
            scan.skip()?;
        }
        scan.expect(b']', "the end of a level expected")?;
        *latest = (*latest).max(Some(Timestamp::from_nanos(nanos)));
        into.push(Change { price, quantity });
        Ok(())
    })
}

/// `[price, volume, time, side, order type, miscellaneous]`.
fn trade(parts: Vec<Number<'_>>) -> Result<Trade, FrameError> {
    let [price, volume, time, side, ..] = parts.as_slice() else {
        return Err(FrameError::malformed("trade", &"too few parts"));
    };
    let taker = match side.text() {
        "b" => Side::Bid,
        "s" => Side::Ask,
        other => return Err(FrameError::field("side", other, &"neither b nor s")),
    };
    Ok(Trade { price: price.read("price")?, quantity: volume.read("volume")?, taker, id: None, at: moment(time)? })
}

/// `[time, end, open, high, low, close, average, volume, count]`.
fn candle(parts: &[Number<'_>], interval: Interval) -> Result<Candle, FrameError> {
    let [_, end, open, high, low, close, _, volume, ..] = parts else {
        return Err(FrameError::malformed("ohlc", &"too few parts"));
    };
    let length = i64::try_from(interval.duration().as_nanos()).unwrap_or(0);
    Ok(Candle {
        start: Timestamp::from_nanos(moment(end)?.nanos().saturating_sub(length)),
        open: open.read("open")?,
        high: high.read("high")?,
        low: low.read("low")?,
        close: close.read("close")?,
        volume: volume.read("volume")?,
        from_venue: true,
    })
}

/// Each member is a list: the prices of now first, or today's figure and then that of 24 hours.
#[derive(Deserialize)]
struct TickerOf<'a> {
    #[serde(borrow)]
    a: Vec<Number<'a>>,
    b: Vec<Number<'a>>,
    c: Vec<Number<'a>>,
    v: Vec<Number<'a>>,
    p: Vec<Number<'a>>,
    l: Vec<Number<'a>>,
    h: Vec<Number<'a>>,
}

impl TickerOf<'_> {
    fn ticker(&self) -> Result<Ticker, FrameError> {
        fn at<T: std::str::FromStr>(
            list: &[Number<'_>],
            at: usize,
            field: &'static str,
        ) -> Result<Option<T>, FrameError>
        where
            T::Err: ToString,
        {
            list.get(at).map(|number| number.read(field)).transpose()
        }
        Ok(Ticker {
            bid: at(&self.b, 0, "bid")?,
            ask: at(&self.a, 0, "ask")?,
            last: at(&self.c, 0, "last")?,
            high: at(&self.h, 1, "high")?,
            low: at(&self.l, 1, "low")?,
            volume: at(&self.v, 1, "volume")?,
            vwap: at(&self.p, 1, "average")?,
            change: None,
        })
    }
}

/// Seconds with decimals.
fn moment(time: &Number<'_>) -> Result<Timestamp, FrameError> {
    let seconds: Fixed = time.read("time")?;
    let nanos = seconds.rescaled(9).ok_or_else(|| FrameError::field("time", time.text(), &"out of range"))?;
    Ok(Timestamp::from_nanos(nanos))
}

/// What is not data.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    #[serde(borrow)]
    event: Option<Text<'a>>,
    status: Option<Text<'a>>,
    pair: Option<Text<'a>>,
    channel_name: Option<Text<'a>>,
    error_message: Option<Text<'a>>,
}

/// Reads an object.
pub(super) fn object(kraken: &mut Kraken, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
    let told: Told<'_> = read("Kraken v1", frame)?;
    let status = told.status.as_deref().unwrap_or_default();
    let symbol = told.pair.as_deref().map(|pair| kraken.symbol(pair)).transpose();
    match told.event.as_deref() {
        Some("heartbeat") => events.push(Event::Heartbeat),
        Some("pong") => events.push(Event::Pong { exchange_time: None }),
        Some("systemStatus") => {
            let status = match status {
                "online" => VenueStatus::Online,
                "maintenance" => VenueStatus::Maintenance,
                _ => VenueStatus::Limited,
            };
            events.push(Event::Status { status, message: None });
        }
        Some("subscriptionStatus") if status == "subscribed" => {
            let channel = told.channel_name.as_deref().and_then(channel);
            if let (Some(symbol), Some(channel)) = (symbol?, channel) {
                events.push(Event::Subscribed(Subscription { symbol, channel }));
            }
        }
        Some("subscriptionStatus") if status == "unsubscribed" => {
            events.extend(symbol?.map(Event::Unsubscribed));
        }
        Some("subscriptionStatus" | "error") => {
            let reason = told.error_message.as_deref().unwrap_or("refused without a reason");
            // A pair may be refused for not being one.
            let reason = printable(reason).chars().take(200).collect();
            events.push(Event::Rejected { symbol: symbol.ok().flatten(), reason });
        }
        _ => return Ok(Receipt::Unknown),
    }
    Ok(Receipt::Understood)
}

/// Our word for a channel's name.
fn channel(name: &str) -> Option<Channel> {
    let (kind, detail) = name.split_once('-').unwrap_or((name, ""));
    match kind {
        "book" => detail.parse().ok().map(|depth| Channel::Book { depth }),
        "trade" => Some(Channel::Trades),
        "ticker" => Some(Channel::Ticker),
        "ohlc" => Interval::from_minutes(detail.parse().ok()?).map(Channel::Candles),
        _ => None,
    }
}
