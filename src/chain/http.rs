//! Questions by HTTP: one answer each, within a time and a size.
//!
//! - A redirect is not followed: it would be another server than the one that was chosen.
//! - What a server cannot answer now (429, 502, 503, 504) is asked again three times, ever later, or when the server says so;
//!   everything else is the caller's affair. What is sent to be broadcast is sent once.
//! - An address may hold a key: it stands in no error.
//! - Calls wait for their answer and belong on a thread that may wait.

use super::endpoint::Reach;
use super::error::{Blame, words};
use super::watch::Watch;
use super::{ChainError, Settings, tls};
use futures_util::{StreamExt, stream};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, redirect};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use zeroize::Zeroizing;

/// How often a question is asked again that the server cannot answer now.
const AGAIN: u32 = 3;

/// The first pause before that; each later one is twice as long.
const PAUSE: Duration = Duration::from_millis(250);

/// The longest pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long a pause lasts before it is looked whether to stop.
const LOOK: Duration = Duration::from_millis(100);

/// Questions that are under way at one time.
const AT_ONCE: usize = 4;

/// An answer.
pub(super) struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
    /// When the server wants to be asked again, where it says so.
    pub after: Option<Duration>,
}

/// A question.
pub(super) struct Ask<'a> {
    pub method: Method,
    /// What comes after the base.
    pub path: &'a str,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// The longest answer.
    pub limit: usize,
}

/// How a question is asked again.
#[derive(Clone, Copy)]
pub(super) struct Again {
    /// How often.
    pub times: u32,
    /// The longest pause that a server may ask for; one that asks for more is not asked again.
    pub longest: Duration,
    /// Also when the connection breaks or the answer does not come: only where asking twice does nothing twice.
    pub broken: bool,
}

impl Again {
    /// Three times when the server says that it cannot.
    const USUAL: Self = Self { times: AGAIN, longest: LONGEST_PAUSE, broken: false };
}

impl Reply {
    /// Whether it says that the server may answer later.
    pub fn cannot_now(&self) -> bool {
        matches!(self.status, 429 | 502..=504)
    }

    /// The body as words of the server.
    pub fn words(&self) -> String {
        words(&String::from_utf8_lossy(self.body.get(..4_096).unwrap_or(&self.body)))
    }
}

/// A way to one server.
pub(super) struct Http {
    pub blame: Blame,
    base: Zeroizing<String>,
    client: Client,
    patience: Duration,
    /// Taken only when this is dropped.
    runtime: Option<Runtime>,
}

impl Drop for Http {
    fn drop(&mut self) {
        // Dropping it plainly would wait, which is not allowed everywhere.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Http {
    /// Prepares to ask; connects to nothing yet.
    pub fn new(host: String, base: String, settings: &Settings) -> Result<Self, ChainError> {
        let reach = Reach { patience: settings.patience, authorities: settings.authorities.clone() };
        Self::to(host, Zeroizing::new(base), &reach)
    }

    /// The same for any server; the base may hold a key.
    pub fn to(host: String, base: Zeroizing<String>, reach: &Reach) -> Result<Self, ChainError> {
        let unable = |error: &dyn ToString| ChainError::Settings(words(&error.to_string()));
        let client = Client::builder()
            .tls_backend_preconfigured(tls::client(reach.authorities.as_deref())?)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(reach.patience)
            .user_agent(concat!("exchequer/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| unable(&error))?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| unable(&error))?;
        Ok(Self { blame: Blame(host), base, client, patience: reach.patience, runtime: Some(runtime) })
    }

    /// Asks for several things at once; answers come in the order of the questions.
    pub fn get_all(&self, paths: &[String], limit: usize, watch: &dyn Watch) -> Result<Vec<Reply>, ChainError> {
        self.wait(async {
            let questions = paths.iter().map(|path| self.patiently(path, limit, watch));
            let mut answers = stream::iter(questions).buffered(AT_ONCE);
            let mut replies = Vec::with_capacity(paths.len());
            while let Some(answer) = answers.next().await {
                replies.push(answer?);
            }
            Ok(replies)
        })
    }

    /// Asks for one thing.
    pub fn get(&self, path: &str, limit: usize, watch: &dyn Watch) -> Result<Reply, ChainError> {
        self.wait(self.patiently(path, limit, watch))
    }

    /// Sends something, once.
    pub fn post(&self, path: &str, headers: HeaderMap, body: Vec<u8>, limit: usize) -> Result<Reply, ChainError> {
        self.wait(self.once(&Ask { method: Method::POST, path, headers, body, limit }))
    }

    /// Asks, and again where the server cannot answer now; its last answer.
    pub fn ask(&self, ask: &Ask<'_>, again: Again, watch: &dyn Watch) -> Result<Reply, ChainError> {
        self.wait(self.over_and_over(ask, again, watch))
    }

    /// Waits on the way to the next question.
    pub fn pause(&self, time: Duration, watch: &dyn Watch) -> Result<(), ChainError> {
        self.wait(rest(time, watch))
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T, ChainError>>) -> Result<T, ChainError> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(work),
            None => Err(ChainError::Cancelled),
        }
    }

    async fn patiently(&self, path: &str, limit: usize, watch: &dyn Watch) -> Result<Reply, ChainError> {
        let ask = Ask { method: Method::GET, path, headers: HeaderMap::new(), body: Vec::new(), limit };
        let reply = self.over_and_over(&ask, Again::USUAL, watch).await?;
        if reply.cannot_now() { Err(self.busy(&reply)) } else { Ok(reply) }
    }

    async fn over_and_over(&self, ask: &Ask<'_>, again: Again, watch: &dyn Watch) -> Result<Reply, ChainError> {
        let started = Instant::now();
        let mut pause = PAUSE;
        for left in (0..=again.times).rev() {
            if watch.cancelled() {
                return Err(ChainError::Cancelled);
            }
            let answer = self.once(ask).await;
            // Whoever has used up the time of two answers has had enough of it.
            let left = left > 0 && started.elapsed() < self.patience.saturating_mul(2);
            let wanted = match &answer {
                Ok(reply) if reply.cannot_now() => reply.after,
                Err(error) if again.broken && error.passes() => None,
                _ => return answer,
            };
            if !left || wanted.is_some_and(|wanted| wanted > again.longest) {
                return answer;
            }
            rest(wanted.unwrap_or(pause), watch).await?;
            pause = pause.saturating_mul(2);
        }
        Err(ChainError::Cancelled)
    }

    /// The server cannot answer now.
    pub fn busy(&self, reply: &Reply) -> ChainError {
        let reason = words(&format!("status {} {}", reply.status, reply.words()));
        ChainError::Busy { host: self.blame.0.clone(), reason }
    }

    async fn once(&self, ask: &Ask<'_>) -> Result<Reply, ChainError> {
        let broken = |error: reqwest::Error| self.broken(error);
        let url = Zeroizing::new(format!("{}{}", self.base.as_str(), ask.path));
        let request = self.client.request(ask.method.clone(), url.as_str());
        let mut response = request.headers(ask.headers.clone()).body(ask.body.clone()).send().await.map_err(broken)?;
        let (status, after) = (response.status().as_u16(), retry_after(response.headers()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len().saturating_add(chunk.len()) > ask.limit {
                return Err(self.blame.too_large(format!("{} bytes", ask.limit)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, body, after })
    }

    fn broken(&self, error: reqwest::Error) -> ChainError {
        let error = error.without_url();
        if error.is_timeout() {
            return ChainError::Timeout { host: self.blame.0.clone(), after: self.patience };
        }
        if let Some(reason) = tls::fault(&error) {
            return ChainError::Certificate { host: self.blame.0.clone(), reason };
        }
        // The innermost reason: the outer ones repeat the address.
        let mut inner: &dyn std::error::Error = &error;
        while let Some(source) = inner.source() {
            inner = source;
        }
        self.blame.unreachable(inner)
    }
}

/// Waits, and looks from time to time whether to stop.
async fn rest(time: Duration, watch: &dyn Watch) -> Result<(), ChainError> {
    let until = Instant::now().checked_add(time);
    loop {
        if watch.cancelled() {
            return Err(ChainError::Cancelled);
        }
        let left = until.map_or(LOOK, |until| until.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return Ok(());
        }
        tokio::time::sleep(left.min(LOOK)).await;
    }
}

/// When the server wants to be asked again: `Retry-After`, or the end of its time where nothing is left of that.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let spent = || seconds("x-ratelimit-remaining") == Some(0);
    let after = seconds(RETRY_AFTER.as_str()).or_else(|| seconds("x-ratelimit-reset").filter(|_| spent()));
    after.map(Duration::from_secs)
}
