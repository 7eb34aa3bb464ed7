//! The demo's portfolios on a running desk: NAV follows the market, and a market that stops makes it unknown, not wrong.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use exchequer::desk::portfolio::{PortfolioQuery, PortfolioSettings, PortfolioView, Standing};
use exchequer::desk::{AlertSettings, Desk, Owned, Owning, Place, Query, Scope, Settings};
use exchequer::market::{Interval, Symbol, Timestamp, VenueId};
use exchequer::money::{Asset, Decimal};
use exchequer::portfolio::basis::Method;
use exchequer::portfolio::import::{Format, Item, Reading, read};
use exchequer::portfolio::valuation::Limits;
use exchequer::sim;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

fn asset(name: &str) -> Asset {
    Asset::new(name).unwrap()
}

fn demo() -> Owned {
    let (ledger, estate, past) = sim::estate(Timestamp::from_system(SystemTime::now()));
    Owned { ledger: Arc::new(ledger), estate, past: Arc::new(past), ..Owned::default() }
}

fn settings(url: String, limits: Limits, owned: Owned) -> Settings {
    let place = |symbol| Place { venue: VenueId::Sim, symbol: Symbol::new(symbol).unwrap() };
    let benchmark = Some(asset("BTC"));
    let settings = PortfolioSettings { base: asset("USD"), limits, benchmark, basis: BTreeMap::new() };
    Settings {
        watch: ["BTC/USD", "ETH/USD", "SOL/USD", "USDT/USD"].map(place).to_vec(),
        book_depth: 10,
        stale_after: Duration::from_secs(5),
        urls: BTreeMap::from([(VenueId::Sim, url)]),
        rest_urls: BTreeMap::new(),
        fees: BTreeMap::new(),
        authorities: None,
        journal: None,
        cache: None,
        saved: None,
        portfolio: Some(Owning { settings, given: Some(Arc::new(owned)), history: None }),
        treasury: None,
        alerts: AlertSettings::default(),
        capture: None,
    }
}

fn query(shown: usize, base: Option<&str>) -> Query {
    Query {
        focus: None,
        levels: 1,
        group: None,
        trades: 0,
        interval: Interval::Minute1,
        candles: 0,
        across: None,
        portfolio: Some(PortfolioQuery { shown, base: base.map(asset), method: Method::Fifo, entries: (0, 5) }),
        treasury: None,
    }
}

/// Waits until the portfolio is as wanted.
async fn until(desk: &Desk, query: &Query, what: &str, wanted: impl Fn(&PortfolioView) -> bool) -> PortfolioView {
    let mut handle = desk.handle(Scope::local());
    let mut last = None;
    for _ in 0..600 {
        if let Some(view) = handle.view(query).portfolio {
            if wanted(&view) {
                return view;
            }
            last = Some(view);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}: {:#?}", last.map(|view| (view.total, view.changes)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nav_follows_the_market_and_what_stops_becomes_unknown() {
    let server = sim::Server::start(sim::Settings::default()).await.unwrap();
    let limits = Limits { stale: Duration::from_secs(2), expired: Duration::from_secs(4) };
    let desk = Desk::start(settings(server.url(), limits, demo())).unwrap();
    let usd = query(0, None);
    let priced = until(&desk, &usd, "all is priced", |view| view.total.unpriced == 1 && view.past.is_some()).await;
    assert_eq!((priced.total.never, priced.holdings.last().map(|holding| holding.owed)), (1, Some(true)));
    let of = |view: &PortfolioView, name: &str| {
        view.holdings.iter().find(|holding| holding.asset == asset(name) && !holding.owed).unwrap().clone()
    };
    assert_eq!(of(&priced, "XYZ").standing, Standing::Never);
    assert_eq!((of(&priced, "XYZ").value, of(&priced, "XYZ").price), (None, None));
    let btc = of(&priced, "BTC");
    assert_eq!(&*btc.path[0].source, "sim BTC/USD mid");
    assert!(btc.unrealised.is_some() && btc.cost > Some(Decimal::ZERO) && btc.parts.len() >= 3);
    let debt = priced.holdings.iter().find(|holding| holding.owed).unwrap();
    assert!(debt.cost < Some(Decimal::ZERO) && debt.unrealised.is_some());
    let sum: Decimal = priced.holdings.iter().filter_map(|holding| holding.value).sum();
    assert_eq!(sum, priced.total.nav());
    assert!(priced.changes.iter().all(Option::is_some), "{:?}", priced.changes);
    assert!(priced.past.as_ref().unwrap().figures.iter().all(Option::is_some));
    until(&desk, &usd, "NAV moves", |view| view.total.nav() != priced.total.nav()).await;

    let btc = until(&desk, &query(0, Some("BTC")), "in bitcoin", |view| view.total.unpriced == 1).await;
    let (in_usd, in_btc) = (of(&priced, "BTC").value.unwrap(), of(&btc, "BTC").value.unwrap());
    assert_eq!(in_btc, of(&btc, "BTC").quantity);
    assert!(in_usd > in_btc);
    let parts: Decimal = {
        let mut sum = Decimal::ZERO;
        for shown in 1..=3 {
            sum += until(&desk, &query(shown, None), "a portfolio", |view| view.shown == shown).await.total.nav();
        }
        sum
    };
    assert!((parts / priced.total.nav() - Decimal::ONE).abs() < Decimal::new(2, 2), "{parts} {}", priced.total.nav());

    drop(server);
    let old = until(&desk, &usd, "prices get old", |view| view.total.stale > 2).await;
    assert!(old.total.unpriced >= 1);
    let lost = until(&desk, &usd, "prices stop to count", |view| of(view, "BTC").standing == Standing::Expired).await;
    assert_eq!((of(&lost, "BTC").value, of(&lost, "BTC").unrealised), (None, None));
    assert!(of(&lost, "BTC").price.is_some(), "it is still told what the last price was");
    assert!(lost.total.complete().unwrap() < Decimal::ONE);
    assert_eq!(lost.changes, [None; 4], "what is unknown now was known then");
    desk.stop("done").await;
}

/// Without prices of the past the money that went into bitcoin would look as if it had been lost, and its worth now as if it
/// had been won.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_prices_of_the_past_there_is_no_gain() {
    let server = sim::Server::start(sim::Settings::default()).await.unwrap();
    let limits = Limits { stale: Duration::from_secs(30), expired: Duration::from_secs(300) };
    let rows = "date,type,asset,quantity,price,currency,account,id\n\
                2026-11-01,deposit,USD,100000,,,bank,1\n2026-11-03,buy,BTC,1,90000,USD,bank,2\n";
    let mut owned = Owned::default();
    let reading = Reading {
        format: Format::Generic,
        account: None,
        now: Timestamp::from_system(SystemTime::now()),
        mapping: None,
        accounts: "Assets",
    };
    read(&reading, rows.as_bytes(), &mut |item| match item {
        Item::Entry { entry, .. } => drop(Arc::make_mut(&mut owned.ledger).add(*entry).unwrap()),
        other => panic!("{other:?}"),
    })
    .unwrap();
    let desk = Desk::start(settings(server.url(), limits, owned)).unwrap();
    let priced = |view: &PortfolioView| view.total.unpriced == 0 && view.past.is_some();
    let view = until(&desk, &query(0, None), "bitcoin is priced", priced).await;
    assert!(view.total.nav() > Decimal::from(50_000));
    assert_eq!((view.changes, view.past.unwrap().figures[3].is_none()), ([None; 4], true));
    desk.stop("done").await;
}
