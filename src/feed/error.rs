//! Why a connection could not be made or did not last.

use crate::market::printable;
use std::path::PathBuf;
use std::time::Duration;

/// Why a connection failed. Texts are printable and short.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The address names no place to connect to.
    #[error("{url:?} is no address of a stream: {reason}; write ws://HOST:PORT or wss://HOST")]
    Address {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The host was not reached, or not found.
    #[error("cannot reach {host}: {reason}")]
    Unreachable {
        /// The host.
        host: String,
        /// What the system says.
        reason: String,
    },
    /// The host did not answer in time.
    #[error("{host} did not answer within {} s", .after.as_secs_f32())]
    Timeout {
        /// The host.
        host: String,
        /// How long we waited.
        after: Duration,
    },
    /// The server could not prove who it is. Nothing was sent to it.
    #[error("the certificate of {host} cannot be trusted: {reason}")]
    Certificate {
        /// The host.
        host: String,
        /// What is wrong with its certificate.
        reason: String,
    },
    /// Encryption failed for another reason than the certificate.
    #[error("TLS with {host} failed: {reason}")]
    Tls {
        /// The host.
        host: String,
        /// What failed.
        reason: String,
    },
    /// The server answered, but not as a WebSocket.
    #[error("{host} refused the stream: {reason}")]
    Refused {
        /// The host.
        host: String,
        /// Its answer.
        reason: String,
    },
    /// The venue wants to be left alone for a while.
    #[error("{host} wants no connection for {} s (status {status})", .after.as_secs())]
    Overrun {
        /// The host.
        host: String,
        /// Its status: 418 and 429 mean this.
        status: u16,
        /// How long.
        after: Duration,
    },
    /// The venue keeps no connection longer than this one was: it is being renewed.
    #[error("renewed, as {host} ends connections at this age")]
    Renewed {
        /// The host.
        host: String,
    },
    /// The server closed the connection.
    #[error("closed by {host}: {reason}")]
    Closed {
        /// The host.
        host: String,
        /// Its words, where it gave any.
        reason: String,
    },
    /// The connection broke.
    #[error("connection to {host} broke: {reason}")]
    Broken {
        /// The host.
        host: String,
        /// How.
        reason: String,
    },
    /// Nothing came for too long, not even an answer to a ping.
    #[error("{host} was silent for {} s", .after.as_secs_f32())]
    Silent {
        /// The host.
        host: String,
        /// How long.
        after: Duration,
    },
    /// A frame was larger than the venue has any reason to send.
    #[error("{host} sent a frame of {size} bytes; at most {limit} are read")]
    TooLarge {
        /// The host.
        host: String,
        /// Its size in bytes, as far as it was announced.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// We ended it ourselves.
    #[error("closed")]
    Ours,
    /// A capture could not be read any further.
    #[error("{0}")]
    Capture(String),
}

/// Why a connection was not even started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The file of extra certificates was not read.
    #[error("the certificates in {} cannot be used: {reason}", .path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// TLS is not available as we need it.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// Words from outside, cut short and made printable.
pub(super) fn words(text: &impl ToString) -> String {
    printable(&text.to_string()).chars().take(200).collect()
}
