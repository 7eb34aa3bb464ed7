//! The commands that read a table, as a script runs them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exchequer"));
    command.args(arguments).current_dir(home).env_clear().env("HOME", home).output().unwrap()
}

fn table(name: &str, rows: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(name), rows).unwrap();
    home
}

fn result(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stderr, b"");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn trades_come_to_what_each_method_says() {
    let home = table(
        "t.csv",
        "date,type,asset,quantity,price,fee\n\
         2026-01-01,buy,BTC,1,40000,10\n\
         2026-02-01,buy,BTC,1,50000,20\n\
         2026-02-02,buy,ETH,0.000000000000000001,3000,0\n\
         2026-03-01,sell,BTC,1.5,60000,30\n",
    );
    for (method, realised, cost) in
        [("fifo", "24950.00", "25010.00"), ("lifo", "19945.00", "20005.00"), ("average", "22447.50", "22507.50")]
    {
        let found = result(&run(home.path(), &["pnl", "--trades", "t.csv", "--method", method, "--json"]));
        assert_eq!(found["assets"]["BTC"], json!({"realised": realised, "quantity": "0.5", "cost": cost}), "{method}");
        assert_eq!(found["assets"]["ETH"]["quantity"], "0.000000000000000001");
    }
    let priced = result(&run(home.path(), &["pnl", "--trades", "t.csv", "--price", "BTC=61000", "--json"]));
    assert_eq!(priced["assets"]["BTC"]["unrealised"], "5490.00");
}

#[test]
fn a_series_has_its_figures_and_says_what_is_missing() {
    let home = table("s.csv", "date,value\n2026-01-01,100\n2026-01-02,110\n2026-01-03,121\n");
    let found = result(&run(home.path(), &["performance", "--series", "s.csv", "--json"]));
    assert_eq!((&found["periods"], &found["max_drawdown"], &found["sortino"]), (&json!(2), &json!(null), &json!(null)));
    assert!((found["twr"].as_f64().unwrap() - 0.21).abs() < 1e-12);
    assert_eq!(found["undefined"]["sortino"], "needs a loss");
    let table = run(home.path(), &["performance", "--series", "s.csv"]);
    assert!(String::from_utf8(table.stdout).unwrap().contains("it never fell"));
}

#[test]
fn a_series_is_held_against_another_when_asked() {
    let rows = |values: [u32; 5]| -> String {
        let days = (1..).zip(values).map(|(day, value)| format!("2026-01-0{day},{value}\n"));
        "date,value\n".chars().chain(days.collect::<String>().chars()).collect()
    };
    let home = table("s.csv", &rows([1000, 1200, 1080, 1296, 1166]));
    fs::write(home.path().join("b.csv"), rows([1000, 1100, 1045, 1150, 1092])).unwrap();
    let alone = result(&run(home.path(), &["performance", "--series", "s.csv", "--json"]));
    assert!(alone.get("beta").is_none() && alone.get("correlation").is_none());
    let arguments = ["performance", "--series", "s.csv", "--benchmark-series", "b.csv"];
    let found = result(&run(home.path(), &[&arguments[..], &["--json"]].concat()));
    // Twice the benchmark's moves, but for rounding to whole numbers.
    assert!((found["beta"].as_f64().unwrap() - 2.0).abs() < 0.01, "{found}");
    assert!(found["correlation"].as_f64().unwrap() > 0.999);
    let table = run(home.path(), &arguments);
    assert!(String::from_utf8(table.stdout).unwrap().contains("correlation"));
    fs::write(home.path().join("b.csv"), "date,value\n2026-01-01,1\n2026-01-02,2\n").unwrap();
    let short = result(&run(home.path(), &[&arguments[..], &["--json"]].concat()));
    assert_eq!((&short["beta"], &short["undefined"]["beta"]), (&json!(null), &json!("needs three common returns")));
}

/// So many purchases, one a minute.
fn purchases(count: usize) -> String {
    let mut rows = String::from("date,type,asset,quantity,price,currency,fee,id\n");
    for n in 0..count {
        let (day, hour, minute) = (1 + n / 1_440 % 28, n / 60 % 24, n % 60);
        rows += &format!("2025-01-{day:02}T{hour:02}:{minute:02}:00Z,buy,BTC,0.001,40000,EUR,0.04,T-{n}\n");
    }
    rows
}

fn import(home: &Path, more: &[&str]) -> Output {
    let arguments = [&["portfolio", "import", "t.csv", "--account", "cold", "--json"], more].concat();
    run(home, &arguments)
}

fn shown(home: &Path) -> Value {
    result(&run(home, &["portfolio", "show", "--json"]))
}

#[test]
fn an_import_is_added_once_and_a_refused_row_stops_it() {
    let home = table("t.csv", &purchases(500));
    assert_eq!(result(&import(home.path(), &["--dry-run"]))["would_add"], 500);
    assert_eq!(shown(home.path()), json!({"entries": 0, "accounts": {}}));
    assert_eq!(result(&import(home.path(), &[]))["added"], 500);
    let after = json!({"entries": 500, "accounts": {"cold": {"BTC": "0.5", "EUR": "-20020"}}});
    assert_eq!(shown(home.path()), after);
    let again = result(&import(home.path(), &[]));
    assert_eq!((&again["added"], &again["known"]), (&json!(0), &json!(500)));

    // The same id with another price, and one more that is fine.
    let changed = "date,type,asset,quantity,price,currency,fee,id\n2025-01-01,buy,BTC,0.001,41000,EUR,0.04,T-0\n\
                   2025-01-02,deposit,BTC,1,,,,D-1\n";
    fs::write(home.path().join("t.csv"), changed).unwrap();
    let output = import(home.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert!(
        error["error"]["message"].as_str().unwrap().contains("line 2: entry T-0 is in the ledger already"),
        "{error}"
    );
    assert_eq!(shown(home.path()), after, "nothing was added");
    let skipped = result(&import(home.path(), &["--skip-refused"]));
    assert_eq!((&skipped["added"], &skipped["refused"][0]["line"]), (&json!(1), &json!(2)));
    assert_eq!(shown(home.path())["accounts"]["cold"]["BTC"], "1.5");
}

#[test]
fn an_import_that_is_killed_is_completed_by_the_next() {
    let home = table("t.csv", &purchases(20_000));
    let arguments = ["portfolio", "import", "t.csv", "--account", "cold"];
    let mut entries = 0;
    for _ in 0..10 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exchequer"));
        let command = command.args(arguments).current_dir(home.path()).env_clear().env("HOME", home.path());
        let mut process = command.stdout(std::process::Stdio::null()).spawn().unwrap();
        // Killed as soon as something new is in the journal.
        loop {
            let now = shown(home.path())["entries"].as_u64().unwrap();
            if now > entries || process.try_wait().unwrap().is_some() {
                entries = now;
                break;
            }
        }
        process.kill().unwrap();
        process.wait().unwrap();
    }
    let last = result(&import(home.path(), &[]));
    assert_eq!(last["added"].as_u64().unwrap() + last["known"].as_u64().unwrap(), 20_000);
    let after = shown(home.path());
    assert_eq!(after, json!({"entries": 20_000, "accounts": {"cold": {"BTC": "20", "EUR": "-800800"}}}));
    assert!(run(home.path(), &["journal", "verify"]).status.success());
}

#[test]
fn what_cannot_be_read_is_named_with_its_line() {
    let home = table("t.csv", "date,type,asset,quantity,price\n2026-01-01,buy,BTC,\"1,5\",1\n");
    let output = run(home.path(), &["pnl", "--trades", "t.csv", "--json"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), b"".as_slice()));
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("t.csv, line 2: quantity: \"1,5\" is not a decimal number"), "{message}");
    let output = run(home.path(), &["performance", "--series", "absent.csv"]);
    assert_eq!(output.status.code(), Some(1));
    // A file with holes takes no room on the disk.
    let large = fs::File::create(home.path().join("large.csv")).unwrap();
    large.set_len(2 << 30).unwrap();
    let output = run(home.path(), &["pnl", "--trades", "large.csv"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("2048 MiB"));
}
