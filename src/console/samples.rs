//! Views and sessions for tests: one market whose numbers are known, and changes to it.

use super::keymap::{Keymap, Preset};
use super::layout::Layout;
use super::state::{Settings, State, query};
use crate::desk::{
    Across, AcrossView, BookView, Day, Focus, Health, Line, Link, LinkState, Mode, Notice, Place, Query, Statistics,
    Store, View, Watched,
};
use crate::market::{
    Book, BookUpdate, Candle, Change, Consolidated, Fee, Freshness, Interval, Listing, Precision, Same, Side, Source,
    Timestamp, Trade, VenueId, VenueStatus,
};
use crate::money::{Decimal, Fixed, Percent, Price, Quantity};
use jiff::tz::TimeZone;
use ratatui::layout::Size;
use std::time::Duration;

/// 12:04:31 UTC.
pub const NOW: i64 = 1_732_104_271;

pub fn settings() -> Settings {
    let themes = ["dark", "light", "deuteranopia", "tritanopia", "mono", "ansi16"];
    Settings {
        keymap: Keymap::preset(Preset::Default).unwrap(),
        themes: themes.map(str::to_owned).into(),
        theme: "dark".to_owned(),
        separator: Some(','),
        zone: TimeZone::UTC,
        mouse: true,
        layout: Layout::default(),
        interval: Interval::Minute1,
    }
}

pub fn session(width: u16, height: u16) -> State {
    State::new(settings(), Size { width, height })
}

pub fn place(symbol: &str) -> Place {
    Place { venue: VenueId::Sim, symbol: symbol.parse().unwrap() }
}

pub fn price(text: &str) -> Price {
    text.parse().unwrap()
}

/// A number that looks random and is always the same.
fn noise(seed: i64) -> i64 {
    (seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 33).rem_euclid(10_000)
}

/// A book of 25 levels a side around 97,412.7.
pub fn book() -> Book {
    let side = |best: i64, step: i64, seed: i64| {
        let mut at = best;
        (0..25)
            .map(|i| {
                let level =
                    Change { price: Fixed::new(at, 1), quantity: Fixed::new(noise(seed + i).pow(2) * 5 + 12_345, 8) };
                at += step * (1 + noise(seed - i) % 13);
                level
            })
            .collect()
    };
    let mut book = Book::new();
    book.set_precision(Precision { price: 1, quantity: 8 });
    let update = BookUpdate {
        snapshot: true,
        depth: Some(25),
        bids: side(974_121, -1, 7),
        asks: side(974_133, 1, 70),
        sequence: None,
        checksum: None,
        exchange_time: None,
    };
    book.apply(&update, Timestamp::from_secs(NOW));
    book
}

fn trades(count: usize) -> Vec<Trade> {
    let trade = |i: i64| Trade {
        price: Price::new(Decimal::new(974_121 + noise(i) % 13, 1)),
        quantity: Quantity::new(Decimal::new(noise(i * 31).pow(2) / 2 + 100, 8)),
        taker: if noise(i * 7) % 2 == 0 { Side::Bid } else { Side::Ask },
        id: None,
        at: Timestamp::from_millis(NOW * 1_000 - i * 700),
    };
    (0..).map(trade).take(count).collect()
}

/// Candles with a gap of three.
fn candles(count: usize) -> Vec<Candle> {
    let mut close = 974_121;
    let mut all = Vec::new();
    for i in (0..).filter(|i| !(20..23).contains(i)).take(count) {
        let open = close + noise(i * 13) % 900 - 460;
        let price = |tenths| Price::new(Decimal::new(tenths, 1));
        all.push(Candle {
            start: Timestamp::from_secs(NOW - NOW % 60 - i * 60),
            open: price(open),
            high: price(open.max(close) + noise(i) % 250),
            low: price(open.min(close) - noise(i * 3) % 250),
            close: price(close),
            volume: Quantity::new(Decimal::new(noise(i), 3)),
            from_venue: true,
        });
        close = open;
    }
    all
}

pub fn link() -> Link {
    let figures = Statistics { rate: 41, lag: Some(Duration::from_millis(38)), ..Statistics::default() };
    let status = Some(VenueStatus::Online);
    Link { state: LinkState::Up, status, figures, ..Link::new(Line::first(VenueId::Sim)) }
}

fn watched(symbol: &str, last: &str, decimals: u8, change: &str) -> Watched {
    Watched {
        place: place(symbol),
        last: last.parse().ok(),
        precision: Precision { price: decimals, quantity: 8 },
        change: change.parse().ok().map(Percent::new),
        freshness: Freshness::Live(Duration::ZERO),
        refusal: None,
    }
}

/// What a desk shows for a query, all well.
pub fn view_of(query: &Query) -> View {
    let book = BookView::of(&book(), query, Freshness::Live(Duration::from_millis(200)));
    View {
        mode: Mode::Demo,
        now: Timestamp::from_secs(NOW),
        watch: vec![
            watched("BTC/USD", "97412.1", 1, "1.21"),
            watched("ETH/USD", "3418.44", 2, "-0.44"),
            watched("SOL/USD", "187.06", 2, "3.94"),
            watched("ETH/BTC", "0.035092", 6, "-1.6"),
            watched("USDT/USD", "0.9998", 4, "0.01"),
            watched("DOGE/USD", "", 7, ""),
        ],
        focus: Some(Focus {
            place: query.focus.clone().unwrap_or(place("BTC/USD")),
            book,
            trades: trades(query.trades),
            candles: candles(query.candles),
            day: Some(Day {
                high: Some(price("98120.5")),
                low: Some(price("96044.0")),
                volume: "1204.5".parse().ok(),
                age: Duration::from_secs(2),
            }),
            refusal: None,
        }),
        across: query.across.as_ref().map(|across| {
            let place = query.focus.clone().unwrap_or(place("BTC/USD"));
            let listing = Listing { book: self::book(), ..Listing::default() };
            consolidated(&[(VenueId::Sim, listing, None)], &place, across, query.group)
        }),
        links: vec![link()],
        store: Store {
            journal: Health::Good,
            entries: 1_204,
            head: "7f3a9c41d0".repeat(6).into(),
            cache: Health::Good,
        },
        nav: None,
        portfolio: None,
        waiting: None,
        treasury: None,
        alerts: std::sync::Arc::default(),
        replay: None,
        notices: vec![],
    }
}

/// What a desk shows to this session, all well.
pub fn view_for(state: &State) -> View {
    view_of(&query(state))
}

/// The same with the book in another state.
pub fn with_freshness(state: &State, freshness: Freshness) -> View {
    let mut view = view_for(state);
    if let Some(focus) = &mut view.focus {
        focus.book.freshness = freshness.clone();
    }
    if let Some(watched) = view.watch.first_mut() {
        watched.freshness = freshness;
    }
    view
}

/// The same before anything has come.
pub fn empty(state: &State) -> View {
    let mut view = with_freshness(state, Freshness::Waiting);
    for watched in &mut view.watch {
        (watched.last, watched.change, watched.freshness) = (None, None, Freshness::Waiting);
    }
    if let Some(focus) = &mut view.focus {
        let query = Query { levels: 0, ..query(state) };
        focus.book = BookView::of(&Book::new(), &query, Freshness::Waiting);
        (focus.trades, focus.candles, focus.day) = (vec![], vec![], None);
    }
    view
}

pub fn notice(text: &str, warning: bool) -> Notice {
    Notice { at: Timestamp::from_secs(NOW - 3), warning, text: text.to_owned() }
}

/// A listing of one venue whose best prices are so many tenths from those of [`book`], and when it was heard.
pub fn listing(shift: i64, seed: i64, received: Timestamp) -> Listing {
    let side = |best: i64, step: i64, seed: i64| {
        let mut at = best;
        let level = |i: i64| {
            let level =
                Change { price: Fixed::new(at, 1), quantity: Fixed::new(noise(seed + i).pow(2) * 3 + 5_000, 8) };
            at += step * (1 + noise(seed - i) % 9);
            level
        };
        (0..40).map(level).collect()
    };
    let update = BookUpdate {
        snapshot: true,
        depth: Some(40),
        bids: side(974_121 + shift, -1, seed),
        asks: side(974_133 + shift, 1, seed + 50),
        sequence: None,
        checksum: None,
        exchange_time: Some(Timestamp::from_nanos(received.nanos() - 38_000_000)),
    };
    let mut listing = Listing::default();
    listing.book.set_precision(Precision { price: 1, quantity: 8 });
    listing.book.apply(&update, received);
    listing
}

/// What a desk tells of these venues.
pub fn consolidated(
    venues: &[(VenueId, Listing, Option<Fee>)],
    place: &Place,
    across: &Across,
    group: Option<Price>,
) -> AcrossView {
    let sources =
        venues.iter().map(|(venue, listing, fee)| Source { venue: *venue, symbol: &place.symbol, listing, fee: *fee });
    let same = Same::from(place.symbol.clone());
    let book = Consolidated::new(&same, sources, Timestamp::from_secs(NOW), Duration::from_secs(5));
    AcrossView::copied(&book, place.symbol.clone(), across, group)
}
