//! The panes, one a file: each draws one kind of data inside its border.

pub mod across;
pub mod candles;
pub mod depth;
pub mod header;
pub mod ladder;
pub mod portfolio;
pub mod status;
pub mod tape;
pub mod treasury;
pub mod trouble;
pub mod venues;
pub mod watch;

use super::canvas::Canvas;
use super::layout::Pane;
use super::theme::Role;
use crate::money::Decimal;
use ratatui::layout::Rect;
use ratatui::symbols::merge::MergeStrategy;
use ratatui::widgets::{Block, Borders, Widget as _};
use rust_decimal::RoundingStrategy;

/// What stands on a pane's border.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    /// At the left: what it is.
    pub name: String,
    /// At the right: how it is.
    pub state: Option<(String, Role)>,
    /// At the bottom: the longest that fits of what is to be read.
    pub readout: Vec<String>,
}

/// Draws the borders of all panes, the focused one last, so that its line is whole.
pub fn borders(canvas: &mut Canvas<'_>, panes: &[(Pane, Rect)], focus: Pane) {
    let others = panes.iter().filter(|(pane, _)| *pane != focus);
    let focused = panes.iter().filter(|(pane, _)| *pane == focus);
    for (pane, area) in others.chain(focused) {
        let role = if *pane == focus { Role::BorderFocus } else { Role::Border };
        Block::new()
            .borders(Borders::ALL)
            .border_set(canvas.glyphs.border)
            .merge_borders(MergeStrategy::Exact)
            .border_style(canvas.theme.style(role))
            .render(*area, canvas.buf);
    }
}

/// Writes what stands on a pane's border.
pub fn title(canvas: &mut Canvas<'_>, area: Rect, title: &Title, focused: bool) {
    let edge = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let role = if focused { Role::Accent } else { Role::Title };
    let state = title.state.as_ref().map(|(state, role)| (format!(" {state} "), *role));
    let taken = state.as_ref().map_or(0, |(text, _)| u16::try_from(super::text::columns(text)).unwrap_or(u16::MAX));
    let room = Rect { width: edge.width.saturating_sub(taken), ..edge };
    canvas.put(room, 0, 0, &format!(" {} ", title.name), role);
    if let Some((text, role)) = state {
        canvas.put_right(edge, edge.width, 0, &text, role);
    }
    let fits = |text: &&String| super::text::columns(text) + 2 <= usize::from(edge.width);
    if let Some(readout) = title.readout.iter().find(fits) {
        canvas.put(edge, 0, area.height.saturating_sub(1), &format!(" {readout} "), Role::Accent);
    }
}

/// A change in percent as a sign and its size, so that it can be read without colour.
pub fn change(canvas: &Canvas<'_>, change: Option<Decimal>) -> (String, Role) {
    let Some(change) = change else { return (canvas.glyphs.missing.to_owned(), Role::Dim) };
    let decimals = if change.abs() < Decimal::ONE_HUNDRED { 1 } else { 0 };
    let mut size = change.abs().round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven);
    size.rescale(decimals);
    match (size.is_zero(), change.is_sign_negative()) {
        (true, _) => (canvas.glyphs.flat.to_owned(), Role::Dim),
        (false, true) => (format!("{}{size}", canvas.glyphs.down), Role::Down),
        (false, false) => (format!("{}{size}", canvas.glyphs.up), Role::Up),
    }
}

/// The smallest of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten that is not below `value`: scales that follow it
/// move rarely. `None` when nothing is to be scaled.
pub fn ceiling(value: Decimal) -> Option<Decimal> {
    if value <= Decimal::ZERO {
        return None;
    }
    let mut unit = Decimal::ONE;
    while unit > value {
        unit = unit.checked_mul(Decimal::new(1, 1)).filter(|unit| !unit.is_zero())?;
    }
    while unit.checked_mul(Decimal::TEN)? <= value {
        unit = unit.checked_mul(Decimal::TEN)?;
    }
    [10, 15, 20, 25, 30, 40, 50, 60, 80, 100]
        .into_iter()
        .filter_map(|tenths| unit.checked_mul(Decimal::new(tenths, 1)))
        .find(|step| *step >= value)
        .map(|step| step.normalize())
}

/// `part` of `whole` in so many parts, cut; never more than all of them.
pub fn share(part: Decimal, whole: Decimal, parts: u16) -> u16 {
    let share = part.checked_mul(Decimal::from(parts)).and_then(|p| p.checked_div(whole));
    share.and_then(|s| u16::try_from(s.trunc()).ok()).unwrap_or(0).min(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_large_enough() {
        let of = |text: &str| ceiling(text.parse().unwrap()).unwrap().to_string();
        assert_eq!(
            [of("0.0123"), of("1"), of("1.01"), of("9"), of("10"), of("99")],
            ["0.015", "1", "1.5", "10", "10", "100"]
        );
        assert_eq!(ceiling(Decimal::ZERO), None);
        assert_eq!(ceiling(Decimal::MAX), None, "beyond what a decimal holds");
        assert_eq!(of("0.0000000000000000000000000001"), "0.0000000000000000000000000001");
    }

    #[test]
    fn shares_are_bounded() {
        assert_eq!(share(Decimal::ONE, Decimal::TWO, 30), 15);
        assert_eq!(share(Decimal::TEN, Decimal::TWO, 30), 30);
        assert_eq!(share(-Decimal::ONE, Decimal::TWO, 30), 0);
        assert_eq!(share(Decimal::ONE, Decimal::ZERO, 30), 0);
        assert_eq!(share(Decimal::MAX, Decimal::ONE, 30), 0, "beyond what a decimal holds");
    }
}
