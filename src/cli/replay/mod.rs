//! `exchequer replay`: what captures come to.
//!
//! The captures go through the same code as a live market. What cannot be read is named and counted, and the run goes on.

mod bench;

use super::output::{Cell, Column, Output, Tone};
use super::{Context, Exit, Failure};
use crate::feed::capture::{CaptureError, Fault, Numbered, Reader};
use crate::feed::replay::{BookSummary, ReplayError, Replayer, Summary, Unread};
use crate::market::{VenueId, printable};
use std::path::{Path, PathBuf};

/// Faults that are named one by one; the rest are counted.
const NAMED: u64 = 20;

/// Levels a side in the result, unless asked otherwise.
const LEVELS: &str = "20";

const EXAMPLES: &str = "\
Examples:
  exchequer replay today.jsonl.gz                      the figures and the best prices at its end
  exchequer replay --json --levels all today.jsonl.gz  whole books, for a script
  exchequer replay --at-record 1000 today.jsonl.gz     the books as they were after a record
  exchequer replay --bench --repeat 20 today.jsonl.gz  how fast this machine makes books of it";

/// Arguments of `exchequer replay`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Args {
    /// The captures, in their order
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    // Not named like the setting: which venue a capture is of is not a matter of configuration.
    /// Whose frames they are, when their address does not tell
    #[arg(long = "venue", value_name = "VENUE")]
    recorded_at: Option<VenueId>,
    /// Levels a side with --json: a number, or `all`
    #[arg(long, value_name = "N", default_value = LEVELS, value_parser = levels)]
    levels: usize,
    /// Stop behind this record of the last file, counted from 0
    #[arg(long, value_name = "N")]
    at_record: Option<u64>,
    /// Measure instead: frames, events, bytes and processor time for each venue
    #[arg(long)]
    bench: bool,
    /// Go through the captures so many times with --bench
    #[arg(long, value_name = "N", default_value_t = 1, requires = "bench", value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
}

fn levels(text: &str) -> Result<usize, String> {
    match text {
        "all" => Ok(usize::MAX),
        number => number.parse().map_err(|_| "expected a whole number, or all".into()),
    }
}

/// Replays the captures and prints what they come to.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let output = context.output;
    if args.bench {
        return bench::run(&args.files, args.recorded_at, args.repeat, output);
    }
    let replayer = fold(&args.files, args.recorded_at, args.at_record, &mut |fault| output.note(fault))?;
    let summary = replayer.summary(args.levels);
    if output.json { output.json(&summary) } else { show(&summary, output) }
}

/// Folds the files, one after the other, and names what could not be read.
fn fold(
    files: &[PathBuf],
    venue: Option<VenueId>,
    at_record: Option<u64>,
    name: &mut dyn FnMut(&str),
) -> Result<Replayer, Failure> {
    let mut replayer = Replayer::new(venue);
    let mut faults = 0;
    for (index, path) in files.iter().enumerate() {
        // Records are counted from 0, and there is one in every line.
        let last = at_record.filter(|_| index + 1 == files.len());
        for item in Reader::open(path).map_err(|error| unreadable(&error))? {
            let line = match &item {
                Ok(Numbered { line, .. }) | Err(Fault::Line { line, .. } | Fault::Broken { line, .. }) => *line,
            };
            if last.is_some_and(|last| line > last.saturating_add(1)) {
                break;
            }
            let Err(fault) = replayer.fold(item) else { continue };
            let fault_in_file = named(path, &fault.to_string());
            if let Unread::Frame { reason: ReplayError::Venue { .. }, .. } = fault {
                return Err(Failure::new(Exit::Usage, "venue_unknown", printable(&fault_in_file))
                    .hint("exchequer venues lists those that are known"));
            }
            faults += 1;
            if faults <= NAMED {
                name(&fault_in_file);
            }
        }
    }
    if faults > NAMED {
        name(&format!("{} more could not be read", faults - NAMED));
    }
    Ok(replayer)
}

fn unreadable(error: &CaptureError) -> Failure {
    Failure::new(Exit::Error, "capture_unreadable", printable(&error.to_string()))
        .hint("a capture is a file of JSON lines, plain, gzip or zstd")
}

fn named(path: &Path, fault: &str) -> String {
    format!("{}, {fault}", path.display())
}

fn show(summary: &Summary, output: Output) -> Result<(), Failure> {
    let count = |name: &'static str, count: u64, wrong: bool| {
        let tone = if wrong && count > 0 { Tone::Warn } else { Tone::Plain };
        vec![Cell::from(name), Cell::toned(&count.to_string(), tone)]
    };
    let counts = [
        count("frames", summary.frames, false),
        count("events", summary.events, false),
        count("trades", summary.trades, false),
        count("ignored", summary.ignored, true),
        count("malformed", summary.malformed, true),
        count("resyncs", summary.resyncs, true),
    ];
    let venue = summary.venue.map_or("no frames", VenueId::as_str);
    output.table(&[Column::Left(venue), Column::Right("")], &counts)?;
    if summary.books.is_empty() {
        return Ok(());
    }
    output.text("")?;
    let columns = [
        Column::Left("book"),
        Column::Right("bid"),
        Column::Right("ask"),
        Column::Right("bids"),
        Column::Right("asks"),
        Column::Right("checked"),
        Column::Right("failed"),
    ];
    output.table(&columns, &summary.books.iter().map(row).collect::<Vec<_>>())
}

fn row(book: &BookSummary) -> Vec<Cell> {
    let best = |levels: &[(String, String)]| Cell::from(levels.first().map_or("–", |(price, _)| price.as_str()));
    let failed = if book.checksums.failed > 0 { Tone::Bad } else { Tone::Plain };
    vec![
        Cell::from(book.symbol.as_str()),
        best(&book.bids),
        best(&book.asks),
        Cell::from(book.bid_levels.to_string()),
        Cell::from(book.ask_levels.to_string()),
        Cell::from(book.checksums.checked.to_string()),
        Cell::toned(&book.checksums.failed.to_string(), failed),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_named_up_to_a_limit_and_then_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a\u{1b}[2J.jsonl");
        let heartbeat =
            r#"{"t":1,"dir":"in","kind":"ws","url":"wss://ws.kraken.com/v2","data":"{\"channel\":\"heartbeat\"}"}"#;
        let broken = heartbeat.replace("heartbeat\\\"}", "book\\\"}");
        std::fs::write(&path, format!("{heartbeat}\n{broken}\n{}{heartbeat}\n", "nonsense\n".repeat(30))).unwrap();
        let mut named = Vec::new();
        let replayer = fold(&[path.clone(), path], None, None, &mut |fault| named.push(fault.to_owned())).unwrap();
        assert_eq!(named.len(), 21);
        assert!(named[0].contains(", line 2: not a book message: "), "{}", named[0]);
        assert!(named[1].contains(", line 3: not a record: "), "{}", named[1]);
        assert_eq!(named[20], "42 more could not be read");
        let summary = replayer.summary(0);
        assert_eq!((summary.frames, summary.events, summary.malformed), (6, 4, 62));
    }

    #[test]
    fn a_file_that_is_not_there_ends_the_run() {
        let failure = fold(&["/no/such/file".into()], None, None, &mut |_| {}).unwrap_err();
        assert!(failure.message.starts_with("cannot read /no/such/file: "));
        assert_eq!(failure.exit, Exit::Error);
    }

    #[test]
    fn frames_of_an_unknown_venue_need_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("capture.jsonl");
        std::fs::write(
            &path,
            r#"{"t":1,"dir":"in","kind":"ws","url":"wss://example.com","data":"{\"channel\":\"heartbeat\"}"}"#,
        )
        .unwrap();
        let failure = fold(std::slice::from_ref(&path), None, None, &mut |_| {}).unwrap_err();
        assert!(failure.exit == Exit::Usage && failure.message.contains("\"wss://example.com\""), "{failure:?}");
        assert_eq!(fold(&[path], Some(VenueId::Kraken), None, &mut |_| {}).unwrap().summary(0).events, 1);
    }

    #[test]
    fn levels_are_a_number_or_all() {
        assert_eq!((levels("all"), levels("3")), (Ok(usize::MAX), Ok(3)));
        assert!(levels("-1").is_err() && levels("many").is_err());
    }
}
