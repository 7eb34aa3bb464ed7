//! Records what passes by on a connection, so that it can be replayed.
//!
//! The recorder keeps the books too: a recording in which a book fell out of step goes on with a fresh snapshot, exactly
//! as the live desk would.

use super::capture::{Direction, Kind, Record, Writer};
use super::{Clock, LinkError, LinkEvent, Listener, Statistics};
use crate::market::{Applied, Desync, Event, Market, Symbol, Timestamp, VenueId};
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;

/// How a recording stands.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// How the connection stands.
    pub link: Option<LinkEvent>,
    /// Its figures.
    pub figures: Statistics,
    /// What the venue refused last.
    pub refusal: Option<String>,
    /// Why nothing more is recorded.
    pub failure: Option<RecordingError>,
    /// Whether the file is complete.
    pub complete: bool,
}

/// Why a recording ended before its time.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RecordingError {
    /// The venue was not reached in the first place; there is no file.
    #[error("nothing was recorded: {0}")]
    Link(LinkError),
    /// The file could not be written.
    #[error("cannot write {}: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
        /// Whether a file of that name was there before.
        exists: bool,
    },
}

/// A listener that writes a capture.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    url: String,
    clock: Clock,
    writer: Option<Writer>,
    market: Market,
    state: watch::Sender<Recording>,
}

impl Recorder {
    /// Records the connection to `url` into a new file, which begins when the connection is first made.
    pub fn new(path: PathBuf, url: String, clock: Clock) -> (Self, watch::Receiver<Recording>) {
        let (state, seen) = watch::channel(Recording::default());
        (Self { path, url, clock, writer: None, market: Market::default(), state }, seen)
    }

    fn write(&mut self, direction: Direction, data: Option<&str>, at: Timestamp) {
        let (url, connect, data) = (self.url.clone(), data.is_none(), data.map(str::to_owned));
        self.record(Record { at: Some(at), direction, kind: Kind::WebSocket, url, connect, data }, at);
    }

    fn record(&mut self, record: Record, at: Timestamp) {
        self.with_writer(|writer| writer.write(&record).and_then(|()| writer.flush_when_due(at)));
    }

    fn with_writer(&mut self, write: impl FnOnce(&mut Writer) -> io::Result<()>) {
        if let Some(Err(error)) = self.writer.as_mut().map(write) {
            self.fail(&error);
        }
    }

    fn fail(&mut self, error: &io::Error) {
        self.writer = None;
        let exists = error.kind() == io::ErrorKind::AlreadyExists;
        let failure = RecordingError::File { path: self.path.clone(), reason: super::error::words(error), exists };
        self.state.send_modify(|state| state.failure = Some(failure));
    }

    fn finish(&mut self) {
        match self.writer.take().map(Writer::finish) {
            Some(Ok(())) => self.state.send_modify(|state| state.complete = true),
            Some(Err(error)) => self.fail(&error),
            None => {}
        }
    }
}

impl Listener for Recorder {
    fn link(&mut self, venue: VenueId, event: LinkEvent, at: Timestamp) {
        match &event {
            LinkEvent::Up => {
                if self.writer.is_none() {
                    match Writer::create(&self.path) {
                        Ok(writer) => self.writer = Some(writer),
                        Err(error) => self.fail(&error),
                    }
                }
                self.write(Direction::Out, None, at);
            }
            LinkEvent::Waiting { reason, .. } if self.writer.is_none() => {
                let failure = RecordingError::Link(reason.clone());
                self.state.send_modify(|state| _ = state.failure.get_or_insert(failure));
            }
            LinkEvent::Ended { .. } => self.finish(),
            LinkEvent::Waiting { .. } | LinkEvent::Connecting => {}
        }
        if event != LinkEvent::Up {
            self.market.lose(venue, &Desync::Disconnected, at);
        }
        self.state.send_modify(|state| state.link = Some(event));
    }

    fn receive(&mut self, venue: VenueId, events: &mut Vec<Event>, received: Timestamp) -> Vec<Symbol> {
        let mut broken = Vec::new();
        for event in events.drain(..) {
            match event {
                Event::Book { symbol, update } => {
                    let book = &mut self.market.listing_mut(venue, &symbol).book;
                    if let Applied::NeedsResync(_) = book.apply(&update, received) {
                        broken.push(symbol);
                    }
                }
                Event::Rejected { reason, .. } => self.state.send_modify(|state| state.refusal = Some(reason)),
                Event::Doubt { symbols, .. } => broken.extend(symbols),
                // Precisions belong to the checksums.
                Event::Instruments(_) => _ = self.market.apply(venue, event, received),
                _ => {}
            }
        }
        broken
    }

    fn silent(&mut self, venue: VenueId, symbol: &Symbol, silence: Duration, at: Timestamp) {
        self.market.listing_mut(venue, symbol).book.lose(Desync::Silent(silence), at);
    }

    fn statistics(&mut self, _: VenueId, statistics: &Statistics) {
        let now = self.clock.now();
        self.with_writer(|writer| writer.flush_when_due(now));
        self.state.send_modify(|state| state.figures = *statistics);
    }

    fn fetched(&mut self, url: &str, body: &str, at: Timestamp) {
        let (direction, kind, connect) = (Direction::In, Kind::Http, false);
        let (url, data) = (url.to_owned(), Some(body.to_owned()));
        self.record(Record { at: Some(at), direction, kind, url, connect, data }, at);
    }

    fn frame(&mut self, direction: Direction, text: &str, at: Timestamp) {
        self.write(direction, Some(text), at);
    }
}
