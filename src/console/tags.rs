//! A short name and a colour for each venue, so that a level can say whose it is in three columns.
//!
//! The name alone tells them apart; the colour only helps the eye, and venues of one house share it.

use super::theme::Role;
use crate::market::VenueId;

/// The venue in three letters.
pub const fn tag(venue: VenueId) -> &'static str {
    match venue {
        VenueId::Binance => "BIN",
        VenueId::BinanceFutures => "BNF",
        VenueId::BinanceUs => "BUS",
        VenueId::Bitstamp => "BST",
        VenueId::Bybit => "BYB",
        VenueId::Coinbase => "CBS",
        VenueId::Deribit => "DRB",
        VenueId::Hyperliquid => "HYP",
        VenueId::Kraken => "KRK",
        VenueId::KrakenFutures => "KRF",
        VenueId::Okx => "OKX",
        VenueId::Sim => "SIM",
    }
}

/// How the venue's tag looks.
pub const fn role(venue: VenueId) -> Role {
    match venue {
        VenueId::Binance | VenueId::BinanceFutures | VenueId::BinanceUs => Role::Venue1,
        VenueId::Kraken | VenueId::KrakenFutures => Role::Venue2,
        VenueId::Coinbase | VenueId::Deribit => Role::Venue3,
        VenueId::Bybit | VenueId::Bitstamp => Role::Venue4,
        VenueId::Okx | VenueId::Sim => Role::Venue5,
        VenueId::Hyperliquid => Role::Venue6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_three_letters_and_unique() {
        let mut tags = VenueId::ALL.map(tag).to_vec();
        assert!(tags.iter().all(|tag| tag.len() == 3 && tag.bytes().all(|b| b.is_ascii_uppercase())));
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), VenueId::ALL.len());
    }
}
