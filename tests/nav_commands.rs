//! `nav`, `pnl`, `performance` and the definitions of portfolios, as scripts use them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn run(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exchequer"));
    command.env_clear().env("HOME", home).env("EXCHEQUER_DATA_DIR", home.join("data"));
    command.args(arguments).output().unwrap()
}

fn json(home: &Path, arguments: &[&str]) -> Value {
    let output = run(home, &[arguments, &["--json"]].concat());
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {words}");
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

/// The code and the key of a failure.
fn failure(home: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(home, &[arguments, &["--json"]].concat());
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    (output.status.code(), error["error"]["key"].as_str().unwrap().to_owned())
}

const LEDGER: &str = "\
date,type,asset,quantity,price,currency,fee,account,id
2026-01-01,deposit,USD,100000,,,,bank,1
2026-01-02,transfer,USD,-60000,,,,bank,2
2026-01-02,transfer,USD,60000,,,,venue,3
2026-01-03,buy,BTC,1,40000,USD,10,venue,4
2026-01-04,sell,BTC,0.5,50000,USD,20,venue,5
2026-01-05,deposit,XYZ,100,,,,bank,6
";

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("ledger.csv"), LEDGER).unwrap();
    let file = home.path().join("ledger.csv");
    let brought = json(home.path(), &["portfolio", "import", file.to_str().unwrap()]);
    assert_eq!(brought["added"], 6);
    home
}

#[test]
fn what_has_no_price_is_unknown_until_somebody_names_one() {
    let home = home();
    let at = home.path();
    let nav = json(at, &["nav"]);
    assert_eq!((&nav["nav"], &nav["unpriced"], &nav["never_priced"]), (&"84970".into(), &2.into(), &2.into()));
    let line = |nav: &Value, asset: &str| {
        nav["holdings"].as_array().unwrap().iter().find(|line| line["asset"] == asset).unwrap().clone()
    };
    assert_eq!((&line(&nav, "XYZ")["value"], &line(&nav, "XYZ")["price"]), (&Value::Null, &Value::Null));
    json(at, &["portfolio", "price", "XYZ", "2.5", "USD", "--account", "bank"]);
    let nav = json(at, &["nav"]);
    assert_eq!((&nav["nav"], &nav["unpriced"]), (&"85220".into(), &1.into()));
    assert!(line(&nav, "XYZ")["path"][0]["source"].as_str().unwrap().starts_with("named by entry price-XYZ"));
    // Before it was named it was not known.
    assert_eq!(json(at, &["nav", "--as-of", "2026-01-04"])["nav"], "84970");
    assert_eq!(json(at, &["nav", "--as-of", "2026-01-03"])["nav"], "59990");
    assert_eq!(json(at, &["nav", "--base", "XYZ"])["nav"], "34088");
}

#[test]
fn portfolios_are_defined_in_the_journal() {
    let home = home();
    let at = home.path();
    json(at, &["portfolio", "account", "venue", "--kind", "venue"]);
    json(at, &["portfolio", "define", "Trading", "--account", "venue"]);
    let nav = json(at, &["nav", "--portfolio", "Trading"]);
    assert_eq!((&nav["portfolio"], &nav["nav"]), (&"Trading".into(), &"44970".into()));
    assert_eq!(nav["holdings"][0]["accounts"][0]["kind"], "venue");
    assert_eq!(failure(at, &["nav", "--portfolio", "Nope"]), (Some(2), "no_portfolio".into()));
    assert_eq!(failure(at, &["portfolio", "define", "X", "--account", "nobody"]), (Some(2), "no_account".into()));
    assert_eq!(failure(at, &["portfolio", "define", "consolidated", "--account", "bank"]), (Some(2), "name".into()));
    json(at, &["portfolio", "define", "Trading", "--forget"]);
    assert_eq!(failure(at, &["nav", "--portfolio", "Trading"]), (Some(2), "no_portfolio".into()));
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(failure(empty.path(), &["nav"]), (Some(2), "nothing_owned".into()));
}

#[test]
fn profit_of_the_ledger_is_that_of_the_same_trades() {
    let home = home();
    let at = home.path();
    let trades = at.join("trades.csv");
    let rows = "date,type,asset,quantity,price,fee\n2026-01-03,buy,BTC,1,40000,10\n2026-01-04,sell,BTC,0.5,50000,20\n";
    std::fs::write(&trades, rows).unwrap();
    for method in ["fifo", "lifo", "hifo", "average"] {
        let of_trades = json(at, &["pnl", "--trades", trades.to_str().unwrap(), "--method", method]);
        let of_ledger = json(at, &["pnl", "--method", method]);
        for key in ["realised", "quantity", "cost"] {
            assert_eq!(of_trades["assets"]["BTC"][key], of_ledger["assets"]["BTC"][key], "{method} {key}");
        }
        assert_eq!(of_ledger["assets"]["BTC"]["realised"], "4975.00");
        assert_eq!(of_ledger["assets"]["XYZ"]["uncosted"], "100");
    }
    let venue = json(at, &["pnl", "--account", "venue", "--price", "BTC=60000"]);
    assert_eq!(
        (&venue["accounts"]["venue"]["realised"], &venue["accounts"]["bank"]),
        (&"4975.00".into(), &Value::Null)
    );
    assert_eq!(json(at, &["pnl", "--price", "BTC=60000"])["assets"]["BTC"]["unrealised"], "9995.00");
    assert_eq!(json(at, &["pnl", "--since", "2026-01-04"])["assets"]["BTC"]["realised"], "0.00");
}

#[test]
fn the_demo_has_a_past_that_can_be_taken_away() {
    let home = tempfile::tempdir().unwrap();
    let at = home.path();
    let nav = json(at, &["nav", "--venue", "sim"]);
    assert!(nav["change"]["ytd"]["percent"].is_string() && nav["unpriced"] == 1, "{nav}");
    let sources: Vec<_> =
        nav["holdings"].as_array().unwrap().iter().map(|line| line["path"][0]["source"].clone()).collect();
    assert!(sources.contains(&"sim BTC/USD mid".into()), "{sources:?}");
    let fund = json(at, &["nav", "--venue", "sim", "--portfolio", "Fund", "--as-of", "2026-06-30"]);
    let number = |value: &Value| value.as_str().unwrap().parse::<exchequer::money::Decimal>().unwrap();
    assert_eq!(number(&fund["nav"]) / number(&fund["unit"]["units"]), number(&fund["unit"]["nav"]));
    assert!(number(&fund["unit"]["high_water"]) >= number(&fund["unit"]["nav"]));

    let did = json(at, &["performance", "--venue", "sim", "--since", "2026-01-01", "--benchmark", "BTC/USD"]);
    assert!(did["beta"].is_f64() && did["left_out"] == serde_json::json!(["XYZ"]), "{did}");
    let parts = did["contributions"].as_object().unwrap().values().map(number).sum::<exchequer::money::Decimal>();
    assert!(parts != exchequer::money::Decimal::ZERO);

    let days = json(at, &["nav", "history", "--venue", "sim"]);
    assert_eq!(days.as_array().unwrap().len(), 730);
    for name in ["nav.parquet", "nav.csv", "nav.json"] {
        let file = at.join(name);
        let output = run(at, &["nav", "history", "--venue", "sim", "--export", file.to_str().unwrap()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(std::fs::metadata(&file).unwrap().len() > 10_000, "{name}");
    }
    let rows = std::fs::read_to_string(at.join("nav.csv")).unwrap();
    let last = days.as_array().unwrap().last().unwrap();
    assert!(rows.lines().last().unwrap().contains(last["nav"].as_str().unwrap()));
    let wrong = at.join("nav.xls");
    let wrong = failure(at, &["nav", "history", "--venue", "sim", "--export", wrong.to_str().unwrap()]);
    assert_eq!(wrong, (Some(2), "export".into()));
}
