//! From the wire to the eye: how long after a venue has sent a change does the terminal show it, or a newer one?
//!
//! `cargo bench --bench latency [-- SECONDS]`. A venue on loopback speaks as much of Kraken's protocol as the console
//! asks of it and changes the best bid's quantity with each message, counting up. Where there are more instruments than
//! one, they take turns, and the first is looked at. The release binary runs on a pseudo-terminal of 80x24 at 30 frames a
//! second; a terminal emulator reads along. All on one clock.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod pty;

use exchequer::market::{Checksum, Level, Precision};
use exchequer::money::{Decimal, Price, Quantity};
use pty::{Console, Memory, Shown, Start};
use serde_json::{Value, json};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::{Message, WebSocket, accept};

const PRECISION: Precision = Precision { price: 0, quantity: 0 };
const LEVELS: i64 = 20;
/// The price of the best bid: in full on the screen, and nowhere else.
const BID: (i64, &str) = (97_400, "97,400");
/// What is looked at.
const SHOWN: &str = "BTC/USD";
/// The first quantity; the column is as wide at the end as at the beginning.
const FIRST: i64 = 100_000;

fn level(price: i64, quantity: i64) -> Level {
    Level { price: Price::new(Decimal::from(price)), quantity: Quantity::new(Decimal::from(quantity)) }
}

fn shown(levels: &[Level]) -> Value {
    let number = |decimal: Decimal| i64::try_from(decimal).unwrap();
    let one = |level: &Level| json!({"price": number(level.price.get()), "qty": number(level.quantity.get())});
    levels.iter().map(one).collect()
}

/// Twenty bids and twenty asks.
struct Book {
    bids: Vec<Level>,
    asks: Vec<Level>,
}

impl Book {
    fn new() -> Self {
        let side = |step: i64, first: i64| (0..LEVELS).map(|n| level(first + step * n, 10 + n)).collect();
        let mut book = Self { bids: side(-3, BID.0), asks: side(3, BID.0 + 4) };
        book.bids[0] = level(BID.0, FIRST);
        book
    }

    fn frame(&self, symbol: &str, kind: &str, bids: &[Level], asks: &[Level]) -> String {
        let Self { bids: own_bids, asks: own_asks } = self;
        let checksum = Checksum::of_kraken(own_bids, own_asks, PRECISION).expected();
        let timestamp = format!("{:.6}", jiff::Timestamp::now());
        let (bids, asks) = (shown(bids), shown(asks));
        let book = json!({"symbol": symbol, "bids": bids, "asks": asks, "checksum": checksum, "timestamp": timestamp});
        json!({"channel": "book", "type": kind, "data": [book]}).to_string()
    }
}

/// Answers what the console asks, until it asks for nothing more.
fn greet(socket: &mut WebSocket<TcpStream>, symbols: &[String]) {
    socket.get_ref().set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    while let Ok(message) = socket.read() {
        let Message::Text(text) = message else { continue };
        let request: Value = serde_json::from_str(&text).unwrap();
        let (channel, id) = (request["params"]["channel"].as_str().unwrap(), &request["req_id"]);
        let mut result = json!({"channel": channel, "snapshot": true});
        if channel == "instrument" {
            let pair = |symbol: &String| {
                let base = symbol.split('/').next().unwrap();
                json!({"symbol": symbol, "base": base, "quote": "USD", "status": "online",
                    "qty_precision": 0, "qty_increment": 1, "qty_min": 1, "price_precision": 0, "price_increment": 1,
                    "cost_precision": 0, "marginable": false, "has_index": false})
            };
            let data = json!({"assets": [], "pairs": symbols.iter().map(pair).collect::<Vec<_>>()});
            let frame = json!({"channel": "instrument", "type": "snapshot", "data": data});
            socket.send(Message::text(frame.to_string())).unwrap();
        }
        for extra in ["depth", "interval"] {
            if let Some(value) = request["params"].get(extra) {
                result[extra] = value.clone();
            }
        }
        // One answer for each of the symbols; the list of instruments has none.
        let asked = request["params"]["symbol"].as_array().cloned().unwrap_or_else(|| vec![Value::Null]);
        for symbol in asked {
            if !symbol.is_null() {
                result["symbol"] = symbol;
            }
            let answer = json!({"method": "subscribe", "result": result, "success": true, "req_id": id});
            socket.send(Message::text(answer.to_string())).unwrap();
        }
    }
}

/// Sends so many messages a second, evenly, and notes when each of the first instrument left.
fn venue(listener: &TcpListener, load: &Load, sent: &Mutex<Vec<Instant>>) {
    let (stream, _) = listener.accept().unwrap();
    stream.set_nodelay(true).unwrap();
    let mut socket = accept(stream).unwrap();
    let symbols = load.symbols();
    greet(&mut socket, &symbols);
    let mut books: Vec<Book> = symbols.iter().map(|_| Book::new()).collect();
    for (symbol, book) in symbols.iter().zip(&books) {
        socket.send(Message::text(book.frame(symbol, "snapshot", &book.bids, &book.asks))).unwrap();
    }
    let start = Instant::now();
    for count in 0..load.rate * load.seconds {
        let turn = count as usize % symbols.len();
        let book = &mut books[turn];
        book.bids[0] = level(BID.0, FIRST + 1 + i64::from(count / load.instruments));
        let frame = book.frame(&symbols[turn], "update", &book.bids[..1], &[]);
        let due = start + Duration::from_secs(1) * count / load.rate;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if turn == 0 {
            sent.lock().unwrap().push(Instant::now());
        }
        socket.send(Message::text(frame)).unwrap();
    }
    // The last ones are still to be shown.
    std::thread::sleep(Duration::from_secs(1));
}

/// The quantity of the best bid on the screen.
fn counter(screen: &vt100::Screen) -> Option<i64> {
    let (_, cols) = screen.size();
    let line = screen.rows(0, cols).find(|line| line.contains(BID.1))?;
    let quantity = line.split_once(BID.1)?.1.split_whitespace().next()?;
    quantity.replace(',', "").parse().ok()
}

/// What the console has to bear.
struct Load {
    rate: u32,
    instruments: u32,
    seconds: u32,
}

impl Load {
    fn symbols(&self) -> Vec<String> {
        let others = (1..self.instruments).map(|n| format!("C{n}/USD"));
        std::iter::once(SHOWN.to_owned()).chain(others).collect()
    }
}

#[derive(Default)]
struct Tally {
    latencies: Vec<Duration>,
    frames: u64,
    bytes: u64,
    busy: Duration,
    memory: Memory,
}

fn measure(load: &Load) -> Tally {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let sent = Arc::new(Mutex::new(Vec::<Instant>::new()));
    let tally = Arc::new(Mutex::new(Tally::default()));
    let look = {
        let (sent, tally, mut before) = (sent.clone(), tally.clone(), (0, 0));
        move |now: Shown<'_>| {
            let Some(count) = counter(now.screen).and_then(|shown| usize::try_from(shown - FIRST).ok()) else { return };
            let (sent, mut tally) = (sent.lock().unwrap(), tally.lock().unwrap());
            if count == 0 {
                before = (now.frames, now.bytes);
            }
            let unseen = sent.get(tally.latencies.len()..count).unwrap_or_default();
            if !unseen.is_empty() {
                (tally.frames, tally.bytes) = (now.frames - before.0, now.bytes - before.1);
                tally.latencies.extend(unseen.iter().map(|sent| now.at.saturating_duration_since(*sent)));
            }
        }
    };
    let symbols = load.symbols();
    let mut arguments = vec!["--venue", "kraken", "--fps", "30"];
    arguments.extend(symbols.iter().map(String::as_str));
    let start =
        Start { size: (80, 24), arguments: &arguments, variables: &[("EXCHEQUER_KRAKEN_URL", &url)], dir: dir.path() };
    let console = Console::start(&start, look);
    venue(&listener, load, &sent);
    let (busy, memory) = (console.busy(), console.memory());
    console.quit();
    let tally = Arc::into_inner(tally).expect("the console has ended").into_inner().unwrap();
    assert_eq!(tally.latencies.len(), sent.lock().unwrap().len(), "every message was shown, or a newer one");
    Tally { busy, memory, ..tally }
}

fn main() {
    let seconds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(20);
    let ms = |duration: Duration| format!("{}.{:01}", duration.as_millis(), duration.as_micros() % 1_000 / 100);
    println!("cargo bench --bench latency -- {seconds}   (80x24, 30 frames/s; milliseconds from send to screen)\n");
    println!(
        "| instruments | messages/s | measured | p50 | p99 | p99.9 | max | frames/s | KB/s | CPU % | MB | peak MB |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for (instruments, rate) in [(1, 1_000), (1, 10_000), (200, 10_000)] {
        let Tally { mut latencies, frames, bytes, busy, memory } = measure(&Load { rate, instruments, seconds });
        latencies.sort_unstable();
        let share =
            |thousandths: usize| ms(latencies[(latencies.len() * thousandths / 1_000).min(latencies.len() - 1)]);
        let (p50, p99, p999, max) = (share(500), share(990), share(999), share(1_000));
        let (frames, kilobytes) = (frames / u64::from(seconds), bytes / 1024 / u64::from(seconds));
        let (count, busy) = (latencies.len(), busy.as_millis() / u128::from(seconds * 10));
        let (now, peak) = (memory.now / 1024, memory.peak / 1024);
        println!(
            "| {instruments} | {rate} | {count} | {p50} | {p99} | {p999} | {max} | {frames} | {kilobytes} | {busy} | {now} | {peak} |"
        );
    }
}
