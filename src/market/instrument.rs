//! What can be traded where, and in which steps.

use super::Symbol;
use crate::money::{Decimal, Price, Quantity};
use std::fmt;

/// The source of a market's data. Its text form is used everywhere: command line, configuration, captures, cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VenueId {
    /// The simulated venue.
    Sim,
    /// Kraken spot.
    Kraken,
    /// Kraken futures.
    KrakenFutures,
    /// Binance spot.
    Binance,
    /// Binance futures margined in stablecoins (USDⓈ-M).
    BinanceFutures,
    /// Binance.US spot.
    BinanceUs,
    /// Coinbase spot.
    Coinbase,
    /// Bybit spot, linear and inverse contracts.
    Bybit,
    /// OKX.
    Okx,
    /// Deribit futures and options.
    Deribit,
    /// Bitstamp spot.
    Bitstamp,
    /// Hyperliquid perpetuals.
    Hyperliquid,
}

/// A text that names no venue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown venue {0:?}; known are: {known}", known = VenueId::ALL.map(VenueId::as_str).join(", "))]
pub struct UnknownVenue(String);

impl VenueId {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 12] = [
        Self::Binance,
        Self::BinanceFutures,
        Self::BinanceUs,
        Self::Bitstamp,
        Self::Bybit,
        Self::Coinbase,
        Self::Deribit,
        Self::Hyperliquid,
        Self::Kraken,
        Self::KrakenFutures,
        Self::Okx,
        Self::Sim,
    ];

    /// The id as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sim => "sim",
            Self::Kraken => "kraken",
            Self::KrakenFutures => "kraken_futures",
            Self::Binance => "binance",
            Self::BinanceFutures => "binance_futures",
            Self::BinanceUs => "binance_us",
            Self::Coinbase => "coinbase",
            Self::Bybit => "bybit",
            Self::Okx => "okx",
            Self::Deribit => "deribit",
            Self::Bitstamp => "bitstamp",
            Self::Hyperliquid => "hyperliquid",
        }
    }
}

impl std::str::FromStr for VenueId {
    type Err = UnknownVenue;

    fn from_str(text: &str) -> Result<Self, UnknownVenue> {
        let known = Self::ALL.into_iter().find(|venue| venue.as_str() == text);
        known.ok_or_else(|| UnknownVenue(super::printable(text).chars().take(40).collect()))
    }
}

impl fmt::Display for VenueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Decimals that a venue prints prices and quantities with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Precision {
    /// Decimals of a price.
    pub price: u8,
    /// Decimals of a quantity.
    pub quantity: u8,
}

/// Whether an instrument can be traded now, in the venue's own terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trading {
    /// Orders match.
    Open,
    /// Orders are restricted (cancel only, post only, limit only, reduce only).
    Limited,
    /// Nothing matches: maintenance, delisting, not yet started.
    Halted,
}

/// One instrument of one venue, as that venue describes it. Steps come from the venue and are never guessed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Instrument {
    /// Where.
    pub venue: VenueId,
    /// Its unified name.
    pub symbol: Symbol,
    /// What the venue calls it.
    pub venue_symbol: Box<str>,
    /// How its numbers are printed.
    pub precision: Precision,
    /// The smallest difference between two prices.
    pub tick: Option<Price>,
    /// The smallest difference between two quantities.
    pub lot: Option<Quantity>,
    /// The smallest order.
    pub minimum: Option<Quantity>,
    /// Whether it trades.
    pub trading: Trading,
}

impl Precision {
    /// One unit in the last decimal of a price.
    pub fn price_unit(self) -> Price {
        Price::new(Decimal::new(1, u32::from(self.price)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn venue_ids_round_trip_and_others_are_named() {
        for venue in VenueId::ALL {
            assert_eq!(venue.as_str().parse(), Ok(venue));
            assert_eq!(serde_json::to_string(&venue).unwrap(), format!("\"{venue}\""));
        }
        assert_eq!("mtgox".parse::<VenueId>(), Err(UnknownVenue("mtgox".into())));
    }
}
