//! One socket's life: what is asked, what is heard, and when it is given up.

use super::connection::{Settings, Shared, Unreadable};
use super::error::{LinkError, words};
use super::fetch::{Answer, Fetcher};
use super::pacer::Pacer;
use super::resync::Resyncs;
use super::socket::{Socket, host};
use super::statistics::{Rate, newest};
use super::watchdog::Watchdog;
use super::{Listener, Statistics};
use crate::feed::capture::Direction;
use crate::market::{Channel, Event, Subscription, Symbol, Timestamp};
use crate::venue::{Dialect, Manners, Outgoing, Receipt};
use futures_util::{FutureExt, SinkExt, StreamExt};
use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::error::Elapsed;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::error::{CapacityError, Error};
use tokio_tungstenite::tungstenite::{Bytes, Message};

/// How often silence, requests that are due and figures are looked at.
const TICK: Duration = Duration::from_millis(100);

/// Frames that are read in one go before their events are handed over.
const BATCH: usize = 128;

/// So many characters of a frame that could not be read are kept.
const KEPT: usize = 16 << 10;

/// A connection is renewed so long before the venue would end it.
const AHEAD: Duration = Duration::from_secs(600);

/// A good-bye may take so long.
const FAREWELL: Duration = Duration::from_millis(500);

/// What a session shares with the connection that it belongs to.
pub(super) struct World<'a> {
    pub shared: &'a Shared,
    pub settings: &'a Settings,
    pub figures: &'a mut Statistics,
    pub fetcher: &'a mut Fetcher,
}

/// A connection that is up. Ends with the reason why it is not any more.
pub(super) struct Session<'a> {
    socket: Socket,
    host: String,
    dialect: &'a mut dyn Dialect,
    manners: Manners,
    listener: &'a mut dyn Listener,
    shared: &'a Shared,
    settings: &'a Settings,
    figures: &'a mut Statistics,
    /// The streams that the venue was asked for.
    carried: BTreeSet<Subscription>,
    fetcher: &'a mut Fetcher,
    outbox: VecDeque<Message>,
    began: Timestamp,
    pacer: Pacer,
    resyncs: Resyncs,
    watchdog: Watchdog,
    rate: Rate,
    events: Vec<Event>,
    heard: Timestamp,
    pinged: Option<Timestamp>,
    complained: Option<Timestamp>,
}

impl<'a> Session<'a> {
    pub fn new(
        socket: Socket,
        dialect: &'a mut dyn Dialect,
        listener: &'a mut dyn Listener,
        World { shared, settings, figures, fetcher }: World<'a>,
    ) -> Self {
        // What the connection before wanted is nothing to this one.
        fetcher.forget();
        let host = host(&settings.address.stream);
        let (manners, now) = (dialect.manners(), settings.clock.now());
        Self {
            socket,
            host,
            pacer: Pacer::new(manners.frames_per_second),
            watchdog: Watchdog::new(settings.stale_after),
            rate: Rate::new(now),
            dialect,
            manners,
            listener,
            shared,
            settings,
            figures,
            carried: BTreeSet::new(),
            fetcher,
            outbox: VecDeque::new(),
            began: now,
            resyncs: Resyncs::default(),
            events: Vec::new(),
            heard: now,
            pinged: None,
            complained: None,
        }
    }

    /// Subscribes and listens for as long as the connection lasts.
    pub async fn run(mut self) -> LinkError {
        let Err(reason) = self.converse().await;
        // A server that does not care for manners is left without them.
        let _ = timeout(FAREWELL, self.socket.close(None)).await;
        reason
    }

    async fn converse(&mut self) -> Result<Infallible, LinkError> {
        let now = self.settings.clock.now();
        self.carried = self.shared.wishes().streams.clone();
        let wanted: Vec<_> = self.carried.iter().cloned().collect();
        let first = self.dialect.connected(&wanted);
        self.enqueue(first);
        for symbol in wanted.iter().filter_map(book_of) {
            self.watchdog.watch(symbol, now);
        }
        let shared = self.shared;
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.send().await?;
            tokio::select! {
                message = self.socket.next() => self.hear(message).await?,
                answer = self.fetcher.answer() => self.take(answer),
                () = shared.changed() => self.follow_wishes()?,
                _ = tick.tick() => self.look_around()?,
            }
        }
    }

    fn enqueue(&mut self, outgoing: Vec<Outgoing>) {
        for outgoing in outgoing {
            match outgoing {
                Outgoing::Frame(frame) => self.outbox.push_back(Message::text(frame)),
                Outgoing::Get(url) => self.fetcher.want(url),
            }
        }
    }

    /// Sends what waits, as fast as the venue allows.
    async fn send(&mut self) -> Result<(), LinkError> {
        while !self.outbox.is_empty() {
            let now = self.settings.clock.now();
            if !self.pacer.admit(now) {
                break;
            }
            let Some(message) = self.outbox.pop_front() else { break };
            if let Message::Text(text) = &message {
                self.listener.frame(Direction::Out, text.as_str(), now);
            }
            let sent = timeout(self.manners.dead_after, self.socket.send(message)).await;
            self.written(sent)?;
        }
        Ok(())
    }

    /// Reads what has come, all that is there already in one go, and hands it over.
    async fn hear(&mut self, first: Option<Result<Message, Error>>) -> Result<(), LinkError> {
        let now = self.settings.clock.now();
        self.heard = now;
        let (mut next, mut flush) = (Some(first), false);
        let mut ended = Ok(());
        for left in (0..BATCH).rev() {
            let Some(message) = next else { break };
            match message {
                Some(Ok(Message::Ping(_))) => flush = true,
                Some(Ok(message)) => ended = self.read(message, now),
                Some(Err(error)) => ended = Err(self.loss(error)),
                None => ended = Err(LinkError::Closed { host: self.host.clone(), reason: "without a word".into() }),
            }
            if ended.is_err() {
                break;
            }
            // What is taken from the socket must be read: the last of the batch takes nothing more.
            next = if left > 0 { self.socket.next().now_or_never() } else { None };
        }
        self.say_more();
        self.hand_over(now);
        if flush && ended.is_ok() {
            // The answer to a ping is written by the library, but it must also leave.
            let flushed = timeout(self.manners.dead_after, self.socket.flush()).await;
            self.written(flushed)?;
        }
        ended
    }

    /// What the dialect has to say or to fetch because of what it has heard.
    fn say_more(&mut self) {
        let outgoing = self.dialect.outgoing();
        self.enqueue(outgoing);
    }

    /// Reads the answer to a request.
    fn take(&mut self, Answer { url, body }: Answer) {
        let now = self.settings.clock.now();
        match body {
            Ok(body) => {
                self.figures.bytes += body.len() as u64;
                self.listener.fetched(&url, &body, now);
                match self.dialect.fetched(&url, &body, now, &mut self.events) {
                    Ok(Receipt::Understood) => {}
                    Ok(Receipt::Unknown) => self.figures.unknown += 1,
                    Err(error) => self.complain(error.to_string(), &body, now),
                }
            }
            Err(error) => self.events.push(Event::Rejected { symbol: None, reason: error.to_string() }),
        }
        self.say_more();
        self.hand_over(now);
    }

    fn written(&self, done: Result<Result<(), Error>, Elapsed>) -> Result<(), LinkError> {
        match done {
            Ok(written) => written.map_err(|error| self.loss(error)),
            Err(_) => {
                Err(LinkError::Broken { host: self.host.clone(), reason: "it takes nothing more from us".into() })
            }
        }
    }

    fn read(&mut self, message: Message, now: Timestamp) -> Result<(), LinkError> {
        match message {
            Message::Text(text) => {
                self.count(text.len(), now);
                self.listener.frame(Direction::In, text.as_str(), now);
                match self.dialect.receive(text.as_str(), now, &mut self.events) {
                    Ok(Receipt::Understood) => {}
                    Ok(Receipt::Unknown) => self.figures.unknown += 1,
                    Err(error) => self.complain(error.to_string(), text.as_str(), now),
                }
                Ok(())
            }
            Message::Binary(bytes) => {
                self.count(bytes.len(), now);
                self.complain("a binary frame".into(), "", now);
                Ok(())
            }
            Message::Close(frame) => {
                let reason = match frame {
                    Some(frame) if frame.reason.is_empty() => format!("code {}", frame.code),
                    Some(frame) => words(&frame.reason),
                    None => "without a reason".into(),
                };
                Err(LinkError::Closed { host: self.host.clone(), reason })
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
        }
    }

    fn count(&mut self, bytes: usize, now: Timestamp) {
        self.figures.frames += 1;
        self.figures.bytes += bytes as u64;
        self.figures.last_frame = Some(now);
    }

    /// Takes note of a frame that could not be read. The log gets one line a second of it.
    fn complain(&mut self, reason: String, frame: &str, now: Timestamp) {
        self.figures.malformed += 1;
        if self.complained.is_none_or(|last| last.age(now) >= Duration::from_secs(1)) {
            self.complained = Some(now);
            let (venue, malformed) = (self.dialect.venue(), self.figures.malformed);
            tracing::warn!(%venue, malformed, "a frame could not be read: {reason}");
        }
        // Counted in characters, so that none is cut in two.
        self.shared.keep(Unreadable { at: now, reason, frame: frame.chars().take(KEPT).collect() });
    }

    /// Hands the events to the listener, and asks for the books that broke on them.
    fn hand_over(&mut self, now: Timestamp) {
        if self.events.is_empty() {
            return;
        }
        self.figures.lag = newest(&self.events).map(|sent| sent.age(now)).or(self.figures.lag);
        let mut restored = Vec::new();
        for event in &self.events {
            let Event::Book { symbol, update } = event else { continue };
            self.watchdog.heard(symbol, now);
            if update.snapshot {
                restored.push(symbol.clone());
            }
        }
        let broken = self.listener.receive(self.dialect.venue(), &mut self.events, now);
        self.events.clear();
        self.figures.resyncs += broken.len() as u64;
        for symbol in restored.iter().filter(|symbol| !broken.contains(symbol)) {
            self.resyncs.healed(symbol, now);
        }
        for symbol in &broken {
            self.need(symbol, now);
        }
        self.ask(now);
    }

    fn need(&mut self, symbol: &Symbol, now: Timestamp) {
        if self.carried.iter().filter_map(book_of).any(|carried| carried == symbol) {
            self.resyncs.need(symbol, now);
        }
    }

    /// Puts the requests for snapshots that are due behind nothing else: with a full outbox they would only pile up.
    fn ask(&mut self, now: Timestamp) {
        if self.outbox.is_empty() {
            for symbol in self.resyncs.due(now) {
                tracing::info!(venue = %self.dialect.venue(), %symbol, "asking for a snapshot");
                let frames = self.dialect.resync(&symbol);
                self.enqueue(frames);
            }
        }
    }

    /// Brings the venue's subscriptions in line with the wishes, once everything asked before has been sent.
    fn follow_wishes(&mut self) -> Result<(), LinkError> {
        let now = self.settings.clock.now();
        let (wanted, resync) = {
            let mut wishes = self.shared.wishes();
            if wishes.close {
                return Err(LinkError::Ours);
            }
            if !self.outbox.is_empty() {
                return Ok(());
            }
            (wishes.streams.clone(), std::mem::take(&mut wishes.resync))
        };
        let gone: Vec<_> = self.carried.difference(&wanted).cloned().collect();
        let new: Vec<_> = wanted.difference(&self.carried).cloned().collect();
        for symbol in gone.iter().filter_map(book_of) {
            self.watchdog.forget(symbol);
            self.resyncs.forget(symbol);
        }
        for symbol in new.iter().filter_map(book_of) {
            self.watchdog.watch(symbol, now);
        }
        self.carried = wanted;
        if !gone.is_empty() {
            let frames = self.dialect.unsubscribe(&gone);
            self.enqueue(frames);
        }
        if !new.is_empty() {
            let frames = self.dialect.subscribe(&new);
            self.enqueue(frames);
        }
        for symbol in &resync {
            self.need(symbol, now);
        }
        self.ask(now);
        Ok(())
    }

    /// What is due without a frame having come: pings, the end of our patience, silent books, figures.
    fn look_around(&mut self) -> Result<(), LinkError> {
        let now = self.settings.clock.now();
        let silence = self.heard.age(now);
        let age = self.began.age(now);
        if self.manners.lifetime.is_some_and(|lifetime| age >= lifetime.saturating_sub(AHEAD)) {
            return Err(LinkError::Renewed { host: self.host.clone() });
        }
        if silence >= self.manners.dead_after {
            return Err(LinkError::Silent { host: self.host.clone(), after: self.manners.dead_after });
        }
        if silence >= self.manners.ping_after && self.pinged.is_none_or(|pinged| pinged <= self.heard) {
            self.pinged = Some(now);
            let ping = self.dialect.ping().map_or(Message::Ping(Bytes::new()), Message::text);
            self.outbox.push_front(ping);
        }
        for (symbol, silence) in self.watchdog.silent(now) {
            if !self.resyncs.waiting(&symbol) {
                self.listener.silent(self.dialect.venue(), &symbol, silence, now);
                self.resyncs.need(&symbol, now);
            }
        }
        self.ask(now);
        if let Some(rate) = self.rate.lap(self.figures.frames, now) {
            self.figures.rate = rate;
            self.listener.statistics(self.dialect.venue(), self.figures);
        }
        self.follow_wishes()
    }

    fn loss(&self, error: Error) -> LinkError {
        let host = self.host.clone();
        match error {
            Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
                LinkError::TooLarge { host, size, limit: max_size }
            }
            Error::ConnectionClosed | Error::AlreadyClosed => {
                LinkError::Closed { host, reason: "without a reason".into() }
            }
            other => LinkError::Broken { host, reason: words(&other) },
        }
    }
}

fn book_of(stream: &Subscription) -> Option<&Symbol> {
    matches!(stream.channel, Channel::Book { .. }).then_some(&stream.symbol)
}
