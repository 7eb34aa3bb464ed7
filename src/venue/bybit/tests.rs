//! Bybit's messages, as its documentation shows them, and what must not be believed.

use super::*;
use crate::market::{Book, Desync, Interval, Market, Side, Standing, Trading};
use proptest::prelude::*;

pub(super) const AT: Timestamp = Timestamp::from_secs(1);

fn at_endpoint(name: &str) -> Bybit {
    let endpoint = ENDPOINTS.iter().find(|endpoint| endpoint.name == name).unwrap();
    Bybit::new(&endpoint.address(None, None))
}

pub(super) fn hear(bybit: &mut Bybit, frame: &str) -> Vec<Event> {
    let mut events = Vec::new();
    assert_eq!(bybit.receive(frame, AT, &mut events), Ok(Receipt::Understood), "{frame}");
    events
}

pub(super) fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

fn orderbook(kind: &str, number: u64, bids: &str, asks: &str) -> String {
    format!(
        r#"{{"topic":"orderbook.50.BTCUSDT","type":"{kind}","ts":1687940967466,"data":{{"s":"BTCUSDT","b":[{bids}],"a":[{asks}],"u":{number},"seq":7961638724}},"cts":1687940967464}}"#
    )
}

pub(super) fn apply(book: &mut Book, events: Vec<Event>) {
    for event in events {
        match event {
            Event::Book { update, .. } => _ = book.apply(&update, AT),
            Event::Doubt { reason, .. } => book.lose(reason, AT),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_book_is_a_snapshot_and_what_follows_it() {
    let (mut bybit, mut book) = (at_endpoint("linear"), Book::new());
    let snapshot =
        orderbook("snapshot", 18_521_288, r#"["16493.50","0.006"],["16493.00","0.100"]"#, r#"["16611.00","0.029"]"#);
    let delta = orderbook("delta", 18_521_289, r#"["16493.50","0"],["16492.00","1.5"]"#, "");
    for frame in [&snapshot, &delta, &delta] {
        apply(&mut book, hear(&mut bybit, frame));
    }
    assert_eq!((book.standing(), book.sequence(), book.record().ignored), (&Standing::Live, Some(18_521_289), 1));
    let bids: Vec<_> = book.levels(Side::Bid).map(|l| format!("{} {}", l.price, l.quantity)).collect();
    assert_eq!(bids, ["16493.00 0.100", "16492.00 1.500"]);
    apply(&mut book, hear(&mut bybit, &orderbook("delta", 18_521_291, "", "")));
    let reason = Desync::Gap { expected: 18_521_289, got: 18_521_290 };
    assert_eq!(*book.standing(), Standing::Resync { since: AT, reason });
    apply(&mut book, hear(&mut bybit, &orderbook("delta", 1, r#"["5.0","1"]"#, "")));
    assert_eq!((book.standing(), book.levels(Side::Bid).len()), (&Standing::Live, 1), "the service began anew");
    let topics: Vec<_> = bybit.resync(&symbol("BTC/USDT:USDT")).into_iter().collect();
    let asked = topics.iter().map(|out| out.frame().unwrap().contains("orderbook.50.BTCUSDT")).collect::<Vec<_>>();
    assert_eq!(asked, [true, true]);
}

#[test]
fn a_book_that_comes_in_two_depths_is_read_in_one() {
    let mut bybit = at_endpoint("linear");
    let (shallow, deep) = (orderbook("snapshot", 5, "", ""), orderbook("snapshot", 9, "", "").replace(".50.", ".200."));
    assert_eq!(hear(&mut bybit, &shallow).len(), 1);
    assert_eq!(hear(&mut bybit, &deep).len(), 0);
    bybit.subscribe(&[Subscription { symbol: symbol("BTC/USDT:USDT"), channel: Channel::Book { depth: 100 } }]);
    assert_eq!((hear(&mut bybit, &shallow).len(), hear(&mut bybit, &deep).len()), (0, 1));
    let mut bybit = at_endpoint("linear");
    bybit.sent(r#"{"op":"subscribe","args":["orderbook.200.BTCUSDT","orderbook.50.BTCUSDT"]}"#);
    assert_eq!((hear(&mut bybit, &shallow).len(), hear(&mut bybit, &deep).len()), (0, 1));
}

#[test]
fn members_may_come_in_any_order_and_with_company() {
    let usual = hear(&mut at_endpoint("linear"), &orderbook("delta", 8, r#"["1","2"]"#, ""));
    let other = r#" {"data":{"u":8,"x":[{"b":1}],"a":[],"b":[["1","2","more"]],"s":"BTCUSDT"},"type":"delta","new":{},"ts":1687940967466,"topic":"orderbook.50.BTCUSDT"}"#;
    assert_eq!(hear(&mut at_endpoint("linear"), other), usual);
}

#[test]
fn trades_of_one_symbol_come_together() {
    let frame = r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false,"seq":1783284617},{"T":1672304486866,"s":"BTCUSDT","S":"Sell","v":"0.002","p":"16578.00","L":"MinusTick","i":"x","BT":false}]}"#;
    let [Event::Trades { trades, .. }] = &hear(&mut at_endpoint("linear"), frame)[..] else { panic!() };
    assert_eq!((trades[0].taker, trades[1].taker, trades[0].id), (Side::Bid, Side::Ask, None));
    let numbered = frame.replace("20f43950-d8dd-5b31-9112-a178eb6023af", "2290000000007764263");
    let [Event::Trades { symbol: of, trades }] = &hear(&mut at_endpoint("spot"), &numbered)[..] else { panic!() };
    assert_eq!((of.as_str(), trades[0].id), ("BTC/USDT", Some(2_290_000_000_007_764_263)));
}

#[test]
fn a_ticker_of_a_contract_is_put_together_from_its_changes() {
    let snapshot = r#"{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","tickDirection":"PlusTick","price24hPcnt":"0.017103","lastPrice":"17216.00","prevPrice24h":"16926.50","highPrice24h":"17281.50","lowPrice24h":"16915.00","prevPrice1h":"17238.00","markPrice":"17217.33","indexPrice":"17227.36","openInterest":"68744.761","openInterestValue":"1183601235.91","turnover24h":"1570383121.943499","volume24h":"91705.276","nextFundingTime":"1673280000000","fundingRate":"-0.000212","bid1Price":"17215.50","bid1Size":"84.489","ask1Price":"17216.00","ask1Size":"83.020"},"cs":24987956059,"ts":1673272861686}"#;
    let mut bybit = at_endpoint("linear");
    let [Event::Ticker { ticker, .. }, Event::Mark { mark, .. }] = &hear(&mut bybit, snapshot)[..] else { panic!() };
    assert_eq!(ticker.change.unwrap().get().normalize().to_string(), "1.7103");
    assert_eq!(mark.funding.unwrap().get().normalize().to_string(), "-0.0212");
    assert_eq!(mark.next_funding.unwrap().millis(), 1_673_280_000_000);
    assert_eq!(mark.open_interest.unwrap().to_string(), "68744.761");
    let delta = r#"{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","bid1Price":"17214.00","fundingRate":""},"cs":24987956060,"ts":1673272861786}"#;
    let [Event::Ticker { ticker, .. }] = &hear(&mut bybit, delta)[..] else { panic!() };
    assert_eq!(
        (ticker.bid.unwrap().to_string(), ticker.last.unwrap().to_string()),
        ("17214.00".into(), "17216.00".into())
    );
    let delta = r#"{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","markPrice":"17217.40"},"cs":1,"ts":1}"#;
    let [Event::Mark { mark, .. }] = &hear(&mut bybit, delta)[..] else { panic!() };
    assert_eq!((mark.mark.unwrap().to_string(), mark.index), ("17217.40".into(), None), "the market keeps the rest");
}

#[test]
fn candles_of_known_intervals_are_taken() {
    let frame = r#"{"topic":"kline.5.BTCUSDT","data":[{"start":1672324800000,"end":1672325099999,"interval":"5","open":"16649.5","close":"16677","high":"16677","low":"16608","volume":"2.081","turnover":"34666.4005","confirm":false,"timestamp":1672324988882}],"ts":1672324988882,"type":"snapshot"}"#;
    let [Event::Candle { symbol: of, interval: Interval::Minute5, candle }] =
        &hear(&mut at_endpoint("spot"), frame)[..]
    else {
        panic!()
    };
    assert_eq!((of.as_str(), candle.close.to_string().as_str()), ("BTC/USDT", "16677"));
    assert_eq!(hear(&mut at_endpoint("spot"), &frame.replace("\"interval\":\"5\"", "\"interval\":\"W\"")), []);
}

#[test]
fn the_list_of_instruments_comes_in_pages() {
    let page = |cursor: &str| {
        format!(
            r#"{{"retCode":0,"retMsg":"OK","result":{{"category":"linear","list":[{{"symbol":"BTCUSDT","contractType":"LinearPerpetual","status":"Trading","baseCoin":"BTC","quoteCoin":"USDT","launchTime":"1585526400000","deliveryTime":"0","priceScale":"2","priceFilter":{{"minPrice":"0.10","maxPrice":"1999999.80","tickSize":"0.10"}},"lotSizeFilter":{{"maxOrderQty":"1190.000","minOrderQty":"0.001","qtyStep":"0.001"}},"settleCoin":"USDT"}},{{"symbol":"BTC-27DEC24","contractType":"LinearFutures","status":"Delivering","baseCoin":"BTC","quoteCoin":"USD","deliveryTime":"1735286400000","priceFilter":{{"tickSize":"0.5"}},"lotSizeFilter":{{"minOrderQty":"0.001","qtyStep":"0.001"}},"settleCoin":"USDC"}}],"nextPageCursor":"{cursor}"}},"retExtInfo":{{}},"time":1}}"#
        )
    };
    let mut bybit = at_endpoint("linear");
    let first = bybit.connected(&[]);
    let url = "https://api.bybit.com/v5/market/instruments-info?category=linear&limit=1000";
    assert_eq!(first, [Outgoing::Get(url.into())]);
    let mut events = Vec::new();
    bybit.fetched(url, &page("first%3DBTC%26last"), AT, &mut events).unwrap();
    let [Event::Instruments(told)] = &events[..] else { panic!("{events:?}") };
    let shown: Vec<_> = told.iter().map(|i| (i.symbol.as_str(), i.precision.price, i.trading)).collect();
    assert_eq!(shown, [("BTC/USDT:USDT", 1, Trading::Open), ("BTC/USDC:USDC-241227", 1, Trading::Halted)]);
    assert_eq!(bybit.outgoing(), [Outgoing::Get(format!("{url}&cursor=first%3DBTC%26last"))]);
    for cursor in ["", "a&b=c", "x y"] {
        bybit.fetched(url, &page(cursor), AT, &mut events).unwrap();
        assert_eq!(bybit.outgoing(), [], "{cursor}");
    }
    for _ in 0..30 {
        bybit.fetched(url, &page("x"), AT, &mut events).unwrap();
    }
    assert!(bybit.outgoing().len() < 20, "a list without an end is not followed for ever");

    let mut spot = at_endpoint("spot");
    let body = r#"{"retCode":0,"retMsg":"OK","result":{"category":"spot","list":[{"symbol":"ODDXYZ","baseCoin":"ODD","quoteCoin":"XYZ","innovation":"0","status":"Trading","marginTrading":"both","lotSizeFilter":{"basePrecision":"0.000001","quotePrecision":"0.00000001","minOrderQty":"0.000048","minOrderAmt":"1"},"priceFilter":{"tickSize":"0.01"}}]}}"#;
    events.clear();
    spot.fetched(url, body, AT, &mut events).unwrap();
    let [Event::Instruments(told)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(
        (told[0].lot.unwrap().to_string(), told[0].minimum.unwrap().to_string()),
        ("0.000001".into(), "0.000048".into())
    );
    assert_eq!(spot.venue_symbol(&symbol("ODD/XYZ")).as_deref(), Some("ODDXYZ"));
    spot.fetched(url, &page(""), AT, &mut events).unwrap();
    assert_eq!(spot.roster.entry("BTCUSDT").unwrap().symbol, symbol("BTC/USDT"), "another list's names are not these");
    events.clear();
    spot.fetched(url, r#"{"retCode":10001,"retMsg":"no\u001b","result":{}}"#, AT, &mut events).unwrap();
    assert_eq!(events, [Event::Rejected { symbol: None, reason: "no".into() }]);
}

#[test]
fn what_is_asked_is_acknowledged_or_refused_one_by_one() {
    let mut bybit = at_endpoint("spot");
    let stream = |name: &str, channel| Subscription { symbol: symbol(name), channel };
    let wanted = [stream("BTC/USDT", Channel::Book { depth: 60 }), stream("NO/USDT", Channel::Candles(Interval::Day1))];
    let asked = bybit.subscribe(&wanted);
    let request = r#"{"args":["orderbook.200.BTCUSDT","kline.D.NOUSDT"],"op":"subscribe","req_id":"1"}"#;
    assert_eq!(asked, [Outgoing::Frame(request.into())]);
    let refused = |id: u64| {
        format!(
            r#"{{"success":false,"ret_msg":"error:handler not found,topic:x","conn_id":"1","req_id":"{id}","op":"subscribe"}}"#
        )
    };
    assert_eq!(hear(&mut bybit, &refused(1)), []);
    assert_eq!(bybit.outgoing().len(), 2, "each by itself");
    let told =
        hear(&mut bybit, r#"{"success":true,"ret_msg":"subscribe","conn_id":"1","req_id":"2","op":"subscribe"}"#);
    assert_eq!(told, [Event::Subscribed(stream("BTC/USDT", Channel::Book { depth: 200 }))]);
    let told = hear(&mut bybit, &refused(3));
    let reason = "error:handler not found,topic:x".to_owned();
    assert_eq!(told, [Event::Rejected { symbol: Some(symbol("NO/USDT")), reason }]);
    bybit.unsubscribe(&wanted[..1]);
    let told = hear(&mut bybit, r#"{"success":true,"ret_msg":"","conn_id":"1","req_id":"4","op":"unsubscribe"}"#);
    assert_eq!(told, [Event::Unsubscribed(symbol("BTC/USDT"))]);
    let many: Vec<_> = (0..25).map(|n| stream(&format!("A{n}/USDT"), Channel::Trades)).collect();
    assert_eq!(bybit.subscribe(&many).len(), 3, "ten topics in a request");
    assert_eq!(bybit.subscribe(&[stream("BTC/USDT", Channel::Candles(Interval::Second1))]), []);
}

#[test]
fn pings_are_due_however_much_is_said() {
    let mut bybit = at_endpoint("spot");
    let pong = r#"{"success":true,"ret_msg":"pong","conn_id":"1","req_id":"","op":"ping"}"#;
    for (secs, pings) in [(0, 0), (19, 0), (20, 1), (30, 0), (40, 1)] {
        let mut events = Vec::new();
        bybit.receive(pong, Timestamp::from_secs(secs), &mut events).unwrap();
        assert_eq!(events, [Event::Pong { exchange_time: None }]);
        assert_eq!(bybit.outgoing().len(), pings, "after {secs} s");
    }
    assert_eq!(bybit.ping().as_deref(), Some(r#"{"op":"ping"}"#));
}

#[test]
fn names_go_both_ways() {
    let names = [
        (Category::Spot, "BTCUSDT", "BTC/USDT"),
        (Category::Spot, "ETHBTC", "ETH/BTC"),
        (Category::Linear, "1000PEPEUSDT", "1000PEPE/USDT:USDT"),
        (Category::Linear, "ETHPERP", "ETH/USDC:USDC"),
        (Category::Linear, "BTC-27DEC24", "BTC/USDC:USDC-241227"),
        (Category::Linear, "BTCUSDT-3JAN25", "BTC/USDT:USDT-250103"),
        (Category::Inverse, "EOSUSD", "EOS/USD:EOS"),
        (Category::Inverse, "BTCUSDZ24", "BTC/USD:BTC-241227"),
        (Category::Inverse, "ETHUSDH25", "ETH/USD:ETH-250328"),
        (Category::Inverse, "BTCUSDM25", "BTC/USD:BTC-250627"),
        (Category::Inverse, "BTCUSDU26", "BTC/USD:BTC-260925"),
    ];
    for (category, native, unified) in names {
        assert_eq!(category.rule()(native).unwrap().as_str(), unified);
        assert_eq!(names::native(&symbol(unified)), native);
        assert_eq!(endpoint(&symbol(unified)).name, category.as_str());
    }
    for nonsense in ["", "USD", "BTC-", "BTC-27XXX24", "BTCUSDX24", "\u{1b}USDT", "Ωé"] {
        for category in [Category::Spot, Category::Linear, Category::Inverse] {
            assert_eq!(category.rule()(nonsense), None, "{nonsense}");
        }
    }
}

#[test]
fn what_is_unknown_is_said_to_be_unknown() {
    for frame in [r#"{"topic":"liquidation.BTCUSDT","data":{}}"#, r#"{"op":"dance","success":true}"#, "{}"] {
        let mut events = Vec::new();
        assert_eq!(at_endpoint("spot").receive(frame, AT, &mut events), Ok(Receipt::Unknown), "{frame}");
        assert_eq!(events, []);
    }
}

#[test]
fn a_changed_meaning_is_an_error_and_leaves_no_event() {
    let good = orderbook("delta", 5, r#"["1","2"]"#, "");
    let broken = [
        String::new(),
        "not json".into(),
        good.replace("\"delta\"", "\"merge\""),
        good.replace("\"u\":5", "\"u\":-5"),
        good.replace("\"u\":5,", ""),
        good.replace("[\"1\",\"2\"]", "[\"1\"]"),
        good.replace("\"a\":[]", "\"b\":[]"),
        good.replace("orderbook.50.", "orderbook.deep."),
        good.replace("\"s\":\"BTCUSDT\"", "\"s\":\"?\""),
        format!("{good}}}"),
        good[..good.len() - 1].to_owned(),
        r#"{"topic":"publicTrade.BTCUSDT","data":[{"T":1,"s":"BTCUSDT","S":"Hold","v":"1","p":"1","i":"1"}]}"#.into(),
        r#"{"topic":"tickers.BTCUSDT","type":"delta","ts":1,"data":{"symbol":"BTCUSDT","lastPrice":"much"}}"#.into(),
        r#"{"topic":"orderBookL2_25.EOSUSD","type":"merge"}"#.into(),
        " ".repeat(MAX_FRAME + 1),
    ];
    for frame in &broken {
        let mut events = Vec::new();
        let read = at_endpoint("linear").receive(frame, AT, &mut events);
        assert!(read.is_err(), "{}", frame.chars().take(200).collect::<String>());
        assert_eq!(events, []);
    }
}

proptest! {
    /// Whatever changes, with snapshots in between: the book is the map that a plain client would keep.
    #[test]
    fn the_book_equals_a_naive_map(
        changes in prop::collection::vec((any::<bool>(), 1u32..12, 0u32..4, 0u32..20), 1..60),
        begin in 2u64..1_000_000,
    ) {
        let mut model = [BTreeMap::new(), BTreeMap::new()];
        let print = |side: &BTreeMap<u32, u32>| {
            side.iter().map(|(price, quantity)| format!(r#"["{price}.0","{quantity}"]"#)).collect::<Vec<_>>().join(",")
        };
        let (mut bybit, mut market) = (at_endpoint("linear"), Market::default());
        let mut tell = |market: &mut Market, frame: &str| {
            for event in hear(&mut bybit, frame) {
                market.apply(VenueId::Bybit, event, AT);
            }
        };
        tell(&mut market, &orderbook("snapshot", begin, "", ""));
        for (number, (bid, price, quantity, fresh)) in (begin + 1..).zip(changes) {
            let (price, side) = if bid { (price, 0) } else { (price + 50, 1) };
            match quantity {
                0 => model[side].remove(&price),
                quantity => model[side].insert(price, quantity),
            };
            let change = format!(r#"["{price}.0","{quantity}"]"#);
            let (bids, asks) = if bid { (change.as_str(), "") } else { ("", change.as_str()) };
            tell(&mut market, &match fresh {
                0 => orderbook("snapshot", number, &print(&model[0]), &print(&model[1])),
                _ => orderbook("delta", number, bids, asks),
            });
        }
        let book = &market.listing(VenueId::Bybit, &symbol("BTC/USDT:USDT")).unwrap().book;
        prop_assert_eq!(book.standing(), &Standing::Live);
        for (side, theirs) in [(Side::Bid, &model[0]), (Side::Ask, &model[1])] {
            let mut ours: Vec<_> = book.levels(side).map(|l| (l.price.to_string(), l.quantity.to_string())).collect();
            if side == Side::Bid {
                ours.reverse();
            }
            let theirs: Vec<_> = theirs.iter().map(|(p, q)| (format!("{p}.0"), q.to_string())).collect();
            prop_assert_eq!(ours, theirs);
        }
    }
}
