//! What the journal keeps of alerts. A rule is named by its printed form, wherever it was written.

use crate::market::Timestamp;
use serde::{Deserialize, Serialize};

/// What became of an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Alert {
    /// The rule is looked at from now on.
    Set {
        /// Which.
        rule: String,
    },
    /// The rule is looked at no longer.
    Removed {
        /// Which.
        rule: String,
    },
    /// The rule is silent for a while.
    Snoozed {
        /// Which.
        rule: String,
        /// Until then.
        until: Timestamp,
    },
    /// The rule fired; written before anyone is told.
    Fired {
        /// Which.
        rule: String,
        /// At which venue.
        venue: String,
        /// What was read.
        value: String,
        /// The whole in words.
        text: String,
    },
    /// The rule can fire again: it was seen not to hold, or a person wants it.
    Armed {
        /// Which.
        rule: String,
    },
    /// A person has seen all firings so far.
    Acknowledged,
}
