//! Answers to HTTP requests: what passes is asked again, politely; what does not is reported; the rest is read.

use super::{Ear, NEVER};
use exchequer::feed::{Clock, Connection, Settings, backoff};
use exchequer::market::{Channel, Event, Subscription, Symbol, Timestamp, VenueId};
use exchequer::venue::kraken::Kraken;
use exchequer::venue::{Address, Dialect, FrameError, Manners, Outgoing, Receipt};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Wants one answer, and tells what it was.
struct Curious {
    inner: Kraken,
    url: String,
    read: Arc<Mutex<Vec<String>>>,
}

impl Dialect for Curious {
    fn venue(&self) -> VenueId {
        VenueId::Sim
    }
    fn manners(&self) -> Manners {
        Manners { gets_per_minute: 6_000, ..self.inner.manners() }
    }
    fn connected(&mut self, _: &[Subscription]) -> Vec<Outgoing> {
        vec![Outgoing::Get(self.url.clone()), Outgoing::Get(self.url.clone())]
    }
    fn subscribe(&mut self, _: &[Subscription]) -> Vec<Outgoing> {
        vec![]
    }
    fn unsubscribe(&mut self, _: &[Subscription]) -> Vec<Outgoing> {
        vec![]
    }
    fn resync(&mut self, _: &Symbol) -> Vec<Outgoing> {
        vec![]
    }
    fn ping(&mut self) -> Option<String> {
        None
    }
    fn receive(&mut self, _: &str, _: Timestamp, _: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        Ok(Receipt::Understood)
    }
    fn fetched(&mut self, url: &str, body: &str, _: Timestamp, _: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        assert_eq!(url, self.url);
        self.read.lock().unwrap().push(body.to_owned());
        Ok(Receipt::Understood)
    }
    fn sent(&mut self, _: &str) {}
    fn venue_symbol(&self, _: &Symbol) -> Option<Box<str>> {
        None
    }
}

/// A server that gives these answers, one a connection, the last one for ever; tells when it was asked.
async fn server(answers: Vec<&'static str>) -> (String, Arc<Mutex<Vec<Instant>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/depth?symbol=X", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let times = Arc::clone(&asked);
    tokio::spawn(async move {
        for index in 0.. {
            let (mut socket, _) = listener.accept().await.unwrap();
            times.lock().unwrap().push(Instant::now());
            let answer = answers[index.min(answers.len() - 1)];
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(answer.as_bytes()).await;
            let _ = socket.shutdown().await;
        }
    });
    (url, asked)
}

/// Opens a connection that wants what the server has; gives what came of it after `wait`.
async fn fetched(
    answers: Vec<&'static str>,
    enough: impl Fn(&[String], usize) -> bool,
) -> (Vec<String>, Vec<Duration>) {
    let (url, asked) = server(answers).await;
    let venue = exchequer::sim::Server::start(exchequer::sim::Settings::default()).await.unwrap();
    let read = Arc::new(Mutex::new(Vec::new()));
    let dialect = Curious { inner: Kraken::new(VenueId::Sim), url, read: Arc::clone(&read) };
    let (first, longest) = (Duration::from_millis(50), Duration::from_millis(200));
    let limits = backoff::Limits { first, longest, healthy_after: NEVER };
    let address = Address::stream(venue.url());
    let settings = Settings { backoff: limits, ..Settings::new(address, Clock::start()) };
    let book = Subscription { symbol: Symbol::new("BTC/USD").unwrap(), channel: Channel::Trades };
    let handle = Connection::spawn(settings, Box::new(dialect), [book], Ear::default()).unwrap();
    let waiting = async {
        while !enough(&read.lock().unwrap(), asked.lock().unwrap().len()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(NEVER, waiting).await.expect("the answer never came");
    // Whoever asks too often does so now.
    tokio::time::sleep(Duration::from_millis(300)).await;
    handle.close().await;
    let times = asked.lock().unwrap().clone();
    let pauses = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    (read.lock().unwrap().clone(), pauses)
}

const GOOD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ngood";

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_read_and_what_is_wanted_twice_is_fetched_once() {
    let (read, pauses) = fetched(vec![GOOD], |read, _| !read.is_empty()).await;
    assert_eq!((read.as_slice(), pauses.len()), (["good".to_owned()].as_slice(), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_venue_that_is_overrun_is_asked_again_when_it_wants() {
    let overrun = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let (read, pauses) = fetched(vec![overrun, GOOD], |read, _| !read.is_empty()).await;
    assert_eq!(read, ["good"]);
    assert!(pauses.len() == 1 && pauses[0] >= Duration::from_secs(1), "{pauses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_is_asked_again_ever_more_rarely() {
    let down = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let short = "HTTP/1.1 200 OK\r\nContent-Length: 400\r\nConnection: close\r\n\r\ngood";
    let (read, pauses) = fetched(vec![down, short, "nonsense\r\n\r\n", GOOD], |read, _| !read.is_empty()).await;
    assert_eq!((read.as_slice(), pauses.len()), (["good".to_owned()].as_slice(), 3));
    assert!(pauses[0] >= Duration::from_millis(25) && pauses[2] >= Duration::from_millis(80), "{pauses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_or_sent_elsewhere_is_not_asked_again() {
    for refusal in [
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbad",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ] {
        let (read, pauses) = fetched(vec![refusal], |_, asked| asked >= 1).await;
        assert!(read.is_empty() && pauses.is_empty(), "{read:?} {pauses:?}");
    }
}
