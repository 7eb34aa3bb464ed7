//! The demo desk, as a person uses it: it moves, every key does what help says, and no size breaks it.

use crate::program::{FULL, Home};
use crate::pty::Pty;
use std::collections::BTreeSet;

/// Tab backwards.
const BACK_TAB: &str = "\x1b[Z";

/// The prices of the book at 80x24, from the farthest ask to the farthest bid.
fn prices(pty: &Pty) -> Vec<String> {
    pty.terminal().screen().rows(26, 12).skip(3).take(12).collect()
}

/// Whether the pane of this title has the focus: its title has the accent of the workspace's name.
fn focused(screen: &vt100::Screen, title: &str) -> bool {
    let ink = |row, col| screen.cell(row, col).map(vt100::Cell::fgcolor);
    (1..).zip(screen.rows(0, FULL.0).skip(1)).any(|(row, text)| {
        let before = text.split_once(title).map(|(before, _)| u16::try_from(before.chars().count()).unwrap());
        before.is_some_and(|col| ink(row, col) == ink(0, 1))
    })
}

/// Leaves, and checks that all is as it was.
fn quit(mut pty: Pty) {
    pty.press("q");
    pty.ended(0, "");
}

#[test]
fn it_opens_with_a_market_that_moves_and_says_what_it_is() {
    let pty = Home::new().demo();
    pty.wait_for("go live: --venue kraken");
    let mut seen = BTreeSet::new();
    pty.until("the fourth book", || {
        seen.insert(prices(&pty));
        seen.len() > 3
    });
    assert!(pty.shows("DEMO"));
    quit(pty);
}

#[test]
fn keys_reach_every_pane() {
    let mut pty = Home::new().demo();
    let wait = |pty: &Pty, pane: &str| pty.wait(pane, |screen| focused(screen, pane));
    wait(&pty, "BTC/USD sim");
    pty.press("\t\t");
    wait(&pty, "Candles 1m");
    pty.press("]");
    pty.wait_for("Candles 5m");
    pty.press("\t");
    wait(&pty, "BTC/USD all");
    pty.press("\t");
    wait(&pty, "Venues BTC/USD");
    pty.wait_for("the demo has one venue");
    pty.press("v");
    pty.wait_for("Candles 5m");
    pty.press("b");
    wait(&pty, "BTC/USD sim");
    pty.press(BACK_TAB);
    wait(&pty, "Watch");
    pty.press("j");
    pty.wait_for("ETH/USD sim");
    pty.press("\r");
    wait(&pty, "ETH/USD sim");
    pty.press("jj");
    pty.wait("the cursor in the book", |screen| screen.contents().matches('▸').count() == 2);
    pty.press("\x1b");
    pty.wait("no cursor", |screen| screen.contents().matches('▸').count() == 1);
    pty.press("z");
    pty.wait("the book alone", |screen| !screen.contents().contains("Watch") && screen.contents().contains("spread"));
    pty.press("1");
    pty.wait_for("Watch");
    pty.press("J");
    pty.wait_for("SOL/USD sim");
    pty.press(BACK_TAB);
    wait(&pty, "Watch");
    pty.press("\x1b[F");
    pty.wait_for("USDT/USD sim");
    pty.press("K");
    pty.wait_for("ETH/BTC sim");
    quit(pty);
}

#[test]
fn help_opens_and_closes() {
    let mut pty = Home::new().demo();
    let first = "Show the keys that work here.";
    for (open, close) in [("?", "?"), ("?", "\x1b"), ("\x1bOP", "q")] {
        pty.press(open);
        pty.wait_for(first);
        pty.press(close);
        pty.wait("the panes", |screen| !screen.contents().contains(first));
    }
    pty.press("?");
    pty.wait_for(first);
    pty.press("G");
    pty.wait_for("Play the replay slower.");
    pty.press("qq");
    pty.ended(0, "");
}

#[test]
fn the_palette_runs_what_is_typed() {
    let mut pty = Home::new().demo();
    let ink = |screen: &vt100::Screen| screen.cell(0, 1).unwrap().fgcolor();
    let before = ink(pty.terminal().screen());
    pty.press(":theme light\r");
    pty.wait("another colour", |screen| ink(screen) != before && !screen.contents().contains("Command"));
    pty.press(":group 10\r");
    pty.wait_for("BTC/USD sim by 10");
    pty.press(":group never\r");
    pty.wait_for("never is not a price step");
    pty.press(":res");
    pty.wait_for("Ask for a fresh snapshot of this book.");
    pty.press("\x1b");
    pty.wait("the panes", |screen| !screen.contents().contains("Command") && screen.hide_cursor());
    pty.press(":quit\r");
    pty.ended(0, "");
}

#[test]
fn an_instrument_is_found_by_its_symbol() {
    let mut pty = Home::new().demo();
    pty.press("/ethb");
    pty.wait("the list", |screen| screen.contents().contains("ETH/BTC") && !screen.hide_cursor());
    pty.press("\r");
    pty.wait_for("ETH/BTC sim");
    pty.press("/nothing-of-this-name\r");
    pty.wait_for("no instrument matches nothing-of-this-name");
    quit(pty);
}

#[test]
fn no_size_breaks_it() {
    let pty = Home::new().demo();
    for step in 0..70 {
        pty.resize(1 + step * 249 / 69, 1 + (step * 37) % 70);
    }
    for (cols, rows, shows) in [
        (250, 70, "Depth"),
        (59, 15, "too small: needs 60x16, is 59x15"),
        (60, 16, "spread"),
        (250, 1, "too small: needs 60x16, is 250x1"),
        (1, 1, "…"),
        (120, 40, "Depth"),
        (FULL.0, FULL.1, "Candles"),
    ] {
        pty.resize(cols, rows);
        pty.wait_for(shows);
    }
    pty.wait("everything again", |screen| {
        let contents = screen.contents();
        ["DEMO", "Watch", "Tape", "spread", "q quit"].iter().all(|sign| contents.contains(sign))
    });
    quit(pty);
}
