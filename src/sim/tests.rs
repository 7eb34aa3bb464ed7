//! The whole venue without sockets, read by the code that reads real venues.

use super::fault::{Fault, Outgoing, Trouble};
use super::gateway::{Gateway, SessionId};
use super::pair::Pair;
use crate::market::{
    Applied, Channel, Event, Interval, Level, Market, Side, Standing, Subscription, Symbol, Timestamp, VenueId,
};
use crate::money::{Decimal, Price, Quantity};
use crate::venue::{Address, Dialect, Receipt, dialect};
use serde_json::{Value, json};
use std::time::Duration;

const START: Timestamp = Timestamp::from_secs(1_790_000_000);

fn venue(faults: &[Fault]) -> Gateway {
    Gateway::open(Pair::standard(), 42, faults.to_vec(), START)
}

fn drain(venue: &mut Gateway, id: SessionId) -> Vec<Outgoing> {
    venue.sessions().find(|(of, _)| *of == id).map(|(_, session)| session.outbox()).unwrap_or_default()
}

fn said(venue: &mut Gateway, id: SessionId) -> Vec<Value> {
    let frame = |outgoing| match outgoing {
        Outgoing::Frame(frame) => serde_json::from_str(&frame).expect("JSON"),
        other => panic!("{other:?}"),
    };
    drain(venue, id).into_iter().map(frame).collect()
}

/// The first of the answers to a request.
fn ask(venue: &mut Gateway, id: SessionId, request: &Value) -> Value {
    drain(venue, id);
    venue.receive(id, &request.to_string(), START);
    said(venue, id).into_iter().next().expect("an answer")
}

/// A client as the program has it: Kraken's dialect, and the market that it fills.
struct Client {
    id: SessionId,
    dialect: Box<dyn Dialect>,
    market: Market,
    failed: u64,
    unreadable: u64,
    trades: Vec<u64>,
}

impl Client {
    fn connect(venue: &mut Gateway, wanted: &[Subscription]) -> Self {
        let id = venue.connect();
        let mut dialect = dialect(VenueId::Sim, &Address::default());
        for request in dialect.connected(wanted) {
            venue.receive(id, request.frame().unwrap(), START);
        }
        Self { id, dialect, market: Market::default(), failed: 0, unreadable: 0, trades: Vec::new() }
    }

    /// Reads what waits; asks for a fresh snapshot where a book fell out of step.
    fn listen(&mut self, venue: &mut Gateway, now: Timestamp) {
        for outgoing in drain(venue, self.id) {
            let Outgoing::Frame(frame) = outgoing else { continue };
            let mut events = Vec::new();
            match self.dialect.receive(&frame, now, &mut events) {
                Ok(receipt) => assert_eq!(receipt, Receipt::Understood, "{frame}"),
                Err(_) => self.unreadable += 1,
            }
            for event in events {
                if let (Event::Trades { trades, .. }, "BTC/USD") = (&event, symbol_of(&event)) {
                    self.trades.extend(trades.iter().filter_map(|trade| trade.id));
                }
                let symbol = symbol_of(&event).to_owned();
                if let Some(Applied::NeedsResync(_)) = self.market.apply(VenueId::Sim, event, now) {
                    self.failed += 1;
                    for request in self.dialect.resync(&Symbol::new(&symbol).unwrap()) {
                        venue.receive(self.id, request.frame().unwrap(), now);
                    }
                }
            }
        }
    }

    fn agrees(&self, venue: &Gateway, symbol: &Symbol, depth: usize) -> bool {
        let book = &self.market.listing(VenueId::Sim, symbol).unwrap().book;
        let (pit, truth) = venue.book(symbol, depth).unwrap();
        let level = |(price, quantity): &(i64, i64)| Level {
            price: Price::new(Decimal::new(*price, pit.pair.precision.price.into())),
            quantity: Quantity::new(Decimal::new(*quantity, 8)),
        };
        let [bids, asks] = truth.map(|levels| levels.iter().map(level).collect::<Vec<_>>());
        *book.standing() == Standing::Live
            && book.levels(Side::Bid).collect::<Vec<_>>() == bids
            && book.levels(Side::Ask).collect::<Vec<_>>() == asks
    }
}

fn symbol_of(event: &Event) -> &str {
    match event {
        Event::Book { symbol, .. } | Event::Trades { symbol, .. } => symbol.as_str(),
        _ => "",
    }
}

fn everything(depth: usize) -> Vec<Subscription> {
    let channels = [Channel::Book { depth }, Channel::Trades, Channel::Ticker, Channel::Candles(Interval::Minute1)];
    let of = |pair: Pair| channels.map(|channel| Subscription { symbol: pair.symbol.clone(), channel });
    Pair::standard().into_iter().flat_map(of).collect()
}

fn run(venue: &mut Gateway, clients: &mut [Client], steps: u32) {
    for step in 0..steps {
        let now = START.plus(Duration::from_millis(20) * step);
        venue.step(now);
        venue.beat(now);
        clients.iter_mut().for_each(|client| client.listen(venue, now));
    }
}

#[test]
fn clients_of_every_depth_have_the_venues_own_book() {
    let mut venue = venue(&[]);
    let depths = [10, 25, 100, 500];
    let mut clients = depths.map(|depth| Client::connect(&mut venue, &everything(depth)));
    for _ in 0..10 {
        run(&mut venue, &mut clients, 400);
        for (client, depth) in clients.iter().zip(depths) {
            for pair in Pair::standard() {
                assert!(client.agrees(&venue, &pair.symbol, depth), "{} at depth {depth}", pair.symbol);
            }
        }
    }
    for client in &clients {
        let (checked, failed) = client.market.listings().fold((0, 0), |(checked, failed), (_, _, listing)| {
            (checked + listing.book.record().checked, failed + listing.book.record().failed)
        });
        assert!(checked > 1_500 && failed == 0, "{checked} checksums, {failed} failed");
        assert_eq!((client.failed, client.unreadable), (0, 0));
        let ids = &client.trades;
        assert!(ids.windows(2).all(|pair| pair[1] == pair[0] + 1), "trades are numbered one by one");
        let listing = client.market.listing(VenueId::Sim, &Symbol::new("BTC/USD").unwrap()).unwrap();
        let last = listing.ticker.as_ref().and_then(|ticker| ticker.value.last);
        assert_eq!(last, listing.tape.newest().next().map(|trade| trade.price), "the ticker follows the tape");
        assert!(listing.instrument.is_some() && listing.candles.newest(Interval::Minute1).count() > 600);
    }
}

#[test]
fn a_subscription_is_answered_in_krakens_form() {
    let (mut venue, client) = (venue(&[]), 1);
    venue.connect();
    let status = said(&mut venue, client);
    assert_eq!(status[0]["channel"], "status");
    assert_eq!(status[0]["data"][0]["system"], "online");
    let book = json!({"method": "subscribe", "params": {"channel": "book", "symbol": ["ETH/BTC"]}, "req_id": 7});
    venue.receive(client, &book.to_string(), START);
    let heard = said(&mut venue, client);
    let (answer, snapshot) = (&heard[0], &heard[1]);
    let granted = json!({"channel": "book", "depth": 10, "snapshot": true, "symbol": "ETH/BTC"});
    assert_eq!((&answer["result"], &answer["success"], &answer["req_id"]), (&granted, &json!(true), &json!(7)));
    assert!(answer["time_out"].as_str().unwrap().ends_with('Z'));
    assert_eq!((&snapshot["type"], &snapshot["data"][0]["symbol"]), (&json!("snapshot"), &json!("ETH/BTC")));
    assert_eq!(snapshot["data"][0]["bids"].as_array().unwrap().len(), 10);
    let pong = ask(&mut venue, client, &json!({"method": "ping", "req_id": 3}));
    assert_eq!((&pong["method"], &pong["req_id"]), (&json!("pong"), &json!(3)));
}

#[test]
fn what_cannot_be_is_refused_with_a_reason() {
    let (mut venue, client) = (venue(&[]), 1);
    venue.connect();
    let mut refusal = |params: Value| {
        let answer = ask(&mut venue, client, &json!({"method": "subscribe", "params": params, "req_id": 1}));
        assert_eq!(
            (&answer["success"], &answer["method"], &answer["req_id"]),
            (&json!(false), &json!("subscribe"), &json!(1)),
            "{answer}"
        );
        (answer["error"].as_str().unwrap().to_owned(), answer["symbol"].clone())
    };
    let unknown = refusal(json!({"channel": "book", "symbol": ["AB\u{1b}[2J/USD"]}));
    assert_eq!(unknown, ("Currency pair not supported AB[2J/USD".to_owned(), json!("AB[2J/USD")));
    let depth = refusal(json!({"channel": "book", "symbol": ["BTC/USD"], "depth": 11}));
    assert_eq!(depth, ("Subscription depth not supported".to_owned(), json!("BTC/USD")));
    assert_eq!(refusal(json!({"channel": "nothing"})).0, "Channel not supported");
    assert_eq!(refusal(json!({"channel": "trade"})).0, "Symbol missing");
    assert!(refusal(json!({"channel": "ohlc", "symbol": ["BTC/USD"], "interval": 7})).0.contains("interval"));
    for (params, again) in [
        (json!({"channel": "book", "symbol": ["BTC/USD"]}), "Already subscribed"),
        (json!({"channel": "instrument"}), "Already subscribed"),
        (json!({"channel": "ohlc", "symbol": ["BTC/USD"]}), "Already subscribed to one ohlc interval on this symbol"),
    ] {
        venue.receive(client, &json!({"method": "subscribe", "params": params.clone()}).to_string(), START);
        let answer = ask(&mut venue, client, &json!({"method": "subscribe", "params": params}));
        assert_eq!(answer["error"], again);
    }
    for text in ["", "{", "[]", "\"ping\"", "{\"method\":7}"] {
        venue.receive(client, text, START);
        assert_eq!(said(&mut venue, client)[0]["error"], "Malformed request", "{text}");
    }
    assert_eq!(ask(&mut venue, client, &json!({"method": "add_order"}))["error"], "Method not supported");
}

#[test]
fn only_what_is_subscribed_to_is_heard() {
    let (mut venue, client) = (venue(&[]), 1);
    venue.connect();
    drain(&mut venue, client);
    let mut clients: [Client; 0] = [];
    run(&mut venue, &mut clients, 100);
    assert!(drain(&mut venue, client).is_empty(), "not even a heartbeat");
    let params = json!({"channel": "trade", "symbol": ["BTC/USD"], "snapshot": false});
    ask(&mut venue, client, &json!({"method": "subscribe", "params": params}));
    run(&mut venue, &mut clients, 400);
    let heard = said(&mut venue, client);
    assert!(heard.iter().all(|frame| frame["channel"] == "trade" || frame["channel"] == "heartbeat"));
    assert!(heard.iter().filter(|frame| frame["channel"] == "trade").count() > 10);
    let beats = heard.iter().filter(|frame| frame["channel"] == "heartbeat").count();
    assert!((5..=9).contains(&beats), "one a second: {beats} in 8 s");
    let answer = ask(&mut venue, client, &json!({"method": "unsubscribe", "params": params}));
    assert_eq!((&answer["method"], &answer["success"]), (&json!("unsubscribe"), &json!(true)));
    run(&mut venue, &mut clients, 100);
    assert!(drain(&mut venue, client).is_empty());
    let answer = ask(&mut venue, client, &json!({"method": "unsubscribe", "params": params}));
    assert_eq!((&answer["error"], &answer["success"]), (&json!("Subscription not found"), &json!(false)));
}

#[test]
fn no_two_messages_carry_the_same_moment() {
    let mut venue = venue(&[]);
    let id = venue.connect();
    let params = json!({"channel": "book", "symbol": ["BTC/USD"], "depth": 1000});
    ask(&mut venue, id, &json!({"method": "subscribe", "params": params}));
    // A clock that stands still, as a coarse one does between two ticks.
    for _ in 0..500 {
        venue.step(START);
    }
    let moment = |frame: &Value| frame["data"][0]["timestamp"].as_str().map(str::to_owned);
    let moments: Vec<String> = said(&mut venue, id).iter().filter_map(moment).collect();
    assert!(moments.len() > 50 && moments.windows(2).all(|pair| pair[0] < pair[1]), "{moments:?}");
}

#[test]
fn lost_and_corrupted_messages_are_noticed_and_repaired() {
    for (fault, trouble) in [
        ("drop@0.02", Trouble::Drop),
        ("gap@0.01", Trouble::Gap),
        ("corrupt-checksum@0.02", Trouble::CorruptChecksum),
        ("garbage@0.02", Trouble::Garbage),
    ] {
        let mut venue = venue(&[fault.parse().unwrap()]);
        let mut clients = [Client::connect(&mut venue, &everything(10))];
        run(&mut venue, &mut clients, 1_500);
        let made = venue.injected().count(trouble);
        let noticed = if trouble == Trouble::Garbage { clients[0].unreadable } else { clients[0].failed };
        assert!(made > 3 && noticed * 2 > made, "{fault}: {made} made, {noticed} noticed");
        if trouble == Trouble::Garbage {
            assert_eq!((made, clients[0].failed), (noticed, 0), "garbage is no reason to doubt a book");
        }
    }
}
