//! Crashes, files that are not what they should be, and an index that is gone or wrong.

use polars::prelude::{Column, DataFrame, Int64Chunked, IntoColumn, NewChunkedArray, ParquetWriter};

use super::*;

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
    let tree = |op: &dyn Fn(&sled::Tree) -> sled::Result<()>| cache.run(|trees| op(&trees.history)).unwrap().unwrap();
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
    tree(&|tree| tree.insert(&keys()[0], "nonsense").map(drop));
    assert_eq!(ask(), 3);
    // Each file gets the entry of the other.
    let entries: Vec<_> =
        keys().iter().map(|key| cache.run(|trees| trees.history.get(key)).unwrap().unwrap().unwrap()).collect();
    tree(&|tree| {
        tree.insert(&keys()[0], &entries[1])?;
        tree.insert(&keys()[1], &entries[0]).map(drop)
    });
    assert_eq!(ask(), 3);
    // A file that was changed behind the back of the index.
    let path = at.join("snapshots/minutes/2027-01-15T08.parquet");
    file::write(&path, &[snapshot(NOW, 9), snapshot(NOW.plus(Duration::from_secs(60)), 9)]).unwrap();
    let (mut history, _) = History::open(&at, cache.clone());
    assert_eq!(history.snapshots("all", NOW.plus(Duration::from_secs(1)), ALL.1).len(), 1, "where it had nothing");
    drop(history);
    assert_eq!(ask(), 4);
    // One that is gone.
    std::fs::remove_file(&path).unwrap();
    assert_eq!((ask(), keys().len()), (2, 2), "whose entry does no harm");
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

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
