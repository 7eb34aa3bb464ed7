//! The coins of the chosen wallet, with what they are called, and which of them are kept from being spent.

use super::Ink;
use super::table::{Spec, fit, spec};
use crate::console::canvas::Canvas;
use crate::console::pane::Title;
use crate::console::pane::watch::first_shown;
use crate::console::state::State;
use crate::console::theme::Role;
use crate::desk::View;
use crate::desk::treasury::{CoinView, Payee};
use ratatui::layout::Rect;

#[derive(Clone, Copy)]
enum Column {
    Spot,
    Amount,
    Standing,
    Label,
    Address,
    Coin,
}

const COLUMNS: [Spec<Column>; 6] = [
    spec(Column::Spot, 1, 7, 9),
    spec(Column::Amount, 0, 15, 18),
    spec(Column::Standing, 2, 12, 14),
    spec(Column::Label, 3, 16, 30),
    spec(Column::Address, 4, 11, 28),
    spec(Column::Coin, 5, 14, 26),
];

/// The coin that stands on a line inside the pane.
pub fn index_at(count: usize, chosen: usize, area: Rect, line: u16) -> Option<usize> {
    super::table::index_at(count, chosen, area.height, line)
}

/// Draws the list inside its border.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, ink: &Ink<'_>, state: &State, view: &View) -> Title {
    let plain = Title { name: "Coins".to_owned(), ..Title::default() };
    let (Some(page), Some(wallet)) = (state.treasury.page(view), state.treasury.chosen_wallet(view)) else {
        canvas.put_message(area, super::NOTHING, Role::Dim);
        return plain;
    };
    let shown = fit(&COLUMNS, area.width);
    for (column, x, width) in &shown {
        match column {
            Column::Spot => _ = canvas.put(area, *x, 0, "path", Role::Dim),
            Column::Amount => canvas.put_right(area, x + width - 2, 0, "BTC", Role::Dim),
            Column::Standing => _ = canvas.put(area, *x, 0, "blocks", Role::Dim),
            Column::Label => _ = canvas.put(area, *x, 0, "label", Role::Dim),
            Column::Address => _ = canvas.put(area, *x, 0, "address", Role::Dim),
            Column::Coin => _ = canvas.put(area, *x, 0, "coin", Role::Dim),
        }
    }
    let list = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    if page.coins.is_empty() {
        let text = if wallet.balance.is_some() { "no coins" } else { "not known: the chain was never asked" };
        canvas.put_message(list, text, Role::Dim);
    }
    let chosen = state.treasury.coin_at(&page.coins);
    let first = first_shown(page.coins.len(), usize::from(list.height), chosen);
    for ((index, coin), y) in page.coins.iter().enumerate().skip(first).zip(0..list.height) {
        for (column, x, width) in &shown {
            let cell = Rect { x: list.x.saturating_add(*x), width: width.saturating_sub(1), ..list }.intersection(list);
            draw_cell(canvas, cell, y, ink, *column, coin);
        }
        if index == chosen {
            canvas.put(list, 0, y, canvas.glyphs.cursor, Role::Accent);
            canvas.tint(Rect { y: list.y + y, height: 1, ..list }, Role::Selected);
        }
    }
    let (told, count) = (page.coins.len(), page.count);
    let more = if told < count { format!("{told} of {count}") } else { count.to_string() };
    let name = format!("Coins of {}", wallet.name);
    let heard = wallet.sync.height.map(|height| format!("{more}, at block {}", ink.number(height))).unwrap_or(more);
    Title { name, state: Some((heard, Role::Dim)), ..plain }
}

fn draw_cell(canvas: &mut Canvas<'_>, cell: Rect, y: u16, ink: &Ink<'_>, column: Column, coin: &CoinView) {
    let room = usize::from(cell.width);
    let (text, role) = match column {
        Column::Spot => (coin.spot.to_string(), Role::Dim),
        Column::Amount => {
            let role = if coin.frozen { Role::Dim } else { Role::Text };
            canvas.put_right(cell, cell.width.saturating_sub(1), y, &ink.amount(coin.amount, room), role);
            return;
        }
        Column::Standing => match (coin.frozen, coin.spent_by, coin.confirmations) {
            (true, ..) => ("FROZEN".to_owned(), Role::Warning),
            (false, Some(number), _) => (format!("in #{number}"), Role::Accent),
            (false, None, 0) => ("pending".to_owned(), Role::Warning),
            (false, None, blocks) => (blocks.to_string(), Role::Dim),
        },
        Column::Label => (coin.label.to_string(), Role::Text),
        Column::Address => {
            let payee = Payee { address: coin.address.clone(), label: "".into() };
            (ink.payee(&payee, room), Role::Dim)
        }
        Column::Coin => {
            let payee = Payee { address: coin.outpoint.to_string().into(), label: "".into() };
            (ink.payee(&payee, room), Role::Dim)
        }
    };
    canvas.put(cell, 0, y, &text, role);
}
