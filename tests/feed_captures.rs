//! Real captures of every venue, folded by the same code that runs live, against what independent programs found; then
//! captures of Kraken damaged, and the damage must never go unnoticed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use exchequer::feed::capture::{Numbered, Reader, Record};
use exchequer::feed::replay::{BookSummary, Replayer, Retelling, Summary};
use exchequer::market::{Applied, Desync, Event, Ignored, Level, Market, Side, Standing, Symbol, Timestamp, VenueId};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

const REBUILT: &str = "v2_book10_BTCUSD_2023_wire_rebuilt";

fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/market");
    if !path.is_dir() {
        eprintln!("SKIPPED: the captures are not at {}", path.display());
        return None;
    }
    Some(path)
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn records(venue: &str, name: &str) -> Option<Vec<Record>> {
    let path = shared()?.join(format!("frames/{venue}/{name}.jsonl.gz"));
    Some(Reader::open(&path).unwrap().map(|item| item.unwrap().record).collect())
}

/// Folds records, and looks at the market after each.
fn fold(records: Vec<Record>, mut after: impl FnMut(usize, &Replayer)) -> Replayer {
    let mut replayer = Replayer::new(None);
    for (index, record) in records.into_iter().enumerate() {
        replayer.take(&Numbered { line: index as u64 + 1, record }).unwrap();
        after(index, &replayer);
    }
    replayer
}

fn hash(book: &BookSummary, count: usize) -> String {
    let lines = |side: &str, levels: &[(String, String)]| -> String {
        levels.iter().take(count).map(|(price, quantity)| format!("{side} {price} {quantity}\n")).collect()
    };
    let text = lines("b", &book.bids) + &lines("a", &book.asks);
    // The known hash of an empty book is that of one line end.
    let text = if text.is_empty() { "\n".to_owned() } else { text };
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn assert_book(book: &BookSummary, wanted: &Value, context: &str) {
    let best =
        |levels: &[(String, String)]| levels.first().map(|(price, quantity)| serde_json::json!([price, quantity]));
    assert_eq!(best(&book.bids).unwrap_or(Value::Null), wanted["best_bid"], "{context}");
    assert_eq!(best(&book.asks).unwrap_or(Value::Null), wanted["best_ask"], "{context}");
    assert_eq!(book.bid_levels as u64, wanted["bid_levels"].as_u64().unwrap(), "{context}");
    assert_eq!(book.ask_levels as u64, wanted["ask_levels"].as_u64().unwrap(), "{context}");
    assert_eq!(hash(book, 20), wanted["top20_sha256"].as_str().unwrap(), "{context}");
    if let Some(all) = wanted["all_levels_sha256"].as_str() {
        assert_eq!(hash(book, usize::MAX), all, "{context}");
    }
}

fn assert_books(summary: &Summary, expected: &Value, context: &str) {
    for (name, wanted) in expected.as_object().unwrap() {
        let book = summary.books.iter().find(|book| book.venue_symbol == *name);
        assert_book(book.unwrap_or_else(|| panic!("{context}: no {name}")), wanted, &format!("{context}, {name}"));
    }
}

/// What others found after some records, or after some of the venue's own numbers, of a capture.
#[derive(Default)]
struct Checkpoints<'a> {
    by_record: Option<&'a serde_json::Map<String, Value>>,
    by_number: Option<&'a serde_json::Map<String, Value>>,
    passed: usize,
}

impl<'a> Checkpoints<'a> {
    fn of(expected: &'a Value) -> Self {
        Self {
            by_record: expected["checkpoints_after_record_index"].as_object(),
            by_number: expected["checkpoints_after_update_id"].as_object(),
            passed: 0,
        }
    }

    fn count(&self) -> usize {
        let numbers = self.by_number.into_iter().flat_map(|books| books.values());
        let numbers: usize = numbers.map(|numbers| numbers.as_object().unwrap().len()).sum();
        self.by_record.map_or(0, serde_json::Map::len) + numbers
    }

    fn check(&mut self, index: usize, last: &mut std::collections::BTreeMap<String, u64>, replayer: &Replayer) {
        if let Some(books) = self.by_record.and_then(|records| records.get(&index.to_string())) {
            assert_books(&replayer.summary(20), books, &format!("after record {index}"));
            self.passed += 1;
        }
        let Some(by_number) = self.by_number else { return };
        let moved = replayer.market().listings().any(|(_, symbol, listing)| {
            let number = listing.book.sequence().unwrap_or_default();
            last.insert(symbol.as_str().to_owned(), number) != Some(number)
        });
        if !moved {
            return;
        }
        for book in replayer.summary(20).books {
            let numbers = by_number.get(&book.venue_symbol);
            let number = book.sequence.map(|number| number.to_string()).unwrap_or_default();
            if let Some(wanted) = numbers.and_then(|numbers| numbers.get(&number)) {
                assert_book(&book, wanted, &format!("after number {number}"));
                self.passed += 1;
            }
        }
    }
}

#[test]
fn every_capture_ends_with_the_known_books_and_passes_its_checkpoints() {
    let Some(shared) = shared() else { return };
    let mut seen = 0;
    for file in std::fs::read_dir(shared.join("expected")).unwrap() {
        let path = file.unwrap().path();
        let venue = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if venue == "faults" {
            continue;
        }
        let captures = json(&path);
        for (name, expected) in captures.as_object().unwrap() {
            let Some(books) = expected.get("books").filter(|books| !books.as_object().unwrap().is_empty()) else {
                continue;
            };
            let (mut checkpoints, mut last) = (Checkpoints::of(expected), Default::default());
            let replayer = fold(records(&venue, name).unwrap(), |index, replayer| {
                checkpoints.check(index, &mut last, replayer);
            });
            let summary = replayer.summary(usize::MAX);
            assert_books(&summary, books, name);
            // A number can be seen twice where two books share it.
            assert!(checkpoints.passed >= checkpoints.count(), "{name}: {} passed", checkpoints.passed);
            let sum = |of: fn(&BookSummary) -> u64| summary.books.iter().map(of).sum::<u64>();
            assert_eq!(sum(|book| book.checksums.failed), 0, "{name}");
            if let Some(checked) = expected["checksum_ok"].as_u64() {
                assert_eq!(sum(|book| book.checksums.checked), checked, "{name}");
            }
            assert_eq!((summary.malformed, summary.resyncs), (0, 0), "{name}");
            seen += 1;
        }
    }
    assert!(seen >= 21, "{seen} captures");
}

/// What each record tells.
fn told(records: &[Record]) -> Vec<Vec<Event>> {
    let mut retelling = Retelling::new(None, None);
    let tell = |record| {
        let mut events = Vec::new();
        retelling.tell(record, &mut events).unwrap();
        events
    };
    records.iter().map(tell).collect()
}

fn apply(market: &mut Market, events: &[Event]) -> Option<Applied> {
    let at = Timestamp::from_secs(0);
    events.iter().fold(None, |last, event| market.apply(VenueId::Kraken, event.clone(), at).or(last))
}

/// The levels of a book that claims to be right.
fn claimed(market: &Market) -> Option<Vec<Level>> {
    let book = &market.listing(VenueId::Kraken, &Symbol::new("BTC/USD").unwrap())?.book;
    let levels = [Side::Bid, Side::Ask].into_iter().flat_map(|side| book.levels(side)).collect();
    (*book.standing() == Standing::Live).then_some(levels)
}

/// The market before each record, and after the last.
fn markets(told: &[Vec<Event>]) -> Vec<Market> {
    let mut markets = vec![Market::default()];
    for events in told {
        let mut next = markets.last().unwrap().clone();
        apply(&mut next, events);
        markets.push(next);
    }
    markets
}

#[test]
fn a_removed_frame_is_noticed_by_the_next_or_has_done_no_harm() {
    let Some(records) = records("kraken", REBUILT) else { return };
    let told = told(&records);
    let markets = markets(&told);
    let mut noticed = 0;
    for removed in 0..told.len() - 1 {
        let mut damaged = markets[removed].clone();
        apply(&mut damaged, &told[removed + 1]);
        match claimed(&damaged) {
            None => noticed += 1,
            Some(levels) => assert_eq!(Some(levels), claimed(&markets[removed + 2]), "{removed} was removed"),
        }
    }
    assert!(noticed > told.len() / 2, "only {noticed}");
}

#[test]
fn a_removed_frame_is_noticed_where_others_noticed_it() {
    let Some(records) = records("kraken", REBUILT) else { return };
    let faults = json(&shared().unwrap().join("expected/faults.json"));
    for fault in faults[format!("kraken/{REBUILT}")].as_array().unwrap() {
        let removed = usize::try_from(fault["drop_record_index"].as_u64().unwrap()).unwrap();
        let mut damaged = records.clone();
        damaged.remove(removed);
        let mut noticed = None;
        fold(damaged, |index, replayer| {
            if noticed.is_none() && replayer.summary(0).resyncs > 0 {
                noticed = Some(index as u64 + 1);
            }
        });
        assert_eq!(noticed, fault["first_checksum_failure_at_record_index"].as_u64(), "{removed} was removed");
    }
}

#[test]
fn a_mutated_checksum_is_noticed_wherever_it_is() {
    let Some(mut records) = records("kraken", REBUILT) else { return };
    let markets = markets(&told(&records));
    for record in &mut records {
        let frame = record.data.as_mut().unwrap();
        let start = frame.find("\"checksum\":").unwrap() + "\"checksum\":".len();
        let end = start + frame[start..].find(|c: char| !c.is_ascii_digit()).unwrap();
        let right: u32 = frame[start..end].parse().unwrap();
        frame.replace_range(start..end, &(right ^ 0x10).to_string());
    }
    for (index, (mutated, mut market)) in told(&records).iter().zip(markets).enumerate() {
        let outcome = apply(&mut market, mutated);
        assert!(matches!(outcome, Some(Applied::NeedsResync(Desync::Checksum { .. }))), "at {index}: {outcome:?}");
        assert_eq!(claimed(&market), None);
    }
}

#[test]
fn a_duplicated_frame_is_noticed_and_changes_nothing() {
    let Some(records) = records("kraken", REBUILT) else { return };
    let told = told(&records);
    for (index, (doubled, market)) in told.iter().zip(markets(&told).split_off(1)).enumerate() {
        let mut twice = market.clone();
        let outcome = apply(&mut twice, doubled);
        assert_eq!(claimed(&twice), claimed(&market), "at {index}");
        assert_eq!(outcome, Some(Applied::Ignored(Ignored::Duplicate)), "at {index}");
    }
}
