//! Rules as text: read in many ways, printed in one.

use crate::alert::{Column, Condition, Field, Gauge, Note, Repeat, Rule, RuleError, Span, Standing, Than};
use crate::market::{Side, Symbol, VenueId};
use crate::money::Decimal;
use proptest::prelude::*;

#[test]
fn rules_are_read_in_many_ways_and_printed_in_one() {
    let cases = [
        ("btc/usd>100000", "BTC/USD > 100000"),
        ("BTC/USD mid > 1e5", "BTC/USD > 100000"),
        (" BTC/USD@kraken  < 90000.50 ", "BTC/USD@kraken < 90000.5"),
        ("BTC/USD last > 5 once", "BTC/USD last > 5 once"),
        ("BTC/USD spread>5bps", "BTC/USD spread > 5bps"),
        ("BTC/USD imbalance(10) > 0.8", "BTC/USD imbalance(10) > 0.8"),
        ("BTC/USD move 300s > 2% every 5m", "BTC/USD move 5m > 2% every 5m"),
        ("BTC/USD volume 1m > 100", "BTC/USD volume 1m > 100"),
        ("BTC/USD stale > 10s", "BTC/USD stale > 10s"),
        ("BTC/USD:USDT funding > 0.05%", "BTC/USD:USDT funding > 0.05%"),
        ("BTC/USD book.bids.0.quantity<1", "BTC/USD book.bids.0.quantity < 1"),
        (
            "BTC/USD book.standing=stale once note \"a \\\"b\\\" \\\\\"",
            "BTC/USD book.standing = stale once note \"a \\\"b\\\" \\\\\"",
        ),
    ];
    for (text, printed) in cases {
        assert_eq!(text.parse::<Rule>().map(|rule| rule.to_string()), Ok(printed.to_owned()), "{text}");
    }
}

#[test]
fn what_is_not_a_rule_is_refused_with_what_was_expected() {
    let cases = [
        ("", "is not a symbol"),
        ("BTCUSD > 1", "is not a symbol"),
        ("BTC/USD@mtgox > 1", "unknown venue"),
        ("BTC/USD", "not the end"),
        ("BTC/USD >", "expected a number"),
        ("BTC/USD > 1,000", "expected a number"),
        ("BTC/USD = 1", "expected > or <"),
        ("BTC/USD spread > 5", "such as 5bps"),
        ("BTC/USD move > 5%", "expected a time"),
        ("BTC/USD move 8d > 5%", "expected a time"),
        ("BTC/USD move 1m > 5", "such as 2%"),
        ("BTC/USD imbalance(0) > 0", "imbalance(10)"),
        ("BTC/USD imbalance(+5) > 0", "imbalance(10)"),
        ("BTC/USD stale < 10s", "expected >"),
        ("BTC/USD book.bids.01.price > 1", "book.asks.0.price"),
        ("BTC/USD book.standing = broken", "expected live"),
        ("BTC/USD > 1 twice", "expected the end"),
        ("BTC/USD > 1 every", "expected a time"),
        ("BTC/USD > 1 note buy", "quotation marks"),
        ("BTC/USD > 1 note \"buy", "at the end of the note"),
        ("BTC/USD > 1 note \"\"", "one to 100"),
        ("BTC/USD > 1 note \"a\u{1b}[2J\"", "printable"),
        ("BTC/USD > 1 note \"a\" once", "expected the end"),
        ("BTC/USD \u{1b}[2J > 1", "not [2J"),
    ];
    for (text, words) in cases {
        let error = text.parse::<Rule>().unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains('\u{1b}'), "{text:?}: {error}");
    }
    assert_eq!(format!("BTC/USD > 1{}", " ".repeat(2_000)).parse::<Rule>(), Err(RuleError::TooLong));
}

fn rules() -> impl Strategy<Value = Rule> {
    let span = (1u32..=604_800).prop_map(|secs| Span::from_secs(secs).unwrap());
    let field = prop_oneof![
        (any::<bool>(), 0u16..=1_000, any::<bool>()).prop_map(|(bid, row, price)| Field::Level(
            if bid { Side::Bid } else { Side::Ask },
            row,
            if price { Column::Price } else { Column::Quantity }
        )),
        Just(Field::Spread),
        Just(Field::SpreadBps),
        Just(Field::Mid),
        Just(Field::Sequence),
        Just(Field::Checked),
        Just(Field::Failed),
    ];
    let gauge = prop_oneof![
        Just(Gauge::Mid),
        Just(Gauge::Last),
        Just(Gauge::Spread),
        (1u16..=1_000).prop_map(Gauge::Imbalance),
        span.clone().prop_map(Gauge::Move),
        span.clone().prop_map(Gauge::Volume),
        Just(Gauge::Funding),
        field.prop_map(Gauge::Field),
    ];
    let number = (gauge, any::<bool>(), any::<i64>(), 0u32..=28).prop_map(|(gauge, above, units, scale)| {
        let than = if above { Than::Above } else { Than::Below };
        Condition::Number { gauge, than, limit: Decimal::new(units, scale) }
    });
    let standings = [Standing::Live, Standing::Stale, Standing::Resync, Standing::Waiting];
    let condition = prop_oneof![
        8 => number,
        1 => span.clone().prop_map(Condition::Stale),
        1 => prop::sample::select(standings.to_vec()).prop_map(Condition::Standing),
    ];
    let repeat = prop_oneof![Just(Repeat::Crossing), Just(Repeat::Once), span.prop_map(Repeat::Every)];
    let venue = prop::option::of(prop::sample::select(VenueId::ALL.to_vec()));
    let note = prop::option::of("[a-z\"\\\\ é東]{1,100}".prop_filter_map("a note", |text| Note::new(&text).ok()));
    let symbol = "[A-Z0-9._-]{1,24}/[A-Z0-9._-]{1,24}(:[A-Z0-9._-]{1,24})?";
    (symbol, venue, condition, repeat, note).prop_map(|(symbol, venue, condition, repeat, note)| Rule {
        symbol: Symbol::new(&symbol).unwrap(),
        venue,
        condition,
        repeat,
        note,
    })
}

proptest! {
    #[test]
    fn a_printed_rule_is_read_as_the_same_rule(rule in rules()) {
        let printed = rule.to_string();
        prop_assert_eq!(crate::market::printable(&printed), printed.as_str());
        prop_assert_eq!(printed.parse::<Rule>(), Ok(rule));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}|BTC/USD [a-z.0-9()<>= \"\\\\%]{0,40}") {
        if let Ok(rule) = text.parse::<Rule>() {
            prop_assert_eq!(rule.to_string().parse::<Rule>(), Ok(rule));
        }
    }
}
