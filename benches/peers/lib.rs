//! The captured frames that the benchmarks beside this read.

use exchequer::feed::capture::{Kind, Reader, Record};
use exchequer::market::{Event, Timestamp, VenueId};
use exchequer::venue::{Address, Dialect, dialect};
use std::path::Path;

const FRAMES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/market/frames/");

/// A venue's book frames, and the snapshot that was fetched beside them.
pub struct Capture {
    pub venue: VenueId,
    pub url: &'static str,
    pub snapshot: Option<(String, String)>,
    pub frames: Vec<String>,
}

fn records(name: &str) -> Option<Vec<Record>> {
    let path = format!("{FRAMES}{name}.jsonl.gz");
    if !Path::new(&path).exists() {
        println!("{path} is absent: skipped");
        return None;
    }
    Some(Reader::open(Path::new(&path)).unwrap().map(|item| item.unwrap().record).collect())
}

pub fn capture(
    venue: VenueId,
    url: &'static str,
    name: &str,
    wanted: impl Fn(&str) -> Option<String>,
) -> Option<Capture> {
    let records = records(name)?;
    let fetched = records.iter().find(|record| record.kind == Kind::Http);
    let snapshot = fetched.and_then(|record| Some((record.url.clone(), record.data.clone()?)));
    let frames: Vec<String> = records.iter().filter_map(|record| wanted(record.incoming()?)).collect();
    Some(Capture { venue, url, snapshot, frames })
}

impl Capture {
    /// A conversation that has its snapshot, and what that told.
    pub fn opened(&self) -> (Box<dyn Dialect>, Vec<Event>) {
        let (mut dialect, mut events) = (dialect(self.venue, &Address::stream(self.url)), Vec::new());
        if let Some((url, body)) = &self.snapshot {
            dialect.fetched(url, body, Timestamp::from_nanos(0), &mut events).unwrap();
        }
        (dialect, events)
    }
}
