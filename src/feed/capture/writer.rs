//! Writes a capture while it happens.
//!
//! Only ever appends, to a file of its own that did not exist before. What was written reaches the file at the latest a
//! second after it happened, so that a power cut costs a second and leaves a readable file.

use super::{Record, write_line};
use crate::market::Timestamp;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

/// What is written is flushed after so long.
const FLUSH: Duration = Duration::from_secs(1);

/// How a capture is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Not at all.
    Plain,
    /// With gzip.
    Gzip,
    /// With zstd.
    Zstd,
}

impl Format {
    /// As the ending of the name says: `.gz`, `.zst`, or anything else for plain text.
    pub fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => Self::Gzip,
            Some("zst" | "zstd") => Self::Zstd,
            _ => Self::Plain,
        }
    }
}

enum Encoder {
    Plain(BufWriter<File>),
    Gzip(Box<flate2::write::GzEncoder<BufWriter<File>>>),
    Zstd(Box<zstd::stream::write::Encoder<'static, BufWriter<File>>>),
}

impl Encoder {
    fn sink(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(file) => file,
            Self::Gzip(encoder) => encoder.as_mut(),
            Self::Zstd(encoder) => encoder.as_mut(),
        }
    }
}

/// A capture that is being written.
pub struct Writer {
    encoder: Encoder,
    flushed: Option<Timestamp>,
}

impl Writer {
    /// Begins a new file, compressed as its name says. A file that exists is left alone, and that is an error.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = BufWriter::new(OpenOptions::new().append(true).create_new(true).open(path)?);
        let encoder = match Format::of(path) {
            Format::Plain => Encoder::Plain(file),
            Format::Gzip => {
                Encoder::Gzip(Box::new(flate2::write::GzEncoder::new(file, flate2::Compression::default())))
            }
            Format::Zstd => Encoder::Zstd(Box::new(zstd::stream::write::Encoder::new(file, 0)?)),
        };
        Ok(Self { encoder, flushed: None })
    }

    /// Appends a record.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        write_line(record, &mut self.encoder.sink())
    }

    /// Hands everything to the system if a second has passed since the last time.
    pub fn flush_when_due(&mut self, now: Timestamp) -> io::Result<()> {
        if self.flushed.get_or_insert(now).age(now) >= FLUSH {
            self.flushed = Some(now);
            self.encoder.sink().flush()?;
        }
        Ok(())
    }

    /// Completes the file and waits until it is on the disk.
    pub fn finish(self) -> io::Result<()> {
        let buffered = match self.encoder {
            Encoder::Plain(file) => file,
            Encoder::Gzip(encoder) => encoder.finish()?,
            Encoder::Zstd(encoder) => encoder.finish()?,
        };
        buffered.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("flushed", &self.flushed).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::capture::{Direction, Kind, Reader};

    fn record(nanos: i64) -> Record {
        Record {
            at: Some(Timestamp::from_nanos(nanos)),
            direction: Direction::In,
            kind: Kind::WebSocket,
            url: "wss://example".into(),
            data: Some(format!("{{\"n\":{nanos}}}")),
            connect: false,
        }
    }

    #[test]
    fn a_second_old_record_survives_a_power_cut() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst"] {
            let path = folder.path().join(name);
            let mut writer = Writer::create(&path).unwrap();
            writer.flush_when_due(Timestamp::from_secs(0)).unwrap();
            writer.write(&record(1)).unwrap();
            writer.flush_when_due(Timestamp::from_millis(999)).unwrap();
            assert!(Reader::open(&path).unwrap().flatten().next().is_none(), "{name}: flushed before it was due");
            writer.flush_when_due(Timestamp::from_secs(1)).unwrap();
            let written: Vec<_> = Reader::open(&path).unwrap().flatten().map(|numbered| numbered.record).collect();
            assert_eq!(written, [record(1)], "{name}");
            writer.write(&record(2)).unwrap();
            writer.finish().unwrap();
            let whole: Result<Vec<_>, _> = Reader::open(&path).unwrap().map(|n| n.map(|n| n.record)).collect();
            assert_eq!(whole, Ok(vec![record(1), record(2)]), "{name}");
        }
    }

    #[test]
    fn a_file_that_exists_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine");
        std::fs::write(&path, "precious").unwrap();
        assert_eq!(Writer::create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    }
}
