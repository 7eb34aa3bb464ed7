//! Reads a capture as a stream: in the memory is one line at a time.

use super::{LineError, Record, parse_line};
use crate::feed::error::words;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

/// The longest line that is read.
const MAX_LINE: usize = 32 << 20;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Why a capture could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {source}", .path.display())]
pub struct CaptureError {
    /// The file.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

/// Something in a capture that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// This line; the next one is read all the same.
    #[error("line {line}: {reason}")]
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        reason: LineError,
    },
    /// Everything after this line.
    #[error("after line {line}: {reason}")]
    Broken {
        /// The last line that was whole.
        line: u64,
        /// What is wrong with the file.
        reason: String,
    },
}

/// A record and the number of its line, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// The line.
    pub line: u64,
    /// What it says.
    pub record: Record,
}

/// The records of a capture, one after the other.
pub struct Reader {
    input: Box<dyn BufRead + Send>,
    line: u64,
    limit: usize,
    buffer: Vec<u8>,
    ended: bool,
}

/// What was found where a line was looked for.
enum Found {
    Line,
    TooLong,
    End,
}

impl Reader {
    /// Opens a file of any of the formats.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        let unreadable = |source| CaptureError { path: path.to_owned(), source };
        File::open(path).and_then(Self::new).map_err(unreadable)
    }

    /// Reads from anything, whose first bytes tell the format.
    pub fn new(mut input: impl Read + Send + 'static) -> io::Result<Self> {
        let mut magic = Vec::with_capacity(ZSTD.len());
        input.by_ref().take(ZSTD.len() as u64).read_to_end(&mut magic)?;
        let (gzip, zstd) = (magic.starts_with(&GZIP), magic.starts_with(&ZSTD));
        let whole = Cursor::new(magic).chain(input);
        let input: Box<dyn BufRead + Send> = if gzip {
            Box::new(BufReader::new(flate2::read::MultiGzDecoder::new(whole)))
        } else if zstd {
            Box::new(BufReader::new(zstd::stream::read::Decoder::new(whole)?))
        } else {
            Box::new(BufReader::new(whole))
        };
        Ok(Self { input, line: 0, limit: MAX_LINE, buffer: Vec::new(), ended: false })
    }

    /// How many lines are left, those that cannot be read included. Does not look into them.
    pub fn count_rest(&mut self) -> u64 {
        let mut lines = 0;
        while !self.ended && matches!(self.find(), Ok(Found::Line | Found::TooLong)) {
            lines += 1;
        }
        self.ended = true;
        lines
    }

    /// Fills the buffer with the next line that is not empty, without its end.
    fn find(&mut self) -> io::Result<Found> {
        loop {
            self.buffer.clear();
            let (mut dropped, mut any) = (false, false);
            let whole = loop {
                let part = self.input.fill_buf()?;
                let end = part.iter().position(|byte| *byte == b'\n');
                let (text, used) = match end {
                    Some(end) => (part.get(..end).unwrap_or_default(), end + 1),
                    None => (part, part.len()),
                };
                any |= used > 0;
                if self.buffer.len() + text.len() > self.limit {
                    dropped = true;
                } else if !dropped {
                    self.buffer.extend_from_slice(text);
                }
                self.input.consume(used);
                if end.is_some() || used == 0 {
                    break end.is_some();
                }
            };
            if !any {
                return Ok(Found::End);
            }
            self.line += 1;
            if dropped {
                return Ok(Found::TooLong);
            }
            if !self.buffer.trim_ascii().is_empty() {
                return Ok(Found::Line);
            }
            if !whole {
                return Ok(Found::End);
            }
        }
    }
}

impl Iterator for Reader {
    type Item = Result<Numbered, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let found = self.find();
        let line = self.line;
        Some(match found {
            Ok(Found::Line) => match parse_line(&self.buffer) {
                Ok(record) => Ok(Numbered { line, record }),
                Err(reason) => Err(Fault::Line { line, reason }),
            },
            Ok(Found::TooLong) => Err(Fault::Line { line, reason: LineError::TooLong { limit: self.limit } }),
            Ok(Found::End) => {
                self.ended = true;
                return None;
            }
            Err(error) => {
                self.ended = true;
                let reason = match error.kind() {
                    io::ErrorKind::UnexpectedEof => "the file is cut off".into(),
                    _ => words(&error),
                };
                Err(Fault::Broken { line, reason })
            }
        })
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("line", &self.line).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const LINE: &str = r#"{"t":1.5,"dir":"in","kind":"ws","url":"wss://x","data":"{}"}"#;

    fn read(bytes: Vec<u8>) -> Vec<Result<u64, Fault>> {
        Reader::new(Cursor::new(bytes)).unwrap().map(|item| item.map(|numbered| numbered.line)).collect()
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn the_first_bytes_tell_the_format() {
        let text = format!("{LINE}\n\n{LINE}");
        let lines = vec![Ok(1), Ok(3)];
        assert_eq!(read(text.clone().into_bytes()), lines);
        assert_eq!(read(gzip(&text)), lines);
        assert_eq!(read(zstd::encode_all(text.as_bytes(), 1).unwrap()), lines);
        assert_eq!(read(Vec::new()), []);
        assert_eq!(read(b"\n\n".to_vec()), []);
    }

    #[test]
    fn members_and_frames_in_a_row_are_one_capture() {
        let text = format!("{LINE}\n");
        assert_eq!(read([gzip(&text), gzip(&text)].concat()), [Ok(1), Ok(2)]);
        let frame = zstd::encode_all(text.as_bytes(), 1).unwrap();
        assert_eq!(read([frame.clone(), frame].concat()), [Ok(1), Ok(2)]);
    }

    #[test]
    fn a_bad_line_is_named_and_passed_over() {
        let found = read(format!("{LINE}\nnonsense\n{LINE}\n").into_bytes());
        assert_eq!((&found[0], &found[2]), (&Ok(1), &Ok(3)));
        assert!(matches!(found[1], Err(Fault::Line { line: 2, reason: LineError::Json(_) })), "{:?}", found[1]);
    }

    #[test]
    fn a_line_beyond_the_limit_costs_no_memory() {
        let long = "x".repeat(100_000);
        let mut reader = Reader::new(Cursor::new(format!("{LINE}\n{long}\n{LINE}\n{long}"))).unwrap();
        reader.limit = 1_000;
        let found: Vec<_> = reader.by_ref().map(|item| item.map(|numbered| numbered.line)).collect();
        let too_long = |line| Err(Fault::Line { line, reason: LineError::TooLong { limit: 1_000 } });
        assert_eq!(found, [Ok(1), too_long(2), Ok(3), too_long(4)]);
        assert!(reader.buffer.capacity() <= 8 * 1024);
    }

    #[test]
    fn a_file_that_is_cut_off_gives_what_it_has() {
        let text: String = (0..2_000).map(|n| LINE.replace("1.5", &format!("{n}.{}", n * 7919 % 997)) + "\n").collect();
        for mut bytes in [gzip(&text), zstd::encode_all(text.as_bytes(), 1).unwrap()] {
            bytes.truncate(bytes.len() - 20);
            let found = read(bytes);
            let (last, before) = found.split_last().unwrap();
            assert!(matches!(last, Err(Fault::Broken { reason, .. }) if reason == "the file is cut off"), "{last:?}");
            assert!(before.iter().all(Result::is_ok));
        }
    }

    #[test]
    fn lines_are_counted_without_being_read() {
        let bytes = gzip(&format!("{LINE}\nnonsense\n\n{LINE}"));
        let mut reader = Reader::new(Cursor::new(bytes)).unwrap();
        assert!(reader.next().unwrap().is_ok());
        assert_eq!(reader.count_rest(), 2);
        assert_eq!(reader.next(), None);
    }

    #[test]
    fn a_missing_file_is_named() {
        let missing = Reader::open(Path::new("/no/such/capture")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read /no/such/capture: "), "{missing}");
    }
}
