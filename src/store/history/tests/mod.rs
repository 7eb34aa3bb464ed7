//! The history in every state that it may be found in.

mod damage;

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::money::{Asset, Decimal};
use crate::portfolio::snapshot::day;

/// 2027-01-15 08:00 UTC.
const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const ALL: (Timestamp, Timestamp) = (Timestamp::from_nanos(i64::MIN), Timestamp::from_nanos(i64::MAX));

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn asset(code: &str) -> Asset {
    Asset::new(code).unwrap()
}

fn ago(secs: i64) -> Timestamp {
    Timestamp::from_secs(NOW.secs() - secs)
}

fn snapshot(at: Timestamp, nav: i64) -> Snapshot {
    Snapshot {
        at,
        portfolio: "all".into(),
        base: asset("USD"),
        nav: Decimal::from(nav),
        invested: Some(decimal("100.00")),
        units: None,
        complete: Decimal::ONE,
        unpriced: 0,
    }
}

fn mark(at: Timestamp, code: &str, price: &str) -> Mark {
    let (asset, currency) = (asset(code), asset("USD"));
    Mark { at, asset, currency, price: decimal(price), priced_at: at, source: format!("kraken {code}/USD mid") }
}

fn fresh(dir: &Path) -> History {
    let (history, notices) = History::open(dir, Arc::new(Cache::off()));
    assert_eq!(notices, []);
    history
}

fn all(history: &mut History) -> Vec<Snapshot> {
    history.snapshots("all", ALL.0, ALL.1)
}

/// All Parquet files, seen from the directory.
fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for kind in Kind::ALL {
        for grain in GRAINS {
            let folder = Place::folder(kind, grain);
            for file in std::fs::read_dir(dir.join(&folder)).into_iter().flatten().flatten() {
                found.push(folder.join(file.file_name()).display().to_string());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_thread_of_its_own_may_have_it() {
    fn sent<T: Send>() {}
    sent::<History>();
}

#[test]
fn what_was_recorded_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = fresh(dir.path());
    let fund = Snapshot { units: Some(decimal("12.5")), complete: decimal("0.98"), unpriced: 2, ..snapshot(NOW, 5) };
    history.record(&[snapshot(ago(60), 1), fund.clone()], &[mark(NOW, "BTC", "97412.10")], NOW).unwrap();
    history.record(&[snapshot(ago(60), 2)], &[], NOW).unwrap();
    assert_eq!(all(&mut history), [snapshot(ago(60), 2), fund.clone()], "a row of the same moment takes the place");
    drop(history);
    let mut history = fresh(dir.path());
    assert_eq!(all(&mut history), [snapshot(ago(60), 2), fund]);
    assert_eq!(history.marks(&asset("BTC"), ALL.0, ALL.1), [mark(NOW, "BTC", "97412.1")]);
    assert_eq!(history.snapshots("other", ALL.0, ALL.1), []);
    assert_eq!(history.snapshots("all", ago(59), ago(1)), []);
    assert_eq!(history.notices(), []);
}

#[test]
fn thinning_moves_rows_into_coarser_files() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = fresh(dir.path());
    let days = 40;
    // Twice in an hour, four times a day, and every twenty minutes at last.
    let early = (3 * 4..days * 4).rev().flat_map(|n| [n * 21_600, n * 21_600 - 600]);
    let came: Vec<i64> = early.chain((0..3 * 72).rev().map(|n| n * 1_200)).collect();
    for secs in &came {
        let at = ago(*secs);
        history.record(&[snapshot(at, *secs)], &[mark(at, "BTC", &secs.to_string())], at).unwrap();
        history.thin(at).unwrap();
    }
    let rows = all(&mut history);
    assert_eq!(rows, thinned(came.iter().map(|secs| snapshot(ago(*secs), *secs)), NOW));
    assert_eq!(history.marks(&asset("BTC"), ALL.0, ALL.1).len(), rows.len());
    let there = files(dir.path());
    for file in ["snapshots/days/2026.parquet", "marks/hours/2026-12.parquet", "marks/hours/2027-01.parquet"] {
        assert!(there.contains(&file.to_owned()), "{there:?}");
    }
    let minutes = there.iter().filter(|file| file.starts_with("snapshots/minutes"));
    assert_eq!(minutes.count(), 9, "today's hours: {there:?}");
    let daily = history.daily("all", ALL.0, ALL.1);
    let last =
        |row: &Snapshot| rows.iter().filter(|other| day(other.at) == day(row.at)).all(|other| other.at <= row.at);
    assert_eq!(daily.len() as i64, days + 1, "forty days and what there is of today");
    assert!(daily.iter().all(last));
    history.thin(NOW).unwrap();
    assert_eq!(files(dir.path()), there);
}

#[test]
fn what_is_brought_in_late_goes_where_it_belongs_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = fresh(dir.path());
    let rows: Vec<Snapshot> =
        (0..730).flat_map(|day| [snapshot(ago(day * 86_400), day), snapshot(ago(day * 86_400 + 60), 0)]).collect();
    history.record(&rows, &[], NOW).unwrap();
    let files = files(dir.path());
    assert!(files.len() < 10, "{files:?}");
    assert_eq!(history.daily("all", ALL.0, ALL.1).len(), 730);
}

#[test]
fn prices_are_looked_up_by_moment_and_age() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = fresh(dir.path());
    let old = Mark { priced_at: ago(7_200), ..mark(ago(60), "XYZ", "5") };
    let rows = [
        mark(ago(120), "BTC", "1"),
        mark(ago(60), "BTC", "2"),
        mark(NOW, "BTC", "3"),
        mark(ago(90), "ETH", "7"),
        old.clone(),
    ];
    history.record(&[], &rows, NOW).unwrap();
    let hour = Duration::from_secs(3_600);
    let at = |history: &mut History, at, age| -> Vec<String> {
        history.marks_at(at, age).iter().map(|mark| format!("{} {}", mark.asset, mark.price)).collect()
    };
    assert_eq!(at(&mut history, ago(1), hour), ["BTC 2", "ETH 7"]);
    assert_eq!(at(&mut history, NOW, hour * 3), ["BTC 3", "ETH 7", "XYZ 5"]);
    assert_eq!(at(&mut history, ago(60), Duration::from_secs(10)), ["BTC 2"]);
    assert_eq!(at(&mut history, ago(121), hour), [""; 0]);
    let elsewhere = Mark { source: "closes.csv".into(), ..mark(ago(60), "BTC", "9") };
    history.bring(&[elsewhere, mark(ago(86_400 * 3), "ETH", "6")]).unwrap();
    assert_eq!(at(&mut history, ago(1), hour), ["BTC 2", "ETH 7"], "what was valued counts before what was brought");
    assert_eq!(at(&mut history, ago(86_400 * 2), hour * 48), ["ETH 6"]);
    history.thin(NOW.plus(Duration::from_secs(86_400 * 500))).unwrap();
    assert_eq!(history.marks(&asset("ETH"), ALL.0, ALL.1).len(), 2, "what was brought is not thinned");
}

#[test]
fn one_writes_and_others_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = fresh(dir.path());
    let (mut second, notices) = History::open(dir.path(), Arc::new(Cache::off()));
    assert!(matches!(&notices[..], [Notice::HistoryLocked { .. }]) && !second.is_writable());
    first.record(&[snapshot(NOW, 1)], &[], NOW).unwrap();
    assert_eq!((second.record(&[snapshot(NOW, 2)], &[], NOW), second.thin(NOW)), (Ok(()), Ok(())));
    assert_eq!(all(&mut second), [snapshot(NOW, 1)]);
    first.record(&[snapshot(NOW, 3)], &[], NOW).unwrap();
    assert_eq!(all(&mut second), [snapshot(NOW, 3)]);
    std::fs::write(dir.path().join("snapshots/minutes/2027-01-15T08.parquet"), "x").unwrap();
    assert_eq!(all(&mut second), []);
    assert!(matches!(&second.notices()[..], [Notice::HistoryUnreadable { .. }, ..]), "a reader sets nothing aside");
}

/// In a process of its own: other tests group by the day, for which polars begins its pool of threads.
#[test]
fn recording_begins_no_threads() {
    const ALONE: &str = "EXCHEQUER_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let name = "store::history::tests::recording_begins_no_threads";
        let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
        let done = alone.args(["--exact", name]).env(ALONE, "1").output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
        assert!(String::from_utf8_lossy(&done.stdout).contains("1 passed"));
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut history = fresh(dir.path());
    let rows: Vec<Snapshot> = (0..3_000).map(|n| snapshot(ago(n * 3_600), n)).collect();
    history.record(&rows, &[mark(NOW, "BTC", "1")], NOW).unwrap();
    history.thin(NOW.plus(Duration::from_secs(86_400))).unwrap();
    drop(history);
    assert!(all(&mut fresh(dir.path())).len() > 100);
    for task in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        assert!(!name.starts_with("polars"), "{name}");
    }
}

fn any_decimal() -> impl Strategy<Value = Decimal> {
    let limit = 79_228_162_514_264_337_593_543_950_335;
    (any::<i128>(), 0u32..=28).prop_map(move |(mantissa, scale)| Decimal::from_i128_with_scale(mantissa % limit, scale))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_row_comes_back_exactly(
        rows in prop::collection::btree_map((0i64..86_400 * 800, 0usize..3), (any_decimal(), any_decimal(), prop::option::of(any_decimal()), any::<u32>()), 0..40)
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (mut worth, mut prices) = (Vec::new(), Vec::new());
        for ((secs, which), (one, other, units, unpriced)) in rows {
            let at = ago(secs);
            let portfolio: Arc<str> = ["all", "=fund", "Zürich"][which].into();
            worth.push(Snapshot { portfolio, nav: one, invested: units.map(|_| other), units, unpriced, ..snapshot(at, 0) });
            prices.push(Mark { price: one, priced_at: ago(secs * 2), ..mark(at, ["BTC", "ETH", "x-Y_z.9"][which], "1") });
        }
        let (worth, prices) = (thinned(worth, NOW), thinned(prices, NOW));
        let mut history = fresh(dir.path());
        history.record(&worth, &prices, NOW).unwrap();
        drop(history);
        let mut history = fresh(dir.path());
        for name in ["all", "=fund", "Zürich"] {
            let mine: Vec<Snapshot> = worth.iter().filter(|row| row.portfolio.as_ref() == name).cloned().collect();
            prop_assert_eq!(history.snapshots(name, ALL.0, ALL.1), mine);
        }
        for code in ["BTC", "ETH", "x-Y_z.9"] {
            let mine: Vec<Mark> = prices.iter().filter(|row| row.asset.as_str() == code).cloned().collect();
            prop_assert_eq!(history.marks(&asset(code), ALL.0, ALL.1), mine);
        }
    }
}
