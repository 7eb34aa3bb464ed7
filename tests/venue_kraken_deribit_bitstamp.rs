//! Captures of Kraken's older protocol, Kraken Futures, Deribit and Bitstamp, against what independent programs found in
//! them; then the same, and frames of our own, damaged at many places: a book may be lost, but not wrong without saying so,
//! as far as its venue's protocol can show it, and a fresh snapshot makes it right again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use exchequer::feed::capture::{Direction, Kind as Carrier, Reader};
use exchequer::market::{
    Applied, Book, Checksum, Desync, Event, Level, Market, Precision, Side, Standing, Symbol, Timestamp, VenueId,
};
use exchequer::money::plain;
use exchequer::venue::{Address, Dialect, dialect};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Positions of a large capture that are damaged.
const POSITIONS: usize = 120;

/// Frames after the damage that are looked at in a large capture.
const WINDOW: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Protocol {
    KrakenV1,
    KrakenFutures,
    Deribit,
    Bitstamp,
}

impl Protocol {
    fn venue(self) -> VenueId {
        match self {
            Self::KrakenV1 => VenueId::Kraken,
            Self::KrakenFutures => VenueId::KrakenFutures,
            Self::Deribit => VenueId::Deribit,
            Self::Bitstamp => VenueId::Bitstamp,
        }
    }

    fn dialect(self) -> Box<dyn Dialect> {
        dialect(self.venue(), &Address::default())
    }

    /// What stands before the count, or the checksum, of a frame.
    fn count(self) -> &'static str {
        match self {
            Self::KrakenV1 => r#""c":""#,
            Self::KrakenFutures => r#""seq":"#,
            Self::Deribit => r#"change_id":"#,
            Self::Bitstamp => r#""microtimestamp":""#,
        }
    }
}

#[derive(Clone)]
enum Frame {
    In(String),
    Out(String),
    Http(String, String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Drop,
    Double,
    Swap,
    Cut,
    Count,
    Digit,
}

const FAULTS: [Fault; 6] = [Fault::Drop, Fault::Double, Fault::Swap, Fault::Cut, Fault::Count, Fault::Digit];

/// A connection and what it has told.
struct Run {
    protocol: Protocol,
    dialect: Box<dyn Dialect>,
    market: Market,
    told: i64,
}

impl Run {
    fn new(protocol: Protocol) -> Self {
        Self { protocol, dialect: protocol.dialect(), market: Market::default(), told: 0 }
    }

    /// Goes on from a market as a new connection of a protocol whose dialect remembers nothing of its books.
    fn from(protocol: Protocol, market: &Market) -> Self {
        Self { market: market.clone(), ..Self::new(protocol) }
    }

    fn feed(&mut self, frame: &Frame) -> Vec<Applied> {
        self.told += 1;
        let (at, mut events) = (Timestamp::from_secs(self.told), Vec::new());
        match frame {
            Frame::In(text) => _ = self.dialect.receive(text, at, &mut events),
            Frame::Out(text) => self.dialect.sent(text),
            Frame::Http(url, body) => _ = self.dialect.fetched(url, body, at, &mut events),
        }
        self.dialect.outgoing();
        let venue = self.protocol.venue();
        events.into_iter().filter_map(|event| self.market.apply(venue, event, at)).collect()
    }

    fn books(&self) -> BTreeMap<Symbol, &Book> {
        let started = |book: &Book| *book.standing() != Standing::Empty;
        let listings = self.market.listings().filter(|(_, _, listing)| started(&listing.book));
        listings.map(|(_, symbol, listing)| (symbol.clone(), &listing.book)).collect()
    }
}

fn levels(book: &Book, most: usize) -> Vec<Level> {
    [Side::Bid, Side::Ask].into_iter().flat_map(|side| book.levels(side).take(most)).collect()
}

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
fn captures() -> Vec<(Protocol, String, Vec<Option<Frame>>, Value)> {
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

/// The book that a frame is of.
fn changed(protocol: Protocol, frame: &Frame) -> Option<Symbol> {
    let Frame::In(text) = frame else { return None };
    let mut run = Run::new(protocol);
    let mut events = Vec::new();
    let text = match (protocol, text.split_once("diff_order_book_")) {
        (Protocol::Bitstamp, Some((_, rest))) if text.contains(r#""event":"data""#) => {
            let pair = rest.split('"').next().unwrap();
            &format!(r#"{{"event":"bts:subscription_succeeded","channel":"diff_order_book_{pair}"}}"#)
        }
        _ => text,
    };
    let _ = run.dialect.receive(text, Timestamp::from_secs(0), &mut events);
    match events.into_iter().next()? {
        Event::Book { symbol, .. } => Some(symbol),
        Event::Subscribed(stream) if protocol == Protocol::Bitstamp => Some(stream.symbol),
        _ => None,
    }
}

/// A frame with one digit changed: of its count, or any.
fn altered(protocol: Protocol, fault: Fault, text: &str, seed: usize) -> String {
    let digits: Vec<_> = text.bytes().enumerate().filter(|(_, b)| b.is_ascii_digit()).map(|(at, _)| at).collect();
    let begin = text.find(protocol.count()).map(|at| at + protocol.count().len());
    let at = match (fault, begin) {
        (Fault::Count, Some(begin)) => {
            let length = text[begin..].bytes().take_while(u8::is_ascii_digit).count();
            begin + seed % length.max(1)
        }
        (Fault::Count, None) => return text.to_owned(),
        _ => match digits.get(seed * 31 % digits.len().max(1)) {
            Some(at) => *at,
            None => return text.to_owned(),
        },
    };
    let digit = (text.as_bytes()[at] - b'0' + 1 + (seed % 9) as u8) % 10;
    format!("{}{digit}{}", &text[..at], &text[at + 1..])
}

/// The frames with the first of them damaged.
fn damaged(protocol: Protocol, fault: Fault, frames: &[Frame], at: usize, seed: usize) -> Vec<Frame> {
    let mut frames = frames.to_vec();
    let Frame::In(text) = frames[at].clone() else { return frames };
    match fault {
        Fault::Drop => _ = frames.remove(at),
        Fault::Double => frames.insert(at, Frame::In(text)),
        Fault::Swap if at + 1 < frames.len() => frames.swap(at, at + 1),
        Fault::Swap => {}
        Fault::Cut => frames[at] = Frame::In(text[..text.len() * (30 + seed % 70) / 100].to_owned()),
        Fault::Count | Fault::Digit => frames[at] = Frame::In(altered(protocol, fault, &text, seed)),
    }
    frames
}

/// What the venue would send to make every book of a run right again; `names` has heard of them all.
fn snapshots(clean: &Run, names: &dyn Dialect) -> Vec<Frame> {
    let mut frames = Vec::new();
    for (symbol, book) in clean.books() {
        let name = names.venue_symbol(&symbol).unwrap();
        let last = book.sequence().unwrap_or_default();
        let side = |side, print: &dyn Fn(Level) -> String| {
            let levels: Vec<_> = book.levels(side).map(print).collect();
            format!("[{}]", levels.join(","))
        };
        let both = |print: &dyn Fn(Level) -> String| (side(Side::Bid, print), side(Side::Ask, print));
        match clean.protocol {
            Protocol::KrakenV1 => {
                let (bids, asks) = both(&|l| format!(r#"["{}","{}","1900000000.000000"]"#, l.price, l.quantity));
                let depth = book.depth().unwrap();
                frames.push(Frame::In(format!(r#"[1,{{"as":{asks},"bs":{bids}}},"book-{depth}","{name}"]"#)));
            }
            Protocol::KrakenFutures => {
                let (bids, asks) = both(&|l| format!(r#"{{"price":{},"qty":{}}}"#, l.price, l.quantity));
                frames.push(Frame::In(format!(
                    r#"{{"feed":"book_snapshot","product_id":"{name}","timestamp":1,"seq":{last},"bids":{bids},"asks":{asks}}}"#
                )));
            }
            Protocol::Deribit => {
                let (bids, asks) = both(&|l| format!(r#"["new",{},{}]"#, l.price, l.quantity));
                frames.push(Frame::In(format!(
                    r#"{{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"book.{name}.raw","data":{{"type":"snapshot","timestamp":1,"change_id":{last},"bids":{bids},"asks":{asks}}}}}}}"#
                )));
            }
            Protocol::Bitstamp => {
                // The stream goes on first; twice, because the last time heard may have been a damaged one.
                for more in [10, 11] {
                    let time = last + more;
                    frames.push(Frame::In(format!(
                        r#"{{"data":{{"timestamp":"0","microtimestamp":"{time}","bids":[],"asks":[]}},"channel":"diff_order_book_{name}","event":"data"}}"#
                    )));
                }
                let (bids, asks) = both(&|l| format!(r#"["{}","{}"]"#, l.price, l.quantity));
                let url = format!("https://www.bitstamp.net/api/v2/order_book/{name}/");
                let time = last + 20;
                let body = format!(r#"{{"timestamp":"0","microtimestamp":"{time}","bids":{bids},"asks":{asks}}}"#);
                frames.push(Frame::Http(url, body));
            }
        }
    }
    frames
}

/// Whether the damage must be seen by the end, for a book that `follows` more frames of.
fn shows(protocol: Protocol, fault: Fault, follows: bool) -> bool {
    match (protocol, fault) {
        // Nothing counts Bitstamp's changes, and nobody sums up the digits of most venues.
        (Protocol::Bitstamp, Fault::Drop) | (_, Fault::Digit) => false,
        (Protocol::Bitstamp | Protocol::KrakenFutures | Protocol::Deribit, Fault::Cut) => true,
        (_, Fault::Double | Fault::Swap) => true,
        (_, Fault::Drop | Fault::Cut | Fault::Count) => follows,
    }
}

/// A stretch of a stream, and the market that it goes on from.
struct Stretch<'a> {
    protocol: Protocol,
    start: &'a Market,
    frames: &'a [Frame],
    /// The book that each frame changes.
    changes: &'a [Option<Symbol>],
}

impl Stretch<'_> {
    /// Damages the stretch in one place, in every way, and compares with the clean one.
    fn damage(&self, at: usize, names: &dyn Dialect, context: &str) {
        let mut clean = Run::from(self.protocol, self.start);
        self.frames.iter().for_each(|frame| _ = clean.feed(frame));
        let restoring = snapshots(&clean, names);
        let right: Right = clean.books().into_iter().map(|(symbol, book)| (symbol, levels(book, usize::MAX))).collect();
        for fault in FAULTS {
            let context = format!("{context}: {fault:?}");
            let behind = at + if fault == Fault::Swap { 2 } else { 1 };
            let of = &self.changes[at];
            let follows = of.is_some() && self.changes.iter().skip(behind).any(|change| change == of);
            let mut run = Run::from(self.protocol, self.start);
            for frame in damaged(self.protocol, fault, self.frames, at, context.len() + at * 7) {
                run.feed(&frame);
            }
            compare(&clean, &right, &run, fault, follows, &context);
            for frame in &restoring {
                run.feed(frame);
            }
            let books = run.books();
            for (symbol, right) in &right {
                let ours = books.get(symbol).unwrap_or_else(|| panic!("{context}: no {symbol}"));
                assert_eq!(*ours.standing(), Standing::Live, "{context}: {symbol}");
                assert_eq!(levels(ours, usize::MAX), *right, "{context}: {symbol} after a snapshot");
            }
        }
    }
}

/// The levels of the clean books.
type Right = BTreeMap<Symbol, Vec<Level>>;

/// A book of the damaged run may be lost, but not wrong without saying so.
fn compare(clean: &Run, right: &Right, run: &Run, fault: Fault, follows: bool, context: &str) {
    let (books, theirs) = (run.books(), clean.books());
    for (symbol, right) in right {
        let Some(ours) = books.get(symbol) else { continue };
        let live = *ours.standing() == Standing::Live;
        let same = || levels(ours, usize::MAX) == *right;
        match run.protocol {
            _ if fault == Fault::Double => assert!(live && same(), "{context}: {symbol}"),
            protocol if !shows(protocol, fault, follows) => {}
            // The checksum covers the ten best levels.
            Protocol::KrakenV1 => {
                let best = levels(ours, 10) == levels(theirs[symbol], 10);
                assert!(!live || best, "{context}: {symbol} is wrong and nobody says so");
            }
            _ => assert!(!live || same(), "{context}: {symbol} is wrong and nobody says so"),
        }
    }
}

/// Damages a stream at so many places.
fn damage_everywhere(protocol: Protocol, frames: &[Frame], positions: usize, context: &str) {
    let step = frames.len().div_ceil(positions).max(1);
    let changes: Vec<_> = frames.iter().map(|frame| changed(protocol, frame)).collect();
    let mut all = Run::new(protocol);
    frames.iter().for_each(|frame| _ = all.feed(frame));
    // The dialect of Bitstamp holds changes: it has to hear everything. Of the others, what lies before is the market.
    let whole = protocol == Protocol::Bitstamp;
    let mut before = Run::new(protocol);
    for at in 0..frames.len() {
        if at % step == 0 && matches!(frames[at], Frame::In(_)) {
            let (begin, end) = if whole { (0, frames.len()) } else { (at, (at + WINDOW).min(frames.len())) };
            let (frames, changes) = (&frames[begin..end], &changes[begin..end]);
            let stretch = Stretch { protocol, start: &before.market, frames, changes };
            stretch.damage(at - begin, all.dialect.as_ref(), &format!("{context} at {at}"));
        }
        if !whole {
            before.feed(&frames[at]);
        }
    }
}

fn damage_captures(protocol: Protocol) {
    for (_, name, frames, _) in captures().into_iter().filter(|(of, ..)| *of == protocol) {
        let frames: Vec<_> = frames.into_iter().flatten().collect();
        damage_everywhere(protocol, &frames, POSITIONS, &name);
    }
}

#[test]
fn damaged_captures_of_the_older_kraken_are_never_wrong_in_silence() {
    damage_captures(Protocol::KrakenV1);
}

#[test]
fn damaged_captures_of_kraken_futures_are_never_wrong_in_silence() {
    damage_captures(Protocol::KrakenFutures);
}

#[test]
fn damaged_captures_of_deribit_are_never_wrong_in_silence() {
    damage_captures(Protocol::Deribit);
}

#[test]
fn damaged_captures_of_bitstamp_are_never_wrong_in_silence() {
    damage_captures(Protocol::Bitstamp);
}

/// A stream of two books, made up: each change sets or deletes a level near the best ones.
fn made_up(protocol: Protocol) -> Vec<Frame> {
    const CHANGES: u64 = 60;
    let names = match protocol {
        Protocol::KrakenV1 => ["XBT/USD", "ETH/EUR"],
        Protocol::KrakenFutures => ["PI_XBTUSD", "FI_ETHUSD_260925"],
        Protocol::Deribit => ["BTC-PERPETUAL", "ETH-25SEP26-4000-P"],
        Protocol::Bitstamp => ["btcusd", "etheur"],
    };
    let mut dice = 7u64;
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    let mut frames = Vec::new();
    let mut books = [[BTreeMap::new(), BTreeMap::new()], [BTreeMap::new(), BTreeMap::new()]];
    for book in &mut books {
        for level in 0..12 {
            book[0].insert(1_000 - level, 1 + roll(9));
            book[1].insert(1_001 + level, 1 + roll(9));
        }
    }
    let mut times = [1_000u64, 5_000];
    if protocol == Protocol::Bitstamp {
        for name in names {
            frames.push(Frame::In(format!(
                r#"{{"event":"bts:subscription_succeeded","channel":"diff_order_book_{name}","data":{{}}}}"#
            )));
        }
    }
    for (which, name) in names.iter().enumerate() {
        frames.push(made_up_snapshot(protocol, name, &books[which], times[which]));
    }
    for _ in 0..CHANGES {
        let which = roll(2) as usize;
        let (side, far) = (roll(2) as usize, roll(10));
        let price = if side == 0 { 1_000 - far } else { 1_001 + far };
        let quantity = roll(4);
        match quantity {
            0 => _ = books[which][side].remove(&price),
            _ => _ = books[which][side].insert(price, quantity),
        }
        let before = times[which];
        times[which] += if protocol == Protocol::KrakenFutures { 1 } else { 1 + roll(9) };
        let name = names[which];
        frames.push(made_up_change(protocol, name, &books[which], (side, price, quantity), (before, times[which])));
    }
    frames
}

type Sides = [BTreeMap<u64, u64>; 2];

fn made_up_snapshot(protocol: Protocol, name: &str, book: &Sides, time: u64) -> Frame {
    let side = |side: usize, print: &dyn Fn(u64, u64) -> String| {
        let levels: Vec<_> = book[side].iter().map(|(price, quantity)| print(*price, *quantity)).collect();
        format!("[{}]", levels.join(","))
    };
    let both = |print: &dyn Fn(u64, u64) -> String| (side(0, print), side(1, print));
    match protocol {
        Protocol::KrakenV1 => {
            let (bids, asks) = both(&|p, q| format!(r#"["{p}.0","{q}.00","1.5"]"#));
            Frame::In(format!(r#"[1,{{"as":{asks},"bs":{bids}}},"book-25","{name}"]"#))
        }
        Protocol::KrakenFutures => {
            let (bids, asks) = both(&|p, q| format!(r#"{{"price":{p}.0,"qty":{q}.0}}"#));
            Frame::In(format!(
                r#"{{"feed":"book_snapshot","product_id":"{name}","timestamp":{time},"seq":{time},"bids":{bids},"asks":{asks}}}"#
            ))
        }
        Protocol::Deribit => {
            let (bids, asks) = both(&|p, q| format!(r#"["new",{p}.0,{q}.0]"#));
            Frame::In(format!(
                r#"{{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"book.{name}.raw","data":{{"type":"snapshot","timestamp":{time},"change_id":{time},"bids":{bids},"asks":{asks}}}}}}}"#
            ))
        }
        Protocol::Bitstamp => {
            let (bids, asks) = both(&|p, q| format!(r#"["{p}.0","{q}.00"]"#));
            let body = format!(r#"{{"microtimestamp":"{time}","bids":{bids},"asks":{asks}}}"#);
            Frame::Http(format!("https://www.bitstamp.net/api/v2/order_book/{name}/"), body)
        }
    }
}

fn made_up_change(
    protocol: Protocol,
    name: &str,
    book: &Sides,
    (side, price, quantity): (usize, u64, u64),
    (before, time): (u64, u64),
) -> Frame {
    Frame::In(match protocol {
        Protocol::KrakenV1 => {
            let level = |(price, quantity): (&u64, &u64)| Level {
                price: format!("{price}.0").parse().unwrap(),
                quantity: format!("{quantity}.00").parse().unwrap(),
            };
            let (bids, asks): (Vec<_>, Vec<_>) =
                (book[0].iter().rev().map(level).collect(), book[1].iter().map(level).collect());
            let sum = Checksum::of_kraken(&bids, &asks, Precision { price: 1, quantity: 2 }).expected();
            let side = ["b", "a"][side];
            format!(
                r#"[1,{{"{side}":[["{price}.0","{quantity}.00","{time}.000001"]],"c":"{sum}"}},"book-25","{name}"]"#
            )
        }
        Protocol::KrakenFutures => {
            let side = ["buy", "sell"][side];
            format!(
                r#"{{"feed":"book","product_id":"{name}","side":"{side}","seq":{time},"price":{price}.0,"qty":{quantity}.0,"timestamp":{time}}}"#
            )
        }
        Protocol::Deribit => {
            let action = if quantity == 0 { "delete" } else { "change" };
            let mut sides = [String::new(), String::new()];
            sides[side] = format!(r#"["{action}",{price}.0,{quantity}.0]"#);
            let [bids, asks] = sides;
            format!(
                r#"{{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"book.{name}.raw","data":{{"type":"change","timestamp":{time},"prev_change_id":{before},"instrument_name":"{name}","change_id":{time},"bids":[{bids}],"asks":[{asks}]}}}}}}"#
            )
        }
        Protocol::Bitstamp => {
            let mut sides = [String::new(), String::new()];
            sides[side] = format!(r#"["{price}.0","{quantity}.00"]"#);
            let [bids, asks] = sides;
            format!(
                r#"{{"data":{{"timestamp":"{time}","microtimestamp":"{time}","bids":[{bids}],"asks":[{asks}]}},"channel":"diff_order_book_{name}","event":"data"}}"#
            )
        }
    })
}

fn damage_own(protocol: Protocol) {
    let frames = made_up(protocol);
    let mut run = Run::new(protocol);
    frames.iter().for_each(|frame| _ = run.feed(frame));
    let books = run.books();
    assert_eq!(books.len(), 2);
    assert!(books.values().all(|book| *book.standing() == Standing::Live));
    damage_everywhere(protocol, &frames, usize::MAX, &format!("{protocol:?}"));
}

#[test]
fn damaged_frames_of_the_older_kraken_are_never_wrong_in_silence() {
    damage_own(Protocol::KrakenV1);
}

#[test]
fn damaged_frames_of_kraken_futures_are_never_wrong_in_silence() {
    damage_own(Protocol::KrakenFutures);
}

#[test]
fn damaged_frames_of_deribit_are_never_wrong_in_silence() {
    damage_own(Protocol::Deribit);
}

#[test]
fn damaged_frames_of_bitstamp_are_never_wrong_in_silence() {
    damage_own(Protocol::Bitstamp);
}
