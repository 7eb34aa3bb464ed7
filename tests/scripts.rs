//! The commands for scripts against a simulated venue: the built program, a real socket, and the venue's own book to
//! compare with.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use exchequer::market::{Level, Symbol};
use exchequer::money::plain;
use exchequer::sim::{Pair, Server, Settings};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Long enough for any machine; nothing here waits for it unless something is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// A venue in this process, and a home for the programs that are run against it.
struct Desk {
    runtime: Runtime,
    venue: Option<Server>,
    url: String,
    home: tempfile::TempDir,
}

impl Desk {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let settings = Settings { seed: 11, rate: 400, ..Settings::default() };
        let venue = runtime.block_on(Server::start(settings)).unwrap();
        Self { runtime, url: venue.url(), venue: Some(venue), home: tempfile::tempdir().unwrap() }
    }

    fn venue(&self) -> &Server {
        self.venue.as_ref().unwrap()
    }

    /// The venue is gone; whoever connects finds a closed door.
    fn close(&mut self) {
        let _inside = self.runtime.enter();
        self.venue = None;
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exchequer"));
        command.args(arguments).env_clear().env("HOME", self.home.path()).env("EXCHEQUER_VENUE", "sim");
        command.stdin(Stdio::null()).current_dir(self.home.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// A command at the venue.
    fn ask(&self, arguments: &[&str]) -> Output {
        self.run(&[arguments, &["--url", &self.url]].concat())
    }

    /// A command at the venue that goes on, and the lines that it prints.
    fn begin(&self, arguments: &[&str]) -> (Running, Receiver<Value>) {
        let mut command = self.command(&[arguments, &["--url", &self.url]].concat());
        // Without a market nothing is to be printed: a line that does not come is missed at once.
        command.env("EXCHEQUER_STALE_AFTER", "1h");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines() {
                // Nobody listens any more: the pipe is closed, by dropping it.
                if sender.send(serde_json::from_str(&line.unwrap()).unwrap()).is_err() {
                    break;
                }
            }
        });
        (Running(child), lines)
    }

    /// The venue's own book, as a script would read it.
    fn book(&self, symbol: &str, depth: usize) -> (Value, Value) {
        let (bids, asks) = self.venue().book(&Symbol::new(symbol).unwrap(), depth).unwrap();
        let text = |level: &Level| json!([plain(level.price.get()), plain(level.quantity.get())]);
        (bids.iter().map(text).collect(), asks.iter().map(text).collect())
    }
}

/// A program that must not outlive its test.
struct Running(Child);

impl Running {
    fn tell(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    /// How it ended, and what it said on stderr.
    fn ended(mut self) -> (ExitStatus, String) {
        let status = patiently("the end of the program", || self.0.try_wait().unwrap());
        (status, std::io::read_to_string(self.0.stderr.take().unwrap()).unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn patiently<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "no {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// What a command that succeeded printed; it must not have said anything on stderr.
fn quiet(output: &Output) -> String {
    assert_eq!((output.status.code(), stderr(output).as_str()), (Some(0), ""), "{}", stdout(output));
    stdout(output)
}

fn object(output: &Output) -> Value {
    serde_json::from_str(&quiet(output)).unwrap()
}

/// The envelope of a command that failed with `exit`; it must not have printed anything on stdout.
fn envelope(output: &Output, exit: i32) -> Value {
    assert_eq!((output.status.code(), stdout(output).as_str()), (Some(exit), ""), "{}", stderr(output));
    let line: Value = serde_json::from_str(&stderr(output)).unwrap();
    assert_eq!(line["error"]["exit"], exit);
    line["error"].clone()
}

#[test]
fn a_book_is_the_venues_own() {
    let desk = Desk::open();
    desk.venue().set_moving(false);
    let shown = object(&desk.ask(&["book", "eth/usd", "--depth", "12", "--json"]));
    let (bids, asks) = desk.book("ETH/USD", 12);
    assert_eq!((&shown["bids"], &shown["asks"]), (&bids, &asks));
    assert_eq!((&shown["symbol"], &shown["venue"]), (&"ETH/USD".into(), &"sim".into()));
    assert_eq!((&shown["venue_symbol"], &shown["standing"]), (&"ETH/USD".into(), &"live".into()));
    assert_eq!(shown["checksums"], json!({"checked": 1, "failed": 0}));
    assert!(shown["sequence"].is_null() && shown["reason"].is_null());
    assert!(shown["received"].is_string() && shown["spread"].is_string() && shown["mid"].is_string());

    let table = quiet(&desk.ask(&["book", "BTC/USD", "--depth", "2", "--once"]));
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("BTC/USD on sim, live, "), "{table}");
    let sides: Vec<&str> = lines[1..6].iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(sides, ["side", "ask", "ask", "bid", "bid"]);
    assert!(lines[6].starts_with("spread ") && lines[6].contains(" bps), mid "), "{table}");
    let (bids, asks) = desk.book("BTC/USD", 1);
    let best = |line: &str| plain(line.split_whitespace().nth(1).unwrap().parse().unwrap());
    assert_eq!((json!(best(lines[3])), json!(best(lines[4]))), (asks[0][0].clone(), bids[0][0].clone()));
}

#[test]
fn a_followed_book_keeps_up_says_when_it_is_lost_and_stops_when_told() {
    let mut desk = Desk::open();
    let (program, lines) = desk.begin(&["book", "BTC/USD", "--follow", "--json"]);
    let next = || lines.recv_timeout(PATIENCE).expect("a line");
    let mut line = next();
    for _ in 0..3 {
        assert_eq!((&line["standing"], &line["checksums"]["failed"]), (&"live".into(), &0.into()));
        line = next();
    }
    desk.venue().set_moving(false);
    let (bids, asks) = desk.book("BTC/USD", 10);
    // The line that was read last may be the last one already.
    while (&line["bids"], &line["asks"]) != (&bids, &asks) {
        line = next();
    }

    desk.close();
    let lost = std::iter::repeat_with(next).find(|line| line["standing"] != "live").unwrap();
    assert_eq!((&lost["standing"], &lost["reason"]), (&"resync".into(), &"connection lost".into()));
    for gone in ["bids", "asks", "spread", "mid"] {
        assert!(lost[gone].is_null(), "{lost}");
    }
    program.tell(Signal::TERM);
    let (status, said) = program.ended();
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
}

#[test]
fn a_reader_that_goes_away_ends_it_even_when_nothing_happens() {
    let desk = Desk::open();
    desk.venue().set_moving(false);
    let mut command = desk.command(&["book", "BTC/USD", "--follow", "--json", "--url", &desk.url]);
    // Nor does the book grow stale: there is nothing more to be written.
    command.env("EXCHEQUER_STALE_AFTER", "1h");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let program = Running(child);
    stdout.read_line(&mut String::new()).unwrap();
    drop(stdout);
    let (status, said) = program.ended();
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
}

#[test]
fn a_reader_that_stands_still_holds_nothing_up() {
    let desk = Desk::open();
    let mut command = desk.command(&["book", "BTC/USD", "--follow", "--json", "--depth", "1000", "--url", &desk.url]);
    // Kept open and never read: the pipe is full after one or two of these lines.
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _unread = child.stdout.take().unwrap();
    let program = Running(child);
    patiently("client", || (desk.venue().clients() > 0).then_some(()));
    std::thread::sleep(Duration::from_secs(2));
    program.tell(Signal::INT);
    assert_eq!(program.ended().0.code(), Some(0));
}

#[test]
fn symbols_are_what_the_venue_trades() {
    let mut desk = Desk::open();
    let listed = object(&desk.ask(&["symbols", "--json"]));
    assert_eq!((&listed["venue"], &listed["source"]), (&"sim".into(), &"venue".into()));
    let symbols = listed["symbols"].as_array().unwrap();
    assert_eq!(symbols.len(), Pair::standard().len());
    for pair in Pair::standard() {
        let found = symbols.iter().find(|symbol| symbol["symbol"] == pair.symbol.as_str()).unwrap();
        assert_eq!(found["precision"]["price"], pair.precision.price);
        assert_eq!(found["status"], "open");
        assert!(found["tick"].is_string() && found["lot"].is_string());
    }
    let table = quiet(&desk.ask(&["symbols", "/btc"]));
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(table.contains("ETH/BTC"));

    desk.close();
    let error = envelope(&desk.ask(&["symbols", "--json"]), 4);
    assert_eq!((&error["key"], &error["retryable"]), (&"not_connected".into(), &true.into()));
}

#[test]
fn a_recording_replays_to_the_venues_own_book() {
    let desk = Desk::open();
    let file = desk.home.path().join("today.jsonl");
    let path = file.to_str().unwrap();
    let (program, results) = desk.begin(&["record", "BTC/USD", "SOL/USD", "--depth", "25", "-o", path, "--json"]);
    patiently("market that moves", || (desk.venue().clients() > 0 && desk.venue().sent() > 300).then_some(()));
    desk.venue().set_moving(false);
    let replayed = || -> Value {
        let output = desk.run(&["replay", path, "--json", "--levels", "25"]);
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    };
    let expected = ["BTC/USD", "SOL/USD"].map(|symbol| desk.book(symbol, 25));
    let same = |summary: &Value| {
        let books = summary["books"].as_array().map(Vec::as_slice).unwrap_or_default();
        books.len() == 2
            && books.iter().zip(&expected).all(|(book, (bids, asks))| book["bids"] == *bids && book["asks"] == *asks)
    };
    patiently("replay that agrees with the venue", || same(&replayed()).then_some(()));
    program.tell(Signal::TERM);
    let result = results.recv_timeout(PATIENCE).unwrap();
    assert_eq!((&result["malformed"], &result["resyncs"]), (&0.into(), &0.into()));
    assert_eq!(program.ended().0.code(), Some(0));

    let summary = object(&desk.run(&["replay", path, "--json", "--levels", "25"]));
    assert!(same(&summary), "{summary}");
    assert_eq!((&summary["malformed"], &summary["resyncs"]), (&0.into(), &0.into()));
    for book in summary["books"].as_array().unwrap() {
        assert!(book["checksums"]["checked"].as_u64().unwrap() > 10, "{book}");
        assert_eq!(book["checksums"]["failed"], 0);
    }
}

#[test]
fn what_is_refused_is_told_in_the_venues_words() {
    let desk = Desk::open();
    let error = envelope(&desk.ask(&["book", "NO/PE", "--json"]), 2);
    assert_eq!((&error["key"], &error["retryable"]), (&"symbol_refused".into(), &false.into()));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("sim refused the book of NO/PE: Currency pair not supported"), "{message}");
    for wrong in [&["book", "BTCUSD"] as &[&str], &["book", "BTC/USD", "--depth", "1001"]] {
        assert_eq!(desk.ask(wrong).status.code(), Some(2), "{wrong:?}");
    }
    assert_eq!(desk.run(&["book", "BTC/USD", "--venue", "nowhere"]).status.code(), Some(2));
    assert_eq!(envelope(&desk.run(&["book", "BTC/USD", "--json"]), 2)["key"], "usage");
}

#[test]
fn who_cannot_be_reached_is_named_and_may_be_tried_again() {
    let mut desk = Desk::open();
    let host = desk.venue().addr().to_string();
    desk.close();
    let error = envelope(&desk.ask(&["book", "BTC/USD", "--json"]), 4);
    assert_eq!((&error["key"], &error["retryable"]), (&"not_connected".into(), &true.into()));
    assert!(error["message"].as_str().unwrap().contains(&host), "{error}");

    // A door that opens onto silence.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", silent.local_addr().unwrap());
    let error = envelope(&desk.run(&["book", "BTC/USD", "--json", "--timeout", "200ms", "--url", &url]), 4);
    assert_eq!((&error["key"], &error["retryable"]), (&"no_answer".into(), &true.into()));
    assert!(error["message"].as_str().unwrap().contains(&url), "{error}");
}

#[test]
fn doctor_asks_the_venues_that_are_configured() {
    let mut desk = Desk::open();
    let config: PathBuf = desk.home.path().join("config.toml");
    std::fs::write(&config, format!("[venues.sim]\nurl = {:?}\n", desk.url)).unwrap();
    let verdict = |arguments: &[&str], name: &str| {
        let arguments = [&["doctor", "--json", "--config", config.to_str().unwrap()], arguments].concat();
        let checks = object(&desk.run(&arguments))["checks"].clone();
        let found = checks.as_array().unwrap().iter().find(|check| check["name"] == name).cloned();
        found.map(|check| (check["verdict"].as_str().unwrap().to_owned(), check["advice"].is_null()))
    };
    assert_eq!(verdict(&[], "network.sim"), Some(("ok".into(), true)));
    assert_eq!(verdict(&[], "clock.sim"), Some(("ok".into(), true)));
    assert_eq!(verdict(&[], "network.kraken"), None, "nobody named it");
    assert_eq!(verdict(&["--offline"], "network.sim"), None);
    desk.close();
    let config = config.to_str().unwrap();
    let checks = object(&desk.run(&["doctor", "--json", "--config", config]))["checks"].clone();
    let sim = checks.as_array().unwrap().iter().find(|check| check["name"] == "network.sim").unwrap();
    assert_eq!(sim["verdict"], "warn");
}
