//! Binance's and Bybit's captures against what independent programs found; then the same traffic damaged, and self-made
//! traffic where there are no captures: a book that is wrong must not be called right where the venue's protocol can show it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod traffic;

use exchequer::feed::capture::{Direction, Kind, Numbered, Reader, Record};
use exchequer::feed::replay::{BookSummary, Replayer};
use exchequer::market::{Market, Side, Standing, Symbol, Timestamp, VenueId};
use exchequer::venue::{Address, Dialect, dialect};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use traffic::Wander;

const CAPTURES: [(VenueId, &str); 5] = [
    (VenueId::Binance, "spot_2021_A"),
    (VenueId::Binance, "spot_BTCUSDT_2024-08-08"),
    (VenueId::BinanceFutures, "usdm_2021"),
    (VenueId::Bybit, "v5_ob500_XRPUSDT_2024-12-01_first25"),
    (VenueId::Bybit, "old_inverse_2021"),
];

fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/market");
    if !path.is_dir() {
        println!("SKIPPED: the captures are not at {}", path.display());
        return None;
    }
    Some(path)
}

fn records(venue: VenueId, name: &str) -> Option<Vec<Record>> {
    let path = shared()?.join(format!("frames/{venue}/{name}.jsonl.gz"));
    Some(Reader::open(&path).unwrap().map(|item| item.unwrap().record).collect())
}

fn digest(book: &BookSummary, levels: usize) -> String {
    let lines = |side: &str, rows: &[(String, String)]| {
        rows.iter().take(levels).map(|(price, quantity)| format!("{side} {price} {quantity}\n")).collect::<String>()
    };
    let hash = Sha256::digest(lines("b", &book.bids) + &lines("a", &book.asks));
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn assert_book(book: &BookSummary, expected: &Value, context: &str) {
    assert_eq!(book.bid_levels, expected["bid_levels"].as_u64().unwrap() as usize, "{context}");
    assert_eq!(book.ask_levels, expected["ask_levels"].as_u64().unwrap() as usize, "{context}");
    assert_eq!(digest(book, 20), expected["top20_sha256"].as_str().unwrap(), "{context}");
    if let Some(all) = expected["all_levels_sha256"].as_str() {
        assert_eq!(digest(book, usize::MAX), all, "{context}");
    }
}

#[test]
fn every_capture_ends_with_the_known_books_and_passes_its_checkpoints() {
    let Some(shared) = shared() else { return };
    for (venue, name) in CAPTURES {
        let expected: Value =
            serde_json::from_slice(&std::fs::read(shared.join(format!("expected/{venue}.json"))).unwrap()).unwrap();
        let expected = &expected[name];
        let mut replayer = Replayer::new(Some(venue));
        let mut passed = 0;
        for (index, record) in records(venue, name).unwrap().into_iter().enumerate() {
            replayer.fold(Ok(Numbered { line: index as u64 + 1, record })).unwrap();
            let at_record = &expected["checkpoints_after_record_index"][index.to_string()];
            let at_number = &expected["checkpoints_after_update_id"];
            if !(at_record.is_object() || at_number.is_object() && index % 5 == 0) {
                continue;
            }
            for book in replayer.summary(20).books {
                let number = book.sequence.unwrap_or_default().to_string();
                for known in [&at_record[&book.venue_symbol], &at_number[&book.venue_symbol][number]] {
                    if known.is_object() {
                        assert_book(&book, known, &format!("{name} after record {index}"));
                        passed += 1;
                    }
                }
            }
        }
        assert!(passed > 0, "{name} has checkpoints");
        let summary = replayer.summary(usize::MAX);
        assert_eq!((summary.malformed, summary.resyncs), (0, 0), "{name}");
        for (native, book) in expected["books"].as_object().unwrap() {
            let ours = summary.books.iter().find(|ours| ours.venue_symbol == *native);
            assert_book(ours.unwrap(), book, &format!("{name}, {native}"));
        }
    }
}

/// Something that a venue told: a frame, or the answer to a request.
#[derive(Clone, Debug)]
struct Told {
    url: Option<String>,
    text: String,
}

impl Told {
    fn frame(text: String) -> Self {
        Self { url: None, text }
    }

    /// The venue's name of the instrument whose book this is about, if it is about one.
    fn subject(&self) -> Option<String> {
        let after = |text: &str, mark: &str| Some(text.split_once(mark)?.1.split(['"', '&', '.']).next()?.to_owned());
        match &self.url {
            Some(url) => after(url, "symbol=").filter(|_| url.contains("/depth?")),
            None if self.text.contains("@depth") || self.text.contains("orderbook.") => after(&self.text, "\"s\":\""),
            None if self.text.contains("orderBookL2_25") => after(&self.text, "orderBookL2_25."),
            None => None,
        }
    }
}

struct Case {
    name: String,
    venue: VenueId,
    stream: String,
    told: Vec<Told>,
}

impl Case {
    fn captured(venue: VenueId, name: &str) -> Option<Self> {
        let records = records(venue, name)?;
        let stream = records.iter().find(|record| record.kind == Kind::WebSocket).unwrap().url.clone();
        let told = records.into_iter().filter_map(|record| {
            let url = (record.kind == Kind::Http).then(|| record.url.clone());
            let text = record.data.filter(|_| record.direction == Direction::In)?;
            Some(Told { url, text })
        });
        let told: Vec<_> = told.filter(|told| told.subject().is_some()).take(200).collect();
        Some(Self { name: name.to_owned(), venue, stream, told })
    }

    /// Traffic of a book that wanders, in a venue's shape.
    fn made(venue: VenueId, stream: &str) -> Self {
        let (mut told, mut wander) = (Vec::new(), Wander::new());
        let old = stream.ends_with("realtime");
        let chained = venue == VenueId::BinanceFutures;
        let fetched = format!("https://host/api/v3/depth?symbol={}&limit=1000", wander.name());
        for step in 0..160u64 {
            let number = 5_000 + step * 10;
            let body = wander.clone();
            let change = wander.step(step);
            told.push(Told::frame(match venue {
                VenueId::Bybit if old && step == 0 => body.old_snapshot(number),
                VenueId::Bybit if old => change.old(number),
                VenueId::Bybit if step == 0 => body.bybit("snapshot", 500),
                VenueId::Bybit => change.bybit("delta", 500 + step),
                _ => change.binance(number - 9, number, chained),
            }));
            if venue != VenueId::Bybit && step == 4 {
                // As old as the change before last.
                let mut then = Wander::new();
                (0..4).for_each(|step| _ = then.step(step));
                told.push(Told { url: Some(fetched.clone()), text: then.fetched(number - 10) });
            }
            if venue == VenueId::Bybit && step == 0 {
                wander = body;
            }
        }
        Self { name: format!("made for {stream}"), venue, stream: stream.to_owned(), told }
    }

    fn run(&self, told: &[Told]) -> Run {
        let address = Address { stream: self.stream.clone(), rest: "https://host".to_owned() };
        let mut run = Run { dialect: dialect(self.venue, &address), market: Market::default(), venue: self.venue };
        told.iter().for_each(|told| run.hear(told));
        run
    }

    /// A fresh snapshot of a book, in the venue's shape.
    fn snapshot(&self, native: &str, shape: &Shape) -> Told {
        let wander = Wander { name: native.to_owned(), bids: shape.bids.clone(), asks: shape.asks.clone() };
        let number = shape.number.unwrap_or(1);
        match self.venue {
            VenueId::Bybit if self.stream.ends_with("realtime") => Told::frame(wander.old_snapshot(number + 1)),
            VenueId::Bybit => {
                let depth = self.told[0].text.split('.').nth(1).unwrap();
                Told::frame(wander.bybit("snapshot", number).replace("orderbook.50", &format!("orderbook.{depth}")))
            }
            _ => {
                let url = format!("https://host/api/v3/depth?symbol={native}&limit=1000");
                Told { url: Some(url), text: wander.fetched(number) }
            }
        }
    }
}

/// One conversation and what came of it.
struct Run {
    dialect: Box<dyn Dialect>,
    market: Market,
    venue: VenueId,
}

/// A book as it can be compared.
#[derive(Clone, Debug, PartialEq)]
struct Shape {
    bids: Vec<(String, String)>,
    asks: Vec<(String, String)>,
    number: Option<u64>,
    live: bool,
}

impl Run {
    fn hear(&mut self, told: &Told) {
        let at = Timestamp::from_secs(1);
        let mut events = Vec::new();
        let _ = match &told.url {
            Some(url) => self.dialect.fetched(url, &told.text, at, &mut events),
            None => self.dialect.receive(&told.text, at, &mut events),
        };
        let _ = self.dialect.outgoing();
        for event in events {
            self.market.apply(self.venue, event, at);
        }
    }

    fn shapes(&self) -> BTreeMap<Symbol, Shape> {
        let books = self.market.listings().filter(|(_, _, listing)| listing.book.record() != Default::default());
        let shape = |(_, symbol, listing): (VenueId, &Symbol, &exchequer::market::Listing)| {
            let rows =
                |side| listing.book.levels(side).map(|l| (l.price.to_string(), l.quantity.to_string())).collect();
            let live = *listing.book.standing() == Standing::Live;
            let number = listing.book.sequence();
            (symbol.clone(), Shape { bids: rows(Side::Bid), asks: rows(Side::Ask), number, live })
        };
        books.map(shape).collect()
    }
}

impl Shape {
    fn same(&self, other: &Self) -> bool {
        let plain = |rows: &[(String, String)]| {
            let number = |text: &String| text.parse::<exchequer::money::Price>().unwrap();
            rows.iter().map(|(p, q)| (number(p), number(q))).collect::<Vec<_>>()
        };
        plain(&self.bids) == plain(&other.bids) && plain(&self.asks) == plain(&other.asks)
    }
}

/// What is done to the traffic at one place.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Dropped,
    Repeated,
    Swapped,
    CutOff,
    /// A digit that is not in a level.
    Misnumbered,
    /// A digit in a level, which nothing can show.
    Mispriced,
}

const FAULTS: [Fault; 6] =
    [Fault::Dropped, Fault::Repeated, Fault::Swapped, Fault::CutOff, Fault::Misnumbered, Fault::Mispriced];

fn damage(told: &[Told], at: usize, fault: Fault) -> Option<Vec<Told>> {
    let mut told = told.to_vec();
    match fault {
        Fault::Dropped => _ = told.remove(at),
        Fault::Repeated => told.insert(at, told[at].clone()),
        Fault::Swapped if at + 1 < told.len() => told.swap(at, at + 1),
        Fault::Swapped => return None,
        Fault::CutOff => {
            let text = &mut told[at].text;
            text.truncate(text.len() * (at % 97 + 1) / 100);
        }
        Fault::Misnumbered | Fault::Mispriced => {
            let text = &mut told[at].text;
            let mut depth = 0;
            let digits: Vec<usize> = text
                .bytes()
                .enumerate()
                .filter(|(_, byte)| {
                    depth += i32::from(*byte == b'[') - i32::from(*byte == b']');
                    byte.is_ascii_digit() && (depth > 0) == (fault == Fault::Mispriced)
                })
                .map(|(place, _)| place)
                .collect();
            let place = *digits.get((at * 31) % digits.len().max(1))?;
            let digit = (text.as_bytes()[place] - b'0' + 1 + at as u8 % 9) % 10;
            text.replace_range(place..=place, &digit.to_string());
        }
    }
    Some(told)
}

/// Damages a case at so many places, and looks at what is said of the books.
fn torment(case: &Case, places: usize) {
    let clean = case.run(&case.told);
    let shapes = clean.shapes();
    assert!(!shapes.is_empty() && shapes.values().all(|shape| shape.live), "{}: {shapes:?}", case.name);
    let old = case.stream.ends_with("realtime");
    let mut shown = 0;
    for at in (0..case.told.len()).step_by(case.told.len().div_ceil(places)) {
        let subject = case.told[at].subject();
        let last = !case.told[at + 1..].iter().any(|told| told.url.is_none() && told.subject() == subject);
        for fault in FAULTS {
            let Some(told) = damage(&case.told, at, fault) else { continue };
            let mut run = case.run(&told);
            let context = format!("{}: {fault:?} at {at}", case.name);
            // The old protocol does not show a missing update, and no protocol a missing end, nor a snapshot whose
            // own number is wrong before the changes have gone far beyond it.
            let silent = fault == Fault::Mispriced
                || (last && fault != Fault::Swapped && fault != Fault::Repeated)
                || (old && fault == Fault::Dropped)
                || (fault == Fault::Misnumbered && case.told[at].url.is_some());
            for (symbol, shape) in run.shapes() {
                let right = shapes.get(&symbol).is_some_and(|clean| clean.same(&shape));
                assert!(silent || right || !shape.live, "{context}: {symbol} is wrong and live\n{shape:?}");
                assert!(fault != Fault::Repeated || (right && shape.live), "{context}: a repetition harms nothing");
                shown += usize::from(!shape.live);
            }
            for (symbol, clean_shape) in &shapes {
                let native = clean.dialect.venue_symbol(symbol).unwrap();
                let _ = run.dialect.resync(symbol);
                run.hear(&case.snapshot(&native, clean_shape));
                let healed = run.shapes().remove(symbol);
                assert!(
                    healed.as_ref().is_some_and(|shape| shape.live && shape.same(clean_shape)),
                    "{context}: a fresh snapshot of {symbol} gives {healed:?}"
                );
            }
        }
    }
    assert!(shown > 0, "{}: no fault was ever shown", case.name);
}

#[test]
fn damaged_captures_never_pass_for_right() {
    for (venue, name) in CAPTURES {
        if let Some(case) = Case::captured(venue, name) {
            torment(&case, 50);
        }
    }
}

#[test]
fn damaged_traffic_of_our_own_making_never_passes_for_right() {
    torment(&Case::made(VenueId::Binance, "wss://stream.binance.com:9443/stream"), 200);
    torment(&Case::made(VenueId::BinanceUs, "wss://stream.binance.us:9443/stream"), 200);
    torment(&Case::made(VenueId::BinanceFutures, "wss://fstream.binance.com/stream"), 200);
    torment(&Case::made(VenueId::Bybit, "wss://stream.bybit.com/v5/public/linear"), 200);
    torment(&Case::made(VenueId::Bybit, "wss://stream.bybit.com/realtime"), 200);
}
