//! Kraken's WebSocket v1: nobody connects to it any more, but captures hold it.
//!
//! A message is a list: a number, one or two bodies, the channel with its depth, the pair. The checksum is the one of v2,
//! over the text as it was sent. <https://docs.kraken.com/api/docs/websocket-v1/book>

use super::{FrameError, Kraken, Receipt, wire};
use crate::market::{
    BookUpdate, Change, Channel, Checksum, Event, Side, Subscription, Symbol, Ticker, Timestamp, Trade, VenueStatus,
    printable,
};
use crate::money::Fixed;
use crate::venue::scan::{Fault, Scan};
use serde::Deserialize;

/// Bodies of one message; there are one or two.
const MAX_PARTS: usize = 6;

/// Reads a message that is a list.
pub(super) fn list(kraken: &mut Kraken, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
    let mut scan = Scan::new(frame);
    let mut parts: Vec<&str> = Vec::with_capacity(MAX_PARTS);
    let read = scan.list(|scan| {
        if parts.len() == MAX_PARTS {
            return Err(scan.fault("too many parts"));
        }
        parts.push(scan.value()?);
        Ok(())
    });
    read.and_then(|()| scan.end()).map_err(|fault: Fault| fault.of("v1"))?;
    let [_, bodies @ .., channel, pair] = parts.as_slice() else { return Ok(Receipt::Unknown) };
    let (Some(channel), Some(pair)) = (unquoted(channel), unquoted(pair)) else { return Ok(Receipt::Unknown) };
    let symbol = kraken.symbol(pair)?;
    match channel.split('-').next().unwrap_or_default() {
        "book" => {
            let depth = channel.rsplit('-').next().and_then(|depth| depth.parse().ok());
            events.push(Event::Book { symbol, update: book(bodies, depth).map_err(|fault| fault.of("v1 book"))? });
        }
        "trade" => events.push(Event::Trades { symbol, trades: trades(bodies)? }),
        "ticker" => events.push(ticker(symbol, bodies)?),
        _ => return Ok(Receipt::Unknown),
    }
    Ok(Receipt::Understood)
}

fn unquoted(part: &str) -> Option<&str> {
    part.strip_prefix('"')?.strip_suffix('"').filter(|inside| !inside.contains('\\'))
}

fn book(bodies: &[&str], depth: Option<usize>) -> Result<BookUpdate, Fault> {
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    let (mut snapshot, mut checksum, mut latest) = (false, None, None);
    for body in bodies {
        Scan::new(body).object(|scan, name| {
            match name {
                "as" | "a" => levels(scan, &mut asks, &mut latest)?,
                "bs" | "b" => levels(scan, &mut bids, &mut latest)?,
                "c" => {
                    let whole = scan.whole()?;
                    let small = u32::try_from(whole).map_err(|_| scan.fault("a checksum of more than 32 bits"))?;
                    checksum = Some(Checksum::Kraken(small));
                }
                _ => scan.skip()?,
            }
            snapshot |= matches!(name, "as" | "bs");
            Ok::<_, Fault>(())
        })?;
    }
    let exchange_time = latest.and_then(|latest: Fixed| latest.rescaled(9)).map(Timestamp::from_nanos);
    Ok(BookUpdate { snapshot, depth, bids, asks, sequence: None, checksum, exchange_time })
}

/// A level is its price, its quantity, when it changed and, where it only came into view again, an `r`.
fn levels(scan: &mut Scan<'_>, into: &mut Vec<Change>, latest: &mut Option<Fixed>) -> Result<(), Fault> {
    scan.list(|scan| {
        scan.expect(b'[', "a level expected")?;
        let price = scan.fixed()?;
        scan.expect(b',', "a quantity expected")?;
        let quantity = scan.fixed()?;
        scan.expect(b',', "a time expected")?;
        let at = scan.fixed()?;
        while scan.accept(b',') {
            scan.skip()?;
        }
        scan.expect(b']', "the end of a level expected")?;
        if latest.is_none_or(|latest| at.decimal() > latest.decimal()) {
            *latest = Some(at);
        }
        into.push(Change { price, quantity });
        Ok(())
    })
}

#[derive(Deserialize)]
struct Deal<'a>(
    #[serde(borrow)] wire::Number<'a>,
    wire::Number<'a>,
    wire::Number<'a>,
    wire::Text<'a>,
    serde::de::IgnoredAny,
    serde::de::IgnoredAny,
);

fn trades(bodies: &[&str]) -> Result<Vec<Trade>, FrameError> {
    let mut trades = Vec::new();
    for body in bodies {
        for Deal(price, quantity, at, side, ..) in wire::read::<Vec<Deal<'_>>>("v1 trade", body)? {
            let taker = match side.as_ref() {
                "b" => Side::Bid,
                "s" => Side::Ask,
                other => return Err(FrameError::field("side", other, &"neither b nor s")),
            };
            let seconds: Fixed = at.read("time")?;
            let nanos = seconds.rescaled(9).ok_or_else(|| FrameError::field("time", at.text(), &"not a time"))?;
            let (price, quantity) = (price.read("price")?, quantity.read("volume")?);
            trades.push(Trade { price, quantity, taker, id: None, at: Timestamp::from_nanos(nanos) });
        }
    }
    Ok(trades)
}

/// Each figure is a list whose last entry is that of 24 hours, or whose first is the price.
#[derive(Deserialize)]
struct Figures<'a> {
    #[serde(borrow)]
    a: Vec<wire::Number<'a>>,
    b: Vec<wire::Number<'a>>,
    c: Vec<wire::Number<'a>>,
    v: Vec<wire::Number<'a>>,
    p: Vec<wire::Number<'a>>,
    l: Vec<wire::Number<'a>>,
    h: Vec<wire::Number<'a>>,
}

fn ticker(symbol: Symbol, bodies: &[&str]) -> Result<Event, FrameError> {
    let of: Figures<'_> = wire::read("v1 ticker", bodies.first().copied().unwrap_or_default())?;
    let ticker = Ticker {
        bid: of.b.first().map(|n| n.read("b")).transpose()?,
        ask: of.a.first().map(|n| n.read("a")).transpose()?,
        last: of.c.first().map(|n| n.read("c")).transpose()?,
        high: of.h.last().map(|n| n.read("h")).transpose()?,
        low: of.l.last().map(|n| n.read("l")).transpose()?,
        volume: of.v.last().map(|n| n.read("v")).transpose()?,
        vwap: of.p.last().map(|n| n.read("p")).transpose()?,
        change: None,
    };
    Ok(Event::Ticker { symbol, ticker, exchange_time: None })
}

#[derive(Deserialize)]
struct Notice<'a> {
    #[serde(borrow)]
    event: wire::Text<'a>,
    #[serde(borrow)]
    status: Option<wire::Text<'a>>,
    #[serde(borrow)]
    pair: Option<wire::Text<'a>>,
    #[serde(borrow, rename = "errorMessage")]
    error: Option<wire::Text<'a>>,
    #[serde(borrow)]
    subscription: Option<Stream<'a>>,
}

#[derive(Deserialize)]
struct Stream<'a> {
    #[serde(borrow)]
    name: wire::Text<'a>,
    depth: Option<usize>,
}

/// Reads a message that is an object with an `event`.
pub(super) fn notice(kraken: &mut Kraken, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
    let notice: Notice<'_> = wire::read("v1", frame)?;
    match (notice.event.as_ref(), notice.status.as_deref()) {
        ("heartbeat", _) => events.push(Event::Heartbeat),
        ("pong", _) => events.push(Event::Pong { exchange_time: None }),
        ("systemStatus", status) => {
            let status = match status {
                Some("online") => VenueStatus::Online,
                Some("maintenance") => VenueStatus::Maintenance,
                _ => VenueStatus::Limited,
            };
            events.push(Event::Status { status, message: None });
        }
        ("subscriptionStatus", Some("subscribed")) => {
            let (Some(pair), Some(stream)) = (&notice.pair, &notice.subscription) else {
                return Ok(Receipt::Understood);
            };
            let channel = match stream.name.as_ref() {
                "book" => Channel::Book { depth: stream.depth.unwrap_or(super::SHALLOWEST) },
                "trade" => Channel::Trades,
                "ticker" => Channel::Ticker,
                _ => return Ok(Receipt::Understood),
            };
            events.push(Event::Subscribed(Subscription { symbol: kraken.symbol(pair)?, channel }));
        }
        ("subscriptionStatus", Some("error")) | ("error", _) => {
            let words = notice.error.as_deref().unwrap_or("refused without a reason");
            let symbol = notice.pair.as_deref().and_then(|pair| kraken.symbol(pair).ok());
            events.push(Event::Rejected { symbol, reason: printable(words).chars().take(200).collect() });
        }
        ("subscriptionStatus", _) => {}
        _ => return Ok(Receipt::Unknown),
    }
    Ok(Receipt::Understood)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Book, VenueId};
    use crate::venue::Dialect;

    fn told(frame: &str) -> (Result<Receipt, FrameError>, Vec<Event>) {
        let mut events = Vec::new();
        let receipt = Kraken::new(VenueId::Kraken).receive(frame, Timestamp::from_secs(1), &mut events);
        (receipt, events)
    }

    fn update(frame: &str) -> BookUpdate {
        match told(frame).1.pop() {
            Some(Event::Book { update, symbol }) if symbol.as_str() == "BTC/USD" => update,
            other => panic!("{other:?}"),
        }
    }

    const SNAPSHOT: &str = r#"[336,{"as":[["5541.30000","2.50700000","1534614248.123678"]],"bs":[["5541.20000","1.52900000","1534614248.765567"]]},"book-10","XBT/USD"]"#;

    #[test]
    fn a_change_of_both_sides_comes_in_two_bodies() {
        let mut book = Book::new();
        let snapshot = update(SNAPSHOT);
        assert_eq!((snapshot.snapshot, snapshot.depth), (true, Some(10)));
        assert_eq!(snapshot.exchange_time.unwrap().to_string(), "2018-08-18T17:44:08.765567Z");
        book.apply(&snapshot, Timestamp::from_secs(1));
        let both = r#"[336,{"a":[["5541.30000","0.00000000","1534614335.345903","r"]]},{"b":[["5541.30000","0.33","1534614335.345903"]],"c":"974942666"},"book-10","XBT/USD"]"#;
        let change = update(both);
        assert_eq!((change.asks.len(), change.bids.len()), (1, 1));
        assert_eq!(change.checksum, Some(Checksum::Kraken(974_942_666)));
    }

    #[test]
    fn trades_tickers_and_notices_are_read() {
        let (_, events) = told(
            r#"[0,[["5541.20000","0.15850568","1534614057.321597","s","l",""],["6060.00000","0.02455000","1534614057.324998","b","l",""]],"trade","XBT/USD"]"#,
        );
        assert!(
            matches!(&events[0], Event::Trades { trades, .. } if trades.len() == 2 && trades[0].taker == Side::Ask)
        );
        let (_, events) = told(
            r#"[0,{"a":["5525.40000",1,"1.000"],"b":["5525.10000",1,"1.000"],"c":["5525.10000","0.00398963"],"v":["2634.11501494","3591.17907851"],"p":["5631.44067","5653.78939"],"t":[11493,16267],"l":["5505.00000","5505.00000"],"h":["5783.00000","5783.00000"],"o":["5760.70000","5763.40000"]},"ticker","XBT/USD"]"#,
        );
        assert!(matches!(&events[0], Event::Ticker { ticker, .. } if ticker.vwap == "5653.78939".parse().ok()));
        let (_, events) = told(
            r#"{"channelID":1,"channelName":"book-25","event":"subscriptionStatus","pair":"XBT/EUR","status":"subscribed","subscription":{"depth":25,"name":"book"}}"#,
        );
        assert!(matches!(&events[0], Event::Subscribed(stream) if stream.channel == Channel::Book { depth: 25 }));
        let (_, events) = told(
            r#"{"errorMessage":"Currency pair not supported","event":"subscriptionStatus","pair":"A/B","status":"error","subscription":{"name":"ticker"}}"#,
        );
        assert!(matches!(&events[0], Event::Rejected { symbol: Some(_), .. }));
    }

    #[test]
    fn what_is_broken_is_an_error_and_what_is_other_is_unknown() {
        for frame in ["[", "[1,", &SNAPSHOT.replace("5541.2", "x"), &SNAPSHOT.replace(r#","1534614248.123678""#, "")] {
            assert!(told(frame).0.is_err(), "{frame}");
        }
        for frame in ["[]", "[1,2]", r#"[1,{},"spread","XBT/USD"]"#, r#"{"event":"weather"}"#] {
            assert_eq!(told(frame).0, Ok(Receipt::Unknown), "{frame}");
        }
    }
}
