//! The chosen Safe: who owns it, what else can move its money, what it has, and rows of its service that are not what they say.
//!
//! - What the chain says stands with its block and its age, and says when that is old.
//! - A row that was set aside is told with the reason, and never as what it calls itself alone.

use super::page::{self, Line, parts, push_wrapped};
use super::{Ink, is_old, who};
use crate::console::canvas::Canvas;
use crate::console::glyphs::UNICODE;
use crate::console::pane::Title;
use crate::console::state::State;
use crate::console::theme::Role;
use crate::desk::View;
use crate::desk::treasury::{Account, SafePage, SafeView, ServiceState, SyncState};
use ratatui::layout::Rect;

/// How many lines there are.
pub fn count(state: &State, view: &View, width: u16) -> usize {
    // All signs have one column, so that those of another terminal make no other lines.
    let ink = Ink::new(state, view, &UNICODE);
    let safe = state.treasury.chosen_safe(view).zip(state.treasury.safe_page(view));
    safe.map_or(0, |(safe, page)| lines(&ink, safe, page, width).len())
}

/// Draws it inside its border.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, ink: &Ink<'_>, state: &State, view: &View) -> Title {
    let (Some(safe), Some(known)) = (state.treasury.chosen_safe(view), state.treasury.safe_page(view)) else {
        canvas.put_message(area, "not known: the chain was never asked", Role::Dim);
        return Title { name: "Safe".to_owned(), ..Title::default() };
    };
    let lines = lines(ink, safe, known, area.width);
    let scroll = state.treasury.safe_scroll.min(lines.len().saturating_sub(usize::from(area.height)));
    page::draw(canvas, area, &lines, scroll);
    let last = (scroll + usize::from(area.height)).min(lines.len());
    let place =
        if lines.len() > usize::from(area.height) { format!(", {last} of {}", lines.len()) } else { String::new() };
    let state = Some((format!("{} owners{place}", known.owners.len()), Role::Dim));
    Title { name: format!("Safe {}", safe.name), state, ..Title::default() }
}

fn lines(ink: &Ink<'_>, safe: &SafeView, page: &SafePage, width: u16) -> Vec<Line> {
    let width = usize::from(width).saturating_sub(2);
    let mut lines = Vec::new();
    push_wrapped(&mut lines, "", &safe.id.to_string(), width, Role::Strong);
    let (heard, role) = match safe.sync.at {
        Some(at) if is_old(ink, at) => {
            (format!(", {} ago {} OLD: ask the chain again", ink.since(at), ink.glyphs.stale), Role::Warning)
        }
        Some(at) => (format!(", {} ago", ink.since(at)), Role::Dim),
        None => (String::new(), Role::Dim),
    };
    let quorum = format!("{} sign, next nonce {}, at block {}{heard}", safe.quorum, safe.nonce, ink.number(page.block));
    push_wrapped(&mut lines, "", &quorum, width, role);
    if safe.sync.state == SyncState::Off {
        push_wrapped(&mut lines, "", "no chain is asked: this is what was last known of it", width, Role::Warning);
    }
    if let Some(changed) = &page.changed {
        push_wrapped(&mut lines, "!  ", &format!("changed: {changed}"), width, Role::Warning);
    }
    if !page.modules.is_empty() {
        lines.push(Line::new("modules, which need no signature", Role::Warning));
        page.modules.iter().for_each(|module| account(&mut lines, "  ", module, width, Role::Warning));
    }
    lines.push(Line::new("owners", Role::Strong));
    for owner in &page.owners {
        let name = if owner.account.name.is_empty() { "(no name)" } else { &owner.account.name };
        let ours = if owner.ours { ", this desk speaks for them" } else { "" };
        let role = if owner.hot { Role::Warning } else { Role::Text };
        push_wrapped(&mut lines, "  ", &format!("{}{ours}", who(name, owner.hot)), width, role);
        push_wrapped(&mut lines, "    ", &owner.account.address.to_checksum(None), width, Role::Dim);
    }
    contracts(&mut lines, safe, page, width);
    lines.push(Line::new("tokens", Role::Strong));
    if page.tokens.is_empty() {
        lines.push(Line::new("  none that is known", Role::Dim));
    }
    for token in &page.tokens {
        let (value, role) = ink.value(token.value, 16);
        let amount = if ink.hidden { ink.told(&token.amount) } else { token.amount.to_string() };
        lines.push(Line::new(format!("  {amount}"), Role::Text).right(value, role));
        push_wrapped(&mut lines, "    ", &token.token.to_checksum(None), width, Role::Dim);
    }
    service(&mut lines, ink, safe, page, width);
    lines
}

/// Which contracts it stands on, and what they are asked.
fn contracts(lines: &mut Vec<Line>, safe: &SafeView, page: &SafePage, width: usize) {
    lines.push(Line::new("contracts", Role::Strong));
    let (pinned, role) = match page.pinned {
        true => ("published by Safe, by the hash of its code", Role::Dim),
        false => ("NOT code that is known to be published by Safe", Role::Warning),
    };
    push_wrapped(lines, "  code     ", &format!("version {}, {pinned}", safe.version), width, role);
    account(lines, "           ", &page.singleton, width, role);
    let others = [("guard", &page.guard), ("m. guard", &page.module_guard), ("fallback", &page.fallback_handler)];
    for (title, found) in others {
        match found {
            Some(found) => account(lines, &format!("  {title:<9}"), found, width, Role::Dim),
            None => lines.push(Line::new(format!("  {title:<9}none"), Role::Dim)),
        }
    }
}

fn account(lines: &mut Vec<Line>, start: &str, account: &Account, width: usize, role: Role) {
    let name = if account.name.is_empty() { String::new() } else { format!(" «{}»", account.name) };
    push_wrapped(lines, start, &format!("{}{name}", account.address.to_checksum(None)), width, role);
}

/// How it stands to its service, and what of that one was not believed.
fn service(lines: &mut Vec<Line>, ink: &Ink<'_>, safe: &SafeView, page: &SafePage, width: usize) {
    lines.push(Line::new("service", Role::Strong));
    let known = &safe.service;
    let heard = known.at.map(|at| format!(", {} ago", ink.since(at))).unwrap_or_default();
    let (text, role) = match &known.state {
        ServiceState::Off => ("none: proposals come as files".to_owned(), Role::Dim),
        ServiceState::Unasked => (format!("{} was not asked yet", known.source), Role::Dim),
        ServiceState::Fine => {
            let count = format!("{} rows are what they say", known.verified);
            (format!("{}{heard}: {count}", known.source), Role::Dim)
        }
        ServiceState::Failed(why) => (format!("{} fails: {why}", known.source), Role::Warning),
    };
    push_wrapped(lines, "  ", &text, width, role);
    if known.quarantined > 0 {
        let text = format!("!! {} of its rows are not what they say, and were set aside:", known.quarantined);
        push_wrapped(lines, "  ", &text, width, Role::Error);
    }
    for row in &page.quarantined {
        parts(lines, ink, "     ", &[row.name.to_string(), row.why.to_string()], width, Role::Error);
    }
}
