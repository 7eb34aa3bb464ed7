//! Kraken Futures' messages in the shapes of its documentation, and what its count can show.

use super::*;
use crate::market::{Applied, Book};
use crate::venue::splice::tests_support::drawn;
use proptest::prelude::*;

fn venue() -> KrakenFutures {
    KrakenFutures::new(&ENDPOINTS[0].address(None, None))
}

fn told(venue: &mut KrakenFutures, frame: &str) -> (Result<Receipt, FrameError>, Vec<Event>) {
    let mut events = Vec::new();
    let receipt = venue.receive(frame, Timestamp::from_secs(1), &mut events);
    (receipt, events)
}

fn snapshot(number: u64, bids: &str) -> String {
    format!(
        r#"{{"feed":"book_snapshot","product_id":"PI_XBTUSD","timestamp":1612269825817,"seq":{number},"tickSize":null,"bids":[{bids}],"asks":[{{"price":34911.5,"qty":20598.0}}]}}"#
    )
}

fn level(number: u64, price: &str, quantity: &str) -> String {
    format!(
        r#"{{"feed":"book","product_id":"PI_XBTUSD","side":"buy","seq":{number},"price":{price},"qty":{quantity},"timestamp":1612269953629}}"#
    )
}

fn update(venue: &mut KrakenFutures, frame: &str) -> BookUpdate {
    match told(venue, frame).1.pop() {
        Some(Event::Book { update, .. }) => update,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_book_changes_level_by_level_and_number_by_number() {
    let (mut venue, mut book, at) = (venue(), Book::new(), Timestamp::from_secs(1));
    assert_eq!(
        book.apply(&update(&mut venue, &snapshot(7, r#"{"price":34892.5,"qty":6385.0}"#)), at),
        Applied::Applied
    );
    assert_eq!(book.apply(&update(&mut venue, &level(8, "34892.5", "0.0")), at), Applied::Applied);
    assert_eq!(book.levels(Side::Bid).len(), 0);
    assert!(matches!(book.apply(&update(&mut venue, &level(10, "34892.5", "1.0")), at), Applied::NeedsResync(_)));
}

#[test]
fn trades_come_oldest_first_and_tickers_tell_the_mark() {
    let mut venue = venue();
    let trade = |number: u64| {
        format!(
            r#"{{"feed":"trade","product_id":"PI_XBTUSD","uid":"x","side":"sell","type":"fill","seq":{number},"time":1612269657781,"qty":440.0,"price":34893.0}}"#
        )
    };
    let all = format!(r#"{{"feed":"trade_snapshot","product_id":"PI_XBTUSD","trades":[{},{}]}}"#, trade(9), trade(8));
    let (_, events) = told(&mut venue, &all);
    assert!(matches!(&events[0], Event::Trades { trades, .. } if trades[0].id == Some(8)));
    let (_, events) = told(
        &mut venue,
        r#"{"time":1612270825253,"product_id":"PI_XBTUSD","funding_rate":2.18900669884E-7,"relative_funding_rate":0.000060779960000000,"next_funding_rate_time":1612281600000,"feed":"ticker","bid":34832.5,"ask":34847.5,"bid_size":42864,"ask_size":2300,"volume":262306237,"index":34803.45,"last":34852,"change":2.995109121267192,"premium":0.1,"markPrice":34844.25,"openInterest":107706940}"#,
    );
    let [Event::Mark { mark, .. }, Event::Ticker { .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(mark.funding, "0.006077996".parse().ok());
}

#[test]
fn answers_and_requests() {
    let mut venue = venue();
    let stream = |channel| Subscription { symbol: "BTC/USD:BTC".parse().unwrap(), channel };
    let outgoing = venue.subscribe(&[stream(Channel::Book { depth: 10 })]);
    assert_eq!(outgoing[0].frame().unwrap(), r#"{"event":"subscribe","feed":"book","product_ids":["PI_XBTUSD"]}"#);
    let (_, events) = told(&mut venue, r#"{"event":"subscribed","feed":"trade","product_ids":["PI_XBTUSD"]}"#);
    assert_eq!(events, [Event::Subscribed(stream(Channel::Trades))]);
    let (_, events) = told(&mut venue, r#"{"event":"alert","message":"Bad websocket message"}"#);
    assert_eq!(events, [Event::Rejected { symbol: None, reason: "Bad websocket message".into() }]);
    assert_eq!(told(&mut venue, r#"{"feed":"heartbeat","time":1534262350627}"#).1, [Event::Heartbeat]);
    assert_eq!(told(&mut venue, r#"{"feed":"weather"}"#).0, Ok(Receipt::Unknown));
    for frame in ["", r#"{"feed":"book","product_id":"PI_XBTUSD"}"#, &level(1, "1", "1").replace("buy", "both")] {
        assert!(told(&mut venue, frame).0.is_err(), "{frame}");
    }
}

#[test]
fn names_go_both_ways() {
    for (product, symbol) in [
        ("PI_XBTUSD", "BTC/USD:BTC"),
        ("PF_ETHUSD", "ETH/USD:USD"),
        ("FI_BCHUSD_210730", "BCH/USD:BCH-210730"),
        ("FF_XBTUSD_240628", "BTC/USD:USD-240628"),
    ] {
        let unified = unified(product).unwrap();
        assert_eq!((unified.as_str(), native(&unified).as_deref()), (symbol, Some(product)));
    }
    assert_eq!((unified("in_xbtusd"), unified("PI_"), unified("")), (None, None, None));
}

#[test]
fn the_list_of_instruments_brings_steps() {
    let list = r#"{"result":"success","instruments":[{"symbol":"PF_XBTUSD","type":"flexible_futures","tickSize":0.5,"contractValueTradePrecision":4,"tradeable":true},{"symbol":"in_xbtusd","type":"spot index","tradeable":false}]}"#;
    let mut events = Vec::new();
    venue().fetched("https://x/derivatives/api/v3/instruments", list, Timestamp::from_secs(1), &mut events).unwrap();
    let Event::Instruments(of) = &events[0] else { panic!() };
    assert_eq!((of.len(), of[0].precision), (1, Precision { price: 1, quantity: 4 }));
}

proptest! {
    #[test]
    fn any_rhythm_equals_the_naive_model(story in drawn()) {
        let (mut venue, mut book) = (venue(), Book::new());
        for count in story.taken..=story.changes.len() {
            let number = count as u64 + 2;
            let frame = if count == story.taken || count == story.arrives {
                let named = |(p, q): &(i64, i64)| format!(r#"{{"price":{p},"qty":{q}.0}}"#);
                snapshot(number, &story.before(count).iter().map(named).collect::<Vec<_>>().join(","))
            } else {
                let (price, quantity) = story.changes[count - 1];
                level(number, &price.to_string(), &format!("{quantity}.0"))
            };
            prop_assert_eq!(book.apply(&update(&mut venue, &frame), Timestamp::from_secs(1)), Applied::Applied);
        }
        prop_assert_eq!(story.shown(&book, 0), story.before(story.changes.len()));
    }
}
