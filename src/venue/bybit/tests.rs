//! Bybit's messages in the shapes of its documentation, and what its count can show.

use super::*;
use crate::market::{Applied, Book};
use crate::venue::splice::tests_support::drawn;
use proptest::prelude::*;

fn bybit(name: &str) -> Bybit {
    let endpoint = ENDPOINTS.iter().find(|endpoint| endpoint.name == name).unwrap();
    Bybit::new(&endpoint.address(None, None))
}

fn told(bybit: &mut Bybit, frame: &str) -> (Result<Receipt, FrameError>, Vec<Event>) {
    let mut events = Vec::new();
    let receipt = bybit.receive(frame, Timestamp::from_secs(1), &mut events);
    (receipt, events)
}

fn frame(depth: u32, kind: &str, number: u64, bids: &str) -> String {
    format!(
        r#"{{"topic":"orderbook.{depth}.BTCUSDT","type":"{kind}","ts":1672304484978,"data":{{"s":"BTCUSDT","b":[{bids}],"a":[["16611.00","0.029"]],"u":{number},"seq":7961638724}},"cts":1672304484976}}"#
    )
}

fn update(bybit: &mut Bybit, frame: &str) -> BookUpdate {
    match told(bybit, frame).1.pop() {
        Some(Event::Book { update, .. }) => update,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_book_is_a_snapshot_and_what_follows_it_number_by_number() {
    let (mut spot, mut book) = (bybit("spot"), Book::new());
    let at = Timestamp::from_secs(1);
    assert_eq!(
        book.apply(&update(&mut spot, &frame(50, "snapshot", 10, r#"["16493.50","0.006"]"#)), at),
        Applied::Applied
    );
    assert_eq!(book.apply(&update(&mut spot, &frame(50, "delta", 11, r#"["16493.50","0"]"#)), at), Applied::Applied);
    assert_eq!(book.levels(Side::Bid).len(), 0);
    let gap = book.apply(&update(&mut spot, &frame(50, "delta", 13, "")), at);
    assert!(matches!(gap, Applied::NeedsResync(_)));
    assert!(update(&mut spot, &frame(50, "delta", 1, "")).snapshot, "the venue has started over");
}

#[test]
fn of_two_depths_the_deeper_makes_the_book() {
    let mut linear = bybit("linear");
    update(&mut linear, &frame(50, "snapshot", 10, ""));
    update(&mut linear, &frame(500, "snapshot", 90, ""));
    assert_eq!(told(&mut linear, &frame(50, "delta", 11, "")), (Ok(Receipt::Understood), vec![]));
}

#[test]
fn trades_tickers_and_candles_are_read() {
    let mut linear = bybit("linear");
    let (_, events) = told(
        &mut linear,
        r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false}]}"#,
    );
    assert!(
        matches!(&events[0], Event::Trades { trades, .. } if trades[0].taker == Side::Bid && trades[0].id.is_none())
    );
    let (_, events) = told(
        &mut linear,
        r#"{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","price24hPcnt":"0.017103","markPrice":"17217.33","fundingRate":"-0.000212","nextFundingTime":"1673280000000","openInterest":"68744.761","bid1Price":"","ask1Price":"17216.50"},"cs":24987956059,"ts":1673272861686}"#,
    );
    let [Event::Mark { mark, .. }, Event::Ticker { ticker, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((mark.funding, mark.index), ("-0.0212".parse().ok(), None));
    assert_eq!((ticker.change, ticker.bid), ("1.7103".parse().ok(), None));
    let (_, events) = told(
        &mut linear,
        r#"{"topic":"kline.5.BTCUSDT","data":[{"start":1672324800000,"end":1672325099999,"interval":"5","open":"16649.5","close":"16677","high":"16677","low":"16608","volume":"2.081","turnover":"34666.4","confirm":false,"timestamp":1672324988882}],"ts":1672324988882,"type":"snapshot"}"#,
    );
    assert!(matches!(&events[0], Event::Candle { interval: Interval::Minute5, .. }));
}

#[test]
fn requests_are_small_and_their_answers_are_understood() {
    let mut spot = bybit("spot");
    let symbols: Vec<Symbol> = (0..12).map(|i| Symbol::new(&format!("A{i}/USDT")).unwrap()).collect();
    let book = |symbol: &Symbol| Subscription { symbol: symbol.clone(), channel: Channel::Book { depth: 300 } };
    let outgoing = spot.connected(&symbols.iter().map(book).collect::<Vec<_>>());
    assert_eq!(outgoing.len(), 3, "ten topics, two topics, the list of instruments");
    assert!(outgoing[0].frame().unwrap().contains("orderbook.1000.A0USDT"), "spot has no 500");
    let (_, events) = told(&mut spot, r#"{"success":true,"ret_msg":"","conn_id":"x","req_id":"2","op":"subscribe"}"#);
    assert_eq!(events, [Event::Subscribed(book(&symbols[10])), Event::Subscribed(book(&symbols[11]))]);
    let (_, events) = told(
        &mut spot,
        r#"{"success":false,"ret_msg":"Invalid symbol :[orderbook.1000.A3USDT]","conn_id":"x","req_id":"1","op":"subscribe"}"#,
    );
    assert!(matches!(&events[0], Event::Rejected { symbol: Some(of), .. } if *of == symbols[3]));
    assert_eq!(
        told(&mut spot, r#"{"success":true,"ret_msg":"pong","op":"ping"}"#).1,
        [Event::Pong { exchange_time: None }]
    );
}

#[test]
fn the_list_of_instruments_is_turned_page_by_page() {
    let mut linear = bybit("linear");
    let page = r#"{"retCode":0,"result":{"category":"linear","list":[{"symbol":"BTC-27SEP24","status":"Trading","baseCoin":"BTC","quoteCoin":"USDC","settleCoin":"USDC","deliveryTime":"1727424000000","priceFilter":{"tickSize":"0.50"},"lotSizeFilter":{"qtyStep":"0.001","minOrderQty":"0.001"}}],"nextPageCursor":"abc"}}"#;
    let (url, mut events) = ("https://api.bybit.com/v5/market/instruments-info?category=linear&limit=1000", Vec::new());
    linear.fetched(url, page, Timestamp::from_secs(1), &mut events).unwrap();
    let Event::Instruments(of) = &events[0] else { panic!() };
    assert_eq!((of[0].symbol.as_str(), of[0].precision.price), ("BTC/USDC:USDC-240927", 1));
    assert_eq!(linear.outgoing(), [Outgoing::Get(format!("{url}&cursor=abc"))]);
}

#[test]
fn the_protocol_before_v5_is_read() {
    let mut old = Bybit::new(&Address::stream("wss://stream.bybit.com/realtime"));
    let snapshot = r#"{"topic":"orderBookL2_25.BTCUSD","type":"snapshot","data":[{"price":"60622.50","symbol":"BTCUSD","id":606225000,"side":"Buy","size":12},{"price":"60623.00","symbol":"BTCUSD","id":606230000,"side":"Sell","size":16}],"cross_seq":7,"timestamp_e6":1618677786598877}"#;
    let delta = r#"{"topic":"orderBookL2_25.BTCUSD","type":"delta","data":{"delete":[{"price":"60622.50","symbol":"BTCUSD","id":606225000,"side":"Buy"}],"update":[],"insert":[{"price":"60620.00","symbol":"BTCUSD","id":606200000,"side":"Buy","size":3}],"transactTimeE6":0},"cross_seq":9,"timestamp_e6":1618677786599877}"#;
    let mut book = Book::new();
    for frame in [snapshot, delta] {
        assert_eq!(book.apply(&update(&mut old, frame), Timestamp::from_secs(1)), Applied::Applied);
    }
    assert_eq!(book.best(Side::Bid).unwrap().price, "60620".parse().unwrap());
}

#[test]
fn names_and_addresses() {
    for (name, unified) in
        [("XRPUSDT", "XRP/USDT:USDT"), ("BTCPERP", "BTC/USDC:USDC"), ("BTC-26SEP25", "BTC/USDC:USDC-250926")]
    {
        assert_eq!(linear_contract(name).unwrap().as_str(), unified);
    }
    assert_eq!((linear_contract("BTC"), inverse_contract("BTCUSDT")), (None, None));
    let name = |symbol: &str| super::endpoint(&Symbol::new(symbol).unwrap()).name;
    assert_eq!([name("BTC/USDT"), name("BTC/USDT:USDT"), name("BTC/USD:BTC")], ["spot", "linear", "inverse"]);
}

#[test]
fn what_is_broken_is_an_error() {
    let mut spot = bybit("spot");
    for frame in [
        "{",
        r#"{"topic":"orderbook.x.BTCUSDT","type":"delta","ts":1,"data":{"s":"BTCUSDT","b":[],"a":[],"u":1,"seq":1}}"#,
        r#"{"topic":"orderbook.50.BTCUSDT","type":"sketch","ts":1,"data":{"s":"BTCUSDT","b":[],"a":[],"u":1,"seq":1}}"#,
        r#"{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1,"data":{"s":"BTCUSDT","b":[],"u":1,"seq":1}}"#,
        r#"{"topic":"publicTrade.BTCUSDT","data":[{"T":1,"s":"BTCUSDT","S":"Both","v":"1","p":"1"}]}"#,
    ] {
        assert!(told(&mut spot, frame).0.is_err(), "{frame}");
    }
    assert_eq!(told(&mut spot, r#"{"topic":"weather.BTCUSDT"}"#).0, Ok(Receipt::Unknown));
}

proptest! {
    /// Snapshots and differences in any rhythm make the book that a map would be.
    #[test]
    fn any_rhythm_equals_the_naive_model(story in drawn()) {
        let (mut spot, mut book) = (bybit("spot"), Book::new());
        for count in story.taken..=story.changes.len() {
            let snapshot = count == story.taken || count == story.arrives;
            let levels = if snapshot { story.before(count) } else { vec![story.changes[count - 1]] };
            let levels: Vec<_> = levels.iter().map(|(p, q)| format!(r#"["{p}","{q}"]"#)).collect();
            let kind = if snapshot { "snapshot" } else { "delta" };
            let frame = frame(50, kind, count as u64 + 2, &levels.join(","));
            prop_assert_eq!(book.apply(&update(&mut spot, &frame), Timestamp::from_secs(1)), Applied::Applied);
        }
        prop_assert_eq!(story.shown(&book, 0), story.before(story.changes.len()));
    }
}
