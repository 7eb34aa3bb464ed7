//! Verifies a journal from its first byte to its last, in one pass.

use std::path::Path;

use super::line::Link;
use super::reader::{Damage, Reader, Tail};

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Entries that were verified: all of them, or those before the damage.
    pub entries: u64,
    /// The last verified entry.
    pub link: Link,
    /// Bytes of a last line that is being written right now, or that a crash cut; such a line was never acknowledged.
    pub unfinished: usize,
    /// The first thing that is wrong; verification ends there.
    pub damage: Option<Damage>,
}

/// Verifies the journal in `dir` without changing anything.
pub fn verify(dir: &Path) -> Report {
    let mut report = Report { entries: 0, link: Link::START, unfinished: 0, damage: None };
    let mut reader = match Reader::open(dir) {
        Ok(reader) => reader,
        Err(damage) => return Report { damage: Some(damage), ..report },
    };
    report.damage = reader.finish().err();
    report.link = reader.link();
    report.entries = report.link.seq; // numbers start at 1 and have no gap
    if let Tail::Unfinished(bytes) = reader.tail() {
        report.unfinished = bytes.len();
    }
    report
}
