//! Coinbase's messages in both protocols, as its documentation and its wire show them, and what must not be believed.

use super::*;
use crate::market::{Applied, Change, Interval, Level, Market, Side};
use crate::money::Fixed;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn at(stream: &str) -> Coinbase {
    Coinbase::new(&ENDPOINTS[0].address(Some(stream), None))
}

fn coinbase() -> Coinbase {
    at(ENDPOINTS[0].stream)
}

fn hear(dialect: &mut Coinbase, frame: &str) -> Vec<Event> {
    let mut events = Vec::new();
    assert_eq!(dialect.receive(frame, Timestamp::from_secs(1), &mut events), Ok(Receipt::Understood), "{frame}");
    events
}

fn told(frame: &str) -> Vec<Event> {
    hear(&mut coinbase(), frame)
}

fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

fn stream(name: &str, channel: Channel) -> Subscription {
    Subscription { symbol: symbol(name), channel }
}

fn l2(number: u64, kind: &str, product: &str, levels: &[(&str, i64, i64)]) -> String {
    let levels = levels.iter().map(|(side, price, quantity)| {
        format!(r#"{{"side":"{side}","event_time":"2026-09-07T01:57:58.894355Z","price_level":"{price}","new_quantity":"{quantity}"}}"#)
    });
    let levels = levels.collect::<Vec<_>>().join(",");
    format!(
        r#"{{"channel":"l2_data","client_id":"","timestamp":"2026-09-07T01:57:58.894355Z","sequence_num":{number},"events":[{{"type":"{kind}","product_id":"{product}","updates":[{levels}]}}]}}"#
    )
}

fn heartbeat(number: u64) -> String {
    format!(
        r#"{{"channel":"heartbeats","timestamp":"2026-09-07T23:37:22.675755362Z","sequence_num":{number},"events":[{{"current_time":"now","heartbeat_counter":139651}}]}}"#
    )
}

#[test]
fn a_book_of_advanced_trade() {
    let events = told(&l2(0, "snapshot", "BTC-PERP-INTX", &[("offer", 3, 1), ("bid", 1, 2), ("offer", 2, 0)]));
    let [Event::Book { symbol: of, update }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(*of, symbol("BTC/USDC:USDC"));
    assert_eq!((update.snapshot, update.bids.len(), update.asks.len()), (true, 1, 2));
    assert_eq!(update.exchange_time.unwrap().to_string(), "2026-09-07T01:57:58.894355Z");
    let turned = r#"{"events":[{"updates":[{"new_quantity":"1","x":[],"price_level":"2","side":"bid"}],"product_id":"A-B","type":"update"}],"sequence_num":4,"channel":"l2_data"}"#;
    assert!(
        matches!(told(turned).as_slice(), [Event::Book { update, .. }] if !update.snapshot && update.bids.len() == 1)
    );
}

#[test]
fn a_missing_number_puts_all_books_in_doubt() {
    let mut dialect = coinbase();
    for (number, product) in [(0, "BTC-USD"), (1, "ETH-USD")] {
        hear(&mut dialect, &l2(number, "snapshot", product, &[("bid", 1, 1)]));
    }
    let both = || vec![symbol("BTC/USD"), symbol("ETH/USD")];
    assert_eq!(hear(&mut dialect, &heartbeat(2)), [Event::Heartbeat]);
    assert_eq!(hear(&mut dialect, &heartbeat(2)), [], "the same again");
    let gap = |expected, got| Event::Doubt { symbols: both(), reason: Desync::Gap { expected, got } };
    assert_eq!(hear(&mut dialect, &heartbeat(4)), [gap(2, 3), Event::Heartbeat]);
    let events = hear(&mut dialect, &l2(7, "snapshot", "BTC-USD", &[("bid", 1, 1)]));
    assert!(matches!(events.as_slice(), [doubt, Event::Book { .. }] if *doubt == gap(4, 6)), "doubt first: {events:?}");
    let events = hear(&mut dialect, &l2(6, "snapshot", "BTC-USD", &[("bid", 1, 1)]));
    assert_eq!(events, [gap(7, 5)], "too late to be believed");
    let events = hear(&mut dialect, &l2(0, "snapshot", "BTC-USD", &[("bid", 1, 1)]));
    let anew = Event::Doubt { symbols: both(), reason: Desync::Disconnected };
    assert!(matches!(events.as_slice(), [doubt, Event::Book { .. }] if *doubt == anew), "{events:?}");
    dialect.connected(&[]);
    assert_eq!(hear(&mut dialect, &heartbeat(9)), [Event::Heartbeat], "another connection, another count");
}

#[test]
fn what_cannot_be_read_puts_the_books_in_doubt_that_it_may_have_been_for() {
    let mut dialect = coinbase();
    for (number, product) in [(0, "BTC-USD"), (1, "ETH-USD")] {
        hear(&mut dialect, &l2(number, "snapshot", product, &[("bid", 1, 1)]));
    }
    let whole = l2(2, "update", "ETH-USD", &[("bid", 1, 1)]);
    let now = Timestamp::from_secs(1);
    let doubted = |dialect: &mut Coinbase, frame: &str| {
        let mut events = Vec::new();
        assert!(dialect.receive(frame, now, &mut events).is_err(), "{frame}");
        match events.as_slice() {
            [Event::Doubt { symbols, reason: Desync::Unreadable }] => symbols.len(),
            [] => 0,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(doubted(&mut dialect, &whole[..whole.len() - 1]), 1);
    assert_eq!(hear(&mut dialect, &heartbeat(3)), [Event::Heartbeat], "it may have been number 2");
    assert_eq!(doubted(&mut dialect, &whole[..40]), 2);
    assert_eq!(doubted(&mut dialect, &whole.replace("\"bid\"", "\"bed\"")), 1);
    assert_eq!(doubted(&mut dialect, &heartbeat(4)[..40]), 0, "a heartbeat is no matter of the books");
    let mut exchange = at("wss://ws-feed.exchange.coinbase.com");
    hear(&mut exchange, r#"{"type":"snapshot","product_id":"BTC-USD","bids":[["1","1"]],"asks":[]}"#);
    assert_eq!(doubted(&mut exchange, r#"{"type":"l2update","product_id":"BTC-USD","changes":[["buy","1","x"]]}"#), 1);
    assert_eq!(doubted(&mut exchange, r#"{"type":"l2update","product_id":"BTC-USD","changes":[["bye","1","1"]]}"#), 1);
    assert_eq!(doubted(&mut exchange, r#"{"type":"snapshot","product_id":"BTC-USD","bids":[]}"#), 1);
    for unknown in ["{}", r#"{"type":"open"}"#, r#"{"channel":"what","sequence_num":9,"events":[]}"#] {
        assert_eq!(coinbase().receive(unknown, now, &mut Vec::new()), Ok(Receipt::Unknown), "{unknown}");
    }
}

#[test]
fn a_book_of_exchange() {
    let mut dialect = coinbase();
    let snapshot = r#"{"type":"snapshot","product_id":"BTC-USD","asks":[["10102.55","0.57753524"]],"bids":[["10101.10","0.45054140"]],"time":"2019-08-14T20:42:27.265Z"}"#;
    assert!(matches!(hear(&mut dialect, snapshot).as_slice(), [Event::Book { update, .. }] if update.snapshot));
    let update = r#"{"type":"l2update","product_id":"BTC-USD","changes":[["buy","10101.80","0.162567"],["sell","10102.55","0.00"]],"time":"2019-08-14T20:42:27.265123Z"}"#;
    let events = hear(&mut dialect, update);
    let [Event::Book { update, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((update.snapshot, update.bids.len(), update.asks.len()), (false, 1, 1));
    assert!(update.asks[0].quantity.is_zero());
}

#[test]
fn trades_come_oldest_first_and_name_the_taker() {
    let trade = |id: u64, side: &str| {
        format!(
            r#"{{"trade_id":"{id}","product_id":"ETH-USD","price":"1260.01","size":"0.3","side":"{side}","time":"2019-08-14T20:42:27.265Z"}}"#
        )
    };
    let (newer, older) = (trade(8, "BUY"), trade(7, "SELL"));
    let events = told(&format!(
        r#"{{"channel":"market_trades","client_id":"","timestamp":"2023-02-09T20:19:35.39625135Z","sequence_num":0,"events":[{{"type":"snapshot","trades":[{newer},{older}]}}]}}"#
    ));
    let [Event::Trades { trades, .. }] = events.as_slice() else { panic!("{events:?}") };
    let seen: Vec<_> = trades.iter().map(|trade| (trade.id, trade.taker)).collect();
    assert_eq!(seen, [(Some(7), Side::Bid), (Some(8), Side::Ask)], "the venue names the side of the maker");
    let events = told(
        r#"{"type":"last_match","trade_id":881613,"maker_order_id":"27","taker_order_id":"1d","side":"sell","size":"0.04","price":"14.7775","product_id":"BAND-GBP","sequence":333938798,"time":"2021-04-17T16:43:30.244075Z"}"#,
    );
    assert!(matches!(events.as_slice(), [Event::Trades { trades, .. }] if trades[0].taker == Side::Bid));
}

#[test]
fn tickers_and_candles() {
    let events = told(
        r#"{"channel":"ticker","client_id":"","timestamp":"2023-02-09T20:30:37.167359596Z","sequence_num":0,"events":[{"type":"snapshot","tickers":[{"type":"ticker","product_id":"BTC-USD","price":"21932.98","volume_24_h":"16038.28","low_24_h":"21835.29","high_24_h":"23011.18","price_percent_chg_24_h":"-4.15775596190603","best_bid":"21931.98","best_ask":""}]}]}"#,
    );
    let [Event::Ticker { ticker, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((ticker.change.unwrap().to_string().as_str(), ticker.ask), ("-4.15775596190603", None));
    let events = told(
        r#"{"type":"ticker","sequence":333938798,"product_id":"BAND-GBP","price":"15","open_24h":"12","volume_24h":"94381.28000000","low_24h":"14.3691","high_24h":"16.55","best_bid":"14.7550","best_ask":"14.8060","side":"buy","time":"2021-04-17T16:43:30.244075Z","trade_id":881613,"last_size":"0.04"}"#,
    );
    let [Event::Ticker { ticker, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(ticker.change.unwrap().to_string(), "25.00");
    let events = told(
        r#"{"channel":"candles","client_id":"","timestamp":"2023-06-09T20:19:35.39625135Z","sequence_num":0,"events":[{"type":"snapshot","candles":[{"start":"1688998200","high":"1867.72","low":"1865.63","open":"1867.38","close":"1866.81","volume":"0.20269406","product_id":"ETH-USD"}]}]}"#,
    );
    assert!(
        matches!(events.as_slice(), [Event::Candle { interval: Interval::Minute5, candle, .. }] if candle.start.secs() == 1_688_998_200)
    );
}

#[test]
fn what_is_granted_and_what_is_refused() {
    let mut dialect = coinbase();
    let book = |name| stream(name, Channel::Book { depth: request::WHOLE });
    let granted = |number: u64, what: &str| {
        format!(
            r#"{{"channel":"subscriptions","timestamp":"2026-09-07T23:37:22.278662782Z","sequence_num":{number},"events":[{{"subscriptions":{{{what}}}}}]}}"#
        )
    };
    let events = hear(&mut dialect, &granted(0, r#""level2":["BTC-USD","ETH-USD"]"#));
    assert_eq!(events, [Event::Subscribed(book("BTC/USD")), Event::Subscribed(book("ETH/USD"))]);
    let events = hear(&mut dialect, &granted(1, r#""heartbeats":["heartbeats"],"level2":["BTC-USD"]"#));
    assert_eq!(events, [Event::Unsubscribed(symbol("ETH/USD"))], "only what has changed");
    let events = told(
        r#"{"type":"subscriptions","channels":[{"name":"matches","product_ids":["BAND-GBP"]},{"name":"heartbeat"}]}"#,
    );
    assert_eq!(events, [Event::Subscribed(stream("BAND/GBP", Channel::Trades))]);
    let events =
        told(r#"{"type":"error","message":"Failed to subscribe","reason":"FOO-USD is not a valid product\u001b"}"#);
    let [Event::Rejected { symbol: Some(of), reason }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((of.as_str(), reason.as_str()), ("FOO/USD", "Failed to subscribe: FOO-USD is not a valid product"));
    assert!(matches!(told(r#"{"type":"error"}"#).as_slice(), [Event::Rejected { symbol: None, .. }]));
    assert_eq!(
        told(
            r#"{"type":"heartbeat","sequence":90,"last_trade_id":20,"product_id":"BTC-USD","time":"2014-11-07T08:19:28.464459Z"}"#
        ),
        [Event::Heartbeat]
    );
}

#[test]
fn products_tell_steps_and_whether_they_trade() {
    let advanced = r#"{"products":[{"product_id":"BTC-USD","price":"140.21","price_increment":"0.01","base_increment":"0.00000001","quote_increment":"0.01","base_min_size":"0.00000001","status":"online","trading_disabled":false,"is_disabled":false,"post_only":true},{"product_id":"ODD","base_increment":"1","price_increment":"1"}],"num_products":2}"#;
    let exchange = r#"[{"id":"BTC-USD","base_currency":"BTC","quote_currency":"USD","quote_increment":"0.01","base_increment":"0.00000001","display_name":"BTC/USD","status":"delisted","trading_disabled":false}]"#;
    for (url, body, trading) in [
        ("https://api.coinbase.com/api/v3/brokerage/market/products", advanced, Trading::Limited),
        ("https://api.exchange.coinbase.com/products", exchange, Trading::Halted),
    ] {
        let mut events = Vec::new();
        assert_eq!(coinbase().fetched(url, body, Timestamp::from_secs(1), &mut events), Ok(Receipt::Understood));
        let [Event::Instruments(listed)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].precision, Precision { price: 2, quantity: 8 });
        assert_eq!(listed[0].trading, trading);
    }
    let url = "https://api.exchange.coinbase.com/products/BTC-USD/book";
    assert_eq!(coinbase().fetched(url, "{}", Timestamp::from_secs(1), &mut Vec::new()), Ok(Receipt::Unknown));
    let status = r#"{"channel":"status","client_id":"","timestamp":"2023-02-09T20:29:49.753424311Z","sequence_num":0,"events":[{"type":"snapshot","products":[{"product_type":"SPOT","id":"BTC-USD","base_increment":"0.00000001","quote_increment":"0.01","status":"online","status_message":""}]}]}"#;
    assert!(matches!(told(status).as_slice(), [Event::Instruments(listed)] if listed[0].trading == Trading::Open));
}

#[test]
fn the_address_decides_what_is_asked() {
    let wanted = [
        stream("BTC/USD", Channel::Book { depth: 10 }),
        stream("ETH/USD", Channel::Book { depth: 10 }),
        stream("BTC/USD", Channel::Trades),
        stream("BTC/USD", Channel::Candles(Interval::Minute5)),
        stream("BTC/USD", Channel::Candles(Interval::Hour1)),
    ];
    let asked = |mut dialect: Coinbase| -> Vec<String> {
        let outgoing = dialect.connected(&wanted).into_iter();
        outgoing
            .map(|out| match out {
                Outgoing::Frame(text) | Outgoing::Get(text) => text,
            })
            .collect()
    };
    assert_eq!(
        asked(coinbase()),
        [
            "https://api.coinbase.com/api/v3/brokerage/market/products",
            r#"{"channel":"heartbeats","type":"subscribe"}"#,
            r#"{"channel":"candles","product_ids":["BTC-USD"],"type":"subscribe"}"#,
            r#"{"channel":"level2","product_ids":["BTC-USD","ETH-USD"],"type":"subscribe"}"#,
            r#"{"channel":"market_trades","product_ids":["BTC-USD"],"type":"subscribe"}"#,
        ]
    );
    for address in ["wss://ws-feed.exchange.coinbase.com", "wss://ws-feed.pro.coinbase.com"] {
        assert_eq!(
            asked(at(address)),
            [
                "https://api.exchange.coinbase.com/products",
                r#"{"channels":["heartbeat"],"product_ids":["BTC-USD","ETH-USD"],"type":"subscribe"}"#,
                r#"{"channels":["level2_batch"],"product_ids":["BTC-USD","ETH-USD"],"type":"subscribe"}"#,
                r#"{"channels":["matches"],"product_ids":["BTC-USD"],"type":"subscribe"}"#,
            ]
        );
    }
    assert!(asked(Coinbase::new(&Address::stream("ws://127.0.0.1:1"))).iter().all(|text| text.starts_with('{')));
    let again = coinbase().resync(&symbol("BTC/USD"));
    let again: Vec<_> = again.iter().filter_map(Outgoing::frame).collect();
    assert!(again[0].contains("unsubscribe") && again[1].contains(r#""type":"subscribe""#), "{again:?}");
}

proptest! {
    /// Whatever is set, changed and deleted in whichever book, the books end as plain maps would.
    #[test]
    fn random_frames_equal_the_naive_model(
        steps in prop::collection::vec((0usize..3, any::<bool>(), prop::collection::vec((1i64..40, 0i64..9), 0..6)), 0..60),
        exchange in any::<bool>(),
    ) {
        let products = ["BTC-USD", "ETH-USD", "SKL-GBP"];
        let mut models: [Option<BTreeMap<i64, i64>>; 3] = [None, None, None];
        let (mut dialect, mut market) = (coinbase(), Market::default());
        for (number, (which, snapshot, changes)) in steps.iter().enumerate() {
            let snapshot = *snapshot || models[*which].is_none();
            if snapshot {
                models[*which] = Some(BTreeMap::new());
            }
            let model = models[*which].as_mut().unwrap();
            for (price, quantity) in changes {
                match quantity {
                    0 => model.remove(price),
                    quantity => model.insert(*price, *quantity),
                };
            }
            let bids: Vec<_> = changes.iter().map(|(price, quantity)| ("bid", *price, *quantity)).collect();
            let list = |head: &str| -> String {
                let levels = changes.iter().map(|(price, quantity)| format!(r#"[{head}"{price}","{quantity}"]"#));
                levels.collect::<Vec<_>>().join(",")
            };
            let product = products[*which];
            let frame = match (exchange, snapshot) {
                (false, true) => l2(number as u64, "snapshot", product, &bids),
                (false, false) => l2(number as u64, "update", product, &bids),
                (true, true) => format!(r#"{{"type":"snapshot","product_id":"{product}","bids":[{}],"asks":[]}}"#, list("")),
                (true, false) => format!(r#"{{"type":"l2update","product_id":"{product}","changes":[{}]}}"#, list(r#""buy","#)),
            };
            for event in hear(&mut dialect, &frame) {
                let applied = market.apply(VenueId::Coinbase, event, Timestamp::from_secs(1));
                prop_assert!(!matches!(applied, Some(Applied::NeedsResync(_))));
            }
        }
        for (product, model) in products.into_iter().zip(models) {
            let Some(model) = model else { continue };
            let book = &market.listing(VenueId::Coinbase, &symbol(&product.replace('-', "/"))).unwrap().book;
            let theirs = model.iter().rev().map(|(price, quantity)| {
                Level::from(Change { price: Fixed::new(*price, 0), quantity: Fixed::new(*quantity, 0) })
            });
            prop_assert_eq!(book.levels(Side::Bid).collect::<Vec<_>>(), theirs.collect::<Vec<_>>());
        }
    }
}
