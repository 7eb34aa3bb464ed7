//! What the console costs: time to start, memory, processor, and bytes on the line to the terminal.
//!
//! `cargo bench --bench terminal [-- SECONDS]`. The release binary runs on pseudo-terminals; a terminal emulator reads
//! along and counts. Each row names the command that made it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod pty;
#[path = "pty/venue.rs"]
mod venue;

use pty::{Console, Shown, Start};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use venue::Venue;

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];
const STARTS: usize = 20;
/// What comes before is the first screen and a market that has just begun.
const WARM_UP: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(30);

/// The command as a person would type it.
fn typed(start: &Start<'_>) -> String {
    let variables = start.variables.iter().filter(|(name, _)| !name.ends_with("_URL"));
    let words = variables.map(|(name, value)| format!("{name}={value}")).chain(["exchequer".to_owned()]);
    words.chain(start.arguments.iter().map(|word| (*word).to_owned())).collect::<Vec<_>>().join(" ")
}

/// Starts it, and tells the moments of the first frame with all panes and of the first with a book in it.
fn first_screens(start: &Start<'_>) -> [Duration; 2] {
    let (tell, told): (_, Receiver<(usize, Instant)>) = channel();
    let look = move |now: Shown<'_>| {
        let contents = now.screen.contents();
        let panes = contents.contains("1 Markets") && contents.contains("Candles") && contents.contains("quit");
        let book = contents.contains("spread") || contents.contains("CACHED") || contents.contains("mid ");
        for (which, there) in [panes, book].into_iter().enumerate() {
            if there {
                // Whoever listens has heard enough after the first of each.
                let _ = tell.send((which, now.at));
            }
        }
    };
    let started = Instant::now();
    let console = Console::start(start, look);
    let mut moments = [None, None];
    while moments.contains(&None) {
        let (which, at) = told.recv_timeout(PATIENCE).expect("a screen");
        moments[which].get_or_insert(at.saturating_duration_since(started));
    }
    console.quit();
    moments.map(|moment| moment.unwrap())
}

fn starts(name: &str, start: &Start<'_>) {
    let all: Vec<_> = (0..STARTS).map(|_| first_screens(start)).collect();
    let row = |which: usize| {
        let mut times: Vec<u128> = all.iter().map(|moments| moments[which].as_millis()).collect();
        times.sort_unstable();
        format!("{} | {}", times[STARTS / 2], times[STARTS - 1])
    };
    println!("| {name} | {} | {} | `{}` |", row(0), row(1), typed(start));
}

/// What it sends and takes once it has settled.
fn cost(name: &str, start: &Start<'_>, seconds: u32) {
    let now = Arc::new(Mutex::new((0, 0)));
    let look = {
        let now = now.clone();
        move |shown: Shown<'_>| *now.lock().unwrap() = (shown.frames, shown.bytes)
    };
    let console = Console::start(start, look);
    std::thread::sleep(WARM_UP);
    let (before, busy) = (*now.lock().unwrap(), console.busy());
    std::thread::sleep(Duration::from_secs(1) * seconds);
    let (after, busy) = (*now.lock().unwrap(), console.busy() - busy);
    let memory = console.memory();
    console.quit();
    let span = u64::from(seconds);
    let (frames, bytes) = (after.0 - before.0, after.1 - before.1);
    let (cols, rows) = start.size;
    let (rate, each) = (frames * 10 / span, bytes.checked_div(frames).unwrap_or(0));
    let (bytes, cpu) = (bytes / span, busy.as_millis() / u128::from(span));
    let (rate, cpu) = (format!("{}.{}", rate / 10, rate % 10), format!("{}.{}", cpu / 10, cpu % 10));
    let (now, peak) = (memory.now / 1024, memory.peak / 1024);
    println!("| {name} | {cols}x{rows} | {bytes} | {rate} | {each} | {cpu} | {now} | {peak} | `{}` |", typed(start));
}

fn main() {
    let seconds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(10);
    println!("cargo bench --bench terminal -- {seconds}\n");
    let dir = tempfile::tempdir().unwrap();
    let dir: &Path = dir.path();
    let busy = Venue::start(&["--rate", "200", "--symbols", "BTC/USD"]);
    let real = [("EXCHEQUER_KRAKEN_URL", busy.url.as_str())];
    let kraken = ["--venue", "kraken", busy.symbols[0].as_str()];

    println!("Start, ms ({STARTS} runs, 80x24; the cache is warm after the first):\n");
    println!("| | panes, median | max | a book, median | max | command |\n|---|---:|---:|---:|---:|---|");
    starts("demo", &Start { size: SIZES[0], arguments: &[], variables: &[], dir });
    let cached = Start { size: SIZES[0], arguments: &kraken, variables: &real, dir };
    first_screens(&cached);
    starts("venue, with a cache", &cached);

    println!("\n{seconds} s after {} s, per second:\n", WARM_UP.as_secs());
    println!("| | size | bytes | frames | bytes a frame | CPU % | MB | peak MB | command |");
    println!("|---|---|---:|---:|---:|---:|---:|---:|---|");
    let capture: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/kraken_capture.jsonl");
    for size in SIZES {
        let run = |name: &str, arguments: &[&str], variables: &[(&str, &str)]| {
            cost(name, &Start { size, arguments, variables, dir }, seconds);
        };
        let ssh = [("SSH_TTY", "/dev/pts/0")];
        let both = [real.as_slice(), &ssh].concat();
        run("demo", &[], &[]);
        run("demo over SSH", &[], &ssh);
        run("demo, low bandwidth", &["--low-bandwidth"], &[]);
        run("busy book", &kraken, &real);
        run("busy book over SSH", &kraken, &both);
        run("busy book, low bandwidth", &[kraken.as_slice(), &["--low-bandwidth"]].concat(), &real);
        run("idle: a replay that has ended", &["--replay", capture, "--speed", "max"], &[]);
    }
    let stopped = busy.stop();
    println!("\nbusy book: against `exchequer sim --rate 200 --symbols BTC/USD`, which {stopped}");
}
