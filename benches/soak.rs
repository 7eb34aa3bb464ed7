//! A minute at ten thousand messages a second: no gap, no growth, and a screen that shows now.
//!
//! `scripts/soak [SECONDS [INSTRUMENTS]]`. `exchequer sim --rate 10000` and the console, journal and cache included, are two processes;
//! every second the memory of both is read and the screen is looked at. It ends with an error when a book fell out of
//! step, when the screen showed another second than the clock, or when memory grew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod pty;
#[path = "pty/venue.rs"]
mod venue;

use pty::{Console, Memory, Shown, Start, memory};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use venue::Venue;

const RATE: &str = "10000";
/// What the first seconds take is not growth: buffers, the cache's own memory, tapes and candles that fill.
const WARM_UP: usize = 10;
/// Memory may end so much above where it was after the warm-up, in kB, and so much more for each instrument, whose tape and
/// candles fill the slower, the more of them there are.
const GROWTH: u64 = 4 * 1024;
const GROWTH_EACH: u64 = 64;

/// What the screen said.
#[derive(Default)]
struct Seen {
    frames: u64,
    bytes: u64,
    last: Option<Instant>,
    /// The longest time between two frames.
    pause: Duration,
    /// Frames whose clock was more than a second behind.
    late: u64,
    screen: String,
}

/// Seconds of the day.
fn clock(text: &str) -> Option<i64> {
    let parts: Vec<i64> = text.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [hours, minutes, seconds] = parts.try_into().ok()?;
    Some(hours * 3_600 + minutes * 60 + seconds)
}

/// How far the clock on the screen is behind.
fn behind(screen: &str) -> Option<i64> {
    let shown = screen.lines().next()?.strip_suffix(" UTC")?;
    let shown = clock(shown.rsplit(' ').next()?)?;
    Some((jiff::Timestamp::now().as_second() - shown).rem_euclid(86_400))
}

/// The number before, or after, a word in the last line.
fn figure(line: &str, word: &str, before: bool) -> Option<u64> {
    let (left, right) = line.split_once(word)?;
    let number = if before { left.split_whitespace().next_back() } else { right.split_whitespace().next() };
    number?.trim_start_matches('<').parse().ok()
}

fn spread(name: &str, samples: &[Memory], growth: u64) -> bool {
    let mut sorted: Vec<u64> = samples.iter().map(|memory| memory.now).collect();
    sorted.sort_unstable();
    let (first, last) = (samples[0].now, samples[samples.len() - 1].now);
    let (least, median, most) = (sorted[0], sorted[sorted.len() / 2], sorted[sorted.len() - 1]);
    let peak = samples[samples.len() - 1].peak;
    println!(
        "{name}: {least} / {median} / {most} kB least, median, most; {first} kB at first, {last} kB at last, {peak} kB peak"
    );
    last > first + growth
}

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let (seconds, count) = (numbers.next().unwrap_or(60), numbers.next().unwrap_or(5).to_string());
    println!("exchequer sim --rate {RATE} --symbols {count}; exchequer … at 120x40, 30 frames/s; {seconds} s");
    let venue = Venue::start(&["--rate", RATE, "--symbols", &count]);
    let dir = tempfile::tempdir().unwrap();
    let seen = Arc::new(Mutex::new(Seen::default()));
    let look = {
        let seen = seen.clone();
        move |now: Shown<'_>| {
            let mut seen = seen.lock().unwrap();
            (seen.frames, seen.bytes, seen.screen) = (now.frames, now.bytes, now.screen.contents());
            let pause = seen.last.replace(now.at).map_or(Duration::ZERO, |last| now.at - last);
            seen.pause = seen.pause.max(pause);
            seen.late += u64::from(behind(&seen.screen).is_some_and(|behind| behind > 1));
        }
    };
    let mut arguments = vec!["--venue", "kraken"];
    arguments.extend(venue.symbols.iter().map(String::as_str));
    let start = Start {
        size: (120, 40),
        arguments: &arguments,
        variables: &[("EXCHEQUER_KRAKEN_URL", &venue.url), ("EXCHEQUER_TIME", "utc")],
        dir: dir.path(),
    };
    let console = Console::start(&start, look);
    let (mut ours, mut theirs, mut rates, mut lags) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut live, mut looks) = (0, 0);
    for second in 0..seconds {
        std::thread::sleep(Duration::from_secs(1));
        if second < WARM_UP {
            continue;
        }
        ours.push(console.memory());
        theirs.push(memory(venue.process.id()));
        let seen = seen.lock().unwrap();
        let status = seen.screen.lines().last().unwrap_or_default();
        rates.extend(figure(status, "msg/s", true));
        lags.extend(figure(status, "lag ", false));
        looks += 1;
        live += u64::from(!["RESYNC", "STALE", "CACHED", "CROSSED"].iter().any(|word| seen.screen.contains(word)));
    }
    let busy = console.busy();
    console.quit();
    let instruments = venue.symbols.len() as u64;
    let said = venue.stop();
    let seen = Arc::into_inner(seen).expect("the console has ended").into_inner().unwrap();
    let log = std::fs::read_to_string(dir.path().join("state/exchequer.log")).unwrap();
    let count = |text: &str| log.lines().filter(|line| line.contains(text)).count();
    let troubles = ["out of step", "book silent", "could not be read", "disconnected"].map(|text| (text, count(text)));

    println!("venue: {said}; console: {} to {} messages/s", rates.iter().min().unwrap(), rates.iter().max().unwrap());
    println!("processor: {} % of a core", busy.as_millis() / (seconds as u128 * 10));
    println!("log: {troubles:?}");
    println!("lag on the screen: {} ms at most", lags.iter().max().unwrap());
    let (frames, late, pause) = (seen.frames, seen.late, seen.pause.as_millis());
    println!("screen: {frames} frames, {late} late, {pause} ms apart at most; {live} of {looks} looks live");
    println!("line: {} B/s", seen.bytes / seconds as u64);
    let growth = GROWTH + GROWTH_EACH * instruments;
    let grown = [spread("memory of the console", &ours, growth), spread("memory of the venue", &theirs, growth)];
    let wrong = troubles.iter().any(|(_, count)| *count > 0) || late > 0 || live < looks;
    ExitCode::from(u8::from(wrong || grown.contains(&true)))
}
