//! The entries of the ledger, newest first: when, where, what happened, and what came in and went out.

use super::amounts::Amounts;
use crate::console::canvas::Canvas;
use crate::console::figures::clock;
use crate::console::pane::Title;
use crate::console::theme::Role;
use crate::desk::portfolio::{EntryView, PortfolioView};
use crate::market::Timestamp;
use jiff::tz::TimeZone;
use ratatui::layout::Rect;

/// How many entries there is room for inside the pane.
pub fn room(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(1))
}

/// Draws the entries inside the border; `passed` are those before the first.
pub fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    amounts: &Amounts<'_>,
    portfolio: &PortfolioView,
    passed: usize,
) -> Title {
    // Where the columns begin, and how much of the time of day there is.
    let (account, kind, amount, clock) = match area.width {
        100.. => (22, 38, 52, 8),
        70.. => (19, 33, 45, 5),
        _ => (12, 24, 36, 0),
    };
    for (x, text) in [(1, "time"), (account, "account"), (kind, "entry"), (amount, "in and out")] {
        canvas.put(area, x, 0, text, Role::Dim);
    }
    if portfolio.entries.is_empty() {
        canvas.put_message(area, "no entries", Role::Dim);
    }
    for (entry, y) in portfolio.entries.iter().zip(1..area.height) {
        let cell = |x: u16, end: u16| Rect {
            x: area.x.saturating_add(x),
            width: end.min(area.width).saturating_sub(x + 1),
            ..area
        };
        canvas.put(cell(1, account), 0, y, &time(entry.at, canvas.zone, clock), Role::Dim);
        canvas.put(cell(account, kind), 0, y, &entry.account, Role::Text);
        canvas.put(cell(kind, amount), 0, y, entry.kind, Role::Dim);
        canvas.put(cell(amount, area.width.saturating_add(1)), 0, y, &legs(amounts, entry), Role::Text);
    }
    let count = portfolio.entry_count;
    let last = passed.saturating_add(portfolio.entries.len()).min(count);
    let shown = format!("{}-{last} of {count}", (passed + 1).min(last));
    Title { state: Some((shown, Role::Dim)), ..Title::default() }
}

/// The day, and so many characters of the time of day.
fn time(at: Timestamp, zone: &TimeZone, digits: usize) -> String {
    let day = jiff::Timestamp::from_nanosecond(i128::from(at.nanos())).map(|at| zone.to_datetime(at).date());
    let day = day.map_or("----------".to_owned(), |day| day.to_string());
    format!("{day} {}", clock(at, zone).get(..digits).unwrap_or_default())
}

fn legs(amounts: &Amounts<'_>, entry: &EntryView) -> String {
    let legs = entry.legs.iter().map(|(asset, amount, fee)| {
        let fee = if *fee { "fee " } else { "" };
        format!("{fee}{} {asset}", amounts.change(*amount))
    });
    legs.collect::<Vec<_>>().join("  ")
}
