//! The wallets: who signs, what is in them, what that is worth, and how old that is.

use super::table::{Spec, fit, spec};
use super::{Ink, sync};
use crate::console::canvas::Canvas;
use crate::console::pane::Title;
use crate::console::pane::watch::first_shown;
use crate::console::state::State;
use crate::console::theme::Role;
use crate::desk::treasury::{TreasuryView, WalletView};
use bitcoin::{Amount, Network, SignedAmount};
use ratatui::layout::Rect;

#[derive(Clone, Copy)]
enum Column {
    Name,
    Marks,
    Quorum,
    Balance,
    Value,
    Pending,
    Frozen,
    Sync,
}

const COLUMNS: [Spec<Column>; 8] = [
    spec(Column::Name, 0, 12, 24),
    spec(Column::Marks, 3, 17, 26),
    spec(Column::Quorum, 2, 8, 8),
    spec(Column::Balance, 1, 16, 18),
    spec(Column::Value, 5, 12, 16),
    spec(Column::Pending, 6, 14, 16),
    spec(Column::Frozen, 7, 13, 16),
    spec(Column::Sync, 4, 7, 12),
];

/// The wallet that stands on a line inside the pane.
pub fn index_at(count: usize, chosen: usize, area: Rect, line: u16) -> Option<usize> {
    super::table::index_at(count, chosen, area.height, line)
}

/// What everybody has to know of a wallet before its amounts: keys that lie on this machine, that it must not be paid
/// yet, and that its coins are none of the real network.
fn marks(wallet: &WalletView) -> (String, Role) {
    let network = match wallet.network {
        Network::Bitcoin => None,
        network => Some(network.to_string()),
    };
    let hot = (wallet.hot > 0).then(|| "HOT".to_owned());
    let unarmed = (!wallet.armed()).then(|| format!("unarmed {}/{}", wallet.confirmed.0, wallet.confirmed.1));
    let role = if wallet.hot > 0 || !wallet.armed() { Role::Warning } else { Role::Dim };
    ([hot, unarmed, network].into_iter().flatten().collect::<Vec<_>>().join(" "), role)
}

/// Draws the list inside its border.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, ink: &Ink<'_>, state: &State, treasury: &TreasuryView) -> Title {
    let shown = fit(&COLUMNS, area.width);
    let base = treasury.price.as_ref().map_or("value".to_owned(), |price| format!("value {}", price.base));
    for (column, x, width) in &shown {
        match column {
            Column::Name => _ = canvas.put(area, *x, 0, "wallet", Role::Dim),
            Column::Marks => {}
            Column::Quorum => _ = canvas.put(area, *x, 0, "quorum", Role::Dim),
            Column::Balance => canvas.put_right(area, x + width - 1, 0, "BTC", Role::Dim),
            Column::Value => canvas.put_right(area, x + width - 1, 0, &base, Role::Dim),
            Column::Pending => canvas.put_right(area, x + width - 1, 0, "pending", Role::Dim),
            Column::Frozen => canvas.put_right(area, x + width - 1, 0, "frozen", Role::Dim),
            Column::Sync => canvas.put_right(area, x + width - 1, 0, "synced", Role::Dim),
        }
    }
    let list = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    if treasury.wallets.is_empty() {
        canvas.put_message(list, super::NOTHING, Role::Dim);
    }
    let chosen = state.treasury.wallet_at(&treasury.wallets);
    let first = first_shown(treasury.wallets.len(), usize::from(list.height), chosen);
    for ((index, wallet), y) in treasury.wallets.iter().enumerate().skip(first).zip(0..list.height) {
        for (column, x, width) in &shown {
            draw_cell(canvas, list, (*x, y, *width), ink, *column, wallet);
        }
        if index == chosen {
            canvas.put(list, 0, y, canvas.glyphs.cursor, Role::Accent);
            canvas.tint(Rect { y: list.y + y, height: 1, ..list }, Role::Selected);
        }
    }
    let price = treasury.price.as_ref().map(|price| ink.price(price));
    let wallet = treasury.wallets.get(chosen);
    let failed = wallet.and_then(|wallet| match &wallet.sync.state {
        crate::desk::treasury::SyncState::Failed(reason) => Some(reason.to_string()),
        _ => None,
    });
    Title { name: "Wallets".to_owned(), state: price, readout: failed.into_iter().collect() }
}

fn draw_cell(
    canvas: &mut Canvas<'_>,
    list: Rect,
    (x, y, width): (u16, u16, u16),
    ink: &Ink<'_>,
    column: Column,
    wallet: &WalletView,
) {
    let room = usize::from(width).saturating_sub(1);
    let cell = Rect { x: list.x.saturating_add(x), width: width.saturating_sub(1), ..list }.intersection(list);
    let missing = || (canvas.glyphs.missing.to_owned(), Role::Dim);
    let amount = |amount: Option<Amount>, role| match amount {
        Some(Amount::ZERO) | None => missing(),
        Some(amount) => (ink.amount(amount, room), role),
    };
    let (text, role) = match column {
        Column::Name => {
            canvas.put(cell, 0, y, &wallet.name, Role::Text);
            return;
        }
        Column::Marks => {
            let (text, role) = marks(wallet);
            canvas.put(cell, 0, y, &text, role);
            return;
        }
        Column::Quorum => {
            canvas.put(cell, 0, y, &wallet.quorum.to_string(), Role::Dim);
            return;
        }
        Column::Balance => match wallet.balance {
            Some(balance) => (ink.amount(balance.confirmed, room), Role::Text),
            None => ("unknown".to_owned(), Role::Warning),
        },
        Column::Value if wallet.balance.is_none() => missing(),
        Column::Value => ink.value(wallet.value, room),
        Column::Pending => match wallet.balance.map(|balance| balance.pending) {
            Some(SignedAmount::ZERO) | None => missing(),
            Some(pending) => (ink.change(pending, room), Role::Accent),
        },
        Column::Frozen => amount(wallet.balance.map(|balance| balance.frozen), Role::Dim),
        Column::Sync => sync(ink, &wallet.sync),
    };
    canvas.put_right(cell, cell.width, y, &text, role);
}
