//! A connection against a venue on loopback: what is asked, what is survived, and what is said about it.

use crate::venue::{Hasty, Heard, MAX_FRAME, NEVER, Venue, book, btc, close, frame, listener, quick, settings, trades};
use exchequer::feed::capture::{Direction, Reader};
use exchequer::feed::recorder::Recorder;
use exchequer::feed::replay::Replayer;
use exchequer::feed::{Connection, LinkError, LinkEvent, Settings};
use exchequer::market::{Channel, Desync, Standing, Subscription};
use std::time::Duration;
use tokio_tungstenite::tungstenite::{Bytes, Message};

#[tokio::test]
async fn a_subscription_is_asked_for_carried_and_ended() {
    let (venue, (ear, mut heard)) = (Venue::open().await, listener());
    let handle = Connection::spawn(venue.settings(), Box::new(Hasty::new()), [book()], ear).unwrap();
    let mut peer = venue.accept().await;
    heard.up().await;
    peer.expect(&["subscribe", "instrument"]).await;
    peer.expect(&["subscribe", "\"book\"", "BTC/USD", "\"depth\":10"]).await;
    peer.send(frame("snapshot", "1.00000000", true)).await;
    heard.best_bid("1").await;
    peer.send(frame("update", "2.00000000", true)).await;
    heard.best_bid("2").await;

    handle.subscribe([trades()]);
    let asked = peer.expect(&["\"subscribe\"", "\"trade\""]).await;
    assert!(!asked.contains("book"), "what runs is left alone: {asked}");
    handle.unsubscribe([&book()]);
    peer.expect(&["\"unsubscribe\"", "\"book\""]).await;
    close(handle).await;
    assert!(matches!(peer.next().await, Message::Close(_)), "we say good-bye");
    assert_eq!(heard.lost().await, LinkError::Ours);
}

#[tokio::test]
async fn a_burst_is_read_to_its_last_frame() {
    let (venue, (ear, mut heard)) = (Venue::open().await, listener());
    let handle = Connection::spawn(venue.settings(), Box::new(Hasty::new()), [book()], ear).unwrap();
    let mut peer = venue.accept().await;
    let kind = |count: u64| if count == 1 { "snapshot" } else { "update" };
    peer.burst((1..=1_000).map(|count| frame(kind(count), &format!("{count}.00000000"), true))).await;
    heard.best_bid("1000").await;
    let frames = |heard: &Heard| if let Heard::Statistics(statistics) = heard { Some(statistics.frames) } else { None };
    assert_eq!(heard.until(frames).await, 1_000);
    close(handle).await;
}

#[tokio::test]
async fn after_a_reconnect_everything_is_asked_for_again() {
    let (venue, (ear, mut heard)) = (Venue::open().await, listener());
    let handle = Connection::spawn(venue.settings(), Box::new(Hasty::new()), [book()], ear).unwrap();
    let mut peer = venue.accept().await;
    handle.subscribe([trades()]);
    peer.expect(&["\"trade\""]).await;
    peer.send(frame("snapshot", "1.00000000", true)).await;
    heard.best_bid("1").await;
    peer.close().await;
    assert!(matches!(heard.lost().await, LinkError::Closed { .. }));
    assert!(matches!(heard.standing(), Standing::Resync { reason: Desync::Disconnected, .. }));

    let mut peer = venue.accept().await;
    peer.expect(&["subscribe", "\"book\"", "BTC/USD"]).await;
    peer.expect(&["subscribe", "\"trade\"", "BTC/USD"]).await;
    peer.send(frame("snapshot", "3.00000000", true)).await;
    heard.best_bid("3").await;
    let reconnects = |heard: &Heard| match heard {
        Heard::Statistics(statistics) if statistics.frames == 2 => Some(statistics.reconnects),
        _ => None,
    };
    assert_eq!(heard.until(reconnects).await, 1);
    close(handle).await;
}

#[tokio::test]
async fn a_wish_made_while_disconnected_is_kept() {
    let (venue, (ear, mut heard)) = (Venue::open().await, listener());
    let handle = Connection::spawn(venue.settings(), Box::new(Hasty::new()), [], ear).unwrap();
    venue.accept().await.close().await;
    heard.lost().await;
    handle.subscribe([book()]);
    venue.accept().await.expect(&["subscribe", "\"book\"", "BTC/USD"]).await;
    close(handle).await;
}

#[tokio::test]
async fn silence_is_answered_with_a_ping_and_then_given_up() {
    let (venue, (ear, mut heard)) = (Venue::open().await, listener());
    let (ping_after, dead_after) = (Duration::from_millis(100), Duration::from_millis(500));
    let dialect = Box::new(Hasty { ping_after, dead_after, ..Hasty::new() });
    let handle = Connection::spawn(venue.settings(), dialect, [], ear).unwrap();
    let mut peer = venue.accept().await;
    peer.expect(&["\"method\":\"ping\""]).await;
    let LinkError::Silent { after, .. } = heard.lost().await else { panic!("not given up for its silence") };
    assert_eq!(after, dead_after);
    venue.accept().await;
    close(handle).await;
}

#[tokio::test]
async fn an_answered_ping_keeps_the_connection() {
    let (venue, (ear, mut heard)) = (Venue::open().await, listener());
    let dialect = Box::new(Hasty { ping_after: Duration::from_millis(100), ..Hasty::new() });
    let handle = Connection::spawn(venue.settings(), dialect, [], ear).unwrap();
    let mut peer = venue.accept().await;
    for _ in 0..3 {
        peer.expect(&["\"method\":\"ping\""]).await;
        peer.send(r#"{"method":"pong","time_out":"2026-01-01T00:00:00Z"}"#).await;
    }
    let lag = heard.until(|heard| if let Heard::Statistics(s) = heard { s.lag } else { None }).await;
    assert!(lag > Duration::ZERO);
    close(handle).await;
}

#[tokio::test]
async fn the_venues_pings_are_answered_at_once() {
    let (venue, (ear, _heard)) = (Venue::open().await, listener());
    let handle = Connection::spawn(venue.settings(), Box::new(Hasty::new()), [], ear).unwrap();
    let mut peer = venue.accept().await;
    peer.message(Message::Ping(Bytes::from_static(b"there?"))).await;
    while !matches!(peer.next().await, Message::Pong(echo) if echo.as_ref() == b"there?") {}
    close(handle).await;
}

#[tokio::test]
async fn a_frame_beyond_the_limit_ends_the_connection_by_name() {
    let (venue, (ear, mut heard)) = (Venue::open().await, listener());
    let handle = Connection::spawn(venue.settings(), Box::new(Hasty::new()), [], ear).unwrap();
    let mut peer = venue.accept().await;
    peer.send("x".repeat(MAX_FRAME + 1)).await;
    let LinkError::TooLarge { size, limit, .. } = heard.lost().await else { panic!("not named") };
    assert_eq!((size, limit), (MAX_FRAME + 1, MAX_FRAME));
    close(handle).await;
}

#[tokio::test]
async fn garbage_is_counted_and_kept_and_disturbs_nothing() {
    let (venue, (ear, mut heard)) = (Venue::open().await, listener());
    let handle = Connection::spawn(venue.settings(), Box::new(Hasty::new()), [book()], ear).unwrap();
    let mut peer = venue.accept().await;
    peer.send(frame("snapshot", "1.00000000", true)).await;
    for number in 0..20 {
        peer.send(format!("{{\"channel\":\"book\",\"garbage\":{number}}}")).await;
    }
    peer.message(Message::Binary(Bytes::from_static(b"\0\x01"))).await;
    peer.send(r#"{"channel":"weather"}"#).await;
    peer.send(frame("update", "2.00000000", true)).await;
    heard.best_bid("2").await;
    let unreadable = handle.unreadable();
    assert_eq!(unreadable.len(), 8, "only the last few are kept");
    assert!(unreadable[6].frame.ends_with("19}") && unreadable[6].reason.contains("book"), "{:?}", unreadable[6]);
    assert_eq!(unreadable[7].reason, "a binary frame");
    let counted = |heard: &Heard| match heard {
        Heard::Statistics(s) if s.frames == 24 => Some((s.malformed, s.unknown, s.resyncs)),
        _ => None,
    };
    assert_eq!(heard.until(counted).await, (21, 1, 0));
    close(handle).await;
}

#[tokio::test]
async fn a_wrong_checksum_brings_a_fresh_snapshot() {
    let (venue, (ear, mut heard)) = (Venue::open().await, listener());
    let handle = Connection::spawn(venue.settings(), Box::new(Hasty::new()), [book()], ear).unwrap();
    let mut peer = venue.accept().await;
    peer.expect(&["\"subscribe\"", "\"book\""]).await;
    peer.send(frame("snapshot", "1.00000000", true)).await;
    heard.best_bid("1").await;
    peer.send(frame("update", "2.00000000", false)).await;
    peer.expect(&["\"unsubscribe\"", "\"book\"", "BTC/USD"]).await;
    peer.expect(&["\"subscribe\"", "\"book\"", "BTC/USD"]).await;
    assert!(matches!(heard.standing(), Standing::Resync { reason: Desync::Checksum { .. }, .. }));
    peer.send(frame("update", "4.00000000", true)).await;
    peer.send(frame("snapshot", "5.00000000", true)).await;
    heard.best_bid("5").await;
    close(handle).await;
}

#[tokio::test]
async fn a_resync_on_request_is_for_books_that_are_carried() {
    let (venue, (ear, _heard)) = (Venue::open().await, listener());
    let handle = Connection::spawn(venue.settings(), Box::new(Hasty::new()), [book()], ear).unwrap();
    let mut peer = venue.accept().await;
    peer.expect(&["\"subscribe\"", "\"book\""]).await;
    handle.resync("ETH/USD".parse().unwrap());
    handle.resync(btc());
    let asked = peer.expect(&["\"unsubscribe\"", "\"book\""]).await;
    assert!(asked.contains("BTC/USD"), "{asked}");
    close(handle).await;
}

#[tokio::test]
async fn a_silent_book_is_asked_for_while_the_socket_lives() {
    let (venue, (ear, mut heard)) = (Venue::open().await, listener());
    let settings = Settings { stale_after: Duration::from_millis(50), ..venue.settings() };
    let handle = Connection::spawn(settings, Box::new(Hasty::new()), [book()], ear).unwrap();
    let mut peer = venue.accept().await;
    peer.expect(&["\"subscribe\"", "\"book\""]).await;
    peer.send(frame("snapshot", "1.00000000", true)).await;
    let silent = |heard: &Heard| if let Heard::Silent(symbol) = heard { Some(symbol.clone()) } else { None };
    assert_eq!(heard.until(silent).await, btc());
    peer.expect(&["\"unsubscribe\"", "\"book\"", "BTC/USD"]).await;
    peer.expect(&["\"subscribe\"", "\"book\"", "BTC/USD"]).await;
    peer.send(frame("snapshot", "1.00000000", true)).await;
    heard.best_bid("1").await;
    close(handle).await;
}

#[tokio::test]
async fn many_wishes_become_few_frames() {
    let (venue, (ear, mut heard)) = (Venue::open().await, listener());
    let handle = Connection::spawn(venue.settings(), Box::new(Hasty::new()), [], ear).unwrap();
    let mut peer = venue.accept().await;
    heard.up().await;
    let stream = |n: u32| {
        let symbol = format!("A{n}/USD").parse().unwrap();
        Subscription { symbol, channel: Channel::Book { depth: 10 } }
    };
    for n in 0..250 {
        handle.subscribe([stream(n)]);
    }
    let mut asked = std::collections::BTreeSet::new();
    let mut frames = 0;
    while asked.len() < 250 {
        let frame = peer.expect(&["\"subscribe\"", "\"book\""]).await;
        asked.extend(frame.split('"').filter(|word| word.ends_with("/USD")).map(str::to_owned));
        frames += 1;
    }
    assert!(frames <= 6, "{frames} frames");
    close(handle).await;
}

#[tokio::test]
async fn a_host_that_does_not_answer_is_named() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let settings =
        |url: String| Settings { connect_timeout: Duration::from_millis(50), backoff: quick(), ..settings(&url) };
    let (ear, mut heard) = listener();
    let handle = Connection::spawn(settings(format!("ws://{address}")), Box::new(Hasty::new()), [], ear).unwrap();
    let LinkError::Timeout { host, .. } = heard.lost().await else { panic!("not a timeout") };
    assert_eq!(host, address.to_string());
    close(handle).await;
    drop(silent);

    let (ear, mut heard) = listener();
    let settings = Settings { connect_timeout: NEVER, ..settings(format!("ws://{address}")) };
    let handle = Connection::spawn(settings, Box::new(Hasty::new()), [], ear).unwrap();
    let LinkError::Unreachable { host, .. } = heard.lost().await else { panic!("not unreachable") };
    assert_eq!(host, address.to_string());
    close(handle).await;
}

#[tokio::test]
async fn an_address_that_is_none_ends_for_good() {
    for url in ["http://example.com", "not an address", "wss://"] {
        let (ear, mut heard) = listener();
        let _handle = Connection::spawn(settings(url), Box::new(Hasty::new()), [], ear).unwrap();
        let ended = |heard: &Heard| match heard {
            Heard::Link(LinkEvent::Ended { reason }) => Some(reason.clone()),
            _ => None,
        };
        assert!(matches!(heard.until(ended).await, LinkError::Address { .. }), "{url}");
    }
}

#[tokio::test]
async fn a_dropped_handle_closes_the_connection() {
    let (venue, (ear, mut heard)) = (Venue::open().await, listener());
    let handle = Connection::spawn(venue.settings(), Box::new(Hasty::new()), [], ear).unwrap();
    let _peer = venue.accept().await;
    heard.up().await;
    drop(handle);
    assert_eq!(heard.lost().await, LinkError::Ours);
}

#[tokio::test]
async fn what_is_recorded_replays_to_the_same_book() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["capture.jsonl", "capture.jsonl.gz", "capture.jsonl.zst"] {
        let path = folder.path().join(name);
        let venue = Venue::open().await;
        let settings = venue.settings();
        let (recorder, mut state) = Recorder::new(path.clone(), venue.url.clone(), settings.clock);
        let handle = Connection::spawn(settings, Box::new(Hasty::new()), [book()], recorder).unwrap();
        let mut peer = venue.accept().await;
        peer.expect(&["\"subscribe\"", "\"book\""]).await;
        peer.send(frame("snapshot", "1.00000000", true)).await;
        peer.send(frame("update", "2.00000000", false)).await;
        peer.expect(&["\"unsubscribe\"", "\"book\""]).await;
        peer.close().await;
        let mut peer = venue.accept().await;
        peer.send(frame("snapshot", "3.00000000", true)).await;
        peer.send("garbage").await;
        tokio::time::timeout(NEVER, state.wait_for(|state| state.figures.frames == 4)).await.unwrap().unwrap();
        close(handle).await;
        assert!(state.borrow().complete && state.borrow().failure.is_none());

        let mut replayer = Replayer::new(None);
        let unread = Reader::open(&path).unwrap().filter_map(|item| replayer.fold(item).err()).count();
        let summary = replayer.summary(20);
        assert_eq!((unread, summary.malformed, summary.frames), (1, 1, 4), "{name}");
        assert_eq!(summary.resyncs, 1, "the second loss found the book lost already");
        assert_eq!(summary.books[0].bids, [("100".to_owned(), "3".to_owned())]);
        let records: Vec<_> = Reader::open(&path).unwrap().map(|item| item.unwrap().record).collect();
        assert_eq!(records.iter().filter(|record| record.connect).count(), 2);
        assert!(records.iter().any(|record| record.direction == Direction::Out && record.data.is_some()));
        assert!(records.iter().all(|record| record.at.is_some() && record.url == venue.url));
    }
}
