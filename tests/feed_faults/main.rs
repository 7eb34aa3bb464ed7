//! A connection through a network that misbehaves: whatever happens on the way, it ends in right books or in a state that
//! says what is wrong, and nobody is hammered meanwhile.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod fetch;
mod proxy;
mod soak;

use exchequer::feed::{Clock, Connection, Handle, LinkError, LinkEvent, Listener, Settings, Statistics, backoff};
use exchequer::market::{
    Applied, Channel, Desync, Event, Level, Market, Side, Standing, Subscription, Symbol, Timestamp, VenueId,
};
use exchequer::sim::Server;
use exchequer::sim::{Pair, Settings as SimSettings};
use exchequer::venue::{Address, dialect};
use proxy::{Fault, Proxy};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Nothing here takes so long unless it never happens.
const NEVER: Duration = Duration::from_secs(60);

/// What a connection told.
#[derive(Default)]
struct Heard {
    market: Market,
    errors: Vec<LinkError>,
    ups: usize,
}

#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Heard>>);

impl Listener for Ear {
    fn link(&mut self, venue: VenueId, event: LinkEvent, at: Timestamp) {
        let mut heard = self.0.lock().unwrap();
        match event {
            LinkEvent::Up => return heard.ups += 1,
            LinkEvent::Waiting { reason, .. } | LinkEvent::Ended { reason } => heard.errors.push(reason),
            LinkEvent::Connecting => {}
        }
        heard.market.lose(venue, &Desync::Disconnected, at);
    }

    fn receive(&mut self, venue: VenueId, events: &mut Vec<Event>, received: Timestamp) -> Vec<Symbol> {
        let mut heard = self.0.lock().unwrap();
        let mut broken = Vec::new();
        for event in events.drain(..) {
            let symbol = match &event {
                Event::Book { symbol, .. } => Some(symbol.clone()),
                _ => None,
            };
            if let Some(Applied::NeedsResync(_)) = heard.market.apply(venue, event, received) {
                broken.extend(symbol);
            }
        }
        broken
    }

    fn silent(&mut self, venue: VenueId, symbol: &Symbol, silence: Duration, at: Timestamp) {
        self.0.lock().unwrap().market.listing_mut(venue, symbol).book.lose(Desync::Silent(silence), at);
    }

    fn statistics(&mut self, _: VenueId, _: &Statistics) {}
}

/// A venue, a network in between, and a client.
struct Scene {
    venue: Server,
    proxy: Proxy,
    ear: Ear,
    handle: Handle,
    depth: usize,
}

impl Scene {
    async fn open(fault: Fault) -> Self {
        Self::with(fault, SimSettings { rate: 500, ..SimSettings::default() }, 25).await
    }

    async fn with(fault: Fault, venue: SimSettings, depth: usize) -> Self {
        let venue = Server::start(venue).await.unwrap();
        let proxy = Proxy::start(venue.addr(), fault).await;
        let ear = Ear::default();
        let address = Address::stream(format!("ws://{}/v2", proxy.addr));
        let (first, longest) = (Duration::from_millis(50), Duration::from_millis(400));
        let limits = backoff::Limits { first, longest, healthy_after: Duration::from_secs(5) };
        let connect_timeout = Duration::from_secs(2);
        let settings = Settings { backoff: limits, connect_timeout, ..Settings::new(address.clone(), Clock::start()) };
        let books = Pair::standard()
            .into_iter()
            .map(|pair| Subscription { symbol: pair.symbol, channel: Channel::Book { depth } });
        let handle = Connection::spawn(settings, dialect(VenueId::Sim, &address), books, ear.clone()).unwrap();
        Self { venue, proxy, ear, handle, depth }
    }

    /// Waits until something holds of what was heard.
    async fn until(&self, what: &str, holds: impl Fn(&Heard) -> bool) {
        let waiting = async {
            while !holds(&self.ear.0.lock().unwrap()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(NEVER, waiting).await.is_err() {
            let heard = self.ear.0.lock().unwrap();
            let standing: Vec<_> =
                heard.market.listings().map(|(_, symbol, of)| (symbol, of.book.standing())).collect();
            panic!("{what} never came; errors {:?}, books {standing:?}", heard.errors);
        }
    }

    /// Holds the market still and waits until every book is the venue's own.
    async fn books_are_right(&self) {
        self.venue.set_moving(false);
        self.until("right books", |heard| self.right(heard)).await;
    }

    /// Whether every book is the venue's own.
    fn right(&self, heard: &Heard) -> bool {
        Pair::standard().iter().all(|pair| self.compared(heard, &pair.symbol) == Some(true))
    }

    /// Whether a book is the venue's own; `None` when it does not say that it can be trusted.
    fn compared(&self, heard: &Heard, symbol: &Symbol) -> Option<bool> {
        let book = &heard.market.listing(VenueId::Sim, symbol)?.book;
        let levels = |side| -> Vec<Level> { book.levels(side).collect() };
        let same = || (levels(Side::Bid), levels(Side::Ask)) == self.venue.book(symbol, self.depth).unwrap();
        (*book.standing() == Standing::Live).then(same)
    }

    async fn close(self) {
        tokio::time::timeout(NEVER, self.handle.close()).await.expect("it does not end");
    }
}

/// Through this fault, and after it is gone, the books come right.
async fn heals(fault: Fault, noticed: impl Fn(&Heard) -> bool) {
    let scene = Scene::open(fault).await;
    scene.until("the fault", noticed).await;
    scene.proxy.set(Fault::None);
    scene.books_are_right().await;
    let (attempts, seconds) = scene.proxy.attempts();
    assert!(attempts <= 3 + (seconds * 20.0) as usize, "{attempts} attempts in {seconds} s");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_cut_again_and_again_heals() {
    heals(Fault::Cut { after: 20_000 }, |heard| heard.ups >= 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn resets_heal() {
    heals(Fault::Reset { after: 20_000 }, |heard| heard.ups >= 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_closed_stream_is_over() {
    heals(Fault::HalfClose { after: 20_000 }, |heard| heard.ups >= 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_bytes_make_the_same_books() {
    let scene = Scene::open(Fault::Delay(Duration::from_millis(100))).await;
    scene.until("a connection", |heard| heard.ups == 1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    scene.books_are_right().await;
    assert_eq!(scene.ear.0.lock().unwrap().errors, []);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_line_makes_the_same_books() {
    let scene = Scene::open(Fault::Throttle { bytes_per_second: 200_000 }).await;
    scene.until("a connection", |heard| heard.ups == 1).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    scene.books_are_right().await;
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_in_pieces_of_a_byte_make_the_same_books() {
    // Few messages: each of their bytes is a write and a read, and a venue drops who falls behind.
    let scene = Scene::with(Fault::Split, SimSettings { rate: 40, ..SimSettings::default() }, 25).await;
    scene.until("a connection", |heard| heard.ups == 1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    scene.books_are_right().await;
    assert_eq!(scene.ear.0.lock().unwrap().errors, []);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_pings_is_answered_and_survived() {
    let scene = Scene::open(Fault::Pings(20_000)).await;
    scene.books_are_right().await;
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compression_that_nobody_agreed_on_is_named() {
    heals(Fault::Compressed, |heard| heard.errors.iter().any(|error| matches!(error, LinkError::Broken { .. }))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed_and_is_named() {
    let answer = "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\n\r\n";
    let named = |error: &LinkError| matches!(error, LinkError::Refused { reason, .. } if reason.contains("302"));
    heals(Fault::Answer(answer), |heard| heard.errors.iter().filter(|error| named(error)).count() >= 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_venue_that_wants_to_be_left_alone_is_left_alone() {
    for status in ["429 Too Many Requests", "418 I'm a teapot"] {
        let answer = format!("HTTP/1.1 {status}\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n");
        let scene = Scene::open(Fault::Answer(answer.leak())).await;
        scene.until("the refusal", |heard| !heard.errors.is_empty()).await;
        let LinkError::Overrun { after, .. } = scene.ear.0.lock().unwrap().errors[0].clone() else {
            panic!("{:?}", scene.ear.0.lock().unwrap().errors)
        };
        assert_eq!(after, Duration::from_secs(2));
        scene.proxy.set(Fault::None);
        scene.books_are_right().await;
        let (attempts, seconds) = scene.proxy.attempts();
        assert!(attempts == 2 && seconds >= 2.0, "{attempts} attempts in {seconds} s");
        scene.close().await;
    }
}
