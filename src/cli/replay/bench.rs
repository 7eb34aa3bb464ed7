//! `exchequer replay --bench`: how fast captured frames become books on this machine.
//!
//! The captures are read into memory first; then everything that a live desk does with a frame is done, on one core:
//! dialect, book, checks. What is measured is the processor's time of this process, so that a busy machine does not
//! count as a slow one.

use super::super::output::{Cell, Column, Output};
use super::{Failure, named, unreadable};
use crate::feed::capture::{Numbered, Reader};
use crate::feed::replay::Replayer;
use crate::market::{VenueId, printable};
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a venue's captures came to.
#[derive(Debug, Serialize)]
struct Figures {
    venue: &'static str,
    frames: u64,
    events: u64,
    bytes: u64,
    cpu_seconds: f64,
    frames_per_second: f64,
    megabytes_per_second: f64,
}

/// Replays the captures `repeat` times and prints the figures of each venue.
pub fn run(files: &[PathBuf], venue: Option<VenueId>, repeat: u32, output: Output) -> Result<(), Failure> {
    let mut totals: BTreeMap<&'static str, Figures> = BTreeMap::new();
    for path in files {
        let mut records = Vec::new();
        for item in Reader::open(path).map_err(|error| unreadable(&error))? {
            match item {
                Ok(numbered) => records.push(numbered),
                Err(fault) => output.note(&printable(&named(path, &fault.to_string()))),
            }
        }
        let figures = measure(&records, venue, repeat);
        match totals.get_mut(figures.venue) {
            None => _ = totals.insert(figures.venue, figures),
            Some(total) => total.add(&figures),
        }
    }
    let totals: Vec<Figures> = totals.into_values().collect();
    if output.json {
        output.json(&serde_json::json!({ "repeat": repeat, "venues": totals }))
    } else {
        show(&totals, output)
    }
}

fn measure(records: &[Numbered], venue: Option<VenueId>, repeat: u32) -> Figures {
    let mut told = (venue, 0, 0);
    let begun = cpu_seconds();
    for _ in 0..repeat {
        let mut replayer = Replayer::new(venue);
        for numbered in records {
            // What cannot be read costs time too, and is named by a replay without --bench.
            let _ = replayer.take(numbered);
        }
        let summary = replayer.summary(0);
        told = (summary.venue, told.1 + summary.frames, told.2 + summary.events);
    }
    let seconds = cpu_seconds() - begun;
    let bytes: usize = records.iter().filter_map(|numbered| numbered.record.data.as_ref()).map(String::len).sum();
    let mut figures = Figures {
        venue: told.0.map_or("no frames", VenueId::as_str),
        frames: 0,
        events: 0,
        bytes: 0,
        cpu_seconds: 0.0,
        frames_per_second: 0.0,
        megabytes_per_second: 0.0,
    };
    figures.add(&Figures {
        frames: told.1,
        events: told.2,
        bytes: bytes as u64 * u64::from(repeat),
        cpu_seconds: seconds,
        ..figures
    });
    figures
}

impl Figures {
    fn add(&mut self, more: &Self) {
        self.frames += more.frames;
        self.events += more.events;
        self.bytes += more.bytes;
        self.cpu_seconds += more.cpu_seconds;
        let rate = |count: u64| if self.cpu_seconds > 0.0 { count as f64 / self.cpu_seconds } else { 0.0 };
        (self.frames_per_second, self.megabytes_per_second) = (rate(self.frames), rate(self.bytes) / 1e6);
    }
}

/// The processor time that this process has used.
fn cpu_seconds() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}

fn show(totals: &[Figures], output: Output) -> Result<(), Failure> {
    let rows: Vec<Vec<Cell>> = totals
        .iter()
        .map(|of| {
            vec![
                Cell::from(of.venue),
                Cell::from(of.frames.to_string()),
                Cell::from(of.events.to_string()),
                Cell::from(of.bytes.to_string()),
                Cell::from(format!("{:.3}", of.cpu_seconds)),
                Cell::from(format!("{:.0}", of.frames_per_second)),
                Cell::from(format!("{:.0}", of.megabytes_per_second)),
            ]
        })
        .collect();
    let right = ["frames", "events", "bytes", "cpu s", "frames/s", "MB/s"].map(Column::Right);
    let columns: Vec<Column> = std::iter::once(Column::Left("venue")).chain(right).collect();
    output.table(&columns, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::capture::{Direction, Kind, Record};

    #[test]
    fn every_repetition_counts() {
        let url = "wss://ws.kraken.com/v2".to_owned();
        let data = Some(r#"{"channel":"heartbeat"}"#.to_owned());
        let record = Record { at: None, direction: Direction::In, kind: Kind::WebSocket, url, data, connect: false };
        let figures = measure(&[Numbered { line: 1, record }], None, 50);
        assert_eq!((figures.venue, figures.frames, figures.events, figures.bytes), ("kraken", 50, 50, 50 * 23));
        assert!(figures.cpu_seconds > 0.0 && figures.frames_per_second > 0.0);
    }
}
