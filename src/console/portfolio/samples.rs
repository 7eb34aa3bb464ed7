//! Portfolios for tests: one whose numbers are known, and changes to it.

use crate::console::samples::view_for;
use crate::console::state::{State, query};
use crate::desk::View;
use crate::desk::portfolio::{
    Change, Course, EntryView, Figures, HoldingView, NavView, Part, PortfolioQuery, PortfolioView, PriceStep, Standing,
    UnitView,
};
use crate::market::Timestamp;
use crate::money::{Asset, Decimal};
use crate::portfolio::performance::{Drawdown, Performance};
use crate::portfolio::valuation::Total;
use jiff::civil::{Date, date};
use std::sync::Arc;
use std::time::Duration;

/// The day that it is.
const TODAY: Date = date(2024, 11, 20);

pub fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn asset(code: &str) -> Asset {
    Asset::new(code).unwrap()
}

fn step(source: &str, price: &str, inverted: bool, age: u64, standing: Standing) -> PriceStep {
    let age = Duration::from_millis(age);
    PriceStep { source: source.into(), price: number(price), inverted, age, standing }
}

fn part(account: &str, kind: &'static str, quantity: &str) -> Part {
    Part { account: account.into(), kind, quantity: number(quantity), look: None }
}

/// An asset: quantity, price, value, share, day and unrealised gain, and the steps to its price.
fn holding(code: &str, numbers: [&str; 6], path: Vec<PriceStep>) -> HoldingView {
    let [quantity, price, value, share, day, unrealised] = numbers;
    let maybe = |text: &str| text.parse().ok();
    let value = maybe(value);
    let unrealised: Option<Decimal> = maybe(unrealised);
    HoldingView {
        asset: asset(code),
        owed: quantity.starts_with('-'),
        quantity: number(quantity),
        price: maybe(price),
        age: path.iter().map(|step| step.age).max(),
        standing: path.iter().map(|step| step.standing).max().unwrap_or(Standing::Fresh),
        value,
        share: maybe(share),
        day: maybe(day),
        unrealised,
        realised: unrealised.map(|gain| (gain / Decimal::TEN).round_dp(8)),
        cost: value.zip(unrealised).map(|(value, gain): (Decimal, Decimal)| value - gain),
        parts: vec![part("cold", "wallet", quantity)],
        path,
    }
}

fn holdings() -> Vec<HoldingView> {
    let fresh = |source, price, age| step(source, price, false, age, Standing::Fresh);
    let mut btc = holding(
        "BTC",
        ["43.70930018", "97412.1", "4257814.73006378", "88.41", "1.21", "1204118.03"],
        vec![fresh("kraken BTC/USD mid", "97412.1", 200)],
    );
    btc.parts = vec![part("cold", "wallet", "40.20930018"), part("kraken main", "venue", "3.5")];
    vec![
        btc,
        holding(
            "USDC",
            ["310000", "0.9998", "309938", "6.43", "0.01", "-62"],
            vec![fresh("kraken USDC/USD mid", "0.9998", 2_000)],
        ),
        holding(
            "ETH",
            ["61.244", "3418.44", "209358.93936", "4.34", "-0.44", "-18220.5"],
            vec![fresh("kraken ETH/USD mid", "3418.44", 400)],
        ),
        holding(
            "AVAX",
            ["1200", "31.2015702", "37441.88424", "0.77", "-2.04", "-4410"],
            vec![
                fresh("okx AVAX/USDT mid", "31.211", 4_000),
                step("kraken USDT/USD mid", "0.9997", false, 900, Standing::Fresh),
            ],
        ),
        holding("USD", ["1024.5", "1", "1024.5", "0.02", "0", "0"], vec![]),
        holding(
            "USDT",
            ["-50000", "0.9997", "-49985", "", "-0.01", "12"],
            vec![step("kraken USDT/USD mid", "0.9997", false, 900, Standing::Fresh)],
        ),
    ]
}

fn total() -> Total {
    Total { assets: number("4815578.05366378"), liabilities: number("49985"), lines: 7, ..Total::default() }
}

fn change(gain: &str, percent: &str) -> Option<Change> {
    Some(Change { gain: number(gain), percent: percent.parse().ok() })
}

/// So many days until today, without three of them.
fn course(days: i32) -> Course {
    let noise = |seed: i64| {
        (seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 33).rem_euclid(1_000)
    };
    let mut course = Course::default();
    let (mut own, mut price) = (1.0, 58_000.0);
    let mut prices = Vec::new();
    for back in (0..days).rev() {
        let day = TODAY.checked_sub(jiff::Span::new().days(back)).unwrap();
        own *= 1.0 + (noise(back.into()) as f64 - 485.0) / 20_000.0;
        price *= 1.0 + (noise(i64::from(back) * 7) as f64 - 488.0) / 18_000.0;
        if !(20..23).contains(&back) {
            course.days.push((day, (Decimal::from(3_000_000) * Decimal::try_from(own).unwrap()).round_dp(2)));
            course.index.push((day, own));
        }
        prices.push((day, Decimal::try_from(price).unwrap().round_dp(1)));
    }
    course.benchmark = Some(("BTC".into(), prices));
    let fall = Drawdown {
        depth: -0.248,
        peak: date(2024, 3, 12),
        trough: date(2024, 4, 30),
        recovery: Some(date(2024, 6, 2)),
    };
    let year = Performance {
        periods: 365,
        twr: Some(1.18),
        cagr: Some(1.18),
        volatility: Some(0.52),
        sharpe: Some(1.31),
        sortino: Some(1.9),
        max_drawdown: Some(fall),
        calmar: Some(4.76),
        var_95: Some(-0.042),
        es_95: Some(-0.061),
        mwr: Some(0.97),
    };
    let figures = |twr: f64| Figures {
        performance: Performance { twr: Some(twr), ..year },
        beta: Some(0.93),
        correlation: Some(0.97),
    };
    course.figures = [Some(figures(0.041)), Some(figures(0.613)), Some(figures(1.18)), Some(figures(1.902))];
    course
}

fn entries(query: &PortfolioQuery) -> Vec<EntryView> {
    let entry = |index: usize| {
        let at = Timestamp::from_secs(1_732_104_271 - i64::try_from(index).unwrap() * 40_000);
        let (kind, legs) = match index % 3 {
            0 => ("trade", vec![("BTC", "0.5", false), ("USD", "-48706.05", false), ("USD", "-24.35", true)]),
            1 => ("deposit", vec![("USDC", "10000", false)]),
            _ => ("withdrawal", vec![("ETH", "-1.25", false), ("ETH", "-0.0006", true)]),
        };
        let legs = legs.into_iter().map(|(code, amount, fee)| (asset(code), number(amount), fee)).collect();
        EntryView { at, account: "kraken main".into(), kind, legs }
    };
    (query.entries.0..ENTRIES).take(query.entries.1).map(entry).collect()
}

const ENTRIES: usize = 120;

/// What a desk with a portfolio shows to this session, all well.
pub fn owned(state: &State) -> View {
    let mut view = view_for(state);
    let changes =
        [change("38204.11", "0.8"), change("-51200", "-1.05"), change("188000", "4.07"), change("1800000", "60.02")];
    view.nav = Some(NavView { base: asset("USD"), total: total(), day: changes[0] });
    view.portfolio = query(state).portfolio.map(|query| PortfolioView {
        names: [Arc::from("All accounts"), "Trading".into(), "Cold".into()].into(),
        shown: query.shown,
        base: query.base.clone().unwrap_or(asset("USD")),
        bases: [asset("USD"), asset("EUR"), asset("BTC")].into(),
        total: total(),
        oldest: Some((Duration::from_secs(4), "okx AVAX/USDT mid".into())),
        changes,
        holdings: holdings(),
        past: Some(course(400).into()),
        unit: None,
        entries: entries(&query),
        entry_count: ENTRIES,
    });
    view
}

/// The same with a price that is old, one that is too old, and one that never was.
pub fn doubtful(state: &State) -> View {
    let mut view = owned(state);
    let total = Total { forgotten: number("37441.88424"), stale: 1, unpriced: 3, never: 1, lines: 9, ..total() };
    if let Some(nav) = &mut view.nav {
        nav.total = total;
    }
    let Some(portfolio) = &mut view.portfolio else { return view };
    portfolio.total = total;
    portfolio.oldest = Some((Duration::from_secs(38), "okx SOL/USDT mid".into()));
    let old = |source, price, secs: u64, standing| vec![step(source, price, false, secs * 1_000, standing)];
    let avax = &mut portfolio.holdings[3];
    (avax.value, avax.share, avax.unrealised, avax.day) = (None, None, None, None);
    (avax.standing, avax.age) = (Standing::Expired, Some(Duration::from_secs(7_300)));
    avax.path[0].standing = Standing::Expired;
    avax.path[0].age = Duration::from_secs(7_300);
    let sol = ["200", "187.06", "37412", "0.77", "3.9", "1200"];
    portfolio.holdings.insert(3, holding("SOL", sol, old("okx SOL/USDT mid", "187.06", 38, Standing::Stale)));
    let mut never = holding("XYZ", ["90000", "", "", "", "", ""], vec![]);
    never.standing = Standing::Never;
    portfolio.holdings.push(never);
    let mut lent = holding(
        "DOGE",
        ["-1000000", "0.37", "", "", "", ""],
        old("kraken DOGE/USD mid", "0.37", 90_000, Standing::Expired),
    );
    lent.cost = None;
    portfolio.holdings.push(lent);
    view
}

/// The same, a fund.
pub fn fund(state: &State) -> View {
    let mut view = owned(state);
    if let Some(portfolio) = &mut view.portfolio {
        let (units, nav) = (number("1000.5"), Some(number("4763.211")));
        portfolio.unit = Some(UnitView { units, nav, high_water: Some(number("4901.02")) });
    }
    view
}

/// The same while the past is being counted.
pub fn counting(state: &State) -> View {
    let mut view = owned(state);
    if let Some(portfolio) = &mut view.portfolio {
        (portfolio.past, portfolio.changes) = (None, [None; 4]);
    }
    view
}
