//! What keys and mouse do in the Portfolio workspace.

use super::Holder;
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::field::Field;
use crate::console::layout::{Pane, inside};
use crate::console::pane::portfolio::holdings;
use crate::console::state::{Overlay, State};
use crate::console::update::say;
use crate::desk::View;
use crate::portfolio::basis::Method;
use ratatui::layout::{Position, Rect};

/// What a key does here; `None` when it is one of those that do the same everywhere.
pub fn act(state: &mut State, view: &View, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::Base => base(state, view),
        Action::Method => method(state, view),
        Action::Filter => {
            state.set_focus(Pane::Holdings);
            let field = Field::holding(&state.portfolio.filter);
            state.overlay = Some(Overlay::Filter { field });
        }
        Action::SortBy => sort(state),
        Action::SortWay => state.portfolio.turned = !state.portfolio.turned,
        Action::Columns => {
            state.set_focus(Pane::Holdings);
            state.portfolio.kind = state.portfolio.kind.next();
        }
        Action::NextPortfolio => step(state, view, 1),
        Action::PreviousPortfolio => step(state, view, -1),
        Action::Ledger => {
            state.set_focus(if state.focus() == Pane::Ledger { Pane::Holdings } else { Pane::Ledger });
        }
        Action::Accept if state.portfolio.holding(view).is_some() && state.focus() != Pane::Ledger => {
            state.overlay = Some(Overlay::Holding { scroll: 0 });
        }
        Action::Back if !state.portfolio.filter.is_empty() && !state.settings.layout.zoomed => {
            state.portfolio.filter.clear();
        }
        Action::Copy => {
            return state.portfolio.holding(view).map(|holding| vec![Effect::Copy(holding.asset.to_string())]);
        }
        _ => return None,
    }
    Some(vec![])
}

/// Moves the cursor of the holdings, or the entries of the ledger: upwards when positive.
pub fn travel(state: &mut State, view: &View, by: isize) {
    let Some(portfolio) = &view.portfolio else { return };
    let by = by.saturating_neg();
    match state.focus() {
        Pane::Ledger => {
            let room = state.arrangement().and_then(|arrangement| arrangement.of(Pane::Ledger)).map(inside);
            let room = room.map_or(0, super::entries::room);
            let last = portfolio.entry_count.saturating_sub(room);
            state.portfolio.passed = state.portfolio.passed.saturating_add_signed(by).min(last);
        }
        Pane::Holdings | Pane::Source => {
            let rows = state.portfolio.rows(portfolio);
            let last = rows.len().saturating_sub(1);
            let next = state.portfolio.position(&rows).saturating_add_signed(by).min(last);
            if let Some(holding) = rows.get(next) {
                state.portfolio.chosen = Some((holding.asset.clone(), holding.owed));
            }
        }
        _ => {}
    }
}

/// A click inside the holdings: a row is chosen, a heading sorts.
pub fn click(state: &mut State, view: &View, area: Rect, at: Position) {
    let Some(portfolio) = &view.portfolio else { return };
    if at.y == area.y {
        if let Some(column) = holdings::column_at(state, area, at.x - area.x) {
            let holder = &mut state.portfolio;
            holder.turned = holder.by == column && !holder.turned;
            holder.by = column;
        }
        return;
    }
    let rows = state.portfolio.rows(portfolio);
    let index = holdings::index_at(&rows, state.portfolio.position(&rows), area, at.y - area.y);
    if let Some(holding) = index.and_then(|index| rows.get(index)) {
        state.portfolio.chosen = Some((holding.asset.clone(), holding.owed));
    }
}

fn base(state: &mut State, view: &View) {
    let Some(portfolio) = &view.portfolio else { return };
    let at = portfolio.bases.iter().position(|base| *base == portfolio.base);
    let next = at.and_then(|at| portfolio.bases.get(at + 1)).or(portfolio.bases.first());
    match next.filter(|next| **next != portfolio.base) {
        Some(next) => state.portfolio.base = Some(next.clone()),
        None => say(state, view, false, format!("there is no other currency to tell it in than {}", portfolio.base)),
    }
}

fn method(state: &mut State, view: &View) {
    let (next, told) = match state.portfolio.method {
        Method::Fifo => (Method::Lifo, "LIFO: a sale uses up the newest purchases"),
        Method::Lifo => (Method::Hifo, "HIFO: a sale uses up the dearest purchases"),
        Method::Hifo => (Method::Average, "average: a sale uses up all purchases in proportion"),
        Method::Average => (Method::Fifo, "FIFO: a sale uses up the oldest purchases"),
    };
    state.portfolio.method = next;
    say(state, view, false, told);
}

/// The next column of those that are shown.
fn sort(state: &mut State) {
    let area = state.arrangement().and_then(|arrangement| arrangement.of(Pane::Holdings)).map(inside);
    let columns = holdings::sortable(state.portfolio.kind, area.unwrap_or_default().width);
    let at = columns.iter().position(|column| *column == state.portfolio.by);
    let next = at.and_then(|at| columns.get(at + 1)).or(columns.first());
    if let Some(next) = next {
        (state.portfolio.by, state.portfolio.turned) = (*next, false);
    }
}

fn step(state: &mut State, view: &View, by: isize) {
    let count = view.portfolio.as_ref().and_then(|portfolio| isize::try_from(portfolio.names.len()).ok());
    let Some(count) = count.filter(|count| *count > 0) else { return };
    let at = isize::try_from(state.portfolio.shown).unwrap_or(0);
    let shown = usize::try_from(at.saturating_add(by).rem_euclid(count)).unwrap_or(0);
    if shown == state.portfolio.shown {
        say(state, view, false, "there is no other portfolio");
    }
    state.portfolio = Holder { shown, chosen: None, passed: 0, ..state.portfolio.clone() };
}
