//! The commands on a small journal, whole and damaged.

use clap::Parser;

use super::*;
use crate::store::Journal;
use crate::store::journal::{Setting, Start, Who};

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    args: Args,
}

fn run_on(dir: &Path, command: &str, json: bool) -> (Result<(), Failure>, String) {
    let args = Program::try_parse_from(std::iter::once("journal").chain(command.split_whitespace())).unwrap().args;
    let mut out = Vec::new();
    let done = run(&args, dir, json, &mut out);
    (done, String::from_utf8(out).unwrap())
}

fn journal() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = Journal::open(dir.path());
    let day = |n: i64| Timestamp::from_secs(1_800_000_000 + n * 86_400);
    journal.append(day(0), Who::LOCAL, &Body::Start(Start { version: "0.1.0".into(), pid: 7 })).unwrap();
    let setting = Setting { key: "theme".into(), old: None, new: Some("da\u{1b}[2Jrk".into()) };
    journal.append(day(1), Who { actor: "=HYPERLINK(1)", tenant: "a,\"b" }, &Body::Setting(setting)).unwrap();
    journal.append(day(2), Who::LOCAL, &Body::Other { kind: "levitate".into(), json: "{\"h\":3}".into() }).unwrap();
    dir
}

#[test]
fn a_good_journal_is_verified() {
    let dir = journal();
    let (done, out) = run_on(dir.path(), "verify", false);
    assert_eq!(done, Ok(()));
    assert!(out.starts_with("3 entries verified, head "), "{out}");
    let report: serde_json::Value = serde_json::from_str(&run_on(dir.path(), "verify", true).1).unwrap();
    assert_eq!((&report["entries"], &report["head"]["seq"]), (&3.into(), &3.into()));
}

#[test]
fn shown_entries_are_filtered_and_printable() {
    let dir = journal();
    let (done, out) = run_on(dir.path(), "show", false);
    assert_eq!((done, out.lines().count()), (Ok(()), 3));
    assert!(out.contains("theme: (not set) → da[2Jrk") && !out.contains('\u{1b}'), "{out}");
    assert!(out.contains("levitate  {\"h\":3}"), "{out}");
    let count = |command| run_on(dir.path(), command, false).1.lines().count();
    assert_eq!(count("show --kind setting"), 1);
    assert_eq!(count("show --since 2027-01-16"), 2);
    assert_eq!(count("show --since 2027-01-16T08:00:01Z"), 1);
    assert_eq!((count("show --last 2"), count("show --last 0")), (2, 0));
    let last: serde_json::Value = serde_json::from_str(&run_on(dir.path(), "show --last 1", true).1).unwrap();
    assert_eq!(last["kind"], "levitate");
}

#[test]
fn an_export_can_be_verified_again() {
    let dir = journal();
    let copy = tempfile::tempdir().unwrap();
    let path = copy.path().join("journal-000001.jsonl");
    let command = format!("export -o {}", path.display());
    assert_eq!(run_on(dir.path(), &command, false).0, Ok(()));
    assert_eq!(verify(copy.path()), verify(dir.path()));
    assert_eq!(run_on(dir.path(), &command, false).0.unwrap_err().key, "output_failed", "no file is written over");
}

#[test]
fn csv_is_no_formula() {
    let dir = journal();
    let (_, out) = run_on(dir.path(), "export --format csv", false);
    let row = out.lines().nth(2).unwrap();
    assert!(row.starts_with(r#"2,2027-01-16T08:00:00Z,setting,"'=HYPERLINK(1)","a,""b","{""key"":""theme"""#), "{row}");
    for formula in ["=1", " +1", "-1", "@a", "\t=1"] {
        assert!(cell(formula).starts_with("\"'"), "{formula:?}");
    }
}

#[test]
fn damage_ends_the_output_with_its_line() {
    let dir = journal();
    let path = dir.path().join("journal-000001.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("levitate", "Levitate")).unwrap();
    for (command, lines) in
        [("verify", 0), ("show", 2), ("show --last 1", 1), ("export", 2), ("export --format csv", 3)]
    {
        let (done, out) = run_on(dir.path(), command, false);
        let failure = done.unwrap_err();
        assert_eq!((failure.exit, failure.key), (Exit::Verification, "journal_damaged"));
        assert!(failure.message.contains("journal-000001.jsonl, line 3"), "{failure}");
        assert_eq!(out.lines().count(), lines, "{command}");
    }
}

#[test]
fn no_journal_is_not_a_good_journal() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run_on(&dir.path().join("none"), "verify", false).0.unwrap_err().key, "journal_missing");
}
