//! The book against a naive model, against Kraken's documented checksum example, and at its edges.

use super::*;
use crate::money::Decimal;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn level(price: &str, quantity: &str) -> Level {
    Level { price: price.parse().unwrap(), quantity: quantity.parse().unwrap() }
}

fn change(price: &str, quantity: &str) -> Change {
    Change { price: price.parse().unwrap(), quantity: quantity.parse().unwrap() }
}

fn update(snapshot: bool, bids: &[(&str, &str)], asks: &[(&str, &str)]) -> BookUpdate {
    let levels = |side: &[(&str, &str)]| side.iter().map(|(p, q)| change(p, q)).collect();
    BookUpdate {
        snapshot,
        depth: None,
        bids: levels(bids),
        asks: levels(asks),
        sequence: None,
        checksum: None,
        exchange_time: None,
    }
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn book(bids: &[(&str, &str)], asks: &[(&str, &str)]) -> Book {
    let mut book = Book::new();
    assert_eq!(book.apply(&update(true, bids, asks), at(1)), Applied::Applied);
    book
}

fn shown(book: &Book, side: Side) -> Vec<String> {
    book.levels(side).map(|l| format!("{} {}", l.price, l.quantity)).collect()
}

#[test]
fn a_snapshot_replaces_and_a_zero_deletes() {
    let mut b = book(&[("10.0", "1"), ("11.0", "2")], &[("12.0", "3")]);
    assert_eq!(shown(&b, Side::Bid), ["11.0 2", "10.0 1"]);
    assert_eq!(b.apply(&update(false, &[("11.0", "0.00")], &[("12.5", "1.25")]), at(2)), Applied::Applied);
    assert_eq!(shown(&b, Side::Bid), ["10.0 1.00"]);
    assert_eq!(shown(&b, Side::Ask), ["12.0 3.00", "12.5 1.25"]);
    b.apply(&update(true, &[("9", "1")], &[]), at(3));
    assert_eq!(shown(&b, Side::Bid), ["9.0 1.00"]);
    assert_eq!(b.best(Side::Ask), None);
    assert_eq!((b.mid(), b.spread(), b.spread_bps()), (None, None, None));
}

#[test]
fn deleting_a_level_that_was_never_there_changes_nothing() {
    let mut b = book(&[("10", "1")], &[("11", "1")]);
    assert_eq!(b.apply(&update(false, &[("5", "0")], &[]), at(2)), Applied::Applied);
    assert_eq!(b.levels(Side::Bid).len(), 1);
}

#[test]
fn nothing_is_merged_into_a_book_that_is_out_of_step() {
    let mut b = book(&[("10", "1")], &[("11", "1")]);
    b.lose(Desync::Disconnected, at(5));
    let outcome = b.apply(&update(false, &[("10", "9")], &[]), at(6));
    assert_eq!(outcome, Applied::Ignored(Ignored::AwaitingSnapshot));
    assert_eq!(shown(&b, Side::Bid), ["10 1"]);
    assert_eq!(b.standing(), &Standing::Resync { since: at(5), reason: Desync::Disconnected });
    b.apply(&update(true, &[("8", "1")], &[]), at(7));
    assert_eq!(b.standing(), &Standing::Live);
    assert_eq!(shown(&b, Side::Bid), ["8 1"]);
}

#[test]
fn a_remembered_book_is_shown_as_old_and_never_updated() {
    let mut b = Book::new();
    b.remember(&[level("10", "1")], &[], at(1));
    assert_eq!(b.standing(), &Standing::Remembered);
    assert_eq!(b.age(at(61)), Some(Duration::from_secs(60)));
    let outcome = b.apply(&update(false, &[("10", "2")], &[]), at(62));
    assert_eq!(outcome, Applied::Ignored(Ignored::AwaitingSnapshot));
    b.lose(Desync::Disconnected, at(63));
    assert_eq!(b.standing(), &Standing::Remembered, "it never was in step");
}

#[test]
fn levels_beyond_the_depth_are_unknown() {
    let mut snapshot = update(true, &[("10", "1"), ("9", "1")], &[("11", "1")]);
    snapshot.depth = Some(2);
    let mut b = Book::new();
    b.apply(&snapshot, at(1));
    assert_eq!(b.horizon(Side::Bid), Some(level("9", "1")));
    assert_eq!(b.horizon(Side::Ask), None, "one level of two: the side is known to its end");
    b.apply(&update(false, &[("9.5", "3")], &[]), at(2));
    assert_eq!(shown(&b, Side::Bid), ["10.0 1", "9.5 3"]);
}

#[test]
fn a_gap_and_a_repetition_are_told_apart() {
    let numbered = |previous, last| {
        let sequence = Some(Sequence { previous, last });
        BookUpdate { sequence, ..update(false, &[("10", "2")], &[]) }
    };
    let mut b = Book::new();
    b.apply(&BookUpdate { snapshot: true, ..numbered(None, 5) }, at(1));
    assert_eq!(b.apply(&numbered(Some(5), 6), at(2)), Applied::Applied);
    assert_eq!(b.apply(&numbered(Some(5), 6), at(2)), Applied::Ignored(Ignored::Superseded));
    let gap = Desync::Gap { expected: 6, got: 7 };
    assert_eq!(b.apply(&numbered(Some(7), 8), at(3)), Applied::NeedsResync(gap));
}

#[test]
fn a_message_that_comes_twice_is_ignored_but_proves_life() {
    let mut b = book(&[("10", "1")], &[("11", "1")]);
    let change = BookUpdate { exchange_time: Some(at(2)), ..update(false, &[("10", "4")], &[]) };
    assert_eq!(b.apply(&change, at(2)), Applied::Applied);
    assert_eq!(b.apply(&change, at(3)), Applied::Ignored(Ignored::Duplicate));
    assert_eq!(b.received(), Some(at(3)));
    assert_eq!(b.record().ignored, 1);
}

/// The example of Kraken's own guide: these ten levels a side hash to 3310070434.
fn documented() -> BookUpdate {
    let asks = [
        ("45285.2", "0.00100000"),
        ("45286.4", "1.54571953"),
        ("45286.6", "1.54571109"),
        ("45289.6", "1.54560911"),
        ("45290.2", "0.15890660"),
        ("45291.8", "1.54553491"),
        ("45294.7", "0.04454749"),
        ("45296.1", "0.35380000"),
        ("45297.5", "0.09945542"),
        ("45299.5", "0.18772827"),
    ];
    let bids = [
        ("45283.5", "0.10000000"),
        ("45283.4", "1.54582015"),
        ("45282.1", "0.10000000"),
        ("45281.0", "0.10000000"),
        ("45280.3", "1.54592586"),
        ("45279.0", "0.07990000"),
        ("45277.6", "0.03310103"),
        ("45277.5", "0.30000000"),
        ("45277.3", "1.54602737"),
        ("45276.6", "0.15445238"),
    ];
    BookUpdate { checksum: Some(Checksum::Kraken(3_310_070_434)), ..update(true, &bids, &asks) }
}

#[test]
fn krakens_documented_checksum_holds_and_a_changed_digit_breaks_it() {
    let mut b = Book::new();
    assert_eq!(b.apply(&documented(), at(1)), Applied::Applied);
    assert_eq!((b.record().checked, b.record().failed), (1, 0));
    let mut wrong = documented();
    wrong.bids[9] = change("45276.6", "0.15445239");
    let outcome = Book::new().apply(&wrong, at(1));
    assert!(matches!(outcome, Applied::NeedsResync(Desync::Checksum { expected: 3_310_070_434, .. })));
}

#[test]
fn a_checksum_survives_numbers_that_lost_their_zeros() {
    let mut stripped = documented();
    for l in stripped.bids.iter_mut().chain(&mut stripped.asks) {
        *l = Change { price: l.price.normalized(), quantity: l.quantity.normalized() };
    }
    let mut b = Book::new();
    assert_eq!(b.apply(&stripped, at(1)), Applied::Applied);
    let mut rounded = Book::new();
    stripped.bids.retain(|l| l.price.decimal() != Decimal::from(45281));
    assert!(matches!(rounded.apply(&stripped, at(1)), Applied::NeedsResync(_)));
}

#[test]
fn numbers_beyond_the_fixed_point_are_a_result_not_a_wrong_book() {
    let mut b = book(&[("10", "1")], &[("11", "1")]);
    let wide = update(false, &[("10", "0.000000000000000001")], &[]);
    assert_eq!(b.apply(&wide, at(2)), Applied::Applied, "one needs no range and eighteen decimals");
    let huge = update(false, &[("10", "0.0"), ("10", "98765432109")], &[]);
    assert_eq!(b.apply(&huge, at(2)), Applied::Applied, "nothing needs the decimals any more");
    let both = update(false, &[("9", "0.000000000000000001")], &[]);
    assert_eq!(b.apply(&both, at(2)), Applied::NeedsResync(Desync::OutOfRange));
    let negative = update(true, &[("10", "-1")], &[]);
    assert_eq!(Book::new().apply(&negative, at(2)), Applied::NeedsResync(Desync::OutOfRange));
    let many_zeros = update(true, &[("10", "98765432109.000000000000")], &[]);
    assert_eq!(Book::new().apply(&many_zeros, at(2)), Applied::Applied);
}

#[test]
fn crossed_and_locked_books_are_seen() {
    assert_eq!(book(&[("10", "1")], &[("11", "1")]).crossing(), Crossing::Apart);
    assert_eq!(book(&[("11", "1")], &[("11", "1")]).crossing(), Crossing::Locked);
    assert_eq!(book(&[("12", "1")], &[("11", "1")]).crossing(), Crossing::Crossed);
    assert_eq!(book(&[("12", "1")], &[]).crossing(), Crossing::Apart);
}

#[test]
fn views_of_a_small_book() {
    let b = book(&[("99.5", "2"), ("99.0", "6")], &[("100.5", "1"), ("101.0", "3")]);
    assert_eq!(b.mid(), Some("100".parse().unwrap()));
    assert_eq!(b.spread(), Some("1".parse().unwrap()));
    assert_eq!(b.spread_bps(), Some("100".parse().unwrap()));
    assert_eq!(b.imbalance(2), Some("0.333".parse().unwrap()));
    assert_eq!(b.bps_from_mid("101".parse().unwrap()), Some("100".parse().unwrap()));
    let rows = b.rows(Side::Ask, 5);
    assert_eq!((rows[1].total.to_string(), rows[1].notional.to_string()), ("4".into(), "403.5".into()));
}

#[test]
fn taking_a_size_costs_what_the_levels_say() {
    let b = book(&[], &[("100", "1"), ("102", "3")]);
    let fill = b.cost_to_take(Side::Ask, "2".parse().unwrap()).unwrap();
    assert_eq!(fill.cost.to_string(), "202");
    assert_eq!(fill.average, "101".parse().unwrap());
    assert_eq!(fill.slippage_bps, Decimal::from(100));
    let more = b.cost_to_take(Side::Ask, "9".parse().unwrap()).unwrap();
    assert_eq!(more.filled, "4".parse().unwrap(), "what is not known is not filled");
    assert_eq!(b.cost_to_take(Side::Bid, "1".parse().unwrap()), None);
    assert_eq!(b.cost_to_take(Side::Ask, Quantity::ZERO), None);
}

#[test]
fn groups_never_promise_a_better_price() {
    let b = book(&[("99.9", "1"), ("99.1", "1"), ("98.9", "1")], &[("100.1", "1"), ("101.0", "2")]);
    let step = "1".parse().unwrap();
    let group = |side| {
        let rows = b.grouped(side, step, 9);
        rows.iter().map(|r| format!("{} {}", r.level.price, r.level.quantity)).collect::<Vec<_>>()
    };
    assert_eq!(group(Side::Bid), ["99 2", "98 1"]);
    assert_eq!(group(Side::Ask), ["101 3"]);
}

type Drawn = (bool, i64, i64);

fn changes() -> impl Strategy<Value = Vec<(bool, Vec<Drawn>)>> {
    let change = (any::<bool>(), 1i64..60, 0i64..4);
    prop::collection::vec((prop::bool::weighted(0.1), prop::collection::vec(change, 0..8)), 1..40)
}

proptest! {
    /// Whatever snapshots and deltas come, the book is what a map of price to quantity would be.
    #[test]
    fn any_sequence_of_updates_equals_the_naive_model(batches in changes()) {
        let mut model: BTreeMap<(bool, i64), i64> = BTreeMap::new();
        let mut b = Book::new();
        b.apply(&update(true, &[], &[]), at(0));
        for (snapshot, batch) in batches {
            let mut u = update(snapshot, &[], &[]);
            if snapshot {
                model.clear();
            }
            for (bid, price, quantity) in batch {
                // Prices carry one decimal and quantities vary in theirs, so that the ladder has to widen.
                let l = Change {
                    price: Fixed::new(price, 1),
                    quantity: Fixed::new(quantity * 10, 1 + (price % 3) as u8),
                };
                if bid { &mut u.bids } else { &mut u.asks }.push(l);
                match quantity {
                    0 => model.remove(&(bid, price)),
                    _ => model.insert((bid, price), quantity),
                };
            }
            // The same snapshot twice in a row is known to be a repetition.
            prop_assert!(matches!(b.apply(&u, at(1)), Applied::Applied | Applied::Ignored(Ignored::Duplicate)));
            for (side, is_bid) in [(Side::Bid, true), (Side::Ask, false)] {
                let ours: Vec<(Decimal, Decimal)> =
                    b.levels(side).map(|l| (l.price.get(), l.quantity.get())).collect();
                let mut theirs: Vec<(Decimal, Decimal)> = model
                    .iter()
                    .filter(|((bid, _), _)| *bid == is_bid)
                    .map(|((_, p), q)| (Decimal::new(*p, 1), Decimal::new(*q * 10, 1 + (*p % 3) as u32)))
                    .collect();
                if is_bid {
                    theirs.reverse();
                }
                prop_assert_eq!(ours, theirs);
            }
        }
    }

    #[test]
    fn grouping_keeps_the_sum_and_the_order(
        levels in prop::collection::btree_map(1i64..10_000, 1i64..1000, 1..80),
        step in 1i64..500,
    ) {
        let mut u = update(true, &[], &[]);
        for (price, quantity) in &levels {
            let l = Change { price: Fixed::new(*price, 2), quantity: Fixed::new(*quantity, 0) };
            u.bids.push(l);
            u.asks.push(l);
        }
        let mut b = Book::new();
        b.apply(&u, at(1));
        let whole: i64 = levels.values().sum();
        let step = Price::new(Decimal::new(step, 2));
        for side in [Side::Bid, Side::Ask] {
            let rows = b.grouped(side, step, usize::MAX >> 8);
            prop_assert_eq!(rows.last().unwrap().total.get(), Decimal::from(whole));
            for pair in rows.windows(2) {
                let ascending = pair[0].level.price < pair[1].level.price;
                prop_assert_eq!(ascending, side == Side::Ask);
            }
            for row in &rows {
                prop_assert!((row.level.price.get() % step.get()).is_zero());
            }
        }
    }
}
