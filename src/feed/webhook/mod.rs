//! One message to a web address, by HTTP POST: with a time limit, tried again a few times, and without ever telling
//! the address.
//!
//! - The address of a webhook is a secret: whoever has it can write in its owner's name. It is in no log, no error and no
//!   debug print; a redirection is not followed, since it would hand the message to somebody else.
//! - Only `https` is spoken, and `http` to this machine itself.
//! - What a server answers is not read beyond its status and how long it asks to wait (`Retry-After` in seconds, RFC 9110
//!   section 10.2.3).

mod secret;
#[cfg(test)]
mod tests;

pub use secret::{Secret, SecretError};

use super::Clock;
use super::backoff::{Backoff, Limits};
use super::error::{SettingsError, words};
use super::tls;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use std::path::Path;
use std::time::Duration;

/// A larger message is not sent.
const LARGEST: usize = 16 * 1024;

/// How long it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For one answer.
    pub answer: Duration,
    /// How many times it is tried again.
    pub retries: u32,
    /// The first wait before that; later ones are longer.
    pub wait: Duration,
    /// A server that asks for a longer wait is given up.
    pub longest_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let secs = Duration::from_secs;
        Self { answer: secs(10), retries: 3, wait: secs(1), longest_wait: secs(120) }
    }
}

/// Why a message did not arrive. No text in it holds the address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The address is none that may be used.
    #[error("the webhook's address must begin with https:// (or http:// to this machine)")]
    Address,
    /// The message is larger than any webhook takes.
    #[error("a message of {0} bytes is too large for a webhook")]
    TooLarge(usize),
    /// The server does not take it, and would not take it again.
    #[error("the webhook answered {0}")]
    Refused(u16),
    /// It was tried for as long as patience goes.
    #[error("the webhook was tried {tries} times: {reason}")]
    GaveUp {
        /// How many times.
        tries: u32,
        /// What was wrong the last time.
        reason: String,
    },
    /// The server wants to be left alone for longer than an alert is worth.
    #[error("the webhook asks to wait for {} s", .0.as_secs())]
    AsksToWait(Duration),
    /// No client could be made.
    #[error("no connection to a webhook can be made: {0}")]
    Settings(String),
}

/// A way to one web address.
#[derive(Clone, Debug)]
pub struct Webhook {
    client: Client,
    address: Secret,
    patience: Patience,
}

/// What came of one try.
enum Tried {
    Taken,
    Refused(u16),
    /// To be tried again, after so long if the server says so.
    Later(String, Option<Duration>),
}

impl Webhook {
    /// A way to `address`, trusting the built-in authorities and those of a PEM file. Nothing is connected yet.
    pub fn new(address: Secret, authorities: Option<&Path>, patience: Patience) -> Result<Self, WebhookError> {
        sound(&address)?;
        let settings = |error: SettingsError| WebhookError::Settings(error.to_string());
        let tls = tls::client(authorities).map_err(settings)?;
        let client = Client::builder()
            .tls_backend_preconfigured((*tls).clone())
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .timeout(patience.answer)
            .pool_max_idle_per_host(1)
            .user_agent(concat!("exchequer/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| WebhookError::Settings(plainly(error)))?;
        Ok(Self { client, address, patience })
    }

    /// Sends a JSON text; ends when it was taken or when patience is over.
    pub async fn post(&self, json: &str) -> Result<(), WebhookError> {
        if json.len() > LARGEST {
            return Err(WebhookError::TooLarge(json.len()));
        }
        let limits = Limits { first: self.patience.wait, longest: self.patience.longest_wait, ..Limits::default() };
        let mut backoff = Backoff::new(limits, Clock::start().now().nanos().cast_unsigned());
        let mut tries = 0;
        loop {
            tries += 1;
            let (reason, asked) = match self.attempt(json).await {
                Tried::Taken => return Ok(()),
                Tried::Refused(status) => return Err(WebhookError::Refused(status)),
                Tried::Later(reason, asked) => (reason, asked),
            };
            if tries > self.patience.retries {
                return Err(WebhookError::GaveUp { tries, reason });
            }
            let wait = asked.unwrap_or_default().max(backoff.failed(Duration::ZERO));
            if wait > self.patience.longest_wait {
                return Err(WebhookError::AsksToWait(wait));
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, json: &str) -> Tried {
        let request = self.client.post(self.address.reveal()).header(CONTENT_TYPE, "application/json");
        let response = match request.body(json.to_owned()).send().await {
            Ok(response) => response,
            Err(error) => return Tried::Later(plainly(error), None),
        };
        match response.status() {
            status if status.is_success() => Tried::Taken,
            status if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
                Tried::Later(format!("it answered {}", status.as_u16()), asked_wait(&response))
            }
            status => Tried::Refused(status.as_u16()),
        }
    }
}

fn asked_wait(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn sound(address: &Secret) -> Result<(), WebhookError> {
    let url = Url::parse(address.reveal()).map_err(|_| WebhookError::Address)?;
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => Ok(()),
        "http" if here => Ok(()),
        _ => Err(WebhookError::Address),
    }
}

/// What an error means, without the address, which reqwest's own words hold.
fn plainly(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    let error = error.without_url();
    let mut deepest: &dyn std::error::Error = &error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    words(&deepest)
}
