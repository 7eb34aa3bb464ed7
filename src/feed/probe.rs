//! One short conversation with a venue: is it there, how far away is it, and what does its clock say?
//!
//! Nothing is subscribed to. What the venue says besides its answer is not read.

use super::socket::{host, open};
use super::{LinkError, Settings, SettingsError, tls};
use crate::market::{Event, Timestamp};
use crate::venue::Dialect;
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

/// What a venue that answered tells about the way to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// From the first packet to an open stream, encryption included.
    pub connecting: Duration,
    /// From a ping to its answer.
    pub round_trip: Duration,
    /// How far our clock is ahead of the venue's, in nanoseconds, known to half the round trip; none when the venue does
    /// not tell its time.
    pub ahead: Option<i64>,
}

/// Why a venue could not be probed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// It was not reached, or did not answer.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// No connection could be made as configured.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

/// Connects, asks for a sign of life, and leaves, each within the connection's time limit.
pub async fn probe(settings: &Settings, mut dialect: Box<dyn Dialect>) -> Result<Probe, ProbeError> {
    let manners = dialect.manners();
    let url = settings.address.stream.as_str();
    let client = tls::client(settings.authorities.as_deref())?;
    let (clock, patience) = (settings.clock, settings.connect_timeout);
    let began = clock.now();
    let mut socket = open(url, &manners, patience, client).await?;
    let connecting = began.age(clock.now());
    let broken =
        |error: &dyn ToString| LinkError::Broken { host: host(url), reason: super::error::words(&error.to_string()) };
    let sent = clock.now();
    let conversation = async {
        if let Some(ping) = dialect.ping() {
            socket.send(Message::text(ping)).await.map_err(|error| broken(&error))?;
        }
        let mut events = Vec::new();
        loop {
            let Some(message) = socket.next().await else {
                return Err(LinkError::Closed { host: host(url), reason: "without a word".into() });
            };
            let now = clock.now();
            let Message::Text(frame) = message.map_err(|error| broken(&error))? else { continue };
            // A frame that cannot be read is no answer.
            let _ = dialect.receive(frame.as_str(), now, &mut events);
            for event in events.drain(..) {
                if let Event::Pong { exchange_time } = event {
                    return Ok((now, exchange_time));
                }
            }
        }
    };
    let answered = timeout(patience, conversation).await;
    let (received, told) = answered.unwrap_or(Err(LinkError::Timeout { host: host(url), after: patience }))?;
    let _ = timeout(patience, socket.close(None)).await;
    let ahead = told.map(|told| ahead(sent, received, told));
    Ok(Probe { connecting, round_trip: sent.age(received), ahead })
}

/// Our clock less the venue's, taking the answer to have been on its way for half of the round trip.
fn ahead(sent: Timestamp, received: Timestamp, told: Timestamp) -> i64 {
    let on_the_way = received.nanos().saturating_sub(sent.nanos()) / 2;
    received.nanos().saturating_sub(on_the_way).saturating_sub(told.nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_way_is_not_skew() {
        let at = Timestamp::from_millis;
        assert_eq!(ahead(at(1_000), at(1_200), at(1_100)), 0);
        assert_eq!(ahead(at(6_000), at(6_200), at(1_100)), 5_000_000_000);
        assert_eq!(ahead(at(1_000), at(1_000), at(3_000)), -2_000_000_000);
    }
}
