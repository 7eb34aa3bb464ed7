//! What becomes of books when frames are lost, repeated, out of turn or damaged.

use super::captures::captures;
use super::own::made_up;
use super::{Frame, Protocol, Run, levels};
use exchequer::market::{Event, Level, Market, Side, Standing, Symbol, Timestamp};
use exchequer::venue::Dialect;
use std::collections::BTreeMap;

/// Positions of a large capture that are damaged.
const POSITIONS: usize = 120;

/// Frames after the damage that are looked at in a large capture.
const WINDOW: usize = 100;

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
