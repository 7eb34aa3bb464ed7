//! Exports as they come, and broken ones.

mod hostile;
mod journal;
mod mapped;
mod round_trip;
mod venues;

use super::*;
use crate::portfolio::ledger::{Kind, Ledger};

const GENERIC: &str = "\
date,type,asset,quantity,price,currency,fee,fee_asset,id,note
2026-01-01,deposit,EUR,10000,,,,,,salary
2026-01-02T10:00:00Z,buy,BTC,0.1,50000,EUR,5,,T-1,
2026-01-03,reward,ETH,0.000000000000000001,,,,,,
2026-01-03,reward,ETH,0.000000000000000001,,,,,,
2026-01-04,sell,BTC,0.05,60000,EUR,0.0001,BTC,,
2026-01-05,transfer,BTC,-0.04,,,,,,to cold
2026-01-06,fee,EUR,1.5,,,,,,
";

// Shaped as Kraken's export is documented.
const KRAKEN: &str = "\
\"txid\",\"refid\",\"time\",\"type\",\"subtype\",\"aclass\",\"asset\",\"amount\",\"fee\",\"balance\"
\"\",\"QGB-1\",\"2026-01-01 10:00:00\",\"deposit\",\"\",\"currency\",\"ZEUR\",1000.0000,0.0000,\"\"
\"L1\",\"QGB-1\",\"2026-01-01 10:05:00\",\"deposit\",\"\",\"currency\",\"ZEUR\",1000.0000,0.0000,1000.0000
\"L2\",\"T1\",\"2026-01-02 10:00:00\",\"trade\",\"\",\"currency\",\"ZEUR\",-500.0000,1.3000,498.7000
\"L3\",\"T1\",\"2026-01-02 10:00:00\",\"trade\",\"\",\"currency\",\"XXBT\",0.0100000000,0.0000000000,0.0100000000
\"L4\",\"S1\",\"2026-01-03 10:00:00\",\"staking\",\"\",\"currency\",\"DOT.S\",0.5,0,0.5
\"L5\",\"W1\",\"2026-01-04 10:00:00\",\"withdrawal\",\"\",\"currency\",\"XXBT\",-0.0090000000,0.0005000000,0.0005000000
";

fn account() -> Account {
    Account::new("a").unwrap()
}

fn later() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

/// Everything that a text says in a format.
fn items(format: Format, text: impl AsRef<[u8]>) -> Result<Vec<Item>, TableError> {
    let account = account();
    let reading = Reading { format, account: Some(&account), now: later(), mapping: None, accounts: "Assets" };
    let mut items = Vec::new();
    read(&reading, text.as_ref(), &mut |item| items.push(item))?;
    Ok(items)
}

/// Adds what a text says and tells how much of it was new.
fn bring(ledger: &mut Ledger, format: Format, text: &str) -> usize {
    let before = ledger.len();
    for item in items(format, text).unwrap() {
        if let Item::Entry { entry, .. } = item {
            ledger.add(*entry).unwrap();
        }
    }
    ledger.len() - before
}

fn ledger(format: Format, text: &str) -> Ledger {
    let mut ledger = Ledger::default();
    bring(&mut ledger, format, text);
    ledger
}

fn balances(ledger: &Ledger) -> Vec<String> {
    let balances = ledger.balances()[&account()].clone();
    balances.iter().map(|(asset, balance)| format!("{asset} {}", balance.normalize())).collect()
}

fn refusals(format: Format, text: &str) -> Vec<String> {
    let refused = |item: Item| match item {
        Item::Refused(error) => Some(error.to_string()),
        _ => None,
    };
    items(format, text).unwrap().into_iter().filter_map(refused).collect()
}

#[test]
fn a_table_of_ones_own_becomes_a_ledger() {
    let ledger = ledger(Format::Generic, GENERIC);
    // 10000 − 5000 − 5 + 3000 − 1.5; 0.1 − 0.05 − 0.0001 − 0.04.
    assert_eq!(balances(&ledger), ["BTC 0.0099", "ETH 0.000000000000000002", "EUR 7993.5"]);
    assert_eq!(ledger.entry(1).unwrap().id.as_str(), "T-1");
    assert_eq!(ledger.entry(0).unwrap().note.as_deref(), Some("salary"));
}

#[test]
fn krakens_ledgers_come_to_krakens_balances() {
    let items = items(Format::KrakenLedgers, KRAKEN).unwrap();
    assert!(matches!(items[0], Item::Skipped { line: 2, .. }));
    let ledger = ledger(Format::KrakenLedgers, KRAKEN);
    assert_eq!(balances(&ledger), ["BTC 0.0005", "DOT 0.5", "EUR 498.7"]);
    let trade = (0..ledger.len()).filter_map(|at| ledger.entry(at)).find(|entry| entry.kind == Kind::Trade).unwrap();
    assert_eq!((trade.id.as_str(), trade.legs.len()), ("T1", 3));
}

#[test]
fn what_comes_again_is_known() {
    for (format, text) in [(Format::Generic, GENERIC), (Format::KrakenLedgers, KRAKEN)] {
        let mut ledger = ledger(format, text);
        assert_eq!(bring(&mut ledger, format, text), 0);
        assert!(!ledger.is_empty());
    }
}

#[test]
fn each_broken_row_is_named_and_the_others_are_read() {
    let header = "date,type,asset,quantity,price,currency,fee\n";
    for (row, words) in [
        (
            "2026-01-01,deposit,BTC,-1,,,\n",
            "line 2: a quantity of -1; only a transfer, a settlement or a correction may have one below zero",
        ),
        ("2026-01-01,deposit,BTC,0,,,\n", "line 2: a deposit moves nothing with an amount of zero"),
        ("2026-01-01,buy,BTC,1,,EUR,\n", "line 2: price is empty"),
        ("2026-01-01,buy,BTC,1,5,,\n", "line 2: currency is empty"),
        ("2026-01-01,gift,BTC,1,,,\n", "line 2: type: \"gift\" is not one of buy, sell"),
        ("2026-01-01,deposit,B C,1,,,\n", "line 2: asset: ' ' cannot stand in an asset code"),
        ("2026-01-01,deposit,BTC,\"1,5\",,,\n", "line 2: quantity: \"1,5\" is not a decimal number"),
        ("2026-07-01,deposit,BTC,1,,,\n", "line 2: 2026-07-01T00:00:00Z is in the future"),
        ("2026-01-01,deposit,BTC,1,,,-1\n", "line 2: a fee of -1 is below zero"),
        ("2026-01-01,deposit,BTC\n", "line 2: 3 fields where the header has 7"),
        ("2026-01-01,deposit,BTC,1e-40,,,\n", "line 2: quantity: \"1e-40\" has too many digits"),
    ] {
        let text = format!("{header}{row}2026-01-01,deposit,BTC,1,,,\n");
        let refused = refusals(Format::Generic, &text);
        assert!(refused.len() == 1 && refused[0].starts_with(words), "{refused:?}");
        assert_eq!(ledger(Format::Generic, &text).len(), 1, "{row}");
    }
    let half = KRAKEN.lines().filter(|line| !line.contains("\"L3\"")).collect::<Vec<_>>().join("\n");
    assert_eq!(
        refusals(Format::KrakenLedgers, &half),
        ["line 4: a trade has one asset that comes in and one that goes out"],
        "one half of a trade is none"
    );
    assert!(items(Format::KrakenLedgers, "time,type\n").is_err());
}
