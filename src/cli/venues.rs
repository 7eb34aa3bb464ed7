//! `exchequer venues`: where markets come from.

use super::output::{Cell, Column};
use super::{Context, Failure};
use crate::market::VenueId;
use crate::venue::dialect;

/// Arguments of `exchequer venues`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Prints the venues, with the addresses that this configuration leads to.
pub fn run(_: &Args, context: &Context) -> Result<(), Failure> {
    let venues = VenueId::ALL.map(|venue| {
        let chosen = context.config.urls.get(&venue).cloned();
        let (own, about) = match venue {
            VenueId::Kraken => (Some(dialect(venue).manners().url.to_owned()), "Kraken spot, WebSocket v2"),
            VenueId::Sim => (None, "simulated, in this process; speaks Kraken's protocol"),
        };
        (venue, chosen.or(own), about)
    });
    if context.output.json {
        let list = venues.map(|(venue, url, about)| serde_json::json!({ "venue": venue, "url": url, "about": about }));
        return context.output.json(&serde_json::json!({ "venues": list }));
    }
    let rows = venues.map(|(venue, url, about)| {
        let url = url.as_deref().unwrap_or("–");
        vec![Cell::from(venue.as_str()), url.into(), about.into()]
    });
    context.output.table(&[Column::Left("venue"), Column::Left("address"), Column::Left("about")], &rows)
}
