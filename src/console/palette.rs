//! The command palette: every action by name, and commands that take a word.

use super::action::{Action, Context, TABLE};
use super::fuzzy::{Match, matches};
use super::overlay::Line;
use super::search::venue;
use super::state::State;
use super::theme::Role;
use crate::alert::{Rule, RuleError};
use crate::desk::{Mode, Place, Speed, Steer, View};
use crate::market::{Interval, Symbol, VenueId};
use crate::money::{Price, Quantity};

/// What a line of the palette does.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// What a key would do.
    Act(Action),
    /// Use a theme.
    Theme(String),
    /// Show candles of this length.
    Interval(Interval),
    /// Group the book by this step, or not at all.
    Group(Option<Price>),
    /// Watch an instrument and show it.
    Watch(Place),
    /// Take an instrument off the watchlist.
    Unwatch(Place),
    /// Set an alert.
    Alert(Rule),
    /// Ask for a fresh snapshot of the book that is shown.
    Resync,
    /// Steer the replay.
    Replay(Steer),
    /// Fill this size across venues, or none.
    Split(Option<Quantity>),
    /// List what was told.
    Notices,
    /// Go on typing behind this.
    Type(&'static str),
}

/// A line of the palette.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What is typed for it.
    pub name: String,
    /// What it does.
    pub help: String,
    /// The key that does the same.
    pub key: Option<String>,
    /// What it does.
    pub order: Order,
}

/// The commands that take a word: name, what stands for the word, and what it does.
const VERBS: [(&str, &str, &str); 9] = [
    ("watch ", "SYMBOL [VENUE]", "Add an instrument to the watchlist and show it."),
    ("unwatch ", "SYMBOL", "Take an instrument off the watchlist."),
    ("alert ", "RULE", "Tell when a rule holds, such as BTC/USD > 100000."),
    ("group ", "STEP", "Group prices by this step; off ends it."),
    ("split ", "SIZE", "Fill a size across venues; off ends it."),
    ("theme ", "NAME", "Use a theme."),
    ("interval ", "LENGTH", "Show candles of this length."),
    ("speed ", "FACTOR", "Play the replay at this speed, or max."),
    ("seek ", "RECORDS", "Move the replay by so many records; -100 goes back."),
];

/// The lines that match what was typed.
pub fn found(state: &State, view: &View, typed: &str) -> Vec<Match<Entry>> {
    matches(typed, entries(state, view), |entry| entry.name.clone())
}

/// The lines of the palette's window.
pub fn lines(found: Vec<Match<Entry>>) -> Vec<Line> {
    let line = |Match { item, places }: Match<Entry>| {
        let key = item.key.unwrap_or_default();
        Line { name: item.name, places, help: item.help, key, role: Role::Text }
    };
    found.into_iter().map(line).collect()
}

fn entries(state: &State, view: &View) -> Vec<Entry> {
    let replays = view.mode == Mode::Replay;
    let plain =
        |name: &str, help: &str, order| Entry { name: name.to_owned(), help: help.to_owned(), key: None, order };
    let mut entries: Vec<Entry> = TABLE
        .iter()
        .filter(|row| !moves(row.action) && (replays || row.context != Context::Replay))
        .map(|row| Entry { key: state.key(row.action), ..plain(row.name, row.help, Order::Act(row.action)) })
        .collect();
    entries.push(plain("notices", "List what was told.", Order::Notices));
    entries.push(plain("resync", "Ask for a fresh snapshot of this book.", Order::Resync));
    for (verb, word, help) in VERBS.into_iter().filter(|(verb, ..)| replays || !matches!(*verb, "speed " | "seek ")) {
        entries.push(plain(&format!("{verb}{word}"), help, Order::Type(verb)));
    }
    for theme in &state.settings.themes {
        entries.push(plain(&format!("theme {theme}"), "Use this theme.", Order::Theme(theme.clone())));
    }
    for interval in Interval::ALL {
        let help = "Show candles of this length.";
        entries.push(plain(&format!("interval {interval}"), help, Order::Interval(interval)));
    }
    entries.push(plain("group off", "Show every price.", Order::Group(None)));
    entries
}

/// Actions that make no sense by name.
fn moves(action: Action) -> bool {
    use Action as A;
    matches!(action, A::Up | A::Down | A::Left | A::Right | A::PageUp | A::PageDown | A::HalfUp | A::HalfDown)
        || matches!(action, A::Top | A::Bottom | A::Back | A::Accept | A::Palette)
}

/// What was typed, when it is a command with its word; the error says what is wrong with the word.
pub fn parse(state: &State, view: &View, typed: &str) -> Option<Result<Order, String>> {
    let mut words = typed.split_whitespace();
    let (verb, word) = (words.next()?, words.next()?);
    let shown: String = word.chars().take(40).collect();
    let order = match verb {
        "watch" => place(state, view, word, words.next()).and_then(|place| match view.mode {
            // The desk would refuse it as well, but by then it would be what is shown.
            Mode::Live if place.venue == VenueId::Sim => Err("what is simulated is shown by the demo alone".to_owned()),
            Mode::Demo if place.venue != VenueId::Sim => {
                Err("the demo is simulated: leave it to watch a venue".to_owned())
            }
            _ => Ok(Order::Watch(place)),
        }),
        "unwatch" => place(state, view, word, words.next()).map(Order::Unwatch),
        "alert" => alert(state, view, typed.trim_start().strip_prefix(verb).unwrap_or_default()).map(Order::Alert),
        "group" if word == "off" => Ok(Order::Group(None)),
        "group" => match word.parse::<Price>() {
            Ok(step) if step > Price::ZERO => Ok(Order::Group(Some(step))),
            _ => Err(format!("{shown} is not a price step; write one like 0.5 or 10, or off")),
        },
        "split" if word == "off" => Ok(Order::Split(None)),
        "split" => match word.parse::<Quantity>() {
            Ok(size) if size > Quantity::ZERO => Ok(Order::Split(Some(size))),
            _ => Err(format!("{shown} is not a size; write one like 5 or 0.25, or off")),
        },
        "theme" => match state.settings.themes.iter().find(|theme| *theme == word) {
            Some(theme) => Ok(Order::Theme(theme.clone())),
            None => Err(format!("there is no theme {shown}; there are {}", state.settings.themes.join(", "))),
        },
        "interval" => match Interval::ALL.into_iter().find(|interval| interval.to_string() == word) {
            Some(interval) => Ok(Order::Interval(interval)),
            None => Err(format!("there are no candles of {shown}; write 1s, 1m, 5m, 15m, 1h, 4h or 1d")),
        },
        "speed" | "seek" if view.mode != Mode::Replay => Err("nothing is replayed".to_owned()),
        "speed" => speed(word)
            .map(|speed| Order::Replay(Steer::Speed(speed)))
            .ok_or_else(|| format!("{shown} is not a speed; write one like 4 or 0.5, or max")),
        "seek" => word
            .parse()
            .map(|by| Order::Replay(Steer::Seek(by)))
            .map_err(|_| format!("{shown} is not a number of records")),
        _ => return None,
    };
    Some(order)
}

/// A rule; one that names no instrument is about the one that is shown.
fn alert(state: &State, view: &View, text: &str) -> Result<Rule, String> {
    let named = text.split_whitespace().next().is_some_and(|word| word.contains('/'));
    let shown = state.place(view).filter(|_| !named).map(|place| format!("{}@{}", place.symbol, place.venue));
    let rule = format!("{} {text}", shown.unwrap_or_default());
    rule.trim().parse().map_err(|error: RuleError| error.to_string())
}

fn place(state: &State, view: &View, symbol: &str, at: Option<&str>) -> Result<Place, String> {
    let symbol = Symbol::new(symbol).map_err(|error| error.to_string())?;
    let venue = match at {
        Some(name) => name.parse::<VenueId>().map_err(|error| error.to_string())?,
        None => venue(state, view).ok_or("say at which venue: watch BTC/USD kraken")?,
    };
    Ok(Place { venue, symbol })
}

fn speed(word: &str) -> Option<Speed> {
    if word == "max" {
        return Some(Speed::Max);
    }
    let factor = crate::money::parse_decimal(word).ok()?;
    let percent = u32::try_from(factor.checked_mul(crate::money::Decimal::ONE_HUNDRED)?.trunc()).ok()?;
    (1..=100_000).contains(&percent).then_some(Speed::Percent(percent))
}
