//! What the mouse does: a click focuses a pane and chooses a line, the wheel moves what is under it.

use super::act::{show, travel, turn_to};
use super::action::Action;
use super::effect::Effect;
use super::input::{Mouse, MouseDid};
use super::layout::{Pane, inside};
use super::overlay::{asking, reading};
use super::pane::{across, header, ladder, venues, watch};
use super::portfolio;
use super::state::{Overlay, State};
use super::treasury::{self, window};
use super::update::in_overlay;
use crate::desk::{Place, View};
use ratatui::layout::Rect;

/// Takes in what the mouse did.
pub fn update(state: &mut State, view: &View, mouse: Mouse) -> Vec<Effect> {
    if let Some(Overlay::Filter { .. }) = &state.overlay {
        // It is no window: what was typed stays, and the mouse does what it does.
        state.overlay = None;
    }
    if let Some(overlay) = &state.overlay {
        let window = match overlay {
            Overlay::Help { .. } | Overlay::Notices { .. } | Overlay::Alerts { .. } | Overlay::Holding { .. } => {
                reading(state.area())
            }
            Overlay::Filter { .. } => Rect::default(),
            Overlay::Treasury(open) => window::area(state.area(), &open.task),
            Overlay::Palette { .. } | Overlay::Search { .. } => asking(state.area()),
        };
        return match mouse.did {
            MouseDid::Click if !window.contains(mouse.at) => in_overlay(state, view, Action::Back),
            MouseDid::Click => vec![],
            MouseDid::ScrollUp => in_overlay(state, view, Action::Up),
            MouseDid::ScrollDown => in_overlay(state, view, Action::Down),
        };
    }
    let Some(arrangement) = state.arrangement() else { return vec![] };
    if let (MouseDid::Click, true) = (mouse.did, arrangement.header.contains(mouse.at))
        && let Some(workspace) = header::tab_at(mouse.at.x - arrangement.header.x, arrangement.header.width)
    {
        turn_to(state, workspace);
        return vec![];
    }
    let Some((pane, area)) = arrangement.at(mouse.at).and_then(|pane| Some((pane, arrangement.of(pane)?))) else {
        return vec![];
    };
    state.set_focus(pane);
    match mouse.did {
        MouseDid::ScrollUp => travel(state, view, 1, false),
        MouseDid::ScrollDown => travel(state, view, -1, false),
        MouseDid::Click => {
            let area = inside(area);
            if !area.contains(mouse.at) {
                return vec![];
            }
            let line = mouse.at.y - area.y;
            match pane {
                Pane::Watch => {
                    let index = watch::index_at(view, state.place(view), area, line);
                    if let Some(watched) = index.and_then(|index| view.watch.get(index)) {
                        show(state, Some(watched.place.clone()));
                    }
                }
                Pane::Book => {
                    let cursor = ladder::cursor_at(ladder::Slots::of(area), line);
                    let there = |cursor| view.focus.as_ref().is_some_and(|f| ladder::row_at(&f.book, cursor).is_some());
                    state.cursor = cursor.filter(|cursor| there(*cursor));
                }
                Pane::Across => {
                    let cursor = ladder::cursor_at(across::slots(area), line);
                    let there = |cursor| view.across.as_ref().is_some_and(|of| across::row_at(of, cursor).is_some());
                    state.cursor = cursor.filter(|cursor| there(*cursor));
                }
                Pane::Venues => {
                    let quote = view.across.as_ref().and_then(|across| venues::quote_at(across, line));
                    if let Some((across, quote)) = view.across.as_ref().zip(quote) {
                        show(state, Some(Place { venue: quote.venue, symbol: across.symbol.clone() }));
                    }
                }
                Pane::Holdings => portfolio::click(state, view, area, mouse.at),
                pane => treasury::click(state, view, pane, area, line),
            }
        }
    }
    vec![]
}
