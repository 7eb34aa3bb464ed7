//! Enough of HTTP and JSON-RPC for the stand-in of a node: one question or many in a body, one connection a client.

use crate::node::{Deaf, FAILED, World};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;

/// Answers a client until it is done.
pub fn serve(mut socket: TcpStream, world: &Mutex<World>) {
    while let Some(body) = request(&mut socket) {
        let asked: Value = serde_json::from_slice(&body).unwrap();
        let sends = asked["method"] == "eth_sendRawTransaction";
        let deaf = if sends { world.lock().unwrap().deaf.take() } else { None };
        if let Some(deaf) = deaf {
            if deaf == Deaf::After {
                world.lock().unwrap().answer("eth_sendRawTransaction", &asked["params"]).unwrap();
            }
            return;
        }
        let one = |asked: &Value| {
            let method = asked["method"].as_str().unwrap();
            let answer = world.lock().unwrap().answer(method, &asked["params"]);
            match answer {
                Ok(result) => json!({ "jsonrpc": "2.0", "id": asked["id"], "result": result }),
                Err(message) => {
                    let code = if message.starts_with(FAILED) { 3 } else { -32000 };
                    json!({ "jsonrpc": "2.0", "id": asked["id"], "error": { "code": code, "message": message } })
                }
            }
        };
        let told = match &asked {
            Value::Array(all) => Value::Array(all.iter().map(one).collect()),
            asked => one(asked),
        };
        let told = told.to_string();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", told.len());
        if socket.write_all(head.as_bytes()).and_then(|()| socket.write_all(told.as_bytes())).is_err() {
            return;
        }
    }
}

/// The body of the next request; none when the client is done.
fn request(socket: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if socket.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse().ok()?;
    let mut body = vec![0; length];
    socket.read_exact(&mut body).ok()?;
    Some(body)
}
