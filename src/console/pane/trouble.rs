//! What is wrong with a book, in the words that stand across it.

use crate::console::figures::{Figures, age};
use crate::console::theme::Role;
use crate::desk::{Focus, Link, LinkState};
use crate::market::{Crossing, Freshness, Timestamp};
use std::time::Duration;

/// Prices older than this are hatched.
const HATCH_AFTER: Duration = Duration::from_secs(30);

/// Why a book must not be read as the market of this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// One word in capitals, with the age: for the title.
    pub title: String,
    /// Word and reason: for the band across the book.
    pub band: String,
    /// How both look.
    pub role: Role,
    /// Whether the prices are not those of now.
    pub old: bool,
    /// Whether they are so old that they are hatched.
    pub hatched: bool,
}

/// What is wrong with this book, if anything is.
pub fn of(focus: &Focus, link: Option<&Link>, figures: Figures) -> Option<Trouble> {
    let book = &focus.book;
    let old = |word: &str, since: Duration, why: String, hatched: bool| {
        let title = match age(since) {
            Some(age) => format!("{word} {age}"),
            None => word.to_owned(),
        };
        let band = if why.is_empty() { title.clone() } else { format!("{title}  {why}") };
        Trouble { title, band, role: Role::Warning, old: true, hatched: hatched || since >= HATCH_AFTER }
    };
    let down = link.and_then(|link| match &link.state {
        LinkState::Up => None,
        LinkState::Connecting => Some("connecting".to_owned()),
        LinkState::Waiting { reason, .. } | LinkState::Ended { reason } => Some(reason.clone()),
    });
    let why = focus.refusal.clone().or(down);
    match &book.freshness {
        Freshness::Remembered(since) => Some(old("CACHED", *since, why.unwrap_or_default(), true)),
        Freshness::Resync(since, reason) => Some(old("RESYNC", *since, why.unwrap_or(reason.to_string()), false)),
        Freshness::Stale(since) => Some(old("STALE", *since, why.unwrap_or("nothing comes".into()), false)),
        Freshness::Waiting => None,
        Freshness::Live(_) => {
            let best = |rows: &[crate::market::Row]| {
                rows.first().map_or(String::new(), |row| figures.price(row.level.price, book.precision.price))
            };
            let (bid, ask) = (best(&book.bids), best(&book.asks));
            let (word, why) = match book.crossing {
                Crossing::Apart => return None,
                Crossing::Locked => ("LOCKED", format!("bid and ask {bid}")),
                Crossing::Crossed => ("CROSSED", format!("bid {bid} over ask {ask}")),
            };
            let band = format!("{word}  {why}");
            Some(Trouble { title: word.to_owned(), band, role: Role::Error, old: false, hatched: false })
        }
    }
}

/// What an empty book says, and how it looks.
pub fn emptiness(focus: &Focus, link: Option<&Link>, now: Timestamp) -> (String, Role) {
    let (venue, symbol) = (focus.place.venue, &focus.place.symbol);
    if let Some(reason) = &focus.refusal {
        return (format!("{venue} refused {symbol}: {reason}"), Role::Error);
    }
    match link.map(|link| &link.state) {
        None => (format!("{venue} is not connected"), Role::Dim),
        Some(LinkState::Connecting) => (format!("connecting to {venue}"), Role::Dim),
        Some(LinkState::Up) => (format!("waiting for the book of {symbol}"), Role::Dim),
        Some(LinkState::Waiting { until, reason }) => {
            let wait = age(now.age(*until)).map_or("now".to_owned(), |wait| format!("in {wait}"));
            (format!("{venue}: {reason}. Tries again {wait}"), Role::Warning)
        }
        Some(LinkState::Ended { reason }) => (format!("{venue}: {reason}"), Role::Error),
    }
}
