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
    // What is called its time is that of the last trade; the end is where the next one begins.
    let last = Timestamp::from_nanos(moment(end)?.nanos().saturating_sub(1));
    Ok(Candle {
        start: last.floor_to(interval.duration()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Book, Precision, Symbol, VenueId};
    use crate::venue::Dialect;

    fn told(frame: &str) -> (Result<Receipt, FrameError>, Vec<Event>) {
        let mut events = Vec::new();
        let receipt = Kraken::new(VenueId::Kraken).receive(frame, Timestamp::from_secs(1), &mut events);
        (receipt, events)
    }

    const SNAPSHOT: &str = r#"[0,{"as":[["5541.30000","2.50700000","1534614248.123678"]],"bs":[["5541.20000","1.52900000","1534614248.765567"]]},"book-10","XBT/USD"]"#;

    #[test]
    fn a_book_comes_in_one_part_or_two() {
        let (receipt, events) = told(SNAPSHOT);
        assert_eq!(receipt, Ok(Receipt::Understood));
        let [Event::Book { symbol, update }] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((symbol.as_str(), update.snapshot, update.depth), ("BTC/USD", true, Some(10)));
        assert_eq!(update.exchange_time.unwrap().to_string(), "2018-08-18T17:44:08.765567Z", "the later one");
        let (_, events) = told(
            r#"[0,{"a":[["1.5","0.0","1534614335.345903","r"]]},{"b":[["1.4","2","1534614335.5"]],"c":"974942666"},"book-25","XBT\/USD"]"#,
        );
        let [Event::Book { update, .. }] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((update.snapshot, update.asks.len(), update.bids.len()), (false, 1, 1));
        assert_eq!((update.checksum, update.depth), (Some(Checksum::Kraken(974_942_666)), Some(25)));
    }

    #[test]
    fn the_checksum_is_over_what_is_printed_and_not_over_what_the_pair_has() {
        let (_, events) = told(SNAPSHOT);
        let Some(Event::Book { update, .. }) = events.into_iter().next() else { panic!() };
        let level = |changes: &[Change]| [crate::market::Level::from(changes[0])];
        let printed = Precision { price: 5, quantity: 8 };
        let checksum = Checksum::of_kraken(&level(&update.bids), &level(&update.asks), printed);
        let mut book = Book::new();
        book.set_precision(Precision { price: 1, quantity: 8 });
        book.apply(&BookUpdate { checksum: Some(checksum), ..update.clone() }, Timestamp::from_secs(1));
        assert_eq!((book.record().checked, book.record().failed), (1, 0));
        let wrong = Checksum::Kraken(checksum.expected() ^ 1);
        book.apply(&BookUpdate { checksum: Some(wrong), ..update }, Timestamp::from_secs(1));
        assert_eq!((book.record().checked, book.record().failed), (2, 1));
    }

    #[test]
    fn the_other_channels_are_read() {
        let (_, events) = told(
            r#"[1,[["354.11000000","0.89594024","1618678142.557535","s","l",""],["5541.2","0.1","1534614057.324998","b","m","",9]],"trade","XMR/USD"]"#,
        );
        let [Event::Trades { trades, .. }] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((trades[0].taker, trades[1].taker, trades[0].id), (Side::Ask, Side::Bid, None));
        let (_, events) = told(
            r#"[2,{"a":["355.24",27,"27.19"],"b":["354.32",6,"6.87"],"c":["355.23","1.2"],"v":["17858.8","33470.7"],"p":["355.3","349.1"],"t":[6481,10283],"l":["340.8","333.8"],"h":["368.0","369.0"],"o":["340.88","335.21"]},"ticker","XMR/USD"]"#,
        );
        let [Event::Ticker { ticker, .. }] = events.as_slice() else { panic!("{events:?}") };
        let shown = [ticker.bid, ticker.ask, ticker.high, ticker.vwap].map(|price| price.unwrap().to_string());
        assert_eq!(shown, ["354.32", "355.24", "369.0", "349.1"]);
        let (_, events) = told(
            r#"[42,["1542057314.748456","1542057600.000000","3586.7","3586.8","3586.6","3586.61","3586.68894","0.03373",2],"ohlc-5","XBT/USD"]"#,
        );
        let [Event::Candle { candle, interval: Interval::Minute5, .. }] = events.as_slice() else { panic!() };
        assert_eq!(candle.start.to_string(), "2018-11-12T21:15:00Z");
        let spread = r#"[0,["5698.4","5700.0","1542057299.545897","1.0","0.9"],"spread","XBT/USD"]"#;
        assert_eq!(told(spread), (Ok(Receipt::Understood), vec![]));
        assert_eq!(told(r#"[0,{},"weather","XBT/USD"]"#), (Ok(Receipt::Unknown), vec![]));
    }

    #[test]
    fn events_are_told_as_the_current_protocol_tells_them() {
        let symbol = || Symbol::new("BTC/USD").unwrap();
        let status = |status: &str, rest: &str| {
            told(&format!(
                r#"{{"channelID":336,"channelName":"book-10","event":"subscriptionStatus","pair":"XBT/USD","status":"{status}"{rest}}}"#
            ))
            .1
        };
        let channel = Channel::Book { depth: 10 };
        assert_eq!(status("subscribed", ""), [Event::Subscribed(Subscription { symbol: symbol(), channel })]);
        assert_eq!(status("unsubscribed", ""), [Event::Unsubscribed(symbol())]);
        let reason = "not supported".to_owned();
        let refused = [Event::Rejected { symbol: Some(symbol()), reason }];
        assert_eq!(status("error", r#","errorMessage":"not \u0007supported""#), refused);
        let maintenance = r#"{"connectionID":1,"event":"systemStatus","status":"maintenance","version":"1.9.1"}"#;
        assert_eq!(told(maintenance).1, [Event::Status { status: VenueStatus::Maintenance, message: None }]);
        assert_eq!(told(r#"{"event":"heartbeat"}"#).1, [Event::Heartbeat]);
        assert_eq!(told(r#"{"event":"pong","reqid":1}"#).1, [Event::Pong { exchange_time: None }]);
    }

    #[test]
    fn a_changed_meaning_is_an_error_with_a_name() {
        for frame in [
            "[",
            "[1,2,3]",
            r#"["book-10","XBT/USD"]"#,
            r#"[0,{},"book-10","XBT/USD"]"#,
            r#"[0,{"as":[]},"book-10","XBT/USD"]"#,
            r#"[0,{"a":[["1","2"]]},"book-10","XBT/USD"]"#,
            r#"[0,{"a":[["1","2","x"]]},"book-10","XBT/USD"]"#,
            r#"[0,{"a":[],"c":"99999999999"},"book-10","XBT/USD"]"#,
            r#"[0,1,2,3,4,5,6,7,8,9,"book-10","XBT/USD"]"#,
            r#"[0,[["1","2"]],"trade","XBT/USD"]"#,
        ] {
            assert!(matches!(told(frame).0, Err(FrameError::Malformed { .. })), "{frame}");
        }
        assert!(matches!(told(r#"[0,{"a":[]},"book-10","XBT"]"#).0, Err(FrameError::Field { .. })));
    }

    #[test]
    fn pairs_listed_by_http_give_their_steps() {
        let body = r#"{"error":[],"result":{"XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT\/USD","pair_decimals":1,"lot_decimals":8,"ordermin":"0.0002"},"XXBTZUSD.d":{"altname":"XBTUSD.d","pair_decimals":1,"lot_decimals":8},"ADAXBT":{"wsname":"ADA/XBT","pair_decimals":8,"lot_decimals":8,"tick_size":"0.00000005","status":"cancel_only"}}}"#;
        let mut events = Vec::new();
        let (url, at) = ("https://api.kraken.com/0/public/AssetPairs", Timestamp::from_secs(1));
        let receipt = Kraken::new(VenueId::Kraken).fetched(url, body, at, &mut events);
        assert_eq!(receipt, Ok(Receipt::Understood));
        let [Event::Instruments(pairs)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(pairs.len(), 2, "a dark pool is not streamed");
        assert_eq!((pairs[0].symbol.as_str(), pairs[0].trading), ("ADA/BTC", crate::market::Trading::Limited));
        assert_eq!(pairs[0].tick.unwrap().to_string(), "0.00000005");
        assert_eq!((pairs[1].tick.unwrap().to_string().as_str(), &*pairs[1].venue_symbol), ("0.1", "XBT/USD"));
    }
}
