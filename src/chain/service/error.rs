//! Why the service did not do what it was asked. Texts are printable and short.

use crate::chain::error::{ChainError, words};
use crate::chain::http::Reply;
use serde_json::Value;
use std::time::Duration;

/// The most words of one refusal that are shown.
const MOST: usize = 8;

/// Why something asked of the service did not come about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// It was not reached, or its answer was none: the way there is to blame, or whoever answers.
    #[error(transparent)]
    Way(#[from] ChainError),
    /// The key is missing, wrong, or not allowed to do this.
    #[error("{host} does not let us in: {reason}")]
    Auth {
        /// The service.
        host: String,
        /// Its words.
        reason: String,
    },
    /// It was asked too often, or cannot answer now.
    #[error("{host} cannot answer now: {reason}{}", later(.after))]
    Busy {
        /// The service.
        host: String,
        /// Its words.
        reason: String,
        /// When it wants to be asked again, where it says so.
        after: Option<Duration>,
    },
    /// It does not know the Safe or the transaction.
    #[error("{host} does not know it: {reason}")]
    Unknown {
        /// The service.
        host: String,
        /// Its words.
        reason: String,
    },
    /// There is no such address at the service: another version of it, or another server.
    #[error("{host} has no such address: it is no Safe Transaction Service, or another version of it")]
    NoRoute {
        /// The service.
        host: String,
    },
    /// It has understood and refuses.
    #[error("{host} refuses: {reason}")]
    Refused {
        /// The service.
        host: String,
        /// Its words.
        reason: String,
    },
    /// The Safe is banned there.
    #[error("{host} has banned this Safe: {reason}")]
    Banned {
        /// The service.
        host: String,
        /// Its words.
        reason: String,
    },
    /// It sends us elsewhere, and is not followed.
    #[error("{host} sends us to another address, and that is not followed")]
    Redirect {
        /// The service.
        host: String,
    },
    /// It failed by itself.
    #[error("{host} has failed by itself (status {status})")]
    Failed {
        /// The service.
        host: String,
        /// The status.
        status: u16,
    },
    /// It says something about a transaction that does not fit what it was asked.
    #[error("{host} gave an answer that cannot be right: {reason}")]
    Malformed {
        /// The service.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
}

fn later(after: &Option<Duration>) -> String {
    after.map(|after| format!("; it may be asked again in {} s", after.as_secs())).unwrap_or_default()
}

impl ServiceError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Way(error) => match error {
                ChainError::Source(_) => "service-address",
                ChainError::Settings(_) => "service-settings",
                ChainError::Certificate { .. } => "service-certificate",
                ChainError::Timeout { .. } => "service-timeout",
                ChainError::Busy { .. } => "service-busy",
                ChainError::TooLarge { .. } => "service-too-large",
                ChainError::Malformed { .. } => "service-malformed",
                ChainError::Cancelled => "service-cancelled",
                _ => "service-unreachable",
            },
            Self::Auth { .. } => "service-auth",
            Self::Busy { .. } => "service-busy",
            Self::Unknown { .. } => "service-unknown",
            Self::NoRoute { .. } => "service-no-route",
            Self::Refused { .. } => "service-refused",
            Self::Banned { .. } => "service-banned",
            Self::Redirect { .. } => "service-redirect",
            Self::Failed { .. } => "service-failed",
            Self::Malformed { .. } => "service-malformed",
        }
    }

    /// Whether the same may come about later without anybody changing anything.
    pub fn passes(&self) -> bool {
        match self {
            Self::Way(error) => error.passes(),
            Self::Busy { .. } | Self::Failed { .. } => true,
            _ => false,
        }
    }
}

/// What an answer that is no success means.
pub(super) fn refusal(host: &str, reply: &Reply) -> ServiceError {
    let host = host.to_owned();
    let told = told(&reply.body);
    let reason = told.clone().unwrap_or_else(|| format!("status {}", reply.status));
    match reply.status {
        300..=399 => ServiceError::Redirect { host },
        401 | 403 => ServiceError::Auth { host, reason },
        404 if reply.body.is_empty() => ServiceError::Unknown { host, reason: "no such Safe".to_owned() },
        404 if told.is_some() => ServiceError::Unknown { host, reason },
        404 => ServiceError::NoRoute { host },
        451 => ServiceError::Banned { host, reason },
        429 | 502..=504 => ServiceError::Busy { host, reason, after: reply.after },
        400..=499 => ServiceError::Refused { host, reason },
        status @ 500.. => ServiceError::Failed { host, status },
        status => ServiceError::Malformed { host, reason: format!("status {status} was not expected") },
    }
}

/// The words of an answer in JSON: of one of its many shapes.
fn told(body: &[u8]) -> Option<String> {
    let Value::Object(members) = serde_json::from_slice(body).ok()? else { return None };
    let (mut all, mut arguments) = (Vec::new(), Vec::new());
    for (name, value) in members.iter().take(MOST) {
        let of = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Array(list) => {
                let texts = list.iter().take(MOST).filter_map(Value::as_str);
                texts.collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        };
        match name.as_str() {
            "code" => {}
            "detail" | "message" | "nonFieldErrors" => all.push(of(value)),
            "arguments" => arguments.push(format!("({})", of(value))),
            _ => all.push(format!("{name}: {}", of(value))),
        }
    }
    all.extend(arguments);
    Some(words(&all.join(" ")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, body: body.as_bytes().to_vec(), after: None }
    }

    #[test]
    fn every_shape_of_an_error_has_its_code_and_its_words() {
        for (status, body, code, told) in [
            (404, "", "service-unknown", "no such Safe"),
            (404, r#"{"detail":"Not found"}"#, "service-unknown", "Not found"),
            (404, "<html>", "service-no-route", "no such address"),
            (422, r#"{"code":1,"message":"bad","arguments":["0x1"]}"#, "service-refused", "bad (0x1)"),
            (422, r#"{"nonFieldErrors":["a","b"]}"#, "service-refused", "a, b"),
            (400, r#"{"signature":["s"]}"#, "service-refused", "signature: s"),
            (400, "", "service-refused", "status 400"),
            (401, r#"{"message":"key"}"#, "service-auth", "key"),
            (451, r#"{"detail":"law"}"#, "service-banned", "law"),
            (429, "", "service-busy", "status 429"),
            (500, "<html>", "service-failed", "500"),
            (301, "", "service-redirect", "not followed"),
            (204, "", "service-malformed", "204"),
        ] {
            let error = refusal("host", &reply(status, body));
            assert_eq!(error.code(), code, "{status} {body}");
            assert!(error.to_string().contains(told), "{error}");
        }
        let evil = refusal("host", &reply(422, "{\"a\\u001b[2J\":[\"\\u202e\\u001b]0;x\\u0007\"]}"));
        assert!(evil.to_string().chars().all(|c| !c.is_control() && c != '\u{202e}'), "{evil:?}");
    }
}
