//! Why a venue's answer about an account is none.

use crate::market::printable;
use crate::venue::FrameError;
use std::time::Duration;

/// Why there is no answer. Texts are printable and short, and hold nothing of a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// The key's texts are none that this venue's keys have.
    #[error("the key cannot be used: {0}")]
    Key(&'static str),
    /// The question lacks something, or the venue has no such answer.
    #[error("{0}")]
    Ask(&'static str),
    /// The venue does not know the key, or the secret is another one's.
    #[error("the venue refuses the key: {0}")]
    Denied(String),
    /// The key is good, but not for this.
    #[error("the key may not ask this: {0}")]
    Forbidden(String),
    /// The venue finds the request too old, too early or already made.
    #[error("the venue refuses the time or the nonce of the request: {0}")]
    Clock(String),
    /// The venue has been asked too much.
    #[error("the venue wants to be asked less: {words}{}", .after.map(|after| format!("; ask again in {} s", after.as_secs())).unwrap_or_default())]
    Overrun {
        /// Its words.
        words: String,
        /// For how long, where it says.
        after: Option<Duration>,
    },
    /// The venue is not at its best.
    #[error("the venue cannot answer now: {0}")]
    Busy(String),
    /// The venue refuses for another reason.
    #[error("the venue refuses: {0}")]
    Refused(String),
    /// More bytes than make sense.
    #[error("an answer of {size} bytes or more; at most {limit} are read")]
    TooLarge {
        /// Bytes, as far as they were counted.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// More things than make sense.
    #[error("an answer with {count} entries; at most {limit} make sense")]
    TooMany {
        /// How many.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// The answer does not mean what this dialect takes it to mean.
    #[error("the answer cannot be read: {0}")]
    Unreadable(#[from] FrameError),
}

impl AccountError {
    /// Not what this kind of answer is.
    pub(super) fn unreadable(reason: &impl ToString) -> Self {
        FrameError::malformed("account", reason).into()
    }

    /// One field that cannot be.
    pub(super) fn field(field: &'static str, value: &str, reason: &impl ToString) -> Self {
        FrameError::field(field, value, reason).into()
    }

    /// A status of HTTP without a code of the venue's own; `None` for success.
    pub(super) fn of_status(status: u16, body: &str) -> Option<Self> {
        let words = || match words(body).trim() {
            "" => format!("status {status}"),
            words => format!("status {status}: {words}"),
        };
        match status {
            200..=299 => None,
            401 => Some(Self::Denied(words())),
            403 => Some(Self::Forbidden(words())),
            418 | 429 => Some(Self::Overrun { words: words(), after: None }),
            500..=599 => Some(Self::Busy(words())),
            _ => Some(Self::Refused(words())),
        }
    }
}

/// A venue's words, cut short and made printable.
pub(super) fn words(text: &str) -> String {
    printable(text).chars().take(160).collect()
}
