//! What the desk shows of its alerts.

use crate::alert::{Phase, Rule, Unknown, Value};
use crate::desk::Place;
use crate::market::Timestamp;

/// All alerts and what became of them lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertsView {
    /// The rules: those of the rule file, then the others as they were set.
    pub rules: Vec<AlertView>,
    /// What fired, newest last.
    pub firings: Vec<FiredView>,
    /// Firings of this run that were shown but not sent, because there were too many.
    pub unsent: u64,
    /// Why nothing is looked at, if so.
    pub resting: Option<String>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertView {
    /// The rule.
    pub rule: Rule,
    /// Whether it stands in the rule file.
    pub from_file: bool,
    /// Where it is looked at; nowhere when what it is about is not watched.
    pub place: Option<Place>,
    /// Where it stands.
    pub phase: Phase,
    /// What was read last.
    pub reading: Result<Value, Unknown>,
    /// When it last fired.
    pub fired: Option<Timestamp>,
    /// Until when it is silent.
    pub snoozed: Option<Timestamp>,
}

/// One firing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiredView {
    /// Counted from 1 in this run; 0 for what fired in an earlier one.
    pub serial: u64,
    /// When.
    pub at: Timestamp,
    /// In words.
    pub text: String,
    /// Whether a person has acknowledged it.
    pub seen: bool,
    /// Whether it was sent the ways that are configured, and may ring.
    pub sent: bool,
}

impl AlertsView {
    /// The firings that nobody has acknowledged, newest first.
    pub fn unseen(&self) -> impl Iterator<Item = &FiredView> {
        self.firings.iter().rev().filter(|fired| !fired.seen)
    }
}
