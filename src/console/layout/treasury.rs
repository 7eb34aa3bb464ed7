//! The arrangement of the Treasury workspace: the wallets, what waits for approval, and the chosen proposal. What has no
//! place comes up below the queue while it is looked at.

use super::{Pane, rows, split};
use ratatui::layout::Rect;

/// The panes inside `area`, `focus` among them.
pub fn panes(focus: Pane, area: Rect) -> Vec<(Pane, Rect)> {
    match (area.width, area.height) {
        (180.., 36..) => wide(area),
        (110.., 34..) => desk(area),
        (_, 20..) => stacked(focus, area),
        _ => vec![(focus, area)],
    }
}

/// One below the other: the proposal below the queue, or the coins in its place.
fn stacked(focus: Pane, area: Rect) -> Vec<(Pane, Rect)> {
    let spare = area.height - 20;
    let last = if focus == Pane::Coins { Pane::Coins } else { Pane::Proposal };
    let (rest, below) = rows(area, 11 + spare / 2);
    let (wallets, queue) = rows(rest, rest.height - 4 - spare / 6);
    vec![(Pane::Wallets, wallets), (Pane::Approvals, queue), (last, below)]
}

/// The lists at the left, the proposal at full height beside them.
fn desk(area: Rect) -> Vec<(Pane, Rect)> {
    let (left, proposal) = split(area, area.width / 2 + 4);
    let (rest, coins) = rows(left, left.height / 3);
    let (wallets, queue) = rows(rest, rest.height * 3 / 5);
    vec![(Pane::Wallets, wallets), (Pane::Approvals, queue), (Pane::Coins, coins), (Pane::Proposal, proposal)]
}

/// Wallets over their coins, the queue over the proposal.
fn wide(area: Rect) -> Vec<(Pane, Rect)> {
    let (left, right) = split(area, area.width * 2 / 5);
    let (wallets, coins) = rows(left, left.height * 2 / 3);
    let (queue, proposal) = rows(right, right.height * 3 / 4);
    vec![(Pane::Wallets, wallets), (Pane::Approvals, queue), (Pane::Coins, coins), (Pane::Proposal, proposal)]
}
