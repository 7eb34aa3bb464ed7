//! Kraken's messages, as its documentation shows them, and what must not be believed.

use super::*;
use crate::market::{Book, Change, Interval, Level};

fn told(frame: &str) -> (Result<Receipt, FrameError>, Vec<Event>) {
    let mut events = Vec::new();
    let receipt = Kraken::new(VenueId::Kraken).receive(frame, Timestamp::from_secs(1), &mut events);
    (receipt, events)
}

fn levels(changes: &[Change]) -> Vec<Level> {
    changes.iter().map(|change| Level::from(*change)).collect()
}

fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

const SNAPSHOT: &str = r#"{"channel":"book","type":"snapshot","data":[{"symbol":"MATIC/USD","bids":[{"price":0.5666,"qty":4831.75496356},{"price":0.5665,"qty":6658.22734739}],"asks":[{"price":0.5668,"qty":4410.79769741},{"price":0.5669,"qty":4655.40412487}],"checksum":2439117997}]}"#;

#[test]
fn a_book_snapshot_keeps_every_digit() {
    let (receipt, events) = told(SNAPSHOT);
    assert_eq!(receipt, Ok(Receipt::Understood));
    let [Event::Book { symbol: of, update }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(*of, symbol("MATIC/USD"));
    assert!(update.snapshot);
    assert_eq!(update.depth, Some(10), "the smallest depth that can hold two levels");
    assert_eq!(update.bids[0].quantity.to_string(), "4831.75496356");
    assert_eq!(update.checksum, Some(Checksum::Kraken(2_439_117_997)));
}

#[test]
fn an_update_carries_its_time_and_zeros() {
    let (_, events) = told(
        r#"{"channel":"book","type":"update","data":[{"symbol":"XBT/USD","bids":[{"price":29423.0,"qty":0.00000000}],"asks":[],"checksum":434883881,"timestamp":"2023-07-30T15:30:01.581227Z"}]}"#,
    );
    let [Event::Book { symbol: of, update }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(*of, symbol("BTC/USD"), "Kraken's old name is read too");
    assert_eq!(update.bids[0].price.to_string(), "29423.0");
    assert!(update.bids[0].quantity.is_zero());
    assert_eq!(update.exchange_time.unwrap().to_string(), "2023-07-30T15:30:01.581227Z");
}

#[test]
fn the_depth_comes_from_the_acknowledgement_or_the_request() {
    let acknowledged = r#"{"method":"subscribe","result":{"channel":"book","depth":25,"snapshot":true,"symbol":"MATIC/USD"},"success":true,"time_in":"2026-08-26T15:16:16.576099Z","time_out":"2026-08-26T15:16:16.576140Z"}"#;
    let requested = r#"{"method":"subscribe","params":{"channel":"book","depth":100,"symbol":["MATIC/USD"]}}"#;
    let mut kraken = Kraken::new(VenueId::Kraken);
    let depth = |kraken: &mut Kraken| {
        let mut events = Vec::new();
        kraken.receive(SNAPSHOT, Timestamp::from_secs(1), &mut events).unwrap();
        let Some(Event::Book { update, .. }) = events.pop() else { panic!() };
        update.depth
    };
    kraken.sent(requested);
    assert_eq!(depth(&mut kraken), Some(100));
    let mut events = Vec::new();
    kraken.receive(acknowledged, Timestamp::from_secs(1), &mut events).unwrap();
    let channel = Channel::Book { depth: 25 };
    assert_eq!(events, [Event::Subscribed(Subscription { symbol: symbol("MATIC/USD"), channel })]);
    assert_eq!(depth(&mut kraken), Some(25));
    kraken.connected(&[]);
    assert_eq!(depth(&mut kraken), Some(10), "a new connection forgets the old one's subscriptions");
}

#[test]
fn trades_of_one_symbol_come_together() {
    let (_, events) = told(
        r#"{"channel":"trade","type":"update","data":[{"symbol":"MATIC/USD","side":"sell","price":0.5117,"qty":40.0,"ord_type":"market","trade_id":4665906,"timestamp":"2023-09-25T07:49:37.708706Z"},{"symbol":"MATIC/USD","side":"buy","price":0.5118,"qty":1.50,"ord_type":"limit","trade_id":4665907,"timestamp":"2023-09-25T07:49:37.708706Z"}]}"#,
    );
    let [Event::Trades { trades, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((trades[0].taker, trades[1].taker), (Side::Ask, Side::Bid));
    assert_eq!(trades[1].quantity.to_string(), "1.50");
    assert_eq!(trades[1].id, Some(4_665_907));
}

#[test]
fn a_ticker_leaves_out_what_it_is_not_told() {
    let (_, events) = told(
        r#"{"channel":"ticker","type":"snapshot","data":[{"symbol":"ALGO/USD","bid":0.10025,"bid_qty":740.0,"ask":0.10036,"last":0.10035,"volume":997038.98383185,"high":0.10285,"change_pct":-0.17}]}"#,
    );
    let [Event::Ticker { ticker, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(ticker.last.unwrap().to_string(), "0.10035");
    assert_eq!(ticker.change.unwrap().to_string(), "-0.17");
    assert_eq!((ticker.low, ticker.vwap), (None, None));
}

#[test]
fn candles_of_known_intervals_are_taken() {
    let candle = |minutes: u32| {
        told(&format!(
            r#"{{"channel":"ohlc","type":"update","data":[{{"symbol":"ALGO/USD","open":0.1,"high":0.2,"low":0.05,"close":0.15,"trades":3,"volume":10.5,"vwap":0.14,"interval_begin":"2023-10-04T16:25:00.000000000Z","interval":{minutes},"timestamp":"2023-10-04T16:30:00.000000Z"}}]}}"#
        ))
    };
    let (_, events) = candle(5);
    let [Event::Candle { interval: Interval::Minute5, candle: c, .. }] = events.as_slice() else { panic!() };
    assert_eq!((c.start.to_string().as_str(), c.from_venue), ("2023-10-04T16:25:00Z", true));
    assert_eq!(candle(10_080), (Ok(Receipt::Understood), vec![]));
}

#[test]
fn instruments_give_their_precision_and_steps() {
    let (_, events) = told(
        r#"{"channel":"instrument","type":"snapshot","data":{"assets":[{"id":"USD"}],"pairs":[{"symbol":"EUR/USD","base":"EUR","quote":"USD","status":"online","qty_precision":8,"qty_increment":0.00000001,"price_precision":5,"cost_precision":5,"marginable":false,"has_index":true,"cost_min":0.50,"price_increment":0.00001,"qty_min":0.50000000}]}}"#,
    );
    let [Event::Instruments(instruments)] = events.as_slice() else { panic!("{events:?}") };
    let eur = &instruments[0];
    assert_eq!(eur.precision, Precision { price: 5, quantity: 8 });
    assert_eq!(eur.tick.unwrap().to_string(), "0.00001");
    assert_eq!(eur.trading, Trading::Open);
}

#[test]
fn answers_status_and_signs_of_life() {
    let (_, events) = told(r#"{"channel":"heartbeat"}"#);
    assert_eq!(events, [Event::Heartbeat]);
    let (_, events) = told(
        r#"{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"maintenance","api_version":"v2","connection_id":1}]}"#,
    );
    assert_eq!(events, [Event::Status { status: VenueStatus::Maintenance, message: None }]);
    let (_, events) = told(
        r#"{"method":"pong","req_id":101,"time_in":"2023-09-24T14:10:23.799685Z","time_out":"2023-09-24T14:10:23.799703Z"}"#,
    );
    assert_eq!(events, [Event::Pong { exchange_time: Some("2023-09-24T14:10:23.799703Z".parse().unwrap()) }]);
    let (_, events) = told(
        r#"{"error":"Currency pair not supported NO\u001b[2J/USD","method":"subscribe","req_id":3,"success":false,"symbol":"NO/USD","time_in":"2023-09-24T14:10:23.799685Z"}"#,
    );
    let reason = "Currency pair not supported NO[2J/USD".to_owned();
    assert_eq!(events, [Event::Rejected { symbol: Some(symbol("NO/USD")), reason }]);
}

#[test]
fn what_is_unknown_is_said_to_be_unknown() {
    for frame in [r#"{"channel":"weather","type":"update","data":[]}"#, r#"{"method":"dance","success":true}"#, "{}"] {
        assert_eq!(told(frame), (Ok(Receipt::Unknown), vec![]), "{frame}");
    }
}

#[test]
fn a_changed_meaning_is_an_error_with_a_name() {
    let malformed = [
        "",
        r#"{"channel":"book","type":"update","data":[{"symbol":"A/B","bids":[{"price":null,"qty":1}],"asks":[]}]}"#,
        "not json",
        "[1,2]",
        r#"{"channel":"book","type":"snapshot"}"#,
        r#"{"channel":"book","type":"snapshot","data":[{"symbol":"A/B","bids":[{"price":1}],"asks":[]}]}"#,
        r#"{"channel":"book","type":"update","data":[{"symbol":"A/B","bids":[],"asks":[],"checksum":-1}]}"#,
    ];
    for frame in malformed {
        assert!(matches!(told(frame).0, Err(FrameError::Malformed { .. })), "{frame}");
    }
    let wrong = [
        r#"{"channel":"book","type":"merge","data":[]}"#,
        r#"{"channel":"book","type":"update","data":[{"symbol":"AB","bids":[],"asks":[]}]}"#,
        r#"{"channel":"book","type":"update","data":[{"symbol":"A/B","bids":[],"asks":[],"timestamp":"noon"}]}"#,
        r#"{"channel":"trade","type":"update","data":[{"symbol":"A/B","side":"up","price":1,"qty":1,"timestamp":"2023-09-25T07:49:37Z"}]}"#,
    ];
    for frame in wrong {
        assert!(matches!(told(frame).0, Err(FrameError::Field { .. })), "{frame}");
    }
    let huge = " ".repeat((16 << 20) + 1);
    assert!(matches!(told(&huge).0, Err(FrameError::TooLarge { .. })));
}

#[test]
fn what_is_asked_names_channel_depth_and_symbols() {
    let mut kraken = Kraken::new(VenueId::Kraken);
    let stream = |channel| Subscription { symbol: symbol("BTC/USD"), channel };
    let wanted =
        [stream(Channel::Book { depth: 25 }), stream(Channel::Trades), stream(Channel::Candles(Interval::Minute1))];
    let frames = kraken.connected(&wanted);
    let parsed: Vec<serde_json::Value> =
        frames.iter().map(|f| serde_json::from_str(f.frame().unwrap()).unwrap()).collect();
    assert_eq!(parsed[0]["params"]["channel"], "instrument");
    assert_eq!(parsed[1]["params"]["depth"], 25);
    assert_eq!(parsed[1]["params"]["symbol"][0], "BTC/USD");
    assert_eq!(parsed[3]["params"]["interval"], 1);
    let again = kraken.resync(&symbol("BTC/USD"));
    assert!(again[0].frame().unwrap().contains("unsubscribe") && again[1].frame().unwrap().contains("\"subscribe\""));
    assert!(again[1].frame().unwrap().contains("25"), "a resync keeps the depth");
}

#[test]
fn a_snapshot_of_its_own_numbers_checks_out() {
    let (_, events) = told(SNAPSHOT);
    let Some(Event::Book { update, .. }) = events.into_iter().next() else { panic!() };
    let precision = Precision { price: 4, quantity: 8 };
    let checksum = Checksum::of_kraken(&levels(&update.bids), &levels(&update.asks), precision);
    let mut book = Book::new();
    book.set_precision(precision);
    book.apply(&BookUpdate { checksum: Some(checksum), ..update }, Timestamp::from_secs(1));
    assert_eq!((book.record().checked, book.record().failed), (1, 0));
}
