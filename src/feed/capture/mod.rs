//! Captures: what went over a connection, one JSON record a line, plain, gzip or zstd.
//!
//! `{"t": seconds | null, "dir": "in" | "out", "kind": "ws" | "http", "url": "…", "data": "<raw frame>" | null}`, and
//! `"event": "connect"` where a connection began. Times are exact to the nanosecond; they are never floating point.
//!
//! - A line that cannot be read is an error with its number, and the next line is read as if nothing had been.
//! - The compression is told by the first bytes of the file, not by its name; several gzip members or zstd frames in a
//!   row are one capture.

mod line;
mod reader;
mod writer;

pub use line::{LineError, parse_line, write_line};
pub use reader::{CaptureError, Fault, Numbered, Reader};
pub use writer::{Format, Writer};

use crate::market::Timestamp;

/// Which way a frame went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the venue to us.
    In,
    /// From us to the venue.
    Out,
}

/// How a frame travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Over a WebSocket.
    WebSocket,
    /// As an answer to an HTTP request.
    Http,
}

/// One line of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When it passed by, where the collector knew.
    pub at: Option<Timestamp>,
    /// Which way.
    pub direction: Direction,
    /// How.
    pub kind: Kind,
    /// The stream's or the request's address, as it was recorded: not printable yet.
    pub url: String,
    /// The frame as it was on the wire.
    pub data: Option<String>,
    /// Whether a connection began here.
    pub connect: bool,
}

impl Record {
    /// The frame, if this is one that a venue sent over a stream.
    pub fn incoming(&self) -> Option<&str> {
        let stream = self.kind == Kind::WebSocket && self.direction == Direction::In && !self.connect;
        self.data.as_deref().filter(|_| stream)
    }
}
