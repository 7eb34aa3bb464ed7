//! What a ledger takes, what it refuses, and that nothing gets lost in it.

use super::*;
use crate::market::Timestamp;
use crate::money::Quantity;
use proptest::prelude::*;

fn asset(name: &str) -> Asset {
    Asset::new(name).unwrap()
}

fn leg(name: &str, amount: &str) -> Leg {
    Leg { asset: asset(name), amount: amount.parse().unwrap(), fee: false }
}

fn fee(name: &str, amount: &str) -> Leg {
    Leg { fee: true, ..leg(name, amount) }
}

fn entry(id: &str, kind: Kind, legs: Vec<Leg>) -> Entry {
    let (id, account) = (EntryId::new(id).unwrap(), Account::new("kraken").unwrap());
    Entry { id, account, at: Timestamp::from_secs(1), kind, legs, note: None }
}

#[test]
fn legs_suit_their_kind() {
    let (btc, usd) = (|| leg("BTC", "1"), || leg("USD", "-60000"));
    for (kind, legs, fits) in [
        (Kind::Trade, vec![btc(), usd(), fee("USD", "-20")], true),
        (Kind::Trade, vec![btc()], false),
        (Kind::Trade, vec![btc(), leg("USD", "60000")], false),
        (Kind::Deposit, vec![btc()], true),
        (Kind::Deposit, vec![usd()], false),
        (Kind::Withdrawal, vec![usd(), fee("USD", "-1")], true),
        (Kind::Withdrawal, vec![], false),
        (Kind::Transfer, vec![usd()], true),
        (Kind::Transfer, vec![btc(), usd()], false),
        (Kind::Fee, vec![fee("USD", "-1")], true),
        (Kind::Fee, vec![usd()], false),
        (Kind::Reward, vec![leg("BTC", "0")], false),
        (Kind::Correction { of: EntryId::new("x").unwrap() }, vec![btc(), usd()], true),
        (Kind::Subscription { units: Quantity::ZERO }, vec![btc()], false),
        (Kind::Subscription { units: "1".parse().unwrap() }, vec![usd()], false),
        (Kind::Redemption { units: "1".parse().unwrap() }, vec![usd()], true),
    ] {
        assert_eq!(entry("a", kind.clone(), legs.clone()).check().is_ok(), fits, "{kind:?} {legs:?}");
    }
}

#[test]
fn names_are_inert() {
    for name in ["", " a", "a ", "a\u{1b}[2J", "\u{202e}", &"x".repeat(129)] {
        assert!(Account::new(name).is_err() && EntryId::new(name).is_err(), "{name:?}");
    }
    assert!(serde_json::from_str::<Account>("\" a\"").is_err());
}

#[test]
fn what_comes_twice_counts_once_and_what_differs_is_refused() {
    let mut ledger = Ledger::default();
    let bought = || entry("T1", Kind::Trade, vec![leg("BTC", "0.5"), leg("USD", "-30000"), fee("USD", "-12.5")]);
    assert_eq!(ledger.add(bought()), Ok(Added::New));
    assert_eq!(ledger.add(bought()), Ok(Added::Known));
    let mut other = bought();
    other.legs[0].amount = "0.6".parse().unwrap();
    assert_eq!(ledger.add(other), Err(LedgerError::Differs(EntryId::new("T1").unwrap())));
    let of = |id: &str| Kind::Correction { of: EntryId::new(id).unwrap() };
    assert!(matches!(ledger.add(entry("C1", of("T2"), vec![leg("BTC", "0.1")])), Err(LedgerError::Unknown(..))));
    assert_eq!(ledger.add(entry("C1", of("T1"), vec![leg("BTC", "0.1")])), Ok(Added::New));
    let balances = ledger.balances()[&Account::new("kraken").unwrap()].clone();
    assert_eq!(
        (balances[&asset("BTC")], balances[&asset("USD")]),
        ("0.6".parse().unwrap(), "-30012.5".parse().unwrap())
    );
}

#[test]
fn a_balance_that_would_be_rounded_is_refused() {
    let mut ledger = Ledger::default();
    let huge = |amount| entry("0", Kind::Deposit, vec![leg("X", amount)]);
    assert!(matches!(ledger.add(huge("100000000000000000001")), Err(LedgerError::TooLarge(..))));
    assert_eq!(MOST, "100000000000000000000".parse().unwrap());
    ledger.add(entry("1", Kind::Deposit, vec![leg("X", "100000000000")])).unwrap();
    let dust = entry("2", Kind::Deposit, vec![leg("X", "0.000000000000000000000001")]);
    assert!(matches!(ledger.add(dust), Err(LedgerError::TooPrecise(..))));
    assert_eq!((ledger.len(), ledger.balances().len()), (1, 1));
}

#[test]
fn an_entry_is_read_as_it_was_written() {
    let mut correction = entry("C1", Kind::Correction { of: EntryId::new("T1").unwrap() }, vec![fee("USD", "-1.50")]);
    correction.note = Some("wrong\nfee".to_owned());
    let units = "10.5".parse().unwrap();
    let price =
        |until| Kind::Price { asset: asset("XYZ"), price: "1.25".parse().unwrap(), currency: asset("EUR"), until };
    let mut ledger = Ledger::default();
    for entry in [
        entry("T1", Kind::Trade, vec![leg("BTC", "0.5"), leg("USD", "-1")]),
        correction,
        entry("D1", Kind::Deposit, vec![leg("BTC", "0.10")]),
        entry("S1", Kind::Subscription { units }, vec![leg("USD", "1050")]),
        entry("S2", Kind::Redemption { units }, vec![leg("USD", "-1050"), fee("USD", "-3")]),
        entry("P1", price(None), vec![]),
        entry("P2", price(Some(Timestamp::from_secs(9))), vec![]),
    ] {
        entry.check().unwrap();
        ledger.add(entry.clone()).unwrap();
        assert_eq!(ledger.entry(ledger.len() - 1).as_ref(), Some(&entry), "out of the columns");
        let text = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), entry, "{text}");
    }
}

proptest! {
    /// In whatever order and however often entries come, balances are the sums over each of them once.
    #[test]
    fn balances_are_sums(
        amounts in prop::collection::vec((-1_000_000i64..1_000_000, 0u32..9, 0usize..3), 1..40),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..80),
    ) {
        let assets = ["BTC", "ETH", "USD"].map(asset);
        let entries: Vec<Entry> = amounts
            .iter()
            .enumerate()
            .filter(|(_, (units, ..))| *units != 0)
            .map(|(n, (units, decimals, which))| {
                let leg = Leg { asset: assets[*which].clone(), amount: Quantity::new(Decimal::new(*units, *decimals)), fee: false };
                entry(&n.to_string(), Kind::Transfer, vec![leg])
            })
            .collect();
        prop_assume!(!entries.is_empty());
        let mut ledger = Ledger::default();
        for entry in order.iter().map(|index| index.get(&entries)).chain(&entries) {
            ledger.add(entry.clone()).unwrap();
        }
        prop_assert_eq!(ledger.len(), entries.len());
        for asset in &assets {
            let legs = entries.iter().flat_map(|entry| &entry.legs).filter(|leg| leg.asset == *asset);
            let sum: Decimal = legs.map(|leg| leg.amount.get()).sum();
            let balances = ledger.balances()[&Account::new("kraken").unwrap()].clone();
            prop_assert_eq!(balances.get(asset).copied().unwrap_or_default(), sum);
        }
    }
}

#[test]
fn what_is_written_wrongly_is_no_entry() {
    let good = r#"{"id":"1","account":"a","at":1767225600000000000,"kind":"deposit","legs":["BTC 1"]}"#;
    serde_json::from_str::<Entry>(good).unwrap();
    for (from, to) in [
        ("deposit", "gift"),
        ("deposit", "price"),
        ("deposit", "correction"),
        ("BTC 1", "BTC"),
        ("BTC 1", "BTC one"),
        ("BTC 1", "BTC 1 fees"),
        ("BTC 1", "BTC 1 fee 2"),
        (r#""1""#, r#"" 1""#),
        ("1767225600000000000", "\"2026-01-01\""),
    ] {
        assert!(serde_json::from_str::<Entry>(&good.replacen(from, to, 1)).is_err(), "{to}");
    }
}
