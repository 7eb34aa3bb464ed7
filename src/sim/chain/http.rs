//! Enough of HTTP/1.1 for an API: one request after the other on a connection, with limits.

use super::answer::Answer;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// The longest line, the most lines of a head, and the longest body.
const LONGEST_LINE: u64 = 8 << 10;
const MOST_LINES: usize = 64;
const LONGEST_BODY: usize = 8 << 20;

/// A request.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// Whether it sends something.
    pub post: bool,
    /// What it is about, without what stands after a question mark.
    pub path: String,
    /// What it sends.
    pub body: Vec<u8>,
}

/// A client's connection.
pub struct Client(BufReader<TcpStream>);

/// A request that cannot be answered; the connection ends with this status.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable(pub u16);

impl Client {
    /// A connection that was accepted.
    pub fn new(socket: TcpStream) -> Self {
        Self(BufReader::new(socket))
    }

    /// The next request; none when the client is done.
    pub async fn request(&mut self) -> Result<Option<Request>, Unreadable> {
        let Some(first) = self.line().await? else { return Ok(None) };
        let mut words = first.split(' ');
        let post = match words.next() {
            Some("GET") => false,
            Some("POST") => true,
            _ => return Err(Unreadable(405)),
        };
        let path = words.next().filter(|path| path.starts_with('/')).ok_or(Unreadable(400))?;
        let path = path.split('?').next().unwrap_or_default().to_owned();
        if words.next() != Some("HTTP/1.1") {
            return Err(Unreadable(505));
        }
        let mut length = 0;
        for count in 0.. {
            let line = self.line().await?.ok_or(Unreadable(400))?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or(Unreadable(400))?;
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().map_err(|_| Unreadable(400))?,
                "transfer-encoding" => return Err(Unreadable(501)),
                _ if count >= MOST_LINES => return Err(Unreadable(431)),
                _ => {}
            }
        }
        if length > LONGEST_BODY {
            return Err(Unreadable(413));
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.map_err(|_| Unreadable(400))?;
        Ok(Some(Request { post, path, body }))
    }

    async fn line(&mut self) -> Result<Option<String>, Unreadable> {
        let mut line = Vec::new();
        let read = (&mut self.0).take(LONGEST_LINE).read_until(b'\n', &mut line).await.map_err(|_| Unreadable(400))?;
        match line.strip_suffix(b"\n") {
            _ if read == 0 => Ok(None),
            None => Err(Unreadable(431)),
            Some(line) => {
                let line = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
                String::from_utf8(line).map(Some).map_err(|_| Unreadable(400))
            }
        }
    }

    /// Sends an answer; whether the connection still stands.
    pub async fn answer(&mut self, answer: &Answer) -> bool {
        let wait = if answer.status == 429 { "Retry-After: 0\r\n" } else { "" };
        let head = format!(
            "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{wait}\r\n",
            answer.status,
            reason(answer.status),
            answer.kind,
            answer.body.len()
        );
        let bytes = [head.as_bytes(), &answer.body].concat();
        self.0.get_mut().write_all(&bytes).await.is_ok()
    }

    /// Sends an answer that never ends.
    pub async fn flood(&mut self) {
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[";
        let spaces = [b' '; 64 << 10];
        let mut open = self.0.get_mut().write_all(head).await.is_ok();
        while open {
            open = self.0.get_mut().write_all(&spaces).await.is_ok();
        }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        505 => "HTTP Version Not Supported",
        _ => "Internal Server Error",
    }
}
