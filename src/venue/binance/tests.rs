//! Binance's messages in the shapes of its documentation, and a book that is joined to its snapshot.

use super::*;
use crate::market::{Applied, Book, Interval, Sequence};
use crate::money::Fixed;
use crate::venue::splice::tests_support::drawn;
use proptest::prelude::*;

fn binance(venue: VenueId) -> Binance {
    Binance::new(venue, &manners_address(venue))
}

fn manners_address(venue: VenueId) -> Address {
    Binance::new(venue, &Address::default()).manners().endpoints[0].address(None, None)
}

fn told(binance: &mut Binance, frame: &str) -> (Result<Receipt, FrameError>, Vec<Event>) {
    let mut events = Vec::new();
    let receipt = binance.receive(frame, Timestamp::from_secs(1), &mut events);
    (receipt, events)
}

fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

fn difference(first: u64, last: u64, bids: &str) -> String {
    format!(
        r#"{{"stream":"bnbbtc@depth@100ms","data":{{"e":"depthUpdate","E":1672515782136,"s":"BNBBTC","U":{first},"u":{last},"b":[{bids}],"a":[["0.0026","100"]]}}}}"#
    )
}

const SNAPSHOT: &str = r#"{"lastUpdateId":160,"bids":[["0.0024","10"]],"asks":[["0.0026","100"]]}"#;
const URL: &str = "https://api.binance.com/api/v3/depth?symbol=BNBBTC&limit=1000";

#[test]
fn a_book_begins_with_its_snapshot_and_what_was_held() {
    let mut spot = binance(VenueId::Binance);
    assert_eq!(told(&mut spot, &difference(157, 160, r#"["0.0020","1"]"#)).1, []);
    assert_eq!(told(&mut spot, &difference(161, 165, r#"["0.0023","7"]"#)).1, []);
    let (mut events, mut book) = (Vec::new(), Book::new());
    spot.fetched(URL, SNAPSHOT, Timestamp::from_secs(2), &mut events).unwrap();
    for event in events {
        let Event::Book { symbol: of, update } = event else { panic!("{event:?}") };
        assert_eq!(of, symbol("BNB/BTC"));
        assert_eq!(book.apply(&update, Timestamp::from_secs(2)), Applied::Applied);
    }
    assert_eq!((book.levels(Side::Bid).len(), book.sequence()), (2, Some(165)));
    let (_, events) = told(&mut spot, &difference(170, 171, ""));
    let Event::Book { update, .. } = &events[0] else { panic!() };
    assert_eq!(update.sequence, Some(Sequence { previous: Some(169), last: 171 }));
    assert!(matches!(book.apply(update, Timestamp::from_secs(3)), Applied::NeedsResync(_)));
    assert_eq!(spot.resync(&symbol("BNB/BTC")), [Outgoing::Get(URL.into())]);
}

#[test]
fn a_snapshot_from_before_the_stream_is_fetched_again() {
    let mut spot = binance(VenueId::Binance);
    told(&mut spot, &difference(170, 175, "")).0.unwrap();
    let mut events = Vec::new();
    spot.fetched(URL, SNAPSHOT, Timestamp::from_secs(2), &mut events).unwrap();
    assert_eq!((events.len(), spot.outgoing()), (0, vec![Outgoing::Get(URL.into())]));
    assert_eq!(spot.outgoing(), []);
}

#[test]
fn futures_are_chained_by_the_number_before() {
    let mut futures = binance(VenueId::BinanceFutures);
    let frame = |first, last, previous| {
        format!(
            r#"{{"e":"depthUpdate","E":1571889248277,"T":1571889248276,"s":"BTCUSDT","U":{first},"u":{last},"pu":{previous},"b":[["0.0024","10"]],"a":[]}}"#
        )
    };
    told(&mut futures, &frame(150, 165, 149)).0.unwrap();
    let mut events = Vec::new();
    let url = "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000";
    futures.fetched(url, SNAPSHOT, Timestamp::from_secs(2), &mut events).unwrap();
    let sequences: Vec<_> = events
        .iter()
        .map(|event| match event {
            Event::Book { symbol: of, update } if *of == symbol("BTC/USDT:USDT") => update.sequence,
            other => panic!("{other:?}"),
        })
        .collect();
    let at = |previous, last| Some(Sequence { previous, last });
    assert_eq!(sequences, [at(None, 160), at(Some(160), 165)]);
    let (_, events) = told(&mut futures, &frame(168, 170, 165));
    assert!(matches!(&events[0], Event::Book { update, .. } if update.sequence == at(Some(165), 170)));
}

#[test]
fn the_other_streams_are_read() {
    let mut spot = binance(VenueId::Binance);
    let (_, events) = told(
        &mut spot,
        r#"{"stream":"bnbbtc@trade","data":{"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100","b":88,"a":50,"T":1672515782136,"m":true,"M":true}}"#,
    );
    let Event::Trades { trades, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((trades[0].id, trades[0].taker), (Some(12_345), Side::Ask));
    let (_, events) = told(
        &mut spot,
        r#"{"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}"#,
    );
    let Event::Ticker { symbol: of, ticker, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((of.as_str(), ticker.bid), ("BNB/USDT", "25.3519".parse().ok()));
    let (_, events) = told(
        &mut spot,
        r#"{"e":"kline","E":1672515782136,"s":"BNBBTC","k":{"t":1672515780000,"T":1672515839999,"s":"BNBBTC","i":"1m","f":100,"L":200,"o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0015","v":"1000","n":100,"x":false}}"#,
    );
    assert!(matches!(&events[0], Event::Candle { interval: Interval::Minute1, .. }));
    let (_, events) = told(
        &mut spot,
        r#"{"e":"24hrTicker","E":1672515782136,"s":"BNBBTC","p":"0.0015","P":"250.00","w":"0.0018","x":"0.0009","c":"0.0025","Q":"10","b":"0.0024","B":"10","a":"0.0026","A":"100","o":"0.0010","h":"0.0025","l":"0.0010","v":"10000","q":"18"}"#,
    );
    assert!(matches!(&events[0], Event::Ticker { ticker, .. } if ticker.change == "250".parse().ok()));
    let mut futures = binance(VenueId::BinanceFutures);
    let (_, events) = told(
        &mut futures,
        r#"{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT","p":"11794.15","i":"11784.62","P":"11784.25","r":"0.00038167","T":1562306400000}}"#,
    );
    let Event::Mark { mark, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!(mark.funding, "0.038167".parse().ok());
}

#[test]
fn answers_tell_what_was_granted_and_what_was_not() {
    let mut spot = binance(VenueId::Binance);
    let stream = Subscription { symbol: symbol("BTC/USDT"), channel: Channel::Trades };
    let outgoing = spot.subscribe(std::slice::from_ref(&stream));
    assert_eq!(outgoing[0].frame().unwrap(), r#"{"id":1,"method":"SUBSCRIBE","params":["btcusdt@trade"]}"#);
    assert_eq!(told(&mut spot, r#"{"result":null,"id":1}"#).1, [Event::Subscribed(stream.clone())]);
    spot.subscribe(&[stream]);
    let (_, events) = told(&mut spot, r#"{"error":{"code":2,"msg":"Invalid request:\u001b[2J bad"},"id":2}"#);
    let reason = "Invalid request:[2J bad".to_owned();
    assert_eq!(events, [Event::Rejected { symbol: Some(symbol("BTC/USDT")), reason }]);
}

#[test]
fn the_list_of_instruments_brings_steps_and_names() {
    let mut spot = binance(VenueId::Binance);
    let list = r#"{"timezone":"UTC","symbols":[{"symbol":"ODDNAME","status":"TRADING","baseAsset":"ODD","quoteAsset":"NAME","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01","tickSize":"0.01000000"},{"filterType":"LOT_SIZE","minQty":"0.00001000","stepSize":"0.00001000"}]}]}"#;
    let mut events = Vec::new();
    spot.fetched("https://x/api/v3/exchangeInfo", list, Timestamp::from_secs(1), &mut events).unwrap();
    let Event::Instruments(of) = &events[0] else { panic!() };
    assert_eq!((of[0].symbol.as_str(), of[0].precision), ("ODD/NAME", Precision { price: 2, quantity: 5 }));
    assert_eq!((of[0].tick, of[0].minimum), ("0.01".parse().ok(), "0.00001".parse().ok()));
    assert_eq!(spot.venue_symbol(&symbol("ODD/NAME")).as_deref(), Some("ODDNAME"));
}

#[test]
fn names_by_the_rule() {
    for (name, unified) in
        [("BTCUSDT", "BTC/USDT"), ("BNBBTC", "BNB/BTC"), ("BTCTUSD", "BTC/TUSD"), ("BTCUSD", "BTC/USD")]
    {
        assert_eq!(pair(name).unwrap().as_str(), unified);
    }
    assert_eq!(contract("BTCUSDT_240628").unwrap().as_str(), "BTC/USDT:USDT-240628");
    assert_eq!(binance(VenueId::BinanceFutures).name(&symbol("BTC/USDT:USDT-240628")), "BTCUSDT_240628");
    assert_eq!(pair("USDT"), None);
}

#[test]
fn what_is_broken_or_unknown_is_told_apart() {
    let mut spot = binance(VenueId::Binance);
    assert_eq!(told(&mut spot, r#"{"stream":"x","data":{"e":"weather"}}"#).0, Ok(Receipt::Unknown));
    for frame in [
        "",
        "[]",
        r#"{"stream":"x""#,
        r#"{"e":"depthUpdate","E":1,"s":"BNBBTC","U":1,"u":2,"b":[["1","2"]]}"#,
        r#"{"e":"depthUpdate","E":1,"s":"BNBBTC","U":1,"u":2,"b":[["1","-"]],"a":[]}"#,
        r#"{"e":"depthUpdate","E":99999999999999999,"s":"BNBBTC","U":1,"u":2,"b":[],"a":[]}"#,
        r#"{"e":"trade","s":"BNBBTC"}"#,
    ] {
        assert!(told(&mut spot, frame).0.is_err(), "{frame}");
    }
}

proptest! {
    /// However the differences are cut into frames and wherever the snapshot falls, the book is what a map would be.
    #[test]
    fn any_interleaving_equals_the_naive_model(story in drawn()) {
        let mut spot = binance(VenueId::Binance);
        let (mut book, mut events) = (Book::new(), Vec::new());
        let level = |(price, quantity): &(i64, i64)| format!("[\"{}\",\"{quantity}\"]", Fixed::new(*price, 4));
        for (at, change) in story.changes.iter().enumerate() {
            if at == story.arrives {
                let levels: Vec<_> = story.before(story.taken).iter().map(level).collect();
                let body = format!(r#"{{"lastUpdateId":{},"bids":[{}],"asks":[]}}"#, story.taken, levels.join(","));
                spot.fetched(URL, &body, Timestamp::from_secs(1), &mut events).unwrap();
            }
            let frame = format!(
                r#"{{"e":"depthUpdate","E":1,"s":"BNBBTC","U":{0},"u":{0},"b":[{1}],"a":[]}}"#, at + 1, level(change)
            );
            spot.receive(&frame, Timestamp::from_secs(1), &mut events).unwrap();
        }
        for event in &events {
            let Event::Book { update, .. } = event else { panic!() };
            prop_assert!(!matches!(book.apply(update, Timestamp::from_secs(1)), Applied::NeedsResync(_)));
        }
        if story.arrives < story.changes.len() {
            prop_assert_eq!(story.shown(&book, 4), story.before(story.changes.len()));
        }
    }
}
