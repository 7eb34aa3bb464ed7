//! The journal on a real disk, and after hands other than its own.

use std::io::Write;

use proptest::prelude::*;

use super::*;

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

pub(super) fn setting(new: &str) -> Body {
    Body::Setting(Setting { key: "theme".into(), old: None, new: Some(new.into()) })
}

fn filled(dir: &Path, entries: usize, segment_size: u64) -> Vec<Receipt> {
    let (mut journal, notices) = Journal::open_with(dir, segment_size);
    assert_eq!(notices, []);
    (0..entries).map(|n| journal.append(NOW, Who::LOCAL, &setting(&n.to_string())).unwrap()).collect()
}

fn file(dir: &Path, segment: u32) -> PathBuf {
    dir.join(segment::name(segment))
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

/// The journal is damaged as said, is opened read-only, and not a byte of it is touched.
fn assert_damaged(dir: &Path, expected: &str) {
    let all = || -> Vec<(u32, Vec<u8>)> {
        segment::list(dir).unwrap().into_iter().map(|n| (n, std::fs::read(file(dir, n)).unwrap())).collect()
    };
    let before = all();
    let report = verify(dir);
    let damage = report.damage.expect("the damage is found");
    assert!(damage.to_string().contains(expected), "{damage}");
    let (mut journal, notices) = Journal::open(dir);
    assert_eq!(notices, [Notice::JournalDamaged { damage }]);
    assert_eq!(journal.link().seq, report.entries);
    assert!(matches!(journal.append(NOW, Who::LOCAL, &setting("x")), Err(AppendError::ReadOnly(_))));
    assert_eq!(all(), before);
    assert_eq!(std::fs::read_dir(dir).unwrap().count(), before.len() + 1, "only the lock is beside the segments");
}

#[test]
fn entries_are_found_again_across_segments() {
    let dir = tempfile::tempdir().unwrap();
    let receipts = filled(dir.path(), 20, 1000);
    assert!(segment::list(dir.path()).unwrap().len() > 5);
    let mut reader = Reader::open(dir.path()).unwrap();
    for (n, receipt) in receipts.iter().enumerate() {
        let found = reader.next().unwrap().unwrap();
        assert_eq!((found.position, found.entry.hash), (receipt.position, receipt.link.hash));
        assert_eq!(found.entry.body, setting(&n.to_string()));
        assert_eq!(found.entry.at, NOW);
        assert_eq!(read_at(dir.path(), receipt.position).unwrap().0, found.entry);
    }
    assert!(reader.next().unwrap().is_none());
    let (mut journal, notices) = Journal::open_with(dir.path(), 1000);
    assert_eq!(notices, []);
    assert_eq!(journal.append(NOW, Who::LOCAL, &setting("more")).unwrap().link.seq, 21);
    assert_eq!(verify(dir.path()).entries, 21);
}

#[test]
fn the_format_is_as_documented() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::open(dir.path());
    let start = Body::Start(Start { version: "0.1.0".into(), pid: 7 });
    journal.append(NOW, Who { actor: "é\u{202e}\u{1b}", tenant: "local" }, &start).unwrap();
    let text = std::fs::read_to_string(file(dir.path(), 1)).unwrap();
    let before = concat!(
        r#"{"seq":1,"at":"2027-01-15T08:00:00Z","kind":"start","actor":"\u00e9\u202e\u001b","tenant":"local","#,
        r#""body":{"version":"0.1.0","pid":7},"prev":"0000000000000000000000000000000000000000000000000000000000000000""#
    );
    // printf '%s' '…the above…' | sha256sum
    assert_eq!(text, format!("{before},\"hash\":\"{}\"}}\n", Hash::of(before.as_bytes())));
    assert_eq!(text.len() - before.len(), SEAL_LEN + 1);
    assert_eq!(SEAL_LEN, 75);
    let entry = Reader::open(dir.path()).unwrap().next().unwrap().unwrap().entry;
    assert_eq!(entry.actor, "é\u{202e}\u{1b}");
}

#[test]
fn hashes_are_sha256() {
    let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(Hash::of(b"abc").to_string(), known);
}

#[test]
fn a_torn_last_line_is_kept_aside() {
    for keep in [1, 40, 250] {
        let dir = tempfile::tempdir().unwrap();
        let receipts = filled(dir.path(), 3, SEGMENT_SIZE);
        let cut = receipts[2].position.offset + keep;
        let path = file(dir.path(), 1);
        edit(&path, |bytes| bytes.truncate(cut as usize));
        assert_eq!(verify(dir.path()).unfinished, keep as usize);
        let (mut journal, notices) = Journal::open(dir.path());
        let kept_as = "journal-000001.torn-1".to_owned();
        let torn = Notice::JournalTorn { segment: segment::name(1), bytes: keep as usize, kept_as: kept_as.clone() };
        assert_eq!(notices, [torn]);
        assert_eq!(std::fs::read(dir.path().join(kept_as)).unwrap().len(), keep as usize);
        assert_eq!(journal.append(NOW, Who::LOCAL, &setting("again")).unwrap().link.seq, 3);
        assert_eq!(verify(dir.path()), Report { entries: 3, link: journal.link(), unfinished: 0, damage: None });
    }
}

#[test]
fn zeros_after_a_crash_are_a_torn_line_too() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 3, SEGMENT_SIZE);
    edit(&file(dir.path(), 1), |bytes| bytes.extend([0; 300]));
    let (journal, notices) = Journal::open(dir.path());
    assert!(matches!(&notices[..], [Notice::JournalTorn { bytes: 300, .. }]), "{notices:?}");
    assert_eq!((journal.link().seq, journal.writable()), (3, Ok(())));
}

#[test]
fn a_whole_entry_without_its_line_feed_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 3, SEGMENT_SIZE);
    edit(&file(dir.path(), 1), |bytes| assert_eq!(bytes.pop(), Some(b'\n')));
    let (mut journal, notices) = Journal::open(dir.path());
    assert_eq!(notices, [Notice::JournalUnterminated { segment: segment::name(1) }]);
    assert_eq!(journal.append(NOW, Who::LOCAL, &setting("next")).unwrap().link.seq, 4);
    assert_eq!(verify(dir.path()).entries, 4);
}

#[test]
fn a_whole_last_line_with_a_wrong_hash_is_damage() {
    for line_feed in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        filled(dir.path(), 3, SEGMENT_SIZE);
        edit(&file(dir.path(), 1), |bytes| {
            let at = bytes.windows(7).rposition(|w| w == b"\"theme\"").unwrap();
            bytes[at + 1] = b'T';
            if !line_feed {
                bytes.pop();
            }
        });
        assert_damaged(dir.path(), "journal-000001.jsonl, line 3: the line was changed");
    }
}

#[test]
fn every_other_damage_is_named_by_its_line() {
    type Change = fn(&Path);
    let cases: [(Change, &str); 10] = [
        (|d| edit(&file(d, 1), |b| b.resize(3 * MAX_LINE, b'x')), "journal-000001.jsonl, line 6: the line is longer"),
        (|d| edit(&file(d, 2), |b| b[8] = b'9'), "journal-000002.jsonl, line 1: the line was changed"),
        (
            |d| edit(&file(d, 1), |b| b.extend(b"trailing\n")),
            "journal-000001.jsonl, line 6: the line does not end in a hash",
        ),
        (
            |d| edit(&file(d, 1), |b| b.insert(0, b'\n')),
            "journal-000001.jsonl, line 1: the line does not end in a hash",
        ),
        (
            |d| edit(&file(d, 1), |b| b.truncate(b.len() - 1)),
            "journal-000001.jsonl, line 5: the file ends within the line",
        ),
        (|d| edit(&file(d, 3), |b| b.splice(0..0, vec![b'x'; MAX_LINE + 1]).for_each(drop)), "longer than 6291456"),
        (|d| std::fs::remove_file(file(d, 2)).unwrap(), "journal-000002.jsonl is missing"),
        (|d| std::fs::remove_file(file(d, 1)).unwrap(), "journal-000001.jsonl is missing"),
        (
            |d| edit(&file(d, 2), |b| drop(b.drain(..b.iter().position(|b| *b == b'\n').unwrap() + 1))),
            "entry 6 should stand here, but entry 7",
        ),
        (
            |d| assert!(std::fs::copy(file(d, 1), file(d, 2)).unwrap() > 0),
            "journal-000002.jsonl, line 1: entry 6 should stand here, but entry 1",
        ),
    ];
    for (change, expected) in cases {
        let dir = tempfile::tempdir().unwrap();
        filled(dir.path(), 11, 1400);
        assert_eq!(segment::list(dir.path()).unwrap(), [1, 2, 3]);
        change(dir.path());
        assert_damaged(dir.path(), expected);
    }
}

#[test]
fn an_entry_of_another_chain_does_not_follow() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(a.path(), 2, SEGMENT_SIZE);
    Journal::open(b.path()).0.append(NOW, Who::LOCAL, &setting("other")).unwrap();
    let second = std::fs::read_to_string(file(a.path(), 1)).unwrap().lines().nth(1).unwrap().to_owned() + "\n";
    edit(&file(b.path(), 1), |bytes| bytes.extend(second.as_bytes()));
    assert_damaged(b.path(), "line 2: the line does not follow the one before");
}

#[test]
fn an_unknown_kind_is_verified_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::open(dir.path());
    let body = Body::Other { kind: "levitate".into(), json: r#"{"height":3}"#.into() };
    journal.append(NOW, Who::LOCAL, &body).unwrap();
    let odd = Body::Other { kind: "stop".into(), json: "[1]".into() };
    journal.append(NOW, Who::LOCAL, &odd).unwrap();
    let mut reader = Reader::open(dir.path()).unwrap();
    assert_eq!(reader.next().unwrap().unwrap().entry.body, body);
    assert_eq!(reader.next().unwrap().unwrap().entry.body, odd);
}

#[test]
fn what_no_verification_would_accept_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::open(dir.path());
    let other = |json: &str| Body::Other { kind: "k".into(), json: json.into() };
    for body in [setting(&"x".repeat(MAX_LINE)), other("{\"a\":\n1}"), other("{"), other("1,\"prev\":2")] {
        assert!(matches!(journal.append(NOW, Who::LOCAL, &body), Err(AppendError::Invalid(_))));
    }
    journal.append(NOW, Who::LOCAL, &setting("fits")).unwrap();
    assert_eq!(verify(dir.path()).entries, 1);
}

#[test]
fn a_second_writer_only_reads() {
    let dir = tempfile::tempdir().unwrap();
    let (mut first, _) = Journal::open(dir.path());
    first.append(NOW, Who::LOCAL, &setting("a")).unwrap();
    edit(&file(dir.path(), 1), |bytes| bytes.extend(b"{\"seq\":2,")); // the first is in the middle of a line
    let (mut second, notices) = Journal::open(dir.path());
    assert_eq!(notices, [Notice::JournalLocked { dir: dir.path().display().to_string() }]);
    assert_eq!(second.link(), first.link());
    assert!(matches!(second.append(NOW, Who::LOCAL, &setting("b")), Err(AppendError::ReadOnly(_))));
    drop((first, second));
    let (third, notices) = Journal::open(dir.path());
    assert!(matches!(&notices[..], [Notice::JournalTorn { .. }]));
    assert_eq!(third.writable(), Ok(()));
}

#[test]
fn a_file_changed_by_another_program_stops_the_writer() {
    for change in [|p: &Path| edit(p, |b| b.extend(b"hello\n")), |p: &Path| std::fs::remove_file(p).unwrap()] {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(dir.path());
        journal.append(NOW, Who::LOCAL, &setting("a")).unwrap();
        change(&file(dir.path(), 1));
        assert!(matches!(journal.append(NOW, Who::LOCAL, &setting("b")), Err(AppendError::Changed { .. })));
        assert!(journal.writable().is_err());
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_a_notice() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("journal"), "a file").unwrap();
    let (journal, notices) = Journal::open(&dir.path().join("journal"));
    assert!(matches!(&notices[..], [Notice::JournalUnavailable { .. }]), "{notices:?}");
    assert!(journal.writable().is_err());
}

#[test]
fn the_line_limit_is_exact() {
    let line = |pad: usize| {
        let mut line = Vec::new();
        line::write_line(&mut line, &Link::START, NOW, Who::LOCAL, &setting(&"x".repeat(pad))).unwrap();
        line
    };
    let pad = MAX_LINE - line(0).len();
    assert!(check_line(&Link::START, &line(pad)).is_ok());
    assert_eq!(check_line(&Link::START, &line(pad + 1)), Err(LineError::TooLong));
    let dir = tempfile::tempdir().unwrap();
    let mut out = std::fs::File::create(file(dir.path(), 1)).unwrap();
    out.write_all(&line(pad)).unwrap();
    out.write_all(b"\n").unwrap();
    assert_eq!(verify(dir.path()).damage, None);
}

proptest! {
    #[test]
    fn any_text_comes_back(key in ".*", old in proptest::option::of(".*"), actor in ".*", at in 0i64..4_000_000_000) {
        let body = Body::Setting(Setting { key, old, new: None });
        let who = Who { actor: &actor, tenant: "t" };
        let mut line = Vec::new();
        line::write_line(&mut line, &Link::START, Timestamp::from_secs(at), who, &body).unwrap();
        let entry = check_line(&Link::START, &line).unwrap();
        prop_assert_eq!((&entry.body, entry.actor.as_str(), entry.at), (&body, actor.as_str(), Timestamp::from_secs(at)));
    }

    #[test]
    fn no_changed_byte_passes(at in 0usize..330, flip in 1u8..=255) {
        let mut line = Vec::new();
        line::write_line(&mut line, &Link::START, NOW, Who::LOCAL, &setting("dark")).unwrap();
        let at = at % line.len();
        line[at] ^= flip;
        prop_assert!(check_line(&Link::START, &line).is_err());
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = check_line(&Link::START, &bytes);
        let mut sealed = bytes;
        seal(&mut sealed);
        let _ = check_line(&Link::START, &sealed);
    }
}
