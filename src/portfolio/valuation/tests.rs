//! What lines are worth, that old prices stop to count, and that nothing depends on the order of events.

use super::*;
use proptest::prelude::*;
use std::time::Duration;

const LIMITS: Limits = Limits { stale: Duration::from_secs(30), expired: Duration::from_secs(300) };

fn asset(name: &str) -> Asset {
    Asset::new(name).unwrap()
}

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn quote(valuation: &mut Valuation, pair: &str) -> QuoteId {
    let (base, currency) = pair.split_once('/').unwrap();
    let (asset, currency) = (asset(base), asset(currency));
    valuation.quote(Quote { asset, currency, source: pair.into(), limits: LIMITS, named: false })
}

fn tick(price: &str, secs: i64) -> Option<Tick> {
    Some(Tick { price: d(price), spread: Some(Decimal::ONE), at: at(secs) })
}

fn hold(valuation: &mut Valuation, name: &str, quantity: &str) {
    let groups = [1].into();
    valuation.hold((&Account::new("a").unwrap(), &asset(name), false), d(quantity), &groups);
}

#[test]
fn what_is_too_old_is_unknown_and_never_zero() {
    let mut valuation = Valuation::new(asset("USD"));
    let (btc, eth) = (quote(&mut valuation, "BTC/USD"), quote(&mut valuation, "ETH/BTC"));
    for (name, quantity) in [("BTC", "2"), ("ETH", "10"), ("USD", "-1000"), ("XYZ", "5"), ("SOL", "0")] {
        hold(&mut valuation, name, quantity);
    }
    assert_eq!(
        valuation.total(0),
        Total { liabilities: d("1000"), lines: 4, unpriced: 3, never: 3, ..Total::default() }
    );
    valuation.set(btc, tick("60000", 0), at(0));
    valuation.set(eth, tick("0.05", 100), at(100));
    valuation.pass(at(100));
    let total = valuation.total(1);
    assert_eq!((total.nav(), total.stale, total.unpriced), (d("149000"), 2, 1), "ether is as old as bitcoin");
    assert_eq!(valuation.age(&asset("ETH")), Some((at(0), Age::Stale)));

    valuation.pass(at(310));
    let total = valuation.total(0);
    assert_eq!((total.nav(), total.unpriced, total.never, total.forgotten), (d("-1000"), 3, 1, d("150000")));
    assert_eq!(total.complete(), Some(d("1000") / d("151000")));
    valuation.set(btc, tick("50000", 310), at(310));
    let total = valuation.total(0);
    assert_eq!((total.nav(), total.stale, total.complete()), (d("124000"), 1, Some(Decimal::ONE)));
    valuation.set(btc, None, at(310));
    assert_eq!((valuation.total(0).never, valuation.price(&asset("BTC"))), (3, None));
    assert_eq!(valuation.total(0), valuation.recounted().total(0));
}

#[test]
fn the_way_is_the_freshest_then_the_shortest_then_the_tightest() {
    let mut valuation = Valuation::new(asset("EUR"));
    let ids = ["BTC/USD", "EUR/USD", "BTC/USDT", "USDT/EUR", "BTC/EUR"].map(|pair| quote(&mut valuation, pair));
    let way = |valuation: &Valuation| {
        let path = valuation.path(&asset("BTC"));
        path.iter()
            .map(|step| format!("{}{}", if step.inverted { "1/" } else { "" }, step.quote.source))
            .collect::<Vec<_>>()
    };
    let wide = |price, spread| Some(Tick { spread: Some(d(spread)), ..tick(price, 0).unwrap() });
    valuation.set(ids[0], tick("60000", 0), at(0));
    assert_eq!(valuation.price(&asset("BTC")), None);
    valuation.set(ids[1], tick("1.25", 0), at(0));
    assert_eq!(
        (way(&valuation), valuation.price(&asset("BTC"))),
        (vec!["BTC/USD".into(), "1/EUR/USD".into()], Some(d("48000")))
    );
    valuation.set(ids[2], tick("61000", 0), at(0));
    valuation.set(ids[3], tick("0.8", 0), at(0));
    assert_eq!(way(&valuation)[0], "BTC/USD", "what was known first, of equals");
    valuation.set(ids[0], wide("60000", "50"), at(0));
    assert_eq!(way(&valuation), ["BTC/USDT", "USDT/EUR"]);
    valuation.set(ids[4], wide("48500", "500"), at(0));
    assert_eq!(way(&valuation), ["BTC/EUR"]);
    for id in [0, 1] {
        valuation.set(ids[id], tick("1", 40), at(40));
    }
    assert_eq!(way(&valuation)[0], "BTC/EUR", "time passes only when it is told to");
    valuation.pass(at(40));
    assert_eq!(way(&valuation)[0], "BTC/USD");
}

#[test]
fn what_a_person_names_goes_before_a_market() {
    let mut valuation = Valuation::new(asset("USD"));
    let market = quote(&mut valuation, "XYZ/USD");
    valuation.set(market, tick("3", 0), at(0));
    let source = "named".into();
    let named =
        valuation.quote(Quote { asset: asset("XYZ"), currency: asset("USD"), source, limits: LIMITS, named: true });
    valuation.set(named, tick("2.5", 0), at(0));
    assert_eq!(valuation.price(&asset("XYZ")), Some(d("2.5")));
}

#[test]
fn what_no_decimal_holds_is_no_value() {
    let mut valuation = Valuation::new(asset("USD"));
    let id = quote(&mut valuation, "BTC/USD");
    hold(&mut valuation, "BTC", "10000000000000000000000");
    for (price, never) in [("79228162514264337593543950335", 1), ("0.000001", 0), ("-1", 1), ("0", 1), ("1", 1)] {
        valuation.set(id, tick(price, 0), at(0));
        assert_eq!(valuation.total(0).never, never, "{price}");
    }
}

/// Something that happens to a desk.
#[derive(Clone, Debug)]
enum Happening {
    Price(usize, Option<(i64, u32, Option<i64>)>),
    Pass,
    Hold(usize, usize, i64),
}

const NAMES: [&str; 6] = ["USD", "EUR", "BTC", "ETH", "USDT", "XYZ"];
const PAIRS: [&str; 9] =
    ["BTC/USD", "BTC/EUR", "EUR/USD", "ETH/BTC", "ETH/USD", "BTC/USDT", "USDT/USD", "XYZ/ETH", "XYZ/USDT"];

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let price = (1i64..1_000_000, 0u32..12, prop::option::of(0i64..200));
    let one = prop_oneof![
        6 => (0..PAIRS.len(), prop::option::weighted(0.9, price)).prop_map(|(pair, price)| Happening::Price(pair, price)),
        1 => Just(Happening::Pass),
        3 => (0usize..3, 0..NAMES.len(), -1_000_000i64..1_000_000).prop_map(|(a, b, c)| Happening::Hold(a, b, c)),
    ];
    prop::collection::vec(one, 1..120)
}

proptest! {
    /// Whatever happens, in whatever order: what is kept up to date is what is counted from nothing, to the last digit.
    #[test]
    fn nav_equals_nav_counted_from_nothing(happenings in happenings(), base in 0..NAMES.len()) {
        let mut valuation = Valuation::new(asset(NAMES[base]));
        let ids = PAIRS.map(|pair| quote(&mut valuation, pair));
        for (n, happening) in happenings.iter().enumerate() {
            let now = at(20 * n as i64);
            match *happening {
                Happening::Price(pair, price) => {
                    let tick = price.map(|(units, decimals, spread)| {
                        Tick { price: Decimal::new(units, decimals), spread: spread.map(Decimal::from), at: now }
                    });
                    valuation.set(ids[pair], tick, now);
                }
                Happening::Pass => valuation.pass(now),
                Happening::Hold(account, name, units) => {
                    let groups: Arc<[usize]> = if account == 0 { [].into() } else { [account].into() };
                    let account = Account::new(&account.to_string()).unwrap();
                    valuation.hold((&account, &asset(NAMES[name]), units < 0), Decimal::new(units, 4), &groups);
                }
            }
            let fresh = valuation.recounted();
            prop_assert_eq!(valuation.lines(), fresh.lines());
            for group in 0..3 {
                prop_assert_eq!(valuation.total(group), fresh.total(group));
            }
        }
        let all = valuation.total(0);
        let sum: Decimal = valuation.lines().iter().filter_map(|line| match line.worth {
            Worth::Known { value, .. } => Some(value),
            _ => None,
        }).sum();
        prop_assert_eq!(all.nav(), sum);
    }

    /// There and back again loses nothing but the last of 28 digits.
    #[test]
    fn a_conversion_goes_round(units in 1i64..1_000_000_000, decimals in 0u32..9, amount in 1i64..1_000_000_000) {
        let price = Decimal::new(units, decimals);
        let convert = |from: &str, to: &str, amount: Decimal| {
            let mut valuation = Valuation::new(asset(to));
            let id = quote(&mut valuation, "BTC/USD");
            valuation.set(id, Some(Tick { price, spread: None, at: at(0) }), at(0));
            amount * valuation.price(&asset(from)).unwrap()
        };
        let amount = Decimal::new(amount, 4);
        let back = convert("USD", "BTC", convert("BTC", "USD", amount));
        prop_assert!((back - amount).abs() <= amount * Decimal::new(1, 18), "{} {}", back, amount);
    }
}
