//! What an event makes of the state, and what it asks of the world. Pure: the market is only looked at.

use super::act::{act, carry_out, show, travel, turn_to};
use super::action::Action;
use super::alerts;
use super::chord::{Chord, Key};
use super::effect::{Effect, Event};
use super::field::Field;
use super::help;
use super::keymap::Resolution;
use super::layout::{Workspace, inside};
use super::mouse;
use super::overlay::{asking, page, reading};
use super::palette;
use super::pane::portfolio::detail;
use super::search;
use super::state::{Overlay, Said, State};
use super::treasury::steps as signing;
use crate::desk::{Command, View};

/// Takes an event in. `view` is what the desk showed last.
pub fn update(state: &mut State, view: &View, event: Event) -> Vec<Effect> {
    let chart = |state: &State| (state.place(view).cloned(), state.settings.interval);
    let before = chart(state);
    let mut effects = take_in(state, view, event);
    // Whichever way one came to another chart: its candles are the venue's to tell.
    if let (Some(place), interval) = chart(state)
        && before != (Some(place.clone()), interval)
    {
        effects.push(Effect::Command(Command::Chart(place, interval)));
    }
    effects
}

fn take_in(state: &mut State, view: &View, event: Event) -> Vec<Effect> {
    match event {
        Event::Key(chord) => press(state, view, chord),
        Event::Paste(text) => {
            if let Some(Overlay::Treasury(open)) = &mut state.overlay {
                open.paste(&text);
            } else if let Some(field) = field(state) {
                field.insert(&text);
                typed(state);
            }
            vec![]
        }
        Event::Mouse(mouse) => mouse::update(state, view, mouse),
        Event::Resize(size) => {
            state.size = size;
            vec![]
        }
        Event::Desk => {
            state.pulse.beat(view);
            signing::look(state, view);
            vec![]
        }
        Event::Instruments(instruments) => {
            state.instruments = instruments;
            vec![]
        }
        Event::Traffic(rates) => {
            state.rates = rates;
            vec![]
        }
        Event::Tick => {
            signing::tick(state);
            vec![]
        }
        Event::Said { warning, text } => {
            say(state, view, warning, text);
            vec![]
        }
    }
}

/// Puts a line where the keys are shown, until the next key.
pub fn say(state: &mut State, view: &View, warning: bool, text: impl Into<String>) {
    state.said = Some(Said { at: view.now, warning, text: text.into() });
}

fn press(state: &mut State, view: &View, chord: Chord) -> Vec<Effect> {
    state.said = None;
    if chord == Chord::INTERRUPT {
        return vec![Effect::Quit];
    }
    let contexts = state.contexts(view);
    match state.settings.keymap.resolve(&state.pending, chord, &contexts) {
        Resolution::Pending => {
            state.pending.push(chord);
            vec![]
        }
        Resolution::Action(action) => {
            state.pending.clear();
            if state.overlay.is_some() { in_overlay(state, view, action) } else { act(state, view, action) }
        }
        Resolution::None => {
            state.pending.clear();
            if let Some(Overlay::Treasury(_)) = &state.overlay {
                return signing::press(state, view, chord);
            }
            if field(state).is_some_and(|field| field.press(chord)) {
                typed(state);
            }
            vec![]
        }
    }
}

/// An action while a window is open: it steers the window, closes it, or is one of the few that work everywhere.
pub fn in_overlay(state: &mut State, view: &View, action: Action) -> Vec<Effect> {
    if let Some(effects) = alerts::act(state, view, action).or_else(|| signing::act(state, view, action)) {
        return effects;
    }
    let text = field(state).is_some();
    let lines = page(if text { asking(state.area()) } else { reading(state.area()) }, text);
    match action {
        Action::Back if matches!(state.overlay, Some(Overlay::Filter { .. })) => {
            state.overlay = None;
            state.portfolio.filter.clear();
        }
        Action::Back | Action::Quit => state.overlay = None,
        Action::Accept => return accept(state, view),
        Action::Help if !text => state.overlay = None,
        Action::Left | Action::Right | Action::Top | Action::Bottom if text => {
            let key = match action {
                Action::Left => Key::Left,
                Action::Right => Key::Right,
                Action::Top => Key::Home,
                _ => Key::End,
            };
            if let Some(field) = field(state) {
                field.press(Chord::key(key));
            }
        }
        Action::HalfUp if text => {
            if let Some(field) = field(state) {
                *field = Field::default();
            }
            typed(state);
        }
        Action::Up | Action::PreviousPane => step(state, view, -1),
        Action::Down | Action::NextPane => step(state, view, 1),
        Action::PageUp => step(state, view, -isize::try_from(lines).unwrap_or(0)),
        Action::PageDown => step(state, view, isize::try_from(lines).unwrap_or(0)),
        Action::HalfUp => step(state, view, -isize::try_from(lines / 2).unwrap_or(0)),
        Action::HalfDown => step(state, view, isize::try_from(lines / 2).unwrap_or(0)),
        Action::Top => choose(state, 0),
        Action::Bottom => step(state, view, isize::MAX),
        Action::Redraw | Action::Suspend | Action::Meter | Action::ToggleMouse | Action::Hide => {
            return act(state, view, action);
        }
        _ => {}
    }
    vec![]
}

fn accept(state: &mut State, view: &View) -> Vec<Effect> {
    match state.overlay.take() {
        Some(Overlay::Search { field, chosen }) => {
            let found = search::found(state, view, &field.text()).into_iter().nth(chosen);
            match found.map(|found| found.item) {
                Some(found) => {
                    let ask = (!found.watched).then(|| Effect::Command(Command::Watch(found.place.clone())));
                    turn_to(state, Workspace::Markets);
                    show(state, Some(found.place));
                    ask.into_iter().collect()
                }
                None => {
                    say(state, view, true, format!("no instrument matches {}", field.text()));
                    vec![]
                }
            }
        }
        Some(Overlay::Palette { field, chosen }) => {
            let typed = field.text();
            // A whole command is meant as it was typed, whatever line is chosen.
            if let Some(parsed) = palette::parse(state, view, &typed) {
                return match parsed {
                    Ok(order) => carry_out(state, view, order),
                    Err(error) => {
                        say(state, view, true, error);
                        vec![]
                    }
                };
            }
            match palette::found(state, view, &typed).into_iter().nth(chosen) {
                Some(found) => carry_out(state, view, found.item.order),
                None => {
                    say(state, view, true, format!("there is no command {typed}"));
                    vec![]
                }
            }
        }
        _ => vec![],
    }
}

fn field(state: &mut State) -> Option<&mut Field> {
    match &mut state.overlay {
        Some(Overlay::Palette { field, .. } | Overlay::Search { field, .. } | Overlay::Filter { field }) => Some(field),
        _ => None,
    }
}

/// What follows from other text in the field: the first line that it finds is chosen.
fn typed(state: &mut State) {
    if let Some(Overlay::Filter { field }) = &state.overlay {
        state.portfolio.filter = field.text();
    }
    choose(state, 0);
}

/// Marks a line of the window, or scrolls to it.
fn choose(state: &mut State, line: usize) {
    match &mut state.overlay {
        Some(Overlay::Help { scroll: at } | Overlay::Notices { scroll: at } | Overlay::Holding { scroll: at }) => {
            *at = line;
        }
        Some(
            Overlay::Palette { chosen: at, .. } | Overlay::Search { chosen: at, .. } | Overlay::Alerts { chosen: at },
        ) => *at = line,
        Some(Overlay::Filter { .. } | Overlay::Treasury(_)) | None => {}
    }
}

/// Moves the mark or the scroll of the window, within its lines.
fn step(state: &mut State, view: &View, by: isize) {
    let window = reading(state.area());
    let scrolls = |lines: usize| lines.saturating_sub(page(window, false));
    let (at, last) = match &state.overlay {
        Some(Overlay::Help { scroll }) => (*scroll, scrolls(help::lines(state, view).len())),
        Some(Overlay::Notices { scroll }) => {
            let width = usize::from(inside(window).width);
            (*scroll, scrolls(help::notices(state, view, width).len()))
        }
        Some(Overlay::Alerts { chosen }) => (*chosen, alerts::count(view).saturating_sub(1)),
        Some(Overlay::Palette { field, chosen }) => {
            (*chosen, palette::found(state, view, &field.text()).len().saturating_sub(1))
        }
        Some(Overlay::Search { field, chosen }) => {
            (*chosen, search::found(state, view, &field.text()).len().saturating_sub(1))
        }
        Some(Overlay::Holding { scroll }) => (*scroll, scrolls(state.portfolio.holding(view).map_or(0, detail::count))),
        Some(Overlay::Filter { .. }) => return travel(state, view, by.saturating_neg(), false),
        Some(Overlay::Treasury(_)) | None => return,
    };
    choose(state, at.saturating_add_signed(by).min(last));
}
