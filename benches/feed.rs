//! How fast captured Kraken frames become an updated, checked book, against merely parsing the same frames.
//!
//! `cargo bench --bench feed`. Reads the capture of `../shared/market` where it is there, else a synthetic one of the
//! same shape. One core; "frames" are elements, so criterion prints frames per second.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use exchequer::market::{Applied, Checksum, Level, Market, Precision, Timestamp, VenueId};
use exchequer::venue::{Address, dialect};
use serde::Deserialize;
use std::hint::black_box;
use std::io::Read;

const CAPTURE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/market/frames/kraken/v2_book10_BTCUSD_2023_wire_rebuilt.jsonl.gz");

#[derive(Deserialize)]
struct Line {
    data: Option<String>,
}

fn captured() -> Option<Vec<String>> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(CAPTURE).ok()?).read_to_string(&mut text).ok()?;
    Some(text.lines().filter_map(|line| serde_json::from_str::<Line>(line).unwrap().data).collect())
}

/// A book of ten levels a side whose best levels change, with Kraken's checksums.
fn synthetic() -> Vec<String> {
    let level = |units: i64, quantity: i64| Level {
        price: exchequer::money::Price::new(exchequer::money::Decimal::new(units, 1)),
        quantity: exchequer::money::Quantity::new(exchequer::money::Decimal::new(quantity, 8)),
    };
    let mut bids: Vec<_> = (0..10).map(|i| level(294_300 - i, 18_967_538 + i)).collect();
    let asks: Vec<_> = (0..10).map(|i| level(294_303 + i, 825_215_653 - i)).collect();
    let text = |levels: &[Level]| {
        let levels = levels.iter().map(|l| format!(r#"{{"price":{},"qty":{}}}"#, l.price, l.quantity));
        levels.collect::<Vec<_>>().join(",")
    };
    (0..500usize)
        .map(|step| {
            let at = step % 10;
            bids[at] = level(294_300 - at as i64, 1_000_000 + step as i64 * 7_919);
            let checksum = Checksum::of_kraken(&bids, &asks, Precision { price: 1, quantity: 8 }).expected();
            let (kind, bids, asks) = match step {
                0 => ("snapshot", text(&bids), text(&asks)),
                _ => ("update", text(&bids[at..=at]), String::new()),
            };
            format!(
                r#"{{"channel":"book","type":"{kind}","data":[{{"symbol":"BTC/USD","bids":[{bids}],"asks":[{asks}],"checksum":{checksum},"timestamp":"2023-07-30T15:29:58.{step:06}Z"}}]}}"#
            )
        })
        .collect()
}

/// The frame as a plain client would type it, with numbers as `N`.
#[derive(Deserialize)]
#[allow(dead_code)]
struct Frame<'a, N> {
    #[serde(borrow)]
    channel: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(bound(deserialize = "N: Deserialize<'de>"))]
    data: Vec<Book<'a, N>>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Book<'a, N> {
    #[serde(borrow)]
    symbol: &'a str,
    bids: Vec<Row<N>>,
    asks: Vec<Row<N>>,
    checksum: u32,
    timestamp: Option<&'a str>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Row<N> {
    price: N,
    qty: N,
}

#[derive(Deserialize)]
#[serde(transparent)]
#[allow(dead_code)]
struct Raw<'a>(#[serde(borrow)] &'a serde_json::value::RawValue);

#[derive(Deserialize)]
#[serde(transparent)]
#[allow(dead_code)]
struct Lazy<'a>(#[serde(borrow)] sonic_rs::LazyValue<'a>);

fn feed(c: &mut Criterion) {
    let frames = captured().unwrap_or_else(|| {
        println!("../shared is absent: measuring synthetic frames");
        synthetic()
    });
    let mut group = c.benchmark_group("kraken");
    group.throughput(Throughput::Elements(frames.len() as u64));
    group.bench_function("parse only: serde_json, exact numbers", |b| {
        b.iter(|| frames.iter().for_each(|f| drop(black_box(serde_json::from_str::<Frame<'_, Raw<'_>>>(f).unwrap()))))
    });
    group.bench_function("parse only: serde_json, f64", |b| {
        b.iter(|| frames.iter().for_each(|f| drop(black_box(serde_json::from_str::<Frame<'_, f64>>(f).unwrap()))))
    });
    group.bench_function("parse only: sonic-rs, exact numbers", |b| {
        b.iter(|| frames.iter().for_each(|f| drop(black_box(sonic_rs::from_str::<Frame<'_, Lazy<'_>>>(f).unwrap()))))
    });
    group.bench_function("parse only: sonic-rs, f64", |b| {
        b.iter(|| frames.iter().for_each(|f| drop(black_box(sonic_rs::from_str::<Frame<'_, f64>>(f).unwrap()))))
    });
    group.bench_function("parse only: simd-json, f64", |b| {
        b.iter_batched_ref(
            || frames.iter().map(|f| f.clone().into_bytes()).collect::<Vec<_>>(),
            |copies| {
                for copy in copies {
                    black_box(simd_json::from_slice::<Frame<'_, f64>>(copy).unwrap());
                }
            },
            BatchSize::LargeInput,
        )
    });
    group.bench_function("frame to checked book", |b| {
        b.iter_batched_ref(
            || (dialect(VenueId::Kraken, &Address::default()), Market::default(), Vec::new()),
            |(kraken, market, events)| {
                for (index, frame) in frames.iter().enumerate() {
                    let at = Timestamp::from_nanos(index as i64);
                    kraken.receive(frame, at, events).unwrap();
                    for event in events.drain(..) {
                        assert_eq!(market.apply(VenueId::Kraken, event, at), Some(Applied::Applied));
                    }
                }
            },
            BatchSize::LargeInput,
        )
    });
    group.finish();
}

criterion_group!(benches, feed);
criterion_main!(benches);
