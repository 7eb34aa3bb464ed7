//! Enough of HTTP/1.1 for an API: one request after the other on a connection, with limits.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// The longest line, the most lines of a head, and the longest body.
const LONGEST_LINE: u64 = 8 << 10;
const MOST_LINES: usize = 64;
const LONGEST_BODY: usize = 8 << 20;

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// What is to be done: `GET`, `POST`.
    pub method: String,
    /// What it is about, without what stands after a question mark.
    pub path: String,
    /// What stands after the question mark.
    pub query: String,
    /// What kind of thing the body is, as the client says.
    pub kind: Option<String>,
    /// Who the client says it is.
    pub authorization: Option<String>,
    /// What it sends.
    pub body: Vec<u8>,
}

/// What a request is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// What kind of thing the body is; empty where nothing is said of it.
    pub kind: &'static str,
    /// More lines of the head.
    pub head: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A body of some kind.
    pub fn of(status: u16, kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, kind, head: Vec::new(), body: body.into() }
    }

    /// With one more line in the head.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.head.push((name, value.into()));
        self
    }

    /// The bytes that are sent.
    pub fn bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        let kind = (!self.kind.is_empty()).then(|| ("Content-Type", self.kind.to_owned()));
        let length = ("Content-Length", self.body.len().to_string());
        // An answer without content has no length (RFC 9110, 8.6).
        let length = (self.status != 204).then_some(length);
        for (name, value) in kind.iter().chain(&length).chain(&self.head) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }
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
        let method = words.next().filter(|method| is_method(method)).ok_or(Unreadable(400))?.to_owned();
        let target = words.next().filter(|path| path.starts_with('/')).ok_or(Unreadable(400))?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if words.next() != Some("HTTP/1.1") {
            return Err(Unreadable(505));
        }
        let mut request = Request { method, path: path.to_owned(), query: query.to_owned(), ..Request::default() };
        let mut length = 0;
        for count in 0.. {
            let line = self.line().await?.ok_or(Unreadable(400))?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or(Unreadable(400))?;
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().map_err(|_| Unreadable(400))?,
                "content-type" => request.kind = Some(value.to_owned()),
                "authorization" => request.authorization = Some(value.to_owned()),
                "transfer-encoding" => return Err(Unreadable(501)),
                _ if count >= MOST_LINES => return Err(Unreadable(431)),
                _ => {}
            }
        }
        if length > LONGEST_BODY {
            return Err(Unreadable(413));
        }
        request.body = vec![0; length];
        self.0.read_exact(&mut request.body).await.map_err(|_| Unreadable(400))?;
        Ok(Some(request))
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
        self.send(&answer.bytes()).await
    }

    /// Sends bytes as they are; whether the connection still stands.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.get_mut().write_all(bytes).await.is_ok()
    }

    /// Sends an answer that never ends.
    pub async fn flood(&mut self) {
        let spaces = [b' '; 64 << 10];
        let mut open = self.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[").await;
        while open {
            open = self.send(&spaces).await;
        }
    }
}

fn is_method(word: &str) -> bool {
    (1..=16).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        501 => "Not Implemented",
        505 => "HTTP Version Not Supported",
        _ => "Internal Server Error",
    }
}
