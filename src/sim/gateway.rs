//! The venue without its sockets: clients come, ask and leave; the market moves; frames for each client come out.
//!
//! - A frame is made once for all who get it.
//! - Moments in messages never repeat: a message that looks like the one before is a repetition, never a coincidence.

use super::exchange::{Exchange, Pit, Step};
use super::fault::{Fault, Injected, Injector, Outgoing};
use super::frame::{self, Frame, Kind};
use super::pair::Pair;
use super::request::{self, Answers, Request, Topic};
use super::session::{PitNumber, Session};
use super::window::{Level, Window};
use crate::market::{Side, Symbol, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often a sign of life is sent to those who have subscribed to something.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// The number of a connection.
pub type SessionId = u64;

/// The venue.
#[derive(Clone, Debug)]
pub struct Gateway {
    exchange: Exchange,
    windows: BTreeMap<(PitNumber, usize), Window>,
    sessions: BTreeMap<SessionId, Session>,
    opened: SessionId,
    seed: u64,
    faults: Vec<Fault>,
    injected: Injected,
    now: Timestamp,
    heartbeat: Timestamp,
    /// The best prices last told, for those who want a summary with each change.
    best: Vec<[Option<Level>; 2]>,
}

impl Gateway {
    /// A venue as of `now`.
    pub fn open(pairs: Vec<Pair>, seed: u64, faults: Vec<Fault>, now: Timestamp) -> Self {
        let exchange = Exchange::open(pairs, seed, now);
        let best = exchange.pits().iter().map(best).collect();
        Self {
            exchange,
            windows: BTreeMap::new(),
            sessions: BTreeMap::new(),
            opened: 0,
            seed,
            faults,
            injected: Injected::default(),
            now,
            heartbeat: now,
            best,
        }
    }

    /// A client has come.
    pub fn connect(&mut self) -> SessionId {
        self.opened += 1;
        let mut session = Session::new(Injector::new(&self.faults, self.seed, self.opened));
        session.answer(frame::status(self.opened));
        self.sessions.insert(self.opened, session);
        self.opened
    }

    /// A client has left.
    pub fn leave(&mut self, id: SessionId) {
        self.sessions.remove(&id);
        self.close_windows();
    }

    /// The clients with what is to be sent to them.
    pub fn sessions(&mut self) -> impl Iterator<Item = (SessionId, &mut Session)> {
        self.sessions.iter_mut().map(|(id, session)| (*id, session))
    }

    /// Faults made so far.
    pub fn injected(&self) -> Injected {
        self.injected
    }

    /// The venue's own book, best levels first, in ticks and lots.
    pub fn book(&self, symbol: &Symbol, depth: usize) -> Option<(&Pit, [Vec<Level>; 2])> {
        let pit = self.exchange.pits().iter().find(|pit| pit.pair.symbol == *symbol)?;
        Some((pit, [Side::Bid, Side::Ask].map(|side| pit.engine.levels(side).take(depth).collect())))
    }

    /// The next thing happens on the market; gives how long until the next, in thousandths of the usual pause.
    pub fn step(&mut self, now: Timestamp) -> i64 {
        let now = self.moment(now);
        let Some(Step { pit: number, touched, trades, pause }) = self.exchange.step(now) else { return i64::MAX };
        let Some(pit) = self.exchange.pits().get(number) else { return pause };
        for ((_, depth), window) in self.windows.range_mut((number, 0)..=(number, usize::MAX)) {
            let Some(changes) = window.follow(&pit.engine, &touched) else { continue };
            let frame = frame::book_update(pit, &changes, window.checksum(), now);
            for session in self.sessions.values_mut().filter(|session| session.depth(number) == Some(*depth)) {
                session.tell(&frame, true, &mut self.injected);
            }
        }
        let best = best(pit);
        let told = self.best.get_mut(number).map(|told| std::mem::replace(told, best));
        let (traded, moved) = (!trades.is_empty(), told != Some(best));
        if !traded && !moved {
            return pause;
        }
        let mut tell = |hears: &dyn Fn(&Session) -> bool, make: &dyn Fn() -> Option<Frame>| {
            let mut listeners = self.sessions.values_mut().filter(|session| hears(session)).peekable();
            let Some(frame) = listeners.peek().is_some().then(make).flatten() else { return };
            listeners.for_each(|session| session.tell(&frame, false, &mut self.injected));
        };
        if traded {
            tell(&|session| session.hears_trades(number), &|| Some(frame::trades(pit, Kind::Update, trades.iter())));
        }
        tell(&|session| session.ticker(number).is_some_and(|bbo| traded || bbo), &|| {
            frame::ticker(pit, Kind::Update, now)
        });
        if traded {
            for minutes in request::INTERVALS {
                tell(&|session| session.minutes(number) == Some(minutes), &|| {
                    Some(frame::candles(pit, Kind::Update, minutes, pit.chart.candle(minutes).iter()))
                });
            }
        }
        pause
    }

    /// Sends signs of life when it is time.
    pub fn beat(&mut self, now: Timestamp) {
        if self.heartbeat.age(now) < HEARTBEAT {
            return;
        }
        self.heartbeat = now;
        for session in self.sessions.values_mut().filter(|session| session.listens()) {
            session.tell(&frame::heartbeat(), false, &mut self.injected);
        }
    }

    /// A client has sent a frame.
    pub fn receive(&mut self, id: SessionId, text: &str, now: Timestamp) {
        let now = self.moment(now);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Ok(request) = serde_json::from_str::<Request<'_>>(text) else {
            return session.answer(request::malformed(now));
        };
        let answers = Answers::new(&request, now);
        let subscribes = match request.method.as_ref() {
            "ping" => return session.answer(answers.pong()),
            "subscribe" => true,
            "unsubscribe" => false,
            _ => return session.answer(answers.refused(None, "Method not supported")),
        };
        let topic = match request.params.topic() {
            Ok(topic) => topic,
            Err(error) if request.params.symbol.is_empty() => return session.answer(answers.refused(None, error)),
            Err(error) => {
                let refusals = request.params.symbol.iter().map(|symbol| answers.refused(Some(symbol), error));
                return refusals.for_each(|refusal| session.answer(refusal));
            }
        };
        if topic == Topic::Instrument {
            self.grant(id, &request, topic, None, now);
        } else if request.params.symbol.is_empty() {
            session.answer(answers.refused(None, "Symbol missing"));
        }
        for symbol in request.params.symbol.iter().filter(|_| topic != Topic::Instrument) {
            match self.exchange.pits().iter().position(|pit| pit.pair.symbol.as_str() == symbol) {
                Some(pit) => self.grant(id, &request, topic, Some(pit), now),
                None => {
                    let error = format!("Currency pair not supported {}", request::short(symbol));
                    if let Some(session) = self.sessions.get_mut(&id) {
                        session.answer(answers.refused(Some(symbol), &error));
                    }
                }
            }
        }
        if !subscribes {
            self.close_windows();
        }
    }

    /// Begins or ends one subscription, and answers.
    fn grant(&mut self, id: SessionId, request: &Request<'_>, topic: Topic, number: Option<PitNumber>, now: Timestamp) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let pits = self.exchange.pits();
        let pit = number.and_then(|number| pits.get(number));
        let symbol = pit.map(|pit| pit.pair.symbol.as_str());
        let answers = Answers::new(request, now);
        let subscribes = request.method == "subscribe";
        let place = number.unwrap_or(0);
        let done = if subscribes { session.subscribe(topic, place) } else { session.unsubscribe(topic, place) };
        if let Err(error) = done {
            return session.answer(answers.refused(symbol, error));
        }
        let snapshot = request.params.snapshot();
        session.answer(answers.granted(topic, symbol, snapshot));
        if !subscribes {
            return;
        }
        let frame = match (topic, pit) {
            (Topic::Book(depth), Some(pit)) => {
                // The window is opened with or without a snapshot: changes are told from here on.
                let window = self.windows.entry((place, depth)).or_insert_with(|| Window::new(&pit.engine, depth));
                Some(frame::book_snapshot(pit, window, now))
            }
            (Topic::Trade, Some(pit)) => Some(frame::trades(pit, Kind::Snapshot, pit.chart.tape())),
            (Topic::Ticker(_), Some(pit)) => frame::ticker(pit, Kind::Snapshot, now),
            (Topic::Ohlc(minutes), Some(pit)) => {
                Some(frame::candles(pit, Kind::Snapshot, minutes, pit.chart.candles(minutes).iter()))
            }
            (Topic::Instrument, _) => Some(frame::instruments(pits)),
            (_, None) => None,
        };
        if let Some(frame) = frame.filter(|_| snapshot) {
            session.tell(&frame, false, &mut self.injected);
        }
    }

    /// Closes the windows that nobody looks through any more.
    fn close_windows(&mut self) {
        let sessions = &self.sessions;
        self.windows.retain(|(pit, depth), _| sessions.values().any(|session| session.depth(*pit) == Some(*depth)));
    }

    /// A moment that no message has carried before.
    fn moment(&mut self, now: Timestamp) -> Timestamp {
        self.now = now.max(self.now.plus(Duration::from_micros(1)));
        self.now
    }
}

fn best(pit: &Pit) -> [Option<Level>; 2] {
    [Side::Bid, Side::Ask].map(|side| pit.engine.best(side))
}

/// All that waits for a client.
pub fn bytes(batch: &[Outgoing]) -> usize {
    let size = |outgoing: &Outgoing| match outgoing {
        Outgoing::Frame(frame) => frame.len(),
        Outgoing::Stall(_) | Outgoing::Cut => 0,
    };
    batch.iter().map(size).sum()
}
