//! The captures, and what independent programs found in them.

use super::{Frame, Protocol, Run};
use exchequer::feed::capture::{Direction, Kind as Carrier, Reader};
use exchequer::market::{Applied, Book, Desync, Side, Standing};
use exchequer::money::plain;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/market");
    if !path.is_dir() {
        println!("SKIPPED: the captures are not at {}", path.display());
        return None;
    }
    Some(path)
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The records of a capture that has books, in their order.
fn capture(path: &Path) -> Vec<Option<Frame>> {
    let records = Reader::open(path).unwrap().map(|item| item.unwrap().record);
    let frames = records.map(|record| match (record.data, record.direction, record.kind) {
        (None, ..) => None,
        (Some(text), Direction::Out, _) => Some(Frame::Out(text)),
        (Some(text), _, Carrier::WebSocket) => Some(Frame::In(text)),
        (Some(body), _, Carrier::Http) => Some(Frame::Http(record.url, body)),
    });
    frames.collect()
}

/// All captures of ours, with what is expected of them.
pub fn captures() -> Vec<(Protocol, String, Vec<Option<Frame>>, Value)> {
    let Some(shared) = shared() else { return Vec::new() };
    let mut captures = Vec::new();
    for (protocol, folder, prefix) in [
        (Protocol::KrakenV1, "kraken", "v1_book"),
        (Protocol::KrakenFutures, "kraken_futures", ""),
        (Protocol::Deribit, "deribit", ""),
        (Protocol::Bitstamp, "bitstamp", ""),
    ] {
        let expected = json(&shared.join(format!("expected/{folder}.json")));
        for (name, expected) in expected.as_object().unwrap().iter().filter(|(name, _)| name.starts_with(prefix)) {
            let frames = capture(&shared.join(format!("frames/{folder}/{name}.jsonl.gz")));
            captures.push((protocol, format!("{folder}/{name}"), frames, expected.clone()));
        }
    }
    captures
}

fn digest(book: &Book, most: usize) -> String {
    let mut lines = Vec::new();
    for (mark, side) in [("b", Side::Bid), ("a", Side::Ask)] {
        let side = book.levels(side).take(most);
        lines.extend(side.map(|level| format!("{mark} {} {}", plain(level.price.get()), plain(level.quantity.get()))));
    }
    Sha256::digest(lines.join("\n") + "\n").iter().map(|byte| format!("{byte:02x}")).collect()
}

fn assert_books(run: &Run, expected: &Value, context: &str) {
    let books = run.books();
    let named: HashMap<String, &Book> =
        books.iter().map(|(symbol, book)| (run.dialect.venue_symbol(symbol).unwrap().into_string(), *book)).collect();
    for (name, wanted) in expected.as_object().unwrap() {
        let book = named.get(name).unwrap_or_else(|| panic!("{context}: no book {name}"));
        assert_eq!(*book.standing(), Standing::Live, "{context} {name}");
        assert_eq!(book.levels(Side::Bid).len() as u64, wanted["bid_levels"].as_u64().unwrap(), "{context} {name}");
        assert_eq!(book.levels(Side::Ask).len() as u64, wanted["ask_levels"].as_u64().unwrap(), "{context} {name}");
        assert_eq!(digest(book, 20), wanted["top20_sha256"].as_str().unwrap(), "{context} {name}");
        if let Some(all) = wanted["all_levels_sha256"].as_str() {
            assert_eq!(digest(book, usize::MAX), all, "{context} {name}");
        }
        for (key, figure) in [("checksum_ok", book.record().checked), ("snapshots", book.record().snapshots)] {
            let wanted = wanted[key].as_u64().unwrap_or(figure);
            assert_eq!(figure, wanted, "{context} {name} {key}");
        }
        assert_eq!((book.record().failed, book.record().resyncs), (0, 0), "{context} {name}");
        for key in ["final_seq", "final_change_id"] {
            if let Some(last) = wanted[key].as_u64() {
                assert_eq!(book.sequence(), Some(last), "{context} {name}");
            }
        }
    }
    assert_eq!(named.len(), expected.as_object().unwrap().len(), "{context}: other books");
}

#[test]
fn every_capture_ends_with_the_known_books_and_passes_its_checkpoints() {
    for (protocol, name, frames, expected) in captures() {
        let mut run = Run::new(protocol);
        let checkpoints = expected["checkpoints_after_record_index"].as_object();
        let mut passed = 0;
        for (index, frame) in frames.iter().enumerate() {
            if let Some(frame) = frame {
                run.feed(frame);
            }
            if let Some(books) = checkpoints.and_then(|all| all.get(&index.to_string())) {
                assert_books(&run, books, &format!("{name} after record {index}"));
                passed += 1;
            }
        }
        assert_books(&run, &expected["books"], &name);
        assert_eq!(passed, checkpoints.map_or(0, |all| all.len()), "{name}");
    }
}

#[test]
fn a_missing_frame_fails_the_older_checksum_where_others_found_it() {
    let Some(shared) = shared() else { return };
    let faults = json(&shared.join("expected/faults.json"));
    for (protocol, name, frames, _) in captures() {
        for fault in faults[&name].as_array().into_iter().flatten() {
            let dropped = fault["drop_record_index"].as_u64().unwrap() as usize;
            let mut run = Run::new(protocol);
            let first = frames.iter().enumerate().filter(|(index, _)| *index != dropped).find_map(|(index, frame)| {
                let applied = run.feed(frame.as_ref()?);
                let failed = |applied: &Applied| matches!(applied, Applied::NeedsResync(Desync::Checksum { .. }));
                applied.iter().any(failed).then_some(index as u64)
            });
            assert_eq!(first, fault["first_checksum_failure_at_record_index"].as_u64(), "{name} without {dropped}");
        }
    }
}
