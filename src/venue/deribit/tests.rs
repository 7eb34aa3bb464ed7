//! Deribit's messages in the shapes of its documentation, and what its chain of changes can show.

use super::*;
use crate::market::{Applied, Book};
use crate::venue::splice::tests_support::drawn;
use proptest::prelude::*;

fn deribit() -> Deribit {
    Deribit::new(&ENDPOINTS[0].address(None, None))
}

fn told(deribit: &mut Deribit, frame: &str) -> (Result<Receipt, FrameError>, Vec<Event>) {
    let mut events = Vec::new();
    let receipt = deribit.receive(frame, Timestamp::from_secs(1), &mut events);
    (receipt, events)
}

fn frame(kind: &str, previous: Option<u64>, number: u64, bids: &str) -> String {
    let previous = previous.map(|previous| format!(r#""prev_change_id":{previous},"#)).unwrap_or_default();
    format!(
        r#"{{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"book.BTC-PERPETUAL.100ms","data":{{"type":"{kind}","timestamp":1626993723632,{previous}"instrument_name":"BTC-PERPETUAL","change_id":{number},"bids":[{bids}],"asks":[["new",5042.64,40.0]]}}}}}}"#
    )
}

fn update(deribit: &mut Deribit, frame: &str) -> BookUpdate {
    match told(deribit, frame).1.pop() {
        Some(Event::Book { update, .. }) => update,
        other => panic!("{other:?}"),
    }
}

#[test]
fn changes_follow_the_change_that_they_name() {
    let (mut venue, mut book, at) = (deribit(), Book::new(), Timestamp::from_secs(1));
    let snapshot = frame("snapshot", None, 10, r#"["new",5042.34,30.0],["new",5041.94,20.0]"#);
    assert_eq!(book.apply(&update(&mut venue, &snapshot), at), Applied::Applied);
    let change = frame("change", Some(10), 12, r#"["delete",5041.94,20.0],["change",5042.34,7.0]"#);
    assert_eq!(book.apply(&update(&mut venue, &change), at), Applied::Applied);
    assert_eq!((book.levels(Side::Bid).len(), book.best(Side::Bid).unwrap().quantity), (1, "7".parse().unwrap()));
    let gap = book.apply(&update(&mut venue, &frame("change", Some(13), 14, "")), at);
    assert!(matches!(gap, Applied::NeedsResync(_)));
    assert!(told(&mut venue, &frame("change", None, 15, "")).0.is_err(), "a change that follows nothing");
}

#[test]
fn a_grouped_book_is_whole() {
    let grouped = r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.ETH-PERPETUAL.100.1.100ms","data":{"timestamp":1554375447971,"instrument_name":"ETH-PERPETUAL","change_id":109615,"bids":[[160,40]],"asks":[[161,20]]}}}"#;
    assert!(update(&mut deribit(), grouped).snapshot);
}

#[test]
fn tickers_tell_marks_and_trades_their_number() {
    let mut venue = deribit();
    let (_, events) = told(
        &mut venue,
        r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"ticker.BTC-PERPETUAL.100ms","data":{"timestamp":1623060194301,"stats":{"volume_usd":284061480,"volume":7871.02139035,"price_change":0.7229,"low":35213.5,"high":36824.5},"state":"open","settlement_price":35923.17,"open_interest":502097590,"min_price":35898.37,"mark_price":36446.51,"last_price":36457.5,"instrument_name":"BTC-PERPETUAL","index_price":36441.64,"funding_8h":0.0000211,"current_funding":-1.5e-05,"best_bid_price":36442.5,"best_ask_price":0.0}}}"#,
    );
    let [Event::Mark { mark, .. }, Event::Ticker { ticker, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((mark.funding, ticker.ask), ("-0.0015".parse().ok(), None));
    let (_, events) = told(
        &mut venue,
        r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"trades.BTC-PERPETUAL.100ms","data":[{"trade_seq":30289442,"trade_id":"48079269","timestamp":1590484512188,"tick_direction":2,"price":8950.0,"mark_price":8948.9,"instrument_name":"BTC-PERPETUAL","index_price":8955.88,"direction":"sell","amount":10.0}]}}"#,
    );
    assert!(matches!(&events[0], Event::Trades { trades, .. } if trades[0].id == Some(30_289_442)));
    let (_, events) = told(
        &mut venue,
        r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"chart.trades.BTC-PERPETUAL.1","data":{"volume":0.05219351,"tick":1573645080000,"open":8869.79,"low":8788.25,"high":8870.31,"cost":460,"close":8791.25}}}"#,
    );
    assert!(matches!(&events[0], Event::Candle { interval: Interval::Minute1, .. }));
}

#[test]
fn the_venue_is_answered_when_it_asks_for_a_sign_of_life() {
    let mut venue = deribit();
    let frame = r#"{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}"#;
    assert_eq!(told(&mut venue, frame).1, [Event::Heartbeat]);
    assert!(venue.outgoing()[0].frame().unwrap().contains("public/test"));
}

#[test]
fn what_is_not_in_the_answer_was_not_granted() {
    let mut venue = deribit();
    let stream = |symbol: &str| Subscription { symbol: symbol.parse().unwrap(), channel: Channel::Trades };
    let wanted = [stream("BTC/USD:BTC"), stream("XYZ/USD:XYZ")];
    venue.subscribe(&wanted);
    let (_, events) = told(&mut venue, r#"{"jsonrpc":"2.0","id":1,"result":["trades.BTC-PERPETUAL.100ms"]}"#);
    let [Event::Subscribed(granted), Event::Rejected { symbol: Some(refused), .. }] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!((granted, refused.as_str()), (&wanted[0], "XYZ/USD:XYZ"));
    let (_, events) = told(&mut venue, r#"{"jsonrpc":"2.0","id":9,"result":1550147385946,"usIn":1}"#);
    assert_eq!(events, [Event::Pong { exchange_time: Some(Timestamp::from_millis(1_550_147_385_946)) }]);
    let (_, events) =
        told(&mut venue, r#"{"jsonrpc":"2.0","id":9,"error":{"message":"too_many_requests","code":10028}}"#);
    assert_eq!(events, [Event::Rejected { symbol: None, reason: "too_many_requests".into() }]);
}

#[test]
fn names_go_both_ways() {
    for (name, symbol) in [
        ("BTC-PERPETUAL", "BTC/USD:BTC"),
        ("SOL_USDC-PERPETUAL", "SOL/USDC:USDC"),
        ("BTC-24JUN22", "BTC/USD:BTC-220624"),
        ("BTC-24JUN22-15000-C", "BTC/USD:BTC-220624-15000-C"),
        ("XRP_USDC-5JAN24-0d55-P", "XRP/USDC:USDC-240105-0.55-P"),
        ("BTC_USDC", "BTC/USDC"),
    ] {
        let unified = unified(name).unwrap();
        assert_eq!((unified.as_str(), native(&unified).as_deref()), (symbol, Some(name)));
    }
    for name in ["BTC", "", "BTC-FS-24JUN22_PERP", "BTC-24JUN22-15000-X", "BTC-NEVER"] {
        assert_eq!(unified(name), None, "{name}");
    }
}

#[test]
fn the_list_of_instruments_brings_steps() {
    let mut events = Vec::new();
    let list = r#"{"jsonrpc":"2.0","result":[{"instrument_name":"BTC-PERPETUAL","tick_size":0.5,"min_trade_amount":10,"is_active":true},{"instrument_name":"BTC-FS-1_PERP","tick_size":0.5,"min_trade_amount":10,"is_active":true}]}"#;
    deribit().fetched("https://x/get_instruments?currency=any", list, Timestamp::from_secs(1), &mut events).unwrap();
    let Event::Instruments(of) = &events[0] else { panic!() };
    assert_eq!((of.len(), of[0].precision), (1, Precision { price: 1, quantity: 0 }));
}

#[test]
fn what_is_broken_is_an_error() {
    let mut venue = deribit();
    for bids in [r#"["old",1,2]"#, r#"["new",1]"#, r#"["new","x",1]"#, r#"["new",1,2"#] {
        assert!(told(&mut venue, &frame("snapshot", None, 1, bids)).0.is_err(), "{bids}");
    }
    assert!(told(&mut venue, &frame("sketch", None, 1, "")).0.is_err());
    assert_eq!(told(&mut venue, r#"{"jsonrpc":"2.0","method":"weather"}"#).0, Ok(Receipt::Unknown));
}

proptest! {
    #[test]
    fn any_rhythm_equals_the_naive_model(story in drawn()) {
        let (mut venue, mut book) = (deribit(), Book::new());
        for count in story.taken..=story.changes.len() {
            let snapshot = count == story.taken || count == story.arrives;
            let levels = if snapshot { story.before(count) } else { vec![story.changes[count - 1]] };
            let action = |quantity: i64| if quantity == 0 { "delete" } else { "change" };
            let levels: Vec<_> = levels.iter().map(|(p, q)| format!(r#"["{}",{p},{q}.0]"#, action(*q))).collect();
            let (kind, previous) = if snapshot { ("snapshot", None) } else { ("change", Some(count as u64 + 4)) };
            let frame = frame(kind, previous, count as u64 + 5, &levels.join(","));
            prop_assert_eq!(book.apply(&update(&mut venue, &frame), Timestamp::from_secs(1)), Applied::Applied);
        }
        prop_assert_eq!(story.shown(&book, 0), story.before(story.changes.len()));
    }
}
