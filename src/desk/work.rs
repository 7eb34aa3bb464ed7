//! The desk's own task: it carries out commands, keeps the memory, and ends everything in order.

use super::alert::{self, Alerts};
use super::chronicle::Chronicle;
use super::ear::Ear;
use super::line::Lines;
use super::memory::Memory;
use super::portfolio::bookkeeping::{Bookkeeping, FOLLOW_EVERY};
use super::shared::Shared;
use super::treasury::keeper::Keeper;
use super::{Capture, Command, DeskError, Health, Line, Link, Mode, Operator, Place, Scope, Settings};
use crate::feed::player::Player;
use crate::feed::{self, Connection};
use crate::market::{Channel, Interval, Subscription, printable};
use crate::store::journal::{Body, Setting};
use crate::store::{Cache, Saved};
use crate::venue::{dialect, endpoint};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

/// How often the memory is kept.
const KEEP_EVERY: Duration = Duration::from_secs(5);

/// The candles that a venue is asked for at first.
const FIRST_CHART: Interval = Interval::Minute1;

/// What the desk's task is sent.
#[derive(Debug)]
pub(super) enum Order {
    Command(Scope<Operator>, Command),
    Stop(String),
}

/// The task's own things.
#[derive(Debug)]
pub(super) struct Work {
    settings: Settings,
    shared: Arc<Shared>,
    connections: BTreeMap<Line, feed::Handle>,
    lines: Lines,
    player: Option<Player>,
    /// The candles that are asked for, where they are not the usual ones.
    charts: BTreeMap<Place, Interval>,
    memory: Option<Arc<Mutex<Memory>>>,
    chronicle: Option<Arc<Mutex<Chronicle>>>,
    cache: Option<Arc<Cache>>,
    alerts: Alerts,
    treasury: Option<Keeper>,
}

impl Work {
    /// Recalls the cache and connects. The journal is opened by [`Self::run`]: verifying a long one takes its time.
    pub fn begin(settings: Settings, shared: Arc<Shared>) -> Result<Self, DeskError> {
        let (memory, cache) = recall(&settings, &shared).unzip();
        let player = settings.capture.as_ref().map(|capture| play(capture, &shared)).transpose()?;
        let (wanted, authorities) = (settings.alerts.clone(), settings.authorities.clone());
        let alerts = Alerts::new(wanted, authorities, settings.mode(), Arc::clone(&shared));
        let mut work = Self {
            settings,
            shared,
            connections: BTreeMap::new(),
            lines: Lines::default(),
            player,
            charts: BTreeMap::new(),
            memory,
            chronicle: None,
            cache,
            alerts,
            treasury: None,
        };
        let watch = work.settings.watch.clone();
        for place in &watch {
            work.subscribe(place)?;
        }
        Ok(work)
    }

    /// Works until it is told to stop, or until nobody is left to tell it.
    pub async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        self.open_journal().await;
        self.treasury = self.settings.treasury.clone().map(|settings| {
            let (dir, chronicle) = (self.settings.journal.clone(), self.chronicle.clone());
            Keeper::begin(settings, dir, chronicle, Arc::clone(&self.shared))
        });
        let mut books = self.settings.portfolio.clone().map(|owning| {
            let journal = self.settings.journal.as_deref();
            Bookkeeping::begin(owning, journal, self.cache.clone(), Arc::clone(&self.shared))
        });
        let mut following = tokio::time::interval(FOLLOW_EVERY);
        following.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut keeping = tokio::time::interval(KEEP_EVERY);
        keeping.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut looking = tokio::time::interval(alert::LOOK_EVERY);
        looking.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let reason = loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Command(scope, command)) => self.carry_out(scope, command).await,
                    Some(Order::Stop(reason)) => break reason,
                    None => break "abandoned".to_owned(),
                },
                _ = keeping.tick() => self.keep().await,
                _ = following.tick() => books.iter_mut().for_each(Bookkeeping::follow),
                _ = looking.tick() => self.alerts.look().await,
            }
        };
        // Before the connections end: a book without one is no longer known to be right, and is not remembered.
        self.keep().await;
        self.alerts.close().await;
        for (_, connection) in std::mem::take(&mut self.connections) {
            connection.close().await;
        }
        let shared = Arc::clone(&self.shared);
        self.chronicled(move |chronicle| chronicle.close(&shared, &reason)).await;
    }

    async fn carry_out(&mut self, scope: Scope<Operator>, command: Command) {
        match command {
            Command::Watch(place) => {
                if self.shared.state().watch.contains(&place) {
                    return;
                }
                match self.subscribe(&place) {
                    Ok(()) => self.shared.state().watch.push(place),
                    Err(error) => self.shared.notice(true, format!("{}: {error}", place.symbol)),
                }
            }
            Command::Unwatch(place) => {
                let mut state = self.shared.state();
                state.watch.retain(|watched| *watched != place);
                state.market.remove(place.venue, &place.symbol);
                drop(state);
                if let Some(connection) = self.connection(&place) {
                    connection.unsubscribe(&self.streams(&place));
                }
                if let Some(line) = self.lines.release(&place) {
                    self.show_load(line);
                }
            }
            Command::Resync(place) => {
                if let Some(connection) = self.connection(&place) {
                    connection.resync(place.symbol);
                }
            }
            Command::Chart(place, interval) => {
                // Venues serve one length of candles for an instrument: the one before has to end first.
                let before = self.charts.insert(place.clone(), interval).unwrap_or(FIRST_CHART);
                if let Some(connection) = self.connection(&place).filter(|_| before != interval) {
                    connection.unsubscribe(&[chart(&place, before)]);
                    connection.subscribe([chart(&place, interval)]);
                }
            }
            Command::Replay(steer) => {
                if self.player.as_ref().is_some_and(|player| !player.steer(steer)) {
                    self.shared.notice(true, "the replay is busy: that command was not taken, try again");
                }
            }
            Command::Alert(wish) => self.alerts.carry_out(scope, self.settings.mode(), wish).await,
            Command::Treasury(wish) => match &self.treasury {
                Some(treasury) => treasury.carry_out(scope, wish),
                None => self.shared.notice(true, "there is no treasury on this desk"),
            },
            Command::Set { key, value } => self.set(scope, key, value).await,
        }
        self.shared.changed();
    }

    fn subscribe(&mut self, place: &Place) -> Result<(), DeskError> {
        if self.settings.mode() == Mode::Replay {
            return Ok(());
        }
        if !self.settings.suits(place) {
            return Err(DeskError::Mixed);
        }
        let streams = self.streams(place);
        let line = self.lines.place(place, streams.len());
        self.show_load(line);
        if let Some(connection) = self.connections.get(&line) {
            connection.subscribe(streams);
            return Ok(());
        }
        let stream = self.settings.urls.get(&place.venue).map(String::as_str);
        let rest = self.settings.rest_urls.get(&place.venue).map(String::as_str);
        let address = endpoint(place.venue, &place.symbol).address(stream, rest);
        let settings = feed::Settings {
            authorities: self.settings.authorities.clone(),
            stale_after: self.settings.stale_after,
            ..feed::Settings::new(address.clone(), self.shared.clock)
        };
        let ear = Ear::of(line, Arc::clone(&self.shared));
        let connection = Connection::spawn(settings, dialect(place.venue, &address), streams, ear)?;
        self.connections.insert(line, connection);
        Ok(())
    }

    fn connection(&self, place: &Place) -> Option<&feed::Handle> {
        self.connections.get(&self.lines.of(place)?)
    }

    /// Lets the views know what a connection carries.
    fn show_load(&self, line: Line) {
        let carries = Arc::new(self.lines.symbols(line));
        self.shared.state().links.entry(line).or_insert_with(|| Link::new(line)).carries = carries;
    }

    fn streams(&self, place: &Place) -> Vec<Subscription> {
        let stream = |channel| Subscription { symbol: place.symbol.clone(), channel };
        let book = Channel::Book { depth: self.settings.book_depth };
        let mut streams = [book, Channel::Trades, Channel::Ticker].map(stream).to_vec();
        streams.push(chart(place, self.charts.get(place).copied().unwrap_or(FIRST_CHART)));
        streams
    }

    async fn set(&mut self, scope: Scope<Operator>, key: String, value: String) {
        let Some(path) = self.settings.saved.clone() else { return };
        let shared = Arc::clone(&self.shared);
        let set = self.chronicled(move |chronicle| -> Result<(), String> {
            let (mut saved, _) = Saved::load(&path);
            let old = saved.get(&key).map(str::to_owned);
            let body = Body::Setting(Setting { key: key.clone(), old, new: Some(value.clone()) });
            chronicle.write(&scope, &shared, &body).map_err(|error| error.to_string())?;
            saved.set(&key, &value).map_err(|error| format!("{} cannot be written: {error}", path.display()))
        });
        match set.await {
            Some(Err(reason)) => self.shared.notice(true, reason),
            Some(Ok(())) => self.shared.notice(false, "saved"),
            None => self.shared.notice(true, "not saved: there is no journal to record it in"),
        }
    }

    async fn open_journal(&mut self) {
        let Some(dir) = self.settings.journal.clone() else { return };
        self.shared.state().store.journal = Health::Opening;
        let shared = Arc::clone(&self.shared);
        let opened = spawn_blocking(move || Chronicle::open(&dir, &shared)).await;
        self.chronicle = opened.ok().map(|chronicle| Arc::new(Mutex::new(chronicle)));
        if let (Some(dir), Some(chronicle)) = (&self.settings.journal, &self.chronicle) {
            self.alerts.recall(dir, Arc::clone(chronicle)).await;
        }
        self.shared.changed();
    }

    /// Does something with the journal, on a thread that may wait for the disk.
    async fn chronicled<T: Send + 'static>(&self, op: impl FnOnce(&mut Chronicle) -> T + Send + 'static) -> Option<T> {
        let chronicle = Arc::clone(self.chronicle.as_ref()?);
        let done = spawn_blocking(move || op(&mut chronicle.lock().unwrap_or_else(PoisonError::into_inner))).await;
        done.inspect_err(|error| tracing::error!("the journal's thread: {error}")).ok()
    }

    async fn keep(&self) {
        let Some(memory) = self.memory.clone() else { return };
        let shared = Arc::clone(&self.shared);
        let kept = spawn_blocking(move || memory.lock().unwrap_or_else(PoisonError::into_inner).keep(&shared)).await;
        if let Ok(Err(notice)) = kept {
            self.shared.state().store.cache = Health::Failed(notice.to_string());
            self.shared.notice(true, notice.to_string());
        }
    }
}

/// Plays a capture to the desk, and shows where it stands.
fn play(capture: &Capture, shared: &Arc<Shared>) -> Result<Player, DeskError> {
    let player = Player::spawn(&capture.file, capture.venue, capture.speed, Ear::of_capture(Arc::clone(shared)))?;
    let name = capture.file.file_name().unwrap_or_default().to_string_lossy();
    let name = printable(&name).into_owned();
    let (mut progress, shared) = (player.watch(), Arc::clone(shared));
    tokio::spawn(async move {
        loop {
            let now = *progress.borrow_and_update();
            shared.state().show_replay(&name, now);
            shared.changed();
            if progress.changed().await.is_err() {
                break;
            }
        }
    });
    Ok(player)
}

fn chart(place: &Place, interval: Interval) -> Subscription {
    Subscription { symbol: place.symbol.clone(), channel: Channel::Candles(interval) }
}

fn recall(settings: &Settings, shared: &Shared) -> Option<(Arc<Mutex<Memory>>, Arc<Cache>)> {
    let cache = settings.cache.as_ref()?;
    let (cache, notices) = Cache::open_with(&cache.dir, shared.now(), cache.limit);
    let (on, cache) = (cache.is_on(), Arc::new(cache));
    let mut memory = Memory::new(Arc::clone(&cache));
    let recalled = memory.recall(&mut shared.state());
    for notice in notices.into_iter().chain(recalled.err()) {
        shared.notice(true, notice.to_string());
    }
    shared.state().store.cache = if on { Health::Good } else { Health::Failed("not kept in this run".into()) };
    Some((Arc::new(Mutex::new(memory)), cache))
}
