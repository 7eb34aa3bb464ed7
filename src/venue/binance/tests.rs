//! Binance's messages, as its documentation shows them, and what must not be believed.

use super::*;
use crate::market::{Book, Instrument, Interval, Market, Side, Standing, Trading};
use proptest::prelude::*;

const AT: Timestamp = Timestamp::from_secs(1);

fn spot() -> Binance {
    Binance::new(VenueId::Binance, &SPOT[0].address(None, None))
}

fn futures() -> Binance {
    Binance::new(VenueId::BinanceFutures, &FUTURES[0].address(None, None))
}

fn hear(binance: &mut Binance, frame: &str) -> Vec<Event> {
    let mut events = Vec::new();
    assert_eq!(binance.receive(frame, AT, &mut events), Ok(Receipt::Understood), "{frame}");
    events
}

fn fetch(binance: &mut Binance, url: &str, body: &str) -> Vec<Event> {
    let mut events = Vec::new();
    assert_eq!(binance.fetched(url, body, AT, &mut events), Ok(Receipt::Understood), "{body}");
    events
}

fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

fn depth(first: u64, last: u64, bids: &str) -> String {
    format!(
        r#"{{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":1672515782136,"s":"BTCUSDT","U":{first},"u":{last},"b":[{bids}],"a":[]}}}}"#
    )
}

const URL: &str = "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=1000";

fn snapshot(number: u64, bids: &str) -> String {
    format!(r#"{{"lastUpdateId":{number},"bids":[{bids}],"asks":[["4.00000200","12.00000000"]]}}"#)
}

fn book_of(binance: &mut Binance, told: impl IntoIterator<Item = (Option<&'static str>, String)>) -> Book {
    let mut book = Book::new();
    for (url, text) in told {
        let events = match url {
            Some(url) => fetch(binance, url, &text),
            None => hear(binance, &text),
        };
        for event in events {
            let Event::Book { update, .. } = event else { panic!("{event:?}") };
            book.apply(&update, AT);
        }
    }
    book
}

#[test]
fn changes_are_held_for_the_snapshot_and_joined_to_it() {
    let changes = [depth(10, 12, r#"["3.9","1.0"]"#), depth(13, 15, r#"["3.9","0.0"],["3.8","2.50"]"#)];
    let told = changes.map(|change| (None, change));
    let fetched = (Some(URL), snapshot(12, r#"["3.9","1.0"]"#));
    let book = book_of(&mut spot(), told.into_iter().chain([fetched, (None, depth(16, 16, r#"["3.7","7"]"#))]));
    assert_eq!((book.standing(), book.sequence()), (&Standing::Live, Some(16)));
    let bids: Vec<_> = book.levels(Side::Bid).map(|l| format!("{} {}", l.price, l.quantity)).collect();
    assert_eq!(bids, ["3.80000000 2.50000000", "3.70000000 7.00000000"]);
    assert_eq!(book.best(Side::Ask).unwrap().price.to_string(), "4.00000200");
}

#[test]
fn a_missing_change_is_seen_and_a_snapshot_is_asked_for_again() {
    let mut binance = spot();
    let told = [(Some(URL), snapshot(12, "")), (None, depth(13, 15, "")), (None, depth(17, 18, ""))];
    let book = book_of(&mut binance, told);
    assert!(matches!(book.standing(), Standing::Resync { .. }));
    assert_eq!(binance.resync(&symbol("BTC/USDT")), [Outgoing::Get(URL.into())]);
    assert_eq!(fetch(&mut binance, URL, &snapshot(13, "")), []);
    assert_eq!(binance.outgoing(), [Outgoing::Get(URL.into())], "it ends before the held changes begin");
    assert_eq!(fetch(&mut binance, URL, &snapshot(17, "")).len(), 2);
}

#[test]
fn futures_are_joined_and_chained_by_the_number_of_the_change_before() {
    let url = "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000";
    let change = |first: u64, last: u64, previous: u64| {
        format!(
            r#"{{"e":"depthUpdate","E":123456789,"T":123456788,"s":"BTCUSDT","U":{first},"u":{last},"pu":{previous},"b":[["0.0024","{last}"]],"a":[["0.0026","100"]]}}"#
        )
    };
    let body = r#"{"lastUpdateId":160,"E":123456790,"T":123456780,"bids":[["0.0024","10"]],"asks":[]}"#;
    let mut binance = futures();
    let told = [(None, change(100, 150, 99)), (None, change(157, 170, 150)), (Some(url), body.to_owned())];
    let book = book_of(&mut binance, told);
    assert_eq!((book.standing(), book.sequence()), (&Standing::Live, Some(170)));
    assert_eq!(book.best(Side::Bid).unwrap().quantity.to_string(), "170");
    let book = book_of(&mut binance, [(None, change(180, 190, 175))]);
    assert_eq!(book.standing(), &Standing::Empty);
    assert!(matches!(hear(&mut binance, &change(191, 195, 190)).as_slice(), []), "held for the next snapshot");
}

#[test]
fn members_may_come_in_any_order_and_with_company() {
    let usual = depth(1, 2, r#"["1","2"]"#);
    let other = r#" {"data":{"a":[],"x":[{"b":1}],"b":[["1","2"]],"u":2,"U":1,"s":"BTCUSDT","E":1672515782136,"e":"depthUpdate"},"new":{},"stream":"btcusdt@depth@100ms"}"#;
    let raw = r#"{"e":"depthUpdate","E":1672515782136,"s":"BTCUSDT","U":1,"u":2,"b":[["1","2"]],"a":[]}"#;
    let after = usual.replace("]}}", r#"]},"new":[1]}"#);
    let mut told = Vec::new();
    for frame in [&usual, other, raw, &after] {
        let mut binance = spot();
        fetch(&mut binance, URL, &snapshot(0, ""));
        told.push(hear(&mut binance, frame));
    }
    assert_eq!(told[0].len(), 1);
    assert!(told.iter().all(|events| *events == told[0]), "{told:?}");
}

#[test]
fn best_prices_and_the_days_summary_make_one_ticker() {
    let day = r#"{"e":"24hrTicker","E":1672515782136,"s":"BNBBTC","p":"0.0015","P":"250.00","w":"0.0018","x":"0.0009","c":"0.0025","Q":"10","b":"0.0024","B":"10","a":"0.0026","A":"100","o":"0.0010","h":"0.0025","l":"0.0010","v":"10000","q":"18","O":0,"C":86400000,"F":0,"L":18150,"n":18151}"#;
    let best = r#"{"stream":"bnbbtc@bookTicker","data":{"u":400900217,"s":"BNBBTC","b":"0.0023","B":"31.21","a":"0.0027","A":"40.66"}}"#;
    let mut binance = spot();
    let [Event::Ticker { ticker, exchange_time, .. }] = &hear(&mut binance, day)[..] else { panic!() };
    assert_eq!(
        (ticker.bid.unwrap().to_string(), ticker.change.unwrap().to_string()),
        ("0.0024".into(), "250.00".into())
    );
    assert_eq!(exchange_time.unwrap().millis(), 1_672_515_782_136);
    for frame in [best.to_owned(), best.split_once("data\":").unwrap().1.strip_suffix('}').unwrap().to_owned()] {
        let [Event::Ticker { symbol: of, ticker, .. }] = &hear(&mut binance, &frame)[..] else { panic!() };
        assert_eq!(*of, symbol("BNB/BTC"));
        assert_eq!(
            (ticker.bid.unwrap().to_string(), ticker.ask.unwrap().to_string()),
            ("0.0023".into(), "0.0027".into())
        );
        assert_eq!(ticker.volume.unwrap().to_string(), "10000", "what the other message told stays");
    }
    // Futures' summary has no best prices, and does not take them away.
    let mut binance = futures();
    hear(
        &mut binance,
        &best.replace("{\"u\"", "{\"e\":\"bookTicker\",\"E\":5,\"T\":4,\"u\"").replace("BNBBTC", "BNBUSDT"),
    );
    let day = day.replace("BNBBTC", "BNBUSDT").replace(r#""b":"0.0024","B":"10","a":"0.0026","A":"100","#, "");
    let [Event::Ticker { ticker, .. }] = &hear(&mut binance, &day)[..] else { panic!() };
    assert_eq!(ticker.bid.unwrap().to_string(), "0.0023");
}

#[test]
fn marks_tell_what_holding_costs() {
    let frame = r#"{"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT","p":"11794.15000000","i":"11784.62659091","P":"11784.25641265","r":"0.00038167","T":1562306400000}"#;
    let [Event::Mark { symbol: of, mark, .. }] = &hear(&mut futures(), frame)[..] else { panic!() };
    assert_eq!(*of, symbol("BTC/USDT:USDT"));
    assert_eq!(mark.funding.unwrap().get().normalize().to_string(), "0.038167");
    assert_eq!(mark.next_funding.unwrap().millis(), 1_562_306_400_000);
    let delivered = frame.replace("0.00038167", "").replace("1562306400000", "0").replace("BTCUSDT", "BTCUSDT_240329");
    let [Event::Mark { symbol: of, mark, .. }] = &hear(&mut futures(), &delivered)[..] else { panic!() };
    assert_eq!((of.as_str(), mark.funding, mark.next_funding), ("BTC/USDT:USDT-240329", None, None));
}

#[test]
fn trades_are_told_once_in_one_of_their_forms() {
    let trade = r#"{"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100","b":88,"a":50,"T":1672515782136,"m":true,"M":true}"#;
    let aggregate = r#"{"stream":"bnbbtc@aggTrade","data":{"e":"aggTrade","E":1672515782136,"s":"BNBBTC","a":12345,"p":"0.001","q":"100","f":100,"l":105,"T":1672515782136,"m":false,"M":true}}"#;
    let mut binance = spot();
    let [Event::Trades { trades, .. }] = &hear(&mut binance, trade)[..] else { panic!() };
    assert_eq!((trades[0].taker, trades[0].id), (Side::Ask, Some(12_345)));
    assert_eq!(hear(&mut binance, aggregate), []);
    let [Event::Trades { trades, .. }] = &hear(&mut spot(), aggregate)[..] else { panic!() };
    assert_eq!(
        (trades[0].taker, trades[0].id, trades[0].quantity.to_string()),
        (Side::Bid, Some(12_345), "100".into())
    );
}

#[test]
fn candles_of_known_intervals_are_taken() {
    let frame = r#"{"e":"kline","E":1672515782136,"s":"BNBBTC","k":{"t":1672515780000,"T":1672515839999,"s":"BNBBTC","i":"1m","f":100,"L":200,"o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0015","v":"1000","n":100,"x":false,"q":"1.0000","V":"500","Q":"0.500","B":"123456"}}"#;
    let [Event::Candle { interval: Interval::Minute1, candle, .. }] = &hear(&mut spot(), frame)[..] else { panic!() };
    assert_eq!((candle.close.to_string().as_str(), candle.volume.to_string().as_str()), ("0.0020", "1000"));
    assert_eq!(hear(&mut spot(), &frame.replace("\"1m\"", "\"3d\"")), []);
}

#[test]
fn the_listing_gives_steps_and_names() {
    let body = r#"{"timezone":"UTC","serverTime":1565246363776,"rateLimits":[],"symbols":[{"symbol":"ETHBTC","status":"TRADING","baseAsset":"ETH","baseAssetPrecision":8,"quoteAsset":"BTC","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.00000100","maxPrice":"100000.00000000","tickSize":"0.00000100"},{"filterType":"LOT_SIZE","minQty":"0.00100000","maxQty":"100000.00000000","stepSize":"0.00100000"},{"filterType":"NEW"}]},{"symbol":"币安USDT","status":"TRADING","baseAsset":"币安","quoteAsset":"USDT","filters":[]},{"symbol":"ODDXYZ","status":"BREAK","baseAsset":"ODD","quoteAsset":"XYZ","filters":[]}]}"#;
    let mut binance = spot();
    let [Event::Instruments(told)] = &fetch(&mut binance, "https://api.binance.com/api/v3/exchangeInfo", body)[..]
    else {
        panic!()
    };
    let shown = |i: &Instrument| (i.tick.unwrap().to_string(), i.lot.unwrap().to_string(), i.precision.price);
    assert_eq!(shown(&told[0]), ("0.000001".into(), "0.001".into(), 6));
    assert_eq!((told.len(), told[1].trading, told[1].tick), (2, Trading::Halted, None));
    assert_eq!(binance.venue_symbol(&symbol("ODD/XYZ")).as_deref(), Some("ODDXYZ"));

    let body = r#"{"symbols":[{"symbol":"BTCUSDT_240329","contractType":"CURRENT_QUARTER","deliveryDate":1711699200000,"status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","marginAsset":"USDT","filters":[{"filterType":"PRICE_FILTER","tickSize":"0.10"},{"filterType":"LOT_SIZE","stepSize":"0.001","minQty":"0.001"}]},{"symbol":"ETHBTC","contractType":"PERPETUAL","deliveryDate":4133404800000,"status":"SETTLING","baseAsset":"ETH","quoteAsset":"BTC","marginAsset":"BTC","filters":[]}]}"#;
    let [Event::Instruments(told)] = &fetch(&mut futures(), "https://x/fapi/v1/exchangeInfo", body)[..] else {
        panic!()
    };
    let symbols: Vec<_> = told.iter().map(|i| i.symbol.as_str()).collect();
    assert_eq!(symbols, ["BTC/USDT:USDT-240329", "ETH/BTC:BTC"]);
}

#[test]
fn what_is_asked_is_acknowledged_and_then_the_book_is_fetched() {
    let mut binance = spot();
    let stream = |channel| Subscription { symbol: symbol("BTC/USDT"), channel };
    let wanted =
        [stream(Channel::Book { depth: 10 }), stream(Channel::Ticker), stream(Channel::Candles(Interval::Hour1))];
    let first = binance.connected(&wanted);
    assert_eq!(first[0], Outgoing::Get("https://api.binance.com/api/v3/exchangeInfo?showPermissionSets=false".into()));
    let request = r#"{"id":1,"method":"SUBSCRIBE","params":["btcusdt@depth@100ms","btcusdt@ticker","btcusdt@bookTicker","btcusdt@kline_1h"]}"#;
    assert_eq!(first[2], Outgoing::Frame(request.into()));
    let told = hear(&mut binance, r#"{"result":null,"id":1}"#);
    let began: Vec<_> = [Channel::Book { depth: 1_000 }, Channel::Ticker, Channel::Candles(Interval::Hour1)]
        .map(|channel| Event::Subscribed(stream(channel)))
        .into();
    assert_eq!(told, began);
    assert_eq!(binance.outgoing(), [Outgoing::Get(URL.into())]);
    let gone = binance.unsubscribe(&wanted[1..2]);
    assert!(gone[0].frame().unwrap().contains("UNSUBSCRIBE"));
    assert_eq!(hear(&mut binance, r#"{"result":null,"id":2}"#), [Event::Unsubscribed(symbol("BTC/USDT"))]);
    binance.subscribe(&[stream(Channel::Trades)]);
    let told = hear(&mut binance, r#"{"error":{"code":2,"msg":"Invalid request: \u001b[2Jno"},"id":3}"#);
    let reason = "Invalid request: [2Jno".to_owned();
    assert_eq!(told, [Event::Rejected { symbol: Some(symbol("BTC/USDT")), reason }]);
    let told = fetch(&mut binance, URL, r#"{"code":-1121,"msg":"Invalid symbol."}"#);
    assert_eq!(told, [Event::Rejected { symbol: Some(symbol("BTC/USDT")), reason: "Invalid symbol.".into() }]);
    let deep = [stream(Channel::Book { depth: 1_001 })];
    binance.subscribe(&deep);
    assert_eq!(binance.resync(&deep[0].symbol), [Outgoing::Get(URL.replace("1000", "5000"))]);
    let many: Vec<_> =
        (0..120).map(|n| Subscription { symbol: symbol(&format!("A{n}/USDT")), channel: Channel::Trades }).collect();
    assert_eq!(binance.subscribe(&many).len(), 3);
}

#[test]
fn the_venue_says_when_it_is_closed() {
    let url = "https://api.binance.com/sapi/v1/system/status";
    let told = fetch(&mut spot(), url, r#"{"status":1,"msg":"system_maintenance"}"#);
    let message = Some("system_maintenance".to_owned());
    assert_eq!(told, [Event::Status { status: VenueStatus::Maintenance, message }]);
}

#[test]
fn names_go_both_ways() {
    let names = [
        (VenueId::Binance, "BTCUSDT", "BTC/USDT"),
        (VenueId::Binance, "BNBBUSD", "BNB/BUSD"),
        (VenueId::Binance, "LRCBTC", "LRC/BTC"),
        (VenueId::Binance, "1INCHFDUSD", "1INCH/FDUSD"),
        (VenueId::Binance, "USDCUSDT", "USDC/USDT"),
        (VenueId::BinanceUs, "BNBUSD", "BNB/USD"),
        (VenueId::BinanceUs, "USDTUSD", "USDT/USD"),
        (VenueId::BinanceFutures, "1000SHIBUSDT", "1000SHIB/USDT:USDT"),
        (VenueId::BinanceFutures, "BTCUSDC_250627", "BTC/USDC:USDC-250627"),
    ];
    for (venue, native, unified) in names {
        let mut binance = Binance::new(venue, &Address::default());
        assert_eq!(names::rule(venue)(native).unwrap().as_str(), unified);
        assert_eq!(binance.native(&symbol(unified)), native);
        assert_eq!(binance.venue_symbol(&symbol(unified)).as_deref(), Some(native));
    }
    for nonsense in ["", "USDT", "BTC_USDT", "BTCUSDT_SOON", "\u{1b}[2JUSDT"] {
        assert_eq!(names::rule(VenueId::BinanceFutures)(nonsense), None, "{nonsense}");
    }
}

#[test]
fn what_is_unknown_is_said_to_be_unknown() {
    let frames = [
        r#"{"stream":"btcusdt@depth20@100ms","data":{"lastUpdateId":160,"bids":[],"asks":[]}}"#,
        r#"{"stream":"btcusdt@depth5","data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[],"a":[]}}"#,
        r#"{"stream":"!ticker@arr","data":[{"e":"24hrTicker"}]}"#,
        r#"[{"e":"24hrTicker"}]"#,
        r#"{"e":"24hrMiniTicker","E":1,"s":"BNBBTC","c":"0.0025"}"#,
        "{}",
    ];
    for frame in frames {
        let mut events = Vec::new();
        assert_eq!(spot().receive(frame, AT, &mut events), Ok(Receipt::Unknown), "{frame}");
        assert_eq!(events, []);
    }
}

#[test]
fn a_changed_meaning_is_an_error_and_leaves_no_event() {
    let good = depth(1, 2, r#"["1","2"]"#);
    let broken = [
        String::new(),
        "not json".into(),
        good.replace("\"u\":2", "\"u\":\"x\""),
        good.replace("\"U\":1,", ""),
        good.replace("\"U\":1", "\"U\":3"),
        good.replace("[\"1\",\"2\"]", "[\"1\"]"),
        good.replace("[\"1\",\"2\"]", "[\"1\",null]"),
        good.replace("\"a\":[]", "\"b\":[]"),
        good.replace("BTCUSDT", "?"),
        format!("{good}}}"),
        good[..good.len() - 1].to_owned(),
        r#"{"stream":"bnbbtc@bookTicker","data":{"u":1,"s":"BNBBTC","b":"0.0023","B":"31.21","A":"40.66"}}"#.into(),
        r#"{"e":"trade","s":"BNBBTC","t":1,"p":"x","q":"100","T":1,"m":true}"#.into(),
        r#"{"e":"kline","s":"BNBBTC"}"#.into(),
        " ".repeat(MAX_FRAME + 1),
    ];
    let mut binance = spot();
    fetch(&mut binance, URL, &snapshot(0, ""));
    for frame in &broken {
        let mut events = Vec::new();
        let read = binance.receive(frame, AT, &mut events);
        assert!(read.is_err(), "{}", frame.chars().take(200).collect::<String>());
        assert_eq!(events, []);
    }
    for body in ["", "{}", r#"{"lastUpdateId":1,"bids":[]}"#, r#"{"lastUpdateId":-1,"bids":[],"asks":[]}"#] {
        assert!(spot().fetched(URL, body, AT, &mut Vec::new()).is_err(), "{body}");
    }
    assert_eq!(hear(&mut binance, &good).len(), 1, "what came between has left no trace");
}

#[test]
fn a_new_connection_begins_anew() {
    let mut binance = spot();
    fetch(&mut binance, URL, &snapshot(5, ""));
    binance.connected(&[]);
    assert_eq!(hear(&mut binance, &depth(90, 91, "")), [], "held until there is a snapshot");
    binance.sent(r#"{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":77}"#);
    let trades = Subscription { symbol: symbol("BTC/USDT"), channel: Channel::Trades };
    assert_eq!(hear(&mut binance, r#"{"result":null,"id":77}"#), [Event::Subscribed(trades)]);
}

proptest! {
    /// Whatever changes, in whichever order snapshot and changes arrive: the book is the map that a plain client would keep.
    #[test]
    fn the_book_equals_a_naive_map(
        changes in prop::collection::vec((any::<bool>(), 1u32..12, 0u32..4, 0u64..3), 1..50),
        taken in 0usize..50,
        delay in 0usize..20,
        chained in any::<bool>(),
    ) {
        let mut model = [BTreeMap::new(), BTreeMap::new()];
        let (taken, arrives) = (taken.min(changes.len()), (taken + delay).min(changes.len()));
        let (mut binance, url) = match chained {
            true => (futures(), "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000"),
            false => (spot(), URL),
        };
        let (mut market, mut number, mut body) = (Market::default(), 100u64, String::new());
        let print = |side: &BTreeMap<u32, u32>| {
            side.iter().map(|(price, quantity)| format!(r#"["{price}.0","{quantity}"]"#)).collect::<Vec<_>>().join(",")
        };
        for at in 0..=changes.len() {
            let mut events = Vec::new();
            if at == taken {
                let [bids, asks] = &model;
                body = format!(r#"{{"lastUpdateId":{number},"bids":[{}],"asks":[{}]}}"#, print(bids), print(asks));
            }
            if at == arrives {
                binance.fetched(url, &body, AT, &mut events).unwrap();
            }
            if let Some((bid, price, quantity, width)) = changes.get(at) {
                let (price, side) = if *bid { (*price, 0) } else { (price + 50, 1) };
                match quantity {
                    0 => model[side].remove(&price),
                    quantity => model[side].insert(price, *quantity),
                };
                let change = format!(r#"["{price}.0","{quantity}"]"#);
                let (bids, asks) = if *bid { (change.as_str(), "") } else { ("", change.as_str()) };
                let (first, last) = (number + 1, number + 1 + width);
                binance
                    .receive(
                        &format!(r#"{{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":{first},"u":{last},"pu":{number},"b":[{bids}],"a":[{asks}]}}"#),
                        AT,
                        &mut events,
                    )
                    .unwrap();
                number = last;
            }
            for event in events {
                market.apply(binance.venue, event, AT);
            }
        }
        let name = if chained { "BTC/USDT:USDT" } else { "BTC/USDT" };
        let book = &market.listing(binance.venue, &symbol(name)).unwrap().book;
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
