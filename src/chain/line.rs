//! Questions as lines of JSON over TCP or TLS, as Electrum servers take them.
//!
//! - A line, and all lines of one batch of answers, have a size limit; a batch has to be answered within a time.
//! - A connection that broke is made anew at the next question; the greeting that makes sure of the server's chain is
//!   sent each time.

use super::error::{Blame, ChainError, words};
use super::{Settings, tls};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The most bytes that one batch of answers takes.
const LIMIT: usize = 64 << 20;

/// Messages that answer nothing which are passed over in one batch.
const MOST_NEWS: usize = 1_000;

/// How long one read waits before the time is looked at.
const BLINK: Duration = Duration::from_millis(250);

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

struct Connection {
    stream: Box<dyn Stream>,
    /// Read and not used yet.
    rest: Vec<u8>,
    next: u64,
}

/// A way to one server.
pub(super) struct Line {
    pub blame: Blame,
    host: String,
    port: u16,
    tls: Option<Arc<ClientConfig>>,
    patience: Duration,
    connection: Mutex<Option<Connection>>,
}

/// A question: the method and its parameters.
pub(super) type Question = (&'static str, Value);

impl Line {
    /// Prepares to ask; connects to nothing yet.
    pub fn new(host: String, port: u16, tls: bool, settings: &Settings) -> Result<Self, ChainError> {
        let tls = if tls { Some(Arc::new(tls::client(settings.authorities.as_deref())?)) } else { None };
        let blame = Blame(format!("{host}:{port}"));
        Ok(Self { blame, host, port, tls, patience: settings.patience, connection: Mutex::default() })
    }

    /// Asks several things at once. An answer is a result, or the server's own error. `greet` is asked first on a new
    /// connection and has to be content with the answers.
    pub fn ask(
        &self,
        questions: &[Question],
        greeting: &[Question],
        greet: impl Fn(&[Result<Value, Value>]) -> Result<(), ChainError>,
    ) -> Result<Vec<Result<Value, Value>>, ChainError> {
        let mut slot = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let deadline = Instant::now().checked_add(self.patience).unwrap_or_else(Instant::now);
        let mut connection = match slot.take() {
            Some(connection) => connection,
            None => {
                let mut connection = self.connect(deadline)?;
                greet(&self.exchange(&mut connection, greeting, deadline)?)?;
                connection
            }
        };
        let answers = self.exchange(&mut connection, questions, deadline)?;
        // Only a connection on which everything was answered is used again.
        *slot = Some(connection);
        Ok(answers)
    }

    fn late(&self) -> ChainError {
        ChainError::Timeout { host: self.blame.0.clone(), after: self.patience }
    }

    fn connect(&self, deadline: Instant) -> Result<Connection, ChainError> {
        let addresses =
            (self.host.as_str(), self.port).to_socket_addrs().map_err(|error| self.blame.unreachable(error))?;
        let mut last = self.blame.unreachable("the name leads nowhere");
        for address in addresses {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.late());
            }
            match TcpStream::connect_timeout(&address, left) {
                Ok(socket) => return self.open(socket),
                Err(error) if error.kind() == ErrorKind::TimedOut => last = self.late(),
                Err(error) => last = self.blame.unreachable(error),
            }
        }
        Err(last)
    }

    fn open(&self, socket: TcpStream) -> Result<Connection, ChainError> {
        let set = socket.set_nodelay(true).and_then(|()| socket.set_read_timeout(Some(BLINK)));
        set.and_then(|()| socket.set_write_timeout(Some(self.patience)))
            .map_err(|error| self.blame.unreachable(error))?;
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(socket),
            Some(config) => {
                let name = ServerName::try_from(self.host.clone()).map_err(|error| self.blame.unreachable(error))?;
                let client =
                    ClientConnection::new(config.clone(), name).map_err(|error| self.blame.unreachable(error))?;
                Box::new(StreamOwned::new(client, socket))
            }
        };
        Ok(Connection { stream, rest: Vec::new(), next: 0 })
    }

    fn exchange(
        &self,
        connection: &mut Connection,
        questions: &[Question],
        deadline: Instant,
    ) -> Result<Vec<Result<Value, Value>>, ChainError> {
        let first = connection.next;
        let mut sent = Vec::new();
        for (method, params) in questions {
            let question = json!({"jsonrpc": "2.0", "id": connection.next, "method": method, "params": params});
            sent.extend_from_slice(question.to_string().as_bytes());
            sent.push(b'\n');
            connection.next = connection.next.saturating_add(1);
        }
        self.send(connection, &sent, deadline)?;
        let mut answers: Vec<Option<Result<Value, Value>>> = vec![None; questions.len()];
        let (mut left, mut taken, mut news) = (questions.len(), 0_usize, 0_usize);
        while left > 0 {
            let line = self.line(connection, &mut taken, deadline)?;
            let mut message: Value = serde_json::from_slice(&line).map_err(|error| self.blame.malformed(error))?;
            let Some(id) = message.get("id").and_then(Value::as_u64) else {
                // News of subscriptions, or an error that belongs to no question.
                news += 1;
                if news > MOST_NEWS || message.get("method").is_none() {
                    return Err(self.blame.malformed(format!("a message that answers nothing: {}", words(&message))));
                }
                continue;
            };
            let place = id.checked_sub(first).and_then(|place| usize::try_from(place).ok());
            let slot = place.and_then(|place| answers.get_mut(place)).filter(|slot| slot.is_none());
            let slot =
                slot.ok_or_else(|| self.blame.malformed(format!("an answer to question {id}, which is not open")))?;
            *slot = Some(match message.get_mut("error").map(Value::take) {
                Some(error) if !error.is_null() => Err(error),
                _ => Ok(message.get_mut("result").map(Value::take).unwrap_or_default()),
            });
            left -= 1;
        }
        Ok(answers.into_iter().flatten().collect())
    }

    fn send(&self, connection: &mut Connection, bytes: &[u8], deadline: Instant) -> Result<(), ChainError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match connection.stream.write(rest) {
                Ok(0) => return Err(self.blame.unreachable("it closed the connection")),
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) => self.waited(&error, deadline)?,
            }
        }
        loop {
            match connection.stream.flush() {
                Ok(()) => return Ok(()),
                Err(error) => self.waited(&error, deadline)?,
            }
        }
    }

    /// One line, without its end.
    fn line(&self, connection: &mut Connection, taken: &mut usize, deadline: Instant) -> Result<Vec<u8>, ChainError> {
        let (mut searched, mut buffer) = (0, [0_u8; 16 << 10]);
        loop {
            let fresh = connection.rest.get(searched..).unwrap_or_default();
            if let Some(end) = fresh.iter().position(|byte| *byte == b'\n').map(|end| end.saturating_add(searched)) {
                let mut line: Vec<u8> = connection.rest.drain(..=end).collect();
                line.pop();
                *taken = taken.saturating_add(line.len());
                return Ok(line);
            }
            searched = connection.rest.len();
            if taken.saturating_add(searched) > LIMIT {
                return Err(self.blame.too_large(format!("{LIMIT} bytes")));
            }
            match connection.stream.read(&mut buffer) {
                Ok(0) => return Err(self.blame.unreachable("it closed the connection")),
                Ok(count) => connection.rest.extend_from_slice(buffer.get(..count).unwrap_or_default()),
                Err(error) => self.waited(&error, deadline)?,
            }
            if Instant::now() >= deadline {
                return Err(self.late());
            }
        }
    }

    /// Whether an error only says that nothing has come yet, and there is time left.
    fn waited(&self, error: &std::io::Error, deadline: Instant) -> Result<(), ChainError> {
        if let Some(reason) = tls::fault(error) {
            return Err(ChainError::Certificate { host: self.blame.0.clone(), reason });
        }
        match error.kind() {
            ErrorKind::Interrupted => Ok(()),
            ErrorKind::WouldBlock | ErrorKind::TimedOut if Instant::now() < deadline => Ok(()),
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Err(self.late()),
            ErrorKind::UnexpectedEof => Err(self.blame.unreachable("it closed the connection")),
            _ => Err(self.blame.unreachable(error)),
        }
    }
}
