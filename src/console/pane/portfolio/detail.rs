//! All of one holding: the accounts that it is in, the way to its price, step by step, and what it cost and gained.

use super::amounts::{Amounts, age, decimals};
use super::nav;
use crate::console::canvas::Canvas;
use crate::console::pane::Title;
use crate::console::state::State;
use crate::console::text::{columns, fit};
use crate::console::theme::Role;
use crate::desk::portfolio::{HoldingView, PortfolioView, Standing};
use ratatui::layout::Rect;

/// A line: a text at the left and one at the right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    left: String,
    right: String,
    roles: (Role, Role),
}

/// What stands on the border.
pub fn title(holding: &HoldingView) -> Title {
    let owed = if holding.owed { " owed" } else { "" };
    let (word, role) = word(holding.standing);
    Title { name: format!("{}{owed}", holding.asset), state: Some((word.to_owned(), role)), ..Title::default() }
}

const fn word(standing: Standing) -> (&'static str, Role) {
    match standing {
        Standing::Fresh => ("fresh", Role::Dim),
        Standing::Stale => ("stale", Role::Warning),
        Standing::Expired => ("expired", Role::Warning),
        Standing::Never => ("no price", Role::Warning),
    }
}

/// The lines.
pub fn rows(amounts: &Amounts<'_>, state: &State, portfolio: &PortfolioView, holding: &HoldingView) -> Vec<Row> {
    let base = &portfolio.base;
    let fact = |name: &str, value: Option<String>| match value {
        Some(value) => Row { left: name.to_owned(), right: value, roles: (Role::Dim, Role::Text) },
        None => Row { left: name.to_owned(), right: "unknown".to_owned(), roles: (Role::Dim, Role::Warning) },
    };
    let heading = |text: String| Row { left: text, right: String::new(), roles: (Role::Strong, Role::Text) };
    // All in the decimals of the largest, so that they can be compared.
    let facts = [holding.value, holding.cost, holding.unrealised, holding.realised];
    let scale = decimals(facts.into_iter().flatten().map(|fact| fact.abs()).max().unwrap_or_default());
    let money = |value| Some(format!("{} {base}", amounts.money(value, scale, usize::MAX)));
    let gain = |value| Some(format!("{} {base}", amounts.gain(value, scale, usize::MAX)));
    let method = nav::method(state.portfolio.method);
    let quantity = amounts.quantity(holding.quantity, usize::MAX);
    let mut rows = vec![
        fact("quantity", Some(format!("{quantity} {}", holding.asset))),
        fact("worth", holding.value.and_then(money)),
    ];
    if !holding.is_base() {
        rows.push(fact("cost, fees included", holding.cost.and_then(money)));
        rows.push(fact(&format!("unrealised, {method}"), holding.unrealised.and_then(gain)));
    }
    if !holding.is_base() && !holding.owed {
        rows.push(fact(&format!("realised, {method}"), holding.realised.and_then(gain)));
    }
    rows.push(heading(format!("price in {base}")));
    if holding.path.is_empty() {
        let text = match holding.standing {
            Standing::Never => format!("no price leads from {} to {base}: nobody has said one", holding.asset),
            _ => format!("{} is the currency that all is told in", holding.asset),
        };
        rows.push(Row { left: format!("  {text}"), right: String::new(), roles: (Role::Dim, Role::Text) });
    }
    for (place, step) in holding.path.iter().enumerate() {
        let inverted = if step.inverted { ", the other way round" } else { "" };
        let (word, role) = word(step.standing);
        let since = state.pulse.step(holding, place, step.age);
        let right = format!("{}  {}  {word}", amounts.price(step.price, usize::MAX), age(since));
        let roles = (Role::Text, role);
        rows.push(Row { left: format!("  {}  {}{inverted}", place + 1, step.source), right, roles });
    }
    rows.push(heading("accounts".to_owned()));
    rows.extend(holding.parts.iter().map(|part| {
        let quantity = amounts.quantity(part.quantity, usize::MAX);
        let (right, role) = match part.look {
            // As with prices: how much, how long ago that was looked at, and whether that is old.
            Some(look) => {
                let (word, role) = word(look.standing);
                (format!("{quantity}  {}  {word}", age(look.age)), role)
            }
            None => (quantity, Role::Text),
        };
        Row { left: format!("  {}, {}", part.account, part.kind), right, roles: (Role::Text, role) }
    }));
    rows
}

/// How many lines there are: five facts, two headings, and a word where no price is on the way.
pub fn count(holding: &HoldingView) -> usize {
    7 + holding.path.len().max(1) + holding.parts.len()
}

/// Draws the lines from `scroll` on.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, rows: &[Row], scroll: usize) {
    let end = area.width.saturating_sub(1);
    for (row, y) in rows.iter().skip(scroll).zip(0..area.height) {
        let room = usize::from(end).saturating_sub(columns(&row.right) + 3);
        canvas.put(area, 1, y, &fit(&row.left, room, canvas.glyphs.ellipsis), row.roles.0);
        canvas.put_right(area, end, y, &row.right, row.roles.1);
    }
}
