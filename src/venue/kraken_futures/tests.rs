//! Messages in the shapes that Kraken Futures documents, and what must not be believed.

use super::*;
use crate::market::{Market, Standing};
use proptest::prelude::*;

fn futures() -> KrakenFutures {
    KrakenFutures::new(&ENDPOINTS[0].address(None, None))
}

fn told(frame: &str) -> (Result<Receipt, FrameError>, Vec<Event>) {
    let mut events = Vec::new();
    let receipt = futures().receive(frame, Timestamp::from_secs(1), &mut events);
    (receipt, events)
}

fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

const SNAPSHOT: &str = r#"{"feed":"book_snapshot","product_id":"PI_XBTUSD","timestamp":1612269825817,"seq":326072249,"tickSize":null,"bids":[{"price":34892.5,"qty":6385.0},{"price":34892.0,"qty":10924.0}],"asks":[{"price":34911.5,"qty":20598.0},{"price":34912.0,"qty":2300.0}]}"#;

#[test]
fn a_book_is_a_snapshot_and_then_numbered_changes() {
    let (receipt, events) = told(SNAPSHOT);
    assert_eq!(receipt, Ok(Receipt::Understood));
    let [Event::Book { symbol: of, update }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((of, update.snapshot, update.depth), (&symbol("BTC/USD:BTC"), true, None));
    assert_eq!(update.sequence, Some(Sequence { previous: None, last: 326_072_249 }));
    assert_eq!((update.bids.len(), update.asks[1].price.to_string().as_str()), (2, "34912.0"));
    for change in [
        r#"{"feed":"book","product_id":"PI_XBTUSD","side":"sell","seq":326094134,"price":34981.0,"qty":0.0,"timestamp":1612269953629}"#,
        r#"{"timestamp":1612269953629,"added":{"x":[1]},"qty":0,"price":3.4981E+4,"seq":326094134,"side":"sell","product_id":"PI_XBTUSD","feed":"book"}"#,
    ] {
        let (receipt, events) = told(change);
        assert_eq!(receipt, Ok(Receipt::Understood));
        let [Event::Book { update, .. }] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(update.sequence, Some(Sequence { previous: Some(326_094_133), last: 326_094_134 }));
        assert!(update.bids.is_empty() && update.asks[0].quantity.is_zero());
        assert_eq!(update.asks[0].price.decimal(), "34981".parse().unwrap());
        assert_eq!(update.exchange_time, Some(Timestamp::from_millis(1_612_269_953_629)));
    }
}

#[test]
fn trades_come_oldest_first_with_the_number_that_grows() {
    let (_, events) = told(
        r#"{"feed":"trade_snapshot","product_id":"PI_XBTUSD","trades":[{"feed":"trade","product_id":"PI_XBTUSD","uid":"a","side":"sell","type":"fill","seq":655508,"time":1612269657781,"qty":440,"price":34893},{"feed":"trade","product_id":"PI_XBTUSD","uid":"b","side":"buy","type":"liquidation","seq":655507,"time":1612269656839,"qty":9643.5,"price":34891}]}"#,
    );
    let [Event::Trades { trades, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!([trades[0].id, trades[1].id], [Some(655_507), Some(655_508)]);
    assert_eq!((trades[0].taker, trades[0].quantity.to_string().as_str()), (Side::Bid, "9643.5"));
    let (_, events) = told(
        r#"{"feed":"trade","product_id":"PF_XBTUSD","uid":"c","side":"sell","type":"fill","seq":653355,"time":1612266317519,"qty":0.0002,"price":34969.5}"#,
    );
    let [Event::Trades { symbol: of, trades }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((of, trades[0].taker), (&symbol("BTC/USD:USD"), Side::Ask));
}

#[test]
fn a_ticker_has_the_mark_price_and_the_relative_funding() {
    let (_, events) = told(
        r#"{"time":1721213867738,"product_id":"PF_SOLUSD","funding_rate":0.0013184,"funding_rate_prediction":0.0019,"relative_funding_rate":8.060811111111e-6,"relative_funding_rate_prediction":0.000011884326,"next_funding_rate_time":1721214000000,"leverage":"50x","premium":0.1,"feed":"ticker","bid":162.74,"ask":162.75,"bid_size":23.4,"ask_size":9.5,"volume":378480.79,"dtm":0,"index":162.6634,"last":162.74,"change":3.87,"suspended":false,"tag":"perpetual","pair":"SOL:USD","openInterest":156019.07,"markPrice":162.75734404771,"maturityTime":0,"post_only":false,"volumeQuote":60666084.9734,"open":156.67,"high":163.89,"low":154.57}"#,
    );
    let [Event::Ticker { ticker, .. }, Event::Mark { mark, exchange_time, .. }] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!((ticker.high.unwrap().to_string().as_str(), ticker.vwap), ("163.89", None));
    assert_eq!(mark.mark.unwrap().to_string(), "162.75734404771");
    assert_eq!(mark.funding.unwrap(), "0.0008060811111111".parse().unwrap(), "percent for an hour");
    assert_eq!(mark.next_funding, Some(Timestamp::from_millis(1_721_214_000_000)));
    assert_eq!(*exchange_time, Some(Timestamp::from_millis(1_721_213_867_738)));
    let (_, events) = told(
        r#"{"feed":"ticker_lite","product_id":"FI_ETHUSD_210625","bid":1753.45,"ask":1760.35,"change":13.45,"premium":2.8,"volume":899100,"tag":"quarter","pair":"ETH:USD","dtm":106,"maturityTime":1624633200000}"#,
    );
    let [Event::Ticker { symbol: of, ticker, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((of, ticker.last), (&symbol("ETH/USD:ETH-210625"), None));
}

#[test]
fn acknowledgements_refusals_and_signs_of_life() {
    let (_, events) = told(r#"{"event":"subscribed","feed":"book","product_ids":["PI_XBTUSD","PF_XBTUSD"]}"#);
    let [Event::Subscribed(first), Event::Subscribed(second)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((&first.symbol, &second.symbol), (&symbol("BTC/USD:BTC"), &symbol("BTC/USD:USD")));
    let (_, events) = told(r#"{"event":"unsubscribed","feed":"trade","product_ids":["PI_XBTUSD"]}"#);
    assert_eq!(events, [Event::Unsubscribed(symbol("BTC/USD:BTC"))]);
    let (_, events) = told(r#"{"event":"error","message":"Invalid product\u001b[2J id"}"#);
    assert_eq!(events, [Event::Rejected { symbol: None, reason: "Invalid product[2J id".into() }]);
    assert_eq!(told(r#"{"feed":"heartbeat","time":1534262350627}"#).1, [Event::Heartbeat]);
    for quiet in [r#"{"event":"info","version":1}"#, r#"{"event":"subscribed","feed":"heartbeat"}"#] {
        assert_eq!(told(quiet), (Ok(Receipt::Understood), vec![]));
    }
    for unknown in ["{}", r#"{"feed":"weather"}"#, r#"{"event":"dance"}"#] {
        assert_eq!(told(unknown), (Ok(Receipt::Unknown), vec![]));
    }
}

#[test]
fn a_changed_meaning_is_an_error_with_a_name() {
    for frame in [
        "",
        "[]",
        r#"{"feed":"book","product_id":"PI_XBTUSD","side":"up","seq":2,"price":1,"qty":1}"#,
        r#"{"feed":"book","product_id":"PI_XBTUSD","side":"buy","seq":-2,"price":1,"qty":1}"#,
        r#"{"feed":"book","product_id":"PI_XBTUSD","side":"buy","seq":2,"price":null,"qty":1}"#,
        r#"{"feed":"book","product_id":"PI_XBTUSD","side":"buy","seq":2,"price":1}"#,
        r#"{"feed":"book_snapshot","product_id":"PI_XBTUSD","seq":2,"bids":[{"price":1}],"asks":[]}"#,
        r#"{"feed":"book_snapshot","product_id":"PI_XBTUSD","seq":2,"bids":[]}"#,
        r#"{"feed":"ticker"}"#,
    ] {
        assert!(matches!(told(frame).0, Err(FrameError::Malformed { .. })), "{frame}");
    }
    for frame in [
        r#"{"feed":"book","product_id":"nothing","side":"buy","seq":2,"price":1,"qty":1}"#,
        r#"{"feed":"trade","product_id":"PI_XBTUSD","side":"up","seq":2,"time":1,"price":1,"qty":1}"#,
        r#"{"feed":"ticker","product_id":"PI_XBTUSD","bid":"x"}"#,
    ] {
        assert!(matches!(told(frame).0, Err(FrameError::Field { .. })), "{frame}");
    }
    let huge = " ".repeat((16 << 20) + 1);
    assert!(matches!(told(&huge).0, Err(FrameError::TooLarge { .. })));
}

#[test]
fn an_unreadable_change_puts_its_book_in_doubt() {
    let (receipt, events) = told(r#"{"feed":"book","product_id":"PI_XBTUSD","side":"buy","seq":2,"pri"#);
    assert!(receipt.is_err());
    assert_eq!(events, [Event::Doubt { symbols: vec![symbol("BTC/USD:BTC")], reason: Desync::Unreadable }]);
}

#[test]
fn a_count_that_begins_anew_is_seen() {
    let (mut futures, mut events) = (futures(), Vec::new());
    let change = |seq: u64| {
        format!(
            r#"{{"feed":"book","product_id":"PI_XBTUSD","side":"buy","seq":{seq},"price":1,"qty":1,"timestamp":1}}"#
        )
    };
    for frame in [SNAPSHOT, &change(326_072_250), &change(326_072_250)] {
        futures.receive(frame, Timestamp::from_secs(1), &mut events).unwrap();
    }
    assert!(events.drain(..).all(|event| matches!(event, Event::Book { .. })), "the same one twice does no harm");
    for seq in [1, 2] {
        futures.receive(&change(seq), Timestamp::from_secs(1), &mut events).unwrap();
    }
    let [Event::Doubt { reason: Desync::Gap { got: 1, .. }, .. }, Event::Book { .. }] = events.as_slice() else {
        panic!("{events:?}")
    };
}

#[test]
fn contracts_are_listed_with_their_steps() {
    let body = r#"{"result":"success","serverTime":"2026-10-04T00:00:00Z","instruments":[
        {"symbol":"pi_xbtusd","type":"futures_inverse","tickSize":0.5,"contractSize":1,"tradeable":true,"contractValueTradePrecision":0,"postOnly":false},
        {"symbol":"PF_XBTUSD","type":"flexible_futures","tickSize":1,"contractSize":1,"tradeable":true,"contractValueTradePrecision":4,"postOnly":true,"minimumTradeSize":0.0001},
        {"symbol":"PF_PUMPUSD","type":"flexible_futures","tickSize":0.000001,"contractSize":1,"tradeable":false,"contractValueTradePrecision":-2},
        {"symbol":"in_xbtusd","type":"spot index","tradeable":false}]}"#;
    let mut events = Vec::new();
    let url = "https://futures.kraken.com/derivatives/api/v3/instruments";
    let receipt = futures().fetched(url, body, Timestamp::from_secs(1), &mut events);
    assert_eq!(receipt, Ok(Receipt::Understood));
    let [Event::Instruments(listed)] = events.as_slice() else { panic!("{events:?}") };
    let shown: Vec<_> = listed.iter().map(|i| (i.lot.unwrap().to_string(), i.precision, i.trading)).collect();
    assert_eq!(shown[0], ("1".into(), Precision { price: 1, quantity: 0 }, Trading::Open));
    assert_eq!(&*listed[0].venue_symbol, "PI_XBTUSD");
    assert_eq!(shown[1], ("0.0001".into(), Precision { price: 0, quantity: 4 }, Trading::Limited));
    assert_eq!(shown[2], ("100".into(), Precision { price: 6, quantity: 0 }, Trading::Halted));
    let far = body.replace("Precision\":4", "Precision\":400");
    assert!(futures().fetched(url, &far, Timestamp::from_secs(1), &mut events).is_err());
    assert_eq!(futures().fetched("https://x/y", "", Timestamp::from_secs(1), &mut events), Ok(Receipt::Unknown));
}

#[test]
fn what_is_asked_names_feeds_and_products() {
    let mut futures = futures();
    let stream = |channel| Subscription { symbol: symbol("BTC/USD:BTC"), channel };
    let outgoing = futures.connected(&[stream(Channel::Book { depth: 25 }), stream(Channel::Ticker)]);
    let expected = [
        Outgoing::Frame(r#"{"event":"subscribe","feed":"heartbeat"}"#.into()),
        Outgoing::Get("https://futures.kraken.com/derivatives/api/v3/instruments".into()),
        Outgoing::Frame(r#"{"event":"subscribe","feed":"book","product_ids":["PI_XBTUSD"]}"#.into()),
        Outgoing::Frame(r#"{"event":"subscribe","feed":"ticker","product_ids":["PI_XBTUSD"]}"#.into()),
    ];
    assert_eq!(outgoing, expected);
    let again = futures.resync(&symbol("BTC/USD:BTC"));
    assert!(again[0].frame().unwrap().contains("unsubscribe") && again[1] == expected[2]);
    assert_eq!(futures.venue_symbol(&symbol("BTC/USD:BTC")).as_deref(), Some("PI_XBTUSD"));
}

proptest! {
    /// Whatever changes come, and wherever a new snapshot comes between them, the book is what a plain map holds.
    #[test]
    fn books_equal_the_naive_model(
        changes in prop::collection::vec((any::<bool>(), 1i64..30, 0i64..6), 1..80),
        renewed in 0usize..80,
    ) {
        let (mut futures, mut market, mut model) = (futures(), Market::default(), [BTreeMap::new(), BTreeMap::new()]);
        let snapshot = |model: &[BTreeMap<i64, i64>; 2], seq| {
            let side = |levels: &BTreeMap<i64, i64>| {
                let levels = levels.iter().map(|(p, q)| format!(r#"{{"price":{p}.50,"qty":{q}.0}}"#));
                levels.collect::<Vec<_>>().join(",")
            };
            format!(r#"{{"feed":"book_snapshot","product_id":"PI_XBTUSD","timestamp":1,"seq":{seq},"bids":[{}],"asks":[{}]}}"#, side(&model[0]), side(&model[1]))
        };
        let mut frames = vec![snapshot(&model, 7)];
        for (index, (bid, price, quantity)) in changes.iter().enumerate() {
            let (side, levels) = if *bid { ("buy", &mut model[0]) } else { ("sell", &mut model[1]) };
            match quantity {
                0 => levels.remove(price),
                quantity => levels.insert(*price, *quantity),
            };
            let seq = index + 8;
            frames.push(format!(r#"{{"feed":"book","product_id":"PI_XBTUSD","side":"{side}","seq":{seq},"price":{price}.5,"qty":{quantity}.0,"timestamp":{seq}}}"#));
            if index == renewed {
                frames.push(snapshot(&model, seq));
            }
        }
        let (mut events, at) = (Vec::new(), Timestamp::from_secs(1));
        for frame in &frames {
            futures.receive(frame, at, &mut events).unwrap();
        }
        for event in events {
            market.apply(VenueId::KrakenFutures, event, at);
        }
        let book = &market.listing(VenueId::KrakenFutures, &symbol("BTC/USD:BTC")).unwrap().book;
        prop_assert_eq!(book.standing(), &Standing::Live);
        for (side, model) in [(Side::Bid, &model[0]), (Side::Ask, &model[1])] {
            let ours: BTreeMap<_, _> = book.levels(side).map(|l| (l.price.get(), l.quantity.get())).collect();
            let theirs = model.iter().map(|(p, q)| (Decimal::new(p * 10 + 5, 1), Decimal::from(*q))).collect();
            prop_assert_eq!(ours, theirs);
        }
    }
}
