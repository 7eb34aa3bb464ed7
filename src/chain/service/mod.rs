//! The Safe Transaction Service, where the owners of a Safe leave proposals and signatures for each other.
//!
//! - Nothing that it says is believed. What comes here is bytes of pages; `treasury::ethereum::queue` recomputes every hash
//!   and recovers every signature. What it says of a Safe itself is not even asked.
//! - It is asked at its own address and nowhere else: redirects are not followed, and the next page is asked for by its
//!   offset, not by the address that the service gives for it.
//! - Pages are limited in size, number and time, and questions in how often they are asked.
//! - v2 of its addresses is asked, and v1 where it has no v2. Confirmations have v1 only.
//!
//! <https://docs.safe.global/core-api/transaction-service-overview>
//!
//! | file | is about |
//! |---|---|
//! | `lists` | queue and history, page by page; one transaction |
//! | `tell` | proposals, confirmations, deletions |
//! | `error`, `pace` | what goes wrong; how often it may be asked |

mod error;
mod lists;
mod pace;
mod tell;

pub use error::ServiceError;
pub use lists::Pages;
pub use tell::Draft;

use super::endpoint::{Endpoint, Reach};
use super::error::ChainError;
use super::http::{Again, Ask, Http, Reply};
use super::watch::Watch;
use crate::treasury::ethereum::address;
use alloy_primitives::U256;
use pace::Pace;
use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where the service is hosted for the chains that it has a name for.
const HOSTED: &str = "https://api.safe.global/tx-service";

/// Between two questions, without a key and with one. A service on this machine is asked at once.
const BETWEEN: (Duration, Duration) = (Duration::from_millis(500), Duration::from_millis(200));

/// The longest answer.
const LONGEST: usize = 16 << 20;

/// How questions are asked again.
const AGAIN: Again = Again { times: 3, longest: Duration::from_secs(15), broken: true };

/// What tells it something is not sent twice when it is not known whether it has arrived.
const TELLING: Again = Again { times: 3, longest: Duration::from_secs(15), broken: false };

/// A service for one chain.
pub struct Service {
    http: Http,
    headers: HeaderMap,
    pace: Mutex<Pace>,
    chain_id: U256,
    /// It has no v2.
    old: AtomicBool,
}

/// The address of the hosted service for a chain, where it may have one.
pub fn hosted(chain_id: U256) -> Option<String> {
    address::short_name(chain_id).map(|short| format!("{HOSTED}/{short}"))
}

impl Service {
    /// Prepares to ask; connects to nothing yet.
    pub fn new(endpoint: &Endpoint, chain_id: U256, reach: &Reach) -> Result<Self, ServiceError> {
        if endpoint.has_query() {
            return Err(ChainError::Source("nothing may stand after a ? in the service's address".to_owned()).into());
        }
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(key) = endpoint.authorization() {
            headers.insert(AUTHORIZATION, key);
        }
        let between = match (endpoint.is_near(), endpoint.has_key()) {
            (true, _) => Duration::ZERO,
            (false, false) => BETWEEN.0,
            (false, true) => BETWEEN.1,
        };
        let http = Http::to(endpoint.shown().to_owned(), endpoint.secret(), reach)?;
        Ok(Self { http, headers, pace: Mutex::new(Pace::new(between)), chain_id, old: AtomicBool::new(false) })
    }

    /// The chain that it is asked about.
    pub fn chain_id(&self) -> U256 {
        self.chain_id
    }

    /// What people call it.
    pub fn host(&self) -> &str {
        &self.http.blame.0
    }

    /// Waits for its turn and asks.
    fn ask(&self, method: Method, path: &str, body: Option<String>, watch: &dyn Watch) -> Result<Reply, ServiceError> {
        let wait = self.pace.lock().unwrap_or_else(PoisonError::into_inner).turn(Instant::now());
        self.http.pause(wait, watch)?;
        let mut headers = self.headers.clone();
        if body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let again = if method == Method::GET { AGAIN } else { TELLING };
        let body = body.unwrap_or_default().into_bytes();
        let ask = Ask { method, path, headers, body, limit: LONGEST };
        Ok(self.http.ask(&ask, again, watch)?)
    }

    /// Asks an address of v2, and of v1 where there is no v2. `path` is what stands after the version.
    fn versioned(
        &self,
        method: &Method,
        path: &str,
        body: Option<&str>,
        watch: &dyn Watch,
    ) -> Result<Reply, ServiceError> {
        let ask = |version: &str| {
            let path = format!("/api/{version}{path}");
            self.ask(method.clone(), &path, body.map(str::to_owned), watch)
        };
        if self.old.load(Ordering::Relaxed) {
            return ask("v1");
        }
        let reply = ask("v2")?;
        let absent = matches!(reply.status, 404 | 405)
            && matches!(error::refusal(self.host(), &reply), ServiceError::NoRoute { .. });
        if !absent {
            return Ok(reply);
        }
        let older = ask("v1")?;
        // Only an answer proves that it is there.
        if older.status < 300 {
            self.old.store(true, Ordering::Relaxed);
        }
        Ok(older)
    }

    /// An answer with this status, or why there is none.
    fn expect(&self, reply: Reply, status: u16) -> Result<Reply, ServiceError> {
        match reply.status == status {
            true => Ok(reply),
            false => Err(error::refusal(self.host(), &reply)),
        }
    }

    fn malformed(&self, reason: &str) -> ServiceError {
        ServiceError::Malformed { host: self.host().to_owned(), reason: reason.to_owned() }
    }
}
