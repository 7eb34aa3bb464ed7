//! Why a frame could not be read.

use crate::market::printable;

/// A frame that does not mean what this dialect takes it to mean. Texts are printable and short.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Larger than the venue has any reason to send.
    #[error("a frame of {size} bytes; at most {limit} are read")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Not the JSON that this kind of message has.
    #[error("not a {kind} message: {reason}")]
    Malformed {
        /// The kind of message it was taken for.
        kind: &'static str,
        /// What the parser says.
        reason: String,
    },
    /// A field holds something that it cannot hold.
    #[error("{field} cannot be {value:?}: {reason}")]
    Field {
        /// The field.
        field: &'static str,
        /// What it holds.
        value: String,
        /// Why that cannot be.
        reason: String,
    },
}

impl FrameError {
    /// From what a parser says of a message of some kind.
    pub fn malformed(kind: &'static str, reason: &impl ToString) -> Self {
        Self::Malformed { kind, reason: short(&reason.to_string()) }
    }

    /// About one field.
    pub fn field(field: &'static str, value: &str, reason: &impl ToString) -> Self {
        Self::Field { field, value: short(value), reason: short(&reason.to_string()) }
    }
}

fn short(text: &str) -> String {
    printable(text).chars().take(120).collect()
}
