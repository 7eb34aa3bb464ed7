//! Questions by HTTP: one answer each, within a time and a size.
//!
//! - A redirect is not followed: it would be another server than the one that was chosen.
//! - What a server cannot answer now (429, 502, 503, 504) is asked again three times, ever later; everything else is the
//!   caller's affair. What is sent to be broadcast is sent once.
//! - Calls wait for their answer and belong on a thread that may wait.

use super::error::{Blame, words};
use super::watch::Watch;
use super::{ChainError, Settings, tls};
use futures_util::{StreamExt, stream};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, redirect};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// How often a question is asked again that the server cannot answer now.
const AGAIN: u32 = 3;

/// The first pause before that; each later one is twice as long.
const PAUSE: Duration = Duration::from_millis(250);

/// The longest pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Questions that are under way at one time.
const AT_ONCE: usize = 4;

/// An answer.
pub(super) struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as words of the server.
    pub fn words(&self) -> String {
        words(&String::from_utf8_lossy(self.body.get(..4_096).unwrap_or(&self.body)))
    }
}

/// A way to one server.
pub(super) struct Http {
    pub blame: Blame,
    base: String,
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
        let unable = |error: &dyn ToString| ChainError::Settings(words(&error.to_string()));
        let client = Client::builder()
            .tls_backend_preconfigured(tls::client(settings.authorities.as_deref())?)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(settings.patience)
            .user_agent(concat!("exchequer/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| unable(&error))?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| unable(&error))?;
        Ok(Self { blame: Blame(host), base, client, patience: settings.patience, runtime: Some(runtime) })
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
        self.wait(async { Ok(self.once(Method::POST, path, headers, body, limit).await?.0) })
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T, ChainError>>) -> Result<T, ChainError> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(work),
            None => Err(ChainError::Cancelled),
        }
    }

    async fn patiently(&self, path: &str, limit: usize, watch: &dyn Watch) -> Result<Reply, ChainError> {
        let mut pause = PAUSE;
        for left in (0..=AGAIN).rev() {
            if watch.cancelled() {
                return Err(ChainError::Cancelled);
            }
            let (reply, after) = self.once(Method::GET, path, HeaderMap::new(), Vec::new(), limit).await?;
            if !matches!(reply.status, 429 | 502..=504) {
                return Ok(reply);
            }
            if left > 0 {
                tokio::time::sleep(after.unwrap_or(pause).min(LONGEST_PAUSE)).await;
                pause = pause.saturating_mul(2);
            } else {
                return Err(self.busy(&reply));
            }
        }
        Err(ChainError::Cancelled)
    }

    /// The server cannot answer now.
    pub fn busy(&self, reply: &Reply) -> ChainError {
        let reason = words(&format!("status {} {}", reply.status, reply.words()));
        ChainError::Busy { host: self.blame.0.clone(), reason }
    }

    async fn once(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Vec<u8>,
        limit: usize,
    ) -> Result<(Reply, Option<Duration>), ChainError> {
        let broken = |error: reqwest::Error| self.broken(&error);
        let request = self.client.request(method, format!("{}{path}", self.base)).headers(headers).body(body);
        let mut response = request.send().await.map_err(broken)?;
        let (status, after) = (response.status().as_u16(), retry_after(response.headers()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len().saturating_add(chunk.len()) > limit {
                return Err(self.blame.too_large(format!("{limit} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((Reply { status, body }, after))
    }

    fn broken(&self, error: &reqwest::Error) -> ChainError {
        if error.is_timeout() {
            return ChainError::Timeout { host: self.blame.0.clone(), after: self.patience };
        }
        if let Some(reason) = tls::fault(error) {
            return ChainError::Certificate { host: self.blame.0.clone(), reason };
        }
        // The innermost reason: the outer ones repeat the address.
        let mut inner: &dyn std::error::Error = error;
        while let Some(source) = inner.source() {
            inner = source;
        }
        self.blame.unreachable(inner)
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
