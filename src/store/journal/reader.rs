//! Reads a journal from its first entry to its last and verifies every line on the way.
//!
//! - An entry is handed out only after its line, its number and its link to the entry before were checked.
//! - Memory is bounded by the longest line, whatever the size of the journal.
//! - Bytes after the last line feed of the last segment are not damage but a [`Tail`]: they are being written by
//!   another process, or a crash cut them. With a seal, though, they are a line, and are judged as one.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::entry::Entry;
use super::line::{self, LineError, Link, MAX_LINE};
use super::segment::{self, Position};

/// Where and how a journal is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// A line is not the next entry.
    #[error("{segment}, line {line}: {fault}")]
    Line {
        /// The segment's file name.
        segment: String,
        /// The line's number in that file, from 1.
        line: u64,
        /// What is wrong with it.
        fault: LineError,
    },
    /// A segment before the last ends within a line.
    #[error("{segment}, line {line}: the file ends within the line, but a later segment follows")]
    Cut {
        /// The segment's file name.
        segment: String,
        /// The line's number in that file, from 1.
        line: u64,
    },
    /// A segment is not there.
    #[error("{segment} is missing, but later segments are there")]
    Missing {
        /// The segment's file name.
        segment: String,
    },
    /// The system cannot read a file.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file or directory.
        path: String,
        /// The system's words.
        reason: String,
    },
}

/// What follows the last line feed of the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tail {
    /// Nothing.
    #[default]
    Clean,
    /// A whole, right entry that lacks only its line feed.
    Unterminated,
    /// The beginning of a line.
    Unfinished(Vec<u8>),
}

/// A verified entry where it was found.
#[derive(Debug)]
pub struct Found<'a> {
    /// The entry.
    pub entry: Entry,
    /// Its line as it stands in the file, without the line feed.
    pub line: &'a str,
    /// Where its line starts.
    pub position: Position,
}

/// Reads and verifies, entry by entry.
#[derive(Debug)]
pub struct Reader {
    dir: PathBuf,
    later: std::vec::IntoIter<u32>,
    segment: Option<Segment>,
    link: Link,
    buffer: Vec<u8>,
    tail: Tail,
}

#[derive(Debug)]
struct Segment {
    number: u32,
    input: BufReader<File>,
    lines: u64,
    offset: u64,
}

impl Reader {
    /// Starts at the first entry of the journal in `dir`.
    pub fn open(dir: &Path) -> Result<Self, Damage> {
        let numbers = segment::list(dir).map_err(|e| unreadable(dir, &e))?;
        let later = numbers.into_iter();
        Ok(Self { dir: dir.into(), later, segment: None, link: Link::START, buffer: Vec::new(), tail: Tail::Clean })
    }

    /// Starts after the entry `link`, whose line (with its line feed) ends at `end`.
    pub fn resume(dir: &Path, end: Position, link: Link) -> Result<Self, Damage> {
        let mut reader = Self::open(dir)?;
        reader.link = link;
        reader.later.by_ref().find(|number| *number == end.segment);
        let path = dir.join(segment::name(end.segment));
        reader.segment = Some(Segment::resume(&path, end).map_err(|e| unreadable(&path, &e))?);
        Ok(reader)
    }

    /// Whether there is anything behind `end`, where somebody has read to: another process may have written since.
    pub fn has_more(dir: &Path, end: Option<Position>) -> bool {
        let Some(end) = end else { return segment::list(dir).is_ok_and(|numbers| !numbers.is_empty()) };
        let longer = |file: std::fs::Metadata| file.len() > end.offset;
        std::fs::metadata(dir.join(segment::name(end.segment))).is_ok_and(longer)
            || dir.join(segment::name(end.segment.saturating_add(1))).exists()
    }

    /// The next entry; `None` at the end of the journal.
    // Not an Iterator: the line is lent from the reader's buffer.
    #[expect(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Found<'_>>, Damage> {
        if self.tail != Tail::Clean {
            return Ok(None);
        }
        loop {
            if self.segment.is_none() && !self.next_segment()? {
                return Ok(None);
            }
            let Some(segment) = &mut self.segment else { return Ok(None) };
            let path = || self.dir.join(segment::name(segment.number));
            self.buffer.clear();
            let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX).saturating_add(2);
            let read = segment.input.by_ref().take(limit).read_until(b'\n', &mut self.buffer);
            let read = read.map_err(|e| unreadable(&path(), &e))?;
            if read == 0 {
                if self.later.len() == 0 {
                    return Ok(None);
                }
                self.next_segment()?;
                continue;
            }
            break;
        }
        self.check()
    }

    /// Checks the line in the buffer, which is not empty.
    fn check(&mut self) -> Result<Option<Found<'_>>, Damage> {
        let Some(segment) = &mut self.segment else { return Ok(None) };
        let name = || segment::name(segment.number);
        let terminated = self.buffer.pop_if(|last| *last == b'\n').is_some();
        let number = segment.lines + 1;
        let cut = !terminated && self.buffer.len() <= MAX_LINE;
        if cut && self.later.len() > 0 {
            return Err(Damage::Cut { segment: name(), line: number });
        }
        if cut && !line::is_sealed(&self.buffer) {
            self.tail = Tail::Unfinished(std::mem::take(&mut self.buffer));
            return Ok(None);
        }
        let damage = |fault| Damage::Line { segment: name(), line: number, fault };
        let (entry, line) = line::read_line(&self.buffer).map_err(damage)?;
        line::check_link(&self.link, &entry).map_err(damage)?;
        let position = Position { segment: segment.number, offset: segment.offset };
        segment.lines = number;
        segment.offset += self.buffer.len() as u64 + u64::from(terminated);
        if !terminated {
            self.tail = Tail::Unterminated;
        }
        self.link = Link { seq: entry.seq, hash: entry.hash };
        Ok(Some(Found { entry, line, position }))
    }

    /// Reads on to the end, or to the first damage.
    pub fn finish(&mut self) -> Result<(), Damage> {
        while self.next()?.is_some() {}
        Ok(())
    }

    /// The last entry handed out.
    pub fn link(&self) -> Link {
        self.link
    }

    /// Where the line after the last entry handed out starts; `None` before the first segment.
    pub fn end(&self) -> Option<Position> {
        self.segment.as_ref().map(|s| Position { segment: s.number, offset: s.offset })
    }

    /// What follows the last line feed, once the end is reached.
    pub fn tail(&self) -> &Tail {
        &self.tail
    }

    fn next_segment(&mut self) -> Result<bool, Damage> {
        let Some(number) = self.later.next() else { return Ok(false) };
        let expected = self.segment.as_ref().map_or(1, |s| s.number.saturating_add(1));
        if number != expected {
            return Err(Damage::Missing { segment: segment::name(expected) });
        }
        let path = self.dir.join(segment::name(number));
        let file = File::open(&path).map_err(|e| unreadable(&path, &e))?;
        self.segment = Some(Segment { number, input: BufReader::with_capacity(1 << 16, file), lines: 0, offset: 0 });
        Ok(true)
    }
}

impl Segment {
    fn resume(path: &Path, end: Position) -> io::Result<Self> {
        let mut input = BufReader::with_capacity(1 << 16, File::open(path)?);
        let mut lines = 0;
        let mut before = input.by_ref().take(end.offset);
        loop {
            let chunk = before.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            lines += chunk.iter().filter(|b| **b == b'\n').count() as u64;
            let len = chunk.len();
            before.consume(len);
        }
        Ok(Self { number: end.segment, input, lines, offset: end.offset })
    }
}

/// Reads the one entry at `position`, checked in itself but not against its neighbours.
pub(in crate::store) fn read_at(dir: &Path, position: Position) -> Result<(Entry, Position), Damage> {
    let name = segment::name(position.segment);
    let path = dir.join(&name);
    let mut line = Vec::new();
    let read = File::open(&path).and_then(|mut file| {
        file.seek(SeekFrom::Start(position.offset))?;
        BufReader::new(file).take(MAX_LINE as u64 + 2).read_until(b'\n', &mut line)
    });
    let read = read.map_err(|e| unreadable(&path, &e))?;
    line.pop_if(|last| *last == b'\n');
    let (entry, _) = line::read_line(&line).map_err(|fault| Damage::Line { segment: name, line: 0, fault })?;
    Ok((entry, Position { segment: position.segment, offset: position.offset + read as u64 }))
}

fn unreadable(path: &Path, error: &io::Error) -> Damage {
    Damage::Unreadable { path: path.display().to_string(), reason: error.to_string() }
}
