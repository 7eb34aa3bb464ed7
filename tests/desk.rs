//! The desk over real sockets: what it shows is the simulated venue's own book, whatever goes wrong on the way; what it
//! is told to do is done, recorded and remembered.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use exchequer::desk::{
    CacheSettings, Command, Desk, Handle, Health, LinkState, Operator, Place, Query, Scope, Settings, View,
};
use exchequer::market::{Desync, Freshness, Interval, Level, Row, Symbol, VenueId};
use exchequer::sim::{Server, Settings as Venue, Trouble};
use exchequer::store::journal::{Body, Reader, Setting, verify};
use std::path::Path;
use std::time::Duration;

/// Long enough for any machine; nothing here waits for it unless something is broken.
const PATIENCE: Duration = Duration::from_secs(120);

/// As deep as the venue's checksum reaches: deeper down a loss shows later.
const DEPTH: usize = 10;

fn place(symbol: &str) -> Place {
    Place { venue: VenueId::Sim, symbol: Symbol::new(symbol).unwrap() }
}

fn settings(url: String, watch: &[&str]) -> Settings {
    Settings {
        watch: watch.iter().map(|symbol| place(symbol)).collect(),
        book_depth: DEPTH,
        stale_after: PATIENCE,
        urls: [(VenueId::Sim, url)].into(),
        rest_urls: [].into(),
        fees: [].into(),
        authorities: None,
        journal: None,
        cache: None,
        portfolio: None,
        treasury: None,
        saved: None,
        alerts: Default::default(),
        capture: None,
    }
}

/// A desk's settings with a journal and what is saved in `dir`.
fn kept(url: String, watch: &[&str], dir: &Path) -> Settings {
    let (journal, saved) = (Some(dir.join("journal")), Some(dir.join("saved.json")));
    Settings { journal, saved, ..settings(url, watch) }
}

async fn venue(rate: u32, faults: &[&str]) -> Server {
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    Server::start(Venue { seed: 11, rate, faults, ..Venue::default() }).await.unwrap()
}

struct Watcher {
    handle: Handle<Operator>,
    query: Query,
}

impl Watcher {
    fn of(desk: &Desk, symbol: &str) -> Self {
        let focus = Some(place(symbol));
        let query = Query {
            focus,
            levels: DEPTH,
            group: None,
            trades: 50,
            interval: Interval::Minute1,
            candles: 100,
            across: None,
            portfolio: None,
            treasury: None,
        };
        Self { handle: desk.handle(Scope::local()), query }
    }

    /// The first view in which this is so.
    async fn until(&mut self, what: &str, there: impl Fn(&View) -> bool) -> View {
        let mut last = None;
        let seen = async {
            loop {
                let view = self.handle.view(&self.query);
                if there(&view) {
                    return view;
                }
                last = Some(view);
                // Ages change without a word; nothing else does.
                let _ = tokio::time::timeout(Duration::from_millis(50), self.handle.changed()).await;
            }
        };
        match tokio::time::timeout(PATIENCE, seen).await {
            Ok(view) => view,
            Err(_) => panic!("{what} did not come; the last view:\n{last:#?}"),
        }
    }

    async fn live(&mut self) -> View {
        self.until("a live book", |view| matches!(freshness(view), Freshness::Live(_))).await
    }

    /// Stops the market and waits until every watched book is the venue's own. When the last update was lost, only the
    /// next one shows it: then the market goes on for a moment.
    async fn agrees(&mut self, venue: &Server) {
        let agreed = async {
            loop {
                venue.set_moving(false);
                if tokio::time::timeout(Duration::from_secs(5), self.same(venue)).await.is_ok() {
                    return;
                }
                venue.set_moving(true);
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        tokio::time::timeout(PATIENCE, agreed).await.expect("books that are the venue's own");
    }

    async fn same(&mut self, venue: &Server) {
        let watched = self.handle.view(&self.query).watch;
        for place in watched.into_iter().map(|watched| watched.place) {
            let own = venue.book(&place.symbol, DEPTH).unwrap();
            self.query.focus = Some(place);
            self.until("it", |view| matches!(freshness(view), Freshness::Live(_)) && levels(view) == own).await;
        }
    }
}

fn freshness(view: &View) -> &Freshness {
    &view.focus.as_ref().unwrap().book.freshness
}

fn levels(view: &View) -> (Vec<Level>, Vec<Level>) {
    let book = &view.focus.as_ref().unwrap().book;
    let levels = |rows: &[Row]| rows.iter().map(|row| row.level).collect();
    (levels(&book.bids), levels(&book.asks))
}

/// Lets the fault strike until the book says so in a way that `shows` accepts, and checks that it is right again after.
async fn survives(fault: &str, trouble: Trouble, stale_after: Duration, shows: fn(&Freshness) -> bool) {
    let venue = venue(1_000, &[fault]).await;
    let settings = Settings { stale_after, ..settings(venue.url(), &["BTC/USD", "ETH/USD"]) };
    let desk = Desk::start(settings).unwrap();
    let mut watcher = Watcher::of(&desk, "BTC/USD");
    watcher.live().await;
    let broken = watcher.until(fault, |view| shows(freshness(view))).await;
    assert!(venue.injected().count(trouble) > 0, "{fault}");
    assert!(!levels(&broken).0.is_empty(), "{fault}: what was known is still shown");
    watcher.agrees(&venue).await;
    desk.stop("the end").await;
}

fn out_of_step(freshness: &Freshness) -> bool {
    matches!(freshness, Freshness::Resync(_, Desync::Checksum { .. }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_update_shows_on_the_book_and_heals() {
    survives("drop@0.02", Trouble::Drop, PATIENCE, out_of_step).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_shows_on_the_book_and_heals() {
    survives("gap@0.01", Trouble::Gap, PATIENCE, out_of_step).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_checksum_shows_on_the_book_and_heals() {
    survives("corrupt-checksum@0.02", Trouble::CorruptChecksum, PATIENCE, out_of_step).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_shows_on_the_book_and_heals() {
    let lost = |freshness: &Freshness| matches!(freshness, Freshness::Resync(_, Desync::Disconnected));
    survives("disconnect@0.001", Trouble::Disconnect, PATIENCE, lost).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_lives_in_silence_shows_on_the_book_and_heals() {
    let silent =
        |freshness: &Freshness| matches!(freshness, Freshness::Stale(_) | Freshness::Resync(_, Desync::Silent(_)));
    survives("stall@0.001", Trouble::Stall, Duration::from_secs(1), silent).await;
}

/// What cannot be read is counted; no book is the worse for it, as its checksums prove.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_is_counted_and_harms_no_book() {
    let venue = venue(1_000, &["garbage@0.05"]).await;
    let desk = Desk::start(settings(venue.url(), &["BTC/USD", "ETH/USD"])).unwrap();
    let mut watcher = Watcher::of(&desk, "BTC/USD");
    watcher.live().await;
    watcher.until("garbage", |view| view.links.iter().any(|link| link.figures.malformed >= 5)).await;
    watcher.agrees(&venue).await;
    let view = watcher.handle.view(&watcher.query);
    let record = view.focus.unwrap().book.record;
    assert_eq!((record.resyncs, record.failed), (0, 0));
    assert!(record.checked > 0);
    desk.stop("the end").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instruments_come_and_go_at_command() {
    let venue = venue(200, &[]).await;
    let desk = Desk::start(settings(venue.url(), &["BTC/USD"])).unwrap();
    let mut watcher = Watcher::of(&desk, "ETH/USD");
    watcher.until("the connection", |view| view.links.iter().any(|link| link.state == LinkState::Up)).await;

    watcher.handle.command(Command::Watch(place("ETH/USD")));
    let view = watcher.live().await;
    assert_eq!(
        view.watch.iter().map(|watched| &watched.place).collect::<Vec<_>>(),
        [&place("BTC/USD"), &place("ETH/USD")]
    );
    let others = watcher.handle.instruments();
    assert!(others.contains(&place("SOL/USD")) && !others.contains(&place("ETH/USD")), "{others:?}");

    let snapshots = |view: &View| view.focus.as_ref().unwrap().book.record.snapshots;
    let before = snapshots(&view);
    watcher.handle.command(Command::Resync(place("ETH/USD")));
    watcher.until("a fresh snapshot", |view| snapshots(view) > before).await;

    watcher.query.interval = Interval::Hour1;
    watcher.handle.command(Command::Chart(place("ETH/USD"), Interval::Hour1));
    watcher.until("the venue's candles", |view| view.focus.as_ref().unwrap().candles.len() > 10).await;

    watcher.handle.command(Command::Unwatch(place("ETH/USD")));
    let gone = |view: &View| view.watch.len() == 1 && *freshness(view) == Freshness::Waiting;
    watcher.until("the end of it", gone).await;
    // The venue's last words about it were on their way; once the other book has moved on, they have arrived.
    watcher.query.focus = Some(place("BTC/USD"));
    let updates = |view: &View| view.focus.as_ref().unwrap().book.record.updates;
    let before = updates(&watcher.live().await);
    watcher.until("the other book", |view| updates(view) > before + 50).await;
    watcher.query.focus = Some(place("ETH/USD"));
    assert!(gone(&watcher.handle.view(&watcher.query)), "nothing of it is left");
    desk.stop("the end").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journal_tells_what_was_done() {
    let dir = tempfile::tempdir().unwrap();
    let venue = venue(50, &[]).await;
    let desk = Desk::start(kept(venue.url(), &["BTC/USD"], dir.path())).unwrap();
    let mut watcher = Watcher::of(&desk, "BTC/USD");
    watcher.until("the journal", |view| view.store.journal == Health::Good && view.store.entries == 1).await;
    for value in ["wide", "narrow"] {
        watcher.handle.command(Command::Set { key: "console.layout".into(), value: value.into() });
    }
    watcher.until("the entries", |view| view.store.entries == 3).await;
    desk.stop("left").await;

    let report = verify(&dir.path().join("journal"));
    assert_eq!((report.entries, report.unfinished, report.damage), (4, 0, None));
    let mut reader = Reader::open(&dir.path().join("journal")).unwrap();
    let mut bodies = Vec::new();
    while let Some(found) = reader.next().unwrap() {
        assert_eq!((found.entry.actor.as_str(), found.entry.tenant.as_str()), ("local", "local"));
        bodies.push(found.entry.body);
    }
    let setting = |old: Option<&str>, new: &str| {
        let (old, new) = (old.map(str::to_owned), Some(new.to_owned()));
        Body::Setting(Setting { key: "console.layout".into(), old, new })
    };
    assert!(matches!(&bodies[0], Body::Start(start) if start.pid == std::process::id()));
    assert_eq!(bodies[1..3], [setting(None, "wide"), setting(Some("wide"), "narrow")]);
    assert!(matches!(&bodies[3], Body::Stop(stop) if stop.reason == "left"));
    assert!(std::fs::read_to_string(dir.path().join("saved.json")).unwrap().contains("narrow"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_desk_reads_only_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let venue = venue(50, &[]).await;
    let with_cache = || Settings {
        cache: Some(CacheSettings { dir: dir.path().join("cache"), limit: 1 << 30 }),
        ..kept(venue.url(), &["BTC/USD"], dir.path())
    };
    let first = Desk::start(with_cache()).unwrap();
    let mut watcher = Watcher::of(&first, "BTC/USD");
    watcher.until("the journal", |view| view.store.journal == Health::Good).await;

    let second = Desk::start(with_cache()).unwrap();
    let mut reader = Watcher::of(&second, "BTC/USD");
    let view = reader.until("the verdict", |view| matches!(view.store.journal, Health::ReadOnly(_))).await;
    assert!(matches!(view.store.cache, Health::Failed(_)), "{:?}", view.store.cache);
    for what in ["another exchequer writes the journal", "another exchequer has the cache"] {
        assert!(view.notices.iter().any(|notice| notice.warning && notice.text.contains(what)), "{:?}", view.notices);
    }
    let told = view.notices.len();
    reader.handle.command(Command::Set { key: "console.layout".into(), value: "wide".into() });
    let view = reader.until("the refusal", |view| view.notices.len() > told).await;
    assert!(view.notices.last().unwrap().warning);
    assert!(!dir.path().join("saved.json").exists(), "what is not recorded is not done");
    // The market is there all the same.
    reader.live().await;

    second.stop("left").await;
    first.stop("left").await;
    let report = verify(&dir.path().join("journal"));
    assert_eq!((report.entries, report.damage), (2, None), "the first desk's start and stop");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_seen_last_is_shown_as_old_without_a_network() {
    let dir = tempfile::tempdir().unwrap();
    let venue = venue(200, &[]).await;
    let url = venue.url();
    let with_cache = || Settings {
        cache: Some(CacheSettings { dir: dir.path().join("cache"), limit: 1 << 30 }),
        ..settings(url.clone(), &["BTC/USD"])
    };
    let desk = Desk::start(with_cache()).unwrap();
    let mut watcher = Watcher::of(&desk, "BTC/USD");
    let told = |view: &View| {
        let focus = view.focus.as_ref().unwrap();
        !focus.trades.is_empty() && focus.candles.first().is_some_and(|candle| candle.from_venue)
    };
    watcher.until("trades, and the venue's own candles", told).await;
    watcher.agrees(&venue).await;
    let last = watcher.handle.view(&watcher.query);
    desk.stop("left").await;
    venue.stop();

    let desk = Desk::start(with_cache()).unwrap();
    let mut watcher = Watcher::of(&desk, "BTC/USD");
    // At once: nothing has been waited for.
    let first = watcher.handle.view(&watcher.query);
    assert!(matches!(freshness(&first), Freshness::Remembered(_)), "{:?}", freshness(&first));
    assert_eq!(levels(&first), levels(&last));
    let (now, then) = (first.focus.unwrap(), last.focus.unwrap());
    assert_eq!(now.book.precision, then.book.precision);
    assert_eq!(now.trades, then.trades);
    assert_eq!(now.candles, then.candles);
    // It stays so while nobody answers, and grows older.
    let refused = |view: &View| view.links.iter().any(|link| matches!(link.state, LinkState::Waiting { .. }));
    let view = watcher.until("the refused connection", refused).await;
    let Freshness::Remembered(age) = *freshness(&view) else { panic!("{:?}", freshness(&view)) };
    let older = |view: &View| matches!(freshness(view), Freshness::Remembered(older) if *older > age);
    watcher.until("an older book", older).await;
    desk.stop("left").await;
}
