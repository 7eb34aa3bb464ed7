//! A capture, played to a [`Listener`] as if it were live: faster, slower, stopped, stepped, or from another place.
//!
//! Going back means telling everything again from the beginning ([`Listener::restart`]), without waiting: the state at a
//! place is therefore the same however one came there. The player is a thread, because decompressing and reading are
//! work; between two records it sleeps on its commands.

use super::capture::{CaptureError, Fault, Numbered, Reader};
use super::error::words;
use super::replay::{Retelling, Survey, Told};
use super::statistics::{Rate, newest};
use super::{Clock, LinkError, LinkEvent, Listener, Statistics};
use crate::market::{Event, Timestamp, VenueId};
use crate::venue::Receipt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A pause in the capture is cut to this.
const IDLE: Duration = Duration::from_secs(5);

/// While it sleeps, the player tells the time so often.
const TELL_TIME: Duration = Duration::from_millis(250);

/// Records that are played at full speed between two looks at the commands.
const BATCH: u32 = 256;

/// Commands that may wait.
const COMMANDS: usize = 64;

/// How fast to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// So many hundredths of the speed at which it was recorded; zero stands still.
    Percent(u32),
    /// As fast as it goes.
    Max,
}

/// How to steer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steer {
    /// Stand still, or go on.
    TogglePause,
    /// Play one more record.
    Step,
    /// Move by so many records, back when negative.
    Seek(i64),
    /// Play at this speed.
    Speed(Speed),
}

/// Where the player stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Records played.
    pub position: u64,
    /// Records in all.
    pub length: u64,
    /// Whether it stands still.
    pub paused: bool,
    /// How fast it plays.
    pub speed: Speed,
    /// Whether it has come to the end.
    pub ended: bool,
    /// The capture's time.
    pub now: Timestamp,
}

/// Why a capture cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum PlayerError {
    /// It cannot be read.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// Nobody has said whose frames these are, and no address in it tells.
    #[error("no known venue in {}; name one with --venue", .path.display())]
    Venue {
        /// The file.
        path: PathBuf,
    },
    /// There is no thread for it.
    #[error("cannot start to play: {0}")]
    Thread(std::io::Error),
}

/// Steers a player. Dropping it ends the player.
#[derive(Debug)]
pub struct Player {
    venue: VenueId,
    commands: SyncSender<Steer>,
    progress: watch::Receiver<Progress>,
}

impl Player {
    /// Opens a capture and starts to play it. Without a venue, the first address in it that we know names it.
    pub fn spawn(
        path: &Path,
        venue: Option<VenueId>,
        speed: Speed,
        listener: impl Listener + 'static,
    ) -> Result<Self, PlayerError> {
        let survey = Survey::of(path)?;
        let venue = venue.or(survey.venue).ok_or_else(|| PlayerError::Venue { path: path.to_owned() })?;
        let now = survey.start.unwrap_or(Timestamp::from_nanos(0));
        let start = Progress { position: 0, length: survey.length, paused: false, speed, ended: false, now };
        let (commands, orders) = sync_channel(COMMANDS);
        let (tell, progress) = watch::channel(start);
        let clock = Clock::start();
        let stage = Stage {
            path: path.to_owned(),
            venue,
            start: survey.start,
            reader: Reader::open(path)?,
            retelling: Retelling::new(Some(venue), survey.start),
            ahead: None,
            listener,
            figures: Statistics::default(),
            told: Statistics::default(),
            rate: Rate::new(clock.now()),
            clock,
            events: Vec::new(),
            up: false,
            progress: start,
            tell,
        };
        let thread = std::thread::Builder::new().name("player".into());
        thread.spawn(move || stage.play(&orders)).map_err(PlayerError::Thread)?;
        Ok(Self { venue, commands, progress })
    }

    /// Whose capture it is.
    pub fn venue(&self) -> VenueId {
        self.venue
    }

    /// Steers. `false` when so many commands wait already that this one was dropped, or the player has ended.
    pub fn steer(&self, steer: Steer) -> bool {
        match self.commands.try_send(steer) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }

    /// Where it stands.
    pub fn progress(&self) -> Progress {
        *self.progress.borrow()
    }

    /// Where it stands, to wait for changes.
    pub fn watch(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }
}

/// The player's own side.
struct Stage<L> {
    path: PathBuf,
    venue: VenueId,
    start: Option<Timestamp>,
    reader: Reader,
    retelling: Retelling,
    /// The next record, read to know how long to wait for it.
    ahead: Option<Result<Numbered, Fault>>,
    listener: L,
    figures: Statistics,
    told: Statistics,
    rate: Rate,
    clock: Clock,
    events: Vec<Event>,
    up: bool,
    progress: Progress,
    tell: watch::Sender<Progress>,
}

impl<L: Listener> Stage<L> {
    /// Plays until the handle is gone.
    fn play(mut self, orders: &Receiver<Steer>) {
        loop {
            let order = if self.progress.ended || self.progress.paused || self.progress.speed == Speed::Percent(0) {
                self.figures.rate = 0;
                self.report();
                orders.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else if let Speed::Percent(percent) = self.progress.speed {
                self.wait_for_next(percent, orders)
            } else {
                for _ in 0..BATCH {
                    self.one();
                }
                orders.recv_timeout(Duration::ZERO)
            };
            match order {
                Ok(steer) => self.follow(steer),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if let Some(rate) = self.rate.lap(self.figures.frames, self.clock.now()) {
                self.figures.rate = rate;
            }
            self.report();
        }
    }

    /// Waits as long as the capture did, telling the time, and plays the next record unless an order comes first.
    fn wait_for_next(&mut self, percent: u32, orders: &Receiver<Steer>) -> Result<Steer, RecvTimeoutError> {
        let from = self.progress.now;
        let to = match self.look_ahead() {
            Some(Ok(Numbered { record, .. })) => record.at.unwrap_or(from),
            _ => from,
        };
        let gap = from.age(to).min(IDLE);
        let wait = gap.saturating_mul(100) / percent.max(1);
        let begun = Instant::now();
        loop {
            let left = wait.saturating_sub(begun.elapsed());
            if left.is_zero() {
                self.one();
                return orders.recv_timeout(Duration::ZERO);
            }
            match orders.recv_timeout(left.min(TELL_TIME)) {
                Err(RecvTimeoutError::Timeout) => {
                    let passed = begun.elapsed().saturating_mul(percent) / 100;
                    self.progress.now = from.plus(passed.min(gap));
                    self.report();
                }
                order => return order,
            }
        }
    }

    fn follow(&mut self, steer: Steer) {
        match steer {
            Steer::TogglePause => self.progress.paused = !self.progress.paused,
            Steer::Speed(speed) => self.progress.speed = speed,
            Steer::Step => {
                self.progress.paused = true;
                self.one();
            }
            Steer::Seek(by) => {
                let target = self.progress.position.saturating_add_signed(by).min(self.progress.length);
                if target < self.progress.position {
                    self.rewind();
                }
                while self.progress.position < target && !self.progress.ended {
                    self.one();
                }
            }
        }
    }

    fn rewind(&mut self) {
        match Reader::open(&self.path) {
            Ok(reader) => self.reader = reader,
            Err(error) => return self.fail(words(&error)),
        }
        self.retelling = Retelling::new(Some(self.venue), self.start);
        self.ahead = None;
        self.figures = Statistics::default();
        self.rate = Rate::new(self.clock.now());
        self.up = false;
        let now = self.retelling.now();
        self.progress = Progress { position: 0, ended: false, now, ..self.progress };
        self.listener.restart();
    }

    fn look_ahead(&mut self) -> Option<&Result<Numbered, Fault>> {
        if self.ahead.is_none() {
            self.ahead = self.reader.next();
        }
        self.ahead.as_ref()
    }

    /// Plays one record, or ends. At the end the link stays up: the books are what they were when the capture ended.
    fn one(&mut self) {
        if self.progress.ended {
            return;
        }
        self.look_ahead();
        match self.ahead.take() {
            None => self.progress.ended = true,
            Some(Err(fault @ Fault::Broken { .. })) => self.fail(fault.to_string()),
            Some(Err(fault)) => {
                self.figures.malformed += 1;
                tracing::warn!("{fault}");
                self.progress.position += 1;
            }
            Some(Ok(numbered)) => {
                self.tell_record(&numbered);
                self.progress.position += 1;
            }
        }
    }

    fn tell_record(&mut self, Numbered { line, record }: &Numbered) {
        let told = self.retelling.tell(record, &mut self.events);
        let now = self.retelling.now();
        self.progress.now = now;
        if let Some(frame) = record.incoming() {
            self.figures.frames += 1;
            self.figures.bytes += frame.len() as u64;
            self.figures.last_frame = Some(now);
        }
        let again = match told {
            Ok(Told::Connected { again }) => again,
            Ok(Told::Frame(Receipt::Unknown)) => {
                self.figures.unknown += 1;
                false
            }
            Ok(_) => false,
            Err(reason) => {
                self.figures.malformed += 1;
                tracing::warn!("line {line}: {reason}");
                false
            }
        };
        self.figures.reconnects += u64::from(again);
        if again || !self.up {
            self.up = true;
            self.listener.link(self.venue, LinkEvent::Connecting, now);
            self.listener.link(self.venue, LinkEvent::Up, now);
        }
        if !self.events.is_empty() {
            self.figures.lag = newest(&self.events).map(|sent| sent.age(now)).or(self.figures.lag);
            let broken = self.listener.receive(self.venue, &mut self.events, now);
            self.figures.resyncs += broken.len() as u64;
            self.events.clear();
        }
    }

    fn fail(&mut self, reason: String) {
        self.progress.ended = true;
        self.ahead = None;
        let reason = LinkError::Capture(reason);
        self.listener.link(self.venue, LinkEvent::Ended { reason }, self.progress.now);
    }

    /// Tells what has changed since the last time.
    fn report(&mut self) {
        if self.told != self.figures {
            self.told = self.figures;
            self.listener.statistics(self.venue, &self.figures);
        }
        self.tell.send_if_modified(|progress| std::mem::replace(progress, self.progress) != self.progress);
    }
}
