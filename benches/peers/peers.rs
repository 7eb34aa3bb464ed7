//! Captured frames to books: Exchequer, barter-data, and merely walking over the JSON with the fastest parsers.
//!
//! `make peers`, or `cargo bench --manifest-path benches/peers/Cargo.toml`. Reads `../shared/market` and skips what is
//! not there. One core and one run for all, so that the ratios mean something; "elements" are frames.
//!
//! Only frames that change a book are taken, because barter-data reads nothing else on such a stream. It reads single
//! streams, so Binance's frames are unwrapped for everyone, and it knows Bybit's books of 50 levels only, so the topic
//! is renamed. Both sides check the sequence of every frame; Kraken's and OKX's checksums are checked where Exchequer is
//! alone.

use barter_data::books::OrderBook;
use barter_data::event::MarketEvent;
use barter_data::exchange::binance::book::l2::BinanceOrderBookL2Snapshot;
use barter_data::exchange::binance::spot::l2::{BinanceSpotOrderBookL2Update, BinanceSpotOrderBooksL2Transformer};
use barter_data::exchange::bybit::Bybit;
use barter_data::exchange::bybit::book::BybitOrderBookMessage;
use barter_data::exchange::bybit::book::l2::BybitOrderBooksL2Transformer;
use barter_data::exchange::bybit::spot::BybitServerSpot;
use barter_data::subscription::Map;
use barter_data::subscription::book::OrderBookEvent;
use barter_data::transformer::ExchangeTransformer;
use barter_instrument::exchange::ExchangeId;
use barter_integration::Transformer;
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use exchequer::market::{Applied, Market, Timestamp, VenueId};
use exchequer_peers::{Capture, capture};
use std::hint::black_box;

/// What a combined stream of Binance carries, where it is a change of a book.
fn unwrapped(frame: &str) -> Option<String> {
    let (_, data) = frame.split_once("\"data\":")?;
    data.starts_with("{\"e\":\"depthUpdate\"").then(|| data[..data.len() - 1].to_owned())
}

/// From text to book, all checks on; a book out of step would make this cheaper, so it is not allowed.
fn ours(group: &mut BenchmarkGroup<'_, WallTime>, capture: &Capture) {
    group.bench_function("exchequer: frame to checked book", |b| {
        b.iter_batched_ref(
            || {
                let (dialect, mut events) = capture.opened();
                let mut market = Market::default();
                for event in events.drain(..) {
                    market.apply(capture.venue, event, Timestamp::from_nanos(0));
                }
                (dialect, market, events)
            },
            |(dialect, market, events)| {
                for (index, frame) in capture.frames.iter().enumerate() {
                    let at = Timestamp::from_nanos(index as i64);
                    dialect.receive(frame, at, events).unwrap();
                    for event in events.drain(..) {
                        let outcome = market.apply(capture.venue, event, at);
                        assert!(!matches!(outcome, Some(Applied::NeedsResync(_))), "{outcome:?}");
                    }
                }
            },
            BatchSize::LargeInput,
        )
    });
}

fn parsers(group: &mut BenchmarkGroup<'_, WallTime>, capture: &Capture) {
    group.bench_function("walk only: serde_json", |b| {
        b.iter(|| {
            for frame in &capture.frames {
                black_box(serde_json::from_str::<serde::de::IgnoredAny>(frame).unwrap());
            }
        })
    });
    group.bench_function("walk only: sonic-rs", |b| {
        b.iter(|| {
            for frame in &capture.frames {
                black_box(sonic_rs::to_object_iter(frame.as_str()).for_each(|member| {
                    black_box(member.unwrap());
                }));
            }
        })
    });
}

fn barter_binance(group: &mut BenchmarkGroup<'_, WallTime>, capture: &Capture) {
    let Some((_, snapshot)) = &capture.snapshot else { return };
    let snapshot: BinanceOrderBookL2Snapshot = serde_json::from_str(snapshot).unwrap();
    let snapshot: MarketEvent<u32, OrderBookEvent> = MarketEvent::from((ExchangeId::BinanceSpot, 1u32, snapshot));
    let first: BinanceSpotOrderBookL2Update = serde_json::from_str(&capture.frames[0]).unwrap();
    group.bench_function("barter-data: frame to book", |b| {
        b.iter_batched_ref(
            || {
                let map = Map([(first.subscription_id.clone(), 1u32)].into_iter().collect());
                let (sender, _) = tokio::sync::mpsc::unbounded_channel();
                let init = BinanceSpotOrderBooksL2Transformer::init(map, std::slice::from_ref(&snapshot), sender);
                let mut book = OrderBook::default();
                book.update(&snapshot.kind);
                (futures::executor::block_on(init).unwrap(), book)
            },
            |(transformer, book)| {
                for frame in &capture.frames {
                    let update: BinanceSpotOrderBookL2Update = serde_json::from_str(frame).unwrap();
                    for event in transformer.transform(update) {
                        book.update(&event.unwrap().kind);
                    }
                }
            },
            BatchSize::LargeInput,
        )
    });
}

fn barter_bybit(group: &mut BenchmarkGroup<'_, WallTime>, capture: &Capture) {
    let frames: Vec<String> =
        capture.frames.iter().map(|frame| frame.replace("orderbook.500.", "orderbook.50.")).collect();
    let first: BybitOrderBookMessage = serde_json::from_str(&frames[0]).unwrap();
    group.bench_function("barter-data: frame to book", |b| {
        b.iter_batched_ref(
            || {
                let map = Map([(first.subscription_id.clone(), 1u32)].into_iter().collect());
                let (sender, _) = tokio::sync::mpsc::unbounded_channel();
                let init = <BybitOrderBooksL2Transformer<u32> as ExchangeTransformer<
                    Bybit<BybitServerSpot>,
                    u32,
                    barter_data::subscription::book::OrderBooksL2,
                >>::init(map, &[], sender);
                (futures::executor::block_on(init).unwrap(), OrderBook::default())
            },
            |(transformer, book)| {
                for frame in &frames {
                    let update: BybitOrderBookMessage = serde_json::from_str(frame).unwrap();
                    for event in transformer.transform(update) {
                        book.update(&event.unwrap().kind);
                    }
                }
            },
            BatchSize::LargeInput,
        )
    });
}

fn group<'a>(c: &'a mut Criterion, name: &str, capture: &Capture) -> BenchmarkGroup<'a, WallTime> {
    let bytes: usize = capture.frames.iter().map(String::len).sum();
    println!("{name}: {} frames of {} bytes on average", capture.frames.len(), bytes / capture.frames.len());
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(capture.frames.len() as u64));
    group
}

fn peers(c: &mut Criterion) {
    let binance = "wss://stream.binance.com:9443/ws";
    if let Some(capture) = capture(VenueId::Binance, binance, "binance/spot_BTCUSDT_2024-08-08_full", unwrapped) {
        let mut group = group(c, "binance", &capture);
        ours(&mut group, &capture);
        barter_binance(&mut group, &capture);
        parsers(&mut group, &capture);
    }
    let bybit = "wss://stream.bybit.com/v5/public/linear";
    let book = |frame: &str| frame.starts_with("{\"topic\":\"orderbook.").then(|| frame.to_owned());
    if let Some(capture) = capture(VenueId::Bybit, bybit, "bybit/v5_ob500_XRPUSDT_2024-12-01_first25", book) {
        let mut group = group(c, "bybit", &capture);
        ours(&mut group, &capture);
        barter_bybit(&mut group, &capture);
        parsers(&mut group, &capture);
    }
    for (name, venue, url, file, start) in [
        (
            "kraken",
            VenueId::Kraken,
            "wss://ws.kraken.com/v2",
            "kraken/v2_book10_BTCUSD_2023_wire_rebuilt",
            "{\"channel\":\"book\"",
        ),
        (
            "coinbase",
            VenueId::Coinbase,
            "wss://ws-feed.exchange.coinbase.com",
            "coinbase/exchange_level2_2021_A",
            "{\"type\":\"l2update\"",
        ),
        (
            "okx",
            VenueId::Okx,
            "wss://ws.okx.com:8443/ws/v5/public",
            "okx/v5_books_2022_A",
            "{\"arg\":{\"channel\":\"books\"",
        ),
    ] {
        let book = |frame: &str| (frame.starts_with(start) || frame.contains("\"snapshot\"")).then(|| frame.to_owned());
        if let Some(capture) = capture(venue, url, file, book) {
            let mut group = group(c, name, &capture);
            ours(&mut group, &capture);
            parsers(&mut group, &capture);
        }
    }
}

criterion_group!(benches, peers);
criterion_main!(benches);
