//! What a transaction is for, in a word.

use super::facts::Facts;
use super::inputs::Input;
use super::outputs::{Output, Role};
use super::timing::Later;

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It pays somebody, and the rest comes back.
    Payment,
    /// All that it spends goes to one recipient.
    Sweep,
    /// All that it spends comes back.
    #[serde(rename = "self")]
    Own,
    /// It takes the place of one that waits.
    Bump,
    /// It takes a way that opened with time.
    Recovery,
    /// It cannot be told.
    Unknown,
}

impl Kind {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Sweep => "sweep",
            Self::Own => "self",
            Self::Bump => "bump",
            Self::Recovery => "recovery",
            Self::Unknown => "unknown",
        }
    }

    /// The kind of a transaction.
    pub(super) fn of(facts: &Facts, inputs: &[Input], outputs: &[Output], later: &[Later]) -> Self {
        let back = outputs.iter().filter(|output| output.spot.is_some()).count();
        let paid = outputs.iter().filter(|output| output.role == Role::Payment).count();
        let replaces = |input: &Input| facts.replaces.as_ref().is_some_and(|old| old.spends.contains(&input.outpoint));
        match (back, paid) {
            _ if !inputs.iter().any(Input::ours) => Self::Unknown,
            _ if later.iter().any(|way| way.taken) => Self::Recovery,
            _ if inputs.iter().any(replaces) => Self::Bump,
            (0, 0) => Self::Unknown,
            (_, 0) => Self::Own,
            (0, 1) if outputs.len() == 1 && inputs.iter().all(Input::ours) => Self::Sweep,
            _ => Self::Payment,
        }
    }
}
