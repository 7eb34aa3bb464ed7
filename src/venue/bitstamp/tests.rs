//! Bitstamp's messages in the shapes of its documentation, and what is done where nothing shows a loss.

use super::*;
use crate::market::{Applied, Book};
use crate::venue::splice::tests_support::drawn;
use proptest::prelude::*;

fn bitstamp() -> Bitstamp {
    Bitstamp::new(&ENDPOINTS[0].address(None, None))
}

fn told(bitstamp: &mut Bitstamp, frame: &str) -> (Result<Receipt, FrameError>, Vec<Event>) {
    let mut events = Vec::new();
    let receipt = bitstamp.receive(frame, Timestamp::from_secs(1), &mut events);
    (receipt, events)
}

fn difference(micros: u64, bids: &str) -> String {
    format!(
        r#"{{"data":{{"timestamp":"1641343691","microtimestamp":"{micros}","bids":[{bids}],"asks":[]}},"channel":"diff_order_book_xlmgbp","event":"data"}}"#
    )
}

fn snapshot(micros: u64, bids: &str) -> String {
    format!(r#"{{"timestamp": "1641343695", "microtimestamp": "{micros}", "bids": [{bids}], "asks": []}}"#)
}

const URL: &str = "https://www.bitstamp.net/api/v2/order_book/xlmgbp/";

#[test]
fn differences_that_are_in_the_snapshot_are_left_out() {
    let (mut venue, mut events, mut book) = (bitstamp(), Vec::new(), Book::new());
    told(&mut venue, &difference(100, r#"["0.2","9"]"#)).0.unwrap();
    told(&mut venue, &difference(200, r#"["0.3","1"]"#)).0.unwrap();
    venue.fetched(URL, &snapshot(150, r#"["0.20820", "5.00000000"]"#), Timestamp::from_secs(2), &mut events).unwrap();
    for event in &events {
        let Event::Book { symbol, update } = event else { panic!() };
        assert_eq!(symbol.as_str(), "XLM/GBP");
        assert_eq!(book.apply(update, Timestamp::from_secs(2)), Applied::Applied);
    }
    assert_eq!(book.levels(Side::Bid).len(), 2);
    assert_eq!(told(&mut venue, &difference(200, "")).1, [], "what came before is not news");
}

#[test]
fn a_difference_that_cannot_be_read_puts_its_book_in_doubt() {
    let mut venue = bitstamp();
    for name in ["xlmgbp", "btcusd"] {
        let url = format!("https://www.bitstamp.net/api/v2/order_book/{name}");
        venue.fetched(&url, &snapshot(10, ""), Timestamp::from_secs(1), &mut Vec::new()).unwrap();
    }
    let symbol: Symbol = "XLM/GBP".parse().unwrap();
    let (receipt, events) = told(&mut venue, &difference(100, r#"["0.2"]"#));
    assert!(receipt.is_err());
    assert_eq!(events, [Event::Doubt { symbols: vec![symbol.clone()], reason: Desync::Unreadable }]);
    assert_eq!(told(&mut venue, &difference(200, "")).1, [], "held for the next snapshot");
    assert_eq!(venue.resync(&symbol), [Outgoing::Get(URL.into())]);
    let (_, events) = told(&mut venue, "{\"data\":");
    assert!(matches!(&events[0], Event::Doubt { symbols, .. } if symbols.len() == 2), "it does not say whose it is");
    let trade = r#"{"data":{},"channel":"live_trades_xlmgbp","event":"trade"}"#;
    assert_eq!(told(&mut venue, trade).1, [], "a trade changes no book");
}

#[test]
fn trades_answers_and_notices_are_read() {
    let mut venue = bitstamp();
    let (_, events) = told(
        &mut venue,
        r#"{"data":{"id":209553912,"timestamp":"1641343700","amount":12.5,"amount_str":"12.50000000","price":0.2083,"price_str":"0.20830","type":1,"microtimestamp":"1641343700521564","buy_order_id":1,"sell_order_id":2},"channel":"live_trades_xlmgbp","event":"trade"}"#,
    );
    assert!(matches!(&events[0], Event::Trades { trades, .. } if trades[0].taker == Side::Ask));
    let (_, events) =
        told(&mut venue, r#"{"event":"bts:subscription_succeeded","channel":"live_trades_xlmgbp","data":{}}"#);
    assert!(matches!(&events[0], Event::Subscribed(stream) if stream.channel == Channel::Trades));
    let (_, events) = told(&mut venue, r#"{"event":"bts:request_reconnect","channel":"","data":""}"#);
    assert!(matches!(&events[0], Event::Status { status: VenueStatus::Maintenance, message: Some(_) }));
    let (_, events) = told(
        &mut venue,
        r#"{"event":"bts:error","channel":"diff_order_book_xxxusd","data":{"code":null,"message":"Bad channel."}}"#,
    );
    assert!(matches!(&events[0], Event::Rejected { reason, .. } if reason == "Bad channel."));
    assert_eq!(told(&mut venue, r#"{"event":"weather"}"#).0, Ok(Receipt::Unknown));
}

#[test]
fn a_book_is_subscribed_and_fetched() {
    let mut venue = bitstamp();
    let stream = |channel| Subscription { symbol: "BTC/USD".parse().unwrap(), channel };
    let outgoing = venue.connected(&[stream(Channel::Book { depth: 10 }), stream(Channel::Ticker)]);
    assert_eq!(
        outgoing[0].frame().unwrap(),
        r#"{"data":{"channel":"diff_order_book_btcusd"},"event":"bts:subscribe"}"#
    );
    assert_eq!(outgoing[1], Outgoing::Get("https://www.bitstamp.net/api/v2/order_book/btcusd/".into()));
    assert_eq!(outgoing.len(), 3);
    let list = r#"[{"name":"BTC/USD","url_symbol":"btcusd","base_decimals":8,"counter_decimals":0,"trading":"Enabled","minimum_order":"10 USD"}]"#;
    let mut events = Vec::new();
    venue.fetched("https://x/api/v2/trading-pairs-info/", list, Timestamp::from_secs(1), &mut events).unwrap();
    assert!(matches!(&events[0], Event::Instruments(of) if of[0].precision == Precision { price: 0, quantity: 8 }));
}

proptest! {
    #[test]
    fn any_interleaving_equals_the_naive_model(story in drawn()) {
        let (mut venue, mut book, mut events) = (bitstamp(), Book::new(), Vec::new());
        let level = |(price, quantity): &(i64, i64)| format!(r#"["{price}","{quantity}"]"#);
        for (at, change) in story.changes.iter().enumerate() {
            if at == story.arrives {
                let levels: Vec<_> = story.before(story.taken).iter().map(level).collect();
                let body = snapshot(story.taken as u64, &levels.join(","));
                venue.fetched(URL, &body, Timestamp::from_secs(1), &mut events).unwrap();
            }
            venue.receive(&difference(at as u64 + 1, &level(change)), Timestamp::from_secs(1), &mut events).unwrap();
        }
        for event in &events {
            let Event::Book { update, .. } = event else { panic!() };
            book.apply(update, Timestamp::from_secs(1));
        }
        if story.arrives < story.changes.len() {
            prop_assert_eq!(story.shown(&book, 0), story.before(story.changes.len()));
        }
    }
}
