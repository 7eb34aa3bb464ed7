//! What a connection knows of each instrument that its frames speak of, found by the venue's own name.
//!
//! Frames come in runs of one instrument: the one that was spoken of last is found without a search.

use super::FrameError;
use super::names::Names;
use crate::market::Symbol;
use std::collections::HashMap;

/// Instruments remembered at most; the largest venues list a few thousand.
const MAX_ENTRIES: usize = 20_000;

/// The instruments of one connection, each with what the dialect keeps of it.
#[derive(Debug)]
pub struct Roster<T> {
    names: Names,
    entries: Vec<Entry<T>>,
    places: HashMap<Box<str>, usize>,
    latest: usize,
    /// What is kept of an instrument at first.
    fresh: fn() -> T,
}

/// One instrument.
#[derive(Debug)]
pub struct Entry<T> {
    /// What the venue calls it.
    pub name: Box<str>,
    /// Its unified name.
    pub symbol: Symbol,
    /// What the dialect keeps.
    pub state: T,
}

impl<T> Roster<T> {
    /// Nobody yet; of each instrument `fresh` is kept at first.
    pub fn new(names: Names, fresh: fn() -> T) -> Self {
        Self { names, entries: Vec::new(), places: HashMap::new(), latest: 0, fresh }
    }

    /// Forgets what was kept of the instruments, and keeps their names.
    pub fn forget(&mut self) {
        for entry in &mut self.entries {
            entry.state = (self.fresh)();
        }
    }

    /// What is known of the instrument that the venue calls `name`.
    #[inline]
    pub fn entry(&mut self, name: &str) -> Result<&mut Entry<T>, FrameError> {
        if self.entries.get(self.latest).is_none_or(|entry| *entry.name != *name) {
            self.latest = self.place(name)?;
        }
        self.entries.get_mut(self.latest).ok_or_else(|| FrameError::field("symbol", name, &"not in the roster"))
    }

    /// Its place, which is a new one when it has not been spoken of.
    fn place(&mut self, name: &str) -> Result<usize, FrameError> {
        if let Some(place) = self.places.get(name) {
            return Ok(*place);
        }
        let symbol = self.names.symbol(name)?;
        let place = self.entries.len();
        if place == MAX_ENTRIES {
            return Err(FrameError::field("symbol", name, &"more instruments than any venue has"));
        }
        self.places.insert(name.into(), place);
        self.entries.push(Entry { name: name.into(), symbol, state: (self.fresh)() });
        Ok(place)
    }

    /// All instruments that were spoken of.
    pub fn entries(&mut self) -> impl Iterator<Item = &mut Entry<T>> {
        self.entries.iter_mut()
    }

    /// Takes a pair of names from the venue's own list, or from a subscription of ours.
    pub fn learn(&mut self, name: &str, symbol: &Symbol) {
        self.names.learn(name, symbol);
        if let Some(entry) = self.places.get(name).and_then(|place| self.entries.get_mut(*place)) {
            entry.symbol = symbol.clone();
        }
    }

    /// What the venue calls an instrument, where it was told or spoken of.
    pub fn native(&self, symbol: &Symbol) -> Option<&str> {
        self.names.native(symbol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instrument_keeps_its_state_and_takes_the_name_that_it_is_told() {
        let mut roster: Roster<u32> = Roster::new(Names::new(|name| Symbol::new(&name.replace('-', "/")).ok()), || 0);
        for name in ["A-B", "C-D", "A-B", "A-B", "C-D"] {
            roster.entry(name).unwrap().state += 1;
        }
        assert_eq!(roster.entries().map(|entry| entry.state).collect::<Vec<_>>(), [3, 2]);
        let told = Symbol::new("X/Y").unwrap();
        roster.learn("C-D", &told);
        assert_eq!(roster.entry("C-D").unwrap().symbol, told);
        assert_eq!(roster.native(&told), Some("C-D"));
        assert!(roster.entry("nonsense").is_err());
        assert_eq!(roster.entry("A-B").unwrap().state, 3, "what is no name leaves no trace");
        roster.forget();
        assert_eq!(roster.entries().map(|entry| entry.state).collect::<Vec<_>>(), [0, 0]);
    }
}
