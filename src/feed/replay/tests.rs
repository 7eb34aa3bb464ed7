//! An invented capture, whole and damaged.

use super::*;
use crate::feed::capture::{Direction, Kind, Numbered, Reader, Record};
use crate::market::{Desync, Event, Level, Side, Standing, VenueId};
use std::path::{Path, PathBuf};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kraken_capture.jsonl")
}

fn records() -> Vec<Record> {
    Reader::open(&path()).unwrap().map(|item| item.unwrap().record).collect()
}

/// Folds records and looks at the market after each.
fn fold(records: &[Record], mut after: impl FnMut(usize, &Replayer)) -> Summary {
    let mut replayer = Replayer::new(None);
    for (index, record) in records.iter().enumerate() {
        let _ = replayer.fold(Ok(Numbered { line: index as u64 + 1, record: record.clone() }));
        after(index, &replayer);
    }
    replayer.summary(usize::MAX)
}

/// The levels of the books that claim to be right.
fn claims(replayer: &Replayer) -> Vec<Option<Vec<Level>>> {
    let claim = |book: &crate::market::Book| {
        let levels = [Side::Bid, Side::Ask].into_iter().flat_map(|side| book.levels(side)).collect();
        (*book.standing() == Standing::Live).then_some(levels)
    };
    replayer.market().listings().map(|(_, _, listing)| claim(&listing.book)).collect()
}

fn is_book(record: &Record) -> bool {
    record.incoming().is_some_and(|frame| frame.starts_with(r#"{"channel":"book""#))
}

#[test]
fn the_whole_capture_comes_to_its_figures() {
    let records = records();
    let incoming = records.iter().filter(|record| record.incoming().is_some()).count() as u64;
    let summary = fold(&records, |_, _| {});
    assert_eq!(summary.venue, Some(VenueId::Kraken));
    assert_eq!((summary.frames, summary.events), (incoming, incoming), "one event a frame in this capture");
    assert_eq!((summary.ignored, summary.malformed), (0, 0));
    assert_eq!(summary.resyncs, 2, "the reconnect loses two books");
    assert_eq!(summary.trades, 14);
    let checked: u64 = summary.books.iter().map(|book| book.checksums.checked).sum();
    assert_eq!(checked, records.iter().filter(|record| is_book(record)).count() as u64);
    for book in &summary.books {
        assert_eq!((book.bid_levels, book.ask_levels, book.checksums.failed, book.sequence), (10, 10, 0, None));
    }
    let json = serde_json::to_value(&summary).unwrap();
    assert!(json["books"][0]["bids"][0][0].is_string() && json["books"][0]["sequence"].is_null());
}

#[test]
fn a_reconnect_loses_the_books_until_their_snapshots() {
    let records = records();
    let second = records.iter().rposition(|record| record.connect).unwrap();
    fold(&records, |index, replayer| {
        if index == second {
            for (_, _, listing) in replayer.market().listings() {
                assert!(matches!(listing.book.standing(), Standing::Resync { reason: Desync::Disconnected, .. }));
            }
        }
    });
    let mut parallel = records[..second].to_vec();
    parallel.splice(0..0, [records[0].clone(), records[0].clone()]);
    assert_eq!(fold(&parallel, |_, _| {}).resyncs, 0, "connections that begin together lose nothing");
}

/// The positions of book frames.
fn books(records: &[Record]) -> impl Iterator<Item = usize> + '_ {
    (0..records.len()).filter(|at| is_book(&records[*at]))
}

#[test]
fn a_removed_frame_is_noticed_by_the_books_next_or_has_done_no_harm() {
    let records = records();
    let mut truth = Vec::new();
    fold(&records, |_, replayer| truth.push(claims(replayer)));
    let symbol = |at: usize| records[at].data.as_ref().map(|frame| frame.contains("BTC/USD"));
    let mut noticed = 0;
    for at in books(&records) {
        let mut removed = records.clone();
        removed.remove(at);
        let next = books(&records).find(|later| *later > at && symbol(*later) == symbol(at));
        let mut lost = false;
        fold(&removed[..records.len() - 1], |index, replayer| {
            let original = index + usize::from(index >= at);
            if original < at || next.is_some_and(|next| original >= next) {
                for (book, right) in claims(replayer).iter().zip(&truth[original]) {
                    assert!(book.is_none() || book == right, "{at} was removed, seen after {original}");
                    lost |= book != right;
                }
            }
        });
        noticed += u32::from(lost);
    }
    assert!(noticed > 90, "only {noticed}");
}

#[test]
fn a_mutated_checksum_is_noticed_wherever_it_is() {
    let records = records();
    for at in books(&records) {
        let mut mutated = records[..=at].to_vec();
        let frame = mutated[at].data.as_mut().unwrap();
        let digit = frame.find("\"checksum\":").unwrap() + "\"checksum\":".len();
        let other = if frame[digit..].starts_with('1') { "2" } else { "1" };
        frame.replace_range(digit..=digit, other);
        let (before, after) = (fold(&records[..at], |_, _| {}), fold(&mutated, |_, _| {}));
        let failed = |summary: &Summary| summary.books.iter().map(|book| book.checksums.failed).sum::<u64>();
        assert_eq!((failed(&before), failed(&after)), (0, 1), "at {at}");
    }
}

#[test]
fn a_doubled_frame_is_noticed_and_changes_nothing() {
    let records = records();
    let whole = fold(&records, |_, _| {});
    for at in books(&records) {
        let mut doubled = records.clone();
        doubled.insert(at, records[at].clone());
        let summary = fold(&doubled, |_, _| {});
        assert_eq!((summary.ignored, summary.resyncs), (1, whole.resyncs), "at {at}");
        for (book, right) in summary.books.iter().zip(&whole.books) {
            assert_eq!((&book.bids, &book.asks), (&right.bids, &right.asks), "at {at}");
        }
    }
}

fn record(data: Option<&str>) -> Record {
    let (direction, kind) = (Direction::In, Kind::WebSocket);
    let url = "wss://ws.kraken.com/v2".into();
    Record { at: None, direction, kind, url, data: data.map(str::to_owned), connect: false }
}

#[test]
fn a_record_without_a_time_takes_the_venues_or_the_last_known() {
    let (mut retelling, mut events) = (Retelling::new(None, None), Vec::<Event>::new());
    let pong = |time: &str| record(Some(&format!(r#"{{"method":"pong","time_out":"{time}"}}"#)));
    let mut now = |record: &Record| {
        retelling.tell(record, &mut events).unwrap();
        retelling.now().secs()
    };
    assert_eq!(now(&record(Some(r#"{"channel":"heartbeat"}"#))), 0);
    assert_eq!(now(&pong("1970-01-01T00:01:40Z")), 100);
    assert_eq!(now(&pong("1970-01-01T00:00:07Z")), 100, "time does not go back");
    assert_eq!(now(&record(Some(r#"{"channel":"heartbeat"}"#))), 100);
}

#[test]
fn what_is_unknown_or_unreadable_is_counted_apart() {
    let mut replayer = Replayer::new(None);
    let mut fold =
        |line, data| replayer.fold(Ok(Numbered { line, record: record(Some(data)) })).map_err(|e| e.to_string());
    assert_eq!(fold(1, r#"{"channel":"weather"}"#), Ok(()));
    let fault = fold(2, r#"{"channel":"book","type":"sketch","data":[]}"#).unwrap_err();
    assert!(fault.starts_with("line 2: type cannot be \"sketch\""), "{fault}");
    assert_eq!(
        replayer.fold(Ok(Numbered { line: 3, record: Record { kind: Kind::Http, ..record(Some("{}")) } })),
        Ok(())
    );
    let summary = replayer.summary(1);
    assert_eq!((summary.frames, summary.ignored, summary.malformed, summary.events), (2, 2, 1, 0));
}

#[test]
fn a_survey_reads_no_more_than_it_must() {
    let survey = Survey::of(&path()).unwrap();
    assert_eq!(survey.length, records().len() as u64);
    assert_eq!((survey.venue, survey.start), (Some(VenueId::Kraken), records()[0].at));
}
