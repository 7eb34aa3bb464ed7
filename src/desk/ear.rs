//! What the desk does with what a connection tells: into the market under the lock, and a word to whoever draws.

use super::shared::Shared;
use super::state::State;
use super::{Line, Link, LinkState};
use crate::feed::{LinkEvent, Listener, Statistics};
use crate::market::{Applied, Desync, Event, Market, Symbol, Timestamp, VenueId};
use std::sync::Arc;
use std::time::Duration;

/// The desk's listener of one connection, or of a replayed capture.
#[derive(Debug)]
pub(super) struct Ear {
    shared: Arc<Shared>,
    /// Which connection this is; a replayed capture is the only one of its venue.
    line: Option<Line>,
}

impl Ear {
    /// Hears one of the desk's connections.
    pub fn of(line: Line, shared: Arc<Shared>) -> Self {
        Self { shared, line: Some(line) }
    }

    /// Hears a capture.
    pub fn of_capture(shared: Arc<Shared>) -> Self {
        Self { shared, line: None }
    }

    /// What the views show of this connection.
    fn shown<'a>(&self, state: &'a mut State, venue: VenueId) -> &'a mut Link {
        let line = self.line.unwrap_or_else(|| Line::first(venue));
        state.links.entry(line).or_insert_with(|| Link::new(line))
    }
}

impl Listener for Ear {
    fn link(&mut self, venue: VenueId, event: LinkEvent, at: Timestamp) {
        let mut state = self.shared.state();
        let carries = self.line.map(|_| Arc::clone(&self.shown(&mut state, venue).carries));
        match carries {
            _ if event == LinkEvent::Up => {}
            Some(symbols) => state.market.lose_some(venue, symbols.iter(), &Desync::Disconnected, at),
            None => state.market.lose(venue, &Desync::Disconnected, at),
        }
        let link = self.shown(&mut state, venue);
        link.state = match event {
            LinkEvent::Connecting => LinkState::Connecting,
            LinkEvent::Up => LinkState::Up,
            LinkEvent::Waiting { until, reason } => LinkState::Waiting { until, reason: reason.to_string() },
            LinkEvent::Ended { reason } => LinkState::Ended { reason: reason.to_string() },
        };
        link.changed = at;
        drop(state);
        self.shared.changed();
    }

    fn receive(&mut self, venue: VenueId, events: &mut Vec<Event>, received: Timestamp) -> Vec<Symbol> {
        let mut lost = Vec::new();
        let mut state = self.shared.state();
        for event in events.drain(..) {
            let symbol = match &event {
                Event::Book { symbol, .. } => Some(symbol.clone()),
                Event::Status { status, message } => {
                    let link = self.shown(&mut state, venue);
                    (link.status, link.said) = (Some(*status), message.clone());
                    None
                }
                Event::Doubt { symbols, reason } => {
                    tracing::warn!(%venue, %reason, books = symbols.len(), "books in doubt");
                    lost.extend(symbols.iter().cloned());
                    None
                }
                _ => None,
            };
            if let (Some(Applied::NeedsResync(reason)), Some(symbol)) =
                (state.market.apply(venue, event, received), symbol)
            {
                tracing::warn!(%venue, %symbol, %reason, "book out of step");
                lost.push(symbol);
            }
        }
        drop(state);
        self.shared.changed();
        lost
    }

    fn silent(&mut self, venue: VenueId, symbol: &Symbol, silence: Duration, at: Timestamp) {
        let mut state = self.shared.state();
        state.market.listing_mut(venue, symbol).book.lose(Desync::Silent(silence), at);
        drop(state);
        tracing::warn!(%venue, %symbol, seconds = silence.as_secs(), "book silent");
        self.shared.changed();
    }

    fn statistics(&mut self, venue: VenueId, statistics: &Statistics) {
        let mut state = self.shared.state();
        self.shown(&mut state, venue).figures = *statistics;
        drop(state);
        self.shared.changed();
    }

    fn restart(&mut self) {
        self.shared.state().market = Market::default();
        self.shared.changed();
    }
}
