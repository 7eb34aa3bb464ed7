//! Messages in the shapes that Deribit documents, and what must not be believed.

use super::*;
use crate::market::{Applied, Book, Change, Interval, Market, Precision, Side, Standing, Trading, VenueStatus};
use crate::money::Decimal;
use proptest::prelude::*;

fn deribit() -> Deribit {
    Deribit::new(&ENDPOINTS[0].address(None, None))
}

fn hear(deribit: &mut Deribit, frame: &str) -> (Result<Receipt, FrameError>, Vec<Event>) {
    let mut events = Vec::new();
    let receipt = deribit.receive(frame, Timestamp::from_secs(1), &mut events);
    (receipt, events)
}

fn told(frame: &str) -> (Result<Receipt, FrameError>, Vec<Event>) {
    hear(&mut deribit(), frame)
}

fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

fn notice(channel: &str, data: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"{channel}","data":{data}}}}}"#)
}

fn book_data(kind: &str, previous: Option<u64>, id: u64, bids: &str, asks: &str) -> String {
    let previous = previous.map(|id| format!(r#""prev_change_id":{id},"#)).unwrap_or_default();
    format!(
        r#"{{"type":"{kind}","timestamp":1554373962454,{previous}"instrument_name":"BTC-PERPETUAL","change_id":{id},"bids":{bids},"asks":{asks}}}"#
    )
}

const CHANNEL: &str = "book.BTC-PERPETUAL.100ms";

#[test]
fn a_book_is_a_snapshot_and_then_a_chain_of_changes() {
    let snapshot = notice(
        CHANNEL,
        &book_data(
            "snapshot",
            None,
            297_217,
            r#"[["new",5042.34,30.0],["new",5041.94,20.0]]"#,
            r#"[["new",5042.64,40]]"#,
        ),
    );
    let (receipt, events) = told(&snapshot);
    assert_eq!(receipt, Ok(Receipt::Understood));
    let [Event::Book { symbol: of, update }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((of, update.snapshot, update.depth), (&symbol("BTC/USD:BTC"), true, None));
    assert_eq!(update.sequence, Some(Sequence { previous: None, last: 297_217 }));
    let change = book_data(
        "change",
        Some(297_217),
        297_218,
        r#"[["delete",5041.94,0.0],["delete",5040,7]]"#,
        r#"[["change",5042.64,1E+1]]"#,
    );
    let other_order = format!(
        r#"{{"params":{{"data":{change},"label":"x","channel":"{CHANNEL}"}},"method":"subscription","jsonrpc":"2.0"}}"#
    );
    for frame in [notice(CHANNEL, &change), other_order] {
        let (_, events) = told(&frame);
        let [Event::Book { update, .. }] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(update.sequence, Some(Sequence { previous: Some(297_217), last: 297_218 }));
        assert!(update.bids.iter().all(|level| level.quantity.is_zero()), "what goes is gone, whatever its amount");
        assert_eq!(update.asks[0].quantity.decimal(), Decimal::TEN);
        assert_eq!(update.exchange_time, Some(Timestamp::from_millis(1_554_373_962_454)));
    }
}

#[test]
fn grouped_books_are_whole_and_an_overtaken_one_is_dropped() {
    let mut deribit = deribit();
    let mut grouped = |id: u64| {
        let data = format!(
            r#"{{"timestamp":1554375447971,"instrument_name":"ETH-PERPETUAL","change_id":{id},"bids":[[160,1.5]],"asks":[[161,20.0]]}}"#
        );
        hear(&mut deribit, &notice("book.ETH-PERPETUAL.none.20.100ms", &data)).1
    };
    let [Event::Book { update, .. }] = &grouped(10)[..] else { panic!() };
    assert!(update.snapshot);
    assert_eq!(update.bids[0], Change { price: "160".parse().unwrap(), quantity: "1.5".parse().unwrap() });
    assert_eq!(grouped(9), []);
    assert_eq!(grouped(11).len(), 1);
}

#[test]
fn a_book_is_read_from_one_channel_only() {
    let mut deribit = deribit();
    let data = book_data("snapshot", None, 5, "[]", "[]");
    assert_eq!(hear(&mut deribit, &notice("book.BTC-PERPETUAL.raw", &data)).1.len(), 1);
    assert_eq!(hear(&mut deribit, &notice(CHANNEL, &data)).1, []);
    deribit.sent(
        r#"{"jsonrpc":"2.0","id":3,"method":"public/unsubscribe","params":{"channels":["book.BTC-PERPETUAL.raw"]}}"#,
    );
    assert_eq!(hear(&mut deribit, &notice(CHANNEL, &data)).1.len(), 1);
}

#[test]
fn trades_have_a_number_that_grows() {
    let data = r#"[{"trade_seq":30289432,"trade_id":"48079254","timestamp":1590484156350,"tick_direction":0,"price":8950.0,"mark_price":8948.9,"instrument_name":"BTC-PERPETUAL","index_price":8955.88,"direction":"sell","amount":10.0},{"trade_seq":30289433,"trade_id":"48079255","timestamp":1590484156351,"price":8950.5,"instrument_name":"BTC-PERPETUAL","direction":"buy","amount":20.0}]"#;
    let (_, events) = told(&notice("trades.BTC-PERPETUAL.100ms", data));
    let [Event::Trades { trades, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((trades[0].taker, trades[1].taker, trades[1].id), (Side::Ask, Side::Bid, Some(30_289_433)));
}

#[test]
fn a_ticker_has_the_mark_price_and_of_perpetuals_the_funding() {
    let data = r#"{"timestamp":1623060194301,"stats":{"volume_usd":284061480,"volume":7871.02139035,"price_change":0.7229,"low":35213.5,"high":36824.5},"state":"open","settlement_price":36169.49,"open_interest":502097590,"min_price":35898.37,"max_price":36991.72,"mark_price":36446.51,"last_price":36457.5,"interest_value":1.7362511643,"instrument_name":"BTC-PERPETUAL","index_price":36441.64,"funding_8h":0.0000211,"estimated_delivery_price":36441.64,"current_funding":0.00001,"best_bid_price":36442.5,"best_bid_amount":5000,"best_ask_price":36443,"best_ask_amount":100}"#;
    let (_, events) = told(&notice("ticker.BTC-PERPETUAL.100ms", data));
    let [Event::Ticker { ticker, .. }, Event::Mark { mark, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(ticker.change.unwrap().to_string(), "0.7229");
    assert_eq!(mark.funding.unwrap(), "0.001".parse().unwrap(), "in percent");
    assert_eq!((mark.open_interest.unwrap().to_string().as_str(), mark.next_funding), ("502097590", None));
    let data = r#"{"timestamp":1626993723632,"stats":{"volume":null,"price_change":null,"low":null,"high":null},"open_interest":8.0,"mark_price":1.005718,"last_price":null,"instrument_name":"ETH-27AUG21-4000-P","index_price":2006.72,"best_bid_price":0.0,"best_bid_amount":0.0,"best_ask_price":0.0,"best_ask_amount":0.0}"#;
    let (_, events) = told(&notice("ticker.ETH-27AUG21-4000-P.raw", data));
    let [Event::Ticker { ticker, .. }, Event::Mark { mark, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((ticker.bid, ticker.ask, ticker.last, mark.funding), (None, None, None, None));
    let (_, events) = told(&notice("ticker.BTC_USDC.100ms", &data.replace("ETH-27AUG21-4000-P", "BTC_USDC")));
    assert_eq!(events.len(), 1, "a pair is not marked");
}

#[test]
fn candles_of_known_intervals_are_taken() {
    let data = r#"{"volume":0.05219351,"tick":1573645080000,"open":8869.79,"low":8788.25,"high":8870.31,"cost":460,"close":8791.25}"#;
    let (_, events) = told(&notice("chart.trades.BTC-PERPETUAL.1D", data));
    let [Event::Candle { interval: Interval::Day1, candle, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((candle.close.to_string().as_str(), candle.from_venue), ("8791.25", true));
    assert_eq!(told(&notice("chart.trades.BTC-PERPETUAL.3", data)), (Ok(Receipt::Understood), vec![]));
}

#[test]
fn the_venue_is_answered_when_it_asks_whether_we_live() {
    let mut deribit = deribit();
    let asked = r#"{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}"#;
    assert_eq!(hear(&mut deribit, asked), (Ok(Receipt::Understood), vec![Event::Heartbeat]));
    let [Outgoing::Frame(answer)] = &deribit.outgoing()[..] else { panic!() };
    assert!(answer.contains(r#""method":"public/test""#));
    assert_eq!(deribit.outgoing(), []);
    hear(&mut deribit, r#"{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"heartbeat"}}"#).0.unwrap();
    assert_eq!(deribit.outgoing(), []);
    let pong = r#"{"jsonrpc":"2.0","id":2,"result":{"version":"1.2.26"},"usIn":1535043730126248,"usOut":1535043730126250,"usDiff":2,"testnet":false}"#;
    let exchange_time = Some(Timestamp::from_nanos(1_535_043_730_126_250_000));
    assert_eq!(hear(&mut deribit, pong).1, [Event::Pong { exchange_time }]);
}

#[test]
fn channels_that_are_not_granted_are_refused() {
    let mut deribit = deribit();
    let stream = |name, channel| Subscription { symbol: symbol(name), channel };
    let wanted = [
        stream("BTC/USD:BTC", Channel::Book { depth: 10 }),
        stream("NO/USD:NO", Channel::Trades),
        stream("BTC/USD:BTC", Channel::Candles(Interval::Hour4)),
    ];
    let outgoing = deribit.connected(&wanted);
    assert!(outgoing[0].frame().unwrap().contains("public/set_heartbeat"));
    let all = "https://www.deribit.com/api/v2/public/get_instruments?currency=any&expired=false";
    assert_eq!(outgoing[1], Outgoing::Get(all.into()));
    let frame = outgoing[2].frame().unwrap();
    assert!(frame.contains(r#"["platform_state","book.BTC-PERPETUAL.100ms","trades.NO-PERPETUAL.100ms"]"#), "{frame}");
    let answer = r#"{"jsonrpc":"2.0","id":2,"result":["platform_state","book.BTC-PERPETUAL.100ms"],"usOut":1}"#;
    let (_, events) = hear(&mut deribit, answer);
    let [Event::Subscribed(granted), Event::Rejected { symbol: Some(refused), .. }] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!((&granted.symbol, refused), (&symbol("BTC/USD:BTC"), &symbol("NO/USD:NO")));
    let again = deribit.resync(&symbol("BTC/USD:BTC"));
    assert!(again[0].frame().unwrap().contains("public/unsubscribe"));
    assert!(again[1].frame().unwrap().contains("public/subscribe"));
    let gone = r#"{"jsonrpc":"2.0","id":3,"result":["book.BTC-PERPETUAL.100ms"]}"#;
    assert_eq!(hear(&mut deribit, gone).1, [Event::Unsubscribed(symbol("BTC/USD:BTC"))]);
    let error = r#"{"jsonrpc":"2.0","id":4,"error":{"message":"Invalid\u001b params","data":{"param":"channels"},"code":-32602}}"#;
    let reason = r#"Invalid params {"param":"channels"}"#.to_owned();
    assert_eq!(hear(&mut deribit, error).1, [Event::Rejected { symbol: Some(symbol("BTC/USD:BTC")), reason }]);
    let error = r#"{"jsonrpc":"2.0","error":{"message":"too_many_requests","code":10028}}"#;
    let reason = "too_many_requests".to_owned();
    assert_eq!(hear(&mut deribit, error).1, [Event::Rejected { symbol: None, reason }]);
}

#[test]
fn the_platform_tells_of_its_state() {
    for (data, status) in [
        (r#"{"maintenance":true}"#, VenueStatus::Maintenance),
        (r#"{"locked":true,"price_index":"sol_usdc"}"#, VenueStatus::Limited),
        (r#"{"maintenance":false}"#, VenueStatus::Online),
    ] {
        assert_eq!(told(&notice("platform_state", data)).1, [Event::Status { status, message: None }]);
    }
}

#[test]
fn instruments_are_listed_with_their_steps() {
    let listed = r#"[{"tick_size":0.0001,"tick_size_steps":[{"above_price":0.005,"tick_size":0.0005}],"min_trade_amount":0.1,"kind":"option","is_active":true,"instrument_name":"BTC-13JAN23-16000-P","contract_size":1},{"tick_size":0.5,"min_trade_amount":10.0,"kind":"future","is_active":false,"instrument_name":"BTC-PERPETUAL"},{"tick_size":0.5,"min_trade_amount":10.0,"is_active":true,"instrument_name":"BTC-FS-27SEP24_PERP"}]"#;
    let answer = format!(r#"{{"jsonrpc":"2.0","id":9,"result":{listed},"usOut":1}}"#);
    let mut events = Vec::new();
    let url = "https://www.deribit.com/api/v2/public/get_instruments?currency=any";
    assert_eq!(deribit().fetched(url, &answer, Timestamp::from_secs(1), &mut events), Ok(Receipt::Understood));
    assert_eq!(told(&answer).1, events, "over the stream it is the same");
    let [Event::Instruments(listed)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(listed.len(), 2, "a combination is no instrument of ours");
    assert_eq!((listed[0].precision, listed[0].trading), (Precision { price: 4, quantity: 1 }, Trading::Open));
    assert_eq!((listed[1].lot.unwrap().to_string().as_str(), listed[1].trading), ("10.0", Trading::Halted));
}

#[test]
fn a_changed_meaning_is_an_error_with_a_name() {
    for frame in [
        "".to_owned(),
        "[]".to_owned(),
        notice(CHANNEL, "[]"),
        notice(CHANNEL, &book_data("snapshot", None, 1, r#"[["moved",1,2]]"#, "[]")),
        notice(CHANNEL, &book_data("snapshot", None, 1, r#"[["new",1]]"#, "[]")),
        notice(CHANNEL, &book_data("snapshot", None, 1, r#"[["new",null,1]]"#, "[]")),
        notice(CHANNEL, r#"{"type":"snapshot","change_id":1,"bids":[],"asks":[]}"#),
        notice("trades.BTC-PERPETUAL.raw", r#"[{"price":1}]"#),
    ] {
        assert!(matches!(told(&frame).0, Err(FrameError::Malformed { .. })), "{frame}");
    }
    for frame in [
        notice(CHANNEL, &book_data("merge", None, 1, "[]", "[]")),
        notice(CHANNEL, &book_data("change", None, 1, "[]", "[]")),
        notice("book.NOTHING.raw", &book_data("snapshot", None, 1, "[]", "[]")),
    ] {
        assert!(matches!(told(&frame).0, Err(FrameError::Field { .. })), "{frame}");
    }
    for frame in ["{}".to_owned(), notice("weather.today", "1"), r#"{"method":"dance","params":{}}"#.to_owned()] {
        assert_eq!(told(&frame), (Ok(Receipt::Unknown), vec![]), "{frame}");
    }
}

#[test]
fn an_unreadable_change_puts_its_book_in_doubt() {
    let whole = notice(CHANNEL, &book_data("change", Some(1), 2, "[]", "[]"));
    for frame in [&whole[..100], &whole.replacen("jsonrpc", "jsonrpd", 1)[..100]] {
        let (receipt, events) = told(frame);
        assert!(receipt.is_err());
        assert_eq!(events, [Event::Doubt { symbols: vec![symbol("BTC/USD:BTC")], reason: Desync::Unreadable }]);
    }
}

#[test]
fn a_broken_chain_is_a_gap() {
    let (mut deribit, mut book, at) = (deribit(), Book::new(), Timestamp::from_secs(1));
    let mut applied = |kind, previous, id| {
        let (_, events) = hear(&mut deribit, &notice(CHANNEL, &book_data(kind, previous, id, "[]", "[]")));
        let [Event::Book { update, .. }] = events.as_slice() else { panic!("{events:?}") };
        book.apply(update, at)
    };
    assert_eq!(applied("snapshot", None, 5), Applied::Applied);
    assert_eq!(applied("change", Some(5), 9), Applied::Applied);
    assert_eq!(applied("change", Some(12), 13), Applied::NeedsResync(Desync::Gap { expected: 9, got: 12 }));
    let anew = notice(CHANNEL, &book_data("change", Some(1), 2, "[]", "[]"));
    let reason = Desync::Gap { expected: 13, got: 2 };
    assert_eq!(hear(&mut deribit, &anew).1, [Event::Doubt { symbols: vec![symbol("BTC/USD:BTC")], reason }]);
}

proptest! {
    /// Whatever changes come, and wherever a new snapshot comes between them, the book is what a plain map holds.
    #[test]
    fn books_equal_the_naive_model(
        changes in prop::collection::vec(prop::collection::vec((any::<bool>(), 1i64..30, 0i64..6), 0..5), 1..40),
        renewed in 0usize..40,
    ) {
        let (mut deribit, mut market, mut model) = (deribit(), Market::default(), [BTreeMap::new(), BTreeMap::new()]);
        let snapshot = |model: &[BTreeMap<i64, i64>; 2], id| {
            let side = |levels: &BTreeMap<i64, i64>| {
                let levels = levels.iter().map(|(p, q)| format!(r#"["new",{p}.5,{q}.0]"#));
                format!("[{}]", levels.collect::<Vec<_>>().join(","))
            };
            notice(CHANNEL, &book_data("snapshot", None, id, &side(&model[0]), &side(&model[1])))
        };
        let mut frames = vec![snapshot(&model, 10)];
        for (index, change) in (1u64..).zip(&changes) {
            let mut sides = [Vec::new(), Vec::new()];
            for (bid, price, quantity) in change {
                let levels = &mut model[usize::from(!bid)];
                let action = match quantity {
                    0 if levels.remove(price).is_none() => continue,
                    0 => "delete",
                    quantity if levels.insert(*price, *quantity).is_none() => "new",
                    _ => "change",
                };
                sides[usize::from(!bid)].push(format!(r#"["{action}",{price}.5,{quantity}.0]"#));
            }
            let [bids, asks] = sides.map(|levels| format!("[{}]", levels.join(",")));
            frames.push(notice(CHANNEL, &book_data("change", Some(index * 3 + 7), index * 3 + 10, &bids, &asks)));
            if index as usize == renewed {
                frames.push(snapshot(&model, index * 3 + 10));
            }
        }
        let (mut events, at) = (Vec::new(), Timestamp::from_secs(1));
        for frame in &frames {
            deribit.receive(frame, at, &mut events).unwrap();
        }
        for event in events {
            market.apply(VenueId::Deribit, event, at);
        }
        let book = &market.listing(VenueId::Deribit, &symbol("BTC/USD:BTC")).unwrap().book;
        prop_assert_eq!(book.standing(), &Standing::Live);
        for (side, model) in [(Side::Bid, &model[0]), (Side::Ask, &model[1])] {
            let ours: BTreeMap<_, _> = book.levels(side).map(|l| (l.price.get(), l.quantity.get())).collect();
            let theirs = model.iter().map(|(p, q)| (Decimal::new(p * 10 + 5, 1), Decimal::from(*q))).collect();
            prop_assert_eq!(ours, theirs);
        }
    }
}
