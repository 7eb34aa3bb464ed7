//! Which connection carries what: as few connections as the venues' limits allow.
//!
//! Instruments of one venue share a connection until it carries as many streams as the venue takes on one; instruments
//! that live at different addresses of a venue never share.

use super::Place;
use crate::market::{Symbol, VenueId};
use crate::venue::{endpoint, manners};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One of the desk's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line {
    /// To whom.
    pub venue: VenueId,
    /// To which of its endpoints.
    pub endpoint: &'static str,
    /// Which of several to that one, from 1.
    pub number: u16,
}

impl Line {
    /// The first connection to the first endpoint of a venue.
    pub fn first(venue: VenueId) -> Self {
        let endpoint = manners(venue).endpoints.first().map_or("", |endpoint| endpoint.name);
        Self { venue, endpoint, number: 1 }
    }
}

impl fmt::Display for Line {
    /// The venue, and whatever else tells it from the venue's other connections.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.venue)?;
        if manners(self.venue).endpoints.len() > 1 {
            write!(f, " {}", self.endpoint)?;
        }
        if self.number > 1 {
            write!(f, " #{}", self.number)?;
        }
        Ok(())
    }
}

/// Who is carried where.
#[derive(Debug, Default)]
pub(super) struct Lines {
    carried: BTreeMap<Place, Line>,
    loads: BTreeMap<Line, BTreeMap<Symbol, usize>>,
}

impl Lines {
    /// The connection of an instrument that is carried.
    pub fn of(&self, place: &Place) -> Option<Line> {
        self.carried.get(place).copied()
    }

    /// What a connection carries.
    pub fn symbols(&self, line: Line) -> BTreeSet<Symbol> {
        self.loads.get(&line).map(|load| load.keys().cloned().collect()).unwrap_or_default()
    }

    /// Finds room for the streams of an instrument.
    pub fn place(&mut self, place: &Place, streams: usize) -> Line {
        let Place { venue, symbol } = place;
        let (most, endpoint) = (manners(*venue).streams, endpoint(*venue, symbol).name);
        let line = |number| Line { venue: *venue, endpoint, number };
        let free = |line: &Line| {
            let load: usize = self.loads.get(line).map_or(0, |load| load.values().sum());
            load == 0 || load + streams <= most
        };
        // The last number is taken in any case: a venue that refuses too much says so.
        let line = self.of(place).or_else(|| (1..u16::MAX).map(line).find(free)).unwrap_or(line(u16::MAX));
        self.carried.insert(place.clone(), line);
        self.loads.entry(line).or_default().insert(symbol.clone(), streams);
        line
    }

    /// Gives the room of an instrument back; names its connection.
    pub fn release(&mut self, place: &Place) -> Option<Line> {
        let line = self.carried.remove(place)?;
        if let Some(load) = self.loads.get_mut(&line) {
            load.remove(&place.symbol);
        }
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(venue: VenueId, symbol: &str) -> Place {
        Place { venue, symbol: symbol.parse().unwrap() }
    }

    #[test]
    fn a_connection_is_filled_before_another_is_made() {
        let most = manners(VenueId::Kraken).streams;
        let mut lines = Lines::default();
        let half = most / 2;
        let [a, b, c] = ["A/USD", "B/USD", "C/USD"].map(|symbol| place(VenueId::Kraken, symbol));
        assert_eq!(lines.place(&a, half).number, 1);
        assert_eq!(lines.place(&b, half).number, 1);
        assert_eq!(lines.place(&c, half).number, 2);
        assert_eq!(lines.release(&a), Some(Line::first(VenueId::Kraken)));
        assert_eq!(lines.place(&a, half).number, 1, "room that was given back is used");
        assert_eq!(lines.place(&a, half).number, 1, "who is carried stays where he is");
        assert_eq!(lines.symbols(Line::first(VenueId::Kraken)).len(), 2);
    }

    #[test]
    fn contracts_of_different_addresses_do_not_share() {
        let mut lines = Lines::default();
        let spot = lines.place(&place(VenueId::Bybit, "BTC/USDT"), 4);
        let linear = lines.place(&place(VenueId::Bybit, "BTC/USDT:USDT"), 4);
        assert_eq!((spot.to_string().as_str(), linear.to_string().as_str()), ("bybit spot", "bybit linear"));
        assert_eq!(Line::first(VenueId::Kraken).to_string(), "kraken");
    }
}
