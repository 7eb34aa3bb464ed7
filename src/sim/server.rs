//! The venue's door: a WebSocket listener, and the clock that makes the market move.
//!
//! - The market moves in ticks of a few milliseconds, and what happens in one goes out in one write a client. After a
//!   pause (a suspended machine) at most a quarter of a second is caught up with.
//! - What waits for a client is bounded. Whoever reads too slowly is disconnected, as real venues do.
//! - Only this machine can connect, unless others are allowed in so many words.

use super::door::{self, lock};
use super::exchange::USUAL_PAUSE;
use super::fault::{Fault, Injected, Outgoing};
use super::gateway::{self, Gateway, SessionId};
use super::pair::Pair;
use super::session::Session;
use crate::market::{Level, Symbol, Timestamp};
use crate::money::{Decimal, Price, Quantity};
use futures_util::{SinkExt, StreamExt};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};

/// How often a market moves that has more to tell than [`SLOW_RATE`], and how often a slow one does.
const TICK: Duration = Duration::from_millis(5);
const SLOW_TICK: Duration = Duration::from_millis(20);
const SLOW_RATE: u32 = 500;

/// The most time that is caught up with.
const CATCH_UP: Duration = Duration::from_millis(250);

/// The fastest market, in messages a second.
pub const MAX_RATE: u32 = 20_000;

/// What a usual message costs is what it earns in its share of a second, in microseconds times messages a second.
const COST: i64 = 1_000_000 / USUAL_PAUSE;

/// The largest request that is read, in bytes.
const MAX_REQUEST: usize = 64 << 10;

/// What may wait for one client: batches (one a tick) and bytes. Enough for a stall at the highest rate.
const MAX_BATCHES: usize = 2_048;
const MAX_QUEUED: usize = 64 << 20;

/// How a venue is opened.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Decides all that happens.
    pub seed: u64,
    /// Changes of books and trades a second, over all pairs; at most [`MAX_RATE`]. A client hears a little less, because
    /// some changes lie beyond the depth that it sees.
    pub rate: u32,
    /// What is traded.
    pub pairs: Vec<Pair>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// Whether other machines may connect.
    pub allow_remote: bool,
}

impl Default for Settings {
    /// The demo's venue.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            seed: 1,
            rate: 40,
            pairs: Pair::standard(),
            faults: Vec::new(),
            allow_remote: false,
        }
    }
}

/// Why a venue could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The address is not this machine's own.
    #[error("{0} can be reached from other machines, and the simulation lets anyone in who can reach it")]
    Remote(SocketAddr),
    /// The rate is out of range.
    #[error("a rate of {0} messages a second; possible are 1 to {MAX_RATE}")]
    Rate(u32),
    /// There is nothing to trade.
    #[error("a venue needs at least one pair")]
    NoPairs,
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
}

/// What all tasks of a venue share.
struct Hall {
    gateway: Mutex<Gateway>,
    clients: Mutex<BTreeMap<SessionId, Client>>,
    moving: AtomicBool,
    sent: AtomicU64,
}

/// The way to a client's writer. The connection ends when it is dropped.
struct Client {
    batches: mpsc::Sender<Vec<Outgoing>>,
    queued: Arc<AtomicUsize>,
    _connected: oneshot::Sender<()>,
}

/// A running venue. It closes when it is dropped.
pub struct Server {
    addr: SocketAddr,
    hall: Arc<Hall>,
    tasks: [JoinHandle<()>; 2],
}

impl Server {
    /// Opens a venue.
    pub async fn start(settings: Settings) -> Result<Self, SimError> {
        let Settings { listen, seed, rate, pairs, faults, allow_remote } = settings;
        if !listen.ip().is_loopback() && !allow_remote {
            return Err(SimError::Remote(listen));
        }
        if !(1..=MAX_RATE).contains(&rate) {
            return Err(SimError::Rate(rate));
        }
        if pairs.is_empty() {
            return Err(SimError::NoPairs);
        }
        let fault = |source| SimError::Listen { addr: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(fault)?;
        let addr = listener.local_addr().map_err(fault)?;
        let hall = Arc::new(Hall {
            gateway: Mutex::new(Gateway::open(pairs, seed, faults, now())),
            clients: Mutex::default(),
            moving: AtomicBool::new(true),
            sent: AtomicU64::new(0),
        });
        let served = hall.clone();
        let accepting = door::accept(listener, move |socket| serve(socket, served.clone()));
        let tasks = [tokio::spawn(accepting), tokio::spawn(keep_moving(hall.clone(), rate))];
        tracing::info!(%addr, seed, rate, "simulated venue opened");
        Ok(Self { addr, hall, tasks })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where clients connect to.
    pub fn url(&self) -> String {
        format!("ws://{}", self.addr)
    }

    /// Closes the venue; its clients lose their connections.
    pub fn stop(self) {}

    /// Lets the market move, or holds it still: then only signs of life and answers are sent.
    pub fn set_moving(&self, moving: bool) {
        self.hall.moving.store(moving, Ordering::Relaxed);
    }

    /// The venue's own book, to compare a client's with: bids and asks, best first.
    pub fn book(&self, symbol: &Symbol, depth: usize) -> Option<(Vec<Level>, Vec<Level>)> {
        let gateway = lock(&self.hall.gateway);
        let (pit, sides) = gateway.book(symbol, depth)?;
        let precision = pit.pair.precision;
        let [bids, asks] = sides.map(|levels| {
            let level = |(price, quantity): (i64, i64)| Level {
                price: Price::new(Decimal::new(price, precision.price.into())),
                quantity: Quantity::new(Decimal::new(quantity, precision.quantity.into())),
            };
            levels.into_iter().map(level).collect()
        });
        Some((bids, asks))
    }

    /// Faults made so far.
    pub fn injected(&self) -> Injected {
        lock(&self.hall.gateway).injected()
    }

    /// Frames handed to clients so far.
    pub fn sent(&self) -> u64 {
        self.hall.sent.load(Ordering::Relaxed)
    }

    /// Clients connected now.
    pub fn clients(&self) -> usize {
        lock(&self.hall.clients).len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn now() -> Timestamp {
    Timestamp::from_system(SystemTime::now())
}

async fn keep_moving(hall: Arc<Hall>, rate: u32) {
    let mut ticks = tokio::time::interval(if rate > SLOW_RATE { TICK } else { SLOW_TICK });
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let (mut last, mut credit) = (Instant::now(), 0i64);
    loop {
        ticks.tick().await;
        let elapsed = last.elapsed().min(CATCH_UP);
        last = Instant::now();
        let micros = i64::try_from(elapsed.as_micros()).unwrap_or(0);
        let mut gateway = lock(&hall.gateway);
        if hall.moving.load(Ordering::Relaxed) {
            credit += micros * i64::from(rate);
            while credit > 0 {
                credit -= gateway.step(now()).saturating_mul(COST);
            }
        }
        gateway.beat(now());
        hall.hand_out(&mut gateway);
    }
}

impl Hall {
    /// Hands to each client's writer what waits for it.
    fn hand_out(&self, gateway: &mut Gateway) {
        let mut clients = lock(&self.clients);
        let waiting = gateway.sessions().map(|(id, session)| (id, Session::outbox(session)));
        for (id, batch) in waiting.filter(|(_, batch)| !batch.is_empty()) {
            let Some(client) = clients.get(&id) else { continue };
            let bytes = gateway::bytes(&batch);
            let frames = u64::try_from(batch.len()).unwrap_or(0);
            let queued = client.queued.fetch_add(bytes, Ordering::Relaxed) + bytes;
            if queued > MAX_QUEUED || client.batches.try_send(batch).is_err() {
                tracing::warn!(client = id, queued, "disconnected a client that reads too slowly");
                clients.remove(&id);
            } else {
                self.sent.fetch_add(frames, Ordering::Relaxed);
            }
        }
    }
}

/// One client's place, given back when its connection ends in whatever way.
struct Place {
    id: SessionId,
    hall: Arc<Hall>,
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.hall.gateway).leave(self.id);
        lock(&self.hall.clients).remove(&self.id);
    }
}

async fn serve(socket: TcpStream, hall: Arc<Hall>) {
    let limits = WebSocketConfig::default().max_message_size(Some(MAX_REQUEST)).max_frame_size(Some(MAX_REQUEST));
    let opening = tokio_tungstenite::accept_async_with_config(socket, Some(limits));
    let Ok(Ok(socket)) = tokio::time::timeout(Duration::from_secs(5), opening).await else { return };
    let (mut sink, mut stream) = socket.split();
    let (batches, mut queue) = mpsc::channel(MAX_BATCHES);
    let (_connected, dismissed) = oneshot::channel();
    let queued = Arc::new(AtomicUsize::new(0));
    let id = {
        // Both at once, or the greeting could be handed out before there is anyone to take it.
        let mut gateway = lock(&hall.gateway);
        let id = gateway.connect();
        lock(&hall.clients).insert(id, Client { batches, queued: queued.clone(), _connected });
        id
    };
    let place = Place { id, hall };
    let write = async {
        while let Some(batch) = queue.recv().await {
            queued.fetch_sub(gateway::bytes(&batch), Ordering::Relaxed);
            for outgoing in batch {
                match outgoing {
                    Outgoing::Frame(frame) => sink.feed(Message::Text(frame)).await?,
                    Outgoing::Stall(silence) => {
                        sink.flush().await?;
                        tokio::time::sleep(silence).await;
                    }
                    Outgoing::Cut => return Ok(()),
                }
            }
            sink.flush().await?;
        }
        Ok::<(), tungstenite::Error>(())
    };
    let read = async {
        while let Some(message) = stream.next().await {
            if let Message::Text(text) = message? {
                lock(&place.hall.gateway).receive(id, &text, now());
            }
        }
        Ok::<(), tungstenite::Error>(())
    };
    let ended = tokio::select! {
        ended = write => ended,
        ended = read => ended,
        _ = dismissed => Ok(()),
    };
    tracing::debug!(client = id, ?ended, "disconnected");
}
