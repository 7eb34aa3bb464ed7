//! What the journal tells of alerts, from its first entry to its last.

use super::MOST_FIRINGS;
use crate::alert::{Phase, Repeat, Rule};
use crate::market::{Timestamp, printable};
use crate::store::journal::{Alert, Body, Damage, Reader};
use std::collections::VecDeque;
use std::path::Path;

/// The alerts of a journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Every rule that was ever named and not forgotten, as it stands.
    pub rules: Vec<Kept>,
    /// The latest firings, newest last.
    pub firings: VecDeque<Past>,
}

/// One rule as the journal leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Its printed form. Text from outside.
    pub rule: String,
    /// Whether it was set here; otherwise it is the rule file's, or was.
    pub set: bool,
    /// Whether it fired and was not armed since.
    pub down: bool,
    /// When it last fired.
    pub fired: Option<Timestamp>,
    /// Until when it is silent.
    pub snoozed: Option<Timestamp>,
}

/// One firing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// When it was written down.
    pub at: Timestamp,
    /// The rule's printed form, printable.
    pub rule: String,
    /// The whole in words, printable.
    pub text: String,
    /// Whether a person has acknowledged it.
    pub seen: bool,
}

impl Kept {
    /// Where the rule stands.
    pub fn phase(&self, rule: &Rule) -> Phase {
        match (self.down, rule.repeat) {
            (false, _) => Phase::Armed,
            (true, Repeat::Once) => Phase::Spent,
            (true, _) => Phase::Fired,
        }
    }
}

impl Ledger {
    /// Reads the journal in `dir`, up to its end or to its first damage.
    pub fn read(dir: &Path) -> (Self, Option<Damage>) {
        let mut ledger = Self::default();
        let read = Reader::open(dir).and_then(|mut reader| {
            while let Some(found) = reader.next()? {
                if let Body::Alert(alert) = found.entry.body {
                    ledger.take(found.entry.at, alert);
                }
            }
            Ok(())
        });
        (ledger, read.err())
    }

    /// Takes in one more entry, written at `at`.
    pub fn take(&mut self, at: Timestamp, alert: Alert) {
        match alert {
            // Set again after it was removed: it begins anew.
            Alert::Set { rule } => self.edit(rule, |kept| {
                (kept.set, kept.down, kept.fired, kept.snoozed) = (true, false, None, None);
            }),
            Alert::Removed { rule } => self.rules.retain(|kept| kept.rule != rule),
            Alert::Snoozed { rule, until } => self.edit(rule, |kept| kept.snoozed = Some(until)),
            Alert::Armed { rule } => self.edit(rule, |kept| kept.down = false),
            Alert::Fired { rule, text, .. } => {
                if self.firings.len() == MOST_FIRINGS {
                    self.firings.pop_front();
                }
                let shown = |text: &str| printable(text).chars().take(400).collect::<String>();
                self.firings.push_back(Past { at, rule: shown(&rule), text: shown(&text), seen: false });
                self.edit(rule, |kept| (kept.down, kept.fired) = (true, Some(at)));
            }
            Alert::Acknowledged => self.firings.iter_mut().for_each(|past| past.seen = true),
        }
    }

    fn edit(&mut self, rule: String, change: impl FnOnce(&mut Kept)) {
        if let Some(kept) = self.rules.iter_mut().find(|kept| kept.rule == rule) {
            return change(kept);
        }
        let mut kept = Kept { rule, ..Kept::default() };
        change(&mut kept);
        self.rules.push(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "BTC/USD > 100000 once";

    fn ledger(alerts: impl IntoIterator<Item = Alert>) -> Ledger {
        let mut ledger = Ledger::default();
        for (alert, secs) in alerts.into_iter().zip(1..) {
            ledger.take(Timestamp::from_secs(secs), alert);
        }
        ledger
    }

    fn set() -> Alert {
        Alert::Set { rule: RULE.into() }
    }

    fn fired() -> Alert {
        let (venue, value, text) = ("kraken".into(), "100001".into(), "above\u{1b}[2J".into());
        Alert::Fired { rule: RULE.into(), venue, value, text }
    }

    fn phase(ledger: &Ledger) -> Phase {
        ledger.rules[0].phase(&RULE.parse().unwrap())
    }

    #[test]
    fn what_fired_is_down_until_it_is_armed() {
        assert_eq!(phase(&ledger([set()])), Phase::Armed);
        let down = ledger([set(), fired()]);
        assert_eq!((phase(&down), down.rules[0].fired), (Phase::Spent, Some(Timestamp::from_secs(2))));
        assert_eq!(phase(&ledger([set(), fired(), Alert::Armed { rule: RULE.into() }])), Phase::Armed);
        assert_eq!(phase(&ledger([set(), fired(), set()])), Phase::Armed);
        let removed = ledger([set(), fired(), Alert::Removed { rule: RULE.into() }]);
        assert_eq!((removed.rules.len(), removed.firings.len()), (0, 1), "what happened stays in the history");
    }

    #[test]
    fn a_rule_of_the_file_is_kept_without_being_set() {
        let ledger = ledger([fired(), Alert::Snoozed { rule: RULE.into(), until: Timestamp::from_secs(99) }]);
        let kept = &ledger.rules[0];
        assert_eq!((kept.set, kept.down, kept.snoozed), (false, true, Some(Timestamp::from_secs(99))));
    }

    #[test]
    fn the_history_is_printable_bounded_and_seen_at_command() {
        let many = std::iter::repeat_with(fired).take(MOST_FIRINGS + 5);
        let ledger = ledger(many.chain([Alert::Acknowledged, fired()]));
        assert_eq!(ledger.firings.len(), MOST_FIRINGS);
        assert_eq!(ledger.firings.iter().filter(|past| !past.seen).count(), 1);
        assert_eq!(ledger.firings[0].text, "above[2J");
    }
}
