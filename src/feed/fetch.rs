//! What a dialect wants fetched by HTTP beside its stream: snapshots of books, lists of instruments.
//!
//! - One request at a time, no faster than the venue allows; a venue that says "not before" is left alone until then, also
//!   by the connections that come after this one.
//! - An answer has a size limit. A request that failed for a reason that may pass is made again, ever more rarely; one
//!   that the venue refuses for good is reported.

use super::Clock;
use super::backoff::{Backoff, Limits};
use super::error::words;
use super::socket::host;
use crate::market::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, redirect};
use rustls::ClientConfig;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// The largest answer that makes sense: lists of all instruments take a few megabytes.
const MAX_BODY: usize = 64 << 20;

/// One request may take so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A venue that is overrun and does not say for how long is left alone for so long.
const OVERRUN: Duration = Duration::from_secs(60);

/// However long a venue wants to be left alone, it is asked again after this.
const LONGEST: Duration = Duration::from_secs(3_600);

/// Requests that may wait; a connection carries fewer books.
const QUEUE: usize = 2_000;

/// Requests that may be made without a pause after a quiet time.
const BURST: u32 = 10;

/// Why an answer did not come. Texts are printable and short.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The venue wants to be left alone.
    #[error("{host} wants no requests for {} s (status {status})", .after.as_secs())]
    Overrun {
        /// The host.
        host: String,
        /// Its status: 418 and 429 mean this.
        status: u16,
        /// How long.
        after: Duration,
    },
    /// The venue refuses this request whenever it is made.
    #[error("{host} refuses with status {status}: {reason}")]
    Refused {
        /// The host.
        host: String,
        /// Its status.
        status: u16,
        /// Its words.
        reason: String,
    },
    /// The answer is larger than the venue has any reason to send.
    #[error("{host} answered with more than {MAX_BODY} bytes")]
    TooLarge {
        /// The host.
        host: String,
    },
    /// It was not reached, or something broke on the way.
    #[error("{host} gave no answer: {reason}")]
    Broken {
        /// The host.
        host: String,
        /// What happened.
        reason: String,
    },
}

impl FetchError {
    /// Whether making the request again later may help.
    fn passes(&self) -> bool {
        matches!(self, Self::Overrun { .. } | Self::Broken { .. })
    }
}

/// An answer, or why there will be none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub url: String,
    pub body: Result<String, FetchError>,
}

/// Fetches for one connection and its successors.
#[derive(Debug)]
pub(super) struct Fetcher {
    client: Client,
    clock: Clock,
    queue: VecDeque<String>,
    running: JoinSet<Answer>,
    /// The pause between requests, once the burst is used up.
    pause: Duration,
    /// When the next request is due if all were made at the venue's pace; one may be made a burst earlier.
    due: Timestamp,
    /// The venue, or caution after a failure, wants no request before this.
    not_before: Timestamp,
    backoff: Backoff,
    limits: Limits,
    seed: u64,
}

impl Fetcher {
    /// Nothing is wanted yet. `gets_per_minute` is what the venue allows.
    pub fn new(
        client: &Arc<ClientConfig>,
        gets_per_minute: u32,
        clock: Clock,
        limits: Limits,
        seed: u64,
    ) -> Result<Self, String> {
        let client = Client::builder()
            .tls_backend_preconfigured(ClientConfig::clone(client))
            .redirect(redirect::Policy::none())
            .timeout(PATIENCE)
            .user_agent(concat!("exchequer/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            client: client.map_err(|error| words(&error))?,
            clock,
            queue: VecDeque::new(),
            running: JoinSet::new(),
            pause: Duration::from_secs(60) / gets_per_minute.max(1),
            due: clock.now(),
            not_before: clock.now(),
            backoff: Backoff::new(limits, seed),
            limits,
            seed,
        })
    }

    /// Forgets what a connection wanted that is gone; when requests may be made again stays.
    pub fn forget(&mut self) {
        self.queue.clear();
        self.running.abort_all();
        self.running = JoinSet::new();
    }

    /// Wants this fetched; what is wanted already is not wanted twice.
    pub fn want(&mut self, url: String) {
        if self.queue.len() < QUEUE && !self.queue.contains(&url) {
            self.queue.push_back(url);
        }
    }

    /// The next answer; never, while nothing is wanted. May be dropped and called again.
    pub async fn answer(&mut self) -> Answer {
        loop {
            if self.running.is_empty() {
                self.start();
            }
            match self.running.join_next().await {
                Some(Ok(answer)) => {
                    if let Some(answer) = self.judge(answer) {
                        return answer;
                    }
                }
                // Aborted, or panicked and reported by the runtime: the request is gone either way.
                Some(Err(_)) => {}
                None => std::future::pending::<()>().await,
            }
        }
    }

    /// Makes the first request of the queue as soon as the venue allows.
    fn start(&mut self) {
        let Some(url) = self.queue.pop_front() else { return };
        let now = self.clock.now();
        let early = now.plus(self.pause.saturating_mul(BURST)).age(self.due);
        let wait = early.max(now.age(self.not_before));
        self.due = self.due.max(now).plus(self.pause);
        let client = self.client.clone();
        self.running.spawn(async move {
            tokio::time::sleep(wait).await;
            let body = fetch(&client, &url).await;
            Answer { url, body }
        });
    }

    /// Gives an answer that stands; a request that may succeed later goes back into the queue.
    fn judge(&mut self, answer: Answer) -> Option<Answer> {
        let error = match &answer.body {
            Ok(_) => {
                self.backoff = Backoff::new(self.limits, self.seed);
                return Some(answer);
            }
            Err(error) if !error.passes() => return Some(answer),
            Err(error) => error,
        };
        tracing::warn!("{error}");
        let wait = match error {
            FetchError::Overrun { after, .. } => *after,
            _ => self.backoff.failed(Duration::ZERO),
        };
        self.not_before = self.clock.now().plus(wait);
        self.queue.push_front(answer.url);
        None
    }
}

async fn fetch(client: &Client, url: &str) -> Result<String, FetchError> {
    let host = host(url);
    let broken = |error: reqwest::Error| FetchError::Broken { host: host.clone(), reason: cause(&error) };
    let mut response = client.get(url).send().await.map_err(broken)?;
    let status = response.status();
    if overrun(status.as_u16()) {
        return Err(FetchError::Overrun { host, status: status.as_u16(), after: retry_after(response.headers()) });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(FetchError::TooLarge { host });
        }
        body.extend_from_slice(&chunk);
    }
    let body = String::from_utf8(body)
        .map_err(|_| FetchError::Broken { host: host.clone(), reason: "the answer is no text".into() })?;
    match status {
        status if status.is_success() => Ok(body),
        status if status.is_server_error() => Err(FetchError::Broken { host, reason: format!("status {status}") }),
        status => Err(FetchError::Refused { host, status: status.as_u16(), reason: words(&body) }),
    }
}

/// Whether a status says that we have asked too much.
pub(super) fn overrun(status: u16) -> bool {
    matches!(status, 418 | 429)
}

/// How long a venue wants to be left alone, in whole seconds as it says, within reason.
pub(super) fn retry_after(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    seconds.map_or(OVERRUN, Duration::from_secs).min(LONGEST)
}

/// The innermost reason: the outer ones repeat the address.
pub(super) fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    words(&inner)
}
