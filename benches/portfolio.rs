//! What a change of a price costs, and what a long ledger costs: the figures of docs/performance.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use exchequer::market::Timestamp;
use exchequer::money::{Asset, Decimal, Quantity};
use exchequer::portfolio::basis::Method;
use exchequer::portfolio::gains::{Question, gains};
use exchequer::portfolio::ledger::{Account, Entry, EntryId, Kind, Ledger, Leg};
use exchequer::portfolio::valuation::{Limits, Quote, QuoteId, Tick, Valuation};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

const HOLDINGS: usize = 1_000;

const ENTRIES: i64 = 1_000_000;

fn asset(name: &str) -> Asset {
    Asset::new(name).expect("a name")
}

/// A thousand assets in ten accounts and three portfolios; every tenth is priced by way of bitcoin.
fn valuation() -> (Valuation, Vec<QuoteId>) {
    let limits = Limits { stale: Duration::from_secs(30), expired: Duration::from_secs(300) };
    let mut valuation = Valuation::new(asset("USD"));
    let mut quotes = Vec::new();
    for n in 0..HOLDINGS {
        let (name, currency) = (format!("A{n}"), if n % 10 == 9 { "A0" } else { "USD" });
        let quote = Quote {
            asset: asset(&name),
            currency: asset(currency),
            source: name.as_str().into(),
            limits,
            named: false,
        };
        let id = valuation.quote(quote);
        valuation.set(id, Some(tick(1)), now());
        let (account, groups): (_, Arc<[usize]>) =
            (Account::new(&format!("{}", n % 10)).expect("a name"), [1 + n % 3].into());
        valuation.hold((&account, &asset(&name), false), Decimal::new(123_456 + n as i64, 4), &groups);
        quotes.push(id);
    }
    (valuation, quotes)
}

fn now() -> Timestamp {
    Timestamp::from_secs(1_000)
}

fn tick(price: i64) -> Tick {
    Tick { price: Decimal::new(100_000 + price, 2), spread: Some(Decimal::ONE), at: now() }
}

fn prices(c: &mut Criterion) {
    let mut group = c.benchmark_group("nav");
    let (mut valuation, quotes) = valuation();
    let mut count = 0;
    group.bench_function("one of 1000 prices changes", |b| {
        b.iter(|| {
            count += 1;
            // Not the one that a hundred others depend on.
            let id = quotes[1 + (count % (HOLDINGS - 1))];
            valuation.set(id, Some(tick(count as i64)), now());
            black_box(valuation.total(0).nav())
        });
    });
    group.bench_function("a price that 100 of 1000 depend on changes", |b| {
        b.iter(|| {
            count += 1;
            valuation.set(quotes[0], Some(tick(count as i64)), now());
            black_box(valuation.total(0).nav())
        });
    });
    group.throughput(Throughput::Elements(10_000));
    group.bench_function("10000 changes, ages, and the oldest price", |b| {
        b.iter(|| {
            for _ in 0..10_000 {
                count += 1;
                valuation.set(quotes[count % HOLDINGS], Some(tick(count as i64)), now());
            }
            valuation.pass(now());
            black_box(valuation.lines().iter().filter_map(|line| valuation.age(&line.asset)).min())
        });
    });
}

/// Purchases and sales of four assets, one a minute.
fn ledger() -> Ledger {
    let mut ledger = Ledger::default();
    let account = Account::new("a").expect("a name");
    let assets = ["BTC", "ETH", "SOL", "XRP"].map(asset);
    let usd = asset("USD");
    let leg = |asset: &Asset, amount, fee| Leg { asset: asset.clone(), amount: Quantity::new(amount), fee };
    for n in 0..ENTRIES {
        let sells = n % 5 == 4;
        let quantity = Decimal::new(1 + n * 7_919 % 10_000, 4);
        let price = Decimal::new(1_000_000 + n * 104_729 % 5_000_000, 2);
        let sign = if sells { -Decimal::ONE } else { Decimal::ONE };
        let entry = Entry {
            id: EntryId::new(&format!("T{n}")).expect("an id"),
            account: account.clone(),
            at: Timestamp::from_secs(1_600_000_000 + 60 * n),
            kind: Kind::Trade,
            legs: vec![
                leg(&assets[(n % 4) as usize], sign * quantity, false),
                leg(&usd, -sign * quantity * price, false),
                leg(&usd, Decimal::new(-125, 2), true),
            ],
            note: None,
        };
        ledger.add(entry).expect("an entry");
    }
    ledger
}

fn profit(c: &mut Criterion) {
    let ledger = ledger();
    let mut group = c.benchmark_group("ledger of 1000000");
    group.sample_size(10).throughput(Throughput::Elements(ENTRIES as u64));
    let base = asset("USD");
    for method in Method::ALL {
        let question = Question { base: &base, method, since: None, until: Timestamp::from_nanos(i64::MAX) };
        group.bench_function(method.as_str(), |b| {
            b.iter_batched(|| (), |()| gains(&ledger, &question, &mut |_, _| None), BatchSize::PerIteration);
        });
    }
}

criterion_group!(benches, prices, profit);
criterion_main!(benches);
