//! OKX's messages, as its documentation shows them, and what must not be believed.

use super::*;
use crate::market::{Applied, Book, Change, Desync, Interval, Level, Market};
use crate::market::{Precision, Side, Trading};
use crate::money::Fixed;
use proptest::prelude::*;

fn okx() -> Okx {
    Okx::new(&ENDPOINTS[0].address(None, None))
}

fn told(frame: &str) -> (Result<Receipt, FrameError>, Vec<Event>) {
    let mut events = Vec::new();
    let receipt = okx().receive(frame, Timestamp::from_secs(1), &mut events);
    (receipt, events)
}

fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

fn stream(name: &str, channel: Channel) -> Subscription {
    Subscription { symbol: symbol(name), channel }
}

fn book(action: &str, bids: &str, asks: &str, numbers: (i64, i64)) -> String {
    let (previous, number) = numbers;
    format!(
        r#"{{"arg":{{"channel":"books","instId":"BTC-USDT"}},"action":"{action}","data":[{{"asks":[{asks}],"bids":[{bids}],"ts":"1597026383085","checksum":0,"seqId":{number},"prevSeqId":{previous}}}]}}"#
    )
}

const CHECKED: &str = r#"{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["8476.98","415","0","13"]],"bids":[["8476.97","0","0","0"]],"ts":"1597026383085","checksum":-855196043}]}"#;

#[test]
fn a_book_keeps_its_checksum_and_its_time() {
    let (receipt, events) = told(CHECKED);
    assert_eq!(receipt, Ok(Receipt::Understood));
    let [Event::Book { symbol: of, update }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(*of, symbol("BTC/USDT"));
    assert_eq!((update.snapshot, update.depth, update.sequence), (false, None, None));
    assert_eq!(update.asks[0].price.to_string(), "8476.98");
    assert!(update.bids[0].quantity.is_zero());
    assert_eq!(update.checksum, Some(Checksum::Okx(3_439_771_253)), "the same 32 bits without a sign");
    assert_eq!(update.exchange_time.unwrap().to_string(), "2020-08-10T02:26:23.085Z");
}

#[test]
fn a_checksum_of_zero_is_none() {
    let (_, events) = told(&book("snapshot", r#"["1","2","0","1"]"#, "", (-1, 7)));
    let [Event::Book { update, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert!(update.snapshot);
    assert_eq!(update.checksum, None);
}

#[test]
fn members_may_stand_in_any_order() {
    let (receipt, events) = told(
        r#"{ "data":[{"x":{"y":[1]},"bids":[["1","2"]],"asks":[],"ts":1597026383085}], "action":"snapshot", "arg":{"instId":"BTC-USDT","channel":"books","z":null} }"#,
    );
    assert_eq!(receipt, Ok(Receipt::Understood));
    assert!(matches!(events.as_slice(), [Event::Book { update, .. }] if update.snapshot && update.bids.len() == 1));
}

#[test]
fn a_broken_chain_is_told_once_and_a_new_count_is_followed() {
    let mut okx = okx();
    let mut hear = |frame: &str| {
        let mut events = Vec::new();
        okx.receive(frame, Timestamp::from_secs(1), &mut events).unwrap();
        events
    };
    let level = r#"["1","2","0","1"]"#;
    hear(&book("snapshot", level, "", (-1, 10)));
    for numbers in [(10, 12), (12, 12), (12, 3), (3, 4)] {
        assert!(matches!(hear(&book("update", level, "", numbers)).as_slice(), [Event::Book { .. }]), "{numbers:?}");
    }
    assert_eq!(hear(&book("update", level, "", (3, 4))), [], "the same again");
    let broken = hear(&book("update", level, "", (6, 7)));
    let reason = Desync::Gap { expected: 4, got: 6 };
    assert_eq!(broken[0], Event::Doubt { symbols: vec![symbol("BTC/USDT")], reason });
    assert!(matches!(hear(&book("update", level, "", (7, 8))).as_slice(), [Event::Book { .. }]));
}

#[test]
fn whole_books_replace_each_other_and_stragglers_are_set_aside() {
    let mut okx = okx();
    let mut hear = |channel: &str, number: u64| {
        let frame = format!(
            r#"{{"arg":{{"channel":"{channel}","instId":"BTC-USDT"}},"data":[{{"asks":[["2","1","0","1"]],"bids":[["1","1","0","1"]],"ts":"1597026383085","seqId":{number}}}]}}"#
        );
        let mut events = Vec::new();
        okx.receive(&frame, Timestamp::from_secs(1), &mut events).unwrap();
        matches!(events.as_slice(), [Event::Book { update, .. }] if update.snapshot)
    };
    let heard = [hear("bbo-tbt", 5), hear("bbo-tbt", 4), hear("books5", 6), hear("bbo-tbt", 7), hear("books5", 8)];
    assert_eq!(heard, [true, false, true, false, true], "of two books of one instrument, the deeper one counts");
}

#[test]
fn trades_tickers_and_marks() {
    let (_, events) = told(
        r#"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"130639474","px":"42219.9","sz":"0.12060306","side":"buy","ts":"1630048897897","count":"3"},{"instId":"BTC-USDT","tradeId":"130639475","px":"42219.8","sz":"1","side":"sell","ts":"1630048897898"}]}"#,
    );
    let [Event::Trades { trades, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(
        trades.iter().map(|t| (t.id, t.taker)).collect::<Vec<_>>(),
        [(Some(130_639_474), Side::Bid), (Some(130_639_475), Side::Ask)]
    );

    let (_, events) = told(
        r#"{"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{"instType":"SPOT","instId":"BTC-USDT","last":"9999.99","lastSz":"0.1","askPx":"","askSz":"11","bidPx":"8888.88","bidSz":"5","open24h":"9000","high24h":"10000","low24h":"8888.88","volCcy24h":"2222","vol24h":"2222.5","ts":"1597026383085"}]}"#,
    );
    let [Event::Ticker { ticker, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((ticker.ask, ticker.bid.unwrap().to_string().as_str()), (None, "8888.88"));
    assert_eq!(ticker.change.unwrap().to_string(), "11.11");

    for (channel, fields, expected) in [
        ("mark-price", r#""markPx":"42310.6","ts":"1630049139746""#, ["42310.6", "", ""]),
        ("funding-rate", r#""fundingRate":"-0.0001875","fundingTime":"1700726400000""#, ["", "-0.01875", ""]),
        ("open-interest", r#""oi":"2125419","oiCcy":"21254.19","ts":"1630049139746""#, ["", "", "2125419"]),
    ] {
        let (_, events) = told(&format!(
            r#"{{"arg":{{"channel":"{channel}","instId":"BTC-USD-SWAP"}},"data":[{{"instId":"BTC-USD-SWAP",{fields}}}]}}"#
        ));
        let [Event::Mark { symbol: of, mark, .. }] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(*of, symbol("BTC/USD:BTC"));
        let text = |shown: Option<String>| shown.unwrap_or_default();
        let found = [
            text(mark.mark.map(|m| m.to_string())),
            text(mark.funding.map(|f| f.to_string())),
            text(mark.open_interest.map(|o| o.to_string())),
        ];
        assert_eq!(found, expected, "{channel}");
        assert_eq!(mark.next_funding.is_some(), channel == "funding-rate");
    }
}

#[test]
fn candles_are_read_and_days_begin_at_midnight() {
    let candle = |channel: &str| {
        told(&format!(
            r#"{{"arg":{{"channel":"{channel}","instId":"BTC-USDT"}},"data":[["1597026383085","8533.02","8553.74","8527.17","8548.26","45247","529.5","5529.5","0"]]}}"#
        ))
    };
    let (_, events) = candle("candle1m");
    let [Event::Candle { interval: Interval::Minute1, candle: bar, .. }] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!((bar.close.to_string().as_str(), bar.volume.to_string().as_str()), ("8548.26", "45247"));
    assert!(matches!(candle("candle1Dutc").1.as_slice(), [Event::Candle { interval: Interval::Day1, .. }]));
    assert_eq!(candle("candle1D").0, Ok(Receipt::Unknown), "a day of Hong Kong");
}

#[test]
fn instruments_tell_steps_and_whether_they_trade() {
    let mut events = Vec::new();
    let url = "https://www.okx.com/api/v5/public/instruments?instType=SWAP";
    let body = r#"{"code":"0","msg":"","data":[{"instType":"SWAP","instId":"BTC-USD-SWAP","tickSz":"0.1","lotSz":"1","minSz":"1","state":"live"},{"instId":"LTC-USDT","tickSz":"0.01","lotSz":"0.000001","minSz":"0.01","state":"suspend"},{"instId":"NEW-USDT","tickSz":"","lotSz":"","minSz":"","state":"preopen"}]}"#;
    assert_eq!(okx().fetched(url, body, Timestamp::from_secs(1), &mut events), Ok(Receipt::Understood));
    let [Event::Instruments(listed)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0].symbol, symbol("BTC/USD:BTC"));
    assert_eq!(listed[0].precision, Precision { price: 1, quantity: 0 });
    assert_eq!((listed[1].lot.unwrap().to_string().as_str(), listed[1].trading), ("0.000001", Trading::Halted));
    let refused = okx().fetched(
        url,
        r#"{"code":"50011","msg":"Too Many Requests","data":[]}"#,
        Timestamp::from_secs(1),
        &mut events,
    );
    assert!(refused.unwrap_err().to_string().contains("Too Many Requests"));
    let other = okx().fetched("https://www.okx.com/api/v5/market/books", "{}", Timestamp::from_secs(1), &mut events);
    assert_eq!(other, Ok(Receipt::Unknown));
}

#[test]
fn what_the_venue_says() {
    let said = |frame: &str| told(frame).1;
    assert_eq!(said("pong"), [Event::Pong { exchange_time: None }]);
    assert_eq!(
        said(r#"{"event":"subscribe","arg":{"channel":"books","instId":"BTC-JPY"},"connId":"431d41f8"}"#),
        [Event::Subscribed(stream("BTC/JPY", Channel::Book { depth: 400 }))]
    );
    assert_eq!(
        said(r#"{"event":"unsubscribe","arg":{"channel":"trades","instId":"BTC-JPY"}}"#),
        [Event::Unsubscribed(symbol("BTC/JPY"))]
    );
    let refused = said(
        r#"{"event":"error","code":"60018","msg":"Wrong URL or channel:books,instId:FOO-BAR doesn't exist.\u001b[2J","connId":"a4d3ae55"}"#,
    );
    let [Event::Rejected { symbol: Some(of), reason }] = refused.as_slice() else { panic!("{refused:?}") };
    assert_eq!(*of, symbol("FOO/BAR"));
    assert!(!reason.contains('\u{1b}'));
    let notice = said(r#"{"event":"notice","code":"64008","msg":"The connection will soon be closed."}"#);
    assert!(matches!(notice.as_slice(), [Event::Status { message: Some(words), .. }] if words.contains("closed")));
    for (state, status, shown) in [
        ("scheduled", VenueStatus::Online, true),
        ("ongoing", VenueStatus::Maintenance, true),
        ("completed", VenueStatus::Online, false),
    ] {
        let frame = format!(r#"{{"arg":{{"channel":"status"}},"data":[{{"title":"Upgrade","state":"{state}"}}]}}"#);
        let message = shown.then(|| "Upgrade".to_owned());
        assert_eq!(said(&frame), [Event::Status { status, message }]);
    }
}

#[test]
fn what_cannot_be_read_puts_the_books_in_doubt_that_it_may_have_been_for() {
    let mut okx = okx();
    let mut events = Vec::new();
    let now = Timestamp::from_secs(1);
    okx.receive(&book("snapshot", r#"["1","2","0","1"]"#, "", (-1, 10)), now, &mut events).unwrap();
    let whole = book("update", r#"["1","2","0","1"]"#, "", (10, 11));
    for broken in
        [&whole[..whole.len() - 1], &whole[..30], "", &whole.replace("\"2\"", "\"x\""), &whole.replace("update", "u")]
    {
        events.clear();
        assert!(okx.receive(broken, now, &mut events).is_err(), "{broken}");
        let doubt = Event::Doubt { symbols: vec![symbol("BTC/USDT")], reason: Desync::Unreadable };
        assert_eq!(events, [doubt], "{broken}");
    }
    events.clear();
    let trade = r#"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","px":"1","sz":"1","side":"?","ts":"1"}]}"#;
    assert!(okx.receive(trade, now, &mut events).is_err());
    assert_eq!(events, [], "a trade is no matter of the book");
    for unknown in [
        r#"{"arg":{"channel":"what"},"data":[]}"#,
        r#"{"event":"what"}"#,
        "{}",
        r#"{"arg":{"channel":"block-tickers","instId":"BTC-USDT"},"data":[]}"#,
    ] {
        assert_eq!(okx.receive(unknown, now, &mut events), Ok(Receipt::Unknown), "{unknown}");
    }
}

#[test]
fn what_is_asked() {
    let wanted = [
        stream("BTC/USDT", Channel::Book { depth: 10 }),
        stream("BTC/USDT", Channel::Trades),
        stream("ETH/USDT:USDT", Channel::Ticker),
        stream("ETH/USDT:USDT", Channel::Candles(Interval::Minute1)),
        stream("BTC/USD:BTC-261225-90000-C", Channel::Book { depth: 3 }),
    ];
    let outgoing = okx().connected(&wanted);
    let gets = outgoing.iter().filter_map(|out| match out {
        Outgoing::Get(url) => url.split("instType=").nth(1),
        Outgoing::Frame(_) => None,
    });
    assert_eq!(gets.collect::<Vec<_>>(), ["SPOT", "SWAP", "FUTURES", "OPTION&instFamily=BTC-USD"]);
    let frames: Vec<_> = outgoing.iter().filter_map(Outgoing::frame).collect();
    let asked: serde_json::Value = serde_json::from_str(frames[0]).unwrap();
    let args = asked["args"].as_array().unwrap().iter();
    let args: Vec<_> =
        args.map(|arg| format!("{} {}", arg["channel"].as_str().unwrap(), arg["instId"].as_str().unwrap())).collect();
    assert_eq!(
        args,
        [
            "books BTC-USDT",
            "trades BTC-USDT",
            "tickers ETH-USDT-SWAP",
            "mark-price ETH-USDT-SWAP",
            "open-interest ETH-USDT-SWAP",
            "funding-rate ETH-USDT-SWAP",
            "books5 BTC-USD-261225-90000-C",
        ]
    );
    assert!(frames[1].contains(r#""channel":"status""#));
    let mut okx = Okx::new(&Address::stream("ws://127.0.0.1:1"));
    assert!(okx.connected(&wanted).iter().all(|out| out.frame().is_some()), "nothing is fetched without an address");
    let again: Vec<_> =
        okx.resync(&symbol("BTC/USDT")).iter().filter_map(|out| out.frame().map(str::to_owned)).collect();
    assert!(again[0].contains("unsubscribe") && again[1].contains(r#""op":"subscribe""#));
    assert!(again.iter().all(|frame| frame.contains(r#""books""#)), "the depth that was asked");
    assert_eq!(okx.venue_symbol(&symbol("ETH/USDT:USDT")).as_deref(), Some("ETH-USDT-SWAP"));
    assert_eq!(okx.ping().as_deref(), Some("ping"));
}

proptest! {
    /// Whatever is set, changed and deleted, the book ends as a plain map would.
    #[test]
    fn random_frames_equal_the_naive_model(
        whole in prop::collection::btree_map(1i64..40, 1i64..9, 0..20),
        steps in prop::collection::vec((prop::collection::vec((1i64..40, 0i64..9), 0..4), any::<bool>()), 0..30),
    ) {
        let print = |levels: &mut dyn Iterator<Item = (i64, i64)>| {
            levels.map(|(price, quantity)| format!(r#"["{price}","{quantity}","0","1"]"#)).collect::<Vec<_>>().join(",")
        };
        let mut okx = okx();
        let mut market = Market::default();
        let mut model = whole.clone();
        let mut number = 100;
        let mut frames = vec![book("snapshot", &print(&mut whole.into_iter()), "", (-1, number))];
        for (changes, lives) in &steps {
            for (price, quantity) in changes {
                match quantity {
                    0 => model.remove(price),
                    quantity => model.insert(*price, *quantity),
                };
            }
            frames.push(book("update", &print(&mut changes.iter().copied()), "", (number, number + 3)));
            number += 3;
            if *lives {
                frames.push(book("update", "", "", (number, number)));
            }
        }
        for frame in frames {
            let mut events = Vec::new();
            okx.receive(&frame, Timestamp::from_secs(1), &mut events).unwrap();
            for event in events {
                let applied = market.apply(VenueId::Okx, event, Timestamp::from_secs(1));
                prop_assert!(!matches!(applied, Some(Applied::NeedsResync(_))));
            }
        }
        let ours: &Book = &market.listing(VenueId::Okx, &symbol("BTC/USDT")).unwrap().book;
        let theirs = model.iter().rev().map(|(price, quantity)| {
            Level::from(Change { price: Fixed::new(*price, 0), quantity: Fixed::new(*quantity, 0) })
        });
        prop_assert_eq!(ours.levels(Side::Bid).collect::<Vec<_>>(), theirs.collect::<Vec<_>>());
    }
}
