//! The history in every state that it may be found in.

use std::time::Duration;

use polars::prelude::{Column, DataFrame, Int64Chunked, IntoColumn, NewChunkedArray, ParquetWriter};
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
        invested: decimal("100.00"),
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
fn a_crash_while_rows_move_shows_them_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = fresh(dir.path());
    let at = ago(86_400);
    history.record(&[snapshot(at, 1), snapshot(at.plus(Duration::from_secs(60)), 2)], &[], at).unwrap();
    let fine = dir.path().join("snapshots/minutes/2027-01-14T08.parquet");
    let kept = std::fs::read(&fine).unwrap();
    history.thin(NOW).unwrap();
    assert!(!fine.exists());
    drop(history);
    std::fs::write(&fine, kept).unwrap();
    let mut history = fresh(dir.path());
    assert_eq!(all(&mut history).len(), 2, "the minute that was left and the hour");
    assert_eq!(history.daily("all", ALL.0, ALL.1), [snapshot(at.plus(Duration::from_secs(60)), 2)]);
    history.thin(NOW).unwrap();
    assert_eq!(all(&mut history), [snapshot(at.plus(Duration::from_secs(60)), 2)]);
    assert!(!fine.exists());
}

#[test]
fn a_crash_between_writing_and_renaming_leaves_the_old_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = fresh(dir.path());
    history.record(&[snapshot(NOW, 1)], &[], NOW).unwrap();
    drop(history);
    let path = dir.path().join("snapshots/minutes/2027-01-15T08.parquet");
    let whole = std::fs::read(&path).unwrap();
    let beside = dir.path().join("snapshots/minutes/2027-01-15T08.parquet.new");
    std::fs::write(&beside, &whole[..whole.len() / 2]).unwrap();
    let mut history = fresh(dir.path());
    assert_eq!(all(&mut history), [snapshot(NOW, 1)]);
    assert!(!beside.exists(), "what a crash left is cleared away");
    history.record(&[snapshot(NOW, 2)], &[], NOW).unwrap();
    assert_eq!(all(&mut history), [snapshot(NOW, 2)]);
}

/// Opens a history whose file of this name has these bytes; it must be set aside for a reason with these words.
fn set_aside_because(name: &str, bytes: &[u8], words: &str) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    let (mut history, notices) = History::open(dir.path(), Arc::new(Cache::off()));
    let [Notice::HistorySetAside { file, kept_as, reason }] = &notices[..] else { panic!("{notices:?}") };
    assert_eq!(file, name);
    assert!(reason.contains(words), "{reason}");
    assert_eq!(std::fs::read(path.with_file_name(kept_as)).unwrap(), bytes, "nothing is lost");
    assert_eq!(all(&mut history), []);
    history.record(&[snapshot(NOW, 1)], &[], NOW).unwrap();
    assert_eq!(all(&mut history), [snapshot(NOW, 1)]);
    drop(history);
    fresh(dir.path());
}

/// A Parquet file of somebody else.
fn parquet(columns: Vec<Column>) -> Vec<u8> {
    let mut table = DataFrame::new(columns[0].len(), columns).unwrap();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).set_parallel(false).finish(&mut table).unwrap();
    bytes
}

fn numbers(name: &str, values: impl IntoIterator<Item = i64>) -> Column {
    Int64Chunked::from_iter_values(name.into(), values.into_iter()).into_column()
}

#[test]
fn files_that_are_not_ours_are_set_aside() {
    let name = "snapshots/minutes/2027-01-15T08.parquet";
    set_aside_because(name, b"", "");
    set_aside_because(name, b"date,value\n2026-01-01,100\n", "");
    set_aside_because(name, &parquet(vec![numbers("at", [1])]), "was not written here");
    set_aside_because("snapshots/days/2026.parquet", &parquet(vec![numbers("n", 0..=ROW_LIMIT as i64)]), "rows");
    let mut large = parquet(vec![numbers("n", [1])]);
    large.splice(4..4, std::iter::repeat_n(0, FILE_LIMIT as usize));
    set_aside_because("snapshots/hours/2027-01.parquet", &large, "bytes");
}

#[test]
fn files_under_a_name_that_is_not_theirs_are_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = fresh(dir.path());
    history.record(&[snapshot(NOW, 1)], &[mark(NOW, "BTC", "1")], NOW).unwrap();
    let read = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
    let (worth, prices) =
        (read("snapshots/minutes/2027-01-15T08.parquet"), read("marks/minutes/2027-01-15T08.parquet"));
    set_aside_because("snapshots/minutes/2027-01-15T07.parquet", &worth, "not of the time");
    set_aside_because("snapshots/minutes/2027-01-15T08.parquet", &prices, "");
}

#[test]
fn a_row_with_nothing_in_it_is_no_row() {
    let name = "snapshots/minutes/2027-01-15T08.parquet";
    let table = |price: Column, source: &str| {
        let at = column::moments("at", [NOW].into_iter());
        let mut table = DataFrame::new(
            1,
            vec![
                at.clone(),
                column::texts("asset", ["BTC"].into_iter()),
                column::texts("currency", ["USD"].into_iter()),
                price,
                at.with_name("priced_at".into()),
                column::texts("source", [source].into_iter()),
            ],
        );
        Mark::read(table.as_mut().unwrap())
    };
    let price = || column::decimals("price", [Some(Decimal::ONE)].into_iter()).unwrap();
    assert_eq!(table(price(), "x").unwrap().len(), 1, "{name}");
    assert!(table(column::decimals("price", [None].into_iter()).unwrap(), "x").is_err());
    assert!(table(numbers("price", [1]), "x").is_err());
    assert!(table(price(), "\u{1b}[2J").is_err());
    assert!(table(price(), &"x".repeat(129)).is_err());
}

#[test]
fn without_the_index_the_files_are_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let cached = || Arc::new(Cache::open(&dir.path().join("cache"), NOW).0);
    let at = dir.path().join("history");
    let mut history = History::open(&at, cached()).0;
    history.record(&[snapshot(ago(86_400 * 400), 1), snapshot(ago(86_400), 2), snapshot(NOW, 3)], &[], NOW).unwrap();
    let expected = all(&mut history);
    assert_eq!(expected.len(), 3);
    drop(history);
    let (mut history, notices) = History::open(&at, cached());
    assert_eq!((notices, all(&mut history)), (vec![], expected.clone()));
    drop(history);
    std::fs::remove_dir_all(dir.path().join("cache")).unwrap();
    let (mut history, notices) = History::open(&at, cached());
    assert_eq!((notices, all(&mut history)), (vec![], expected));
}

#[test]
fn an_index_that_lies_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("history");
    let cache = Arc::new(Cache::open(&dir.path().join("cache"), NOW).0);
    let mut history = History::open(&at, cache.clone()).0;
    history.record(&[snapshot(ago(3_600), 1)], &[], NOW).unwrap();
    history.record(&[snapshot(ago(60), 2), snapshot(NOW, 3)], &[], NOW).unwrap();
    drop(history);
    let tree = |op: &dyn Fn(&sled::Tree)| cache.run(|trees| Ok(op(&trees.history))).unwrap().unwrap();
    let ask = || {
        let (mut history, notices) = History::open(&at, cache.clone());
        assert_eq!(notices, []);
        all(&mut history).len()
    };
    let keys = || {
        let mut keys = Vec::new();
        let found = cache.run(|trees| trees.history.iter().keys().collect::<sled::Result<Vec<_>>>()).unwrap().unwrap();
        keys.extend(found);
        keys
    };
    assert_eq!((ask(), keys().len()), (3, 2));
    tree(&|tree| drop(tree.insert(&keys()[0], "nonsense").unwrap()));
    assert_eq!(ask(), 3);
    // Each file gets the entry of the other.
    let entries: Vec<_> =
        keys().iter().map(|key| cache.run(|trees| trees.history.get(key)).unwrap().unwrap().unwrap()).collect();
    tree(&|tree| {
        tree.insert(&keys()[0], &entries[1]).unwrap();
        tree.insert(&keys()[1], &entries[0]).unwrap();
    });
    assert_eq!(ask(), 3);
    // A file that was changed behind the back of the index.
    let path = at.join("snapshots/minutes/2027-01-15T08.parquet");
    file::write(&path, &[snapshot(NOW, 9), snapshot(NOW.plus(Duration::from_secs(60)), 9)]).unwrap();
    assert_eq!(ask(), 4);
    // One that is gone.
    std::fs::remove_file(&path).unwrap();
    assert_eq!((ask(), keys().len()), (2, 2), "whose entry does no harm");
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

#[test]
fn what_could_not_be_written_is_written_with_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = fresh(dir.path());
    let in_the_way = dir.path().join("snapshots/minutes/2027-01-15T08.parquet.new");
    std::fs::create_dir_all(&in_the_way).unwrap();
    let refused = history.record(&[snapshot(NOW, 1)], &[mark(NOW, "BTC", "1")], NOW);
    assert!(matches!(refused, Err(Notice::HistoryNotWritten { .. })), "{refused:?}");
    assert_eq!(history.marks(&asset("BTC"), ALL.0, ALL.1).len(), 1, "one file that fails does not stop the other");
    std::fs::remove_dir(&in_the_way).unwrap();
    let next = NOW.plus(Duration::from_secs(60));
    history.record(&[snapshot(next, 2)], &[], next).unwrap();
    drop(history);
    assert_eq!(all(&mut fresh(dir.path())), [snapshot(NOW, 1), snapshot(next, 2)]);
}

#[test]
fn a_file_that_is_not_given_is_not_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = fresh(dir.path());
    let path = dir.path().join("snapshots/minutes/2027-01-15T08.parquet");
    std::fs::create_dir_all(&path).unwrap();
    let refused = history.record(&[snapshot(NOW, 1)], &[], NOW);
    assert!(matches!(refused, Err(Notice::HistoryUnreadable { .. })), "{refused:?}");
    assert!(path.is_dir());
}

#[test]
fn a_directory_that_cannot_be_made_turns_recording_off() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("history"), "a file").unwrap();
    let (mut history, notices) = History::open(&dir.path().join("history"), Arc::new(Cache::off()));
    assert!(matches!(&notices[..], [Notice::HistoryUnavailable { .. }]), "{notices:?}");
    assert_eq!((history.record(&[snapshot(NOW, 1)], &[], NOW), all(&mut history)), (Ok(()), vec![]));
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
            worth.push(Snapshot { portfolio, nav: one, invested: other, units, unpriced, ..snapshot(at, 0) });
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

    /// Whatever stands in a file, its rows are those that were written, or it is set aside with a notice.
    #[test]
    fn a_damaged_file_tells_no_other_price(at in 0usize..10_000, noise in prop::collection::vec(any::<u8>(), 1..20), cut: bool) {
        let dir = tempfile::tempdir().unwrap();
        let mut history = fresh(dir.path());
        let rows: Vec<Snapshot> = (0..60).map(|n| snapshot(NOW.plus(Duration::from_secs(n * 60)), n as i64 * 7_919)).collect();
        history.record(&rows, &[], NOW).unwrap();
        drop(history);
        let path = dir.path().join("snapshots/minutes/2027-01-15T08.parquet");
        let mut bytes = std::fs::read(&path).unwrap();
        let at = at % bytes.len();
        if cut {
            bytes.truncate(at);
        }
        let end = bytes.len().min(at + noise.len());
        bytes.splice(at..end, noise);
        std::fs::write(&path, &bytes).unwrap();
        let (mut history, notices) = History::open(dir.path(), Arc::new(Cache::off()));
        match &notices[..] {
            [] => prop_assert_eq!(all(&mut history), rows),
            [Notice::HistorySetAside { .. }] => prop_assert_eq!(all(&mut history), []),
            _ => prop_assert!(false, "{:?}", notices),
        }
    }
}
