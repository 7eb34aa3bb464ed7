//! The ledger as a table of the form that `generic` imports: whoever reads it into an empty ledger has an equal one.
//!
//! - A row is a leg, and rows with one id are one entry; a price has a row of its own.
//! - Text that a spreadsheet would take for a formula, or that has blanks at its ends, begins with an apostrophe, which
//!   marks it as text there and is taken off again by the import. Numbers are as they are.

use super::import::COLUMNS;
use super::ledger::{Entry, Kind, Leg};
use crate::market::is_formula;
use crate::money::plain;
use std::borrow::{Borrow, Cow};
use std::io::{self, Write};

/// Writes a header and all entries.
pub fn csv<E: Borrow<Entry>>(entries: impl IntoIterator<Item = E>, to: impl Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(to);
    table.write_record(COLUMNS)?;
    for entry in entries {
        let entry = entry.borrow();
        if entry.legs.is_empty() {
            table.write_record(row(entry, None).iter().map(AsRef::<str>::as_ref))?;
        }
        for leg in &entry.legs {
            table.write_record(row(entry, Some(leg)).iter().map(AsRef::<str>::as_ref))?;
        }
    }
    table.flush()
}

fn row<'a>(entry: &'a Entry, leg: Option<&'a Leg>) -> [Cow<'a, str>; COLUMNS.len()] {
    COLUMNS.map(|column| match (column, &entry.kind) {
        ("date", _) => entry.at.to_string().into(),
        ("type", Kind::Subscription { .. }) => "subscribe".into(),
        ("type", Kind::Redemption { .. }) => "redeem".into(),
        ("type", kind) => kind.name().into(),
        ("account", _) => inert(entry.account.as_str()),
        ("asset", Kind::Price { asset, .. }) => inert(asset.as_str()).into_owned().into(),
        ("asset", _) => leg.map_or("".into(), |leg| inert(leg.asset.as_str())),
        ("quantity", _) => leg.map_or("".into(), |leg| plain(leg.amount.get()).into()),
        ("leg", _) => leg.map_or("".into(), |leg| if leg.fee { "fee" } else { "own" }.into()),
        ("price", Kind::Price { price, .. }) => plain(price.get()).into(),
        ("currency", Kind::Price { currency, .. }) => inert(currency.as_str()),
        ("until", Kind::Price { until: Some(until), .. }) => until.to_string().into(),
        ("units", Kind::Subscription { units } | Kind::Redemption { units }) => plain(units.get()).into(),
        ("corrects", Kind::Correction { of }) => inert(of.as_str()),
        ("id", _) => inert(entry.id.as_str()),
        ("note", _) => entry.note.as_deref().map_or("".into(), note),
        _ => "".into(),
    })
}

/// Text that no program calculates.
fn inert(text: &str) -> Cow<'_, str> {
    match is_formula(text) || text.starts_with('\'') {
        true => format!("'{text}").into(),
        false => text.into(),
    }
}

/// The same for words, whose blanks count.
fn note(text: &str) -> Cow<'_, str> {
    match text.is_empty() || text.trim() != text {
        true => format!("'{text}").into(),
        false => inert(text),
    }
}
