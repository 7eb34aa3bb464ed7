//! What is wrong with a book, in the words that stand across it.

use crate::console::figures::{Figures, age};
use crate::console::theme::Role;
use crate::desk::{BookView, Focus, Link, LinkState};
use crate::market::{Crossing, Desync, Freshness, Row, Timestamp};
use std::time::Duration;

/// Prices older than this are hatched.
const HATCH_AFTER: Duration = Duration::from_secs(30);

/// Why a book must not be read as the market of this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// One word in capitals, with the age: for the title.
    pub title: String,
    /// The reason for the band across the book: in full, and in few columns.
    pub reasons: [String; 2],
    /// How both look.
    pub role: Role,
    /// Whether the prices are not those of now.
    pub old: bool,
    /// Whether they are so old that they are hatched.
    pub hatched: bool,
}

/// What is wrong with this book, if anything is.
pub fn of(focus: &Focus, link: Option<&Link>, figures: Figures) -> Option<Trouble> {
    let why = outside(focus, link);
    match &focus.book.freshness {
        Freshness::Remembered(since) => {
            let reasons = why.unwrap_or_else(|| both("from the cache"));
            Some(Trouble { hatched: true, ..old("CACHED", *since, reasons) })
        }
        Freshness::Resync(since, desync) => {
            Some(old("RESYNC", *since, why.unwrap_or_else(|| [desync.to_string(), brief(desync, figures)])))
        }
        Freshness::Stale(since) => Some(old("STALE", *since, why.unwrap_or_else(|| both("nothing comes")))),
        Freshness::Waiting => None,
        Freshness::Live(_) => crossing(&focus.book, figures),
    }
}

fn both(text: &str) -> [String; 2] {
    [text.to_owned(), text.to_owned()]
}

fn old(word: &str, since: Duration, reasons: [String; 2]) -> Trouble {
    let title = age(since).map_or(word.to_owned(), |age| format!("{word} {age}"));
    Trouble { title, reasons, role: Role::Warning, old: true, hatched: since >= HATCH_AFTER }
}

/// A reason that lies outside of the book: the venue refused it, or the connection is down.
fn outside(focus: &Focus, link: Option<&Link>) -> Option<[String; 2]> {
    if let Some(refusal) = &focus.refusal {
        return Some([refusal.clone(), "refused".to_owned()]);
    }
    match &link?.state {
        LinkState::Up => None,
        LinkState::Connecting => Some(both("connecting")),
        LinkState::Waiting { reason, .. } | LinkState::Ended { reason } => {
            Some([reason.clone(), "not connected".to_owned()])
        }
    }
}

fn brief(desync: &Desync, figures: Figures) -> String {
    match desync {
        Desync::Gap { got, .. } => format!("gap at {}", figures.exact((*got).into())),
        Desync::Checksum { .. } => "checksum failed".to_owned(),
        _ => desync.to_string(),
    }
}

fn crossing(book: &BookView, figures: Figures) -> Option<Trouble> {
    let best =
        |rows: &[Row]| rows.first().map_or(String::new(), |row| figures.price(row.level.price, book.precision.price));
    let (bid, ask) = (best(&book.bids), best(&book.asks));
    let (title, reasons) = match book.crossing {
        Crossing::Apart => return None,
        Crossing::Locked => ("LOCKED", both(&format!("bid and ask {bid}"))),
        Crossing::Crossed => ("CROSSED", [format!("bid {bid} over ask {ask}"), format!("{bid}>{ask}")]),
    };
    Some(Trouble { title: title.to_owned(), reasons, role: Role::Error, old: false, hatched: false })
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
