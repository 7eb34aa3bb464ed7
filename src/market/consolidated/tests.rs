//! The consolidated book against sums that are done by hand, and against the books it is made of.

use super::*;
use crate::market::{BookUpdate, Change, Desync, Instrument, Trading};
use crate::money::{Decimal, Fixed, Notional, plain};
use proptest::prelude::*;
use std::collections::BTreeMap;

const NOW: Timestamp = Timestamp::from_secs(1_000);
const STALE: Duration = Duration::from_secs(5);
const KRAKEN: VenueId = VenueId::Kraken;
const OKX: VenueId = VenueId::Okx;
const ALL: Steps = Steps { rows: 1_000, step: None };

struct Listed {
    venue: VenueId,
    symbol: Symbol,
    listing: Listing,
    fee: Option<Fee>,
}

impl Listed {
    fn source(&self) -> Source<'_> {
        Source { venue: self.venue, symbol: &self.symbol, listing: &self.listing, fee: self.fee }
    }
}

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

fn quantity(text: &str) -> Quantity {
    text.parse().unwrap()
}

/// `"100x2 99.5x1"`
fn levels(text: &str) -> Vec<Change> {
    let level = |word: &str| {
        let (price, quantity) = word.split_once('x').unwrap();
        Change { price: price.parse().unwrap(), quantity: quantity.parse().unwrap() }
    };
    text.split_whitespace().map(level).collect()
}

/// A venue that was heard half a second ago; the update took 40 ms.
fn heard(venue: VenueId, bids: Vec<Change>, asks: Vec<Change>, depth: Option<usize>, fee: Option<Fee>) -> Listed {
    let exchange_time = Some(Timestamp::from_millis(999_460));
    let update = BookUpdate { snapshot: true, depth, bids, asks, sequence: None, checksum: None, exchange_time };
    let mut listing = Listing::default();
    listing.book.apply(&update, Timestamp::from_millis(999_500));
    Listed { venue, symbol: "BTC/USD".parse().unwrap(), listing, fee }
}

fn venue(venue: VenueId, bids: &str, asks: &str, fee: &str) -> Listed {
    heard(venue, levels(bids), levels(asks), None, fee.parse().ok())
}

fn book(listed: &[Listed]) -> Consolidated<'_> {
    let same = Same::from("BTC/USD".parse::<Symbol>().unwrap());
    Consolidated::new(&same, listed.iter().map(Listed::source), NOW, STALE)
}

/// `100: kraken 2 + okx 1 = 3`: price, parts, total.
fn shown(rows: &[Rung]) -> Vec<String> {
    let part = |part: &Part| format!("{} {}", part.venue, part.quantity);
    rows.iter()
        .map(|row| {
            let parts: Vec<_> = row.parts.iter().map(part).collect();
            let mark = if row.crossed { "!" } else { "" };
            format!("{}{mark}: {} = {}", plain(row.price.get()), parts.join(" + "), row.total)
        })
        .collect()
}

#[test]
fn levels_of_one_price_stand_in_one_row_with_who_holds_what() {
    let listed = [venue(KRAKEN, "100x2 98x1", "101x1 102x4", ""), venue(OKX, "100x1 99x5", "101x2 103x1", "")];
    let both = book(&listed);
    let bids = both.rows(Side::Bid, Basis::Gross, ALL);
    assert_eq!(shown(&bids), ["100: kraken 2 + okx 1 = 3", "99: okx 5 = 8", "98: kraken 1 = 9"]);
    assert_eq!(bids[2].notional.to_string(), "893");
    let asks = both.rows(Side::Ask, Basis::Gross, Steps { rows: 2, step: None });
    assert_eq!(shown(&asks), ["101: kraken 1 + okx 2 = 3", "102: kraken 4 = 7"]);
    assert_eq!(both.best(Side::Bid, Basis::Gross).map(|best| best.venue), Some(KRAKEN));
    assert_eq!(both.crossing(Basis::Gross), Crossing::Apart);
    assert_eq!(both.crosses(), []);
}

#[test]
fn groups_never_promise_a_better_price() {
    let listed = [venue(KRAKEN, "100.4x2 99.9x1", "101.2x1", ""), venue(OKX, "100.1x1 98x1", "101.9x2 102.1x1", "")];
    let (both, step) = (book(&listed), Some(price("1")));
    let bids = both.rows(Side::Bid, Basis::Gross, Steps { rows: 2, step });
    assert_eq!(shown(&bids), ["100: kraken 2 + okx 1 = 3", "99: kraken 1 = 4"]);
    let asks = both.rows(Side::Ask, Basis::Gross, Steps { rows: 1, step });
    assert_eq!(shown(&asks), ["102: kraken 1 + okx 2 = 3"], "the last row is whole");
}

#[test]
fn fees_turn_the_order_of_venues_around() {
    let listed = [venue(KRAKEN, "100x1", "101x1", "0.26"), venue(OKX, "99.9x1", "101.1x1", "0.1")];
    let both = book(&listed);
    assert_eq!(both.best(Side::Bid, Basis::Gross).map(|best| best.venue), Some(KRAKEN));
    let best = both.best(Side::Bid, Basis::Net).unwrap();
    assert_eq!((best.venue, best.price, best.printed), (OKX, price("99.8001"), price("99.9")));
    let asks = both.rows(Side::Ask, Basis::Net, ALL);
    assert_eq!(shown(&asks), ["101.2011: okx 1 = 1", "101.2626: kraken 1 = 2"]);
    assert!(both.nets());
    // One fee that nobody has said makes the others of no use.
    let listed = [venue(KRAKEN, "100x1", "101x1", "0.26"), venue(OKX, "99.9x1", "101.1x1", "")];
    let both = book(&listed);
    assert_eq!(both.rows(Side::Ask, Basis::Net, ALL), both.rows(Side::Ask, Basis::Gross, ALL));
    assert_eq!((both.nets(), both.quotes(Rank::Bid)[0].venue), (false, KRAKEN));
}

#[test]
fn a_bid_above_an_ask_elsewhere_is_told_with_and_without_fees() {
    let listed = [venue(KRAKEN, "102x3 100.5x1", "103x1", "0.26"), venue(OKX, "99x1", "101x2 102x1", "0.1")];
    let both = book(&listed);
    let net = Some(price("0.6338"));
    let cross = Cross { bid: KRAKEN, ask: OKX, gross: price("1"), net, size: quantity("2") };
    assert_eq!(both.crosses(), [cross]);
    assert_eq!(both.crossing(Basis::Gross), Crossing::Crossed);
    assert_eq!(shown(&both.rows(Side::Bid, Basis::Gross, ALL))[..2], ["102!: kraken 3 = 3", "100.5: kraken 1 = 4"]);
    assert_eq!(shown(&both.rows(Side::Ask, Basis::Gross, ALL))[..2], ["101!: okx 2 = 2", "102: okx 1 = 3"]);
    // The same with a fee that eats the gain, and with one that nobody has said.
    let dear = [venue(KRAKEN, "102x3", "103x1", "2"), venue(OKX, "99x1", "101x2", "0.1")];
    assert_eq!(book(&dear).crosses()[0].net, Some(price("-1.141")));
    assert_eq!(book(&dear).crossing(Basis::Net), Crossing::Apart);
    let unsaid = [venue(KRAKEN, "102x3", "103x1", ""), venue(OKX, "99x1", "101x2", "0.1")];
    assert_eq!(book(&unsaid).crosses()[0].net, None);
    // What a book does to itself is no gain across venues.
    let alone = [venue(KRAKEN, "102x3", "101x1", ""), venue(OKX, "99x1", "104x2", "")];
    assert_eq!(book(&alone).crosses(), []);
}

#[test]
fn who_cannot_be_trusted_leaves_with_the_reason_and_the_age() {
    let mut listed = Vec::new();
    for (id, symbol) in [
        (VenueId::Binance, "BTC/USD"),
        (VenueId::Bybit, "BTC/USD"),
        (VenueId::Coinbase, "BTC/USD"),
        (VenueId::Bitstamp, "BTC/USD"),
        (VenueId::Deribit, "BTC/USDT"),
        (KRAKEN, "BTC/USD"),
    ] {
        listed.push(Listed { symbol: symbol.parse().unwrap(), ..venue(id, "500x9", "501x9", "") });
    }
    listed[0].listing.book.lose(Desync::Disconnected, Timestamp::from_secs(990));
    listed[1].listing = Listing::default();
    listed[1].listing.book.remember(&[], &[], Timestamp::from_secs(900));
    listed[2].listing = Listing { refusal: Some("no such pair".into()), ..Listing::default() };
    listed[3].listing = Listing::default();
    listed[3].listing.book.apply(&update(), Timestamp::from_secs(993));
    listed[5] = venue(KRAKEN, "100x1", "101x1", "");
    let all = book(&listed);
    let secs = Duration::from_secs;
    let reasons: Vec<_> = all.excluded().map(|out| (out.venue, out.reason, out.age)).collect();
    let book_of = Absence::Book;
    assert_eq!(
        reasons,
        [
            (
                VenueId::Binance,
                book_of(Freshness::Resync(secs(10), Desync::Disconnected)),
                Some(Duration::from_millis(500))
            ),
            (VenueId::Bybit, book_of(Freshness::Remembered(secs(100))), Some(secs(100))),
            (VenueId::Coinbase, Absence::Refused("no such pair".into()), None),
            (VenueId::Bitstamp, book_of(Freshness::Stale(secs(7))), Some(secs(7))),
            (VenueId::Deribit, Absence::Different, Some(Duration::from_millis(500))),
        ]
    );
    assert_eq!(shown(&all.rows(Side::Bid, Basis::Gross, ALL)), ["100: kraken 1 = 1"]);
    assert_eq!(all.split(Side::Ask, quantity("5")).unwrap().filled, quantity("1"));
    assert_eq!(all.quotes(Rank::Watched).len(), 6, "each keeps its line");
}

fn update() -> BookUpdate {
    BookUpdate {
        snapshot: true,
        depth: None,
        bids: levels("500x1"),
        asks: levels("501x1"),
        sequence: None,
        checksum: None,
        exchange_time: None,
    }
}

#[test]
fn sizes_in_contracts_are_not_added_to_sizes_in_coins() {
    let perpetual = |id, symbol: &str| Listed { symbol: symbol.parse().unwrap(), ..venue(id, "100x1", "101x1", "") };
    let symbol = "BTC/USDT:USDT";
    let listed = [perpetual(OKX, symbol), perpetual(VenueId::Bybit, symbol)];
    let same = Same::from(symbol.parse::<Symbol>().unwrap());
    let both = Consolidated::new(&same, listed.iter().map(Listed::source), NOW, STALE);
    assert_eq!(both.excluded().map(|out| (out.venue, out.reason)).collect::<Vec<_>>(), [(OKX, Absence::Contracts)]);
    assert_eq!(shown(&both.rows(Side::Bid, Basis::Gross, ALL)), ["100: bybit 1 = 1"]);
}

#[test]
fn a_simulated_market_is_not_added_to_a_real_one() {
    let listed = [venue(VenueId::Sim, "100x1", "101x1", ""), venue(KRAKEN, "90x1", "91x1", "")];
    let both = book(&listed);
    let out: Vec<_> = both.excluded().map(|out| (out.venue, out.reason)).collect();
    assert_eq!(out, [(VenueId::Sim, Absence::Simulated)]);
    assert_eq!(both.crosses(), []);
    assert_eq!(book(&listed[..1]).best(Side::Bid, Basis::Gross).map(|best| best.venue), Some(VenueId::Sim));
}

#[test]
fn what_lies_beyond_a_venue_s_depth_is_marked() {
    let cut = heard(OKX, levels("100x1 99x1"), levels("101x1 102x1"), Some(2), None);
    let listed = [venue(KRAKEN, "100x1 98x1", "101x1 103x1", ""), cut];
    let both = book(&listed);
    let partial: Vec<_> = both.rows(Side::Bid, Basis::Gross, ALL).iter().map(|row| row.partial).collect();
    assert_eq!(partial, [false, false, true]);
    assert!(both.split(Side::Ask, quantity("4")).unwrap().blind);
    assert!(!both.split(Side::Ask, quantity("3")).unwrap().blind);
}

#[test]
fn a_size_goes_to_the_best_net_prices() {
    let mut listed = [venue(KRAKEN, "100x2", "101x1 102x5", "0"), venue(OKX, "99x2", "101x1 101.5x1 104x9", "0.1")];
    listed[1].listing.instrument = Some(Instrument {
        venue: OKX,
        symbol: "BTC/USD".parse().unwrap(),
        venue_symbol: "BTC-USD".into(),
        precision: Precision { price: 1, quantity: 0 },
        tick: None,
        lot: None,
        minimum: Some(quantity("2.5")),
        trading: Trading::Open,
    });
    let both = book(&listed);
    let buy = both.split(Side::Ask, quantity("4")).unwrap();
    let parts: Vec<_> = buy.parts.iter().map(|p| (p.venue, p.quantity, p.limit, p.too_small)).collect();
    let expected = [(KRAKEN, quantity("2"), price("102"), false), (OKX, quantity("2"), price("101.5"), true)];
    assert_eq!(parts, expected);
    // 101 + 101.101 + 101.6015 + 102, and 101 + 101 + 101.5 + 102 without fees.
    assert_eq!((buy.net.to_string(), buy.gross.to_string()), ("405.7025".into(), "405.5".into()));
    assert_eq!(buy.average, price("101.425625"));
    assert_eq!(buy.alone, Some((KRAKEN, "407".parse().unwrap())));
    assert_eq!(buy.saves(), Some("1.2975".parse().unwrap()));
    let sell = both.split(Side::Bid, quantity("10")).unwrap();
    assert_eq!((sell.filled, sell.alone, sell.saves()), (quantity("4"), None, None), "honest when depth runs out");
    assert_eq!(both.split(Side::Bid, Quantity::ZERO), None);
    assert_eq!(book(&[]).split(Side::Bid, quantity("1")), None);
}

#[test]
fn the_table_puts_the_best_first_and_who_is_out_last() {
    let mut listed = vec![
        venue(KRAKEN, "100x1", "101x1", "0.5"),
        venue(OKX, "99.9x1", "101.2x1", "0.1"),
        venue(VenueId::Bybit, "", "", "0"),
    ];
    listed.insert(0, venue(VenueId::Binance, "200x1", "90x1", ""));
    listed[0].listing.book.lose(Desync::Unreadable, NOW);
    let all = book(&listed);
    let order = |rank| all.quotes(rank).iter().map(|quote| quote.venue).collect::<Vec<_>>();
    assert_eq!(order(Rank::Watched), [KRAKEN, OKX, VenueId::Bybit, VenueId::Binance]);
    assert_eq!(order(Rank::Bid), [OKX, KRAKEN, VenueId::Bybit, VenueId::Binance], "net of fees");
    assert_eq!(order(Rank::Ask)[..3], [OKX, KRAKEN, VenueId::Bybit], "what is unknown comes last");
    assert_eq!(order(Rank::Spread)[..2], [KRAKEN, OKX]);
    let kraken = &all.quotes(Rank::Watched)[0];
    assert_eq!((kraken.spread, kraken.spread_bps), (Some(price("1")), "99.5".parse().ok()));
    assert_eq!((kraken.lag, kraken.age), (Some(Duration::from_millis(40)), Some(Duration::from_millis(500))));
    assert_eq!([Rank::Lag.next(), Rank::Watched.next()], [Rank::Watched, Rank::Bid]);
}

/// Levels around a hundred, in tenths.
fn some_levels(range: std::ops::Range<i64>) -> impl Strategy<Value = BTreeMap<i64, i64>> {
    prop::collection::btree_map(range, 1i64..5_000, 0..12)
}

/// Bids, asks, the fee and whether it is live.
type Drawn = (BTreeMap<i64, i64>, BTreeMap<i64, i64>, Option<i64>, bool);

fn some_venue() -> impl Strategy<Value = Drawn> {
    (
        some_levels(900..1_010),
        some_levels(990..1_100),
        prop::option::weighted(0.8, -20i64..300),
        prop::bool::weighted(0.75),
    )
}

fn some_book(venues: &[Drawn]) -> Vec<Listed> {
    let change =
        |(price, quantity): (&i64, &i64)| Change { price: Fixed::new(*price, 1), quantity: Fixed::new(*quantity, 3) };
    let listed = VenueId::ALL.into_iter().zip(venues).map(|(venue, (bids, asks, fee, live))| {
        let fee = fee.map(|fee| Fee::new(crate::money::Percent::new(Decimal::new(fee, 3))).unwrap());
        let mut listed = heard(venue, bids.iter().map(change).collect(), asks.iter().map(change).collect(), None, fee);
        if !live {
            listed.listing.book.lose(Desync::Unreadable, NOW);
        }
        listed
    });
    listed.collect()
}

proptest! {
    #[test]
    fn totals_are_the_sum_of_the_books_that_take_part(venues in prop::collection::vec(some_venue(), 0..5)) {
        let listed = some_book(&venues);
        let all = book(&listed);
        let live = |listed: &&Listed| all.excluded().all(|out| out.venue != listed.venue);
        for side in [Side::Bid, Side::Ask] {
            let mut by_price: BTreeMap<Price, Quantity> = BTreeMap::new();
            for level in listed.iter().filter(live).flat_map(|listed| listed.listing.book.levels(side)) {
                let sum = by_price.entry(level.price).or_insert(Quantity::ZERO);
                *sum = sum.checked_add(level.quantity).unwrap();
            }
            let rows = all.rows(side, Basis::Gross, ALL);
            let mut expected: Vec<(Price, Quantity)> = by_price.into_iter().collect();
            if side == Side::Bid {
                expected.reverse();
            }
            prop_assert_eq!(rows.iter().map(|row| (row.price, row.quantity)).collect::<Vec<_>>(), expected.clone());
            let sum: Decimal = expected.iter().map(|(_, quantity)| quantity.get()).sum();
            for (basis, step) in [(Basis::Net, None), (Basis::Gross, Some(price("0.7"))), (Basis::Net, Some(price("2")))] {
                let rows = all.rows(side, basis, Steps { rows: 1_000, step });
                prop_assert_eq!(rows.last().map_or(Decimal::ZERO, |row| row.total.get()), sum);
                let parts = rows.iter().flat_map(|row| &row.parts).map(|part| part.quantity.get());
                prop_assert_eq!(parts.sum::<Decimal>(), sum);
                let ordered = rows.is_sorted_by(|a, b| if side == Side::Bid { a.price > b.price } else { a.price < b.price });
                prop_assert!(ordered);
                // What is shown first does not depend on how much is shown.
                let few = all.rows(side, basis, Steps { rows: 3, step });
                prop_assert_eq!(&few[..], &rows[..rows.len().min(3)]);
            }
        }
    }

    #[test]
    fn a_split_is_never_worse_than_one_venue(
        venues in prop::collection::vec(some_venue(), 1..5), size in 1i64..60_000, bid: bool,
    ) {
        let listed = some_book(&venues);
        let all = book(&listed);
        let side = if bid { Side::Bid } else { Side::Ask };
        let size = Quantity::new(Decimal::new(size, 3));
        let known: Decimal = all.rows(side, Basis::Gross, ALL).last().map_or(Decimal::ZERO, |row| row.total.get());
        let Some(split) = all.split(side, size) else {
            prop_assert!(known.is_zero());
            return Ok(());
        };
        prop_assert_eq!(split.filled.get(), size.get().min(known));
        prop_assert_eq!(split.parts.iter().map(|part| part.quantity.get()).sum::<Decimal>(), split.filled.get());
        prop_assert_eq!(split.parts.iter().map(|part| part.net.get()).sum::<Decimal>(), split.net.get());
        for of in &listed {
            // Where a fee is not known, none counts for anybody.
            let fee = of.fee.filter(|_| all.nets());
            let of = Listed { venue: of.venue, symbol: of.symbol.clone(), listing: of.listing.clone(), fee };
            let alone = book(std::slice::from_ref(&of)).split(side, size);
            let Some(alone) = alone.filter(|alone| alone.filled == size) else { continue };
            match side {
                Side::Ask => prop_assert!(split.net <= alone.net, "{:?} {:?}", split, alone),
                Side::Bid => prop_assert!(split.net >= alone.net, "{:?} {:?}", split, alone),
            }
        }
        prop_assert!(split.saves().is_none_or(|saves| saves >= Notional::ZERO));
        for out in all.excluded() {
            prop_assert!(split.parts.iter().all(|part| part.venue != out.venue));
        }
    }
}
