//! A venue on loopback that does what a test tells it, and a listener that tells what it hears.

use exchequer::feed::{Clock, Handle, LinkError, LinkEvent, Listener, Settings, Statistics, backoff};
use exchequer::market::{
    Applied, Channel, Checksum, Desync, Event, Freshness, Level, Market, Precision, Side, Subscription, Symbol,
    Timestamp, VenueId,
};
use exchequer::venue::kraken::Kraken;
use exchequer::venue::{Address, Dialect, FrameError, Manners, Outgoing, Receipt};
use futures_util::{SinkExt, StreamExt};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

/// Nothing here takes so long unless it never happens.
pub const NEVER: Duration = Duration::from_secs(30);

/// The largest frame that the test's dialect reads.
pub const MAX_FRAME: usize = 4096;

/// Kraken's dialect with the manners of someone in a hurry.
pub struct Hasty {
    pub inner: Kraken,
    pub ping_after: Duration,
    pub dead_after: Duration,
}

impl Hasty {
    pub fn new() -> Self {
        Self { inner: Kraken::new(VenueId::Sim), ping_after: NEVER, dead_after: NEVER }
    }
}

impl Dialect for Hasty {
    fn venue(&self) -> VenueId {
        self.inner.venue()
    }
    fn manners(&self) -> Manners {
        let (ping_after, dead_after) = (self.ping_after, self.dead_after);
        Manners { ping_after, dead_after, max_frame: MAX_FRAME, frames_per_second: 1_000, ..self.inner.manners() }
    }
    fn connected(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.inner.connected(wanted)
    }
    fn subscribe(&mut self, wanted: &[Subscription]) -> Vec<Outgoing> {
        self.inner.subscribe(wanted)
    }
    fn unsubscribe(&mut self, unwanted: &[Subscription]) -> Vec<Outgoing> {
        self.inner.unsubscribe(unwanted)
    }
    fn resync(&mut self, symbol: &Symbol) -> Vec<Outgoing> {
        self.inner.resync(symbol)
    }
    fn ping(&mut self) -> Option<String> {
        self.inner.ping()
    }
    fn receive(&mut self, frame: &str, received: Timestamp, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        self.inner.receive(frame, received, events)
    }
    fn venue_symbol(&self, symbol: &Symbol) -> Option<Box<str>> {
        self.inner.venue_symbol(symbol)
    }

    fn sent(&mut self, frame: &str) {
        self.inner.sent(frame);
    }
}

/// What a listener heard.
#[derive(Debug)]
pub enum Heard {
    Link(LinkEvent),
    Events,
    Silent(Symbol),
    Statistics(Statistics),
}

/// A desk in small: a market, and a line to the test.
pub struct Ear {
    pub market: Arc<Mutex<Market>>,
    pub line: mpsc::UnboundedSender<Heard>,
}

impl Listener for Ear {
    fn link(&mut self, venue: VenueId, event: LinkEvent, at: Timestamp) {
        if event != LinkEvent::Up {
            self.market.lock().unwrap().lose(venue, &Desync::Disconnected, at);
        }
        let _ = self.line.send(Heard::Link(event));
    }
    fn receive(&mut self, venue: VenueId, events: &mut Vec<Event>, received: Timestamp) -> Vec<Symbol> {
        let mut broken = Vec::new();
        let mut market = self.market.lock().unwrap();
        for event in events.drain(..) {
            let of = if let Event::Book { symbol, .. } = &event { Some(symbol.clone()) } else { None };
            if let (Some(Applied::NeedsResync(_)), Some(symbol)) = (market.apply(venue, event, received), of) {
                broken.push(symbol);
            }
        }
        let _ = self.line.send(Heard::Events);
        broken
    }
    fn silent(&mut self, venue: VenueId, symbol: &Symbol, silence: Duration, at: Timestamp) {
        self.market.lock().unwrap().listing_mut(venue, symbol).book.lose(Desync::Silent(silence), at);
        let _ = self.line.send(Heard::Silent(symbol.clone()));
    }
    fn statistics(&mut self, _: VenueId, statistics: &Statistics) {
        let _ = self.line.send(Heard::Statistics(*statistics));
    }
}

/// The test's side of a listener.
pub struct Audience {
    pub market: Arc<Mutex<Market>>,
    heard: mpsc::UnboundedReceiver<Heard>,
}

pub fn listener() -> (Ear, Audience) {
    let market = Arc::new(Mutex::new(Market::default()));
    let (line, heard) = mpsc::unbounded_channel();
    (Ear { market: Arc::clone(&market), line }, Audience { market, heard })
}

impl Audience {
    /// Waits for something that `find` recognises.
    pub async fn until<T>(&mut self, find: impl Fn(&Heard) -> Option<T>) -> T {
        let search = async {
            loop {
                let heard = self.heard.recv().await.expect("the listener is gone");
                if let Some(found) = find(&heard) {
                    return found;
                }
            }
        };
        tokio::time::timeout(NEVER, search).await.expect("it never happened")
    }

    pub async fn up(&mut self) {
        self.until(|heard| matches!(heard, Heard::Link(LinkEvent::Up)).then_some(())).await;
    }

    /// Waits until the connection is lost, and gives the reason.
    pub async fn lost(&mut self) -> LinkError {
        self.until(|heard| match heard {
            Heard::Link(LinkEvent::Waiting { reason, .. } | LinkEvent::Ended { reason }) => Some(reason.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until the book is live and its best bid has this quantity.
    pub async fn best_bid(&mut self, quantity: &str) {
        let wanted = Some(quantity.parse().unwrap());
        loop {
            {
                let market = self.market.lock().unwrap();
                if let Some(listing) = market.listing(VenueId::Sim, &btc())
                    && listing.book.best(Side::Bid).map(|level| level.quantity) == wanted
                    && matches!(listing.freshness(Timestamp::from_secs(0), NEVER), Freshness::Live(_))
                {
                    return;
                }
            }
            self.until(|heard| matches!(heard, Heard::Events).then_some(())).await;
        }
    }

    pub fn standing(&self) -> exchequer::market::Standing {
        self.market.lock().unwrap().listing(VenueId::Sim, &btc()).unwrap().book.standing().clone()
    }
}

/// A venue that waits for connections.
pub struct Venue {
    socket: TcpListener,
    pub url: String,
}

/// One connection, seen from the venue.
pub struct Peer(WebSocketStream<TcpStream>);

impl Venue {
    pub async fn open() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/v2", socket.local_addr().unwrap());
        Self { socket, url }
    }

    pub async fn accept(&self) -> Peer {
        let accepting = async { accept_async(self.socket.accept().await.unwrap().0).await.unwrap() };
        Peer(tokio::time::timeout(NEVER, accepting).await.expect("nobody connects"))
    }

    pub fn settings(&self) -> Settings {
        Settings { backoff: quick(), ..settings(&self.url) }
    }
}

pub fn quick() -> backoff::Limits {
    let (first, longest) = (Duration::from_millis(10), Duration::from_millis(50));
    backoff::Limits { first, longest, healthy_after: NEVER }
}

impl Peer {
    pub async fn next(&mut self) -> Message {
        tokio::time::timeout(NEVER, self.0.next()).await.expect("nothing was sent").unwrap().unwrap()
    }

    /// Waits for a frame that holds all of these words.
    pub async fn expect(&mut self, words: &[&str]) -> String {
        loop {
            if let Message::Text(text) = self.next().await
                && words.iter().all(|word| text.contains(word))
            {
                return text.as_str().to_owned();
            }
        }
    }

    pub async fn send(&mut self, text: impl Into<String>) {
        self.message(Message::text(text.into())).await;
    }

    pub async fn message(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    /// Sends many frames in as few writes as possible.
    pub async fn burst(&mut self, frames: impl Iterator<Item = String>) {
        for frame in frames {
            self.0.feed(Message::text(frame)).await.unwrap();
        }
        self.0.flush().await.unwrap();
    }

    pub async fn close(mut self) {
        let _ = self.0.close(None).await;
    }
}

pub fn btc() -> Symbol {
    Symbol::new("BTC/USD").unwrap()
}

pub fn book() -> Subscription {
    Subscription { symbol: btc(), channel: Channel::Book { depth: 10 } }
}

pub fn trades() -> Subscription {
    Subscription { symbol: btc(), channel: Channel::Trades }
}

/// A book of one level a side, whose checksum is right, or is not.
pub fn frame(kind: &str, quantity: &str, right: bool) -> String {
    let level =
        |price: &str, quantity: &str| Level { price: price.parse().unwrap(), quantity: quantity.parse().unwrap() };
    let (bid, ask) = (level("100.0", quantity), level("101.0", "1.00000000"));
    let sum = Checksum::of_kraken(&[bid], &[ask], Precision { price: 1, quantity: 8 }).expected();
    let sum = if right { sum } else { sum ^ 1 };
    format!(
        r#"{{"channel":"book","type":"{kind}","data":[{{"symbol":"BTC/USD","bids":[{{"price":100.0,"qty":{quantity}}}],"asks":[{{"price":101.0,"qty":1.00000000}}],"checksum":{sum},"timestamp":"2026-01-01T00:00:00Z"}}]}}"#
    )
}

/// Ends a connection and waits for it.
pub async fn close(handle: Handle) {
    tokio::time::timeout(NEVER, handle.close()).await.expect("it does not end");
}

/// The usual settings for a stream at `url`.
pub fn settings(url: &str) -> Settings {
    Settings::new(Address::stream(url), Clock::start())
}
