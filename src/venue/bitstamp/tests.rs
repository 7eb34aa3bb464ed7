//! Messages in the shapes that Bitstamp documents, and what must not be believed.

use super::*;
use crate::market::{Market, Precision, Side, Standing, Trading};
use crate::money::Decimal;
use proptest::prelude::*;
use std::collections::BTreeMap;

const AT: Timestamp = Timestamp::from_secs(1);

fn bitstamp() -> Bitstamp {
    Bitstamp::new(&ENDPOINTS[0].address(None, None))
}

fn hear(bitstamp: &mut Bitstamp, frame: &str) -> (Result<Receipt, FrameError>, Vec<Event>) {
    let mut events = Vec::new();
    let receipt = bitstamp.receive(frame, AT, &mut events);
    (receipt, events)
}

fn fetch(bitstamp: &mut Bitstamp, path: &str, body: &str) -> (Result<Receipt, FrameError>, Vec<Event>) {
    let mut events = Vec::new();
    let receipt = bitstamp.fetched(&format!("https://www.bitstamp.net/api/v2/{path}"), body, AT, &mut events);
    (receipt, events)
}

fn told(frame: &str) -> (Result<Receipt, FrameError>, Vec<Event>) {
    hear(&mut bitstamp(), frame)
}

fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

fn levels(micros: u64, bids: &str, asks: &str) -> String {
    format!(r#"{{"timestamp":"1643643584","microtimestamp":"{micros}","bids":{bids},"asks":{asks}}}"#)
}

fn change(pair: &str, micros: u64, bids: &str) -> String {
    format!(r#"{{"data":{},"channel":"diff_order_book_{pair}","event":"data"}}"#, levels(micros, bids, "[]"))
}

fn begun(pair: &str) -> String {
    format!(r#"{{"event":"bts:subscription_succeeded","channel":"diff_order_book_{pair}","data":{{}}}}"#)
}

/// A connection that follows two books, both in step at 100.
fn two_books() -> Bitstamp {
    let mut bitstamp = bitstamp();
    for pair in ["btcusd", "etheur"] {
        hear(&mut bitstamp, &begun(pair)).0.unwrap();
        fetch(&mut bitstamp, &format!("order_book/{pair}/"), &levels(100, r#"[["10.5","1.00"]]"#, "[]")).0.unwrap();
    }
    bitstamp.outgoing();
    bitstamp
}

fn doubted(events: &[Event]) -> Vec<&str> {
    let [Event::Doubt { symbols, .. }] = events else { panic!("{events:?}") };
    let mut symbols: Vec<_> = symbols.iter().map(Symbol::as_str).collect();
    symbols.sort_unstable();
    symbols
}

#[test]
fn a_snapshot_is_fetched_when_changes_flow_and_joined_with_them() {
    let mut bitstamp = bitstamp();
    let stream = |channel| Subscription { symbol: symbol("BTC/USD"), channel };
    let outgoing = bitstamp.connected(&[stream(Channel::Book { depth: 10 }), stream(Channel::Trades)]);
    let expected = [
        Outgoing::Get("https://www.bitstamp.net/api/v2/trading-pairs-info/".into()),
        Outgoing::Frame(r#"{"data":{"channel":"diff_order_book_btcusd"},"event":"bts:subscribe"}"#.into()),
        Outgoing::Frame(r#"{"data":{"channel":"live_trades_btcusd"},"event":"bts:subscribe"}"#.into()),
    ];
    assert_eq!(outgoing, expected);
    let (_, events) = hear(&mut bitstamp, &begun("btcusd"));
    assert!(matches!(&events[..], [Event::Subscribed(Subscription { channel: Channel::Book { .. }, .. })]));
    let get = [Outgoing::Get("https://www.bitstamp.net/api/v2/order_book/btcusd/".into())];
    assert_eq!(bitstamp.outgoing(), get);
    assert_eq!(hear(&mut bitstamp, &change("btcusd", 10, r#"[["5.0","1"]]"#)), (Ok(Receipt::Understood), vec![]));
    assert_eq!(fetch(&mut bitstamp, "order_book/btcusd/", &levels(9, "[]", "[]")).1, [], "it may lack a change");
    assert_eq!(bitstamp.outgoing(), get);
    let (_, events) = fetch(&mut bitstamp, "order_book/btcusd", &levels(10, r#"[["5.0","2"]]"#, "[]"));
    let [Event::Book { symbol: of, update }] = &events[..] else { panic!("{events:?}") };
    assert_eq!((of, update.snapshot, update.depth), (&symbol("BTC/USD"), true, None));
    let (_, events) = hear(&mut bitstamp, &change("btcusd", 11, r#"[["5.0","0.00000000"]]"#));
    let [Event::Book { update, .. }] = &events[..] else { panic!("{events:?}") };
    assert!(!update.snapshot && update.bids[0].quantity.is_zero());
    assert_eq!(update.exchange_time, Some(Timestamp::from_nanos(11_000)));
    assert_eq!(bitstamp.resync(&symbol("BTC/USD")), get);
    assert_eq!(bitstamp.venue_symbol(&symbol("BTC/USD")).as_deref(), Some("btcusd"));
}

#[test]
fn members_come_in_any_order() {
    let mut bitstamp = two_books();
    let data = r#"{"asks":[],"more":{"a":[1]},"bids":[["10.5","7","id"]],"microtimestamp":"101","timestamp":"0"}"#;
    let frame = format!(r#"{{"event":"data","added":null,"channel":"diff_order_book_btcusd","data":{data}}}"#);
    let (_, events) = hear(&mut bitstamp, &frame);
    assert!(matches!(&events[..], [Event::Book { update, .. }] if update.bids[0].quantity.to_string() == "7"));
}

#[test]
fn a_change_that_cannot_be_read_puts_its_book_in_doubt_or_all_of_them() {
    let whole = change("btcusd", 101, r#"[["10.5","2.00"]]"#);
    for (frame, books) in [
        (whole.replace("2.00", "2x00"), &["BTC/USD"][..]),
        (whole.replace("\"bids\"", "\"bidt\""), &["BTC/USD"]),
        (whole[..80].to_owned(), &["BTC/USD", "ETH/EUR"]),
        (whole.replace("btcusd", "btcuse"), &["BTC/USD", "ETH/EUR"]),
        (whole.replace("\"data\"}", "\"dats\"}"), &["BTC/USD"]),
        (whole.replace("diff_order", "diff_odder"), &["BTC/USD", "ETH/EUR"]),
        (whole.replace("\"event\"", "\"eveny\""), &["BTC/USD"]),
        (r#"{"event":"data","channel":"new_thing_btcusd","data":{}}"#.to_owned(), &["BTC/USD", "ETH/EUR"]),
    ] {
        let mut bitstamp = two_books();
        let (receipt, events) = hear(&mut bitstamp, &frame);
        assert!(matches!(receipt, Err(_) | Ok(Receipt::Unknown)), "{frame}");
        assert_eq!(doubted(&events), books, "{frame}");
        // The book comes back with a snapshot that reaches the next change.
        assert_eq!(bitstamp.resync(&symbol("BTC/USD")), []);
        assert_eq!(hear(&mut bitstamp, &change("btcusd", 105, "[]")).1, []);
        assert_eq!(bitstamp.outgoing().len(), 1);
        assert_eq!(fetch(&mut bitstamp, "order_book/btcusd/", &levels(104, "[]", "[]")).1, []);
        assert_eq!(fetch(&mut bitstamp, "order_book/btcusd/", &levels(105, "[]", "[]")).1.len(), 1);
    }
    let mut bitstamp = two_books();
    let trade = r#"{"data":{"id":"x"},"channel":"live_trades_btcusd","event":"trade"}"#;
    assert_eq!(hear(&mut bitstamp, trade).1, [], "a trade changes no book");
    let mut bitstamp = two_books();
    assert!(fetch(&mut bitstamp, "order_book/btcusd/", "{}").0.is_err());
}

#[test]
fn changes_out_of_order_are_seen() {
    for wrong in [change("btcusd", 102, "[]"), change("btcusd", 105, r#"[["9","1"]]"#)] {
        let mut bitstamp = two_books();
        hear(&mut bitstamp, &change("btcusd", 105, "[]")).0.unwrap();
        assert_eq!(hear(&mut bitstamp, &change("btcusd", 105, "[]")).1, [], "the same one twice does no harm");
        assert_eq!(doubted(&hear(&mut bitstamp, &wrong).1), ["BTC/USD"]);
    }
}

#[test]
fn whole_books_are_read_where_nothing_else_is_subscribed() {
    let whole = |micros| {
        let data = levels(micros, r#"[["1.5","2"]]"#, r#"[["1.6","3"]]"#);
        format!(r#"{{"data":{data},"channel":"order_book_xrpusd","event":"data"}}"#)
    };
    let mut bitstamp = two_books();
    let (_, events) = hear(&mut bitstamp, &whole(10));
    assert!(matches!(&events[..], [Event::Book { update, .. }] if update.snapshot && update.sequence.is_some()));
    assert_eq!(hear(&mut bitstamp, &whole(9)).1, [], "it was overtaken");
    hear(&mut bitstamp, &begun("xrpusd")).0.unwrap();
    assert_eq!(hear(&mut bitstamp, &whole(11)).1, []);
}

#[test]
fn a_capture_that_begins_in_the_middle_is_followed_all_the_same() {
    let mut bitstamp = bitstamp();
    assert_eq!(hear(&mut bitstamp, &change("btcusd", 10, "[]")), (Ok(Receipt::Understood), vec![]));
    assert_eq!(hear(&mut bitstamp, &change("etheur", 10, "[]")), (Ok(Receipt::Understood), vec![]));
    assert_eq!(fetch(&mut bitstamp, "order_book/btcusd", &levels(10, "[]", "[]")).1.len(), 1);
    bitstamp.sent(r#"{"event":"bts:subscribe","data":{"channel":"diff_order_book_adaeur"}}"#);
    assert_eq!(doubted(&hear(&mut bitstamp, &change("xlmgbp", 11, "[]")).1).len(), 3);
}

#[test]
fn trades_are_read_as_they_are_printed() {
    let (_, events) = told(
        r#"{"data":{"id":212337562,"timestamp":"1643643584","amount":0.0028,"amount_str":"0.00280000","price":38416,"price_str":"38416","type":1,"microtimestamp":"1643643584587000","buy_order_id":1,"sell_order_id":2},"channel":"live_trades_btcusd","event":"trade"}"#,
    );
    let [Event::Trades { trades, .. }] = &events[..] else { panic!("{events:?}") };
    let trade = trades[0];
    assert_eq!(
        (trade.taker, trade.id, trade.quantity.to_string().as_str()),
        (Side::Ask, Some(212_337_562), "0.00280000")
    );
    assert_eq!(trade.at, Timestamp::from_nanos(1_643_643_584_587_000_000));
}

#[test]
fn summaries_are_fetched_every_minute() {
    let mut bitstamp = bitstamp();
    let stream = [Subscription { symbol: symbol("BTC/USD"), channel: Channel::Ticker }];
    let get = Outgoing::Get("https://www.bitstamp.net/api/v2/ticker/btcusd/".into());
    assert_eq!(bitstamp.subscribe(&stream), std::slice::from_ref(&get));
    let heartbeat = r#"{"event":"bts:heartbeat","channel":"","data":{"status":"success"}}"#;
    let after = |bitstamp: &mut Bitstamp, secs| {
        bitstamp.receive(heartbeat, Timestamp::from_secs(secs), &mut Vec::new()).unwrap();
        bitstamp.outgoing()
    };
    assert_eq!(after(&mut bitstamp, 100), []);
    assert_eq!(after(&mut bitstamp, 159), []);
    assert_eq!(after(&mut bitstamp, 160), [get]);
    assert_eq!(after(&mut bitstamp, 161), []);
    bitstamp.unsubscribe(&stream);
    assert_eq!(after(&mut bitstamp, 300), []);
    let body = r#"{"timestamp":"1643640186","open":"2211.00","high":"2811.00","low":"2188.97","last":"2211.00","volume":"213.26801100","vwap":"2189.80","bid":"2188.97","ask":"2211.00","side":"0","open_24":"2211.00","percent_change_24":"13.57"}"#;
    let (_, events) = fetch(&mut bitstamp, "ticker/btcusd/", body);
    let [Event::Ticker { ticker, exchange_time, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(ticker.change.unwrap().to_string(), "13.57");
    assert_eq!(*exchange_time, Some(Timestamp::from_secs(1_643_640_186)));
}

#[test]
fn pairs_are_listed_with_their_steps() {
    let body = r#"[{"name":"BTC/USD","url_symbol":"btcusd","base_decimals":8,"minimum_order":"10.0 USD","counter_decimals":0,"trading":"Enabled"},{"name":"OLD/EUR","url_symbol":"oldeur","base_decimals":8,"counter_decimals":5,"trading":"Disabled"},{"name":"?","url_symbol":"odd","base_decimals":8,"counter_decimals":5,"trading":"Enabled"}]"#;
    let (_, events) = fetch(&mut bitstamp(), "trading-pairs-info/", body);
    let [Event::Instruments(listed)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(listed.len(), 2);
    assert_eq!((listed[0].precision, listed[0].trading), (Precision { price: 0, quantity: 8 }, Trading::Open));
    assert_eq!((listed[1].tick.unwrap().to_string().as_str(), listed[1].trading), ("0.00001", Trading::Halted));
    let far = body.replace("_decimals\":0", "_decimals\":200");
    assert!(fetch(&mut bitstamp(), "trading-pairs-info/", &far).0.is_err());
}

#[test]
fn a_request_to_reconnect_puts_everything_in_doubt() {
    let mut bitstamp = two_books();
    let (_, events) = hear(&mut bitstamp, r#"{"event":"bts:request_reconnect","channel":"","data":""}"#);
    assert!(matches!(&events[0], Event::Status { message: Some(_), .. }));
    assert_eq!(doubted(&events[1..]), ["BTC/USD", "ETH/EUR"]);
}

#[test]
fn refusals_answers_and_what_is_unknown() {
    let error =
        r#"{"event":"bts:error","channel":"","data":{"code":4009,"message":"Connection is\u001b[2J unauthorized."}}"#;
    let reason = "Connection is[2J unauthorized.".to_owned();
    assert_eq!(told(error).1, [Event::Rejected { symbol: None, reason }]);
    let heartbeat = r#"{"event":"bts:heartbeat","channel":"","data":{"status":"success"}}"#;
    assert_eq!(told(heartbeat).1, [Event::Pong { exchange_time: None }]);
    let ended = r#"{"event":"bts:unsubscription_succeeded","channel":"diff_order_book_btcusd","data":{}}"#;
    assert_eq!(told(ended).1, [Event::Unsubscribed(symbol("BTC/USD"))]);
    for unknown in [r#"{"event":"dance"}"#, r#"{"event":"order_created","channel":"live_orders_btcusd","data":{}}"#] {
        assert_eq!(told(unknown), (Ok(Receipt::Unknown), vec![]), "{unknown}");
    }
    for malformed in ["", "[]", "{}", r#"{"event":"trade","channel":"live_trades_btcusd","data":{}}"#] {
        assert!(matches!(told(malformed).0, Err(FrameError::Malformed { .. })), "{malformed}");
    }
    let huge = " ".repeat((16 << 20) + 1);
    assert!(matches!(told(&huge).0, Err(FrameError::TooLarge { .. })));
}

proptest! {
    /// Wherever the snapshot is taken and whenever it arrives, the book ends as a plain map would.
    #[test]
    fn books_equal_the_naive_model(
        changes in prop::collection::vec((any::<bool>(), 1i64..30, 0i64..6), 1..80),
        taken in 1usize..80,
        delay in 0usize..80,
    ) {
        let taken = taken.min(changes.len());
        let arrives = (taken + delay).min(changes.len());
        let (mut bitstamp, mut market, mut events) = (bitstamp(), Market::default(), Vec::new());
        let (mut model, mut snapshot) = ([BTreeMap::new(), BTreeMap::new()], String::new());
        bitstamp.receive(&begun("btcusd"), AT, &mut events).unwrap();
        for at in 0..=changes.len() {
            if at == taken {
                let [bids, asks] = [&model[0], &model[1]].map(|side: &BTreeMap<i64, i64>| {
                    let levels: Vec<_> = side.iter().map(|(p, q)| format!(r#"["{p}.5","{q}.00"]"#)).collect();
                    format!("[{}]", levels.join(","))
                });
                snapshot = levels(taken as u64, &bids, &asks);
            }
            if at == arrives {
                let url = "https://www.bitstamp.net/api/v2/order_book/btcusd/";
                bitstamp.fetched(url, &snapshot, AT, &mut events).unwrap();
            }
            let Some((bid, price, quantity)) = changes.get(at) else { break };
            let side = &mut model[usize::from(!bid)];
            match quantity {
                0 => side.remove(price),
                quantity => side.insert(*price, *quantity),
            };
            let level = format!(r#"[["{price}.5","{quantity}.00"]]"#);
            let (bids, asks) = if *bid { (level.as_str(), "[]") } else { ("[]", level.as_str()) };
            let data = levels(at as u64 + 1, bids, asks);
            let frame = format!(r#"{{"data":{data},"channel":"diff_order_book_btcusd","event":"data"}}"#);
            bitstamp.receive(&frame, AT, &mut events).unwrap();
        }
        for event in events {
            market.apply(VenueId::Bitstamp, event, AT);
        }
        let book = &market.listing(VenueId::Bitstamp, &symbol("BTC/USD")).unwrap().book;
        prop_assert_eq!(book.standing(), &Standing::Live);
        for (side, model) in [(Side::Bid, &model[0]), (Side::Ask, &model[1])] {
            let ours: BTreeMap<_, _> = book.levels(side).map(|l| (l.price.get(), l.quantity.get())).collect();
            let theirs = model.iter().map(|(p, q)| (Decimal::new(p * 10 + 5, 1), Decimal::from(*q))).collect();
            prop_assert_eq!(ours, theirs);
        }
    }
}
