//! Real captures of Kraken's current protocol, folded by the same code that runs live, against what independent programs
//! found; then the same captures damaged, and the damage must never go unnoticed.

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

fn records(name: &str) -> Option<Vec<Record>> {
    let path = shared()?.join(format!("frames/kraken/{name}.jsonl.gz"));
    Some(Reader::open(&path).unwrap().map(|item| item.unwrap().record).collect())
}

/// Folds records, and looks at the market after each.
fn fold(records: &[Record], mut after: impl FnMut(usize, &Replayer)) -> Replayer {
    let mut replayer = Replayer::new(None);
    for (index, record) in records.iter().enumerate() {
        let item = Numbered { line: index as u64 + 1, record: record.clone() };
        replayer.fold(Ok(item)).unwrap();
        after(index, &replayer);
    }
    replayer
}

fn top_20(book: &BookSummary) -> String {
    let lines = |side: &str, levels: &[(String, String)]| -> String {
        levels.iter().take(20).map(|(price, quantity)| format!("{side} {price} {quantity}\n")).collect()
    };
    let text = lines("b", &book.bids) + &lines("a", &book.asks);
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn assert_books(summary: &Summary, expected: &Value, context: &str) {
    let expected = expected.as_object().unwrap();
    assert_eq!(summary.books.len(), expected.len(), "{context}");
    for book in &summary.books {
        let wanted = &expected[&book.venue_symbol];
        let best = |levels: &[(String, String)]| serde_json::json!([levels[0].0, levels[0].1]);
        assert_eq!(best(&book.bids), wanted["best_bid"], "{context}");
        assert_eq!(best(&book.asks), wanted["best_ask"], "{context}");
        assert_eq!(book.bid_levels as u64, wanted["bid_levels"].as_u64().unwrap(), "{context}");
        assert_eq!(book.ask_levels as u64, wanted["ask_levels"].as_u64().unwrap(), "{context}");
        assert_eq!(top_20(book), wanted["top20_sha256"].as_str().unwrap(), "{context}");
    }
}

#[test]
fn every_capture_ends_with_the_known_book_and_passes_its_checkpoints() {
    let Some(shared) = shared() else { return };
    let expected = json(&shared.join("expected/kraken.json"));
    let mut seen = 0;
    for (name, expected) in expected.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("v2_")) {
        let records = records(name).unwrap();
        let checkpoints = expected["checkpoints_after_record_index"].as_object().unwrap();
        let mut passed = 0;
        let replayer = fold(&records, |index, replayer| {
            if let Some(books) = checkpoints.get(&index.to_string()) {
                assert_books(&replayer.summary(20), books, &format!("{name} after record {index}"));
                passed += 1;
            }
        });
        assert_eq!(passed, checkpoints.len(), "{name}");
        let summary = replayer.summary(20);
        assert_books(&summary, &expected["books"], name);
        let checked: u64 = summary.books.iter().map(|book| book.checksums.checked).sum();
        assert_eq!(checked, expected["checksum_ok"].as_u64().unwrap(), "{name}");
        assert!(summary.books.iter().all(|book| book.checksums.failed == 0), "{name}");
        let faultless = (summary.ignored, summary.malformed, summary.resyncs);
        assert_eq!(faultless, (0, 0, 0), "{name}");
        assert_eq!(summary.frames, records.len() as u64, "{name}");
        assert_eq!(summary.venue, Some(VenueId::Kraken));
        seen += 1;
    }
    assert_eq!(seen, 3);
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
    let Some(records) = records(REBUILT) else { return };
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
    let Some(records) = records(REBUILT) else { return };
    let faults = json(&shared().unwrap().join("expected/faults.json"));
    for fault in faults[format!("kraken/{REBUILT}")].as_array().unwrap() {
        let removed = usize::try_from(fault["drop_record_index"].as_u64().unwrap()).unwrap();
        let mut damaged = records.clone();
        damaged.remove(removed);
        let mut noticed = None;
        fold(&damaged, |index, replayer| {
            if noticed.is_none() && replayer.summary(0).resyncs > 0 {
                noticed = Some(index as u64 + 1);
            }
        });
        assert_eq!(noticed, fault["first_checksum_failure_at_record_index"].as_u64(), "{removed} was removed");
    }
}

#[test]
fn a_mutated_checksum_is_noticed_wherever_it_is() {
    let Some(mut records) = records(REBUILT) else { return };
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
    let Some(records) = records(REBUILT) else { return };
    let told = told(&records);
    for (index, (doubled, market)) in told.iter().zip(markets(&told).split_off(1)).enumerate() {
        let mut twice = market.clone();
        let outcome = apply(&mut twice, doubled);
        assert_eq!(claimed(&twice), claimed(&market), "at {index}");
        assert_eq!(outcome, Some(Applied::Ignored(Ignored::Duplicate)), "at {index}");
    }
}
