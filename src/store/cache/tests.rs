//! The cache in every state that it may be found in.

use std::os::unix::fs::FileExt;

use proptest::prelude::*;

use super::*;
use crate::market::{Side, Trade};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn fresh(dir: &Path) -> Cache {
    let (cache, notices) = Cache::open(dir, NOW);
    assert_eq!(notices, []);
    cache
}

fn place(n: i64) -> Place {
    Place { moment: Timestamp::from_secs(n), number: 0 }
}

#[test]
fn records_survive_a_restart_with_their_age() {
    let dir = tempfile::tempdir().unwrap();
    let cache = fresh(dir.path());
    cache.put(Table::Books, "kraken BTC/USD", &vec!["1.10".to_owned()], NOW).unwrap();
    cache.put(Table::Tickers, "kraken BTC/USD", &7, NOW).unwrap();
    cache.flush().unwrap();
    drop(cache);
    let cache = fresh(dir.path());
    let book: Dated<Vec<String>> = cache.get(Table::Books, "kraken BTC/USD").unwrap().unwrap();
    assert_eq!(book, Dated { value: vec!["1.10".to_owned()], stored: NOW });
    assert_eq!(cache.get::<i32>(Table::Books, "kraken ETH/USD"), Ok(None));
    assert_eq!(cache.get::<Vec<String>>(Table::Tickers, "kraken BTC/USD"), Ok(None), "another type is no record");
    assert_eq!(cache.all::<i32>(Table::Tickers).unwrap(), [("kraken BTC/USD".into(), Dated { value: 7, stored: NOW })]);
    assert!(cache.size_on_disk() > 0);
}

#[test]
fn a_series_keeps_the_newest_rows_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let cache = fresh(dir.path());
    let rows: Vec<i64> = (-10..1_700).collect();
    for chunk in rows.chunks(400) {
        cache.extend(Series::Trades, "a", chunk.iter().map(|n| (place(*n), n)), NOW).unwrap();
        cache.extend(Series::Candles, "a", chunk.iter().map(|n| (place(*n), n)), NOW).unwrap();
    }
    cache.extend(Series::Trades, "ab", [(place(5), &5_000)], NOW).unwrap();
    let values = |series, key| -> Vec<i64> {
        cache.last::<i64>(series, key, usize::MAX).unwrap().into_iter().map(|row| row.value).collect()
    };
    assert_eq!(values(Series::Trades, "a"), (700..1_700).collect::<Vec<_>>());
    assert_eq!(values(Series::Candles, "a"), (200..1_700).collect::<Vec<_>>());
    assert_eq!(values(Series::Trades, "ab"), [5_000]);
    cache.extend(Series::Candles, "a", [(place(1_699), &0)], NOW).unwrap();
    let last = cache.last::<i64>(Series::Candles, "a", 2).unwrap();
    assert_eq!(last.iter().map(|row| row.value).collect::<Vec<_>>(), [1_698, 0], "a candle that goes on is replaced");
}

#[test]
fn a_second_instance_goes_on_without() {
    let dir = tempfile::tempdir().unwrap();
    let first = fresh(dir.path());
    first.put(Table::Tickers, "k", &1, NOW).unwrap();
    let (second, notices) = Cache::open(dir.path(), NOW);
    assert!(matches!(&notices[..], [Notice::CacheLocked { .. }]), "{notices:?}");
    assert!(!second.is_on());
    assert_eq!(second.put(Table::Tickers, "k", &2, NOW), Ok(()));
    assert_eq!(second.get::<i32>(Table::Tickers, "k"), Ok(None));
    assert_eq!(first.get::<i32>(Table::Tickers, "k").unwrap().unwrap().value, 1);
}

#[test]
fn a_database_that_another_program_has_open_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let config = sled::Config::new().path(dir.path().join("db")).segment_size(open::SEGMENT);
    let held = config.open().unwrap();
    let (cache, notices) = Cache::open(dir.path(), NOW);
    assert!(matches!(&notices[..], [Notice::CacheLocked { .. }]), "{notices:?}");
    assert!(!cache.is_on() && dir.path().join("db").exists());
    drop(held);
}

fn set_aside_because(dir: &Path, expected: &str) {
    let (cache, notices) = Cache::open(dir, NOW);
    assert!(
        matches!(&notices[..], [Notice::CacheSetAside { reason, .. }] if reason.contains(expected)),
        "{notices:?} should say {expected}"
    );
    cache.put(Table::Tickers, "k", &2, NOW).unwrap();
    assert_eq!(cache.get::<i32>(Table::Tickers, "k").unwrap().unwrap().value, 2);
    let aside = std::fs::read_dir(dir).unwrap().flatten();
    assert_eq!(aside.filter(|f| f.file_name().to_string_lossy().starts_with("db.aside-")).count(), 1);
}

#[test]
fn a_newer_cache_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    for n in 0..2 {
        let (cache, _) = Cache::open(dir.path(), Timestamp::from_secs(n));
        cache.run(|trees| trees.set_schema(99)).unwrap();
        cache.flush().unwrap();
        drop(cache);
        set_aside_because(dir.path(), "newer (schema 99, here 1)");
    }
}

#[test]
fn a_file_in_its_place_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("db"), "not a directory").unwrap();
    set_aside_because(dir.path(), "");
}

#[test]
fn a_damaged_cache_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    drop(fresh(dir.path()));
    std::fs::write(dir.path().join("db/conf"), "not what sled wrote").unwrap();
    set_aside_because(dir.path(), "");
}

#[test]
fn an_opening_that_killed_the_process_is_not_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    drop(fresh(dir.path()));
    std::fs::write(dir.path().join("opening"), "").unwrap();
    set_aside_because(dir.path(), "did not survive");
    drop(fresh(dir.path()));
    std::fs::remove_dir_all(dir.path().join("db")).unwrap();
    std::fs::write(dir.path().join("opening"), "").unwrap();
    assert!(fresh(dir.path()).is_on());
}

#[test]
fn a_directory_that_cannot_be_made_turns_the_cache_off() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("cache"), "a file").unwrap();
    let (cache, notices) = Cache::open(&dir.path().join("cache"), NOW);
    assert!(matches!(&notices[..], [Notice::CacheOff { .. }]), "{notices:?}");
    assert_eq!((cache.put(Table::Tickers, "k", &1, NOW), cache.flush()), (Ok(()), Ok(())));
}

#[test]
fn a_cache_that_grew_too_large_is_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let limit = 100_000;
    let fill = |cache: &Cache| cache.put(Table::Tickers, "k", &"x".repeat(200_000), NOW).unwrap();
    let cache = fresh(dir.path());
    fill(&cache);
    cache.flush().unwrap();
    drop(cache);
    let (mut cache, notices) = Cache::open_with(dir.path(), NOW, limit);
    assert!(matches!(&notices[..], [Notice::CacheDropped { limit: 100_000, .. }]), "{notices:?}");
    assert_eq!(cache.get::<String>(Table::Tickers, "k"), Ok(None));
    fill(&cache);
    assert!(matches!(cache.flush(), Err(Notice::CacheDropped { .. })), "while it runs, too");
    assert_eq!(cache.get::<String>(Table::Tickers, "k"), Ok(None));
    cache.limit = SIZE_LIMIT;
    fill(&cache);
    cache.flush().unwrap();
    assert!(cache.get::<String>(Table::Tickers, "k").unwrap().is_some());
}

#[test]
fn writing_the_same_keys_for_long_does_not_grow_the_cache() {
    let dir = tempfile::tempdir().unwrap();
    let cache = fresh(dir.path());
    let book = vec!["97412.10000000".to_owned(); 200];
    for n in 0..4_000 {
        cache.put(Table::Books, &format!("kraken {}", n % 10), &book, NOW).unwrap();
        if n % 500 == 0 {
            cache.flush().unwrap();
        }
    }
    cache.flush().unwrap();
    let (written, size) = (4_000 * 200 * 17, cache.size_on_disk());
    assert!(size < written / 4, "{written} bytes were written, {size} are on disk");
}

#[test]
fn market_data_comes_back_exactly() {
    let dir = tempfile::tempdir().unwrap();
    let cache = fresh(dir.path());
    let number = |n: i64| Trade {
        price: "97412.10000000".parse().unwrap(),
        quantity: "0.00001000".parse().unwrap(),
        taker: Side::Bid,
        id: Some(n as u64),
        at: Timestamp::from_secs(n),
    };
    let trades: Vec<Trade> = (0..3).map(number).collect();
    let rows = trades.iter().map(|t| (Place { moment: t.at, number: t.id.unwrap_or(0) }, t));
    cache.extend(Series::Trades, "kraken BTC/USD", rows, NOW).unwrap();
    let back = cache.last::<Trade>(Series::Trades, "kraken BTC/USD", 10).unwrap();
    assert_eq!(back.into_iter().map(|row| row.value).collect::<Vec<_>>(), trades);
}

#[test]
fn a_cache_that_is_not_wanted_takes_everything_and_keeps_nothing() {
    let cache = Cache::off();
    assert_eq!((cache.put(Table::Tickers, "k", &1, NOW), cache.flush()), (Ok(()), Ok(())));
    assert_eq!((cache.get::<i32>(Table::Tickers, "k"), cache.size_on_disk()), (Ok(None), 0));
}

#[test]
fn keys_and_records_have_limits() {
    let dir = tempfile::tempdir().unwrap();
    let cache = fresh(dir.path());
    let long = "k".repeat(KEY_LIMIT + 1);
    assert!(matches!(cache.put(Table::Books, &long, &1, NOW), Err(Notice::NotCached { .. })));
    assert!(matches!(cache.put(Table::Books, "k", &"x".repeat(VALUE_LIMIT), NOW), Err(Notice::NotCached { .. })));
    assert!(cache.is_on());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever stands in sled's files, the cache opens, and then works or is off with a notice.
    #[test]
    fn a_damaged_cache_never_stops_the_program(
        file in 0usize..3, at in 0u64..3_000, noise in proptest::collection::vec(any::<u8>(), 1..600), cut: bool
    ) {
        let dir = tempfile::tempdir().unwrap();
        let cache = fresh(dir.path());
        let rows: Vec<i64> = (0..200).collect();
        cache.extend(Series::Trades, "a", rows.iter().map(|n| (place(*n), n)), NOW).unwrap();
        cache.flush().unwrap();
        drop(cache);
        let mut files: Vec<_> = std::fs::read_dir(dir.path().join("db")).unwrap().flatten().map(|f| f.path()).filter(|p| p.is_file()).collect();
        files.sort();
        let target = std::fs::OpenOptions::new().write(true).open(&files[file % files.len()]).unwrap();
        if cut {
            target.set_len(at).unwrap();
        }
        target.write_all_at(&noise, at).unwrap();
        let (cache, notices) = Cache::open(dir.path(), NOW);
        let worked = cache.last::<i64>(Series::Trades, "a", 1_000).is_ok()
            && cache.put(Table::Tickers, "k", &1, NOW).is_ok()
            && cache.flush().is_ok();
        prop_assert!(worked || !cache.is_on(), "{notices:?}");
    }

    #[test]
    fn places_sort_as_their_keys(a: (i64, u64), b: (i64, u64)) {
        let place = |(nanos, number)| Place { moment: Timestamp::from_nanos(nanos), number };
        let key = |p| row_key(&prefix("k"), p);
        prop_assert_eq!(place(a).cmp(&place(b)), key(place(a)).cmp(&key(place(b))));
    }
}
