//! A capture played to a listener: at any speed, stepped, stopped and from any place, it tells the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use exchequer::feed::capture::Reader;
use exchequer::feed::player::{Player, PlayerError, Progress, Speed, Steer};
use exchequer::feed::{LinkEvent, Listener, Statistics};
use exchequer::market::{Applied, Desync, Event, Level, Market, Side, Symbol, Timestamp, VenueId};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const NEVER: Duration = Duration::from_secs(30);

fn capture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kraken_capture.jsonl")
}

fn length() -> u64 {
    Reader::open(&capture()).unwrap().count_rest()
}

#[derive(Default)]
struct Heard {
    market: Market,
    links: Vec<LinkEvent>,
    figures: Statistics,
    restarts: u32,
}

#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Heard>>);

impl Listener for Ear {
    fn link(&mut self, venue: VenueId, event: LinkEvent, at: Timestamp) {
        let mut heard = self.0.lock().unwrap();
        if event != LinkEvent::Up {
            heard.market.lose(venue, &Desync::Disconnected, at);
        }
        heard.links.push(event);
    }
    fn receive(&mut self, venue: VenueId, events: &mut Vec<Event>, received: Timestamp) -> Vec<Symbol> {
        let mut heard = self.0.lock().unwrap();
        for event in events.drain(..) {
            if let Some(Applied::NeedsResync(reason)) = heard.market.apply(venue, event, received) {
                panic!("{reason}");
            }
        }
        Vec::new()
    }
    fn silent(&mut self, _: VenueId, _: &Symbol, _: Duration, _: Timestamp) {
        panic!("a capture is not asked for snapshots");
    }
    fn statistics(&mut self, _: VenueId, statistics: &Statistics) {
        self.0.lock().unwrap().figures = *statistics;
    }
    fn restart(&mut self) {
        let restarts = self.0.lock().unwrap().restarts + 1;
        *self.0.lock().unwrap() = Heard { restarts, ..Heard::default() };
    }
}

impl Ear {
    fn levels(&self) -> Vec<Vec<Level>> {
        let heard = self.0.lock().unwrap();
        let sides = |listing: &exchequer::market::Listing| -> Vec<Level> {
            [Side::Bid, Side::Ask].into_iter().flat_map(|side| listing.book.levels(side)).collect()
        };
        heard.market.listings().map(|(_, _, listing)| sides(listing)).collect()
    }
}

async fn until(player: &Player, done: impl Fn(&Progress) -> bool) -> Progress {
    let mut progress = player.watch();
    let reached = tokio::time::timeout(NEVER, progress.wait_for(done)).await;
    *reached.expect("it never came there").expect("the player is gone")
}

fn play(speed: Speed) -> (Player, Ear) {
    let ear = Ear::default();
    (Player::spawn(&capture(), None, speed, ear.clone()).unwrap(), ear)
}

/// Stopped at the beginning, with nothing played.
fn stopped() -> (Player, Ear) {
    play(Speed::Percent(0))
}

#[tokio::test]
async fn at_full_speed_it_comes_to_the_end_with_the_right_books() {
    let (player, ear) = play(Speed::Max);
    let progress = until(&player, |progress| progress.ended).await;
    assert_eq!((progress.position, progress.length), (length(), length()));
    assert_eq!(player.venue(), VenueId::Kraken);
    let heard = ear.0.lock().unwrap();
    assert!(heard.market.listings().all(|(_, _, l)| *l.book.standing() == exchequer::market::Standing::Live));
    assert_eq!(heard.figures.reconnects, 1);
    assert!(heard.figures.frames > 100 && heard.figures.bytes > 10_000 && heard.figures.malformed == 0);
    let (connecting, up) = (LinkEvent::Connecting, LinkEvent::Up);
    assert_eq!(heard.links, [connecting.clone(), up.clone(), connecting, up], "the end is not a lost connection");
}

#[tokio::test]
async fn every_way_to_a_place_leads_to_the_same_books() {
    let (stepped, by_steps) = stopped();
    let mut states = vec![Vec::new()];
    for position in 1..=length() {
        assert!(stepped.steer(Steer::Step));
        until(&stepped, |progress| progress.position == position && progress.paused).await;
        states.push(by_steps.levels());
    }
    let (sought, by_seeking) = stopped();
    for (by, position) in [(100, 100), (-1, 99), (-60, 39), (5, 44), (-1_000, 0), (90, 90), (100_000, length())] {
        assert!(sought.steer(Steer::Seek(by)));
        until(&sought, |progress| progress.position == position).await;
        assert_eq!(by_seeking.levels(), states[usize::try_from(position).unwrap()], "at {position}");
    }
    assert_eq!(by_seeking.0.lock().unwrap().restarts, 3);
}

#[tokio::test]
async fn it_stands_still_when_told_and_goes_on() {
    let (player, _ear) = stopped();
    assert!(player.steer(Steer::TogglePause));
    assert!(player.steer(Steer::Speed(Speed::Max)));
    let progress = until(&player, |progress| progress.paused && progress.speed == Speed::Max).await;
    assert_eq!(progress.position, 0);
    assert!(player.steer(Steer::TogglePause));
    until(&player, |progress| progress.ended).await;
    assert!(player.steer(Steer::Seek(-10)));
    let progress = until(&player, |progress| progress.position == length() - 10 || progress.ended).await;
    assert!(progress.position >= length() - 10);
}

#[tokio::test]
async fn the_time_is_the_captures() {
    let records: Vec<_> = Reader::open(&capture()).unwrap().map(|item| item.unwrap().record).collect();
    let (player, _ear) = stopped();
    assert_eq!(Some(player.progress().now), records[0].at);
    assert!(player.steer(Steer::Seek(50)));
    let progress = until(&player, |progress| progress.position == 50).await;
    assert_eq!(Some(progress.now), records[49].at);
    assert!(player.steer(Steer::Speed(Speed::Percent(100_000))));
    let progress = until(&player, |progress| progress.ended).await;
    assert_eq!(Some(progress.now), records.last().unwrap().at);
}

#[tokio::test]
async fn what_cannot_be_played_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture.jsonl");
    let of = |path: &Path| Player::spawn(path, None, Speed::Max, Ear::default());
    assert!(matches!(of(&path), Err(PlayerError::Capture(_))));
    std::fs::write(&path, r#"{"t":1,"dir":"in","kind":"ws","url":"wss://example.com","data":"{}"}"#).unwrap();
    let error = of(&path).unwrap_err();
    assert!(error.to_string().contains("name one with --venue"), "{error}");
}

#[tokio::test]
async fn a_bad_line_is_counted_and_a_cut_file_ends_with_its_reason() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture.jsonl.gz");
    let text = std::fs::read_to_string(capture()).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(format!("nonsense\n{text}").as_bytes()).unwrap();
    let mut bytes = encoder.finish().unwrap();
    bytes.truncate(bytes.len() - 100);
    std::fs::write(&path, bytes).unwrap();
    let ear = Ear::default();
    let player = Player::spawn(&path, None, Speed::Max, ear.clone()).unwrap();
    until(&player, |progress| progress.ended).await;
    let heard = ear.0.lock().unwrap();
    assert_eq!(heard.figures.malformed, 1);
    let Some(LinkEvent::Ended { reason }) = heard.links.last() else { panic!("{:?}", heard.links) };
    assert!(reason.to_string().ends_with("the file is cut off"), "{reason}");
}
