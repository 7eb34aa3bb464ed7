//! The settings that every venue has: where it is reached, and what it takes from those who take.

use super::Shape;
use super::keys::Key;
use super::read::{fee, rest, url};
use crate::market::VenueId;

/// One setting of all venues, as it is documented.
#[derive(Debug)]
pub struct OfVenues {
    /// Its path in the file, with `VENUE` for the venue.
    pub name: &'static str,
    /// Its environment variable, with `VENUE` for the venue.
    pub variable: &'static str,
    /// The values it takes, in words.
    pub values: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
}

const URL: OfVenues = OfVenues {
    name: "venues.VENUE.url",
    variable: "EXCHEQUER_VENUE_URL",
    values: "a `ws://` or `wss://` address",
    about: "Replaces the venue's own address. Unset for `sim`, a simulated venue is started in the same process.",
};

const REST_URL: OfVenues = OfVenues {
    name: "venues.VENUE.rest_url",
    variable: "EXCHEQUER_VENUE_REST_URL",
    values: "an `http://` or `https://` address",
    about: "Replaces the venue's own address for what is fetched, such as snapshots.",
};

const FEE: OfVenues = OfVenues {
    name: "fees.VENUE",
    variable: "EXCHEQUER_VENUE_FEE",
    values: "percent from -10 to 10 with at most four decimals, such as `0.26`",
    about: "The taker fee that you pay there. Prices net of fees and the best split of a size follow it.",
};

/// The settings of all venues, in the order of the documentation.
pub const OF_VENUES: [OfVenues; 3] = [URL, REST_URL, FEE];

macro_rules! keys {
    ($($venue:ident $id:literal $variable:literal),* $(,)?) => {
        /// The settings of each venue.
        pub const VENUES: [Key; OF_VENUES.len() * VenueId::ALL.len()] = [$(
            Key {
                name: concat!("venues.", $id, ".url"),
                variable: concat!("EXCHEQUER_", $variable, "_URL"),
                flag: None,
                shape: Shape::Text,
                values: URL.values,
                default: None,
                about: URL.about,
                set: |config, text| url(text).map(|value| _ = config.urls.insert(VenueId::$venue, value)),
            },
            Key {
                name: concat!("venues.", $id, ".rest_url"),
                variable: concat!("EXCHEQUER_", $variable, "_REST_URL"),
                flag: None,
                shape: Shape::Text,
                values: REST_URL.values,
                default: None,
                about: REST_URL.about,
                set: |config, text| rest(text).map(|value| _ = config.rest_urls.insert(VenueId::$venue, value)),
            },
            Key {
                name: concat!("fees.", $id),
                variable: concat!("EXCHEQUER_", $variable, "_FEE"),
                flag: None,
                shape: Shape::Decimal,
                values: FEE.values,
                default: None,
                about: FEE.about,
                set: |config, text| fee(text).map(|value| _ = config.fees.insert(VenueId::$venue, value)),
            },
        )*];
    };
}

keys! {
    Binance "binance" "BINANCE",
    BinanceFutures "binance_futures" "BINANCE_FUTURES",
    BinanceUs "binance_us" "BINANCE_US",
    Bitstamp "bitstamp" "BITSTAMP",
    Bybit "bybit" "BYBIT",
    Coinbase "coinbase" "COINBASE",
    Deribit "deribit" "DERIBIT",
    Hyperliquid "hyperliquid" "HYPERLIQUID",
    Kraken "kraken" "KRAKEN",
    KrakenFutures "kraken_futures" "KRAKEN_FUTURES",
    Okx "okx" "OKX",
    Sim "sim" "SIM",
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::config::Config;

    #[test]
    fn every_venue_has_every_setting_under_its_own_name() {
        let texts = ["ws://127.0.0.1:1", "http://127.0.0.1:2", "0.26"];
        for (venue, keys) in VenueId::ALL.into_iter().zip(VENUES.chunks(OF_VENUES.len())) {
            let mut config = Config::default();
            for ((key, of), text) in keys.iter().zip(OF_VENUES).zip(texts) {
                assert_eq!(key.name, of.name.replace("VENUE", venue.as_str()));
                assert_eq!(key.variable, of.variable.replace("VENUE", &venue.as_str().to_uppercase()));
                (key.set)(&mut config, text).unwrap();
                assert!((key.set)(&mut config, "x").is_err());
            }
            assert_eq!(config.urls.get(&venue).map(String::as_str), Some("ws://127.0.0.1:1"));
            assert_eq!(config.rest_urls.get(&venue).map(String::as_str), Some("http://127.0.0.1:2"));
            assert_eq!(config.fees.get(&venue).map(ToString::to_string).as_deref(), Some("0.26"));
        }
    }
}
