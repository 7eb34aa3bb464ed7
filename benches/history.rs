//! The history with thirty assets: a minute recorded late in an hour, what rewriting a whole day would cost instead, and two
//! years read by the day.
//!
//! `cargo bench --bench history`. Recording waits for the disk, so it tells about that of the directory for temporary files.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use exchequer::market::Timestamp;
use exchequer::money::{Asset, Decimal};
use exchequer::portfolio::snapshot::{Mark, Snapshot};
use exchequer::store::{Cache, History};

const ASSETS: i64 = 30;

/// A midnight in UTC.
const MIDNIGHT: Timestamp = Timestamp::from_secs(1_800_000_000 - 8 * 3_600);

fn snapshot(at: Timestamp) -> Snapshot {
    Snapshot {
        at,
        portfolio: "all".into(),
        base: Asset::new("USD").unwrap(),
        nav: Decimal::new(at.secs() * 1_237 % 100_000_000_000, 8),
        invested: Some(Decimal::new(1_000_000, 2)),
        units: None,
        complete: Decimal::ONE,
        unpriced: 0,
    }
}

fn marks(at: Timestamp) -> Vec<Mark> {
    let mark = |n: i64| Mark {
        at,
        asset: Asset::new(&format!("A{n}")).unwrap(),
        currency: Asset::new("USD").unwrap(),
        price: Decimal::new((at.secs() * (n + 7)) % 10_000_000_000, 6),
        priced_at: at,
        source: format!("kraken A{n}/USD mid"),
    };
    (0..ASSETS).map(mark).collect()
}

fn minute(n: u64) -> Timestamp {
    MIDNIGHT.plus(Duration::from_secs(n * 60))
}

fn history(c: &mut Criterion) {
    let mut group = c.benchmark_group("history");
    group.sample_size(10);

    let dir = tempfile::tempdir().unwrap();
    let open = |name: &str| History::open(&dir.path().join(name), Arc::new(Cache::off())).0;
    let mut recorded = open("minutes");
    for n in 0..59 {
        recorded.record(&[snapshot(minute(n))], &marks(minute(n)), minute(n)).unwrap();
    }
    let (worth, prices) = ([snapshot(minute(59))], marks(minute(59)));
    group.bench_function("record the last minute of an hour, 30 assets", |b| {
        b.iter(|| recorded.record(black_box(&worth), black_box(&prices), minute(59)).unwrap());
    });

    // In a coarser file, where a day's rows stand together.
    let day: Vec<Mark> = (0..1_440).flat_map(|n| marks(minute(n))).collect();
    group.bench_function("write 43 200 rows at once", |b| {
        b.iter_batched(
            || open("brought"),
            |mut history| history.bring(black_box(&day)).unwrap(),
            BatchSize::PerIteration,
        );
    });

    let mut years = open("years");
    let end = minute(0);
    let days = (0..730).map(|day| snapshot(Timestamp::from_secs(end.secs() - day * 86_400))).collect::<Vec<_>>();
    years.record(&days, &[], end).unwrap();
    let from = Timestamp::from_secs(end.secs() - 730 * 86_400);
    assert_eq!(years.daily("all", from, end).len(), 730);
    group.bench_function("two years by the day", |b| b.iter(|| years.daily(black_box("all"), from, end)));
    group.finish();
}

criterion_group!(benches, history);
criterion_main!(benches);
