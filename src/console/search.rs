//! Finding an instrument by symbol: those that are watched first, then all that the venues know.

use super::fuzzy::{Match, matches};
use super::overlay::Line;
use super::state::State;
use super::theme::Role;
use crate::desk::{Place, View};
use crate::market::{Symbol, VenueId};

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which instrument.
    pub place: Place,
    /// Whether it is on the watchlist.
    pub watched: bool,
}

/// The instruments that match; when none does and a whole symbol was typed, that one.
pub fn found(state: &State, view: &View, typed: &str) -> Vec<Match<Found>> {
    let watched = view.watch.iter().map(|watched| Found { place: watched.place.clone(), watched: true });
    let is_watched = |place: &Place| view.watch.iter().any(|watched| watched.place == *place);
    let others = state.instruments.iter().filter(|place| !is_watched(place));
    let others = others.map(|place| Found { place: place.clone(), watched: false });
    let all = watched.chain(others).collect();
    let mut found = matches(typed, all, |found: &Found| text(&found.place));
    let exact = Symbol::new(typed.trim()).ok().zip(venue(state, view));
    if let (true, Some((symbol, venue))) = (found.is_empty(), exact) {
        let item = Found { place: Place { venue, symbol }, watched: false };
        found.push(Match { item, places: vec![] });
    }
    found
}

/// The lines of the search window.
pub fn lines(found: Vec<Match<Found>>) -> Vec<Line> {
    let line = |Match { item, places }: Match<Found>| {
        let help = if item.watched { "" } else { "adds it to the watchlist" };
        Line { name: text(&item.place), places, help: help.to_owned(), key: String::new(), role: Role::Text }
    };
    found.into_iter().map(line).collect()
}

/// The venue that a symbol without one is looked for at.
pub fn venue(state: &State, view: &View) -> Option<VenueId> {
    state.place(view).map(|place| place.venue).or_else(|| view.links.first().map(|link| link.line.venue))
}

fn text(place: &Place) -> String {
    format!("{} {}", place.symbol, place.venue)
}
