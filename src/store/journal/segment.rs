//! The files of a journal, by name and in order.

use std::io;
use std::path::{Path, PathBuf};

/// Where an entry stands: its line starts at `offset` in segment number `segment`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The segment's number; the first is 1.
    pub segment: u32,
    /// Bytes before the line.
    pub offset: u64,
}

/// The file name of a segment.
pub fn name(number: u32) -> String {
    format!("journal-{number:06}.jsonl")
}

/// The numbers of the segments in a directory, ascending. Files of any other name are not the journal's.
pub fn list(dir: &Path) -> io::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for file in std::fs::read_dir(dir)? {
        numbers.extend(file?.file_name().to_str().and_then(number));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn number(file: &str) -> Option<u32> {
    let number = file.strip_prefix("journal-")?.strip_suffix(".jsonl")?.parse().ok()?;
    (number > 0 && name(number) == file).then_some(number)
}

/// The first free name for a torn line that is kept aside.
pub(super) fn torn_path(dir: &Path, segment: u32) -> PathBuf {
    let path = |n: u32| dir.join(format!("journal-{segment:06}.torn-{n}"));
    (1..).map(path).find(|path| !path.exists()).unwrap_or_else(|| path(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_names_are_segments() {
        assert_eq!(number("journal-000012.jsonl"), Some(12));
        assert_eq!(number("journal-1234567.jsonl"), Some(1_234_567));
        for other in ["journal-12.jsonl", "journal-000000.jsonl", "journal-+00012.jsonl", "journal-000001.torn-1"] {
            assert_eq!(number(other), None, "{other}");
        }
    }
}
