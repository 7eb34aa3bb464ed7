//! The window of alerts: the rules with how each stands, and below them what fired.

use super::action::Action;
use super::canvas::Canvas;
use super::effect::Effect;
use super::figures::clock;
use super::layout::inside;
use super::overlay::frame;
use super::pane::watch::first_shown;
use super::state::{Overlay, State};
use super::text::{columns, fit};
use super::theme::Role;
use super::update::say;
use crate::alert::{Phase, Rule, Span};
use crate::desk::{AlertView, AlertWish, AlertsView, Command, View};
use crate::market::Timestamp;
use jiff::tz::TimeZone;
use ratatui::layout::Rect;

/// For how long a key keeps an alert silent.
const SNOOZE: Option<Span> = Span::from_secs(3_600);

/// One line of the window.
struct Row {
    text: String,
    state: String,
    role: Role,
}

/// How many lines there are to choose from.
pub fn count(view: &View) -> usize {
    view.alerts.rules.len() + view.alerts.firings.len()
}

/// What a key does while the alerts are listed; `None` when it is one of those that steer any window.
pub fn act(state: &mut State, view: &View, action: Action) -> Option<Vec<Effect>> {
    let Some(Overlay::Alerts { chosen }) = &state.overlay else { return None };
    let rule = view.alerts.rules.get(*chosen).map(|alert| alert.rule.clone());
    let of_rule = |state: &mut State, wish: &dyn Fn(Rule) -> Option<AlertWish>| match rule.clone() {
        Some(rule) => wish(rule).map(|wish| Effect::Command(Command::Alert(wish))).into_iter().collect(),
        None => {
            say(state, view, true, "choose an alert first");
            vec![]
        }
    };
    match action {
        Action::Accept => Some(vec![Effect::Command(Command::Alert(AlertWish::Acknowledge))]),
        Action::Remove => Some(of_rule(state, &|rule| Some(AlertWish::Remove(rule)))),
        Action::Snooze => Some(of_rule(state, &|rule| SNOOZE.map(|span| AlertWish::Snooze(rule, span)))),
        Action::Alerts => {
            state.overlay = None;
            Some(vec![])
        }
        _ => None,
    }
}

/// Draws the window, the chosen line marked.
pub fn draw(canvas: &mut Canvas<'_>, window: Rect, state: &State, view: &View, chosen: usize) {
    let keys = [(Action::Snooze, "silent 1h"), (Action::Remove, "remove"), (Action::Accept, "all seen")];
    let keys = keys.into_iter().filter_map(|(action, does)| Some(format!("{} {does}", state.key(action)?)));
    frame(canvas, window, "Alerts", &format!("{}  esc closes", keys.collect::<Vec<_>>().join("  ")));
    let mut area = inside(window);
    for text in heads(&view.alerts) {
        canvas.put(area, 1, 0, &text, Role::Warning);
        area = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    }
    let rows = rows(&view.alerts, view.now, canvas.zone);
    if rows.is_empty() {
        canvas.put_message(area, "no alerts; set one with  :alert BTC/USD > 100000", Role::Dim);
    }
    // The list may have become shorter under the cursor.
    let chosen = chosen.min(rows.len().saturating_sub(1));
    let first = first_shown(rows.len(), usize::from(area.height), chosen);
    for ((index, row), y) in rows.iter().enumerate().skip(first).zip(0..area.height) {
        let end = area.width.saturating_sub(1);
        let room = usize::from(end).saturating_sub(columns(&row.state) + 2);
        canvas.put(area, 1, y, &fit(&row.text, room, canvas.glyphs.ellipsis), Role::Text);
        canvas.put_right(area, end, y, &row.state, row.role);
        if index == chosen {
            canvas.put(area, 0, y, canvas.glyphs.cursor, Role::Accent);
            canvas.tint(Rect { y: area.y + y, height: 1, ..area }, Role::Selected);
        }
    }
}

/// What is to be known before the list.
fn heads(alerts: &AlertsView) -> Vec<String> {
    let resting = alerts.resting.as_ref().map(|reason| format!("! nothing is looked at: {reason}"));
    let unsent =
        (alerts.unsent > 0).then(|| format!("! {} not sent: too many at once, or a way too slow", alerts.unsent));
    resting.into_iter().chain(unsent).collect()
}

fn rows(alerts: &AlertsView, now: Timestamp, zone: &TimeZone) -> Vec<Row> {
    let rules = alerts.rules.iter().map(|alert| {
        let (state, role) = standing(alert, zone);
        let file = if alert.from_file { " (file)" } else { "" };
        Row { text: format!("{}{file}", alert.rule), state, role }
    });
    let firings = alerts.firings.iter().rev().map(|fired| {
        let held = if fired.sent { "" } else { ", not sent" };
        let (word, role) = if fired.seen { ("seen", Role::Dim) } else { ("FIRED", Role::Warning) };
        Row { text: format!("{} {}", moment(fired.at, now, zone), fired.text), state: format!("{word}{held}"), role }
    });
    rules.chain(firings).collect()
}

fn standing(alert: &AlertView, zone: &TimeZone) -> (String, Role) {
    let fired = || alert.fired.map(|at| format!("fired {}", clock(at, zone))).unwrap_or_else(|| "fired".to_owned());
    match (alert.phase, alert.snoozed, &alert.place, alert.reading) {
        (Phase::Spent, ..) => (format!("{}, done", fired()), Role::Dim),
        (_, Some(until), ..) => (format!("silent until {}", clock(until, zone)), Role::Dim),
        (_, None, None, _) => ("not watched".to_owned(), Role::Warning),
        (Phase::Fired, None, Some(_), _) => (fired(), Role::Accent),
        (Phase::Armed, None, Some(_), Ok(value)) => (format!("armed, now {value}"), Role::Live),
        (Phase::Armed, None, Some(_), Err(unknown)) => (format!("armed, {unknown}"), Role::Warning),
    }
}

/// The time of day; the date as well when it was another day.
fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let day = |at: Timestamp| {
        let at = jiff::Timestamp::from_nanosecond(i128::from(at.nanos())).ok()?;
        Some(zone.to_datetime(at).date())
    };
    match day(at) {
        Some(date) if day(now) != Some(date) => format!("{date} {}", clock(at, zone)),
        _ => clock(at, zone),
    }
}
