//! Coinbase, OKX and Hyperliquid: real captures against what independent programs found, and streams that are damaged at
//! every place: a book that a venue's own check could have shown to be wrong is never believed, and a snapshot mends all.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use exchequer::feed::capture::{Direction, Numbered, Reader, Record};
use exchequer::feed::replay::{BookSummary, Replayer, Summary};
use exchequer::market::{Level, Market, Side, Standing, Timestamp, VenueId};
use exchequer::venue::coinbase::Coinbase;
use exchequer::venue::hyperliquid::Hyperliquid;
use exchequer::venue::okx::Okx;
use exchequer::venue::{Address, Dialect};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

// Captures, and what is in them.

fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/market");
    if !path.is_dir() {
        println!("SKIPPED: the captures are not at {}", path.display());
        return None;
    }
    Some(path)
}

fn records(folder: &str, name: &str) -> Option<Vec<Record>> {
    let path = shared()?.join(format!("frames/{folder}/{name}.jsonl.gz"));
    Some(Reader::open(&path).unwrap().map(|item| item.unwrap().record).collect())
}

fn frames(folder: &str, name: &str) -> Option<Vec<String>> {
    let incoming = |record: Record| record.data.filter(|_| record.direction == Direction::In);
    Some(records(folder, name)?.into_iter().filter_map(incoming).collect())
}

fn fold(venue: VenueId, records: &[Record], mut after: impl FnMut(usize, &Replayer)) -> Replayer {
    let mut replayer = Replayer::new(Some(venue));
    for (index, record) in records.iter().enumerate() {
        let item = Numbered { line: index as u64 + 1, record: record.clone() };
        replayer.fold(Ok(item)).unwrap();
        after(index, &replayer);
    }
    replayer
}

fn print(book: &BookSummary, most: usize) -> String {
    let lines = |side: &str, levels: &[(String, String)]| -> String {
        levels.iter().take(most).map(|(price, quantity)| format!("{side} {price} {quantity}\n")).collect()
    };
    let text = lines("b", &book.bids) + &lines("a", &book.asks);
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn assert_books(summary: &Summary, expected: &Value, context: &str) {
    for (name, wanted) in expected.as_object().unwrap() {
        let book = summary.books.iter().find(|book| book.venue_symbol == *name);
        let book = book.unwrap_or_else(|| panic!("{context}: no book of {name}"));
        let best = |levels: &[(String, String)]| serde_json::json!([levels[0].0, levels[0].1]);
        assert_eq!(best(&book.bids), wanted["best_bid"], "{context} {name}");
        assert_eq!(best(&book.asks), wanted["best_ask"], "{context} {name}");
        assert_eq!(book.bid_levels as u64, wanted["bid_levels"].as_u64().unwrap(), "{context} {name}");
        assert_eq!(book.ask_levels as u64, wanted["ask_levels"].as_u64().unwrap(), "{context} {name}");
        assert_eq!(print(book, 20), wanted["top20_sha256"].as_str().unwrap(), "{context} {name}");
        if let Some(all) = wanted["all_levels_sha256"].as_str() {
            assert_eq!(print(book, usize::MAX), all, "{context} {name}");
        }
        if let Some(right) = wanted["checksum_ok"].as_u64() {
            assert_eq!((book.checksums.checked, book.checksums.failed), (right, 0), "{context} {name}");
        }
    }
}

#[test]
fn every_capture_ends_with_the_known_books_and_passes_its_checkpoints() {
    let Some(shared) = shared() else { return };
    let venues = [VenueId::Coinbase, VenueId::Okx, VenueId::Hyperliquid];
    let mut seen = 0;
    for folder in ["coinbase", "okx", "hyperliquid", "derived"] {
        let expected = std::fs::read(shared.join(format!("expected/{folder}.json"))).unwrap();
        let expected: BTreeMap<String, Value> = serde_json::from_slice(&expected).unwrap();
        for (name, expected) in expected {
            let prefix = if folder == "derived" { name.split('_').next().unwrap() } else { folder };
            let Some(venue) = venues.into_iter().find(|venue| venue.as_str() == prefix) else { continue };
            let records = records(folder, &name).unwrap();
            let checkpoints = expected["checkpoints_after_record_index"].as_object().cloned().unwrap_or_default();
            let mut passed = 0;
            let replayer = fold(venue, &records, |index, replayer| {
                if let Some(books) = checkpoints.get(&index.to_string()) {
                    assert_books(&replayer.summary(usize::MAX), books, &format!("{name} after record {index}"));
                    passed += 1;
                }
            });
            assert_eq!(passed, checkpoints.len(), "{name}");
            let summary = replayer.summary(usize::MAX);
            assert_books(&summary, &expected["books"], &name);
            assert_eq!((summary.malformed, summary.resyncs), (0, 0), "{name}");
            seen += 1;
        }
    }
    assert!(seen >= 7, "only {seen} captures were looked at");
}

#[test]
fn okx_checksums_fail_where_they_must_after_a_dropped_frame() {
    let Some(shared) = shared() else { return };
    let faults = std::fs::read(shared.join("expected/faults.json")).unwrap();
    let faults: BTreeMap<String, Value> = serde_json::from_slice(&faults).unwrap();
    for (name, faults) in faults.iter().filter(|(name, _)| name.starts_with("v5_") || name.starts_with("okx/")) {
        let name = name.trim_start_matches("okx/");
        let all = records("okx", name).unwrap();
        for fault in faults.as_array().unwrap() {
            let dropped = fault["drop_record_index"].as_u64().unwrap() as usize;
            let mut damaged = all.clone();
            damaged.remove(dropped);
            let mut first = None;
            fold(VenueId::Okx, &damaged, |index, replayer| {
                let failed = replayer.summary(0).books.iter().any(|book| book.checksums.failed > 0);
                first = first.or(failed.then_some(index as u64 + 1));
            });
            assert_eq!(first, fault["first_checksum_failure_at_record_index"].as_u64(), "{name} without {dropped}");
        }
    }
}

// Streams made up here, in the venues' shapes.

/// A book that wanders: whole first, then what has changed.
struct Walk {
    dice: u64,
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
}

type Changes = Vec<(i64, i64)>;

impl Walk {
    fn new(seed: u64) -> Self {
        let mut walk = Self { dice: seed, bids: BTreeMap::new(), asks: BTreeMap::new() };
        walk.bids = (0..45).map(|n| (9_990 - n, walk.roll(50) + 1)).collect();
        walk.asks = (0..45).map(|n| (10_010 + n, walk.roll(50) + 1)).collect();
        walk
    }

    fn roll(&mut self, sides: i64) -> i64 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) as i64 % sides
    }

    /// Bids best first, asks best first.
    fn whole(&self) -> (Changes, Changes) {
        let level = |(price, quantity): (&i64, &i64)| (*price, *quantity);
        (self.bids.iter().rev().map(level).collect(), self.asks.iter().map(level).collect())
    }

    fn step(&mut self) -> (Changes, Changes) {
        let (mut bids, mut asks) = (Vec::new(), Vec::new());
        for _ in 0..=self.roll(3) {
            let (bid, distance, quantity) = (self.roll(2) == 0, self.roll(40), (self.roll(60) - 12).max(0));
            let price = if bid { 9_995 - distance } else { 10_005 + distance };
            let side = if bid { &mut self.bids } else { &mut self.asks };
            match quantity {
                0 => side.remove(&price),
                quantity => side.insert(price, quantity),
            };
            if bid { &mut bids } else { &mut asks }.push((price, quantity));
        }
        (bids, asks)
    }
}

/// Tenths, as venues print them.
fn tenths(units: i64) -> String {
    match units % 10 {
        0 => format!("{}", units / 10),
        tenth => format!("{}.{tenth}", units / 10),
    }
}

fn pairs(levels: &[(i64, i64)]) -> Vec<[String; 2]> {
    levels.iter().map(|(price, quantity)| [tenths(*price), tenths(*quantity)]).collect()
}

fn level_texts(levels: impl Iterator<Item = Level>) -> Vec<[String; 2]> {
    levels.map(|l| [l.price.get().normalize().to_string(), l.quantity.get().normalize().to_string()]).collect()
}

fn advanced(number: u64, kind: &str, product: &str, bids: &[[String; 2]], asks: &[[String; 2]]) -> String {
    let level = |side: &str, [price, quantity]: &[String; 2]| {
        format!(
            r#"{{"side":"{side}","event_time":"2026-09-07T01:57:58.894355Z","price_level":"{price}","new_quantity":"{quantity}"}}"#
        )
    };
    // Asks first and worst first: the venue promises no order.
    let updates: Vec<_> =
        asks.iter().rev().map(|l| level("offer", l)).chain(bids.iter().map(|l| level("bid", l))).collect();
    format!(
        r#"{{"channel":"l2_data","client_id":"","timestamp":"2026-09-07T01:57:58.894355Z","sequence_num":{number},"events":[{{"type":"{kind}","product_id":"{product}","updates":[{}]}}]}}"#,
        updates.join(",")
    )
}

fn advanced_walk() -> Vec<String> {
    let mut walks = [("BTC-USD", Walk::new(1)), ("ETH-USD", Walk::new(2))];
    let mut frames = Vec::new();
    for round in 0..120 {
        for (product, walk) in &mut walks {
            let (kind, (bids, asks)) = if round == 0 { ("snapshot", walk.whole()) } else { ("update", walk.step()) };
            frames.push(advanced(frames.len() as u64, kind, product, &pairs(&bids), &pairs(&asks)));
        }
        if round % 10 == 0 {
            let number = frames.len();
            frames.push(format!(
                r#"{{"channel":"heartbeats","timestamp":"2026-09-07T23:37:22.675755362Z","sequence_num":{number},"events":[{{"current_time":"now","heartbeat_counter":{number}}}]}}"#
            ));
        }
    }
    frames
}

fn exchange(kind: &str, product: &str, bids: &[[String; 2]], asks: &[[String; 2]]) -> String {
    let changes = |side: &'static str, levels: &[[String; 2]]| -> Vec<Value> {
        levels.iter().map(|[price, quantity]| serde_json::json!([side, price, quantity])).collect()
    };
    match kind {
        "snapshot" => serde_json::json!({"type": kind, "product_id": product, "bids": bids, "asks": asks}).to_string(),
        _ => {
            let changes = [changes("buy", bids), changes("sell", asks)].concat();
            serde_json::json!({"type": kind, "product_id": product, "changes": changes, "time": "2021-04-17T16:43:37.078325Z"}).to_string()
        }
    }
}

fn exchange_walk() -> Vec<String> {
    let mut walk = Walk::new(3);
    let (bids, asks) = walk.whole();
    let mut frames = vec![exchange("snapshot", "BTC-USD", &pairs(&bids), &pairs(&asks))];
    frames.extend((0..150).map(|_| {
        let (bids, asks) = walk.step();
        exchange("l2update", "BTC-USD", &pairs(&bids), &pairs(&asks))
    }));
    frames
}

fn okx(action: &str, numbers: (i64, i64), checksum: i32, bids: &[[String; 2]], asks: &[[String; 2]]) -> String {
    let list = |levels: &[[String; 2]]| -> String {
        let levels: Vec<_> =
            levels.iter().map(|[price, quantity]| format!(r#"["{price}","{quantity}","0","1"]"#)).collect();
        levels.join(",")
    };
    let (bids, asks, (previous, number)) = (list(bids), list(asks), numbers);
    format!(
        r#"{{"arg":{{"channel":"books","instId":"BTC-USDT"}},"action":"{action}","data":[{{"asks":[{asks}],"bids":[{bids}],"ts":"1790133750004","checksum":{checksum},"seqId":{number},"prevSeqId":{previous}}}]}}"#
    )
}

/// With right checksums, a sign of life now and then, and a new count in the middle.
fn okx_walk() -> Vec<String> {
    let mut walk = Walk::new(4);
    let sum = |walk: &Walk| {
        let (bids, asks) = walk.whole();
        let turns = pairs(&bids).into_iter().zip(pairs(&asks)).take(25).flat_map(|(bid, ask)| [bid, ask].concat());
        crc32fast::hash(turns.collect::<Vec<_>>().join(":").as_bytes()).cast_signed()
    };
    let (bids, asks) = walk.whole();
    let mut number = 1_000;
    let mut frames = vec![okx("snapshot", (-1, number), sum(&walk), &pairs(&bids), &pairs(&asks))];
    for round in 0..150 {
        if round % 20 == 10 {
            frames.push(okx("update", (number, number), sum(&walk), &[], &[]));
        }
        let (bids, asks) = walk.step();
        let next = if round == 75 { 3 } else { number + walk.roll(4) + 1 };
        frames.push(okx("update", (number, next), sum(&walk), &pairs(&bids), &pairs(&asks)));
        number = next;
    }
    frames
}

fn hyperliquid(time: i64, bids: &[[String; 2]], asks: &[[String; 2]]) -> String {
    let side = |levels: &[[String; 2]]| -> Vec<Value> {
        levels.iter().take(20).map(|[price, size]| serde_json::json!({"n": 1, "px": price, "sz": size})).collect()
    };
    let (bids, asks) = (side(bids), side(asks));
    serde_json::json!({"channel": "l2Book", "data": {"coin": "BTC", "time": time, "levels": [bids, asks]}}).to_string()
}

fn hyperliquid_walk() -> Vec<String> {
    let mut walk = Walk::new(5);
    let frame = |round: i64| {
        walk.step();
        let (bids, asks) = walk.whole();
        hyperliquid(1_737_918_843_000 + round * 500, &pairs(&bids), &pairs(&asks))
    };
    (0..100).map(frame).collect()
}

// Damage.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Dropped,
    Twice,
    Swapped,
    Digit,
    Truncated,
}

const FAULTS: [Fault; 5] = [Fault::Dropped, Fault::Twice, Fault::Swapped, Fault::Digit, Fault::Truncated];

/// What a stream can prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proof {
    /// That no frame is missing.
    Count,
    /// That so many levels a side are right.
    Levels(usize),
    /// Both.
    CountAndLevels(usize),
    /// Nothing, but every frame is a whole book.
    Images,
    /// Nothing at all.
    Nothing,
}

#[derive(Clone)]
struct Desk<D> {
    dialect: D,
    market: Market,
}

impl<D: Dialect> Desk<D> {
    fn hear(&mut self, frame: &str) {
        let (mut events, now) = (Vec::new(), Timestamp::from_secs(1));
        let _ = self.dialect.receive(frame, now, &mut events);
        for event in events {
            self.market.apply(self.dialect.venue(), event, now);
        }
    }
}

fn damaged(frames: &[String], fault: Fault, seed: usize) -> Option<Vec<String>> {
    let mut frames = frames.to_vec();
    match fault {
        Fault::Dropped => _ = frames.remove(0),
        Fault::Twice => frames.insert(0, frames[0].clone()),
        Fault::Swapped if frames.len() < 2 => return None,
        Fault::Swapped => frames.swap(0, 1),
        Fault::Digit => {
            let digits: Vec<usize> =
                frames[0].bytes().enumerate().filter(|(_, b)| b.is_ascii_digit()).map(|d| d.0).collect();
            let at = *digits.get(seed.wrapping_mul(7_919) % digits.len().max(1))?;
            let other = (frames[0].as_bytes()[at] - b'0' + 1 + (seed % 9) as u8) % 10;
            frames[0].replace_range(at..=at, &other.to_string());
        }
        Fault::Truncated => {
            let mut at = seed.wrapping_mul(104_729) % frames[0].len();
            while !frames[0].is_char_boundary(at) {
                at -= 1;
            }
            frames[0].truncate(at);
        }
    }
    Some(frames)
}

fn levels(market: &Market) -> BTreeMap<String, [Vec<Level>; 2]> {
    let books = market.listings().filter(|(_, _, listing)| listing.book.record() != Default::default());
    books
        .map(|(_, symbol, listing)| {
            (symbol.to_string(), [Side::Bid, Side::Ask].map(|side| listing.book.levels(side).collect()))
        })
        .collect()
}

/// Frames that a fault is watched for.
const TAIL: usize = 60;

/// Damages a stream at some two hundred places, in every way. `snapshots` makes the frames that carry a market whole,
/// after the frame that came last.
fn endure<D: Dialect + Clone>(
    dialect: D,
    frames: &[String],
    proof: Proof,
    snapshots: impl Fn(&D, &Market, &str) -> Vec<String>,
) {
    let stride = frames.len().div_ceil(200).max(1);
    let mut desk = Desk { dialect, market: Market::default() };
    let mut clean = Vec::new();
    for (index, frame) in frames.iter().enumerate() {
        if index % stride == 0 {
            clean.push(desk.clone());
        }
        desk.hear(frame);
    }
    clean.push(desk);
    let (mut shown, mut tried) = (0, 0);
    for (place, before) in clean.iter().enumerate().take(clean.len() - 1) {
        let begin = place * stride;
        let last = (place + TAIL.div_ceil(stride)).min(clean.len() - 1);
        let (end, after) = ((last * stride).min(frames.len()), &clean[last]);
        let (right, left) = (levels(&after.market), frames.len() - begin);
        let fresh = snapshots(&after.dialect, &after.market, &frames[end - 1]);
        for fault in FAULTS {
            let Some(damaged) = damaged(&frames[begin..end], fault, begin + place) else { continue };
            let mut desk = before.clone();
            damaged.iter().for_each(|frame| desk.hear(frame));
            let context = format!("{fault:?} at frame {begin}, seen after frame {end}");
            for (_, symbol, listing) in desk.market.listings() {
                if *listing.book.standing() != Standing::Live {
                    shown += 1;
                    continue;
                }
                let ours = [Side::Bid, Side::Ask].map(|side| listing.book.levels(side).collect::<Vec<_>>());
                let right = &right[symbol.as_str()];
                let best = |sides: &[Vec<Level>; 2], most: usize| {
                    sides.each_ref().map(|side| side[..most.min(side.len())].to_vec())
                };
                // Nothing follows that could show it.
                let unseen = fault == Fault::Dropped && left == 1;
                let whole = match proof {
                    Proof::Count | Proof::CountAndLevels(_) => fault != Fault::Digit && !unseen,
                    Proof::Images => left > 8,
                    Proof::Levels(_) | Proof::Nothing => matches!(fault, Fault::Twice | Fault::Truncated),
                };
                if whole {
                    assert!(ours == *right, "{context}: a wrong book of {symbol} is believed");
                }
                if let Proof::Levels(most) | Proof::CountAndLevels(most) = proof
                    && !unseen
                {
                    assert_eq!(best(&ours, most), best(right, most), "{context}: {symbol}");
                }
            }
            tried += 1;
            fresh.iter().for_each(|frame| desk.hear(frame));
            assert!(levels(&desk.market) == right, "{context}: a snapshot does not mend all");
            assert!(desk.market.listings().all(|(_, symbol, listing)| {
                *listing.book.standing() == Standing::Live || !right.contains_key(symbol.as_str())
            }));
        }
    }
    println!("{} places, {tried} faults, {shown} books found out", clean.len() - 1);
    assert!(matches!(proof, Proof::Images | Proof::Nothing) || shown > 0, "no fault was ever noticed");
}

fn number_after(frame: &str, member: &str) -> i64 {
    let rest = frame.split(&format!("\"{member}\":")).nth(1).unwrap_or("0");
    rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap_or(0)
}

/// A frame for each book of a market.
fn each<D: Dialect>(
    dialect: &D,
    market: &Market,
    frame: impl Fn(usize, &str, &[[String; 2]], &[[String; 2]]) -> String,
) -> Vec<String> {
    let books = market.listings().filter(|(_, _, listing)| listing.book.record() != Default::default());
    books
        .enumerate()
        .map(|(index, (_, symbol, listing))| {
            let side = |side| level_texts(listing.book.levels(side));
            frame(index, &dialect.venue_symbol(symbol).unwrap(), &side(Side::Bid), &side(Side::Ask))
        })
        .collect()
}

fn endure_advanced(frames: &[String]) {
    endure(Coinbase::new(&Address::default()), frames, Proof::Count, |dialect, market, last| {
        let next = number_after(last, "sequence_num") as u64 + 1;
        each(dialect, market, |index, name, bids, asks| advanced(next + index as u64, "snapshot", name, bids, asks))
    });
}

fn endure_exchange(frames: &[String]) {
    endure(Coinbase::new(&Address::default()), frames, Proof::Nothing, |dialect, market, _| {
        each(dialect, market, |_, name, bids, asks| exchange("snapshot", name, bids, asks))
    });
}

fn endure_okx(frames: &[String], proof: Proof) {
    endure(Okx::new(&Address::default()), frames, proof, |dialect, market, last| {
        let number = number_after(last, "seqId");
        each(dialect, market, |_, _, bids, asks| okx("snapshot", (-1, number), 0, bids, asks))
    });
}

fn endure_hyperliquid(frames: &[String]) {
    endure(Hyperliquid::new(&Address::default()), frames, Proof::Images, |dialect, market, last| {
        // A time that was wrong is believed again with the second frame.
        let time = number_after(last, "time");
        let frames = (1..3).map(|tick| each(dialect, market, |_, _, bids, asks| hyperliquid(time + tick, bids, asks)));
        frames.flatten().collect()
    });
}

#[test]
fn damaged_streams_of_every_shape_are_found_out_or_mended() {
    endure_advanced(&advanced_walk());
    endure_exchange(&exchange_walk());
    endure_okx(&okx_walk(), Proof::CountAndLevels(25));
    endure_hyperliquid(&hyperliquid_walk());
}

#[test]
fn damaged_captures_are_found_out_or_mended() {
    let Some(derived) = frames("derived", "coinbase_advanced_level2_from_exchange_2021_A") else { return };
    endure_advanced(&derived);
    endure_advanced(&frames("coinbase", "advanced_level2_fragments_2026-09").unwrap());
    endure_exchange(&frames("coinbase", "exchange_level2_2021_A").unwrap());
    endure_okx(&frames("okx", "v5_books_2022_A").unwrap(), Proof::Levels(25));
    endure_okx(&frames("derived", "okx_v5_books_seqid_from_2022_A").unwrap(), Proof::Count);
    endure_hyperliquid(&frames("hyperliquid", "l2Book_BTC_2025-01-26").unwrap());
}
