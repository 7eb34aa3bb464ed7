//! The service's door: HTTP on loopback, and the clock.

use super::answer::{self, Ask, broken, served};
use super::fault::ServiceFault;
use super::twist::{ESCAPES, elsewhere};
use super::world::World;
use crate::market::Timestamp;
use crate::sim::SimError;
use crate::sim::door::{self, Faults, lock};
use crate::sim::http::{Answer, Client, Request};
use alloy_primitives::U256;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The most requests that are remembered.
const MOST_SEEN: usize = 10_000;

/// How a service is opened.
#[derive(Clone, Debug)]
pub struct ServiceSettings {
    /// Where to listen, on this machine; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Which chain it is for.
    pub chain_id: U256,
    /// What it calls that chain.
    pub network: String,
    /// The key without which it answers nobody; everybody may ask when it is left out.
    pub key: Option<String>,
}

impl Default for ServiceSettings {
    /// A service for the first chain, open to all of this machine.
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { listen, chain_id: U256::ONE, network: "MAINNET".to_owned(), key: None }
    }
}

struct Hall {
    host: String,
    key: Option<String>,
    world: Mutex<World>,
    faults: Faults<ServiceFault>,
    seen: Mutex<Vec<String>>,
}

/// A running service. It closes when it is dropped.
pub struct ServiceServer {
    addr: SocketAddr,
    hall: Arc<Hall>,
    task: JoinHandle<()>,
}

impl ServiceServer {
    /// Opens a service that knows nothing yet.
    pub async fn start(settings: ServiceSettings) -> Result<Self, SimError> {
        let ServiceSettings { listen, chain_id, network, key } = settings;
        if !listen.ip().is_loopback() {
            return Err(SimError::Remote(listen));
        }
        let fault = |source| SimError::Listen { addr: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(fault)?;
        let addr = listener.local_addr().map_err(fault)?;
        let world = Mutex::new(World::new(chain_id, &network));
        let hall = Hall { host: addr.to_string(), key, world, faults: Faults::default(), seen: Mutex::default() };
        let hall = Arc::new(hall);
        let served = hall.clone();
        let task = tokio::spawn(door::accept(listener, move |socket| serve(socket, served.clone())));
        tracing::info!(%addr, "simulated transaction service opened");
        Ok(Self { addr, hall, task })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The URL before `/api/`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Tells it something, or asks what it knows.
    pub fn world<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        work(&mut lock(&self.hall.world))
    }

    /// Lets something go wrong with the next answers.
    pub fn fault(&self, fault: ServiceFault, answers: u32) {
        self.hall.faults.make(fault, answers);
    }

    /// Lets nothing go wrong any more.
    pub fn heal(&self) {
        self.hall.faults.heal();
    }

    /// What was asked since this was asked last: the method and the path of each request.
    pub fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.hall.seen))
    }
}

impl Drop for ServiceServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Hall {
    fn note(&self, request: &Request) {
        let mut seen = lock(&self.seen);
        if seen.len() < MOST_SEEN {
            let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
            seen.push(format!("{} {}{query}", request.method, request.path));
        }
    }

    fn answer(&self, request: &Request, fault: Option<ServiceFault>) -> Answer {
        let wanted = self.key.as_ref().map(|key| format!("Bearer {key}"));
        if wanted.is_some() && wanted != request.authorization {
            return served(401, &json!({ "detail": "Invalid authentication credentials" }));
        }
        let (host, path) = (self.host.as_str(), &request.path);
        let overrun =
            |seconds: &str| served(429, &json!({ "detail": "Request was throttled." })).with("Retry-After", seconds);
        let now = Timestamp::from_system(SystemTime::now());
        let mut world = lock(&self.world);
        let ask = Ask { request, host, now, fault };
        match fault {
            Some(ServiceFault::Redirect) => Answer::of(302, "", "").with("Location", elsewhere(host, path)),
            Some(ServiceFault::Circle) => Answer::of(302, "", "").with("Location", format!("http://{host}{path}")),
            Some(ServiceFault::Garbage) => Answer::of(200, "application/json", b"\x00\xff{\"results\":[".as_slice()),
            Some(ServiceFault::Broken) => broken(),
            Some(ServiceFault::Overrun) => overrun("1"),
            Some(ServiceFault::Banished) => overrun("3153600000"),
            Some(ServiceFault::EscapedRefusal) => {
                served(422, &json!({ "nonFieldErrors": [ESCAPES], "detail": ESCAPES }))
            }
            Some(ServiceFault::Kind) => Answer { kind: "text/html", ..answer::answer(&mut world, &ask) },
            Some(ServiceFault::Forgetful) => answer::answer(&mut world.clone(), &ask),
            _ => answer::answer(&mut world, &ask),
        }
    }
}

async fn serve(socket: TcpStream, hall: Arc<Hall>) {
    let mut client = Client::new(socket);
    while let Some(request) = door::request(&mut client).await {
        hall.note(&request);
        let fault = hall.faults.next();
        let answer = hall.answer(&request, fault);
        let open = match fault {
            Some(ServiceFault::Stall) => return std::future::pending().await,
            Some(ServiceFault::Flood) => return client.flood().await,
            Some(ServiceFault::SlowLoris) => return drip(&mut client, &answer.bytes()).await,
            Some(ServiceFault::Cut) => {
                let bytes = answer.bytes();
                client
                    .send(bytes.get(..bytes.len().saturating_sub(answer.body.len() / 2 + 1)).unwrap_or_default())
                    .await;
                return;
            }
            _ => client.answer(&answer).await,
        };
        if !open {
            return;
        }
    }
}

/// Sends one byte a second.
async fn drip(client: &mut Client, bytes: &[u8]) {
    for byte in bytes {
        if !client.send(&[*byte]).await {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
