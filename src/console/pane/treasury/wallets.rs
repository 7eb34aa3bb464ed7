//! The wallets, and the Safes below them: who signs, what is in them, what that is worth, and how old that is.

use super::table::{Spec, fit, spec};
use super::{Ink, fresh, sync};
use crate::console::canvas::Canvas;
use crate::console::pane::Title;
use crate::console::pane::watch::first_shown;
use crate::console::state::State;
use crate::console::theme::Role;
use crate::console::treasury::listed;
use crate::desk::treasury::{Chosen, SafeView, ServiceState, SyncState, TreasuryView, WalletView};
use crate::treasury::ethereum::review::coin;
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

/// A line of the list.
#[derive(Clone, Copy)]
enum Listed<'a> {
    Wallet(&'a WalletView),
    Safe(&'a SafeView),
}

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

/// The same of a Safe: rows of its service that are not what they say, that it stands on code that nobody published, and
/// which contract it is.
fn safe_marks(safe: &SafeView) -> (String, Role) {
    let hot = (safe.hot > 0).then(|| "HOT".to_owned());
    let aside = (safe.service.quarantined > 0).then(|| format!("! {} set aside", safe.service.quarantined));
    let down = matches!(safe.service.state, ServiceState::Failed(_)).then(|| "service down".to_owned());
    let role = if hot.is_some() || aside.is_some() || down.is_some() { Role::Warning } else { Role::Dim };
    let version = Some(format!("Safe {}", safe.version));
    ([aside, hot, down, version].into_iter().flatten().collect::<Vec<_>>().join(" "), role)
}

/// Draws the list inside its border.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, ink: &Ink<'_>, state: &State, treasury: &TreasuryView) -> Title {
    let shown = fit(&COLUMNS, area.width);
    let base = treasury.price.as_ref().map_or("value".to_owned(), |price| format!("value {}", price.base));
    // Where there is more than one coin, each amount says which.
    let units = !treasury.safes.is_empty();
    for (column, x, width) in &shown {
        match column {
            Column::Name => _ = canvas.put(area, *x, 0, "wallet", Role::Dim),
            Column::Marks => {}
            Column::Quorum => _ = canvas.put(area, *x, 0, "quorum", Role::Dim),
            Column::Balance => {
                canvas.put_right(area, x + width - 1, 0, if units { "balance" } else { "BTC" }, Role::Dim);
            }
            Column::Value => canvas.put_right(area, x + width - 1, 0, &base, Role::Dim),
            Column::Pending => canvas.put_right(area, x + width - 1, 0, "pending", Role::Dim),
            Column::Frozen => canvas.put_right(area, x + width - 1, 0, "frozen", Role::Dim),
            Column::Sync => canvas.put_right(area, x + width - 1, 0, "synced", Role::Dim),
        }
    }
    let list = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    let count = listed(treasury).count();
    if count == 0 {
        canvas.put_message(list, super::NOTHING, Role::Dim);
    }
    let chosen = state.treasury.wallet_at(treasury);
    let first = first_shown(count, usize::from(list.height), chosen);
    let wallets = treasury.wallets.iter().map(Listed::Wallet);
    let all = wallets.chain(treasury.safes.iter().map(Listed::Safe));
    for ((index, one), y) in all.enumerate().skip(first).zip(0..list.height) {
        for (column, x, width) in &shown {
            let cell = Rect { x: list.x.saturating_add(*x), width: width.saturating_sub(1), ..list }.intersection(list);
            match one {
                Listed::Wallet(wallet) => draw_cell(canvas, cell, y, ink, *column, (wallet, units)),
                Listed::Safe(safe) => draw_safe(canvas, cell, y, ink, *column, safe),
            }
        }
        if index == chosen {
            canvas.put(list, 0, y, canvas.glyphs.cursor, Role::Accent);
            canvas.tint(Rect { y: list.y + y, height: 1, ..list }, Role::Selected);
        }
    }
    let chosen = listed(treasury).nth(chosen);
    let wallet = treasury.wallets.iter().find(|wallet| Some(Chosen::Wallet(wallet.id)) == chosen);
    let safe = treasury.safes.iter().find(|safe| Some(Chosen::Safe(safe.id)) == chosen);
    let price = match safe {
        Some(safe) => Some(ink.price_of(coin(safe.id.chain_id), &safe.price)),
        None => treasury.price.as_ref().map(|price| ink.price(price)),
    };
    let sync = wallet.map(|wallet| &wallet.sync).or(safe.map(|safe| &safe.sync));
    let failed = sync.and_then(|sync| match &sync.state {
        SyncState::Failed(reason) => Some(reason.to_string()),
        _ => None,
    });
    let service = safe.and_then(|safe| match &safe.service.state {
        ServiceState::Failed(reason) => Some(reason.to_string()),
        _ => None,
    });
    Title { name: "Wallets".to_owned(), state: price, readout: failed.or(service).into_iter().collect() }
}

fn draw_cell(
    canvas: &mut Canvas<'_>,
    cell: Rect,
    y: u16,
    ink: &Ink<'_>,
    column: Column,
    (wallet, units): (&WalletView, bool),
) {
    let room = usize::from(cell.width);
    let missing = || (canvas.glyphs.missing.to_owned(), Role::Dim);
    let amount = |amount: Option<Amount>, role| match amount {
        Some(Amount::ZERO) | None => missing(),
        Some(amount) => (ink.amount(amount, room), role),
    };
    let (text, role) = match column {
        Column::Name => return left(canvas, cell, y, (wallet.name.to_string(), Role::Text)),
        Column::Marks => return left(canvas, cell, y, marks(wallet)),
        Column::Quorum => return left(canvas, cell, y, (wallet.quorum.to_string(), Role::Dim)),
        Column::Balance => match wallet.balance {
            Some(balance) if units => {
                (format!("{} BTC", ink.amount(balance.confirmed, room.saturating_sub(4))), Role::Text)
            }
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

fn draw_safe(canvas: &mut Canvas<'_>, cell: Rect, y: u16, ink: &Ink<'_>, column: Column, safe: &SafeView) {
    let missing = || (canvas.glyphs.missing.to_owned(), Role::Dim);
    let (text, role) = match column {
        Column::Name => return left(canvas, cell, y, (safe.name.to_string(), Role::Text)),
        Column::Marks => return left(canvas, cell, y, safe_marks(safe)),
        Column::Quorum => return left(canvas, cell, y, (safe.quorum.to_string(), Role::Dim)),
        Column::Balance => match &safe.balance {
            Some(told) => (ink.told(told), Role::Text),
            None => ("unknown".to_owned(), Role::Warning),
        },
        Column::Value if safe.balance.is_none() => missing(),
        Column::Value => ink.value(safe.value, usize::from(cell.width)),
        // Such a contract has neither.
        Column::Pending | Column::Frozen => missing(),
        Column::Sync => fresh(ink, &safe.sync),
    };
    canvas.put_right(cell, cell.width, y, &text, role);
}

fn left(canvas: &mut Canvas<'_>, cell: Rect, y: u16, (text, role): (String, Role)) {
    canvas.put(cell, 0, y, &text, role);
}
