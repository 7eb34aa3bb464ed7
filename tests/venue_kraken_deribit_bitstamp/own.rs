//! Streams of our own, in the shapes of the venues.

use super::{Frame, Protocol};
use exchequer::market::{Checksum, Level, Precision};
use std::collections::BTreeMap;

/// A stream of two books, made up: each change sets or deletes a level near the best ones.
pub fn made_up(protocol: Protocol) -> Vec<Frame> {
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
