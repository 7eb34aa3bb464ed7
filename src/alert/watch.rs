//! The state of one rule, and what a look at the market makes of it.

use super::gauge::{Sight, Unknown, Value, distance};
use super::rule::{Condition, Gauge, Repeat, Rule, Than};
use super::window::Window;
use crate::market::{Listing, Standing, Timestamp, VenueId};
use crate::money::Decimal;
use std::fmt;
use std::time::Duration;

/// Where a rule stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Fires when it holds.
    #[default]
    Armed,
    /// Has fired, and waits until it does not hold.
    Fired,
    /// Has fired once and rests.
    Spent,
}

/// Something that a look brought about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The rule fired.
    Fired(Firing),
    /// The rule no longer holds and can fire again.
    Armed,
}

/// A rule that held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    /// When it was seen.
    pub at: Timestamp,
    /// Where.
    pub venue: VenueId,
    /// Which rule.
    pub rule: Rule,
    /// What was read.
    pub value: Value,
}

/// One rule's state: what it has done, and what it remembers of the market.
#[derive(Clone, Debug)]
pub struct Watch {
    phase: Phase,
    fired: Option<Timestamp>,
    snoozed: Option<Timestamp>,
    begun: Option<Timestamp>,
    window: Option<Window>,
    trades_seen: Option<u64>,
    reading: Result<Value, Unknown>,
}

impl Default for Watch {
    fn default() -> Self {
        Self::restored(Phase::Armed, None, None)
    }
}

impl Watch {
    /// No rule fires twice within this.
    pub const GAP: Duration = Duration::from_secs(10);

    /// The state as it was kept; the market is not remembered.
    pub fn restored(phase: Phase, fired: Option<Timestamp>, snoozed: Option<Timestamp>) -> Self {
        let reading = Err(Unknown::Unseen);
        Self { phase, fired, snoozed, begun: None, window: None, trades_seen: None, reading }
    }

    /// Where the rule stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// When it last fired.
    pub fn fired(&self) -> Option<Timestamp> {
        self.fired
    }

    /// Until when it is silent, if it is at `now`.
    pub fn snoozed(&self, now: Timestamp) -> Option<Timestamp> {
        self.snoozed.filter(|until| *until > now)
    }

    /// What it read last.
    pub fn reading(&self) -> Result<Value, Unknown> {
        self.reading
    }

    /// Keeps it silent until then. What holds then still, fires then.
    pub fn snooze(&mut self, until: Timestamp) {
        self.snoozed = Some(until);
    }

    /// Lets it fire again, whatever it has done.
    pub fn arm(&mut self) {
        (self.phase, self.snoozed) = (Phase::Armed, None);
    }

    /// Nobody has what the rule is about.
    pub fn unwatched(&mut self) {
        (self.reading, self.begun, self.window) = (Err(Unknown::NotWatched), None, None);
    }

    /// Looks at the listing of `venue` that the rule is about, as it is at `now`. Called again and again with the time
    /// going forward; what happens between two looks is not seen.
    pub fn look(
        &mut self,
        rule: &Rule,
        venue: VenueId,
        listing: &Listing,
        stale_after: Duration,
        now: Timestamp,
    ) -> Option<Outcome> {
        // The clock of the machine may have been set back between two runs.
        self.fired = self.fired.map(|fired| fired.min(now));
        let measured = self.measure(rule.condition, Sight { listing, stale_after, now });
        self.reading = measured.map(|(value, _)| value);
        let (value, holds) = measured.ok()?;
        if !holds {
            let rearmed = self.phase == Phase::Fired;
            if rearmed {
                self.phase = Phase::Armed;
            }
            return rearmed.then_some(Outcome::Armed);
        }
        let since = self.fired.map_or(Duration::MAX, |fired| fired.age(now));
        let due = match (self.phase, rule.repeat) {
            (Phase::Spent, _) | (Phase::Fired, Repeat::Crossing | Repeat::Once) => false,
            (Phase::Armed, Repeat::Crossing | Repeat::Once) => since >= Self::GAP,
            (Phase::Armed | Phase::Fired, Repeat::Every(span)) => since >= span.duration().max(Self::GAP),
        };
        if !due || self.snoozed(now).is_some() {
            return None;
        }
        self.phase = if rule.repeat == Repeat::Once { Phase::Spent } else { Phase::Fired };
        self.fired = Some(now);
        Some(Outcome::Fired(Firing { at: now, venue, rule: rule.clone(), value }))
    }

    /// What is read, and whether the condition holds.
    fn measure(&mut self, condition: Condition, sight: Sight<'_>) -> Result<(Value, bool), Unknown> {
        let begun = *self.begun.get_or_insert(sight.now);
        match condition {
            Condition::Number { gauge, than, limit } => {
                let (number, complete) = match gauge {
                    Gauge::Move(span) => self.moved(span.duration(), sight)?,
                    Gauge::Volume(span) => self.volume(span.duration(), sight)?,
                    _ => (sight.read(gauge)?, true),
                };
                let holds = than.holds(number, limit);
                // What grows as the window fills is above already or may come to be; it is never below already.
                let known = complete || (holds && than == Than::Above);
                if known { Ok((Value::Number(number), holds)) } else { Err(Unknown::Filling) }
            }
            Condition::Stale(span) => {
                // A book from the cache, or none, has been silent for as long as somebody has been listening.
                let heard = match sight.listing.book.standing() {
                    Standing::Empty | Standing::Remembered => None,
                    Standing::Live | Standing::Resync { .. } => sight.listing.book.received(),
                };
                let age = heard.unwrap_or(begun).age(sight.now);
                Ok((Value::Age(age), age > span.duration()))
            }
            Condition::Standing(wanted) => {
                let standing = sight.standing();
                Ok((Value::Standing(standing), standing == wanted))
            }
        }
    }

    /// How far the mid has moved within `span`, and whether all of that time was seen.
    fn moved(&mut self, span: Duration, sight: Sight<'_>) -> Result<(Decimal, bool), Unknown> {
        let window = self.window.get_or_insert_with(|| Window::new(span));
        let mid = sight.mid();
        window.advance(sight.now, mid.is_ok());
        let mid = mid?;
        window.add(sight.now, mid);
        let (low, high) = window.low().zip(window.high()).ok_or(Unknown::Filling)?;
        Ok((distance(mid, low, high).ok_or(Unknown::OutOfRange)?, window.is_whole(sight.now)))
    }

    /// What changed hands within `span` as far as it was seen, and whether all of it was.
    fn volume(&mut self, span: Duration, sight: Sight<'_>) -> Result<(Decimal, bool), Unknown> {
        let window = self.window.get_or_insert_with(|| Window::new(span));
        let tape = &sight.listing.tape;
        let seen = tape.seen();
        // The trades that were there before somebody looked are of another time.
        let fresh = seen.checked_sub(self.trades_seen.replace(seen).unwrap_or(seen));
        let fresh = fresh.unwrap_or_else(|| {
            window.clear();
            0
        });
        let kept = tape.newest().count();
        let counted = usize::try_from(fresh).unwrap_or(usize::MAX);
        window.advance(sight.now, sight.book().is_ok() && counted <= kept);
        for trade in tape.newest().take(counted) {
            window.add(sight.now, trade.quantity.get()).ok_or(Unknown::OutOfRange)?;
        }
        Ok((window.sum().ok_or(Unknown::OutOfRange)?, window.is_whole(sight.now)))
    }
}

impl fmt::Display for Firing {
    /// In words: where, what was read, and what was asked for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(note) = &self.rule.note {
            write!(f, "{}: ", note.as_str())?;
        }
        let (symbol, venue, value) = (&self.rule.symbol, self.venue, self.value);
        match self.rule.condition {
            Condition::Number { gauge, than, limit } => {
                let side = if than == Than::Above { "above" } else { "below" };
                let (unit, limit) = (gauge.unit(), crate::money::plain(limit));
                write!(f, "{symbol} {venue} {gauge} {value}{unit}, {side} {limit}{unit}")
            }
            Condition::Stale(span) => write!(f, "{symbol} {venue} silent for {value}, longer than {span}"),
            Condition::Standing(_) => write!(f, "{symbol} {venue} book is {value}"),
        }
    }
}
