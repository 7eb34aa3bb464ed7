//! Where venues are reached, and whose address an address is.

use crate::market::VenueId;

/// One of a venue's addresses, as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// What is traded there, in a word.
    pub name: &'static str,
    /// The address of the public stream.
    pub stream: &'static str,
    /// What is appended to the stream's address, also to one that was configured.
    pub path: &'static str,
    /// The base address of HTTP requests.
    pub rest: &'static str,
    /// The same two at the venue's test network.
    pub testnet: Option<(&'static str, &'static str)>,
}

/// An endpoint as it is used: the venue's own or configured ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The address of the public stream.
    pub stream: String,
    /// The base address of HTTP requests, without a slash at the end.
    pub rest: String,
}

impl Address {
    /// A stream beside which nothing is fetched.
    pub fn stream(url: impl Into<String>) -> Self {
        Self { stream: url.into(), rest: String::new() }
    }
}

impl Endpoint {
    /// The address, with what is configured in place of the venue's own.
    pub fn address(&self, stream: Option<&str>, rest: Option<&str>) -> Address {
        Address {
            stream: format!("{}{}", stream.unwrap_or(self.stream), self.path),
            rest: rest.unwrap_or(self.rest).trim_end_matches('/').to_owned(),
        }
    }
}

/// Domains and their venues; the first that fits counts.
const DOMAINS: [(&str, VenueId); 16] = [
    ("demo-futures.kraken.com", VenueId::KrakenFutures),
    ("futures.kraken.com", VenueId::KrakenFutures),
    ("kraken.com", VenueId::Kraken),
    ("fstream.binance.com", VenueId::BinanceFutures),
    ("fapi.binance.com", VenueId::BinanceFutures),
    ("binance.com", VenueId::Binance),
    ("binance.vision", VenueId::Binance),
    ("binance.us", VenueId::BinanceUs),
    ("coinbase.com", VenueId::Coinbase),
    ("bybit.com", VenueId::Bybit),
    ("okx.com", VenueId::Okx),
    ("okex.com", VenueId::Okx),
    ("okj.com", VenueId::Okx),
    ("deribit.com", VenueId::Deribit),
    ("bitstamp.net", VenueId::Bitstamp),
    ("hyperliquid.xyz", VenueId::Hyperliquid),
];

/// The venue that is reached at an address. A loopback address is the simulated one.
pub fn at(url: &str) -> Option<VenueId> {
    let host = host(url);
    if matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
        return Some(VenueId::Sim);
    }
    let within = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    DOMAINS.into_iter().find(|(domain, _)| within(domain)).map(|(_, venue)| venue)
}

/// The host of an address, without its port.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_tells_the_venue() {
        for (url, venue) in [
            ("wss://ws.kraken.com/v2", VenueId::Kraken),
            ("wss://futures.kraken.com/ws/v1", VenueId::KrakenFutures),
            ("wss://demo-futures.kraken.com/ws/v1", VenueId::KrakenFutures),
            ("wss://stream.binance.com:9443/stream?streams=btcusdt@depth", VenueId::Binance),
            ("https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT", VenueId::BinanceFutures),
            ("wss://stream.binance.us:9443/ws", VenueId::BinanceUs),
            ("wss://advanced-trade-ws.coinbase.com", VenueId::Coinbase),
            ("ws://127.0.0.1:8080/v2?x=1", VenueId::Sim),
            ("ws://[::1]:9", VenueId::Sim),
        ] {
            assert_eq!(at(url), Some(venue), "{url}");
        }
        for url in ["", "wss://kraken.com.example", "wss://notkraken.com", "wss://example/ws.kraken.com"] {
            assert_eq!(at(url), None, "{url}");
        }
    }

    #[test]
    fn every_endpoint_is_where_its_venue_is() {
        for venue in VenueId::ALL.into_iter().filter(|venue| *venue != VenueId::Sim) {
            for endpoint in super::super::manners(venue).endpoints {
                assert_eq!(at(&endpoint.address(None, None).stream), Some(venue));
                assert_eq!(at(endpoint.rest), Some(venue), "{}", endpoint.rest);
            }
        }
    }

    #[test]
    fn what_is_configured_replaces_the_base_and_keeps_the_path() {
        let endpoint = Endpoint { name: "x", stream: "wss://a", path: "/linear", rest: "https://b", testnet: None };
        let address = endpoint.address(Some("ws://127.0.0.1:1"), Some("http://127.0.0.1:2/"));
        assert_eq!((address.stream.as_str(), address.rest.as_str()), ("ws://127.0.0.1:1/linear", "http://127.0.0.1:2"));
    }
}
