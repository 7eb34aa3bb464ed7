//! `exchequer venues`: where markets come from, and how they want to be treated.

use super::link::address;
use super::output::{Cell, Column};
use super::{Context, Failure};
use crate::market::VenueId;
use crate::venue::manners;

/// Arguments of `exchequer venues`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Prints the venues, with the addresses that this configuration leads to.
pub fn run(_: &Args, context: &Context) -> Result<(), Failure> {
    let venues =
        VenueId::ALL.map(|venue| (venue, address(venue, context, None).map(|address| address.stream), manners(venue)));
    let overridden = |venue| context.config.urls.contains_key(&venue);
    if context.output.json {
        let list = venues.map(|(venue, url, manners)| {
            serde_json::json!({
                "venue": venue, "about": about(venue), "url": url, "overridden": overridden(venue),
                "depths": manners.depths,
                "manners": {
                    "ping_after_ms": manners.ping_after.as_millis(), "dead_after_ms": manners.dead_after.as_millis(),
                    "frames_per_second": manners.frames_per_second, "max_frame_bytes": manners.max_frame,
                },
            })
        });
        return context.output.json(&serde_json::json!({ "venues": list }));
    }
    let rows = venues.map(|(venue, url, manners)| {
        let url = match url {
            Some(url) if overridden(venue) => format!("{url} (configured)"),
            Some(url) => url,
            None => "–".into(),
        };
        let depths: Vec<String> = manners.depths.iter().map(usize::to_string).collect();
        let asks = format!("{}/s", manners.frames_per_second);
        vec![Cell::from(venue.as_str()), url.into(), depths.join(" ").into(), asks.into(), about(venue).into()]
    });
    let columns = ["venue", "address", "depths", "requests", "about"].map(Column::Left);
    context.output.table(&columns, &rows)
}

fn about(venue: VenueId) -> &'static str {
    match venue {
        VenueId::Binance => "Binance spot",
        VenueId::BinanceFutures => "Binance USDⓈ-M futures",
        VenueId::BinanceUs => "Binance.US spot",
        VenueId::Bitstamp => "Bitstamp spot, WebSocket v2",
        VenueId::Bybit => "Bybit spot, linear and inverse, v5",
        VenueId::Coinbase => "Coinbase Advanced Trade, or Exchange by its address",
        VenueId::Deribit => "Deribit futures and options, v2",
        VenueId::Hyperliquid => "Hyperliquid perpetuals",
        VenueId::Kraken => "Kraken spot, WebSocket v2",
        VenueId::KrakenFutures => "Kraken Futures, WebSocket v1",
        VenueId::Okx => "OKX, v5",
        VenueId::Sim => "simulated; speaks Kraken's protocol",
    }
}
