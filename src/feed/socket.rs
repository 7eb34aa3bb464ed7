//! Opening a stream, and what it means when that fails.

use super::error::{LinkError, words};
use super::fetch::{overrun, retry_after};
use super::tls;
use crate::venue::Manners;
use rustls::ClientConfig;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};

/// A stream that is open.
pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Connects to `url`.
pub(super) async fn open(
    url: &str,
    manners: &Manners,
    patience: Duration,
    client: Arc<ClientConfig>,
) -> Result<Socket, LinkError> {
    let host = host(url);
    let request =
        url.into_client_request().map_err(|error| LinkError::Address { url: words(&url), reason: words(&error) })?;
    let config =
        WebSocketConfig::default().max_message_size(Some(manners.max_frame)).max_frame_size(Some(manners.max_frame));
    let connecting = connect_async_tls_with_config(request, Some(config), true, Some(Connector::Rustls(client)));
    match timeout(patience, connecting).await {
        Err(_) => Err(LinkError::Timeout { host, after: patience }),
        Ok(Err(error)) => Err(refusal(url, host, error)),
        Ok(Ok((socket, _))) => Ok(socket),
    }
}

fn refusal(url: &str, host: String, error: Error) -> LinkError {
    match error {
        Error::Io(error) => tls::explain(&host, &error),
        Error::Tls(error) => LinkError::Tls { host, reason: words(&error) },
        Error::Url(error) => LinkError::Address { url: words(&url), reason: words(&error) },
        Error::Http(answer) if overrun(answer.status().as_u16()) => {
            LinkError::Overrun { host, status: answer.status().as_u16(), after: retry_after(answer.headers()) }
        }
        other => LinkError::Refused { host, reason: words(&other) },
    }
}

/// The host, and the port where the address names one, for messages.
pub(super) fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    words(&rest.split(['/', '?', '#']).next().unwrap_or_default())
}
