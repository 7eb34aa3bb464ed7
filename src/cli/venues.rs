//! `exchequer venues`: where markets come from.

use super::output::{Cell, Column};
use super::{Context, Failure};

/// Arguments of `exchequer venues`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// A venue, its address unless the configuration names another, and what it is.
const VENUES: [(&str, Option<&str>, &str); 2] = [
    ("kraken", Some("wss://ws.kraken.com/v2"), "Kraken spot, WebSocket v2"),
    ("sim", None, "simulated, in this process; speaks Kraken's protocol"),
];

/// Prints the venues.
pub fn run(_: &Args, context: &Context) -> Result<(), Failure> {
    let venues = VENUES.map(|(name, own, about)| {
        let chosen = context.config.urls.get(name).map(String::as_str);
        (name, chosen.or(own), about)
    });
    if context.output.json {
        let list = venues.map(|(name, url, about)| serde_json::json!({ "venue": name, "url": url, "about": about }));
        return context.output.json(&serde_json::json!({ "venues": list }));
    }
    let rows = venues.map(|(name, url, about)| vec![Cell::from(name), url.unwrap_or("–").into(), about.into()]);
    context.output.table(&[Column::Left("venue"), Column::Left("address"), Column::Left("about")], &rows)
}
