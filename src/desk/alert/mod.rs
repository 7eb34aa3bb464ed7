//! The desk's alerts: which rules there are, looking at the market for them, and telling of those that fire.
//!
//! - A firing is in the journal before anyone is told, so that a restart neither repeats nor forgets it. A journal that
//!   cannot be written does not silence alerts; one that another process writes does, because that process tells.
//! - Rules come from the rule file and from the journal; what became of them is in the journal for both.
//! - The market is looked at ten times a second, a few rules at a time under the desk's lock.
//! - In a replay alerts rest: they are about the market of now.

mod desktop;
mod ledger;
mod message;
mod view;
mod ways;

pub use desktop::{Desktop, DesktopError};
pub use ledger::{Kept, Ledger, Past};
pub use message::{Form, Message};
pub use view::{AlertView, AlertsView, FiredView};
pub use ways::WebhookSettings;

use super::chronicle::Chronicle;
use super::shared::Shared;
use super::{Mode, Operator, Place, Scope};
use crate::alert::{Firing, Limit, Outcome, Phase, Rule, Span, Watch};
use crate::market::{Listing, Timestamp, VenueId};
use crate::store::journal::{Alert, Body};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::spawn_blocking;
use ways::Ways;

/// How often the market is looked at.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Looks between two times that mere readings are shown anew.
const SHOW_EVERY: u32 = 5;

/// Rules that are looked at while the desk's lock is held.
const AT_ONCE: usize = 16;

/// Rules that a desk takes.
const MOST_RULES: usize = 200;

/// Firings kept for the screen; all of them are in the journal.
const MOST_FIRINGS: usize = 100;

/// Which alerts there are besides those in the journal, and how they are told.
#[derive(Clone, Debug, Default)]
pub struct AlertSettings {
    /// The rules of the rule file.
    pub rules: Vec<Rule>,
    /// Whether the desktop is told.
    pub desktop: bool,
    /// The webhook that is told.
    pub webhook: Option<WebhookSettings>,
}

/// A wish about alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertWish {
    /// Look at a rule from now on; one that has fired can fire again.
    Set(Rule),
    /// Look at a rule no longer.
    Remove(Rule),
    /// Keep a rule silent for so long.
    Snooze(Rule, Span),
    /// All firings so far were seen.
    Acknowledge,
}

/// The alerts of a running desk.
#[derive(Debug)]
pub(super) struct Alerts {
    shared: Arc<Shared>,
    chronicle: Option<Arc<Mutex<Chronicle>>>,
    rules: Vec<Entry>,
    firings: VecDeque<FiredView>,
    ways: Ways,
    limit: Limit,
    unsent: u64,
    serial: u64,
    looks: u32,
    resting: Option<String>,
    /// What an instrument of which nothing has come is looked at as.
    nothing: Listing,
}

#[derive(Debug)]
struct Entry {
    rule: Rule,
    from_file: bool,
    place: Option<Place>,
    watch: Watch,
}

impl Alerts {
    /// The rules of the file, not yet looked at.
    pub fn new(settings: AlertSettings, authorities: Option<PathBuf>, mode: Mode, shared: Arc<Shared>) -> Self {
        let entry = |rule| Entry { rule, from_file: true, place: None, watch: Watch::default() };
        let alerts = Self {
            rules: settings.rules.into_iter().take(MOST_RULES).map(entry).collect(),
            ways: Ways::open(settings.desktop, settings.webhook, authorities.as_deref(), &shared),
            shared,
            chronicle: None,
            firings: VecDeque::new(),
            limit: Limit::default(),
            unsent: 0,
            serial: 0,
            looks: 0,
            resting: (mode == Mode::Replay).then(|| "alerts rest in a replay".to_owned()),
            nothing: Listing::default(),
        };
        alerts.show();
        alerts
    }

    /// Takes up what the journal tells, and writes to it from now on.
    pub async fn recall(&mut self, dir: &Path, chronicle: Arc<Mutex<Chronicle>>) {
        let dir = dir.to_owned();
        // What a damaged journal says up to the damage still holds; the damage itself was told when it was opened.
        let Ok((ledger, _)) = spawn_blocking(move || Ledger::read(&dir)).await else { return };
        if chronicle.lock().unwrap_or_else(PoisonError::into_inner).locked() {
            self.resting.get_or_insert_with(|| "another exchequer watches the alerts".to_owned());
        }
        self.chronicle = Some(chronicle);
        self.take_up(ledger);
        self.show();
    }

    fn take_up(&mut self, ledger: Ledger) {
        let mut unreadable = 0;
        for kept in ledger.rules {
            let Ok(rule) = kept.rule.parse::<Rule>() else {
                unreadable += usize::from(kept.set);
                continue;
            };
            let watch = Watch::restored(kept.phase(&rule), kept.fired, kept.snoozed);
            let full = self.rules.len() >= MOST_RULES;
            if let Some(entry) = self.rules.iter_mut().find(|entry| entry.rule == rule) {
                entry.watch = watch;
            } else if kept.set && !full {
                self.rules.push(Entry { rule, from_file: false, place: None, watch });
            }
        }
        if unreadable > 0 {
            let text = format!("{unreadable} alerts in the journal are of another version of this program, and rest");
            self.shared.notice(true, text);
        }
        let view = |past: Past| FiredView { serial: 0, at: past.at, text: past.text, seen: past.seen, sent: true };
        self.firings = ledger.firings.into_iter().map(view).collect();
    }

    /// Looks at the market once; what fires is written down, then told.
    pub async fn look(&mut self) {
        if self.rules.is_empty() || self.resting.is_some() {
            return;
        }
        let now = self.shared.now();
        let mut firings: Vec<Firing> = Vec::new();
        let mut entries = Vec::new();
        for chunk in self.rules.chunks_mut(AT_ONCE) {
            let state = self.shared.state();
            for entry in chunk {
                let place = state.watch.iter().find(|place| entry.rule.means(place.venue, &place.symbol));
                if entry.place.as_ref() != place {
                    entry.place = place.cloned();
                    entry.watch.unwatched();
                }
                let Some(place) = place else { continue };
                let listing = state.market.listing(place.venue, &place.symbol).unwrap_or(&self.nothing);
                match entry.watch.look(&entry.rule, place.venue, listing, state.stale_after, now) {
                    Some(Outcome::Fired(firing)) => {
                        entries.push(Message::of(&firing).fired());
                        firings.push(firing);
                    }
                    Some(Outcome::Armed) => entries.push(Alert::Armed { rule: entry.rule.to_string() }),
                    None => {}
                }
            }
        }
        let changed = !entries.is_empty();
        if let Err(error) = self.write(Scope::local(), entries).await {
            self.shared.notice(true, format!("an alert is told but not recorded, and may be told again: {error}"));
        }
        for firing in firings {
            self.tell(&firing);
        }
        self.looks += 1;
        if changed || self.looks.is_multiple_of(SHOW_EVERY) {
            self.show();
        }
        if changed {
            self.shared.changed();
        }
    }

    fn tell(&mut self, firing: &Firing) {
        let message = Message::of(firing);
        tracing::info!(rule = %message.rule, "alert: {}", message.text);
        let sent = self.limit.allows(&firing.rule, firing.at) && self.ways.tell(&message);
        self.unsent += u64::from(!sent);
        self.serial += 1;
        if self.firings.len() == MOST_FIRINGS {
            self.firings.pop_front();
        }
        let (serial, at, text) = (self.serial, firing.at, message.text);
        self.firings.push_back(FiredView { serial, at, text, seen: false, sent });
    }

    /// Ends the ways out, when the desk ends.
    pub async fn close(&mut self) {
        self.ways.close().await;
    }

    /// Does what a person wants; what came of it is said.
    pub async fn carry_out(&mut self, scope: Scope<Operator>, mode: Mode, wish: AlertWish) {
        let said = match wish {
            AlertWish::Set(rule) => self.set(scope, mode, rule).await,
            AlertWish::Remove(rule) => self.remove(scope, &rule).await,
            AlertWish::Snooze(rule, span) => self.snooze(scope, &rule, span).await,
            AlertWish::Acknowledge => self.acknowledge(scope).await,
        };
        match said {
            Ok(None) => {}
            Ok(Some(text)) => self.shared.notice(false, text),
            Err(text) => self.shared.notice(true, text),
        }
        self.show();
    }

    async fn set(&mut self, scope: Scope<Operator>, mode: Mode, mut rule: Rule) -> Result<Option<String>, String> {
        if mode == Mode::Demo {
            // Nothing else is watched in a demo, and a rule without a venue must not be used up by one.
            rule.venue.get_or_insert(VenueId::Sim);
        }
        let (name, now) = (rule.to_string(), self.shared.now());
        if let Some(entry) = self.rules.iter().find(|entry| entry.rule == rule) {
            let snoozed = entry.watch.snoozed(now).map(|_| Alert::Snoozed { rule: name.clone(), until: now });
            let down = (entry.watch.phase() != Phase::Armed).then(|| Alert::Armed { rule: name.clone() });
            let entries: Vec<Alert> = snoozed.into_iter().chain(down).collect();
            if entries.is_empty() {
                return Err(format!("this alert is set already: {name}"));
            }
            self.write(scope, entries).await?;
            self.watch_of(&rule, Watch::arm);
            return Ok(Some(format!("alert armed again: {name}")));
        }
        if self.rules.len() >= MOST_RULES {
            return Err(format!("there are {MOST_RULES} alerts, no more are taken; remove one first"));
        }
        self.write(scope, vec![Alert::Set { rule: name.clone() }]).await?;
        let watched = self.shared.state().watch.iter().any(|place| rule.means(place.venue, &place.symbol));
        let waits = if watched { "" } else { "; it waits until the instrument is watched" };
        self.rules.push(Entry { rule, from_file: false, place: None, watch: Watch::default() });
        Ok(Some(format!("alert set: {name}{waits}")))
    }

    async fn remove(&mut self, scope: Scope<Operator>, rule: &Rule) -> Result<Option<String>, String> {
        let entry = self.rules.iter().find(|entry| entry.rule == *rule).ok_or_else(|| unknown(rule))?;
        if entry.from_file {
            return Err(format!("this alert stands in the rule file, take it out there: {rule}"));
        }
        self.write(scope, vec![Alert::Removed { rule: rule.to_string() }]).await?;
        self.rules.retain(|entry| entry.rule != *rule);
        Ok(Some(format!("alert removed: {rule}")))
    }

    async fn snooze(&mut self, scope: Scope<Operator>, rule: &Rule, span: Span) -> Result<Option<String>, String> {
        let known = self.rules.iter().any(|entry| entry.rule == *rule);
        let until = self.shared.now().plus(span.duration());
        if !known {
            return Err(unknown(rule));
        }
        self.write(scope, vec![Alert::Snoozed { rule: rule.to_string(), until }]).await?;
        self.watch_of(rule, |watch| watch.snooze(until));
        Ok(Some(format!("alert silent for {span}: {rule}")))
    }

    async fn acknowledge(&mut self, scope: Scope<Operator>) -> Result<Option<String>, String> {
        if self.firings.iter().any(|fired| !fired.seen) {
            self.write(scope, vec![Alert::Acknowledged]).await?;
            self.firings.iter_mut().for_each(|fired| fired.seen = true);
        }
        Ok(None)
    }

    fn watch_of(&mut self, rule: &Rule, change: impl FnOnce(&mut Watch)) {
        if let Some(entry) = self.rules.iter_mut().find(|entry| entry.rule == *rule) {
            change(&mut entry.watch);
        }
    }

    /// Writes entries on a thread that may wait for the disk. Without a journal nothing is kept, and that is no error.
    async fn write(&self, scope: Scope<Operator>, entries: Vec<Alert>) -> Result<(), String> {
        let Some(chronicle) = self.chronicle.clone().filter(|_| !entries.is_empty()) else { return Ok(()) };
        let shared = Arc::clone(&self.shared);
        let written = spawn_blocking(move || {
            let mut chronicle = chronicle.lock().unwrap_or_else(PoisonError::into_inner);
            entries.into_iter().try_for_each(|entry| chronicle.write(&scope, &shared, &Body::Alert(entry)))
        });
        match written.await {
            Ok(written) => written.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn show(&self) {
        let now: Timestamp = self.shared.now();
        let rule = |entry: &Entry| AlertView {
            rule: entry.rule.clone(),
            from_file: entry.from_file,
            place: entry.place.clone(),
            phase: entry.watch.phase(),
            reading: entry.watch.reading(),
            fired: entry.watch.fired(),
            snoozed: entry.watch.snoozed(now),
        };
        let view = AlertsView {
            rules: self.rules.iter().map(rule).collect(),
            firings: self.firings.iter().cloned().collect(),
            unsent: self.unsent,
            resting: self.resting.clone(),
        };
        self.shared.state().alerts = Arc::new(view);
    }
}

fn unknown(rule: &Rule) -> String {
    format!("there is no such alert: {rule}")
}
