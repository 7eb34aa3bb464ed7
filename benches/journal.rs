//! The journal at 100 000 entries: verified from the first byte to the last, opened, and appended to.
//!
//! `cargo bench --bench journal`. Appending is measured with `fsync`, so it tells about the disk of the directory for
//! temporary files.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use exchequer::market::Timestamp;
use exchequer::store::Journal;
use exchequer::store::journal::{Body, Hash, Link, Setting, Who, check_line, seal, verify};

const ENTRIES: u64 = 100_000;
const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn body(n: u64) -> Body {
    Body::Setting(Setting { key: "book.grouping".into(), old: Some(n.to_string()), new: Some((n + 1).to_string()) })
}

/// Writes the lines of a long journal without waiting for the disk a hundred thousand times.
fn write(dir: &Path) {
    let mut prev = Hash::ZERO;
    for (segment, first) in (1..=ENTRIES).step_by(25_000).enumerate() {
        let mut text = Vec::new();
        for seq in first..(first + 25_000).min(ENTRIES + 1) {
            let body = body(seq).json().unwrap();
            let mut line = format!(
                r#"{{"seq":{seq},"at":"{NOW}","kind":"setting","actor":"local","tenant":"local","body":{body},"prev":"{prev}""#
            )
            .into_bytes();
            prev = seal(&mut line);
            text.extend(line);
            text.push(b'\n');
        }
        std::fs::write(dir.join(format!("journal-{:06}.jsonl", segment + 1)), text).unwrap();
    }
}

fn journal(c: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    let report = verify(dir.path());
    assert_eq!((report.entries, report.damage), (ENTRIES, None));

    let mut group = c.benchmark_group("journal");
    group.sample_size(10);
    group.throughput(Throughput::Elements(ENTRIES));
    group.bench_function("verify 100k", |b| b.iter(|| verify(black_box(dir.path()))));
    group.bench_function("open 100k", |b| b.iter(|| Journal::open(black_box(dir.path()))));

    group.throughput(Throughput::Elements(1));
    let (mut journal, notices) = Journal::open(dir.path());
    assert_eq!(notices, []);
    group.bench_function("append", |b| b.iter(|| journal.append(NOW, Who::LOCAL, &body(7)).unwrap()));

    let text = std::fs::read(dir.path().join("journal-000001.jsonl")).unwrap();
    let line = text.split(|b| *b == b'\n').next().unwrap();
    group.bench_function("check one line", |b| b.iter(|| check_line(&Link::START, black_box(line)).unwrap()));
    group.finish();
}

criterion_group!(benches, journal);
criterion_main!(benches);
