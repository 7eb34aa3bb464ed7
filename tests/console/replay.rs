//! A capture at the console: it can be steered, ends with the right book, and then the screen is at rest.

use crate::program::{EXCHEQUER, FULL, Home, fixture};
use crate::pty::{PATIENCE, Pty};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long nothing must be sent for the screen to be at rest.
const REST: Duration = Duration::from_secs(2);

/// Replays to the end at full speed.
fn replay(home: &Home, file: &str) -> Pty {
    let pty = home.start(&["--replay", file, "--speed", "max"], FULL);
    pty.wait("the end", |screen| screen.contents().contains("REPLAY") && screen.contents().contains(" ended"));
    pty
}

/// The prices beside the mid, as digits: best bid and best ask.
fn best(pty: &Pty) -> Option<(String, String)> {
    let rows: Vec<String> = pty.terminal().screen().rows(26, 34).collect();
    let mid = rows.iter().position(|row| row.starts_with("mid"))?;
    let price = |row: &String| Some(plain(row.split_whitespace().next()?));
    Some((price(&rows[mid + 1])?, price(&rows[mid - 1])?))
}

fn plain(price: &str) -> String {
    let digits = price.replace(',', "");
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.').to_owned() } else { digits }
}

fn wait_for_best(pty: &Pty, bid: &Value, ask: &Value) {
    let expected = (plain(bid.as_str().unwrap()), plain(ask.as_str().unwrap()));
    pty.until(&format!("{expected:?}"), || best(pty).as_ref() == Some(&expected));
}

#[test]
fn it_ends_with_the_book_that_scripts_get() {
    let home = Home::new();
    let file = fixture("kraken_capture.jsonl");
    let output =
        Command::new(EXCHEQUER).args(["replay", "--json", &file]).env("HOME", home.file(".")).output().unwrap();
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut pty = replay(&home, &file);
    for (nth, book) in summary["books"].as_array().unwrap().iter().enumerate() {
        if nth > 0 {
            pty.press("J");
        }
        pty.wait_for(&format!("{} kraken", book["symbol"].as_str().unwrap()));
        wait_for_best(&pty, &book["bids"][0][0], &book["asks"][0][0]);
    }
    pty.press("q");
    pty.ended(0, "");
}

#[test]
fn a_real_capture_ends_with_the_expected_book() {
    let market = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/market");
    if !market.is_dir() {
        eprintln!("SKIPPED: the captures are not at {}", market.display());
        return;
    }
    let name = "v2_book10_BTCUSD_2023_wire_rebuilt";
    let expected: Value = serde_json::from_slice(&std::fs::read(market.join("expected/kraken.json")).unwrap()).unwrap();
    let book = &expected[name]["books"]["BTC/USD"];
    let file = market.join(format!("frames/kraken/{name}.jsonl.gz"));
    let mut pty = replay(&Home::new(), file.to_str().unwrap());
    wait_for_best(&pty, &book["best_bid"][0], &book["best_ask"][0]);
    pty.press("q");
    pty.ended(0, "");
}

#[test]
fn it_is_steered_by_keys() {
    let home = Home::new();
    let mut pty = home.start(&["--replay", &fixture("kraken_capture.jsonl"), "--speed", "0.01"], FULL);
    let place = |screen: &vt100::Screen| -> Option<u64> {
        let header = screen.rows(0, FULL.0).next()?;
        header.split_once("/162 ")?.0.split_whitespace().last()?.parse().ok()
    };
    pty.wait("the replay", |screen| screen.contents().contains(" x0.01") && place(screen).is_some());
    pty.press(" ");
    pty.wait_for("paused");
    for (key, by) in [(".", 1), (".", 1), (";", 8), (",", -8)] {
        let before = place(pty.terminal().screen()).unwrap();
        pty.press(key);
        let after = before.checked_add_signed(by);
        pty.wait(&format!("{after:?}"), |screen| place(screen) == after);
    }
    pty.press(">");
    pty.wait_for(" x0.25");
    pty.press(":speed max\r");
    pty.wait_for(" max");
    pty.press(" ");
    pty.wait_for("162/162 max ended");
    pty.press("q");
    pty.ended(0, "");
}

/// Nothing changes any more, so nothing is sent any more.
#[test]
fn a_screen_at_rest_costs_nothing() {
    let mut pty = replay(&Home::new(), &fixture("kraken_capture.jsonl"));
    let end = Instant::now() + PATIENCE;
    let (mut sent, mut since) = (pty.bytes().len(), Instant::now());
    while since.elapsed() < REST {
        assert!(Instant::now() < end, "something is sent all the time");
        std::thread::sleep(Duration::from_millis(20));
        if pty.bytes().len() != sent {
            (sent, since) = (pty.bytes().len(), Instant::now());
        }
    }
    pty.press("q");
    pty.ended(0, "");
}
