//! Exports of venues and the ledger's own table, as a script brings them in and out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exchequer"));
    command.args(arguments).current_dir(home).env_clear().env("HOME", home).output().unwrap()
}

fn result(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stderr, b"", "a command that succeeds says nothing on stderr");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn error(output: &Output) -> Value {
    assert!(output.stdout.is_empty());
    serde_json::from_slice::<Value>(&output.stderr).unwrap()["error"].clone()
}

const BINANCE: &str = "Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n\
                       2026-01-01 16:36:56,DOGEEUR,BUY,0.31031,500DOGE,155.155EUR,0.5DOGE\n";

#[test]
fn a_header_tells_the_format_and_one_that_does_not_is_an_error_with_the_formats() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("b.csv"), BINANCE).unwrap();
    let import = ["portfolio", "import", "b.csv", "--account", "binance", "--json"];
    assert_eq!(result(&run(home.path(), &import))["added"], 1);
    let shown = result(&run(home.path(), &["portfolio", "show", "--json"]));
    assert_eq!(shown["accounts"]["binance"], json!({"DOGE": "499.5", "EUR": "-155.155"}));
    let nobody = error(&run(home.path(), &["portfolio", "import", "b.csv", "--json"]));
    assert_eq!(nobody["key"], "no_account");
    fs::write(home.path().join("b.csv"), "when,what\n1,2\n").unwrap();
    let unknown = error(&run(home.path(), &import));
    assert_eq!((&unknown["key"], &unknown["exit"]), (&json!("format_unknown"), &json!(2)));
    assert_eq!(unknown["message"], "b.csv: no format begins like this: when, what");
    assert!(
        unknown["hint"].as_str().unwrap().contains("generic, binance, binance-trades, bybit, coinbase, kraken-ledgers")
    );
}

#[test]
fn a_mapping_makes_a_table_ones_own() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("t.csv"), "Datum;Art;Coin;Menge\n31.01.2026 12:00;Kauf;BTC;1.000,5\n").unwrap();
    fs::write(
        home.path().join("m.toml"),
        "delimiter = \";\"\ndecimal = \",\"\nthousands = \".\"\ndate = \"%d.%m.%Y %H:%M\"\nzone = \"UTC\"\n\
         [columns]\ndate = \"Datum\"\ntype = \"Art\"\nasset = \"Coin\"\nquantity = \"Menge\"\n[types]\nKauf = \"deposit\"\n",
    )
    .unwrap();
    let import = ["portfolio", "import", "t.csv", "--account", "a", "--mapping", "m.toml", "--json"];
    assert_eq!(result(&run(home.path(), &import))["added"], 1);
    assert_eq!(result(&run(home.path(), &["portfolio", "show", "--json"]))["accounts"]["a"]["BTC"], "1000.5");
    fs::write(home.path().join("m.toml"), "decimal = \",\"\ncolour = 1\n").unwrap();
    let wrong = error(&run(home.path(), &import));
    assert!(wrong["message"].as_str().unwrap().starts_with("m.toml, line 2: unknown field"), "{wrong}");
}

#[test]
fn an_export_into_another_home_is_the_same_ledger() {
    let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(home.path().join("b.csv"), BINANCE).unwrap();
    fs::write(
        home.path().join("g.csv"),
        "date,type,asset,quantity,price,currency,id,note\n2026-01-01,deposit,EUR,5,,,=1+1,\"=HYPERLINK(\"\"x\"\")\"\n\
         2026-01-02,price,HOUSE,,250000,EUR,p,\n",
    )
    .unwrap();
    for (file, account) in [("b.csv", "binance"), ("g.csv", "-cold")] {
        let account = format!("--account={account}");
        assert!(run(home.path(), &["portfolio", "import", file, &account]).status.success());
    }
    let lines = run(home.path(), &["portfolio", "export", "-", "--json"]).stdout;
    assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 3);
    let file = other.path().join("all.csv");
    assert!(run(home.path(), &["portfolio", "export", file.to_str().unwrap()]).status.success());
    let table = fs::read_to_string(&file).unwrap();
    assert!(table.contains(",'=1+1,\"'=HYPERLINK(\"\"x\"\")\"") && table.contains(",'-cold,"), "{table}");
    assert_eq!(result(&run(other.path(), &["portfolio", "import", "all.csv", "--json"]))["added"], 3);
    assert_eq!(run(other.path(), &["portfolio", "export", "-", "--json"]).stdout, lines);
    // What is there is not written over, and one account can be had alone.
    let again = run(home.path(), &["portfolio", "export", file.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(fs::read_to_string(&file).unwrap(), table);
    let one = run(home.path(), &["portfolio", "export", "-", "--account", "binance"]).stdout;
    assert_eq!(String::from_utf8(one).unwrap().lines().count(), 4, "a header and three legs");
}

#[test]
fn every_row_is_accounted_for_in_a_dry_run() {
    let home = tempfile::tempdir().unwrap();
    let text = "date,type,asset,quantity,id\n2026-01-01,deposit,BTC,1,a\n2026-01-01,deposit,BTC,1,a\n\
                2026-01-01,deposit,BTC,2,a\n2026-01-01,deposit,BTC,\"1,5\",b\n2026-01-01,deposit,BTC\n";
    fs::write(home.path().join("t.csv"), text).unwrap();
    let found = result(&run(home.path(), &["portfolio", "import", "t.csv", "--account", "a", "--dry-run", "--json"]));
    assert_eq!((&found["would_add"], &found["known"]), (&json!(1), &json!(1)));
    let lines: Vec<&Value> = found["refused"].as_array().unwrap().iter().map(|refused| &refused["line"]).collect();
    assert_eq!(lines, [4, 5, 6]);
}
