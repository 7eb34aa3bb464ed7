//! Servers that say what a test tells them to, and take nothing else than what a test expects.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;

/// A server that lets a function have each connection, one after the other.
pub struct Scripted {
    pub addr: SocketAddr,
    _thread: JoinHandle<()>,
}

impl Scripted {
    pub fn new(mut each: impl FnMut(TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            for socket in listener.incoming() {
                each(socket.unwrap());
            }
        });
        Self { addr, _thread: thread }
    }

    /// An Electrum server: each line of a question goes through a function that gives the lines to answer with.
    pub fn electrum(mut answer: impl FnMut(&str, &serde_json::Value, u64) -> String + Send + 'static) -> Self {
        Self::new(move |socket| lines(socket, &mut answer))
    }

    /// A server of JSON-RPC by HTTP: each body, with the header that lets in, goes through a function that gives a status
    /// and a body.
    pub fn rpc(mut answer: impl FnMut(&str, serde_json::Value) -> (u16, String) + Send + 'static) -> Self {
        Self::new(move |socket| {
            let mut reader = BufReader::new(socket);
            while let Some((authorization, body)) = request(&mut reader) {
                let (status, body) = answer(&authorization, serde_json::from_slice(&body).unwrap());
                let head = format!("HTTP/1.1 {status} Said\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                if reader.get_mut().write_all(head.as_bytes()).is_err() {
                    return;
                }
            }
        })
    }
}

/// Answers the questions of one Electrum connection.
pub fn lines<S: Read + Write>(socket: S, answer: &mut dyn FnMut(&str, &serde_json::Value, u64) -> String) {
    let mut reader = BufReader::new(socket);
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
        let question: serde_json::Value = serde_json::from_str(&line).expect("a line is one message");
        assert_eq!(question["jsonrpc"], "2.0");
        let said = answer(question["method"].as_str().unwrap(), &question["params"], question["id"].as_u64().unwrap());
        if said.is_empty() || reader.get_mut().write_all(said.as_bytes()).is_err() {
            return;
        }
        let _ = reader.get_mut().flush();
        line.clear();
    }
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let (mut authorization, mut length, mut first) = (String::new(), 0, true);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if first {
            assert_eq!(line, "POST / HTTP/1.1\r\n");
            first = false;
            continue;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").unwrap();
        match name.to_ascii_lowercase().as_str() {
            "authorization" => authorization = value.to_owned(),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((authorization, body))
}
