//! The panes of the Portfolio workspace, one a file.

pub mod allocation;
pub mod amounts;
pub mod chart;
pub mod detail;
pub mod entries;
pub mod holdings;
pub mod nav;
pub mod performance;

use super::Title;
use crate::console::canvas::Canvas;
use crate::console::layout::Pane;
use crate::console::state::State;
use crate::console::theme::Role;
use crate::desk::View;
use amounts::Amounts;
use ratatui::layout::Rect;

/// What to do where nothing is owned.
pub const NOTHING: &str = "nothing is owned yet: exchequer portfolio import FILE --account NAME";

/// Draws a pane inside its border; gives what stands on that.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, state: &State, view: &View, pane: Pane) -> Title {
    let amounts = Amounts::new(canvas, state.hidden);
    let Some(portfolio) = &view.portfolio else {
        if pane == Pane::Holdings {
            canvas.put_message(area, NOTHING, Role::Text);
        }
        return Title { name: pane.name().to_owned(), ..Title::default() };
    };
    let own = match pane {
        Pane::Nav => nav::draw(canvas, area, &amounts, state, portfolio),
        Pane::Holdings => holdings::draw(canvas, area, &amounts, state, portfolio),
        Pane::Allocation => allocation::draw(canvas, area, &amounts, portfolio),
        Pane::Performance => performance::draw(canvas, area, portfolio),
        Pane::Ledger => entries::draw(canvas, area, &amounts, portfolio, state.portfolio.passed),
        _ => match state.portfolio.holding(view) {
            Some(holding) => {
                let rows = detail::rows(&amounts, state, portfolio, holding);
                detail::draw(canvas, area, &rows, 0);
                detail::title(holding)
            }
            None => Title::default(),
        },
    };
    Title { name: if own.name.is_empty() { pane.name().to_owned() } else { own.name }, ..own }
}

/// The longest of these texts that fits, or nothing.
fn fitting(texts: &[String], room: usize) -> &str {
    texts.iter().find(|text| crate::console::text::columns(text) <= room).map_or("", String::as_str)
}
