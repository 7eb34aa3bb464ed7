//! The watchlist, and below it the last 24 hours of the instrument that is shown.

use super::portfolio::amounts::{Amounts, decimals};
use super::{Title, change};
use crate::console::canvas::Canvas;
use crate::console::figures::age;
use crate::console::text::columns;
use crate::console::theme::Role;
use crate::desk::portfolio::NavView;
use crate::desk::{Focus, Place, View, Watched};
use crate::market::Freshness;
use crate::money::Percent;
use ratatui::layout::Rect;

/// A line is not drawn wider, or the eye loses it.
const WIDEST: u16 = 64;

/// Columns of the change, with the space before it; on a narrow pane without it once the change has two digits.
const CHANGE: (u16, u16) = (5, 6);

/// What stands on the border.
pub fn title() -> Title {
    Title { name: "Watch".to_owned(), ..Title::default() }
}

/// The first line shown of a list of `count` in `room` lines, so that `chosen` is among them.
pub fn first_shown(count: usize, room: usize, chosen: usize) -> usize {
    (chosen + 1).saturating_sub(room).min(count.saturating_sub(room))
}

/// The line of the list inside the pane that an instrument stands on, for the mouse: its place on the watchlist.
pub fn index_at(view: &View, chosen: Option<&Place>, inside: Rect, line: u16) -> Option<usize> {
    let room = usize::from(inside.height.saturating_sub(1));
    let index = first_shown(view.watch.len(), room, position(view, chosen)) + usize::from(line.checked_sub(1)?);
    (index < view.watch.len()).then_some(index)
}

/// Where an instrument stands on the watchlist; the first place when it does not.
pub fn position(view: &View, place: Option<&Place>) -> usize {
    view.watch.iter().position(|watched| Some(&watched.place) == place).unwrap_or(0)
}

/// Draws the list inside its border.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, view: &View, shown: Option<&Place>, hidden: bool) {
    if view.watch.is_empty() {
        return canvas.put_message(area, "nothing is watched; find an instrument with /", Role::Dim);
    }
    let whole = area;
    let area = Rect { width: area.width.min(WIDEST), ..area };
    let prices: Vec<String> = view.watch.iter().map(|watched| last(canvas, watched)).collect();
    let state = if area.width >= 36 { 8 } else { 0 };
    let venue = if area.width >= 46 { 8 } else { 0 };
    let column = if area.width < 24 { CHANGE.0 } else { CHANGE.1 };
    let price = area.width.saturating_sub(column + state + venue);
    canvas.put(area, 1, 0, "symbol", Role::Dim);
    canvas.put_right(area, price, 0, "last", Role::Dim);
    canvas.put_right(area, price + column, 0, "24h %", Role::Dim);
    if state > 0 {
        canvas.put_right(area, price + column + state, 0, "book", Role::Dim);
    }
    if venue > 0 {
        canvas.put_right(area, price + column + state + venue, 0, "venue", Role::Dim);
    }
    let room = usize::from(area.height.saturating_sub(1));
    let chosen = position(view, shown);
    let first = first_shown(view.watch.len(), room, chosen);
    let lines = view.watch.iter().zip(&prices).enumerate().skip(first);
    for ((index, (watched, text)), y) in lines.zip(1..area.height) {
        let live = matches!(watched.freshness, Freshness::Live(_));
        let role = if watched.refusal.is_some() {
            Role::Error
        } else if live {
            Role::Text
        } else {
            Role::Stale
        };
        // A symbol has what its own price leaves of the line: a long name beside a short price stays whole.
        let own = u16::try_from(columns(text)).unwrap_or(u16::MAX);
        let left = price.saturating_sub(own.saturating_add(1));
        canvas.put(Rect { width: left, ..area }, 1, y, watched.place.symbol.as_str(), Role::Text);
        canvas.put_right(area, price, y, text, role);
        let (sign, ink) = sign(canvas, watched, live);
        canvas.put(area, left, y, sign, ink);
        let (text, ink) = change(canvas, watched.change.map(Percent::get));
        canvas.put_right(area, price + column, y, &text, if live { ink } else { Role::Stale });
        if state > 0 {
            let (text, ink) = standing(watched);
            canvas.put_right(area, price + column + state, y, &text, ink);
        }
        if venue > 0 {
            canvas.put_right(area, price + column + state + venue, y, watched.place.venue.as_str(), Role::Dim);
        }
        if index == chosen {
            canvas.put(area, 0, y, canvas.glyphs.cursor, Role::Accent);
            canvas.tint(Rect { y: area.y + y, height: 1, ..whole }, Role::Selected);
        }
    }
    let mut left = room.saturating_sub(view.watch.len());
    let mut bottom = area.bottom();
    if let Some(all) = view.nav.as_ref().filter(|_| left >= 3) {
        (left, bottom) = (left - 2, bottom - 2);
        nav(canvas, Rect { y: bottom, height: 2, ..area }, all, hidden);
    }
    if let Some(waits) = view.waiting.filter(|waits| left >= 2 && waits.count() > 0) {
        (left, bottom) = (left - 1, bottom - 1);
        let line = Rect { y: bottom, height: 1, ..area };
        canvas.put(line, 1, 0, "approvals", Role::Dim);
        let text = super::treasury::approvals::waiting(waits);
        let text = if columns(&text) + 12 > usize::from(area.width) { waits.count().to_string() } else { text };
        canvas.put_right(line, line.width, 0, &text, Role::Accent);
    }
    if let Some(focus) = view.focus.as_ref().filter(|_| left >= 5) {
        day(canvas, Rect { y: bottom - 4, height: 4, ..area }, focus);
    }
}

fn last(canvas: &Canvas<'_>, watched: &Watched) -> String {
    if watched.refusal.is_some() {
        return "refused".to_owned();
    }
    match watched.last {
        Some(price) => canvas.figures.price(price, watched.precision.price),
        None => canvas.glyphs.missing.to_owned(),
    }
}

/// The sign before a price that is not of now.
fn sign(canvas: &Canvas<'_>, watched: &Watched, live: bool) -> (&'static str, Role) {
    match &watched.freshness {
        _ if live || watched.last.is_none() => (" ", Role::Text),
        Freshness::Remembered(_) => (canvas.glyphs.hatch, Role::Stale),
        _ => (canvas.glyphs.stale, Role::Warning),
    }
}

fn standing(watched: &Watched) -> (String, Role) {
    match &watched.freshness {
        _ if watched.refusal.is_some() => ("refused".to_owned(), Role::Error),
        Freshness::Live(_) => ("live".to_owned(), Role::Dim),
        Freshness::Waiting => ("waiting".to_owned(), Role::Dim),
        Freshness::Resync(..) => ("resync".to_owned(), Role::Warning),
        Freshness::Stale(since) => (age(*since).unwrap_or_default(), Role::Warning),
        Freshness::Remembered(since) => (age(*since).unwrap_or_default(), Role::Stale),
    }
}

/// What all accounts are worth, how that changed today, and below it what is missing from it.
fn nav(canvas: &mut Canvas<'_>, area: Rect, nav: &NavView, hidden: bool) {
    let amounts = Amounts::new(canvas, hidden);
    canvas.put(area, 1, 0, "NAV", Role::Dim);
    let (text, ink) = change(canvas, nav.day.and_then(|day| day.percent));
    let sign = if nav.day.is_some_and(|day| day.percent.is_some()) { "%" } else { "" };
    canvas.put_right(area, area.width, 0, &format!("{text}{sign}"), ink);
    let left = area.width.saturating_sub(u16::try_from(columns(&text) + 2).unwrap_or(u16::MAX));
    let value = nav.total.nav();
    let room = usize::from(left).saturating_sub(6 + columns(nav.base.as_str()));
    let text = format!("{} {}", amounts.money(value, decimals(value).min(2), room), nav.base);
    canvas.put_right(area, left, 0, &text, Role::Strong);
    if let Some((text, role)) = missing(nav) {
        canvas.put_right(area, area.width, 1, &text, role);
    }
}

/// What a reader of NAV must know.
fn missing(nav: &NavView) -> Option<(String, Role)> {
    let total = &nav.total;
    match (total.unpriced, total.stale) {
        (0, 0) => None,
        (0, stale) => Some((format!("{stale} of {} lines stale", total.lines), Role::Dim)),
        (unpriced, _) => Some((format!("{unpriced} of {} lines unpriced", total.lines), Role::Warning)),
    }
}

fn day(canvas: &mut Canvas<'_>, area: Rect, focus: &Focus) {
    let Some(day) = &focus.day else { return };
    let age = age(day.age).map_or(String::new(), |age| format!(" {age} ago"));
    canvas.put(area, 1, 0, &format!("{} 24h{age}", focus.place.symbol), Role::Dim);
    let decimals = focus.book.precision.price;
    let price = |price| canvas.figures.price(price, decimals);
    let lines = [
        ("high", day.high.map(price), focus.place.symbol.quote()),
        ("low", day.low.map(price), focus.place.symbol.quote()),
        ("volume", day.volume.map(|volume| canvas.figures.short(volume.get())), focus.place.symbol.base()),
    ];
    for ((name, value, unit), y) in lines.into_iter().zip(1..) {
        canvas.put(area, 1, y, name, Role::Dim);
        let text = value.map_or(canvas.glyphs.missing.to_owned(), |value| format!("{value} {unit}"));
        canvas.put_right(area, area.width, y, &text, Role::Text);
    }
}

#[cfg(test)]
mod tests {
    use super::first_shown;

    #[test]
    fn the_chosen_line_is_always_shown() {
        assert_eq!(first_shown(3, 10, 2), 0);
        assert_eq!(first_shown(30, 10, 9), 0);
        assert_eq!(first_shown(30, 10, 10), 1);
        assert_eq!(first_shown(30, 10, 29), 20);
        assert_eq!(first_shown(0, 0, 0), 0);
    }
}
