//! What the desk knows, behind one lock that is held for microseconds, and how a view is copied out of it.

use super::portfolio::{Balances, Portfolios};
use super::treasury::show::Shown;
use super::{
    AcrossView, AlertsView, BookView, Day, Focus, Line, Link, Mode, Notice, Place, Query, Replay, Store, View, Watched,
};
use crate::feed::player::Progress;
use crate::market::{Fee, Listing, Market, Symbol, Timestamp, VenueId};
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Notices kept for the screen; all of them are in the log.
const MAX_NOTICES: usize = 50;

/// Everything a view is made of.
#[derive(Debug)]
pub(super) struct State {
    pub mode: Mode,
    pub market: Market,
    pub watch: Vec<Place>,
    pub links: BTreeMap<Line, Link>,
    pub store: Store,
    pub alerts: Arc<AlertsView>,
    /// What is owned, once it was read.
    pub portfolios: Option<Portfolios>,
    /// What chains say of Safes and watched accounts, once the treasury was read.
    pub balances: Option<Arc<[Balances]>>,
    /// What is shown of the treasury, once it was read.
    pub treasury: Option<Arc<Shown>>,
    pub replay: Option<Replay>,
    /// The time of the capture, in a replay.
    pub replayed: Option<Timestamp>,
    pub stale_after: Duration,
    /// What the venues take from those who take.
    pub fees: BTreeMap<VenueId, Fee>,
    notices: VecDeque<Notice>,
}

impl State {
    pub fn new(mode: Mode, watch: Vec<Place>, stale_after: Duration) -> Self {
        Self {
            mode,
            market: Market::default(),
            watch,
            links: BTreeMap::new(),
            store: Store::default(),
            alerts: Arc::default(),
            portfolios: None,
            balances: None,
            treasury: None,
            replay: None,
            replayed: None,
            stale_after,
            fees: BTreeMap::new(),
            notices: VecDeque::new(),
        }
    }

    pub fn notice(&mut self, at: Timestamp, warning: bool, text: impl Into<String>) {
        if self.notices.len() == MAX_NOTICES {
            self.notices.pop_front();
        }
        self.notices.push_back(Notice { at, warning, text: text.into() });
    }

    /// Shows where a replay stands.
    pub fn show_replay(&mut self, name: &str, progress: Progress) {
        let Progress { position, length, paused, speed, ended, now } = progress;
        self.replayed = Some(now);
        self.replay = Some(Replay { name: name.to_owned(), position, length, paused, speed, ended });
    }

    /// The instruments that could be watched and are not.
    pub fn instruments(&self) -> impl Iterator<Item = Place> + '_ {
        let all = self.market.instruments().map(|i| Place { venue: i.venue, symbol: i.symbol.clone() });
        all.filter(|place| !self.watch.contains(place))
    }

    /// A view as of `now`, or as of the capture's time in a replay.
    pub fn view(&mut self, query: &Query, now: Timestamp) -> View {
        let now = match self.mode {
            Mode::Replay => self.replayed.unwrap_or(now),
            Mode::Demo | Mode::Live => now,
        };
        let nav = self.portfolios.as_mut().and_then(|portfolios| portfolios.nav(now));
        let portfolio = self.portfolios.as_mut().zip(query.portfolio.as_ref());
        let portfolio = portfolio.and_then(|(portfolios, query)| portfolios.view(query, now));
        let watch = self.watched_places();
        let focus = query.focus.as_ref().or(watch.first());
        View {
            mode: self.mode,
            now,
            watch: watch.iter().map(|place| self.watched(place, now)).collect(),
            focus: focus.map(|place| self.focus(place, query, now)),
            across: focus
                .zip(query.across.as_ref())
                .map(|(place, across)| AcrossView::of(self, place, &watch, across, query.group, now)),
            links: self.links.values().cloned().collect(),
            nav,
            portfolio,
            waiting: self.treasury.as_ref().and_then(|treasury| treasury.waiting()),
            treasury: self.treasury.as_ref().zip(query.treasury.as_ref()).and_then(|(shown, query)| shown.view(query)),
            store: self.store.clone(),
            alerts: Arc::clone(&self.alerts),
            replay: self.replay.clone(),
            notices: self.notices.iter().cloned().collect(),
        }
    }

    /// The watchlist; in a replay, whatever the capture holds.
    fn watched_places(&self) -> Cow<'_, [Place]> {
        match self.mode {
            Mode::Replay => {
                let place = |(venue, symbol, _): (VenueId, &Symbol, &Listing)| Place { venue, symbol: symbol.clone() };
                self.market.listings().map(place).collect()
            }
            Mode::Demo | Mode::Live => Cow::Borrowed(&self.watch),
        }
    }

    fn listing(&self, place: &Place) -> Option<&Listing> {
        self.market.listing(place.venue, &place.symbol)
    }

    fn watched(&self, place: &Place, now: Timestamp) -> Watched {
        let empty = Listing::default();
        let listing = self.listing(place).unwrap_or(&empty);
        let ticker = listing.ticker.as_ref().map(|t| &t.value);
        Watched {
            place: place.clone(),
            last: listing.tape.newest().next().map(|t| t.price).or(ticker.and_then(|t| t.last)),
            precision: listing.book.precision(),
            change: ticker.and_then(|t| t.change),
            freshness: listing.freshness(now, self.stale_after),
            refusal: listing.refusal.clone(),
        }
    }

    fn focus(&self, place: &Place, query: &Query, now: Timestamp) -> Focus {
        let empty = Listing::default();
        let listing = self.listing(place).unwrap_or(&empty);
        Focus {
            place: place.clone(),
            book: BookView::of(&listing.book, query, listing.freshness(now, self.stale_after)),
            trades: listing.tape.newest().take(query.trades).copied().collect(),
            candles: listing.candles.newest(query.interval).take(query.candles).copied().collect(),
            day: listing.ticker.as_ref().map(|t| Day {
                high: t.value.high,
                low: t.value.low,
                volume: t.value.volume,
                age: t.age(now),
            }),
            refusal: listing.refusal.clone(),
        }
    }
}
