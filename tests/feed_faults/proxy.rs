//! A TCP proxy that does to the bytes what networks do.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to the bytes on their way to the client.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    None,
    /// Both sides are closed after so many bytes.
    Cut {
        after: usize,
    },
    /// The client is sent a reset after so many bytes.
    Reset {
        after: usize,
    },
    /// The client is told that nothing more comes, while its own bytes still go through.
    HalfClose {
        after: usize,
    },
    /// Every piece is held back for so long.
    Delay(Duration),
    Throttle {
        bytes_per_second: u32,
    },
    /// Every byte travels alone.
    Split,
    /// So many pings right behind the handshake.
    Pings(usize),
    /// A compressed frame right behind the handshake.
    Compressed,
    /// This instead of whatever the server says.
    Answer(&'static str),
}

pub struct Proxy {
    pub addr: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    fault: Fault,
    attempts: Vec<Instant>,
    began: Instant,
}

impl Proxy {
    pub async fn start(server: SocketAddr, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Mutex::new(Shared { fault, attempts: Vec::new(), began: Instant::now() }));
        let state = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let fault = {
                    let mut shared = state.lock().unwrap();
                    shared.attempts.push(Instant::now());
                    shared.fault
                };
                tokio::spawn(async move {
                    let server = TcpStream::connect(server).await.unwrap();
                    let _ = carry(client, server, fault).await;
                });
            }
        });
        Self { addr, shared }
    }

    /// From the next connection on.
    pub fn set(&self, fault: Fault) {
        self.shared.lock().unwrap().fault = fault;
    }

    /// How often somebody connected, and the seconds from the beginning to the last time.
    pub fn attempts(&self) -> (usize, f64) {
        let shared = self.shared.lock().unwrap();
        let last = shared.attempts.last().map_or(0.0, |at| at.duration_since(shared.began).as_secs_f64());
        (shared.attempts.len(), last)
    }
}

async fn carry(client: TcpStream, server: TcpStream, fault: Fault) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    let mut client = client;
    if let Fault::Answer(answer) = fault {
        let mut request = [0; 4096];
        let _ = client.read(&mut request).await?;
        client.write_all(answer.as_bytes()).await?;
        return client.shutdown().await;
    }
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await.map(|_| from_client) });
    let (mut buffer, mut sent, mut handshaken) = (vec![0; 16 << 10], 0, false);
    loop {
        let count = from_server.read(&mut buffer).await?;
        if count == 0 {
            return to_client.shutdown().await;
        }
        let piece = &buffer[..count];
        let limit = match fault {
            Fault::Cut { after } | Fault::Reset { after } | Fault::HalfClose { after } => after,
            _ => usize::MAX,
        };
        if sent + count > limit {
            to_client.write_all(&piece[..limit - sent]).await?;
            match fault {
                Fault::HalfClose { .. } => {
                    to_client.shutdown().await?;
                    // What the client still says goes on to a server that listens.
                    let _ = up.await;
                }
                Fault::Reset { .. } => {
                    up.abort();
                    let _ = to_client.as_ref().set_zero_linger();
                }
                _ => up.abort(),
            }
            return Ok(());
        }
        match fault {
            Fault::Delay(delay) => tokio::time::sleep(delay).await,
            Fault::Throttle { bytes_per_second } => {
                tokio::time::sleep(Duration::from_secs_f64(count as f64 / f64::from(bytes_per_second))).await;
            }
            _ => {}
        }
        // The handshake's answer stays whole: a client takes one that comes in crumbs for an attack.
        if let (Fault::Split, true) = (fault, handshaken) {
            for byte in piece {
                to_client.write_all(std::slice::from_ref(byte)).await?;
                tokio::task::yield_now().await;
            }
        } else {
            to_client.write_all(piece).await?;
        }
        sent += count;
        // The handshake's answer is the first thing that a server says, and it fits a piece.
        if !handshaken {
            handshaken = true;
            match fault {
                Fault::Pings(count) => to_client.write_all(&[0x89, 0x01, b'!'].repeat(count)).await?,
                // A text frame whose first reserved bit says that it is deflated.
                Fault::Compressed => to_client.write_all(&[0xc1, 0x03, 0x4b, 0x04, 0x00]).await?,
                _ => {}
            }
        }
    }
}
