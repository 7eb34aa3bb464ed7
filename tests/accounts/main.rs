//! Accounts at venues, by the built program: keys, what they may do, and the ledger held against what the venue tells.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod venue;

use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use venue::{KEY, Mood, PASSPHRASE, Setup, VENUES, Venue, secret, wrong_secret};

/// A home with a ledger, and a venue that its programs ask.
struct Desk {
    home: tempfile::TempDir,
    name: &'static str,
    venue: Venue,
}

impl Desk {
    fn new(name: &'static str, setup: Setup) -> Self {
        Self { home: tempfile::tempdir().unwrap(), name, venue: Venue::start(name, setup) }
    }

    /// With these deposits in account `there`.
    fn holding(self, deposits: &[(&str, &str)]) -> Self {
        let rows = deposits.iter().map(|(asset, amount)| format!("2026-01-01,deposit,{asset},{amount},D-{asset}\n"));
        let table = format!("date,type,asset,quantity,id\n{}", rows.collect::<String>());
        fs::write(self.home.path().join("t.csv"), table).unwrap();
        let output = self.command(&["portfolio", "import", "t.csv", "--account", "there"]).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exchequer"));
        command.args(arguments).env_clear().env("HOME", self.home.path()).current_dir(self.home.path());
        command.env(self.variable("REST_URL"), &self.venue.url).env("PATH", self.home.path().join("bin"));
        command.stdin(Stdio::null());
        command
    }

    fn variable(&self, what: &str) -> String {
        format!("EXCHEQUER_{}_{what}", self.name.to_uppercase())
    }

    /// A command at the venue, with the key in the environment.
    fn keyed(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&[arguments, &["--venue", self.name]].concat());
        command.env(self.variable("API_KEY"), KEY).env(self.variable("API_SECRET"), secret(self.name));
        command.env(self.variable("API_PASSPHRASE"), PASSPHRASE);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.keyed(arguments).output().unwrap()
    }

    fn reconcile(&self, more: &[&str]) -> Output {
        self.run(&[&["portfolio", "reconcile", "--account", "there", "--json"], more].concat())
    }

    fn key_file(&self, text: &str, mode: u32) {
        let path = self.home.path().join(format!(".config/exchequer/keys/{}.toml", self.name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn object(output: &Output, exit: i32) -> Value {
    assert_eq!(output.status.code(), Some(exit), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The error of a command that failed with `exit` and printed nothing else.
fn failure(output: &Output, exit: i32) -> (String, String) {
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(exit), b"".as_slice()), "{}", stderr(output));
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    let text = |field: &str| error["error"][field].as_str().unwrap().to_owned();
    (text("key"), text("message"))
}

const ALL: [(&str, &str); 2] = [("BTC", "0.5"), ("USDT", "1000")];

#[test]
fn a_ledger_that_is_right_is_found_right_at_every_venue() {
    for name in VENUES {
        let desk = Desk::new(name, Setup::default()).holding(&ALL);
        let output = desk.reconcile(&[]);
        let told = object(&output, 0);
        assert_eq!((stderr(&output).as_str(), &told["equal"], &told["venue"]), ("", &json!(true), &json!(name)));
        let btc = json!({"asset": "BTC", "ledger": "0.5", "venue": "0.5", "difference": "0", "equal": true});
        assert_eq!((&told["assets"][0], told["assets"].as_array().unwrap().len()), (&btc, 2), "{name}");
        assert!(!told["leaves_out"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_difference_is_told_to_the_last_digit_and_fails() {
    for name in VENUES {
        let desk = Desk::new(name, Setup::default()).holding(&[("BTC", "0.500000000000000001"), ("ETH", "2")]);
        let output = desk.reconcile(&[]);
        let told = object(&output, 6);
        let expected = json!([
            {"asset": "BTC", "ledger": "0.500000000000000001", "venue": "0.5",
             "difference": "-0.000000000000000001", "equal": false},
            {"asset": "ETH", "ledger": "2", "venue": null, "difference": "-2", "equal": false},
            {"asset": "USDT", "ledger": null, "venue": "1000", "difference": "1000", "equal": false},
        ]);
        assert_eq!((&told["assets"], &told["equal"]), (&expected, &json!(false)), "{name}");
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(error["error"]["key"], "differs");
        let table = desk.run(&["portfolio", "reconcile", "--account", "there"]);
        assert_eq!(table.status.code(), Some(6));
        assert!(String::from_utf8(table.stdout).unwrap().contains("DIFFERS"), "{name}");
    }
    let desk = Desk::new("kraken", Setup::default()).holding(&ALL);
    let output = desk.run(&["portfolio", "reconcile", "--account", "their", "--json"]);
    let (key, _) = failure(&output, 2);
    assert_eq!((key.as_str(), desk.venue.asked.lock().unwrap().len()), ("account_unknown", 0));
}

#[test]
fn a_key_that_may_withdraw_is_warned_of() {
    for name in VENUES {
        let desk = Desk::new(name, Setup { may_all: true, ..Setup::default() });
        let told = object(&desk.run(&["account", "check", "--json"]), 0);
        assert_eq!((&told["read"], &told["trade"], &told["withdraw"]), (&json!(true), &json!(true), &json!(true)));
        assert_eq!(told["key"], json!({"kind": "environment", "name": desk.variable("API_KEY")}));
        assert!(told["warnings"][0].as_str().unwrap().contains("WITHDRAW"), "{told}");
        let table = desk.run(&["account", "check"]);
        assert!(stderr(&table).contains("WARNING: this key may WITHDRAW"), "{name}: {}", stderr(&table));
        let desk = Desk::new(name, Setup::default());
        let output = desk.run(&["account", "check", "--json"]);
        let told = object(&output, 0);
        assert_eq!((&told["withdraw"], &told["warnings"]), (&json!(false), &json!([])), "{name}");
        assert_eq!(stderr(&output), "");
    }
}

#[test]
fn balances_are_shown_with_what_they_leave_out() {
    for name in VENUES {
        let desk = Desk::new(name, Setup::default());
        let told = object(&desk.run(&["account", "show", "--json"]), 0);
        let expected = json!([{"asset": "BTC", "amount": "0.5"}, {"asset": "USDT", "amount": "1000"}]);
        assert_eq!(told["balances"], expected, "{name}");
        assert_eq!(told["positions"], if name == "binance" { json!(null) } else { json!([]) });
    }
}

#[test]
fn a_key_for_balances_alone_is_enough_and_positions_are_then_not_known() {
    for name in VENUES {
        let desk = Desk::new(name, Setup { balances_only: true, ..Setup::default() }).holding(&ALL);
        let told = object(&desk.reconcile(&[]), 0);
        assert_eq!((&told["equal"], &told["positions"]), (&json!(true), &json!(null)), "{name}");
        let table = desk.run(&["account", "show"]);
        assert!(String::from_utf8_lossy(&table.stdout).contains("tells this key of no positions"), "{name}");
    }
}

#[test]
fn a_wrong_secret_and_a_wrong_key_are_refused() {
    for name in VENUES {
        let desk = Desk::new(name, Setup::default()).holding(&ALL);
        for (variable, value) in [("API_SECRET", wrong_secret(name)), ("API_KEY", "another".to_owned())] {
            let arguments = ["portfolio", "reconcile", "--account", "there", "--json"];
            let output = desk.keyed(&arguments).env(desk.variable(variable), value).output().unwrap();
            assert_eq!(failure(&output, 3).0, "key_refused", "{name} {variable}");
        }
    }
    let desk = Desk::new("okx", Setup::default());
    let output = desk.keyed(&["account", "show", "--json"]).env("EXCHEQUER_OKX_API_PASSPHRASE", "x").output().unwrap();
    assert_eq!(failure(&output, 3).0, "key_refused");
    let output =
        desk.keyed(&["account", "show", "--json"]).env_remove("EXCHEQUER_OKX_API_PASSPHRASE").output().unwrap();
    assert_eq!((failure(&output, 3).0.as_str(), desk.venue.asked.lock().unwrap().len()), ("key_unusable", 1));
}

#[test]
fn a_wrong_time_and_an_old_nonce_are_named() {
    for name in ["binance", "bybit", "okx"] {
        for ahead in [3_600_000, -3_600_000] {
            let desk = Desk::new(name, Setup { ahead, ..Setup::default() });
            assert_eq!(failure(&desk.run(&["account", "show", "--json"]), 4).0, "clock_refused", "{name}");
        }
    }
    let desk = Desk::new("kraken", Setup { nonce: u64::MAX / 2, ..Setup::default() });
    assert_eq!(failure(&desk.run(&["account", "show", "--json"]), 4).0, "clock_refused");
    // Coinbase says nothing else of a token that is too old.
    let desk = Desk::new("coinbase", Setup { ahead: 3_600_000, ..Setup::default() });
    assert_eq!(failure(&desk.run(&["account", "show", "--json"]), 3).0, "key_refused");
}

#[test]
fn a_venue_that_does_not_answer_properly_is_named() {
    const GARBAGE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":[\x1b";
    const OVERRUN: &str = "HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
    const ELSEWHERE: &str = "HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    const DOWN: &str = "HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n";
    const SHORT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\n{}";
    for name in VENUES {
        for (mood, expected) in [
            (Mood::Silent, "no_answer"),
            (Mood::Endless, "answer_too_large"),
            (Mood::Says(GARBAGE), "answer_unreadable"),
            (Mood::Says(OVERRUN), "overrun"),
            (Mood::Says(ELSEWHERE), "refused"),
            (Mood::Says(DOWN), "venue_busy"),
            (Mood::Says("nonsense\r\n\r\n"), "not_connected"),
        ] {
            let desk = Desk::new(name, Setup { mood: mood.clone(), ..Setup::default() });
            let output = desk.run(&["account", "show", "--timeout", "700ms", "--json"]);
            let (key, message) = failure(&output, 4);
            assert_eq!(key, expected, "{name} {mood:?}: {message}");
            assert!(key != "overrun" || message.contains("ask again in 7 s"), "{message}");
            assert!(!message.contains(char::is_control));
            assert_eq!(desk.venue.asked.lock().unwrap().len(), 1, "{name} {mood:?} was asked again");
        }
        let desk = Desk::new(name, Setup { mood: Mood::Says(SHORT), ..Setup::default() });
        let output = desk.run(&["account", "show", "--timeout", "700ms", "--json"]);
        let (key, message) = failure(&output, 4);
        assert!(matches!(key.as_str(), "not_connected" | "no_answer"), "{name}: {message}");
    }
}

#[test]
fn a_key_is_used_over_https_alone_and_at_venues_that_are_known() {
    for url in ["http://example.com", "http://127.0.0.1.example.com", "http://user@127.0.0.1:1", "http://10.0.0.1:1"] {
        let desk = Desk::new("kraken", Setup::default());
        let output = desk.keyed(&["account", "show", "--json"]).env(desk.variable("REST_URL"), url).output().unwrap();
        assert_eq!(failure(&output, 2).0, "url_invalid", "{url}");
    }
    let desk = Desk::new("deribit", Setup::default());
    assert_eq!(failure(&desk.run(&["account", "show", "--json"]), 2).0, "venue_unsupported");
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let desk = Desk::new("kraken", Setup::default());
    let arguments = ["account", "check", "--venue", "kraken", "--json"];
    assert_eq!(failure(&desk.command(&arguments).output().unwrap(), 3).0, "key_missing");
    let text = format!("key = \"{KEY}\"\nsecret = \"{}\"\n", secret("kraken"));
    desk.key_file(&text, 0o644);
    let (key, message) = failure(&desk.command(&arguments).output().unwrap(), 3);
    assert!(key == "key_file" && message.contains("can be read by others"), "{message}");
    assert_eq!(desk.venue.asked.lock().unwrap().len(), 0, "nothing was asked with it");
    desk.key_file(&text, 0o600);
    let told = object(&desk.command(&arguments).output().unwrap(), 0);
    assert_eq!((&told["key"]["kind"], &told["withdraw"]), (&json!("file"), &json!(false)));
    desk.key_file("key = \"xyzzy\"\n", 0o600);
    let (key, message) = failure(&desk.command(&arguments).output().unwrap(), 3);
    assert!(key == "key_incomplete" && !message.contains("xyzzy"), "{message}");
}

#[cfg(not(target_os = "macos"))]
#[test]
fn a_key_in_the_keyring_is_found() {
    let desk = Desk::new("okx", Setup::default());
    let bin = desk.home.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let script = format!(
        "#!/bin/sh\n[ \"$*\" = \"lookup service exchequer venue okx field $7\" ] || exit 1\n\
         case \"$7\" in key) echo {KEY};; secret) echo {};; passphrase) echo {PASSPHRASE};; esac\n",
        secret("okx")
    );
    fs::write(bin.join("secret-tool"), script).unwrap();
    fs::set_permissions(bin.join("secret-tool"), fs::Permissions::from_mode(0o755)).unwrap();
    let output = desk.command(&["account", "check", "--venue", "okx", "--json"]).output().unwrap();
    assert_eq!(object(&output, 0)["key"], json!({"kind": "keyring", "program": "secret-tool"}));
}

#[test]
fn trades_come_into_the_ledger_once() {
    for (name, id, positions, more) in [
        ("kraken", "TAAAAA", 1, &["--trades"][..]),
        ("binance", "BTCUSDT-28", 0, &["--trades", "--symbol", "BTC/USDT"][..]),
    ] {
        // One trade of 0.01 BTC for 400 USDT, less 1 USDT, is not in the ledger yet.
        let desk = Desk::new(name, Setup::default()).holding(&[("BTC", "0.51"), ("USDT", "601")]);
        let dry = object(&desk.reconcile(&[more, &["--dry-run"]].concat()), 6);
        assert_eq!((&dry["trades"]["would_add"], &dry["equal"]), (&json!(1), &json!(false)), "{name}");
        let told = object(&desk.reconcile(more), 0);
        let expected = json!({"added": 1, "known": 0, "known_otherwise": 0, "positions": positions});
        assert_eq!((&told["trades"], &told["equal"]), (&expected, &json!(true)), "{name}");
        let again = object(&desk.reconcile(more), 0);
        assert_eq!((&again["trades"]["added"], &again["trades"]["known"]), (&json!(0), &json!(1)), "{name}");
        let output = desk.command(&["journal", "export"]).output().unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).contains(id), "{name}: {}", stderr(&output));
    }
    let desk = Desk::new("kraken", Setup::default()).holding(&ALL);
    let other = object(&desk.reconcile(&["--trades", "--symbol", "ETH/USD", "--symbol", "BTC/USD"]), 0);
    assert_eq!((&other["trades"]["added"], &other["trades"]["positions"]), (&json!(0), &json!(0)));
    let asked = desk.venue.asked.lock().unwrap().clone();
    assert_eq!(asked.iter().filter(|path| path.ends_with("TradesHistory")).count(), 1, "{asked:?}");
    let desk = Desk::new("binance", Setup::default()).holding(&ALL);
    assert_eq!(failure(&desk.reconcile(&["--trades"]), 2).0, "usage", "Binance wants to know of which instrument");
}

/// Every file below a folder, as one text.
fn written(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| match path.is_dir() {
            true => written(&path),
            false => String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned(),
        })
        .collect()
}

#[test]
fn neither_key_nor_signature_is_written_anywhere() {
    for name in VENUES {
        let desk = Desk::new(name, Setup::default()).holding(&ALL);
        let mut said = String::new();
        for arguments in [&["account", "check", "-vv"][..], &["portfolio", "reconcile", "--account", "there", "-vv"]] {
            for secret in [secret(name), wrong_secret(name), "\u{7f}swordfish".to_owned()] {
                let output = desk.keyed(arguments).env(desk.variable("API_SECRET"), secret).output().unwrap();
                said += &String::from_utf8_lossy(&[output.stdout, output.stderr].concat());
            }
        }
        said += &written(desk.home.path());
        for word in [KEY, "swordfish", &secret(name), PASSPHRASE, "Bearer", "signature="] {
            assert!(!said.contains(word), "{name}: {word}");
        }
    }
}
