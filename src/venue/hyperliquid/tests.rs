//! Hyperliquid's messages, as its documentation and its wire show them, and what must not be believed.

use super::*;
use crate::market::{Change, Desync, Interval, Level, Market, Precision, Trading};
use crate::money::Fixed;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn hyperliquid() -> Hyperliquid {
    Hyperliquid::new(&Address::default())
}

fn hear(dialect: &mut Hyperliquid, frame: &str) -> Vec<Event> {
    let mut events = Vec::new();
    assert_eq!(dialect.receive(frame, Timestamp::from_secs(1), &mut events), Ok(Receipt::Understood), "{frame}");
    events
}

fn told(frame: &str) -> Vec<Event> {
    hear(&mut hyperliquid(), frame)
}

fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

fn stream(name: &str, channel: Channel) -> Subscription {
    Subscription { symbol: symbol(name), channel }
}

fn book(time: i64, bids: &[(i64, i64)], asks: &[(i64, i64)]) -> String {
    let side = |levels: &[(i64, i64)]| {
        let levels = levels.iter().map(|(price, size)| format!(r#"{{"n":1,"px":"{price}.0","sz":"{size}"}}"#));
        levels.collect::<Vec<_>>().join(",")
    };
    let (bids, asks) = (side(bids), side(asks));
    format!(r#"{{"channel":"l2Book","data":{{"coin":"BTC","levels":[[{bids}],[{asks}]],"time":{time}}}}}"#)
}

#[test]
fn every_book_is_whole() {
    let events = told(&book(1_737_918_843_893, &[(105_055, 3)], &[(105_056, 6), (105_057, 1)]));
    let [Event::Book { symbol: of, update }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(*of, symbol("BTC/USDC:USDC"));
    assert!(update.snapshot);
    assert_eq!((update.bids.len(), update.asks.len()), (1, 2));
    assert_eq!(update.bids[0].price.to_string(), "105055.0");
    assert_eq!(update.exchange_time.unwrap().millis(), 1_737_918_843_893);
    let turned = r#"{"data":{"time":5,"levels":[[],[{"sz":"1","px":"2","n":1,"x":[]}]],"coin":"BTC"},"x":{},"channel":"l2Book"}"#;
    assert!(matches!(told(turned).as_slice(), [Event::Book { update, .. }] if update.asks.len() == 1));
}

#[test]
fn an_older_book_is_set_aside() {
    let mut dialect = hyperliquid();
    let heard = [5, 7, 6, 7, 8].map(|time| hear(&mut dialect, &book(time, &[(1, 1)], &[(2, 1)])).len());
    assert_eq!(heard, [1, 1, 0, 1, 1]);
}

#[test]
fn trades_are_told_once_and_oldest_first() {
    let trade = |tid: u64, time: u64, side: &str| {
        format!(
            r#"{{"coin":"BTC","hash":"0x0","px":"105056.0","side":"{side}","sz":"0.00219","tid":{tid},"time":{time},"users":["0xe","0x6"]}}"#
        )
    };
    let frame = |trades: &[String]| format!(r#"{{"channel":"trades","data":[{}]}}"#, trades.join(","));
    let mut dialect = hyperliquid();
    let events = hear(&mut dialect, &frame(&[trade(900, 20, "B"), trade(7, 10, "A")]));
    let [Event::Trades { trades, .. }] = events.as_slice() else { panic!("{events:?}") };
    let seen: Vec<_> = trades.iter().map(|trade| (trade.at.millis(), trade.taker, trade.id)).collect();
    assert_eq!(seen, [(10, Side::Ask, None), (20, Side::Bid, None)]);
    dialect.connected(&[]);
    let events = hear(&mut dialect, &frame(&[trade(7, 10, "A"), trade(900, 20, "B"), trade(3, 30, "B")]));
    assert!(matches!(events.as_slice(), [Event::Trades { trades, .. }] if trades.len() == 1), "{events:?}");
    for number in 0..2 * REMEMBERED as u64 {
        hear(&mut dialect, &frame(&[trade(10_000 + number, 40, "A")]));
    }
    assert!(dialect.trades.values().all(|latest| latest.len() == REMEMBERED));
}

#[test]
fn candles_come_alone_or_in_a_list() {
    let candle = r#"{"t":1681923600000,"T":1681924499999,"s":"BTC","i":"15m","o":"29295.0","c":"29250.0","h":"29309.0","l":"29250.0","v":"0.98639","n":189}"#;
    for data in [candle.to_owned(), format!("[{candle}]")] {
        let events = told(&format!(r#"{{"channel":"candle","data":{data}}}"#));
        let [Event::Candle { interval: Interval::Minute15, candle, .. }] = events.as_slice() else {
            panic!("{events:?}")
        };
        assert_eq!((candle.close.to_string().as_str(), candle.start.secs()), ("29250.0", 1_681_923_600));
    }
    assert_eq!(told(&format!(r#"{{"channel":"candle","data":{}}}"#, candle.replace("15m", "3m"))), []);
}

#[test]
fn a_market_tells_its_mark_and_a_pair_does_not() {
    let events = told(
        r#"{"channel":"activeAssetCtx","data":{"coin":"ETH","ctx":{"funding":"0.0000125","openInterest":"688.11","prevDayPx":"1800","dayNtlVlm":"1169046.29406","premium":"0.00031774","oraclePx":"1890.3","markPx":"1890.0","midPx":"1890.35","impactPxs":null,"dayBaseVlm":"618.5"}}}"#,
    );
    let [Event::Mark { symbol: of, mark, .. }, Event::Ticker { ticker, .. }] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(*of, symbol("ETH/USDC:USDC"));
    assert_eq!(
        (mark.funding.unwrap().to_string().as_str(), mark.index.unwrap().to_string().as_str()),
        ("0.00125", "1890.3")
    );
    assert_eq!(
        (ticker.change.unwrap().to_string().as_str(), ticker.volume.unwrap().to_string().as_str()),
        ("5.00", "618.5")
    );
    let pair = told(
        r#"{"channel":"activeSpotAssetCtx","data":{"coin":"@107","ctx":{"prevDayPx":"2","markPx":"1","dayBaseVlm":"3"}}}"#,
    );
    assert!(matches!(pair.as_slice(), [Event::Ticker { ticker, .. }] if ticker.change.is_some()), "{pair:?}");
}

#[test]
fn what_the_venue_says() {
    assert_eq!(told(r#"{"channel":"pong"}"#), [Event::Pong { exchange_time: None }]);
    for (subscription, channel) in [
        (r#"{"type":"l2Book","coin":"BTC","nSigFigs":null}"#, Channel::Book { depth: 20 }),
        (r#"{"type":"trades","coin":"BTC"}"#, Channel::Trades),
        (r#"{"type":"activeAssetCtx","coin":"BTC"}"#, Channel::Ticker),
        (r#"{"type":"candle","coin":"BTC","interval":"1h"}"#, Channel::Candles(Interval::Hour1)),
    ] {
        let frame = |method: &str| {
            format!(
                r#"{{"channel":"subscriptionResponse","data":{{"method":"{method}","subscription":{subscription}}}}}"#
            )
        };
        assert_eq!(told(&frame("subscribe")), [Event::Subscribed(stream("BTC/USDC:USDC", channel))]);
        assert_eq!(told(&frame("unsubscribe")), [Event::Unsubscribed(symbol("BTC/USDC:USDC"))]);
    }
    let refused =
        told(r#"{"channel":"error","data":"Invalid subscription {\"type\":\"l2Book\",\"coin\":\"XYZ\"}\u001b[2J"}"#);
    let [Event::Rejected { symbol: Some(of), reason }] = refused.as_slice() else { panic!("{refused:?}") };
    assert_eq!(*of, symbol("XYZ/USDC:USDC"));
    assert!(!reason.contains('\u{1b}'));
    let refused =
        told(r#"{"channel":"post","data":{"id":1,"response":{"type":"error","payload":"429 Too Many Requests"}}}"#);
    assert!(matches!(refused.as_slice(), [Event::Rejected { symbol: None, reason }] if reason.contains("429")));
}

const META: &str = r#"{"channel":"post","data":{"id":1,"response":{"type":"info","payload":{"type":"meta","data":{"universe":[{"name":"BTC","szDecimals":5,"maxLeverage":50},{"name":"kPEPE","szDecimals":0,"maxLeverage":10},{"name":"OLD","szDecimals":1,"isDelisted":true},{"name":"ODD","szDecimals":9}],"marginTables":[]}}}}}"#;
const PAIRS: &str = r#"{"channel":"post","data":{"id":2,"response":{"type":"info","payload":{"type":"spotMeta","data":{"tokens":[{"name":"USDC","szDecimals":8,"index":0},{"name":"PURR","szDecimals":0,"index":1},{"name":"HYPE","szDecimals":2,"index":150},{"name":"HYPE","szDecimals":3,"index":151}],"universe":[{"name":"PURR/USDC","tokens":[1,0],"index":0},{"name":"@107","tokens":[150,0],"index":107},{"name":"@108","tokens":[151,0],"index":108},{"name":"@9","tokens":[9,0],"index":9}]}}}}}"#;

#[test]
fn the_lists_tell_decimals_and_names_and_what_was_asked_otherwise_is_asked_again() {
    let mut dialect = hyperliquid();
    let wanted = [
        stream("BTC/USDC:USDC", Channel::Trades),
        stream("KPEPE/USDC:USDC", Channel::Trades),
        stream("HYPE/USDC", Channel::Book { depth: 20 }),
    ];
    let first: Vec<_> = dialect.connected(&wanted).iter().filter_map(|out| out.frame().map(str::to_owned)).collect();
    assert!(first[0].contains(r#""payload":{"type":"meta"}"#) && first[1].contains("spotMeta"));
    assert!(first[2].contains(r#""coin":"BTC""#) && first[3].contains(r#""coin":"KPEPE""#));

    let events = hear(&mut dialect, META);
    let [Event::Instruments(listed)] = events.as_slice() else { panic!("{events:?}") };
    let shown: Vec<_> = listed.iter().map(|i| (i.symbol.as_str(), i.precision, i.trading)).collect();
    assert_eq!(
        shown,
        [
            ("BTC/USDC:USDC", Precision { price: 1, quantity: 5 }, Trading::Open),
            ("KPEPE/USDC:USDC", Precision { price: 6, quantity: 0 }, Trading::Open),
            ("OLD/USDC:USDC", Precision { price: 5, quantity: 1 }, Trading::Halted),
        ]
    );
    assert_eq!((listed[0].tick, listed[0].lot.unwrap().to_string().as_str()), (None, "0.00001"));
    let again = dialect.outgoing();
    assert!(matches!(again.as_slice(), [Outgoing::Frame(frame)] if frame.contains(r#""coin":"kPEPE""#)), "{again:?}");

    let events = hear(&mut dialect, PAIRS);
    let [Event::Instruments(listed)] = events.as_slice() else { panic!("{events:?}") };
    let shown: Vec<_> = listed.iter().map(|i| (i.symbol.as_str(), &*i.venue_symbol)).collect();
    assert_eq!(shown, [("HYPE/USDC", "@107"), ("PURR/USDC", "PURR/USDC")]);
    let again = dialect.outgoing();
    assert!(matches!(again.as_slice(), [Outgoing::Frame(frame)] if frame.contains(r#""coin":"@107""#)), "{again:?}");
    assert_eq!(dialect.outgoing(), [], "once");
    assert_eq!(dialect.venue_symbol(&symbol("HYPE/USDC")).as_deref(), Some("@107"));
    let gone = dialect.unsubscribe(&wanted[2..]);
    assert!(matches!(gone.as_slice(), [Outgoing::Frame(frame)] if frame.contains(r#""coin":"@107""#)), "{gone:?}");
    let book = dialect.resync(&symbol("KPEPE/USDC:USDC"));
    assert_eq!(book.len(), 2);
    assert!(book.iter().all(|out| out.frame().unwrap().contains(r#""coin":"kPEPE""#)));
}

#[test]
fn what_cannot_be_read_puts_the_book_in_doubt() {
    let mut dialect = hyperliquid();
    let whole = book(5, &[(1, 1)], &[(2, 1)]);
    hear(&mut dialect, &whole);
    let now = Timestamp::from_secs(1);
    for broken in
        [&whole[..whole.len() - 1], "", "{", &whole.replace("\"px\"", "\"py\""), &whole.replace("]]", "],[]]")]
    {
        let mut events = Vec::new();
        assert!(dialect.receive(broken, now, &mut events).is_err(), "{broken}");
        assert_eq!(events, [Event::Doubt { symbols: vec![symbol("BTC/USDC:USDC")], reason: Desync::Unreadable }]);
    }
    let mut events = Vec::new();
    let trade = r#"{"channel":"trades","data":[{"coin":"BTC","px":"1","side":"?","sz":"1","tid":1,"time":1}]}"#;
    assert!(dialect.receive(trade, now, &mut events).is_err());
    assert_eq!(events, []);
    assert_eq!(dialect.receive(r#"{"channel":"allMids","data":{}}"#, now, &mut events), Ok(Receipt::Unknown));
}

#[test]
fn what_is_asked() {
    let mut dialect = hyperliquid();
    let wanted =
        [stream("BTC/USDC:USDC", Channel::Ticker), stream("BTC/USDC:USDC", Channel::Candles(Interval::Second1))];
    let frames = dialect.subscribe(&wanted);
    let expected = r#"{"method":"subscribe","subscription":{"coin":"BTC","type":"activeAssetCtx"}}"#;
    assert_eq!(frames, [Outgoing::Frame(expected.into())], "there are no candles of a second");
    assert_eq!(dialect.ping().as_deref(), Some(r#"{"method":"ping"}"#));
}

proptest! {
    /// Whatever order the frames come in, one straggler at a time, the book is that of the newest frame.
    #[test]
    fn random_frames_equal_the_naive_model(
        books in prop::collection::vec(prop::collection::btree_map(1i64..40, 1i64..9, 0..20), 1..20),
        swapped in any::<prop::sample::Index>(),
    ) {
        let mut frames: Vec<_> = books.iter().enumerate().map(|(time, levels): (usize, &BTreeMap<i64, i64>)| {
            let levels: Vec<_> = levels.iter().map(|(price, size)| (*price, *size)).collect();
            book(time as i64, &levels, &[])
        }).collect();
        let at = swapped.index(frames.len());
        if at + 1 < frames.len() {
            frames.swap(at, at + 1);
        }
        let (mut dialect, mut market) = (hyperliquid(), Market::default());
        for frame in frames {
            for event in hear(&mut dialect, &frame) {
                market.apply(VenueId::Hyperliquid, event, Timestamp::from_secs(1));
            }
        }
        let ours = &market.listing(VenueId::Hyperliquid, &symbol("BTC/USDC:USDC")).unwrap().book;
        let theirs = books.last().unwrap().iter().rev().map(|(price, size)| {
            Level::from(Change { price: Fixed::new(*price, 0), quantity: Fixed::new(*size, 0) })
        });
        prop_assert_eq!(ours.levels(Side::Bid).collect::<Vec<_>>(), theirs.collect::<Vec<_>>());
    }
}
