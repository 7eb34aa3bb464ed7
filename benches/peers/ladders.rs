//! One side of a book, kept in different ways: what [`exchequer::market::Book`] does, and what it might do instead.
//!
//! `make peers`, or `cargo bench --manifest-path benches/peers/Cargo.toml --bench ladders`. The changes are those of
//! captured frames, in their order, read beforehand; "elements" are levels. Ours is `Book::apply` with its counts and
//! its fixed point, though without checksums; the others are only told where the levels go.

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use exchequer::market::{Book, BookUpdate, Change, Event, Timestamp, VenueId};
use exchequer_peers::{Capture, capture};
use std::collections::{BTreeMap, VecDeque};
use std::hint::black_box;

/// One side: prices are ranks, the best is the lowest.
trait Side: Default {
    fn clear(&mut self);
    /// A quantity of zero takes the level away.
    fn set(&mut self, price: i64, quantity: i64);
    fn len(&self) -> usize;
}

/// A map.
impl Side for BTreeMap<i64, i64> {
    fn clear(&mut self) {
        BTreeMap::clear(self);
    }

    fn set(&mut self, price: i64, quantity: i64) {
        match quantity {
            0 => self.remove(&price),
            _ => self.insert(price, quantity),
        };
    }

    fn len(&self) -> usize {
        BTreeMap::len(self)
    }
}

/// A sorted vector whose best level is the last, found by halves.
#[derive(Default)]
struct BestLast(Vec<(i64, i64)>);

impl Side for BestLast {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn set(&mut self, price: i64, quantity: i64) {
        match (self.0.binary_search_by(|level| price.cmp(&level.0)), quantity) {
            (Ok(at), 0) => _ = self.0.remove(at),
            (Ok(at), _) => self.0[at].1 = quantity,
            (Err(_), 0) => {}
            (Err(at), _) => self.0.insert(at, (price, quantity)),
        }
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// A sorted ring whose best level is the first: a few steps from there, then by halves.
#[derive(Default)]
struct Ring(VecDeque<(i64, i64)>);

impl Side for Ring {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn set(&mut self, price: i64, quantity: i64) {
        let near = self.0.iter().take(8).position(|level| level.0 >= price);
        let at = near.unwrap_or_else(|| self.0.partition_point(|level| level.0 < price));
        match self.0.get_mut(at).filter(|level| level.0 == price) {
            Some(_) if quantity == 0 => _ = self.0.remove(at),
            Some(level) => level.1 = quantity,
            None if quantity == 0 => {}
            None => self.0.insert(at, (price, quantity)),
        }
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// A sorted vector whose best level is the first, searched onwards from the change before, in steps that double.
#[derive(Default)]
struct Gallop {
    levels: Vec<(i64, i64)>,
    latest: usize,
}

impl Side for Gallop {
    fn clear(&mut self) {
        self.levels.clear();
    }

    fn set(&mut self, price: i64, quantity: i64) {
        let before = |at: usize| self.levels.get(at).is_some_and(|level| level.0 < price);
        let mut low = if self.latest > 0 && before(self.latest - 1) { self.latest } else { 0 };
        let (mut high, mut step) = (low, 1);
        while before(high) {
            low = high + 1;
            high += step;
            step *= 2;
        }
        let high = high.min(self.levels.len());
        let at = low + self.levels[low..high].partition_point(|level| level.0 < price);
        self.latest = at;
        match self.levels.get_mut(at).filter(|level| level.0 == price) {
            Some(_) if quantity == 0 => _ = self.levels.remove(at),
            Some(level) => level.1 = quantity,
            None if quantity == 0 => {}
            None => self.levels.insert(at, (price, quantity)),
        }
    }

    fn len(&self) -> usize {
        self.levels.len()
    }
}

/// The updates of one instrument's book, in order.
fn updates(capture: &Capture) -> Vec<BookUpdate> {
    let (mut dialect, mut events) = capture.opened();
    for frame in &capture.frames {
        dialect.receive(frame, Timestamp::from_nanos(0), &mut events).unwrap();
    }
    let mut books = events.into_iter().filter_map(|event| match event {
        Event::Book { symbol, update } => Some((symbol, BookUpdate { checksum: None, ..update })),
        _ => None,
    });
    let (first, update) = books.next().unwrap();
    let others = books.filter(|(symbol, _)| *symbol == first).map(|(_, update)| update);
    std::iter::once(update).chain(others).collect()
}

/// Price ranks and quantities of a side, in units of the eighth decimal.
fn ticks(changes: &[Change], sign: i64) -> Vec<(i64, i64)> {
    let units = |change: &Change| Some((sign * change.price.rescaled(8)?, change.quantity.rescaled(8)?));
    changes.iter().filter_map(units).collect()
}

fn alternative<S: Side>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, updates: &[BookUpdate]) {
    let changes: Vec<_> = updates.iter().map(|u| (u.snapshot, [ticks(&u.bids, -1), ticks(&u.asks, 1)])).collect();
    group.bench_function(name, |b| {
        b.iter_batched_ref(
            <[S; 2]>::default,
            |sides| {
                for (snapshot, changes) in &changes {
                    for (side, changes) in sides.iter_mut().zip(changes) {
                        if *snapshot {
                            side.clear();
                        }
                        changes.iter().for_each(|(price, quantity)| side.set(*price, *quantity));
                    }
                }
                black_box(sides.each_ref().map(Side::len))
            },
            BatchSize::LargeInput,
        )
    });
}

fn ladders(c: &mut Criterion) {
    for (venue, url, file, prefix) in [
        (VenueId::Binance, "wss://stream.binance.com:9443/ws", "binance/spot_BTCUSDT_2024-08-08_full", "{\"stream\""),
        (
            VenueId::Bybit,
            "wss://stream.bybit.com/v5/public/linear",
            "bybit/v5_ob500_XRPUSDT_2024-12-01_first25",
            "{\"topic\"",
        ),
        (VenueId::Okx, "wss://ws.okx.com:8443/ws/v5/public", "okx/v5_books_2022_A", "{\"arg\":{\"channel\":\"books\""),
        (VenueId::Coinbase, "wss://ws-feed.exchange.coinbase.com", "coinbase/exchange_level2_2021_A", "{\"type\":"),
        (
            VenueId::Kraken,
            "wss://ws.kraken.com/v2",
            "kraken/v2_book10_BTCUSD_2023_wire_rebuilt",
            "{\"channel\":\"book\"",
        ),
    ] {
        let wanted = |frame: &str| frame.starts_with(prefix).then(|| frame.to_owned());
        let Some(capture) = capture(venue, url, file, wanted) else { continue };
        let updates = updates(&capture);
        let levels: usize = updates.iter().map(|update| update.bids.len() + update.asks.len()).sum();
        let mut group = c.benchmark_group(venue.as_str());
        group.throughput(Throughput::Elements(levels as u64));
        group.bench_function("ours: short runs", |b| {
            b.iter_batched_ref(
                Book::new,
                |book| updates.iter().for_each(|update| _ = book.apply(update, Timestamp::from_nanos(1))),
                BatchSize::LargeInput,
            )
        });
        alternative::<BTreeMap<i64, i64>>(&mut group, "map", &updates);
        alternative::<BestLast>(&mut group, "vector, best last", &updates);
        alternative::<Ring>(&mut group, "ring", &updates);
        alternative::<Gallop>(&mut group, "vector, galloping", &updates);
    }
}

criterion_group!(benches, ladders);
criterion_main!(benches);
