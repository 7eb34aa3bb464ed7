//! How far a file is read, for a person who waits: a line on stderr that goes away again.

use crate::cli::output::write_stderr;
use std::io::{self, IsTerminal, Read};
use std::time::{Duration, Instant};

/// Whoever waits less is told nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often the line changes.
const PACE: Duration = Duration::from_millis(200);

/// A file that tells how far it is read.
pub struct Progress<R> {
    source: R,
    read: u64,
    size: u64,
    /// When to tell again; `None` when nobody looks.
    next: Option<Instant>,
    told: bool,
}

impl<R> Progress<R> {
    /// Tells of a file of that size, if stderr is a terminal and the output is `for_people`.
    pub fn new(source: R, size: u64, for_people: bool) -> Self {
        let next = (for_people && io::stderr().is_terminal()).then(|| Instant::now() + PATIENCE);
        Self { source, read: 0, size, next, told: false }
    }
}

impl<R: Read> Read for Progress<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.read += count as u64;
        if let Some(next) = self.next {
            let now = Instant::now();
            if now >= next {
                write_stderr(&line(self.read, self.size));
                (self.next, self.told) = (Some(now + PACE), true);
            }
        }
        Ok(count)
    }
}

impl<R> Drop for Progress<R> {
    fn drop(&mut self) {
        if self.told {
            write_stderr("\r\x1b[K");
        }
    }
}

fn line(read: u64, size: u64) -> String {
    let percent = (read.min(size) * 100).checked_div(size).map(|percent| format!(", {percent} %")).unwrap_or_default();
    format!("\r\x1b[Kread {} of {} MiB{percent}", read >> 20, size.max(read) >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far() {
        assert_eq!(line(512 << 20, 1 << 30), "\r\x1b[Kread 512 of 1024 MiB, 50 %");
        assert_eq!(line(2 << 20, 0), "\r\x1b[Kread 2 of 2 MiB", "a pipe has no size");
    }

    #[test]
    fn what_is_read_goes_through() {
        let mut text = String::new();
        Progress::new(&b"abc"[..], 3, false).read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
    }
}
