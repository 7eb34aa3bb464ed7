//! How many messages go out: so many a minute for one rule, and so many for all of them.
//!
//! What is beyond is not sent later, because an alert that comes late is a wrong one; whoever asks counts it.

use super::Rule;
use crate::market::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;

/// Counts what went out in the last minute.
#[derive(Clone, Debug, Default)]
pub struct Limit {
    sent: VecDeque<(Timestamp, Rule)>,
}

impl Limit {
    /// Messages a minute for one rule.
    pub const PER_RULE: usize = 3;

    /// Messages a minute for all rules.
    pub const OVERALL: usize = 20;

    /// Over how long they are counted.
    pub const PERIOD: Duration = Duration::from_secs(60);

    /// Whether a message of `rule` may go out now; if so, it counts.
    pub fn allows(&mut self, rule: &Rule, now: Timestamp) -> bool {
        while self.sent.front().is_some_and(|(at, _)| at.age(now) >= Self::PERIOD) {
            self.sent.pop_front();
        }
        let of_rule = self.sent.iter().filter(|(_, sent)| sent == rule).count();
        let allowed = self.sent.len() < Self::OVERALL && of_rule < Self::PER_RULE;
        if allowed {
            self.sent.push_back((now, rule.clone()));
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rule_and_all_of_them_have_their_share_of_a_minute() {
        let mut limit = Limit::default();
        let rule = |n: usize| format!("BTC/USD > {n}").parse::<Rule>().unwrap();
        let at = Timestamp::from_secs;
        let allowed = (0..10).filter(|_| limit.allows(&rule(0), at(100))).count();
        assert_eq!(allowed, Limit::PER_RULE);
        let others = (1..60).filter(|n| limit.allows(&rule(*n), at(101))).count();
        assert_eq!(allowed + others, Limit::OVERALL);
        assert!(!limit.allows(&rule(99), at(159)));
        assert!(limit.allows(&rule(0), at(160)), "a minute later there is room again");
    }
}
