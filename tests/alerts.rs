//! Alerts over real sockets: a desk that is restarted on its journal, a webhook on this machine, the built program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use exchequer::alert::{Phase, Rule, Span};
use exchequer::desk::alert::{Form, WebhookSettings};
use exchequer::desk::{
    AlertSettings, AlertWish, AlertsView, Command, Desk, Handle, Operator, Place, Query, Scope, Settings, View,
};
use exchequer::feed::webhook::Secret;
use exchequer::market::{Freshness, Interval, VenueId};
use exchequer::sim::{Server, Settings as Venue};
use exchequer::store::journal::{Alert, Body, Reader};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Long enough for any machine; nothing here waits for it unless something is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// What must never be seen.
const SECRET: &str = "xyzzy-4711";

fn settings(venue: &Server, dir: &Path, alerts: AlertSettings) -> Settings {
    Settings {
        watch: vec![Place { venue: VenueId::Sim, symbol: "BTC/USD".parse().unwrap() }],
        book_depth: 10,
        stale_after: PATIENCE,
        urls: [(VenueId::Sim, venue.url())].into(),
        rest_urls: Default::default(),
        fees: Default::default(),
        authorities: None,
        journal: Some(dir.join("journal")),
        cache: None,
        portfolio: None,
        treasury: None,
        saved: None,
        alerts,
        capture: None,
    }
}

fn rule(text: &str) -> Rule {
    text.parse().unwrap()
}

async fn venue() -> Server {
    Server::start(Venue { seed: 11, rate: 200, ..Venue::default() }).await.unwrap()
}

/// A desk and a person at it.
struct Session {
    desk: Desk,
    handle: Handle<Operator>,
}

impl Session {
    fn open(settings: Settings) -> Self {
        let desk = Desk::start(settings).unwrap();
        let handle = desk.handle(Scope::local());
        Self { desk, handle }
    }

    fn wish(&self, wish: AlertWish) {
        self.handle.command(Command::Alert(wish));
    }

    async fn until(&mut self, what: &str, there: impl Fn(&View) -> bool) -> View {
        let query = Query {
            focus: None,
            levels: 1,
            group: None,
            trades: 0,
            interval: Interval::Minute1,
            candles: 0,
            across: None,
            portfolio: None,
            treasury: None,
        };
        let seen = async {
            loop {
                let view = self.handle.view(&query);
                if there(&view) {
                    return view;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, seen).await {
            Ok(view) => view,
            Err(_) => panic!("{what} did not come: {:#?}", self.handle.view(&query).alerts),
        }
    }

    async fn alerts(&mut self, what: &str, there: impl Fn(&AlertsView) -> bool) -> Arc<AlertsView> {
        self.until(what, |view| there(&view.alerts)).await.alerts
    }

    /// Every rule has looked at a live book.
    async fn looked(&mut self) -> Arc<AlertsView> {
        let live = |view: &View| matches!(view.focus.as_ref().unwrap().book.freshness, Freshness::Live(_));
        self.until("a live book", live).await;
        self.alerts("a look", |alerts| alerts.rules.iter().all(|alert| alert.reading.is_ok())).await
    }

    async fn close(self) {
        self.desk.stop("left").await;
    }
}

/// What the journal tells of alerts.
fn told(dir: &Path) -> Vec<Alert> {
    let mut reader = Reader::open(&dir.join("journal")).unwrap();
    let mut all = Vec::new();
    while let Some(found) = reader.next().unwrap() {
        if let Body::Alert(alert) = found.entry.body {
            all.push(alert);
        }
    }
    all
}

fn fired(dir: &Path) -> usize {
    told(dir).iter().filter(|alert| matches!(alert, Alert::Fired { .. })).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fired_does_not_fire_again_after_a_restart() {
    let (venue, dir) = (venue().await, tempfile::tempdir().unwrap());
    let mut session = Session::open(settings(&venue, dir.path(), AlertSettings::default()));
    // In a demo a rule is about the simulated venue, and says so.
    session.wish(AlertWish::Set(rule("BTC/USD > 1 once note \"it works\"")));
    session.wish(AlertWish::Set(rule("BTC/USD@sim last > 1")));
    session.wish(AlertWish::Set(rule("BTC/USD@sim < 1")));
    let alerts = session.alerts("two firings", |alerts| alerts.firings.len() == 2).await;
    assert!(alerts.firings.iter().all(|fired| fired.sent && !fired.seen && fired.serial > 0), "{alerts:#?}");
    assert!(alerts.firings.iter().any(|fired| fired.text.starts_with("it works: BTC/USD sim mid ")), "{alerts:#?}");
    session.close().await;
    assert_eq!(fired(dir.path()), 2);

    for _ in 0..2 {
        let mut session = Session::open(settings(&venue, dir.path(), AlertSettings::default()));
        let alerts = session.looked().await;
        let phases: Vec<_> = alerts.rules.iter().map(|alert| (alert.rule.to_string(), alert.phase)).collect();
        let expected = [
            ("BTC/USD@sim > 1 once note \"it works\"", Phase::Spent),
            ("BTC/USD@sim last > 1", Phase::Fired),
            ("BTC/USD@sim < 1", Phase::Armed),
        ];
        assert_eq!(phases, expected.map(|(rule, phase)| (rule.to_owned(), phase)));
        assert!(alerts.firings.len() == 2 && alerts.firings.iter().all(|fired| fired.serial == 0), "{alerts:#?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
        session.close().await;
        assert_eq!(fired(dir.path()), 2);
    }

    // A person arms it: then it fires, once.
    let mut session = Session::open(settings(&venue, dir.path(), AlertSettings::default()));
    session.looked().await;
    session.wish(AlertWish::Set(rule("BTC/USD > 1 once note \"it works\"")));
    session.alerts("another firing", |alerts| alerts.firings.len() == 3).await;
    session.close().await;
    assert_eq!(fired(dir.path()), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_did_survives_a_restart() {
    let (venue, dir) = (venue().await, tempfile::tempdir().unwrap());
    let mut session = Session::open(settings(&venue, dir.path(), AlertSettings::default()));
    let (first, second) = (rule("BTC/USD@sim > 1"), rule("BTC/USD@sim spread > 0bps"));
    session.wish(AlertWish::Set(first.clone()));
    session.wish(AlertWish::Set(second.clone()));
    session.alerts("the firings", |alerts| alerts.firings.len() == 2).await;
    session.wish(AlertWish::Acknowledge);
    session.wish(AlertWish::Remove(first));
    session.wish(AlertWish::Snooze(second.clone(), Span::from_secs(3_600).unwrap()));
    session.alerts("the snooze", |alerts| alerts.rules.iter().any(|alert| alert.snoozed.is_some())).await;
    session.close().await;

    let mut session = Session::open(settings(&venue, dir.path(), AlertSettings::default()));
    let alerts = session.looked().await;
    assert_eq!(alerts.rules.iter().map(|alert| &alert.rule).collect::<Vec<_>>(), [&second]);
    assert!(alerts.rules[0].snoozed.is_some());
    assert_eq!((alerts.firings.len(), alerts.unseen().count()), (2, 0));
    session.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_of_the_file_are_not_in_the_journal_but_what_became_of_them_is() {
    let (venue, dir) = (venue().await, tempfile::tempdir().unwrap());
    let file = || AlertSettings { rules: vec![rule("BTC/USD@sim > 1 once")], ..AlertSettings::default() };
    let mut session = Session::open(settings(&venue, dir.path(), file()));
    session.alerts("the firing", |alerts| alerts.firings.len() == 1).await;
    session.wish(AlertWish::Remove(rule("BTC/USD@sim > 1 once")));
    let refused = |view: &View| view.notices.iter().any(|notice| notice.warning && notice.text.contains("rule file"));
    session.until("the refusal", refused).await;
    session.close().await;
    assert!(matches!(told(dir.path()).as_slice(), [Alert::Fired { .. }]), "{:?}", told(dir.path()));

    let mut session = Session::open(settings(&venue, dir.path(), file()));
    let alerts = session.looked().await;
    assert_eq!((alerts.rules.len(), alerts.rules[0].phase, alerts.rules[0].from_file), (1, Phase::Spent, true));
    session.close().await;
    assert_eq!(fired(dir.path()), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_desk_leaves_the_alerts_to_the_first() {
    let (venue, dir) = (venue().await, tempfile::tempdir().unwrap());
    let mut first = Session::open(settings(&venue, dir.path(), AlertSettings::default()));
    first.until("the journal", |view| view.store.entries == 1).await;
    let mut second = Session::open(settings(
        &venue,
        dir.path(),
        AlertSettings { rules: vec![rule("BTC/USD@sim > 1")], ..AlertSettings::default() },
    ));
    second.alerts("the reason", |alerts| alerts.resting.is_some()).await;
    second.wish(AlertWish::Set(rule("BTC/USD@sim > 2")));
    let refused = |view: &View| view.notices.iter().any(|notice| notice.text.contains("nothing was done"));
    let view = second.until("the refusal", refused).await;
    assert_eq!((view.alerts.rules.len(), view.alerts.firings.len()), (1, 0));
    second.close().await;
    first.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_much_is_counted_and_not_sent_and_nothing_is_lost_at_the_end() {
    let (venue, dir, (address, heard)) = (venue().await, tempfile::tempdir().unwrap(), hook().await);
    let webhook = WebhookSettings { form: Form::Slack, address: Secret::new(&address).unwrap() };
    let rules = (1..=25).map(|n| rule(&format!("BTC/USD@sim > {n}"))).collect();
    let alerts = AlertSettings { rules, webhook: Some(webhook), ..AlertSettings::default() };
    let mut session = Session::open(settings(&venue, dir.path(), alerts));
    let alerts = session.alerts("all firings", |alerts| alerts.firings.len() == 25).await;
    session.close().await;
    assert_eq!((alerts.unsent, alerts.firings.iter().filter(|fired| !fired.sent).count()), (5, 5));
    assert_eq!((fired(dir.path()), heard.lock().unwrap().len()), (25, 20));
}

/// A webhook's server that takes everything: its address, and what it was sent.
async fn hook() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/{SECRET}", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ears = Arc::clone(&heard);
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = String::new();
            while !request.ends_with('}') {
                let mut part = [0; 4096];
                let read = socket.read(&mut part).await.unwrap();
                assert!(read > 0);
                request.push_str(std::str::from_utf8(&part[..read]).unwrap());
            }
            ears.lock().unwrap().push(request);
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").await.unwrap();
        }
    });
    (address, heard)
}

/// A log that keeps all lines.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_told_and_its_address_is_nowhere() {
    let log = Log::default();
    let lines = log.clone();
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || lines.clone()).init();
    let (venue, dir, (address, heard)) = (venue().await, tempfile::tempdir().unwrap(), hook().await);
    let hook = |address: &str| AlertSettings {
        webhook: Some(WebhookSettings { form: Form::Json, address: Secret::new(address).unwrap() }),
        ..AlertSettings::default()
    };
    let mut session = Session::open(settings(&venue, dir.path(), hook(&address)));
    session.wish(AlertWish::Set(rule("BTC/USD@sim > 1 once")));
    session.alerts("the firing", |alerts| alerts.firings.len() == 1).await;
    tokio::time::timeout(PATIENCE, async {
        while heard.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the webhook is told");
    let request = heard.lock().unwrap()[0].clone();
    let body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!((&body["rule"], &body["venue"]), (&"BTC/USD@sim > 1 once".into(), &"sim".into()));
    session.close().await;

    // A webhook that is not there is a notice, without its address.
    let gone = format!("https://127.0.0.1:9/{SECRET}");
    let mut session = Session::open(settings(&venue, dir.path(), hook(&gone)));
    session.wish(AlertWish::Set(rule("BTC/USD@sim > 2 once")));
    let said = |view: &View| view.notices.iter().any(|notice| notice.text.contains("was not delivered"));
    let view = session.until("the notice", said).await;
    session.close().await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("alert: BTC/USD sim mid"), "the log is on");
    let files = std::fs::read_dir(dir.path().join("journal")).unwrap();
    let journal: String = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap_or_default()).collect();
    assert!(journal.contains("\"did\":\"fired\""));
    for text in [log, journal, format!("{view:?}"), format!("{:?}", hook(&address))] {
        assert!(!text.contains(SECRET));
    }
}

/// The built program in a home of its own.
struct Program(tempfile::TempDir);

impl Program {
    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_exchequer"));
        command.args(arguments).env_clear().env("HOME", self.0.path()).envs(variables.iter().copied());
        command.env("EXCHEQUER_DATA_DIR", self.0.path()).env("EXCHEQUER_CONFIG", self.0.path().join("config.toml"));
        std::fs::write(self.0.path().join("config.toml"), "").unwrap();
        command.stdin(std::process::Stdio::null()).output().unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat(), &[]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    fn fails(&self, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, Value) {
        let output = self.run(&[arguments, &["--json"]].concat(), variables);
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        (output.status.code().unwrap(), error["error"].clone())
    }
}

#[test]
fn alerts_are_kept_from_the_command_line() {
    let program = Program(tempfile::tempdir().unwrap());
    assert_eq!(program.json(&["alert", "list"])["alerts"], serde_json::json!([]));
    let set = program.json(&["alert", "add", "btc/usd>100000"]);
    assert_eq!((&set["did"], &set["rule"]), (&"set".into(), &"BTC/USD > 100000".into()));
    assert_eq!(program.json(&["alert", "add", "BTC/USD", ">", "100000"])["did"], "nothing");
    program.json(&["alert", "add", "BTC/USD imbalance(10) < -0.8 once"]);
    let file = program.0.path().join("alerts.txt");
    std::fs::write(&file, "# mine\nETH/USD stale > 10s\nBTC/USD > 100000\n").unwrap();
    let listed = program.json(&["alert", "list"]);
    let rules: Vec<_> =
        listed["alerts"].as_array().unwrap().iter().map(|alert| (&alert["rule"], &alert["origin"])).collect();
    let texts = [
        ("ETH/USD stale > 10s", "file"),
        ("BTC/USD > 100000", "file"),
        ("BTC/USD imbalance(10) < -0.8 once", "journal"),
    ];
    let texts = texts.map(|(rule, origin)| (Value::from(rule), Value::from(origin)));
    assert_eq!(rules, texts.iter().map(|(rule, origin)| (rule, origin)).collect::<Vec<_>>());
    assert_eq!(listed["alerts"][0]["state"], "armed");
    assert_eq!(program.fails(&["alert", "remove", "1"], &[]).1["key"], "alert_of_file");
    assert_eq!(program.json(&["alert", "remove", "3"])["did"], "removed");
    assert_eq!(program.fails(&["alert", "remove", "3"], &[]).0, 2);
    let (code, error) = program.fails(&["alert", "add", "BTC/USD !"], &[]);
    assert_eq!((code, &error["key"]), (2, &"rule_invalid".into()));
    std::fs::write(&file, "\nETH/USD stale > often\n").unwrap();
    let (code, error) = program.fails(&["alert", "list"], &[]);
    assert_eq!((code, &error["key"]), (2, &"alerts_invalid".into()));
    assert!(error["message"].as_str().unwrap().contains("alerts.txt, line 2: expected a time"), "{error}");
    let shown = program.run(&["journal", "show", "--kind", "alert"], &[]);
    assert!(String::from_utf8(shown.stdout).unwrap().contains("removed: BTC/USD imbalance(10) < -0.8 once"));
}

#[test]
fn a_test_goes_out_every_way_and_says_what_came_of_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (address, heard) = runtime.block_on(hook());
    let program = Program(tempfile::tempdir().unwrap());
    let secret = program.0.path().join("webhook");
    std::fs::write(&secret, format!("{address}\n")).unwrap();
    let mode = |mode| std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(mode)).unwrap();
    let variables =
        [("EXCHEQUER_ALERTS_WEBHOOK", "slack"), ("EXCHEQUER_ALERTS_WEBHOOK_FILE", secret.to_str().unwrap())];
    mode(0o644);
    let (code, error) = program.fails(&["alert", "test"], &variables);
    assert!(code == 2 && error["message"].as_str().unwrap().contains("can be read by others"), "{error}");
    mode(0o600);
    let output = program.run(&["alert", "test", "--json"], &variables);
    let sent: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    assert_eq!(sent["ways"], serde_json::json!([{ "way": "webhook", "sent": true, "said": "sent" }]));
    assert!(heard.lock().unwrap()[0].contains("\"text\":\"a test of Exchequer's alerts"));

    // The variable wins over the file.
    let gone = format!("http://127.0.0.1:9/{SECRET}");
    let variables =
        [variables.as_slice(), &[("EXCHEQUER_WEBHOOK_URL", gone.as_str()), ("EXCHEQUER_ALERTS_DESKTOP", "true")]]
            .concat();
    let output = program.run(&["alert", "test", "-vv"], &variables);
    assert_eq!(output.status.code(), Some(4));
    let log = std::fs::read_to_string(program.0.path().join("state/exchequer.log")).unwrap();
    let all = format!("{output:?}{log}");
    assert!(all.contains("the webhook was tried 4 times") && !all.contains(SECRET), "{all}");
    let (_, error) = program.fails(&["alert", "test"], &[("EXCHEQUER_ALERTS_WEBHOOK", "telegram")]);
    assert_eq!(error["hint"], "set alerts.telegram_chat");
}
