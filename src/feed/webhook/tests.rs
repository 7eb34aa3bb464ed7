//! Webhooks against a server of this machine, over real sockets.

use super::*;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server that gives these answers one after another, and then hangs; it keeps what it was sent.
struct Server {
    address: Secret,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hook/xyzzy", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mut answers: Vec<String> = answers.iter().rev().map(|answer| (*answer).to_owned()).collect();
        let ears = Arc::clone(&heard);
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !whole(&request) {
                    let mut part = [0; 4096];
                    let read = socket.read(&mut part).await.unwrap();
                    assert!(read > 0, "the client went away early");
                    request.extend_from_slice(&part[..read]);
                }
                ears.lock().unwrap().push(String::from_utf8(request).unwrap());
                match answers.pop() {
                    Some(answer) => {
                        let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                        socket.write_all(answer.as_bytes()).await.unwrap();
                    }
                    None => std::mem::forget(socket),
                }
            }
        });
        Self { address: Secret::new(&address).unwrap(), heard }
    }

    fn hook(&self, retries: u32) -> Webhook {
        let millis = Duration::from_millis;
        let patience =
            Patience { answer: millis(300), retries, wait: millis(10), longest_wait: Duration::from_secs(5) };
        Webhook::new(self.address.clone(), None, patience).unwrap()
    }

    fn heard(&self) -> usize {
        self.heard.lock().unwrap().len()
    }
}

/// Whether a request's head and as much body as it announces are there.
fn whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    body.len() >= length.parse().unwrap()
}

#[tokio::test]
async fn a_message_is_posted_as_json() {
    let server = Server::start(&["204 No Content"]).await;
    server.hook(3).post(r#"{"text":"BTC/USD"}"#).await.unwrap();
    let request = server.heard.lock().unwrap().remove(0);
    assert!(request.starts_with("POST /hook/xyzzy HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("content-type: application/json\r\n") && request.ends_with(r#"{"text":"BTC/USD"}"#));
}

#[tokio::test]
async fn a_server_that_asks_to_wait_is_waited_for() {
    let server = Server::start(&["429 Too Many Requests\r\nretry-after: 1", "200 OK"]).await;
    let begun = Instant::now();
    server.hook(3).post("{}").await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.heard(), 2);
    let server = Server::start(&["503 Unavailable\r\nretry-after: 3600", "200 OK"]).await;
    let error = server.hook(3).post("{}").await.unwrap_err();
    assert_eq!((error, server.heard()), (WebhookError::AsksToWait(Duration::from_secs(3_600)), 1));
}

#[tokio::test]
async fn a_server_that_fails_is_tried_three_times_more() {
    let server = Server::start(&["500 Oh"; 9]).await;
    let error = server.hook(3).post("{}").await.unwrap_err();
    assert_eq!(error, WebhookError::GaveUp { tries: 4, reason: "it answered 500".into() });
    assert_eq!(server.heard(), 4);
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up() {
    let server = Server::start(&[]).await;
    let begun = Instant::now();
    let error = server.hook(1).post("{}").await.unwrap_err();
    assert_eq!(error, WebhookError::GaveUp { tries: 2, reason: "it did not answer in time".into() });
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn what_a_server_does_not_want_is_not_sent_again_nor_elsewhere() {
    let server = Server::start(&["404 Not Found", "200 OK"]).await;
    assert_eq!(server.hook(3).post("{}").await, Err(WebhookError::Refused(404)));
    assert_eq!(server.heard(), 1);
    let elsewhere = Server::start(&["200 OK"]).await;
    let moved = format!("307 Moved\r\nlocation: {}", elsewhere.address.reveal());
    let server = Server::start(&[&moved]).await;
    assert_eq!(server.hook(3).post("{}").await, Err(WebhookError::Refused(307)));
    assert_eq!(elsewhere.heard(), 0);
}

#[tokio::test]
async fn no_error_tells_the_address() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/hook/xyzzy", listener.local_addr().unwrap())
    };
    let patience = Patience { retries: 0, ..Patience::default() };
    let hook = Webhook::new(Secret::new(&closed).unwrap(), None, patience).unwrap();
    let error = hook.post("{}").await.unwrap_err();
    assert!(matches!(&error, WebhookError::GaveUp { reason, .. } if reason.contains("refused")), "{error}");
    for shown in [error.to_string(), format!("{error:?}"), format!("{hook:?}")] {
        assert!(!shown.contains("xyzzy"), "{shown}");
    }
}

#[test]
fn only_encrypted_addresses_and_this_machine_are_spoken_to() {
    let new = |address: &str| Webhook::new(Secret::new(address).unwrap(), None, Patience::default()).map(drop);
    assert_eq!(new("https://hooks.example/xyzzy"), Ok(()));
    assert_eq!(new("http://localhost:8080/"), Ok(()));
    for wrong in ["http://hooks.example/xyzzy", "ftp://localhost/", "hooks.example", "http://127.0.0.1.example/"] {
        assert_eq!(new(wrong), Err(WebhookError::Address), "{wrong}");
    }
}
