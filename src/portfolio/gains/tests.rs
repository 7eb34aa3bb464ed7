//! What trades, fees, debts and rewards come to, and that nothing is made up where a price is missing.

use super::*;
use crate::portfolio::ledger::{Account, Entry, EntryId, Leg};
use proptest::prelude::*;

const LATE: Timestamp = Timestamp::from_nanos(i64::MAX);

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Entries from lines of a kind and legs: `trade BTC 1, USD -60000, USD -20 fee`. One a day.
fn ledger(lines: &[&str]) -> Ledger {
    let mut ledger = Ledger::default();
    for (day, line) in lines.iter().enumerate() {
        let (kind, legs) = line.split_once(' ').unwrap();
        let kind = match kind {
            "trade" => Kind::Trade,
            "deposit" => Kind::Deposit,
            "withdrawal" => Kind::Withdrawal,
            "reward" => Kind::Reward,
            "fee" => Kind::Fee,
            "borrow" => Kind::Borrow,
            "repay" => Kind::Repay,
            "transfer" => Kind::Transfer,
            "settlement" => Kind::Settlement,
            other => panic!("{other}"),
        };
        let leg = |text: &str| {
            let words: Vec<_> = text.split_whitespace().collect();
            Leg { asset: Asset::new(words[0]).unwrap(), amount: words[1].parse().unwrap(), fee: words.len() == 3 }
        };
        let entry = Entry {
            id: EntryId::new(&day.to_string()).unwrap(),
            account: Account::new("a").unwrap(),
            at: Timestamp::from_secs(86_400 * i64::try_from(day).unwrap()),
            kind,
            legs: legs.split(", ").map(leg).collect(),
            note: None,
        };
        entry.check().unwrap();
        ledger.add(entry).unwrap();
    }
    ledger
}

fn of(ledger: &Ledger, method: Method, prices: &[(&str, &str)]) -> Gains {
    let base = Asset::new("USD").unwrap();
    let question = Question { base: &base, method, since: None, until: LATE };
    let known = |asset: usize| {
        let name = ledger.assets()[asset].as_str();
        prices.iter().find(|(of, _)| *of == name).map(|(_, price)| d(price))
    };
    gains(ledger, &question, &mut |asset, _| known(asset)).unwrap()
}

/// Realised, quantity, cost and uncosted amount of an asset.
fn told(ledger: &Ledger, gains: &Gains, name: &str) -> [String; 4] {
    let asset = ledger.assets().iter().position(|asset| asset.as_str() == name).unwrap();
    let realised: Decimal =
        gains.happened.iter().filter(|((_, of), _)| *of == asset).map(|(_, happened)| happened.realised).sum();
    let held = &gains.held[&asset];
    [realised, held.quantity, held.cost, held.uncosted].map(|number| number.normalize().to_string())
}

#[test]
fn fees_join_the_cost_or_lower_the_proceeds() {
    let ledger = ledger(&[
        "trade BTC 1, USD -60000, USD -20 fee",
        "trade BTC 1, USD -50000, BTC -0.001 fee",
        "trade USD 35000, BTC -0.5, USD -10 fee",
        "trade USD 7000, BTC -0.1, BTC -0.001 fee",
    ]);
    // 35000 − 10 − ½ × 60020, then 7000 − 0.101 × 60020.
    let fifo = of(&ledger, Method::Fifo, &[]);
    assert_eq!(told(&ledger, &fifo, "BTC"), ["5917.98", "1.398", "73947.98", "0"]);
    let lifo = of(&ledger, Method::Lifo, &[]);
    let unit = d("50000") / d("0.999");
    let expected = d("41990") - unit * d("0.601");
    let [realised, ..] = told(&ledger, &lifo, "BTC");
    assert!((d(&realised) - expected).abs() < d("0.000001"), "{realised} {expected}");
}

#[test]
fn a_fee_in_a_third_asset_is_a_sale_of_it() {
    let ledger = ledger(&["trade BNB 1, USD -300", "trade BTC 1, USD -60000, BNB -0.1 fee", "fee BNB -0.1 fee"]);
    let gains = of(&ledger, Method::Fifo, &[("BNB", "400")]);
    assert_eq!(told(&ledger, &gains, "BTC"), ["0", "1", "60040", "0"]);
    assert_eq!(told(&ledger, &gains, "BNB"), ["10", "0.8", "240", "0"]);
    assert_eq!(gains.happened.values().map(|happened| happened.fees).sum::<Decimal>(), d("40"));
}

#[test]
fn crypto_for_crypto_is_a_sale_and_a_purchase_at_what_was_given() {
    let ledger = ledger(&["trade BTC 1, USD -60000", "trade ETH 10, BTC -0.5"]);
    let gains = of(&ledger, Method::Fifo, &[("BTC", "70000"), ("ETH", "3000")]);
    assert_eq!(told(&ledger, &gains, "BTC"), ["5000", "0.5", "30000", "0"]);
    assert_eq!(told(&ledger, &gains, "ETH"), ["0", "10", "35000", "0"]);
}

#[test]
fn without_a_price_nothing_is_made_up() {
    let ledger = ledger(&["deposit XYZ 10", "trade USD 50, XYZ -4", "reward XYZ 1", "trade BTC 1, XYZ -1"]);
    let gains = of(&ledger, Method::Fifo, &[]);
    assert_eq!(told(&ledger, &gains, "XYZ"), ["0", "0", "0", "6"]);
    let xyz = gains.happened[&(0, 0)];
    assert_eq!((xyz.unmatched, xyz.unvalued, xyz.income), (d("50"), 2, d("0")));
    assert_eq!(told(&ledger, &gains, "BTC"), ["0", "0", "0", "1"]);
    assert_eq!(gains.held[&0].unrealised(d("5")), None);
}

#[test]
fn a_short_sale_gains_what_the_price_falls() {
    let ledger = ledger(&["borrow BTC 1", "trade USD 60000, BTC -1", "trade BTC 0.4, USD -20000", "repay BTC -0.4"]);
    let gains = of(&ledger, Method::Fifo, &[("BTC", "60000")]);
    // Bought back at 50000 what was sold at 60000.
    assert_eq!(told(&ledger, &gains, "BTC"), ["4000", "0", "0", "0"]);
    let held = &gains.held[&0];
    assert_eq!((held.owed, held.unrealised(d("50000"))), (d("0.6"), Some(d("6000"))));
}

#[test]
fn only_what_happened_in_the_period_counts() {
    let ledger = ledger(&["trade BTC 1, USD -10", "trade USD 20, BTC -0.5", "trade USD 30, BTC -0.5"]);
    let base = Asset::new("USD").unwrap();
    let day = |days: i64| Timestamp::from_secs(86_400 * days);
    for (since, until, realised) in [(None, 1, "15"), (Some(2), 9, "25"), (Some(0), 9, "40"), (Some(5), 9, "0")] {
        let question = Question { base: &base, method: Method::Fifo, since: since.map(day), until: day(until) };
        let gains = gains(&ledger, &question, &mut |_, _| None).unwrap();
        assert_eq!(gains.happened.values().map(|happened| happened.realised).sum::<Decimal>(), d(realised));
    }
}

proptest! {
    /// Whatever is traded: quantities are what the balances say, and profit is what was taken out more than put in.
    #[test]
    fn profit_is_what_is_left(trades in prop::collection::vec((any::<bool>(), 1i64..1000, 1i64..1000, 0i64..10), 1..60)) {
        let mut lines = Vec::new();
        for (buys, units, price, fee) in &trades {
            let sign = if *buys { 1 } else { -1 };
            let fee = if *fee == 0 { String::new() } else { format!(", USD -0.{fee} fee") };
            let (one, other) = (format!("BTC {}", sign * units), format!("USD {}", -sign * units * price));
            lines.push(format!("trade {one}, {other}{fee}"));
        }
        let ledger = ledger(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let (btc, usd) = (Asset::new("BTC").unwrap(), Asset::new("USD").unwrap());
        let account = Account::new("a").unwrap();
        for method in Method::ALL {
            let gains = of(&ledger, method, &[]);
            let held = &gains.held[&0];
            prop_assert_eq!(held.quantity + held.uncosted, ledger.balance(&account, &btc).unwrap());
            let happened: Decimal = gains.happened.values().map(|happened| happened.realised + happened.unmatched).sum();
            let cash = ledger.balance(&account, &usd).unwrap();
            prop_assert!((happened - held.cost - cash).abs() < Decimal::new(1, 12), "{} {} {}", happened, held.cost, cash);
        }
    }
}
