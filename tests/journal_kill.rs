//! A process that appends to the journal is killed at 200 random moments; no acknowledged entry is ever lost.
//!
//! The process is this test binary itself: with `EXCHEQUER_JOURNAL` set it appends until it is killed and prints the
//! number of an entry as soon as the append has returned.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use exchequer::market::Timestamp;
use exchequer::store::journal::{Body, Setting, Tail, Who, verify};
use exchequer::store::{Journal, Notice};
use rand::{RngExt, SeedableRng};

const ROUNDS: u32 = 200;
const SEGMENT: u64 = 8_000;
const CHILD: &str = "EXCHEQUER_JOURNAL";

/// What the killed process does. Without the variable this is a test that has nothing to do.
#[test]
fn child() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let (mut journal, notices) = Journal::open_with(Path::new(&dir), SEGMENT);
    assert!(notices.iter().all(|n| matches!(n, Notice::JournalTorn { .. } | Notice::JournalUnterminated { .. })));
    let mut out = std::io::stdout();
    for n in 0u64.. {
        // Lines of different lengths, so that segments end at different places.
        let text = "x".repeat(usize::try_from(n * 7919 % 900).unwrap());
        let body = Body::Setting(Setting { key: "theme".into(), old: None, new: Some(text) });
        let receipt = journal.append(Timestamp::from_system(SystemTime::now()), Who::LOCAL, &body).unwrap();
        writeln!(out, "ack {} {}", receipt.link.seq, receipt.link.hash).unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn no_acknowledged_entry_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let mut random = rand_pcg::Pcg64Mcg::seed_from_u64(7);
    let mut torn = 0;
    let mut acknowledged = Vec::<(u64, String)>::new();
    for round in 0..ROUNDS {
        acknowledged.extend(run_and_kill(dir.path(), &mut random));
        let (journal, notices) = Journal::open_with(dir.path(), SEGMENT);
        for notice in &notices {
            match notice {
                Notice::JournalTorn { .. } | Notice::JournalUnterminated { .. } => torn += 1,
                other => panic!("round {round}: {other}"),
            }
        }
        assert_eq!(journal.writable(), Ok(()), "round {round}");
        drop(journal);
    }
    let report = verify(dir.path());
    assert_eq!((report.damage, report.unfinished), (None, 0));
    let mut reader = exchequer::store::journal::Reader::open(dir.path()).unwrap();
    let mut expected = acknowledged.iter().peekable();
    while let Some(found) = reader.next().unwrap() {
        let is = (found.entry.seq, found.entry.hash.to_string());
        expected.next_if(|ack| **ack == is);
    }
    assert_eq!(expected.next(), None, "an acknowledged entry is not in the journal as it was acknowledged");
    assert_eq!(reader.tail(), &Tail::Clean);
    assert!(acknowledged.len() > ROUNDS as usize / 2, "the processes lived long enough to append");
    println!("{ROUNDS} kills, {} acknowledged of {} entries, {torn} torn lines", acknowledged.len(), report.entries);
}

/// Starts a process, lets it append, kills it, and gives what it acknowledged.
fn run_and_kill(dir: &Path, random: &mut rand_pcg::Pcg64Mcg) -> Vec<(u64, String)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(CHILD, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let (sender, lines) = mpsc::channel();
    let reading = std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let ack = |line: String| {
        let (seq, hash) = line.split_once("ack ")?.1.split_once(' ')?;
        (hash.len() == 64).then(|| (seq.parse().unwrap(), hash.to_owned()))
    };
    // The moment counts from the first acknowledgement, however long a loaded machine takes to start a process; a few
    // are killed while they open the journal.
    let mut acknowledged = Vec::new();
    if random.random_ratio(9, 10) {
        while acknowledged.is_empty() {
            acknowledged.extend(ack(lines.recv().expect("the process appends")));
        }
    }
    std::thread::sleep(Duration::from_micros(random.random_range(0..12_000)));
    child.kill().unwrap();
    child.wait().unwrap();
    acknowledged.extend(lines.into_iter().filter_map(ack));
    let _ = reading.join().unwrap();
    acknowledged
}
