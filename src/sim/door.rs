//! What the doors of the simulated servers share: connections, as many as there is room for, and what goes wrong on purpose.

use super::http::{Answer, Client, Request, Unreadable};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Clients of one server at one time.
const MAX_CLIENTS: usize = 64;

/// How long a client may say nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// A lock that a panic elsewhere does not take away.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves whoever connects, for as long as it is polled; all connections end with it.
pub async fn accept<S, W>(listener: TcpListener, serve: S)
where
    S: Fn(TcpStream) -> W,
    W: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((_, from)) if connections.len() >= MAX_CLIENTS => {
                tracing::warn!(%from, "refused a connection: there are {MAX_CLIENTS} already");
            }
            Ok((socket, from)) => {
                tracing::debug!(%from, "connected");
                let _ = socket.set_nodelay(true);
                connections.spawn(serve(socket));
            }
            Err(error) => {
                // Out of file handles, most likely: others may close some meanwhile.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// The next request of a client; none when it has gone, is silent for too long, or was told that it cannot be understood.
pub async fn request(client: &mut Client) -> Option<Request> {
    match tokio::time::timeout(PATIENCE, client.request()).await {
        Ok(Ok(request)) => request,
        Ok(Err(Unreadable(status))) => {
            client.answer(&Answer::of(status, "text/plain", "")).await;
            None
        }
        Err(_) => None,
    }
}

/// What goes wrong, and with how many answers.
#[derive(Debug)]
pub struct Faults<F>(Mutex<Option<(F, u32)>>);

impl<F> Default for Faults<F> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<F: Copy> Faults<F> {
    /// Lets something go wrong with the next answers.
    pub fn make(&self, fault: F, answers: u32) {
        *lock(&self.0) = Some((fault, answers));
    }

    /// Lets nothing go wrong any more.
    pub fn heal(&self) {
        *lock(&self.0) = None;
    }

    /// What goes wrong with this answer.
    pub fn next(&self) -> Option<F> {
        let mut fault = lock(&self.0);
        let (kind, left) = fault.as_mut()?;
        let kind = *kind;
        *left = left.saturating_sub(1);
        if *left == 0 {
            *fault = None;
        }
        Some(kind)
    }
}
