//! The simulated venue over real sockets: a client's book is the venue's own, and every fault is noticed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use exchequer::market::{Applied, Channel, Event, Market, Side, Standing, Subscription, Symbol, Timestamp, VenueId};
use exchequer::sim::{Pair, Server, Settings, SimError, Trouble};
use exchequer::venue::{Address, Dialect, dialect};
use futures_util::{SinkExt, StreamExt};
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Long enough for any machine; nothing here waits for it unless something is broken.
const PATIENCE: Duration = Duration::from_secs(60);

struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    dialect: Box<dyn Dialect>,
    market: Market,
    failed: u64,
    unreadable: u64,
    pongs: u64,
}

impl Client {
    async fn connect(venue: &Server, depth: usize) -> Self {
        let (socket, _) = connect_async(venue.url()).await.unwrap();
        let dialect = dialect(VenueId::Sim, &Address::default());
        let market = Market::default();
        let mut client = Self { socket, dialect, market, failed: 0, unreadable: 0, pongs: 0 };
        let wanted = Pair::standard().into_iter().flat_map(|pair| {
            [Channel::Book { depth }, Channel::Trades]
                .map(|channel| Subscription { symbol: pair.symbol.clone(), channel })
        });
        for request in client.dialect.connected(&wanted.collect::<Vec<_>>()) {
            client.socket.send(Message::text(request.frame().unwrap())).await.unwrap();
        }
        client
    }

    /// Reads one frame; `false` when the connection has ended.
    async fn read(&mut self) -> bool {
        let message = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a frame");
        let Some(Ok(Message::Text(frame))) = message else { return false };
        let now = Timestamp::from_system(SystemTime::now());
        let mut events = Vec::new();
        self.unreadable += u64::from(self.dialect.receive(&frame, now, &mut events).is_err());
        for event in events {
            self.pongs += u64::from(matches!(event, Event::Pong { .. }));
            let applied = self.market.apply(VenueId::Sim, event, now);
            self.failed += u64::from(matches!(applied, Some(Applied::NeedsResync(_))));
        }
        true
    }

    /// Reads all that was sent before now: the answer to a ping stands behind it.
    async fn catch_up(&mut self) {
        let (ping, pongs) = (self.dialect.ping().unwrap(), self.pongs);
        self.socket.send(Message::text(ping)).await.unwrap();
        while self.pongs == pongs {
            assert!(self.read().await);
        }
    }

    fn checked(&self) -> u64 {
        self.market.listings().map(|(_, _, listing)| listing.book.record().checked).sum()
    }

    fn agrees(&self, venue: &Server, symbol: &Symbol, depth: usize) -> bool {
        let Some(listing) = self.market.listing(VenueId::Sim, symbol) else { return false };
        let (bids, asks) = venue.book(symbol, depth).unwrap();
        *listing.book.standing() == Standing::Live
            && listing.book.levels(Side::Bid).eq(bids)
            && listing.book.levels(Side::Ask).eq(asks)
    }
}

async fn venue(rate: u32, faults: &[&str]) -> Server {
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    Server::start(Settings { seed: 7, rate, faults, ..Settings::default() }).await.unwrap()
}

#[tokio::test]
async fn a_clients_book_is_the_venues_own() {
    let venue = venue(4_000, &[]).await;
    for depth in [10, 100] {
        let mut client = Client::connect(&venue, depth).await;
        for round in 1..=3 {
            venue.set_moving(true);
            while client.checked() < round * 1_200 {
                assert!(client.read().await);
            }
            venue.set_moving(false);
            client.catch_up().await;
            for pair in Pair::standard() {
                assert!(client.agrees(&venue, &pair.symbol, depth), "{} at depth {depth}", pair.symbol);
            }
        }
        assert_eq!((client.failed, client.unreadable), (0, 0));
    }
    assert_eq!(venue.injected().iter().count(), 0);
}

#[tokio::test]
async fn losses_and_corruption_are_noticed() {
    for (fault, trouble) in
        [("drop@0.05", Trouble::Drop), ("gap@0.05", Trouble::Gap), ("corrupt-checksum@0.05", Trouble::CorruptChecksum)]
    {
        let venue = venue(2_000, &[fault]).await;
        let mut client = Client::connect(&venue, 10).await;
        while client.failed == 0 {
            assert!(client.read().await);
        }
        assert!(venue.injected().count(trouble) > 0, "{fault}");
    }
    let venue = venue(2_000, &["garbage@0.05"]).await;
    let mut client = Client::connect(&venue, 10).await;
    while client.unreadable < 5 {
        assert!(client.read().await);
    }
    assert_eq!(client.failed, 0);
}

#[tokio::test]
async fn a_disconnect_ends_the_connection_and_the_next_one_works() {
    let venue = venue(2_000, &["disconnect@0.01"]).await;
    for connections in 1..=3 {
        let mut client = Client::connect(&venue, 10).await;
        while client.read().await {}
        assert!(venue.injected().count(Trouble::Disconnect) >= connections);
    }
}

#[tokio::test]
async fn a_stalled_connection_lives_but_is_silent() {
    let venue = venue(2_000, &["stall@0.02"]).await;
    let mut client = Client::connect(&venue, 10).await;
    // Without a stall something comes at least every second.
    let silence = Duration::from_secs(3);
    while let Ok(frame) = tokio::time::timeout(silence, client.socket.next()).await {
        assert!(frame.unwrap().is_ok(), "the connection lives");
    }
    assert!(venue.injected().count(Trouble::Stall) > 0);
    assert_eq!(venue.clients(), 1);
}

#[tokio::test]
async fn a_venue_is_closed_when_it_is_stopped() {
    let venue = venue(1_000, &[]).await;
    let addr = venue.addr();
    let mut client = Client::connect(&venue, 10).await;
    assert!(client.read().await);
    venue.stop();
    while client.read().await {}
    assert!(TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dismissed() {
    let pairs = Pair::many(100);
    let venue = Server::start(Settings { pairs: pairs.clone(), ..Settings::default() }).await.unwrap();
    let (mut socket, _) = connect_async(venue.url()).await.unwrap();
    let names: Vec<&str> = pairs.iter().map(|pair| pair.symbol.as_str()).collect();
    // It asks for the same snapshots again and again, without ever reading one.
    for method in ["subscribe", "unsubscribe"].iter().cycle().take(30) {
        let params = serde_json::json!({"channel": "ohlc", "interval": 1, "symbol": names});
        let request = serde_json::json!({"method": method, "params": params}).to_string();
        if socket.send(Message::text(request)).await.is_err() {
            break;
        }
    }
    let dismissed = async {
        while venue.clients() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, dismissed).await.expect("dismissed");
}

#[tokio::test]
async fn what_cannot_be_opened_is_refused_by_name() {
    let open = async |settings| Server::start(settings).await.map(|venue| venue.addr());
    let everyone = SocketAddr::from(([0, 0, 0, 0], 0));
    assert!(matches!(open(Settings { listen: everyone, ..Settings::default() }).await, Err(SimError::Remote(_))));
    assert!(open(Settings { listen: everyone, allow_remote: true, ..Settings::default() }).await.is_ok());
    for rate in [0, 20_001] {
        assert!(matches!(open(Settings { rate, ..Settings::default() }).await, Err(SimError::Rate(_))));
    }
    assert!(matches!(open(Settings { pairs: Vec::new(), ..Settings::default() }).await, Err(SimError::NoPairs)));
    let taken = venue(1, &[]).await;
    let again = open(Settings { listen: taken.addr(), ..Settings::default() }).await;
    assert!(matches!(again, Err(SimError::Listen { .. })));
}
