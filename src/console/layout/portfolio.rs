//! The arrangement of the Portfolio workspace: what all is worth on top, below it what is held; the more room, the more of
//! the rest beside and below that. What has no place comes up where the holdings are, or below them, while it is looked at.

use super::{Pane, rows, split};
use ratatui::layout::Rect;

/// Lines of what all is worth, borders included.
const NAV: u16 = 4;

/// The panes inside `area`, `focus` among them.
pub fn panes(focus: Pane, area: Rect) -> Vec<(Pane, Rect)> {
    let (nav, rest) = top(area, NAV);
    let below = match (rest.width, rest.height) {
        (180.., 38..) => wide(rest),
        (110.., 34..) => desk(rest),
        (_, 18..) => stacked(focus, rest),
        _ => vec![(focus, rest)],
    };
    std::iter::once((Pane::Nav, nav)).chain(below).collect()
}

/// Cuts rows of `height` off at the top; the border between is in both.
fn top(area: Rect, height: u16) -> (Rect, Rect) {
    rows(area, (area.height + 1).saturating_sub(height))
}

/// One below the other.
fn stacked(focus: Pane, area: Rect) -> Vec<(Pane, Rect)> {
    let spare = area.height - 18;
    if matches!(focus, Pane::Source | Pane::Ledger) {
        let (holdings, last) = rows(area, 9 + spare / 2);
        return vec![(Pane::Holdings, holdings), (focus, last)];
    }
    // The first lines go to a chart, the next to the list.
    let chart = if spare < 6 { 0 } else { 6 + (spare - 6) / 3 };
    let (rest, performance) = rows(area, 4 + chart);
    let (holdings, allocation) = rows(rest, 4);
    vec![(Pane::Holdings, holdings), (Pane::Allocation, allocation), (Pane::Performance, performance)]
}

/// The holdings across, below them two columns.
fn desk(area: Rect) -> Vec<(Pane, Rect)> {
    let (holdings, below) = rows(area, area.height * 3 / 5);
    let (left, right) = split(below, below.width * 2 / 5);
    let (allocation, source) = rows(left, left.height * 3 / 5);
    let (performance, ledger) = rows(right, right.height * 2 / 5);
    vec![
        (Pane::Holdings, holdings),
        (Pane::Allocation, allocation),
        (Pane::Source, source),
        (Pane::Performance, performance),
        (Pane::Ledger, ledger),
    ]
}

/// Two columns: what is held and how that came about, and what it comes to.
fn wide(area: Rect) -> Vec<(Pane, Rect)> {
    let (left, right) = split(area, (area.width * 2 / 3).min(140));
    let (holdings, ledger) = rows(left, left.height / 3);
    let (rest, source) = rows(right, right.height * 3 / 10);
    let (allocation, performance) = rows(rest, rest.height * 3 / 5);
    vec![
        (Pane::Holdings, holdings),
        (Pane::Allocation, allocation),
        (Pane::Performance, performance),
        (Pane::Source, source),
        (Pane::Ledger, ledger),
    ]
}
