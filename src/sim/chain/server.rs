//! The chain's door: HTTP on loopback, and a clock that mines.
//!
//! Only this machine can connect, unless others are allowed in so many words: whoever can reach it may mine, and pay out of
//! the faucet.

use super::answer;
use super::fault::ChainFault;
use super::pool::Reject;
use super::world::World;
use crate::sim::SimError;
use crate::sim::door::{self, Faults, lock};
use crate::sim::http::{Answer, Client};
use bitcoin::{Amount, BlockHash, ScriptBuf, Transaction, Txid};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How a chain is opened.
#[derive(Clone, Debug)]
pub struct ChainSettings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How often a block is mined; none are when it is left out.
    pub block_time: Option<Duration>,
    /// Whether other machines may connect.
    pub allow_remote: bool,
}

impl Default for ChainSettings {
    /// A chain on which nothing happens by itself.
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 0)), block_time: None, allow_remote: false }
    }
}

struct Hall {
    world: Mutex<World>,
    faults: Faults<ChainFault>,
}

/// A running chain. It closes when it is dropped.
pub struct ChainServer {
    addr: SocketAddr,
    hall: Arc<Hall>,
    tasks: Vec<JoinHandle<()>>,
}

/// Seconds since 1970, as blocks count them.
fn now() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
}

impl ChainServer {
    /// Opens a chain that has mined its first blocks.
    pub async fn start(settings: ChainSettings) -> Result<Self, SimError> {
        let ChainSettings { listen, block_time, allow_remote } = settings;
        if !listen.ip().is_loopback() && !allow_remote {
            return Err(SimError::Remote(listen));
        }
        let fault = |source| SimError::Listen { addr: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(fault)?;
        let addr = listener.local_addr().map_err(fault)?;
        let hall = Arc::new(Hall { world: Mutex::new(World::new(now())), faults: Faults::default() });
        let served = hall.clone();
        let mut tasks = vec![tokio::spawn(door::accept(listener, move |socket| serve(socket, served.clone())))];
        tasks.extend(block_time.map(|pause| tokio::spawn(mine(hall.clone(), pause))));
        tracing::info!(%addr, "simulated chain opened");
        Ok(Self { addr, hall, tasks })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The way to it, as `chain::Source` reads it.
    pub fn source(&self) -> String {
        format!("esplora:http://{}", self.addr)
    }

    /// Mines blocks with all that waits.
    pub fn mine(&self, count: u32) -> BlockHash {
        let mut world = lock(&self.hall.world);
        world.mine(count, now());
        world.ledger.tip()
    }

    /// Replaces the newest blocks by one more empty ones; what stood in them waits again.
    pub fn reorg(&self, depth: u32) -> BlockHash {
        let mut world = lock(&self.hall.world);
        world.reorg(depth, now());
        world.ledger.tip()
    }

    /// Pays to a script; the payment waits for a block.
    pub fn faucet(&self, to: ScriptBuf, amount: Amount) -> Result<Txid, Reject> {
        lock(&self.hall.world).faucet(to, amount)
    }

    /// Takes a transaction into the mempool, as the API does.
    pub fn submit(&self, transaction: Transaction) -> Result<Txid, Reject> {
        let mut world = lock(&self.hall.world);
        let World { ledger, pool, .. } = &mut *world;
        pool.take(transaction, ledger)
    }

    /// A transaction, wherever it stands.
    pub fn transaction(&self, txid: Txid) -> Option<Transaction> {
        super::shape::find(&lock(&self.hall.world), &txid).cloned()
    }

    /// The newest block.
    pub fn tip(&self) -> (u32, BlockHash) {
        let world = lock(&self.hall.world);
        (world.ledger.height(), world.ledger.tip())
    }

    /// What waits, in the order of arrival.
    pub fn waiting(&self) -> Vec<Txid> {
        lock(&self.hall.world).pool.all().into_iter().map(|(txid, _)| *txid).collect()
    }

    /// Lets something go wrong with the next answers.
    pub fn fault(&self, fault: ChainFault, answers: u32) {
        self.hall.faults.make(fault, answers);
    }

    /// Lets nothing go wrong any more.
    pub fn heal(&self) {
        self.hall.faults.heal();
    }
}

impl Drop for ChainServer {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn mine(hall: Arc<Hall>, pause: Duration) {
    let mut ticks = tokio::time::interval(pause.max(Duration::from_millis(10)));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    // The first tick comes at once.
    ticks.tick().await;
    loop {
        ticks.tick().await;
        lock(&hall.world).mine(1, now());
    }
}

async fn serve(socket: TcpStream, hall: Arc<Hall>) {
    let mut client = Client::new(socket);
    while let Some(request) = door::request(&mut client).await {
        if !["GET", "POST"].contains(&request.method.as_str()) {
            client.answer(&Answer::of(405, "text/plain", "")).await;
            return;
        }
        let fault = hall.faults.next();
        let answer = match fault {
            Some(ChainFault::Stall) => return std::future::pending().await,
            Some(ChainFault::Cut) => return,
            Some(ChainFault::Flood) => return client.flood().await,
            Some(ChainFault::Overrun) => Answer::failure(429),
            Some(ChainFault::Broken) => Answer::failure(500),
            _ if request.method == "POST" => {
                answer::post(&mut lock(&hall.world), &request.path, &request.body, now(), fault)
            }
            _ => answer::get(&lock(&hall.world), &request.path, fault),
        };
        if !client.answer(&answer).await {
            return;
        }
    }
}
