//! One connection to a venue: a task that connects, subscribes, listens and starts over until it is told to stop.
//!
//! What is wanted is a set, not a queue: [`Handle::subscribe`] never waits, never fails and is never lost in a reconnect.

use super::backoff::{Backoff, Limits};
use super::fetch::Fetcher;
use super::session::{Session, World};
use super::socket::open;
use super::{Clock, LinkError, LinkEvent, Listener, SettingsError, Statistics, tls};
use crate::market::{Subscription, Symbol, Timestamp};
use crate::venue::{Address, Dialect};
use rustls::ClientConfig;
use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Frames that could not be read are kept up to this many, for a bug report.
const UNREADABLE: usize = 8;

/// How to connect.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to.
    pub address: Address,
    /// A PEM file of authorities that are trusted besides the built-in ones.
    pub authorities: Option<PathBuf>,
    /// Give up an attempt to connect after so long.
    pub connect_timeout: Duration,
    /// A book that was silent for so long is stale; after three times that its venue is asked for a fresh snapshot.
    pub stale_after: Duration,
    /// How long to wait between attempts.
    pub backoff: Limits,
    /// Spreads the attempts of different clients.
    pub seed: u64,
    /// The time; the same for everyone who compares ages.
    pub clock: Clock,
}

impl Settings {
    /// The usual settings for an address, by this clock.
    pub fn new(address: Address, clock: Clock) -> Self {
        Self {
            address,
            authorities: None,
            connect_timeout: Duration::from_secs(10),
            stale_after: Duration::from_secs(10),
            backoff: Limits::default(),
            seed: clock.now().nanos().cast_unsigned(),
            clock,
        }
    }
}

/// A frame that could not be read, kept for a bug report. Not printable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// When it came.
    pub at: Timestamp,
    /// Why it could not be read.
    pub reason: String,
    /// Its beginning.
    pub frame: String,
}

/// What the handle wants and the task has to show.
#[derive(Debug, Default)]
pub(super) struct Shared {
    wishes: Mutex<Wishes>,
    unreadable: Mutex<VecDeque<Unreadable>>,
    changed: Notify,
}

/// What is wanted of a connection.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    pub streams: BTreeSet<Subscription>,
    pub resync: BTreeSet<Symbol>,
    pub close: bool,
}

impl Shared {
    pub fn wishes(&self) -> MutexGuard<'_, Wishes> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when a wish has changed since the last time.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    pub fn keep(&self, frame: Unreadable) {
        let mut kept = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == UNREADABLE {
            kept.pop_front();
        }
        kept.push_back(frame);
    }

    fn wish(&self, change: impl FnOnce(&mut Wishes)) {
        change(&mut self.wishes());
        self.changed.notify_one();
    }
}

/// Steers a connection. Dropping it closes the connection.
#[derive(Debug)]
pub struct Handle {
    shared: Arc<Shared>,
    task: Option<JoinHandle<()>>,
}

impl Handle {
    /// Also carry these streams, now and after every reconnect.
    pub fn subscribe(&self, streams: impl IntoIterator<Item = Subscription>) {
        self.shared.wish(|wishes| wishes.streams.extend(streams));
    }

    /// Carry these streams no longer.
    pub fn unsubscribe<'a>(&self, streams: impl IntoIterator<Item = &'a Subscription>) {
        self.shared.wish(|wishes| {
            for stream in streams {
                wishes.streams.remove(stream);
            }
        });
    }

    /// Ask for a fresh snapshot of a book as soon as it is polite.
    pub fn resync(&self, symbol: Symbol) {
        self.shared.wish(|wishes| _ = wishes.resync.insert(symbol));
    }

    /// The latest frames that could not be read, oldest first.
    pub fn unreadable(&self) -> Vec<Unreadable> {
        self.shared.unreadable.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Says good-bye to the venue and waits until the task has ended.
    pub async fn close(mut self) {
        self.shared.wish(|wishes| wishes.close = true);
        if let Some(task) = self.task.take() {
            // The task has ended either way; a panic in it has been reported by the runtime.
            let _ = task.await;
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.wish(|wishes| wishes.close = true);
    }
}

/// A connection to a venue, from the first attempt to the last good-bye.
pub struct Connection<L> {
    settings: Settings,
    client: Arc<ClientConfig>,
    dialect: Box<dyn Dialect>,
    listener: L,
    shared: Arc<Shared>,
    figures: Statistics,
    fetcher: Fetcher,
}

impl<L: Listener + 'static> Connection<L> {
    /// Starts the task of a connection, on the runtime that this is called on. It carries `streams` and whatever the
    /// handle asks for later.
    pub fn spawn(
        settings: Settings,
        dialect: Box<dyn Dialect>,
        streams: impl IntoIterator<Item = Subscription>,
        listener: L,
    ) -> Result<Handle, SettingsError> {
        let shared = Arc::new(Shared::default());
        shared.wishes().streams.extend(streams);
        let client = tls::client(settings.authorities.as_deref())?;
        let pace = dialect.manners().gets_per_minute;
        let fetcher = Fetcher::new(&client, pace, settings.clock, settings.backoff, settings.seed);
        let connection = Self {
            client,
            fetcher: fetcher.map_err(SettingsError::Tls)?,
            settings,
            dialect,
            listener,
            shared: Arc::clone(&shared),
            figures: Statistics::default(),
        };
        Ok(Handle { shared, task: Some(tokio::spawn(connection.run())) })
    }

    async fn run(mut self) {
        let mut backoff = Backoff::new(self.settings.backoff, self.settings.seed);
        let shared = Arc::clone(&self.shared);
        let closing = async || {
            while !shared.wishes().close {
                shared.changed().await;
            }
        };
        let mut connected = false;
        let reason = loop {
            self.tell(LinkEvent::Connecting);
            let manners = self.dialect.manners();
            let opened = tokio::select! {
                opened = open(&self.settings.address.stream, &manners, self.settings.connect_timeout, Arc::clone(&self.client)) => opened,
                () = closing() => Err(LinkError::Ours),
            };
            let (reason, held) = match opened {
                Err(reason) => (reason, Duration::ZERO),
                Ok(socket) => {
                    self.figures.reconnects += u64::from(connected);
                    connected = true;
                    self.tell(LinkEvent::Up);
                    let up = self.settings.clock.now();
                    let (dialect, listener) = (self.dialect.as_mut(), &mut self.listener);
                    let world = World {
                        shared: &shared,
                        settings: &self.settings,
                        figures: &mut self.figures,
                        fetcher: &mut self.fetcher,
                    };
                    let session = Session::new(socket, dialect, listener, world);
                    (session.run().await, up.age(self.settings.clock.now()))
                }
            };
            if matches!(reason, LinkError::Ours | LinkError::Address { .. }) {
                break reason;
            }
            let wait = match &reason {
                // Nothing has failed: the new connection is made at once.
                LinkError::Renewed { .. } => Duration::ZERO,
                LinkError::Overrun { after, .. } => backoff.failed(held).max(*after),
                _ => backoff.failed(held),
            };
            let until = self.settings.clock.now().plus(wait);
            self.tell(LinkEvent::Waiting { until, reason });
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = closing() => break LinkError::Ours,
            }
        };
        self.tell(LinkEvent::Ended { reason });
    }

    fn tell(&mut self, event: LinkEvent) {
        let (venue, at) = (self.dialect.venue(), self.settings.clock.now());
        match &event {
            LinkEvent::Waiting { reason, .. } => tracing::warn!(%venue, "not connected: {reason}"),
            LinkEvent::Ended { reason } => tracing::info!(%venue, "ended: {reason}"),
            LinkEvent::Connecting | LinkEvent::Up => tracing::info!(%venue, ?event, "{}", self.settings.address.stream),
        }
        if event != LinkEvent::Up {
            self.figures.rate = 0;
        }
        self.listener.link(venue, event, at);
        self.listener.statistics(venue, &self.figures);
    }
}
