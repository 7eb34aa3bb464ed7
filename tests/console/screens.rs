//! The pictures in `docs/screens`, taken of the program itself. `make screens` takes them anew.

use crate::program::{EXCHEQUER, FULL, Home};
use crate::pty::Pty;
use crate::safe::read;
use crate::svg::picture;
use crate::treasury::treasury;
use std::io::BufRead as _;
use std::path::Path;
use std::process::{Command, Stdio};

const WIDE: (u16, u16) = (120, 40);

fn keep(pty: &Pty, name: &str, title: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/screens");
    std::fs::create_dir_all(&folder).unwrap();
    let picture = picture(pty.terminal().screen(), title);
    std::fs::write(folder.join(name).with_extension("svg"), picture).unwrap();
}

/// The demo desk, when there is something of everything.
fn demo(home: &Home, size: (u16, u16)) -> Pty {
    let pty = home.start(&[], size);
    pty.wait("a market in full", |screen| {
        let contents = screen.contents();
        let there = ["● live", " msg/s", "▲", "▼", "high", "last"].iter().all(|sign| contents.contains(sign));
        there && !["waiting", " 0 msg/s", "from trades"].iter().any(|sign| contents.contains(sign))
    });
    pty
}

fn leave(mut pty: Pty) {
    pty.press("\x03");
    pty.over();
}

#[test]
#[ignore = "writes docs/screens; make screens runs it"]
fn the_markets_workspace() {
    let home = Home::new().with("EXCHEQUER_TIME", "utc");
    for size in [FULL, WIDE, (200, 50)] {
        let pty = demo(&home, size);
        let name = format!("markets-{}x{}", size.0, size.1);
        keep(&pty, &name, "Markets: watchlist, order book, trades, candles");
        leave(pty);
    }
}

#[test]
#[ignore = "writes docs/screens; make screens runs it"]
fn the_treasury_and_what_it_reads() {
    let home = Home::new().with("EXCHEQUER_TIME", "utc");
    let mut pty = treasury(&home);
    keep(&pty, "treasury-80x24", "Treasury: wallets and Safes, what waits for approval, the review of what is chosen");
    read(&mut pty, 2);
    pty.wait_for("├─ 2");
    keep(&pty, "safe-batch", "A batch of a Safe as a tree of calls");
    pty.press("\x1b");
    read(&mut pty, 1);
    pty.wait_for("BLOCKED: a takeover");
    keep(&pty, "safe-attack", "A takeover that calls itself a transfer");
    leave(pty);
}

#[test]
#[ignore = "writes docs/screens; make screens runs it"]
fn windows() {
    let mut pty = demo(&Home::new().with("EXCHEQUER_TIME", "utc"), FULL);
    pty.press("?");
    pty.wait_for("Show the keys that work here");
    keep(&pty, "help", "The keys that work here");
    pty.press("?:the");
    pty.wait_for("theme tritanopia");
    keep(&pty, "palette", "A command by name");
    leave(pty);
}

#[test]
#[ignore = "writes docs/screens; make screens runs it"]
fn without_colours() {
    let mut pty = demo(&Home::new().with("EXCHEQUER_TIME", "utc").with("NO_COLOR", "1"), FULL);
    pty.press("jjj");
    pty.wait("the cursor", |screen| screen.contents().matches('▸').count() == 2);
    keep(&pty, "mono", "Markets without colours");
    leave(pty);
}

/// A venue that stalls for five seconds again and again, at a desk that calls a book stale after two.
#[test]
#[ignore = "writes docs/screens; make screens runs it"]
fn trouble() {
    let mut venue =
        Command::new(EXCHEQUER).args(["sim", "--fault", "stall@0.003"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut url = String::new();
    std::io::BufReader::new(venue.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let home = Home::new()
        .with("EXCHEQUER_TIME", "utc")
        .with("EXCHEQUER_STALE_AFTER", "2s")
        .configured(&format!("[venues.sim]\nurl = {:?}\n", url.trim()));
    let pty = home.start(&[], FULL);
    pty.wait("a stale book", |screen| screen.contents().contains("STALE 4"));
    keep(&pty, "trouble", "A book that is old says so across itself");
    leave(pty);
    venue.kill().unwrap();
    venue.wait().unwrap();
}
