//! The line below the panes: the connection in figures, what is wrong with the stores, and the keys that matter here;
//! or, while there is something to be told, that.

use crate::console::action::{Action, Context};
use crate::console::canvas::Canvas;
use crate::console::figures::{age, delay, rate};
use crate::console::layout::{Pane, Workspace};
use crate::console::pane::change;
use crate::console::pane::portfolio::amounts::{Amounts, decimals};
use crate::console::pane::treasury::asks;
use crate::console::state::State;
use crate::console::text::columns;
use crate::console::theme::Role;
use crate::console::treasury::safe::of_safe;
use crate::desk::portfolio::NavView;
use crate::desk::treasury::{SyncState, sendable};
use crate::desk::{Health, Link, LinkState, Notice, View};
use crate::market::{Timestamp, VenueStatus};
use crate::money::Decimal;
use crate::treasury::verdict::Judgement;
use ratatui::layout::Rect;
use std::collections::BTreeSet;
use std::time::Duration;

/// A notice has the line for so long; a warning is then counted until it is put away.
const SHOWN_FOR: Duration = Duration::from_secs(8);

/// Draws the line.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, state: &State, view: &View) {
    if let Some((warning, text)) = told(state, view) {
        let (sign, role) = if warning { ("! ", Role::Warning) } else { ("", Role::Text) };
        canvas.put(area, 1, 0, &format!("{sign}{text}"), role);
        return;
    }
    let keys = hints(state, view);
    let width: usize = keys.iter().map(|(key, hint)| columns(key) + columns(hint) + 3).sum();
    let room = area.width.saturating_sub(u16::try_from(width).unwrap_or(u16::MAX).saturating_add(2));
    let mut x = figures(canvas, Rect { width: room, ..area }, state, view);
    x = canvas.put(area, x + 1, 0, canvas.glyphs.separator, Role::Border) + 1;
    for (key, hint) in keys {
        x = canvas.put(area, x, 0, &key, Role::KeyHint);
        x = canvas.put(area, x + 1, 0, hint, Role::Dim) + 2;
    }
}

/// What is to be told now: what the console said last, or a notice that has just come up.
fn told(state: &State, view: &View) -> Option<(bool, String)> {
    // In a replay the desk's time is that of the capture, and notices come from its future.
    let fresh = |at: Timestamp| at <= view.now && at.age(view.now) < SHOWN_FOR;
    if let Some(said) = state.said.as_ref().filter(|said| said.warning || fresh(said.at)) {
        return Some((said.warning, said.text.clone()));
    }
    if let Some(fired) = view.alerts.unseen().next().filter(|fired| fresh(fired.at)) {
        return Some((true, format!("ALERT {}", fired.text)));
    }
    let notice = unread(state, view).rev().find(|notice| fresh(notice.at))?;
    Some((notice.warning, notice.text.clone()))
}

fn unread<'a>(state: &'a State, view: &'a View) -> impl DoubleEndedIterator<Item = &'a Notice> {
    view.notices.iter().filter(|notice| state.read_until.is_none_or(|until| notice.at > until))
}

/// The connection of the instrument shown and its figures; gives the column after them.
fn figures(canvas: &mut Canvas<'_>, area: Rect, state: &State, view: &View) -> u16 {
    let place = state.place(view);
    let link = place.and_then(|place| view.link(place)).or(view.links.first());
    let mut parts: Vec<(String, Role)> = Vec::new();
    if let Some(waiting) = view.waiting.filter(|waiting| waiting.count() > 0) {
        parts.push((format!("approvals {}", waiting.count()), Role::Accent));
    }
    if state.workspace() == Workspace::Portfolio {
        parts.push(prices(canvas, view));
    } else if state.workspace() == Workspace::Treasury && view.treasury.is_some() {
        // The list of wallets says as much of the chain; the journal's head stands nowhere else.
        let (text, role) = chain(canvas, state, view);
        let quiet = role == Role::Live && state.size.width < 100;
        parts.extend((!quiet).then_some((text, role)));
        let journal = view.treasury.as_ref().map(|treasury| &treasury.journal);
        parts.extend(journal.and_then(|journal| head(canvas, journal.entries, &journal.head, state.size.width)));
    } else if let Some(link) = link {
        let (sign, word, role) = standing(canvas, link, view.now);
        parts.push((format!("{} {sign} {word}", link.line), role));
        let (count, lag) = state.pulse.of(link.line).unwrap_or((link.figures.rate, link.figures.lag));
        if link.state == LinkState::Up {
            parts.push((format!("{} msg/s", rate(count)), Role::Dim));
            if let Some(lag) = lag {
                parts.push((format!("lag {}", delay(lag)), Role::Dim));
            }
        }
    }
    let fired = view.alerts.unseen().count();
    if fired > 0 {
        parts.push((format!("ALERT {fired} unseen"), Role::Warning));
    }
    let warnings = unread(state, view).filter(|notice| notice.warning).count();
    if warnings > 0 {
        parts.push((format!("! {warnings} unread"), Role::Warning));
    }
    let malformed: u64 = view.links.iter().map(|link| link.figures.malformed).fold(0, u64::saturating_add);
    if malformed > 0 {
        parts.push((format!("malformed {malformed}"), Role::Warning));
    }
    let others = view.links.iter().filter(|link| link.state != LinkState::Up).count();
    if others > 0 && view.links.len() > 1 && state.workspace() == Workspace::Markets {
        parts.push((format!("{others} of {} down", view.links.len()), Role::Warning));
    }
    for (name, health) in [("journal", &view.store.journal), ("cache", &view.store.cache)] {
        match health {
            Health::Off | Health::Good | Health::Opening => {}
            Health::ReadOnly(_) => parts.push((format!("{name} read-only"), Role::Warning)),
            Health::Failed(_) => parts.push((format!("{name} failed"), Role::Error)),
        }
    }
    if let Some(nav) = view.nav.as_ref().filter(|_| state.arrangement().is_none_or(|a| a.of(Pane::Nav).is_none())) {
        parts.push((worth(canvas, nav, state.hidden), Role::Dim));
    }
    if view.store.journal == Health::Good && state.workspace() != Workspace::Treasury {
        parts.extend(head(canvas, view.store.entries, &view.store.head, state.size.width));
    }
    let resyncs: u64 = view.links.iter().map(|link| link.figures.resyncs).fold(0, u64::saturating_add);
    if resyncs > 0 {
        parts.push((format!("resyncs {resyncs}"), Role::Dim));
    }
    // What warns goes before what only informs; what does not fit is left out whole.
    let (first, rest) = parts.split_at(parts.len().min(1));
    let (warnings, quiet): (Vec<_>, Vec<_>) = rest.iter().partition(|(_, role)| *role != Role::Dim);
    let mut x = 1;
    for (text, role) in first.iter().chain(warnings).chain(quiet) {
        let end = usize::from(x) + columns(text);
        if end > usize::from(area.width) && x > 1 {
            break;
        }
        x = canvas.put(area, x, 0, text, *role) + 2;
    }
    x.saturating_sub(2)
}

/// How many entries the journal has, and how the hash of the newest begins; where there is little room, only that.
fn head(canvas: &Canvas<'_>, entries: u64, head: &str, width: u16) -> Option<(String, Role)> {
    let head: String = head.chars().take(6).collect();
    let text = match width {
        ..100 => format!("head {head}"),
        _ => format!("journal {} head {head}", canvas.figures.exact(entries.into())),
    };
    (!head.is_empty()).then_some((text, Role::Dim))
}

/// Where the chain of the chosen wallet is looked at, and how that stands.
fn chain(canvas: &Canvas<'_>, state: &State, view: &View) -> (String, Role) {
    let wallet = state.treasury.chosen_wallet(view).map(|wallet| &wallet.sync);
    let known = wallet.or(state.treasury.chosen_safe(view).map(|safe| &safe.sync));
    let Some(known) = known else { return ("no wallet".to_owned(), Role::Dim) };
    let (live, stale) = (canvas.glyphs.live, canvas.glyphs.stale);
    let height = known.height.map(|height| canvas.figures.exact(height.into()));
    let height = height.map(|height| format!(" block {height}")).unwrap_or_default();
    // Where it is looked at comes after how that stands and what the journal ends with.
    let source = if state.size.width < 130 { "chain" } else { &known.source };
    match &known.state {
        SyncState::Off => ("no chain: offline".to_owned(), Role::Dim),
        SyncState::Failed(_) => (format!("{source} {stale} fails{height}"), Role::Warning),
        SyncState::Running { done, of } => (format!("{source} {live} {}{height}", asks(*done, *of)), Role::Live),
        SyncState::Idle => (format!("{source} {live}{height}"), Role::Live),
    }
}

/// Where prices come from, and whether they do.
fn prices(canvas: &Canvas<'_>, view: &View) -> (String, Role) {
    let venues: BTreeSet<_> = view.links.iter().map(|link| link.line.venue).collect();
    let is_up =
        |venue: &&_| view.links.iter().filter(|link| link.line.venue == **venue).all(|l| l.state == LinkState::Up);
    let live = venues.iter().filter(is_up).count();
    let count = if venues.len() == 1 { "1 venue".to_owned() } else { format!("{} venues", venues.len()) };
    match venues.len() - live {
        _ if venues.is_empty() => ("no venue tells prices".to_owned(), Role::Warning),
        0 => (format!("prices: {count} {} {live} live", canvas.glyphs.live), Role::Live),
        down => (format!("prices: {count} {} {live} live {down} down", canvas.glyphs.stale), Role::Warning),
    }
}

/// NAV in one word.
fn worth(canvas: &Canvas<'_>, nav: &NavView, hidden: bool) -> String {
    let value = nav.total.nav();
    let (change, sign) = match nav.day.and_then(|day| day.percent) {
        Some(percent) => (change(canvas, Some(percent)).0, "%"),
        None => (String::new(), ""),
    };
    let decimals = if value.abs() >= Decimal::ONE_THOUSAND { 0 } else { decimals(value) };
    let text = Amounts::new(canvas, hidden).money(value, decimals, usize::MAX);
    let unpriced = match nav.total.unpriced {
        0 => String::new(),
        count => format!(" {count} unpriced"),
    };
    format!("NAV {text} {} {change}{sign}{unpriced}", nav.base).trim_end().to_owned()
}

fn standing(canvas: &Canvas<'_>, link: &Link, now: Timestamp) -> (&'static str, String, Role) {
    let (live, stale) = (canvas.glyphs.live, canvas.glyphs.stale);
    match &link.state {
        LinkState::Up => match link.status {
            Some(VenueStatus::Maintenance) => (stale, "maintenance".to_owned(), Role::Warning),
            Some(VenueStatus::Limited) => (live, "limited".to_owned(), Role::Warning),
            Some(VenueStatus::Online) | None => (live, "live".to_owned(), Role::Live),
        },
        LinkState::Connecting => (stale, "connecting".to_owned(), Role::Warning),
        LinkState::Waiting { until, .. } => {
            let wait = age(now.age(*until)).map_or(String::new(), |wait| format!(" in {wait}"));
            (stale, format!("reconnects{wait}"), Role::Warning)
        }
        LinkState::Ended { .. } => (stale, "ended".to_owned(), Role::Error),
    }
}

/// At most five keys: those of the focused pane first.
fn hints(state: &State, view: &View) -> Vec<(String, &'static str)> {
    let contexts = state.contexts(view);
    let here = if contexts.contains(&Context::Replay) {
        Action::Pause
    } else if contexts.contains(&Context::Across) {
        Action::Split
    } else if contexts.contains(&Context::Book) {
        Action::GroupWider
    } else if contexts.contains(&Context::Candles) {
        Action::NextInterval
    } else {
        Action::Zoom
    };
    let actions = match state.workspace() {
        Workspace::Markets => [Action::Help, Action::Palette, Action::Search, here, Action::Quit],
        Workspace::Portfolio => [Action::Help, Action::Base, Action::Method, Action::Hide, Action::Filter],
        Workspace::Treasury
            if matches!(state.focus(), Pane::Coins | Pane::Wallets) && state.treasury.chosen_safe(view).is_some() =>
        {
            [Action::Help, Action::Coins, Action::Propose, Action::Sync, Action::Copy]
        }
        Workspace::Treasury if state.focus() == Pane::Coins => {
            [Action::Help, Action::Coins, Action::Label, Action::Freeze, Action::Sync]
        }
        Workspace::Treasury if state.focus() == Pane::Wallets => {
            [Action::Help, Action::Coins, Action::Receive, Action::ConfirmAddress, Action::Sync]
        }
        Workspace::Treasury => {
            match state.treasury.chosen(view).map(|proposal| (proposal.row.judgement, proposal.row.state)) {
                Some((Judgement::Block, _)) => {
                    [Action::Help, Action::Review, Action::Reject, Action::Export, Action::Import]
                }
                Some((_, standing)) if sendable(standing) && of_safe(state, view).is_some() => {
                    [Action::Help, Action::Review, Action::Broadcast, Action::Post, Action::Export]
                }
                Some((_, state)) if sendable(state) => {
                    [Action::Help, Action::Review, Action::Finalise, Action::Broadcast, Action::Export]
                }
                _ => {
                    let keys = state.treasury.chosen(view);
                    let here = keys.is_some_and(|proposal| proposal.own().next().is_some());
                    let elsewhere = keys.is_some_and(|proposal| proposal.elsewhere().next().is_some());
                    match (here, elsewhere) {
                        // What is signed can be told to those who sign elsewhere.
                        (false, false) if of_safe(state, view).is_some() => {
                            [Action::Help, Action::Review, Action::Post, Action::Reject, Action::Export]
                        }
                        (true, true) => {
                            [Action::Help, Action::Review, Action::Approve, Action::SignOnDevice, Action::Reject]
                        }
                        (false, true) => {
                            [Action::Help, Action::Review, Action::SignOnDevice, Action::Reject, Action::Export]
                        }
                        _ => [Action::Help, Action::Review, Action::Approve, Action::Reject, Action::Export],
                    }
                }
            }
        }
    };
    let hint = |action: Action| Some((state.key(action)?, action.row()?.hint));
    let keep = |action: Action| match state.size.width {
        90.. => true,
        // On narrow screens the figures need the room.
        80..90 if state.workspace() == Workspace::Treasury => true,
        80..90 if here == Action::Pause => action != Action::Search,
        80..90 => action != here,
        60.. if action == Action::Hide => true,
        60.. if state.workspace() == Workspace::Treasury => !matches!(action, Action::Export | Action::Sync),
        _ => matches!(action, Action::Help | Action::Palette | Action::Base),
    };
    actions.into_iter().filter(|action| keep(*action)).filter_map(hint).collect()
}
